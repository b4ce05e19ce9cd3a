//! Values are paired by number. The neighbours with UNLESS in their name accept a removal that reserves what
//! it leaves behind.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_VALUE_NO_DELETE",
    categories: Categories::FILE.with(Categories::PACKAGE).with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An enum number that no value has any more, reserved or not.",
        breaks: "Code that names the value no longer compiles. The number still arrives: an open enum shows \
                it as unknown, a closed one drops it. JSON writes names, and the old name is refused.",
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
  reserved "STATUS_PAID";
  STATUS_UNSPECIFIED = 0;
}
"#,
        fix: "Keep the value with `[deprecated = true]` for a version, then remove it and reserve both \
                number and name.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::EnumValueRemoved { .. }).then(|| Hit::of(change, cx))
}
