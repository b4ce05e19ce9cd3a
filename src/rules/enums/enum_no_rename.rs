//! Found by shape: the old full name is gone and one new enum has the same numbers and names. Renamed values
//! are ENUM_VALUE_SAME_NAME.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_NO_RENAME",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An enum whose full name is gone while a new one with the same values appeared.",
        breaks: "Nothing on the wire or in JSON names an enum, so data is safe; code that names the generated \
                type no longer compiles.",
        before: r#"syntax = "proto3";

package pay.v1;

enum Currency {
  CURRENCY_UNSPECIFIED = 0;
  CURRENCY_EUR = 1;
  CURRENCY_USD = 2;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

enum Money {
  CURRENCY_UNSPECIFIED = 0;
  CURRENCY_EUR = 1;
  CURRENCY_USD = 2;
}
"#,
        fix: "Keep the old name; rename in a new version of the package.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    types::renamed(change, cx, |element| matches!(element, Element::Enum(_)))
}
