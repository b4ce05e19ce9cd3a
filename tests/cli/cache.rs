//! The cache: what is in it, what removes it, and that no state of it changes an answer.

use std::path::{Path, PathBuf};

use crate::env::{Output, TestEnv};

/// A repository with enough files for the cache, one of them edited in a way that breaks.
fn edited() -> TestEnv {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\".\"]\n");
    for number in 0..220 {
        let text =
            format!("syntax = \"proto3\";\npackage p{number};\nmessage M{number} {{\n  int32 x = 1;\n}}\n");
        env.write(&format!("f{number}.proto"), &text);
    }
    env.commit("first");
    env.write("f13.proto", &env.read("f13.proto").replace("x = 1", "x = 2"));
    env
}

fn run(env: &TestEnv, cache: &Path, args: &[&str]) -> Output {
    env.run_with(args, |io| {
        io.env.insert("PROTOPACT_CACHE".into(), cache.into());
    })
}

fn check(env: &TestEnv, cache: &Path, more: &[&str]) -> String {
    let args = [&["check", "--against", "HEAD", "--format", "json"], more].concat();
    run(env, cache, &args).to_string()
}

/// The right answer, which is a finding.
fn right(env: &TestEnv) -> String {
    let told = check(env, &env.work().join("../nowhere"), &["--all"]);
    assert!(told.contains("p13.M13.x") && told.ends_with("--- exit 1"), "{told}");
    told
}

fn kept(cache: &Path) -> Vec<PathBuf> {
    let below = walkdir::WalkDir::new(cache).into_iter().flatten();
    below.filter(|e| e.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

#[test]
fn what_is_in_the_cache_is_told_and_removed() {
    let env = edited();
    let cache = env.work().join("../cache");
    let told = run(&env, &cache, &["cache"]);
    assert!(told.out.contains("  scans    0 files, 0 bytes\n"), "{told}");
    let right = right(&env);
    assert_eq!(check(&env, &cache, &["--no-cache"]), right);
    assert!(kept(&cache).is_empty(), "nothing is written");
    assert_eq!(check(&env, &cache, &[]), right);
    let files = kept(&cache).len();
    assert!(files >= 16, "{files}");
    let told = run(&env, &cache, &["cache", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!(json["kinds"][3]["kind"], "scans");
    assert_eq!(json["kinds"][3]["files"], files);
    assert!(json["kinds"][3]["oldest"].is_string(), "{told}");
    std::fs::create_dir_all(cache.join("deps")).unwrap();
    std::fs::write(cache.join("deps/x"), "x").unwrap();
    std::fs::write(cache.join("mine"), "x").unwrap();
    let cleared = run(&env, &cache, &["cache", "clear", "scans"]);
    assert!(cleared.out.starts_with(&format!("removed {files} files, ")), "{cleared}");
    assert_eq!(kept(&cache).len(), 2);
    let cleared = run(&env, &cache, &["cache", "clear"]);
    assert!(cleared.out.starts_with("removed 1 file, 1 byte from "), "{cleared}");
    assert_eq!(kept(&cache), [cache.join("mine")], "what protopact did not write stays");
    let cleared = run(&env, &cache, &["cache", "clear"]);
    assert!(cleared.out.starts_with("removed 0 files, 0 bytes from "), "{cleared}");
    assert_eq!(check(&env, &cache, &[]), right);
}

/// Whoever says where the files are, and wherever that is written: two sides with the same files are seen to be the same.
#[test]
fn where_nothing_changed_no_file_is_looked_into_again() {
    let own = "[contract]\nroots = [\".\"]\n";
    let buf = "version: v2\nmodules: [{path: ., excludes: [not]}]\nbreaking: {use: [FILE]}\n";
    let old = "version: v1\nbreaking: {use: [FILE]}\n";
    for (name, text) in [("protopact.toml", own), ("buf.yaml", buf), ("buf.yaml", old), ("none", "")] {
        let env = edited();
        env.remove("protopact.toml");
        env.write(name, text);
        env.write("not/n.proto", "syntax = \"proto3\";");
        env.commit("second");
        env.tag("v1.0.0");
        let cache = env.work().join("../cache");
        // Of two revisions: of files on disk git knows the ids only where they are older than its index.
        let check = |cache: &Path, more: &[&str]| {
            let args = [&["check", "HEAD", "--against", "v1.0.0", "--format", "json"], more].concat();
            run(&env, cache, &args).to_string()
        };
        let right = check(&env.work().join("../nowhere"), &["--all"]);
        assert!(right.ends_with("--- exit 0"), "{right}");
        assert_eq!(check(&cache, &[]), right, "{name}");
        let kept = kept(&cache);
        let roots = kept
            .iter()
            .find(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("roots-")));
        assert!(roots.is_some(), "{name}: {kept:?}");
        // What a scan needs is gone, and nobody misses it.
        kept.iter().filter(|path| Some(*path) != roots).for_each(|path| std::fs::remove_file(path).unwrap());
        assert_eq!(check(&cache, &[]), right, "{name}");
        assert_eq!(self::kept(&cache).len(), 1, "{name}: nothing was looked into");
    }
}

/// Every file of the cache is cut, turned, empty, a folder, or not to be read, one run after the other.
#[test]
fn no_damage_of_the_cache_changes_an_answer() {
    let env = edited();
    let cache = env.work().join("../cache");
    let right = right(&env);
    type Damage = fn(&Path, &[u8]);
    let damages: [(&str, Damage); 6] = [
        ("cut", |path, bytes| std::fs::write(path, &bytes[..bytes.len() / 3]).unwrap()),
        ("without its last byte", |path, bytes| std::fs::write(path, &bytes[..bytes.len() - 1]).unwrap()),
        ("turned", |path, bytes| {
            let mut bytes = bytes.to_vec();
            let at = bytes.len() / 2;
            bytes[at] ^= 0x40;
            std::fs::write(path, bytes).unwrap();
        }),
        ("empty", |path, _| std::fs::write(path, "").unwrap()),
        ("zeroes, as after a failure of power", |path, bytes| {
            std::fs::write(path, vec![0; bytes.len()]).unwrap()
        }),
        ("a folder", |path, _| {
            std::fs::remove_file(path).unwrap();
            std::fs::create_dir(path).unwrap();
        }),
    ];
    for (name, damage) in damages {
        assert_eq!(check(&env, &cache, &[]), right, "before it is {name}");
        for path in kept(&cache) {
            let bytes = std::fs::read(&path).unwrap();
            damage(&path, &bytes);
        }
        assert_eq!(check(&env, &cache, &[]), right, "{name}");
        assert_eq!(check(&env, &cache, &[]), right, "{name}, then mended");
        // Nothing that stands in the way of writing is removed by a run.
        let _ = std::fs::remove_dir_all(&cache);
    }
}

/// Whole programs: each is on its own, as in a pipeline.
#[cfg(unix)]
mod programs {
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// The program on a cache, through a shell that says what it may do first.
    #[expect(clippy::disallowed_methods, reason = "a shell that sets the limit")]
    fn start(env: &TestEnv, cache: &Path, first: &str) -> Child {
        let script = format!("{first}exec \"$0\" check --against HEAD --format json --no-progress");
        Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_protopact")])
            .current_dir(env.work())
            .env("PROTOPACT_CACHE", cache)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// What it said, if it came to its end.
    fn answer(child: Child) -> Option<String> {
        let output = child.wait_with_output().unwrap();
        let code = output.status.code()?;
        assert_eq!(code, 1, "{}", String::from_utf8_lossy(&output.stderr));
        Some(String::from_utf8(output.stdout).unwrap())
    }

    fn alone(env: &TestEnv) -> String {
        answer(start(env, &env.work().join("../nowhere"), "")).unwrap()
    }

    #[test]
    fn twenty_runs_at_once_on_one_cache() {
        many_at_once(20);
    }

    #[test]
    #[ignore = "two hundred programs at once take minutes"]
    fn two_hundred_runs_at_once_on_one_cache() {
        many_at_once(200);
    }

    fn many_at_once(count: usize) {
        let env = edited();
        let cache = env.work().join("../cache");
        let right = alone(&env);
        for _ in 0..2 {
            let children: Vec<Child> = (0..count).map(|_| start(&env, &cache, "")).collect();
            for child in children {
                assert_eq!(answer(child).as_ref(), Some(&right));
            }
        }
        let left = kept(&cache).into_iter().filter(|path| path.to_string_lossy().contains(".protopact-"));
        assert_eq!(left.count(), 0, "nothing half-written is left");
    }

    #[test]
    fn a_cache_that_is_full_or_read_only_changes_no_answer() {
        let env = edited();
        let right = alone(&env);
        // What is written to a file ends after nothing, and after a block.
        for (number, first) in
            ["trap '' XFSZ; ulimit -f 0; ", "trap '' XFSZ; ulimit -f 1; "].into_iter().enumerate()
        {
            let cache = env.work().join(format!("../full{number}"));
            // Its own output goes to pipes, which have no limit.
            assert_eq!(answer(start(&env, &cache, first)).as_ref(), Some(&right), "{first}");
            assert_eq!(answer(start(&env, &cache, "")).as_ref(), Some(&right), "after {first}");
        }
        let cache = env.work().join("../a file");
        std::fs::write(&cache, "x").unwrap();
        assert_eq!(answer(start(&env, &cache, "")).as_ref(), Some(&right), "a file in its place");
        use std::os::unix::fs::PermissionsExt as _;
        let cache = env.work().join("../read-only");
        std::fs::create_dir(&cache).unwrap();
        std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o555)).unwrap();
        assert_eq!(answer(start(&env, &cache, "")).as_ref(), Some(&right), "read-only");
        std::fs::set_permissions(&cache, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_cache_on_another_file_system_is_one() {
        let env = edited();
        let other = tempfile::tempdir_in("/dev/shm").unwrap();
        let right = alone(&env);
        for _ in 0..2 {
            assert_eq!(answer(start(&env, other.path(), "")).as_ref(), Some(&right));
        }
        assert!(kept(other.path()).len() >= 16);
        let cleared = run(&env, other.path(), &["cache", "clear"]);
        assert_eq!(cleared.code, 0, "{cleared}");
        assert!(kept(other.path()).is_empty());
    }

    /// A run is killed when the first file appears that it writes, wherever it is then.
    #[test]
    fn a_run_that_is_killed_while_it_writes_leaves_nothing_wrong() {
        let env = edited();
        let cache = env.work().join("../cache");
        let right = alone(&env);
        for _ in 0..5 {
            let _ = std::fs::remove_dir_all(&cache);
            let mut child = start(&env, &cache, "");
            while kept(&cache).is_empty() && child.try_wait().unwrap().is_none() {
                std::thread::yield_now();
            }
            let _ = child.kill();
            if let Some(told) = answer(child) {
                assert_eq!(told, right);
            }
            assert_eq!(answer(start(&env, &cache, "")).as_ref(), Some(&right));
        }
    }

    /// The contract is edited all the time while runs read it. The field has the number of one text or of the other: what
    /// is told is one of two answers, or an error.
    #[test]
    fn a_repository_that_is_written_while_it_is_read_gives_one_of_its_answers() {
        let env = edited();
        let cache = env.work().join("../cache");
        let texts = [env.read("f13.proto"), env.read("f13.proto").replace("x = 2", "x = 3")];
        let answers = texts.clone().map(|text| {
            env.write("f13.proto", &text);
            alone(&env)
        });
        assert_ne!(answers[0], answers[1]);
        let path = env.work().join("f13.proto");
        for round in 0..6 {
            let mut child = start(&env, &cache, "");
            let mut turn = round;
            while child.try_wait().unwrap().is_none() {
                turn += 1;
                let beside = env.work().join("../beside");
                std::fs::write(&beside, &texts[turn % 2]).unwrap();
                std::fs::rename(beside, &path).unwrap();
                std::thread::yield_now();
            }
            let told = answer(child).unwrap();
            assert!(answers.contains(&told), "{told}");
        }
    }
}
