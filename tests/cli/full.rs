//! Releases on a disk that is full: before anything is published, and after it.

use std::fs;
use std::process::Command;

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::busy;
use crate::publish::{OLD, Repo, environment, one_line};
use crate::race::{artefact, look, place, with_git};

#[test]
#[expect(clippy::disallowed_methods, reason = "a shell that sets the limit")]
fn a_disk_that_is_full_is_found_before_anything_is_published() {
    let repo = Repo::published();
    // More than the limit, and nothing that packs well.
    let lines = (0..4000).map(|n| format!("// {}\n", HEXLOWER.encode(&Sha256::digest(format!("{n}")))));
    let text = OLD.replace("amount = 2;\n", "amount = 2;\n  string note = 3;\n");
    repo.env.write("proto/pay/v1/pay.proto", &(lines.collect::<String>() + &text));
    repo.push("much");
    let before = (repo.remote(), repo.folder(), repo.env.head());
    let program = repo.env.program(&["release"]);
    let mut command = Command::new("sh");
    // A file that grows beyond 32 KiB is one that has no room.
    command.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"]);
    command.arg(program.get_program()).args(program.get_args()).current_dir(repo.env.work());
    let output = command.envs(environment(&repo.around())).output().unwrap();
    let said = one_line(&String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("cannot write"), "{said}");
    assert_eq!((repo.remote(), repo.folder(), repo.env.head()), before);
    let beside = fs::read_dir(repo.around().join("published/acme/pay")).unwrap();
    assert_eq!(beside.count(), 1, "nothing is left beside 1.0.0");
    assert_eq!(repo.run(&["release", "--quiet"]).code, 0);
    assert_eq!(repo.folder(), ["1.0.0", "1.1.0"]);
}

/// A git after whose push the program that called it can write to no file any more, as on a disk that is full.
const FULL: &str = "#!/bin/sh
\"$GIT\" \"$@\"
rc=$?
for word; do
    [ \"$word\" = push ] && prlimit --pid $PPID --fsize=0:0
done
exit $rc
";

#[test]
#[cfg_attr(not(has_prlimit), ignore = "there is no `prlimit`")]
#[expect(clippy::disallowed_methods, reason = "a shell that lets a write fail instead of ending the program")]
fn a_disk_that_is_full_after_the_push_delays_the_release_and_the_next_run_finishes_it() {
    let repo = Repo::published();
    repo.adds();
    let (server, kept) = busy::registry(|_| None);
    let place = place(&server);
    let to = ["--to", "git:origin", "--to", "dir:../published", "--to", &place];
    let program = repo.env.program(&[&["release"], &to[..]].concat());
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]).arg(program.get_program());
    command.args(program.get_args()).current_dir(repo.env.work()).envs(with_git(&repo, FULL));
    let output = command.output().unwrap();
    let said = one_line(&String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(4), "{said}");
    for part in [
        "version 1.1.0 is published, but this repository does not have all of it yet",
        "cannot update ref 'refs/tags/v1.1.0'",
        "hint: release again: what is missing is made good, and nothing is published twice",
    ] {
        assert!(said.contains(part), "no `{part}`: {said}");
    }
    // Everybody else has it.
    let tag = repo.remote()["refs/tags/v1.1.0"].clone();
    assert_eq!(repo.folder(), ["1.0.0", "1.1.0"]);
    assert!(artefact(&kept.lock().unwrap(), "1.1.0").is_some());
    assert_eq!(repo.git(&["tag", "-l", "v1.1.0"]), "");
    let output = repo.run(&[&["release"], &to[..]].concat());
    assert!(output.code == 0 && output.out.contains("an earlier run has begun, is finished"), "{output}");
    assert_eq!(output.out.matches("has it already").count(), 2, "{output}");
    assert_eq!(
        (repo.git(&["rev-parse", "v1.1.0"]), repo.git(&["status", "--porcelain"])),
        (tag, String::new())
    );
    assert_eq!(look(&repo.around(), &kept), <Vec<String>>::new());
    assert_eq!(repo.run(&["release", "--quiet"]).out, "nothing changed since 1.1.0: no release\n");
}
