//! Imports point down the table of parts in `docs/design/README.md`, and the documentation of the crate names them in
//! the same order.

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
    // A file of its own would be in no part.
    let files = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeSet<_> = files.filter(|path| path.is_file()).collect();
    assert_eq!(files, ["lib.rs", "main.rs"].map(|name| root.join(name)).into());
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

/// The words of a piece of code, comments left out.
fn words(code: &str) -> impl Iterator<Item = &str> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let words = lines.flat_map(|line| line.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()));
    words.filter(|word| !word.is_empty())
}

/// What a file of Rust shows to others: signatures of public functions, public fields, public enums whole, and the
/// heads of implementations.
fn shown(code: &str) -> Vec<String> {
    let mut lines = code.lines();
    let mut shown = Vec::new();
    while let Some(first) = lines.next() {
        let start = first.trim_start();
        if !start.starts_with("pub ") && !start.starts_with("impl") {
            continue;
        }
        let indent = &first[..first.len() - start.len()];
        let mut text = first.to_owned();
        let ends = |text: &str, line: &str| match start {
            s if s.starts_with("pub enum") => line == format!("{indent}}}"),
            s if s.starts_with("pub fn") || s.starts_with("impl") => text.ends_with(['{', '}']),
            _ => true,
        };
        let mut line = first;
        while !ends(&text, line) {
            line = lines.next().unwrap_or_else(|| panic!("`{first}` has no end"));
            text = format!("{text}\n{line}");
        }
        shown.push(text);
    }
    shown
}

#[test]
fn git2_stays_inside_git() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut wrong, mut looked_at) = (Vec::new(), 0);
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name() {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(&root).unwrap().display().to_string().replace('\\', "/");
        if !path.ends_with(".rs") {
            continue;
        }
        let code = std::fs::read_to_string(entry.path()).unwrap();
        if !path.starts_with("git/") {
            wrong.extend(words(&code).any(|w| w == "git2").then(|| format!("src/{path} names git2")));
            continue;
        }
        let imports = code.lines().filter_map(|line| line.strip_prefix("use git2::"));
        let theirs: BTreeSet<&str> = imports.flat_map(words).chain(["git2"]).collect();
        for item in shown(&code) {
            looked_at += 1;
            let found = words(&item).find(|word| theirs.contains(word));
            wrong.extend(found.map(|word| format!("src/{path}: `{word}` is git2's, in\n{item}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(looked_at > 50, "public items are no longer found");
}
