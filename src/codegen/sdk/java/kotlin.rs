//! Names of what protoc makes for Kotlin beside the classes of Java: for every message `Foo` a function `foo` and an
//! object `FooKt`, in the package or in the object of the message around it.

use std::collections::BTreeMap;

use super::super::{PackageError, shared};
use super::{java_package, names};
use crate::schema::{Element, FileId, MessageId, Schema};
use crate::surface::java::camel;
use crate::words::Language;

const LANGUAGE: Language = Language::Java;

/// Who has a name: the element, and how it is made of it.
type Names = BTreeMap<String, Element>;

/// Refuses names that Kotlin has twice.
pub(super) fn check(schema: &Schema, files: &[FileId], group: &str, out: &mut Vec<PackageError>) {
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
        let facade = message.parent.is_none().then(|| format!("{object}Kt"));
        let function = format!("{place}.{}()", camel(&message.name, false));
        for name in [Some(object.clone()), facade, Some(function)].into_iter().flatten() {
            let Some(first) = names.insert(name.clone(), element).filter(|first| *first != element) else {
                continue;
            };
            let what = format!(
                "message `{}` makes `{name}` for Kotlin, and {} `{}` makes it too",
                message.full_name,
                schema.noun(first),
                schema.full_name(first)
            );
            out.push(shared::refuse(schema, LANGUAGE, element, &[], what, "rename one of them"));
        }
        inside(schema, &object, message.messages.iter(), names, out);
    }
}
