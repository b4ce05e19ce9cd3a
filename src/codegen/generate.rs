//! From a contract to finished trees, in memory: every plugin of every unit at the same time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use prost_types::compiler::CodeGeneratorResponse;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::pbjson;
use super::plugin::{Library, LockError, Ready, Tool, spec};
use super::request::{self, ResponseError, Set};
use super::sdk::{self, PackageError, PluginCall};
use super::{Contract, FileTree, Target, TreeError};
use crate::compile::Compiled;
use crate::compile::output::{SetOptions, descriptor_set};
use crate::config::generate::Strategy;
use crate::machine::run::{self, Call};
use crate::machine::{Host, Limits, RunError, Scratch};
use crate::words::Language;

/// What plugins are told about the protoc that calls them: the one that comes with protopact.
const PROTOC_VERSION: (i32, i32, i32) = (7, 36, 2);

/// One plugin with what it is asked to do.
#[derive(Clone, Debug)]
pub struct Step {
    /// The plugin.
    pub plugin: Ready,
    /// Its parameter; for packages, the language says it.
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
    /// The languages cannot express several things of the contract.
    #[error("cannot make the packages: languages have no room for {} names or files of the contract", all.len())]
    Refused {
        /// Which, by language.
        all: Vec<PackageError>,
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
    /// The language wants a plugin that nobody planned for.
    #[error("cannot make the package `{unit}`: `{plugin}` is not among its plugins")]
    NoPlugin {
        /// The unit.
        unit: String,
        /// The plugin.
        plugin: &'static str,
    },
    /// The descriptors for the plugins are none.
    #[error("cannot generate `{unit}`: its descriptors cannot be read")]
    Descriptors {
        /// The unit.
        unit: String,
        /// What is wrong with them.
        #[source]
        source: prost::DecodeError,
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
    target: &Target,
    services: bool,
    ready: &mut dyn FnMut(&'static spec::Pinned) -> Result<Ready, E>,
) -> Result<Vec<Step>, E> {
    let mut steps = Vec::new();
    for (plugin, generator) in sdk::plugins(target).filter(|(plugin, _)| services || !plugin.services_only) {
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

    /// The name that packages know it by.
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
    for text in contract.legal {
        say(&text.name);
        say(&crate::machine::sha256(&text.content));
    }
    say(&format!("{:?}", contract.about));
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
    HEXLOWER.encode(&hash.finalize())
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
    HEXLOWER.encode(&hash.finalize())
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
    check(contract, units)?;
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

/// What the languages of units have no room for, by unit.
#[must_use]
pub fn refusals(contract: &Contract<'_>, units: &[&Unit]) -> Vec<(String, Vec<PackageError>)> {
    let packages = units.iter().filter_map(|unit| match &unit.work {
        Work::Package(target) => Some((unit.path.clone(), target)),
        Work::Files => None,
    });
    std::thread::scope(|scope| {
        let check = |(path, target)| (path, scope.spawn(move || sdk::check_contract(contract, target)));
        let threads: Vec<_> = packages.map(check).collect();
        let join = |(path, thread): (String, std::thread::ScopedJoinHandle<'_, _>)| {
            (path, thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        };
        threads.into_iter().map(join).collect()
    })
}

/// Tells all refusals of all units before a plugin runs.
fn check(contract: &Contract<'_>, units: &[&Unit]) -> Result<(), GenerateError> {
    let mut all: Vec<(String, PackageError)> = refusals(contract, units)
        .into_iter()
        .flat_map(|(unit, found)| found.into_iter().map(move |error| (unit.clone(), error)))
        .collect();
    match all.len() {
        0 => Ok(()),
        1 => {
            let (unit, source) = all.remove(0);
            Err(GenerateError::Package { unit, source })
        }
        _ => Err(GenerateError::Refused { all: all.into_iter().map(|(_, error)| error).collect() }),
    }
}

/// A refusal as one line with the way out.
#[must_use]
pub fn line(error: &PackageError) -> String {
    let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
    match error {
        PackageError::Refused { refusal } => {
            let language = refusal.language.title();
            let said = refusal.what.contains(&format!(" {language}"));
            let language = if said { String::new() } else { format!(", in {language}") };
            format!("{refusal}{language}{hint}")
        }
        error => format!("{error}{hint}"),
    }
}

fn one(contract: &Contract<'_>, unit: &Unit, host: &Host, limits: Limits) -> Result<Made, GenerateError> {
    let name = || if unit.path.is_empty() { "." } else { &*unit.path }.to_owned();
    let package = |source| GenerateError::Package { unit: name(), source };
    let content = SetOptions { include_imports: true, include_source_info: true };
    let (encoded, tasks) = match &unit.work {
        Work::Package(target) => {
            let prepared = sdk::prepare_checked(contract, target).map_err(package)?;
            let tasks = prepared.calls.into_iter().map(|call| task(unit, call)).collect::<Result<_, _>>()?;
            (prepared.descriptor_set, tasks)
        }
        Work::Files => {
            let tasks = unit.steps.iter().map(|step| Task {
                step,
                parameter: step.parameter.clone(),
                batches: batches(contract.compiled, step.selection),
                folder: step.folder.clone(),
            });
            (descriptor_set(contract.compiled, content).into(), tasks.collect::<Vec<_>>())
        }
    };
    let set = Set::new(encoded).map_err(|source| GenerateError::Descriptors { unit: name(), source })?;
    let answers: Vec<Result<Answer, StepError>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            tasks.iter().map(|task| scope.spawn(|| run_task(task, &set, host, limits))).collect();
        let join = |t: std::thread::ScopedJoinHandle<'_, _>| {
            t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    });
    let path = |source| GenerateError::Path { unit: name(), source };
    let mut folders: BTreeMap<String, FileTree> = BTreeMap::new();
    let mut messages = Vec::new();
    for (Task { step, folder, .. }, answer) in tasks.iter().zip(answers) {
        let answer = answer.map_err(|error| match error {
            StepError::Run(source) => GenerateError::Run { unit: name(), source },
            StepError::Response(source) => GenerateError::Response { unit: name(), source },
            StepError::Path(source) => path(source),
            StepError::Lock(source) => source.into(),
            StepError::Io { what, source } => GenerateError::Io { what, source },
        })?;
        let tree = folders.entry(folder.clone()).or_default();
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
        files.merge(&folder, tree).map_err(path)?;
    }
    let made = Made { path: unit.path.clone(), language: None, coordinate: None, files, messages };
    let made = match &unit.work {
        Work::Files => made,
        Work::Package(target) => {
            let built = sdk::build(contract, target, made.files).map_err(package)?;
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

/// A step with what it is given.
struct Task<'a> {
    step: &'a Step,
    parameter: String,
    /// The files of each call.
    batches: Vec<Vec<String>>,
    /// The folder that what is made goes to, below the unit.
    folder: String,
}

fn task(unit: &Unit, call: PluginCall) -> Result<Task<'_>, GenerateError> {
    let wanted = call.plugin.as_str();
    let step = unit.steps.iter().find(|step| step.plugin.key() == wanted);
    let missing = || GenerateError::NoPlugin { unit: unit.path.clone(), plugin: wanted };
    let PluginCall { parameter, files, folder, .. } = call;
    Ok(Task { step: step.ok_or_else(missing)?, parameter, batches: vec![files], folder })
}

fn run_task(task: &Task<'_>, set: &Set, host: &Host, limits: Limits) -> Result<Answer, StepError> {
    let Task { step, parameter, batches, .. } = task;
    step.plugin.verify().map_err(StepError::Lock)?;
    let mut answer = Answer::default();
    for files in batches {
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        match &step.plugin.tool {
            Tool::Protoc { program, arguments, generator } => {
                let protoc = Protoc { program, arguments, generator, name: &step.plugin.name };
                let (tree, messages) = protoc.run(set, &files, parameter, host, limits)?;
                answer.parts.push(Part::Files(tree));
                answer.messages += &messages;
            }
            Tool::Program { program, arguments, folder } => {
                let request = request::request(set, &files, parameter, PROTOC_VERSION);
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
                let needs = set.needs(&files);
                let response = request::response(&step.plugin.name, &done.output, &needs)?;
                answer.parts.push(Part::Response(response));
                answer.messages += &done.messages;
            }
            Tool::Library(library) => {
                let request = request::request(set, &files, parameter, PROTOC_VERSION);
                let response = call_library(*library, &step.plugin.name, &request)?;
                answer.parts.push(Part::Response(response));
            }
        }
    }
    Ok(answer)
}

/// The files for each call of a plugin.
fn batches(compiled: &Compiled, selection: Selection) -> Vec<Vec<String>> {
    let well_known = |name: &str| name.starts_with("google/protobuf/");
    let wanted = compiled
        .files
        .iter()
        .filter(|f| f.target || selection.imports && (selection.well_known || !well_known(&f.name)));
    let names: Vec<String> = wanted.map(|f| f.name.to_string()).collect();
    match selection.strategy {
        _ if names.is_empty() => Vec::new(),
        Strategy::All => vec![names],
        Strategy::Directory => {
            let folder = |name: &str| name.rsplit_once('/').map_or(String::new(), |(f, _)| f.to_owned());
            let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for name in names {
                folders.entry(folder(&name)).or_default().push(name);
            }
            folders.into_values().collect()
        }
    }
}

fn scratch() -> Result<Scratch, StepError> {
    let made = Scratch::new("protopact-");
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
        set: &Set,
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
        let below = |name: &str| scratch.path().join(name);
        let (path, list, out) = (below("set"), below("files"), below("out"));
        fs::write(&path, set.for_protoc()).map_err(io("write the descriptors for protoc"))?;
        // In a file, because command lines have an end. A name cannot be quoted there; one that looks like a flag
        // would be one.
        if let Some(name) = files.iter().find(|n| n.starts_with(['-', '@']) || n.contains('\n')) {
            return Err(StepError::Path(TreeError::Outside((*name).to_owned())));
        }
        fs::write(&list, files.join("\n")).map_err(io("write the list of files for protoc"))?;
        fs::create_dir(&out).map_err(io("make a folder for protoc"))?;
        let mut arguments: Vec<std::ffi::OsString> = self.arguments.iter().map(Into::into).collect();
        arguments.push(flag("--descriptor_set_in=", &path));
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

/// Calls a plugin that is part of protopact, which may panic on what it does not expect.
///
/// # Errors
///
/// It refused the request, or gave up.
pub fn call_library(
    library: Library,
    name: &str,
    request: &[u8],
) -> Result<CodeGeneratorResponse, ResponseError> {
    let refused = |message: String| ResponseError::Refused { plugin: name.to_owned(), message };
    let call = || match library {
        Library::Prost => protoc_gen_prost::execute(request).map_err(|e| e.to_string()),
        Library::Tonic => protoc_gen_tonic::execute(request).map_err(|e| e.to_string()),
        Library::Pbjson => pbjson::execute(request),
    };
    let answer = std::panic::catch_unwind(call).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(format!("it gave up: {}", text.unwrap_or("without saying why")))
    });
    let file = answer.map_err(refused)?;
    Ok(CodeGeneratorResponse { file, ..CodeGeneratorResponse::default() })
}
