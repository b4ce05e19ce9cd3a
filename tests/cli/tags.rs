//! Tags of versions: signed, of several contracts in a repository, and with what was accepted.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use data_encoding::HEXLOWER;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::env::Output;
use crate::git::git;
use crate::publish::{Repo, one_line, script};

/// Whether git finds a good signature at a tag or a commit, by what it is told besides.
#[expect(clippy::disallowed_methods, reason = "git itself is the judge")]
fn verifies(folder: &Path, told: &[&str], what: &[&str]) -> bool {
    let mut command = std::process::Command::new("git");
    command.args(told).args(what).current_dir(folder);
    let output =
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").output().unwrap();
    output.status.success()
}

/// Runs a program that makes a key.
#[expect(clippy::disallowed_methods, reason = "only it makes such keys")]
fn make(program: &str, arguments: &[&str]) {
    let output = std::process::Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// A contract whose tags and commits git signs with a key that is set up by these settings.
fn signing(repo: &Repo, settings: &[(&str, &str)]) {
    for (key, value) in settings.iter().chain(&[("tag.gpgSign", "true"), ("commit.gpgSign", "true")]) {
        repo.git(&["config", key, value]);
    }
}

#[test]
#[cfg_attr(not(has_ssh_keygen), ignore = "there is no `ssh-keygen`")]
fn what_is_signed_with_an_ssh_key_is_verified_by_git() {
    let repo = Repo::new();
    let around = repo.around();
    let path = |name: &str| around.join(name).to_str().unwrap().to_owned();
    for key in ["ours", "theirs"] {
        make("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", &path(key)]);
        let public = fs::read_to_string(path(&format!("{key}.pub"))).unwrap();
        fs::write(path(&format!("{key}.allowed")), format!("a@example.com {public}")).unwrap();
    }
    signing(&repo, &[("gpg.format", "ssh"), ("user.signingKey", &path("gone"))]);
    let output = repo.run(&["release", "--declare", "1.0.0"]);
    assert!(output.code == 4 && one_line(&output.err).contains("gone"), "{output}");
    assert_eq!((repo.remote().len(), repo.folder().len(), repo.git(&["tag"]).as_str()), (1, 0, ""));

    signing(&repo, &[("user.signingKey", &path("ours"))]);
    let output = repo.run(&["release", "--declare", "1.0.0"]);
    assert_eq!(output.code, 0, "{output}");
    for folder in [repo.env.work(), around.join("origin.git")] {
        for (allowed, good) in [("ours", true), ("theirs", false)] {
            let allowed = format!("gpg.ssh.allowedSignersFile={}", path(&format!("{allowed}.allowed")));
            for what in [["verify-tag", "v1.0.0"], ["verify-commit", "main"]] {
                assert_eq!(verifies(&folder, &["-c", &allowed], &what), good, "{what:?} by {allowed}");
            }
        }
    }
    // What is signed is read again.
    let output = repo.run(&["release", "--from", "v1.0.0", "--quiet"]);
    assert!(output.code == 0 && output.out.contains("has it already"), "{output}");
}

#[test]
#[cfg_attr(not(has_ssh_keygen), ignore = "there is no `ssh-keygen`")]
fn a_tag_that_git_does_not_sign_is_never_published() {
    let repo = Repo::new();
    let gone = repo.around().join("gone").to_str().unwrap().to_owned();
    // Git 2.39 says that it cannot sign the tag, writes it all the same and ends well.
    for (key, value) in [("gpg.format", "ssh"), ("user.signingKey", &gone), ("tag.gpgSign", "true")] {
        repo.git(&["config", key, value]);
    }
    let output = repo.run(&["release", "--declare", "1.0.0"]);
    assert_eq!(output.code, 4, "{output}");
    assert!(one_line(&output.err).contains("gone"), "{output}");
    assert_eq!((repo.remote().len(), repo.folder().len(), repo.git(&["tag"]).as_str()), (1, 0, ""));
}

#[test]
#[cfg(unix)]
fn what_has_no_signature_though_one_is_asked_for_is_never_published() {
    // A git that forgets to sign and says so only on the side; the setting is that of the user, and not of the repository.
    for (key, forgets, what) in
        [("tag.gpgSign", "tag.gpgSign=false", "tag `v1.0.0`"), ("commit.gpgSign", "", "a commit")]
    {
        let repo = Repo::new();
        let around = repo.around();
        repo.git(&["config", "--file", around.join("home/.gitconfig").to_str().unwrap(), key, "true"]);
        fs::create_dir(around.join("bin")).unwrap();
        let real = which::which("git").unwrap();
        let wrapper = format!(
            "#!/bin/sh\nfor word; do case \"$word\" in tag|commit-tree) found=$word;; config) exec '{git}' \"$@\";; esac; done\n\
             case \"$found\" in\n\
             tag) echo 'error: no key' >&2; exec '{git}' -c {forgets} \"$@\";;\n\
             commit-tree) for word; do shift; [ \"$word\" = -S ] || set -- \"$@\" \"$word\"; done; exec '{git}' \"$@\";;\n\
             esac\nexec '{git}' \"$@\"\n",
            git = real.display(),
            forgets = if forgets.is_empty() { "core.x=y" } else { forgets },
        );
        script(&around.join("bin/git"), &wrapper);
        let mut environment = repo.environment();
        let path = environment[std::ffi::OsStr::new("PATH")].clone();
        let first = around.join("bin").into_os_string();
        environment.insert("PATH".into(), [first, path].join(&std::ffi::OsString::from(":")));
        let output = repo.env.run_with(&["release", "--declare", "1.0.0"], |io| {
            (io.env, io.now) = (environment, SystemTime::now());
        });
        assert_eq!(output.code, 4, "{key}: {output}");
        let said = one_line(&output.err);
        let why = format!("git wrote {what} without a signature, though `{key}` asks for one");
        assert!(said.contains(&why) && said.contains("hint: nothing is published"), "{output}");
        assert_eq!((repo.remote().len(), repo.folder().len(), repo.git(&["tag"]).as_str()), (1, 0, ""));
    }
}

#[test]
fn a_version_that_only_this_clone_has_is_none_to_count_from() {
    let repo = Repo::published();
    repo.edit("int32 amount", "string amount");
    repo.git(&["tag", "v1.1.0"]);
    let before = repo.remote();
    let refused = |why: &str| {
        let output = repo.run(&["release", "--quiet"]);
        assert_eq!((output.code, &*output.out), (2, ""), "{output}");
        let said = one_line(&output.err);
        assert!(said.contains(why), "{output}");
        assert!(said.contains("git push origin v1.1.0") && said.contains("git tag -d v1.1.0"), "{output}");
        assert_eq!(repo.remote(), before);
    };
    refused("version tag `v1.1.0` is here, and not on `origin`");
    repo.git(&["tag", "v1.2.0"]);
    refused("version tags `v1.1.0`, `v1.2.0` are here, and not on `origin`");
    repo.git(&["tag", "-d", "v1.1.0", "v1.2.0"]);
    // The break is seen again.
    let output = repo.run(&["release", "--quiet"]);
    assert!(output.code == 1 && output.err.contains("the next version is 2.0.0"), "{output}");
    // What is no version is nobody's business.
    repo.git(&["tag", "mine"]);
    assert_eq!(repo.run(&["release", "--declare", "2.0.0", "--quiet"]).code, 0);
}

#[test]
#[cfg_attr(not(has_gpg), ignore = "there is no `gpg`")]
fn what_is_signed_with_an_openpgp_key_is_verified_by_git() {
    let repo = Repo::new();
    let around = repo.around();
    let mut programs = Vec::new();
    for who in ["ours", "theirs"] {
        let home = around.join(who);
        fs::create_dir(&home).unwrap();
        script(
            &around.join(who).join("run"),
            &format!("#!/bin/sh\nGNUPGHOME='{}' exec gpg --quiet \"$@\"\n", home.display()),
        );
        let program = home.join("run").to_str().unwrap().to_owned();
        let key = [
            "--batch",
            "--passphrase",
            "",
            "--quick-generate-key",
            "A <a@example.com>",
            "ed25519",
            "sign",
            "never",
        ];
        make("chmod", &["700", home.to_str().unwrap()]);
        make(&program, &key);
        programs.push(program);
    }
    signing(&repo, &[("gpg.program", &programs[0])]);
    let output = repo.run(&["release", "--declare", "1.0.0"]);
    assert_eq!(output.code, 0, "{output}");
    for folder in [repo.env.work(), around.join("origin.git")] {
        for (program, good) in programs.iter().zip([true, false]) {
            for what in [["verify-tag", "v1.0.0"], ["verify-commit", "main"]] {
                let told = format!("gpg.program={program}");
                assert_eq!(verifies(&folder, &["-c", &told], &what), good, "{what:?} by {program}");
            }
        }
    }
    for who in ["ours", "theirs"] {
        make("gpgconf", &["--homedir", around.join(who).to_str().unwrap(), "--kill", "all"]);
    }
}

/// Runs a command in a folder of the repository.
fn run_in(repo: &Repo, folder: &str, args: &[&str]) -> Output {
    let (environment, cwd) = (repo.environment(), repo.env.work().join(folder));
    repo.env.run_with(args, |io| {
        (io.env, io.cwd, io.now) = (environment, cwd, SystemTime::now());
    })
}

#[test]
fn contracts_of_one_repository_have_versions_of_their_own() {
    let repo = Repo::new();
    repo.env.remove("protopact.toml");
    repo.env.remove("CHANGELOG.md");
    repo.env.remove("proto/pay/v1/pay.proto");
    let text = |name: &str, field: &str| {
        format!("syntax = \"proto3\";\npackage {name}.v1;\nmessage One {{\n  {field}\n}}\n")
    };
    for name in ["pay", "ship"] {
        let config = format!(
            "[contract]\nname = \"acme/{name}\"\nroots = [\"proto\"]\n\n[release]\ntag = \"{{contract}}/v{{version}}\"\n\
             to = [\"git:origin\", \"dir:../../published\"]\nchangelog = \"CHANGELOG.md\"\n"
        );
        repo.env.write(&format!("{name}/protopact.toml"), &config);
        repo.env.write(&format!("{name}/proto/{name}/v1/{name}.proto"), &text(name, "string id = 1;"));
    }
    repo.push("two contracts");
    let release =
        |folder: &str, more: &[&str]| run_in(&repo, folder, &[&["release", "--quiet"], more].concat());
    for (folder, version) in [("pay", "1.0.0"), ("ship", "0.4.0")] {
        let output = release(folder, &["--declare", version]);
        assert_eq!(output.code, 0, "{output}");
    }
    // An addition here, a break there: each is counted from its own last version, and neither sees the other.
    repo.env.write("pay/proto/pay/v1/pay.proto", &text("pay", "string id = 1; string note = 2;"));
    repo.push("an addition");
    assert_eq!(release("ship", &[]).out, "nothing changed since 0.4.0: no release\n");
    assert_eq!(release("pay", &[]).code, 0);
    repo.env.write("ship/proto/ship/v1/ship.proto", &text("ship", "int32 id = 1;"));
    repo.push("a break");
    assert_eq!(release("pay", &[]).out, "nothing changed since 1.1.0: no release\n");
    let output = release("ship", &[]);
    assert!(output.code == 1 && output.err.contains("the next version is 0.5.0"), "{output}");
    assert_eq!(release("ship", &["--declare", "0.5.0"]).code, 0);

    let tags = ["acme/pay/v1.0.0", "acme/pay/v1.1.0", "acme/ship/v0.4.0", "acme/ship/v0.5.0"];
    let remote = repo.remote();
    let there: Vec<_> = remote.keys().filter_map(|name| name.strip_prefix("refs/tags/")).collect();
    assert_eq!(there, tags);
    for (folder, own, other) in [("pay", ["1.1.0", "1.0.0"], "ship"), ("ship", ["0.5.0", "0.4.0"], "pay")] {
        let listed = run_in(&repo, folder, &["versions", "--places", "--format", "json"]);
        let listed: Value = serde_json::from_str(&listed.out).unwrap();
        let rows = listed["versions"].as_array().unwrap();
        let versions: Vec<_> = rows.iter().map(|row| row["version"].as_str().unwrap()).collect();
        assert_eq!(versions, own);
        let places = serde_json::json!(["git:origin", "dir:../../published"]);
        assert!(rows.iter().all(|row| row["places"] == places), "{listed}");
        let changelog = repo.env.read(&format!("{folder}/CHANGELOG.md"));
        assert!(own.iter().all(|version| changelog.contains(&format!("## [{version}]"))), "{changelog}");
        assert!(!changelog.contains(&format!("{other}.v1")), "{changelog}");
        assert_eq!(git(&repo.env.work(), &["cat-file", "-t", &format!("acme/{folder}/v{}", own[0])]), "tag");
        // Each can be compared with by its own.
        let check = run_in(&repo, folder, &["check", "--against", &format!("acme/{folder}/v{}", own[0])]);
        assert!(check.code == 0 && check.out.contains("0 changes"), "{check}");
    }
}

/// A second contract of the repository, with tags of the same shape.
fn begins_another(repo: &Repo) {
    let config =
        "[contract]\nname = \"acme/ship\"\nroots = [\"proto\"]\n\n[release]\nto = [\"git:origin\"]\n";
    repo.env.write("ship/protopact.toml", config);
    repo.env.write(
        "ship/proto/ship/v1/ship.proto",
        "syntax = \"proto3\";\npackage ship.v1;\nmessage One {\n  string id = 1;\n}\n",
    );
    repo.push("another contract");
}

#[test]
fn tags_of_another_contract_are_no_versions_of_this_one() {
    let repo = Repo::published();
    repo.adds();
    begins_another(&repo);
    let ship = |args: &[&str]| run_in(&repo, "ship", args);
    let told = |output: &Output, all: &[&str]| {
        let said = one_line(&output.err);
        assert!(all.iter().all(|part| said.contains(part)), "{output}");
    };
    let shared =
        "tags of the shape `v{version}` are versions of `acme/pay`, another contract of this repository";
    let own = "give each contract tags of its own: `tag = \"{contract}/v{version}\"`";
    for args in [&["release"][..], &["release", "--dry-run"]] {
        let output = ship(args);
        assert_eq!(output.code, 2, "{output}");
        told(&output, &[shared, own]);
    }
    // It says nothing of a version that this contract never had.
    let output = ship(&["release", "--declare", "1.0.0"]);
    assert_eq!(output.code, 2, "{output}");
    told(&output, &["tag `v1.0.0` is a version of `acme/pay`", own]);
    let output = ship(&["release", "--from", "v1.0.0", "--to", "dir:out"]);
    assert_eq!(output.code, 2, "{output}");
    told(&output, &["tag `v1.0.0` is a version of `acme/pay`, and this contract is `acme/ship`"]);
    assert_eq!(ship(&["versions"]).out, "no version is published\n");
    let output = ship(&["release", "--declare", "0.4.0"]);
    assert_eq!(output.code, 0, "{output}");
    told(&output, &["warning: ", shared, own]);

    // Each is counted from its own last version all the same.
    let output = repo.run(&["release"]);
    assert!(output.code == 0 && output.out.starts_with("version 1.1.0 follows 1.0.0: minor\n"), "{output}");
    let versions = |listed: &Output| {
        let listed: Value = serde_json::from_str(&listed.out).unwrap();
        let rows = listed["versions"].as_array().unwrap().clone();
        rows.iter().map(|row| row["version"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(versions(&repo.run(&["versions", "--format", "json"])), ["1.1.0", "1.0.0"]);
    assert_eq!(versions(&ship(&["versions", "--format", "json"])), ["0.4.0"]);
}

#[test]
fn whatever_lists_versions_leaves_out_those_of_another_contract() {
    let repo = Repo::published();
    begins_another(&repo);
    let ship = |args: &[&str]| run_in(&repo, "ship", args);
    // A contract that has no version, beside one that has: nothing is found, and it is said why.
    let own = "tag `v1.0.0` is a version of `acme/pay`, another contract of this repository: give each contract tags of its \
               own, `tag = \"{contract}/v{version}\"` under `[release]`";
    let nothing = |args: &[&str], code: i32| {
        let output = ship(args);
        assert_eq!(output.code, code, "{args:?}: {output}");
        assert!(one_line(&output.err).contains(own), "{args:?}: {output}");
    };
    nothing(&["check", "--against", "latest"], 4);
    nothing(&["check", "--against", "tag:*"], 2);
    nothing(&["check", "--mode", "backward-transitive"], 2);
    nothing(&["site", "-o", "../../pages"], 2);
    nothing(&["history"], 0);
    // One that has a higher version than the other.
    let output = ship(&["release", "--declare", "3.0.0", "--quiet"]);
    assert_eq!(output.code, 0, "{output}");
    repo.edit("  int32 amount = 2;\n", "");
    let check = repo.run(&["check", "--against", "latest"]);
    assert!(check.code == 1 && check.out.contains("(tag v1.0.0)"), "{check}");
    assert!(check.out.contains("next version must be major (2.0.0)"), "{check}");
    let check = repo.run(&["check", "--against", "tag:*"]);
    assert!(check.out.contains("(tag v1.0.0)"), "{check}");
    let note = "`tag:*` leaves out 1 tag of another contract: `v3.0.0`";
    assert!(one_line(&check.err).contains(note), "{check}");
    let check = repo.run(&["check", "--mode", "backward-transitive"]);
    assert!(check.out.contains("(tag v1.0.0)") && !check.out.contains("v3.0.0"), "{check}");
    // What is named is read whosever it is, and is no version of this one.
    let check = repo.run(&["check", "--against", "v3.0.0", "--format", "json"]);
    let check: Value = serde_json::from_str(&check.out).unwrap();
    let label = check["old"]["label"].as_str().unwrap();
    assert!(label.starts_with("tag `v3.0.0`") && check["old"]["version"].is_null(), "{check}");
    let commit = repo.git(&["rev-parse", "v3.0.0^{commit}"]);
    let check = repo.run(&["check", "--against", &commit, "--format", "json"]);
    let check: Value = serde_json::from_str(&check.out).unwrap();
    let label = check["old"]["label"].as_str().unwrap();
    assert!(label.starts_with("revision ") && check["old"]["version"].is_null(), "{check}");
    let history = repo.run(&["history"]);
    assert!(history.code == 0 && history.out.contains("amount int32 in v1.0.0, deleted"), "{history}");
    assert!(!history.out.contains("v3.0.0"), "{history}");
    // What numbers were used for is asked of the contract's own versions alone.
    repo.edit("int32 amount = 2;\n", "int32 amount = 2;\n  string note = 3;\n");
    let check = repo.run(&["check", "--against", "HEAD"]);
    let (_, note) = check.err.split_once("were looked up in").unwrap_or_default();
    assert!(!note.contains("v3.0.0"), "{check}");
    let site = repo.run(&["site", "-o", "../pages", "--quiet"]);
    assert_eq!(site.code, 0, "{site}");
    let pages = repo.around().join("pages");
    assert!(pages.join("1.0.0").is_dir() && !pages.join("3.0.0").exists(), "{site}");
    let listed = |output: &Output| {
        let listed: Value = serde_json::from_str(&output.out).unwrap();
        listed["versions"].as_array().unwrap().iter().map(|row| row["tag"].to_string()).collect::<String>()
    };
    assert_eq!(listed(&repo.run(&["versions", "--format", "json"])), "\"v1.0.0\"");
    assert_eq!(listed(&ship(&["versions", "--format", "json"])), "\"v3.0.0\"");
}

#[test]
fn a_tag_has_the_hashes_of_what_it_is_of() {
    let repo = Repo::new();
    repo.env.write("proto/pay/v1/more.proto", "syntax = \"proto3\";\npackage pay.v1;\nmessage More {}\n");
    repo.push("two files");
    assert_eq!(repo.run(&["release", "--declare", "1.0.0", "--quiet"]).code, 0);
    let said = repo.git(&["tag", "-l", "--format=%(contents)", "v1.0.0"]);
    let line = |name: &str| {
        let line = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name}: {said}")).to_owned()
    };
    let sum = |bytes: &[u8]| HEXLOWER.encode(&Sha256::digest(bytes));
    // One line a file of the contract as `sha256sum` writes them in the root, sorted by path; of these the sum.
    let blob =
        |path: &str| sum(format!("{}\n", repo.git(&["show", &format!("v1.0.0:proto/{path}")])).as_bytes());
    let lines = ["pay/v1/more.proto", "pay/v1/pay.proto"].map(|path| format!("{}  {path}\n", blob(path)));
    assert_eq!(line("Sources-SHA256"), sum(lines.concat().as_bytes()));
    let set = fs::read(repo.around().join("published/acme/pay/1.0.0/descriptors.binpb")).unwrap();
    assert_eq!(line("Descriptors-SHA256"), sum(&set));
    assert_eq!((line("Contract"), line("Version")), ("acme/pay".to_owned(), "1.0.0".to_owned()));
}

#[test]
fn what_was_accepted_is_named_with_its_reason_and_its_owner() {
    let repo = Repo::published();
    repo.edit("int32 amount", "string amount");
    let report = repo.run(&["check", "--against", "v1.0.0", "--format", "json"]);
    let report: Value = serde_json::from_str(&report.out).unwrap();
    let open: Vec<_> = report["findings"].as_array().unwrap().iter().collect();
    assert!(!open.is_empty(), "{report}");
    for finding in &open {
        let fingerprint = finding["fingerprint"].as_str().unwrap();
        let args = [
            "--reason",
            "nobody pays in numbers",
            "--owner",
            "payments",
            "--until",
            "2.1.0",
            "--against",
            "v1.0.0",
        ];
        let output = repo.run(&[&["waive", fingerprint], &args[..]].concat());
        assert_eq!(output.code, 0, "{output}");
    }
    repo.push("accepted");
    assert_eq!(repo.run(&["check", "--against", "v1.0.0"]).code, 0);
    // What is accepted is a break all the same.
    assert_eq!(repo.run(&["release", "--quiet"]).code, 1);
    let output = repo.run(&["release", "--declare", "2.0.0"]);
    assert_eq!(output.code, 0, "{output}");
    let notes = repo.git(&["tag", "-l", "--format=%(contents)", "v2.0.0"]);
    let kept = fs::read_to_string(repo.around().join("published/acme/pay/2.0.0/CHANGELOG.md")).unwrap();
    for text in [repo.env.read("CHANGELOG.md"), notes, kept] {
        let (_, accepted) = text.split_once("### Accepted breaks").unwrap_or_else(|| panic!("{text}"));
        let accepted = one_line(accepted.split("\n### ").next().unwrap());
        assert!(accepted.contains("accepted by payments until 2.1.0: nobody pays in numbers"), "{text}");
        for finding in &open {
            let (rule, fingerprint) =
                (finding["rule"].as_str().unwrap(), finding["fingerprint"].as_str().unwrap());
            assert!(accepted.contains(&format!("`{rule}`, `{fingerprint}`")), "{text}");
        }
    }
}
