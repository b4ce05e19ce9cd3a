//! Names of what protoc makes for Kotlin beside the classes of Java: for every message `Foo` a function `foo` and an
//! object `FooKt`, in the package or in the object of the message around it. And of what grpc-kotlin makes: for every service
//! `Foo` an object `FooGrpcKt`, all those of a file in one file.

use std::collections::BTreeMap;

use super::super::{PackageError, shared};
use super::{java_package, names};
use crate::schema::{Element, FileId, MessageId, Schema};
use crate::surface::java::camel;
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
        inside(schema, &package, messages, &mut names, out);
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

fn inside<'s>(
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
        inside(schema, &object, message.messages.iter(), names, out);
    }
}
