//! For teams that allow removals once the JSON name cannot come back. Every name the number had counts.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, describe};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED",
    categories: Categories::WIRE_JSON.with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A removed enum value whose names are not all reserved.",
        breaks: "Another value may take the name later, and JSON of old writers means another number.",
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
  reserved 1;
  STATUS_UNSPECIFIED = 0;
}
"#,
        fix: "Add `reserved \"STATUS_PAID\";` to the enum.",
    },
    remedy: Change::reservation,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let Kind::EnumValueRemoved { names_reserved: false, names, .. } = &change.kind else { return None };
    let names = describe::names(names);
    Some(Hit::says(change, cx, format!("{} without reserving {names}", describe::describe(change, cx))))
}
