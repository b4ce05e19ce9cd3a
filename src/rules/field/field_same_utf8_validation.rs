//! Set by the language level or by `features.utf8_validation`. Java has a switch of its own, see
//! FIELD_SAME_JAVA_UTF8_VALIDATION.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_SAME_UTF8_VALIDATION",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A string field that is checked to be UTF-8 and was not before, or the other way round.",
        breaks: "With the check, a message with invalid bytes in the field is refused as a whole; without it, \
                such bytes get through to readers that do check.",
        before: r#"edition = "2023";

package pay.v1;

message Charge {
  string id = 1;
}
"#,
        after: r#"edition = "2023";

package pay.v1;

message Charge {
  string id = 1 [features.utf8_validation = NONE];
}
"#,
        fix: "Keep the validation; use `bytes` for data that is not text.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FieldUtf8ValidationChanged).then(|| Hit::of(change, cx))
}
