//! The new name at this number, or the old one, stood or stands at another number of the enum.
//! ENUM_VALUE_NO_SWAP is the special case of two. Or the number was free on the old side, and an earlier
//! published version used it for another value.

use crate::diff::{Change, Cx, Kind, NameChange};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_VALUE_NO_REUSE",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An enum number that was given to another value, be it one that the baseline has or one that only an \
                earlier published version had.",
        breaks: "A number means something else now: stored and sent data is read wrong without any error.",
        before: r#"syntax = "proto3";

package pay.v1;

enum Status {
  STATUS_UNSPECIFIED = 0;
  STATUS_PAID = 1;
  STATUS_VOID = 2;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

enum Status {
  STATUS_UNSPECIFIED = 0;
  STATUS_VOID = 1;
  STATUS_OPEN = 2;
}
"#,
        fix: "Give every name its old number back, and the new value a number that was never used; reserve the \
                number and the name of the value that went.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let takes = match &change.kind {
        Kind::EnumValueNameChanged { how: NameChange::Reused { .. }, .. } => true,
        Kind::EnumValueAdded { .. } => change.reused().is_some(),
        _ => false,
    };
    takes.then(|| Hit::of(change, cx))
}
