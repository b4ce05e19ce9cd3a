//! Releases that an earlier run has begun: what is missing is made, wherever branches, remotes and places are by then.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::busy::{self, Kept};
use crate::env::Output;
use crate::git::git;
use crate::publish::{Repo, one_line};
use crate::race::with_git;
use crate::server::{Answer, Server};

/// A registry that shows no version until it is well.
struct Refusing {
    server: Server,
    kept: Kept,
    well: Arc<AtomicBool>,
}

impl Refusing {
    fn new() -> Refusing {
        let well = Arc::new(AtomicBool::new(false));
        let is_well = Arc::clone(&well);
        let (server, kept) = busy::registry(move |request| {
            let shows = request.method == "PUT" && request.path.contains("/manifests/");
            (shows && !is_well.load(Ordering::SeqCst)).then(|| Answer::status(403))
        });
        Refusing { server, kept, well }
    }

    fn place(&self) -> String {
        format!("oci://{}/acme/pay", self.server.url().trim_start_matches("http://"))
    }

    fn is_well(&self) {
        self.well.store(true, Ordering::SeqCst);
    }

    fn has(&self, version: &str) -> bool {
        self.kept.lock().unwrap().contains_key(version)
    }
}

/// 1.1.0 is on the remote, and the registry has refused it.
fn begun() -> (Repo, Refusing) {
    let (repo, registry) = (Repo::published(), Refusing::new());
    repo.adds();
    let output = repo.run(&["release", "--to", "git:origin", "--to", &registry.place()]);
    assert!(output.code == 4 && output.err.contains("not in every place yet"), "{output}");
    assert!(repo.remote().contains_key("refs/tags/v1.1.0"));
    (repo, registry)
}

#[track_caller]
fn finished(output: &Output) {
    assert_eq!(output.code, 0, "{output}");
    assert!(output.out.contains("which an earlier run has begun, is finished"), "{output}");
}

#[test]
fn a_branch_that_has_the_release_and_went_on_is_left_alone() {
    for fetched in [true, false] {
        let (repo, registry) = begun();
        let tags: &[&str] = if fetched { &["--tags"] } else { &["--no-tags"] };
        repo.git(&[&["pull", "-q", "--ff-only"], tags, &["origin", "main"]].concat());
        repo.git(&["commit", "-q", "--allow-empty", "-m", "more"]);
        let head = repo.env.head();
        registry.is_well();
        let output = repo.run(&["release"]);
        finished(&output);
        assert!(!output.out.contains("went on without"), "{output}");
        assert!(registry.has("1.1.0"));
        assert_eq!(repo.env.head(), head);
        assert_eq!(repo.remote()["refs/tags/v1.1.0"], repo.git(&["rev-parse", "refs/tags/v1.1.0"]));
        repo.git(&["push", "-q", "origin", "main"]);
        assert_eq!(repo.run(&["release", "--quiet"]).out, "nothing changed since 1.1.0: no release\n");
    }
}

#[test]
fn a_branch_that_went_another_way_is_left_alone_and_told_of() {
    let (repo, registry) = begun();
    repo.git(&["commit", "-q", "--allow-empty", "-m", "only here"]);
    let head = repo.env.head();
    // It is not well yet: nothing is lost by asking.
    let output = repo.run(&["release"]);
    assert!(output.code == 4 && !output.err.contains("update-ref"), "{output}");
    registry.is_well();
    let output = repo.run(&["release"]);
    finished(&output);
    let told = "note branch `main` here went on without the commit of the release: `git pull origin main`";
    assert!(one_line(&output.out).contains(told), "{output}");
    assert!(registry.has("1.1.0"));
    assert_eq!((repo.env.head(), repo.git(&["tag", "-l", "v1.1.0"]).as_str()), (head, "v1.1.0"));
    repo.git(&["pull", "-q", "--rebase", "origin", "main"]);
    repo.git(&["push", "-q", "origin", "main"]);
    assert_eq!(repo.run(&["release", "--quiet"]).out, "nothing changed since 1.1.0: no release\n");
}

#[test]
fn a_tag_of_its_name_that_is_another_one_is_told_of() {
    let (repo, registry) = begun();
    repo.git(&["tag", "v1.1.0", "HEAD~1"]);
    registry.is_well();
    let output = repo.run(&["release", "--quiet"]);
    assert_eq!(output.code, 2, "{output}");
    let said = one_line(&output.err);
    assert!(said.contains("tag `v1.1.0` of `origin` is another one here"), "{output}");
    assert!(said.contains("`git tag -d v1.1.0`"), "{output}");
    repo.git(&["tag", "-d", "v1.1.0"]);
    finished(&repo.run(&["release"]));
}

#[test]
fn the_places_of_the_run_that_died_are_finished() {
    let (repo, registry) = begun();
    registry.is_well();
    // The configuration names a folder and no registry.
    let output = repo.run(&["release"]);
    finished(&output);
    assert!(registry.has("1.1.0") && output.out.contains(&registry.place()), "{output}");
    assert_eq!(repo.folder(), ["1.0.0"]);
}

#[test]
fn places_that_are_left_out_are_told_with_the_way_there() {
    let (repo, registry) = begun();
    let output = repo.run(&["release", "--to", "dir:../published", "--format", "json"]);
    assert_eq!(output.code, 0, "{output}");
    let said: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(said["published"]["left"], serde_json::json!([registry.place()]), "{output}");
    assert!(!registry.has("1.1.0"));
    assert_eq!(repo.folder(), ["1.0.0", "1.1.0"]);
    registry.is_well();
    let output = repo.run(&["release", "--from", "v1.1.0", "--to", &registry.place()]);
    assert!(output.code == 0 && registry.has("1.1.0"), "{output}");

    let (repo, registry) = begun();
    let output = repo.run(&["release", "--to", "git:origin"]);
    finished(&output);
    let place = registry.place();
    let way = format!(
        "left {place}, where it was to go: `protopact release --from v1.1.0 --to {place}` brings it there"
    );
    assert!(one_line(&output.out).contains(&way), "{output}");
}

#[test]
fn folders_mean_the_same_wherever_the_next_run_is() {
    let repo = Repo::new();
    let registry = Refusing::new();
    let places = ["--to", "git:origin", "--to", &registry.place(), "--to", "dir:../late"];
    let output = repo.run(&[&["release", "--declare", "1.0.0"], &places[..]].concat());
    assert_eq!(output.code, 4, "{output}");
    registry.is_well();
    fs::remove_dir_all(repo.around().join("late")).unwrap_or_default();
    let output = repo.env.run_with(&["release"], |io| {
        io.env = repo.environment();
        io.now = std::time::SystemTime::now();
        io.cwd.push("proto/pay");
    });
    finished(&output);
    assert!(repo.around().join("late/acme/pay/1.0.0/release.json").exists(), "{output}");
}

#[test]
fn a_remote_with_another_name_is_found_or_asked_for() {
    let (repo, registry) = begun();
    registry.is_well();
    repo.git(&["remote", "rename", "origin", "upstream"]);
    let output = repo.run(&["release", "--quiet"]);
    assert_eq!(output.code, 2, "{output}");
    let said = one_line(&output.err);
    let why = "version 1.1.0, which an earlier run has begun, goes to the remote `origin`, and there is none of this name any more";
    assert!(said.contains(why) && said.contains("`git remote rename NAME origin`"), "{output}");
    // Another one is none that has it.
    git(&repo.around(), &["init", "-q", "--bare", "other.git"]);
    repo.git(&["remote", "add", "other", "../other.git"]);
    let output = repo.run(&["release", "--quiet", "--to", "git:other"]);
    assert!(output.code == 2 && one_line(&output.err).contains(why), "{output}");
    let output = repo.run(&["release", "--to", "git:upstream", "--to", &registry.place()]);
    finished(&output);
    assert!(registry.has("1.1.0") && output.out.contains("pushed `upstream`"), "{output}");
}

/// A git that moves no reference.
const STIFF: &str = "#!/bin/sh
for word; do
    [ \"$word\" = update-ref ] && { echo 'no room' >&2; exit 1; }
done
exec \"$GIT\" \"$@\"
";

#[test]
fn what_the_first_place_has_is_published_wherever_the_branch_is() {
    let repo = Repo::published();
    repo.adds();
    let release = ["release", "--to", "dir:../published"];
    let environment = with_git(&repo, STIFF);
    let output = repo.env.run_with(&release, |io| {
        (io.env, io.now) = (environment, std::time::SystemTime::now());
    });
    assert_eq!(output.code, 4, "{output}");
    let said = one_line(&output.err);
    assert!(
        said.contains("version 1.1.0 is published, but this repository does not have all of it"),
        "{output}"
    );
    assert!(said.contains("no room") && said.contains("hint: release again"), "{output}");
    assert_eq!((repo.folder().len(), &*repo.git(&["tag"])), (2, "v1.0.0"));
    repo.git(&["commit", "-q", "--allow-empty", "-m", "more"]);
    let head = repo.env.head();
    let output = repo.run(&release);
    finished(&output);
    let told = "note branch `main` here went on without the commit of the release: `git merge v1.1.0`";
    assert!(one_line(&output.out).contains(told), "{output}");
    assert!(output.out.contains("has it already"), "{output}");
    assert_eq!((repo.env.head(), &*repo.git(&["tag"])), (head, "v1.0.0\nv1.1.0"));
    let release = std::fs::read(repo.around().join("published/acme/pay/1.1.0/release.json")).unwrap();
    let release: Value = serde_json::from_slice(&release).unwrap();
    assert_eq!(release["commit"], repo.git(&["rev-parse", "v1.1.0^{commit}"]));
}
