//! What moving into the oneof does to fields that were there before is FIELD_SAME_ONEOF; this is the oneof
//! itself.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ONEOF_NO_ADD",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Minor,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A oneof that was not there.",
        breaks: "Bytes and JSON have no oneofs. Rust code that lists every field of the struct lacks the new \
                one and no longer compiles.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
  oneof method {
    string card = 2;
    string iban = 3;
  }
}
"#,
        fix: "In Rust build messages with `..Default::default()`.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::OneofAdded).then(|| Hit::of(change, cx))
}
