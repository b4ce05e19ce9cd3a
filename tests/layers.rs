//! Imports point down the table of parts in `docs/design/README.md`, and the documentation of the crate names them in
//! the same order.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::path::Path;

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The parts of the table, from the top.
fn parts() -> Vec<String> {
    let page = text("docs/design/README.md");
    let cells = page.lines().filter_map(|line| line.strip_prefix("| `src/")?.split_once("/`"));
    cells.map(|(part, _)| part.to_owned()).collect()
}

/// What a line of code names after `crate::`.
fn named(line: &str) -> impl Iterator<Item = &str> {
    let code = if line.trim_start().starts_with("//") { "" } else { line };
    code.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn imports_point_down() {
    let parts = parts();
    let place = |part: &str| parts.iter().position(|p| p == part);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for entry in walkdir::WalkDir::new(&root).min_depth(2).sort_by_file_name() {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(&root).unwrap().display().to_string().replace('\\', "/");
        // Templates are programs of their own.
        if !path.ends_with(".rs") || path.contains("/templates/") {
            continue;
        }
        let part = path.split('/').next().unwrap();
        let here = place(part).unwrap_or_else(|| panic!("`src/{part}/` is not in the table"));
        for (number, line) in std::fs::read_to_string(entry.path()).unwrap().lines().enumerate() {
            assert!(!line.starts_with("use crate::{"), "src/{path}:{}: one line a part", number + 1);
            let above = named(line).filter(|name| place(name).is_some_and(|there| there < here));
            wrong.extend(above.map(|name| format!("src/{path}:{}: `{name}` is above `{part}`", number + 1)));
        }
        seen.insert(part.to_owned());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(seen, parts.iter().cloned().collect(), "the table has parts that are not there");
}

#[test]
fn the_crate_names_its_parts_from_the_bottom() {
    let code = text("src/lib.rs");
    let listed =
        code.lines().filter(|line| line.starts_with("//!")).flat_map(|line| line.split("[`").skip(1));
    let listed: Vec<&str> = listed.filter_map(|rest| rest.split_once("`]")).map(|(name, _)| name).collect();
    let mut parts = parts();
    parts.reverse();
    assert_eq!(listed, parts);
}
