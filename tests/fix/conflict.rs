//! Repairs that hold alone and not beside each other.

use protopact::fix::{Outcome, Result};
use protopact::policy::RuleConfig;

use crate::lab;
use crate::support::{self, Files};

fn files(files: &[(&str, &str)]) -> Files {
    let file = |(name, text): &(&str, &str)| {
        ((*name).to_owned(), format!("syntax = \"proto3\";\npackage p;\n{text}"))
    };
    files.iter().map(file).collect()
}

/// `X` back in a.proto has b.proto import it, `Y` back in c.proto has c.proto import b.proto, and a.proto imports
/// c.proto already: either is well, both are a circle.
#[test]
fn two_repairs_that_close_a_circle_are_a_conflict() {
    let old = files(&[
        ("a.proto", "message X {}\n"),
        ("b.proto", "message B {}\n"),
        ("c.proto", "message C {}\nmessage Y {\n  string s = 1;\n}\n"),
    ]);
    let new = files(&[
        ("a.proto", "import \"c.proto\";\nmessage M {\n  C c = 1;\n}\n"),
        (
            "b.proto",
            "message B {\n  X x = 1;\n}\nmessage X {}\nmessage Y {\n  string s = 1;\n  B b = 2;\n}\n",
        ),
        ("c.proto", "message C {}\n"),
    ]);
    let config = RuleConfig { use_: vec!["MESSAGE_NO_MOVE".to_owned()], ..RuleConfig::default() };
    let policy = support::rules(&config);
    let repaired = lab::run(&old, &new, &policy);
    let results: Vec<(&str, &Result)> =
        repaired.outcomes.iter().map(|Outcome { finding, result }| (&*finding.symbol, result)).collect();
    let done = repaired.outcomes.iter().find(|outcome| outcome.result == Result::Repaired);
    let done = done.unwrap_or_else(|| panic!("{results:?}"));
    let others: Vec<&Outcome> =
        repaired.outcomes.iter().filter(|outcome| outcome.result != Result::Repaired).collect();
    assert_eq!(others.len(), 1, "{results:?}");
    assert_eq!(others[0].result, Result::Conflict(vec![done.finding.fingerprint.clone()]));
    // Named alone, the other one is what is repaired.
    let (tally, _) = lab::held("circle", &old, &new, &policy);
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    let only = lab::run_some(&old, &new, &policy, &|f| f.fingerprint == others[0].finding.fingerprint);
    assert_eq!(only.outcomes.len(), 1);
    assert_eq!(only.outcomes[0].result, Result::Repaired);
}

/// One repair brings back twenty types at most; the end of a longer chain is back before its beginning.
#[test]
fn a_long_chain_of_types_comes_back_from_its_end() {
    let of = |n: usize| match n {
        29 => "message T29 {}\n".to_owned(),
        n => format!("message T{n} {{\n  T{} next = 1;\n}}\n", n + 1),
    };
    let chain: String = (0..30).map(of).collect();
    let old = files(&[("a.proto", &chain), ("b.proto", "message Stays {}\n")]);
    let new = files(&[("a.proto", ""), ("b.proto", "message Stays {}\n")]);
    let config = RuleConfig { use_: vec!["MESSAGE_NO_DELETE".to_owned()], ..RuleConfig::default() };
    let (tally, _) = lab::held("chain", &old, &new, &support::rules(&config));
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    assert_eq!((tally.findings, tally.repaired), (30, 30), "{}", tally.told());
}
