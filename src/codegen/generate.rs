//! From a contract to finished trees, in memory: every plugin of every unit at the same time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use prost_types::compiler::CodeGeneratorResponse;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::packages::{self, PackageError};
use super::plugin::cache::hex;
use super::plugin::run::{self, Call};
use super::plugin::{Host, Library, Limits, LockError, Ready, RunError, Tool, spec};
use super::request::{self, Needs, ResponseError};
use super::{Contract, FileTree, Language, Target, TreeError};
use crate::compile::Compiled;
use crate::compile::output::{SetOptions, descriptor_set};
use crate::config::generate::Strategy;

/// What plugins are told about the protoc that calls them: the one that comes with protopact.
const PROTOC_VERSION: (i32, i32, i32) = (7, 36, 2);

/// One plugin with what it is asked to do.
#[derive(Clone, Debug)]
pub struct Step {
    /// The plugin.
    pub plugin: Ready,
    /// Its parameter; for packages, what the language says is added.
    pub parameter: String,
    /// Which files it gets.
    pub selection: Selection,
    /// The folder its files go to, below the unit.
    pub folder: String,
}

/// Which files a plugin gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Those that the contract only imports, too.
    pub imports: bool,
    /// The well-known types among those, too.
    pub well_known: bool,
    /// How they are handed over.
    pub strategy: Strategy,
}

/// What becomes of the files of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// An SDK package.
    Package(Target),
    /// They stay as they are.
    Files,
}

/// A folder of the output that is made, kept and replaced as a whole.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Where it goes, below the output; empty for all of it.
    pub path: String,
    /// What it is.
    pub work: Work,
    /// The plugins, in the order in which their files come together.
    pub steps: Vec<Step>,
}

/// A finished unit.
#[derive(Clone, Debug)]
pub struct Made {
    /// Where it goes, below the output.
    pub path: String,
    /// The language, for packages.
    pub language: Option<Language>,
    /// What a service team writes to depend on it.
    pub coordinate: Option<String>,
    /// The files.
    pub files: FileTree,
    /// What plugins said although they succeeded: name and text.
    pub messages: Vec<(String, String)>,
}

/// Why a unit could not be made.
#[derive(Debug, Error)]
pub enum GenerateError {
    /// A plugin did not end well.
    #[error("cannot generate `{unit}`")]
    Run {
        /// The unit.
        unit: String,
        /// What happened.
        #[source]
        source: RunError,
    },
    /// A plugin's answer cannot be used.
    #[error("cannot generate `{unit}`")]
    Response {
        /// The unit.
        unit: String,
        /// What is wrong with it.
        #[source]
        source: ResponseError,
    },
    /// The language cannot express the contract.
    #[error("cannot make the package `{unit}`")]
    Package {
        /// The unit.
        unit: String,
        /// Why not.
        #[source]
        source: PackageError,
    },
    /// The private folder cannot be used.
    #[error("cannot {what}")]
    Io {
        /// What was being done.
        what: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A plugin is not what it should be.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A path that must not be written.
    #[error("cannot generate `{unit}`")]
    Path {
        /// The unit.
        unit: String,
        /// What is wrong with it.
        #[source]
        source: TreeError,
    },
}

impl GenerateError {
    /// What the plugin itself said.
    #[must_use]
    pub fn messages(&self) -> &str {
        match self {
            GenerateError::Run { source, .. } => source.messages(),
            _ => "",
        }
    }
}

/// The plugins of a language's package, in their order. Those that only have work where there are services are left
/// out where there are none.
///
/// # Errors
///
/// What `ready` says of a plugin.
pub fn package_steps<E>(
    language: Language,
    services: bool,
    ready: &mut dyn FnMut(&'static spec::Pinned) -> Result<Ready, E>,
) -> Result<Vec<Step>, E> {
    let wanted: &[(&'static spec::Pinned, &str)] = match language {
        Language::Go => &[(&spec::GO, ""), (&spec::GO_GRPC, "")],
        Language::Java => &[(&spec::PROTOC, "java"), (&spec::GRPC_JAVA, "")],
        Language::Python => {
            &[(&spec::PROTOC, "python"), (&spec::PROTOC, "pyi"), (&spec::GRPC_PYTHON, "grpc_python")]
        }
        Language::Rust => &[(&spec::PROST, ""), (&spec::TONIC, "")],
    };
    let mut steps = Vec::new();
    for (plugin, generator) in wanted.iter().filter(|(plugin, _)| services || !plugin.services_only) {
        let ready = ready(plugin)?;
        steps.push(Step {
            plugin: if generator.is_empty() { ready } else { ready.generator(generator) },
            parameter: String::new(),
            selection: Selection::default(),
            folder: String::new(),
        });
    }
    Ok(steps)
}

impl Ready {
    /// The same protoc with one of its generators.
    #[must_use]
    pub fn generator(self, name: &str) -> Ready {
        let tool = match self.tool {
            Tool::Protoc { program, arguments, .. } => {
                Tool::Protoc { program, arguments, generator: name.to_owned() }
            }
            other => other,
        };
        Ready { tool, ..self }
    }

    /// The name its parameters go by.
    fn key(&self) -> &str {
        match &self.tool {
            Tool::Protoc { generator, .. } => generator,
            Tool::Program { .. } | Tool::Library(_) => &self.name,
        }
    }
}

/// Everything that decides what a unit will be, as one hash.
#[must_use]
pub fn inputs(contract: &Contract<'_>, descriptors: &str, unit: &Unit) -> String {
    let mut hash = Sha256::new();
    let mut say = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    say(env!("CARGO_PKG_VERSION"));
    say(descriptors);
    for text in [contract.name, contract.version, contract.commit.unwrap_or_default(), contract.licence] {
        say(text);
    }
    say(&unit.path);
    say(&format!("{:?}", unit.work));
    for step in &unit.steps {
        say(&step.plugin.name);
        say(step.plugin.key());
        say(&step.plugin.identity);
        say(&step.parameter);
        say(&step.folder);
        say(&format!("{:?}", step.selection));
    }
    hex(&hash.finalize())
}

/// One hash over all descriptors.
#[must_use]
pub fn descriptors(compiled: &Compiled) -> String {
    let mut hash = Sha256::new();
    for file in &compiled.files {
        hash.update([u8::from(file.target)]);
        hash.update((file.descriptor.len() as u64).to_le_bytes());
        hash.update(&file.descriptor);
    }
    hex(&hash.finalize())
}

/// Makes units, all at the same time.
///
/// # Errors
///
/// The first unit in order that cannot be made.
pub fn make(
    contract: &Contract<'_>,
    units: &[&Unit],
    host: &Host,
    limits: Limits,
) -> Result<Vec<Made>, GenerateError> {
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            units.iter().map(|unit| scope.spawn(move || one(contract, unit, host, limits))).collect();
        threads
            .into_iter()
            .map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect::<Vec<_>>()
            .into_iter()
            .collect()
    })
}

fn one(contract: &Contract<'_>, unit: &Unit, host: &Host, limits: Limits) -> Result<Made, GenerateError> {
    let name = || if unit.path.is_empty() { "." } else { &*unit.path }.to_owned();
    let package = |source| GenerateError::Package { unit: name(), source };
    let prepared;
    let (compiled, parameters) = match &unit.work {
        Work::Package(target) => {
            prepared = packages::prepare(contract, target).map_err(package)?;
            (&prepared.compiled, &prepared.parameters)
        }
        Work::Files => (contract.compiled, &BTreeMap::new()),
    };
    let answers: Vec<Result<Answer, StepError>> = std::thread::scope(|scope| {
        let threads: Vec<_> = unit
            .steps
            .iter()
            .map(|step| scope.spawn(move || run_step(step, compiled, parameters, host, limits)))
            .collect();
        let join = |t: std::thread::ScopedJoinHandle<'_, _>| {
            t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    });
    let path = |source| GenerateError::Path { unit: name(), source };
    let mut folders: BTreeMap<&str, FileTree> = BTreeMap::new();
    let mut messages = Vec::new();
    for (step, answer) in unit.steps.iter().zip(answers) {
        let answer = answer.map_err(|error| match error {
            StepError::Run(source) => GenerateError::Run { unit: name(), source },
            StepError::Response(source) => GenerateError::Response { unit: name(), source },
            StepError::Path(source) => path(source),
            StepError::Lock(source) => source.into(),
            StepError::Io { what, source } => GenerateError::Io { what, source },
        })?;
        let tree = folders.entry(&step.folder).or_default();
        for part in answer.parts {
            match part {
                Part::Files(files) => tree.merge("", files).map_err(path)?,
                Part::Response(response) => request::files(&step.plugin.name, response, tree)
                    .map_err(|source| GenerateError::Response { unit: name(), source })?,
            }
        }
        if !answer.messages.trim().is_empty() {
            messages.push((step.plugin.name.clone(), answer.messages));
        }
    }
    let mut files = FileTree::new();
    for (folder, tree) in folders {
        files.merge(folder, tree).map_err(path)?;
    }
    let made = Made { path: unit.path.clone(), language: None, coordinate: None, files, messages };
    let made = match &unit.work {
        Work::Files => made,
        Work::Package(target) => {
            let built = packages::build(contract, target, made.files).map_err(package)?;
            Made {
                files: built.files,
                language: Some(built.language),
                coordinate: Some(built.coordinate),
                ..made
            }
        }
    };
    made.files.check_case().map_err(path)?;
    Ok(made)
}

enum StepError {
    Run(RunError),
    Response(ResponseError),
    Path(TreeError),
    Lock(LockError),
    Io { what: String, source: std::io::Error },
}

impl From<RunError> for StepError {
    fn from(error: RunError) -> StepError {
        StepError::Run(error)
    }
}

impl From<ResponseError> for StepError {
    fn from(error: ResponseError) -> StepError {
        StepError::Response(error)
    }
}

enum Part {
    Files(FileTree),
    Response(CodeGeneratorResponse),
}

#[derive(Default)]
struct Answer {
    parts: Vec<Part>,
    messages: String,
}

fn run_step(
    step: &Step,
    compiled: &Compiled,
    parameters: &BTreeMap<String, String>,
    host: &Host,
    limits: Limits,
) -> Result<Answer, StepError> {
    step.plugin.verify().map_err(StepError::Lock)?;
    let given = parameters.get(step.plugin.key()).map_or("", String::as_str);
    let parts = [given, &step.parameter];
    let parameter = parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(",");
    let mut answer = Answer::default();
    for files in batches(compiled, step.selection) {
        match &step.plugin.tool {
            Tool::Protoc { program, arguments, generator } => {
                let protoc = Protoc { program, arguments, generator, name: &step.plugin.name };
                let (tree, messages) = protoc.run(compiled, &files, &parameter, host, limits)?;
                answer.parts.push(Part::Files(tree));
                answer.messages += &messages;
            }
            Tool::Program { program, arguments, folder } => {
                let request = request::request(compiled, &files, &parameter, PROTOC_VERSION);
                let scratch = scratch()?;
                let call = Call {
                    name: &step.plugin.name,
                    program,
                    arguments: arguments.iter().map(Into::into).collect(),
                    folder: folder.as_deref().unwrap_or(scratch.path()),
                    input: &request,
                    set: Vec::new(),
                };
                let done = run::run(host, &call, limits)?;
                let needs = needs(compiled, &files);
                let response = request::response(&step.plugin.name, &done.output, &needs)?;
                answer.parts.push(Part::Response(response));
                answer.messages += &done.messages;
            }
            Tool::Library(library) => {
                let request = request::request(compiled, &files, &parameter, PROTOC_VERSION);
                let response = call_library(*library, &step.plugin.name, &request)?;
                answer.parts.push(Part::Response(response));
            }
        }
    }
    Ok(answer)
}

/// The files for each call of a plugin.
fn batches(compiled: &Compiled, selection: Selection) -> Vec<Vec<&str>> {
    let well_known = |name: &str| name.starts_with("google/protobuf/");
    let wanted = compiled
        .files
        .iter()
        .filter(|f| f.target || selection.imports && (selection.well_known || !well_known(&f.name)));
    let mut names: Vec<&str> = wanted.map(|f| &*f.name).collect();
    match selection.strategy {
        _ if names.is_empty() => Vec::new(),
        Strategy::All => vec![names],
        Strategy::Directory => {
            let folder = |name: &str| name.rsplit_once('/').map_or(String::new(), |(f, _)| f.to_owned());
            let mut folders: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for name in names.drain(..) {
                folders.entry(folder(name)).or_default().push(name);
            }
            folders.into_values().collect()
        }
    }
}

fn scratch() -> Result<tempfile::TempDir, StepError> {
    let made = tempfile::Builder::new().prefix("protopact-").tempdir();
    made.map_err(|source| StepError::Io { what: "make a private folder".to_owned(), source })
}

/// A generator that is part of a protoc.
struct Protoc<'a> {
    program: &'a Path,
    arguments: &'a [String],
    generator: &'a str,
    name: &'a str,
}

impl Protoc<'_> {
    fn run(
        &self,
        compiled: &Compiled,
        files: &[&str],
        parameter: &str,
        host: &Host,
        limits: Limits,
    ) -> Result<(FileTree, String), StepError> {
        let io = |what: &str| {
            let what = what.to_owned();
            move |source| StepError::Io { what, source }
        };
        let scratch = scratch()?;
        let (set, list, out) =
            (scratch.path().join("set"), scratch.path().join("files"), scratch.path().join("out"));
        let content = SetOptions { include_imports: true, include_source_info: true };
        fs::write(&set, descriptor_set(compiled, content)).map_err(io("write the descriptors for protoc"))?;
        // In a file, because command lines have an end. A name cannot be quoted there; one that looks like a flag
        // would be one.
        if let Some(name) = files.iter().find(|n| n.starts_with(['-', '@']) || n.contains('\n')) {
            return Err(StepError::Path(TreeError::Outside((*name).to_owned())));
        }
        fs::write(&list, files.join("\n")).map_err(io("write the list of files for protoc"))?;
        fs::create_dir(&out).map_err(io("make a folder for protoc"))?;
        let mut arguments: Vec<std::ffi::OsString> = self.arguments.iter().map(Into::into).collect();
        arguments.push(flag("--descriptor_set_in=", &set));
        if !parameter.is_empty() {
            arguments.push(format!("--{}_opt={parameter}", self.generator).into());
        }
        arguments.push(flag(&format!("--{}_out=", self.generator), &out));
        arguments.push(flag("@", &list));
        let call = Call {
            name: self.name,
            program: self.program,
            arguments,
            folder: scratch.path(),
            input: b"",
            set: Vec::new(),
        };
        let done = run::run(host, &call, limits)?;
        let tree = read_tree(&out).map_err(io(&format!("read what `{}` wrote", self.name)))?;
        Ok((tree.map_err(StepError::Path)?, done.messages))
    }
}

fn flag(name: &str, path: &Path) -> std::ffi::OsString {
    let mut flag = std::ffi::OsString::from(name);
    flag.push(path);
    flag
}

/// Every file below a folder. Links are not followed.
fn read_tree(folder: &Path) -> std::io::Result<Result<FileTree, TreeError>> {
    let mut tree = FileTree::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_dir() {
            continue;
        }
        let path: PathBuf = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_owned();
        let name = path.to_string_lossy().replace('\\', "/");
        if !entry.file_type().is_file() {
            return Ok(Err(TreeError::Outside(name)));
        }
        if let Err(error) = tree.add(&name, fs::read(entry.path())?) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(tree))
}

/// What the files need a plugin to know.
fn needs(compiled: &Compiled, files: &[&str]) -> Vec<Needs> {
    use prost::Message as _;
    #[derive(Clone, PartialEq, prost::Message)]
    struct Head {
        #[prost(string, optional, tag = "12")]
        syntax: Option<String>,
        #[prost(int32, optional, tag = "14")]
        edition: Option<i32>,
    }
    fn optional(message: &prost_types::DescriptorProto) -> bool {
        message.field.iter().any(|f| f.proto3_optional()) || message.nested_type.iter().any(optional)
    }
    let wanted: std::collections::BTreeSet<&str> = files.iter().copied().collect();
    let of = |file: &crate::compile::CompiledFile| {
        let head = Head::decode(file.descriptor.clone()).unwrap_or_default();
        let proto3 = head.syntax.as_deref() == Some("proto3");
        let descriptor = || prost_types::FileDescriptorProto::decode(file.descriptor.clone());
        Needs {
            file: file.name.to_string(),
            edition: head.edition.filter(|e| *e >= 1000),
            proto3_optional: proto3 && descriptor().is_ok_and(|d| d.message_type.iter().any(optional)),
        }
    };
    compiled.files.iter().filter(|f| wanted.contains(&*f.name)).map(of).collect()
}

/// Calls a plugin that is part of protopact. It may panic on what it does not expect.
fn call_library(
    library: Library,
    name: &str,
    request: &[u8],
) -> Result<CodeGeneratorResponse, ResponseError> {
    let refused = |message: String| ResponseError::Refused { plugin: name.to_owned(), message };
    let call = || match library {
        Library::Prost => protoc_gen_prost::execute(request).map_err(|e| e.to_string()),
        Library::Tonic => protoc_gen_tonic::execute(request).map_err(|e| e.to_string()),
    };
    let answer = std::panic::catch_unwind(call).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("it gave up: {}", text.unwrap_or("without saying why")))
    });
    let file = answer.map_err(refused)?;
    Ok(CodeGeneratorResponse { file, ..CodeGeneratorResponse::default() })
}
