//! Answers protobuf's official conformance runner with the codec of `wire`: binary messages and JSON, of every syntax and
//! edition that the messages of the suite are written in. `ci/conformance` runs it. Argument: the folder that holds
//! `conformance/conformance.proto` and `conformance/messages/`.
//!
//! The protocol is that of conformance.proto: a length of four bytes, little end first, and a `ConformanceRequest`; the
//! answer likewise. It is spoken by the same codec, so a runner that hears nothing is a finding too.

use std::io::{Read, Write};
use std::path::Path;

use protopact::compile::{Input, InputFile, Options, compile};
use protopact::schema::Schema;
use protopact::wire::json::{self, Json};
use protopact::wire::{Reader, Slot, Tree, Value, decode, encode};

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

fn main() {
    let folder = std::env::args().nth(1).expect("the folder of the suite's messages");
    let suite = load(Path::new(&folder));
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let mut length = [0; 4];
    while input.read_exact(&mut length).is_ok() {
        let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
        input.read_exact(&mut bytes).expect("a whole request");
        let answer = response(&suite, &bytes);
        let length = u32::try_from(answer.len()).expect("an answer below four gigabytes");
        output.write_all(&length.to_le_bytes()).expect("somebody who listens");
        output.write_all(&answer).expect("somebody who listens");
        output.flush().expect("somebody who listens");
    }
}

/// Everything in the folder, compiled.
fn load(folder: &Path) -> Schema {
    let mut input = Input::default();
    for entry in walkdir::WalkDir::new(folder.join("conformance")).sort_by_file_name().into_iter().flatten() {
        if entry.path().extension().is_some_and(|e| e == "proto") {
            let name = entry.path().strip_prefix(folder).expect("below the folder").to_string_lossy();
            // Of an edition that is not out yet.
            if name.contains("unstable") {
                continue;
            }
            input.files.push(InputFile {
                name: (&*name).into(),
                display: (&*name).into(),
                content: std::fs::read(entry.path()).expect("a readable file").into(),
                target: true,
            });
        }
    }
    let compiled = compile(&input, &Options::default()).expect("the messages of the suite compile");
    Schema::build(&compiled).expect("what was compiled is a schema")
}

fn response(suite: &Schema, bytes: &[u8]) -> Vec<u8> {
    let (number, payload) = answer(suite, bytes);
    let response = suite.message_by_name("conformance.ConformanceResponse").expect("a message of the suite");
    let value = match number {
        PROTOBUF_PAYLOAD => Value::Bytes(payload),
        _ => Value::String(payload),
    };
    let mut tree = Tree::new(response);
    tree.fields.insert(number, Slot::One(value));
    encode(suite, &tree)
}

/// The field of the response, and what is in it.
fn answer(suite: &Schema, bytes: &[u8]) -> (i32, Vec<u8>) {
    let said = |number, text: String| (number, text.into_bytes());
    let request = suite.message_by_name("conformance.ConformanceRequest").expect("a message of the suite");
    let request = match decode(suite, request, bytes, Reader::SPEC) {
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
    let name = String::from_utf8_lossy(text(4).unwrap_or_default()).into_owned();
    // The first question is for the tests that are known to fail: they are given to the runner.
    if name == "conformance.FailureSet" {
        return (PROTOBUF_PAYLOAD, Vec::new());
    }
    let Some(message) = suite.message_by_name(&name) else {
        return said(SKIPPED, format!("`{name}` is not among the messages"));
    };
    let parsed = if let Some(bytes) = text(1) {
        decode(suite, message, bytes, Reader::SPEC).map_err(|e| e.to_string())
    } else if let Some(written) = text(2) {
        let lenient = number(5) == IGNORE_UNKNOWN;
        let read = if lenient { json::read_lenient } else { json::read };
        std::str::from_utf8(written)
            .map_err(|e| e.to_string())
            .and_then(|written| Json::parse(written).map_err(|e| e.to_string()))
            .and_then(|json| read(suite, message, &json, Reader::SPEC).map_err(|e| e.to_string()))
    } else {
        return said(SKIPPED, "only binary messages and JSON are read".to_owned());
    };
    let tree = match parsed {
        Ok(tree) => tree,
        Err(error) => return said(PARSE_ERROR, error),
    };
    match number(3) {
        PROTOBUF => (PROTOBUF_PAYLOAD, encode(suite, &tree)),
        JSON => match json::write(suite, &tree) {
            Ok(json) => said(JSON_PAYLOAD, json.to_string()),
            Err(error) => said(SERIALIZE_ERROR, error.to_string()),
        },
        _ => said(SKIPPED, "only binary messages and JSON are written".to_owned()),
    }
}
