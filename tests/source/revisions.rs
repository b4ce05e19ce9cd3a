//! Revisions, versions, and what is inside their trees.

use git2::FileMode;
use protopact::source::{self, Context, Side, SourceSpec};

use crate::lab::{Lab, Run, explain, open, tree};

const A: &str = "syntax = \"proto3\";\n";
const B: &str = "syntax = \"proto3\";\npackage b;\n";

fn content(lab: &Lab, source: &str) -> String {
    String::from_utf8(lab.tree(source).read("a.proto").unwrap().to_vec()).unwrap()
}

#[test]
fn any_name_git_understands_opens() {
    let lab = Lab::new();
    let first = lab.commit(&[("a.proto", A)]);
    let second = lab.commit(&[("a.proto", B)]);
    lab.tag("v1.0.0", first);
    lab.annotated_tag("v1.1.0", second);
    lab.reference("refs/heads/feature/x", first);
    lab.reference("refs/remotes/origin/main", first);
    let third = lab.commit(&[("c.proto", A)]);
    let prefix = &third.to_string()[..8];
    for (name, want, label) in [
        ("v1.0.0", A, "tag `v1.0.0`".to_owned()),
        ("v1.1.0", B, "tag `v1.1.0`".to_owned()),
        ("feature/x", A, "branch `feature/x`".to_owned()),
        ("origin/main", A, "branch `origin/main`".to_owned()),
        ("main", B, "branch `main`".to_owned()),
        ("HEAD~2", A, format!("revision `HEAD~2` ({})", &first.to_string()[..7])),
        ("v1.1.0^{}", B, format!("revision `v1.1.0^{{}}` ({})", &second.to_string()[..7])),
        (prefix, B, format!("revision `{prefix}`")),
        (".git#tag=v1.0.0", A, "tag `v1.0.0`".to_owned()),
        (".#ref=HEAD~2", A, format!("revision `HEAD~2` ({})", &first.to_string()[..7])),
    ] {
        assert_eq!(content(&lab, name), want, "{name}");
        assert_eq!(lab.tree(name).name().to_string(), label, "{name}");
    }
}

/// The version of a source, with the tag that is named for it.
fn version(lab: &Lab, source: &str) -> Option<(String, String)> {
    let found = lab.tree(source);
    let version = found.name().version()?.to_string();
    Some((version, found.name().tag().unwrap().to_owned()))
}

#[test]
fn a_version_is_known_however_its_tag_is_named() {
    let lab = Lab::new();
    let first = lab.commit(&[("a.proto", A)]);
    let second = lab.commit(&[("a.proto", B)]);
    lab.tag("v1.0.0", first);
    lab.annotated_tag("v1.1.0", second);
    let itself = lab.repo.find_reference("refs/tags/v1.1.0").unwrap().target().unwrap();
    assert_ne!(itself, second);
    let known = |source: &str, number: &str| {
        let want = Some((number.to_owned(), format!("v{number}")));
        assert_eq!(version(&lab, source), want, "{source}");
    };
    for name in ["v1.0.0", "tags/v1.0.0", "refs/tags/v1.0.0", ".#tag=v1.0.0"] {
        known(name, "1.0.0");
    }
    let hash = first.to_string();
    let spelled = [hash.clone(), hash[..7].to_owned(), hash.to_uppercase(), format!(".git#commit={hash}")];
    spelled.iter().for_each(|name| known(name, "1.0.0"));
    for hash in [second, itself] {
        known(&hash.to_string(), "1.1.0");
        known(&hash.to_string()[..9], "1.1.0");
    }
    for name in ["refs/tags/v1.1.0", "tags/v1.1.0", "latest"] {
        known(name, "1.1.0");
    }
    // What is remembered is what is older than the version.
    let origin = lab.tree(&hash).origin().unwrap().clone();
    assert_eq!(origin.revision, lab.tree("v1.0.0").origin().unwrap().revision);
}

#[test]
fn a_name_that_moves_is_no_version() {
    let lab = Lab::new();
    let first = lab.commit(&[("a.proto", A)]);
    let second = lab.commit(&[("a.proto", B)]);
    lab.tag("v1.0.0", first);
    lab.tag("v1.1.0", second);
    lab.tag("stable", second);
    // A branch whose name could be a hash.
    lab.reference("refs/heads/abcdef0", second);
    let moving =
        ["main", "refs/heads/main", "HEAD", "HEAD~1", "main~1", "merge-base:main", "stable", "abcdef0"];
    for name in moving {
        assert_eq!(version(&lab, name), None, "{name}");
    }
    lab.repo.set_head_detached(second).unwrap();
    assert_eq!(version(&lab, "HEAD").unwrap().0, "1.1.0", "it is on no branch");
    assert_eq!(version(&lab, "HEAD~1"), None);
    let untagged = lab.commit(&[("b.proto", A)]);
    assert_eq!(version(&lab, "HEAD"), None);
    assert_eq!(version(&lab, &untagged.to_string()), None);
}

#[test]
fn of_several_versions_at_a_commit_the_highest_counts_and_is_told() {
    let lab = Lab::new();
    let commit = lab.commit(&[("a.proto", A)]);
    for tag in ["v1.9.0", "v1.10.0", "v1.10.0-rc.1", "other"] {
        lab.tag(tag, commit);
    }
    let hash = &commit.to_string()[..10];
    assert_eq!(version(&lab, hash).unwrap().0, "1.10.0");
    let notes = Run::at(lab.path()).new_side(hash).layout.notes;
    let want = format!(
        "`{hash}` is taken as tag `v1.10.0`, the highest version there; also `v1.9.0`, `v1.10.0-rc.1`"
    );
    assert!(notes.contains(&want), "{notes:?}");
    // One that is named is that one.
    assert_eq!(version(&lab, "refs/tags/v1.9.0").unwrap().0, "1.9.0");
    let notes = Run::at(lab.path()).new_side("refs/tags/v1.9.0").layout.notes;
    assert!(!notes.iter().any(|n| n.contains("highest")), "{notes:?}");
}

#[test]
fn only_tags_of_the_shape_are_versions() {
    let lab = Lab::new();
    let commit = lab.commit(&[("a.proto", A)]);
    lab.tag("v7.0.0", commit);
    lab.annotated_tag("acme/pay/v1.2.0", commit);
    let hash = commit.to_string();
    for name in [&*hash, "acme/pay/v1.2.0", "refs/tags/acme/pay/v1.2.0"] {
        let spec = SourceSpec::parse(name, lab.path(), Side::Old).unwrap();
        let tag = protopact::git::TagPattern::parse("acme/pay/v{version}").unwrap();
        let context = Context { tag, ..Context::new(lab.path()) };
        let found = tree(source::open(&spec, context));
        assert_eq!(found.name().version().map(ToString::to_string).as_deref(), Some("1.2.0"), "{name}");
        assert_eq!(found.name().to_string(), "tag `acme/pay/v1.2.0`");
    }
    assert_eq!(version(&lab, "acme/pay/v1.2.0"), None);
}

#[test]
fn upstream_is_the_tracked_branch() {
    let lab = Lab::new();
    let first = lab.commit(&[("a.proto", A)]);
    lab.commit(&[("a.proto", B)]);
    lab.repo.remote("origin", "https://example.com/x.git").unwrap();
    lab.reference("refs/remotes/origin/main", first);
    lab.repo.find_branch("main", git2::BranchType::Local).unwrap().set_upstream(Some("origin/main")).unwrap();
    assert_eq!(content(&lab, "@{upstream}"), A);
    assert_eq!(content(&lab, "@{u}"), A);
}

#[test]
fn latest_is_the_highest_version_and_pre_releases_count_only_when_asked() {
    let lab = Lab::new();
    let first = lab.commit(&[("a.proto", A)]);
    let second = lab.commit(&[("a.proto", B)]);
    lab.tag("v1.10.0", first);
    for other in ["v1.9.0", "v2.0.0-rc.1", "v1.2", "vNext", "other/v9.0.0"] {
        lab.tag(other, second);
    }
    assert_eq!(lab.tree("latest").name().to_string(), "tag `v1.10.0`");
    assert_eq!(lab.tree("latest-pre").name().to_string(), "tag `v2.0.0-rc.1`");
    let spec = SourceSpec::parse("latest", lab.path(), Side::Old).unwrap();
    let tag = protopact::git::TagPattern::parse("other/v{version}").unwrap();
    let context = Context { tag, ..Context::new(lab.path()) };
    assert_eq!(tree(source::open(&spec, context)).name().to_string(), "tag `other/v9.0.0`");
}

#[test]
fn without_versions_the_error_says_what_the_tags_look_like() {
    let lab = Lab::new();
    let first = lab.commit(&[("a.proto", A)]);
    let none = explain(&lab.open("latest").unwrap_err());
    assert!(none.contains("hint: no tags are here"), "{none}");
    lab.tag("v1.0.0-rc.1", first);
    let only_pre = explain(&lab.open("latest").unwrap_err());
    assert!(only_pre.contains("`latest-pre`"), "{only_pre}");
    lab.repo.tag_delete("v1.0.0-rc.1").unwrap();
    lab.tag("release-1.0.0", first);
    let shape = explain(&lab.open("latest").unwrap_err());
    assert!(
        shape.contains("`tag = \"release-{version}\"`") || shape.contains("release-{version}"),
        "{shape}"
    );
}

#[test]
fn the_merge_base_of_diverged_branches() {
    let lab = Lab::new();
    let base = lab.commit(&[("a.proto", A)]);
    lab.commit(&[("b.proto", A)]);
    let ours = lab.repo.head().unwrap().target().unwrap();
    lab.reference("refs/heads/theirs", base);
    lab.repo.set_head("refs/heads/theirs").unwrap();
    lab.commit(&[("c.proto", A)]);
    lab.repo.set_head("refs/heads/main").unwrap();
    assert_eq!(lab.repo.head().unwrap().target().unwrap(), ours);
    let found = lab.tree("merge-base:theirs");
    assert_eq!(found.protos().collect::<Vec<_>>(), ["a.proto"]);
    assert_eq!(found.name().to_string(), format!("merge base with `theirs` ({})", &base.to_string()[..7]));
}

#[test]
fn unrelated_histories_have_no_merge_base() {
    let lab = Lab::new();
    lab.commit(&[("a.proto", A)]);
    lab.repo.set_head("refs/heads/other").unwrap();
    lab.commit(&[("a.proto", B)]);
    let error = explain(&lab.open("merge-base:main").unwrap_err());
    assert!(error.contains("`main` and HEAD have no common ancestor"), "{error}");
}

#[test]
fn an_unknown_revision_names_near_matches_and_the_command_that_gets_it() {
    let lab = Lab::new();
    let first = lab.commit(&[("a.proto", A)]);
    lab.tag("v1.2.0", first);
    let local = explain(&lab.open("v1.3.0").unwrap_err());
    assert!(local.contains("did you mean `v1.2.0`"), "{local}");
    assert!(!local.contains("git fetch"), "there is no remote: {local}");

    lab.repo.remote("origin", "https://example.com/x.git").unwrap();
    let error = |name: &str| explain(&lab.open(name).unwrap_err());
    assert!(error("v7.0.0").contains("`git fetch origin tag v7.0.0`"), "{}", error("v7.0.0"));
    assert!(error("origin/main").contains("did you mean `main`"), "{}", error("origin/main"));
    assert!(error("origin/release").contains("`git fetch origin +release:refs/remotes/origin/release`"));
    assert!(error("some-branch").contains("`git fetch origin some-branch`"), "{}", error("some-branch"));
    assert!(!error("--upload-pack=x").contains("git fetch"), "{}", error("--upload-pack=x"));
    assert!(error("it's;bad").contains(r"'it'\''s;bad'"), "{}", error("it's;bad"));
}

#[test]
fn a_shallow_clone_says_so() {
    let lab = Lab::new();
    lab.commit(&[("a.proto", A)]);
    let second = lab.commit(&[("a.proto", B)]);
    lab.repo.remote("origin", "https://example.com/x.git").unwrap();
    std::fs::write(lab.path().join(".git/shallow"), format!("{second}\n")).unwrap();
    let tag = explain(&lab.open("v1.0.0").unwrap_err());
    assert!(
        tag.contains("(a shallow clone)") && tag.contains("`git fetch --depth=1 origin tag v1.0.0`"),
        "{tag}"
    );
    let branch = explain(&lab.open("origin/main").unwrap_err());
    assert!(branch.contains("`git fetch --depth=1 origin +main:refs/remotes/origin/main`"), "{branch}");
    let parent = explain(&lab.open("HEAD~1").unwrap_err());
    assert!(
        parent.contains(&format!("`git fetch --unshallow origin {second}` or with `--fetch`")),
        "{parent}"
    );
}

#[test]
fn a_ref_on_a_branch_is_looked_for_there() {
    let lab = Lab::new();
    let first = lab.commit(&[("a.proto", A)]);
    let second = lab.commit(&[("a.proto", B)]);
    lab.reference("refs/heads/old", first);
    lab.reference("refs/remotes/origin/old", first);
    let third = lab.commit(&[("a.proto", A)]);
    for (text, want) in [
        (".git#branch=main,ref=HEAD", A),
        (".git#branch=main,ref=HEAD~1", B),
        (".git#ref=@~1,branch=main", B),
        (".git#branch=old,ref=HEAD", A),
        (".git#branch=origin/old,ref=HEAD", A),
        (&format!(".git#branch=main,commit={second}"), B),
        (&format!(".git#branch=main,ref={third}"), A),
    ] {
        assert_eq!(content(&lab, text), want, "{text}");
    }
    assert_eq!(
        lab.tree(".git#branch=main,ref=HEAD~1").name().to_string().split(' ').nth(1),
        Some("`main~1`")
    );
    let error = |text: &str| explain(&lab.open(text).unwrap_err());
    // Neither the one nor the other is compared in silence.
    let elsewhere = error(&format!(".git#branch=old,ref={second}"));
    assert!(elsewhere.contains(&format!("revision `{second}` is not on branch `old`")), "{elsewhere}");
    let before = error(".git#branch=old,ref=HEAD~1");
    assert!(before.contains("revision `refs/heads/old~1` does not exist"), "{before}");
    let unknown = error(".git#branch=olf,ref=HEAD~1");
    assert!(
        unknown.contains("revision `olf` does not exist") && unknown.contains("did you mean `old`"),
        "{unknown}"
    );
}

#[test]
fn a_clone_without_folders_says_what_gets_them() {
    let lab = Lab::new();
    let first = lab.commit(&[("a.proto", A)]);
    lab.commit(&[("a.proto", B)]);
    let tree = lab.repo.find_commit(first).unwrap().tree_id().to_string();
    std::fs::remove_file(lab.path().join(".git/objects").join(&tree[..2]).join(&tree[2..])).unwrap();
    let lost = explain(&lab.open("HEAD~1").unwrap_err());
    assert!(!lost.contains("partial clone"), "{lost}");
    lab.repo.config().unwrap().set_bool("remote.origin.promisor", true).unwrap();
    let elsewhere = explain(&lab.open("HEAD~1").unwrap_err());
    assert!(elsewhere.contains("revision `HEAD~1` is here without its files"), "{elsewhere}");
    assert!(elsewhere.contains("`git fetch --refetch --no-filter`"), "{elsewhere}");
}

/// What git itself says, with a fixed author and clock and nothing of the user's configuration.
#[expect(clippy::disallowed_methods, reason = "only git makes and packs such repositories")]
fn git(dir: &std::path::Path, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new("git");
    command.current_dir(dir).args(arguments).env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", dir);
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{who}_NAME"), "Tester")
            .env(format!("GIT_{who}_EMAIL"), "tester@example.com");
        command.env(format!("GIT_{who}_DATE"), "1700000000 +0000");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn objects_named_by_sha_256_are_read_like_all_others() {
    let dir = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| git(dir.path(), arguments);
    git(&["init", "--quiet", "--object-format=sha256", "--initial-branch=main"]);
    let commit = |files: &[(&str, &str)]| {
        crate::lab::write(dir.path(), files);
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", "x"]);
        git(&["rev-parse", "HEAD"])
    };
    let first = commit(&[("a.proto", A), ("deep/er/b.proto", A)]);
    assert_eq!(first.len(), 64);
    git(&["tag", "v1.0.0"]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("a.proto", dir.path().join("c.proto")).unwrap();
    let second = commit(&[("a.proto", B)]);
    git(&["tag", "--annotate", "--message", "x", "v1.1.0"]);
    git(&["branch", "feature"]);
    commit(&[("a.proto", "// newest\n")]);
    let spec = |text: &str| SourceSpec::parse(text, dir.path(), Side::Old).unwrap();
    let read = |text: &str, file: &str| {
        let tree = tree(source::open(&spec(text), Context::new(dir.path())));
        String::from_utf8(tree.read(file).unwrap_or_else(|e| panic!("{text}: {e:?}")).to_vec()).unwrap()
    };
    // Objects in files of their own, then in a pack, then with what git writes beside packs.
    for step in [&["status"][..], &["gc", "--quiet"], &["commit-graph", "write", "--reachable"]] {
        git(step);
        for (name, want) in [
            ("v1.0.0", A),
            ("v1.1.0", B),
            ("latest", B),
            ("feature", B),
            ("HEAD~1", B),
            ("main~2", A),
            ("v1.1.0^{}", B),
            ("merge-base:feature", B),
            (&first, A),
            (&first[..8], A),
            (&second, B),
            (".git#branch=main,ref=HEAD~2", A),
        ] {
            assert_eq!(read(name, "a.proto"), want, "{name} after {step:?}");
        }
        assert_eq!(read("v1.0.0:deep", "er/b.proto"), A);
        #[cfg(unix)]
        assert_eq!(read("v1.1.0", "c.proto"), B);
    }
    let error = explain(&source::open(&spec("v1.0.1"), Context::new(dir.path())).unwrap_err());
    assert!(error.contains("revision `v1.0.1` does not exist"), "{error}");
    let repo = protopact::git::Repo::discover(dir.path()).unwrap();
    let shape = protopact::git::TagPattern::default();
    let head = repo.resolve("HEAD").unwrap();
    let (published, _) = repo.published(&shape, &head, 10).unwrap();
    let published: Vec<String> = published.iter().map(|p| p.version.to_string()).collect();
    assert_eq!(published, ["1.1.0", "1.0.0"]);
    let known = repo.versions_at(&repo.resolve(&second).unwrap(), &shape).unwrap();
    assert_eq!(known.iter().map(|(_, tag)| &**tag).collect::<Vec<_>>(), ["v1.1.0"]);
}

#[test]
fn an_unknown_object_format_is_refused_with_a_way_round() {
    let lab = Lab::new();
    lab.commit(&[("a.proto", A)]);
    for extension in ["objectformat = sha512", "refstorage = reftable"] {
        let config = format!("[core]\n\trepositoryformatversion = 1\n[extensions]\n\t{extension}\n");
        std::fs::write(lab.path().join(".git/config"), config).unwrap();
        let error = explain(&open(lab.path(), "HEAD", Side::Old).unwrap_err());
        assert!(error.contains("uses a storage format that cannot be read"), "{extension}: {error}");
        assert!(error.contains("`git worktree add ../old REVISION`"), "{extension}: {error}");
        // What is on disk is read all the same.
        assert_eq!(tree(open(lab.path(), ".", Side::New)).protos().count(), 1);
    }
}

#[test]
fn a_repository_without_commits_says_so() {
    let lab = Lab::new();
    for name in ["HEAD", "main", "v1.0.0"] {
        let error = explain(&lab.open(name).unwrap_err());
        assert!(error.contains("has no commits yet"), "{name}: {error}");
    }
}

#[test]
fn outside_a_repository_the_error_says_so() {
    let dir = crate::lab::directory(&[("a.proto", A)]);
    let error = explain(&open(dir.path(), "main", Side::Old).unwrap_err());
    assert!(error.contains("is not inside a git repository"), "{error}");
}

#[test]
fn a_bare_word_is_a_revision_first_and_a_directory_second() {
    let lab = Lab::new();
    let first = lab.commit(&[("a.proto", A)]);
    lab.write(&[("old/b.proto", B)]);
    assert_eq!(lab.tree("old").name().to_string(), "directory `old`", "no such revision");
    lab.tag("old", first);
    assert_eq!(lab.tree("old").name().to_string(), "tag `old`");
    assert_eq!(lab.tree("./old").name().to_string(), "directory `./old`");
}

#[test]
fn a_linked_worktree_has_its_own_head() {
    let lab = Lab::new();
    lab.commit(&[("a.proto", A)]);
    let place = tempfile::tempdir().unwrap();
    let linked = place.path().join("linked");
    lab.repo.worktree("linked", &linked, None).unwrap();
    lab.commit(&[("a.proto", B)]);
    let head = tree(open(&linked, "HEAD", Side::Old));
    assert_eq!(&head.read("a.proto").unwrap()[..], A.as_bytes());
    let main = tree(open(&linked, "main", Side::Old));
    assert_eq!(&main.read("a.proto").unwrap()[..], B.as_bytes());
}

#[test]
fn folders_of_revisions() {
    let lab = Lab::new();
    let first = lab.commit(&[("proto/acme/a.proto", A), ("docs/x.txt", "x")]);
    lab.tag("v1", first);
    let found = lab.tree("v1:proto");
    assert_eq!(found.protos().collect::<Vec<_>>(), ["acme/a.proto"]);
    assert_eq!(found.display("acme/a.proto"), "proto/acme/a.proto", "the path inside the repository");
    let from_cwd = tree(open(&lab.path().join("proto"), "v1:./acme", Side::Old));
    assert_eq!(from_cwd.protos().collect::<Vec<_>>(), ["a.proto"]);
    let whole = tree(open(&lab.path().join("proto"), "v1:", Side::Old));
    assert_eq!(whole.protos().collect::<Vec<_>>(), ["proto/acme/a.proto"]);
    let error = explain(&lab.open("v1:prto/acme").unwrap_err());
    assert!(error.contains("folder `prto/acme` does not exist in tag `v1`"), "{error}");
    assert!(error.contains("did you mean `proto`"), "{error}");
    let error = explain(&lab.open("v1:../x").unwrap_err());
    assert!(error.contains("does not exist"), "{error}");
}

#[test]
fn ids_are_equal_exactly_when_bytes_are_wherever_files_come_from() {
    let lab = Lab::new();
    lab.commit(&[("a.proto", A), ("b.proto", A), ("buf.yaml", "version: v1\n")]);
    lab.write(&[("b.proto", B)]);
    let (on_disk, in_git) = (lab.tree("."), lab.tree("HEAD"));
    assert_eq!(on_disk.id("a.proto").unwrap(), in_git.id("a.proto").unwrap());
    assert_ne!(on_disk.id("b.proto").unwrap(), in_git.id("b.proto").unwrap());
    assert!(in_git.contains("buf.yaml"), "configuration files belong to the tree");
    let all = ["b.proto", "a.proto", "no.proto"];
    for tree in [&on_disk, &in_git] {
        let read = tree.read_all(&all);
        assert_eq!(&read[1].as_ref().unwrap()[..], A.as_bytes());
        assert!(read[2].is_err());
    }
}

#[test]
fn links_in_a_tree_are_followed_inside_it_only() {
    let lab = Lab::new();
    let (blob, link) = (FileMode::Blob, FileMode::Link);
    let file = lab.blob(A);
    let inner = lab.raw_tree(&[
        (b"up.proto", link, lab.blob("../a.proto")),
        (b"back", link, lab.blob("..")),
        (b"real.proto", blob, file),
    ]);
    let tree_id = lab.raw_tree(&[
        (b"a.proto", blob, file),
        (b"dir", FileMode::Tree, inner),
        (b"alias", link, lab.blob("dir/../dir")),
        (b"absolute.proto", link, lab.blob("/etc/passwd")),
        (b"dangling.proto", link, lab.blob("nowhere")),
        (b"escape.proto", link, lab.blob("dir/../../x.proto")),
        (b"loop.proto", link, lab.blob("loop.proto")),
        (b"outside", link, lab.blob("../elsewhere")),
    ]);
    lab.commit_tree(tree_id);
    let found = lab.tree("HEAD");
    let protos: Vec<_> = found.protos().collect();
    assert_eq!(protos, ["a.proto", "alias/real.proto", "alias/up.proto", "dir/real.proto", "dir/up.proto"]);
    let problems: Vec<_> =
        found.problems().iter().map(|p| (p.path.as_str(), p.fatal, p.message.as_str())).collect();
    let out = |target: &str| format!("is a link to `{target}`, out of the repository, and is not followed");
    let back = "is a link to `..`, which leads back to it";
    let expected = [
        ("absolute.proto", true, &*out("/etc/passwd")),
        ("alias/back", false, back),
        ("dangling.proto", false, "is a link to `nowhere`, which does not exist"),
        ("dir/back", false, back),
        ("escape.proto", true, &*out("dir/../../x.proto")),
        ("loop.proto", true, "is a link to `loop.proto`, which leads back to it"),
        ("outside", false, &*out("../elsewhere")),
    ];
    assert_eq!(problems, expected);
}

#[test]
fn names_no_import_can_have_are_reported() {
    let lab = Lab::new();
    let file = lab.blob(A);
    let tree_id = lab.raw_tree(&[
        (b"caf\xe9.proto", FileMode::Blob, file),
        (b"back\\slash.proto", FileMode::Blob, file),
        ("käse.proto".as_bytes(), FileMode::Blob, file),
        (b"x.proto", FileMode::Tree, lab.raw_tree(&[(b"y.proto", FileMode::Blob, file)])),
        (b".proto", FileMode::Blob, file),
        (b"bell\x07.txt", FileMode::Blob, file),
    ]);
    lab.commit_tree(tree_id);
    let found = lab.tree("HEAD");
    assert_eq!(found.protos().collect::<Vec<_>>(), ["käse.proto", "x.proto/y.proto"]);
    let problems: Vec<&str> = found.problems().iter().map(|p| p.path.as_str()).collect();
    assert_eq!(problems, ["back\\slash.proto", "caf\u{fffd}.proto"]);
}

#[test]
fn a_submodule_is_read_where_its_objects_are() {
    let inner = Lab::new();
    let commit = inner.commit(&[("google/type.proto", A)]);
    let outer = Lab::new();
    let url = inner.path().to_str().unwrap();
    let modules = format!("[submodule \"third_party/google\"]\n\tpath = third_party/google\n\turl = {url}\n");
    outer.write(&[(".gitmodules", &modules), ("a.proto", A)]);
    let gitlink = FileMode::Commit;
    let third_party = outer.raw_tree(&[(b"google", gitlink, commit)]);
    let root = outer.raw_tree(&[
        (b".gitmodules", FileMode::Blob, outer.blob(&modules)),
        (b"a.proto", FileMode::Blob, outer.blob(A)),
        (b"third_party", FileMode::Tree, third_party),
    ]);
    outer.commit_tree(root);

    let absent = outer.tree("HEAD");
    assert_eq!(absent.protos().collect::<Vec<_>>(), ["a.proto"]);
    assert!(absent.problems()[0].message.contains("is a submodule whose commit"), "{:?}", absent.problems());
    assert!(!absent.problems()[0].fatal);

    git2::Repository::clone(url, outer.path().join("third_party/google")).unwrap();
    let present = outer.tree("HEAD");
    assert_eq!(present.protos().collect::<Vec<_>>(), ["a.proto", "third_party/google/google/type.proto"]);
    let read = present.read_all(&["third_party/google/google/type.proto", "a.proto"]);
    assert!(read.iter().all(|r| r.as_ref().unwrap() == A.as_bytes()));
    assert_eq!(present.problems(), []);

    // The working tree of the submodule is a source by itself, with its own revisions.
    let inside = outer.path().join("third_party/google");
    assert_eq!(tree(open(&inside, "HEAD", Side::Old)).protos().collect::<Vec<_>>(), ["google/type.proto"]);
}

#[test]
fn a_bare_repository_and_another_repository() {
    let lab = Lab::new();
    let first = lab.commit(&[("proto/a.proto", A)]);
    lab.tag("v1", first);
    let place = tempfile::tempdir().unwrap();
    git2::build::RepoBuilder::new()
        .bare(true)
        .clone(lab.path().to_str().unwrap(), &place.path().join("x.git"))
        .unwrap();
    for text in ["x.git#ref=v1,subdir=proto", "./x.git#tag=v1,subdir=proto", "x.git#subdir=proto"] {
        assert_eq!(
            tree(open(place.path(), text, Side::Old)).protos().collect::<Vec<_>>(),
            ["a.proto"],
            "{text}"
        );
    }
    let error = explain(&open(place.path(), "x.git#branch=nope", Side::Old).unwrap_err());
    assert!(error.contains("revision `nope` does not exist"), "{error}");
}

#[test]
fn a_git_lfs_pointer_is_no_proto_file() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    let lab = Lab::new();
    lab.commit(&[("a.proto", pointer)]);
    for source in [".", "HEAD"] {
        let error = Run::at(lab.path()).try_new(source).unwrap_err();
        assert!(error.to_string().contains("a Git LFS pointer stands in the place of the file"), "{error}");
        assert!(error.hint().unwrap().contains("git lfs pull"));
    }
}

#[test]
#[cfg_attr(not(superuser), ignore = "only the superuser may give a folder away")]
fn a_repository_of_somebody_else_is_explained() {
    let lab = Lab::new();
    lab.commit(&[("a.proto", A)]);
    for given in [lab.path(), &lab.path().join(".git")] {
        std::os::unix::fs::chown(given, Some(12_345), None).unwrap();
    }
    let error = explain(&lab.open("HEAD").unwrap_err());
    assert!(error.contains("it belongs to another user"), "{error}");
    assert!(error.contains("`git config --global --add safe.directory "), "{error}");
}
