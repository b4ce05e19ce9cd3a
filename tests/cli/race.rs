//! Releases that run at the same time, or are killed: one wins, and nothing is ever half.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::busy::{self, Kept};
use crate::dying::Reader;
use crate::git::git;
use crate::publish::{Repo, environment, one_line, script, whole};
use crate::server::{Answer, Request, Server};

/// Twenty clones that release 1.1.0 at the same time, each by somebody else where no two are to make the same commit; what came
/// of each.
fn race(repo: &Repo, apart: bool, more: &[&str]) -> Vec<(String, Output)> {
    let around = repo.around();
    let clones: Vec<_> = (0..20).map(|n| format!("clone{n}")).collect();
    for clone in &clones {
        git(&around, &["clone", "-q", "origin.git", clone]);
        if apart {
            git(&around.join(clone), &["config", "user.name", clone]);
        }
    }
    let start = |clone: &String| {
        let mut command = repo.env.program(&[&["release"], more].concat());
        command.current_dir(around.join(clone)).envs(environment(&around)).spawn().unwrap()
    };
    let children: Vec<Child> = clones.iter().map(start).collect();
    clones.into_iter().zip(children.into_iter().map(|child| child.wait_with_output().unwrap())).collect()
}

/// The one that says that it has published 1.1.0; of all others `why` says whether they were told well.
#[track_caller]
fn winner(all: &[(String, Output)], why: &dyn Fn(&str) -> bool) -> String {
    let mut winners = Vec::new();
    for (clone, output) in all {
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.success() {
            assert!(out.starts_with("version 1.1.0 follows 1.0.0: minor\n"), "{out}{err}");
            winners.push(clone.clone());
        } else {
            assert!(out.is_empty() && why(&one_line(&err)), "{out}{err}");
            assert_eq!(output.status.code(), Some(4), "{err}");
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    winners.remove(0)
}

/// What a commit of a clone is.
fn head(repo: &Repo, clone: &str) -> String {
    git(&repo.around().join(clone), &["rev-parse", "HEAD"])
}

/// The commit that the files of a version are of.
fn commit_of(release: &[u8]) -> String {
    let about: Value = serde_json::from_slice(release).unwrap();
    about["commit"].as_str().unwrap().to_owned()
}

/// The files of a version in a registry; `None` where it has no such version. Whatever is missing, or is not what the manifest
/// says, is an error.
pub(crate) fn artefact(kept: &BTreeMap<String, Vec<u8>>, version: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let manifest: Value = serde_json::from_slice(kept.get(version)?).unwrap();
    let layers = manifest["layers"].as_array().unwrap().iter();
    let files = layers.map(|layer| {
        let digest = layer["digest"].as_str().unwrap();
        let content = kept.get(digest).unwrap_or_else(|| panic!("{version}: no {digest}")).clone();
        assert_eq!(digest, format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(&content))), "{version}");
        (layer["annotations"]["org.opencontainers.image.title"].as_str().unwrap().to_owned(), content)
    });
    Some(files.collect())
}

pub(crate) fn place(server: &Server) -> String {
    format!("oci://{}/acme/pay", server.url().trim_start_matches("http://"))
}

#[test]
fn one_of_twenty_releases_of_a_version_wins_in_every_place() {
    let repo = Repo::published();
    let (server, kept) = busy::registry(|_| None);
    repo.adds();
    let all = race(&repo, true, &["--to", "git:origin", "--to", "dir:../published", "--to", &place(&server)]);
    // By the remote, or by a place where the winner was quicker.
    let winner =
        winner(&all, &|said| said.contains("origin") || said.contains("a published version never changes"));
    assert_eq!(repo.folder(), ["1.0.0", "1.1.0"]);
    let around = repo.around();
    let tag = repo.remote()["refs/tags/v1.1.0"].clone();
    assert_eq!(tag, git(&around.join(&winner), &["rev-parse", "refs/tags/v1.1.0"]));
    // What is everywhere is what the winner made.
    let folder = whole(&around.join("published/acme/pay/1.1.0"));
    assert_eq!(commit_of(&folder["release.json"]), head(&repo, &winner));
    assert!(artefact(&kept.lock().unwrap(), "1.1.0").unwrap() == folder);
}

/// What the requests of twenty runs wait for.
#[derive(Default)]
struct Meeting {
    /// How often it was asked what the tag has, and how often that was written.
    counts: Mutex<[usize; 2]>,
    changed: Condvar,
}

impl Meeting {
    /// Counts one more, and waits until so many have come as `of` says for its number.
    fn wait(&self, what: usize, of: impl Fn(usize) -> usize) {
        let mut counts = self.counts.lock().unwrap();
        counts[what] += 1;
        let enough = of(counts[what]);
        self.changed.notify_all();
        let limit = Duration::from_secs(200);
        let (_counts, waited) =
            self.changed.wait_timeout_while(counts, limit, |counts| counts[what] < enough).unwrap();
        assert!(!waited.timed_out(), "not all came");
    }
}

#[test]
fn one_of_twenty_releases_to_a_registry_of_artefacts_alone_wins() {
    let repo = Repo::published();
    repo.env.write(
        "protopact.toml",
        &repo.env.read("protopact.toml").replace("[release]", "[release]\ntimeout = 300"),
    );
    repo.adds();
    let meeting = Meeting::default();
    let (server, kept) = busy::serve(move |request, kept| {
        let answer = busy::answer(request, kept);
        let of_tag = request.path.ends_with("/manifests/1.1.0");
        match &*request.method {
            // All of them see twice that nothing is there before any of them writes, and all have written before any of
            // them looks what is there.
            "GET" if of_tag => meeting.wait(0, |n| if n > 40 { 0 } else { n.next_multiple_of(20) }),
            "PUT" if of_tag => meeting.wait(1, |_| 20),
            _ => {}
        }
        answer
    });
    let all = race(&repo, true, &["--to", &place(&server)]);
    let winner = winner(&all, &|said| {
        said.contains("was written by somebody else at the same time") && !said.contains("is published")
    });
    let files = artefact(&kept.lock().unwrap(), "1.1.0").unwrap();
    assert_eq!(commit_of(&files["release.json"]), head(&repo, &winner));
    for (clone, _) in &all {
        let folder = repo.around().join(clone);
        let tagged = !git(&folder, &["tag", "-l", "v1.1.0"]).is_empty();
        assert_eq!(tagged, *clone == winner, "{clone}: who lost has no tag of it");
        let left = fs::read_dir(folder.join(".git/protopact")).unwrap().map(|e| e.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["release.lock"], "{clone}");
    }
}

#[test]
fn who_wrote_to_a_registry_and_was_written_over_has_not_won() {
    let repo = Repo::published();
    repo.adds();
    let looks = Mutex::new(0);
    let (server, kept) = busy::serve(move |request, kept| {
        let answer = busy::answer(request, kept);
        if request.method == "GET" && request.path.ends_with("/manifests/1.1.0") {
            let mut looks = looks.lock().unwrap();
            *looks += 1;
            // Twice there is nothing, then there is what was written; by then somebody else had found nothing as well.
            if *looks == 3 {
                kept.lock().unwrap().insert("1.1.0".to_owned(), b"{}".to_vec());
            }
        }
        answer
    });
    let place = place(&server);
    let output = repo.run(&["release", "--to", &place]);
    assert_eq!((output.code, &*output.out), (4, ""), "{output}");
    let said = one_line(&output.err);
    assert!(
        said.contains(&format!("{place}:1.1.0 was written by somebody else at the same time")),
        "{output}"
    );
    assert_eq!(kept.lock().unwrap()["1.1.0"], b"{}");
    assert_eq!(repo.git(&["tag", "-l", "v1.1.0"]), "");
    assert!(repo.git(&["log", "-1", "--format=%s"]).starts_with("edit"));
    // It is another version's content from now on.
    let output = repo.run(&["release", "--to", &place]);
    assert!(
        output.code == 4 && one_line(&output.err).contains("a published version never changes"),
        "{output}"
    );
}

#[test]
fn one_of_twenty_releases_to_a_folder_alone_wins() {
    let repo = Repo::published();
    repo.adds();
    let all = race(&repo, true, &["--to", "dir:../published"]);
    let winner = winner(&all, &|said| {
        said.contains("has version 1.1.0 already, with other files") && !said.contains("is published, but")
    });
    let folder = whole(&repo.around().join("published/acme/pay/1.1.0"));
    assert_eq!(commit_of(&folder["release.json"]), head(&repo, &winner));
    for (clone, _) in all.iter().filter(|(clone, _)| *clone != winner) {
        let there = git(&repo.around().join(clone), &["tag", "-l", "v1.1.0"]);
        assert_eq!(there, "", "{clone}: who lost has no tag of it");
    }
}

#[test]
fn one_of_twenty_releases_of_the_very_same_to_a_folder_alone_is_the_first() {
    let repo = Repo::published();
    // Without it no release makes a commit, and all are of the one that is there.
    repo.env.remove("CHANGELOG.md");
    repo.adds();
    let all = race(&repo, false, &["--to", "dir:../published"]);
    let first = all.iter().filter(|(_, output)| {
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        let late = said.starts_with("version 1.1.0 was published by another run meanwhile, the very same\n");
        assert_eq!(late, said.contains("has it already"), "{said}");
        assert!(late || said.starts_with("version 1.1.0 follows 1.0.0: minor\n"), "{said}");
        !late
    });
    assert_eq!(first.count(), 1);
    assert_eq!(repo.folder(), ["1.0.0", "1.1.0"]);
}

/// A git that kills the program that called it: before it does the work of one call, or after.
const KILLER: &str = "#!/bin/sh
n=$(($(cat \"$COUNT\") + 1))
echo $n >\"$COUNT\"
if [ \"$n\" = \"$KILL_AT\" ] && [ \"$KILL\" = before ]; then kill -9 $PPID; exit 1; fi
\"$GIT\" \"$@\"
rc=$?
if [ \"$n\" = \"$KILL_AT\" ] && [ \"$KILL\" = after ]; then kill -9 $PPID; fi
exit $rc
";

/// The environment of a release that finds another git first, which calls the real one.
pub(crate) fn with_git(repo: &Repo, git: &str) -> BTreeMap<OsString, OsString> {
    let around = repo.around();
    fs::create_dir_all(around.join("bin")).unwrap();
    script(&around.join("bin/git"), git);
    let mut environment = environment(&around);
    let path = environment[OsStr::new("PATH")].clone();
    let first = around.join("bin").into_os_string();
    environment.insert("PATH".into(), [first, path].join(OsStr::new(":")));
    environment.insert("GIT".into(), which::which("git").unwrap().into());
    environment
}

/// A release whose n-th call of git kills it. `None` when there are not so many calls.
fn killed(repo: &Repo, more: &[&str], at: usize, when: &str) -> Option<()> {
    let around = repo.around();
    fs::write(around.join("count"), "0").unwrap();
    let mut command: Command = repo.env.program(&[&["release"], more].concat());
    command.envs(with_git(repo, KILLER)).env("COUNT", around.join("count"));
    let output = command.env("KILL_AT", at.to_string()).env("KILL", when).output().unwrap();
    if output.status.success() {
        return None;
    }
    assert_eq!(output.status.code(), None, "it was killed: {output:?}");
    Some(())
}

/// What the next step after so many others kills.
#[derive(Default)]
struct Victim {
    left: usize,
    child: Option<Child>,
    /// How many requests of each kind it has sent.
    sent: BTreeMap<String, usize>,
}

impl Victim {
    /// Whether a request is a step of its own: all about the version, and of each other kind the first two, for one file is
    /// sent as the other.
    fn steps(&mut self, request: &Request) -> bool {
        let about = request.path.split('/').nth(4).unwrap_or_default();
        let sent = self.sent.entry(format!("{} {about}", request.method)).or_default();
        *sent += 1;
        *sent <= 2 || about == "manifests"
    }
}

/// A registry whose n-th step kills the release that takes it, and is never answered.
struct Deadly {
    server: Server,
    kept: Kept,
    victim: Arc<Mutex<Victim>>,
}

impl Deadly {
    fn new() -> Deadly {
        let victim = Arc::new(Mutex::new(Victim::default()));
        let of = Arc::clone(&victim);
        let (server, kept) = busy::registry(move |request| {
            let mut victim = of.lock().unwrap();
            if victim.child.is_none() || !victim.steps(request) {
                return None;
            }
            victim.left = victim.left.saturating_sub(1);
            if victim.left > 0 {
                return None;
            }
            victim.child.as_mut().unwrap().kill().unwrap();
            Some(Answer::none())
        });
        Deadly { server, kept, victim }
    }

    /// A release that the n-th step kills. `None` when there are not so many.
    fn killed(&self, repo: &Repo, more: &[&str], at: usize) -> Option<()> {
        let mut command: Command = repo.env.program(&[&["release"], more].concat());
        command.envs(environment(&repo.around())).stdout(Stdio::null()).stderr(Stdio::null());
        {
            // No request is answered before the release that sends it is known.
            let mut victim = self.victim.lock().unwrap();
            *victim = Victim { left: at, child: Some(command.spawn().unwrap()), ..Victim::default() };
        }
        let status = loop {
            let mut victim = self.victim.lock().unwrap();
            if let Some(status) = victim.child.as_mut().unwrap().try_wait().unwrap() {
                victim.child = None;
                break status;
            }
            drop(victim);
            std::thread::sleep(Duration::from_millis(2));
        };
        if status.success() {
            return None;
        }
        assert_eq!(status.code(), None, "it was killed");
        Some(())
    }
}

/// An edit that makes the next version 1.N.0.
fn edit(repo: &Repo, number: usize) {
    let fields: String = (1..=number).map(|n| format!("  string field_{n} = {n};\n")).collect();
    let text = format!("syntax = \"proto3\";\npackage pay.v1;\nmessage More {{\n{fields}}}\n");
    repo.env.write("proto/pay/v1/more.proto", &text);
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "-qm", "edit"]);
}

/// The versions that somebody finds in a folder.
fn shown(around: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(around.join("published/acme/pay")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with('.')).collect()
}

/// What somebody finds wrong who looks at registry, folder and remote: what is half, and what is in a place before it is in
/// those that come first.
pub(crate) fn look(around: &Path, kept: &Kept) -> Vec<String> {
    let mut wrong = Vec::new();
    // What comes last is read first: nothing that is there may be missing from what is read later.
    let kept = kept.lock().unwrap().clone();
    let versions = kept.keys().filter(|name| name.starts_with(|c: char| c.is_ascii_digit()));
    let artefacts: Vec<_> = versions.map(|v| (v, artefact(&kept, v).unwrap())).collect();
    let folders = shown(around);
    let folders: BTreeMap<_, _> = folders
        .into_iter()
        .map(|version| (version.clone(), whole(&around.join("published/acme/pay").join(version))))
        .collect();
    let remote = around.join("origin.git");
    let tags = git(&remote, &["tag", "--list", "--format=%(refname:short) %(*objectname)"]);
    let tags: BTreeMap<_, _> = tags.lines().filter_map(|line| line.split_once(' ')).collect();
    for (version, files) in artefacts {
        if folders.get(version) != Some(&files) {
            wrong.push(format!("{version} is in the registry and not the same in the folder"));
        }
    }
    for (version, files) in folders {
        if tags.get(&*format!("v{version}")) != Some(&&*commit_of(&files["release.json"])) {
            wrong.push(format!("{version} is in the folder and not the same on the remote"));
        }
    }
    for commit in tags.values() {
        // Everything that leads from it is there, or git complains.
        git(&remote, &["rev-list", "--objects", "--quiet", commit]);
    }
    wrong
}

/// After a run that was killed: the next one finishes it if it was published, and else begins anew; then it is everywhere.
#[track_caller]
fn is_made_good(repo: &Repo, kept: &Kept, more: &[&str], version: &str, what: &str) {
    let tag = format!("refs/tags/v{version}");
    let pushed = repo.remote().contains_key(&tag);
    let there = |kept: &Kept| kept.lock().unwrap().contains_key(version);
    assert!(pushed || !(there(kept) || shown(&repo.around()).contains(version)), "{what}");
    let output = repo.run(&[&["release"], more].concat());
    assert_eq!(output.code, 0, "{what}: {output}");
    assert_eq!(pushed, output.out.contains("an earlier run has begun"), "{what}: {output}");
    assert!(there(kept) && shown(&repo.around()).contains(version), "{what}");
    assert_eq!(repo.remote()[&tag], repo.git(&["rev-parse", &tag]), "{what}");
    assert_eq!(repo.remote()["refs/heads/main"], repo.env.head(), "{what}");
    assert_eq!(repo.git(&["status", "--porcelain"]), "", "{what}");
}

#[test]
fn a_run_with_a_registry_that_is_killed_at_any_step_is_finished_or_forgotten_by_the_next() {
    let repo = Repo::published();
    let registry = Deadly::new();
    let place = place(&registry.server);
    let to = ["--to", "git:origin", "--to", "dir:../published", "--to", &place];
    let (around, kept) = (repo.around(), Arc::clone(&registry.kept));
    let reader = Reader::of(move || look(&around, &kept));
    let (mut number, mut published) = (0, [0, 0]);
    let next = |number: &mut usize| {
        *number += 1;
        edit(&repo, *number);
        repo.git(&["push", "-q", "origin", "main"]);
        format!("1.{number}.0")
    };
    let pushed = |version: &str| usize::from(repo.remote().contains_key(&format!("refs/tags/v{version}")));
    for at in 1.. {
        let version = next(&mut number);
        if registry.killed(&repo, &to, at).is_none() {
            assert!(at > 10, "{at}");
            break;
        }
        published[0] += pushed(&version);
        is_made_good(&repo, &registry.kept, &to, &version, &format!("request {at}"));
    }
    for when in ["before", "after"] {
        for at in 1.. {
            let version = next(&mut number);
            if killed(&repo, &to, at, when).is_none() {
                assert!(at > 6, "{at}");
                break;
            }
            published[1] += pushed(&version);
            is_made_good(&repo, &registry.kept, &to, &version, &format!("{when} call {at} of git"));
        }
    }
    // Steps before the one that decides, and after it.
    assert!(published.iter().all(|count| (2..15).contains(count)), "{published:?}");
    assert!(reader.end() > 0);
}

#[test]
fn a_run_to_a_registry_alone_that_is_killed_is_finished_or_forgotten_by_the_next() {
    let repo = Repo::published();
    let registry = Deadly::new();
    let to = ["--to", &place(&registry.server)];
    let kept = Arc::clone(&registry.kept);
    let reader = Reader::of(move || {
        let kept = kept.lock().unwrap().clone();
        let versions = kept.keys().filter(|name| name.starts_with(|c: char| c.is_ascii_digit()));
        assert!(versions.clone().all(|version| artefact(&kept, version).is_some()));
        Vec::new()
    });
    let made_good = |version: &str, what: &str| {
        let there = registry.kept.lock().unwrap().contains_key(version);
        let output = repo.run(&[&["release"], &to[..]].concat());
        assert_eq!(output.code, 0, "{what}: {output}");
        assert_eq!(there, output.out.contains("an earlier run has begun"), "{what}: {output}");
        let files = artefact(&registry.kept.lock().unwrap(), version).unwrap();
        assert_eq!(commit_of(&files["release.json"]), repo.env.head(), "{what}");
        assert_eq!(repo.git(&["rev-parse", &format!("v{version}^{{commit}}")]), repo.env.head(), "{what}");
        assert_eq!(repo.git(&["status", "--porcelain"]), "", "{what}");
        usize::from(there)
    };
    let (mut number, mut published) = (0, [0, 0]);
    let next = |number: &mut usize| {
        *number += 1;
        edit(&repo, *number);
        format!("1.{number}.0")
    };
    for at in 1.. {
        let version = next(&mut number);
        if registry.killed(&repo, &to, at).is_none() {
            break;
        }
        published[0] += made_good(&version, &format!("request {at}"));
    }
    for when in ["before", "after"] {
        for at in 1.. {
            let version = next(&mut number);
            if killed(&repo, &to, at, when).is_none() {
                break;
            }
            published[1] += made_good(&version, &format!("{when} call {at} of git"));
        }
    }
    // Where it is looked at what stands under the tag, and where branch and tag are made here.
    assert!(published.iter().all(|count| (2..6).contains(count)), "{published:?}");
    assert!(reader.end() > 0);
}

#[test]
fn a_run_that_is_killed_at_any_step_is_finished_or_forgotten_by_the_next() {
    let mut steps = 0;
    for when in ["before", "after"] {
        for at in 1.. {
            let repo = Repo::published();
            repo.adds();
            if killed(&repo, &[], at, when).is_none() {
                assert!(at > 6, "{at}");
                break;
            }
            steps += 1;
            // A reader sees the branch and the tag, or neither; and a version in the folder only as a whole.
            let remote = repo.remote();
            let moved = repo.git(&["rev-parse", "HEAD"]) != remote["refs/heads/main"]
                || repo.git(&["log", "-1", "--format=%s"]).starts_with("Release");
            let pushed = remote.contains_key("refs/tags/v1.1.0");
            assert_eq!(moved, pushed, "{when} {at}: {remote:?}");
            assert!(pushed || repo.folder() == ["1.0.0"], "{when} {at}");
            let output = repo.run(&["release"]);
            assert_eq!(output.code, 0, "{when} {at}: {output}");
            assert_eq!(pushed, output.out.contains("an earlier run has begun"), "{when} {at}: {output}");
            let remote = repo.remote();
            assert_eq!(
                remote["refs/tags/v1.1.0"],
                repo.git(&["rev-parse", "refs/tags/v1.1.0"]),
                "{when} {at}"
            );
            assert_eq!(remote["refs/heads/main"], repo.env.head(), "{when} {at}");
            assert_eq!(repo.git(&["status", "--porcelain"]), "", "{when} {at}");
            assert_eq!(repo.folder(), ["1.0.0", "1.1.0"], "{when} {at}");
            let nothing = repo.run(&["release", "--quiet"]);
            assert_eq!(&*nothing.out, "nothing changed since 1.1.0: no release\n", "{when} {at}: {nothing}");
        }
    }
    assert!(steps >= 14, "{steps}");
}
