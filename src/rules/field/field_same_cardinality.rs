//! The strictest of three: presence, required, repeated and map all count. FIELD_WIRE_COMPATIBLE_CARDINALITY
//! and FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY let presence pass.

use super::cardinality;
use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_SAME_CARDINALITY",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field that is repeated, a map, required, or has presence, and was not before, or the other \
                way round.",
        breaks: "Generated accessors change: presence adds or removes `has_x` and, in Go and Rust, a pointer \
                or `Option`; a list is another type everywhere. Bytes and JSON of a list and a single value \
                differ as well.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string note = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  optional string note = 1;
}
"#,
        fix: "Keep the field and add a new one with the other cardinality and a new number.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    cardinality::changed(change, cx)?;
    Some(Hit::of(change, cx))
}
