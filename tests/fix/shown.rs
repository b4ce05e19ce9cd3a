//! Whether what a report shows as the repair of a finding is what `fix` writes for it.

use std::collections::BTreeMap;

use protopact::compare::{Background, Comparison};
use protopact::compile::Options;
use protopact::findings::{Edit, Repair};
use protopact::fix::{Bench, Result, repair, suggest};
use protopact::policy::{Policies, PolicySet, decide};

use crate::support::{self, Files};
use crate::{fixtures, lab};

/// A text with edits in it, by lines and columns as a reader of the report counts them.
fn edited(text: &str, edits: &[&Edit]) -> String {
    let at = |(line, column): (u32, u32)| {
        let start: usize = text.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
        let rest = &text[start..];
        start + rest.char_indices().nth(column as usize - 1).map_or(rest.len(), |(at, _)| at)
    };
    let mut out = text.to_owned();
    for edit in edits.iter().rev() {
        out.replace_range(at(edit.start)..at(edit.end), &edit.text);
    }
    out
}

fn applied(files: &Files, repair: &Repair) -> Files {
    let text = |(name, text): &(String, String)| {
        let own: Vec<&Edit> = repair.edits.iter().filter(|edit| edit.path == *name).collect();
        (name.clone(), edited(text, &own))
    };
    files.iter().map(text).collect()
}

/// What is shown for the findings between two sides and is not what `fix` writes for each of them alone, and how many
/// were looked at.
fn differing(name: &str, old: &Files, new: &Files, policy: &PolicySet) -> (usize, Vec<String>) {
    let (was, is) = (support::schema(old).unwrap(), support::schema(new).unwrap());
    let policies = Policies::uniform(policy.clone());
    let (input, options) = (support::input("", new), Options::default());
    let bench = Bench {
        old: &was,
        texts: old,
        new: &input,
        options: &options,
        policies: &policies,
        background: Background::default(),
    };
    let comparison = Comparison::new(&was, &is);
    let findings = decide(&comparison, &policies).findings;
    let shown: BTreeMap<_, _> = suggest(&bench, &comparison, &findings);
    let mut wrong = Vec::new();
    for ((rule, fingerprint), repair_shown) in &shown {
        let repaired = repair(&bench, &|f| f.rule == *rule && f.fingerprint == *fingerprint).unwrap();
        let done = repaired.outcomes.iter().all(|outcome| outcome.result == Result::Repaired);
        let written = lab::after(new, &repaired);
        let looks = applied(new, repair_shown);
        if !done {
            wrong.push(format!(
                "{name}: {rule} {fingerprint}: shown, and refused: {:?}\n{}",
                repaired.outcomes[0].result, repair_shown.patch
            ));
        } else if written != looks {
            wrong.push(format!("{name}: {rule} {fingerprint}: shown\n{looks:?}\nwritten\n{written:?}"));
        }
    }
    (shown.len(), wrong)
}

/// How often it differs: with every rule switched on, where rules object to what another one advises. Fewer is better: lower the number then.
const DIFFERING: [(&str, usize); 2] = [("standard", 0), ("rules", 24)];

#[test]
fn what_a_report_shows_is_what_fix_writes() {
    for ((policy_name, policy), (of, differ)) in lab::policies().into_iter().zip(DIFFERING) {
        assert_eq!(policy_name, of);
        let (mut looked, mut wrong) = (0, Vec::new());
        for (name, old, new) in fixtures::pairs() {
            let (shown, more) = differing(&name, &old, &new, &policy);
            looked += shown;
            wrong.extend(more);
        }
        eprintln!("{policy_name}: {looked} repairs are shown, {} are others than `fix` writes", wrong.len());
        assert!(looked > 100, "{looked}");
        assert_eq!(wrong.len(), differ, "{policy_name}: of {looked}\n{}", wrong.join("\n"));
    }
}
