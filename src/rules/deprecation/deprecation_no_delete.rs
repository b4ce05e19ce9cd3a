//! What was announced to go stays after all. That is no break: whoever moved away did so for nothing, and later announcements are
//! believed less.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "DEPRECATION_NO_DELETE",
    categories: Categories::NONE,
    level: Level::Note,
    bump: Bump::Patch,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "`deprecated` that was taken off something that stays.",
        breaks: "Nobody: who moved away from it did so for nothing, and the versions that had it deprecated no longer count.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
  string note = 2 [deprecated = true];
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
  string note = 2;
}
"#,
        fix: "Leave `deprecated` where it is, unless it was a mistake.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::DeprecationChanged { now: false }).then(|| Hit::of(change, cx))
}
