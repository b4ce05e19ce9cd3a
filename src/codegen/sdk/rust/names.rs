//! The names that prost and tonic give, and what happens when two become one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::{PackageError, common, shared, split};
use crate::codegen::{Contract, Package};
use crate::compile::image::{self, Format};
use crate::schema::{Element, FileId, MessageId, Schema, ServiceId};
use crate::surface::inside;
use crate::surface::rust::{camel, oneof_name, plain, snake, tonic_module, variant};
use crate::words::Language;

const LANGUAGE: Language = Language::Rust;

/// What a tonic client has besides the contract's methods; `connect` is left out of it where a method is called so.
const CLIENT: [&str; 7] = [
    "new",
    "with_origin",
    "with_interceptor",
    "send_compressed",
    "accept_compressed",
    "max_decoding_message_size",
    "max_encoding_message_size",
];

/// What tonic's module of a server names beside the trait of the service: a trait of that name would stand for it, and
/// the module would not compile. Found by building a service of each name in it.
const SERVER: [&str; 16] = [
    "Arc",
    "B",
    "Body",
    "Box",
    "BoxFuture",
    "Clone",
    "CompressionEncoding",
    "Context",
    "Default",
    "EnabledCompressionEncodings",
    "InterceptedService",
    "Into",
    "Option",
    "Poll",
    "StdError",
    "T",
];

/// What tonic wrote for a service. Paths begin below the crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RustService {
    /// The client, generic over what carries its calls: `user::v1::user_service_client::UserServiceClient`.
    pub client: String,
    /// What to implement: `user::v1::user_service_server::UserService`.
    pub implement: String,
    /// What serves an implementation: `user::v1::user_service_server::UserServiceServer`.
    pub server: String,
}

/// What tonic calls a method, in the client and in the server's trait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RustMethod {
    /// The function: `get_user`.
    pub function: String,
    /// The type of its answers in the trait, where they are a stream: `GetUserStream`.
    pub stream: String,
}

/// Where the client and the server of a service are.
pub(super) fn service(schema: &Schema, id: ServiceId) -> RustService {
    let service = schema.service(id);
    let package = &schema.file(service.file).package;
    let mut below: String =
        package.split('.').filter(|p| !p.is_empty()).map(|p| format!("{}::", snake(p))).collect();
    below.push_str(&tonic_module(&service.name));
    let name = camel(&service.name);
    RustService {
        client: format!("{below}_client::{name}Client"),
        implement: format!("{below}_server::{name}"),
        server: format!("{below}_server::{name}Server"),
    }
}

/// The names of a method.
pub(super) fn method(name: &str) -> RustMethod {
    // The stream is called as the contract writes the method, whatever that looks like in Rust.
    RustMethod { function: snake(name), stream: format!("{name}Stream") }
}

/// The type of a message, seen from beside the crate.
pub(super) fn type_of(schema: &Schema, krate: &str, id: MessageId) -> String {
    let full_name = &schema.message(id).full_name;
    if let Some(plain) = plain(full_name) {
        return plain.to_owned();
    }
    let path = path(schema, id);
    match path.strip_prefix("google::protobuf::") {
        Some(known) => format!("prost_types::{known}"),
        None => format!("{krate}::{path}"),
    }
}

/// Where a message is below the crate: `user::v1::order::Line`.
fn path(schema: &Schema, id: MessageId) -> String {
    let message = schema.message(id);
    place(schema, &message.name, message.parent, message.file)
}

/// Where a message or an enum is below the crate.
pub(super) fn path_of(schema: &Schema, element: Element) -> String {
    match element {
        Element::Message(id) => path(schema, id),
        Element::Enum(id) => {
            let found = schema.enum_(id);
            place(schema, &found.name, found.parent, found.file)
        }
        _ => String::new(),
    }
}

fn place(schema: &Schema, name: &str, parent: Option<MessageId>, file: FileId) -> String {
    let mut parts = vec![camel(name)];
    let mut outer = parent;
    while let Some(id) = outer {
        let message = schema.message(id);
        parts.push(snake(&message.name));
        outer = message.parent;
    }
    let package = &schema.file(file).package;
    parts.extend(package.split('.').filter(|p| !p.is_empty()).rev().map(snake));
    parts.reverse();
    parts.join("::")
}

/// A program for each crate that names every type, client and server that it has to have by the contract inside it, by the
/// folder of the crate.
pub(super) fn uses(package: &Package, contract: &str) -> Result<Vec<(String, String)>, String> {
    let set = package.files.get(contract).map(|bytes| &bytes[..]).unwrap_or_default();
    let compiled = image::read(set, Format::Binary).map_err(|e| e.to_string())?;
    let schema = Schema::build(&compiled).map_err(|e| e.to_string())?;
    let own = package.coordinate.split('@').next().unwrap_or_default();
    let folders: Vec<String> = split::made_in(&package.files, "Cargo.toml").collect();
    let start = || "#![allow(unused_imports, deprecated)]\nfn main() {}\n".to_owned();
    let mut programs: Vec<String> = folders.iter().map(|_| start()).collect();
    for (id, file) in schema.files().filter(|(_, f)| common::home(LANGUAGE, &f.name).is_none()) {
        let stem = if file.package.is_empty() { "_" } else { &*file.package };
        // Of several crates the one that has the package; where none has it, nothing is there for what is named.
        let has = |folder: &String| {
            let root = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            package.files.get(&format!("{root}src/proto/{stem}.rs")).is_some()
        };
        let at = folders.iter().position(has).unwrap_or(0);
        let krate = match folders[at].strip_prefix(split::FOLDER) {
            Some(part) => snake(&format!("{own}-{part}")),
            None => snake(own),
        };
        let out = &mut programs[at];
        for element in inside(&schema, Element::File(id)) {
            let _ = match element {
                Element::Message(_) | Element::Enum(_) => {
                    writeln!(out, "use {krate}::{} as _;", path_of(&schema, element))
                }
                Element::Service(id) => {
                    let RustService { client, server, implement } = service(&schema, id);
                    let _ = writeln!(out, "#[cfg(feature = \"client\")]\nuse {krate}::{client} as _;");
                    writeln!(
                        out,
                        "#[cfg(feature = \"server\")]\nuse {krate}::{{{implement} as _, {server} as _}};"
                    )
                }
                _ => Ok(()),
            };
        }
    }
    Ok(folders.into_iter().zip(programs).collect())
}

struct Names<'a> {
    schema: &'a Schema,
    /// By module path and name.
    items: BTreeMap<(String, String), Element>,
    refused: Vec<PackageError>,
}

impl Names<'_> {
    fn clash(&self, element: Element, first: Element, name: &str) -> PackageError {
        let schema = self.schema;
        let say = |e| match e {
            Element::File(file) => format!("package `{}`", schema.file(file).package),
            e => format!("{} `{}`", schema.noun(e), schema.full_name(e)),
        };
        let what = format!("{} and {} are both called `{name}` in Rust", say(element), say(first));
        shared::refuse(schema, LANGUAGE, element, &[], what, "rename one of them")
    }

    fn refuse(&mut self, element: Element, what: String, way: &str) {
        self.refused.push(shared::refuse(self.schema, LANGUAGE, element, &[], what, way));
    }

    fn item(&mut self, module: &str, name: String, element: Element) {
        let first = *self.items.entry((module.to_owned(), name.clone())).or_insert(element);
        if first != element {
            let clash = self.clash(element, first, &name);
            self.refused.push(clash);
        }
    }

    /// Names of which each may be there once.
    fn unique(&mut self, names: impl Iterator<Item = (String, Element)>) {
        let mut seen = BTreeMap::new();
        for (name, element) in names {
            let first = *seen.entry(name.clone()).or_insert(element);
            if first != element {
                let clash = self.clash(element, first, &name);
                self.refused.push(clash);
            }
        }
    }

    fn message(&mut self, scope: &str, id: MessageId) {
        let schema = self.schema;
        let message = schema.message(id);
        if message.map_entry {
            return;
        }
        let element = Element::Message(id);
        self.item(scope, camel(&message.name), element);
        let plain = message.fields.iter().filter(|f| schema.field(**f).oneof.is_none());
        let fields = plain.map(|f| (snake(&schema.field(*f).name), Element::Field(*f)));
        let oneofs = message.oneofs.iter().map(|o| (snake(&schema.oneof(*o).name), Element::Oneof(*o)));
        self.unique(fields.chain(oneofs));
        for oneof in &message.oneofs {
            let members = &schema.oneof(*oneof).fields;
            self.unique(members.iter().map(|f| (camel(&schema.field(*f).name), Element::Field(*f))));
        }
        let inner = format!("{scope}::{}", snake(&message.name));
        let nested = message.messages.iter().any(|m| !schema.message(*m).map_entry);
        if nested || !message.enums.is_empty() || !message.oneofs.is_empty() {
            self.item(scope, snake(&message.name), element);
        }
        for nested in &message.messages {
            self.message(&inner, *nested);
        }
        for enum_ in &message.enums {
            self.enum_(&inner, *enum_);
        }
        for oneof in &message.oneofs {
            self.item(&inner, oneof_name(schema, *oneof).0, Element::Oneof(*oneof));
        }
    }

    fn enum_(&mut self, scope: &str, id: crate::schema::EnumId) {
        let schema = self.schema;
        let enum_ = schema.enum_(id);
        let name = camel(&enum_.name);
        let mut numbers = std::collections::BTreeSet::new();
        // A second name of a number is left out by prost.
        let values = enum_.values.iter().filter(|v| numbers.insert(schema.value(**v).number));
        self.unique(values.map(|v| (variant(&enum_.name, &schema.value(*v).name), Element::EnumValue(*v))));
        self.item(scope, name, Element::Enum(id));
    }
}

/// Refuses names that become one, and those that the crate itself gives at its top.
pub(super) fn check(contract: &Contract<'_>, files: &[FileId], taken: &[String]) -> Vec<PackageError> {
    let schema = contract.schema;
    let mut names = Names { schema, items: BTreeMap::new(), refused: Vec::new() };
    let mut packages: BTreeMap<Vec<String>, FileId> = BTreeMap::new();
    for id in files {
        let package = &schema.file(*id).package;
        let mut scope = Vec::new();
        for part in package.split('.').filter(|p| !p.is_empty()) {
            let (outer, written) = (scope.join("::"), part.to_owned());
            scope.push(snake(part));
            let first = *packages.entry(scope.clone()).or_insert(*id);
            // `Foo` and `foo` are one module, and prost would mix what is in them.
            let depth = scope.len() - 1;
            let other = schema.file(first).package.split('.').nth(depth).unwrap_or_default();
            if other != written {
                let clash = names.clash(Element::File(*id), Element::File(first), &scope[depth]);
                names.refused.push(clash);
                break;
            }
            names.item(&outer, scope[depth].clone(), Element::File(first));
        }
    }
    for id in files {
        let file = schema.file(*id);
        let parts: Vec<String> = file.package.split('.').filter(|p| !p.is_empty()).map(snake).collect();
        let scope = parts.join("::");
        for message in &file.messages {
            names.message(&scope, *message);
        }
        for enum_ in &file.enums {
            names.enum_(&scope, *enum_);
        }
        for id in &file.services {
            let (service, element) = (schema.service(*id), Element::Service(*id));
            let front = tonic_module(&service.name);
            if SERVER.contains(&camel(&service.name).as_str()) {
                let what = format!("every tonic server has a `{}` of its own", service.name);
                names.refuse(element, what, "rename the service");
            }
            names.item(&scope, format!("{front}_client"), element);
            names.item(&scope, format!("{front}_server"), element);
            let methods = service.methods.iter();
            names.unique(methods.map(|m| (snake(&schema.method(*m).name), Element::Method(*m))));
            for method in &service.methods {
                let name = snake(&schema.method(*method).name);
                if CLIENT.contains(&name.as_str()) {
                    let element = Element::Method(*method);
                    let what = format!("every tonic client has a function `{name}` of its own");
                    names.refuse(element, what, "rename the method");
                }
            }
        }
    }
    for name in taken {
        if let Some(element) = names.items.get(&(String::new(), name.clone())) {
            let what =
                format!("what is called `{name}` at the top of the crate is the library that it hands on");
            names.refuse(*element, what, "rename it, or leave out `re-exports`");
        }
    }
    names.refused
}
