//! One edit, several changes: which change speaks for which.
//!
//! A renamed field also has another JSON key; a removed message takes its nested types along; a file in
//! another package renames everything in it. For a person that is one edit. This table says which change an
//! echo belongs to; policies by lens leave echoes out, named rules keep them (that is what teams know from
//! them). A change that is not in the table speaks for itself, so a gap is noisy, never silent.

use rustc_hash::FxHashMap;

use super::{Change, Cx, Kind, NameChange, OneofChange, Structure, gone_whole};
use crate::schema::{Cardinality, Element, FieldId, FileId, MessageId, OneofId, Range, Schema};

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
    let mut repurposed: FxHashMap<Element, usize> = FxHashMap::default();
    let mut recounted: FxHashMap<Element, usize> = FxHashMap::default();
    let mut swapped: FxHashMap<Element, usize> = FxHashMap::default();
    let mut renumbered: FxHashMap<FieldId, usize> = FxHashMap::default();
    let mut extensions: FxHashMap<(&str, i32), usize> = FxHashMap::default();
    let mut left: FxHashMap<(&str, i32), usize> = FxHashMap::default();
    let mut came: FxHashMap<Element, Vec<usize>> = FxHashMap::default();
    let mut gone_files: FxHashMap<FileId, usize> = FxHashMap::default();
    let whole_files = gone_whole(changes, cx);
    for (index, change) in changes.iter().enumerate() {
        match (&change.kind, change.old) {
            (
                Kind::TypeRemoved(_) | Kind::TypeRenamed(_) | Kind::TypeMoved(_),
                Some(Element::Message(id)),
            ) => {
                gone_messages.insert(id, index);
            }
            (Kind::FieldNameChanged(how), Some(field)) => {
                renamed_fields.insert(field, index);
                if *how != NameChange::Renamed {
                    repurposed.insert(field, index);
                }
                if let NameChange::Swapped(_) = how {
                    swapped.insert(field, index);
                }
            }
            (Kind::FieldCardinalityChanged, Some(field)) if is_recount(change, cx) => {
                recounted.insert(field, index);
            }
            (Kind::FieldTypeChanged(_), Some(field)) => {
                retyped_fields.insert(field, index);
            }
            (Kind::FieldCardinalityChanged, Some(field)) => {
                retyped_fields.entry(field).or_insert(index);
            }
            (Kind::EnumValueNameChanged { how: NameChange::Swapped(_), .. }, Some(value)) => {
                swapped.entry(value).or_insert(index);
            }
            (Kind::FieldRemoved { renumbered: Some(new), .. }, _) => {
                renumbered.insert(*new, index);
            }
            (Kind::FieldRemoved { .. }, Some(Element::Field(id))) if cx.extension_for_field(id).is_some() => {
                if let Some(at) = extension_at(cx.old, id) {
                    left.insert(at, index);
                }
            }
            (Kind::TypeRemoved(_), Some(Element::Field(id))) if cx.field_for_extension(id).is_some() => {
                if let Some(at) = extension_at(cx.old, id) {
                    extensions.insert(at, index);
                }
            }
            (Kind::FieldAdded { .. } | Kind::EnumValueAdded { .. }, None) => {
                if let Some(holder) = change.new.and_then(|new| holder(cx.new, new)) {
                    came.entry(holder).or_default().push(index);
                }
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
            (Kind::FileRemoved, Some(Element::File(id))) if whole_files.contains(&id) => {
                gone_files.insert(id, index);
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
        let Some(old) = change.old else {
            return match (&change.kind, change.new?) {
                // JSON does not see that a field has another number now, and nothing else speaks of a new one.
                (
                    Kind::FieldAdded { number_was_reserved: false, published: None, .. },
                    Element::Field(new),
                ) if cx.new.field(new).cardinality != Cardinality::Required => renumbered
                    .get(&new)
                    .or_else(|| extension_at(cx.new, new).and_then(|at| extensions.get(&at)))
                    .copied(),
                (Kind::TypeAdded, Element::Field(new)) => {
                    extension_at(cx.new, new).and_then(|at| left.get(&at)).copied()
                }
                _ => None,
            };
        };
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
            // Nested types go where their message goes, all types of a file with the file; a file in another package
            // takes all its types.
            Kind::TypeRemoved(_) if matches!(old, Element::Message(_) | Element::Enum(_)) => {
                outer().or_else(|| gone_files.get(&cx.old.file_of(old)))
            }
            Kind::TypeRemoved(_) | Kind::TypeMoved(_) => outer(),
            Kind::TypeRenamed(_) => outer().or_else(|| repackaged.get(&cx.old.file_of(old))),
            // The key follows the name unless it is pinned, and then it does not change.
            Kind::FieldJsonNameChanged => renamed_fields.get(&old),
            Kind::FieldDefaultChanged { .. } | Kind::FieldPackedChanged => {
                recounted.get(&old).or_else(|| retyped_fields.get(&old)).or_else(|| repurposed.get(&old))
            }
            // The entry message of a map is named after its field.
            Kind::FieldTypeChanged(_) if is_map_on_both_sides(change, cx) => {
                renamed_fields.get(&old).or_else(|| recounted.get(&old))
            }
            // Another field at the number is another in everything.
            Kind::FieldCardinalityChanged | Kind::FieldOneofChanged(_) if repurposed.contains_key(&old) => {
                repurposed.get(&old)
            }
            Kind::FieldTypeChanged(_) => repurposed.get(&old).or_else(|| recounted.get(&old)),
            Kind::FieldCardinalityChanged if !is_recount(change, cx) => {
                retyped_fields.get(&old).filter(|whole| !std::ptr::eq(&changes[**whole], change))
            }
            // Of two that exchanged their numbers the first speaks.
            Kind::FieldNameChanged(NameChange::Swapped(other)) => {
                swapped.get(&Element::Field(*other)).filter(|_| is_second(cx, old, Element::Field(*other)))
            }
            Kind::EnumValueNameChanged { how: NameChange::Swapped(number), .. } => {
                let Element::EnumValue(id) = old else { return None };
                let other = cx.old.value_by_number(cx.old.value(id).parent, *number)?;
                let first = Element::EnumValue(other);
                swapped.get(&first).filter(|_| is_second(cx, old, first))
            }
            // Of an extension that became a field the number has to leave the range.
            Kind::ExtensionRangeRemoved { missing, .. } => {
                let Element::Message(id) = old else { return None };
                let extendee = &*cx.old.message(id).full_name;
                let [Range { start, end }] = missing[..] else { return None };
                extensions.get(&(extendee, start)).filter(|_| start == end)
            }
            // What was reserved and is in use is told where it is used.
            Kind::ReservedRangeRemoved { missing, .. } => came.get(&change.new?).and_then(|added| {
                let taken = |number: &i32| missing.iter().any(|range| range.contains(*number));
                let users =
                    || added.iter().filter(|i| number_of(cx, &changes[**i]).as_ref().is_some_and(taken));
                let lost: i64 = missing.iter().map(|r| i64::from(r.end) - i64::from(r.start) + 1).sum();
                users().next().filter(|_| i64::try_from(users().count()) == Ok(lost))
            }),
            Kind::ReservedNameRemoved { name } => came
                .get(&change.new?)
                .and_then(|added| added.iter().find(|i| name_of(cx, &changes[**i]) == Some(&**name))),
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

/// Whether a field became a list or a map, or is none any more.
fn is_recount(change: &Change, cx: &Cx<'_>) -> bool {
    let class = |c: Cardinality| match c {
        Cardinality::Repeated => 1,
        Cardinality::Map => 2,
        _ => 0,
    };
    change.fields().is_some_and(|(old, new)| {
        class(cx.old.field(old).cardinality) != class(cx.new.field(new).cardinality)
    })
}

/// Whether the number of an element comes after that of another one.
fn is_second(cx: &Cx<'_>, element: Element, other: Element) -> bool {
    let number = |element| match element {
        Element::Field(id) => Some(cx.old.field(id).number),
        Element::EnumValue(id) => Some(cx.old.value(id).number),
        _ => None,
    };
    number(other) < number(element)
}

/// The message and the number of a field or an extension.
fn extension_at(schema: &Schema, id: FieldId) -> Option<(&str, i32)> {
    let field = schema.field(id);
    let message = match &field.extendee {
        Some(extendee) => extendee,
        None => &schema.message(field.parent?).full_name,
    };
    Some((message, field.number))
}

/// The message or enum of a field or value.
fn holder(schema: &Schema, element: Element) -> Option<Element> {
    match element {
        Element::Field(id) => schema.field(id).parent.map(Element::Message),
        Element::EnumValue(id) => Some(Element::Enum(schema.value(id).parent)),
        _ => None,
    }
}

/// The name of what was added.
fn name_of<'a>(cx: &Cx<'a>, change: &Change) -> Option<&'a str> {
    match change.new? {
        Element::Field(id) => Some(&cx.new.field(id).name),
        Element::EnumValue(id) => Some(&cx.new.value(id).name),
        _ => None,
    }
}

/// The number of what was added.
fn number_of(cx: &Cx<'_>, change: &Change) -> Option<i32> {
    match change.new? {
        Element::Field(id) => Some(cx.new.field(id).number),
        Element::EnumValue(id) => Some(cx.new.value(id).number),
        _ => None,
    }
}

fn is_map_on_both_sides(change: &Change, cx: &Cx<'_>) -> bool {
    change.fields().is_some_and(|(old, new)| {
        cx.old.field(old).cardinality == Cardinality::Map && cx.new.field(new).cardinality == Cardinality::Map
    })
}
