//! `cc_generic_services` decides what C++ code that derives from the generated `Service` and `Stub` classes
//! sees. It changes nothing on the wire and in JSON.

use crate::diff::{Change, Cx, FileOption, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_CC_GENERIC_SERVICES",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file whose `cc_generic_services` is set to another value, or set for the first time, or no \
                longer set.",
        breaks: "Without the option protoc generates no abstract service classes; code that implements or \
                calls them no longer compiles. gRPC stubs come from another plugin and are not touched.",
        before: r#"syntax = "proto3";

package pay.v1;

option cc_generic_services = true;

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

option cc_generic_services = false;

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
    matches!(&change.kind, Kind::FileOptionChanged(FileOption::CcGenericServices))
        .then(|| Hit::of(change, cx))
}
