//! Into, out of, or from one oneof to another. ONEOF_NO_DELETE speaks of the oneof itself.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_SAME_ONEOF",
    categories: Categories::FILE
        .with(Categories::PACKAGE)
        .with(Categories::WIRE_JSON)
        .with(Categories::WIRE)
        .with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field that is in another oneof than before, or in one and was in none, or the other way \
                round.",
        breaks: "Bytes are the same, but members of one oneof clear each other: of several values that were \
                set only the last one is read. Generated code has another type for the field in Go, Rust and \
                others.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string card = 1;
  string iban = 2;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  oneof method {
    string card = 1;
    string iban = 2;
  }
}
"#,
        fix: "Leave the field where it is and put a new field into the oneof. A single field may move into \
                a new oneof of its own without harm to the bytes.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FieldOneofChanged(_)).then(|| Hit::of(change, cx))
}
