//! What all commands share: help, usage errors, colours, exit codes, pipes.

use std::io::Read as _;

use crate::env::TestEnv;

#[test]
fn help_is_an_answer_and_a_usage_error_is_not() {
    let env = TestEnv::new();
    let help = env.run(&["--help"]);
    assert_eq!((help.code, help.err.as_str()), (0, ""));
    assert!(help.out.starts_with("Check what a change"), "{help}");
    assert_eq!(env.run(&["--version"]).out, "protopact [version]\n");
    let none = env.run(&[]);
    assert_eq!((none.code, none.out.as_str()), (2, ""));
    insta::assert_snapshot!(env.run(&["check", "--frob"]), @"
    --- stderr
    error: unexpected argument '--frob' found

      tip: to pass '--frob' as a value, use '-- --frob'

    Usage: protopact check [OPTIONS] [INPUT]

    For more information, try '--help'.
    --- exit 2
    ");
}

#[test]
fn exit_codes_may_be_those_of_buf() {
    let env = TestEnv::new();
    assert_eq!(env.run(&["rules", "NO_SUCH_RULE_AT_ALL"]).code, 2);
    assert_eq!(env.run(&["rules", "NO_SUCH_RULE_AT_ALL", "--exit-code-style", "buf"]).code, 1);
    // Also when the command line cannot be read.
    assert_eq!(env.run(&["--exit-code-style=buf", "frob"]).code, 1);
    assert_eq!(env.run(&["rules", "--exit-code-style", "buf"]).code, 0);
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let env = TestEnv::new();
    let coloured = |args: &[&str], terminal: bool, no_color: bool| {
        let output = env.run_with(args, |io| {
            io.out_is_terminal = terminal;
            io.err_is_terminal = terminal;
            if no_color {
                io.env.insert("NO_COLOR".into(), "1".into());
            }
        });
        (output.out + &output.err).contains('\u{1b}')
    };
    for args in [&["rules"][..], &["rules", "NOPE"], &["frob"], &["--help"]] {
        assert!(!coloured(args, false, false), "{args:?}");
        assert!(coloured(args, true, false), "{args:?}");
        assert!(!coloured(args, true, true), "{args:?}");
        let always = [args, &["--color=always"]].concat();
        assert!(coloured(&always, false, true), "{args:?}");
        let never = [args, &["--color", "never"]].concat();
        assert!(!coloured(&never, true, false), "{args:?}");
    }
}

#[test]
fn the_program_is_the_same_as_the_library() {
    let env = TestEnv::new();
    for args in
        [&["rules"][..], &["rules", "FIELD_SAME_TYPE"], &["rules", "NOPE"], &["frob"], &["check", "--help"]]
    {
        let (outside, inside) = (env.spawn(args), env.run(args));
        assert_eq!(outside.to_string(), inside.to_string(), "{args:?}");
    }
}

#[test]
fn a_reader_that_leaves_is_not_an_error() {
    let env = TestEnv::new();
    let mut child = env.program(&["rules", "--format", "json"]).spawn().unwrap();
    // The document is larger than a pipe holds, so that writing goes on after the reader has gone.
    let mut first = [0; 1];
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut first).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]));
}

#[test]
fn completions_and_manual_pages_cover_the_commands() {
    let env = TestEnv::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = env.run(&["completions", shell]);
        assert_eq!((script.code, script.err.as_str()), (0, ""), "{shell}");
        assert!(script.out.contains("exit-code-style"), "{shell}");
    }
    assert!(env.run(&["man"]).out.contains(".TH protopact 1"));
    let man = env.run(&["man", "share/man1"]);
    assert_eq!((man.code, man.to_string().as_str()), (0, "--- exit 0"));
    for page in ["protopact", "protopact-check", "protopact-rules"] {
        assert!(env.read(&format!("share/man1/{page}.1")).contains(".SH SYNOPSIS"), "{page}");
    }
}

#[test]
fn another_directory() {
    let env = TestEnv::new();
    env.write("sub/protopact.toml", "");
    let output = env.run(&["-C", "sub", "init"]);
    assert_eq!(output.code, 2, "{output}");
    assert_eq!(env.run(&["init"]).code, 0);
}
