//! `java_multiple_files` decides what Java and Kotlin code that names the generated classes sees. It changes
//! nothing on the wire and in JSON.

use crate::diff::{Change, Cx, FileOption, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_JAVA_MULTIPLE_FILES",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file whose `java_multiple_files` is set to another value, or set for the first time, or no \
                longer set.",
        breaks: "Top-level messages move into, or out of, the outer class (`Charge` against \
                `ChargeOuterClass.Charge`). Every import of them breaks, in source and in compiled classes.",
        before: r#"syntax = "proto3";

package pay.v1;

option java_multiple_files = true;

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

option java_multiple_files = false;

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the value. Editions from 2024 on have `features.(pb.java).nest_in_file_class` for \
                single types.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FileOptionChanged(FileOption::JavaMultipleFiles))
        .then(|| Hit::of(change, cx))
}
