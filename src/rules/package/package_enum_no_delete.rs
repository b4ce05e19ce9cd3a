//! A enum may move between the files of its package; only leaving the package counts. ENUM_NO_DELETE is the
//! stricter neighbour that wants it to stay in its file, and PACKAGE_NO_DELETE speaks when the whole package
//! went. As in buf, it is silent when the package has no enum left at all; ENUM_NO_DELETE and the lenses are
//! not.

use super::left::{self, Sort};
use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "PACKAGE_ENUM_NO_DELETE",
    categories: Categories::PACKAGE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An enum that no file of its package declares any more, while the package goes on.",
        breaks: "Code that names the generated enum no longer compiles. On the wire and in JSON nothing \
                changes by itself; a field that held the enum is reported on its own.",
        before: r#"syntax = "proto3";

package pay.v1;

enum Currency {
  CURRENCY_UNSPECIFIED = 0;
}

enum Status {
  STATUS_UNSPECIFIED = 0;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

enum Status {
  STATUS_UNSPECIFIED = 0;
}
"#,
        fix: "Keep the enum and mark it `deprecated = true`; remove it in a new version of the package.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let hit = left::hit(change, cx, |e| matches!(e, Element::Enum(_)))?;
    let (_, old) = left::left(change)?;
    left::still_has(cx.new, cx.old.package_of(old), Sort::Enum).then_some(hit)
}
