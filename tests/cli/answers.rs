//! Several states at once: what is told is the same with a cache that is new, one that knows the answer, and none; the same as
//! of each state by itself; and whatever the answer rests on is looked at each time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::affected::{Dice, Repository};
use crate::env::TestEnv;

const FORMATS: [&str; 7] = ["json", "sarif", "junit", "github", "gitlab", "markdown", "html"];

/// What a run says in every format.
fn told(env: &TestEnv, args: &[&str], cache: Option<&Path>, days: u64) -> Vec<String> {
    let reports: Vec<String> = FORMATS.iter().map(|name| format!("--report={name}=../out.{name}")).collect();
    let reports: Vec<&str> = reports.iter().map(String::as_str).collect();
    let output = env.run_with(&[&["check"], args, &reports].concat(), |io| {
        io.now += Duration::from_secs(days * 86_400);
        if let Some(cache) = cache {
            io.env.insert("PROTOPACT_CACHE".into(), cache.into());
        }
    });
    let mut told = vec![output.to_string()];
    for name in FORMATS {
        let path = env.work().join(format!("../out.{name}"));
        told.push(std::fs::read_to_string(&path).unwrap_or_default());
        _ = std::fs::remove_file(path);
    }
    told
}

fn answers(cache: &Path) -> BTreeSet<PathBuf> {
    let below = walkdir::WalkDir::new(cache.join("answers")).into_iter().flatten();
    below.filter(|e| e.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// The findings of a report in JSON, with the versions that they break; of one version it is `tag`.
fn findings(json: &str, tag: &str) -> BTreeMap<(String, String), BTreeSet<String>> {
    let report: Value = serde_json::from_str(json).unwrap();
    let mut all: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        let text = |key: &str| finding[key].as_str().unwrap().to_owned();
        let breaks = match finding["breaks"].as_array() {
            Some(breaks) => breaks.iter().map(|tag| tag.as_str().unwrap().to_owned()).collect(),
            None => vec![tag.to_owned()],
        };
        all.entry((text("rule"), text("fingerprint"))).or_default().extend(breaks);
    }
    all
}

/// Versions of a repository that is edited at random, checked at once and one by one. Says whether the answer was kept.
fn held(seed: u64) -> bool {
    let mut dice = Dice(seed);
    dice.below(1);
    let env = TestEnv::new();
    let files = 8 + dice.below(12);
    let mut state = Repository::new(&mut dice, files);
    let mut before: BTreeMap<String, String> = BTreeMap::new();
    let mut edits = Vec::new();
    let tags: Vec<String> = (0..2 + dice.below(3)).map(|number| format!("v1.{number}.0")).collect();
    for number in 0..=tags.len() {
        if number > 0 {
            edits.extend((0..1 + dice.below(2)).map(|_| state.edit(&mut dice)));
        }
        let now = state.written();
        before.keys().filter(|path| !now.contains_key(*path)).for_each(|path| env.remove(path));
        let other = now.iter().filter(|(path, text)| before.get(*path) != Some(text));
        other.for_each(|(path, text)| env.write(path, text));
        before = now;
        if let Some(tag) = tags.get(number) {
            env.commit(tag);
            env.tag(tag);
        }
    }
    let policy: &[&str] =
        [&["--deny", "wire,json,rpc,http,source"][..], &["--use", "FILE"], &["--witness"]][dice.below(3)];
    let cache = env.work().join("../cache");
    let all = [&["--against", "tag:v1.*"], policy].concat();
    let none = told(&env, &[&all[..], &["--no-cache"]].concat(), Some(&cache), 0);
    assert!(answers(&cache).is_empty(), "{seed}: nothing is kept");
    let cold = told(&env, &all, Some(&cache), 0);
    let kept = answers(&cache);
    let warm = told(&env, &all, Some(&cache), 0);
    let context = format!("{seed}: {edits:?}, {policy:?}");
    assert_eq!(cold, none, "{context}: a new cache, and none");
    assert_eq!(warm, none, "{context}: the cache of a run, and none");
    assert_eq!(answers(&cache), kept, "{context}: it is found again");
    let whole = told(&env, &[&all[..], &["--all"]].concat(), Some(&cache), 0);
    assert_eq!(whole, none, "{context}: everything compiled");
    let named: Vec<&str> = tags.iter().flat_map(|tag| ["--against", tag]).collect();
    let by_name = told(&env, &[&named[..], policy].concat(), Some(&cache), 0);
    assert_eq!(by_name[1..], none[1..], "{context}: named one by one");
    if none[1].is_empty() {
        // It does not compile, or is no contract: no answer.
        assert!(kept.is_empty(), "{context}: {}", none[0]);
        return false;
    }
    let mut wanted: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for tag in &tags {
        let one = told(&env, &[&["--against", tag], policy].concat(), Some(&cache), 0);
        for (key, breaks) in findings(&one[1], tag) {
            wanted.entry(key).or_default().extend(breaks);
        }
    }
    assert_eq!(findings(&none[1], &tags[0]), wanted, "{context}: each state by itself");
    !kept.is_empty()
}

#[test]
fn several_states_are_told_as_each_of_them_whatever_is_kept() {
    let kept = (0..10).filter(|seed| held(*seed)).count();
    assert!(kept >= 3, "only {kept} answers were kept");
}

#[test]
#[ignore = "hundreds of repositories take minutes"]
fn several_states_are_told_as_each_of_them_however_often() {
    let kept = (1000..1300).filter(|seed| held(*seed)).count();
    assert!(kept >= 80, "only {kept} answers were kept");
}

const TEXT: &str =
    "syntax = \"proto3\";\npackage a.v1;\nmessage M {\n  string id = 1;\n  int32 size = 2;\n}\n";
const CONFIG: &str = "[contract]\nroots = [\"proto\"]\n";

/// Two versions and a working tree that breaks both.
fn versions() -> TestEnv {
    let env = TestEnv::new();
    env.write("protopact.toml", CONFIG);
    env.write("proto/a.proto", TEXT);
    env.commit("v1.0.0");
    env.tag("v1.0.0");
    env.write("proto/a.proto", &TEXT.replace("int32", "int64"));
    env.commit("v1.1.0");
    env.tag("v1.1.0");
    env.write("proto/a.proto", &TEXT.replace("int32", "string"));
    env
}

const ALL: [&str; 2] = ["--against", "tag:v1.*"];

/// Nobody reads the old versions where the answer is known.
#[test]
fn a_known_answer_is_not_looked_for_again() {
    let env = versions();
    let cache = env.work().join("../cache");
    let right = told(&env, &ALL, Some(&cache), 0);
    assert!(right[0].contains("FIELD_SAME_TYPE") && right[0].ends_with("--- exit 1"), "{}", right[0]);
    assert_eq!(answers(&cache).len(), 1);
    let repo = git2::Repository::open(env.work()).unwrap();
    let tree = repo.revparse_single("v1.0.0:proto").unwrap().id().to_string();
    let object = env.work().join(".git/objects").join(&tree[..2]).join(&tree[2..]);
    std::fs::rename(&object, env.work().join("../aside")).unwrap();
    assert_eq!(told(&env, &ALL, Some(&cache), 0), right);
    assert_ne!(told(&env, &[&ALL[..], &["--no-cache"]].concat(), Some(&cache), 0), right);
    std::fs::rename(env.work().join("../aside"), object).unwrap();
    let listed = env.run_with(&["cache"], |io| {
        io.env.insert("PROTOPACT_CACHE".into(), cache.clone().into());
    });
    assert!(listed.out.contains("  answers  1 file, "), "{listed}");
    let cleared = env.run_with(&["cache", "clear", "answers"], |io| {
        io.env.insert("PROTOPACT_CACHE".into(), cache.clone().into());
    });
    assert!(cleared.out.starts_with("removed 1 file, "), "{cleared}");
    assert!(answers(&cache).is_empty());
}

/// After each of these the answer is another one, or rests on something else: what is told is what a run without a cache says.
#[test]
fn whatever_the_answer_rests_on_is_looked_at() {
    type Edit = fn(&TestEnv);
    let edits: [(&str, Edit); 10] = [
        ("the contract", |env| env.write("proto/a.proto", &TEXT.replace("int32", "bytes"))),
        ("the same length", |env| {
            env.write("proto/a.proto", &TEXT.replace("int32", "uint32").replace("id", "i"))
        }),
        ("another file in its place", |env| {
            env.remove("proto/a.proto");
            env.write("proto/b.proto", TEXT);
        }),
        ("the configuration", |env| {
            env.write("protopact.toml", &format!("{CONFIG}[check]\ndeny = [\"http\"]\n"))
        }),
        ("a waiver", |env| {
            let waiver = "[[waiver]]\nfinding = \"0123456789ab\"\nreason = \"x\"\n";
            env.write("protopact.toml", &format!("{CONFIG}{waiver}"));
        }),
        ("owners", |env| env.write("CODEOWNERS", "* @team\n")),
        ("another version", |env| {
            env.commit("v1.2.0");
            env.tag("v1.2.0");
        }),
        ("a version that is moved", |env| {
            let repo = git2::Repository::open(env.work()).unwrap();
            let head = repo.head().unwrap().peel(git2::ObjectType::Commit).unwrap();
            repo.tag_lightweight("v1.0.0", &head, true).unwrap();
        }),
        ("a tag of another shape", |env| env.tag("v1.x")),
        ("a file that does not compile", |env| {
            env.write("proto/c.proto", "syntax = \"proto3\";\nmessage {\n")
        }),
    ];
    for (name, edit) in edits {
        let env = versions();
        let cache = env.work().join("../cache");
        let before = told(&env, &ALL, Some(&cache), 0);
        assert_eq!(told(&env, &ALL, Some(&cache), 0), before, "{name}");
        edit(&env);
        let right = told(&env, &ALL, None, 0);
        assert_ne!(right, before, "{name}: it makes a difference");
        assert_eq!(told(&env, &ALL, Some(&cache), 0), right, "{name}");
        assert_eq!(told(&env, &ALL, Some(&cache), 0), right, "{name}, a second time");
    }
}

/// A flag that was added or left out, and the day.
#[test]
fn every_flag_and_the_day_belong_to_the_question() {
    let env = versions();
    let cache = env.work().join("../cache");
    let until = |day: &str| {
        let found = findings(&told(&env, &ALL, None, 0)[1], "");
        let fingerprints: BTreeSet<&String> = found.keys().map(|(_, fingerprint)| fingerprint).collect();
        let waiver = |fingerprint: &&String| {
            format!("[[waiver]]\nfinding = \"{fingerprint}\"\nreason = \"x\"\nuntil = \"{day}\"\n")
        };
        fingerprints.iter().map(waiver).collect::<String>()
    };
    // A run is on 2023-11-14.
    env.write("protopact.toml", &format!("{CONFIG}{}", until("2023-12-01")));
    let early = told(&env, &ALL, Some(&cache), 0);
    assert!(early[0].ends_with("--- exit 0"), "{}", early[0]);
    assert_eq!(told(&env, &ALL, Some(&cache), 0), early);
    let late = told(&env, &ALL, Some(&cache), 30);
    assert!(late[0].ends_with("--- exit 1"), "{}", late[0]);
    for more in [
        &["--use", "FILE"][..],
        &["--deny", "wire"],
        &["--fail-on", "note"],
        &["--release-type", "patch"],
        &["--mode", "backward"],
        &["--ignore", "proto"],
        &["--path", "proto/a.proto"],
        &["--exclude-path", "proto/a.proto"],
        &["--config", "[contract]\nroots = [\"proto\"]\n"],
        &["--against", "v1.0.0"],
        &["--format", "json"],
        &["--quiet"],
        &["--color", "always"],
        &["--warnings"],
        &["--exit-code-style", "buf"],
        &["--new-since", "v1.1.0"],
    ] {
        let args = [&ALL[..], more].concat();
        let right = told(&env, &args, None, 0);
        assert_eq!(told(&env, &args, Some(&cache), 0), right, "{more:?}");
        assert_eq!(told(&env, &args, Some(&cache), 0), right, "{more:?}, a second time");
    }
}

/// What lies outside of the contract's folder is in no digest: such answers are not kept.
#[test]
fn what_rests_on_files_elsewhere_is_not_kept() {
    type Setting = fn(&TestEnv) -> Vec<&'static str>;
    let import = "syntax = \"proto3\";\npackage o;\nmessage O {}\n";
    let settings: [(&str, Setting); 3] = [
        ("a place for imports", |env| {
            env.write("../elsewhere/o.proto", "syntax = \"proto3\";\npackage o;\nmessage O {}\n");
            env.write("protopact.toml", &format!("{}imports = [\"../elsewhere\"]\n", CONFIG));
            vec![]
        }),
        ("a flag for it", |env| {
            env.write("../elsewhere/o.proto", "syntax = \"proto3\";\npackage o;\nmessage O {}\n");
            vec!["--imports", "../elsewhere"]
        }),
        ("a file of numbers", |env| {
            let written = env.run(&["history", "--write", "../numbers"]);
            assert_eq!(written.code, 0, "{written}");
            vec!["--history", "../numbers"]
        }),
    ];
    for (name, setting) in settings {
        let env = versions();
        let cache = env.work().join("../cache");
        let more = setting(&env);
        let args = [&ALL[..], &more].concat();
        let first = told(&env, &args, Some(&cache), 0);
        assert!(first[0].ends_with("--- exit 1"), "{name}: {}", first[0]);
        assert!(answers(&cache).is_empty(), "{name}");
        env.write("../elsewhere/o.proto", &format!("{import}\n// x\n"));
        assert_eq!(told(&env, &args, Some(&cache), 0), told(&env, &args, None, 0), "{name}");
    }
}

/// Every answer is cut, turned, empty, of another digest, a folder, or not to be written.
#[test]
fn no_damage_of_an_answer_changes_what_is_told() {
    let env = versions();
    let cache = env.work().join("../cache");
    let right = told(&env, &ALL, None, 0);
    type Damage = fn(&Path, &[u8]);
    let damages: [(&str, Damage); 7] = [
        ("cut", |path, bytes| std::fs::write(path, &bytes[..bytes.len() / 3]).unwrap()),
        ("without its last byte", |path, bytes| std::fs::write(path, &bytes[..bytes.len() - 1]).unwrap()),
        ("longer", |path, bytes| std::fs::write(path, [bytes, b"x"].concat()).unwrap()),
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
        assert_eq!(told(&env, &ALL, Some(&cache), 0), right, "before it is {name}");
        let kept = answers(&cache);
        assert_eq!(kept.len(), 1);
        for path in &kept {
            damage(path, &std::fs::read(path).unwrap());
        }
        assert_eq!(told(&env, &ALL, Some(&cache), 0), right, "{name}");
        assert_eq!(told(&env, &ALL, Some(&cache), 0), right, "{name}, then mended");
        let _ = std::fs::remove_dir_all(&cache);
    }
    // The answer to another question, whole, under the name of this one.
    told(&env, &ALL, Some(&cache), 0);
    let asked = answers(&cache);
    told(&env, &[&ALL[..], &["--ignore", "proto"]].concat(), Some(&cache), 0);
    let other: Vec<PathBuf> = answers(&cache).difference(&asked).cloned().collect();
    std::fs::copy(&other[0], asked.first().unwrap()).unwrap();
    assert_eq!(told(&env, &ALL, Some(&cache), 0), right, "of another question");
    let cache = env.work().join("../a file");
    std::fs::write(&cache, "x").unwrap();
    assert_eq!(told(&env, &ALL, Some(&cache), 0), right, "nothing can be written");
}
