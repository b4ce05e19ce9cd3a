//! What a contract must not be called for the serde of its messages to build, as pbjson writes it into the modules of their
//! packages. Found by asking rustc (pbjson-build 0.9.0).

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};

use super::super::{PackageError, shared};
use super::LANGUAGE;
use crate::codegen::Contract;
use crate::schema::{Element, EnumValueId, Field, FieldId, FileId, Kind, MessageId, Schema};
use crate::surface::inside;
use crate::surface::rust::{camel, oneof_name, snake, variant};

/// Parameters and types of the functions that read a message: of its own name.
const OF_MESSAGES: [&str; 4] = ["D", "GeneratedField", "GeneratedVisitor", "V"];
/// The same of those that read an enum.
const OF_ENUMS: [&str; 3] = ["D", "E", "GeneratedVisitor"];
/// Of functions of messages that have a field of the enum.
const OF_FIELDS: [&str; 3] = ["S", "SerializeStruct", "V"];
/// What functions of messages name that have a list whose elements are not read and written as they are.
const LIST: &str = "Vec";

/// Refuses types that functions hide from themselves, and those without a package.
pub(super) fn check(contract: &Contract<'_>, files: &[FileId], out: &mut Vec<PackageError>) {
    let schema = contract.schema;
    let (mut lists, mut used) = (BTreeSet::new(), BTreeSet::new());
    for id in files {
        let package = &*schema.file(*id).package;
        for element in inside(schema, Element::File(*id)) {
            misnamed(schema, element, out);
            let Element::Message(message) = element else { continue };
            same_keys(schema, message, out);
            for field in schema.message(message).fields.iter().map(|field| schema.field(*field)) {
                if is_converted_list(schema, field) {
                    lists.insert(package);
                }
                let value = schema.map_entry(field).map_or(field, |(_, value)| schema.field(value));
                used.extend(value.type_name.as_deref().map(|name| (package, name)));
            }
        }
    }
    for id in files {
        let file = schema.file(*id);
        let types = || file.messages.iter().map(|id| Element::Message(*id));
        let types = || types().chain(file.enums.iter().map(|id| Element::Enum(*id)));
        if file.package.is_empty() && types().next().is_some() {
            let what = "the file has types and no package: pbjson, which writes serde, does not find them";
            let way = "give the file a package, or leave out `serde`";
            out.push(shared::refuse(schema, LANGUAGE, Element::File(*id), &[], what.to_owned(), way));
        }
        for element in types() {
            let full = schema.full_name(element);
            let name = camel(full.rsplit('.').next().unwrap_or_default());
            let own = match element {
                Element::Message(_) => &OF_MESSAGES[..],
                _ => &OF_ENUMS[..],
            };
            let in_fields = || {
                let is_enum = matches!(element, Element::Enum(_)) && OF_FIELDS.contains(&&*name);
                is_enum && used.iter().any(|(package, used)| *package == &*file.package && is(used, &full))
            };
            let in_lists = || name == LIST && lists.contains(&*file.package);
            if own.contains(&&*name) || in_fields() || in_lists() {
                out.push(hidden(schema, element, &full, &name));
            }
        }
    }
}

/// Whether pbjson names `Vec` for a field: for a list of numbers (which may be texts), bytes (base64) or of an enum. Lists of
/// messages, strings and booleans are serde's own, and so are maps.
fn is_converted_list(schema: &Schema, field: &Field) -> bool {
    let own = matches!(field.kind, Kind::Bool | Kind::String | Kind::Message | Kind::Group);
    !own && !field.cardinality.is_singular() && schema.map_entry(field).is_none()
}

/// Refuses what pbjson calls otherwise than prost: names that begin with a digit once `_` is taken off, which prost writes with
/// a `_` in front; values called `Self`; and oneofs that prost keeps apart from a type beside them.
fn misnamed(schema: &Schema, element: Element, out: &mut Vec<PackageError>) {
    let mut compare = |of: Element, prost: &str, pbjson: &str| {
        if prost.trim_start_matches("r#") == pbjson {
            return;
        }
        let what = format!(
            "{} `{}` is called `{prost}` by prost and `{pbjson}` by pbjson, which writes serde",
            schema.noun(of),
            schema.full_name(of)
        );
        out.push(shared::refuse(schema, LANGUAGE, of, &[], what, "rename it, or leave out `serde`"));
    };
    match element {
        Element::Message(id) => {
            let message = schema.message(id);
            compare(element, &camel(&message.name), &type_name(&message.name));
            for id in &message.fields {
                let name = &schema.field(*id).name;
                compare(Element::Field(*id), &snake(name), &field_name(name));
            }
            for id in &message.oneofs {
                compare(Element::Oneof(*id), &oneof_name(schema, *id).0, &type_name(&schema.oneof(*id).name));
            }
        }
        Element::Enum(id) => {
            let enum_ = schema.enum_(id);
            compare(element, &camel(&enum_.name), &type_name(&enum_.name));
            for id in &enum_.values {
                let name = &schema.value(*id).name;
                let (whole, front) = (name.to_upper_camel_case(), enum_.name.to_upper_camel_case());
                let bare = whole.strip_prefix(&front).filter(|bare| bare.starts_with(char::is_uppercase));
                compare(Element::EnumValue(*id), &variant(&enum_.name, name), bare.unwrap_or(&whole));
            }
            for id in &enum_.values {
                json_name(schema, *id, out);
            }
        }
        _ => {}
    }
}

/// Refuses a value that is written in JSON by another name than its own, which pbjson does not know: it would write the
/// name, and refuse what others write.
fn json_name(schema: &Schema, id: EnumValueId, out: &mut Vec<PackageError>) {
    let value = schema.value(id);
    let Some(other) = value.json_name.as_deref().filter(|other| *other != &*value.name) else { return };
    let of = Element::EnumValue(id);
    let what = format!(
        "enum value `{}` is `{other}` in JSON, and `{}` for pbjson, which writes serde",
        schema.full_name(of),
        value.name
    );
    let way = "leave out `serde`, or the JSON name";
    out.push(shared::refuse(schema, LANGUAGE, of, &[], what, way));
}

/// Refuses fields that are one variant in the enum of a message's keys, in which members of oneofs stand beside all others.
fn same_keys(schema: &Schema, message: MessageId, out: &mut Vec<PackageError>) {
    let mut keys: BTreeMap<String, FieldId> = BTreeMap::new();
    for id in &schema.message(message).fields {
        let key = type_name(&schema.field(*id).name);
        let Some(first) = keys.insert(key.clone(), *id) else { continue };
        let (of, first) = (Element::Field(*id), schema.full_name(Element::Field(first)));
        let what = format!(
            "field `{}` and field `{first}` are both the key `{key}` for pbjson, which writes serde",
            schema.full_name(of)
        );
        let way = "rename one of them, or leave out `serde`";
        out.push(shared::refuse(schema, LANGUAGE, of, &[], what, way));
    }
}

/// What pbjson-build calls a type or the key of a field.
fn type_name(name: &str) -> String {
    let name = name.to_upper_camel_case();
    if name == "Self" { format!("{name}_") } else { name }
}

/// What pbjson-build calls a field, without `r#`.
fn field_name(name: &str) -> String {
    let name = name.to_snake_case();
    if ["self", "super", "extern", "crate"].contains(&&*name) { format!("{name}_") } else { name }
}

/// Whether a field names a type, with a dot in front or without.
fn is(named: &str, full: &str) -> bool {
    named.strip_prefix('.').unwrap_or(named) == full
}

fn hidden(schema: &Schema, element: Element, full: &str, name: &str) -> PackageError {
    let what = format!(
        "{} `{full}` would be called `{name}` in Rust, which is something else in the functions of pbjson that name it",
        schema.noun(element)
    );
    shared::refuse(schema, LANGUAGE, element, &[], what, "rename it, or leave out `serde`")
}
