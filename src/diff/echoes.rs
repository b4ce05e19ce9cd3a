//! One edit, several changes: which change speaks for which.
//!
//! A renamed field also has another JSON key; a removed message takes its nested types along; a file in
//! another package renames everything in it. For a person that is one edit. This table says which change an
//! echo belongs to; policies by lens leave echoes out, named rules keep them (that is what teams know from
//! them). A change that is not in the table speaks for itself, so a gap is noisy, never silent.

use rustc_hash::FxHashMap;

use super::{Change, Cx, Kind, OneofChange, Structure};
use crate::schema::{Cardinality, Element, FileId, MessageId, OneofId, Schema};

/// Which of a list of changes are echoes of others.
#[derive(Debug)]
pub struct Echoes(Vec<Echo>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Echo {
    /// Speaks for itself.
    No,
    /// One edit with the change at this index.
    Of(usize),
    /// Nothing that anybody wrote.
    Compilers,
}

impl Echoes {
    /// Whether the change at this index is explained by another one.
    pub fn is_echo(&self, index: usize) -> bool {
        self.0.get(index).is_some_and(|echo| *echo != Echo::No)
    }

    /// The change that speaks for the one at this index, if it is an echo of one. Following them ends: types belong to
    /// what encloses them, then to packages, then to files.
    pub fn of(&self, index: usize) -> Option<usize> {
        match self.0.get(index) {
            Some(Echo::Of(whole)) => Some(*whole),
            _ => None,
        }
    }
}

/// Marks the echoes in a list of changes.
pub fn echoes(changes: &[Change], cx: &Cx<'_>) -> Echoes {
    let mut gone_messages: FxHashMap<MessageId, usize> = FxHashMap::default();
    let mut renamed_fields = FxHashMap::default();
    let mut retyped_fields = FxHashMap::default();
    let mut switched: FxHashMap<OneofId, usize> = FxHashMap::default();
    let mut repackaged: FxHashMap<FileId, usize> = FxHashMap::default();
    let mut utf8_fields = FxHashMap::default();
    let mut gone_packages: FxHashMap<&str, usize> = FxHashMap::default();
    for (index, change) in changes.iter().enumerate() {
        match (&change.kind, change.old) {
            (
                Kind::TypeRemoved(_) | Kind::TypeRenamed(_) | Kind::TypeMoved(_),
                Some(Element::Message(id)),
            ) => {
                gone_messages.insert(id, index);
            }
            (Kind::FieldNameChanged(_), Some(field)) => {
                renamed_fields.insert(field, index);
            }
            (Kind::FieldTypeChanged(_) | Kind::FieldCardinalityChanged, Some(field)) => {
                retyped_fields.insert(field, index);
            }
            (Kind::FieldUtf8ValidationChanged, Some(field)) => {
                utf8_fields.insert(field, index);
            }
            (Kind::OneofRemoved { renamed: Some(_), .. }, Some(Element::Oneof(id))) => {
                switched.insert(id, index);
            }
            (Kind::FilePackageChanged, Some(Element::File(id))) => {
                repackaged.insert(id, index);
            }
            (Kind::PackageRemoved { package }, _) => {
                gone_packages.insert(package, index);
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
    let whole = |change: &Change| -> Option<usize> {
        let old = change.old?;
        // A package that went with its files speaks for all that was in it; one whose files are now of another
        // package leaves that to the files.
        if change.new.is_none() || matches!(change.kind, Kind::TypeRenamed(_)) {
            let file = cx.old.file_of(old);
            let gone = gone_packages.get(&*cx.old.file(file).package);
            if gone.is_some()
                && !repackaged.contains_key(&file)
                && !matches!(change.kind, Kind::PackageRemoved { .. })
            {
                return gone.copied();
            }
        }
        let outer = || gone_messages.get(&enclosing(old)?);
        let whole = match &change.kind {
            // Nested types go where their message goes; a file in another package takes all its types.
            Kind::TypeRemoved(_) | Kind::TypeMoved(_) => outer(),
            Kind::TypeRenamed(_) => outer().or_else(|| repackaged.get(&cx.old.file_of(old))),
            // The key follows the name unless it is pinned, and then it does not change.
            Kind::FieldJsonNameChanged => renamed_fields.get(&old),
            Kind::FieldDefaultChanged { .. } | Kind::FieldPackedChanged => retyped_fields.get(&old),
            // The entry message of a map is named after its field.
            Kind::FieldTypeChanged(_) if is_map_on_both_sides(change, cx) => renamed_fields.get(&old),
            Kind::FieldJavaUtf8Changed => utf8_fields.get(&old),
            Kind::FieldOneofChanged(OneofChange::Switched { from, renamed: true, .. }) => switched.get(from),
            Kind::PackageRemoved { package } => {
                let files = cx.old.package(package)?;
                let all = files.iter().all(|file| repackaged.contains_key(file));
                files.first().filter(|_| all).and_then(|file| repackaged.get(file))
            }
            _ => None,
        };
        whole.copied()
    };
    let echo = |change: &Change| match whole(change) {
        Some(whole) => Echo::Of(whole),
        // A map field speaks for the entry message the compiler makes for it.
        None if change.old.is_some() && is_compilers_own(change, cx) => Echo::Compilers,
        None => Echo::No,
    };
    Echoes(changes.iter().map(echo).collect())
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
