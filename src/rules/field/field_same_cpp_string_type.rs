//! From `ctype` or `features.(pb.cpp).string_type`. STRING_PIECE was never implemented outside of Google and
//! reads as STRING, so that step is let pass.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, describe};
use crate::schema::{CppStringType, Field, Kind as Type};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_SAME_CPP_STRING_TYPE",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A string or bytes field for which C++ generates another type.",
        breaks: "C++ code that gets or sets the field no longer compiles: `std::string`, `absl::Cord` and \
                `absl::string_view` have different accessors. Nothing changes on the wire.",
        before: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional string note = 1;
}
"#,
        after: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional string note = 1 [ctype = CORD];
}
"#,
        fix: "Keep the type; add a new field for the other one.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let (old, new) = describe::fields(change, cx)?;
    let text = |field: &Field| matches!(field.kind, Type::String | Type::Bytes);
    let harmless =
        old.cpp_string_type == CppStringType::StringPiece && new.cpp_string_type == CppStringType::String;
    (change.kind == Kind::FieldCppStringTypeChanged
        && text(old)
        && text(new)
        && !harmless
        && !describe::in_map_entry(cx.new, new))
    .then(|| Hit::of(change, cx))
}
