//! For teams whose readers of JSON are strict. In bytes a new extension is an unknown field to old readers,
//! which keep it.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "EXTENSION_NO_ADD",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Minor,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An extension that was not there.",
        breaks: "A JSON reader that does not know the extension refuses its key `[pay.v1.audit_id]` unless it \
                is told to ignore unknown fields.",
        before: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional string id = 1;
  extensions 100 to 199;
}
"#,
        after: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional string id = 1;
  extensions 100 to 199;
}

extend Charge {
  optional string audit_id = 100;
}
"#,
        fix: "Update readers first, or let them ignore unknown fields.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    types::added(change, cx, |element| matches!(element, Element::Field(_)))
}
