//! Types are paired by their name inside the file. A message that moved to another file or changed its name
//! is gone from this one; MESSAGE_NO_MOVE and MESSAGE_NO_RENAME name those cases. The fields of a removed
//! message are not reported again.

use crate::diff::{Change, Cx};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "MESSAGE_NO_DELETE",
    categories: Categories::FILE.with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A message that its file declares no more.",
        breaks: "Code that names the generated message no longer compiles, and `google.protobuf.Any` values \
                with its type URL cannot be unpacked. A message nobody refers to by name is harmless on the \
                wire.",
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
        fix: "Keep the message with `option deprecated = true;` until the next major version. A message \
                that has to move can stay reachable through `import public` in the old file.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    types::left_file(change, cx, |element| matches!(element, Element::Message(_)))
}
