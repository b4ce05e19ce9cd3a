//! Two fields of one message exchanged their numbers. To a check by number it looks like two renames, but
//! the data is read the wrong way round.

use crate::diff::{Change, Cx, Kind, NameChange};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_NO_SWAP",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "Two field numbers that exchanged their names.",
        breaks: "Bytes of one field are read as the other, in both directions and without an error when the \
                types agree. Everything in storage is affected.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string payer = 1;
  string payee = 2;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string payee = 1;
  string payer = 2;
}
"#,
        fix: "Give every name its old number back. The order of lines in the file is free; the numbers are \
                not.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FieldNameChanged(NameChange::Swapped(_))).then(|| Hit::of(change, cx))
}
