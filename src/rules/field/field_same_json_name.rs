//! The JSON key is derived from the name or pinned by `json_name`; a rename changes it too unless it is
//! pinned. Extensions have their full name in brackets as key and are left to FIELD_SAME_NAME.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, describe};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_SAME_JSON_NAME",
    categories: Categories::FILE.with(Categories::PACKAGE).with(Categories::WIRE_JSON).with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field with another JSON key.",
        breaks: "Old JSON has a key the new reader does not know: it is refused, or silently dropped by \
                readers that ignore unknown keys.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1 [json_name = "id"];
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1 [json_name = "chargeId"];
}
"#,
        fix: "Pin the old key with `json_name`.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let (old, _) = describe::fields(change, cx)?;
    (change.kind == Kind::FieldJsonNameChanged && !old.is_extension()).then(|| Hit::of(change, cx))
}
