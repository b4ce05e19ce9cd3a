//! Hundreds of random edits at once.

use crate::fixtures::listed;
use crate::lab::{self, Tally};
use crate::support::{self, truth};

/// Repairs `count` contracts of `size` messages, each of which has one random edit.
fn repaired(first: u64, count: u64, size: usize) -> Tally {
    let mut tally = Tally::default();
    for seed in first..first + count {
        let truth = truth::contracts(seed, size, true);
        // What is asked by default, and all there is, in turns.
        let (policy_name, policy) = lab::policies().swap_remove((seed % 2) as usize);
        let (of, _) = lab::held(&format!("{policy_name}/{seed}"), &truth.old, &truth.new, &policy);
        tally.add(of);
    }
    eprintln!("{}", tally.told());
    tally
}

#[test]
fn some_random_edits_are_repaired() {
    let tally = repaired(1, 2, 80);
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
}

/// A quarter of 20,000 edits, or of as many as `FIX_EDITS` says, told as it goes on.
#[expect(clippy::disallowed_methods, reason = "how many edits is said by who runs it")]
fn quarter(first: u64) {
    let edits = std::env::var("FIX_EDITS").map_or(20_000, |edits| edits.parse().unwrap());
    let contracts = u64::div_ceil(edits, 4 * EDITS as u64);
    let mut tally = Tally::default();
    for seed in (first..first + contracts).step_by(5) {
        let count = (first + contracts - seed).min(5);
        tally.add(repaired(seed, count, EDITS));
        eprintln!(
            "{first}: {} contracts, {} findings, {} repaired",
            seed + count - first,
            tally.findings,
            tally.repaired
        );
        assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    }
    eprintln!("{first}, all: {}", tally.told());
    let doc = std::fs::read_to_string(support::project().join("docs/fix.md")).unwrap();
    let listed = listed(&doc);
    let unlisted = tally.refused.iter().filter(|(said, _)| {
        let change = said.split(' ').nth(1).unwrap_or_default();
        change != "conflicts" && !listed.contains(change)
    });
    let unlisted: Vec<_> = unlisted.collect();
    assert!(unlisted.is_empty(), "not repaired, and not in docs/fix.md: {unlisted:#?}");
}

/// In one contract.
const EDITS: usize = 25;

#[test]
#[ignore = "20,000 edits take a quarter of an hour"]
fn twenty_thousand_random_edits_are_repaired_first() {
    quarter(1000);
}

#[test]
#[ignore = "20,000 edits take a quarter of an hour"]
fn twenty_thousand_random_edits_are_repaired_second() {
    quarter(2000);
}

#[test]
#[ignore = "20,000 edits take a quarter of an hour"]
fn twenty_thousand_random_edits_are_repaired_third() {
    quarter(3000);
}

#[test]
#[ignore = "20,000 edits take a quarter of an hour"]
fn twenty_thousand_random_edits_are_repaired_last() {
    quarter(4000);
}
