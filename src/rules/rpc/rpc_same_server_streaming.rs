//! Streaming is part of the call, not of the messages: the frames are the same, how many there are is not.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "RPC_SAME_SERVER_STREAMING",
    categories: Categories::FILE
        .with(Categories::PACKAGE)
        .with(Categories::WIRE_JSON)
        .with(Categories::WIRE)
        .with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A method that returns a stream and returned one message, or the other way round.",
        breaks: "Old clients and new servers disagree on how many messages come: calls fail with `INTERNAL`, \
                or messages are lost. Generated signatures change.",
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
  rpc Get(Query) returns (stream Query);
}
"#,
        fix: "Add a second method with a stream and keep this one.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::MethodServerStreamingChanged).then(|| Hit::of(change, cx))
}
