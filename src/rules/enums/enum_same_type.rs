//! An enum is closed in proto2 and open in proto3, and follows `features.enum_type` in an edition.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_SAME_TYPE",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An enum that is closed and was open, or the other way round.",
        breaks: "A closed enum keeps unknown numbers out of the field and among the unknown fields, an open \
                one keeps them in the field. Switch statements and generated types differ, and in a repeated \
                field the order of values is lost.",
        before: r#"edition = "2023";

package pay.v1;

enum Status {
  STATUS_UNSPECIFIED = 0;
}
"#,
        after: r#"edition = "2023";

package pay.v1;

enum Status {
  option features.enum_type = CLOSED;
  STATUS_UNSPECIFIED = 0;
}
"#,
        fix: "Keep the type; in an edition spell it out with `features.enum_type`.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::EnumClosednessChanged).then(|| Hit::of(change, cx))
}
