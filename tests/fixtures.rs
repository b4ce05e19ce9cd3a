//! Runs `fixtures/rules/<id>/{old,new}` through every rule.
//!
//! A line with `// expect: RULE` is where a finding of that rule starts; a finding for a file as a whole starts on
//! its first line. Markers are in the new tree, and in the old one for what has no place in the new sources. A line
//! with `// quiet: why` is a look-alike. Every marker of the fixture's own rule is found and nothing else of it;
//! `expected.snap` holds what all rules say of the pair.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use protopact::findings::{Finding, Location};

fn main() {
    let args = Arguments::from_args();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&root)
        .expect("the fixtures are there")
        .map(|e| e.expect("a folder").path())
        .collect();
    folders.sort();
    let trials = folders
        .into_iter()
        .map(|folder| {
            let name = folder.file_name().and_then(|n| n.to_str()).expect("a plain name").to_owned();
            Trial::test(name, move || fixture(&folder))
        })
        .collect();
    libtest_mimic::run(&args, trials).exit();
}

/// A side (`old`, `new`), a file, a line.
type Mark = (&'static str, String, u32);

fn fixture(folder: &Path) -> Result<(), Failed> {
    let id = folder.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_ascii_uppercase();
    let (old, new) = (support::read(&folder.join("old")), support::read(&folder.join("new")));
    let old_schema = support::schema(&old).map_err(|e| format!("old: {e}"))?;
    let new_schema = support::schema(&new).map_err(|e| format!("new: {e}"))?;
    let all = support::all_rules();
    for (side, schema) in [("old", &old_schema), ("new", &new_schema)] {
        let found = support::findings(schema, schema, &all);
        if !found.is_empty() {
            return Err(format!("{side} compared with itself: {found:?}").into());
        }
    }
    let findings = support::findings(&old_schema, &new_schema, &all);

    let mut expected: BTreeSet<(String, Mark)> = BTreeSet::new();
    let mut quiet: BTreeSet<Mark> = BTreeSet::new();
    for (side, files) in [("old", &old), ("new", &new)] {
        for (name, text) in files {
            for (number, line) in (1..).zip(text.lines()) {
                let mark = (side, name.clone(), number);
                if let Some((_, rules)) = line.split_once("// expect: ") {
                    expected.extend(rules.split(", ").map(|r| (r.trim().to_owned(), mark.clone())));
                } else if line.contains("// quiet: ") {
                    quiet.insert(mark);
                }
            }
        }
    }
    let found: BTreeSet<(String, Mark)> = findings.iter().map(|f| (f.rule.to_owned(), mark(f))).collect();
    let mut problems = String::new();
    for (rule, mark) in expected.difference(&found) {
        let _ = writeln!(problems, "marked and not found: {rule} {mark:?}");
    }
    for (rule, mark) in found.iter().filter(|(rule, _)| *rule == id) {
        if !expected.contains(&(rule.clone(), mark.clone())) {
            let _ = writeln!(problems, "found and not marked: {rule} {mark:?}");
        }
        if quiet.contains(mark) {
            let _ = writeln!(problems, "not quiet: {rule} {mark:?}");
        }
    }
    if !expected.iter().any(|(rule, _)| *rule == id) || quiet.is_empty() {
        problems.push_str("a fixture has at least one hit of its own rule and one look-alike\n");
    }
    if !problems.is_empty() {
        return Err(problems.into());
    }

    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("expected", render(&findings)));
    Ok(())
}

fn mark(finding: &Finding) -> Mark {
    let (side, place) = match (&finding.new, &finding.old) {
        (Some(place), _) => ("new", place),
        (None, Some(place)) => ("old", place),
        (None, None) => return ("new", String::new(), 0),
    };
    (side, place.path.clone(), place.span.map_or(1, |s| s.start_line))
}

fn render(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let _ = writeln!(text, "{}: {}", finding.rule, finding.message);
        for (side, place) in [("old", &finding.old), ("new", &finding.new)] {
            if let Some(place) = place {
                let _ = writeln!(text, "   {side} {}", shown(place));
            }
        }
        for cell in &finding.verdict.cells {
            let _ = writeln!(
                text,
                "   {} {} {}: {}",
                cell.lens.as_str(),
                cell.direction.as_str(),
                cell.effect.as_str(),
                cell.reason
            );
        }
        if let Some(fix) = &finding.fix {
            let _ = writeln!(text, "   fix {fix}");
        }
    }
    text
}

fn shown(place: &Location) -> String {
    match place.span {
        Some(s) => {
            format!("{}:{}:{}-{}:{}", place.path, s.start_line, s.start_column, s.end_line, s.end_column)
        }
        None => place.path.clone(),
    }
}
