//! What a contract must not be called for the serde of its messages to build, as pbjson writes it into the modules of their
//! packages. Found by asking rustc (pbjson-build 0.9.0).

use std::collections::BTreeSet;

use super::super::{PackageError, shared};
use super::LANGUAGE;
use crate::codegen::Contract;
use crate::schema::{Element, FileId, Schema};
use crate::surface::inside;
use crate::surface::rust::camel;

/// Parameters and types of the functions that read a message: of its own name.
const OF_MESSAGES: [&str; 4] = ["D", "GeneratedField", "GeneratedVisitor", "V"];
/// The same of those that read an enum.
const OF_ENUMS: [&str; 3] = ["D", "E", "GeneratedVisitor"];
/// Of functions of messages that have a field of the enum.
const OF_FIELDS: [&str; 3] = ["S", "SerializeStruct", "V"];
/// What functions of messages with lists name.
const LIST: &str = "Vec";

/// Refuses types that functions hide from themselves, and those without a package.
pub(super) fn check(contract: &Contract<'_>, files: &[FileId], out: &mut Vec<PackageError>) {
    let schema = contract.schema;
    let (mut lists, mut used) = (BTreeSet::new(), BTreeSet::new());
    for id in files {
        let package = &*schema.file(*id).package;
        for element in inside(schema, Element::File(*id)) {
            let Element::Message(message) = element else { continue };
            for field in schema.message(message).fields.iter().map(|field| schema.field(*field)) {
                if !field.cardinality.is_singular() {
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
