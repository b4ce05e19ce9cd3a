//! Which methods a change can reach.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use protopact::verify::reach::Reach;
use protopact::verify::side::Side;
use protopact::words::CallKind;
use serde_json::Value;

use crate::drivers::side;
use crate::matrix::{cells, install, matrix};
use crate::pairs;
use crate::support::Files;

const OLD: &str = "syntax = \"proto2\";
package t.v1;
import \"o/o.proto\";
message A { optional In in = 1; map<string, Leaf> by = 2; }
message In { optional Kind kind = 1; optional Loop loop = 2; }
message Loop { optional Loop next = 1; optional string end = 2; }
message Leaf { oneof one { string s = 1; int32 n = 2; } extensions 100 to 200; }
message B { optional string b = 1; }
message Out { optional o.Other other = 1; }
enum Kind { ZERO = 0; ONE = 1; }
extend Leaf { optional string ext = 100; }
service S {
  rpc Deep(A) returns (B);
  rpc Back(B) returns (A);
  rpc Flat(B) returns (B);
  rpc Stream(stream B) returns (B);
  rpc Far(B) returns (Out);
}
";

const OTHER: &str = "syntax = \"proto3\";\npackage o;\nmessage Other { string o = 1; }\n";

/// The two versions that these edits make of `OLD`.
fn sides(edits: &[(&str, &str)]) -> [Side; 2] {
    let files = |edits: &[(&str, &str)]| {
        let edit = |text: &str| edits.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        for (from, _) in edits {
            assert!(OLD.contains(from) || OTHER.contains(from), "{from}");
        }
        vec![("t/v1/t.proto".to_owned(), edit(OLD)), ("o/o.proto".to_owned(), edit(OTHER))]
    };
    [side(&files(&[]), "old"), side(&files(edits), "new")]
}

/// The methods of `OLD` that these edits reach, and how many are left out.
fn reached(edits: &[(&str, &str)]) -> (String, usize) {
    let [old, new] = sides(edits);
    let reach = Reach::new(&old, &new);
    let all = ["Deep", "Back", "Flat", "Stream", "Far"];
    let reached = all.into_iter().filter(|name| !reach.is_equal(&format!("/t.v1.S/{name}")));
    (reached.collect::<Vec<_>>().join(" "), reach.methods())
}

#[test]
fn a_short_run_tries_the_messages_that_a_change_reaches() {
    for (from, to, tried, called) in [
        // The first of a package that is not touched stays.
        ("rpc Flat(B)", "rpc Flat(stream B)", "A Other", vec![CallKind::Unary, CallKind::Client]),
        ("message Out", "message More {}\nmessage Out", "Other", vec![]),
        ("string end = 2", "bytes end = 2", "A In Loop Other", vec![CallKind::Unary]),
        ("string b = 1", "bytes b = 1", "B Other", vec![CallKind::Unary, CallKind::Client]),
        ("string o = 1", "bytes o = 1", "Out Other", vec![CallKind::Unary]),
    ] {
        let [old, new] = sides(&[(from, to)]);
        let reach = Reach::short(&old, &new);
        let names = ["A", "In", "Loop", "Leaf", "B", "Out"].map(|n| (n, format!("t.v1.{n}")));
        let names = names.into_iter().chain([("Other", "o.Other".to_owned())]);
        let found: Vec<&str> = names.filter(|(_, full)| !reach.leaves(full)).map(|(name, _)| name).collect();
        assert_eq!(found.join(" "), tried, "{from} -> {to}");
        assert_eq!(reach.messages() + found.len(), 7, "{from} -> {to}");
        let found: Vec<CallKind> = CallKind::ALL.into_iter().filter(|kind| !reach.is_idle(*kind)).collect();
        assert_eq!(found, called, "{from} -> {to}");
    }
}

#[test]
fn what_can_hold_anything_is_reached_by_every_change() {
    let text = |of: &str| {
        format!(
            "syntax = \"proto3\";\npackage t;\nimport \"google/protobuf/any.proto\";\n\
             message Free {{ google.protobuf.Any any = 1; }}\nmessage Bound {{ int32 n = 1; }}\n\
             message Edited {{ {of} of = 1; }}\n\
             service S {{ rpc Take(google.protobuf.Any) returns (Bound); rpc Give(Bound) returns (Bound); }}\n"
        )
    };
    let version = |of: &str, label| side(&vec![("t.proto".to_owned(), text(of))], label);
    for (of, reached) in [("bytes", true), ("string", false)] {
        let reach = Reach::short(&version("string", "old"), &version(of, "new"));
        assert_eq!([reach.leaves("t.Bound"), reach.is_equal("/t.S/Give")], [true, true], "{of}");
        assert_eq!(reach.is_equal("/t.S/Take"), !reached, "{of}");
        // Where nothing differs, the first of the package is tried all the same.
        assert_eq!([reach.leaves("t.Free"), reach.leaves("t.Edited")], [false, !reached], "{of}");
    }
}

#[test]
fn what_messages_hold_is_looked_at_to_the_bottom() {
    // One of each kind of call stays: five are equal, of two kinds.
    assert_eq!(reached(&[]), (String::new(), 3));
    for (from, to, expected) in [
        ("ONE = 1", "ONE = 2", "Deep Back"),
        ("ZERO = 0; ONE", "ZERO = 0; TWO = 2; ONE", "Deep Back"),
        ("string end = 2", "string end = 3", "Deep Back"),
        ("string end = 2", "bytes end = 2", "Deep Back"),
        ("int32 n = 2; }", "} optional int32 n = 2;", "Deep Back"),
        ("optional string ext", "optional bytes ext", "Deep Back"),
        ("optional In in = 1", "optional In in = 1 [lazy = true]", "Deep Back"),
        ("map<string, Leaf>", "map<int32, Leaf>", "Deep Back"),
        ("string o = 1", "bytes o = 1", "Far"),
        ("syntax = \"proto3\";\npackage o", "syntax = \"proto2\";\npackage o", "Far"),
        ("string b = 1", "string b = 1 [default = \"b\"]", "Deep Back Flat Stream Far"),
        ("Flat(B) returns (B)", "Flat(B) returns (A)", "Flat"),
        ("rpc Flat(B)", "rpc Flat(stream B)", "Flat"),
        ("  rpc Flat(B) returns (B);\n", "", "Flat"),
    ] {
        let mut edits = vec![(from, to)];
        if from.starts_with("syntax") {
            edits.push(("{ string o = 1", "{ optional string o = 1"));
        }
        assert_eq!(reached(&edits).0, expected, "{from} -> {to}");
    }
}

#[test]
fn what_no_call_shows_reaches_nothing() {
    for (from, to) in [
        ("message B {", "// Words.\nmessage B { reserved 9;"),
        ("message Out", "message More {}\nmessage Out"),
        ("rpc Flat(B) returns (B);", "rpc Flat(B) returns (B) { option deprecated = true; }"),
        ("  rpc Flat", "  rpc New(B) returns (B);\n  rpc Flat"),
    ] {
        assert_eq!(reached(&[(from, to)]).0, "", "{from} -> {to}");
    }
}

/// A contract of so many methods, of all kinds in turn, each with messages of its own.
fn many(methods: usize) -> Files {
    let mut text = "syntax = \"proto3\";\npackage many.v1;\n".to_owned();
    text += "message Page { int32 size = 1; string token = 2; map<string, string> labels = 3; }\n";
    let mut calls = String::new();
    for n in 0..methods {
        let (ask, answer) =
            ["", "stream "].into_iter().flat_map(|a| ["", "stream "].map(|b| (a, b))).nth(n % 4).unwrap();
        writeln!(
            text,
            "message Ask{n} {{ string name = 1; Page page = 2; repeated int64 ids = 3; }}\n\
             message Item{n} {{ string name = 1; int32 count = 2; repeated Part parts = 3; message Part {{ bytes raw = 1; double share = 2; }} }}\n\
             message Answer{n} {{ repeated Item{n} items = 1; Page next = 2; oneof end {{ string error = 3; bool done = 4; }} }}"
        )
        .unwrap();
        writeln!(calls, "  rpc Call{n}({ask}Ask{n}) returns ({answer}Answer{n});").unwrap();
    }
    Files::from([("many/v1/many.proto".to_owned(), format!("{text}service Many {{\n{calls}}}\n"))])
}

/// What a run says of its cells.
struct Ran {
    all: BTreeSet<String>,
    red: BTreeSet<String>,
    took: Duration,
}

fn timed(env: &crate::env::TestEnv, args: &[&str]) -> Ran {
    let start = Instant::now();
    let (code, text, matrix) = matrix(env, "cells.json", args);
    let took = start.elapsed();
    assert_eq!(code, 1, "{text}");
    assert_eq!(matrix["counts"]["red_unpredicted"], 0, "{text}");
    let name = |cell: &Value| cell["cell"].as_str().unwrap().to_owned();
    let red = cells(&matrix).filter(|cell| cell["state"] == "red").map(name).collect();
    Ran { all: cells(&matrix).map(name).collect(), red, took }
}

/// One field of one answer has another type: everybody is found who sees it, at an eighth of the cost.
#[test]
#[ignore = "calls everything: ci/matrix --reach"]
#[expect(clippy::disallowed_methods, reason = "ci/matrix says in the environment how many methods")]
fn what_is_not_reached_need_not_be_called() {
    let methods = std::env::var("PROTOPACT_METHODS").ok().and_then(|n| n.parse().ok()).unwrap_or(134);
    let old = many(methods);
    let new = old.iter().map(|(path, text)| {
        let (before, after) = (
            "message Item7 { string name = 1; int32 count = 2;",
            "message Item7 { string name = 1; string count = 2;",
        );
        assert!(text.contains(before));
        (path.clone(), text.replace(before, after))
    });
    let env = pairs::repository(&old, &new.collect());
    install(&env);
    // Programs are built once.
    let _ = timed(&env, &["--only", "bytes"]);
    let short = timed(&env, &["--compact"]);
    let same = timed(&env, &["--compact", "--full"]);
    let whole = timed(&env, &["--full"]);
    let [a, b, c] = [&short, &same, &whole].map(|ran| ran.took.as_secs_f64());
    eprintln!(
        "{methods} methods, one changed field: {a:.1} s; {b:.1} s where the same cells try everything ({:.1} times as long); \
         {c:.1} s where everybody calls everything in every way ({:.1} times as long); {} cells are red",
        b / a,
        c / a,
        short.red.len()
    );
    assert!(!short.red.is_empty() && short.red == same.red, "{:?}\n{:?}", short.red, same.red);
    let there: BTreeSet<String> = whole.red.intersection(&short.all).cloned().collect();
    assert!(short.all.is_subset(&whole.all) && short.red == there, "{:?}\n{there:?}", short.red);
    assert!(a * 8.0 <= c, "{a} and {c}");
}
