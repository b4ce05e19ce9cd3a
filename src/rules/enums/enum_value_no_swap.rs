//! To a check by number it looks like two renames.

use crate::diff::{Change, Cx, Kind, NameChange};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_VALUE_NO_SWAP",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "Two enum numbers that exchanged their names.",
        breaks: "A number means the other thing now: stored and sent data is read wrong without any error. \
                JSON carries names and does not notice.",
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
  STATUS_PAID = 2;
}
"#,
        fix: "Give every name its old number back.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::EnumValueNameChanged { how: NameChange::Swapped(_), .. })
        .then(|| Hit::of(change, cx))
}
