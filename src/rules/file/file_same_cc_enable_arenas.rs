//! `cc_enable_arenas` decides what C++ code that allocates messages of this file on an arena sees. It
//! changes nothing on the wire and in JSON.

use crate::diff::{Change, Cx, FileOption, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_CC_ENABLE_ARENAS",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file whose `cc_enable_arenas` is set to another value, or set for the first time, or no \
                longer set.",
        breaks: "The option has no effect since protobuf 3.14, which always generates arena support; older \
                generators drop the arena constructors.",
        before: r#"syntax = "proto3";

package pay.v1;

option cc_enable_arenas = true;

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

option cc_enable_arenas = false;

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the value, or drop the option together with the last build that uses an older protoc.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FileOptionChanged(FileOption::CcEnableArenas)).then(|| Hit::of(change, cx))
}
