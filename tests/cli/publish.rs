//! `protopact release`: one version, published once.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use data_encoding::HEXLOWER;
use protopact::codegen::plugin::lock::Entry as Locked;
use protopact::codegen::plugin::{Lock, platform, spec};
use protopact::codegen::sdk;
use protopact::machine::sha256_file;
use sha2::{Digest as _, Sha256};

use crate::env::{Output, TestEnv};
use crate::git::git;

pub(crate) const OLD: &str = "syntax = \"proto3\";
package pay.v1;
// What somebody pays.
message Charge {
  string id = 1;
  int32 amount = 2;
}
";

const CONFIG: &str = "[contract]
name = \"acme/pay\"
roots = [\"proto\"]

[release]
to = [\"git:origin\", \"dir:../published\"]
";

/// A clone with its remote beside it.
pub(crate) struct Repo {
    pub(crate) env: TestEnv,
}

impl Repo {
    /// The contract, committed and pushed, with nothing published.
    pub(crate) fn new() -> Repo {
        let env = TestEnv::new();
        let around = env.work().parent().unwrap().to_owned();
        git(&around, &["init", "-q", "--bare", "origin.git"]);
        git(&around, &["init", "-q", "work"]);
        let repo = Repo { env };
        repo.git(&["remote", "add", "origin", "../origin.git"]);
        fs::write(around.join("home/.gitconfig"), "[user]\n\tname = A\n\temail = a@example.com\n").unwrap();
        repo.env.write("protopact.toml", CONFIG);
        repo.env.write("proto/pay/v1/pay.proto", OLD);
        repo.env.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n### Fixed\n\n- Said by hand.\n");
        repo.push("first");
        repo
    }

    /// The same with 1.0.0 published.
    pub(crate) fn published() -> Repo {
        let repo = Repo::new();
        let output = repo.run(&["release", "--declare", "1.0.0", "--quiet"]);
        assert_eq!(output.code, 0, "{output}");
        repo
    }

    pub(crate) fn around(&self) -> PathBuf {
        self.env.work().parent().unwrap().to_owned()
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(&self.env.work(), arguments)
    }

    /// Writes a lock with the plugins that need no installing.
    pub(crate) fn lock(&self) {
        let mut lock = Lock::default();
        for plugin in [&spec::PROTOC, &sdk::rust::MESSAGES, &sdk::rust::SERVICES] {
            let (version, source) = (plugin.version.to_owned(), plugin.source.as_str().to_owned());
            let mut entry = Locked { version, source, ..Locked::default() };
            if plugin == &spec::PROTOC {
                let path = protoc_bin_vendored::protoc_bin_path().unwrap();
                entry.sha256.insert(platform(), sha256_file(&path).unwrap());
            }
            lock.plugin.insert(plugin.name.to_owned(), entry);
        }
        self.env.write("protopact.lock", &lock.render());
    }

    pub(crate) fn push(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", message]);
        self.git(&["push", "-q", "origin", "main"]);
    }

    pub(crate) fn edit(&self, from: &str, to: &str) {
        assert!(OLD.contains(from), "{from}");
        self.env.write("proto/pay/v1/pay.proto", &OLD.replace(from, to));
        self.push("edit");
    }

    /// What makes the next version 1.1.0.
    pub(crate) fn adds(&self) {
        self.edit("amount = 2;\n", "amount = 2;\n  string note = 3;\n");
    }

    pub(crate) fn environment(&self) -> BTreeMap<OsString, OsString> {
        environment(&self.around())
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        let environment = self.environment();
        self.env.run_with(args, |io| {
            io.env = environment;
            io.now = SystemTime::now();
        })
    }

    /// The references of the remote.
    pub(crate) fn remote(&self) -> BTreeMap<String, String> {
        let text =
            git(&self.around().join("origin.git"), &["for-each-ref", "--format=%(refname) %(objectname)"]);
        text.lines().map(|l| l.split_once(' ').unwrap()).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
    }

    /// The versions in the folder, each whole.
    pub(crate) fn folder(&self) -> Vec<String> {
        let folder = self.around().join("published/acme/pay");
        let names = fs::read_dir(&folder).into_iter().flatten();
        let mut versions: Vec<_> = names.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        versions.retain(|name| !name.starts_with('.'));
        versions.sort();
        for version in &versions {
            whole(&folder.join(version));
        }
        versions
    }
}

#[expect(clippy::disallowed_methods, reason = "where git is")]
pub(crate) fn environment(around: &Path) -> BTreeMap<OsString, OsString> {
    let path = std::env::var_os("PATH").unwrap();
    [("PATH", path), ("HOME", around.join("home").into()), ("GIT_CONFIG_NOSYSTEM", "1".into())]
        .map(|(name, value)| (name.into(), value))
        .into()
}

/// Holds the files of a version against their sums.
pub(crate) fn whole(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        files.insert(entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap());
    }
    let sums = String::from_utf8(files["SHA256SUMS"].clone()).unwrap();
    assert_eq!(sums.lines().count() + 1, files.len());
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        assert_eq!(sum, HEXLOWER.encode(&Sha256::digest(&files[name])), "{name}");
    }
    files
}

#[test]
fn from_an_edit_to_versions_that_are_published_everywhere() {
    let repo = Repo::new();
    let output = repo.run(&["release", "--declare", "1.0.0"]);
    assert_eq!(output.code, 0, "{output}");
    repo.adds();
    let output = repo.run(&["release"]);
    assert_eq!(output.code, 0, "{output}");
    assert!(output.out.starts_with("version 1.1.0 follows 1.0.0: minor\n"), "{output}");
    assert!(output.out.contains(" pushed `origin`, with branch `main`\n"), "{output}");
    // The commit of the release is on the branch, here and there, and the working tree went along.
    let remote = repo.remote();
    assert_eq!(remote["refs/heads/main"], repo.env.head());
    assert_eq!(remote["refs/tags/v1.1.0"], repo.git(&["rev-parse", "refs/tags/v1.1.0"]));
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert_eq!(repo.git(&["log", "--format=%s", "-1"]), "Release acme/pay 1.1.0");
    let changelog = repo.env.read("CHANGELOG.md");
    let places: Vec<_> =
        ["## [Unreleased]", "## [1.1.0]", "pay.v1.Charge.note", "## [1.0.0]", "- Said by hand."]
            .iter()
            .map(|text| changelog.find(text).unwrap_or_else(|| panic!("{text}: {changelog}")))
            .collect();
    assert!(places.is_sorted(), "{changelog}");
    assert_eq!(repo.folder(), ["1.0.0", "1.1.0"]);

    let nothing = repo.run(&["release", "--quiet"]);
    assert_eq!((nothing.code, &*nothing.out), (0, "nothing changed since 1.1.0: no release\n"), "{nothing}");

    // What breaks has to be meant.
    repo.edit("int32 amount", "string amount");
    let refused = repo.run(&["release", "--quiet"]);
    assert_eq!((refused.code, &*refused.out), (1, ""), "{refused}");
    assert!(refused.err.contains("the next version is 2.0.0, and has to be declared"), "{refused}");
    assert_eq!(repo.remote().len(), 3, "nothing was published");
    let output = repo.run(&["release", "--declare", "2.0.0", "--format", "json"]);
    assert_eq!(output.code, 0, "{output}");
    let told: serde_json::Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!((&told["version"], &told["from"]), (&"2.0.0".into(), &"1.1.0".into()));
    assert_eq!(told["published"]["remote"], "origin");
    assert_eq!(repo.folder(), ["1.0.0", "1.1.0", "2.0.0"]);
    let listed = repo.run(&["versions", "--places", "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&listed.out).unwrap();
    let rows = listed["versions"].as_array().unwrap();
    let told: Vec<_> =
        rows.iter().map(|r| (r["version"].as_str(), r["bump"].as_str(), r["breaks"].as_bool())).collect();
    let expected = [
        (Some("2.0.0"), Some("major"), Some(true)),
        (Some("1.1.0"), Some("minor"), Some(false)),
        (Some("1.0.0"), None, None),
    ];
    assert_eq!(told, expected);
    assert!(
        rows.iter().all(|r| r["places"] == serde_json::json!(["git:origin", "dir:../published"])),
        "{listed}"
    );
    git(&repo.around().join("origin.git"), &["tag", "-d", "v1.0.0"]);
    let listed = repo.run(&["versions", "--places"]);
    let first = one_line(listed.out.lines().next().unwrap());
    assert!(
        first.starts_with("2.0.0 20")
            && first.ends_with("major breaks tag v2.0.0 git:origin, dir:../published"),
        "{listed}"
    );
    assert!(listed.out.trim_end().ends_with("first  tag v1.0.0  dir:../published"), "{listed}");
    let notes = repo.git(&["tag", "-l", "--format=%(contents)", "v2.0.0"]);
    assert!(notes.contains("### Breaking") && notes.contains("pay.v1.Charge.amount"), "{notes}");
}

#[test]
fn the_same_commit_gives_the_same_bytes_elsewhere() {
    let repo = Repo::published();
    let here = whole(&repo.around().join("published/acme/pay/1.0.0"));
    git(&repo.around(), &["clone", "-q", "origin.git", "elsewhere"]);
    let other = |args: &[&str]| {
        let (environment, cwd) = (repo.environment(), repo.around().join("elsewhere"));
        repo.env.run_with(args, |io| {
            io.env = environment;
            io.env.insert("TZ".into(), "Asia/Tokyo".into());
            (io.cwd, io.now) = (cwd, SystemTime::now());
        })
    };
    let again = ["release", "--from", "v1.0.0", "--to", "dir:out", "--quiet"];
    let output = other(&again);
    assert_eq!(output.code, 0, "{output}");
    assert!(output.out.contains("folder `out/acme/pay`, "), "{output}");
    let folder = repo.around().join("elsewhere/out/acme/pay/1.0.0");
    let there = whole(&folder);
    assert_eq!(here.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
    for (name, content) in &here {
        assert!(there[name] == *content, "{name}");
    }
    // The same again is nothing to do, and anything else is refused.
    let output = other(&again);
    assert!(output.code == 0 && output.out.contains("has it already"), "{output}");
    fs::write(folder.join("release.json"), "{}").unwrap();
    let output = other(&again);
    assert_eq!(output.code, 4, "{output}");
    assert!(one_line(&output.err).contains("a published version never changes"), "{output}");
    assert_eq!(fs::read_to_string(folder.join("release.json")).unwrap(), "{}");
    // What a package server would ask of it.
    let contents: serde_json::Value = serde_json::from_slice(&here["contents.spdx.json"]).unwrap();
    assert_eq!(contents["spdxVersion"], "SPDX-2.3");
    // And a catalogue, and whoever remembers numbers.
    let catalogue: serde_json::Value = serde_json::from_slice(&here["catalogue.json"]).unwrap();
    assert_eq!(catalogue["contract"], "acme/pay");
    let package = &catalogue["packages"]["pay.v1"];
    assert_eq!(package["files"][0], "pay/v1/pay.proto");
    let numbers: serde_json::Value = serde_json::from_slice(&here["numbers.json"]).unwrap();
    let names = |of: &serde_json::Value| of.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&package["messages"]), names(&numbers["messages"]));
    assert_eq!(names(&package["services"]), names(&numbers["services"]));
    assert!(!names(&package["messages"]).is_empty(), "{catalogue}");
    let statement: serde_json::Value = serde_json::from_slice(&here["provenance.intoto.json"]).unwrap();
    assert_eq!(statement["subject"].as_array().unwrap().len(), here.len() - 2);
}

pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A release that is refused; nothing is published by it, nor left behind.
#[track_caller]
fn refused(repo: &Repo, args: &[&str], code: i32, why: &str) {
    let (remote, folder) = (repo.remote(), repo.folder());
    let output = repo.run(&[&["release", "--quiet"], args].concat());
    assert_eq!((output.code, &*output.out), (code, ""), "{output}");
    let said = one_line(&output.err);
    assert!(said.contains(why) && said.contains("hint: "), "{output}");
    assert_eq!((repo.remote(), repo.folder()), (remote, folder));
    let left: Vec<_> = fs::read_dir(repo.env.work().join(".git/protopact")).into_iter().flatten().collect();
    assert!(left.iter().all(|e| e.as_ref().unwrap().file_name() == "release.lock"), "{left:?}");
    let beside: Vec<_> =
        fs::read_dir(repo.around().join("published/acme/pay")).into_iter().flatten().flatten().collect();
    assert!(beside.iter().all(|e| !e.file_name().to_string_lossy().starts_with('.')), "{beside:?}");
}

#[test]
fn what_is_not_ready_is_not_released() {
    let repo = Repo::published();
    repo.adds();
    repo.env.write("proto/pay/v1/more.proto", "syntax = \"proto3\";\n");
    refused(&repo, &[], 2, "changes that are not committed: `proto/pay/v1/more.proto`");
    repo.env.remove("proto/pay/v1/more.proto");
    repo.git(&["commit", "-q", "--allow-empty", "-m", "only here"]);
    refused(&repo, &[], 2, "branch `main` of `origin` is at ");
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    repo.git(&["switch", "-q", "--detach"]);
    refused(&repo, &[], 2, "and on no branch");
    repo.git(&["switch", "-q", "-c", "other"]);
    refused(&repo, &[], 2, "branch `other` of `origin` is not there");
    repo.git(&["switch", "-q", "main"]);
    refused(&repo, &["--to", "git:upstream"], 2, "there is no remote `upstream`");
    refused(&repo, &["--to", "git:a", "--to", "git:b"], 2, "only one remote can have the last word");
    // A tag that this clone does not know, and one that it knows otherwise.
    git(&repo.around().join("origin.git"), &["tag", "v1.5.0", "main"]);
    refused(&repo, &[], 2, "tag `v1.5.0` of `origin` is not here");
    git(&repo.around().join("origin.git"), &["tag", "-d", "v1.5.0"]);
    repo.git(&["tag", "-f", "v1.0.0", "HEAD"]);
    refused(&repo, &[], 2, "tag `v1.0.0` of `origin` is another one here");
    repo.git(&["fetch", "-q", "-f", "--tags", "origin"]);
    // A clock that is wrong.
    let output = repo.env.run_with(&["release", "--quiet"], |io| {
        io.env = repo.environment();
    });
    assert!(output.code == 2 && output.err.contains("the clock of this machine"), "{output}");
    // A place that cannot be written to is found before anything is published.
    fs::write(repo.around().join("file"), "").unwrap();
    let output = repo.run(&["release", "--to", "git:origin", "--to", "dir:../file"]);
    assert_eq!((output.code, repo.remote().len()), (4, 2), "{output}");
    assert_eq!(repo.run(&["release", "--quiet"]).code, 0);
}

#[test]
fn a_shallow_clone_releases_nothing() {
    let repo = Repo::published();
    repo.adds();
    let url = format!("file://{}", repo.around().join("origin.git").display());
    fs::remove_dir_all(repo.env.work()).unwrap();
    git(&repo.around(), &["clone", "-q", "--depth=1", &url, "work"]);
    refused(&repo, &[], 2, "this clone is shallow");
}

#[test]
fn what_the_remote_refuses_is_not_published_anywhere() {
    let repo = Repo::published();
    repo.adds();
    let hook = repo.around().join("origin.git/hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    script(&hook, "#!/bin/sh\necho 'you may not push here' >&2\nexit 1\n");
    let before = (repo.remote(), repo.folder(), repo.env.head());
    let output = repo.run(&["release", "--quiet"]);
    assert!(output.code == 4 && output.err.contains("you may not push here"), "{output}");
    assert_eq!((repo.remote(), repo.folder(), repo.env.head()), before);
    fs::remove_file(hook).unwrap();
    assert_eq!(repo.run(&["release", "--quiet"]).code, 0);
    assert_eq!(repo.folder(), ["1.0.0", "1.1.0"]);
}

#[test]
fn what_was_said_of_a_push_that_is_refused_is_told() {
    let repo = Repo::published();
    repo.adds();
    let told = |all: &[&str]| {
        let output = repo.run(&["release", "--quiet"]);
        let said = one_line(&output.err);
        assert!(output.code == 4 && said.contains("`origin` does not take it: "), "{output}");
        assert!(all.iter().all(|part| said.contains(part)) && !said.contains("s3cret"), "{output}");
        assert_eq!(repo.remote().len(), 2);
    };
    // A hook of this clone, whose words have no `remote:` in front.
    let here = repo.env.work().join(".git/hooks/pre-push");
    fs::create_dir_all(here.parent().unwrap()).unwrap();
    script(&here, "#!/bin/sh\necho 'ask at https://me:s3cret@host/x first' >&2\nexit 1\n");
    told(&["ask at https://***@host/x first"]);
    fs::remove_file(&here).unwrap();
    // A server that says nothing but that it does not want it.
    let there = repo.around().join("origin.git/hooks/update");
    fs::create_dir_all(there.parent().unwrap()).unwrap();
    script(&there, "#!/bin/sh\nexit 1\n");
    told(&["[remote rejected] ("]);
    fs::remove_file(&there).unwrap();
    assert_eq!(repo.run(&["release", "--quiet"]).code, 0);
}

#[test]
#[cfg(unix)]
fn the_changelog_stays_the_kind_of_file_that_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let repo = Repo::new();
    let path = |name: &str| repo.env.work().join(name);
    let modes = |names: &[&str]| {
        let listed = repo.git(&["ls-tree", "-r", "HEAD"]);
        let mode =
            |name: &&str| listed.lines().find(|l| l.ends_with(&format!("\t{name}"))).unwrap()[..6].to_owned();
        names.iter().map(mode).collect::<Vec<_>>()
    };
    fs::create_dir(path("notes")).unwrap();
    fs::rename(path("CHANGELOG.md"), path("notes/log.md")).unwrap();
    fs::set_permissions(path("notes/log.md"), fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("notes/log.md", path("CHANGELOG.md")).unwrap();
    repo.push("a link");
    let names = ["CHANGELOG.md", "notes/log.md"];
    assert_eq!(modes(&names), ["120000", "100755"]);
    let planned = repo.run(&["release", "--declare", "1.0.0", "--dry-run"]);
    assert!(planned.out.contains("file `notes/log.md`, committed"), "{planned}");
    let output = repo.run(&["release", "--declare", "1.0.0"]);
    assert_eq!(output.code, 0, "{output}");
    assert_eq!(modes(&names), ["120000", "100755"]);
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
    assert!(repo.env.read("CHANGELOG.md").contains("## [1.0.0]"));
    assert!(fs::symlink_metadata(path("CHANGELOG.md")).unwrap().is_symlink());
    assert_ne!(fs::metadata(path("notes/log.md")).unwrap().permissions().mode() & 0o111, 0);
}

#[test]
fn what_is_planned_is_what_is_written() {
    let repo = Repo::new();
    repo.env.write("LICENSE", "Do as you please.\n");
    repo.env.write("NOTICE.md", "By A.\n");
    repo.env.write("buf.lock", "version: v2\n");
    repo.push("texts");
    // What is not committed is in no version.
    repo.env.write("COPYING", "x\n");
    let planned = repo.run(&["release", "--declare", "1.0.0", "--dry-run", "--format", "json"]);
    let planned: serde_json::Value = serde_json::from_str(&planned.out).unwrap();
    repo.env.remove("COPYING");
    assert_eq!(repo.run(&["release", "--declare", "1.0.0", "--quiet"]).code, 0);
    let written = whole(&repo.around().join("published/acme/pay/1.0.0"));
    assert_eq!(planned["files"], serde_json::json!(written.keys().collect::<Vec<_>>()));
    // A contract that is nowhere but in the working tree.
    repo.env.write(
        "ship/protopact.toml",
        "[contract]\nname = \"acme/ship\"\nroots = [\"proto\"]\n[release]\ntag = \"ship/v{version}\"\n",
    );
    repo.env.write("ship/proto/ship.proto", "syntax = \"proto3\";\npackage ship;\n");
    let environment = repo.environment();
    let output = repo.env.run_with(&["release", "--dry-run"], |io| {
        (io.env, io.cwd) = (environment, repo.env.work().join("ship"));
    });
    assert!(output.code == 0 && output.out.contains(" is the first\n"), "{output}");
    for name in ["LICENSE", "NOTICE.md", "buf.lock", "protopact.toml", "catalogue.json"] {
        assert!(written.contains_key(name), "{name}: {:?}", written.keys());
    }
}

#[test]
fn what_lies_beside_the_repository_is_in_no_version() {
    let repo = Repo::new();
    let third = |folder: &Path| {
        fs::create_dir_all(folder.join("third")).unwrap();
        let text = "syntax = \"proto3\";\npackage third;\nmessage T {\n  string id = 1;\n}\n";
        fs::write(folder.join("third/t.proto"), text).unwrap();
    };
    third(&repo.around());
    let imports = |place: &str| {
        let config =
            CONFIG.replace("roots = [\"proto\"]", &format!("roots = [\"proto\"]\nimports = [\"{place}\"]"));
        repo.env.write("protopact.toml", &config);
        let text = OLD.replace("package pay.v1;\n", "package pay.v1;\nimport \"t.proto\";\n");
        repo.env.write(
            "proto/pay/v1/pay.proto",
            &text.replace("amount = 2;\n", "amount = 2;\n  third.T t = 3;\n"),
        );
    };
    imports("../third");
    repo.push("imports");
    let why = "the contract imports from `../third`, which is outside the repository";
    refused(&repo, &["--declare", "1.0.0"], 2, why);
    refused(&repo, &["--declare", "1.0.0", "--dry-run"], 2, why);
    // One that git ignores is on this machine alone, too.
    third(&repo.env.work());
    repo.env.write(".gitignore", "third\n");
    imports("third");
    repo.push("ignored");
    refused(&repo, &["--declare", "1.0.0"], 2, "the contract imports from `third`, which is not committed");
    repo.env.write(".gitignore", "");
    repo.push("taken in");
    let output = repo.run(&["release", "--declare", "1.0.0"]);
    assert_eq!(output.code, 0, "{output}");
}

#[test]
fn no_secret_is_told_or_kept() {
    let repo = Repo::published();
    repo.adds();
    // Nobody listens there any more.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for scheme in ["http", "ssh"] {
        let url = format!("{scheme}://me:s3cret@127.0.0.1:{port}/x.git");
        repo.git(&["remote", "set-url", "origin", &url]);
        let output = repo.run(&["release"]);
        assert_eq!(output.code, 4, "{output}");
        assert!(!format!("{output}").contains("s3cret"), "{output}");
    }
    repo.git(&["remote", "set-url", "origin", &format!("http://127.0.0.1:{port}/x.git?token=s3cret")]);
    let output = repo.run(&["release"]);
    assert_eq!(output.code, 4, "{output}");
    assert!(!format!("{output}").contains("s3cret"), "{output}");
    repo.git(&["remote", "set-url", "origin", "../origin.git"]);
    // On a command line, in a configuration, and whoever says what is wrong with it.
    let config = repo.env.read("protopact.toml");
    for place in [
        "oci://me:s3cret@127.0.0.1/x",
        "oci://127.0.0.1/x?token=s3cret",
        "oci:127.0.0.1/x?token=s3cret",
        "oci:me:s3cret@127.0.0.1/x",
        "git:https://me:s3cret@127.0.0.1/x",
        "git:https://127.0.0.1/x?token=s3cret",
        "pypi+https://me:s3cret@127.0.0.1/x",
        "pypi+https://127.0.0.1/x?token=s3cret",
        "maven+https://me:s3cret@127.0.0.1/x",
        "maven+https://127.0.0.1/x?token=s3cret",
        "maven+https://127.0.0.1/x?token=s3cret#id",
        "dir:https://me:s3cret@127.0.0.1/x",
        "go:https://me:s3cret@127.0.0.1/x",
        "s3://me:s3cret@bucket?token=s3cret",
    ] {
        for command in [&["release"][..], &["release", "--color", "always"], &["versions", "--places"]] {
            let output = repo.run(&[command, &["--to", place]].concat());
            assert_eq!(output.code, 2, "{output}");
            assert!(!format!("{output}").contains("s3cret"), "{output}");
        }
        repo.env.write("protopact.toml", &config.replace("dir:../published", place));
        let output = repo.run(&["release"]);
        assert!(output.code == 2 && !format!("{output}").contains("s3cret"), "{output}");
    }
    repo.env.write("protopact.toml", &config);
    assert_eq!(repo.run(&["release", "--quiet"]).code, 0);
    let kept = [repo.around().join("published"), repo.env.work().join(".git/protopact")];
    for file in kept.iter().flat_map(walkdir::WalkDir::new) {
        let file = file.unwrap();
        if file.file_type().is_file() {
            let content = fs::read(file.path()).unwrap();
            assert!(!content.windows(6).any(|w| w == b"s3cret"), "{}", file.path().display());
        }
    }
}

#[test]
#[cfg(unix)]
fn commits_and_tags_are_signed_where_git_is_configured_so() {
    let repo = Repo::new();
    let signer = repo.around().join("signer");
    script(
        &signer,
        "#!/bin/sh\ncat >/dev/null\necho '[GNUPG:] SIG_CREATED D 1 8 00 1 X' >&2\n\
         printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n'\n",
    );
    repo.git(&["config", "gpg.program", &signer.to_string_lossy()]);
    repo.git(&["config", "tag.gpgSign", "true"]);
    repo.git(&["config", "commit.gpgSign", "true"]);
    let output = repo.run(&["release", "--declare", "1.0.0"]);
    assert_eq!(output.code, 0, "{output}");
    for object in ["v1.0.0", "HEAD"] {
        let text = repo.git(&["cat-file", "-p", object]);
        assert!(text.contains("-----BEGIN PGP SIGNATURE-----"), "{object}: {text}");
    }
    // What is signed is read again: the same files come out of the tag.
    let output = repo.run(&["release", "--from", "v1.0.0", "--quiet"]);
    assert!(output.code == 0 && output.out.contains("has it already"), "{output}");
}

#[test]
fn places_are_asked_with_what_was_made_before_and_nothing_is_published_from_it() {
    let repo = Repo::published();
    let releases = repo.around().join("home/.cache/protopact/releases");
    let folders = fs::read_dir(&releases).unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<_> = folders.filter(|path| path.is_dir()).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let (kept, shown) = (kept[0].join("files"), repo.around().join("published/acme/pay/1.0.0"));
    let right = whole(&shown);
    assert!(whole(&kept) == right);
    let again = |more: &[&str]| repo.run(&[&["release", "--from", "v1.0.0", "--quiet"], more].concat());
    assert!(again(&["--to", "dir:../published"]).out.contains("has it already"));

    // Something else with sums that fit, here and there: who looks into the cache does not see it, who makes it does.
    for folder in [&kept, &shown] {
        let sums = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
        let (was, is) = (Sha256::digest(&right["release.json"]), Sha256::digest("{}"));
        fs::write(folder.join("SHA256SUMS"), sums.replace(&HEXLOWER.encode(&was), &HEXLOWER.encode(&is)))
            .unwrap();
        fs::write(folder.join("release.json"), "{}").unwrap();
    }
    assert!(again(&["--to", "dir:../published"]).out.contains("has it already"));
    let output = again(&["--to", "dir:../published", "--no-cache"]);
    assert!(
        output.code == 4 && one_line(&output.err).contains("a published version never changes"),
        "{output}"
    );
    // What is published is made, and what was made is kept in its place.
    let output = again(&["--to", "dir:../elsewhere"]);
    assert_eq!(output.code, 0, "{output}");
    assert!(whole(&repo.around().join("elsewhere/acme/pay/1.0.0")) == right);
    assert!(whole(&kept) == right);
    // What is damaged is as good as nothing.
    for damage in ["release.json", "SHA256SUMS", "sources.tar.gz"] {
        fs::write(kept.join(damage), "").unwrap();
        let output = again(&["--to", "dir:../elsewhere"]);
        assert!(output.code == 0 && output.out.contains("has it already"), "{damage}: {output}");
        assert!(whole(&kept) == right, "{damage}");
    }
}

pub(crate) fn script(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}
