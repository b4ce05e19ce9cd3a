//! The crate.
//!
//! One module a package component, in which the files that prost and tonic wrote are included. Clients and servers
//! stand behind features, one pair a package with services: `user-v1-client`, `user-v1-server`; `client` and `server`
//! take all of them and are on by default.

mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use heck::ToSnakeCase;
use minijinja::context;

use super::example::{self, Example};
use super::shared::{self, DESCRIPTORS};
use super::used::{Used, UsedService, own_services};
use super::{Key, Line, Lines, PackageError, Plugin, PluginCall, Prepared, Sdk, versions};
use crate::codegen::build::{Outcome, Run, Stop, write};
use crate::codegen::plugin::spec::EDITION_2024;
use crate::codegen::plugin::{Library, Pinned, Source};
use crate::codegen::render::render;
use crate::codegen::{Contract, FileTree, Package, Target, lower, pbjson};
use crate::config::generate::all;
use crate::schema::{Element, FileId, MessageId, MethodId, Schema, ServiceId};
use crate::surface::rust::{camel, plain, snake as module};
use crate::words::Language;
pub use names::{RustMethod, RustService};

const LANGUAGE: Language = Language::Rust;

static KEYS: [Key; 1] = [Key {
    name: "crate",
    what: "the name of a crate",
    good: crate_name,
    hint: "for example `acme-contracts`: it begins with a letter",
    usual: None,
    stand_in: "protopact-contract",
}];

/// The crate hands on the libraries that its types come from, so that users ask for them nowhere.
const RE_EXPORTS: &str = "re-exports";

/// Messages have serde, in the form of protobuf's JSON.
const SERDE: &str = "serde";

fn crate_name(text: &str) -> bool {
    all(text, "_-") && text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Messages.
pub static MESSAGES: Pinned = Pinned {
    name: "protoc-gen-prost",
    version: "0.5.0",
    source: Source::Library(Library::Prost),
    services_only: false,
    newest_edition: EDITION_2024,
};

/// Services.
pub static SERVICES: Pinned = Pinned {
    name: "protoc-gen-tonic",
    version: "0.5.0",
    source: Source::Library(Library::Tonic),
    services_only: true,
    newest_edition: EDITION_2024,
};

/// Messages and services of an older line. Only one version can be a library of protopact.
const fn older(name: &'static str, version: &'static str, services_only: bool) -> Pinned {
    Pinned { name, version, source: Source::Cargo, services_only, newest_edition: EDITION_2024 }
}

static MESSAGES_0_13: Pinned = older("protoc-gen-prost", "0.4.0", false);
static SERVICES_0_13: Pinned = older("protoc-gen-tonic", "0.4.1", true);

/// serde for messages.
static PBJSON: Pinned = Pinned {
    name: "pbjson-build",
    version: "0.9.0",
    source: Source::Library(Library::Pbjson),
    services_only: false,
    newest_edition: EDITION_2024,
};

impl Plugin {
    /// serde for Rust messages.
    pub const PBJSON: Plugin = Plugin("pbjson-build");
    /// Rust messages.
    pub const PROST: Plugin = Plugin("protoc-gen-prost");
    /// Rust services.
    pub const TONIC: Plugin = Plugin("protoc-gen-tonic");
}

/// The libraries that messages, clients and servers are made of, as a crate hands them on.
const LIBRARIES: [&str; 4] = ["prost", "prost_types", "pbjson_types", "tonic"];

static LINES: Lines = Lines {
    key: "runtime",
    // Where there is no `tonic-prost`, tonic itself knows prost.
    all: &[
        Line {
            name: "0.14",
            plugins: &[(&MESSAGES, ""), (&SERVICES, "")],
            options: &[(SERDE, &PBJSON, "")],
            asks: &[
                ("prost", versions::PROST),
                ("tonic", versions::TONIC),
                ("tonic-prost", versions::TONIC),
                ("pbjson", PBJSON.version),
                ("rust", versions::RUST),
            ],
        },
        Line {
            name: "0.13",
            plugins: &[(&MESSAGES_0_13, ""), (&SERVICES_0_13, "")],
            options: &[],
            asks: &[
                ("prost", "0.13.5"),
                ("tonic", "0.12.3"),
                ("tonic-prost", ""),
                ("pbjson", ""),
                ("rust", "1.71"),
            ],
        },
    ],
};

/// Whether a target is of another line than the newest.
fn is_older(target: &Target) -> bool {
    !std::ptr::eq(super::line(target), &LINES.all[0])
}

pub(super) struct Rust;

impl Sdk for Rust {
    fn keys(&self) -> &'static [Key] {
        &KEYS
    }

    fn name_key(&self) -> &'static str {
        KEYS[0].name
    }

    fn flags(&self) -> &'static [&'static str] {
        &[RE_EXPORTS, SERDE]
    }

    fn coordinate(&self) -> &'static str {
        "crate"
    }

    fn lines(&self) -> &'static Lines {
        &LINES
    }

    fn runtime_has(&self, file: &str) -> bool {
        // prost leaves out everything in the package `google.protobuf`.
        file.starts_with("google/protobuf/")
    }

    fn has_families(&self) -> bool {
        false
    }

    fn check(&self, contract: &Contract<'_>, target: &Target, out: &mut Vec<PackageError>) {
        out.extend(check_target(target.get("crate")).err());
        let (schema, files) = (contract.schema, shared::generated(contract, LANGUAGE));
        let bare = |id: &FileId| {
            let file = schema.file(*id);
            file.package.is_empty() && !(file.messages.is_empty() && file.enums.is_empty())
        };
        for id in files.iter().filter(|id| target.has(SERDE) && bare(id)) {
            let what = "the file has types and no package: pbjson, which writes serde, does not find them"
                .to_owned();
            let way = "give the file a package, or leave out `serde`";
            out.push(shared::refuse(schema, LANGUAGE, Element::File(*id), &[], what, way));
        }
        if is_older(target) {
            if target.has(SERDE) {
                let value = target.get(LINES.key).to_owned();
                out.push(PackageError::Target { language: LANGUAGE, what: "line with serde", value });
            }
            for (field, _) in lower::recursive_groups(schema, &files) {
                let what =
                    "the field holds its own message, delimited: the generator of this line cannot box it";
                let way = "choose the newest line of `runtime` in `[generate.rust]`";
                let at = Element::Field(field);
                out.push(shared::refuse(schema, LANGUAGE, at, &[], what.to_owned(), way));
            }
        }
        out.append(&mut names::check(
            contract,
            &files,
            if target.has(RE_EXPORTS) { &LIBRARIES } else { &[] },
        ));
    }

    fn prepare(&self, contract: &Contract<'_>, target: &Target) -> Result<Prepared, PackageError> {
        prepare(contract, target)
    }

    fn build(
        &self,
        contract: &Contract<'_>,
        target: &Target,
        generated: FileTree,
    ) -> Result<Package, PackageError> {
        build(contract, target, generated)
    }

    fn used(&self, contract: &Contract<'_>, target: &Target) -> Result<Used, PackageError> {
        let krate = target.get("crate");
        check_target(krate)?;
        let version = shared::version(contract, LANGUAGE)?.to_string();
        let services = own_services(contract, &shared::generated(contract, LANGUAGE)).into_iter();
        let services = services.map(|(_, id)| UsedService {
            id,
            import: krate.to_owned(),
            called: module(krate),
            name: camel(&contract.schema.service(id).name),
        });
        Ok(Used { package: krate.to_owned(), version, services: services.collect() })
    }

    fn try_out(&self, run: &mut Run<'_>, package: &Package) -> Result<(), Stop> {
        // A program that names everything that has to be in the crate is checked with it.
        let uses = names::uses(package, &format!("src/{DESCRIPTORS}")).map_err(|output| {
            let step = format!("reading src/{DESCRIPTORS}");
            Stop::Outcome(Outcome::Failed { step, output })
        })?;
        write(&run.root.join("examples/made.rs"), uses.as_bytes())?;
        let check = ["check", "-q", "--lib", "--examples"];
        run.step("cargo", &[&check[..], &["--no-default-features"]].concat())?;
        let manifest = package.files.get("Cargo.toml").map(|c| String::from_utf8_lossy(c).into_owned());
        if manifest.is_some_and(|m| m.contains("[features]")) {
            run.step("cargo", &[&check[..], &["--no-default-features", "--features", "client"]].concat())?;
            run.step("cargo", &check)?;
        }
        Ok(())
    }
}

/// What stands for a message in code that uses the Rust package as `krate`: `krate::user::v1::order::Line`, but
/// `prost_types::Any`, `()` and `String` for what prost has types for.
#[must_use]
pub fn rust_type(schema: &Schema, krate: &str, message: MessageId) -> String {
    names::type_of(schema, krate, message)
}

/// What stands for a message in code that uses the package of a target as `krate`: as [`rust_type`], and of
/// `pbjson-types` where messages have serde.
#[must_use]
pub fn rust_type_of(schema: &Schema, target: &Target, krate: &str, message: MessageId) -> String {
    let known = schema.message(message).full_name.strip_prefix("google.protobuf.");
    match known.filter(|_| target.has(SERDE)) {
        Some(name) => format!("pbjson_types::{}", camel(name)),
        None => rust_type(schema, krate, message),
    }
}

/// Where the Rust package has the client and the server of a service.
#[must_use]
pub fn rust_service(schema: &Schema, service: ServiceId) -> RustService {
    names::service(schema, service)
}

/// What the Rust package calls a method.
#[must_use]
pub fn rust_method(schema: &Schema, method: MethodId) -> RustMethod {
    names::method(&schema.method(method).name)
}

fn check_target(krate: &str) -> Result<(), PackageError> {
    let valid = krate.starts_with(|c: char| c.is_ascii_alphabetic())
        && krate.len() <= 64
        && krate.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && module(krate) == krate.to_snake_case();
    if valid {
        Ok(())
    } else {
        Err(PackageError::Target { language: LANGUAGE, what: "crate name", value: krate.to_owned() })
    }
}

fn prepare(contract: &Contract<'_>, target: &Target) -> Result<Prepared, PackageError> {
    check_target(target.get("crate"))?;
    let schema = contract.schema;
    let files = shared::generated(contract, LANGUAGE);
    let descriptor_set = shared::edited_set(
        contract,
        LANGUAGE,
        |id, proto| {
            let mut changed = lower::lower(schema, id, proto)
                .map_err(|e| PackageError::Lower { language: LANGUAGE, source: Box::new(e) })?;
            if let Some(info) = proto.source_code_info.as_option_mut() {
                // protoc-gen-tonic looks comments up by bisection.
                changed |= !info.location.is_sorted_by(|a, b| a.path <= b.path);
                info.location.sort_by(|a, b| a.path.cmp(&b.path));
            }
            Ok(changed)
        },
        |id| files.contains(&id),
    )?;
    // Generators before that parameter know one folder only.
    let flat = if is_older(target) { "" } else { "flat_output_dir," };
    let mut prost = format!("{flat}default_package_filename=_.rs");
    for (_, path) in lower::recursive_groups(schema, &files) {
        prost.push_str(&format!(",boxed={path}"));
    }
    // The well-known types of prost have no serde.
    let known = format!(",compile_well_known_types,extern_path=.google.protobuf={}", pbjson::WELL_KNOWN);
    let known = if target.has(SERDE) { known } else { String::new() };
    prost.push_str(&known);
    let names = shared::names(schema, &files);
    let mut calls = vec![PluginCall {
        plugin: Plugin::PROST,
        parameter: prost,
        files: names.clone(),
        folder: String::new(),
    }];
    if shared::has_services(schema, &files) {
        let mut tonic = format!("{flat}default_package_filename=_.rs,no_include");
        if connects(schema, &files) {
            tonic.push_str(",no_transport");
        }
        tonic.push_str(&known);
        calls.push(PluginCall {
            plugin: Plugin::TONIC,
            parameter: tonic,
            files: names.clone(),
            folder: String::new(),
        });
    }
    if target.has(SERDE) {
        calls.push(PluginCall {
            plugin: Plugin::PBJSON,
            parameter: String::new(),
            files: names,
            folder: String::new(),
        });
    }
    Ok(Prepared { descriptor_set, calls })
}

/// Whether some method would be called like the function that tonic writes beside it.
fn connects(schema: &Schema, files: &[FileId]) -> bool {
    schema.services().any(|(_, s)| {
        files.contains(&s.file)
            && s.methods.iter().any(|m| schema.method(*m).name.to_snake_case() == "connect")
    })
}

/// The modules of a crate.
#[derive(Default)]
struct Node {
    /// The package that ends here, and what there is of it beside messages: `tonic`, `serde`.
    package: Option<(String, Vec<&'static str>)>,
    children: BTreeMap<String, Node>,
}

fn build(contract: &Contract<'_>, target: &Target, generated: FileTree) -> Result<Package, PackageError> {
    let (krate, line) = (target.get("crate"), super::line(target));
    check_target(krate)?;
    let schema = contract.schema;
    let files = shared::generated(contract, LANGUAGE);
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
        let more = [(services, "tonic"), (generated.get(&serde).is_some(), "serde")];
        node.package = Some((stem.to_owned(), more.iter().filter(|m| m.0).map(|m| m.1).collect()));
        if let Some(code) = generated.get(&serde) {
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
    let features: Vec<String> = with_services.iter().map(|p| feature(p)).collect();
    let services = !features.is_empty();
    let mut modules = String::new();
    tree(&root, 0, &mut modules);
    let mut put = |path: &str, content: String| shared::add(&mut out, LANGUAGE, path, content);
    put(
        "Cargo.toml",
        render(
            include_str!("templates/rust/Cargo.toml.j2"),
            context! {
                about => &about, krate, features => &features, services, rust => line.version("rust"),
                prost => line.version("prost"), tonic => line.version("tonic"),
                tonic_prost => line.version("tonic-prost"), known => &known,
                pbjson => if target.has(SERDE) { line.version("pbjson") } else { "" },
            },
        ),
    )?;
    put(
        "src/lib.rs",
        render(
            include_str!("templates/rust/lib.rs.j2"),
            context! {
                about => &about, modules => modules.trim_end(), descriptors => DESCRIPTORS,
                re_exports => target.has(RE_EXPORTS), features => &features, known => &known,
                recursion_limit => recursion_limit(schema, &files),
            },
        ),
    )?;
    let connect = !connects(schema, &files);
    let example = example::pick(contract, &files).map(|e| shown(schema, &e, target, connect));
    put(
        "README.md",
        render(
            include_str!("templates/rust/README.md.j2"),
            context! {
                about => &about, krate, features, example, name => module(krate), prost => line.version("prost"),
                tonic => line.version("tonic"), re_exports => target.has(RE_EXPORTS), known,
                serde => target.has(SERDE),
            },
        ),
    )?;
    shared::add_legal(&mut out, LANGUAGE, "", contract)?;
    shared::add(&mut out, LANGUAGE, &format!("src/{DESCRIPTORS}"), shared::embedded(contract))?;
    Ok(Package { language: LANGUAGE, coordinate: format!("{krate}@{}", contract.version), files: out })
}

/// `user.v1` has the features `user-v1-client` and `user-v1-server`.
fn feature(package: &str) -> String {
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

fn shown(schema: &Schema, example: &Example<'_>, target: &Target, connect: bool) -> minijinja::Value {
    let (krate, serde) = (module(target.get("crate")), target.has(SERDE));
    let request = schema.message_by_name(&example.request.full_name).expect("the request is in the schema");
    let client = names::service(schema, example.method.parent).client;
    let client_name = client.rsplit("::").next().unwrap_or(&client);
    // What is no struct has no fields to set.
    let known = example.request.full_name.strip_prefix("google.protobuf.").filter(|_| serde);
    let field = example.field.filter(|_| known.is_none() && plain(&example.request.full_name).is_none());
    let request = rust_type_of(schema, target, &krate, request);
    context! {
        client => format!("{krate}::{client}"),
        client_name,
        method => names::method(&example.method.name).function,
        well_known => request.starts_with("prost_types::") || known.is_some(),
        request,
        unary => example.unary(),
        client_streaming => example.method.client_streaming,
        server_streaming => example.method.server_streaming,
        field => field.map(|f| module(&f.name)),
        full => example.request.fields.len() == 1,
        connect,
    }
}
