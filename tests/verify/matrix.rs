//! The whole matrix, with the languages' own tools. `ci/matrix` runs these.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::env::TestEnv;
use crate::whole::{among, whole};

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

/// Gets the plugins of a repository.
pub(crate) fn install(env: &TestEnv) {
    let (code, text) = run(env, &["plugins", "install"]);
    assert_eq!(code, 0, "{text}");
}

/// More arguments, where `--require` names these languages at the most.
fn narrowed(more: &str, languages: &str) -> String {
    let mut words = more.split_whitespace();
    let mut all = Vec::new();
    while let Some(word) = words.next() {
        if word != "--require" {
            all.push(word.to_owned());
            continue;
        }
        let asked = words.next().unwrap_or_default().split(',');
        let left: Vec<&str> = asked.filter(|name| languages.split(',').any(|own| own == *name)).collect();
        if !left.is_empty() {
            all.extend([word.to_owned(), left.join(",")]);
        }
    }
    all.join(" ")
}

#[test]
fn what_is_required_is_among_the_languages_of_a_test() {
    let asked = "--require go,java,python,rust --seed 3";
    assert_eq!(narrowed(asked, "rust,go"), "--require go,rust --seed 3");
    assert_eq!(narrowed("--seed 3 --require java", "rust"), "--seed 3");
}

/// Runs the matrix, with its report in a file of that name; `PROTOPACT_MATRIX` may hold more arguments, such as
/// `--require go,java,python,rust`.
pub(crate) fn matrix(env: &TestEnv, report: &str, args: &[&str]) -> (i32, String, Value) {
    let more = std::env::var("PROTOPACT_MATRIX").unwrap_or_default();
    let json = format!("json={report}");
    let mut all = vec!["verify", "--from", "v1.0.0", "--to", "v1.1.0", "--report", &json];
    all.extend(args);
    // Where a test has languages of its own, of those that are asked for only these can be.
    let own = args.iter().position(|arg| *arg == "--lang").map(|at| args[at + 1]);
    let more = match own {
        Some(own) => narrowed(&more, own),
        None => more,
    };
    all.extend(more.split_whitespace());
    let (code, text) = run(env, &all);
    eprintln!("{text}");
    let read = std::fs::read(env.work().join(report)).unwrap_or_else(|e| panic!("{e}: {text}"));
    (code, text, serde_json::from_slice(&read).unwrap())
}

pub(crate) fn cells(matrix: &Value) -> impl Iterator<Item = &Value> {
    matrix["cells"].as_array().unwrap().iter()
}

#[test]
#[ignore = "builds programs in four languages"]
fn compatible_versions_understand_each_other() {
    let whole = whole();
    for (text, matrix) in [&whole.all, &whole.exhaustive] {
        let packages: Vec<&Value> = among(matrix, &whole.compatible).collect();
        assert_eq!(packages.len(), whole.compatible.len(), "{text}");
        for package in packages {
            assert_eq!(package["causes"].as_array().unwrap().len(), 0, "{package:#}");
            assert_eq!(package["total"]["red"], 0, "{package:#}");
        }
    }
    // Only what a middleman in Rust has no place for, its -0, the largest float in Python's JSON, and extensions in Java's.
    for cell in cells(&whole.all.1) {
        let noted = cell["noted"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap());
        let noted: Vec<&str> = noted.filter(|name| whole.compatible.contains(*name)).collect();
        if noted.is_empty() {
            continue;
        }
        let name = cell["cell"].as_str().unwrap();
        let json = cell["subject"] == "json";
        let python = json && cell["to"].as_str().unwrap().starts_with("python@");
        // One of them has extensions.
        let java = json && name.contains("java@") && noted == ["acme.depot.v1"];
        assert!(name.contains("rust@") || python || java, "{cell}");
    }
    for kind in ["bytes", "middle", "json", "unary", "server", "client", "bidi"] {
        let tried = among(&whole.all.1, &whole.compatible).filter_map(|p| p["parts"][kind]["cases"].as_u64());
        assert!(tried.sum::<u64>() > 0, "{kind}: {}", whole.all.0);
    }
    // What has no package is what could not be tried at all.
    assert!(among(&whole.all.1, &BTreeSet::from([String::new()])).next().is_none(), "{}", whole.all.0);
}

/// What the verdict says and no program shows, with the reason.
const UNSEEN: &[(&str, &str)] = &[
    // Nothing takes the place of a message that is gone: whoever has it stored has no class for it any more, and of a
    // class that one side does not have no pair of programs shows anything.
    ("message-removed p04_message_deleted.v1.Gone", "wire backward rejects"),
    ("message-removed p04_message_deleted.v1.Gone", "json backward rejects"),
    ("message-removed p04_message_deleted_any.v1.Gone", "wire backward rejects"),
    ("message-removed p04_message_deleted_any.v1.Gone", "json backward rejects"),
    ("message-removed p09_int32_to_enum.v1.Uses", "wire backward rejects"),
    ("message-removed p09_int32_to_enum.v1.Uses", "json backward rejects"),
    ("message-removed p10_message_renamed_any.v1.Old", "wire backward rejects"),
    ("message-removed p10_message_renamed_any.v1.Old", "json backward rejects"),
    // What Java keeps out of the field it keeps among the unknown fields, and writes it again: the bytes are the same.
    // In a list they are not, but only an exhaustive run has numbers there that the enum does not list.
    (
        "field-java-enum-type-changed p33_proto2_with_open_enum_to_edition_2023.v1.M.kind",
        "wire forward lossy",
    ),
    (
        "field-java-enum-type-changed p33_proto2_with_open_enum_to_edition_2023.v1.M.kinds",
        "wire forward lossy",
    ),
    (
        "field-java-enum-type-changed p33_proto2_with_open_enum_to_edition_2023.v1.M.kinds",
        "json forward rejects",
    ),
];

#[test]
#[ignore = "builds programs in four languages"]
fn probes_are_red_exactly_where_the_verdict_says() {
    let whole = whole();
    let (_, matrix) = &whole.all;
    let mut surprises = Vec::new();
    for package in among(matrix, &whole.probes) {
        for cause in package["causes"].as_array().unwrap() {
            if cause["predicted"].is_null() {
                surprises.push(format!("{}: {cause:#}", package["package"]));
            }
        }
    }
    assert!(surprises.is_empty(), "{} that no verdict named\n{}", surprises.len(), surprises.join("\n"));
    let of_probe = |change: &str| whole.probes.iter().any(|name| change.contains(&format!(" {name}.")));
    let unseen: Vec<(&str, &str)> = matrix["unseen_predictions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| (u["change"].as_str().unwrap(), u["verdict"].as_str().unwrap()))
        .filter(|(change, _)| of_probe(change))
        .collect();
    assert_eq!(unseen, UNSEEN);
}

#[test]
#[ignore = "builds programs in four languages"]
fn a_cell_is_repeated_by_the_command_that_it_names() {
    let whole = whole();
    let red = |c: &&Value| c["state"] == "red" && c["cell"].as_str().unwrap().matches("python@").count() == 2;
    let red = cells(&whole.all.1).find(red).unwrap();
    let repeat = red["repeat"].as_str().unwrap().strip_prefix("protopact ").unwrap();
    let mut again: Vec<&str> = repeat.split(' ').collect();
    again.extend(["--report", "json=again.json", "--format", "html"]);
    let (code, text) = run(&whole.env, &again);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("<!doctype html>"), "{text}");
    let one: Value = serde_json::from_str(&whole.env.read("again.json")).unwrap();
    assert_eq!(cells(&one).count(), 1);
    assert_eq!(cells(&one).next(), Some(red));
}
