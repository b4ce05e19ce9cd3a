//! The names that prost and tonic give, and what happens when two become one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::super::{PackageError, common, shared, split};
use super::project::feature;
use crate::codegen::{Contract, Package};
use crate::compile::image::{self, Format};
use crate::schema::{
    Cardinality, Element, Field, FieldId, FileId, Kind, MessageId, MethodId, Schema, ServiceId,
};
use crate::surface::inside;
use crate::surface::rust::{accessors, camel, oneof_name, plain, snake, tonic_module, variant};
use crate::words::Language;

const LANGUAGE: Language = Language::Rust;

/// `package` in `FileDescriptorProto`.
const PACKAGE: [i32; 1] = [2];

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

/// What prost's `Debug` of a message names beside the enums of its fields: an enum of such a name that stands right beside
/// the message would be hidden. Found by building messages with enums of each name.
const DEBUG_OF_ONE: &str = "ScalarWrapper";
const DEBUG_OF_MANY: &str = "Inner";
const DEBUG_OF_MAPS: [&str; 2] = ["MapWrapper", "ValueWrapper"];

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

/// Refuses packages of which the crate would have two files of one name, or two features. A crate of its own has what a
/// part of the contract has.
pub(super) fn check_files(
    contract: &Contract<'_>,
    files: &[FileId],
    crate_of: impl Fn(FileId) -> String,
    serde: bool,
) -> Vec<PackageError> {
    let schema = contract.schema;
    // By crate and package: the first file, and that with the first service and with the first type.
    let mut packages: BTreeMap<(String, &str), [Option<FileId>; 3]> = BTreeMap::new();
    for id in files {
        let file = schema.file(*id);
        let first = packages.entry((crate_of(*id), &file.package)).or_default();
        first[0].get_or_insert(*id);
        if !file.services.is_empty() {
            first[1].get_or_insert(*id);
        }
        if serde && !(file.messages.is_empty() && file.enums.is_empty()) {
            first[2].get_or_insert(*id);
        }
    }
    let mut packages: Vec<_> = packages.into_iter().collect();
    packages.sort_by_key(|(_, first)| first[0]);
    let modules = |package: &str| package.split('.').map(snake).collect::<Vec<_>>();
    let mut taken: BTreeMap<(String, String), FileId> = BTreeMap::new();
    let mut refused = Vec::new();
    for ((krate, package), [file, service, types]) in packages {
        let stem = if package.is_empty() { "_" } else { package };
        let feature = feature(package);
        let all = [
            (file, format!("{stem}.rs")),
            (service, format!("{stem}.tonic.rs")),
            (types, format!("{stem}.serde.rs")),
            (service, format!("{feature}-client")),
        ];
        for (id, name) in all.into_iter().filter_map(|(id, name)| Some((id?, name))) {
            // On some systems upper and lower case are the same.
            let first = *taken.entry((krate.clone(), name.to_lowercase())).or_insert(id);
            let other = &schema.file(first).package;
            // What is one module is told as that.
            if modules(other) == modules(package) {
                continue;
            }
            let say = |package: &str| match package {
                "" => "files without a package".to_owned(),
                package => format!("the package `{package}`"),
            };
            let what = format!("{} and {} both need `{name}` in the crate", say(package), say(other));
            let hint = "rename one of the packages";
            refused.push(shared::refuse(schema, LANGUAGE, Element::File(id), &PACKAGE, what, hint));
            break;
        }
    }
    refused
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

    /// Refuses names of which prost leaves nothing: letters and digits are what both ways to write a name keep. Whether
    /// something is left of all.
    fn all_named(&mut self, elements: impl Iterator<Item = Element>) -> bool {
        let before = self.refused.len();
        for element in elements {
            if let Some(what) = shared::nothing_left(self.schema, LANGUAGE, element) {
                self.refuse(element, what, "rename it");
            }
        }
        self.refused.len() == before
    }

    fn message(&mut self, scope: &str, id: MessageId) {
        let schema = self.schema;
        let message = schema.message(id);
        if message.map_entry {
            return;
        }
        let element = Element::Message(id);
        let fields = message.fields.iter().map(|field| Element::Field(*field));
        let oneofs = message.oneofs.iter().map(|oneof| Element::Oneof(*oneof));
        if !self.all_named([element].into_iter().chain(fields).chain(oneofs)) {
            return;
        }
        self.item(scope, camel(&message.name), element);
        let plain = message.fields.iter().filter(|f| schema.field(**f).oneof.is_none());
        let fields = plain.map(|f| (snake(&schema.field(*f).name), Element::Field(*f)));
        let oneofs = message.oneofs.iter().map(|o| (snake(&schema.oneof(*o).name), Element::Oneof(*o)));
        self.unique(fields.chain(oneofs));
        for oneof in &message.oneofs {
            let members = &schema.oneof(*oneof).fields;
            self.unique(members.iter().map(|f| (camel(&schema.field(*f).name), Element::Field(*f))));
        }
        self.accessors(id);
        let inner = format!("{scope}::{}", snake(&message.name));
        let nested = message.messages.iter().any(|m| !schema.message(*m).map_entry);
        if nested || !message.enums.is_empty() || !message.oneofs.is_empty() {
            self.item(scope, snake(&message.name), element);
            if snake(&message.name) == camel(&message.name) {
                let what = format!(
                    "message `{}` and the module for what is in it are both called `{}` in Rust",
                    message.full_name,
                    snake(&message.name)
                );
                self.refuse(element, what, "rename it so that it begins with a letter");
            }
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

    /// What prost adds to a struct for its fields.
    fn accessors(&mut self, id: MessageId) {
        let schema = self.schema;
        let message = schema.message(id);
        let mut all = Vec::new();
        for id in &message.fields {
            let (field, element) = (schema.field(*id), Element::Field(*id));
            if self.hidden(field) {
                let Some(of) = type_of_values(schema, field) else { continue };
                let what = format!(
                    "prost's `Debug` of `{}` has a type `{}` of its own, which hides the {} `{}`",
                    message.full_name,
                    camel(name_of(schema, of)),
                    schema.noun(of),
                    schema.full_name(of)
                );
                self.refuse(of, what, "rename it");
            }
            if field.oneof.is_some() {
                continue;
            }
            let added = accessors(schema, field);
            if field.cardinality == Cardinality::Map
                && !added.is_empty()
                && snake(&field.name).starts_with("r#")
            {
                let what = format!(
                    "prost gives up at a map of enums that is called `{}`, a word of Rust",
                    field.name
                );
                self.refuse(element, what, "rename it");
                continue;
            }
            all.extend(added.into_iter().map(|(_, name)| (format!("{name}()"), element)));
        }
        self.unique(all.into_iter());
    }

    /// Whether a name in prost's `Debug` stands for the enum of a field: in a function, right beside the message, or for
    /// the members of oneofs right inside it.
    fn hidden(&self, field: &Field) -> bool {
        let schema = self.schema;
        let (Some(of), Some(holder)) = (type_of_values(schema, field), field.parent) else { return false };
        let Element::Enum(of) = of else { return false };
        let (of, holder_id) = (schema.enum_(of), holder);
        let holder = schema.message(holder_id);
        let place = if field.oneof.is_some() { Some(holder_id) } else { holder.parent };
        let beside = of.parent == place && schema.file(of.file).package == schema.file(holder.file).package;
        let name = camel(&of.name);
        beside
            && match field.cardinality {
                Cardinality::Map => DEBUG_OF_MAPS.contains(&name.as_str()),
                Cardinality::Repeated => [DEBUG_OF_ONE, DEBUG_OF_MANY].contains(&name.as_str()),
                Cardinality::Explicit if field.oneof.is_none() => {
                    [DEBUG_OF_ONE, DEBUG_OF_MANY].contains(&name.as_str())
                }
                _ => name == DEBUG_OF_ONE,
            }
    }

    fn enum_(&mut self, scope: &str, id: crate::schema::EnumId) {
        let schema = self.schema;
        let enum_ = schema.enum_(id);
        let mut numbers = BTreeSet::new();
        // A second name of a number is left out by prost.
        let values = enum_.values.iter().copied().filter(|v| numbers.insert(schema.value(*v).number));
        let values: Vec<_> = values.map(|v| (Element::EnumValue(v), &schema.value(v).name)).collect();
        if !self.all_named([Element::Enum(id)].into_iter().chain(values.iter().map(|(value, _)| *value))) {
            return;
        }
        let name = camel(&enum_.name);
        self.unique(values.into_iter().map(|(value, called)| (variant(&enum_.name, called), value)));
        self.item(scope, name, Element::Enum(id));
    }
}

impl Names<'_> {
    fn service(&mut self, scope: &str, id: ServiceId) {
        let schema = self.schema;
        let (service, element) = (schema.service(id), Element::Service(id));
        let methods = service.methods.iter().map(|method| Element::Method(*method));
        if !self.all_named([element].into_iter().chain(methods)) {
            return;
        }
        let (front, called) = (tonic_module(&service.name), camel(&service.name));
        if begins_with_a_digit(&called) {
            let what = format!("tonic takes no service of which the name begins with a digit: `{called}`");
            self.refuse(element, what, "rename it so that it begins with a letter");
            return;
        }
        if SERVER.contains(&called.as_str()) {
            let what = format!("every tonic server has a `{}` of its own", service.name);
            self.refuse(element, what, "rename the service");
        }
        self.item(scope, format!("{front}_client"), element);
        self.item(scope, format!("{front}_server"), element);
        let methods = service.methods.iter();
        self.unique(methods.map(|m| (snake(&schema.method(*m).name), Element::Method(*m))));
        for method in &service.methods {
            self.method(&called, *method);
        }
    }

    fn method(&mut self, service: &str, id: MethodId) {
        let schema = self.schema;
        let (method, element) = (schema.method(id), Element::Method(id));
        let name = snake(&method.name);
        if CLIENT.contains(&name.as_str()) {
            let what = format!("every tonic client has a function `{name}` of its own");
            self.refuse(element, what, "rename the method");
        }
        // Where a server takes a call, the type for its method hides the trait of the service.
        if format!("{}Svc", method.name) == service {
            let what = format!(
                "tonic calls the trait of the service `{service}`, and a type for the method `{}` in it too",
                method.name
            );
            self.refuse(element, what, "rename the method or the service");
        }
        let types = [&*method.input, &*method.output].into_iter().filter(|name| plain(name).is_none());
        for name in types.filter_map(|name| schema.message_by_name(name)) {
            let message = schema.message(name);
            if begins_with_a_digit(&camel(&message.name)) {
                let what = format!(
                    "tonic takes no message of which the name begins with a digit: `{}`",
                    message.full_name
                );
                self.refuse(element, what, "rename the message so that it begins with a letter");
                break;
            }
        }
    }
}

/// Whether a name is one that prost has put a `_` in front of, which tonic does not.
fn begins_with_a_digit(name: &str) -> bool {
    name.strip_prefix('_').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The type of a field, or of the values of a map.
fn type_of_values(schema: &Schema, field: &Field) -> Option<Element> {
    let of = schema.by_name(field.type_name.as_deref()?)?;
    match of {
        Element::Message(entry) if field.cardinality == Cardinality::Map => {
            let value: FieldId = schema.message(entry).fields.get(1).copied()?;
            let value = schema.field(value);
            (value.kind == Kind::Enum).then(|| schema.by_name(value.type_name.as_deref()?))?
        }
        _ => Some(of),
    }
}

/// The simple name of an element.
fn name_of(schema: &Schema, element: Element) -> &str {
    match element {
        Element::Message(id) => &schema.message(id).name,
        Element::Enum(id) => &schema.enum_(id).name,
        _ => "",
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
            if snake(part).is_empty() {
                let what = format!("nothing is left of `{part}` in the package `{package}` in Rust");
                let hint = "give the package a name of letters and digits";
                let refused = shared::refuse(schema, LANGUAGE, Element::File(*id), &PACKAGE, what, hint);
                names.refused.push(refused);
                break;
            }
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
            names.service(&scope, *id);
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
