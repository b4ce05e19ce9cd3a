//! The name lives on at another number. FIELD_NO_DELETE sees only that the old number went.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_SAME_NUMBER",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field whose name stands at another number.",
        breaks: "Bytes written under the old number become an unknown field: the value is silently absent on \
                the other side, in both directions. JSON goes by name and does not notice.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
  int64 amount = 2;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
  int64 amount = 3;
}
"#,
        fix: "Give the field its old number back.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FieldRemoved { renumbered: Some(_), .. }).then(|| Hit::of(change, cx))
}
