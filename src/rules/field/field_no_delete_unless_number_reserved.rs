//! For teams that allow removals once the number cannot come back. FIELD_NO_DELETE_UNLESS_NAME_RESERVED asks
//! for the name.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, describe};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
    categories: Categories::WIRE_JSON.with(Categories::WIRE).with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A removed field whose number the message does not reserve.",
        breaks: "Another field may take the number later and read the bytes of old writers, and of everything \
                in storage, as its own value.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
  int64 amount = 2;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  reserved "amount";
  string id = 1;
}
"#,
        fix: "Add `reserved 2;` to the message.",
    },
    remedy: Change::reservation,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let Kind::FieldRemoved { number_reserved: false, .. } = change.kind else { return None };
    let Some(Element::Field(old)) = change.old else { return None };
    Some(Hit::says(
        change,
        cx,
        format!("{} was removed without reserving the number", describe::text(cx.old, Element::Field(old))),
    ))
}
