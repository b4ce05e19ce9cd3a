//! Hundreds of random edits at once.

use crate::lab::{self, Tally};
use crate::support::truth;

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

/// A quarter of ten thousand edits, told as it goes on.
fn quarter(first: u64) {
    let mut tally = Tally::default();
    for seed in (first..first + 100).step_by(5) {
        tally.add(repaired(seed, 5, 25));
        eprintln!(
            "{first}: {} contracts, {} findings, {} repaired",
            seed + 5 - first,
            tally.findings,
            tally.repaired
        );
        assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    }
}

#[test]
#[ignore = "ten thousand edits take minutes"]
fn ten_thousand_random_edits_are_repaired_first() {
    quarter(1000);
}

#[test]
#[ignore = "ten thousand edits take minutes"]
fn ten_thousand_random_edits_are_repaired_second() {
    quarter(2000);
}

#[test]
#[ignore = "ten thousand edits take minutes"]
fn ten_thousand_random_edits_are_repaired_third() {
    quarter(3000);
}

#[test]
#[ignore = "ten thousand edits take minutes"]
fn ten_thousand_random_edits_are_repaired_last() {
    quarter(4000);
}
