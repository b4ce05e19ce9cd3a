//! Oneofs are paired by name. Where its members live on in another oneof, ONEOF_NO_RENAME says so; what
//! happens to each field is FIELD_SAME_ONEOF.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ONEOF_NO_DELETE",
    categories: Categories::FILE.with(Categories::PACKAGE).with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A oneof that the message no longer has.",
        breaks: "Generated code has a type or an accessor for the oneof, which is gone: the interface in Go, \
                the enum in Rust, the case enum in Java and C++.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  oneof method {
    string card = 1;
  }
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string card = 1;
}
"#,
        fix: "Keep the oneof, if need be with deprecated members.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::OneofRemoved { .. }).then(|| Hit::of(change, cx))
}
