//! What the rules about types that left their package share.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Hit, describe};
use crate::schema::Element;

/// A hit for a type that its package no longer has, while the package goes on.
pub(super) fn hit(change: &Change, cx: &Cx<'_>, is_kind: fn(Element) -> bool) -> Option<Hit> {
    let (Kind::TypeRemoved(gone) | Kind::TypeMoved(gone) | Kind::TypeRenamed(gone)) = &change.kind else {
        return None;
    };
    let old = change.old?;
    if !gone.left_package || !is_kind(old) {
        return None;
    }
    let mut hit = Hit::departed(change, cx, gone);
    hit.message = format!("{} left package `{}`", describe::text(cx.old, old), cx.old.package_of(old));
    Some(hit)
}
