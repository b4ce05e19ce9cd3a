//! The command without any toolchain: what it refuses, and what it leaves out.

use crate::env::{Output, TestEnv};
use crate::pairs;

fn lab() -> TestEnv {
    let text = "syntax = \"proto3\";\npackage t.v1;\nmessage M { string id = 1; }\n";
    let files = |more: &str| vec![("t/v1/t.proto".to_owned(), format!("{text}{more}"))];
    pairs::repository(&files(""), &files("message N { int32 n = 1; }\n"))
}

/// A repository whose languages have programs that the test writes: what Python is started with, and what cargo does.
fn stand_ins(settings: &str, cargo: &str) -> TestEnv {
    use std::os::unix::fs::PermissionsExt as _;
    let env = lab();
    env.write(
        "protopact.toml",
        &format!("[contract]\nname = \"acme/contracts\"\nroots = [\"proto\"]\n{settings}"),
    );
    // Without a pip that installs elsewhere, as it was before 22.3: the environment gets one of its own.
    let env_python = "[ \"$2\" = venv ] || exit 1\nfor place; do :; done\nmkdir -p \"$place/bin\"\n\
        printf '#!/bin/sh\\n[ \"$1\" = -m ] || exec cat\\n' > \"$place/bin/python\"\nchmod +x \"$place/bin/python\"";
    for (name, script) in [("python3", env_python), ("cargo", cargo), ("rustc", "exit 0")] {
        env.write(&format!("bin/{name}"), &format!("#!/bin/sh\n{script}\n"));
        let path = env.work().join("bin").join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let output = with_stand_ins(&env, &["plugins", "install", "--offline", "--lang", "rust"]);
    assert_eq!(output.code, 0, "{output}");
    env
}

fn with_stand_ins(env: &TestEnv, args: &[&str]) -> Output {
    env.run_with(args, |io| {
        let path = format!("{}:/usr/bin:/bin", io.cwd.join("bin").display());
        io.env.insert("PATH".into(), path.into());
        io.env.insert("PROTOPACT_CACHE".into(), io.cwd.join("cache").into());
        io.width = None;
    })
}

const BROKEN: &str = "echo 'warning: old' >&2; echo 'error[E0433]: no such thing' >&2; exit 101";
/// Locks protoc, which is all that a contract without services needs in Python.
const PROTOC: &str = "[[generate.plugin]]\nprotoc-builtin = \"pyi\"\nout = \"pyi\"\n";
const RUST: &str = "[generate.rust]\ncrate = \"x\"\n";

#[test]
fn a_language_that_does_not_build_is_left_out_and_the_others_go_on() {
    let env = stand_ins(&format!("{RUST}[generate.python]\npackage = \"x\"\n{PROTOC}"), BROKEN);
    let verify = ["verify", "--from", "v1.0.0", "--to", "v1.1.0", "--report", "json=all.json"];
    let output = with_stand_ins(&env, &verify);
    assert_eq!(output.code, 4, "{output}");
    let reason = "cannot build the rust driver: `cargo build -q` failed: error[E0433]: no such thing";
    assert!(output.out.contains(&format!("\nskipped  rust: {reason}\n")), "{output}");
    assert!(output.out.contains("python@v1.1.0"), "{output}");
    assert!(output.err.starts_with("  | warning: old\n  | error[E0433]: no such thing\nerror: "), "{output}");
    assert!(output.err.contains(&format!("rust takes no part: {reason}")), "{output}");
    let json: serde_json::Value = serde_json::from_str(&env.read("all.json")).unwrap();
    let skip = &json["skipped_languages"][0];
    assert_eq!((&skip["language"], &skip["failed"]), (&"rust".into(), &true.into()), "{json:#}");
    assert_eq!(json["skipped_languages"].as_array().unwrap().len(), 1);
    assert!(json["cells"].as_array().unwrap().iter().all(|c| !c["cell"].as_str().unwrap().contains("rust")));

    // Where it has to take part, and where nobody is left, that is all there is to say.
    for more in [&["--require", "rust"][..], &["--lang", "rust"]] {
        let output = with_stand_ins(&env, &[&verify[..5], more].concat());
        assert_eq!((output.code, output.out.as_str()), (4, ""), "{output}");
        assert!(
            output.err.contains("error: cannot build the rust driver: `cargo build -q` failed"),
            "{output}"
        );
    }
}

/// With a path that has no programs on it.
fn run(env: &TestEnv, args: &[&str]) -> Output {
    env.run_with(args, |io| {
        io.env.insert("PATH".into(), "/nowhere".into());
        io.env.insert("HOME".into(), io.cwd.join("home").into());
    })
}

#[test]
fn a_release_that_cannot_take_part_is_told_before_anything_is_built() {
    let env = lab();
    for (release, what) in [
        ("python=4.1.0", "--runtime: there is no model of `python=4.1.0`"),
        ("rust=0.13.0", "--runtime: there is no model of `rust=0.13.0`"),
        ("python=4.25", "`4.25` is no version"),
    ] {
        let output = run(&env, &["verify", "--from", "v1.0.0", "--runtime", release]);
        assert_eq!((output.code, output.out.as_str()), (2, ""), "{output}");
        assert!(output.err.contains(what), "{output}");
    }
    let args = ["verify", "--from", "v1.0.0", "--lang", "go", "--runtime", "python=4.25.8"];
    let output = run(&env, &args);
    assert_eq!(output.code, 2, "{output}");
    assert!(
        output.err.contains("`--runtime python=4.25.8` asks for a language that takes no part"),
        "{output}"
    );

    let config = env.read("protopact.toml");
    env.write("protopact.toml", &format!("{config}\n[verify.runtimes]\npython = [\"4.25.8\", \"4.2.0\"]\n"));
    for args in [&["check", "--against", "v1.0.0"][..], &["verify", "--from", "v1.0.0"]] {
        let output = run(&env, args);
        assert_eq!(output.code, 2, "{output}");
        assert!(output.err.contains(": there is no model of `python=4.2.0`"), "{output}");
        assert!(output.err.contains("hint: there are models of 4.22.0 and later"), "{output}");
    }
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
fn a_rollout_needs_a_method_to_call() {
    let output = run(&lab(), &["verify", "--from", "v1.0.0", "--to", "v1.1.0", "--instances", "3"]);
    assert_eq!(output.code, 2, "{output}");
    insta::assert_snapshot!(output.err, @r"
    error: v1.0.0 has no method with one request and one answer to call
    hint: a rollout is looked at by the first unary method of the contract
    ");
}

#[test]
fn somebody_has_to_tell_the_dns_server_who_is_there() {
    let asked = ["verify", "--from", "v1.0.0", "--to", "v1.1.0", "--instances", "3", "--dns"];
    let output = run(&lab(), &[&asked[..], &["127.0.0.1:53/pay.test"]].concat());
    assert_eq!(output.code, 2, "{output}");
    insta::assert_snapshot!(output.err, @r"
    error: nobody tells the DNS server of `--dns` who is there
    hint: name the registry that it belongs to with `--discover`, or the file that it reads with
      `--hosts`
    ");
    let output =
        run(&lab(), &[&asked[..], &["127.0.0.1:53", "--discover", "etcd://127.0.0.1:1/pay"]].concat());
    assert_eq!(output.code, 2, "{output}");
    insta::assert_snapshot!(output.err, @r"
    error: `--dns 127.0.0.1:53` does not say what clients ask the server for
    hint: write the name behind the address: `--dns 127.0.0.1:53/pay.example`
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
        &["verify", "--from", "v1.0.0", "--instances", "1"],
        &["verify", "--from", "v1.0.0", "--discover", "consul://127.0.0.1:1/pay"],
        &["verify", "--from", "v1.0.0", "--instances", "3", "--discover", "zookeeper://127.0.0.1:1/pay"],
        &["verify", "--from", "v1.0.0", "--instances", "3", "--dns", "localhost:53/pay"],
        &["verify", "--from", "v1.0.0", "--dns", "127.0.0.1:53/pay"],
        &["verify", "--from", "v1.0.0", "--instances", "3", "--hosts", "hosts"],
        &["verify", "--from", "v1.0.0", "--instances", "3", "--format", "html"],
        &["verify", "--from", "v1.0.0", "--instances", "3", "--only", "bytes"],
    ] {
        let output = run(&lab(), args);
        assert_eq!(output.code, 2, "{args:?} {output}");
    }
}
