//! Cardinalities in one group are read from the same bytes (see `cardinality.rs`). A map is a repeated entry
//! on the wire.

use super::cardinality;
use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_WIRE_COMPATIBLE_CARDINALITY",
    categories: Categories::WIRE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field that went from single to repeated or back, or to or from required.",
        breaks: "A single reader keeps the last element of a list, and loses packed numbers altogether; a \
                required field that is absent fails the whole message.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  int64 amounts = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  repeated int64 amounts = 1;
}
"#,
        fix: "Keep the field and add a repeated one with a new number.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let (old, new) = cardinality::changed(change, cx)?;
    (cardinality::wire_group(old) != cardinality::wire_group(new)).then(|| Hit::of(change, cx))
}
