//! Methods are paired by name. A service that is gone is SERVICE_NO_DELETE, and its methods are not reported
//! again.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "RPC_NO_DELETE",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A method that its service no longer has.",
        breaks: "Old clients get `UNIMPLEMENTED`, and code that calls or implements the method no longer \
                compiles.",
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
  rpc Find(Search) returns (Query);
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
        fix: "Keep the method with `option deprecated = true;` for as long as clients call it.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::MethodRemoved).then(|| Hit::of(change, cx))
}
