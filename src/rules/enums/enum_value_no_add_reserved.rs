//! RESERVED_ENUM_NO_DELETE points at the `reserved` line that went; this rule points at the value that made
//! use of it.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_VALUE_NO_ADD_RESERVED",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A new enum value with a number or a name that the enum had reserved.",
        breaks: "The number or name was in use before: bytes or JSON of old writers, and everything in \
                storage, are read as the new value.",
        before: r#"syntax = "proto3";

package pay.v1;

enum Status {
  reserved 2;
  STATUS_UNSPECIFIED = 0;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

enum Status {
  STATUS_UNSPECIFIED = 0;
  STATUS_VOID = 2;
}
"#,
        fix: "Take a number and a name that were never used, and keep the `reserved` lines.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::EnumValueAdded { was_reserved: true, .. }).then(|| Hit::of(change, cx))
}
