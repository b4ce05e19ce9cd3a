//! Where results go.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use crate::lab::{Lab, Ran};

/// Two contracts that differ.
fn lab() -> Lab {
    let lab = Lab::new();
    lab.write("other/good.proto", "syntax = \"proto3\";\npackage good.v1;\nmessage Good { int32 id = 1; }\n");
    lab
}

/// Everything that writes a file, to one place.
fn writes(lab: &Lab, to: &str) -> Vec<Ran> {
    let report = |format: &str| {
        lab.run(&["check", "good", "--against", "other", "--report", &format!("{format}={to}")])
    };
    vec![
        lab.run(&["build", "good", "-o", to]),
        lab.run(&["build", "good#format=dir", "-o", to]),
        report("json"),
        report("buf-json"),
        report("text"),
    ]
}

#[test]
fn places_that_cannot_be_written() {
    let lab = lab();
    lab.folder("folder");
    lab.write("file", "as it was");
    for to in
        ["gone/out.json", "folder", "file/out.json", "/dev/full", "/proc/out.json", "/", ".", "..", "folder/"]
    {
        for ran in writes(&lab, to) {
            assert!(matches!(ran.code, Some(2 | 4)), "{}: {:?}\n{}", ran.what, ran.code, ran.err);
            ran.says(&[to.trim_end_matches('/')]);
        }
    }
    for ran in writes(&lab, "") {
        assert!(matches!(ran.code, Some(2 | 4)), "{}: {:?}", ran.what, ran.code);
    }
    assert_eq!(fs::read(lab.path("file")).unwrap(), b"as it was");
    assert_eq!(fs::read_dir(lab.path("folder")).unwrap().count(), 0);
    let long = "x".repeat(10_000);
    for ran in writes(&lab, &long) {
        ran.ends(4);
    }
    for ran in writes(&lab, "/dev/null") {
        assert!(matches!(ran.code, Some(0 | 1)), "{}: {:?}", ran.what, ran.code);
    }
}

#[test]
fn a_folder_that_may_not_be_written() {
    let lab = lab();
    lab.folder("folder");
    lab.write("folder/out.json", "as it was");
    fs::set_permissions(lab.path("folder"), fs::Permissions::from_mode(0o555)).unwrap();
    let superuser = fs::write(lab.path("folder/try"), "").is_ok();
    for ran in writes(&lab, "folder/out.json") {
        assert_eq!(ran.code == Some(4), !superuser, "{}: {:?}", ran.what, ran.code);
    }
    fs::set_permissions(lab.path("folder"), fs::Permissions::from_mode(0o755)).unwrap();
    if !superuser {
        assert_eq!(fs::read(lab.path("folder/out.json")).unwrap(), b"as it was");
    }
}

#[test]
fn links_where_the_output_goes() {
    let lab = Lab::new();
    lab.write("there", "as it was");
    symlink("there", lab.path("link")).unwrap();
    lab.run(&["build", "good", "-o", "link"]).ends(0);
    assert!(fs::symlink_metadata(lab.path("link")).unwrap().is_symlink());
    assert_ne!(fs::read(lab.path("there")).unwrap(), b"as it was");
    symlink("loop", lab.path("loop")).unwrap();
    lab.run(&["build", "good", "-o", "loop"]).is_decent();
}

#[test]
fn standard_output_that_is_full() {
    let lab = lab();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for args in [
        &["build", "good", "-o", "-"][..],
        &["build", "good"],
        &["check", "good", "--against", "other"],
        &["check", "good", "--against", "other", "--format", "json"],
        &["check", "good", "--against", "other", "--format", "buf-json"],
        &["diff", "good", "other"],
        &["diff", "good", "other", "--text"],
        &["rules"],
        &["rules", "--format", "json"],
        &["man"],
        &["completions", "bash"],
    ] {
        let mut command = lab.command(args);
        command.stdout(full());
        let ran = lab.raw(command, args);
        ran.is_decent();
        ran.ends(4);
        ran.says(&["cannot write"]);
    }
    // Nobody to tell, and no reason to crash.
    let args = ["check", "good", "--against", "gone"];
    let mut command = lab.command(&args);
    command.stdout(full()).stderr(full());
    lab.raw(command, &args).ends(2);
}

#[test]
fn the_baseline_is_where_the_output_goes() {
    let lab = Lab::new();
    lab.run(&["build", "good", "-o", "base.binpb"]).ends(0);
    let before = fs::read(lab.path("base.binpb")).unwrap();
    // The report replaces the baseline, but only when there is one.
    let ran = lab.run(&["check", "good", "--against", "base.binpb", "--report", "json=base.binpb"]);
    ran.ends(0);
    assert!(fs::read(lab.path("base.binpb")).unwrap().starts_with(b"{"));
    fs::write(lab.path("base.binpb"), &before).unwrap();
    lab.write("bad/bad.proto", "syntax");
    lab.run(&["check", "bad", "--against", "base.binpb", "--report", "json=base.binpb"]).ends(3);
    assert_eq!(fs::read(lab.path("base.binpb")).unwrap(), before);
    lab.run(&["build", "bad", "-o", "base.binpb"]).ends(3);
    assert_eq!(fs::read(lab.path("base.binpb")).unwrap(), before);
    lab.run(&["build", "base.binpb", "-o", "base.binpb"]).ends(0);
    lab.run(&["check", "good", "--against", "base.binpb"]).ends(0);
}
