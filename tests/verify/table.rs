//! The table of what releases do, for people: every cell of it is what a program said.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use protopact::verify::matrix::kind;
use protopact::verify::side::Side;
use protopact::wire::json::Json;
use protopact::words::{Age, Language, Pinned};
use serde_json::Value;

use crate::ages::{Case, answers, files, questions};
use crate::drivers::side;
use crate::forms::programs;
use crate::support::project;

/// The releases beside the newest one of each language.
const RELEASES: [&str; 6] = [
    "go=1.28.1,1.31.0,1.33.0",
    "java=3.21.12,3.25.8,4.31.1",
    "python=3.20.3+pure,4.25.8,4.25.8+pure",
    "python=5.29.5,5.29.5+pure",
    "python=6.33.0,6.33.0+pure",
    "python=7.36.2+pure",
];

/// How long JSON may be to stand in a cell.
const SHOWN: usize = 60;

/// Numbers in one form: programs print one number with other digits.
fn plain(json: Json) -> Json {
    match json {
        Json::Number(text) if text == "-0" || text.contains(['.', 'e', 'E']) => {
            Json::Number(text.parse::<f64>().map_or(text, |n| format!("{n:?}")))
        }
        Json::List(items) => Json::List(items.into_iter().map(plain).collect()),
        Json::Object(members) => {
            Json::Object(members.into_iter().map(|(key, value)| (key, plain(value))).collect())
        }
        json => json,
    }
}

/// What a program did, in a few words.
fn told(case: &Case, answer: &Value) -> String {
    let hex = match answer["hex"].as_str() {
        Some(hex) if answer["ok"] == true => hex,
        _ => return "refused".to_owned(),
    };
    if case.depth.is_some() {
        return "read".to_owned();
    }
    let printed = answer["json"].as_str().map(|text| match Json::parse(text) {
        Ok(json) => plain(json).to_string(),
        Err(_) => text.to_owned(),
    });
    let mut said = match printed {
        Some(text) if text.len() <= SHOWN => format!("`{text}`"),
        None if answer["json_error"].is_string() => "read, and not printed as JSON".to_owned(),
        _ => "read".to_owned(),
    };
    if !case.is_json {
        let how = match hex {
            hex if hex == case.text => "as it was".to_owned(),
            "" => "as nothing".to_owned(),
            hex => format!("as `{hex}`"),
        };
        let _ = write!(said, ", written again {how}");
    }
    said
}

/// Who was asked: a language, and the release where it is not the newest one.
type Who = (Language, Option<Age>);

/// A case, and what each said to it.
type Asked<'a> = (&'a Case, Vec<(Who, Value)>);

/// `Go, Python 4.25, 5.29`; a language with all releases that were asked is `all Python`.
fn names(all: &[Who], some: &[Who]) -> String {
    let of = |who: &[Who], language: Language| -> Vec<Option<Age>> {
        who.iter().filter(|(l, _)| *l == language).map(|(_, age)| *age).collect()
    };
    let mut told = Vec::new();
    for language in Language::ALL {
        let (asked, here, title) = (of(all, language), of(some, language), language.title());
        match here.len() {
            0 => {}
            n if n == asked.len() && n > 1 => told.push(format!("all {title}")),
            n if n == asked.len() => told.push(title.to_owned()),
            _ => {
                let ages = here.iter().map(|age| age.map_or("newest".to_owned(), Age::short));
                told.push(format!("{title} {}", ages.collect::<Vec<_>>().join(", ")));
            }
        }
    }
    if some.len() == all.len() { "all".to_owned() } else { told.join("; ") }
}

fn table(title: &str, cases: &[Asked<'_>], out: &mut String) {
    let _ =
        write!(out, "\n## {title}\n\n| what | asked | what comes of it | who |\n| --- | --- | --- | --- |\n");
    for (case, answers) in cases {
        // What has no JSON answers nothing there.
        let answers: Vec<_> = answers.iter().filter(|(_, answer)| answer["unsupported"] != true).collect();
        let all: Vec<Who> = answers.iter().map(|(who, _)| *who).collect();
        let mut groups: Vec<(String, Vec<Who>)> = Vec::new();
        for (who, answer) in answers {
            let said = told(case, answer);
            match groups.iter_mut().find(|(known, _)| *known == said) {
                Some((_, known)) => known.push(*who),
                None => groups.push((said, vec![*who])),
            }
        }
        groups.sort_by_key(|(_, who)| std::cmp::Reverse(who.len()));
        for (n, (said, some)) in groups.iter().enumerate() {
            let asked = match case.text.as_str() {
                _ if case.depth.is_some() => String::new(),
                "" => "no bytes".to_owned(),
                text => format!("`{text}`"),
            };
            let title = case.title.as_deref().unwrap_or_default();
            let (title, asked) = if n == 0 { (title, asked) } else { ("", String::new()) };
            let _ = writeln!(out, "| {title} | {asked} | {said} | {} |", names(&all, some));
        }
    }
}

/// What every program says to every case, in the order of the programs.
fn everybody(side: &Side, cases: &[Case]) -> Vec<(Who, Vec<Value>)> {
    let mut said = Vec::new();
    for (language, mut process) in programs(&files(), &Language::ALL) {
        let requests: Vec<Value> = cases.iter().enumerate().map(|(id, case)| case.request(id)).collect();
        let answers = process.ask(&requests, Duration::from_secs(120)).unwrap();
        said.push(((language, None), answers));
    }
    for pinned in RELEASES.iter().flat_map(|text| Pinned::list(text).unwrap()) {
        said.push(((pinned.language, Some(pinned.age)), answers(side, pinned, cases)));
    }
    said
}

#[test]
#[ignore = "builds programs in four languages and with releases of Go's, Java's and Python's protobuf"]
fn the_page_of_releases_is_what_they_do() {
    let cases: Vec<Case> = questions().into_iter().filter(|case| case.title.is_some()).collect();
    let said = everybody(&side(&files(), "v1"), &cases);
    let name = |(language, age): &Who| kind(*language, *age);
    let who: Vec<String> = said.iter().map(|(who, _)| name(who)).collect();
    let mut by_case: BTreeMap<bool, Vec<Asked<'_>>> = BTreeMap::new();
    for (n, case) in cases.iter().enumerate() {
        let answers = said.iter().map(|(who, all)| (*who, all[n].clone())).collect();
        by_case.entry(case.is_json).or_default().push((case, answers));
    }
    let mut page = format!(
        "# What runtimes do\n\n<!-- ci/truth --table writes this page: change fixtures/truth/cases.toml, not this. -->\n\n\
         What each release makes of data that contracts in change bring about. Every line is what a program said that was\n\
         built with the release and asked; the messages are those of `fixtures/truth/`. A language alone is the release\n\
         that `verify` builds with; `pure` is Python without its compiled part; *lenient* is a parser that was told to pass\n\
         over what it does not know. Rust (prost) has no JSON, and prints none.\n\nAsked: {}.\n",
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
