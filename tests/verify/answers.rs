//! What servers are given to answer with.

use std::fmt::Write as _;
use std::ops::Range;

use protopact::verify::answers::Answers;
use protopact::verify::cases::{LARGE, REPLIES};
use protopact::verify::side::Side;

use crate::drivers::side;

/// A contract of these methods, of all kinds in turn, each with an answer of its own.
fn wide(methods: Range<usize>, label: &str) -> Side {
    let mut text = "syntax = \"proto3\";\npackage t.v1;\nmessage Ask {}\n".to_owned();
    let mut calls = String::new();
    for n in methods {
        let [ask, answer] = [["", ""], ["", "stream "], ["stream ", ""], ["stream ", "stream "]][n % 4];
        writeln!(text, "message Answer{n} {{ string text = 1; }}").unwrap();
        writeln!(calls, "rpc Call{n}({ask}Ask) returns ({answer}Answer{n});").unwrap();
    }
    side(&vec![("t/v1/t.proto".to_owned(), format!("{text}service S {{\n{calls}}}\n"))], label)
}

/// A server of 240 types of answers has not to hold 240 mebibytes.
#[test]
fn of_each_kind_of_call_one_answer_is_large() {
    let [old, new] = ["old", "new"].map(|label| wide(0..240, label));
    let answers = Answers::of(&old, &new);
    let all: Vec<(usize, &[Vec<u8>])> =
        (0..240).map(|n| (n, answers.get(&format!("t.v1.Answer{n}")))).collect();
    let large = all.iter().filter(|(_, answers)| answers.iter().any(|a| a.len() >= LARGE));
    let mut kinds: Vec<usize> = large.map(|(n, _)| n % 4).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, [0, 1, 2, 3]);
    for (n, answers_of) in all {
        let empty = answers.empty(&format!("t.v1.Answer{n}"));
        assert!(empty > 0 && answers_of[empty..].iter().all(Vec::is_empty), "{n}");
        assert_eq!(answers_of.len() - empty, REPLIES, "{n}");
    }
    // What is in hexadecimal is twice as long.
    let bytes = answers.lines().len();
    assert!(bytes > 4 * 2 * LARGE && bytes < 5 * 2 * LARGE, "{bytes}");
}

/// Nobody calls what the other side does not have: what is large is with a method that is called.
#[test]
fn a_large_answer_is_one_that_somebody_gets() {
    let [old, new] = [wide(0..8, "old"), wide(4..8, "new")];
    let answers = Answers::of(&old, &new);
    for n in 0..8 {
        let is_large = answers.get(&format!("t.v1.Answer{n}")).iter().any(|a| a.len() >= LARGE);
        assert_eq!(is_large, n >= 4, "{n}");
    }
}
