//! `java_outer_classname` decides what Java and Kotlin code that names the outer class sees. It changes
//! nothing on the wire and in JSON.

use crate::diff::{Change, Cx, FileOption, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_JAVA_OUTER_CLASSNAME",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file whose `java_outer_classname` is set to another value, or set for the first time, or \
                no longer set.",
        breaks: "The class that holds the descriptor, and without `java_multiple_files` every message of the \
                file, has another name.",
        before: r#"syntax = "proto3";

package pay.v1;

option java_outer_classname = "PayProto";

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

option java_outer_classname = "ChargeProto";

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the name.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FileOptionChanged(FileOption::JavaOuterClassname))
        .then(|| Hit::of(change, cx))
}
