//! Generators that make one constant a number take the first of its names: prost leaves the others out, and Java's are
//! fields of the enum that no `case` takes. A name that is gone is for ENUM_VALUE_SAME_NAME.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_VALUE_SAME_FIRST_NAME",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An enum number with several names, of which another one stands first now.",
        breaks: "Rust has the first name only: code with the one that stood first does not compile any more. Nor does a \
                 `case` of Java's, for whom the others are fields and no constants. Bytes carry the number; JSON \
                 carries the first name, which old readers know if it was there.",
        before: r#"syntax = "proto3";

package pay.v1;

enum Status {
  option allow_alias = true;
  STATUS_UNSPECIFIED = 0;
  STATUS_PAID = 1;
  STATUS_SETTLED = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

enum Status {
  option allow_alias = true;
  STATUS_UNSPECIFIED = 0;
  STATUS_SETTLED = 1;
  STATUS_PAID = 1;
}
"#,
        fix: "Write the name that stood first in front of the others.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(change.kind, Kind::EnumValueFirstNameChanged).then(|| Hit::of(change, cx))
}
