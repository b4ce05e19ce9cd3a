//! The transcripts in README.md and docs/ are run and must say what they say there.
//!
//! A transcript is a fenced block marked `console`: lines that begin with `$ ` are commands for bash, what follows
//! them is their output, standard output and standard error as they come. Before the first transcript of a file,
//! and wherever a fresh start is wanted, a line `<!-- scratch: CASE -->` lays that case of `fixtures/history/`;
//! transcripts up to the next such line go on in the same repository, with no network, no user configuration and
//! no colour. With `<!-- scratch: CASE cloned -->` that repository is a clone of the case, whose remote it is. Programs
//! of `ci/kit/` are on the path. Blocks with another mark (`sh`, `toml`, …) are not run.
//!
//! - A line `…` in an output stands for any number of lines, a `…` within a line for any text of that line.
//! - A command must end with code 0, unless the next command is `echo $?`, which prints the code.
//!
//! `UPDATE_README=1 cargo test --test house readme` writes what the commands say into the files, apart from outputs that
//! have an elision and fit; read the difference before committing it.

#![allow(
    clippy::disallowed_methods,
    reason = "transcripts are run by a shell, and an update is asked for by it"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::history;

/// The files that hold transcripts.
const FILES: [&str; 6] =
    ["README.md", "docs/adopting.md", "docs/sources.md", "docs/report.md", "docs/history.md", "docs/cli.md"];

/// Who commits, and when: the same commits come out of every run.
const IDENTITY: [(&str, &str); 6] = [
    ("GIT_AUTHOR_NAME", "Contract Keeper"),
    ("GIT_AUTHOR_EMAIL", "keeper@example.com"),
    ("GIT_AUTHOR_DATE", "2025-02-03T09:00:00Z"),
    ("GIT_COMMITTER_NAME", "Contract Keeper"),
    ("GIT_COMMITTER_EMAIL", "keeper@example.com"),
    ("GIT_COMMITTER_DATE", "2025-02-03T09:00:00Z"),
];

const ELISION: char = '…';

#[test]
fn every_transcript_says_what_its_commands_say() {
    let update = std::env::var_os("UPDATE_README").is_some();
    let mut wrong = String::new();
    for file in FILES {
        let path = history::project().join(file);
        let text = fs::read_to_string(&path).unwrap();
        let replayed = replay(file, &text, &mut wrong);
        if update && replayed != text {
            fs::write(&path, replayed).unwrap();
        }
    }
    assert!(update || wrong.is_empty(), "{wrong}");
}

#[test]
fn the_demonstration_finds_the_break() {
    let output = Command::new("bash")
        .arg(history::project().join("ci/demo"))
        .env("PROTOPACT", env!("CARGO_BIN_EXE_protopact"))
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{said}\n{errors}", output.status);
    for broken in ["UserInfo", "SendFile"] {
        let judged = said.split("$ protopact check").last().unwrap_or_default();
        assert!(judged.contains(broken), "`{broken}` is not named:\n{judged}");
    }
}

/// Runs all transcripts of a file, tells what was wrong and gives the text with the outputs as they are.
fn replay(file: &str, text: &str, wrong: &mut String) -> String {
    let mut replayed = String::new();
    let mut scratch: Option<Scratch> = None;
    let mut lines = text.lines().enumerate().peekable();
    let mut commands = 0;
    while let Some((at, line)) = lines.next() {
        writeln!(replayed, "{line}").unwrap();
        if let Some(case) = line.strip_prefix("<!-- scratch: ").and_then(|l| l.strip_suffix(" -->")) {
            scratch = Some(Scratch::new(case));
        }
        if line != "```console" {
            continue;
        }
        let scratch =
            scratch.as_mut().unwrap_or_else(|| panic!("{file}:{}: no `<!-- scratch: … -->`", at + 1));
        while let Some((at, command)) = lines.next_if(|(_, l)| *l != "```") {
            let said = command.strip_prefix("$ ");
            let typed = said.unwrap_or_else(|| panic!("{file}:{}: output without a command", at + 1));
            let mut expected = Vec::new();
            while let Some((_, output)) = lines.next_if(|(_, l)| *l != "```" && !l.starts_with("$ ")) {
                expected.push(output);
            }
            let code_is_asked = lines.peek().is_some_and(|(_, l)| *l == "$ echo $?");
            let output = scratch.run(typed);
            let got: Vec<&str> = output.lines().collect();
            let fits = fits(&expected, &got);
            if !fits {
                let expected = expected.join("\n");
                writeln!(
                    wrong,
                    "{file}:{}: {command}\n-- written --\n{expected}\n-- said --\n{output}",
                    at + 1
                )
                .unwrap();
            }
            if scratch.code != 0 && !code_is_asked {
                writeln!(wrong, "{file}:{}: {command}\nended with code {}\n{output}", at + 1, scratch.code)
                    .unwrap();
            }
            let keep = fits && expected.iter().any(|l| l.contains(ELISION) && !is_elision(l));
            writeln!(replayed, "{command}").unwrap();
            for line in if keep { expected } else { got } {
                writeln!(replayed, "{line}").unwrap();
            }
            commands += 1;
        }
    }
    assert!(commands > 0, "{file} holds no transcript");
    replayed
}

/// Whether a line stands for any number of lines.
fn is_elision(line: &str) -> bool {
    line.trim().chars().eq([ELISION])
}

/// Whether an output is what was written, elisions granted.
fn fits(expected: &[&str], got: &[&str]) -> bool {
    match expected.split_first() {
        None => got.is_empty(),
        Some((line, rest)) if is_elision(line) => (0..=got.len()).any(|n| fits(rest, &got[n..])),
        Some((line, rest)) => {
            got.split_first().is_some_and(|(first, others)| line_fits(line, first) && fits(rest, others))
        }
    }
}

/// Whether a line is what was written; a `…` in it stands for any text.
fn line_fits(expected: &str, got: &str) -> bool {
    match expected.trim_end().split_once(ELISION) {
        None => expected.trim_end() == got.trim_end(),
        Some((start, end)) => got.strip_prefix(start).is_some_and(|rest| {
            let ends = rest.char_indices().map(|(i, _)| i).chain([rest.len()]);
            ends.into_iter().any(|i| line_fits(end, &rest[i..]))
        }),
    }
}

/// A repository in which commands are run, and the code of the last one.
struct Scratch {
    folder: tempfile::TempDir,
    code: i32,
}

impl Scratch {
    fn new(case: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        let mut scratch = Self { folder, code: 0 };
        let place = |name: &str| scratch.folder.path().join(name);
        match case.strip_suffix(" cloned") {
            None => drop(history::lay(case, &place("repository"))),
            Some(case) => {
                history::lay(case, &place("origin"));
                fs::create_dir(place("repository")).unwrap();
                // Nobody works there: what is pushed is taken.
                let said = scratch.run(
                    "git -C ../origin config receive.denyCurrentBranch ignore && git clone --quiet ../origin .",
                );
                assert_eq!((scratch.code, said.as_str()), (0, ""));
            }
        }
        scratch
    }

    /// Runs a line and gives what it said.
    fn run(&mut self, line: &str) -> String {
        if line == "echo $?" {
            return format!("{}\n", std::mem::take(&mut self.code));
        }
        let programs: PathBuf = Path::new(env!("CARGO_BIN_EXE_protopact")).parent().unwrap().to_owned();
        let kit = history::project().join("ci/kit");
        let path = std::env::var("PATH").unwrap_or_default();
        let output = Command::new("bash")
            .args(["-c", &format!("exec 2>&1; {line}")])
            .current_dir(self.folder.path().join("repository"))
            .env_clear()
            .env("PATH", format!("{}:{}:{path}", programs.display(), kit.display()))
            .env("HOME", self.folder.path().join("home"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(IDENTITY)
            .env("LC_ALL", "C.UTF-8")
            .env("NO_COLOR", "1")
            .env("COLUMNS", "100")
            .output()
            .unwrap();
        self.code = output.status.code().unwrap_or(-1);
        String::from_utf8(output.stdout).unwrap()
    }
}

#[test]
fn an_elision_stands_for_lines_or_for_text_in_a_line() {
    let lines = |text: &'static str| text.lines().collect::<Vec<_>>();
    for (expected, got, fit) in [
        ("a\nb", "a\nb", true),
        ("a\nb", "a", false),
        ("a", "a\nb", false),
        ("", "", true),
        ("", "a", false),
        ("…", "", true),
        ("…", "a\nb", true),
        ("a\n…\nc", "a\nc", true),
        ("a\n…\nc", "a\nb\nb\nc", true),
        ("a\n…\nc", "a\nb", false),
        ("commit …", "commit 1a2b", true),
        ("commit …", "tag 1a2b", false),
        ("in … s", "in 0.5 s", true),
        ("in … s, … files", "in 0.5 s, 12 files", true),
        ("in … s", "in 0.5 min", false),
    ] {
        assert_eq!(fits(&lines(expected), &lines(got)), fit, "{expected:?} against {got:?}");
    }
}

#[test]
fn a_transcript_that_says_something_else_is_told_and_rewritten() {
    let text = "<!-- scratch: breaking -->\n```console\n$ git tag\nv2.0.0\n$ false\n$ echo $?\n1\n```\n```sh\nls\n```\n";
    let mut wrong = String::new();
    let replayed = replay("x.md", text, &mut wrong);
    assert_eq!(replayed, text.replace("v2.0.0", "v1.0.0"));
    assert!(wrong.starts_with("x.md:3: $ git tag\n-- written --\nv2.0.0\n-- said --\nv1.0.0\n"), "{wrong}");
    assert_eq!(wrong.matches("x.md:").count(), 1, "{wrong}");
}

#[test]
fn a_code_that_nobody_asked_for_is_told() {
    let mut wrong = String::new();
    replay("x.md", "<!-- scratch: breaking -->\n```console\n$ exit 3\n```\n", &mut wrong);
    assert_eq!(wrong, "x.md:3: $ exit 3\nended with code 3\n\n");
}
