//! Every example of a rule, every probe.

use std::path::PathBuf;

use crate::lab::{self, Tally};
use crate::support::{self, Files};

/// The pairs of sides among the fixtures, with their names.
fn pairs() -> Vec<(String, Files, Files)> {
    let read = |(_, name, folder): (&str, String, PathBuf)| {
        (name, support::read(&folder.join("old")), support::read(&folder.join("new")))
    };
    support::pairs().into_iter().map(read).collect()
}

#[test]
fn what_is_repaired_holds() {
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
