//! The old full name is gone and one new service has the same methods. SERVICE_NO_DELETE reports the same
//! edit from the side of the old file.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "SERVICE_NO_RENAME",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A service whose full name is gone while a new one with the same methods appeared.",
        breaks: "The name of the service is part of every method path: old clients get `UNIMPLEMENTED` from \
                new servers, and new clients from old ones. Generated clients and servers have another name.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}

service Charges {
  rpc Get(Charge) returns (Charge);
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}

service Payments {
  rpc Get(Charge) returns (Charge);
}
"#,
        fix: "Keep the old service beside the new one, and let both be served by the same code until no \
                client calls the old one.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    types::renamed(change, cx, |element| matches!(element, Element::Service(_)))
}
