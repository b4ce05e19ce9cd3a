//! A new enum harms no data. It can take the name of generated code that is there: the lenses `source.*` say when,
//! and this rule stands for it. A team can also forbid new enums in a package that is closed.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_NO_ADD",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Minor,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An enum that was not there, nested ones included.",
        breaks: "Generated code, where the new name is one that a generator has given already: in Java an enum \
                called like its file renames the class of the file, in Go an enum inside of a message renames the \
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
  enum Card {
    CARD_UNSPECIFIED = 0;
  }
}
"#,
        fix: "Give the enum a name that nothing else has.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    types::added(change, cx, |element| matches!(element, Element::Enum(_)))
}
