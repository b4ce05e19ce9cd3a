//! The new name at this number, or the old one, stood or stands at another number of the message: this is no
//! rename. FIELD_NO_SWAP is the special case of two that exchange their numbers. Or the number was free on the
//! old side, and an earlier published version used it for something else.

use crate::diff::{Change, Cx, Kind, NameChange};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_NO_REUSE",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field number that was given to another field of the message, be it one that the baseline has or \
                one that only an earlier published version had.",
        breaks: "Bytes of the old field are read as the value of another one: no error where the types agree, \
                a wrong value or a failed parse where they do not.",
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
  string note = 2;
}
"#,
        fix: "Give every name its old number back, and the new field a number that was never used; reserve \
                the number and the name of the field that went.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let takes = match &change.kind {
        Kind::FieldNameChanged(NameChange::Reused { .. }) => true,
        Kind::FieldAdded { .. } => change.reused().is_some(),
        _ => false,
    };
    takes.then(|| Hit::of(change, cx))
}
