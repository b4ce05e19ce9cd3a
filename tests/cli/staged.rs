//! `check --staged`: the index is what is judged, whatever the working tree says.

use std::path::Path;

use crate::env::TestEnv;
use crate::git::git;

const OLD: &str = "syntax = \"proto3\";\npackage a;\nmessage Item {\n  int32 stock = 1;\n}\n";
const BROKEN: &str = "syntax = \"proto3\";\npackage a;\nmessage Item {\n  string stock = 1;\n}\n";
const GROWN: &str =
    "syntax = \"proto3\";\npackage a;\nmessage Item {\n  int32 stock = 1;\n  int32 size = 2;\n}\n";

/// A repository whose only file is committed.
fn committed() -> TestEnv {
    let env = TestEnv::new();
    env.write("proto/a.proto", OLD);
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    env.commit("first");
    env
}

/// Puts a file into the index, and not into the working tree.
fn stage(env: &TestEnv, path: &str, text: &str) {
    let repo = git2::Repository::open(env.work()).unwrap();
    let mut index = repo.index().unwrap();
    stage_in(&repo, &mut index, path, text);
    index.write().unwrap();
}

fn stage_in(repo: &git2::Repository, index: &mut git2::Index, path: &str, text: &str) {
    let id = repo.blob(text.as_bytes()).unwrap();
    index.add(&entry(path, id, 0)).unwrap();
}

fn entry(path: &str, id: git2::Oid, flags_extended: u16) -> git2::IndexEntry {
    let never = git2::IndexTime::new(0, 0);
    git2::IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode: 0o100_644,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended,
        path: path.as_bytes().to_vec(),
    }
}

const STAGED: [&str; 4] = ["check", "--against", "HEAD", "--staged"];

#[test]
fn what_is_staged_is_judged_and_the_working_tree_is_not() {
    let env = committed();
    stage(&env, "proto/a.proto", BROKEN);
    assert_eq!(env.run(&["check", "--against", "HEAD"]).code, 0);
    insta::assert_snapshot!(env.run(&STAGED), @"
    error[FIELD_SAME_TYPE]: field 1 (`stock`) of `a.Item` was `int32`, is now `string`
       old  proto/a.proto:4:3 (revision HEAD, 082e385)
       new  proto/a.proto:4:3 (staged)
     breaks wire (both ways: rejects): int32 and string have different wire types: Go, Java and Python
            drop the value as an unknown field, prost refuses the message
     breaks json (both ways: rejects): int32 and string have different forms in JSON
     breaks source.go (rejects): the struct field and getter have another type
     breaks source.java (rejects): the accessors have another type
     breaks source.python (rejects): the attribute takes and returns another type
     breaks source.rust (rejects): the struct field has another type
        fix keep `stock` as `int32` and add a field of type `string` with number 2
       more protopact rules FIELD_SAME_TYPE · to accept it: protopact waive 04d9abaf7c65
    1 error, 0 warnings, 0 notes · next version must be major
    to see more: `--witness` for data that proves it, `--report html=report.html` for a page of it
    --- exit 1
    ");
    // The other way round.
    env.write("proto/a.proto", BROKEN);
    stage(&env, "proto/a.proto", GROWN);
    let fine = env.run(&STAGED);
    assert_eq!(fine.code, 0, "{fine}");
    assert!(fine.out.contains("1 change"), "{fine}");
    assert_eq!(env.run(&["check", "--against", "HEAD"]).code, 1);
}

#[test]
fn files_that_come_and_go_do_so_in_the_index() {
    let env = committed();
    let repo = git2::Repository::open(env.work()).unwrap();
    let mut index = repo.index().unwrap();
    index.remove(Path::new("proto/a.proto"), 0).unwrap();
    index.write().unwrap();
    stage(&env, "proto/b.proto", "syntax = \"proto3\";\npackage a;\nmessage Other {}\n");
    let gone = env.run(&[&STAGED[..], &["--use", "FILE"]].concat());
    assert!(gone.code == 1 && gone.out.contains("FILE_NO_DELETE"), "{gone}");
    // A file that nobody added is in the working tree only.
    let env = committed();
    env.write("proto/new.proto", "no proto file");
    let clean = env.run(&STAGED);
    assert!(clean.code == 0 && clean.out.contains("0 changes"), "{clean}");
}

#[test]
fn the_configuration_that_is_staged_counts() {
    let env = committed();
    stage(&env, "proto/a.proto", BROKEN);
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n[check]\nignore = [\"proto\"]\n");
    assert_eq!(env.run(&STAGED).code, 1);
    stage(&env, "protopact.toml", "[contract]\nroots = [\"proto\"]\n[check]\nignore = [\"proto\"]\n");
    assert_eq!(env.run(&STAGED).code, 0);
}

#[test]
fn paths_are_told_from_where_the_command_runs() {
    let env = committed();
    stage(&env, "proto/a.proto", BROKEN);
    let below = env.run(&[&["-C", "proto"], &STAGED[..]].concat());
    assert!(below.code == 1 && below.out.contains("new  a.proto:4:3 (staged)"), "{below}");
    let named = env.run(&["check", "proto", "--against", "HEAD", "--staged"]);
    assert!(named.code == 1 && named.out.contains("new  proto/a.proto:4:3 (staged)"), "{named}");
    let nowhere = env.run(&["check", "no/such", "--against", "HEAD", "--staged"]);
    assert_eq!(nowhere.code, 2, "{nowhere}");
    assert!(nowhere.err.contains("folder `no/such` does not exist in what is staged"), "{nowhere}");
}

#[test]
fn a_file_that_is_only_planned_is_not_staged() {
    let env = committed();
    let repo = git2::Repository::open(env.work()).unwrap();
    let mut index = repo.index().unwrap();
    let planned = git2::IndexEntryExtendedFlag::INTENT_TO_ADD.bits();
    index.add(&entry("proto/later.proto", repo.blob(b"").unwrap(), planned)).unwrap();
    index.write().unwrap();
    env.write("proto/later.proto", "not a proto file");
    let clean = env.run(&STAGED);
    assert!(clean.code == 0 && clean.out.contains("0 changes"), "{clean}");
}

#[test]
fn a_conflict_has_no_staged_state() {
    let env = committed();
    let repo = git2::Repository::open(env.work()).unwrap();
    let mut index = repo.index().unwrap();
    index.remove(Path::new("proto/a.proto"), 0).unwrap();
    for (stage, text) in [(1_u16, OLD), (2, GROWN), (3, BROKEN)] {
        let id = repo.blob(text.as_bytes()).unwrap();
        index.add(&git2::IndexEntry { flags: stage << 12, ..entry("proto/a.proto", id, 0) }).unwrap();
    }
    index.write().unwrap();
    let refused = env.run(&STAGED);
    assert_eq!(refused.code, 4, "{refused}");
    assert!(refused.err.contains("`proto/a.proto` is in conflict"), "{refused}");
}

#[test]
fn a_hook_is_told_which_index_is_committed() {
    // `git commit FILE` and `git commit --all` commit another index than the one that is there.
    let env = committed();
    let repo = git2::Repository::open(env.work()).unwrap();
    let mut other = git2::Index::open(&env.work().join(".git/next-index.lock")).unwrap();
    stage_in(&repo, &mut other, "protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    stage_in(&repo, &mut other, "proto/a.proto", BROKEN);
    other.write().unwrap();
    assert_eq!(env.run(&STAGED).code, 0);
    let hook = env.run_with(&STAGED, |io| {
        io.env.insert("GIT_INDEX_FILE".into(), ".git/next-index.lock".into());
    });
    assert_eq!(hook.code, 1, "{hook}");
}

#[test]
fn nothing_is_written_into_the_repository() {
    let env = committed();
    stage(&env, "proto/a.proto", BROKEN);
    let files = || {
        let walk = walkdir::WalkDir::new(env.work()).sort_by_file_name().into_iter();
        walk.map(|e| e.unwrap().path().to_owned()).collect::<Vec<_>>()
    };
    let before = files();
    assert_eq!(env.run(&STAGED).code, 1);
    assert_eq!(files(), before);
}

#[test]
fn without_a_repository_nothing_is_staged() {
    let env = TestEnv::new();
    env.write("a.proto", OLD);
    let refused = env.run(&["check", "--against", ".", "--staged"]);
    assert_eq!(refused.code, 2, "{refused}");
    assert!(refused.err.contains("is not inside a git repository"), "{refused}");
}

#[test]
fn objects_may_be_named_by_sha_256() {
    let env = TestEnv::new();
    let work = env.work();
    git(&work, &["init", "--quiet", "--object-format=sha256"]);
    env.write("a.proto", OLD);
    git(&work, &["add", "a.proto"]);
    git(&work, &["commit", "--quiet", "-m", "first"]);
    env.write("a.proto", BROKEN);
    git(&work, &["add", "a.proto"]);
    std::fs::copy(work.join(".git/index"), work.join(".git/other")).unwrap();
    env.write("a.proto", OLD);
    assert_eq!(env.run(&STAGED).code, 1);
    git(&work, &["add", "a.proto"]);
    assert_eq!(env.run(&STAGED).code, 0);
    let hook = env.run_with(&STAGED, |io| {
        io.env.insert("GIT_INDEX_FILE".into(), ".git/other".into());
    });
    assert_eq!(hook.code, 1, "{hook}");
}
