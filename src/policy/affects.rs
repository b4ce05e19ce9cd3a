//! Which calls carry a changed element.

use std::collections::BTreeSet;

use crate::diff::{Change, Cx};
use crate::schema::{Element, Role, Schema, Use};
use crate::verdict::Judge;

/// The calls of either side that carry the element: `user.v1.UserService.GetUser (response)`, sorted. A method
/// is the call itself, and carries nothing else.
pub(super) fn affects(change: &Change, cx: &Cx<'_>, judge: &Judge<'_>) -> Vec<String> {
    let mut calls = BTreeSet::new();
    if [change.old, change.new].into_iter().flatten().any(|e| matches!(e, Element::Method(_))) {
        return Vec::new();
    }
    if let Some(old) = change.old {
        calls.extend(judge.old_uses(old).into_iter().map(|u| text(cx.old, old, u)));
    }
    if let Some(new) = change.new {
        calls.extend(judge.new_uses(new).into_iter().map(|u| text(cx.new, new, u)));
    }
    calls.into_iter().collect()
}

fn text(schema: &Schema, element: Element, used: Use) -> String {
    let name = schema.full_name(Element::Method(used.method));
    match (element, used.role) {
        // A service is its calls, whatever they carry.
        (Element::Service(_), _) => name,
        (_, Role::Request) => format!("{name} (request)"),
        (_, Role::Response) => format!("{name} (response)"),
    }
}
