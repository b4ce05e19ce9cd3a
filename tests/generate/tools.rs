//! `generate --build`, with scripts as the languages' tools.

use crate::env::Output;
use crate::lab::Lab;

/// A contract with a crate, and a search path of which the tests decide what is on it.
fn lab() -> Lab {
    let lab = Lab::new("[generate.rust]\ncrate = \"acme\"\n");
    lab.lock();
    std::fs::create_dir_all(lab.env.work().join("../tools")).unwrap();
    lab
}

fn built(lab: &Lab, args: &[&str]) -> Output {
    let path = lab.env.work().join("../tools");
    lab.env.run_with(args, |io| {
        io.env.insert("PATH".into(), path.into());
        io.env.insert("RUSTFLAGS".into(), "--cfg nonsense".into());
        io.width = None;
    })
}

#[test]
fn a_package_that_builds_is_said_to() {
    let lab = lab();
    let log = lab.env.work().join("../log");
    // What it is told, where it runs, and what is in the way of a build by itself.
    let script = "echo \"$1 $2 $3 ${RUSTFLAGS-none} $(test -f Cargo.toml && echo here)\" >>";
    lab.script("../tools/cargo", &format!("PATH=/usr/bin:/bin; {script} '{}'", log.display()));
    let output = built(&lab, &["generate", "--build"]);
    assert_eq!(output.code, 0, "{output}");
    assert!(output.out.contains("1 package built, 0 failed, 0 skipped"), "{output}");
    assert!(output.out.contains("acme@0.0.0-dev"), "{output}");
    assert_eq!(std::fs::read_to_string(log).unwrap(), "check -q --no-default-features none here\n");
}

#[test]
fn the_flag_has_its_first_name_too() {
    let lab = lab();
    lab.script("../tools/cargo", "exit 0");
    let output = built(&lab, &["generate", "--verify"]);
    assert!(output.out.contains("1 package built, 0 failed, 0 skipped"), "{output}");
}

#[test]
fn a_package_that_does_not_build_is_shown_with_what_the_tool_said() {
    let lab = lab();
    lab.script("../tools/cargo", "echo 'error: no such \u{1b}[31mcrate'; echo 'and more' >&2; exit 101");
    let output = built(&lab, &["generate", "--build"]);
    assert_eq!(output.code, 4, "{output}");
    for said in ["failed: cargo check -q --no-default-features", "error: no such ", "    and more"] {
        assert!(output.out.contains(said), "{said}: {output}");
    }
    assert!(!output.out.contains('\u{1b}'), "{output}");
    assert!(output.out.contains("0 packages built, 1 failed, 0 skipped"), "{output}");
    // What was made is there all the same.
    assert!(lab.env.work().join("sdk/rust/Cargo.toml").exists());
}

#[test]
fn a_language_without_its_tool_is_skipped_by_name() {
    let lab = lab();
    let output = built(&lab, &["generate", "--build"]);
    assert_eq!(output.code, 0, "{output}");
    assert!(output.out.contains("skipped: `cargo` is not there"), "{output}");
    assert!(output.out.contains("0 packages built, 0 failed, 1 skipped"), "{output}");
}

#[test]
fn only_the_chosen_files_and_what_they_import_are_in_a_package() {
    let lab = lab();
    lab.env.write(
        "proto/acme/other/v1/other.proto",
        "syntax = \"proto3\";\npackage acme.other.v1;\nmessage O {}\n",
    );
    let _ = lab.ok(&["generate", "--path", "proto/acme/user"]);
    let files =
        || lab.tree("sdk/rust").into_keys().filter(|p| p.starts_with("src/")).collect::<Vec<_>>().join(" ");
    let chosen = files();
    assert!(chosen.contains("user") && chosen.contains("money") && !chosen.contains("other"), "{chosen}");
    lab.configure("exclude-path = [\"proto/acme/other\"]\n[generate.rust]\ncrate = \"acme\"\n");
    let output = lab.ok(&["generate"]);
    assert!(
        output.out.contains("made"),
        "another choice is another package, although the files are the same: {output}"
    );
    assert_eq!(files(), chosen);
    let output = lab.run(&["generate", "--path", "proto/nowhere"]);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.err.contains("proto/nowhere"), "{output}");
}
