//! A service may move between the files of its package; only leaving the package counts. SERVICE_NO_DELETE
//! is the stricter neighbour that wants it to stay in its file, and PACKAGE_NO_DELETE speaks when the whole
//! package went.

use super::left;
use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "PACKAGE_SERVICE_NO_DELETE",
    categories: Categories::PACKAGE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A service that no file of its package declares any more, while the package goes on.",
        breaks: "Old clients get `UNIMPLEMENTED` for every method, and code that names the generated client \
                or server no longer compiles.",
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
        fix: "Keep the service and mark it `deprecated = true`; remove it in a new version of the package.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    left::hit(change, cx, |e| matches!(e, Element::Service(_)))
}
