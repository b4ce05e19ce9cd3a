//! Parsers that follow the specification accept both forms of a repeated number, so no category holds the
//! rule.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_SAME_PACKED",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A repeated number that is written packed and was not before, or the other way round.",
        breaks: "Readers accept both forms. Bytes differ, which matters where they are compared, signed or \
                hashed, and to parsers older than protobuf 2.3.",
        before: r#"syntax = "proto2";

package pay.v1;

message Charge {
  repeated int32 amounts = 1;
}
"#,
        after: r#"syntax = "proto2";

package pay.v1;

message Charge {
  repeated int32 amounts = 1 [packed = true];
}
"#,
        fix: "Keep the form; set `[packed = false]`, or `features.repeated_field_encoding` in an edition, \
                to hold it.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FieldPackedChanged).then(|| Hit::of(change, cx))
}
