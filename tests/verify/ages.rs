//! Every model of a release, held against the release itself.

use std::path::PathBuf;
use std::time::Duration;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use protopact::machine::Host;
use protopact::schema::Schema;
use protopact::verify::build::{Builder, build};
use protopact::verify::driver::aged;
use protopact::verify::process::Process;
use protopact::verify::side::Side;
use protopact::wire::runtimes::{self, Row};
use protopact::wire::{Reader, Tree, UnknownData, decode, encode, json};
use protopact::words::{Age, Language, Pinned};
use serde_json::{Value, json};

use crate::drivers::side;
use crate::matrix::{cache, cells, install, matrix};
use crate::pairs;
use crate::support::{self, Files, truth};

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
            decode(schema, message, &HEXLOWER_PERMISSIVE.decode(self.text.as_bytes()).unwrap(), reader)
                .map_err(|e| e.to_string())
        }
    }
}

fn folder() -> PathBuf {
    support::project().join("fixtures/truth")
}

pub(crate) fn questions() -> Vec<Case> {
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
    HEXLOWER.encode(&(0..depth).fold(Vec::new(), |inner, _| around(inner)))
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

/// Everything that bytes hold, taken apart no further, by number. What digits a NaN has no model says.
fn bare(schema: &Schema, bytes: &[u8]) -> Vec<(i32, UnknownData)> {
    let message = schema.message_by_name("truth.closed.Bare").unwrap();
    let tree = decode(schema, message, bytes, Reader::SPEC).unwrap();
    let nan = |data: UnknownData| match data {
        UnknownData::Fixed64(bits) if f64::from_bits(bits).is_nan() => {
            UnknownData::Fixed64(f64::NAN.to_bits())
        }
        data => data,
    };
    let mut all: Vec<_> = tree.unknown.into_iter().map(|u| (u.number, nan(u.data))).collect();
    all.sort_by_key(|(number, _)| *number);
    all
}

#[test]
#[ignore = "builds programs with many releases of Python's protobuf"]
fn every_release_of_python_reads_as_its_model_does() {
    hold(Language::Python);
}

#[test]
#[ignore = "builds programs with many releases of Go's protobuf"]
fn every_release_of_go_reads_as_its_model_does() {
    hold(Language::Go);
}

#[test]
#[ignore = "builds programs with many releases of protobuf-java"]
fn every_release_of_java_reads_as_its_model_does() {
    hold(Language::Java);
}

/// Whether every release is asked, and not only the first and the last that a row names, of the oldest and the newest row that
/// read alike.
#[expect(clippy::disallowed_methods, reason = "ci/truth says so in the environment")]
fn every() -> bool {
    std::env::var_os("PROTOPACT_TRUTH_ALL").is_some()
}

/// Asks every release of a language that a row names.
fn hold(language: Language) {
    let side = side(&files(), "v1");
    let cases: Vec<Case> = questions().into_iter().filter(|case| case.depth.is_none()).collect();
    let (mut wrong, mut tried) = (Vec::new(), 0);
    let rows: Vec<&Row> = runtimes::ROWS.iter().filter(|row| row.language == language).collect();
    let alike = |one: &Row, other: Option<&&Row>| {
        other.is_some_and(|other| one.pure == other.pure && one.reader == other.reader)
    };
    for (n, row) in rows.iter().enumerate() {
        let between = n > 0 && alike(row, rows.get(n - 1)) && alike(row, rows.get(n + 1));
        if between && !every() {
            continue;
        }
        let Row { pure, .. } = **row;
        let (first, last) = (row.tried.first(), row.tried.last());
        for version in row.tried.iter().filter(|v| every() || [first, last].contains(&Some(v))) {
            let mut age: Age = version.parse().unwrap();
            age.pure = pure;
            let pinned = Pinned { language, age };
            let reader = runtimes::reader(pinned).unwrap();
            for (case, answer) in cases.iter().zip(answers(&side, pinned, &cases)) {
                tried += 1;
                let name = format!("{pinned}: {} {} {}", case.message, case.text, case.lenient);
                let model = case.model(&side.schema, reader);
                // A message without a required field is read by Python, and not written.
                let ok = answer["ok"] == true;
                let said = answer["hex"]
                    .as_str()
                    .filter(|_| ok)
                    .map(|text| HEXLOWER_PERMISSIVE.decode(text.as_bytes()).unwrap());
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
                        wrong.push(format!(
                            "{name}\n  model refuses: {why}\n  wrote {}",
                            HEXLOWER.encode(&said)
                        ));
                    }
                }
            }
        }
    }
    eprintln!("{tried} answers of {} releases", tried / cases.len());
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

/// How many messages are edited: a few, beside hundreds before the newest releases; `ci/truth` asks for more.
#[expect(clippy::disallowed_methods, reason = "ci/truth says in the environment how many")]
fn edits() -> usize {
    std::env::var("PROTOPACT_TRUTH_EDITS").ok().and_then(|n| n.parse().ok()).unwrap_or(16)
}

#[test]
#[ignore = "builds programs with several releases of Go's, Java's and Python's protobuf"]
fn the_verdict_over_releases_is_what_they_do() {
    // What is older than editions takes none.
    let truth = truth::contracts(1, edits(), false);
    let env = pairs::repository(&truth.old, &truth.new);
    install(&env);
    let releases =
        ["go=1.28.1", "java=3.25.8", "python=4.25.8,5.29.5,6.33.0", "python=5.29.5+pure,7.36.2+pure"];
    let mut args = vec!["--only", "bytes", "--exhaustive", "--lang", "go,java,python"];
    args.extend(releases.iter().flat_map(|release| ["--runtime", release]));
    let (code, text, matrix) = matrix(&env, "ages.json", &args);
    assert_eq!(code, 1, "{text}");
    assert_eq!(matrix["skipped_languages"].as_array().map_or(0, Vec::len), 0, "{text}");
    let mut wrong: Vec<String> = Vec::new();
    let mut who = std::collections::BTreeMap::<String, u64>::new();
    for cell in cells(&matrix) {
        let reader = cell["to"].as_str().unwrap().split('@').next().unwrap().to_owned();
        *who.entry(reader).or_default() += cell["cases"].as_u64().unwrap();
        for difference in cell["differences"].as_array().into_iter().flatten() {
            if difference["predicted"].is_null() {
                wrong.push(format!(
                    "{} {}: {}",
                    cell["cell"].as_str().unwrap(),
                    difference["case"].as_str().unwrap(),
                    difference["what"]
                ));
            }
        }
    }
    eprintln!("{} edits; comparisons by reader: {who:?}", truth.cases.len());
    assert_eq!(who.len(), 10, "{who:?}");
    assert!(wrong.is_empty(), "{} unforeseen:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}
