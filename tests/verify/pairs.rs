//! Pairs of versions.

use std::path::PathBuf;

use crate::env::TestEnv;
use crate::support::{Files, project, read};

fn fixtures() -> PathBuf {
    project().join("fixtures")
}

fn write(env: &TestEnv, files: &Files) {
    let proto = env.work().join("proto");
    if proto.exists() {
        std::fs::remove_dir_all(proto).unwrap();
    }
    for (path, text) in files {
        env.write(&format!("proto/{path}"), text);
    }
}

/// A repository with both, tagged `v1.0.0` and `v1.1.0`, and the configuration of `contracts/`.
pub(crate) fn repository(old: &Files, new: &Files) -> TestEnv {
    let env = TestEnv::new();
    let settings = project().join("contracts/protopact.toml");
    env.write("protopact.toml", &std::fs::read_to_string(settings).unwrap());
    write(&env, old);
    env.commit("old");
    env.tag("v1.0.0");
    write(&env, new);
    env.commit("new");
    env.tag("v1.1.0");
    env
}

/// The same files, but for those of the overlay, which are other than before.
fn overlaid(old: &Files, overlay: Files) -> Files {
    let mut new = old.clone();
    for (path, text) in overlay {
        assert!(old.iter().any(|(p, before)| *p == path && *before != text), "{path} overlays nothing");
        new.retain(|(p, _)| *p != path);
        new.push((path, text));
    }
    new
}

/// `contracts/`, and the same with edits that break nobody.
pub(crate) fn compatible() -> (Files, Files) {
    let old = read(&project().join("contracts/proto"));
    let new = overlaid(&old, read(&fixtures().join("verify/compatible/proto")));
    (old, new)
}

/// A contract in proto2 and proto3, and what says the same in edition 2024, the newest that all languages have calls for.
pub(crate) fn editions() -> (Files, Files) {
    let step = |name: &str| read(&fixtures().join("editions").join(name));
    (step("01-proto3"), step("03-edition-2024"))
}

/// Services and methods whose names are hard to say in some language, and the same with edits that break nobody.
pub(crate) fn odd() -> (Files, Files) {
    let old = read(&fixtures().join("verify/odd/old"));
    let new = overlaid(&old, read(&fixtures().join("verify/odd/new")));
    (old, new)
}

/// Every probe as a package of its own, `t.v1` of `05-swap` as `p05_swap.v1`. Those of HTTP paths and rules of
/// validation are there to change nothing: bytes and calls know neither.
pub(crate) fn probes() -> (Files, Files) {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(fixtures().join("probes")).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    let (mut old, mut new) = (Files::new(), Files::new());
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let short = format!("p{}", name.replace('-', "_"));
        for (side, files) in [("old", &mut old), ("new", &mut new)] {
            let own = read(&folder.join(side));
            let is_own = |import: &str| own.iter().any(|(path, _)| path == import);
            for (path, text) in &own {
                files.push((format!("{short}/{path}"), moved(text, &short, is_own)));
            }
        }
    }
    (old, new)
}

fn moved(text: &str, package: &str, is_own: impl Fn(&str) -> bool) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if line.starts_with("option go_package") {
            continue;
        }
        let line = match line.strip_prefix("import \"") {
            Some(rest) if rest.split('"').next().is_some_and(&is_own) => {
                format!("import \"{package}/{rest}")
            }
            _ => line
                .replace("package t.", &format!("package {package}."))
                .replace("t.v1.", &format!("{package}.v1.")),
        };
        out.push_str(&line);
        out.push('\n');
    }
    if text.contains("enum E {") && !text.contains("E n") && !text.contains("E e") {
        // An enum that no message holds is never written.
        out.push_str("message Uses { E only = 1; }\n");
    }
    out
}
