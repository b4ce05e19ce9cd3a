//! Runs cases of another checker's findings, kept outside of the project, through the library.
//!
//! `PROTOPACT_CASES` names a folder with a folder for each case: `old/`, `new/` and `case.json` with the rules in
//! use and the expected findings. `PROTOPACT_CASE` narrows by a part of the name.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support;
use protopact::config::{Policy, Selection};
use serde_json::Value;

#[test]
#[ignore = "needs cases from outside: set PROTOPACT_CASES"]
#[allow(clippy::disallowed_methods, reason = "a switch for a person at a terminal")]
fn findings_and_places_are_those_of_the_other_checker() {
    let root = std::env::var("PROTOPACT_CASES").expect("set PROTOPACT_CASES to a folder of cases");
    let only = std::env::var("PROTOPACT_CASE").unwrap_or_default();
    let mut folders: Vec<_> = std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    let (mut passed, mut failed) = (0, Vec::new());
    for folder in folders.iter().filter(|f| f.to_str().unwrap().contains(&only)) {
        match case(folder) {
            Ok(()) => passed += 1,
            Err(why) => failed.push(format!("{}\n{why}", folder.display())),
        }
    }
    println!("{passed} passed, {} failed", failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

type Key = (String, String, u64, u64, u64, u64);

fn case(folder: &Path) -> Result<(), String> {
    let case: Value = serde_json::from_slice(&std::fs::read(folder.join("case.json")).unwrap()).unwrap();
    let config = &case["config"];
    let words = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().map(|v| v.as_str().unwrap().to_owned()).collect()
    };
    let refs = |words: Vec<String>| support::refs(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let patterns =
        |words: Vec<String>| support::patterns(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let mut use_rules = refs(words(&config["use"]));
    if use_rules.is_empty() {
        use_rules = support::refs(&["FILE"]);
    }
    let only = config["ignore_only"].as_object().into_iter().flatten();
    let policy = Policy {
        selection: Selection { use_rules, except: refs(words(&config["except"])), ..Selection::default() },
        ignore: patterns(words(&config["ignore"])),
        ignore_only: only.map(|(r, paths)| (support::refs(&[r]).remove(0), patterns(words(paths)))).collect(),
        ignore_unstable_packages: config["ignore_unstable_packages"] == true,
        buf_version: ["v1beta1", "v1", "v2"].into_iter().find(|v| config["version"] == *v),
    };
    let (old, new) = (side(&folder.join("old"))?, side(&folder.join("new"))?);
    let mut expected: BTreeMap<Key, i32> = BTreeMap::new();
    for finding in case["expect"].as_array().unwrap() {
        let number = |key: &str| finding[key].as_u64().unwrap_or(1).max(1);
        let key = (
            finding["rule"].as_str().unwrap().to_owned(),
            finding["path"].as_str().unwrap_or_default().to_owned(),
            number("start_line"),
            number("start_column"),
            number("end_line"),
            number("end_column"),
        );
        *expected.entry(key).or_default() += 1;
    }
    for finding in support::decided(&old, &new, &policy, &[]).findings {
        let (path, span) = match finding.new {
            Some(place) => (place.path, place.span),
            None => (String::new(), None),
        };
        let [a, b, c, d] =
            span.map_or([1; 4], |s| [s.start_line, s.start_column, s.end_line, s.end_column].map(u64::from));
        *expected.entry((finding.rule.to_owned(), path, a, b, c, d)).or_default() -= 1;
    }
    let wrong: Vec<String> = expected
        .into_iter()
        .filter(|(_, count)| *count != 0)
        .map(|(key, count)| format!("  {} {key:?}", if count > 0 { "missing" } else { "spurious" }))
        .collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// One side; a single import root in a configuration of the old kind is followed.
fn side(folder: &Path) -> Result<protopact::schema::Schema, String> {
    let text = std::fs::read_to_string(folder.join("buf.yaml")).unwrap_or_default();
    let mut lines = text.lines().skip_while(|l| l.trim() != "roots:");
    let root = match lines.nth(1) {
        Some(line) => folder.join(line.trim().trim_start_matches("- ")),
        None => folder.to_owned(),
    };
    support::schema(&support::read(&root))
}
