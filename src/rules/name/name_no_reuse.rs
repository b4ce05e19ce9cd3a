//! A name that was something else before: in the old state, or in an earlier published version that the memory has. Numbers of
//! fields and enum values that another field or value has now are FIELD_NO_REUSE and ENUM_VALUE_NO_REUSE; what changes from one
//! state to the next has rules of its own.

use crate::diff::{Change, Cx, Kind, Remedy};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, describe};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "NAME_NO_REUSE",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A message, enum, service, method or extension whose name had another kind, other numbers, or other types \
                and streams before, be it in the baseline or in an earlier published version only.",
        breaks: "Whoever still has the version that had the name otherwise: data from then is read as something else, \
                and calls from then send and expect other messages.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}

enum State {
  STATE_UNSPECIFIED = 0;
  STATE_PAID = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}

message State {
  bool paid = 1;
}
"#,
        fix: "Take a name that was never used, or make it again what it was.",
    },
    remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    if !change.otherwise.is_empty() {
        return Some(Hit::of(change, cx));
    }
    let was = taken(change, cx)?;
    let (what, noun) = (describe::describe(change, cx), cx.old.noun(was));
    Some(Hit::says(change, cx, format!("{what}, and the name was that of another kind: {noun}")))
}

/// What the old side has under the name of something new that is of another kind.
fn taken(change: &Change, cx: &Cx<'_>) -> Option<Element> {
    let new = change.new.filter(|_| matches!(change.kind, Kind::TypeAdded))?;
    let was = cx.old.by_name(&cx.new.full_name(new))?;
    matches!(was, Element::Message(_) | Element::Enum(_) | Element::Service(_) | Element::Field(_))
        .then_some(was)
}

fn remedy(change: &Change, cx: &Cx<'_>) -> Option<Remedy> {
    match taken(change, cx) {
        Some(was) => {
            let (noun, name) = (cx.old.noun(was), cx.old.full_name(was));
            Some(Remedy::Advice(format!("leave `{name}` the {noun} that it was, and take another name")))
        }
        None => change.remedy(cx),
    }
}
