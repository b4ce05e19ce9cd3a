//! The output folder: whole, the same again, and nobody else's.

use std::process::Stdio;
use std::time::Duration;

use protopact::codegen::write::{self, Out, WriteError};

use crate::lab::{Lab, USER, answer};

const PLUGIN: &str = "[[generate.plugin]]\nlocal = \"./x\"\nout = \"x\"\n";
const RUST: &str = "[generate.rust]\ncrate = \"acme-contracts\"\n";

fn lab() -> Lab {
    let lab = Lab::new(PLUGIN);
    lab.answering("x", &answer(&[("a.txt", "", "one\ntwo\nthree\n"), ("b/c.txt", "", "c")]));
    lab
}

#[test]
fn a_second_run_does_nothing_unless_something_changed() {
    let lab = lab();
    let calls = lab.env.work().join("calls");
    let plain = lab.env.read("x");
    lab.env.write("x", &plain.replace("cat >", &format!("echo call >>'{}'\ncat >", calls.display())));
    let count = || std::fs::read_to_string(&calls).unwrap_or_default().lines().count();
    insta::assert_snapshot!(lab.ok(&["generate"]), @"
    x  made  2 files
    wrote `sdk`
    --- exit 0
    ");
    insta::assert_snapshot!(lab.ok(&["generate"]), @"
    x  unchanged  2 files
    nothing to do: `sdk` is up to date
    --- exit 0
    ");
    assert_eq!(count(), 1);

    lab.env.write("sdk/x/a.txt", "edited");
    insta::assert_snapshot!(lab.ok(&["generate"]), @"
    x  made  2 files
    wrote `sdk`
    --- stderr
    note: 1 file had been changed or deleted by hand and is as generated again: `x/a.txt`
    --- exit 0
    ");
    assert_eq!((count(), lab.env.read("sdk/x/a.txt").as_str()), (2, "one\ntwo\nthree\n"));

    lab.env.remove("sdk/x/b/c.txt");
    let _ = lab.ok(&["generate"]);
    assert_eq!((count(), lab.env.read("sdk/x/b/c.txt").as_str()), (3, "c"));

    lab.env.write("proto/acme/user/v1/user.proto", &USER.replace("int32 age", "int32 years"));
    let _ = lab.ok(&["generate"]);
    assert_eq!(count(), 4);

    lab.configure(&format!("{PLUGIN}opt = \"x=1\"\n"));
    let _ = lab.ok(&["generate"]);
    assert_eq!(count(), 5);

    // Another plugin under the same name.
    let script = lab.env.read("x");
    lab.script("x", script.trim_start_matches("#!/bin/sh\n"));
    let _ = lab.ok(&["generate"]);
    assert_eq!(count(), 6);
}

#[test]
fn check_says_what_differs_and_changes_nothing() {
    let lab = lab();
    let before = lab.run(&["generate", "--check"]);
    assert_eq!(before.code, 1);
    assert!(!lab.env.work().join("sdk").exists(), "nothing is made");
    let _ = lab.ok(&["generate"]);
    insta::assert_snapshot!(lab.ok(&["generate", "--check"]), @"
    `sdk` is what would be generated
    --- exit 0
    ");
    lab.env.write("sdk/x/a.txt", "one\n2\nthree\n");
    lab.env.write("sdk/x/mine.txt", "");
    // What lies beside the packages stays, and is no difference.
    for beside in [".gitattributes", "CODEOWNERS", "README.md", "tools/stray.txt"] {
        lab.env.write(&format!("sdk/{beside}"), "");
    }
    lab.env.remove("sdk/x/b/c.txt");
    let there = lab.tree("sdk");
    insta::assert_snapshot!(lab.run(&["generate", "--check"]), @"
    changed sdk/x/a.txt
        @@ -1,3 +1,3 @@
         one
        -2
        +two
         three
    missing sdk/x/b/c.txt
    untracked sdk/x/mine.txt
    3 differences in `sdk`; bring it up to date with `protopact generate`
    --- exit 1
    ");
    assert_eq!(lab.tree("sdk"), there);
}

#[test]
fn files_that_protopact_has_not_written_are_not_deleted() {
    let lab = lab();
    lab.env.write("sdk/README.md", "mine");
    lab.env.write("sdk/x/notes.txt", "mine too");
    insta::assert_snapshot!(lab.run(&["generate"]), @"
    --- stderr
    error: `[work]/sdk/x` holds files that protopact has not written: `notes.txt`
    hint: move them elsewhere, or delete them with `--force`
    --- exit 2
    ");
    assert_eq!(lab.env.read("sdk/x/notes.txt"), "mine too");
    let _ = lab.ok(&["generate", "--force"]);
    assert!(!lab.env.work().join("sdk/x/notes.txt").exists());
    assert_eq!(lab.env.read("sdk/README.md"), "mine");
    lab.env.remove("sdk/README.md");
    // What builds leave behind is nobody's.
    lab.env.write("sdk/x/target/debug/x", "");
    lab.env.write("sdk/x/Cargo.lock", "");
    let _ = lab.ok(&["generate", "--check"]);
}

#[test]
fn a_unit_that_nobody_asks_for_goes_away() {
    let lab = lab();
    lab.lock();
    let _ = lab.ok(&["generate"]);
    lab.configure(RUST);
    let output = lab.ok(&["generate"]);
    assert!(output.out.contains("x     removed"), "{output}");
    assert!(!lab.env.work().join("sdk/x").exists() && lab.env.work().join("sdk/rust").exists());
    let _ = lab.ok(&["generate", "--check"]);
}

#[test]
fn each_version_may_have_a_folder_of_its_own() {
    let lab = Lab::new(&format!("versioned = true\n{RUST}"));
    lab.lock();
    lab.env.commit("one");
    lab.env.tag("v1.0.0");
    lab.env.write("proto/acme/user/v1/user.proto", &USER.replace("int32 age", "int32 years"));
    lab.env.commit("two");
    lab.env.tag("v1.1.0");
    let _ = lab.ok(&["generate", "--from", "v1.0.0"]);
    let first = lab.tree("sdk/rust/1.0.0");
    let _ = lab.ok(&["generate", "--from", "latest"]);
    assert_eq!(lab.tree("sdk/rust/1.0.0"), first, "the version before stays as it is");
    let text = |folder: &str| {
        lab.tree(folder).values().map(|f| String::from_utf8_lossy(f).into_owned()).collect::<String>()
    };
    assert!(text("sdk/rust/1.0.0").contains("age") && text("sdk/rust/1.1.0").contains("years"));
    let catalogue = lab.env.read("sdk/CATALOG.md");
    let (new, old) = (catalogue.find("| 1.1.0 |").unwrap(), catalogue.find("| 1.0.0 |").unwrap());
    assert!(new < old, "{catalogue}");
    let _ = lab.ok(&["generate", "--from", "v1.1.0", "--check"]);
    lab.env.write("sdk/rust/1.0.0/extra.rs", "");
    let output = lab.run(&["generate", "--from", "v1.1.0", "--check"]);
    assert!(output.out.contains("untracked sdk/rust/1.0.0/extra.rs"), "{output}");
}

#[test]
fn packages_of_versions_are_not_mixed_with_others() {
    let lab = Lab::new(RUST);
    lab.lock();
    for (first, second, there) in [
        (&["generate"][..], &["generate", "--versioned"][..], "`rust`"),
        (&["generate", "--versioned"], &["generate"], "`rust/0.0.0-dev`"),
    ] {
        let _ = lab.ok(first);
        let before = lab.tree("sdk");
        let output = lab.run(second);
        assert_eq!(output.code, 2, "{output}");
        assert!(output.err.contains(there) && output.err.contains("--out"), "{output}");
        assert_eq!(lab.tree("sdk"), before);
        std::fs::remove_dir_all(lab.env.work().join("sdk")).unwrap();
    }
}

#[test]
fn two_checkouts_give_the_same_bytes() {
    let make = || {
        let lab = Lab::new(RUST);
        lab.lock();
        let _ = lab.ok(&["generate"]);
        lab.tree("sdk")
    };
    assert_eq!(make(), make());
}

#[test]
fn the_folder_of_a_contract_or_repository_is_no_output() {
    let lab = lab();
    for (out, what) in [(".", "folder of a contract"), ("repo", "folder of a repository")] {
        std::fs::create_dir_all(lab.env.work().join("repo/.git")).unwrap();
        let output = lab.run(&["generate", "--out", out]);
        assert_eq!(output.code, 2, "{output}");
        assert!(output.err.contains(what), "{output}");
    }
}

#[test]
fn a_second_run_into_one_folder_waits_and_then_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sdk");
    let held = Out::take(&path, Duration::ZERO).unwrap();
    assert!(matches!(Out::take(&path, Duration::ZERO), Err(WriteError::Busy { .. })));
    let other = std::thread::spawn({
        let path = path.clone();
        move || Out::take(&path, Duration::from_secs(60)).map(|_| ())
    });
    drop(held);
    other.join().unwrap().unwrap();
    assert!(!path.exists(), "a run that wrote nothing leaves no empty folder");
}

#[test]
fn what_a_killed_run_left_is_put_in_order() {
    let lab = lab();
    let _ = lab.ok(&["generate"]);
    let before = lab.tree("sdk");
    let work = lab.env.work();
    // Killed between the two renames of a system that cannot swap.
    std::fs::rename(work.join("sdk"), work.join(".sdk.protopact-old")).unwrap();
    lab.env.write(".sdk.protopact-a1b2c3/x/half.txt", "ha");
    let output = lab.ok(&["generate"]);
    assert!(output.out.contains("nothing to do"), "{output}");
    assert_eq!(lab.tree("sdk"), before);
    assert_eq!(crate::env::leftovers(&work), Vec::<String>::new());
    let hidden = std::fs::read_dir(&work)
        .unwrap()
        .flatten()
        .filter(|e| e.file_name().to_string_lossy().contains("protopact-"));
    assert_eq!(hidden.count(), 0);
}

#[test]
fn a_run_that_is_killed_leaves_the_old_output_or_the_new_one() {
    let lab = Lab::new(PLUGIN);
    let files = |word: &str| -> Vec<(String, String)> {
        (0..200).map(|i| (format!("d{}/f{i}.txt", i % 20), format!("{word} {i}"))).collect()
    };
    let answers = ["old", "new"].map(|word| {
        let files = files(word);
        answer(&files.iter().map(|(n, c)| (n.as_str(), "", c.as_str())).collect::<Vec<_>>())
    });
    lab.answering("x", &answers[0]);
    let _ = lab.ok(&["generate"]);
    let mut wholes = [lab.tree("sdk/x"), lab.tree("sdk/x")];
    lab.answering("x", &answers[1]);
    let _ = lab.ok(&["generate", "--force"]);
    wholes[1] = lab.tree("sdk/x");
    assert_ne!(wholes[0], wholes[1]);
    for round in 0..24_usize {
        lab.answering("x", &answers[round % 2]);
        let mut child = lab.env.program(&["generate", "--force"]).stdout(Stdio::null()).spawn().unwrap();
        // Killed at a moment between the first sign of the new folder and the end, a later one each round.
        let staged = || {
            let names = std::fs::read_dir(lab.env.work()).unwrap().flatten();
            names.map(|e| e.path()).find(|p| p.to_string_lossy().contains(".sdk.protopact-"))
        };
        let far =
            |path: &std::path::Path| walkdir::WalkDir::new(path).into_iter().flatten().count() >= round * 10;
        while child.try_wait().unwrap().is_none() && !staged().is_some_and(|path| far(&path)) {}
        let _ = child.kill();
        child.wait().unwrap();
        let manifest = write::read_manifest(&lab.env.work().join("sdk"));
        let drift = write::drift(&lab.env.work().join("sdk/x"), &manifest.units["x"], false).unwrap();
        assert!(drift.is_none(), "round {round}: {drift:?}");
        assert!(wholes.contains(&lab.tree("sdk/x")), "round {round}");
    }
    lab.answering("x", &answers[0]);
    let _ = lab.ok(&["generate", "--force"]);
    assert_eq!(lab.tree("sdk/x"), wholes[0]);
    let hidden = std::fs::read_dir(lab.env.work()).unwrap().flatten();
    assert!(
        !hidden.into_iter().any(|e| e.file_name().to_string_lossy().contains("protopact-")),
        "nothing is left"
    );
}

#[test]
fn the_hint_of_check_has_the_flags_that_it_was_asked_with() {
    let lab = lab();
    lab.env.commit("one");
    lab.env.tag("v1.0.0");
    let hint = |args: &[&str]| {
        let output = lab.run(&[&["generate", "--check"], args].concat());
        assert_eq!(output.code, 1, "{output}");
        output.out.lines().last().unwrap().split('`').nth(3).unwrap().to_owned()
    };
    assert_eq!(hint(&[]), "protopact generate");
    let args =
        ["--out", "my sdk", "--from", "v1.0.0", "--as", "2.0.0", "--versioned", "--path", "proto/acme"];
    let all = "protopact generate --from v1.0.0 --path proto/acme --out 'my sdk' --as 2.0.0 --versioned";
    assert_eq!(hint(&args), all);
}
