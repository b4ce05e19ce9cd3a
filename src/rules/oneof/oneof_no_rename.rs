//! The members that are left are all in one other oneof. Bytes and JSON do not name a oneof.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ONEOF_NO_RENAME",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A oneof whose members are now in a oneof of another name.",
        breaks: "Only source code notices: the generated type, the case enum and the accessors have another \
                name.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  oneof method {
    string card = 1;
    string iban = 2;
  }
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  oneof payment_method {
    string card = 1;
    string iban = 2;
  }
}
"#,
        fix: "Keep the name.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::OneofRemoved { renamed: Some(_), .. }).then(|| Hit::of(change, cx))
}
