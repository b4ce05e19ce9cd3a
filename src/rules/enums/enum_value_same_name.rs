//! Values are paired by number; with aliases every old name has to stay. ENUM_VALUE_NO_SWAP and
//! ENUM_VALUE_NO_REUSE name the cases where the number was given to something else.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_VALUE_SAME_NAME",
    categories: Categories::FILE.with(Categories::PACKAGE).with(Categories::WIRE_JSON).with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An enum number that lost a name it had.",
        breaks: "Bytes carry the number and are read as before. JSON carries the name: the old one is \
                refused. Code that names the value no longer compiles.",
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
  STATUS_UNSPECIFIED = 0;
  STATUS_SETTLED = 1;
}
"#,
        fix: "Keep the old name as an alias: `option allow_alias = true;` with both names at the number, \
                the old one first: JSON is written with it, and Rust code and a `case` of Java's know no other.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::EnumValueNameChanged { .. }).then(|| Hit::of(change, cx))
}
