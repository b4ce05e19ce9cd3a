//! The Python distribution: one import package that holds the proto tree.
//!
//! protoc imports by the proto's path (`from user.v1 import user_pb2`), which only works when `user` stands at the
//! top of the search path, where it is in everybody's way. Here the tree stands below the distribution's own package
//! and imports are relative to it; what else changes in the generated files is said in `python_imports`.

mod imports;
mod known;
mod names;
mod project;
mod reserved;
mod stub_names;
mod stubs;

use std::fmt::Write as _;

use self::project::Workbench;
use super::common::{self, Family};
use super::example::Example;
use super::used::{Used, UsedService, own_services};
use super::{
    Key, Line, Lines, PackageError, Plugin, PluginCall, Prepared, Sdk, Table, shared, split, versions,
};
use crate::codegen::build::{BuildError, Outcome, Run, Stop, write};
use crate::codegen::plugin::spec::{EDITION_2023, GRPC_PYTHON, PROTOC};
use crate::codegen::plugin::{Pinned, Source};
use crate::codegen::{Contract, FileTree, Package, Target};
use crate::config::generate::all;
use crate::schema::{Element, FileId, Schema};
use crate::surface::python::{is_keyword, module as module_of};
use crate::text::pep_440;
use crate::words::Language;
use imports::place_of_module;

const LANGUAGE: Language = Language::Python;

static KEYS: [Key; 1] = [Key {
    name: "package",
    what: "the name of a Python package",
    good: python_name,
    hint: "for example `acme-contracts`",
    usual: None,
    stand_in: "protopact-contract",
}];

fn python_name(text: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    all(text, "._-") && edge(text.chars().next()) && edge(text.chars().next_back())
}

/// The builder of the Python package.
const PYTHON_BUILD: &str = "build==1.6.1";
/// An installer that can work in another environment than its own.
const PYTHON_PIP: &str = "pip>=22.3";
/// The checker, and types for what the package imports; these follow their runtimes and are not pinned.
const PYTHON_CHECK: [&str; 3] = ["mypy==2.4.1", "types-protobuf", "types-grpcio"];

impl Plugin {
    /// Python messages; built into protoc.
    pub const PYTHON: Plugin = Plugin("python");
    /// Python type stubs; built into protoc.
    pub const PYI: Plugin = Plugin("pyi");
    /// Python services.
    pub const PYTHON_GRPC: Plugin = Plugin("grpc_python");
}

/// A grpcio-tools whose protoc writes for an older runtime. All of a package is made with it.
const fn tools(version: &'static str) -> Pinned {
    let name = GRPC_PYTHON.name;
    Pinned { name, version, source: Source::Pip, services_only: false, newest_edition: EDITION_2023 }
}

static TOOLS_6: Pinned = tools("1.76.0");
static TOOLS_5: Pinned = tools("1.71.2");

static LINES: Lines = Lines {
    key: "runtime",
    all: &[
        Line {
            name: "7",
            plugins: &[(&PROTOC, "python"), (&PROTOC, "pyi"), (&GRPC_PYTHON, "grpc_python")],
            options: &[],
            asks: &[
                ("protobuf", versions::PROTOBUF_PYTHON),
                ("grpcio", versions::GRPC_PYTHON),
                ("common-protos", "1.76.0"),
                ("iam", "0.14.6"),
            ],
        },
        // The last of Google's packages that ask for no later protobuf than the line's.
        Line {
            name: "6",
            plugins: &[(&TOOLS_6, "python"), (&TOOLS_6, "pyi"), (&TOOLS_6, "grpc_python")],
            options: &[],
            asks: &[
                ("protobuf", "6.31.1"),
                ("grpcio", "1.76.0"),
                ("common-protos", "1.75.0"),
                ("iam", "0.14.4"),
            ],
        },
        Line {
            name: "5",
            plugins: &[(&TOOLS_5, "python"), (&TOOLS_5, "pyi"), (&TOOLS_5, "grpc_python")],
            options: &[],
            asks: &[
                ("protobuf", "5.29.0"),
                ("grpcio", "1.71.2"),
                ("common-protos", "1.75.0"),
                ("iam", "0.14.4"),
            ],
        },
    ],
};

pub(super) struct Python;

impl Sdk for Python {
    fn keys(&self) -> &'static [Key] {
        &KEYS
    }

    fn name_key(&self) -> &'static str {
        KEYS[0].name
    }

    fn tables(&self) -> &'static [&'static Table] {
        static TABLES: [&Table; 1] = [&split::TABLE];
        &TABLES
    }

    fn coordinate(&self) -> &'static str {
        "Python package"
    }

    fn lines(&self) -> &'static Lines {
        &LINES
    }

    /// A post-release of PEP 440, of which versions under development have none.
    fn rebuilt(&self, version: &str, build: u32) -> Option<String> {
        (!version.contains("dev")).then(|| format!("{version}.post{build}"))
    }

    fn takes_a_path_once(&self) -> Option<&'static str> {
        Some("Python process")
    }

    fn check(&self, contract: &Contract<'_>, target: &Target, out: &mut Vec<PackageError>) {
        out.extend(import_name(target.get("package")).err());
        out.extend(version_of(contract).err());
        let files = shared::generated(contract, LANGUAGE);
        names::check(contract, &files, out);
        split::check(contract, target, &files, out);
        project::check(contract, target, &files, out);
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
        let package = target.get("package");
        let import = import_name(package)?;
        let services = own_services(contract, &shared::generated(contract, LANGUAGE)).into_iter();
        let services = services.map(|(file, id)| {
            let (folder, module) = python_place(contract.schema, file, &import);
            let import = format!("{folder}.{module}_grpc");
            let name = contract.schema.service(id).name.to_string();
            UsedService { id, called: import.clone(), import, name }
        });
        let services = services.collect();
        Ok(Used { package: package.to_owned(), version: version_of(contract)?, services })
    }

    fn try_out(&self, run: &mut Run<'_>, package: &Package) -> Result<(), Stop> {
        let place = |path: &str| run.scratch.join(path).display().to_string();
        let (tools, fresh, dist) = (place("tools"), place("fresh"), place("dist"));
        let bin = if cfg!(windows) { "Scripts" } else { "bin" };
        let in_tools = format!("{tools}/{bin}/python");
        let in_fresh = format!("{fresh}/{bin}/python");
        let quiet = ["install", "-q", "--disable-pip-version-check"];
        let into_fresh = [&["-m", "pip", "--python", &in_fresh][..], &quiet].concat();
        // To put an installer into an environment takes longer than to have the one outside, since pip 22.3, install there.
        run.step("python3", &["-m", "venv", "--without-pip", &tools])?;
        let outside = ["-m", "pip", "--python", &in_tools];
        let (program, pip) = match run.try_step("python3", &[&outside[..], &["--version"]].concat())? {
            Ok(_) => ("python3", &outside[..]),
            Err(_) => {
                run.step("python3", &["-m", "venv", "--clear", &tools])?;
                (&*in_tools, &outside[..2])
            }
        };
        run.step(program, &[pip, &quiet, &[PYTHON_BUILD, PYTHON_PIP]].concat())?;
        let folders: Vec<String> = split::made_in(&package.files, "pyproject.toml").collect();
        let projects: Vec<FileTree> =
            folders.iter().map(|folder| split::project(&package.files, folder)).collect();
        let outdir = |at: usize| if at == 0 { dist.clone() } else { format!("{dist}/{at}") };
        for (at, folder) in folders.iter().enumerate() {
            let source = if folder.is_empty() { "." } else { folder };
            run.step(&in_tools, &["-m", "build", "--outdir", &outdir(at), source])?;
        }
        // The distribution's own environment has nothing but what it asks for, no installer either: to put one there
        // takes longer than anything else here.
        run.step("python3", &["-m", "venv", "--without-pip", &fresh])?;
        let mut wheels = Vec::new();
        for (at, project) in projects.iter().enumerate() {
            let dist = outdir(at);
            let wheel = std::fs::read_dir(&dist)
                .map_err(|source| BuildError { path: dist.clone().into(), source })?
                .filter_map(|entry| Some(entry.ok()?.path().display().to_string()))
                .filter(|path| path.ends_with(".whl"))
                .min();
            let Some(wheel) = wheel else {
                let output = "no wheel came out of the build".to_owned();
                return Err(Stop::Outcome(Outcome::Failed { step: "python -m build".to_owned(), output }));
            };
            let made = project.iter().filter_map(|(path, _)| path.strip_prefix("src/").map(str::to_owned));
            run.hold_archive(wheel.as_ref(), made)?;
            wheels.push(wheel);
        }
        let wheels: Vec<&str> = wheels.iter().map(String::as_str).collect();
        run.step(&in_tools, &[&into_fresh[..], &wheels].concat())?;
        let mut import = String::new();
        for module in projects.iter().flat_map(|project| modules(project, "/__init__.py")) {
            let _ = writeln!(import, "import {module}");
        }
        let script = run.scratch.join("imports.py");
        write(&script, import.as_bytes())?;
        run.step(&in_fresh, &[&script.display().to_string()])?;
        run.step(&in_tools, &[&into_fresh[..], &PYTHON_CHECK].concat())?;
        let cache = place("mypy");
        let mut mypy = vec!["-m", "mypy", "--cache-dir", &cache];
        // What says that it is typed; below it, the checker finds the rest.
        let typed: Vec<String> = projects.iter().flat_map(|project| modules(project, "/py.typed")).collect();
        mypy.extend(typed.iter().flat_map(|name| ["-p", &**name]));
        let asks = |name: &str| {
            let said = |p: &FileTree| Some(String::from_utf8_lossy(p.get("pyproject.toml")?).contains(name));
            projects.iter().any(|project| said(project).unwrap_or_default())
        };
        // Google's packages come without types, and nobody publishes any.
        if asks("\"googleapis-common-protos") || asks("\"grpc-google-") {
            mypy.push("--disable-error-code=import-untyped");
        }
        run.step(&in_fresh, &mypy)?;
        Ok(())
    }
}

/// The packages of a distribution that have a file of a name, and with `/__init__.py` all other modules.
fn modules(project: &FileTree, file: &str) -> Vec<String> {
    let module = |path: &str| {
        let path = path.strip_prefix("src/")?;
        let other = || path.strip_suffix(".py").filter(|_| file.ends_with(".py"));
        Some(path.strip_suffix(file).or_else(other)?.replace('/', "."))
    };
    project.iter().filter_map(|(path, _)| module(path)).collect()
}

/// The requirement on PyPI.
fn published(family: Family, line: &Line) -> String {
    let (name, version) = match family {
        Family::Iam => ("grpc-google-iam-v1", line.version("iam")),
        _ => ("googleapis-common-protos", line.version("common-protos")),
    };
    format!("{name}>={version},<{}", next_major(version))
}

/// The import package of a distribution: `acme-contracts` is imported as `acme_contracts`.
fn import_name(package: &str) -> Result<String, PackageError> {
    let name: String =
        package.chars().map(|c| if c == '-' || c == '.' { '_' } else { c.to_ascii_lowercase() }).collect();
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !is_keyword(&name);
    let what = match valid {
        true if !reserved::MODULES.contains(&name.as_str()) => return Ok(name),
        true => "name for a Python distribution beside Python's own modules and those of gRPC and protobuf",
        false => "Python distribution",
    };
    Err(PackageError::Target { language: LANGUAGE, what, value: package.to_owned() })
}

/// The contract's version as Python writes it.
fn version_of(contract: &Contract<'_>) -> Result<String, PackageError> {
    let version = shared::version(contract, LANGUAGE)?;
    let python = pep_440(&version)
        .ok_or_else(|| PackageError::NoForm { language: LANGUAGE, version: version.to_string() })?;
    shared::package_version(contract, LANGUAGE, python)
}

fn prepare(contract: &Contract<'_>, target: &Target) -> Result<Prepared, PackageError> {
    import_name(target.get("package"))?;
    let schema = contract.schema;
    let parts = split::parts(schema, target, &shared::generated(contract, LANGUAGE));
    let mut calls = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let mut call = |plugin, files| {
            let folder = split::place(&parts, at);
            calls.push(PluginCall { plugin, parameter: String::new(), files, folder });
        };
        let names = shared::names(schema, &part.files);
        call(Plugin::PYTHON, names.clone());
        call(Plugin::PYI, names);
        let with_services = shared::names_with_services(schema, &part.files);
        if !with_services.is_empty() {
            call(Plugin::PYTHON_GRPC, with_services);
        }
    }
    let descriptor_set = shared::edited_set(contract, LANGUAGE, |_, _| Ok(false), |_| false)?;
    Ok(Prepared { descriptor_set, calls })
}

fn build(contract: &Contract<'_>, target: &Target, generated: &FileTree) -> Result<Package, PackageError> {
    let version = version_of(contract)?;
    let parts = split::parts(contract.schema, target, &shared::generated(contract, LANGUAGE));
    let bench = Workbench::new(contract, target, &parts, &version)?;
    let mut out = FileTree::new();
    for (at, part) in parts.iter().enumerate() {
        let project = bench.project(at, &split::made_of(&parts, at, generated))?;
        let tree = |source| PackageError::Tree { language: LANGUAGE, source };
        out.merge(&part.folder(), project).map_err(tree)?;
    }
    let coordinate = format!("{}=={version}", target.get("package"));
    Ok(Package { language: LANGUAGE, coordinate, files: out })
}

fn next_major(version: &str) -> u64 {
    version.split('.').next().and_then(|major| major.parse::<u64>().ok()).map_or(1, |major| major + 1)
}

fn request_name(schema: &Schema, example: &Example<'_>) -> String {
    let id = schema.message_by_name(&example.request.full_name).expect("the request is in the schema");
    schema.nested_name(Element::Message(id))
}

/// The package and the module of a file, wherever it comes from.
fn python_place(schema: &Schema, file: FileId, import: &str) -> (String, String) {
    let file = schema.file(file);
    let module = module_of(&file.name);
    let (package, module) = match common::home(LANGUAGE, &file.name) {
        Some(_) => module.rsplit_once('.').map_or((String::new(), module.clone()), split),
        None => {
            let place = format!("{import}.{}", place_of_module(&module));
            place.rsplit_once('.').map_or((String::new(), place.clone()), split)
        }
    };
    (package, module)
}

fn split((package, module): (&str, &str)) -> (String, String) {
    (package.to_owned(), module.to_owned())
}
