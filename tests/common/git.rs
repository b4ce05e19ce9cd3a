//! git itself, for what only git makes: clones that are shallow or partial, an index.
//!
//! Every test crate compiles its own copy: `#[path = "../common/git.rs"] mod git;`.

use std::path::Path;
use std::process::Command;

/// What git says on its standard output in a folder, with nobody's configuration.
#[allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "only git itself makes such clones")]
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
