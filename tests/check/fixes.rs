//! A fix fixes: what a finding advises, where that is an edit, is done to the text of the new side. It has to compile,
//! the finding has to be gone, and no other one may have come.
//!
//! The edits are those that reports carry (`protopact::fix`), as they are advised and not whatever else would repair;
//! where a file comes back they are the repair's. What is no edit, and what does not fix by itself, is in a list here.

use std::collections::{BTreeMap, BTreeSet};

use protopact::compare::{Background, Comparison};
use protopact::compile::{Input, Options};
use protopact::diff::Remedy;
use protopact::findings::{Edit, Finding};
use protopact::fix::{Bench, Result as Outcome, repair, suggest};
use protopact::policy::{LensPolicy, Policies, PolicySet, decide};
use protopact::schema::Schema;
use protopact::words::LensSelector;

use crate::support::{self, Files};

/// Edits that do not fix by themselves: whether only where every rule is asked for at once, the change, what then
/// happens, and why that is right.
const BEYOND: [(bool, &str, &str, &str); 6] = [
    (true, "", "SERVICE_NO_ADD would come", "who forbids additions forbids two services for one"),
    (true, "", "MESSAGE_NO_DELETE would come", "no edit pleases a rule about files and one about names here"),
    (
        false,
        "enum-value-added",
        "ENUM_VALUE_NO_ADD would come",
        "another number is an addition too, and code lists them",
    ),
    (true, "enum-value-renamed", "OPTION_SAME_VALUE enum-option-changed", "an alias needs its option"),
    (
        false,
        "message-removed",
        "is in another package now",
        "it stays in a file of its own, which no edit makes",
    ),
    (false, "oneof-removed", "none of its fields can be in it", "its fields are in two others"),
];

/// One pair of sides under one policy.
struct Case<'a> {
    name: String,
    old: Schema,
    new: Schema,
    old_files: Files,
    new_files: Files,
    input: Input,
    policies: &'a Policies<'a>,
}

/// What became of the advice of all findings.
#[derive(Default)]
struct Told {
    applied: usize,
    repaired: usize,
    /// What is said to a person and is no edit.
    words: usize,
    listed: BTreeSet<usize>,
    wrong: Vec<String>,
}

fn key(f: &Finding) -> String {
    format!("{} {} {}", f.rule, f.change, f.symbol)
}

/// The byte of a line and a column, both from one.
fn at(text: &str, (line, column): (u32, u32)) -> usize {
    let start: usize = text.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
    let inside = text[start..].char_indices().nth(column as usize - 1);
    inside.map_or(text.len(), |(byte, _)| start + byte)
}

/// The new side with some edits.
fn edited(files: &Files, edits: &[Edit]) -> Files {
    let mut files = files.clone();
    for edit in edits.iter().rev() {
        let (_, text) = files.iter_mut().find(|(name, _)| *name == edit.path).unwrap();
        let range = at(text, edit.start)..at(text, edit.end);
        text.replace_range(range, &edit.text);
    }
    files
}

impl Case<'_> {
    fn found(&self, new: &Schema) -> Vec<Finding> {
        decide(&Comparison::new(&self.old, new), self.policies).findings
    }

    /// What is wrong with files that should be repaired.
    fn wrong(&self, finding: &Finding, before: &BTreeSet<String>, files: &Files) -> Option<String> {
        let schema = match support::schema(files) {
            Ok(schema) => schema,
            Err(error) => return Some(format!("does not compile: {error}")),
        };
        let found = self.found(&schema);
        if found.iter().any(|f| f.rule == finding.rule && f.fingerprint == finding.fingerprint) {
            return Some("is still there".to_owned());
        }
        let after: BTreeSet<String> = found.iter().map(key).collect();
        let more = after.difference(before).map(String::as_str);
        // Who forbids additions forbids what is given back beside what is new.
        let more: Vec<&str> =
            more.filter(|f| !f.split(' ').next().is_some_and(|r| r.contains("_NO_ADD"))).collect();
        (!more.is_empty()).then(|| format!("makes {}", more.join(", ")))
    }

    /// What is wrong with the repair of one finding.
    fn repaired(&self, bench: &Bench<'_>, finding: &Finding, before: &BTreeSet<String>) -> Option<String> {
        let only = |f: &Finding| f.rule == finding.rule && f.fingerprint == finding.fingerprint;
        let repaired = repair(bench, &only).unwrap();
        let result = &repaired.outcomes[0].result;
        if *result != Outcome::Repaired {
            return Some(format!("is no edit: {result:?}"));
        }
        let mut files = self.new_files.clone();
        for changed in repaired.files {
            files.retain(|(name, _)| *name != changed.name);
            files.push((changed.name, changed.after));
        }
        self.wrong(finding, before, &files)
    }

    fn tell(&self, told: &mut Told) {
        let comparison = Comparison::new(&self.old, &self.new);
        let bench = Bench {
            old: &self.old,
            texts: &self.old_files,
            new: &self.input,
            options: &Options::default(),
            policies: self.policies,
            background: Background::default(),
        };
        let findings = self.found(&self.new);
        let before: BTreeSet<String> = findings.iter().map(key).collect();
        let suggested = suggest(&bench, &comparison, &findings);
        for finding in &findings {
            let Some(advice) = &finding.fix else { continue };
            if matches!(advice, Remedy::Advice(_)) {
                told.words += 1;
                continue;
            }
            let suggestion = suggested.get(&(finding.rule, finding.fingerprint.clone()));
            let advised = suggestion.map(|made| {
                told.applied += 1;
                self.wrong(finding, &before, &edited(&self.new_files, &made.edits))
            });
            // What says "or" is in two edits, and a file that comes back is in none.
            let two = matches!(advice, Remedy::KeepFieldName { .. } | Remedy::KeepTypeName { .. });
            let wrong = match advised {
                Some(Some(_)) if two => self.repaired(&bench, finding, &before),
                Some(wrong) => wrong,
                None => {
                    told.repaired += 1;
                    self.repaired(&bench, finding, &before)
                }
            };
            let Some(wrong) = wrong else { continue };
            let fix = advice.to_string();
            let listed = BEYOND.iter().position(|(rules, id, words, _)| {
                (!rules || self.name.starts_with("rules/"))
                    && finding.change.contains(id)
                    && wrong.contains(words)
            });
            match listed {
                Some(entry) => drop(told.listed.insert(entry)),
                None => told.wrong.push(format!("{}: {}: `{fix}` {wrong}", self.name, key(finding))),
            }
        }
    }
}

#[test]
fn what_is_advised_makes_it_pass() {
    let mut told = Told::default();
    let lenses = ["wire", "json", "rpc", "source"].map(|lens| LensSelector::parse(lens).unwrap());
    let policies: [(&str, PolicySet); 3] = [
        ("lenses", LensPolicy::standard().into()),
        ("code", LensPolicy { deny: lenses.concat() }.into()),
        ("rules", support::all_rules()),
    ];
    let mut by_policy = BTreeMap::new();
    for (policy, set) in &policies {
        let policies = Policies::uniform(set.clone());
        for (_, name, folder) in support::pairs() {
            let [old_files, new_files] = ["old", "new"].map(|side| support::read(&folder.join(side)));
            let case = Case {
                name: format!("{policy}/{name}"),
                old: support::schema(&old_files).unwrap(),
                new: support::schema(&new_files).unwrap(),
                input: support::input("", &new_files),
                old_files,
                new_files,
                policies: &policies,
            };
            case.tell(&mut told);
        }
        by_policy.insert(*policy, (told.applied, told.repaired, told.words));
    }
    let wrong = &told.wrong;
    assert!(wrong.is_empty(), "{by_policy:?}; {} do not fix\n{}", wrong.len(), wrong.join("\n"));
    assert!(told.applied > 400 && told.repaired > 10, "{by_policy:?}");
    // What does fix does not stay on the list.
    let listed: Vec<usize> = (0..BEYOND.len()).collect();
    assert_eq!(told.listed.into_iter().collect::<Vec<_>>(), listed);
}

/// The message that stands for the entries of a map is nothing that anybody can write.
#[test]
fn no_fix_recommends_the_entry_of_a_map() {
    let map = "map<string, string> tags = 1;";
    let news = [
        "string tags = 1;",
        "repeated string tags = 1;",
        "map<int32, string> tags = 1;",
        "map<string, Box> tags = 1;",
        "repeated Own tags = 1;",
        "map<string, string> tags = 2;",
        "",
    ];
    let file = |fields: &str| {
        let text = format!(
            "syntax = \"proto3\";\npackage t;\nmessage Own {{ string key = 1; string value = 2; }}\nmessage Box {{ {fields} }}\n"
        );
        support::schema(&vec![("a.proto".to_owned(), text)]).unwrap()
    };
    let policies: [PolicySet; 2] = [LensPolicy::standard().into(), support::all_rules()];
    let mut fixes = 0;
    for (old, new) in news.iter().flat_map(|new| [(map, *new), (*new, map)]) {
        for policy in &policies {
            for finding in support::findings(&file(old), &file(new), policy) {
                let fix = finding.fix.map(|fix| fix.to_string()).unwrap_or_default();
                fixes += 1;
                assert!(!fix.contains("Entry"), "{old} -> {new}: {} {fix}", finding.rule);
            }
        }
    }
    assert!(fixes > 30, "{fixes}");
}
