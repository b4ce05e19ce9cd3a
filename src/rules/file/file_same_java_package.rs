//! `java_package` decides what Java and Kotlin code that imports the generated classes sees. It changes
//! nothing on the wire and in JSON.

use crate::diff::{Change, Cx, FileOption, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_JAVA_PACKAGE",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file whose `java_package` is set to another value, or set for the first time, or no longer \
                set.",
        breaks: "Every generated class moves to another Java package; imports no longer compile and compiled \
                callers fail to link.",
        before: r#"syntax = "proto3";

package pay.v1;

option java_package = "com.acme.pay.v1";

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

option java_package = "com.acme.contracts.pay.v1";

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the Java package. A new one belongs to a new version of the package.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FileOptionChanged(FileOption::JavaPackage)).then(|| Hit::of(change, cx))
}
