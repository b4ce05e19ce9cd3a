//! Names of what protoc makes for Kotlin beside the classes of Java: for every message `Foo` a function `foo` and an
//! object `FooKt`, in the package or in the object of the message around it. And of what grpc-kotlin makes: for every service
//! `Foo` an object `FooGrpcKt`, all those of a file in one file.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::super::{PackageError, shared};
use super::names::Made;
use super::{COROUTINES, java_package, lite, names};
use crate::codegen::Target;
use crate::schema::{Cardinality, Element, EnumId, Field, FileId, Kind, MessageId, Schema};
use crate::surface::java::{self, camel};
use crate::surface::{self, inside};
use crate::words::Language;

const LANGUAGE: Language = Language::Java;

/// Getters that every builder has by itself; the first in the lite runtime too.
const OF_BUILDERS: [&str; 5] = [
    "DefaultInstanceForType",
    "AllFields",
    "DescriptorForType",
    "InitializationErrorString",
    "UnknownFields",
];

/// What code about a message takes for a property of it, those of the lite runtime first.
const OF_MESSAGES: [&str; 8] = [
    "defaultInstanceForType",
    "isInitialized",
    "javaClass",
    "parserForType",
    "serializedSize",
    "allFields",
    "descriptorForType",
    "initializationErrorString",
];
/// What functions about a message call what they are given.
const PARAMETER: &str = "block";

/// The first part of the package of the runtime.
const RUNTIME: &str = "com";

/// Who has a name: the element, and how it is made of it.
type Names = BTreeMap<String, Element>;

/// Refuses names that Kotlin has twice.
pub(super) fn check(schema: &Schema, files: &[FileId], target: &Target, out: &mut Vec<PackageError>) {
    let (group, coroutines) = (target.get("group"), target.has(COROUTINES));
    let written = enums(schema, files);
    for id in files {
        nameless(schema, *id, target, &written, out);
    }
    let mut names = Names::new();
    // Classes first, so that what is beside them is what is told.
    for id in files {
        let package = java_package(schema, *id, group);
        for (class, element) in names::top_level(schema, *id) {
            names.entry(format!("{package}.{class}")).or_insert(element);
        }
    }
    for id in files {
        let package = java_package(schema, *id, group);
        let messages = schema.file(*id).messages.iter();
        objects(schema, &package, messages, &mut names, out);
    }
    for id in files.iter().filter(|_| coroutines) {
        let (package, outer) = (java_package(schema, *id, group), names::outer_class(schema, *id));
        for service in &schema.file(*id).services {
            let (element, name) = (Element::Service(*service), &schema.service(*service).name);
            claim(schema, format!("{package}.{name}GrpcKt"), element, &mut names, out);
        }
        if let Some(first) = schema.file(*id).services.first() {
            claim(schema, format!("{package}.{outer}GrpcKt.kt"), Element::Service(*first), &mut names, out);
        }
    }
}

/// The enums that the code writes down: those that fields are of.
fn enums(schema: &Schema, files: &[FileId]) -> FxHashSet<EnumId> {
    let messages = schema.messages().filter(|(_, message)| files.contains(&message.file));
    let fields = messages.flat_map(|(_, message)| &message.fields);
    fields.filter_map(|id| schema.field_enum(schema.field(*id))).collect()
}

/// Refuses what has no letter or digit in its name where the code writes that down: Java takes `__`, Kotlin does where it stands
/// between back-ticks, and protoc writes none.
fn nameless(
    schema: &Schema,
    file: FileId,
    target: &Target,
    written: &FxHashSet<EnumId>,
    out: &mut Vec<PackageError>,
) {
    let made = Made::of(target);
    let refuse = |element: Element, what: String| {
        shared::refuse(schema, LANGUAGE, element, &[], what, "rename it, or leave out `kotlin`")
    };
    let is_bare = |name: &str| name.chars().all(|c| c == '_');
    let package = java_package(schema, file, target.get("group"));
    let of = schema.file(file);
    let is_written = !of.messages.is_empty()
        || of.enums.iter().any(|id| written.contains(id))
        || target.has(COROUTINES) && !of.services.is_empty();
    if let Some(part) = package.split('.').find(|part| is_written && !part.is_empty() && is_bare(part)) {
        let what = format!(
            "the Java package `{package}` has a part `{part}`, where Kotlin has nothing that is called so"
        );
        out.push(refuse(Element::File(file), what));
    }
    let own = if made.lite { &OF_MESSAGES[..5] } else { &OF_MESSAGES };
    let first = package.split('.').next();
    if !of.messages.is_empty() && (own.contains(&&*package) || first == Some(PARAMETER)) {
        let what = format!("Kotlin takes the Java package `{package}` for a name of its code about messages");
        out.push(refuse(Element::File(file), what));
    }
    if is_written && first == Some("kotlin") {
        let what = format!("the Java package `{package}` is in that of Kotlin's own library");
        out.push(refuse(Element::File(file), what));
    }
    for element in inside(schema, Element::File(file)) {
        let name = match element {
            Element::Message(id) => {
                hiding(schema, id, &package, made, out);
                // Code of the older line calls getters as Java does.
                if !made.older {
                    properties(schema, id, made, out);
                }
                &schema.message(id).name
            }
            Element::Enum(id) if written.contains(&id) => &schema.enum_(id).name,
            _ => continue,
        };
        if is_bare(name) {
            let (noun, full) = (schema.noun(element), schema.full_name(element));
            let what =
                format!("{noun} `{full}` is called `{name}`, where Kotlin has nothing that is called so");
            out.push(refuse(element, what));
        }
    }
}

/// Refuses fields that hide a package of which the code writes names out: among the properties of a builder that of the runtime,
/// where there are lists, maps or extensions; among those of a message the package that it is in, where that has one part.
fn hiding(schema: &Schema, id: MessageId, package: &str, made: Made, out: &mut Vec<PackageError>) {
    let (of, message) = (Element::Message(id), schema.message(id));
    let mut refuse = |element: Element, name: &str| {
        let (noun, full) = (schema.noun(element), schema.full_name(element));
        let what = format!(
            "{noun} `{full}` would be the property `{name}` in Kotlin, and hide the package `{name}` from generated code"
        );
        out.push(shared::refuse(schema, LANGUAGE, element, &[], what, "rename it, or leave out `kotlin`"));
    };
    let is_many = |field: &Field| !field.cardinality.is_singular();
    if !message.extension_ranges.is_empty() || message.fields.iter().any(|id| is_many(schema.field(*id))) {
        for (id, (_, variable)) in java::field_names(schema, id) {
            if variable == RUNTIME {
                refuse(Element::Field(id), RUNTIME);
            }
        }
    }
    let place = format!("{}.get", schema.nested_name(of));
    for name in surface::names(LANGUAGE, schema, of) {
        let called = name.path.strip_prefix(&place).and_then(|rest| rest.strip_suffix("()"));
        let is_made = |_: &&str| !made.lite || !lite::lacks(schema, &name);
        if called.filter(is_made).is_some_and(|called| property(called) == package) {
            refuse(name.of, package);
        }
    }
}

/// Refuses fields whose property has no name, and getters of a builder that are one property for Kotlin where its code reads
/// that: by their name, without the capitals that it begins with.
fn properties(schema: &Schema, id: MessageId, made: Made, out: &mut Vec<PackageError>) {
    let mut refuse = |element: Element, what: String, way: &str| {
        out.push(shared::refuse(schema, LANGUAGE, element, &[], what, way));
    };
    let names = java::field_names(schema, id);
    for id in &schema.message(id).fields {
        let (element, variable) = (Element::Field(*id), &names[id].1);
        if variable.starts_with(|c: char| c.is_ascii_digit()) {
            let full = schema.full_name(element);
            let what = format!("field `{full}` would be called `{variable}` in Kotlin, which is no name");
            refuse(element, what, "rename it, or leave out `kotlin`");
        }
    }
    // Of the lite runtime the cases of oneofs are read as well, by a name with one small letter, whatever Kotlin makes of it.
    for id in schema.message(id).oneofs.iter().filter(|_| made.lite) {
        let (element, name) = (Element::Oneof(*id), &schema.oneof(*id).name);
        let (read, is) = (camel(name, false) + "Case", property(&(camel(name, true) + "Case")));
        if read != is {
            let full = schema.full_name(element);
            let what = format!("oneof `{full}` is read as `{read}` in Kotlin, where its property is `{is}`");
            refuse(element, what, "rename it, or leave out `kotlin` or `lite`");
        }
    }
    let own = if made.lite { &OF_BUILDERS[..1] } else { &OF_BUILDERS };
    let mut seen: BTreeMap<String, Vec<Getter>> = BTreeMap::new();
    for called in own {
        seen.entry(property(called)).or_default().push(Getter {
            called: (*called).to_owned(),
            of: None,
            read: false,
        });
    }
    let place = format!("{}.Builder.get", schema.nested_name(Element::Message(id)));
    for name in surface::names(LANGUAGE, schema, Element::Message(id)) {
        let called = name.path.strip_prefix(&place).and_then(|rest| rest.strip_suffix("()"));
        let Some(called) = called.filter(|_| !made.lite || !lite::lacks(schema, &name)) else { continue };
        let same = seen.entry(property(called)).or_default();
        if same.iter().any(|other| other.called == called) {
            continue;
        }
        let read = match name.of {
            Element::Field(id) => is_read(schema, schema.field(id), &names[&id].0, called),
            Element::Oneof(_) => made.lite,
            _ => false,
        };
        if let Some(first) = same.iter().find(|first| first.read || read) {
            let (full, property) = (schema.full_name(name.of), property(called));
            let other = match first.of {
                Some(other) => format!("{} `{}`", schema.noun(other), schema.full_name(other)),
                None => "every message".to_owned(),
            };
            let what = format!(
                "`get{called}()` of {} `{full}` and `get{}()` of {other} are both the property `{property}` for Kotlin",
                schema.noun(name.of),
                first.called
            );
            let way = if first.of.is_some() { "rename one of them" } else { "rename it" };
            refuse(name.of, what, &format!("{way}, or leave out `kotlin`"));
        }
        same.push(Getter { called: called.to_owned(), of: Some(name.of), read });
    }
}

/// A getter of a builder.
struct Getter {
    /// What stands behind `get`.
    called: String,
    /// Whose it is; nobody's where every builder has it.
    of: Option<Element>,
    /// Whether protoc's code for Kotlin reads it as a property.
    read: bool,
}

/// Whether protoc's code for Kotlin reads a getter of a field as a property.
fn is_read(schema: &Schema, field: &Field, own: &str, called: &str) -> bool {
    let open = field.kind == Kind::Enum && java::is_open(schema, field);
    match (field.cardinality, called.strip_prefix(own)) {
        (Cardinality::Map, ending) => ending == Some("Map"),
        (Cardinality::Repeated, ending) => ending == Some("List"),
        (_, Some("Value")) => open,
        (_, ending) => ending == Some(""),
    }
}

/// The property that Kotlin sees in a getter of Java, by what stands behind `get`: capitals at its beginning are small, but for
/// the last of several before a small letter.
fn property(called: &str) -> String {
    let capitals = called.chars().take_while(char::is_ascii_uppercase).count();
    let small = if capitals > 1 && capitals < called.len() { capitals - 1 } else { capitals };
    called[..small].to_ascii_lowercase() + &called[small..]
}

/// Gives an element a name, and refuses it where another one has it.
fn claim(schema: &Schema, name: String, element: Element, names: &mut Names, out: &mut Vec<PackageError>) {
    let Some(first) = names.insert(name.clone(), element).filter(|first| *first != element) else { return };
    let what = format!(
        "{} `{}` makes `{name}` for Kotlin, and {} `{}` makes it too",
        schema.noun(element),
        schema.full_name(element),
        schema.noun(first),
        schema.full_name(first)
    );
    out.push(shared::refuse(schema, LANGUAGE, element, &[], what, "rename one of them"));
}

fn objects<'s>(
    schema: &'s Schema,
    place: &str,
    messages: impl Iterator<Item = &'s MessageId>,
    names: &mut Names,
    out: &mut Vec<PackageError>,
) {
    for id in messages.filter(|id| !schema.message(**id).map_entry) {
        let (element, message) = (Element::Message(*id), schema.message(*id));
        let object = format!("{place}.{}Kt", message.name);
        // The functions of a file are in a class of its name.
        let own =
            [format!("{object}Kt"), format!("{object}.kt")].into_iter().filter(|_| message.parent.is_none());
        let function = format!("{place}.{}()", camel(&message.name, false));
        for name in [object.clone(), function].into_iter().chain(own) {
            claim(schema, name, element, names, out);
        }
        objects(schema, &object, message.messages.iter(), names, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_getter_is_a_property() {
        for (called, expected) in
            [("Foo", "foo"), ("FOO", "foo"), ("HTTPCode", "httpCode"), ("F1", "f1"), ("1Foo", "1Foo")]
        {
            assert_eq!(property(called), expected);
        }
    }
}
