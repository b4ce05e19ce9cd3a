//! Message sets are a format older than extensions. The rule is in no category because no current compiler
//! but protoc still takes the option.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "MESSAGE_SAME_MESSAGE_SET_WIRE_FORMAT",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A message whose `message_set_wire_format` changed.",
        breaks: "A message set writes its extensions as groups of a type and a payload, an ordinary message \
                writes them as fields: neither reads the other.",
        before: r#"syntax = "proto2";

package pay.v1;

message Batch {
  option message_set_wire_format = true;
  extensions 4 to max;
}
"#,
        after: r#"syntax = "proto2";

package pay.v1;

message Batch {
  extensions 4 to max;
}
"#,
        fix: "Keep the option. Add a new message without it, and convert on the way.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::MessageSetChanged).then(|| Hit::of(change, cx))
}
