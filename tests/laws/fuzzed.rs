//! The fuzz targets, on what `ci/fuzz` starts from: they compile, and nothing that is already known makes them fail.

use std::path::Path;

use crate::files::{project, read};

#[path = "../../fuzz/targets/check.rs"]
#[allow(unused_attributes, reason = "a program of the fuzzer has no main of its own")]
mod check;
#[path = "../../fuzz/targets/config.rs"]
#[allow(unused_attributes, reason = "a program of the fuzzer has no main of its own")]
mod config;
#[path = "../../fuzz/targets/source_spec.rs"]
#[allow(unused_attributes, reason = "a program of the fuzzer has no main of its own")]
mod source_spec;

/// Texts below a folder whose names end in some way.
fn texts(root: &Path, ends: &[&str]) -> Vec<String> {
    let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().map(|entry| entry.unwrap());
    let wanted = files.filter(|file| {
        file.file_type().is_file() && ends.iter().any(|end| file.path().to_string_lossy().ends_with(end))
    });
    // What is no text is nothing to these targets.
    wanted.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect()
}

#[test]
fn configurations() {
    let all = texts(&project().join("fixtures/config"), &[".toml", ".yaml"]);
    assert!(all.len() > 10, "{}", all.len());
    all.iter().for_each(|text| config::target(text));
}

#[test]
fn sources_as_they_are_typed() {
    let script = std::fs::read_to_string(project().join("ci/fuzz")).unwrap();
    let (_, seeds) = script.split_once("<<'SEEDS'\n").unwrap();
    let (seeds, _) = seeds.split_once("\nSEEDS\n").unwrap();
    assert!(seeds.lines().count() > 5, "{seeds}");
    seeds.lines().for_each(source_spec::target);
}

#[test]
fn contracts_and_pairs_of_them() {
    let rules = project().join("fixtures/rules");
    let mut pairs = 0;
    for folder in std::fs::read_dir(rules).unwrap() {
        let folder = folder.unwrap().path();
        let (old, new) = (read(&folder.join("old")), read(&folder.join("new")));
        for (name, old) in &old {
            if let Some((_, new)) = new.iter().find(|(other, _)| other == name) {
                check::target(&format!("{old}\n====\n{new}"));
                pairs += 1;
            }
        }
    }
    assert!(pairs > 50, "{pairs}");
}
