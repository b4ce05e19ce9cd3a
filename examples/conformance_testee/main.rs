//! Answers protobuf's official conformance runner: with the codec of `wire`, as it is or as the model of a runtime, or with
//! that runtime itself. Binary messages and JSON, of every syntax and edition that the messages of the suite are written
//! in and the runtime knows. `ci/conformance` runs it.
//!
//! ```text
//! conformance_testee FOLDER                   the codec as the specification has it
//! conformance_testee FOLDER --reader NAME     the model of a runtime
//! conformance_testee FOLDER --runtime NAME    the runtime, in the program that `verify` builds
//! conformance_testee FOLDER --build NAME      builds that program; or says why there is none, and ends with 3
//! conformance_testee --names [NAME…]          the runtimes, each with the newest edition for the runner
//! ```
//!
//! FOLDER holds `conformance/conformance.proto` and `conformance/messages/`. NAME is a release as `verify --runtime` has it,
//! or `rust`; with `--names` also a language. Programs are kept in PROTOPACT_CACHE; that of Rust is made with the plugins of the `protopact.lock` in
//! the working directory.
//!
//! The protocol is that of conformance.proto: a length of four bytes, little end first, and a `ConformanceRequest`; the
//! answer likewise. It is spoken by the same codec, so a runner that hears nothing is a finding too.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it has nothing else to say it with")]

mod program;

use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

use protopact::schema::Schema;
use protopact::verify::json::speaks;
use protopact::wire::json::{self, Json};
use protopact::wire::{Reader, Slot, Tree, Value, decode, encode};

use program::{Runtime, Speaker};

/// Numbers of `conformance.WireFormat`.
const PROTOBUF: i32 = 1;
const JSON: i32 = 2;
/// The number of `conformance.TestCategory` under which unknown keys of JSON are passed over.
const IGNORE_UNKNOWN: i32 = 3;

/// Fields of `conformance.ConformanceResponse`.
const PARSE_ERROR: i32 = 1;
const RUNTIME_ERROR: i32 = 2;
const PROTOBUF_PAYLOAD: i32 = 3;
const JSON_PAYLOAD: i32 = 4;
const SKIPPED: i32 = 5;
const SERIALIZE_ERROR: i32 = 6;

/// What a program ends with that cannot be built here.
const IGNORED: u8 = 3;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (folder, how, name) = match args[..] {
        ["--names", ref wanted @ ..] => {
            program::names(wanted).iter().for_each(|(runtime, edition)| println!("{runtime} {edition}"));
            return ExitCode::SUCCESS;
        }
        [folder] => (folder, "--reader", None),
        [folder, how, name] => (folder, how, Some(name.parse::<Runtime>().expect("a runtime"))),
        _ => panic!("FOLDER [--reader NAME | --runtime NAME | --build NAME]"),
    };
    let folder = Path::new(folder);
    match (how, name) {
        ("--reader", None) => {
            serve(folder, Who::Codec(Box::new(program::schema(folder, None)), Reader::SPEC, true))
        }
        ("--reader", Some(runtime)) => {
            let (reader, json) = (runtime.reader(), speaks(runtime.language()));
            serve(folder, Who::Codec(Box::new(program::schema(folder, Some(runtime))), reader, json));
        }
        ("--runtime", Some(runtime)) => match program::start(folder, runtime) {
            Ok(speaker) => serve(folder, Who::Program(Box::new(speaker))),
            Err(why) => panic!("{why}"),
        },
        ("--build", Some(runtime)) => match program::start(folder, runtime) {
            Ok(speaker) => println!("{}", speaker.libraries),
            Err(program::NoProgram::Missing(why)) => {
                println!("{why}");
                return ExitCode::from(IGNORED);
            }
            Err(why) => {
                eprintln!("{why}");
                return ExitCode::FAILURE;
            }
        },
        _ => panic!("`{how}` is none of --reader, --runtime, --build"),
    }
    ExitCode::SUCCESS
}

/// Who answers.
enum Who {
    /// The codec of `wire`: the messages, how it reads, and whether it has JSON.
    Codec(Box<Schema>, Reader, bool),
    /// A program.
    Program(Box<Speaker>),
}

/// A request: what is to be read, and what of it is to be written.
struct Request<'r> {
    message: &'r str,
    given: Given<'r>,
    lenient: bool,
    output: i32,
}

#[derive(Clone, Copy)]
enum Given<'r> {
    Bytes(&'r [u8]),
    Json(&'r str),
}

/// The field of the response, and what is in it.
type Answer = (i32, Vec<u8>);

fn said(number: i32, text: impl Into<String>) -> Answer {
    (number, text.into().into_bytes())
}

fn serve(folder: &Path, mut who: Who) {
    let protocol = program::protocol(folder);
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let mut length = [0; 4];
    while input.read_exact(&mut length).is_ok() {
        let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
        input.read_exact(&mut bytes).expect("a whole request");
        let answer = response(&protocol, &mut who, &bytes);
        let length = u32::try_from(answer.len()).expect("an answer below four gigabytes");
        output.write_all(&length.to_le_bytes()).expect("somebody who listens");
        output.write_all(&answer).expect("somebody who listens");
        output.flush().expect("somebody who listens");
    }
}

fn response(protocol: &Schema, who: &mut Who, bytes: &[u8]) -> Vec<u8> {
    let (number, payload) = asked(protocol, who, bytes);
    let response =
        protocol.message_by_name("conformance.ConformanceResponse").expect("a message of the suite");
    let value = match number {
        PROTOBUF_PAYLOAD => Value::Bytes(payload),
        _ => Value::String(payload),
    };
    let mut tree = Tree::new(response);
    tree.fields.insert(number, Slot::One(value));
    encode(protocol, &tree)
}

/// Takes a request apart and has it answered.
fn asked(protocol: &Schema, who: &mut Who, bytes: &[u8]) -> Answer {
    let request = protocol.message_by_name("conformance.ConformanceRequest").expect("a message of the suite");
    let request = match decode(protocol, request, bytes, Reader::SPEC) {
        Ok(request) => request,
        Err(error) => return said(RUNTIME_ERROR, format!("the request cannot be read: {error}")),
    };
    let number = |field| match request.one(field) {
        Some(Value::Enum(number)) => *number,
        _ => 0,
    };
    let text = |field| match request.one(field) {
        Some(Value::String(text) | Value::Bytes(text)) => Some(text.as_slice()),
        _ => None,
    };
    let message = &*String::from_utf8_lossy(text(4).unwrap_or_default());
    // The first question is for the tests that are known to fail: they are given to the runner.
    if message == "conformance.FailureSet" {
        return (PROTOBUF_PAYLOAD, Vec::new());
    }
    let given = match (text(1), text(2).map(std::str::from_utf8)) {
        (Some(bytes), _) => Given::Bytes(bytes),
        (None, Some(Ok(text))) => Given::Json(text),
        (None, Some(Err(error))) => return said(PARSE_ERROR, error.to_string()),
        (None, None) => return said(SKIPPED, "only binary messages and JSON are read"),
    };
    let output = number(3);
    if !matches!(output, PROTOBUF | JSON) {
        return said(SKIPPED, "only binary messages and JSON are written");
    }
    let request = Request { message, given, lenient: number(5) == IGNORE_UNKNOWN, output };
    match who {
        Who::Codec(_, _, false) if output == JSON || matches!(given, Given::Json(_)) => {
            said(SKIPPED, "there is no JSON")
        }
        Who::Codec(schema, reader, _) => codec(schema, *reader, &request),
        Who::Program(speaker) => speaker.answer(&request),
    }
}

/// What the codec says.
fn codec(schema: &Schema, reader: Reader, request: &Request<'_>) -> Answer {
    let Some(message) = schema.message_by_name(request.message) else {
        return said(SKIPPED, format!("`{}` is not among the messages", request.message));
    };
    let parsed = match request.given {
        Given::Bytes(bytes) => decode(schema, message, bytes, reader).map_err(|e| e.to_string()),
        Given::Json(text) => {
            let read = if request.lenient { json::read_lenient } else { json::read };
            let json = Json::parse(text).map_err(|e| e.to_string());
            json.and_then(|json| read(schema, message, &json, reader).map_err(|e| e.to_string()))
        }
    };
    let tree = match parsed {
        Ok(tree) => tree,
        Err(error) => return said(PARSE_ERROR, error),
    };
    if request.output == PROTOBUF {
        return (PROTOBUF_PAYLOAD, encode(schema, &tree));
    }
    match json::write(schema, &tree) {
        Ok(json) => said(JSON_PAYLOAD, json.to_string()),
        Err(error) => said(SERIALIZE_ERROR, error.to_string()),
    }
}
