//! `optimize_for` decides what C++ and Java code that uses reflection or descriptors sees. It changes
//! nothing on the wire and in JSON.

use crate::diff::{Change, Cx, FileOption, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_OPTIMIZE_FOR",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file whose `optimize_for` is set to another value, or set for the first time, or no longer \
                set.",
        breaks: "With `LITE_RUNTIME` the classes derive from `MessageLite`: no descriptors, no reflection, no \
                text format. Files that are not lite cannot import this one any more. `CODE_SIZE` keeps the \
                interface and is slower.",
        before: r#"syntax = "proto3";

package pay.v1;

option optimize_for = SPEED;

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

option optimize_for = LITE_RUNTIME;

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the value, or generate a lite copy from a build of its own.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FileOptionChanged(FileOption::OptimizeFor)).then(|| Hit::of(change, cx))
}
