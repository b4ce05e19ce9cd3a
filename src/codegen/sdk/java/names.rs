//! What a contract must not be called for javac to take what protoc makes of it.

use std::collections::BTreeMap;

use super::super::{PackageError, shared};
use super::{java_package, multiple_files};
use crate::codegen::Contract;
use crate::schema::{Element, Enum, FileId, Message, Schema};
use crate::surface::java::{self, KEYWORDS};
use crate::words::Language;

const LANGUAGE: Language = Language::Java;

/// Words that no type may be called (3.9, restricted identifiers), and packages that a type of that name would hide
/// from generated code, which writes them out.
const NOT_TYPES: [&str; 8] = ["permits", "record", "sealed", "var", "yield", "com", "io", "java"];

pub(super) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// A single Java identifier.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !is_keyword(name)
}

/// The class that a file's descriptor is in.
pub(super) fn outer_class(schema: &Schema, id: FileId) -> String {
    java::outer_class(schema, id).0
}

/// Refuses names that are Java's own, and classes of one package that are one file where upper and lower case are
/// the same.
pub(super) fn check(contract: &Contract<'_>, files: &[FileId], group: &str) -> Result<(), PackageError> {
    let schema = contract.schema;
    for (id, message) in schema.messages().filter(|(_, m)| files.contains(&m.file) && !m.map_entry) {
        type_name(schema, Element::Message(id), &message.name)?;
    }
    for (id, enum_) in schema.enums().filter(|(_, e)| files.contains(&e.file)) {
        type_name(schema, Element::Enum(id), &enum_.name)?;
        for value in &enum_.values {
            let name = &schema.value(*value).name;
            if is_keyword(name) {
                let what = format!("the enum value `{name}` has the name of a Java keyword");
                let hint = "rename it; values are best written in upper case";
                return Err(shared::refuse(schema, LANGUAGE, Element::EnumValue(*value), &[], what, hint));
            }
        }
    }
    let mut classes: BTreeMap<String, (String, Element)> = BTreeMap::new();
    for id in files {
        check_package(schema, *id)?;
        let package = java_package(schema, *id, group);
        for (class, element) in top_level(schema, *id) {
            let key = format!("{package}.{class}").to_lowercase();
            if let Some((first, other)) = classes.insert(key, (class.clone(), element)) {
                let what = format!(
                    "{} `{}` needs the Java class `{package}.{class}`, and {} `{}` needs `{package}.{first}`",
                    schema.noun(element),
                    schema.full_name(element),
                    schema.noun(other),
                    schema.full_name(other)
                );
                let hint =
                    "rename one of them, or give its file another `java_package` or `java_outer_classname`";
                return Err(shared::refuse(schema, LANGUAGE, element, &[], what, hint));
            }
        }
    }
    Ok(())
}

fn type_name(schema: &Schema, element: Element, name: &str) -> Result<(), PackageError> {
    if !is_keyword(name) && !NOT_TYPES.contains(&name) {
        return Ok(());
    }
    let what = format!("no Java class can be called `{name}`");
    Err(shared::refuse(
        schema,
        LANGUAGE,
        element,
        &[],
        what,
        "rename it; types are best written in CamelCase",
    ))
}

fn check_package(schema: &Schema, id: FileId) -> Result<(), PackageError> {
    // `java_package` is option 1 of field 8.
    const JAVA_PACKAGE: [i32; 2] = [8, 1];
    let own = schema.file(id).options.as_deref().and_then(|o| o.java_package.as_deref());
    match own {
        Some(own) if !own.is_empty() && !own.split('.').all(is_name) => {
            let what = format!("`{own}` is no Java package");
            let hint = "leave the keyword out, or leave `java_package` out and let the package be derived";
            Err(shared::refuse(schema, LANGUAGE, Element::File(id), &JAVA_PACKAGE, what, hint))
        }
        _ => Ok(()),
    }
}

/// The classes that get a file of their own.
fn top_level(schema: &Schema, id: FileId) -> Vec<(String, Element)> {
    let file = schema.file(id);
    let mut all = vec![(outer_class(schema, id), Element::File(id))];
    if multiple_files(schema, id) {
        for message in &file.messages {
            let Message { name, .. } = schema.message(*message);
            all.push((name.to_string(), Element::Message(*message)));
            all.push((format!("{name}OrBuilder"), Element::Message(*message)));
        }
        for enum_ in &file.enums {
            let Enum { name, .. } = schema.enum_(*enum_);
            all.push((name.to_string(), Element::Enum(*enum_)));
        }
    }
    for service in &file.services {
        all.push((format!("{}Grpc", schema.service(*service).name), Element::Service(*service)));
    }
    all
}
