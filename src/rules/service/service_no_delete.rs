//! Services are paired by name inside the file. A service that moved to another file of the package keeps
//! its method paths; SERVICE_NO_MOVE names that case.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "SERVICE_NO_DELETE",
    categories: Categories::FILE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A service that its file declares no more.",
        breaks: "When the service is gone from the contract, old clients get `UNIMPLEMENTED` for every \
                method; generated clients and servers no longer compile.",
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
"#,
        fix: "Keep the service with `option deprecated = true;` for as long as clients call it.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    types::left_file(change, cx, |element| matches!(element, Element::Service(_)))
}
