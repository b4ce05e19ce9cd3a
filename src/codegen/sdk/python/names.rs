//! What a contract must not be called for Python to import what protoc makes of it, and for type checkers to take it.

use std::collections::BTreeMap;

use super::super::clash::Claims;
use super::super::{PackageError, shared};
use super::imports::place_of_module;
use super::{LANGUAGE, is_keyword};
use crate::codegen::Contract;
use crate::schema::{Element, FieldId, FileId, MessageId, Schema};
use crate::surface::inside;
use crate::surface::python::module as module_of;

/// What every message has by itself (`google.protobuf.message.Message`): a field of the name would stand for it.
const OWN: [&str; 22] = [
    "ByteSize",
    "Clear",
    "ClearExtension",
    "ClearField",
    "CopyFrom",
    "DESCRIPTOR",
    "DiscardUnknownFields",
    "Extensions",
    "FindInitializationErrors",
    "FromString",
    "HasExtension",
    "HasField",
    "IsInitialized",
    "ListFields",
    "MergeFrom",
    "MergeFromString",
    "ParseFromString",
    "SerializePartialToString",
    "SerializeToString",
    "SetInParent",
    "UnknownFields",
    "WhichOneof",
];

/// What functions of modules for services name: a service of the name would stand for it. What is only named before the
/// services (`object`, `warnings`) does no harm, for their classes come after it.
const SERVICES: [&str; 1] = ["grpc"];

pub(super) fn check(contract: &Contract<'_>, files: &[FileId], out: &mut Vec<PackageError>) {
    let schema = contract.schema;
    let mut modules: BTreeMap<String, FileId> = BTreeMap::new();
    for id in files {
        let file = schema.file(*id);
        let module = module_of(&file.name);
        let mut refuse = |what: String, hint: &str| {
            out.push(shared::refuse(schema, LANGUAGE, Element::File(*id), &[], what, hint));
        };
        if let Some(part) = module.split('.').find(|part| !is_name(part)) {
            let part = part.strip_suffix("_pb2").unwrap_or(part);
            let hint = "rename it: letters, digits and `_`, and no digit in front";
            refuse(format!("`{}` cannot be imported in Python, for `{part}` is no name", file.name), hint);
        }
        let place = place_of_module(&module).to_lowercase();
        if let Some(first) = modules.insert(place.clone(), *id) {
            let what =
                format!("`{}` and `{}` are both the module `{place}`", file.name, schema.file(first).name);
            refuse(what, "rename one of the files");
        }
    }
    keywords(schema, files, out);
    let mut claims = Claims::new(schema, LANGUAGE);
    for id in files {
        claims.file("", *id);
        for element in inside(schema, Element::File(*id)) {
            match element {
                Element::Message(message) => {
                    let name = schema.nested_name(element);
                    OWN.iter().for_each(|own| claims.fixed(format!("{name}.{own}")));
                    hidden(schema, message, &mut claims);
                    keys(schema, message, &mut claims);
                    numbers(schema, message, &mut claims);
                }
                Element::Service(service) if SERVICES.contains(&&*schema.service(service).name) => {
                    let what = format!(
                        "every module for services has a `{}` of its own",
                        schema.service(service).name
                    );
                    claims.refuse(element, what, "rename the service");
                }
                _ => {}
            }
        }
        claims.end_of_place("");
        claims.end_of_place("services");
    }
    out.append(&mut claims.refused);
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The runtime keeps the JSON keys of fields in one table with the names of fields and oneofs, those included that protoc
/// makes for fields with `optional`.
fn keys(schema: &Schema, id: MessageId, claims: &mut Claims<'_>) {
    let message = schema.message(id);
    let mut names: BTreeMap<String, Element> = BTreeMap::new();
    for id in &message.fields {
        let field = schema.field(*id);
        if field.proto3_optional {
            names.insert(format!("_{}", field.name), Element::Field(*id));
        }
        names.insert(field.name.to_string(), Element::Field(*id));
    }
    names.extend(message.oneofs.iter().map(|id| (schema.oneof(*id).name.to_string(), Element::Oneof(*id))));
    for id in &message.fields {
        let (element, field) = (Element::Field(*id), schema.field(*id));
        let Some(other) = names.get(&*field.json_name).filter(|other| **other != element) else { continue };
        let what = format!(
            "field `{}` has the JSON key `{}`, which Python does not import beside {} `{}`",
            schema.full_name(element),
            field.json_name,
            schema.noun(*other),
            schema.full_name(*other)
        );
        claims.refuse(element, what, "rename one of them, or give the field another `json_name`");
    }
}

/// Classes of messages take every name that ends so for the number of a field, and look nowhere else: enums of a message,
/// their values and its extensions are not there. Messages in messages are set as attributes, and found before that. (upb,
/// protobuf 7.36.2; in pure Python all of them are there.)
fn numbers(schema: &Schema, id: MessageId, claims: &mut Claims<'_>) {
    const END: &str = "_FIELD_NUMBER";
    let message = schema.message(id);
    let enums = message.enums.iter().flat_map(|id| {
        let values = schema.enum_(*id).values.iter().map(|value| Element::EnumValue(*value));
        values.chain([Element::Enum(*id)])
    });
    let extensions = message.extensions.iter().map(|id| Element::Field(*id));
    for element in enums.chain(extensions).filter(|element| schema.full_name(*element).ends_with(END)) {
        let what = format!(
            "{} `{}` is not found in Python, where `…{END}` of a message is the number of a field",
            schema.noun(element),
            schema.full_name(element)
        );
        claims.refuse(element, what, "rename it");
    }
}

/// Stubs name types by their path from the top of the file, and where a message declares something called like the first
/// part of a path, type checkers find that one instead. Only the message itself is meant, not what is inside of it. Enums
/// are written before messages, so that their values are in the way of enums alone. Found by asking mypy.
fn hidden(schema: &Schema, id: MessageId, claims: &mut Claims<'_>) {
    let message = schema.message(id);
    let messages = message.messages.iter().map(|m| (&*schema.message(*m).name, Element::Message(*m)));
    let enums = message.enums.iter().map(|e| (&*schema.enum_(*e).name, Element::Enum(*e)));
    let inside: BTreeMap<&str, Element> = messages.chain(enums).collect();
    let path = schema.nested_name(Element::Message(id));
    let mut refuse = |element: Element, other: Element| {
        let what = format!(
            "{} `{}` stands for `{}` where stubs of Python name that one",
            schema.noun(element),
            schema.full_name(element),
            schema.full_name(other)
        );
        claims.refuse(element, what, "rename one of them");
    };
    let top = path.split('.').next().unwrap_or_default();
    if let Some(Element::Enum(hiding)) = inside.get(top) {
        // Its own values are of a type that is named from the top.
        refuse(Element::Enum(*hiding), Element::Message(id));
        return;
    }
    for other in message.fields.iter().filter_map(|field| type_of(schema, *field)) {
        if schema.file_of(other) != message.file {
            continue;
        }
        let named = schema.nested_name(other);
        if let Some(hiding) = inside.get(named.split('.').next().unwrap_or_default()) {
            return refuse(*hiding, other);
        }
        // protoc writes such a type with the name of its module in front, which the stub does not import.
        if message.parent.is_some() && *named == *message.name {
            return refuse(Element::Message(id), other);
        }
    }
}

/// The message or enum that a field holds; for a map, that of its values.
fn type_of(schema: &Schema, field: FieldId) -> Option<Element> {
    let name = schema.field(field).type_name.as_deref()?;
    match schema.message_by_name(name) {
        Some(entry) if schema.message(entry).map_entry => {
            schema.message(entry).fields.get(1).and_then(|value| type_of(schema, *value))
        }
        Some(message) => Some(Element::Message(message)),
        None => schema.enum_by_name(name).map(Element::Enum),
    }
}

fn keywords(schema: &Schema, files: &[FileId], out: &mut Vec<PackageError>) {
    let mut check = |element: Element, name: &str| {
        if is_keyword(name) {
            let what = format!(
                "{} `{}` has the name of a Python keyword, so its stub and its calls cannot be written",
                schema.noun(element),
                schema.full_name(element)
            );
            out.push(shared::refuse(schema, LANGUAGE, element, &[], what, "rename it"));
        }
    };
    for (id, message) in schema.messages().filter(|(_, m)| files.contains(&m.file)) {
        check(Element::Message(id), &message.name);
    }
    for (id, enum_) in schema.enums().filter(|(_, e)| files.contains(&e.file)) {
        check(Element::Enum(id), &enum_.name);
        for value in &enum_.values {
            check(Element::EnumValue(*value), &schema.value(*value).name);
        }
    }
    for (id, extension) in schema.all_extensions().filter(|(_, f)| files.contains(&f.file)) {
        check(Element::Field(id), &extension.name);
    }
    for (id, service) in schema.services().filter(|(_, s)| files.contains(&s.file)) {
        check(Element::Service(id), &service.name);
        for method in &service.methods {
            check(Element::Method(*method), &schema.method(*method).name);
        }
    }
}
