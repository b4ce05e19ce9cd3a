//! The crate.
//!
//! One module a package component, in which the files that prost and tonic wrote are included. Clients and servers
//! stand behind features, one pair a package with services: `user-v1-client`, `user-v1-server`; `client` and `server`
//! take all of them and are on by default.

mod names;
mod project;
mod serde;

use std::fmt::Write as _;

use heck::ToSnakeCase;

use self::project::Workbench;
use super::shared::{self, DESCRIPTORS};
use super::used::{Used, UsedService, own_services};
use super::{Key, Line, Lines, PackageError, Plugin, PluginCall, Prepared, Sdk, Table, split, versions};
use crate::codegen::build::{Outcome, Run, Stop, write};
use crate::codegen::plugin::spec::EDITION_2026;
use crate::codegen::plugin::{Library, Pinned, Source};
use crate::codegen::{Contract, FileTree, Package, Target, lower, pbjson};
use crate::config::generate::all;
use crate::schema::{Element, FileId, MessageId, MethodId, Schema, ServiceId, Syntax};
use crate::surface::rust::{camel, snake as module};
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
    newest_edition: EDITION_2026,
};

/// Services.
pub static SERVICES: Pinned = Pinned {
    name: "protoc-gen-tonic",
    version: "0.5.0",
    source: Source::Library(Library::Tonic),
    services_only: true,
    newest_edition: EDITION_2026,
};

/// Messages and services of an older line. Only one version can be a library of protopact.
const fn older(name: &'static str, version: &'static str, services_only: bool) -> Pinned {
    Pinned { name, version, source: Source::Cargo, services_only, newest_edition: EDITION_2026 }
}

static MESSAGES_0_13: Pinned = older("protoc-gen-prost", "0.4.0", false);
static SERVICES_0_13: Pinned = older("protoc-gen-tonic", "0.4.1", true);

/// serde for messages.
static PBJSON: Pinned = Pinned {
    name: "pbjson-build",
    version: "0.9.0",
    source: Source::Library(Library::Pbjson),
    services_only: false,
    newest_edition: EDITION_2026,
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

    fn tables(&self) -> &'static [&'static Table] {
        static TABLES: [&Table; 1] = [&split::TABLE];
        &TABLES
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
        let (schema, files) = (contract.schema, shared::generated(contract, LANGUAGE));
        let crates: Vec<String> = split::packages(target).collect();
        out.extend(crates.iter().find_map(|krate| check_target(krate).err()));
        split::check(contract, target, &files, out);
        if target.has(SERDE) {
            serde::check(contract, &files, out);
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
        let mut taken: Vec<String> = Vec::new();
        if target.has(RE_EXPORTS) {
            taken.extend(LIBRARIES.map(str::to_owned));
            // Of several crates, each hands on those that it needs.
            taken.extend(crates.iter().filter(|_| crates.len() > 1).map(|krate| module(krate)));
        }
        out.append(&mut names::check(contract, &files, &taken));
        let crate_of = |file| split::package_of(schema, target, file);
        out.append(&mut names::check_files(contract, &files, crate_of, target.has(SERDE)));
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
        build(contract, target, &generated)
    }

    fn used(&self, contract: &Contract<'_>, target: &Target) -> Result<Used, PackageError> {
        let krate = target.get("crate");
        check_target(krate)?;
        let version = shared::version(contract, LANGUAGE)?.to_string();
        let services = own_services(contract, &shared::generated(contract, LANGUAGE)).into_iter();
        let services = services.map(|(file, id)| {
            let import = split::package_of(contract.schema, target, file);
            let name = camel(&contract.schema.service(id).name);
            UsedService { id, called: module(&import), import, name }
        });
        Ok(Used { package: krate.to_owned(), version, services: services.collect() })
    }

    fn try_out(&self, run: &mut Run<'_>, package: &Package) -> Result<(), Stop> {
        // A program that names everything that has to be in the crates is checked with them, in the one or the other.
        let uses = names::uses(package, &format!("src/{DESCRIPTORS}")).map_err(|output| {
            let step = format!("reading src/{DESCRIPTORS}");
            Stop::Outcome(Outcome::Failed { step, output })
        })?;
        for (folder, uses) in uses {
            let root = if folder.is_empty() { run.root.clone() } else { run.root.join(&folder) };
            write(&root.join("examples/made.rs"), uses.as_bytes())?;
            let manifest = if folder.is_empty() { folder } else { format!("{folder}/") } + "Cargo.toml";
            let mut check = vec!["check", "-q", "--lib", "--examples"];
            if manifest.contains('/') {
                check.extend(["--manifest-path", &*manifest]);
            }
            run.step("cargo", &[&check[..], &["--no-default-features"]].concat())?;
            let said = package.files.get(&manifest).map(|c| String::from_utf8_lossy(c).into_owned());
            if said.is_some_and(|m| m.contains("[features]")) {
                run.step(
                    "cargo",
                    &[&check[..], &["--no-default-features", "--features", "client"]].concat(),
                )?;
                run.step("cargo", &check)?;
            }
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
        // Those of others, which it leaves out, prost looks at too.
        |id| files.contains(&id) || matches!(schema.file(id).syntax, Syntax::Edition(_)),
    )?;
    // Generators before that parameter know one folder only.
    let flat = if is_older(target) { "" } else { "flat_output_dir," };
    // The well-known types of prost have no serde.
    let known = format!(",compile_well_known_types,extern_path=.google.protobuf={}", pbjson::WELL_KNOWN);
    let known = if target.has(SERDE) { known } else { String::new() };
    let parts = split::parts(schema, target, &files);
    let mut calls = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let mut call = |plugin, parameter| {
            let (files, folder) = (shared::names(schema, &part.files), split::place(&parts, at));
            calls.push(PluginCall { plugin, parameter, files, folder });
        };
        let mut others = String::new();
        for (name, path) in project::of_others(schema, &parts, at).into_values().flatten() {
            let _ = write!(others, ",{}=.{name}={path}", pbjson::EXTERN);
        }
        let mut prost = format!("{flat}default_package_filename=_.rs");
        for (_, path) in lower::recursive_groups(schema, &part.files) {
            let _ = write!(prost, ",boxed={path}");
        }
        call(Plugin::PROST, prost + &known + &others);
        if shared::has_services(schema, &part.files) {
            let mut tonic = format!("{flat}default_package_filename=_.rs,no_include");
            if connects(schema, &part.files) {
                tonic.push_str(",no_transport");
            }
            call(Plugin::TONIC, tonic + &known + &others);
        }
        if target.has(SERDE) {
            call(Plugin::PBJSON, others.trim_start_matches(',').to_owned());
        }
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

fn build(contract: &Contract<'_>, target: &Target, generated: &FileTree) -> Result<Package, PackageError> {
    let krate = target.get("crate");
    check_target(krate)?;
    let parts = split::parts(contract.schema, target, &shared::generated(contract, LANGUAGE));
    let bench = Workbench::new(contract, target, &parts);
    let mut out = FileTree::new();
    for (at, part) in parts.iter().enumerate() {
        let project = bench.project(at, &split::made_of(&parts, at, generated))?;
        let tree = |source| PackageError::Tree { language: LANGUAGE, source };
        out.merge(&part.folder(), project).map_err(tree)?;
    }
    Ok(Package { language: LANGUAGE, coordinate: format!("{krate}@{}", contract.version), files: out })
}
