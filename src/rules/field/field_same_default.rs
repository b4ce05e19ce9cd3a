//! The default is not on the wire: each side fills in its own. The default of an enum field follows the
//! first value of a closed enum.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_SAME_DEFAULT",
    categories: Categories::FILE
        .with(Categories::PACKAGE)
        .with(Categories::WIRE_JSON)
        .with(Categories::WIRE)
        .with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field whose value, when absent, is another one.",
        breaks: "The same bytes without the field are read as the old default on one side and as the new one \
                on the other.",
        before: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional int32 retries = 1 [default = 3];
}
"#,
        after: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional int32 retries = 1 [default = 5];
}
"#,
        fix: "Keep the default and set the new value when writing.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FieldDefaultChanged { .. }).then(|| Hit::of(change, cx))
}
