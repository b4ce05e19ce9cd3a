//! One edit, several changes: which change speaks for which.
//!
//! A renamed field also has another JSON key; a removed message takes its nested types along; a file in
//! another package renames everything in it. For a person that is one edit. This table says which change an
//! echo belongs to; policies by lens leave echoes out, named rules keep them (that is what teams know from
//! them). A change that is not in the table speaks for itself, so a gap is noisy, never silent.

use rustc_hash::FxHashSet;

use super::{Change, Cx, Kind, OneofChange, Structure};
use crate::schema::{Cardinality, Element, FileId, MessageId, OneofId, Schema};

/// Which of a list of changes are echoes of others.
#[derive(Debug)]
pub struct Echoes(Vec<bool>);

impl Echoes {
    /// Whether the change at this index is explained by another one.
    pub fn is_echo(&self, index: usize) -> bool {
        self.0.get(index).copied().unwrap_or(false)
    }
}

/// Marks the echoes in a list of changes.
pub fn echoes(changes: &[Change], cx: &Cx<'_>) -> Echoes {
    let mut gone_messages: FxHashSet<MessageId> = FxHashSet::default();
    let mut renamed_fields = FxHashSet::default();
    let mut retyped_fields = FxHashSet::default();
    let mut switched: FxHashSet<OneofId> = FxHashSet::default();
    let mut repackaged: FxHashSet<FileId> = FxHashSet::default();
    let mut utf8_fields = FxHashSet::default();
    let mut gone_packages: FxHashSet<&str> = FxHashSet::default();
    for change in changes {
        match (&change.kind, change.old) {
            (
                Kind::TypeRemoved(_) | Kind::TypeRenamed(_) | Kind::TypeMoved(_),
                Some(Element::Message(id)),
            ) => {
                gone_messages.insert(id);
            }
            (Kind::FieldNameChanged(_), Some(field)) => {
                renamed_fields.insert(field);
            }
            (Kind::FieldTypeChanged(_) | Kind::FieldCardinalityChanged, Some(field)) => {
                retyped_fields.insert(field);
            }
            (Kind::FieldUtf8ValidationChanged, Some(field)) => {
                utf8_fields.insert(field);
            }
            (Kind::OneofRemoved { renamed: Some(_), .. }, Some(Element::Oneof(id))) => {
                switched.insert(id);
            }
            (Kind::FilePackageChanged, Some(Element::File(id))) => {
                repackaged.insert(id);
            }
            (Kind::PackageRemoved { package }, _) => {
                gone_packages.insert(package);
            }
            _ => {}
        }
    }
    let enclosing = |element: Element| match element {
        Element::Message(id) => cx.old.message(id).parent,
        Element::Enum(id) => cx.old.enum_(id).parent,
        Element::Field(id) => cx.old.field(id).parent,
        _ => None,
    };
    Echoes(
        changes
            .iter()
            .map(|change| {
                let Some(old) = change.old else { return false };
                // A package that went with its files speaks for all that was in it; one whose files are now of
                // another package leaves that to the files.
                if change.new.is_none() || matches!(change.kind, Kind::TypeRenamed(_)) {
                    let file = cx.old.file_of(old);
                    let gone = gone_packages.contains(&*cx.old.file(file).package);
                    if gone
                        && !repackaged.contains(&file)
                        && !matches!(change.kind, Kind::PackageRemoved { .. })
                    {
                        return true;
                    }
                }
                match &change.kind {
                    // A map field speaks for the entry message the compiler makes for it.
                    _ if is_compilers_own(change, cx) => true,
                    // Nested types go where their message goes; a file in another package takes all its types.
                    Kind::TypeRemoved(_) | Kind::TypeMoved(_) => {
                        enclosing(old).is_some_and(|p| gone_messages.contains(&p))
                    }
                    Kind::TypeRenamed(_) => {
                        enclosing(old).is_some_and(|p| gone_messages.contains(&p))
                            || repackaged.contains(&cx.old.file_of(old))
                    }
                    // The key follows the name unless it is pinned, and then it does not change.
                    Kind::FieldJsonNameChanged => renamed_fields.contains(&old),
                    Kind::FieldDefaultChanged { .. } | Kind::FieldPackedChanged => {
                        retyped_fields.contains(&old)
                    }
                    // The entry message of a map is named after its field.
                    Kind::FieldTypeChanged(_) => {
                        renamed_fields.contains(&old) && is_map_on_both_sides(change, cx)
                    }
                    Kind::FieldJavaUtf8Changed => utf8_fields.contains(&old),
                    Kind::FieldOneofChanged(OneofChange::Switched { from, renamed: true, .. }) => {
                        switched.contains(from)
                    }
                    Kind::PackageRemoved { package } => cx
                        .old
                        .package(package)
                        .is_some_and(|files| files.iter().all(|file| repackaged.contains(file))),
                    _ => false,
                }
            })
            .collect(),
    )
}

/// Whether a change is about something only the compiler wrote: the entry message of a map, which follows the
/// name of its field. Named rules see it, as buf's do; nobody else should.
pub fn is_compilers_own(change: &Change, cx: &Cx<'_>) -> bool {
    let entry = |schema: &Schema, element: Option<Element>| match element {
        Some(Element::Message(id)) => schema.message(id).map_entry,
        _ => false,
    };
    match change.kind {
        Kind::TypeRemoved(_) | Kind::TypeRenamed(_) | Kind::TypeMoved(_) | Kind::TypeAdded => {
            entry(cx.old, change.old) || entry(cx.new, change.new)
        }
        // The entry is compared field by field where it kept its name, and as a shape where it did not.
        Kind::FieldTypeChanged(Structure::Identical) => is_map_on_both_sides(change, cx),
        _ => false,
    }
}

fn is_map_on_both_sides(change: &Change, cx: &Cx<'_>) -> bool {
    change.fields().is_some_and(|(old, new)| {
        cx.old.field(old).cardinality == Cardinality::Map && cx.new.field(new).cardinality == Cardinality::Map
    })
}
