//! Whether the languages' own tools refuse what is refused.
//!
//! Each file is given to the plugins by itself, without being checked first. What they take is one package, which is
//! built again and again, each time without what the tool had something against: what is left is refused for nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use prost::Message as _;
use prost_types::compiler::CodeGeneratorRequest;
use protopact::codegen::plugin::{Library, Lock, Tool, spec};
use protopact::codegen::sdk::{self, Plugin, PluginCall, Prepared};
use protopact::codegen::{Contract, FileTree, Package, Target, build, generate};
use protopact::compile::Compiled;
use protopact::config::package::About;
use protopact::schema::Schema;
use protopact::words::Language;

use crate::build::Form;
use crate::files::{Files, model};
use crate::machine::Machine;

/// A contract, as packages are made of it.
pub(crate) fn contract<'a>(compiled: &'a Compiled, schema: &'a Schema, about: &'a About) -> Contract<'a> {
    Contract {
        name: "acme/contracts",
        version: "1.4.0",
        build: None,
        commit: None,
        licence: "Apache-2.0",
        legal: &[],
        about,
        compiled,
        schema,
    }
}

/// Does something with the contract of some files.
fn with_contract<T>(files: &Files, then: impl FnOnce(&Contract<'_>) -> T) -> T {
    let (compiled, schema) = model("proto", files);
    then(&contract(&compiled, &schema, &About::default()))
}

/// The folder of a file, which is its package too: `n00012`.
fn unit(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

/// What the plugins make of a contract; nothing when one of them gives up, or writes one file twice.
fn made(machine: &Machine, lock: &Lock, prepared: &Prepared, target: &Target) -> Option<FileTree> {
    let mut tree = FileTree::new();
    for call in &prepared.calls {
        let files = match call.plugin {
            Plugin::PROST => library(Library::Prost, prepared, call)?,
            Plugin::TONIC => library(Library::Tonic, prepared, call)?,
            plugin if plugin.as_str() == "pbjson-build" => library(Library::Pbjson, prepared, call)?,
            _ => program(machine, lock, prepared, call, target)?,
        };
        for (path, content) in files {
            tree.add(&path, content).ok()?;
        }
    }
    Some(tree)
}

fn library(library: Library, prepared: &Prepared, call: &PluginCall) -> Option<Vec<(String, Vec<u8>)>> {
    let set = prost_types::FileDescriptorSet::decode(prepared.descriptor_set.clone()).unwrap();
    let request = CodeGeneratorRequest {
        file_to_generate: call.files.clone(),
        parameter: Some(call.parameter.clone()),
        proto_file: set.file,
        compiler_version: None,
    };
    let answer = generate::call_library(library, call.plugin.as_str(), &request.encode_to_vec()).ok()?;
    Some(answer.file.into_iter().map(|f| (f.name().to_owned(), f.content().as_bytes().to_vec())).collect())
}

fn program(
    machine: &Machine,
    lock: &Lock,
    prepared: &Prepared,
    call: &PluginCall,
    target: &Target,
) -> Option<Vec<(String, Vec<u8>)>> {
    let dir = tempfile::tempdir().unwrap();
    let (set, out) = (dir.path().join("set.binpb"), dir.path().join("out"));
    std::fs::write(&set, &prepared.descriptor_set).unwrap();
    std::fs::create_dir(&out).unwrap();
    let name = call.plugin.as_str();
    let mut pinned = spec::needed_for(std::slice::from_ref(target), true);
    // Of two protocs the one from a Python index is for services.
    pinned.sort_by_key(|p| (p.name != name, (p.source == spec::Source::Pip) != (name == "grpc_python")));
    let tools = pinned.into_iter().map(|p| (p.name, lock.ready(p, machine.around()).unwrap().tool));
    let own = |(plugin, tool): &(&str, Tool)| *plugin == name || matches!(tool, Tool::Protoc { .. });
    let (protoc, before, name) = match tools.into_iter().find(own) {
        Some((_, Tool::Protoc { program, arguments, .. })) => (program, arguments, name),
        Some((_, Tool::Program { program, .. })) => {
            let plugin = format!("--plugin=protoc-gen-it={}", program.display());
            (protoc_bin_vendored::protoc_bin_path().unwrap(), vec![plugin], "it")
        }
        other => panic!("{other:?} makes no {name}"),
    };
    #[expect(clippy::disallowed_methods, reason = "the languages' own tools are the oracle")]
    let mut command = Command::new(protoc);
    command.args(before).arg(format!("--descriptor_set_in={}", set.display()));
    command.arg(format!("--{name}_out={}", out.display()));
    if !call.parameter.is_empty() {
        command.arg(format!("--{name}_opt={}", call.parameter));
    }
    let taken = command.args(&call.files).output().unwrap().status.success();
    taken.then(|| crate::lab::tree(&out).into_iter().collect())
}

/// What the tools of a language take, though all of it is refused: each unit is files with a folder of their own.
pub(crate) fn taken(units: &[Files], form: Form, machine: &Machine) -> Vec<Files> {
    let language = form.language;
    let keys = [
        ("module", "example.com/refused"),
        ("group", "com.refused"),
        ("artifact", "refused"),
        ("package", "refused"),
        ("crate", "refused"),
    ];
    let target = form.target(&keys);
    let lock = machine.lock(&spec::needed_for(std::slice::from_ref(&target), true));
    let mut generated = FileTree::new();
    let mut left: Vec<Files> = Vec::new();
    for files in units {
        let prepared = with_contract(files, |contract| sdk::prepare_checked(contract, &target));
        let Some(tree) = prepared.ok().and_then(|p| made(machine, &lock, &p, &target)) else { continue };
        // Two files of one name in a package are none.
        let laid_out = with_contract(files, |contract| sdk::build(contract, &target, tree.clone()));
        // The package is one; each unit has a folder of its own in it.
        let laid_out = laid_out.is_ok_and(|package| names_its_modules(&package));
        if laid_out && tree.check_case().is_ok() && generated.merge("", tree).is_ok() {
            left.push(files.clone());
        }
    }
    if left.is_empty() {
        return left;
    }
    let package = with_contract(&left.concat(), |contract| sdk::build(contract, &target, generated)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    laid(&package, folder);
    while !left.is_empty() {
        let Some(said) = complaints(language, folder, "refused", machine) else { break };
        let units = left.iter().map(|files| unit(&files[0].0).to_owned());
        let against: BTreeSet<String> = units.filter(|unit| said.contains(unit)).collect();
        assert!(!against.is_empty(), "the tool is against something, and names none of it:\n{said}");
        for unit in &against {
            empty(folder, unit);
        }
        left.retain(|files| !against.contains(unit(&files[0].0)));
    }
    left
}

/// Whether all modules of a crate have names: of one without, the compiler would name no file.
fn names_its_modules(package: &Package) -> bool {
    let lib = package.files.get("src/lib.rs").map(|lib| String::from_utf8_lossy(lib).into_owned());
    lib.is_none_or(|lib| !lib.contains("pub mod  {"))
}

/// Takes away what was generated of a unit. Modules of Rust are named by the crate, and stay without what is in them.
fn empty(folder: &Path, unit: &str) {
    for entry in walkdir::WalkDir::new(folder).into_iter().filter_entry(|e| e.file_name() != "target") {
        let path = entry.unwrap().into_path();
        let below = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
        if path.is_file() && below.contains(unit) {
            match path.extension().is_some_and(|e| e == "rs") {
                true => std::fs::write(&path, "").unwrap(),
                false => std::fs::remove_file(&path).unwrap(),
            }
        }
    }
}

/// Imports modules, looks whether messages have what their base gives them and their types by their names, and adds servicers to a server that does nothing
/// with them; prints the names of modules with which something is wrong.
const IMPORT: &str = "\
import importlib, os, sys
from google.protobuf.message import Message

class Server:
    def add_generic_rpc_handlers(self, handlers): pass
    def add_registered_method_handlers(self, name, handlers): pass

def own(descriptor):
    cls = descriptor._concrete_class
    for name in dir(Message):
        value = getattr(cls, name)
        if not name.startswith('_') and (isinstance(value, (type, int)) or hasattr(value, 'Name')):
            raise Exception(descriptor.full_name + ' has another ' + name)
    for enum in descriptor.enum_types:
        if getattr(getattr(cls, enum.name), 'DESCRIPTOR', None) is not enum:
            raise Exception(descriptor.full_name + ' has no ' + enum.name)
        for value in enum.values:
            if getattr(cls, value.name) != value.number:
                raise Exception(descriptor.full_name + ' has no ' + value.name)
    for extension in descriptor.extensions:
        if getattr(cls, extension.name).full_name != extension.full_name:
            raise Exception(descriptor.full_name + ' has no ' + extension.name)
    for nested in descriptor.nested_types:
        if not nested.GetOptions().map_entry:
            if getattr(cls, nested.name) is not nested._concrete_class:
                raise Exception(descriptor.full_name + ' has no ' + nested.name)
            own(nested)

for name in sorted(os.listdir(sys.argv[1])):
    folder = os.path.join(sys.argv[1], name)
    for file in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        if not file.endswith(('_pb2.py', '_pb2_grpc.py')):
            continue
        try:
            module = importlib.import_module(sys.argv[1] + '.' + name + '.' + file[:-3])
            if file.endswith('_pb2.py'):
                for message in module.DESCRIPTOR.message_types_by_name.values():
                    own(message)
            for add in list(vars(module)):
                if add.startswith('add_') and add.endswith('_to_server'):
                    getattr(module, add)(getattr(module, add[4:-10])(), Server())
        except Exception as error:
            print(name, error)
";

/// What a language's compiler, and for Python the checker, has against a package whose import name is `import`; nothing
/// when it takes it. No more than that is done with it: what else becomes of packages, other tests see.
pub(crate) fn complaints(
    language: Language,
    folder: &Path,
    import: &str,
    machine: &Machine,
) -> Option<String> {
    let (well, said) = match language {
        // It has every package compiled but for the code. A method that is called as one of an interface of Go's own is none.
        Language::Go => try_run("go", &["vet", "-mod=mod", "-stdmethods=false", "./..."], folder, machine),
        Language::Java => match java(folder, machine) {
            // Maven knows which compiler comes first, and with what.
            (true, _) if has_kotlin(folder) => try_run("mvn", &["-q", "-B", "compile"], folder, machine),
            said => said,
        },
        Language::Python => {
            let source = folder.join("src");
            let python = python(folder, machine).display().to_string();
            let (_, said) = try_run(&python, &["-c", IMPORT, import], &source, machine);
            if !said.trim().is_empty() {
                return Some(said);
            }
            try_run(&python, &["-m", "mypy", "--no-error-summary", "-p", import], &source, machine)
        }
        Language::Rust => try_run("cargo", &["check", "-q", "--lib"], folder, machine),
    };
    (!well).then_some(said)
}

/// A folder of the cache for what a package depends on, made once for the same text.
fn kept(machine: &Machine, asks: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let place = machine.folder.join("names").join(protopact::machine::sha256(asks.as_bytes()));
    let done = place.join("done");
    if !done.exists() {
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir_all(&place).unwrap();
        make(&place);
        std::fs::write(done, "").unwrap();
    }
    place
}

fn has_kotlin(folder: &Path) -> bool {
    let mut files = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.unwrap().into_path());
    files.any(|path| path.extension().is_some_and(|e| e == "kt"))
}

/// One run of javac, without Maven around it.
fn java(folder: &Path, machine: &Machine) -> (bool, String) {
    let pom = std::fs::read_to_string(folder.join("pom.xml")).unwrap();
    let asks = pom.split("<dependencies>").nth(1).unwrap().split("</dependencies>").next().unwrap();
    let place = kept(machine, asks, |place| {
        let goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath";
        let out = format!("-Dmdep.outputFile={}", place.join("classpath").display());
        let (well, said) = try_run("mvn", &["-q", "-B", goal, &out], folder, machine);
        assert!(well, "{said}");
    });
    let classpath = std::fs::read_to_string(place.join("classpath")).unwrap();
    let sources =
        walkdir::WalkDir::new(folder.join("src")).into_iter().map(|entry| entry.unwrap().into_path());
    let sources: Vec<String> = sources
        .filter(|path| path.extension().is_some_and(|e| e == "java"))
        .map(|path| format!("{:?}\n", path.display().to_string()))
        .collect();
    std::fs::write(folder.join("sources"), sources.concat()).unwrap();
    let quick = [
        "-J-XX:TieredStopAtLevel=1",
        "-J-XX:+UseSerialGC",
        "-proc:none",
        "-nowarn",
        "-implicit:none",
        "-g:none",
    ];
    let rest = ["-Xmaxerrs", "10000", "-d", "classes", "-cp", classpath.trim(), "@sources"];
    try_run("javac", &[&quick[..], &rest].concat(), folder, machine)
}

/// A Python with what a package asks for, and the checker.
fn python(folder: &Path, machine: &Machine) -> PathBuf {
    let project: toml::Value =
        toml::from_str(&std::fs::read_to_string(folder.join("pyproject.toml")).unwrap()).unwrap();
    let asked = project["project"]["dependencies"].as_array().unwrap();
    let mut asked: Vec<&str> = asked.iter().map(|one| one.as_str().unwrap()).collect();
    asked.extend(["mypy==2.4.1", "types-protobuf", "types-grpcio"]);
    let place = kept(machine, &asked.join("\n"), |place| {
        let (well, said) = try_run("python3", &["-m", "venv", "venv"], place, machine);
        assert!(well, "{said}");
        let pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check"];
        let python = place.join("venv/bin/python").display().to_string();
        let (well, said) = try_run(&python, &[&pip[..], &asked].concat(), place, machine);
        assert!(well, "{said}");
    });
    place.join("venv/bin/python")
}

pub(crate) fn try_run(program: &str, arguments: &[&str], folder: &Path, machine: &Machine) -> (bool, String) {
    #[expect(clippy::disallowed_methods, reason = "the languages' own tools are the oracle")]
    let mut command = Command::new(program);
    let output = command
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", build::cargo_target(&machine.cache))
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env("CARGO_INCREMENTAL", "0")
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}"));
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), text)
}

/// Writes a package into a folder.
pub(crate) fn laid(package: &Package, folder: &Path) {
    for (path, content) in package.files.iter() {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}
