//! A `reserved` line is the memory of a removed field: it keeps the number and the name from coming back. A
//! range may be written in another way as long as it covers the same numbers.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "RESERVED_MESSAGE_NO_DELETE",
    categories: Categories::FILE
        .with(Categories::PACKAGE)
        .with(Categories::WIRE_JSON)
        .with(Categories::WIRE)
        .with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "Numbers or names that a message no longer reserves.",
        breaks: "The next field may take the number or the name, and read what old writers sent or stored as \
                its own.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  reserved 2, 5 to 9;
  reserved "amount";
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  reserved 2;
  reserved "amount";
  string id = 1;
}
"#,
        fix: "Put the `reserved` line back. Take numbers and names that were never used.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    (matches!(change.kind, Kind::ReservedRangeRemoved { .. } | Kind::ReservedNameRemoved { .. })
        && matches!(change.old, Some(Element::Message(_))))
    .then(|| Hit::of(change, cx))
}
