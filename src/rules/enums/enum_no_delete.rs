//! Types are paired by their name inside the file. ENUM_NO_MOVE and ENUM_NO_RENAME name the cases where the
//! enum is still there under another file or name.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_NO_DELETE",
    categories: Categories::FILE.with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An enum that its file declares no more.",
        breaks: "Code that names the generated enum or its values no longer compiles. Fields that held it are \
                reported on their own.",
        before: r#"syntax = "proto3";

package pay.v1;

enum Currency {
  CURRENCY_UNSPECIFIED = 0;
}

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the enum with `option deprecated = true;` until the next major version.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    types::left_file(change, cx, |element| matches!(element, Element::Enum(_)))
}
