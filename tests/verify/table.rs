//! The table of what releases do, for people: every cell of it is what a program said.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use protopact::verify::side::Side;
use protopact::wire::json::Json;
use protopact::words::{Language, Pinned};
use serde_json::Value;

use crate::ages::{Case, answers, cases, files};
use crate::drivers::side;
use crate::forms::programs;
use crate::support::project;

/// The releases beside the newest one of each language.
const RELEASES: [&str; 4] = [
    "python=3.20.3+pure,4.25.8,4.25.8+pure",
    "python=5.29.5,5.29.5+pure",
    "python=6.33.0,6.33.0+pure",
    "python=7.36.2+pure",
];

/// How long JSON may be to stand in a cell.
const SHOWN: usize = 60;

/// What a program did, in a few words.
fn told(case: &Case, answer: &Value) -> String {
    if answer["unsupported"] == true {
        return "has no JSON".to_owned();
    }
    let Some(hex) = answer["hex"].as_str() else { return "refused".to_owned() };
    if case.depth.is_some() {
        return "read".to_owned();
    }
    let printed = answer["json"].as_str().map(|text| match Json::parse(text) {
        Ok(json) => json.to_string(),
        Err(_) => text.to_owned(),
    });
    let mut said = match printed {
        Some(text) if text.len() <= SHOWN => format!("`{text}`"),
        Some(_) => "read".to_owned(),
        None if answer["json_error"].is_string() => "read, has no JSON form".to_owned(),
        None => "read".to_owned(),
    };
    if !case.is_json {
        let how = if hex == case.text { "as it was".to_owned() } else { format!("as `{hex}`") };
        let how = if hex.is_empty() { "as nothing".to_owned() } else { how };
        let _ = write!(said, ", written again {how}");
    }
    said
}

/// `Python 4.25, 5.29; pure 4.25`.
fn names(all: &[String], some: &[String]) -> String {
    if all.len() == some.len() { "all".to_owned() } else { some.join(", ") }
}

fn table(title: &str, cases: &[(&Case, Vec<(String, Value)>)], out: &mut String) {
    let _ =
        write!(out, "\n## {title}\n\n| what | asked | what comes of it | who |\n| --- | --- | --- | --- |\n");
    for (case, answers) in cases {
        let all: Vec<String> = answers.iter().map(|(name, _)| name.clone()).collect();
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        for (name, answer) in answers {
            let said = told(case, answer);
            match groups.iter_mut().find(|(known, _)| *known == said) {
                Some((_, names)) => names.push(name.clone()),
                None => groups.push((said, vec![name.clone()])),
            }
        }
        groups.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
        for (n, (said, some)) in groups.iter().enumerate() {
            let asked = if case.depth.is_some() { String::new() } else { format!("`{}`", case.text) };
            let asked = if case.text.is_empty() { "no bytes".to_owned() } else { asked };
            let title = case.title.as_deref().unwrap_or_default();
            let (title, asked) = if n == 0 { (title, asked) } else { ("", String::new()) };
            let _ = writeln!(out, "| {title} | {asked} | {said} | {} |", names(&all, some));
        }
    }
}

/// What every program says to every case, in the order of the programs.
fn everybody(side: &Side, cases: &[Case]) -> Vec<(String, Vec<Value>)> {
    let mut said = Vec::new();
    for (language, mut process) in programs(&files(), &Language::ALL) {
        let requests: Vec<Value> = cases.iter().enumerate().map(|(id, case)| case.request(id)).collect();
        let answers = process.ask(&requests, Duration::from_secs(120)).unwrap();
        said.push((language.title().to_owned(), answers));
    }
    for pinned in RELEASES.iter().flat_map(|text| Pinned::list(text).unwrap()) {
        let name = format!("{} {}", pinned.language.title(), pinned.age.short());
        said.push((name, answers(side, pinned, cases)));
    }
    said
}

#[test]
#[ignore = "builds programs in four languages and with eight releases of Python's protobuf"]
fn the_page_of_releases_is_what_they_do() {
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.title.is_some()).collect();
    let said = everybody(&side(&files(), "v1"), &cases);
    let who: Vec<&str> = said.iter().map(|(name, _)| name.as_str()).collect();
    let mut by_case: BTreeMap<bool, Vec<(&Case, Vec<(String, Value)>)>> = BTreeMap::new();
    for (n, case) in cases.iter().enumerate() {
        let answers = said.iter().map(|(name, all)| (name.clone(), all[n].clone())).collect();
        by_case.entry(case.is_json).or_default().push((case, answers));
    }
    let mut page = format!(
        "# What runtimes do\n\n<!-- ci/truth --table writes this page: change fixtures/truth/cases.toml, not this. -->\n\n\
         What each release makes of data that contracts in change bring about. Every line is what a program said that was\n\
         built with the release and asked; the messages are those of `fixtures/truth/`. A language alone is the newest\n\
         release that `verify` builds with; `pure` is Python without its compiled part; *lenient* is a parser that was told\n\
         to pass over what it does not know.\n\nAsked: {}.\n",
        who.join(", ")
    );
    for (is_json, cases) in &by_case {
        table(if *is_json { "JSON" } else { "Bytes" }, cases, &mut page);
    }
    let path = project().join("docs/runtimes.md");
    if std::env::var_os("PROTOPACT_BLESS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/runtimes.md is not what they do: `ci/truth --table` writes it\n{page}");
}
