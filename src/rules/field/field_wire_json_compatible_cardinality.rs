//! As FIELD_WIRE_COMPATIBLE_CARDINALITY, with maps apart from lists: a map is an object in JSON, a list is
//! an array.

use super::cardinality;
use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
    categories: Categories::WIRE_JSON.with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field that went between single, repeated, map and required.",
        breaks: "JSON has a value, an array or an object for it, and a reader of one refuses the others; the \
                bytes of lists and single values differ as well.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string note = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  repeated string note = 1;
}
"#,
        fix: "Keep the field and add one with the other cardinality and a new number.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let (old, new) = cardinality::changed(change, cx)?;
    (cardinality::wire_json_group(old) != cardinality::wire_json_group(new)).then(|| Hit::of(change, cx))
}
