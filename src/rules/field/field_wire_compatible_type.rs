//! Types in one group share their encoding (see `types.rs`). Messages are compared by name, enums by name
//! and values. FIELD_WIRE_JSON_COMPATIBLE_TYPE has smaller groups.

use super::types;
use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};
use crate::schema::Kind as Type;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_WIRE_COMPATIBLE_TYPE",
    categories: Categories::WIRE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field whose new type is not read from the bytes of the old one.",
        breaks: "The two types have different encodings: the value is refused, lost as an unknown field, or \
                read as another number.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  int32 amount = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  sint32 amount = 1;
}
"#,
        fix: "Add a field with the new type and a new number, write both for a while, and deprecate the \
                old one.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let (old, new) = types::changed(change, cx)?;
    if types::compatible(cx, old, new, types::wire_group)
        || (old.kind == Type::String && new.kind == Type::Bytes)
    {
        return None;
    }
    Some(Hit::of(change, cx))
}
