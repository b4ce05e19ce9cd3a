//! protoc-gen-go tells names apart by the order of fields: of `get_name` and `name` the second has another name than it
//! would have alone. An order that changes no name is no change.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "MESSAGE_SAME_FIELD_ORDER",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "Fields in another order, where Go calls one of them otherwise for it.",
        breaks: "Go code that uses the field does not compile any more. Bytes, JSON and the other languages see nothing \
                of it.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string name = 1;
  string get_name = 2;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string get_name = 2;
  string name = 1;
}
"#,
        fix: "Write the fields in the order that they had.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(change.kind, Kind::MessageFieldsReordered).then(|| Hit::of(change, cx))
}
