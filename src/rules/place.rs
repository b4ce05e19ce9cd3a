//! Where a change stands in the old and in the new sources.

use super::Anchor;
use crate::diff::{Change, Cx, Departure, Place};
use crate::schema::{Element, FileId, Label, Schema};

/// The default places of a change: the old side first. Something that is gone points at its nearest surviving
/// parent in the new sources; `None` means nothing of it survives.
///
/// Paths below an element are field numbers of descriptor.proto.
pub fn place(change: &Change, cx: &Cx<'_>) -> (Option<Anchor>, Option<Anchor>) {
    match (change.kind.facts().place)(change) {
        Place::Elements => whole(change, cx),
        Place::Files => whole_file(change, cx),
        Place::Part(below) => part(change, cx, below),
        Place::Written(below) => parts(change, cx, below),
        Place::WrittenOf { message, enum_ } => match change.old {
            Some(Element::Enum(_)) => parts(change, cx, enum_),
            _ => parts(change, cx, message),
        },
        Place::Option(option) => part(change, cx, &[8, option.number()]),
        Place::Import(path) => (import(cx.old, change.old, path), import(cx.new, change.new, path)),
        Place::FieldType => (field_type(cx.old, change.old), field_type(cx.new, change.new)),
        Place::Keyword(message) => {
            let (old, new) = whole(change, cx);
            let keyword =
                matches!(change.new, Some(Element::Field(id)) if cx.new.field(id).label == Label::Required);
            if keyword { (old, new) } else { (old, Some(Anchor::of(cx.new, Element::Message(message)))) }
        }
        Place::JavaUtf8 => (java_utf8(cx.old, change.old), java_utf8(cx.new, change.new)),
        Place::MissedIn(message) => {
            (old_whole(change, cx), Some(Anchor::of(cx.new, Element::Message(message))))
        }
        Place::Departed(departure) => (old_whole(change, cx), departed(departure, cx)),
        Place::Parent => (old_whole(change, cx), parent(change, cx)),
    }
}

/// Where a type that left its file is missed: the nearest enclosing message that the file still has, else the
/// file as a whole, else nowhere.
pub(super) fn departed(departure: &Departure, cx: &Cx<'_>) -> Option<Anchor> {
    match departure.anchor {
        Some(message) => Some(Anchor::of(cx.new, Element::Message(message))),
        None => departure.file.map(Anchor::file),
    }
}

fn old_whole(change: &Change, cx: &Cx<'_>) -> Option<Anchor> {
    change.old.map(|e| Anchor::of(cx.old, e))
}

fn whole(change: &Change, cx: &Cx<'_>) -> (Option<Anchor>, Option<Anchor>) {
    (old_whole(change, cx), change.new.map(|e| Anchor::of(cx.new, e)))
}

fn whole_file(change: &Change, cx: &Cx<'_>) -> (Option<Anchor>, Option<Anchor>) {
    let anchor = |schema: &Schema, element: Element| Anchor::file(schema.file_of(element));
    (change.old.map(|e| anchor(cx.old, e)), change.new.map(|e| anchor(cx.new, e)))
}

fn part(change: &Change, cx: &Cx<'_>, below: &[i32]) -> (Option<Anchor>, Option<Anchor>) {
    (change.old.map(|e| Anchor::part(cx.old, e, below)), change.new.map(|e| Anchor::part(cx.new, e, below)))
}

fn parts(change: &Change, cx: &Cx<'_>, below: &[&[i32]]) -> (Option<Anchor>, Option<Anchor>) {
    (
        change.old.map(|e| Anchor::parts_or_whole(cx.old, e, below)),
        change.new.map(|e| Anchor::parts_or_whole(cx.new, e, below)),
    )
}

fn import(schema: &Schema, file: Option<Element>, path: &str) -> Option<Anchor> {
    let Some(Element::File(id)) = file else { return None };
    let line = schema.import_index(id, path);
    let paths = line.map(|i| vec![3, i as i32]).into_iter().collect();
    Some(Anchor { file: id, paths })
}

fn field_type(schema: &Schema, element: Option<Element>) -> Option<Anchor> {
    let Element::Field(id) = element? else { return None };
    let below = if schema.field(id).kind.is_named() { 6 } else { 5 };
    Some(Anchor::part(schema, Element::Field(id), &[below]))
}

/// The switch of the file comes first: where it is written out it is what changed for every field.
fn java_utf8(schema: &Schema, element: Option<Element>) -> Option<Anchor> {
    let element = element?;
    let file: FileId = schema.file_of(element);
    let mut anchor = Anchor::parts_or_whole(schema, element, &[&[8, 21, 1001, 2], &[8, 21]]);
    if schema.file(file).options.as_deref().is_some_and(|o| o.java_string_check_utf8.is_some()) {
        anchor.paths.insert(0, vec![8, 27]);
    }
    Some(anchor)
}

/// The enum or service of the same full name that something was removed from.
fn parent(change: &Change, cx: &Cx<'_>) -> Option<Anchor> {
    let parent = match change.old? {
        Element::EnumValue(id) => cx.old.enum_(cx.old.value(id).parent).full_name.as_ref(),
        Element::Method(id) => cx.old.service(cx.old.method(id).parent).full_name.as_ref(),
        _ => return None,
    };
    cx.new.by_name(parent).map(|e| Anchor::of(cx.new, e))
}
