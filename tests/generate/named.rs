//! Packages carry the version that was asked for, however it was named.

use crate::lab::{Lab, USER};

/// Builds programs that say nothing, and writes down the versions that they should have been built with.
const TELLS: &str = "test \"$1\" = build || exit 0\n\
    grep -rh '^version = ' .. --include=Cargo.toml >>\"$HOME/versions\"\n\
    mkdir -p \"$CARGO_TARGET_DIR/debug\"\ncp /bin/true \"$CARGO_TARGET_DIR/debug/protopact-driver\"";

/// Two versions and a working tree after them, and every name of the first.
fn lab() -> (Lab, Vec<String>) {
    let lab = Lab::two_versions(TELLS);
    let commit = lab.env.head();
    let named = ["v1.0.0", "tags/v1.0.0", "refs/tags/v1.0.0", &commit, &commit[..9]];
    let named = named.map(str::to_owned).to_vec();
    lab.env.write("proto/acme/user/v1/user.proto", &USER.replace("int32 age", "int32 years"));
    lab.env.commit("two");
    lab.env.tag("v1.1.0");
    (lab, named)
}

#[test]
fn generate_makes_packages_of_the_version() {
    let (lab, named) = lab();
    for name in named {
        let output = lab.ok(&["generate", "--from", &name]);
        assert!(lab.env.read("sdk/rust/Cargo.toml").contains("version = \"1.0.0\""), "{name}: {output}");
        assert!(lab.env.read("sdk/CATALOG.md").contains("1.0.0"), "{name}: {output}");
    }
    // A branch is no version.
    let _ = lab.ok(&["generate", "--from", "main"]);
    assert!(lab.env.read("sdk/rust/Cargo.toml").contains("version = \"0.0.0-dev\""));
}

#[test]
fn verify_builds_packages_of_the_versions() {
    let (lab, named) = lab();
    let new = lab.env.head();
    for name in named {
        let cache = tempfile::tempdir().unwrap();
        let mut command = lab.env.program(&["verify", "--from", &name, "--to", &new, "--lang", "rust"]);
        command
            .args(["--only", "bytes"])
            .env("PATH", format!("{}:/usr/bin:/bin", lab.env.work().join("bin").display()))
            .env("PROTOPACT_CACHE", cache.path());
        let output = command.output().unwrap();
        // Programs that say nothing are no success.
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(4), "{name}: {text}");
        let built = std::fs::read_to_string(lab.env.work().join("../home/versions")).unwrap();
        std::fs::remove_file(lab.env.work().join("../home/versions")).unwrap();
        for version in ["1.0.0", "1.1.0"] {
            assert!(built.contains(&format!("version = \"{version}\"")), "{name}: {built}");
        }
        assert!(!built.contains("-dev"), "{name}: {built}");
        let cell = "rust@v1.0.0:rust@v3:bytes";
        let output = lab.run(&["verify", "--from", &name, "--to", &new, "--cell", cell]);
        assert!(output.err.contains("the versions are `v1.0.0` and `v1.1.0`"), "{name}: {output}");
    }
}
