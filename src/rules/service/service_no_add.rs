//! For teams that roll clients out before servers: a new client must not call what an old server does not
//! have. RPC_NO_ADD is the same for a method of a service that was there.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "SERVICE_NO_ADD",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Minor,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A service that was not there.",
        breaks: "A new client gets `UNIMPLEMENTED` from every server that is not updated yet. Old clients do \
                not notice.",
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
}

service Charges {
  rpc Get(Charge) returns (Charge);
}
"#,
        fix: "Roll servers out before clients, or let clients treat `UNIMPLEMENTED` as a feature that is \
                not there yet.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    types::added(change, cx, |element| matches!(element, Element::Service(_)))
}
