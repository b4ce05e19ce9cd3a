//! Git repositories.

use std::fs;
use std::os::unix::fs::symlink;

use git2::{ObjectType, Oid, Repository, Signature, Time};

use crate::lab::{GOOD, Lab, Ran};

const FILE: &str = "100644";
const LINK: &str = "120000";
const TREE: &str = "40000";
const SUBMODULE: &str = "160000";

/// A repository in the folder `repo`, whose objects are made by hand: git2 refuses to make what is wrong.
struct Hostile {
    lab: Lab,
    repository: Repository,
}

/// A commit on `main` of a tree that holds `proto/x.proto` and whatever else.
impl Hostile {
    fn new() -> Hostile {
        let lab = Lab::new();
        let mut options = git2::RepositoryInitOptions::new();
        options.initial_head("main").external_template(false);
        let repository = Repository::init_opts(lab.path("repo"), &options).unwrap();
        Hostile { lab, repository }
    }

    fn blob(&self, content: impl AsRef<[u8]>) -> Oid {
        self.repository.blob(content.as_ref()).unwrap()
    }

    fn tree(&self, entries: &[(&str, &[u8], Oid)]) -> Oid {
        let mut sorted = entries.to_vec();
        sorted.sort_by_key(|(mode, name, _)| [*name, if *mode == TREE { b"/" } else { b"" }].concat());
        let mut raw = Vec::new();
        for (mode, name, id) in sorted {
            raw.extend_from_slice(mode.as_bytes());
            raw.push(b' ');
            raw.extend_from_slice(name);
            raw.push(0);
            raw.extend_from_slice(id.as_bytes());
        }
        self.repository.odb().unwrap().write(ObjectType::Tree, &raw).unwrap()
    }

    /// A commit of a tree, as the branch `main`.
    fn commit(&self, tree: Oid) -> Oid {
        let text = format!(
            "tree {tree}\nauthor A <a@example.com> 1700000000 +0000\ncommitter A <a@example.com> 1700000000 +0000\n\nx\n"
        );
        let id = self.repository.odb().unwrap().write(ObjectType::Commit, text.as_bytes()).unwrap();
        self.repository.reference("refs/heads/main", id, true, "").unwrap();
        id
    }

    /// The good contract and something beside it.
    fn with(&self, entries: &[(&str, &[u8], Oid)]) -> Oid {
        let good = self.blob(GOOD);
        self.commit(self.tree(&[&[(FILE, b"good.proto".as_slice(), good)], entries].concat()))
    }

    /// The revision on either side.
    fn against(&self, revision: &str) -> Vec<Ran> {
        let named = format!("repo#ref={revision}");
        vec![
            self.lab.run(&["check", "good", "--against", &named]),
            self.lab.run(&["check", &named, "--against", "good"]),
            self.lab.run(&["build", &named, "-o", "out.binpb"]),
            self.lab.run(&["diff", "good", &named, "--text"]),
            self.lab.run(&["-C", "repo", "check", "../good", "--against", revision]),
        ]
    }

    fn refused(&self, revision: &str, code: i32, says: &[&str]) {
        for ran in self.against(revision) {
            // A text diff compiles nothing; a bare word is a usage error where it is no revision.
            let bare = code == 4 && ran.what.contains("\"-C\"") && ran.code == Some(2);
            if !ran.what.contains("--text") && !bare {
                ran.ends(code);
                ran.says(says);
            }
        }
        assert!(!self.lab.path("out.binpb").exists());
    }

    fn taken(&self, revision: &str) {
        for ran in self.against(revision) {
            assert!(matches!(ran.code, Some(0 | 1)), "{}: {:?}\n{}", ran.what, ran.code, ran.err);
        }
    }
}

#[test]
fn repositories_with_nothing_in_them() {
    let repo = Hostile::new();
    repo.refused("HEAD", 4, &["no commits yet", "hint"]);
    let ran = repo.lab.run(&["-C", "repo", "check", "../good", "--against", "latest"]);
    ran.ends(4);
    repo.lab.write("repo/good.proto", GOOD);
    repo.lab.run(&["-C", "repo", "check", "--against", "HEAD"]).ends(2);
    repo.lab.run(&["-C", "repo", "build"]).ends(0);
    repo.commit(repo.tree(&[]));
    for ran in repo.against("main") {
        assert!(matches!(ran.code, Some(0 | 2)), "{}: {:?}", ran.what, ran.code);
    }
}

#[test]
fn bare_and_detached() {
    let repo = Hostile::new();
    let id = repo.with(&[]);
    repo.repository.set_head_detached(id).unwrap();
    repo.taken("HEAD");
    repo.taken(&id.to_string());
    repo.taken("main");
    let bare = Repository::init_bare(repo.lab.path("bare")).unwrap();
    let odb = bare.odb().unwrap();
    repo.repository
        .odb()
        .unwrap()
        .foreach(|id| {
            let from = repo.repository.odb().unwrap();
            let object = from.read(*id).unwrap();
            odb.write(object.kind(), object.data()).unwrap();
            true
        })
        .unwrap();
    bare.reference("refs/heads/main", id, true, "").unwrap();
    repo.lab.run(&["check", "good", "--against", "bare#ref=main"]).ends(0);
    repo.lab.run(&["check", "bare#ref=main", "--against", "good"]).ends(0);
    // A bare repository is no folder of sources.
    let ran = repo.lab.run(&["build", "bare"]);
    assert!(ran.code.is_some_and(|c| c != 1), "{}", ran.err);
}

#[test]
fn revisions_that_are_none() {
    let repo = Hostile::new();
    repo.with(&[]);
    let odd = [
        "--upload-pack=touch gotcha",
        "-x",
        "--",
        "gone",
        "gone~1",
        "HEAD~99999999999999999999",
        "HEAD^{/(((((((}",
        "HEAD^{commit}^{blob}",
        "HEAD@{99999999}",
        "@{-1}",
        "0000000000000000000000000000000000000000",
        "deadbeef",
        "main:good.proto",
        "main:gone",
        "main:../..",
        "main:/etc",
        "main..main",
        "a b",
        "*",
        "\u{202e}nur",
        "refs/heads/",
        "merge-base:",
        "merge-base:gone",
        "latest-",
        &"x".repeat(100_000),
        &"HEAD~1".repeat(10_000),
        &"^".repeat(100_000),
    ];
    for revision in odd {
        let against = format!("--against={revision}");
        let ran = repo.lab.run(&["-C", "repo", "check", "../good", &against]);
        assert!(matches!(ran.code, Some(2..=4)), "{}: {:?}\n{}", ran.what, ran.code, ran.err);
        let ran = repo.lab.run(&["check", "good", "--against", &format!("repo#ref={revision}")]);
        assert!(matches!(ran.code, Some(2..=4)), "{}: {:?}\n{}", ran.what, ran.code, ran.err);
        let ran = repo.lab.run(&["-C", "repo", "diff", "--", "../good", revision]);
        assert!(matches!(ran.code, Some(0 | 2..=4)), "{}: {:?}\n{}", ran.what, ran.code, ran.err);
    }
    for control in ["a\nb", "\u{1b}[2J", "a\u{7}"] {
        let ran = repo.lab.run(&["-C", "repo", "check", "../good", &format!("--against={control}")]);
        ran.ends(2);
    }
    assert!(!repo.lab.listing().iter().any(|p| p.ends_with("gotcha")), "a revision was run");
}

#[test]
fn tags_that_point_elsewhere() {
    let repo = Hostile::new();
    repo.with(&[]);
    let who = Signature::new("A", "a@example.com", &Time::new(1_700_000_000, 0)).unwrap();
    let blob = repo.blob("no commit");
    let blob = repo.repository.find_object(blob, None).unwrap();
    repo.repository.tag_lightweight("v1.0.0", &blob, false).unwrap();
    repo.refused("v1.0.0", 4, &["v1.0.0", "file", "hint"]);
    repo.repository.tag("v2.0.0", &blob, &who, "to a blob", false).unwrap();
    repo.refused("v2.0.0", 4, &["v2.0.0"]);
    // A tag of a tag of a tag …
    let mut object = repo.repository.revparse_single("main").unwrap();
    for i in 0..200 {
        let id = repo.repository.tag(&format!("deep{i}"), &object, &who, "", false).unwrap();
        object = repo.repository.find_object(id, None).unwrap();
    }
    repo.taken("deep199");
    let ran = repo.lab.run(&["-C", "repo", "check", "../good", "--against", "latest"]);
    ran.ends(4);
    // References to what is not there.
    fs::create_dir_all(repo.lab.path("repo/.git/refs/tags")).unwrap();
    fs::write(repo.lab.path("repo/.git/refs/tags/v9.0.0"), "0123456789012345678901234567890123456789\n")
        .unwrap();
    fs::write(repo.lab.path("repo/.git/refs/tags/v9.0.1"), "ref: refs/tags/v9.0.1\n").unwrap();
    fs::write(repo.lab.path("repo/.git/refs/tags/v9.0.2"), b"\0\xff\n").unwrap();
    fs::write(repo.lab.path("repo/.git/packed-refs"), b"garbage \xff\n\0").unwrap();
    for revision in ["v9.0.0", "v9.0.1", "v9.0.2", "latest"] {
        let ran = repo.lab.run(&["-C", "repo", "check", "../good", "--against", revision]);
        assert!(matches!(ran.code, Some(2..=4)), "{}: {:?}\n{}", ran.what, ran.code, ran.err);
    }
}

/// Bytes whose last one, a part of the checksum, is another.
fn changed_at_the_end(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    bytes
}

#[test]
fn object_databases_that_are_broken() {
    // One object after the other is lost, has a wrong checksum, is another object or no object at all.
    for harm in 0..4 {
        let repo = Hostile::new();
        let inner = repo.tree(&[(FILE, b"deep.proto", repo.blob("syntax = \"proto3\";\nmessage Deep {}\n"))]);
        repo.with(&[(TREE, b"dir", inner)]);
        let objects: Vec<_> = walkdir::WalkDir::new(repo.lab.path("repo/.git/objects"))
            .sort_by_file_name()
            .into_iter()
            .flatten()
            .filter(|e| e.file_type().is_file())
            .map(|e| e.path().to_path_buf())
            .collect();
        assert!(objects.len() >= 5);
        let sound = repo.against("main");
        let wholes: Vec<_> = objects.iter().map(|o| fs::read(o).unwrap()).collect();
        for (place, object) in objects.iter().enumerate() {
            let other = &wholes[(place + 1) % wholes.len()];
            let whole = &wholes[place];
            let mut permissions = fs::metadata(object).unwrap().permissions();
            #[expect(clippy::permissions_set_readonly_false, reason = "a file of this test")]
            permissions.set_readonly(false);
            fs::set_permissions(object, permissions).unwrap();
            match harm {
                0 => fs::remove_file(object).unwrap(),
                1 => fs::write(object, changed_at_the_end(whole)).unwrap(),
                2 => fs::write(object, other).unwrap(),
                _ => fs::write(object, vec![b'x'; 1000]).unwrap(),
            }
            for (ran, sound) in repo.against("main").iter().zip(&sound) {
                // A file that both sides have is not read to compare them, if what it imports is known.
                let unread =
                    ran.what.contains("\"check\"") && (ran.code, &ran.out) == (sound.code, &sound.out);
                let told = matches!(ran.code, Some(2..=4));
                assert!(told || unread, "{}: {:?}\n{}", ran.what, ran.code, ran.err);
            }
            fs::write(object, whole).unwrap();
        }
        repo.taken("main");
    }
    for (file, content) in [
        ("HEAD", "ref: refs/heads/../../../../etc/passwd\n"),
        ("HEAD", ""),
        ("HEAD", "\0\0\0"),
        ("config", "[core\n"),
        ("config", "[core]\n\trepositoryformatversion = 99\n"),
        ("config", "[include]\n\tpath = config\n"),
        ("index", "DIRC garbage"),
        ("shallow", "garbage\n"),
        ("objects/info/alternates", "/dev/zero\n"),
        ("objects/info/alternates", ".\n../objects\n"),
        ("objects/pack/pack-0000000000000000000000000000000000000000.idx", "garbage"),
        ("objects/info/commit-graph", "CGPH garbage"),
    ] {
        let repo = Hostile::new();
        repo.with(&[]);
        repo.lab.write(format!("repo/.git/{file}"), content);
        for ran in repo.against("main") {
            assert!(ran.code.is_some(), "{}", ran.what);
        }
        repo.lab.write("repo/good.proto", GOOD);
        let ran = repo.lab.run(&["-C", "repo", "check", "--against", "main"]);
        assert!(ran.code.is_some(), "{}", ran.what);
    }
}

#[test]
fn trees_that_lead_out() {
    for target in
        ["../../../etc/passwd", "/etc/passwd", "..", "../..", "good/../../x", "gone.proto", "x.proto", ""]
    {
        let repo = Hostile::new();
        repo.with(&[(LINK, b"x.proto", repo.blob(target))]);
        for ran in repo.against("main") {
            if !ran.what.contains("--text") {
                // A link that leads nowhere is passed over: an old version cannot be mended.
                if ["good/../../x", "gone.proto", ""].contains(&target) {
                    assert!(matches!(ran.code, Some(0..=4)), "{}: {:?}\n{}", ran.what, ran.code, ran.err);
                    continue;
                }
                assert!(matches!(ran.code, Some(4)), "{}: {:?}\n{}", ran.what, ran.code, ran.err);
                ran.says(&["x.proto"]);
            }
        }
    }
    // A folder that leads out is no folder; one that leads to itself is not walked for ever.
    for target in ["../../..", "/etc", ".", "..", "dir"] {
        let repo = Hostile::new();
        repo.with(&[(LINK, b"dir", repo.blob(target))]);
        repo.taken("main");
    }
    // Names that no checkout would make.
    for name in [
        b"..".as_slice(),
        b".",
        b".git",
        b"a/b.proto",
        b"/etc/x.proto",
        b"..\\x.proto",
        b"\xff.proto",
        b"a\n.proto",
        b"\x1b[2J.proto",
        b"",
    ] {
        let repo = Hostile::new();
        let inner = repo.tree(&[(FILE, b"x.proto", repo.blob("syntax = \"proto3\";\nmessage X {}\n"))]);
        repo.with(&[(TREE, name, inner)]);
        for ran in repo.against("main") {
            assert!(matches!(ran.code, Some(0..=4)), "{}: {:?}\n{}", ran.what, ran.code, ran.err);
        }
        let repo = Hostile::new();
        repo.with(&[(FILE, name, repo.blob("syntax = \"proto3\";\nmessage X {}\n"))]);
        for ran in repo.against("main") {
            assert!(matches!(ran.code, Some(0..=4)), "{}: {:?}\n{}", ran.what, ran.code, ran.err);
        }
    }
    // Modes that say something else than what is there.
    for mode in [TREE, LINK, SUBMODULE, "100755", "0", "777777777777"] {
        let repo = Hostile::new();
        repo.with(&[(mode, b"x.proto", repo.blob("syntax = \"proto3\";\n"))]);
        for ran in repo.against("main") {
            assert!(matches!(ran.code, Some(0..=4)), "{}: {:?}\n{}", ran.what, ran.code, ran.err);
        }
    }
}

#[test]
fn trees_without_end() {
    // A tree of two of the tree below: 2^40 files.
    let repo = Hostile::new();
    let mut tree = repo.tree(&[(FILE, b"x.proto", repo.blob(GOOD))]);
    for _ in 0..40 {
        tree = repo.tree(&[(TREE, b"l", tree), (TREE, b"r", tree)]);
    }
    repo.commit(tree);
    let ran = repo.lab.run(&["check", "good", "--against", "repo#ref=main"]);
    ran.ends(4);
    ran.says(&["more than", "hint"]);
    // A tree as deep as you like.
    let repo = Hostile::new();
    let mut tree = repo.tree(&[(FILE, b"x.proto", repo.blob(GOOD))]);
    for _ in 0..20_000 {
        tree = repo.tree(&[(TREE, b"d", tree)]);
    }
    repo.commit(tree);
    repo.refused("main", 4, &["more than", "nested folders"]);
}

#[test]
fn submodules_and_large_files_elsewhere() {
    let gone = Oid::from_str("0123456789012345678901234567890123456789").unwrap();
    for modules in [
        "",
        "[submodule \"vendor\"]\n\tpath = vendor\n\turl = https://example.com/x\n",
        "[submodule \"../../../../etc\"]\n\tpath = vendor\n\turl = --upload-pack=touch gotcha\n",
        "[submodule \"x\"]\n\tpath = ../../..\n",
        "garbage [",
    ] {
        let repo = Hostile::new();
        repo.with(&[(SUBMODULE, b"vendor", gone), (FILE, b".gitmodules", repo.blob(modules))]);
        repo.taken("main");
        assert!(!repo.lab.listing().iter().any(|p| p.ends_with("gotcha")));
    }
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n";
    let repo = Hostile::new();
    repo.with(&[(FILE, b"x.proto", repo.blob(pointer))]);
    repo.refused("main", 4, &["x.proto", "LFS", "hint"]);
    let lab = Lab::new();
    lab.write("bad/x.proto", pointer);
    lab.refused("bad", 4, &["bad/x.proto", "LFS", "hint"]);
}

#[test]
fn what_git_would_run() {
    // Configuration and hooks of a repository from somewhere are never run.
    let repo = Hostile::new();
    repo.with(&[]);
    repo.lab.write(
        "repo/.git/config",
        "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = touch gotcha\n\tsshCommand = touch gotcha\n\
         \tpager = touch gotcha\n[filter \"x\"]\n\tclean = touch gotcha\n\tsmudge = touch gotcha\n\
         [diff]\n\texternal = touch gotcha\n[remote \"origin\"]\n\turl = ext::touch gotcha\n",
    );
    repo.lab.write("repo/.gitattributes", "* filter=x diff=x\n");
    repo.lab.write("repo/good.proto", GOOD);
    for hook in ["post-checkout", "pre-commit", "post-index-change", "reference-transaction"] {
        repo.lab.write(format!("repo/.git/hooks/{hook}"), "#!/bin/sh\ntouch gotcha\n");
    }
    repo.taken("main");
    repo.lab.run(&["-C", "repo", "check", "--against", "main"]).ends(0);
    repo.lab.run(&["-C", "repo", "check", "--against", "gone"]).ends(2);
    assert!(!repo.lab.listing().iter().any(|p| p.ends_with("gotcha")));
    // `.git` is a file that leads to itself, or a link.
    let lab = Lab::new();
    lab.write("repo/.git", "gitdir: .git\n");
    lab.write("repo/good.proto", GOOD);
    lab.run(&["-C", "repo", "build"]).ends(0);
    lab.run(&["-C", "repo", "check", "--against", "main"]).is_decent();
    let lab = Lab::new();
    lab.write("repo/good.proto", GOOD);
    symlink(".git", lab.path("repo/.git")).unwrap();
    lab.run(&["-C", "repo", "build"]).ends(0);
    let ran = lab.run(&["-C", "repo", "check", "--against", "main"]);
    assert!(matches!(ran.code, Some(2 | 4)));
}

#[test]
fn large_blobs_are_not_read() {
    let repo = Hostile::new();
    // Some megabytes of spaces are some kilobytes in the database.
    repo.with(&[(FILE, b"x.proto", repo.blob(vec![b' '; 65 << 20]))]);
    for ran in repo.against("main") {
        assert!(matches!(ran.code, Some(3 | 4)), "{}: {:?}", ran.what, ran.code);
        ran.says(&["x.proto", "large"]);
    }
    let repo = Hostile::new();
    for name in ["protopact.toml", "buf.yaml", "buf.work.yaml"] {
        repo.with(&[(FILE, name.as_bytes(), repo.blob(vec![b' '; 5 << 20]))]);
        for ran in repo.against("main") {
            ran.ends(2);
            ran.says(&[name, "too large"]);
        }
    }
}
