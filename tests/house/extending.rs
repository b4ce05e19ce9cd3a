//! docs/design/extending.md says what each addition touches: the files are there, no more than it promises, and the
//! scripts touch what it says they do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// One checklist of the page.
#[derive(Debug)]
struct Checklist {
    title: String,
    /// At most so many files by hand, besides test data.
    limit: usize,
    /// Each file, and whether a script makes or enters it.
    files: Vec<(String, By)>,
    /// The commands that the page shows for it.
    commands: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// A script makes the stub, somebody fills it in.
    Stub,
    /// A script makes the stub of test data, somebody fills it in.
    Fixture,
    /// A script does all of it.
    Script,
    /// Nobody helps.
    Hand,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn checklists() -> Vec<Checklist> {
    let page = std::fs::read_to_string(root().join("docs/design/extending.md")).unwrap();
    let mut lists = Vec::new();
    for section in page.split("\n## ").skip(1) {
        let (title, text) = section.split_once('\n').unwrap();
        let limit = text
            .split_once("At most ")
            .and_then(|(_, rest)| rest.split_once(' '))
            .unwrap_or_else(|| panic!("{title} promises nothing"))
            .0;
        let files = text.lines().filter_map(|line| {
            let cells: Vec<&str> = line.strip_prefix("| `")?.split('|').map(str::trim).collect();
            let by = match cells[1] {
                "stub" => By::Stub,
                "fixture" => By::Fixture,
                "script" => By::Script,
                "hand" => By::Hand,
                other => panic!("{title}: `{other}` touches nothing"),
            };
            Some((cells[0].trim_end_matches('`').to_owned(), by))
        });
        let commands = text.lines().filter_map(|line| line.strip_prefix("    ci/"));
        lists.push(Checklist {
            title: title.to_owned(),
            limit: limit.parse().unwrap_or_else(|_| panic!("{title}: `{limit}` is no number")),
            files: files.collect(),
            commands: commands.map(|c| format!("ci/{c}")).collect(),
        });
    }
    lists
}

fn checklist(title: &str) -> Checklist {
    checklists().into_iter().find(|l| l.title == title).unwrap_or_else(|| panic!("no section `{title}`"))
}

#[test]
fn every_addition_has_a_checklist_that_keeps_its_promise() {
    let lists = checklists();
    let titles: Vec<&str> = lists.iter().map(|l| l.title.as_str()).collect();
    let wanted = ["A rule", "A kind of change", "A report format", "A command", "An SDK language"];
    assert_eq!(titles, wanted);
    for list in &lists {
        let by_hand = list.files.iter().filter(|(_, by)| matches!(by, By::Stub | By::Hand)).count();
        assert!(by_hand > 0 && by_hand <= list.limit, "{} promises {}: {by_hand}", list.title, list.limit);
    }
}

/// A new file is called `x` on the page; all others are there, and so are the folders of the new ones.
#[test]
fn every_file_that_no_script_makes_is_there() {
    for list in checklists() {
        for (file, by) in &list.files {
            let path = root().join(file);
            let new = path.file_stem().is_some_and(|stem| stem == "x");
            let there = if new { path.parent().unwrap().is_dir() } else { path.is_file() };
            assert!(there || matches!(by, By::Stub | By::Fixture), "{}: there is no {file}", list.title);
        }
    }
}

#[test]
fn a_new_rule_touches_what_the_page_says() {
    follows(&checklist("A rule"));
}

#[test]
fn a_new_kind_touches_what_the_page_says() {
    follows(&checklist("A kind of change"));
}

/// A format is an entry in lists of one kind: nowhere else do formats have names, and no command has a choice of its own.
#[test]
fn formats_are_named_where_they_are_written() {
    let mut named = Vec::new();
    for entry in walkdir::WalkDir::new(root().join("src")).sort_by_file_name() {
        let entry = entry.unwrap();
        let file = entry.path().strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
        if !file.ends_with(".rs") || file.contains("/templates/") {
            continue;
        }
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let choices = text.split("value_name = \"FORMAT").skip(1).filter_map(|rest| {
            let field = rest.split_once(")]")?.1.trim_start();
            Some(field[..field.find('\n')?].to_owned())
        });
        named.extend(choices.map(|field| format!("{file} {field}")));
        let own = text.contains(": Format<") || text.contains("[Format<");
        let told = ["src/report/", "src/verify/tell/", "src/bench/tell/", "src/fleet/tell/"];
        let told = told.iter().any(|folder| file.starts_with(folder));
        let commands = ["history", "rules", "cache", "doctor", "serve", "release/told", "versions"];
        let commands = commands.map(|name| format!("src/cli/{name}.rs"));
        let beside = commands.contains(&file) || file == "src/present/format.rs";
        assert!(!own || told || beside, "{file} has a format of its own");
    }
    let other = |choice: &&String| !choice.contains("Choice<") && !choice.contains("Target<");
    // The log's lines are no document, and the names of buf are translated.
    let others: Vec<&str> = named.iter().filter(other).map(String::as_str).collect();
    assert_eq!(
        others,
        [
            "src/cli/check.rs error_format: Option<BufFormat>,",
            "src/cli/discover.rs log: LogFormat,",
            "src/cli/serve.rs log: LogFormat,"
        ]
    );
    assert!(named.len() > 8, "{named:#?}");
}

/// Runs the commands of a checklist in a copy of the sources.
#[allow(clippy::disallowed_methods, reason = "the scripts are what is tested")]
fn follows(list: &Checklist) {
    let copy = tempfile::tempdir().unwrap();
    for part in ["Cargo.toml", "rustfmt.toml", "ci", "src", "fixtures/rules"] {
        for entry in walkdir::WalkDir::new(root().join(part)) {
            let entry = entry.unwrap();
            let to = copy.path().join(entry.path().strip_prefix(root()).unwrap());
            if entry.file_type().is_dir() {
                std::fs::create_dir_all(to).unwrap();
            } else {
                std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                std::fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    let before = contents(copy.path());
    assert!(!list.commands.is_empty(), "{} shows no command", list.title);
    for command in &list.commands {
        let output = Command::new("bash").args(["-c", command]).current_dir(copy.path()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {said}");
        // What is printed as left to do names files that are there.
        let left = String::from_utf8_lossy(&output.stdout).into_owned();
        for word in left.split(|c: char| c.is_whitespace() || ",;:()".contains(c)) {
            if word.starts_with("src/") && word.ends_with(".rs") {
                assert!(copy.path().join(word).is_file(), "{command} names {word}");
            }
        }
    }
    let after = contents(copy.path());
    let touched: BTreeSet<&String> =
        after.iter().filter(|(file, text)| before.get(*file) != Some(text)).map(|(file, _)| file).collect();
    let listed: BTreeSet<&String> =
        list.files.iter().filter(|(_, by)| *by != By::Hand).map(|(file, _)| file).collect();
    assert_eq!(touched, listed, "{}", list.title);
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|e| e.file_type().is_file())
        .map(|e| {
            let name = e.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(e.path()).unwrap())
        })
        .collect()
}
