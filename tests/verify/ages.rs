//! Every model of a release, held against the release itself.

use std::path::PathBuf;
use std::time::Duration;

use protopact::machine::Host;
use protopact::schema::Schema;
use protopact::verify::build::{Builder, build};
use protopact::verify::driver::aged;
use protopact::verify::process::Process;
use protopact::verify::side::Side;
use protopact::wire::runtimes::{self, Row};
use protopact::wire::{Reader, Tree, UnknownData, decode, encode, json};
use protopact::words::{Age, Pinned};
use serde_json::{Value, json};

use crate::drivers::side;
use crate::matrix::cache;
use crate::support::{self, Files};

/// Something that runtimes are asked about.
pub(crate) struct Case {
    pub(crate) title: Option<String>,
    pub(crate) message: String,
    /// Bytes in hexadecimal, or JSON.
    pub(crate) text: String,
    pub(crate) is_json: bool,
    pub(crate) lenient: bool,
    /// How many messages are in each other, where that is the question: no model says it of all releases.
    pub(crate) depth: Option<i64>,
}

impl Case {
    /// The question as a driver reads it.
    pub(crate) fn request(&self, id: usize) -> Value {
        let message = &self.message;
        if self.is_json {
            json!({"id": id, "op": "json", "message": message, "json": self.text, "lenient": self.lenient})
        } else {
            json!({"id": id, "op": "codec", "message": message, "hex": self.text})
        }
    }

    fn model(&self, schema: &Schema, reader: Reader) -> Result<Tree, String> {
        let message = schema.message_by_name(&self.message).unwrap();
        if self.is_json {
            let text = json::Json::parse(&self.text).map_err(|e| e.to_string())?;
            let read = if self.lenient { json::read_lenient } else { json::read };
            read(schema, message, &text, reader).map_err(|e| e.to_string())
        } else {
            decode(schema, message, &hex::decode(&self.text).unwrap(), reader).map_err(|e| e.to_string())
        }
    }
}

fn folder() -> PathBuf {
    support::project().join("fixtures/truth")
}

pub(crate) fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(folder().join("cases.toml")).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let all = table["case"].as_array().unwrap().iter().map(|case| {
        let text = |key: &str| case.get(key).map(|v| v.as_str().unwrap().to_owned());
        let (hex, json) = (text("hex"), text("json"));
        let depth = case.get("depth").map(|v| v.as_integer().unwrap());
        let text_of = |depth: i64| nested(depth as usize, hex.is_none());
        Case {
            title: text("title"),
            message: text("message").unwrap(),
            is_json: json.is_some(),
            text: depth.map(text_of).or(hex.clone()).or(json).unwrap(),
            depth,
            lenient: case.get("lenient").is_some_and(|v| v.as_bool().unwrap()),
        }
    });
    all.collect()
}

/// A message with so many others in each other.
fn nested(depth: usize, json: bool) -> String {
    if json {
        return format!("{}{{}}{}", "{\"in\":".repeat(depth), "}".repeat(depth));
    }
    let around = |inner: Vec<u8>| {
        // Field 13, and the length as a varint.
        let mut bytes = vec![13 << 3 | 2];
        let mut length = inner.len();
        while length > 0x7f {
            bytes.push(length as u8 | 0x80);
            length >>= 7;
        }
        bytes.push(length as u8);
        bytes.extend(inner);
        bytes
    };
    hex::encode((0..depth).fold(Vec::new(), |inner, _| around(inner)))
}

/// The contract that the cases are about.
pub(crate) fn files() -> Files {
    let file = |name: &str| (format!("truth/{name}"), std::fs::read_to_string(folder().join(name)).unwrap());
    ["closed.proto", "open.proto"].map(file).to_vec()
}

/// What a release answers to every case.
pub(crate) fn answers(side: &Side, pinned: Pinned, cases: &[Case]) -> Vec<Value> {
    let driver = aged(side, pinned).unwrap();
    let host = Host::of_process();
    let root = cache().join("verify");
    let builder = Builder { host: &host, root: &root, offline: false };
    let say = |step: &str| eprintln!("{step}");
    let programs = build(builder, pinned.language, &[driver], &say)
        .unwrap_or_else(|e| panic!("{pinned}: {e}: {}", e.messages()));
    let mut process = Process::start(&host, &programs[0], &[]).unwrap();
    let requests: Vec<Value> = cases.iter().enumerate().map(|(id, case)| case.request(id)).collect();
    process.ask(&requests, Duration::from_secs(60)).unwrap_or_else(|e| panic!("{pinned}: {e}"))
}

/// Everything that bytes hold, taken apart no further, by number.
fn bare(schema: &Schema, bytes: &[u8]) -> Vec<(i32, UnknownData)> {
    let message = schema.message_by_name("truth.closed.Bare").unwrap();
    let tree = decode(schema, message, bytes, Reader::SPEC).unwrap();
    let mut all: Vec<_> = tree.unknown.into_iter().map(|u| (u.number, u.data)).collect();
    all.sort_by_key(|(number, _)| *number);
    all
}

#[test]
#[ignore = "builds programs with thirteen releases and more of Python's protobuf"]
fn every_release_reads_as_its_model_does() {
    let side = side(&files(), "v1");
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.depth.is_none()).collect();
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for row in &runtimes::ROWS {
        let Row { language, pure, .. } = *row;
        for version in row.tried {
            let mut age: Age = version.parse().unwrap();
            age.pure = pure;
            let pinned = Pinned { language, age };
            let reader = runtimes::reader(pinned).unwrap();
            for (case, answer) in cases.iter().zip(answers(&side, pinned, &cases)) {
                tried += 1;
                let name = format!("{pinned}: {} {} {}", case.message, case.text, case.lenient);
                let model = case.model(&side.schema, reader);
                // A message without a required field is read by Python, and not written.
                let said = answer["hex"].as_str().map(|text| hex::decode(text).unwrap());
                let unwritten = answer["error"].as_str().is_some_and(|e| e.starts_with("EncodeError"));
                match (model, said) {
                    (Ok(tree), Some(said)) => {
                        let expected = bare(&side.schema, &encode(&side.schema, &tree));
                        let said = bare(&side.schema, &said);
                        if expected != said {
                            wrong.push(format!("{name}\n  model {expected:?}\n  wrote {said:?}"));
                        }
                    }
                    (Ok(_), None) if unwritten => {}
                    (Err(_), None) => {}
                    (Ok(tree), None) => wrong.push(format!("{name}\n  model {tree:?}\n  said {answer}")),
                    (Err(why), Some(said)) => {
                        wrong.push(format!("{name}\n  model refuses: {why}\n  wrote {}", hex::encode(said)));
                    }
                }
            }
        }
    }
    eprintln!("{tried} answers of {} releases", tried / cases.len());
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}
