//! Names of what protoc makes for Kotlin beside the classes of Java: for every message `Foo` a function `foo` and an
//! object `FooKt`, in the package or in the object of the message around it. And of what grpc-kotlin makes: for every service
//! `Foo` an object `FooGrpcKt`, all those of a file in one file.

use std::collections::BTreeMap;

use super::super::{PackageError, shared};
use super::{java_package, names};
use crate::schema::{Element, FileId, MessageId, Schema};
use crate::surface::inside;
use crate::surface::java::{self, camel};
use crate::words::Language;

const LANGUAGE: Language = Language::Java;

/// Who has a name: the element, and how it is made of it.
type Names = BTreeMap<String, Element>;

/// Refuses names that Kotlin has twice; `coroutines` says whether services are made for it too.
pub(super) fn check(
    schema: &Schema,
    files: &[FileId],
    group: &str,
    coroutines: bool,
    out: &mut Vec<PackageError>,
) {
    for id in files {
        nameless(schema, *id, group, out);
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

/// Refuses what has no letter or digit in its name: Java takes `__`, Kotlin does where it stands between back-ticks, and protoc
/// writes none.
fn nameless(schema: &Schema, file: FileId, group: &str, out: &mut Vec<PackageError>) {
    let refuse = |element: Element, what: String| {
        shared::refuse(schema, LANGUAGE, element, &[], what, "rename it, or leave out `kotlin`")
    };
    let is_bare = |name: &str| name.chars().all(|c| c == '_');
    let package = java_package(schema, file, group);
    if let Some(part) = package.split('.').find(|part| !part.is_empty() && is_bare(part)) {
        let what = format!(
            "the Java package `{package}` has a part `{part}`, where Kotlin has nothing that is called so"
        );
        out.push(refuse(Element::File(file), what));
    }
    for element in inside(schema, Element::File(file)) {
        let name = match element {
            Element::Message(id) => {
                properties(schema, id, out);
                &schema.message(id).name
            }
            Element::Enum(id) => &schema.enum_(id).name,
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

/// Refuses fields whose property has no name, and those of which Kotlin sees one property in the class of Java: getters by
/// their name, without the capitals that it begins with.
fn properties(schema: &Schema, id: MessageId, out: &mut Vec<PackageError>) {
    let names = java::field_names(schema, id);
    let mut seen: BTreeMap<String, Element> = BTreeMap::new();
    for id in &schema.message(id).fields {
        let (element, (called, variable)) = (Element::Field(*id), &names[id]);
        let full = schema.full_name(element);
        if variable.starts_with(|c: char| c.is_ascii_digit()) {
            let what = format!("field `{full}` would be called `{variable}` in Kotlin, which is no name");
            out.push(shared::refuse(
                schema,
                LANGUAGE,
                element,
                &[],
                what,
                "rename it, or leave out `kotlin`",
            ));
        }
        let property = property(called);
        if let Some(first) = seen.insert(property.clone(), element) {
            let what = format!(
                "field `{full}` and field `{}` are both the property `{property}` for Kotlin",
                schema.full_name(first)
            );
            let way = "rename one of them, or leave out `kotlin`";
            out.push(shared::refuse(schema, LANGUAGE, element, &[], what, way));
        }
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
