//! The programs of runtimes, as `verify` builds them, and the messages of the suite that each of them knows.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use protopact::codegen::plugin::Lock;
use protopact::codegen::plugin::lock::Around;
use protopact::compile::{Compiled, Input, InputFile, Options, compile};
use protopact::config::generate::Generate;
use protopact::machine::{Cache, Host, Space};
use protopact::schema::{Schema, Syntax};
use protopact::verify::build::{BuildError, Builder, build};
use protopact::verify::driver::{Driver, aged, libraries};
use protopact::verify::fault::model;
use protopact::verify::process::{Process, ProcessError, Program};
use protopact::verify::sdk::Sdk;
use protopact::verify::side::Side;
use protopact::wire::{Reader, runtimes};
use protopact::words::{Age, Language, Pinned};
use serde_json::json;

use super::{
    Answer, Given, JSON_PAYLOAD, PARSE_ERROR, PROTOBUF, PROTOBUF_PAYLOAD, RUNTIME_ERROR, Request,
    SERIALIZE_ERROR, SKIPPED, said,
};

/// How long a program may take to be there: a JVM on a busy machine.
const START: Duration = Duration::from_secs(120);

/// How long an answer may take. The runner waits for thirty seconds, and then does not always go on.
const PATIENCE: Duration = Duration::from_secs(10);

/// `EDITION_2023` in descriptor.proto; no message of the suite is of a later one that is out.
const EDITION_2023: i32 = 1000;

/// A runtime that there is a model of.
#[derive(Clone, Copy)]
pub(crate) enum Runtime {
    /// A release.
    Release(Pinned),
    /// The newest one that packages are made for.
    Newest(Language),
}

impl FromStr for Runtime {
    type Err = String;

    fn from_str(text: &str) -> Result<Runtime, String> {
        if text == Language::Rust.as_str() {
            return Ok(Runtime::Newest(Language::Rust));
        }
        let all = Pinned::list(text).map_err(|e| e.to_string())?;
        let [one] = all[..] else { return Err(format!("`{text}` is more than one release")) };
        runtimes::row(one).map_err(|e| format!("{e}: {}", e.hint()))?;
        Ok(Runtime::Release(one))
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Runtime::Release(pinned) => pinned.fmt(f),
            Runtime::Newest(language) => f.write_str(language.as_str()),
        }
    }
}

impl Runtime {
    pub(crate) fn language(self) -> Language {
        match self {
            Runtime::Release(pinned) => pinned.language,
            Runtime::Newest(language) => language,
        }
    }

    pub(crate) fn reader(self) -> Reader {
        match self {
            Runtime::Release(pinned) => runtimes::reader(pinned).expect("a release with a row"),
            Runtime::Newest(language) => model(language),
        }
    }

    /// Whether it takes a file of the suite that is of an edition which it knows.
    fn loads(self, name: &str) -> bool {
        // Where a file says that messages are delimited, Python 5.26 takes every field for one (the back end in Python) or
        // every map for a map of them (upb, which then does not load the file). 5.27 knows better.
        let python = matches!(self, Runtime::Release(Pinned { language: Language::Python, age })
            if age.version[..2] == [5, 26]);
        !(python && name.ends_with("/test_messages_edition2023.proto"))
    }

    fn edition(self) -> i32 {
        match self {
            Runtime::Release(pinned) => runtimes::row(pinned).expect("a release with a row").edition,
            Runtime::Newest(_) => i32::MAX,
        }
    }
}

/// The runtimes that are asked, each with the newest edition that the runner asks it about: of a language the last release
/// of every row that was tried, and Rust; or the one that is named.
pub(crate) fn names(wanted: &[&str]) -> Vec<(Runtime, &'static str)> {
    let rows = runtimes::ROWS.iter().map(|row| {
        let mut age: Age = row.tried.last().expect("a release").parse().expect("a version");
        age.pure = row.pure;
        Runtime::Release(Pinned { language: row.language, age })
    });
    let all: Vec<Runtime> = rows.chain([Runtime::Newest(Language::Rust)]).collect();
    let of = |name: &str| match Language::named(name) {
        Some(language) => all.iter().copied().filter(|runtime| runtime.language() == language).collect(),
        None => vec![name.parse().unwrap_or_else(|error| panic!("{error}"))],
    };
    let named =
        if wanted.is_empty() { all.clone() } else { wanted.iter().flat_map(|name| of(name)).collect() };
    let edition = |runtime: &Runtime| if runtime.edition() < EDITION_2023 { "PROTO3" } else { "2023" };
    named.into_iter().map(|runtime| (runtime, edition(&runtime))).collect()
}

fn input(folder: &Path, below: &str, wanted: impl Fn(&str) -> bool) -> Input {
    let mut input = Input::default();
    for entry in walkdir::WalkDir::new(folder.join(below)).sort_by_file_name().into_iter().flatten() {
        let name = entry.path().strip_prefix(folder).expect("below the folder").to_string_lossy();
        if name.ends_with(".proto") && wanted(&name) {
            input.files.push(InputFile {
                name: (&*name).into(),
                display: (&*name).into(),
                content: std::fs::read(entry.path()).expect("a readable file").into(),
                target: true,
            });
        }
    }
    input
}

fn compiled(input: &Input) -> (Compiled, Schema) {
    let compiled = compile(input, &Options::default()).expect("the messages of the suite compile");
    let schema = Schema::build(&compiled).expect("what was compiled is a schema");
    (compiled, schema)
}

/// What the runner speaks.
pub(crate) fn protocol(folder: &Path) -> Schema {
    compiled(&input(folder, "conformance/conformance.proto", |_| true)).1
}

/// The messages of the suite that a runtime knows the edition of.
fn messages(folder: &Path, runtime: Option<Runtime>) -> (Compiled, Schema) {
    // Of an edition that is not out yet.
    let mut input = input(folder, "conformance/messages", |name| !name.contains("unstable"));
    let all = compiled(&input);
    let Some(runtime) = runtime else { return all };
    let newer = |name: &str| {
        let file = all.1.files().map(|(_, file)| file).find(|file| &*file.name == name);
        file.is_some_and(|f| matches!(f.syntax, Syntax::Edition(edition) if edition > runtime.edition()))
    };
    input.files.retain(|file| !newer(&file.name) && runtime.loads(&file.name));
    if runtime.language() == Language::Go {
        // Go does not load a file with a message set, unless it is built with `protolegacy`. To it they are messages.
        for file in &mut input.files {
            file.content = without(&file.content, "option message_set_wire_format = true;").into();
        }
    }
    compiled(&input)
}

fn without(content: &[u8], words: &str) -> Vec<u8> {
    String::from_utf8_lossy(content).replace(words, "").into_bytes()
}

/// The messages of the suite that a runtime knows, or all.
pub(crate) fn schema(folder: &Path, runtime: Option<Runtime>) -> Schema {
    messages(folder, runtime).1
}

/// Why there is no program.
pub(crate) enum NoProgram {
    /// What it takes is not on this machine.
    Missing(String),
    /// It cannot be built, and ought to be.
    Failed(String),
}

impl fmt::Display for NoProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoProgram::Missing(why) | NoProgram::Failed(why) => f.write_str(why),
        }
    }
}

/// A program that runs.
pub(crate) struct Speaker {
    host: Host,
    program: Program,
    process: Process,
    /// The messages that it was built with.
    side: Side,
    /// The libraries that it was built with.
    pub(crate) libraries: String,
}

fn side(folder: &Path, runtime: Runtime) -> Side {
    let (compiled, schema) = messages(folder, Some(runtime));
    Side::new("suite".to_owned(), "1.0.0".to_owned(), compiled, schema)
        .expect("what was compiled holds together")
}

/// Starts the program of a runtime, which is built before where it is not there.
pub(crate) fn start(folder: &Path, runtime: Runtime) -> Result<Speaker, NoProgram> {
    let host = Host::of_process();
    let failed = |why: String| NoProgram::Failed(format!("{runtime}: {why}"));
    let cache = Cache::of(&host).ok_or_else(|| failed("there is no folder for programs".to_owned()))?;
    // What makes packages makes those of two versions.
    let sides = [side(folder, runtime), side(folder, runtime)];
    let side = &sides[0];
    let driver = match runtime {
        Runtime::Release(pinned) => aged(side, pinned).map_err(|e| failed(e.to_string()))?,
        Runtime::Newest(language) => newest(language, &sides, &host, &cache).map_err(failed)?,
    };
    let root = cache.space(Space::Verify);
    let builder = Builder { host: &host, root: &root, offline: false };
    let made = build(builder, runtime.language(), std::slice::from_ref(&driver), &|step| eprintln!("{step}"));
    let made = made.map_err(|error| match error {
        BuildError::Missing(tool) => NoProgram::Missing(format!("there is no `{tool}`")),
        error => failed(format!("{error}\n{}", error.messages())),
    })?;
    let program = made.into_iter().next().ok_or_else(|| failed("no program was built".to_owned()))?;
    let process = begun(&host, &program).map_err(|e| failed(e.to_string()))?;
    let [side, _] = sides;
    Ok(Speaker { host, program, process, side, libraries: libraries(&driver) })
}

/// Starts a program, and waits until it answers.
fn begun(host: &Host, program: &Program) -> Result<Process, ProcessError> {
    let mut process = Process::start(host, program, &[])?;
    let nothing = json!({"id": 0, "op": "codec", "message": "protobuf_test_messages.proto3.TestAllTypesProto3", "hex": ""});
    process.ask(&[nothing], START).map(|_| process)
}

/// The program of the package that `generate` makes, with the plugins of the lock in the working directory.
fn newest(language: Language, sides: &[Side; 2], host: &Host, cache: &Cache) -> Result<Driver, String> {
    let lock = host.cwd.join("protopact.lock");
    let lock =
        std::fs::read_to_string(&lock).map_err(|e| format!("cannot read `{}`: {e}", lock.display()))?;
    let lock = Lock::parse(&lock).map_err(|e| e.to_string())?;
    let around = Around { host, cache: Some(cache), protoc: None };
    let (settings, root) = (Generate::default(), &host.cwd);
    let sdk = Sdk { name: "conformance", root, settings: &settings, lock: Some(&lock), around };
    let drivers = sdk.drivers(language, sides).map_err(|why| format!("{why:?}"))?;
    drivers.into_iter().next().ok_or_else(|| "there is no program".to_owned())
}

impl Speaker {
    /// What the program makes of a request.
    pub(crate) fn answer(&mut self, request: &Request<'_>) -> Answer {
        let message = request.message;
        if self.side.schema.message_by_name(message).is_none() {
            return said(SKIPPED, format!("`{message}` is not among the messages"));
        }
        let line = match request.given {
            Given::Bytes(bytes) => {
                json!({"id": 0, "op": "codec", "message": message, "hex": HEXLOWER.encode(bytes)})
            }
            Given::Json(text) => {
                json!({"id": 0, "op": "json", "message": message, "json": text, "lenient": request.lenient})
            }
        };
        let answer = match self.process.ask(&[line], PATIENCE) {
            Ok(mut answers) => answers.remove(0),
            Err(error) => {
                self.process = begun(&self.host, &self.program).expect("a program that answered before");
                return said(RUNTIME_ERROR, error.to_string());
            }
        };
        let text = |key: &str| answer[key].as_str().map(str::to_owned);
        if answer["unsupported"] == true {
            return said(SKIPPED, "there is no JSON");
        }
        if answer["ok"] != true {
            let error = text("error").unwrap_or_default();
            // Python reads a message without what it requires, and does not write it.
            let number = if error.starts_with("EncodeError") { SERIALIZE_ERROR } else { PARSE_ERROR };
            return said(number, error);
        }
        if request.output == PROTOBUF {
            let hex = text("hex").unwrap_or_default();
            return (PROTOBUF_PAYLOAD, HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).expect("hexadecimal"));
        }
        match (text("json"), text("json_error")) {
            (Some(json), _) => said(JSON_PAYLOAD, json),
            (None, Some(error)) => said(SERIALIZE_ERROR, error),
            (None, None) => said(SKIPPED, "there is no JSON"),
        }
    }
}
