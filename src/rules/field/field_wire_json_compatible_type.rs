//! Types in one group share their encoding and their JSON (see `types.rs`): 64-bit numbers are strings in
//! JSON, 32-bit ones are not. FIELD_WIRE_COMPATIBLE_TYPE asks for the bytes alone.

use super::types;
use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
    categories: Categories::WIRE_JSON.with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field whose new type is not read from the bytes and the JSON of the old one.",
        breaks: "Bytes or JSON of the old type are refused or read as something else: `int64` is a string in \
                JSON, `bool` is `true`, `bytes` is base64.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  bool paid = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  int32 paid = 1;
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
    if types::compatible(cx, old, new, types::wire_json_group) {
        return None;
    }
    Some(Hit::of(change, cx))
}
