//! Programs that do not do their part say nothing about the contract.

use std::collections::BTreeMap;

use protopact::machine::Host;
use protopact::verify::bytes::{self, Failures, Stage};
use protopact::verify::matrix::{Cell, Peer, State};
use protopact::verify::predict::Predictions;
use protopact::verify::process::Program;
use protopact::verify::reach::Reach;
use protopact::verify::side::Side;
use protopact::verify::{Version, calls};
use protopact::wire::sample::SampleOptions;
use protopact::words::Language;

use crate::drivers::side;

fn versions() -> [Side; 2] {
    let text = "syntax = \"proto3\";\npackage t.v1;\nmessage M { string s = 1; }\n\
                service S { rpc Get(M) returns (M); rpc Watch(M) returns (stream M); }";
    ["old", "new"].map(|label| side(&vec![("t/v1/t.proto".to_owned(), text.to_owned())], label))
}

/// What comes out where every program is this script of a shell, and what is said of programs.
fn with(script: &str, run: impl Fn(&Stage<'_>) -> Vec<Cell>) -> (Vec<Cell>, Vec<String>) {
    let [old, new] = versions();
    let predictions = Predictions::new(&old, &new);
    let host = Host { env: BTreeMap::new(), cwd: "/".into() };
    let program = Program {
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        folder: "/".into(),
        set: Vec::new(),
        held: Vec::new(),
    };
    let peers = Version::BOTH.map(|version| Peer { language: Language::Go, age: None, version });
    let stage = Stage {
        host: &host,
        sides: [&old, &new],
        programs: peers.into_iter().map(|peer| (peer, program.clone())).collect(),
        predictions: &predictions,
        samples: SampleOptions::default(),
        failures: Failures::default(),
        reach: Reach::default(),
        idle: Default::default(),
    };
    (run(&stage), stage.failures.told(["old", "new"]))
}

const DEATH: &str = "echo 'X: no memory left' >&2; echo '  at a.b' >&2; exit 3";
const SAID: [&str; 2] = [
    "go@old: the driver ended before it had answered: X: no memory left",
    "go@new: the driver ended before it had answered: X: no memory left",
];

fn all_skipped(cells: &[Cell]) -> bool {
    !cells.is_empty() && cells.iter().all(|c| matches!(c.state, State::Skipped(_) | State::Empty))
}

#[test]
fn a_program_that_ends_is_no_difference_in_bytes() {
    let (cells, said) = with(DEATH, |stage| bytes::run(stage, None, &|_| ()));
    let tried: Vec<&Cell> = cells.iter().filter(|c| c.state != State::Empty).collect();
    assert!(tried.iter().any(|c| matches!(&c.state, State::Skipped(why) if why.contains("no memory left"))));
    assert!(all_skipped(&cells), "{cells:#?}");
    assert_eq!(said, SAID);
}

#[test]
fn a_server_that_does_not_start_is_no_difference() {
    let (cells, said) = with(DEATH, |stage| calls::run(stage, None, true, &|_| ()).unwrap());
    assert!(all_skipped(&cells), "{cells:#?}");
    assert_eq!(said, SAID);
}

/// The shell cannot serve: the port is one where nobody listens, and the client says what a client says of that.
#[test]
fn a_server_that_ends_in_the_middle_is_no_difference() {
    let script = "case \"$0\" in server) echo '{\"event\": \"ready\", \"ports\": [1, 1]}'; echo 'Y: killed' >&2; exit 9;; esac; \
                  while read -r line; do echo '{\"ok\": true, \"code\": 14, \"status\": \"nobody is there\"}'; done";
    let (cells, said) = with(script, |stage| calls::run(stage, None, true, &|_| ()).unwrap());
    assert!(all_skipped(&cells), "{cells:#?}");
    let ended =
        ["go@old", "go@new"].map(|who| format!("{who}: the driver ended before it had answered: Y: killed"));
    assert_eq!(said, ended);
}

#[test]
fn a_client_that_ends_is_no_difference() {
    let script = "case \"$0\" in server) echo '{\"event\": \"ready\", \"ports\": [1, 1]}'; exec cat;; esac; \
                  read -r line; echo 'Z: out' >&2; exit 1";
    let (cells, said) = with(script, |stage| calls::run(stage, None, true, &|_| ()).unwrap());
    assert!(all_skipped(&cells), "{cells:#?}");
    let ended =
        ["go@old", "go@new"].map(|who| format!("{who}: the driver ended before it had answered: Z: out"));
    assert_eq!(said, ended);
}

/// What was written is read, and what was read is read again: three times the same program.
#[test]
fn a_program_is_started_once() {
    let folder = tempfile::tempdir().unwrap();
    let starts = folder.path().join("starts");
    let script = format!(
        "echo >> '{}'; while read -r line; do echo '{{\"ok\": true, \"hex\": \"0a0161\", \"json\": \"{{}}\"}}'; done",
        starts.display()
    );
    let (cells, said) = with(&script, |stage| bytes::run(stage, None, &|_| ()));
    assert!(cells.iter().any(|c| c.state != State::Empty), "{cells:#?}");
    assert_eq!(said, [""; 0]);
    assert_eq!(std::fs::read_to_string(starts).unwrap().lines().count(), 2);
}
