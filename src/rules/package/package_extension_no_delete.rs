//! An extension may move between the files of its package; only leaving the package counts.
//! EXTENSION_NO_DELETE is the stricter neighbour that wants it to stay in its file. As in buf, it is silent
//! when the package has no extension left at all; EXTENSION_NO_DELETE and the lenses are not.

use super::left::{self, Sort};
use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "PACKAGE_EXTENSION_NO_DELETE",
    categories: Categories::PACKAGE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An extension that no file of its package declares any more, while the package goes on.",
        breaks: "Code that gets or sets the extension no longer compiles. Its bytes are kept as unknown \
                fields by readers that do not know it; JSON with its key `[pay.v1.audit_id]` is refused.",
        before: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional string id = 1;
  extensions 100 to 199;
}

extend Charge {
  optional string audit_id = 100;
  optional string batch_id = 101;
}
"#,
        after: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional string id = 1;
  extensions 100 to 199;
}

extend Charge {
  optional string batch_id = 101;
}
"#,
        fix: "Keep the extension and mark it `deprecated = true`; never give its number to another one.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let hit = left::hit(change, cx, |e| matches!(e, Element::Field(_)))?;
    let (_, old) = left::left(change)?;
    left::still_has(cx.new, cx.old.package_of(old), Sort::Extension).then_some(hit)
}
