//! Where a change stands in the old and in the new sources.

use super::Anchor;
use crate::diff::{Change, Cx, Departure, Kind, NameChange};
use crate::schema::{Element, FileId, Label, Schema};

/// The default places of a change: the old side first. Something that is gone points at its nearest surviving
/// parent in the new sources; `None` means nothing of it survives.
///
/// Paths below an element are field numbers of descriptor.proto.
pub fn place(change: &Change, cx: &Cx<'_>) -> (Option<Anchor>, Option<Anchor>) {
    match &change.kind {
        Kind::FileAdded | Kind::FileRemoved => whole_file(change, cx),
        Kind::FilePackageChanged => part(change, cx, &[2]),
        Kind::FileSyntaxChanged => part(change, cx, &[12]),
        Kind::FileOptionChanged(option) => part(change, cx, &[8, option.number()]),
        Kind::ImportAdded { path } | Kind::ImportRemoved { path, .. } => {
            (import(cx.old, change.old, path), import(cx.new, change.new, path))
        }
        Kind::PackageAdded { .. } | Kind::PackageRemoved { .. } => whole_file(change, cx),

        Kind::TypeRemoved(departure) => (old_whole(change, cx), departed(departure, cx)),
        Kind::TypeAdded | Kind::TypeMoved(_) | Kind::TypeRenamed(_) => whole(change, cx),

        Kind::FieldRemoved { message, .. } | Kind::OneofRemoved { message, .. } => {
            (old_whole(change, cx), Some(Anchor::of(cx.new, Element::Message(*message))))
        }
        Kind::FieldNameChanged(NameChange::Renamed | NameChange::Swapped(_) | NameChange::Reused { .. }) => {
            part(change, cx, &[1])
        }
        Kind::FieldTypeChanged(_) => (field_type(cx.old, change.old), field_type(cx.new, change.new)),
        Kind::FieldRequiredRespelled { message } => {
            let (old, new) = whole(change, cx);
            let keyword =
                matches!(change.new, Some(Element::Field(id)) if cx.new.field(id).label == Label::Required);
            if keyword { (old, new) } else { (old, Some(Anchor::of(cx.new, Element::Message(*message)))) }
        }
        Kind::FieldJsonNameChanged => parts(change, cx, &[&[10]]),
        Kind::FieldDefaultChanged { .. } => parts(change, cx, &[&[7]]),
        Kind::FieldJsTypeChanged => parts(change, cx, &[&[8, 6]]),
        Kind::FieldPackedChanged => parts(change, cx, &[&[8, 2], &[8, 21, 3], &[8, 21]]),
        Kind::FieldUtf8ValidationChanged => parts(change, cx, &[&[8, 21, 4], &[8, 21]]),
        Kind::FieldCppStringTypeChanged => parts(change, cx, &[&[8, 1], &[8, 21, 1000, 2], &[8, 21]]),
        Kind::FieldJavaUtf8Changed => (java_utf8(cx.old, change.old), java_utf8(cx.new, change.new)),
        Kind::FieldAdded { .. } | Kind::FieldCardinalityChanged | Kind::FieldOneofChanged(_) => {
            whole(change, cx)
        }

        Kind::MessageSetChanged => parts(change, cx, &[&[7, 1]]),
        Kind::DescriptorAccessorRemoved => part(change, cx, &[7, 2]),
        Kind::JsonFormatChanged => match change.old {
            Some(Element::Enum(_)) => parts(change, cx, &[&[3, 7, 6], &[3, 7]]),
            _ => parts(change, cx, &[&[7, 12, 6], &[7, 12]]),
        },
        Kind::EnumClosednessChanged => parts(change, cx, &[&[3, 7, 2], &[3, 7]]),
        Kind::EnumValueRemoved { .. } => (old_whole(change, cx), parent(change, cx)),
        Kind::EnumValueNameChanged { .. } => part(change, cx, &[2]),

        Kind::MethodRemoved => (old_whole(change, cx), parent(change, cx)),
        Kind::MethodRequestTypeChanged(_) => part(change, cx, &[2]),
        Kind::MethodResponseTypeChanged(_) => part(change, cx, &[3]),
        Kind::MethodIdempotencyChanged => part(change, cx, &[4, 34]),

        Kind::OneofAdded
        | Kind::ReservedRangeRemoved { .. }
        | Kind::ReservedNameRemoved { .. }
        | Kind::ReservedRangeAdded { .. }
        | Kind::ReservedNameAdded { .. }
        | Kind::ExtensionRangeRemoved { .. }
        | Kind::ExtensionRangeAdded { .. }
        | Kind::EnumValueAdded { .. }
        | Kind::MethodAdded
        | Kind::MethodClientStreamingChanged
        | Kind::MethodServerStreamingChanged
        | Kind::DeprecationChanged { .. }
        | Kind::OptionChanged { .. } => whole(change, cx),
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
