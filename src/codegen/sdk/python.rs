//! The Python distribution: one import package that holds the proto tree.
//!
//! protoc imports by the proto's path (`from user.v1 import user_pb2`), which only works when `user` stands at the
//! top of the search path, where it is in everybody's way. Here the tree stands below the distribution's own package
//! and imports are relative to it; what else changes in the generated files is said in `python_imports`.

mod imports;
mod known;
mod names;
mod stubs;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use minijinja::context;

use super::common::{self, Family};
use super::example::{self, Example};
use super::shared::{self, DESCRIPTORS};
use super::used::{Used, UsedService, own_services};
use super::{Key, Line, Lines, PackageError, Plugin, PluginCall, Prepared, Sdk, versions};
use crate::codegen::build::{BuildError, Outcome, Run, Stop, write};
use crate::codegen::plugin::spec::{EDITION_2023, GRPC_PYTHON, PROTOC};
use crate::codegen::plugin::{Pinned, Source};
use crate::codegen::render::render;
use crate::codegen::{Contract, FileTree, Package, Target};
use crate::config::generate::all;
use crate::schema::{Element, FileId, Schema};
use crate::surface::python::module as module_of;
use crate::text::pep_440;
use crate::words::Language;
use imports::{place_of, place_of_module};

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
            asks: &[("protobuf", versions::PROTOBUF_PYTHON), ("grpcio", versions::GRPC_PYTHON)],
        },
        Line {
            name: "6",
            plugins: &[(&TOOLS_6, "python"), (&TOOLS_6, "pyi"), (&TOOLS_6, "grpc_python")],
            options: &[],
            asks: &[("protobuf", "6.31.1"), ("grpcio", "1.76.0")],
        },
        Line {
            name: "5",
            plugins: &[(&TOOLS_5, "python"), (&TOOLS_5, "pyi"), (&TOOLS_5, "grpc_python")],
            options: &[],
            asks: &[("protobuf", "5.29.0"), ("grpcio", "1.71.2")],
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
        names::check(contract, &shared::generated(contract, LANGUAGE), out);
    }

    fn prepare(&self, contract: &Contract<'_>, target: &Target) -> Result<Prepared, PackageError> {
        prepare(contract, target.get("package"))
    }

    fn build(
        &self,
        contract: &Contract<'_>,
        target: &Target,
        generated: FileTree,
    ) -> Result<Package, PackageError> {
        build(contract, target.get("package"), super::line(target), generated)
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
        run.step(&in_tools, &["-m", "build", "--outdir", &dist])?;
        // The distribution's own environment has nothing but what it asks for, no installer either: to put one there
        // takes longer than anything else here.
        run.step("python3", &["-m", "venv", "--without-pip", &fresh])?;
        let wheel = std::fs::read_dir(&dist)
            .map_err(|source| BuildError { path: dist.clone().into(), source })?
            .filter_map(|entry| Some(entry.ok()?.path().display().to_string()))
            .filter(|path| path.ends_with(".whl"))
            .min();
        let Some(wheel) = wheel else {
            let output = "no wheel came out of the build".to_owned();
            return Err(Stop::Outcome(Outcome::Failed { step: "python -m build".to_owned(), output }));
        };
        let made = package.files.iter().filter_map(|(path, _)| path.strip_prefix("src/").map(str::to_owned));
        run.hold_archive(wheel.as_ref(), made)?;
        run.step(&in_tools, &[&into_fresh[..], &[&wheel]].concat())?;
        let (name, modules) = python_modules(package);
        let import: String = modules.iter().fold(String::new(), |mut text, module| {
            let _ = writeln!(text, "import {module}");
            text
        });
        let script = run.scratch.join("imports.py");
        write(&script, import.as_bytes())?;
        run.step(&in_fresh, &[&script.display().to_string()])?;
        run.step(&in_tools, &[&into_fresh[..], &PYTHON_CHECK].concat())?;
        let cache = place("mypy");
        let mut mypy = vec!["-m", "mypy", "--cache-dir", &cache, "-p", &name];
        let project = package.files.get("pyproject.toml").map(|c| String::from_utf8_lossy(c).into_owned());
        // Google's packages come without types, and nobody publishes any.
        if project.is_some_and(|p| p.contains("\"googleapis-common-protos") || p.contains("\"grpc-google-")) {
            mypy.push("--disable-error-code=import-untyped");
        }
        run.step(&in_fresh, &mypy)?;
        Ok(())
    }
}

/// The import package and all its modules.
fn python_modules(package: &Package) -> (String, Vec<String>) {
    let mut name = String::new();
    let mut modules = Vec::new();
    for (path, _) in package.files.iter() {
        let Some(module) = path.strip_prefix("src/").and_then(|p| p.strip_suffix(".py")) else { continue };
        let module = module.trim_end_matches("/__init__").replace('/', ".");
        name = module.split('.').next().unwrap_or_default().to_owned();
        modules.push(module);
    }
    (name, modules)
}

/// The requirement on PyPI.
fn published(family: Family) -> &'static str {
    match family {
        Family::Iam => "grpc-google-iam-v1>=0.14.6,<1",
        _ => "googleapis-common-protos>=1.76.0,<2",
    }
}

/// <https://docs.python.org/3/reference/lexical_analysis.html#keywords>
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

pub(super) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// The import package of a distribution: `acme-contracts` is imported as `acme_contracts`.
fn import_name(package: &str) -> Result<String, PackageError> {
    let name: String =
        package.chars().map(|c| if c == '-' || c == '.' { '_' } else { c.to_ascii_lowercase() }).collect();
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !is_keyword(&name);
    if valid {
        Ok(name)
    } else {
        Err(PackageError::Target {
            language: LANGUAGE,
            what: "Python distribution",
            value: package.to_owned(),
        })
    }
}

/// The contract's version as Python writes it.
fn version_of(contract: &Contract<'_>) -> Result<String, PackageError> {
    let version = shared::version(contract, LANGUAGE)?;
    let python = pep_440(&version)
        .ok_or_else(|| PackageError::NoForm { language: LANGUAGE, version: version.to_string() })?;
    shared::package_version(contract, LANGUAGE, python)
}

fn prepare(contract: &Contract<'_>, package: &str) -> Result<Prepared, PackageError> {
    import_name(package)?;
    let schema = contract.schema;
    let files = shared::generated(contract, LANGUAGE);
    let call = |plugin, files| PluginCall { plugin, parameter: String::new(), files, folder: String::new() };
    let names = shared::names(schema, &files);
    let mut calls = vec![call(Plugin::PYTHON, names.clone()), call(Plugin::PYI, names)];
    let with_services = shared::names_with_services(schema, &files);
    if !with_services.is_empty() {
        calls.push(call(Plugin::PYTHON_GRPC, with_services));
    }
    let descriptor_set = shared::edited_set(contract, LANGUAGE, |_, _| Ok(false), |_| false)?;
    Ok(Prepared { descriptor_set, calls })
}

fn build(
    contract: &Contract<'_>,
    package: &str,
    line: &Line,
    generated: FileTree,
) -> Result<Package, PackageError> {
    let import = import_name(package)?;
    let version = version_of(contract)?;
    let schema = contract.schema;
    let files = shared::generated(contract, LANGUAGE);
    let modules: BTreeSet<String> = files.iter().map(|f| module_of(&schema.file(*f).name)).collect();
    let protobuf = shared::version_in(&generated, "Protobuf Python Version:")
        .unwrap_or(line.version("protobuf").to_owned());
    let grpc = shared::version_in(&generated, "GRPC_GENERATED_VERSION = '")
        .unwrap_or(line.version("grpcio").to_owned());
    let mut requires = vec![format!("protobuf>={protobuf},<{}", next_major(&protobuf))];
    if shared::has_services(schema, &files) {
        requires.push(format!("grpcio>={grpc},<{}", next_major(&grpc)));
    }
    requires.extend(shared::families(contract, LANGUAGE).iter().map(|f| published(*f).to_owned()));
    requires.sort();
    requires.dedup();

    let about = shared::about(contract);
    let legal: Vec<String> = shared::legal(contract).into_iter().map(|(name, _)| name).collect();
    let mut out = FileTree::new();
    shared::add_legal(&mut out, LANGUAGE, "", contract)?;
    let mut put = |path: &str, content: String| shared::add(&mut out, LANGUAGE, path, content);
    put(
        "pyproject.toml",
        render(
            include_str!("templates/python/pyproject.toml.j2"),
            context! { about => &about, package, import => &import, version => &version, requires, backend => versions::HATCHLING, python => versions::PYTHON, legal },
        ),
    )?;
    let example = example::pick(contract, &files).map(|e| {
        let place = |file: FileId| python_place(schema, file, &import);
        let service = place(e.service.file);
        let stub = (service.0.clone(), format!("{}_grpc", service.1));
        let request = place(e.request.file);
        let mut imports = vec![request.clone(), stub.clone()];
        imports.sort();
        imports.dedup();
        let imports: Vec<Vec<String>> = imports.into_iter().map(|(p, n)| vec![p, n]).collect();
        let nested = request_name(schema, &e);
        context! {
            imports,
            stub => &stub.1,
            service => e.service.name.as_ref(),
            method => e.method.name.as_ref(),
            request => format!("{}.{nested}", request.1),
            unary => e.unary(),
            client_streaming => e.method.client_streaming,
            server_streaming => e.method.server_streaming,
            field => e.field.map(|f| f.name.as_ref()),
        }
    });
    put(
        "README.md",
        render(
            include_str!("templates/python/README.md.j2"),
            context! { about => &about, package, import => &import, version => &version, example, python => versions::PYTHON },
        ),
    )?;
    let root = format!("src/{import}");
    put(
        &format!("{root}/__init__.py"),
        render(
            include_str!("templates/python/__init__.py.j2"),
            context! { about => &about, version => &version, descriptors => DESCRIPTORS },
        ),
    )?;
    put(&format!("{root}/py.typed"), String::new())?;
    shared::add(&mut out, LANGUAGE, &format!("{root}/{DESCRIPTORS}"), shared::embedded(contract))?;

    let mut folders: BTreeSet<String> = BTreeSet::new();
    for (path, content) in generated.iter() {
        let place = place_of(path);
        let text = String::from_utf8_lossy(content);
        let text = if place.ends_with(".pyi") { known::of_runtime(&text) } else { text.into_owned() };
        let text = imports::relative(&text, &place, &import, &modules);
        let mut folder = place.as_str();
        while let Some((up, _)) = folder.rsplit_once('/') {
            folders.insert(up.to_owned());
            folder = up;
        }
        shared::add(&mut out, LANGUAGE, &format!("{root}/{place}"), text)?;
    }
    for file in files.iter().filter(|f| !schema.file(**f).services.is_empty()) {
        let (place, text) = stubs::stub(schema, *file, &import);
        shared::add(&mut out, LANGUAGE, &format!("{root}/{place}"), text)?;
    }
    for folder in folders {
        shared::add(&mut out, LANGUAGE, &format!("{root}/{folder}/__init__.py"), "")?;
    }
    Ok(Package { language: LANGUAGE, coordinate: format!("{package}=={version}"), files: out })
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
