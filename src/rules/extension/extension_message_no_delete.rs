//! The numbers a message leaves to extensions are a promise to everybody who declares one, also in
//! repositories this check cannot see. EXTENSION_NO_DELETE speaks of the extensions themselves.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "EXTENSION_MESSAGE_NO_DELETE",
    categories: Categories::FILE.with(Categories::PACKAGE).with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "Extension numbers that a message no longer offers.",
        breaks: "Extensions with such a number no longer compile, wherever they are declared. A number that \
                comes back as a field reads their stored bytes as something else.",
        before: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional string id = 1;
  extensions 100 to 199;
}
"#,
        after: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional string id = 1;
  extensions 100 to 149;
}
"#,
        fix: "Keep the range. To stop new use, add `declaration` entries with `verification = DECLARATION` \
                for the numbers in use.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::ExtensionRangeRemoved { .. }).then(|| Hit::of(change, cx))
}
