//! RESERVED_MESSAGE_NO_DELETE points at the `reserved` line that went; this rule points at the field that
//! made use of it.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_NO_ADD_RESERVED",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A new field with a number or a name that the message had reserved.",
        breaks: "The number or name was in use before. Bytes or JSON of old writers, and everything in \
                storage, are read as the new field.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  reserved 2;
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
  string note = 2;
}
"#,
        fix: "Take a number and a name that were never used, and keep the `reserved` lines.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(
        &change.kind,
        Kind::FieldAdded { number_was_reserved: true, .. } | Kind::FieldAdded { name_was_reserved: true, .. }
    )
    .then(|| Hit::of(change, cx))
}
