//! For teams whose readers of JSON are strict, or who keep a message closed on purpose.
//! FIELD_NO_ADD_RESERVED and MESSAGE_SAME_REQUIRED_FIELDS name the additions that break everybody.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_NO_ADD",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Minor,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field whose number was not in use.",
        breaks: "A JSON reader that does not know the field refuses its key unless it is told to ignore \
                unknown fields. In bytes it is an unknown field to old readers, which keep it. Code that \
                lists every field of a struct, as in Rust, no longer compiles.",
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
  int64 amount = 2;
}
"#,
        fix: "Update readers before writers, or let JSON readers ignore unknown fields.",
    },
    remedy: types::left_out,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FieldAdded { .. }).then(|| Hit::of(change, cx))
}
