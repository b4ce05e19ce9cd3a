//! `java_generic_services` decides what Java code that uses the generated `Service` classes and stubs sees.
//! It changes nothing on the wire and in JSON.

use crate::diff::{Change, Cx, FileOption, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_JAVA_GENERIC_SERVICES",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file whose `java_generic_services` is set to another value, or set for the first time, or \
                no longer set.",
        breaks: "Without the option protoc generates no service classes for Java; code that implements or \
                calls them no longer compiles. gRPC stubs are not touched.",
        before: r#"syntax = "proto3";

package pay.v1;

option java_generic_services = true;

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

option java_generic_services = false;

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the option until the last user of the generic service classes has moved to gRPC stubs.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FileOptionChanged(FileOption::JavaGenericServices))
        .then(|| Hit::of(change, cx))
}
