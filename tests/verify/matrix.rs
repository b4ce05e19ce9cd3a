//! The whole matrix, with the languages' own tools. `ci/matrix` runs these.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::env::TestEnv;
use crate::pairs;

/// The machine's cache where it has one, so that programs are built once.
pub(crate) fn cache() -> PathBuf {
    match std::env::var_os("PROTOPACT_CACHE") {
        Some(cache) => cache.into(),
        None => Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugins"),
    }
}

pub(crate) fn run(env: &TestEnv, args: &[&str]) -> (i32, String) {
    eprintln!("protopact {}", args.join(" "));
    let mut command = Command::new(env!("CARGO_BIN_EXE_protopact"));
    let output = command.args(args).current_dir(env.work()).env("PROTOPACT_CACHE", cache()).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.code().unwrap(), text)
}

/// Runs the matrix; `PROTOPACT_MATRIX` may hold more arguments, such as `--require go,java,python,rust`.
pub(crate) fn matrix(env: &TestEnv, args: &[&str]) -> (i32, String, Value) {
    let (code, text) = run(env, &["plugins", "install"]);
    assert_eq!(code, 0, "{text}");
    let more = std::env::var("PROTOPACT_MATRIX").unwrap_or_default();
    let mut all = vec!["verify", "--from", "v1.0.0", "--to", "v1.1.0", "--report", "json=matrix.json"];
    all.extend(args);
    all.extend(more.split_whitespace());
    let (code, text) = run(env, &all);
    eprintln!("{text}");
    let read = std::fs::read(env.work().join("matrix.json")).unwrap_or_else(|e| panic!("{e}: {text}"));
    (code, text, serde_json::from_slice(&read).unwrap())
}

pub(crate) fn cells(matrix: &Value) -> impl Iterator<Item = &Value> {
    matrix["cells"].as_array().unwrap().iter()
}

#[test]
#[ignore = "builds programs in four languages"]
fn compatible_versions_understand_each_other() {
    let (old, new) = pairs::compatible();
    let env = pairs::repository(&old, &new);
    let full = std::env::var_os("PROTOPACT_MATRIX_FULL").is_some();
    let (code, text, matrix) = matrix(&env, if full { &["--full"] } else { &["--compact"] });
    assert_eq!(code, 0, "{text}");
    let states: BTreeSet<&str> = cells(&matrix).map(|c| c["state"].as_str().unwrap()).collect();
    assert!(states.contains("green") && !states.contains("red"), "{states:?}");
    // Only what a middleman in Rust has no place for, its -0, and the largest float in Python's JSON.
    for cell in cells(&matrix).filter(|c| c["state"] == "noted") {
        let name = cell["cell"].as_str().unwrap();
        let python = cell["subject"] == "json" && cell["to"].as_str().unwrap().starts_with("python@");
        assert!(name.contains("rust@") || python, "{cell}");
    }
    for kind in ["bytes", "middle", "json", "unary", "server", "client", "bidi"] {
        let tried = cells(&matrix).filter(|c| c["subject"].as_str().unwrap().starts_with(kind));
        assert!(tried.map(|c| c["cases"].as_u64().unwrap()).sum::<u64>() > 0, "{kind}: {text}");
    }
}

/// What the verdict says and no program shows, with the reason.
const UNSEEN: &[(&str, &str)] = &[
    // Nothing of it is lost in calls, where a message of the same shape took its place; whoever has it stored has no
    // class for it any more, and that no pair of programs shows.
    ("message-removed p25_request_type_renamed.v1.Req", "wire backward lossy"),
];

#[test]
#[ignore = "builds programs in four languages"]
fn probes_are_red_exactly_where_the_verdict_says() {
    let (old, new) = pairs::probes();
    let env = pairs::repository(&old, &new);
    let (code, text, matrix) = matrix(&env, &["--compact"]);
    assert_eq!(code, 1, "{text}");
    let mut surprises = Vec::new();
    for cell in cells(&matrix) {
        for difference in cell["differences"].as_array().into_iter().flatten() {
            if difference["predicted"].is_null() {
                surprises.push(format!("{}: {difference}", cell["cell"].as_str().unwrap()));
            }
        }
    }
    assert!(surprises.is_empty(), "{} that no verdict named\n{}", surprises.len(), surprises.join("\n"));
    let unseen: Vec<(&str, &str)> = matrix["unseen_predictions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| (u["change"].as_str().unwrap(), u["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(unseen, UNSEEN);
}

#[test]
#[ignore = "builds programs in four languages"]
fn a_cell_is_repeated_by_the_command_that_it_names() {
    let text = |kind: &str| {
        let head = "syntax = \"proto3\";\npackage t.v1;\n";
        vec![("t/v1/t.proto".to_owned(), format!("{head}message M {{ {kind} n = 1; }}\n"))]
    };
    let env = pairs::repository(&text("int64"), &text("bool"));
    let (code, text, all) = matrix(&env, &["--lang", "python"]);
    assert_eq!(code, 1, "{text}");
    let red = cells(&all).find(|c| c["state"] == "red").unwrap();
    assert_eq!(red["predicted"], "field-type-changed t.v1.M.n");
    let repeat = red["repeat"].as_str().unwrap().strip_prefix("protopact ").unwrap();
    let mut again: Vec<&str> = repeat.split(' ').collect();
    again.extend(["--report", "json=again.json", "--format", "html"]);
    let (code, text) = run(&env, &again);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("<!doctype html>"), "{text}");
    let one: Value = serde_json::from_str(&env.read("again.json")).unwrap();
    assert_eq!(cells(&one).count(), 1);
    assert_eq!(cells(&one).next(), Some(red));
}
