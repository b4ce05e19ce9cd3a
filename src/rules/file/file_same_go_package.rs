//! `go_package` decides what Go code that imports the generated package sees. It changes nothing on the wire
//! and in JSON.

use crate::diff::{Change, Cx, FileOption, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_GO_PACKAGE",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file whose `go_package` is set to another value, or set for the first time, or no longer \
                set.",
        breaks: "The generated package has another import path or name. Go code does not compile until every \
                import is changed, and two copies of one file in a binary panic when they register the same \
                types.",
        before: r#"syntax = "proto3";

package pay.v1;

option go_package = "acme.com/pay/v1;payv1";

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

option go_package = "acme.com/contracts/pay/v1;payv1";

message Charge {
  string id = 1;
}
"#,
        fix: "Keep `go_package`, or publish the new path as a new major version of the SDK and move \
                importers in one step.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FileOptionChanged(FileOption::GoPackage)).then(|| Hit::of(change, cx))
}
