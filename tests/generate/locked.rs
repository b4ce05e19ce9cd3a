//! `protopact.lock`, and plugins that are not what it says.

use std::ffi::OsString;
use std::path::Path;

use protopact::codegen::plugin::lock::Entry;
use protopact::codegen::plugin::{Lock, cache, platform};
use protopact::codegen::sdk;
use protopact::machine::{Cache, Host};

use crate::lab::{Lab, answer};

const GO: &str = "[generate.go]\nmodule = \"example.com/acme/contracts-go\"\n";

/// Puts a script in the place of protoc-gen-go and locks it.
fn fake_go(lab: &Lab) -> std::path::PathBuf {
    let files = [
        ("acme/user/v1/user.pb.go", "", "package user\n"),
        ("acme/money/v1/money.pb.go", "", "package money\n"),
    ];
    lab.answering("go", &answer(&files));
    let made = lab.env.work().join("made");
    std::fs::create_dir_all(&made).unwrap();
    std::fs::copy(lab.env.work().join("go"), made.join(cache::entry(&sdk::go::MESSAGES))).unwrap();
    let env = [("PROTOPACT_CACHE".into(), OsString::from(lab.env.work().join("../cache")))].into();
    let cache = Cache::of(&Host { env, cwd: lab.env.work() }).unwrap();
    let sha256 = cache::digest(&sdk::go::MESSAGES, &made).unwrap();
    let place = cache::keep(&cache, &sdk::go::MESSAGES, &sha256, &made).unwrap();
    let entry = Entry {
        version: sdk::go::MESSAGES.version.to_owned(),
        source: "go".to_owned(),
        toolchain: None,
        sha256: [(platform(), sha256)].into(),
    };
    let mut lock = Lock::default();
    lock.plugin.insert(sdk::go::MESSAGES.name.to_owned(), entry);
    lab.env.write("protopact.lock", &lock.render());
    place
}

#[test]
fn without_a_lock_nothing_is_made() {
    let lab = Lab::new(GO);
    insta::assert_snapshot!(lab.run(&["generate"]), @"
    --- stderr
    error: `protopact.lock` has no entry for `protoc-gen-go` (version v1.36.12 is wanted)
    hint: run `protopact plugins install`
    --- exit 2
    ");
    assert!(!Path::new(&lab.env.work().join("sdk")).exists());
}

#[test]
fn a_plugin_with_another_hash_is_not_run() {
    let lab = Lab::new(GO);
    let place = fake_go(&lab);
    let _ = lab.ok(&["generate"]);
    std::fs::write(place.join(cache::entry(&sdk::go::MESSAGES)), "#!/bin/sh\ntouch evil\n").unwrap();
    let output = lab.run(&["generate", "--force"]);
    assert_eq!(output.code, 4, "{output}");
    assert!(output.err.contains("is not what `protopact.lock` says: locked sha256"), "{output}");
    assert!(output.err.contains("hint: run `protopact plugins install`"), "{output}");
    std::fs::remove_dir_all(&place).unwrap();
    let output = lab.run(&["generate", "--force"]);
    assert!(output.err.contains("`protoc-gen-go` v1.36.12 is not installed"), "{output}");
}

#[test]
fn another_version_in_the_lock_names_both() {
    let lab = Lab::new(GO);
    fake_go(&lab);
    let lock = lab.env.read("protopact.lock").replace(sdk::go::MESSAGES.version, "v1.0.0");
    lab.env.write("protopact.lock", &lock);
    insta::assert_snapshot!(lab.run(&["generate"]), @"
    --- stderr
    error: `protopact.lock` has `protoc-gen-go` v1.0.0, this protopact works with v1.36.12
    hint: run `protopact plugins update`, or use the protopact that wrote the lock
    --- exit 2
    ");
}

#[test]
fn offline_starts_no_tool() {
    let lab = Lab::new(GO);
    // A `go` that would tell on itself.
    lab.script("bin/go", "touch started");
    let path: OsString = lab.env.work().join("bin").into();
    let output = lab.env.run_with(&["plugins", "install", "--offline"], |io| {
        io.env.insert("PATH".into(), path);
        io.env.insert("PROTOPACT_CACHE".into(), "cache".into());
        io.width = None;
    });
    insta::assert_snapshot!(output, @"
    --- stderr
    error: `protoc-gen-go` v1.36.12 is not in the cache, and `--offline` forbids to fetch it
    hint: run `protopact plugins install` once without it
    --- exit 4
    ");
    assert!(!lab.env.work().join("started").exists());
}

#[test]
fn a_missing_toolchain_is_named() {
    let lab = Lab::new(GO);
    insta::assert_snapshot!(lab.run(&["plugins", "install"]), @"
    --- stderr
    error: `go` is needed to get `protoc-gen-go` and is not on the path
    hint: install Go
    --- exit 4
    ");
}

#[test]
fn an_installer_that_fails_is_quoted() {
    let lab = Lab::new(GO);
    lab.script("bin/go", "echo 'no route to host' >&2; exit 1");
    let path: OsString = format!("{}:/usr/bin:/bin", lab.env.work().join("bin").display()).into();
    let output = lab.env.run_with(&["plugins", "install"], |io| {
        io.env.insert("PATH".into(), path);
        io.env.insert("PROTOPACT_CACHE".into(), "cache".into());
        io.width = None;
    });
    insta::assert_snapshot!(output, @"
    --- stderr
      | no route to host
    error: cannot get `protoc-gen-go` v1.36.12
      caused by: `go` failed (exit status: 1)
    --- exit 4
    ");
}

#[test]
fn what_needs_no_installing_is_locked_the_same_way_twice() {
    let lab = Lab::new(
        "[[generate.plugin]]\nprotoc-builtin = \"cpp\"\nout = \"cpp\"\n[generate.rust]\ncrate = \"x\"\n",
    );
    let _ = lab.ok(&["plugins", "install", "--offline"]);
    let first = lab.env.read("protopact.lock");
    let _ = lab.ok(&["plugins", "update", "--offline"]);
    assert_eq!(lab.env.read("protopact.lock"), first);
    let list = lab.ok(&["plugins", "list"]).out;
    assert!(list.lines().any(|l| l.starts_with("protoc ") && l.contains("ready")), "{list}");
}
