//! Repairs of all findings between two sides, held against what has to be true of them.

use std::collections::{BTreeMap, BTreeSet};

use protopact::compare::{Background, Comparison};
use protopact::compile::Options;
use protopact::findings::Finding;
use protopact::fix::{Bench, Outcome, Repaired, Result, repair};
use protopact::policy::{LensPolicy, Policies, PolicySet, decide};
use protopact::schema::Schema;

use crate::support::{self, Files};

/// The policies that findings come from: what is asked by default, everything for which there is a lens, every rule.
pub(crate) fn policies() -> Vec<(&'static str, PolicySet)> {
    vec![("standard", LensPolicy::standard().into()), ("rules", support::all_rules())]
}

/// What was done to one pair of sides.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) findings: usize,
    pub(crate) repaired: usize,
    /// By what was said, with the first case of each.
    pub(crate) refused: BTreeMap<String, (usize, String)>,
    /// What is wrong.
    pub(crate) wrong: Vec<String>,
}

impl Tally {
    pub(crate) fn refused(&self) -> usize {
        self.refused.values().map(|(count, _)| count).sum()
    }

    pub(crate) fn told(&self) -> String {
        let mut lines: Vec<(usize, String)> = self
            .refused
            .iter()
            .map(|(why, (count, first))| (*count, format!("{count:>5} {why}; {first}")))
            .collect();
        lines.sort_by(|a, b| b.cmp(a));
        let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
        format!(
            "{} findings, {} repaired, {} refused\n{}",
            self.findings,
            self.repaired,
            self.refused(),
            lines.join("\n")
        )
    }

    pub(crate) fn add(&mut self, other: Tally) {
        self.findings += other.findings;
        self.repaired += other.repaired;
        for (why, (count, first)) in other.refused {
            self.refused.entry(why).or_insert((0, first)).0 += count;
        }
        self.wrong.extend(other.wrong);
    }
}

/// Runs the repair of everything.
pub(crate) fn run(old: &Files, new: &Files, policy: &PolicySet) -> Repaired {
    run_some(old, new, policy, &|_| true)
}

/// Runs the repair of some findings.
pub(crate) fn run_some(
    old: &Files,
    new: &Files,
    policy: &PolicySet,
    wanted: &dyn Fn(&Finding) -> bool,
) -> Repaired {
    let schema = support::schema(old).unwrap();
    let policies = Policies::uniform(policy.clone());
    let (input, options) = (support::input("", new), Options::default());
    let bench = Bench {
        old: &schema,
        texts: old,
        new: &input,
        options: &options,
        policies: &policies,
        background: Background::default(),
    };
    repair(&bench, wanted).unwrap()
}

/// The new side with what was edited.
pub(crate) fn after(new: &Files, repaired: &Repaired) -> Files {
    let mut files = new.clone();
    for changed in &repaired.files {
        let Some(before) = &changed.before else {
            files.push((changed.name.clone(), changed.after.clone()));
            continue;
        };
        let file = files.iter_mut().find(|(name, _)| *name == changed.name).unwrap();
        assert_eq!(file.1, *before);
        file.1.clone_from(&changed.after);
    }
    files
}

fn found(old: &Schema, new: &Schema, policy: &PolicySet) -> Vec<Finding> {
    decide(&Comparison::new(old, new), &Policies::uniform(policy.clone())).findings
}

fn key(f: &Finding) -> String {
    format!("{} {} {}", f.rule, f.change, f.symbol)
}

/// Repairs, and holds what came out against a compiler and a judge of its own.
pub(crate) fn held(name: &str, old: &Files, new: &Files, policy: &PolicySet) -> (Tally, Files) {
    let mut tally = Tally::default();
    let repaired = run(old, new, policy);
    let files = after(new, &repaired);
    let (was, before) = (support::schema(old).unwrap(), support::schema(new).unwrap());
    let before: BTreeSet<String> = found(&was, &before, policy).iter().map(key).collect();
    let now = match support::schema(&files) {
        Ok(now) => now,
        Err(error) => {
            tally.wrong.push(format!("{name}: does not compile: {error}"));
            return (tally, files);
        }
    };
    let left = found(&was, &now, policy);
    let after: BTreeSet<String> = left.iter().map(key).collect();
    let prints: BTreeSet<(&str, &str)> = left.iter().map(|f| (f.rule, &*f.fingerprint)).collect();
    tally.wrong.extend(after.difference(&before).map(|more| format!("{name}: {more} came")));
    for Outcome { finding, result } in &repaired.outcomes {
        tally.findings += 1;
        match result {
            Result::Repaired | Result::GoneWithOthers => {
                tally.repaired += 1;
                if prints.contains(&(finding.rule, &*finding.fingerprint)) {
                    tally.wrong.push(format!("{name}: {} is still there", key(finding)));
                }
            }
            Result::Refused(why) => {
                let cut: String = why
                    .split(": ")
                    .next()
                    .unwrap_or_default()
                    .split('`')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                let said = format!("{} {} {cut}", finding.rule, finding.change);
                let first = format!("{name} {}: {why}", finding.symbol);
                tally.refused.entry(said).or_insert((0, first)).0 += 1;
            }
            Result::Conflict(with) => {
                let first = format!("{name} {}: {with:?}", finding.symbol);
                tally.refused.entry(format!("{} conflicts", finding.rule)).or_insert((0, first)).0 += 1;
            }
        }
    }
    let again = run(old, &files, policy);
    for changed in &again.files {
        tally.wrong.push(format!("{name}: twice is not once: {}\n{}", changed.name, changed.after));
    }
    (tally, files)
}

/// The same text with lines that end as on Windows and a byte order mark.
pub(crate) fn foreign(files: &Files) -> Files {
    files
        .iter()
        .map(|(name, text)| (name.clone(), format!("\u{feff}{}", text.replace('\n', "\r\n"))))
        .collect()
}

/// The same text with a comment behind every line.
pub(crate) fn commented(files: &Files) -> Files {
    let mut number = 0;
    let mut comment = |line: &str| {
        number += 1;
        format!("{line} // c{number}.\n")
    };
    files.iter().map(|(name, text)| (name.clone(), text.lines().map(&mut comment).collect())).collect()
}
