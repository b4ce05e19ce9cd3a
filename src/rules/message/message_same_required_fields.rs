//! One side that does not know of a required field cannot write it, and the other refuses the message
//! without it. FIELD_NO_DELETE and FIELD_SAME_CARDINALITY report the same edits from the side of the field.
//! Only the keyword counts: a field that an edition makes required by `LEGACY_REQUIRED` is left to
//! FIELD_SAME_CARDINALITY and to the lenses.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Anchor, Bump, Categories, Docs, Hit, Level, Rule, Status, describe};
use crate::schema::{Element, Label, Schema};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "MESSAGE_SAME_REQUIRED_FIELDS",
    categories: Categories::FILE
        .with(Categories::PACKAGE)
        .with(Categories::WIRE_JSON)
        .with(Categories::WIRE)
        .with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A required field that was added or removed, or an existing field that became required or \
                stopped being it.",
        breaks: "A reader with the required field fails to parse every message of a writer without it: the \
                whole message, not the field.",
        before: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional string id = 1;
}
"#,
        after: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional string id = 1;
  required int64 amount = 2;
}
"#,
        fix: "Make the new field `optional` and check it in code. To get rid of a required field make it \
                optional first, and remove it when no reader requires it any more.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let required = |schema: &Schema, element: Option<Element>| match element {
        Some(Element::Field(id)) => schema.field(id).label == Label::Required,
        _ => false,
    };
    let (was, is) = (required(cx.old, change.old), required(cx.new, change.new));
    let name = |schema: &Schema, element: Option<Element>| {
        element.map(|e| describe::text(schema, e)).unwrap_or_default()
    };
    match &change.kind {
        Kind::FieldAdded { .. } if is => {
            Some(Hit::says(change, cx, format!("{} was added as required", name(cx.new, change.new))))
        }
        Kind::FieldRemoved { .. } if was => {
            Some(Hit::says(change, cx, format!("{} was required and is gone", name(cx.old, change.old))))
        }
        Kind::FieldRequiredRespelled { .. } => Some(Hit::of(change, cx)),
        Kind::FieldCardinalityChanged if is => {
            Some(Hit::says(change, cx, format!("{} was not required, now is", name(cx.old, change.old))))
        }
        Kind::FieldCardinalityChanged if was => {
            let Some(Element::Field(id)) = change.new else { return None };
            let mut hit =
                Hit::says(change, cx, format!("{} was required, is no longer", name(cx.old, change.old)));
            hit.new = cx.new.field(id).parent.map(|m| Anchor::of(cx.new, Element::Message(m)));
            Some(hit)
        }
        _ => None,
    }
}
