//! The fixture histories: laid the same way every time, by git2 here and by git in `ci/demo`.

#![allow(clippy::disallowed_methods, reason = "the oracle and the script are outside programs")]

use std::path::Path;
use std::process::Command;

use crate::history::{self, lay};
use git2::Repository;

#[test]
fn every_case_gives_the_same_commits_every_time() {
    for case in history::cases() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(lay(&case, one.path()).commits, lay(&case, other.path()).commits, "{case}");
    }
}

/// These cases are made of nothing but their own folders, so their ids may not change when anything else does.
#[test]
fn the_small_cases_have_the_ids_they_always_had() {
    for (case, branch, id) in [
        ("breaking", "main", "dab8b6f4ec920e8948349075b9454d5232c3243f"),
        ("diverged", "feature", "5247ea87f9adfec9d031b34ca795af9b1bf76489"),
        ("diverged", "main", "7db99d8894cf5d64278a1f373156b64ecdb8602c"),
        ("reuse", "main", "5501619cfd26e8fab05a90cbfd49aae0aecb00bd"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(lay(case, dir.path()).tip(branch).to_string(), id, "{case}: {branch}");
    }
}

#[test]
fn the_working_tree_is_clean_and_on_the_branch_that_the_case_names() {
    for case in history::cases() {
        let dir = tempfile::tempdir().unwrap();
        let laid = lay(&case, dir.path());
        let repo = Repository::open(dir.path()).unwrap();
        let head = repo.head().unwrap();
        assert_eq!(head.target(), Some(laid.tip(head.shorthand().unwrap())), "{case}");
        let changed: Vec<_> =
            repo.statuses(None).unwrap().iter().map(|s| s.path().unwrap().to_owned()).collect();
        assert!(changed.is_empty(), "{case}: {changed:?}");
    }
}

#[test]
fn the_newest_sample_is_the_contracts_folder() {
    let dir = tempfile::tempdir().unwrap();
    lay("sample", dir.path());
    let contracts = history::project().join("contracts");
    for found in walkdir::WalkDir::new(&contracts) {
        let found = found.unwrap();
        if found.file_type().is_file() {
            let path = found.path().strip_prefix(&contracts).unwrap();
            let laid = std::fs::read(dir.path().join(path)).unwrap();
            assert!(laid == std::fs::read(found.path()).unwrap(), "{}", path.display());
        }
    }
}

#[test]
fn the_diverged_branches_meet_in_the_first_version() {
    let dir = tempfile::tempdir().unwrap();
    let laid = lay("diverged", dir.path());
    let repo = Repository::open(dir.path()).unwrap();
    let base = repo.merge_base(laid.tip("feature"), laid.tip("main")).unwrap();
    assert_eq!(base, laid.tagged("v1.0.0"));
    assert_ne!(base, laid.tip("main"));
}

#[test]
fn every_version_compiles_with_protoc() {
    for case in history::cases() {
        let dir = tempfile::tempdir().unwrap();
        let laid = lay(&case, dir.path());
        let repo = Repository::open(dir.path()).unwrap();
        for commit in &laid.commits {
            let files = tempfile::tempdir().unwrap();
            let tree = repo.find_commit(commit.id).unwrap().tree().unwrap();
            let protos = write_tree(&repo, &tree, files.path());
            assert!(!protos.is_empty(), "{case}: {}", commit.id);
            let said = run(Command::new(protoc_bin_vendored::protoc_bin_path().unwrap())
                .args(["-Iproto", "-o", "image.binpb", "-I"])
                .arg(protoc_bin_vendored::include_path().unwrap())
                .args(protos)
                .current_dir(files.path()));
            assert_eq!(said, "", "{case}: {}", commit.id);
        }
    }
}

#[test]
fn the_demonstration_lays_the_same_commits_with_git() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let laid = lay("sample", one.path());
    run(Command::new("bash").arg(history::project().join("ci/demo")).arg("--lay").arg(other.path()));
    let repo = Repository::open(other.path()).unwrap();
    for commit in &laid.commits {
        let tag = commit.tag.as_deref().unwrap();
        assert_eq!(repo.revparse_single(tag).unwrap().peel_to_commit().unwrap().id(), commit.id, "{tag}");
    }
    assert_eq!(repo.head().unwrap().target(), Some(laid.tip("main")));
}

/// Writes the files of a tree below a folder and gives the paths of the .proto files below `proto`.
fn write_tree(repo: &Repository, tree: &git2::Tree<'_>, dir: &Path) -> Vec<String> {
    let mut index = git2::Index::new().unwrap();
    index.read_tree(tree).unwrap();
    let mut protos = Vec::new();
    for entry in index.iter() {
        let path = String::from_utf8(entry.path).unwrap();
        std::fs::create_dir_all(dir.join(&path).parent().unwrap()).unwrap();
        std::fs::write(dir.join(&path), repo.find_blob(entry.id).unwrap().content()).unwrap();
        if path.ends_with(".proto") {
            protos.push(path.strip_prefix("proto/").unwrap().to_owned());
        }
    }
    protos
}

/// Runs a program that must succeed and gives what it said on standard error.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{command:?}: {}\n{said}", output.status);
    said
}
