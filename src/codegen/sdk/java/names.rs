//! What a contract must not be called for javac to take what protoc makes of it.

use std::collections::BTreeMap;

use super::super::clash::Claims;
use super::super::{PackageError, shared};
use super::{java_package, multiple_files};
use crate::codegen::Contract;
use crate::schema::{Element, Enum, FileId, Kind, Message, MessageId, Schema};
use crate::surface::inside;
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

/// The class that a file's descriptor is in: as protoc names it, but for a file that begins with a digit, which is told
/// to protoc under another name.
pub(super) fn outer_class(schema: &Schema, id: FileId) -> String {
    let name = java::outer_class(schema, id).0;
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("X{name}") } else { name }
}

/// Constants that would hide a package which generated code of enums writes out.
const HIDING: [&str; 1] = ["com"];

/// How long a constant text may be, in bytes: a class file has room for one more, javac has not.
const CONSTANT: usize = 65_534;

/// How many values fit into the static initializer of an enum, which has 64 KiB and needs at most 19 bytes a value.
const ENUM_VALUES: usize = 3_400;

/// Refuses names that are Java's own, and classes of one package that are one file where upper and lower case are
/// the same.
pub(super) fn check(contract: &Contract<'_>, files: &[FileId], group: &str, out: &mut Vec<PackageError>) {
    let schema = contract.schema;
    for (id, message) in schema.messages().filter(|(_, m)| files.contains(&m.file) && !m.map_entry) {
        out.extend(type_name(schema, Element::Message(id), &message.name).err());
    }
    for (id, enum_) in schema.enums().filter(|(_, e)| files.contains(&e.file)) {
        out.extend(type_name(schema, Element::Enum(id), &enum_.name).err());
        for value in &enum_.values {
            let name = &*schema.value(*value).name;
            if is_keyword(name) || HIDING.contains(&name) {
                let what = if is_keyword(name) {
                    format!("the enum value `{name}` has the name of a Java keyword")
                } else {
                    format!("the enum value `{name}` hides the Java package `{name}` from generated code")
                };
                let hint = "rename it; values are best written in upper case";
                out.push(shared::refuse(schema, LANGUAGE, Element::EnumValue(*value), &[], what, hint));
            }
        }
        if enum_.values.len() > ENUM_VALUES && !enum_.generators.java_large_enum {
            let what = format!(
                "the enum `{}` has {} values, and a Java enum has room for {ENUM_VALUES}",
                enum_.full_name,
                enum_.values.len()
            );
            let hint = "split it, or set `features.(pb.java).large_enum = true` in edition 2024";
            out.push(shared::refuse(schema, LANGUAGE, Element::Enum(id), &[], what, hint));
        }
    }
    // Defaults of extensions are read from the descriptor, which is written in pieces.
    let messages = schema.messages().filter(|(_, message)| files.contains(&message.file));
    for id in messages.flat_map(|(_, message)| &message.fields) {
        let (field, element) = (schema.field(*id), Element::Field(*id));
        let long = field.default.as_deref().map_or(0, |default| constant(field.kind, default));
        if long > CONSTANT {
            let what = format!(
                "the default of `{}` is a constant of {long} bytes, and a Java class has room for {CONSTANT}",
                schema.full_name(element)
            );
            let hint = "shorten it, or leave it to the programs";
            out.push(shared::refuse(schema, LANGUAGE, element, &[], what, hint));
        }
    }
    let mut classes: BTreeMap<String, (String, Element)> = BTreeMap::new();
    for id in files {
        out.extend(check_package(schema, *id).err());
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
                out.push(shared::refuse(schema, LANGUAGE, element, &[], what, hint));
            }
        }
    }
    check_names(schema, files, out);
}

/// How long the constant is that protoc writes for a default: a character for each byte of it, and a class file has
/// those in two bytes that are no ASCII, and the zero. A default of bytes is escaped, with three digits for what is no
/// text.
fn constant(kind: Kind, default: &str) -> usize {
    let long = |byte: u8| if byte == 0 || !byte.is_ascii() { 2 } else { 1 };
    match kind {
        Kind::String => default.bytes().map(long).sum(),
        Kind::Bytes => {
            let (mut sum, mut rest) = (0, default);
            while let Some(c) = rest.chars().next() {
                let digits = rest.get(1..4).filter(|_| c == '\\').map(|digits| u8::from_str_radix(digits, 8));
                let (size, taken) = match digits {
                    Some(Ok(byte)) => (long(byte), 4),
                    _ if c == '\\' => (1, 2.min(rest.len())),
                    _ => (1, c.len_utf8()),
                };
                sum += size;
                rest = rest.get(taken..).unwrap_or_default();
            }
            sum
        }
        _ => 0,
    }
}

/// Everything inside the classes of a file has to have a name of its own.
fn check_names(schema: &Schema, files: &[FileId], out: &mut Vec<PackageError>) {
    let mut claims = Claims::new(schema, LANGUAGE);
    for id in files {
        let file = &schema.file(*id).name;
        claims.file(file, *id);
        for element in inside(schema, Element::File(*id)) {
            match element {
                Element::Message(message) => {
                    own_of_message(schema, message, &mut claims);
                    check_enclosing(schema, *id, element, &schema.message(message).name, &mut claims);
                }
                Element::Enum(enum_) => {
                    let name = schema.nested_name(element);
                    for own in ["VALUES", "internalValueMap", "value"] {
                        claims.fixed(format!("{name}.{own}"));
                    }
                    check_enclosing(schema, *id, element, &schema.enum_(enum_).name, &mut claims);
                }
                _ => {}
            }
        }
    }
    out.append(&mut claims.refused);
}

/// What every message has, as far as an accessor can be called so and protoc does not keep it apart.
fn own_of_message(schema: &Schema, id: MessageId, claims: &mut Claims<'_>) {
    let of = Element::Message(id);
    let name = schema.nested_name(of);
    for holder in ["", ".Builder"] {
        claims.fixed(format!("{name}{holder}.getDescriptor()"));
    }
    claims.fixed(format!("{name}.getDefaultInstance()"));
    for own in ["getParentForChildren()", "getUnknownFieldSetBuilder()"] {
        claims.fixed(format!("{name}.Builder.{own}"));
    }
    claims.fixed(format!("{name}.Builder.mergeFrom({})", java::class(schema, of)));
    // Variables of a oneof: its value, and which of its fields that is.
    let message = schema.message(id);
    for oneof in &message.oneofs {
        let lower = java::camel(&schema.oneof(*oneof).name, false);
        for variable in [format!("{lower}_"), format!("{lower}Case_")] {
            claims.claim(None, format!("{name}.{variable}"), Element::Oneof(*oneof));
        }
    }
    // The accessors of a list or a map are not those of what has one value, and its variable is called the same.
    if !message.oneofs.is_empty() {
        for (element, field) in message.fields.iter().map(|id| (Element::Field(*id), schema.field(*id))) {
            let variable = format!("{name}.{}_", java::camel(&field.name, false));
            if field.oneof.is_none() && !field.cardinality.is_singular() {
                claims.claim(None, variable, element);
            }
        }
    }
    hidden_types(schema, id, claims);
    // The descriptors of messages are variables of the file's class, with a `_` for every dot.
    let descriptor = format!("internal_static_{}", schema.full_name(of).replace('.', "_"));
    claims.claim(None, descriptor, of);
}

/// Variables of the class of a message, its own or of its base classes.
const VARIABLES: [&str; 8] = [
    "PARSER",
    "DEFAULT_INSTANCE",
    "serialVersionUID",
    "memoizedIsInitialized",
    "unknownFields",
    "memoizedSize",
    "memoizedHashCode",
    "alwaysUseFieldBuilders",
];

/// Where a variable and a type have one name, the name is the variable (6.4.2), and generated code writes types out.
fn hidden_types(schema: &Schema, id: MessageId, claims: &mut Claims<'_>) {
    let message = schema.message(id);
    let own = VARIABLES.iter().map(|name| ((*name).to_owned(), Element::Message(id)));
    let mut variables: BTreeMap<String, Element> = own.collect();
    for field in &message.fields {
        let (element, field) = (Element::Field(*field), schema.field(*field));
        variables.insert(format!("{}_FIELD_NUMBER", field.name.to_ascii_uppercase()), element);
        if field.oneof.is_none() {
            variables.insert(format!("{}_", java::camel(&field.name, false)), element);
        }
    }
    for oneof in &message.oneofs {
        let lower = java::camel(&schema.oneof(*oneof).name, false);
        for variable in [format!("{lower}_"), format!("{lower}Case_")] {
            variables.insert(variable, Element::Oneof(*oneof));
        }
    }
    let messages = message.messages.iter().filter(|id| !schema.message(**id).map_entry);
    let messages = messages.map(|id| (Element::Message(*id), &schema.message(*id).name));
    let enums = message.enums.iter().map(|id| (Element::Enum(*id), &schema.enum_(*id).name));
    for (element, name) in messages.chain(enums) {
        if let Some(of) = variables.get(&**name) {
            let what = format!(
                "{} `{}` has the name of the variable `{name}` that Java code has for {} `{}`",
                schema.noun(element),
                schema.full_name(element),
                schema.noun(*of),
                schema.full_name(*of)
            );
            claims.refuse(element, what, "rename one of them");
        }
    }
}

/// A class cannot be called like one around it; every message has a `Builder` in it.
fn check_enclosing(schema: &Schema, file: FileId, element: Element, name: &str, claims: &mut Claims<'_>) {
    let nested = schema.nested_name(element);
    let around = nested.rsplit_once('.').map_or("", |(around, _)| around);
    let twice = around.split('.').any(|outer| outer == name);
    let file_class = !multiple_files(schema, file) && outer_class(schema, file) == name;
    let builder = name == "Builder" && matches!(element, Element::Message(_));
    if twice || file_class {
        let what = format!(
            "{} `{}` has the name of a class around it, which Java does not take",
            schema.noun(element),
            schema.full_name(element)
        );
        claims.refuse(element, what, "rename one of them");
    } else if builder && around.is_empty() {
        let what = format!(
            "message `{}` has the name of the class `Builder` that every message has in it",
            schema.full_name(element)
        );
        claims.refuse(element, what, "rename it");
    }
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
pub(super) fn top_level(schema: &Schema, id: FileId) -> Vec<(String, Element)> {
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
