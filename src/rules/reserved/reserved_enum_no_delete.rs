//! A `reserved` line is the memory of a removed value: it keeps the number and the name from coming back. A
//! range may be written in another way as long as it covers the same numbers.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "RESERVED_ENUM_NO_DELETE",
    categories: Categories::FILE
        .with(Categories::PACKAGE)
        .with(Categories::WIRE_JSON)
        .with(Categories::WIRE)
        .with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "Numbers or names that an enum no longer reserves.",
        breaks: "The next value may take the number or the name, and read what old writers sent or stored as \
                its own.",
        before: r#"syntax = "proto3";

package pay.v1;

enum Status {
  reserved 2, 5 to 9;
  reserved "STATUS_PAID";
  STATUS_UNSPECIFIED = 0;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

enum Status {
  reserved 2;
  reserved "STATUS_PAID";
  STATUS_UNSPECIFIED = 0;
}
"#,
        fix: "Put the `reserved` line back. Take numbers and names that were never used.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    (matches!(change.kind, Kind::ReservedRangeRemoved { .. } | Kind::ReservedNameRemoved { .. })
        && matches!(change.old, Some(Element::Enum(_))))
    .then(|| Hit::of(change, cx))
}
