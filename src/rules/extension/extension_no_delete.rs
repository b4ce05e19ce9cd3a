//! Extensions are paired by name inside the file. PACKAGE_EXTENSION_NO_DELETE is the neighbour that lets
//! them move within the package.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "EXTENSION_NO_DELETE",
    categories: Categories::FILE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An extension that its file declares no more.",
        breaks: "Code that gets or sets the extension no longer compiles. Its bytes are kept as unknown \
                fields; JSON with its key is refused.",
        before: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional string id = 1;
  extensions 100 to 199;
}

extend Charge {
  optional string audit_id = 100;
}
"#,
        after: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional string id = 1;
  extensions 100 to 199;
}
"#,
        fix: "Keep the extension and mark it `deprecated = true`; never give its number to another one.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    types::left_file(change, cx, |element| matches!(element, Element::Field(_)))
}
