//! Found by shape: the old full name is gone and one new message has the same numbers, names and types. A
//! message that changed its shape as well is MESSAGE_NO_DELETE only.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "MESSAGE_NO_RENAME",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A message whose full name is gone while a new one of the same shape appeared.",
        breaks: "The bytes and JSON of fields are the same under either name. Type URLs in \
                `google.protobuf.Any` name the message and no longer resolve, and code that names the \
                generated type no longer compiles.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
  int64 amount = 2;
  string currency = 3;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Payment {
  string id = 1;
  int64 amount = 2;
  string currency = 3;
}
"#,
        fix: "Keep the old name. If both are wanted, add the new message, move fields and methods over in \
                a new version of the package, and keep the old one deprecated.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    types::renamed(change, cx, |element| matches!(element, Element::Message(_)))
}
