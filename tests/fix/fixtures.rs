//! Every example of a rule, every probe.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::history;
use crate::lab::{self, Tally};
use crate::support::{self, Files};

/// The pairs of sides among the fixtures, with their names.
pub(crate) fn pairs() -> Vec<(String, Files, Files)> {
    let read = |(_, name, folder): (&str, String, PathBuf)| {
        (name, support::read(&folder.join("old")), support::read(&folder.join("new")))
    };
    support::pairs().into_iter().map(read).chain(histories()).collect()
}

/// What each step of a history made of the one before it.
fn histories() -> Vec<(String, Files, Files)> {
    let mut out = Vec::new();
    for case in history::cases() {
        let folder = tempfile::tempdir().unwrap();
        let protos = |files: BTreeMap<String, Vec<u8>>| -> Files {
            let text = |(path, content): (String, Vec<u8>)| {
                let name = path.strip_prefix("proto/")?.to_owned();
                Some((name, String::from_utf8(content).unwrap()))
            };
            files.into_iter().filter_map(text).collect()
        };
        let steps = history::lay(&case, folder.path()).steps();
        let named = steps
            .into_iter()
            .zip(1..)
            .map(|([was, is], n)| (format!("history/{case}/{n}"), protos(was), protos(is)));
        out.extend(named);
    }
    assert!(out.len() > 4, "{}", out.len());
    out
}

#[test]
fn what_is_repaired_holds() {
    let doc = std::fs::read_to_string(support::project().join("docs/fix.md")).unwrap();
    let mut tally = Tally::default();
    for (policy_name, policy) in lab::policies() {
        let mut of_policy = Tally::default();
        for (name, old, new) in pairs() {
            of_policy.add(lab::held(&format!("{policy_name}/{name}"), &old, &new, &policy).0);
        }
        eprintln!("{policy_name}: {}", of_policy.told());
        tally.add(of_policy);
    }
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    let refused: BTreeSet<&str> = tally.refused.keys().filter_map(|said| said.split(' ').nth(1)).collect();
    assert_eq!(refused, listed(&doc), "docs/fix.md lists the changes that are not repaired");
}

/// The changes that docs/fix.md lists as not repaired.
pub(crate) fn listed(doc: &str) -> BTreeSet<&str> {
    let (_, section) = doc.split_once("## What is not repaired\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let first = |line| str::strip_prefix(line, "| `")?.split(" | ").next();
    section.lines().filter_map(first).flat_map(|cell| cell.trim_end_matches('`').split("`, `")).collect()
}

#[test]
fn line_ends_and_byte_order_marks_survive() {
    for (policy_name, policy) in lab::policies() {
        for (name, old, new) in pairs() {
            let plain = lab::after(&new, &lab::run(&old, &new, &policy));
            let foreign = lab::foreign(&new);
            let (_, texts) = lab::held(&name, &old, &foreign, &policy);
            // A file that comes back has no line ends of the new side to keep.
            for ((file, text), (_, plain)) in texts.iter().zip(&plain).take(new.len()) {
                let back = text.strip_prefix('\u{feff}').unwrap().replace("\r\n", "\n");
                assert_eq!(&back, plain, "{policy_name}/{name}: {file}");
                assert_eq!(
                    text.matches('\n').count(),
                    text.matches("\r\n").count(),
                    "{policy_name}/{name}: {file}"
                );
            }
        }
    }
}

#[test]
fn comments_survive() {
    for (policy_name, policy) in lab::policies() {
        for (name, old, new) in pairs() {
            let commented = lab::commented(&new);
            let (tally, texts) = lab::held(&name, &old, &commented, &policy);
            assert!(tally.wrong.is_empty(), "{policy_name}/{name}: {}", tally.wrong.join("\n"));
            let everything: String = texts.into_iter().map(|(_, text)| text).collect();
            for (file, was) in &commented {
                for line in was.lines() {
                    let comment = &line[line.rfind("// c").unwrap()..];
                    let there = everything.contains(comment);
                    assert!(there, "{policy_name}/{name}: {file}: `{line}` is lost in\n{everything}");
                }
            }
        }
    }
}
