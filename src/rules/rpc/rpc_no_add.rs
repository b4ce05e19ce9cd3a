//! For teams that roll clients out before servers. SERVICE_NO_ADD is the same for a whole service.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "RPC_NO_ADD",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Minor,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A method that was not there.",
        breaks: "A new client gets `UNIMPLEMENTED` from servers that are not updated yet. Code that \
                implements the generated interface, and does not embed a default, no longer compiles.",
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
  rpc Get(Query) returns (Query);
  rpc Find(Search) returns (Query);
}
"#,
        fix: "Roll servers out before clients, or let clients treat `UNIMPLEMENTED` as a feature that is \
                not there yet.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::MethodAdded).then(|| Hit::of(change, cx))
}
