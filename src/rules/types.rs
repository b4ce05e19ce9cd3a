//! What the rules about messages, enums, services and extensions share: one kind of change speaks of all four, and each
//! rule of one. And what rules that mind an addition as such are content with.

use super::Hit;
use crate::diff::{Change, Cx, Kind, Remedy};
use crate::schema::Element;

/// Whether an element is of the sort that a rule speaks of.
type Is = fn(Element) -> bool;

/// A hit for one that was not there.
pub(super) fn added(change: &Change, cx: &Cx<'_>, is: Is) -> Option<Hit> {
    (matches!(change.kind, Kind::TypeAdded) && change.new.is_some_and(is)).then(|| Hit::of(change, cx))
}

/// A hit for one that has another file now.
pub(super) fn moved(change: &Change, cx: &Cx<'_>, is: Is) -> Option<Hit> {
    (matches!(change.kind, Kind::TypeMoved(_)) && change.old.is_some_and(is)).then(|| Hit::of(change, cx))
}

/// A hit for one that has another name now.
pub(super) fn renamed(change: &Change, cx: &Cx<'_>, is: Is) -> Option<Hit> {
    (matches!(change.kind, Kind::TypeRenamed(_)) && change.old.is_some_and(is)).then(|| Hit::of(change, cx))
}

/// A hit for one that its file no longer has, whatever has become of it.
pub(super) fn left_file(change: &Change, cx: &Cx<'_>, is: Is) -> Option<Hit> {
    let (Kind::TypeRemoved(gone) | Kind::TypeMoved(gone) | Kind::TypeRenamed(gone)) = &change.kind else {
        return None;
    };
    (gone.left_file && change.old.is_some_and(is)).then(|| Hit::departed(change, cx, gone))
}

/// What makes a rule content that minds an addition, whatever number it has.
pub(super) fn left_out(change: &Change, cx: &Cx<'_>) -> Option<Remedy> {
    let name = cx.new.full_name(change.new?);
    Some(Remedy::Advice(format!("leave `{name}` out until every reader knows it")))
}
