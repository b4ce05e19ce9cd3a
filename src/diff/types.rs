//! Messages, enums, services and extensions: what came, went, moved, or took another name.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Departure, Differ, Kind, Shapes, Structure, enums, fields, messages, services};
use crate::schema::{Element, MessageId, Schema};

pub(super) fn diff(differ: &mut Differ<'_>) {
    let cx = differ.cx;
    let mut gone = Vec::new();
    for old in declarations(cx.old) {
        let name = cx.old.full_name(old);
        match cx.new.by_name(&name).filter(|new| same_sort(old, *new)) {
            Some(new) => {
                let (old_file, new_file) = (cx.old.file_of(old), cx.new.file_of(new));
                if cx.old.file(old_file).name != cx.new.file(new_file).name {
                    let departure = departure(differ, old);
                    differ.push(Kind::TypeMoved(departure), Some(old), Some(new));
                }
                match (old, new) {
                    (Element::Message(a), Element::Message(b)) => messages::pair(differ, a, b),
                    (Element::Enum(a), Element::Enum(b)) => enums::pair(differ, a, b),
                    (Element::Service(a), Element::Service(b)) => services::pair(differ, a, b),
                    _ => {}
                }
            }
            None => gone.push(old),
        }
    }
    let mut came = Vec::new();
    for new in declarations(cx.new) {
        let name = cx.new.full_name(new);
        if cx.old.by_name(&name).filter(|old| same_sort(*old, new)).is_none() {
            came.push(new);
        }
    }
    let renames = renames(differ, &gone, &came);
    let mut taken = FxHashSet::default();
    for old in gone {
        let departure = departure(differ, old);
        match renames.get(&old) {
            Some(new) => {
                taken.insert(*new);
                differ.push(Kind::TypeRenamed(departure), Some(old), Some(*new));
            }
            None => differ.push(Kind::TypeRemoved(departure), Some(old), None),
        }
    }
    let came_set: FxHashSet<Element> = came.iter().copied().collect();
    for new in came {
        // A new type inside a new message is part of it.
        let inside = parent(cx.new, new).is_some_and(|p| came_set.contains(&Element::Message(p)));
        let entry = matches!(new, Element::Message(m) if cx.new.message(m).map_entry);
        if !inside && !entry && !taken.contains(&new) {
            differ.push(Kind::TypeAdded, None, Some(new));
        }
    }
    fields::extensions(differ);
}

/// Every message, enum, service and extension of a schema, in table order.
fn declarations(schema: &Schema) -> impl Iterator<Item = Element> {
    schema
        .messages()
        .map(|(id, _)| Element::Message(id))
        .chain(schema.enums().map(|(id, _)| Element::Enum(id)))
        .chain(schema.services().map(|(id, _)| Element::Service(id)))
        .chain(schema.all_extensions().map(|(id, _)| Element::Field(id)))
}

fn same_sort(a: Element, b: Element) -> bool {
    std::mem::discriminant(&a) == std::mem::discriminant(&b)
}

fn parent(schema: &Schema, element: Element) -> Option<MessageId> {
    match element {
        Element::Message(id) => schema.message(id).parent,
        Element::Enum(id) => schema.enum_(id).parent,
        Element::Field(id) => schema.field(id).parent,
        _ => None,
    }
}

/// Where `old`, whose full name or file is gone, went missing from.
fn departure(differ: &Differ<'_>, old: Element) -> Departure {
    let cx = differ.cx;
    let nested_name = cx.old.nested_name(old);
    let old_file = cx.old.file(cx.old.file_of(old));
    let file = cx.new.file_by_name(&old_file.name);
    // Within a file (or package) a type is known by its name without the package: a file that changed its
    // package keeps its types.
    let declared = |package: &str| {
        let full = crate::schema::qualify(package, &nested_name);
        cx.new.by_name(&full).filter(|e| same_sort(*e, old))
    };
    let left_file =
        file.is_some_and(|f| declared(&cx.new.file(f).package).is_none_or(|e| cx.new.file_of(e) != f));
    let package = &old_file.package;
    let left_package = cx.new.has_package(package) && declared(package).is_none();
    let anchor = file.and_then(|f| {
        let package = &cx.new.file(f).package;
        let mut name = nested_name.as_str();
        while let Some((outer, _)) = name.rsplit_once('.') {
            let found = cx.new.message_by_name(&crate::schema::qualify(package, outer));
            if let Some(id) = found.filter(|id| cx.new.message(*id).file == f) {
                return Some(id);
            }
            name = outer;
        }
        None
    });
    Departure { nested_name: nested_name.into(), file, left_file, left_package, anchor }
}

/// Which gone type took which new name. Only where there is no doubt: the shapes are identical, and either the
/// name without the package stayed, or no other type has the shape.
fn renames(differ: &Differ<'_>, gone: &[Element], came: &[Element]) -> FxHashMap<Element, Element> {
    let cx = differ.cx;
    let mut by_shape: FxHashMap<u64, (Vec<Element>, Vec<Element>)> = FxHashMap::default();
    for old in gone {
        if let Some(hash) = Shapes::hash(cx.old, *old) {
            by_shape.entry(hash).or_default().0.push(*old);
        }
    }
    for new in came {
        if let Some(hash) = Shapes::hash(cx.new, *new) {
            by_shape.entry(hash).or_default().1.push(*new);
        }
    }
    let mut found = FxHashMap::default();
    let mut groups: Vec<_> = by_shape.into_values().filter(|(o, n)| !o.is_empty() && !n.is_empty()).collect();
    groups.sort();
    for (olds, news) in groups {
        let alone = olds.len() == 1 && news.len() == 1;
        // A name that two have is nobody's.
        let mut by_name: FxHashMap<String, Option<Element>> = FxHashMap::default();
        for new in &news {
            let name = cx.new.nested_name(*new);
            by_name.entry(name).and_modify(|e| *e = None).or_insert(Some(*new));
        }
        for old in &olds {
            let partner = match by_name.get(&cx.old.nested_name(*old)) {
                Some(one) => *one,
                None => alone.then(|| news[0]),
            };
            if let Some(new) = partner.filter(|new| identical(differ, *old, *new)) {
                found.insert(*old, new);
            }
        }
    }
    found
}

fn identical(differ: &Differ<'_>, old: Element, new: Element) -> bool {
    match (old, new) {
        (Element::Message(a), Element::Message(b)) => differ.shapes.messages(a, b) == Structure::Identical,
        (Element::Enum(a), Element::Enum(b)) => differ.shapes.enums(a, b) == Structure::Identical,
        (Element::Service(_), Element::Service(_)) => true, // the hash compared the methods
        _ => false,
    }
}
