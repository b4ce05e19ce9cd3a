//! A promise to callers and to everything between them; nothing on the wire carries it in plain gRPC.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "RPC_SAME_IDEMPOTENCY_LEVEL",
    categories: Categories::FILE
        .with(Categories::PACKAGE)
        .with(Categories::WIRE_JSON)
        .with(Categories::WIRE)
        .with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A method with another `idempotency_level`.",
        breaks: "Clients and proxies that retry idempotent calls, or send calls without side effects as HTTP \
                GET (Connect), do the wrong thing with one side: a retry charges twice, or a GET is refused.",
        before: r#"syntax = "proto3";

package pay.v1;

message Query {
  string id = 1;
}

message Search {
  repeated string ids = 1;
}

service Charges {
  rpc Get(Query) returns (Query) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
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
  rpc Get(Query) returns (Query);
}
"#,
        fix: "Keep the level. A method that is no longer idempotent is a new method.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::MethodIdempotencyChanged).then(|| Hit::of(change, cx))
}
