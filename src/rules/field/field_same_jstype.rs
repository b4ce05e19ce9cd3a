//! Only 64-bit numbers have the choice; a field that was or became something else is FIELD_SAME_TYPE.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, describe};
use crate::schema::{Field, Kind as Type};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_SAME_JSTYPE",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A 64-bit number for which JavaScript generates another type.",
        breaks: "JavaScript code reads a string where it had a number, or the other way round. Nothing \
                changes on the wire and in ProtoJSON.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  int64 amount = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  int64 amount = 1 [jstype = JS_STRING];
}
"#,
        fix: "Keep the value of `jstype`.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let (old, new) = describe::fields(change, cx)?;
    let wide = |field: &Field| {
        matches!(field.kind, Type::Int64 | Type::Uint64 | Type::Sint64 | Type::Fixed64 | Type::Sfixed64)
    };
    (change.kind == Kind::FieldJsTypeChanged && wide(old) && wide(new)).then(|| Hit::of(change, cx))
}
