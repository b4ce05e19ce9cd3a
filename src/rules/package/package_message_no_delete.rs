//! A message may move between the files of its package; only leaving the package counts. MESSAGE_NO_DELETE
//! is the stricter neighbour that wants it to stay in its file, and PACKAGE_NO_DELETE speaks when the whole
//! package went. As in buf, it is silent when the package has no message left at all; MESSAGE_NO_DELETE and
//! the lenses are not.

use super::left::{self, Sort};
use crate::diff::{Change, Cx};
use crate::rules::{Anchor, Bump, Categories, Docs, Hit, Level, Rule, Status};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "PACKAGE_MESSAGE_NO_DELETE",
    categories: Categories::PACKAGE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A message that no file of its package declares any more, while the package goes on.",
        breaks: "Code that names the generated message no longer compiles, and `Any` values with its type URL \
                cannot be unpacked. Fields and methods that used it are reported on their own.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}

message Refund {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the message and mark it `deprecated = true`; remove it in a new version of the package.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let mut hit = left::hit(change, cx, |e| matches!(e, Element::Message(_)))?;
    let (_, old) = left::left(change)?;
    if !left::still_has(cx.new, cx.old.package_of(old), Sort::Message) {
        return None;
    }
    // The message around it may have moved to another file of the package.
    if hit.new.is_some()
        && let Some(message) = left::enclosing(cx, old)
    {
        hit.new = Some(Anchor::of(cx.new, Element::Message(message)));
    }
    Some(hit)
}
