//! A crate, and what several crates of one contract take from each other.
//!
//! In each, a type has the path that it has in an undivided one, below the name of its crate: prost, tonic and pbjson are
//! told of every type of another part that is used, one by one. Told of a package, they would take what begins with its
//! name for one of it too (`acme.user` for `acme`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use minijinja::{Value, context};

use super::{LANGUAGE, RE_EXPORTS, SERDE, connects, module, names, rust_type_of};
use crate::codegen::render::render;
use crate::codegen::sdk::example::{self, Example};
use crate::codegen::sdk::shared::{self, DESCRIPTORS};
use crate::codegen::sdk::split::{self, Part};
use crate::codegen::sdk::{PackageError, line};
use crate::codegen::{Contract, FileTree, Target};
use crate::schema::{Element, FileId, MessageId, Schema};
use crate::surface::rust::plain;

/// The types of other parts that a part uses, by the part: what each is called in the contract, and its path in Rust.
/// What a file imports may hand on what it imports itself, so that it may be of a part that none is imported of.
pub(super) fn of_others(
    schema: &Schema,
    parts: &[Part<'_>],
    at: usize,
) -> BTreeMap<usize, BTreeMap<String, String>> {
    let places =
        parts.iter().enumerate().flat_map(|(at, part)| part.files.iter().map(move |file| (*file, at)));
    let places: BTreeMap<FileId, usize> = places.collect();
    let ours = |file: FileId| places.get(&file) == Some(&at);
    let fields = schema.messages().filter(|(_, message)| ours(message.file)).flat_map(|(_, m)| &m.fields);
    let fields = fields.filter_map(|field| schema.field(*field).type_name.as_deref());
    let methods = schema.services().filter(|(_, service)| ours(service.file)).flat_map(|(_, s)| &s.methods);
    let methods = methods.flat_map(|method| {
        let method = schema.method(*method);
        [&*method.input, &*method.output]
    });
    let mut all: BTreeMap<usize, BTreeMap<String, String>> = BTreeMap::new();
    for name in fields.chain(methods) {
        let element = match schema.message_by_name(name) {
            Some(message) => Element::Message(message),
            None => match schema.enum_by_name(name) {
                Some(found) => Element::Enum(found),
                None => continue,
            },
        };
        let Some(&other) = places.get(&schema.file_of(element)).filter(|other| **other != at) else {
            continue;
        };
        let path = format!("::{}::{}", module(&parts[other].package), names::path_of(schema, element));
        all.entry(other).or_default().insert(schema.full_name(element).to_string(), path);
    }
    all
}

/// The modules of a crate.
#[derive(Default)]
struct Node {
    /// The package that ends here, and what there is of it beside messages: `tonic`, `serde`.
    package: Option<(String, Vec<&'static str>)>,
    children: BTreeMap<String, Node>,
}

/// What crates are made of.
pub(super) struct Workbench<'a> {
    contract: &'a Contract<'a>,
    target: &'a Target,
    parts: &'a [Part<'a>],
}

impl<'a> Workbench<'a> {
    /// For the crates of a contract.
    pub(super) fn new(
        contract: &'a Contract<'a>,
        target: &'a Target,
        parts: &'a [Part<'a>],
    ) -> Workbench<'a> {
        Workbench { contract, target, parts }
    }

    /// The other crates that one needs: its name, that of its module, and where it lies beside this one.
    fn needs(&self, at: usize) -> Vec<Value> {
        let used = of_others(self.contract.schema, self.parts, at).into_keys();
        let needs: BTreeSet<usize> = self.parts[at].needs.iter().copied().chain(used).collect();
        let up = if self.parts[at].name.is_empty() { "" } else { "../../" };
        let need = |other: usize| {
            let part = &self.parts[other];
            let path = match (up, part.name) {
                ("", _) => part.folder(),
                (up, "") => up.trim_end_matches('/').to_owned(),
                (_, name) => format!("../{name}"),
            };
            context! { name => &part.package, module => module(&part.package), path }
        };
        needs.into_iter().map(need).collect()
    }

    /// The project of a crate, around what plugins made of its files.
    pub(super) fn project(&self, at: usize, generated: &FileTree) -> Result<FileTree, PackageError> {
        let Workbench { contract, target, parts } = self;
        let (schema, part, line) = (contract.schema, &parts[at], line(target));
        let (krate, files) = (&*part.package, &part.files);
        let packages: BTreeSet<&str> = files.iter().map(|f| &*schema.file(*f).package).collect();
        let with_services: BTreeSet<&str> = files
            .iter()
            .map(|f| schema.file(*f))
            .filter(|f| !f.services.is_empty())
            .map(|f| &*f.package)
            .collect();

        let mut out = FileTree::new();
        let mut root = Node::default();
        for package in &packages {
            let services = with_services.contains(package);
            let stem = if package.is_empty() { "_" } else { package };
            let take = |path: &str| {
                generated.get(path).ok_or_else(|| PackageError::Output {
                    language: LANGUAGE,
                    what: format!("the plugin gave no `{path}` for the package `{package}`"),
                })
            };
            let messages = take(&format!("{stem}.rs"))?.clone();
            shared::add(&mut out, LANGUAGE, &format!("src/proto/{stem}.rs"), messages)?;
            if services {
                let code = take(&format!("{package}.tonic.rs"))?;
                let code = gate(&String::from_utf8_lossy(code), package);
                shared::add(&mut out, LANGUAGE, &format!("src/proto/{stem}.tonic.rs"), code)?;
            }
            let mut node = &mut root;
            for part in package.split('.').filter(|p| !p.is_empty()) {
                node = node.children.entry(module(part)).or_default();
            }
            let serde = format!("{stem}.serde.rs");
            // Without serde that is what a package `….serde` has.
            let code = generated.get(&serde).filter(|_| target.has(SERDE));
            let more = [(services, "tonic"), (code.is_some(), "serde")];
            node.package = Some((stem.to_owned(), more.iter().filter(|m| m.0).map(|m| m.1).collect()));
            if let Some(code) = code {
                shared::add(&mut out, LANGUAGE, &format!("src/proto/{serde}"), code.clone())?;
            }
        }

        let known = match target.has(SERDE) {
            true => {
                context! { name => "pbjson-types", version => line.version("pbjson"), module => "pbjson_types" }
            }
            false => {
                context! { name => "prost-types", version => line.version("prost"), module => "prost_types" }
            }
        };
        let about = shared::about(contract);
        let needs = self.needs(at);
        let features: Vec<String> = with_services.iter().map(|p| feature(p)).collect();
        let services = !features.is_empty();
        let mut modules = String::new();
        tree(&root, 0, &mut modules);
        let mut put = |path: &str, content: String| shared::add(&mut out, LANGUAGE, path, content);
        put(
            "Cargo.toml",
            render(
                include_str!("../templates/rust/Cargo.toml.j2"),
                context! {
                    about => &about, krate, features => &features, services, needs => &needs, rust => line.version("rust"),
                    prost => line.version("prost"), tonic => line.version("tonic"),
                    tonic_prost => line.version("tonic-prost"), known => &known,
                    pbjson => if target.has(SERDE) { line.version("pbjson") } else { "" },
                },
            ),
        )?;
        put(
            "src/lib.rs",
            render(
                include_str!("../templates/rust/lib.rs.j2"),
                context! {
                    about => &about, modules => modules.trim_end(), descriptors => DESCRIPTORS,
                    re_exports => target.has(RE_EXPORTS), features => &features, known => &known, needs => &needs,
                    recursion_limit => recursion_limit(schema, files),
                },
            ),
        )?;
        let connect = !connects(schema, files);
        let example = example::pick(contract, files).map(|e| self.shown(&e, connect));
        put(
            "README.md",
            render(
                include_str!("../templates/rust/README.md.j2"),
                context! {
                    about => &about, krate, features, example, name => module(krate), prost => line.version("prost"),
                    tonic => line.version("tonic"), re_exports => target.has(RE_EXPORTS), known,
                    serde => target.has(SERDE), needs => &needs, packages => part.packages(schema),
                    others => split::others(schema, parts, at), part => part.name,
                },
            ),
        )?;
        shared::add_legal(&mut out, LANGUAGE, "", contract)?;
        shared::add(&mut out, LANGUAGE, &format!("src/{DESCRIPTORS}"), shared::embedded(contract))?;
        Ok(out)
    }

    /// The call that the README of a crate shows.
    fn shown(&self, example: &Example<'_>, connect: bool) -> Value {
        let Workbench { contract, target, .. } = self;
        let (schema, serde) = (contract.schema, target.has(SERDE));
        let request =
            schema.message_by_name(&example.request.full_name).expect("the request is in the schema");
        let crate_of = |file: FileId| split::package_of(schema, target, file);
        let (krate, asked) = (crate_of(example.service.file), crate_of(example.request.file));
        let client = names::service(schema, example.method.parent).client;
        let client_name = client.rsplit("::").next().unwrap_or(&client);
        // What is no struct has no fields to set.
        let known = example.request.full_name.strip_prefix("google.protobuf.").filter(|_| serde);
        let is_plain = plain(&example.request.full_name).is_some();
        let field = example.field.filter(|_| known.is_none() && !is_plain);
        let request = rust_type_of(schema, target, &module(&asked), request);
        let well_known = request.starts_with("prost_types::") || known.is_some();
        context! {
            client => format!("{}::{client}", module(&krate)),
            client_name,
            method => names::method(&example.method.name).function,
            well_known,
            // The crate that the request is of, where it is another one.
            other => (asked != krate && !well_known && !is_plain).then_some(asked),
            request,
            unary => example.unary(),
            client_streaming => example.method.client_streaming,
            server_streaming => example.method.server_streaming,
            field => field.map(|f| module(&f.name)),
            full => example.request.fields.len() == 1,
            connect,
        }
    }
}

/// `user.v1` has the features `user-v1-client` and `user-v1-server`.
pub(super) fn feature(package: &str) -> String {
    if package.is_empty() { "no-package".to_owned() } else { package.replace('.', "-") }
}

/// Puts each client and server module behind its feature. tonic has parameters for that, but they match packages by
/// their last parts: what is meant for `user.v1` would fall on `acme.user.v1` too.
fn gate(code: &str, package: &str) -> String {
    let mut out = String::with_capacity(code.len() + 256);
    for line in code.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("pub mod ").and_then(|l| l.trim_end().strip_suffix(" {")) {
            let side = if name.ends_with("_client") { "client" } else { "server" };
            let _ = writeln!(out, "#[cfg(feature = \"{}-{side}\")]", feature(package));
        }
        out.push_str(line);
    }
    out
}

/// How deep rustc has to look into types that hold each other, where that is more than it does by itself (128).
fn recursion_limit(schema: &Schema, files: &[FileId]) -> Option<usize> {
    let depth = longest_chain(schema, files);
    // A list, an option and a box may stand between two messages.
    (depth > 30).then(|| 128 + 4 * depth)
}

/// The number of messages in the longest chain in which each holds the next; what closes a circle is left out.
fn longest_chain(schema: &Schema, files: &[FileId]) -> usize {
    let held = |id: MessageId| {
        let names = schema.message(id).fields.iter().filter_map(|f| schema.field(*f).type_name.as_deref());
        names.filter_map(|name| schema.message_by_name(name)).collect::<Vec<_>>()
    };
    // `None` while a message is on the path.
    let mut depths: BTreeMap<MessageId, Option<usize>> = BTreeMap::new();
    for (start, _) in schema.messages().filter(|(_, m)| files.contains(&m.file)) {
        if depths.contains_key(&start) {
            continue;
        }
        depths.insert(start, None);
        let mut path = vec![(start, held(start), 0)];
        while let Some((id, todo, below)) = path.last_mut() {
            let Some(next) = todo.pop() else {
                let depth = *below + 1;
                depths.insert(*id, Some(depth));
                path.pop();
                if let Some((_, _, below)) = path.last_mut() {
                    *below = (*below).max(depth);
                }
                continue;
            };
            match depths.get(&next) {
                Some(Some(depth)) => *below = (*below).max(*depth),
                Some(None) => {}
                None => {
                    depths.insert(next, None);
                    path.push((next, held(next), 0));
                }
            }
        }
    }
    depths.into_values().flatten().max().unwrap_or(0)
}

fn tree(node: &Node, depth: usize, out: &mut String) {
    let indent = "    ".repeat(depth);
    if let Some((stem, more)) = &node.package {
        let _ = writeln!(out, "{indent}include!(\"proto/{stem}.rs\");");
        for more in more {
            let _ = writeln!(out, "{indent}include!(\"proto/{stem}.{more}.rs\");");
        }
    }
    for (name, child) in &node.children {
        if let Some((stem, _)) = &child.package {
            let _ = writeln!(out, "{indent}/// Package `{stem}`.");
        }
        let _ = writeln!(out, "{indent}pub mod {name} {{");
        tree(child, depth + 1, out);
        let _ = writeln!(out, "{indent}}}");
    }
}
