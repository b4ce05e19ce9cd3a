//! What each change must be called: one folder an edit in `fixtures/probes`, named after the question.
//!
//! `expect.toml` holds the sentence (`says`), every finding (`level RULE symbol`) under the standard policy, or
//! under one that denies other lenses (`deny`), and the cells of verdicts that matter (`kind symbol lens direction effect`).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::path::Path;

use libtest_mimic::{Arguments, Failed, Trial};
use protopact::compare::Comparison;
use protopact::policy::{LensPolicy, Policies, decide};
use protopact::words::LensSelector;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    says: String,
    deny: Option<Vec<String>>,
    findings: Vec<String>,
    cells: Vec<String>,
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/probes");
    let mut folders: Vec<_> = std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    let trials = folders
        .into_iter()
        .map(|folder| {
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            Trial::test(name, move || run(&folder))
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn run(folder: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(folder.join("expect.toml"))?;
    let expect: Expect = toml::from_str(&text)?;
    let side = |name: &str| support::schema(&support::read(&folder.join(name)));
    let (old, new) = (side("old")?, side("new")?);
    check(&expect, &Comparison::new(&old, &new))
}

fn check(expect: &Expect, comparison: &Comparison<'_>) -> Result<(), Failed> {
    let (cx, changes, verdicts) = (comparison.cx(), comparison.changes(), comparison.verdicts());
    let named = |words: &Vec<String>| words.iter().map(|w| w.parse::<LensSelector>()).collect();
    let deny = expect.deny.as_ref().map(named).transpose()?;
    let policy = Policies::uniform(deny.map_or_else(LensPolicy::standard, |deny| LensPolicy { deny }));
    let mut findings: Vec<String> = decide(comparison, &policy)
        .findings
        .iter()
        .map(|f| format!("{} {} {}", f.level.as_str(), f.rule, f.symbol))
        .collect();
    findings.sort();
    let mut wrong = Vec::new();
    if findings != expect.findings {
        wrong.push(format!("findings are {findings:#?}, expected {:#?}", expect.findings));
    }
    for cell in &expect.cells {
        let words: Vec<&str> = cell.split(' ').collect();
        let [kind, symbol, lens, direction, effect] = words[..] else {
            return Err(format!("`{cell}` is not five words").into());
        };
        let found = changes.iter().zip(verdicts).find(|(c, _)| c.id(&cx) == kind && c.symbol(&cx) == symbol);
        let Some((_, verdict)) = found else {
            wrong.push(format!("no change `{kind} {symbol}`"));
            continue;
        };
        let is = verdict
            .cells
            .iter()
            .find(|c| c.lens.as_str() == lens && c.direction.as_str() == direction)
            .map_or("ok", |c| c.effect.as_str());
        if is != effect {
            wrong.push(format!("`{cell}` is {is}"));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let known: Vec<String> = changes.iter().map(|c| format!("{} {}", c.id(&cx), c.symbol(&cx))).collect();
    Err(format!("{}\n{}\nchanges: {known:#?}", expect.says, wrong.join("\n")).into())
}
