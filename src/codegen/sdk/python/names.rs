//! What a contract must not be called for Python to import what protoc makes of it, and for type checkers to take it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::clash::Claims;
use super::super::{PackageError, shared};
use super::LANGUAGE;
use super::imports::place_of_module;
use super::reserved::{IN_STUBS_OF_SERVICES, OF_MESSAGES, OF_MODULES, OF_NESTED, OF_NUMBERS, OF_SERVICES};
use crate::codegen::Contract;
use crate::schema::{Cardinality, Element, FieldId, FileId, Kind, MessageId, Schema, ServiceId};
use crate::surface::inside;
use crate::surface::python::is_keyword;
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
    folders(schema, files, out);
    let mut claims = Claims::new(schema, LANGUAGE).sparing(numbers_of_extensions);
    for id in files {
        claims.file("", *id);
        module(schema, *id, &mut claims);
        for element in inside(schema, Element::File(*id)) {
            match element {
                Element::Message(message) => {
                    let name = schema.nested_name(element);
                    OWN.iter().for_each(|own| claims.fixed(format!("{name}.{own}")));
                    own(schema, message, &mut claims);
                    claims.entries(message);
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
                Element::Service(service) => services(schema, service, &mut claims),
                Element::Enum(enum_) => {
                    let values = schema.enum_(enum_).values.iter();
                    let values =
                        values.map(|value| (Element::EnumValue(*value), &*schema.value(*value).name));
                    for (element, name) in values.filter(|(_, name)| OF_NUMBERS.contains(name)) {
                        there(
                            schema,
                            element,
                            &format!("{}.{name}", schema.nested_name(Element::Enum(enum_))),
                            &mut claims,
                        );
                    }
                }
                _ => {}
            }
        }
        claims.end_of_place("");
        claims.end_of_place("services");
    }
    out.append(&mut claims.refused);
}

/// Refuses an element that would be called like something that is there.
fn there(schema: &Schema, element: Element, name: &str, claims: &mut Claims<'_>) {
    let what = format!(
        "{} `{}` would be called `{name}` in Python, which is there already in generated code",
        schema.noun(element),
        schema.full_name(element)
    );
    claims.refuse(element, what, "rename it");
}

/// A folder is a package, and hides the module of its name beside it.
fn folders(schema: &Schema, files: &[FileId], out: &mut Vec<PackageError>) {
    let mut modules: BTreeMap<String, FileId> = BTreeMap::new();
    for id in files {
        let module = place_of_module(&module_of(&schema.file(*id).name)).to_lowercase();
        if !schema.file(*id).services.is_empty() {
            modules.insert(format!("{module}_grpc"), *id);
        }
        modules.insert(module, *id);
    }
    let mut told: BTreeSet<FileId> = BTreeSet::new();
    for id in files {
        let module = place_of_module(&module_of(&schema.file(*id).name)).to_lowercase();
        for (end, _) in module.match_indices('.') {
            let Some(hidden) = modules.get(&module[..end]).filter(|hidden| told.insert(**hidden)) else {
                continue;
            };
            let what = format!(
                "`{}` is in the folder of a Python package that hides the module `{}` of `{}`",
                schema.file(*id).name,
                &module[..end],
                schema.file(*hidden).name
            );
            out.push(shared::refuse(schema, LANGUAGE, Element::File(*id), &[], what, "rename the folder"));
        }
    }
}

/// Names at the top of a module that its stub imports, or that every module has.
fn module(schema: &Schema, id: FileId, claims: &mut Claims<'_>) {
    let file = schema.file(id);
    let imported = imported(schema, id);
    let mut names: Vec<(Element, &str)> = Vec::new();
    names.extend(file.messages.iter().map(|id| (Element::Message(*id), &*schema.message(*id).name)));
    names.extend(file.extensions.iter().map(|id| (Element::Field(*id), &*schema.field(*id).name)));
    for id in &file.enums {
        let enum_ = schema.enum_(*id);
        names.push((Element::Enum(*id), &enum_.name));
        names.extend(enum_.values.iter().map(|id| (Element::EnumValue(*id), &*schema.value(*id).name)));
    }
    for (element, name) in names {
        if OF_MODULES.contains(&name) || imported.contains(name) {
            there(schema, element, name, claims);
        }
    }
}

/// What the stub of a file imports, by the names that it has there (`PrintImports` of protoc's generator of stubs).
fn imported(schema: &Schema, id: FileId) -> BTreeSet<String> {
    let file = schema.file(id);
    let mut names: BTreeSet<&str> = ["_ClassVar", "_descriptor"].into();
    if !file.messages.is_empty() {
        names.insert("_message");
    }
    if !file.enums.is_empty() {
        names.insert("_enum_type_wrapper");
    }
    let mut todo = file.messages.clone();
    while let Some(id) = todo.pop() {
        let message = schema.message(id);
        if !message.enums.is_empty() {
            names.insert("_enum_type_wrapper");
        }
        if !message.extension_ranges.is_empty() {
            names.insert("_python_message");
        }
        named(schema, id, &mut names);
        todo.extend(&message.messages);
    }
    let mut all: BTreeSet<String> = names.into_iter().map(str::to_owned).collect();
    let files = file.imports.iter().filter_map(|import| schema.file_by_name(&import.path));
    for other in files.map(|id| schema.file(id)) {
        let handed_on = other.imports.iter().filter(|import| import.public).map(|import| &*import.path);
        for path in handed_on.chain([&*other.name]) {
            let mut alias = alias(path);
            while !all.insert(alias.clone()) {
                alias.push_str("_1");
            }
        }
    }
    all
}

/// What the stub of another file calls the module of a file.
fn alias(path: &str) -> String {
    let module = module_of(path);
    format!("_{}", module.rsplit('.').next().unwrap_or_default())
}

/// What the stub of a message names for its fields.
fn named(schema: &Schema, id: MessageId, names: &mut BTreeSet<&str>) {
    for field in schema.message(id).fields.iter().map(|id| schema.field(*id)) {
        if is_keyword(&field.name) {
            continue;
        }
        let value = schema.map_entry(field).map_or(field, |(_, value)| schema.field(value));
        let (map, list) = (field.cardinality == Cardinality::Map, field.cardinality == Cardinality::Repeated);
        let (message, enum_) = (value.kind.is_message(), value.kind == Kind::Enum);
        for (name, used) in [
            ("_Optional", true),
            ("_containers", map || list),
            ("_Iterable", list),
            ("_Mapping", map || message),
            ("_Union", !map && (message || enum_)),
        ] {
            if used {
                names.insert(name);
            }
        }
    }
}

/// What is declared in a message under a name that its class has, or that its stub needs behind it.
fn own(schema: &Schema, id: MessageId, claims: &mut Claims<'_>) {
    let message = schema.message(id);
    let path = schema.nested_name(Element::Message(id));
    let mut needs: BTreeSet<&str> = BTreeSet::new();
    named(schema, id, &mut needs);
    needs.remove("_containers");
    // Entries of maps are classes in it too.
    if !message.messages.is_empty() {
        needs.insert("_message");
    }
    if !message.enums.is_empty() {
        needs.insert("_enum_type_wrapper");
    }
    let types = message.fields.iter().filter_map(|field| type_of(schema, *field));
    let others = types.map(|of| schema.file_of(of)).filter(|file| *file != message.file);
    let others: BTreeSet<String> = others.map(|file| alias(&schema.file(file).name)).collect();
    let fields = message.fields.iter().map(|id| (Element::Field(*id), &*schema.field(*id).name));
    let extensions = message.extensions.iter().map(|id| (Element::Field(*id), &*schema.field(*id).name));
    let values = message.enums.iter().flat_map(|id| &schema.enum_(*id).values);
    let values = values.map(|id| (Element::EnumValue(*id), &*schema.value(*id).name));
    for (at, (element, name)) in fields.chain(extensions).chain(values).enumerate() {
        // Lists name their kind where they are declared.
        let behind = message.fields.get(at + 1..).unwrap_or(&message.fields);
        let list = || behind.iter().any(|field| !schema.field(*field).cardinality.is_singular());
        if OF_MESSAGES.contains(&name)
            || needs.contains(name)
            || others.contains(name)
            || (name == "_containers" && list())
        {
            there(schema, element, &format!("{path}.{name}"), claims);
        }
    }
    let messages = message.messages.iter().map(|id| (Element::Message(*id), &*schema.message(*id).name));
    let enums = message.enums.iter().map(|id| (Element::Enum(*id), &*schema.enum_(*id).name));
    for (element, name) in messages.chain(enums) {
        if OF_NESTED.contains(&name) || needs.contains(name) || others.contains(name) {
            there(schema, element, &format!("{path}.{name}"), claims);
        }
    }
}

/// A name of the stub of a module for services.
fn is_in_stub(name: &str) -> bool {
    let number =
        name.strip_prefix("_m").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
    number || IN_STUBS_OF_SERVICES.contains(&name)
}

/// Services and methods under a name that their module, its stub or their classes have.
fn services(schema: &Schema, id: ServiceId, claims: &mut Claims<'_>) {
    let service = schema.service(id);
    if is_in_stub(&service.name) || OF_MODULES.contains(&&*service.name) {
        there(schema, Element::Service(id), &service.name, claims);
    }
    for id in &service.methods {
        let (element, name) = (Element::Method(*id), &*schema.method(*id).name);
        if is_in_stub(name) || OF_SERVICES.contains(&name) {
            there(schema, element, &format!("{}Servicer.{name}", service.name), claims);
        } else if name.starts_with("__") && !name.ends_with("__") {
            let what = format!(
                "method `{}` is private to its class in Python, so that no server can be given it",
                schema.full_name(element)
            );
            claims.refuse(element, what, "rename it: at most one `_` in front");
        }
    }
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

/// How constants for the numbers of fields end.
const NUMBER: &str = "_FIELD_NUMBER";

/// Of two numbers of extensions at the top of a module the last one stands, and nobody refuses it.
fn numbers_of_extensions(schema: &Schema, name: &str, of: [Element; 2]) -> bool {
    let at_top = |element| match element {
        Element::Field(id) => schema.field(id).is_extension() && schema.field(id).parent.is_none(),
        _ => false,
    };
    name.ends_with(NUMBER) && of.into_iter().all(at_top)
}

/// Classes of messages take every name that ends so for the number of a field, and look nowhere else: enums of a message,
/// their values and its extensions are not there. Messages in messages are set as attributes, and found before that. (upb,
/// protobuf 7.36.2; in pure Python all of them are there.)
fn numbers(schema: &Schema, id: MessageId, claims: &mut Claims<'_>) {
    let message = schema.message(id);
    let enums = message.enums.iter().flat_map(|id| {
        let values = schema.enum_(*id).values.iter().map(|value| Element::EnumValue(*value));
        values.chain([Element::Enum(*id)])
    });
    let extensions = message.extensions.iter().map(|id| Element::Field(*id));
    for element in enums.chain(extensions).filter(|element| schema.full_name(*element).ends_with(NUMBER)) {
        let what = format!(
            "{} `{}` is not found in Python, where `…{NUMBER}` of a message is the number of a field",
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

/// `lambda: T` declares no name, but is a function without arguments: stubs with it are read, and whoever wants the value or
/// the extension asks for it by `getattr` as for every name that is a keyword.
fn is_function(name: &str) -> bool {
    name == "lambda"
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
        for value in enum_.values.iter().filter(|value| !is_function(&schema.value(**value).name)) {
            check(Element::EnumValue(*value), &schema.value(*value).name);
        }
    }
    let extensions = schema.all_extensions().filter(|(_, f)| files.contains(&f.file));
    for (id, extension) in extensions.filter(|(_, extension)| !is_function(&extension.name)) {
        check(Element::Field(id), &extension.name);
    }
    for (id, service) in schema.services().filter(|(_, s)| files.contains(&s.file)) {
        check(Element::Service(id), &service.name);
        for method in &service.methods {
            check(Element::Method(*method), &schema.method(*method).name);
        }
    }
}
