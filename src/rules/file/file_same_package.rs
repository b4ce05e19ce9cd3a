//! The package is part of every full name in the file. The types that leave the package are reported on
//! their own by the PACKAGE rules; this rule points at the line that did it.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_PACKAGE",
    categories: Categories::FILE
        .with(Categories::PACKAGE)
        .with(Categories::WIRE_JSON)
        .with(Categories::WIRE)
        .with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file whose `package` line names another package.",
        breaks: "Every full name in the file changes: method paths (`/pay.v1.Charges/Get`), type URLs in \
                `google.protobuf.Any`, extension names in JSON, and the generated names in every language. \
                Messages that are not named on the wire still decode.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package payments.v1;

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the package. For a new version add a second file with the new package beside the old \
                one, and move callers over.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FilePackageChanged).then(|| Hit::of(change, cx))
}
