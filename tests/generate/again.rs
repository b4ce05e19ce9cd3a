//! Packages of a published version that are made again, and folders of versions of which only some stay.

use crate::lab::Lab;

const JAVA: &str = "[generate.java]\ngroup = \"com.acme\"\nartifact = \"contracts\"\n";
const PYTHON: &str = "[generate.python]\npackage = \"acme-contracts\"\n";
const RUST: &str = "[generate.rust]\ncrate = \"acme-contracts\"\n";

/// A published version whose commit has a lock with this protoc.
fn published(generate: &str, protoc: &str) -> Lab {
    let lab = Lab::new(generate);
    lab.lock();
    let lock = lab.env.read("protopact.lock");
    assert!(lock.contains("\"36.2\""), "{lock}");
    lab.env.write("protopact.lock", &lock.replace("\"36.2\"", protoc));
    lab.env.commit("one");
    lab.env.tag("v1.9.0");
    lab.env.write("protopact.lock", &lock);
    lab
}

#[test]
fn other_plugins_than_those_of_its_commit_make_another_package() {
    let lab = published(&format!("{JAVA}{PYTHON}{RUST}"), "\"36.1\"");
    let output = lab.run(&["generate", "--from", "v1.9.0"]);
    insta::assert_snapshot!(output, @"
    --- stderr
    error: version 1.9.0 is published, and these would be other packages under the same version: `java`: protoc was 36.1, is 36.2; `python`: protoc was 36.1, is 36.2
    hint: give them a version of their own with `protopact generate --from v1.9.0 --lang java,python --build-number 1`; `--force` makes them all the same
    --- exit 2
    ");
    assert!(!lab.env.work().join("sdk/java").exists());
    let checked = lab.run(&["generate", "--from", "v1.9.0", "--check", "--lang", "java"]);
    let way = "a published version never changes: give them a version of their own with `protopact generate --from v1.9.0 --lang java --build-number 1`";
    assert!(checked.out.contains(way), "{checked}");
    assert!(
        checked.code == 1 && checked.out.contains("another package sdk/java: protoc was 36.1, is 36.2"),
        "{checked}"
    );
    // What the plugins are for somebody else's language is none of this one's.
    let _ = lab.ok(&["generate", "--from", "v1.9.0", "--lang", "rust"]);
    // A working tree has published nothing.
    let _ = lab.ok(&["generate", "--lang", "java", "--out", "other"]);
    let _ = lab.ok(&["generate", "--from", "v1.9.0", "--lang", "java", "--force"]);
    let _ = lab.ok(&["generate", "--from", "v1.9.0", "--lang", "java", "--check"]);
}

#[test]
fn a_build_has_a_version_of_its_own() {
    let lab = published(&format!("{JAVA}{PYTHON}{RUST}"), "\"36.1\"");
    let build = ["generate", "--from", "v1.9.0", "--build-number", "2"];
    insta::assert_snapshot!(lab.run(&build), @"
    --- stderr
    error: versions of packages for Rust have no part for build 2
    hint: make the others with `--lang java,python`; for Rust, release the contract under a new version
    --- exit 2
    ");
    let output = lab.ok(&[&build[..], &["--lang", "java,python"]].concat());
    assert!(
        output.out.contains("com.acme:contracts:1.9.0-2")
            && output.out.contains("acme-contracts==1.9.0.post2"),
        "{output}"
    );
    assert!(lab.env.read("sdk/java/pom.xml").contains("<version>1.9.0-2</version>"));
    let python = lab.env.read("sdk/python/pyproject.toml");
    assert!(python.contains("version = \"1.9.0.post2\""), "{python}");
    let told = lab.env.read("sdk/python/src/acme_contracts/__init__.py");
    assert!(
        told.contains("CONTRACT_VERSION = \"1.9.0\"") && told.contains("__version__ = \"1.9.0.post2\""),
        "{told}"
    );
    assert!(lab.env.read("sdk/CATALOG.md").contains("| 1.9.0, build 2 |"));
    // A build is published as well: other settings make other packages of it.
    let _ = lab.ok(&[&build[..], &["--lang", "java", "--check"]].concat());
    lab.configure(&format!("{JAVA}{PYTHON}{RUST}[package]\ndescription = \"Other words\"\n"));
    let output = lab.run(&[&build[..], &["--lang", "java"]].concat());
    assert_eq!(output.code, 2, "{output}");
    assert!(
        output.err.contains("its settings are others") && output.err.contains("--build-number 3"),
        "{output}"
    );
    for wrong in [
        &["generate", "--build-number", "1", "--lang", "java"][..],
        &["generate", "--from", "v1.9.0", "--build-number", "0"],
    ] {
        assert_eq!(lab.run(wrong).code, 2);
    }
}

#[test]
fn what_the_output_has_of_a_published_version_stays() {
    let lab = published(JAVA, "\"36.2\"");
    let _ = lab.ok(&["generate", "--from", "v1.9.0"]);
    let before = lab.tree("sdk");
    lab.configure(&format!("{JAVA}[package]\ndescription = \"Other words\"\n"));
    insta::assert_snapshot!(lab.run(&["generate", "--from", "v1.9.0"]), @"
    --- stderr
    error: version 1.9.0 is published, and these would be other packages under the same version: `java`: its settings are others
    hint: give them a version of their own with `protopact generate --from v1.9.0 --lang java --build-number 1`; `--force` makes them all the same
    --- exit 2
    ");
    assert_eq!(lab.tree("sdk"), before);
    // What somebody changed by hand is put right, and another version is another matter.
    lab.configure(JAVA);
    lab.env.write("sdk/java/README.md", "mine");
    let _ = lab.ok(&["generate", "--from", "v1.9.0"]);
    assert_eq!(lab.tree("sdk"), before);
    lab.configure(&format!("{JAVA}[package]\ndescription = \"Other words\"\n"));
    let _ = lab.ok(&["generate", "--from", "v1.9.0", "--as", "1.9.1"]);
    let _ = lab.ok(&["generate"]);
}

#[test]
fn only_the_highest_versions_stay() {
    let lab = Lab::new(&format!("versioned = true\nkeep = 2\n{RUST}"));
    lab.lock();
    lab.env.commit("one");
    for version in ["1.2.0", "1.10.0", "1.9.0", "1.10.0-rc.1"] {
        lab.env.tag(&format!("v{version}"));
    }
    let folders = || {
        let all = std::fs::read_dir(lab.env.work().join("sdk/rust")).unwrap().flatten();
        let mut all: Vec<String> = all.map(|entry| entry.file_name().into_string().unwrap()).collect();
        all.sort();
        all
    };
    let make = |version: &str| lab.ok(&["generate", "--from", version]);
    let _ = make("v1.10.0");
    let _ = make("v1.9.0");
    assert_eq!(folders(), ["1.10.0", "1.9.0"]);
    // The one that is made stays, however low it is; of the others the highest do.
    let output = make("v1.2.0");
    assert!(output.out.contains("rust/1.9.0  removed"), "{output}");
    assert_eq!(folders(), ["1.10.0", "1.2.0"]);
    let _ = make("v1.10.0-rc.1");
    assert_eq!(folders(), ["1.10.0", "1.10.0-rc.1"]);
    assert!(!lab.env.read("sdk/CATALOG.md").contains("1.2.0"));
    // Nothing that somebody wrote there is deleted without a word.
    lab.env.write("sdk/rust/1.10.0-rc.1/mine.rs", "");
    let output = lab.run(&["generate", "--from", "v1.9.0"]);
    assert!(output.code == 2 && output.err.contains("mine.rs"), "{output}");
    assert_eq!(folders(), ["1.10.0", "1.10.0-rc.1"]);
    lab.env.remove("sdk/rust/1.10.0-rc.1/mine.rs");
    let _ = lab.ok(&["generate", "--from", "v1.9.0", "--keep", "3"]);
    assert_eq!(folders(), ["1.10.0", "1.10.0-rc.1", "1.9.0"]);
    let output = lab.run(&["generate", "--from", "v1.9.0", "--check"]);
    assert!(output.code == 1 && output.out.contains("untracked sdk/rust/1.10.0-rc.1/"), "{output}");
    lab.configure(RUST);
    let output = lab.run(&["generate", "--keep", "1"]);
    assert!(output.code == 2 && output.err.contains("add `--versioned`"), "{output}");
}
