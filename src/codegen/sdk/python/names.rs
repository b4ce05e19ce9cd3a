//! What a contract must not be called for Python to import what protoc makes of it, and for type checkers to take it.

use std::collections::BTreeMap;

use super::super::clash::Claims;
use super::super::{PackageError, shared};
use super::imports::place_of_module;
use super::{LANGUAGE, is_keyword};
use crate::codegen::Contract;
use crate::schema::{Element, FileId, MessageId, Schema};
use crate::surface::inside;
use crate::surface::python::module as module_of;

/// What every message has by itself (`google.protobuf.message.Message`): a field of the name would stand for it.
const OWN: [&str; 21] = [
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
    "WhichOneof",
];

/// What modules for services name beside the services.
const SERVICES: [&str; 3] = ["grpc", "object", "warnings"];

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

/// A message inside another of the same name stands for it where stubs name the outer one, or what is in it.
fn hidden(schema: &Schema, id: MessageId, claims: &mut Claims<'_>) {
    let element = Element::Message(id);
    let nested = schema.nested_name(element);
    let (top, name) = (nested.split('.').next().unwrap_or_default(), &*schema.message(id).name);
    if nested.contains('.') && top == name {
        let what = format!(
            "message `{}` has the name of the message around it, which type checkers of Python do not find then",
            schema.full_name(element)
        );
        claims.refuse(element, what, "rename one of them");
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
