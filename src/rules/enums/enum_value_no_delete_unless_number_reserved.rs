//! For teams that allow removals once the number cannot come back.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, describe};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
    categories: Categories::WIRE_JSON.with(Categories::WIRE).with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A removed enum value whose number is not reserved.",
        breaks: "Another value may take the number later, and bytes of old writers mean something else.",
        before: r#"syntax = "proto3";

package pay.v1;

enum Status {
  STATUS_UNSPECIFIED = 0;
  STATUS_PAID = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

enum Status {
  reserved "STATUS_PAID";
  STATUS_UNSPECIFIED = 0;
}
"#,
        fix: "Add `reserved 1;` to the enum.",
    },
    remedy: Change::reservation,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let Kind::EnumValueRemoved { number_reserved: false, .. } = change.kind else { return None };
    let Some(Element::EnumValue(old)) = change.old else { return None };
    let number = cx.old.value(old).number;
    Some(Hit::says(change, cx, format!("{} without reserving the number {number}", describe(change, cx))))
}
