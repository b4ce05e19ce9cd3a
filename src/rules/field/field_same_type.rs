//! The strictest of three: any other type. FIELD_WIRE_COMPATIBLE_TYPE and FIELD_WIRE_JSON_COMPATIBLE_TYPE
//! let those pass that can be exchanged.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_SAME_TYPE",
    categories: Categories::FILE.with(Categories::PACKAGE).with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field with another type, or with another encoding of its message.",
        breaks: "Generated accessors have another type. What happens to data depends on the pair: the wire \
                and JSON lenses say which values are lost, changed or refused.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  int32 amount = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string amount = 1;
}
"#,
        fix: "Add a field with the new type and a new number, write both for a while, and deprecate the \
                old one.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FieldTypeChanged(_)).then(|| Hit::of(change, cx))
}
