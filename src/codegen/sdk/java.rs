//! The Maven project.
//!
//! A file without `java_package` goes to `GROUP.<proto package>`, and a file that does not say otherwise gets one
//! class a file. Both are set in the descriptors that the plugins see; the contract's own descriptors, as they are
//! shipped, stay untouched.

pub mod bom;
mod kotlin;
mod lite;
mod names;
mod private;
mod project;
mod room;

use self::project::Workbench;
use super::common::{self, Family};
use super::example::Example;
use super::shared;
use super::split;
use super::used::{Used, UsedService, own_services};
use super::{Key, Line, Lines, PackageError, Plugin, PluginCall, Prepared, Sdk, Table, versions};
use crate::codegen::build::{BuildError, Run, Stop};
use crate::codegen::plugin::spec::{EDITION_2024, EDITION_PROTO3, PROTOC};
use crate::codegen::plugin::{Form, Pinned, Source};
use crate::codegen::{Contract, FileTree, Package, Target};
use crate::config::generate::all;
use crate::schema::{Element, FileId, MessageId, Schema, Syntax};
use crate::surface::{in_file_class, java as surface};
use crate::words::Language;

const LANGUAGE: Language = Language::Java;

/// Messages are those of the lite runtime, as Android uses it.
const LITE: &str = "lite";

/// Messages have builders for Kotlin.
const KOTLIN: &str = "kotlin";

/// Services have clients and servers for Kotlin's coroutines.
const COROUTINES: &str = "coroutines";

static KEYS: [Key; 2] = [
    Key {
        name: "group",
        what: "a Maven group",
        good: java_group,
        hint: "for example `com.acme.contracts`",
        usual: None,
        stand_in: "protopact.invalid",
    },
    Key {
        name: "artifact",
        what: "a Maven artifact",
        good: artifact,
        hint: "for example `acme-contracts`",
        usual: Some(|contract| contract.replace('/', "-")),
        stand_in: "contract",
    },
];

fn java_group(text: &str) -> bool {
    text.split('.').all(|part| all(part, "_-"))
}

fn artifact(text: &str) -> bool {
    all(text, "._-") && !text.starts_with('.')
}

/// Services. 1.83.1 is the last version with executables; what it writes runs with later runtimes.
pub static SERVICES: Pinned = Pinned {
    name: "protoc-gen-grpc-java",
    version: "1.83.1",
    source: Source::Maven { group: "io.grpc", artifact: "protoc-gen-grpc-java", form: Form::Program },
    services_only: true,
    newest_edition: EDITION_2024,
};

/// Clients and servers for Kotlin's coroutines, around those of Java.
pub static COROUTINE_SERVICES: Pinned = Pinned {
    name: "protoc-gen-grpc-kotlin",
    version: versions::GRPC_KOTLIN,
    source: Source::Maven { group: "io.grpc", artifact: "protoc-gen-grpc-kotlin", form: Form::Jar("jdk8") },
    services_only: true,
    newest_edition: EDITION_PROTO3,
};

/// A protoc that writes for an older runtime, which has its version.
static PROTOC_3_25: Pinned = Pinned {
    name: "protoc-java",
    version: "3.25.9",
    source: Source::Maven { group: "com.google.protobuf", artifact: "protoc", form: Form::Protoc },
    services_only: false,
    newest_edition: EDITION_PROTO3,
};

impl Plugin {
    /// Java messages; built into protoc.
    pub const JAVA: Plugin = Plugin("java");
    /// What Kotlin has beside Java messages; built into protoc.
    pub const KOTLIN: Plugin = Plugin("kotlin");
    /// Java services.
    pub const JAVA_GRPC: Plugin = Plugin("protoc-gen-grpc-java");
    /// What Kotlin has beside Java services.
    pub const KOTLIN_GRPC: Plugin = Plugin("protoc-gen-grpc-kotlin");
}

static LINES: Lines = Lines {
    key: "runtime",
    all: &[
        Line {
            name: "4.36",
            plugins: &[(&PROTOC, "java"), (&SERVICES, "")],
            options: &[(KOTLIN, &PROTOC, "kotlin"), (COROUTINES, &COROUTINE_SERVICES, "")],
            asks: &[
                ("protobuf", versions::PROTOBUF_JAVA),
                ("protobuf-kotlin", versions::PROTOBUF_JAVA),
                ("grpc", versions::GRPC_JAVA),
                ("common-protos", "2.81.0"),
                ("iam", "1.76.0"),
            ],
        },
        // The versions that `grpc-protobuf` itself names.
        Line {
            name: "3.25",
            plugins: &[(&PROTOC_3_25, "java"), (&SERVICES, "")],
            options: &[(KOTLIN, &PROTOC_3_25, "kotlin"), (COROUTINES, &COROUTINE_SERVICES, "")],
            asks: &[
                ("protobuf", PROTOC_3_25.version),
                // The last that was published.
                ("protobuf-kotlin", "3.25.8"),
                ("grpc", versions::GRPC_JAVA),
                ("common-protos", "2.64.1"),
                ("iam", "1.59.2"),
            ],
        },
    ],
};

pub(super) struct Java;

impl Sdk for Java {
    fn keys(&self) -> &'static [Key] {
        &KEYS
    }

    fn name_key(&self) -> &'static str {
        "artifact"
    }

    fn flags(&self) -> &'static [&'static str] {
        &[KOTLIN, COROUTINES, LITE]
    }

    fn needed_by(&self, flag: &str) -> Option<&'static str> {
        (flag == COROUTINES).then_some(KOTLIN)
    }

    fn tables(&self) -> &'static [&'static Table] {
        static TABLES: [&Table; 2] = [&bom::TABLE, &split::TABLE];
        &TABLES
    }

    fn coordinate(&self) -> &'static str {
        "Maven coordinates"
    }

    fn lines(&self) -> &'static Lines {
        &LINES
    }

    /// A build number, which Maven sorts behind the version without one.
    fn rebuilt(&self, version: &str, build: u32) -> Option<String> {
        Some(format!("{version}-{build}"))
    }

    fn runtime_has(&self, file: &str) -> bool {
        file == "google/protobuf/java_features.proto"
    }

    fn check(&self, contract: &Contract<'_>, target: &Target, out: &mut Vec<PackageError>) {
        let group = target.get("group");
        match check_target(group, target.get("artifact")).and_then(|()| bom::check(target)) {
            Ok(()) => {
                let (schema, files) = (contract.schema, generated(contract, target));
                names::check(contract, target, &files, out);
                split::check(contract, target, &files, out);
                if target.has(KOTLIN) {
                    kotlin::check(schema, &files, target, out);
                }
                room::services(schema, &files, out);
                if target.has(LITE) {
                    lite::check(schema, &files, out);
                    room::constants(schema, &files, out);
                } else {
                    room::check(schema, &files, target, out);
                }
            }
            Err(error) => out.push(error),
        }
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
        let (group, artifact) = (target.get("group"), target.get("artifact"));
        check_target(group, artifact)?;
        let services = own_services(contract, &generated(contract, target)).into_iter();
        let services = services.map(|(file, id)| {
            let import = package_of(contract.schema, file, group);
            let name = contract.schema.service(id).name.to_string();
            UsedService { id, called: import.clone(), import, name }
        });
        let version = shared::package_version(contract, LANGUAGE, contract.version.to_owned())?;
        Ok(Used { package: format!("{group}:{artifact}"), version, services: services.collect() })
    }

    fn try_out(&self, run: &mut Run<'_>, package: &Package) -> Result<(), Stop> {
        const QUIET: [&str; 4] = ["-q", "-B", "-ntp", "-DskipTests"];
        let all = format!("{}pom.xml", split::FOLDER);
        let bom = format!("{}pom.xml", bom::FOLDER);
        let together: &[&str] = if package.files.get(&all).is_some() { &["-f", &*all] } else { &[] };
        let offline = [&QUIET[..], &["-o"], together, &["package"]].concat();
        if together.is_empty() && package.files.get(&bom).is_some() {
            run.step("mvn", &[&QUIET[..], &["-o", "-f", &*bom, "package"]].concat())?;
        }
        let projects = projects(package);
        if run.try_step("mvn", &offline)?.is_err() {
            // Something was not there yet, or the code is wrong; the second run tells which.
            run.step("mvn", &[&QUIET[..], together, &["package"]].concat())?;
            for (folder, _) in &projects {
                let target = run.root.join(folder).join("target");
                std::fs::remove_dir_all(&target)
                    .map_err(|source| BuildError { path: target.clone(), source })?;
            }
            run.step("mvn", &offline)?;
        }
        let version = package.coordinate.rsplit(':').next().unwrap_or_default();
        for (folder, artifact) in projects {
            let made = built_of(&package.files, &folder);
            let target = run.root.join(&folder).join("target");
            run.hold_archive(&target.join(format!("{artifact}-{version}.jar")), made)?;
        }
        Ok(())
    }
}

/// The projects of a package that make a jar: the folder, and the artifact.
fn projects(package: &Package) -> Vec<(String, String)> {
    let own = package.coordinate.rsplit(':').nth(1).unwrap_or_default();
    let artifact = |folder: &str| match folder.strip_prefix(split::FOLDER) {
        Some(part) => format!("{own}-{part}"),
        None => own.to_owned(),
    };
    split::made_in(&package.files, "pom.xml").map(|folder| (folder.clone(), artifact(&folder))).collect()
}

/// What has to be in the jar of a project that is in a folder.
fn built_of<'a>(files: &'a FileTree, folder: &str) -> impl Iterator<Item = String> + use<'a> {
    let root = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    files.iter().flat_map(move |(path, content)| {
        let Some(path) = path.strip_prefix(&root) else { return Vec::new() };
        match path.strip_prefix("src/main/java/") {
            Some(source) if source.ends_with(".kt") => objects(source, content),
            Some(source) => {
                source.strip_suffix(".java").map(|class| format!("{class}.class")).into_iter().collect()
            }
            None => path.strip_prefix("src/main/resources/").map(str::to_owned).into_iter().collect(),
        }
    })
}

/// The classes of the objects in a file of Kotlin, which need not be called like it. Where there is none, it may be that
/// nothing is made of the file.
fn objects(source: &str, content: &[u8]) -> Vec<String> {
    let folder = source.rfind('/').map_or("", |at| &source[..=at]);
    let text = String::from_utf8_lossy(content);
    let names = text.lines().filter_map(|line| line.strip_prefix("public object ")?.split(' ').next());
    names.map(|name| format!("{folder}{name}.class")).collect()
}

/// The files that the package has itself.
fn generated(contract: &Contract<'_>, target: &Target) -> Vec<FileId> {
    if target.has(LITE) { lite::generated(contract) } else { shared::generated(contract, LANGUAGE) }
}

/// The Maven artifact in `com.google.api.grpc` and the version it is pinned to.
fn published(family: Family, line: &Line) -> (&'static str, &'static str) {
    match family {
        Family::Iam => ("proto-google-iam-v1", line.version("iam")),
        _ => ("proto-google-common-protos", line.version("common-protos")),
    }
}

fn check_target(group: &str, artifact: &str) -> Result<(), PackageError> {
    let refuse =
        |what, value: &str| PackageError::Target { language: LANGUAGE, what, value: value.to_owned() };
    if !names::is_package(group) {
        return Err(refuse("Maven group that is a Java package too", group));
    }
    let valid = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if artifact.is_empty() || artifact.starts_with(['.', '-']) || !artifact.chars().all(valid) {
        return Err(refuse("Maven artifact", artifact));
    }
    Ok(())
}

/// The Java package of a file that the project generates.
pub(super) fn java_package(schema: &Schema, id: FileId, group: &str) -> String {
    let file = schema.file(id);
    if let Some(own) = file.options.as_deref().and_then(|o| o.java_package.as_deref()) {
        return own.to_owned();
    }
    let mut package = group.to_owned();
    for part in file.package.split('.').filter(|p| !p.is_empty()) {
        package.push('.');
        package.push_str(part);
        if names::is_keyword(part) {
            package.push('_');
        }
    }
    package
}

/// Whether every type of a file gets a file of its own. Of what is published elsewhere, only what says so.
pub(super) fn multiple_files(schema: &Schema, id: FileId) -> bool {
    let file = schema.file(id);
    let own = file.options.as_deref().and_then(|o| o.java_multiple_files);
    own.unwrap_or_else(|| common::home(LANGUAGE, &file.name).is_none())
}

/// From edition 2024 on a feature says it, and its default is one file a type.
fn is_split(syntax: Syntax) -> bool {
    matches!(syntax, Syntax::Edition(n) if n > 1000)
}

/// What the jar is called as a module (`Automatic-Module-Name`): without it, the name of its file, which changes with the
/// version. Packages of one group are several modules.
fn module(group: &str, artifact: &str) -> String {
    let words = artifact.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let last = words.collect::<Vec<_>>().join("_");
    let safe = if names::is_name(&last) { last } else { format!("_{last}") };
    format!("{group}.{safe}")
}

/// The class that stands for a message or an enum in the Java package of a group: `com.acme.user.v1.User`.
#[must_use]
pub fn java_class(schema: &Schema, group: &str, element: Element) -> String {
    let file = schema.file_of(element);
    let apart = match is_split(schema.file(file).syntax) {
        true => !in_file_class(LANGUAGE, schema, element),
        false => multiple_files(schema, file),
    };
    let (package, nested) = (java_package(schema, file, group), schema.nested_name(element));
    let outer = if apart { String::new() } else { format!(".{}", names::outer_class(schema, file)) };
    format!("{package}{outer}.{nested}")
}

fn prepare(contract: &Contract<'_>, target: &Target) -> Result<Prepared, PackageError> {
    let group = target.get("group");
    check_target(group, target.get("artifact"))?;
    let schema = contract.schema;
    let files = generated(contract, target);
    let lite = target.has(LITE);
    let descriptor_set = shared::edited_set(
        contract,
        LANGUAGE,
        |id, proto| {
            let options = proto.options.get_or_insert_default();
            options.java_package.get_or_insert_with(|| java_package(schema, id, group));
            if !is_split(schema.file(id).syntax) {
                options.java_multiple_files.get_or_insert(true);
            }
            if surface::outer_class(schema, id).0 != names::outer_class(schema, id) {
                options.java_outer_classname = Some(names::outer_class(schema, id));
            }
            if lite {
                lite::strip(proto);
            }
            Ok(true)
        },
        |id| {
            let options = schema.file(id).options.as_deref();
            let package = options.is_some_and(|o| o.java_package.is_some());
            let multiple = options.is_some_and(|o| o.java_multiple_files.is_some());
            let said = package && (multiple || is_split(schema.file(id).syntax));
            let class = surface::outer_class(schema, id).0 == names::outer_class(schema, id);
            files.contains(&id) && (lite || !(said && class))
        },
    )?;
    let parts = split::parts(schema, target, &files);
    let mut calls = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let mut call = |plugin, files: Vec<String>| {
            calls.push(PluginCall {
                plugin,
                parameter: if lite { LITE } else { "" }.to_owned(),
                files,
                folder: split::place(&parts, at),
            });
        };
        call(Plugin::JAVA, shared::names(schema, &part.files));
        if target.has(KOTLIN) {
            call(Plugin::KOTLIN, shared::names(schema, &part.files));
        }
        let with_services = shared::names_with_services(schema, &part.files);
        if !with_services.is_empty() {
            if target.has(COROUTINES) {
                call(Plugin::KOTLIN_GRPC, with_services.clone());
            }
            call(Plugin::JAVA_GRPC, with_services);
        }
    }
    Ok(Prepared { descriptor_set, calls })
}

fn build(contract: &Contract<'_>, target: &Target, made: FileTree) -> Result<Package, PackageError> {
    let (group, artifact) = (target.get("group"), target.get("artifact"));
    check_target(group, artifact)?;
    let parts = split::parts(contract.schema, target, &generated(contract, target));
    let version = shared::package_version(contract, LANGUAGE, contract.version.to_owned())?;
    let tree = |source| PackageError::Tree { language: LANGUAGE, source };
    let bench = Workbench::new(contract, target, &parts, &version);
    let mut out = FileTree::new();
    for (at, part) in parts.iter().enumerate() {
        let made = split::made_of(&parts, at, &made);
        out.merge(&part.folder(), bench.project(at, made)?).map_err(tree)?;
    }
    let mut put = |path: &str, content: String| shared::add(&mut out, LANGUAGE, path, content);
    if let Some((group, artifact)) = bom::name(target) {
        put(&format!("{}pom.xml", bom::FOLDER), bench.bom(group, artifact))?;
    }
    if parts.len() > 1 {
        put(&format!("{}pom.xml", split::FOLDER), bench.together())?;
    }
    let coordinate = format!("{group}:{artifact}:{version}");
    Ok(Package { language: LANGUAGE, coordinate, files: out })
}

/// Where the text of a licence is, for one that SPDX knows.
fn licence_url(licence: &str) -> Option<String> {
    let known = spdx::license_id(licence)?;
    Some(format!("https://spdx.org/licenses/{}.html", known.name))
}

fn schema_message(schema: &Schema, example: &Example<'_>) -> MessageId {
    schema.message_by_name(&example.request.full_name).expect("the request is in the schema")
}

/// The package of any file, the published ones included; these all say it themselves.
fn package_of(schema: &Schema, file: FileId, group: &str) -> String {
    java_package(schema, file, group)
}

/// A class by its full name.
fn class(schema: &Schema, message: MessageId, group: &str) -> String {
    java_class(schema, group, Element::Message(message))
}

#[cfg(test)]
mod tests {
    use super::{module, objects};

    #[test]
    fn objects_of_kotlin_are_classes_whatever_their_file_is_called() {
        let text = "package a\n\npublic object FooGrpcKt {\n  public companion object {\n  }\n  public object InKt {\n";
        let text = format!("{text}}}\npublic object BarGrpcKt {{\n}}\n");
        let classes = objects("a/b/OuterGrpcKt.kt", text.as_bytes());
        assert_eq!(classes, ["a/b/FooGrpcKt.class", "a/b/BarGrpcKt.class"]);
        assert_eq!(objects("Empty.kt", b"package a\n"), <[&str; 0]>::default());
    }

    #[test]
    fn a_jar_is_a_module_whatever_it_is_called() {
        for (artifact, name) in [
            ("acme-contracts", "com.acme.acme_contracts"),
            ("pay.v1", "com.acme.pay_v1"),
            ("2fa", "com.acme._2fa"),
            ("int", "com.acme._int"),
        ] {
            assert_eq!(module("com.acme", artifact), name);
        }
    }
}
