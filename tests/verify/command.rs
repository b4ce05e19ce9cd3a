//! The command without any toolchain: what it refuses, and what it leaves out.

use crate::env::{Output, TestEnv};
use crate::pairs;

fn lab() -> TestEnv {
    let text = "syntax = \"proto3\";\npackage t.v1;\nmessage M { string id = 1; }\n";
    let files = |more: &str| vec![("t/v1/t.proto".to_owned(), format!("{text}{more}"))];
    pairs::repository(&files(""), &files("message N { int32 n = 1; }\n"))
}

/// With a path that has no programs on it.
fn run(env: &TestEnv, args: &[&str]) -> Output {
    env.run_with(args, |io| {
        io.env.insert("PATH".into(), "/nowhere".into());
        io.env.insert("HOME".into(), io.cwd.join("home").into());
    })
}

#[test]
fn nothing_to_try_with_is_no_success() {
    let output = run(&lab(), &["verify", "--from", "v1.0.0", "--to", "v1.1.0"]);
    assert_eq!(output.code, 4, "{output}");
    insta::assert_snapshot!(output.err, @r"
    error: no language could take part: go: `go` is not there; java: `mvn` is not there; python:
      `python3` is not there; rust: `cargo` is not there
    ");
}

#[test]
fn a_language_that_is_required_has_to_be_there() {
    let output = run(&lab(), &["verify", "--from", "v1.0.0", "--lang", "go,rust", "--require", "rust"]);
    assert_eq!(output.code, 4, "{output}");
    insta::assert_snapshot!(output.err, @r"
    error: rust cannot take part: `cargo` is not there
    hint: install it, or leave the language out
    ");
}

#[test]
fn a_cell_has_to_be_one_of_the_two_versions() {
    let cell = "go@v1.0.0:java@v3.0.0:bytes";
    let output = run(&lab(), &["verify", "--from", "v1.0.0", "--to", "v1.1.0", "--cell", cell]);
    assert_eq!(output.code, 2, "{output}");
    insta::assert_snapshot!(output.err, @r"
    error: `go@v1.0.0:java@v3.0.0:bytes` is no cell: the versions are `v1.0.0` and `v1.1.0`, not
      `v3.0.0`
    hint: copy the command that the report of the matrix shows
    ");
}

#[test]
fn a_version_that_is_not_there_is_named() {
    let output = run(&lab(), &["verify", "--from", "v9.9.9"]);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.err.contains("`v9.9.9`"), "{output}");
}

#[test]
fn sources_that_do_not_compile_are_told_as_such() {
    let env = lab();
    env.write("proto/t/v1/t.proto", "syntax = \"proto3\";\nmessage M { strin id = 1; }\n");
    let output = run(&env, &["verify", "--from", "v1.0.0"]);
    assert_eq!(output.code, 3, "{output}");
}

#[test]
fn contradicting_flags_are_refused() {
    for args in [
        &["verify"][..],
        &["verify", "--from", "v1.0.0", "--jobs", "0"],
        &["verify", "--from", "v1.0.0", "--report", "html"],
        &["verify", "--from", "v1.0.0", "--report", "xml=a"],
        &["verify", "--from", "v1.0.0", "--lang", "perl"],
        &["verify", "--from", "v1.0.0", "--lang", "go", "--require", "java"],
        &["verify", "--from", "v1.0.0", "--lang", "go,python", "--require", "go,java"],
    ] {
        let output = run(&lab(), args);
        assert_eq!(output.code, 2, "{args:?} {output}");
    }
}
