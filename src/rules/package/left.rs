//! What the rules about types that left their package share.

use crate::diff::{Change, Cx, Departure, Kind};
use crate::rules::{Hit, describe};
use crate::schema::{Element, MessageId, Schema};

/// A hit for a type that its package no longer has, while the package goes on. It is missed where its
/// file was.
pub(super) fn hit(change: &Change, cx: &Cx<'_>, is_kind: fn(Element) -> bool) -> Option<Hit> {
    let (gone, old) = left(change)?;
    if !is_kind(old) {
        return None;
    }
    let mut hit = Hit::departed(change, cx, gone);
    hit.message = format!("{} left package `{}`", describe::text(cx.old, old), cx.old.package_of(old));
    Some(hit)
}

/// The type that left its package, and how.
pub(super) fn left(change: &Change) -> Option<(&Departure, Element)> {
    let (Kind::TypeRemoved(gone) | Kind::TypeMoved(gone) | Kind::TypeRenamed(gone)) = &change.kind else {
        return None;
    };
    let old = change.old?;
    gone.left_package.then_some((gone, old))
}

/// The nearest enclosing message that the package still has, in whatever file.
pub(super) fn enclosing(cx: &Cx<'_>, old: Element) -> Option<MessageId> {
    let package = cx.old.package_of(old);
    let full_name = cx.old.full_name(old);
    let mut outer = full_name.as_str();
    while let Some((name, _)) = outer.rsplit_once('.')
        && name != package
    {
        if let Some(message) = cx.new.message_by_name(name) {
            return Some(message);
        }
        outer = name;
    }
    None
}

/// What [`still_has`] looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Enum,
    Message,
    Extension,
}

/// Whether a package of the new side declares anything of a sort, nested ones included.
pub(super) fn still_has(schema: &Schema, package: &str, sort: Sort) -> bool {
    fn inside(schema: &Schema, messages: &[MessageId], sort: Sort) -> bool {
        messages.iter().map(|m| schema.message(*m)).any(|m| {
            let here = match sort {
                Sort::Message => true,
                Sort::Enum => !m.enums.is_empty(),
                Sort::Extension => !m.extensions.is_empty(),
            };
            here || inside(schema, &m.messages, sort)
        })
    }
    let elsewhere = schema.declared_elsewhere(package);
    let declared = match sort {
        Sort::Message => elsewhere.messages,
        Sort::Enum => elsewhere.enums,
        Sort::Extension => elsewhere.extensions,
    };
    declared
        || schema.package(package).unwrap_or_default().iter().map(|f| schema.file(*f)).any(|file| {
            let top = match sort {
                Sort::Message => !file.messages.is_empty(),
                Sort::Enum => !file.enums.is_empty(),
                Sort::Extension => !file.extensions.is_empty(),
            };
            top || inside(schema, &file.messages, sort)
        })
}
