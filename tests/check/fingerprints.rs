//! Fingerprints do not change: they are what a waiver names, in repositories that this one never sees.
//!
//! `fixtures/fingerprints.txt` holds one line a change of every fixture: folder, kind, symbol, fingerprint. A line that
//! is there stays. `PROTOPACT_BLESS=1 cargo test --test check fingerprints` writes the lines of new fixtures, and no others.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support;
use protopact::compare::Comparison;
use protopact::policy::fingerprint;

const TABLE: &str = "fixtures/fingerprints.txt";

/// The changes of all fixtures; several of one kind and symbol are told apart by the fingerprint alone.
fn found() -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for (group, name, folder) in support::pairs() {
        let name = format!("{group}/{name}");
        let side = |side: &str| support::schema(&support::read(&folder.join(side))).unwrap();
        let (old, new) = (side("old"), side("new"));
        let comparison = Comparison::new(&old, &new);
        let cx = &comparison.cx();
        lines.extend(comparison.changes().iter().map(|change| {
            format!("{name} {} {} {}", change.id(cx), change.symbol(cx), fingerprint(change, cx))
        }));
    }
    lines
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a switch for a person at a terminal")]
fn no_fingerprint_of_a_fixture_changes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE);
    let table = std::fs::read_to_string(&path).unwrap();
    let frozen: BTreeSet<&str> = table.lines().collect();
    let found = found();
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    let gone: Vec<&str> = frozen.difference(&found).copied().collect();
    assert!(gone.is_empty(), "lines of {TABLE} that no fixture gives any more:\n{}", gone.join("\n"));
    let new: Vec<&str> = found.difference(&frozen).copied().collect();
    if !new.is_empty() && std::env::var_os("PROTOPACT_BLESS").is_some() {
        let all: Vec<&str> = frozen.union(&found).copied().collect();
        return std::fs::write(&path, all.join("\n") + "\n").unwrap();
    }
    assert!(new.is_empty(), "lines that {TABLE} does not have:\n{}", new.join("\n"));
}
