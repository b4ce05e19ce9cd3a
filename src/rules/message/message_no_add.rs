//! A new message harms no data. It can take the name of generated code that is there: the lenses `source.*` say when,
//! and this rule stands for it. A team can also forbid new messages in a package that is closed.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "MESSAGE_NO_ADD",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Minor,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A message that was not there, nested ones included.",
        breaks: "Generated code, where the new name is one that a generator has given already: in Java a message \
                called like its file renames the class of the file, in Go a message inside of another renames the \
                type of a oneof's member.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  oneof method {
    string card = 1;
  }
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  oneof method {
    string card = 1;
  }
  message Card {
    string number = 1;
  }
}
"#,
        fix: "Give the message a name that nothing else has.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    types::added(change, cx, |element| matches!(element, Element::Message(_)))
}
