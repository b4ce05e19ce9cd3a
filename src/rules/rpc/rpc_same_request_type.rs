//! Compared by full name. A message of the same shape under another name has the same bytes; the wire lens
//! says so.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "RPC_SAME_REQUEST_TYPE",
    categories: Categories::FILE
        .with(Categories::PACKAGE)
        .with(Categories::WIRE_JSON)
        .with(Categories::WIRE)
        .with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A method that takes another message.",
        breaks: "Unless both messages have the same shape, the server reads the bytes of an old client as \
                another message: wrong values, missing values, or a failed parse. Generated signatures \
                change in any case.",
        before: r#"syntax = "proto3";

package pay.v1;

message Query {
  string id = 1;
}

message Search {
  repeated string ids = 1;
}

service Charges {
  rpc Get(Query) returns (Query);
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Query {
  string id = 1;
}

message Search {
  repeated string ids = 1;
}

service Charges {
  rpc Get(Search) returns (Query);
}
"#,
        fix: "Add a method with the new request, or add fields to the old request message.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::MethodRequestTypeChanged(_)).then(|| Hit::of(change, cx))
}
