//! Only the step from false to true is reported: the other way round adds an accessor.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR",
    categories: Categories::FILE.with(Categories::PACKAGE).with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A message whose `no_standard_descriptor_accessor` went from false to true.",
        breaks: "Generated C++ classes lose the standard `descriptor()` accessor; code that calls it no \
                longer compiles.",
        before: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional string id = 1;
}
"#,
        after: r#"syntax = "proto2";

package pay.v1;

message Charge {
  option no_standard_descriptor_accessor = true;
  optional string id = 1;
}
"#,
        fix: "Take the option back; it is only meant for a message with a field of its own named \
                `descriptor`.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::DescriptorAccessorRemoved).then(|| Hit::of(change, cx))
}
