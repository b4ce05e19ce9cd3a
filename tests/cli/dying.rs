//! Releases into the registries of languages that are killed: at each step of each tool, and between the steps. Somebody
//! looks at all places the whole time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::publish::script;
use crate::registries::Registries;

/// What the stand-ins call where they have done a part of their work: the program that called them is killed at one of
/// these, and they with it. What a server does with one request it does to the end.
const STEPS: &str = "step() {
    n=$(($(cat \"$COUNT\") + 1))
    echo $n >\"$COUNT\"
    [ \"$n\" = \"$KILL_AT\" ] || return 0
    kill -9 $PPID
    kill -9 $$
}
";

/// The names of the files in a folder, without those that nobody else reads.
fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = names.map(|entry| entry.file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with('.')).collect()
}

/// What is in a file, nothing where there is none.
fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn sum(path: &Path) -> Option<String> {
    Some(HEXLOWER.encode(&Sha256::digest(fs::read(path).ok()?)))
}

/// The versions that somebody sees in each of the places, and what is missing of them.
fn look(around: &Path) -> ([BTreeSet<String>; 4], Vec<String>) {
    let (mut seen, mut missing) = (<[BTreeSet<String>; 4]>::default(), Vec::new());
    let mut need = |path: PathBuf, sum_said: Option<&str>| {
        let whole = match sum_said {
            None => path.exists(),
            Some(said) => sum(&path).is_some_and(|sum| sum == said),
        };
        if !whole {
            missing.push(path.display().to_string());
        }
    };
    // Maven: what the list says, and what somebody finds who knows the version.
    let folder = around.join("m2/com/acme/pay/acme-pay");
    let list = text(&folder.join("maven-metadata.xml"));
    let listed: Vec<&str> =
        list.lines().filter_map(|l| l.strip_prefix("<version>")?.strip_suffix("</version>")).collect();
    seen[0].extend(listed.iter().map(|v| (*v).to_owned()));
    let there = names(&folder).into_iter().filter(|name| folder.join(name).is_dir());
    for version in there.chain(listed.iter().map(|v| (*v).to_owned())) {
        for end in [".pom", ".jar", "-sources.jar"] {
            need(folder.join(&version).join(format!("acme-pay-{version}{end}")), None);
        }
    }
    // Python: every file that the page names.
    for line in text(&around.join("served/simple/acme-pay/index.html")).lines() {
        let Some((_, rest)) = line.split_once("files/") else { continue };
        let (name, said) = (rest.split('#').next().unwrap(), rest.split(['=', '\'']).nth(1).unwrap());
        need(around.join("served/files").join(name), Some(said));
        if let Some(version) = name.strip_prefix("acme_pay-").and_then(|n| n.strip_suffix(".tar.gz")) {
            // The source distribution comes last.
            need(around.join(format!("served/files/acme_pay-{version}-py3-none-any.whl")), None);
            seen[1].insert(version.to_owned());
        }
    }
    // Rust: every line of the index.
    for line in text(&around.join("served/index/ac/me/acme-pay")).lines() {
        let said: serde_json::Value = serde_json::from_str(line).unwrap();
        let version = said["vers"].as_str().unwrap();
        need(around.join(format!("served/crates/acme-pay-{version}.crate")), said["cksum"].as_str());
        seen[2].insert(version.to_owned());
    }
    // Go: what the list says, and what says of itself that it is there.
    let folder = around.join("proxy/example.com/acme/pay-go/@v");
    let list = text(&folder.join("list"));
    seen[3].extend(list.lines().map(|line| line.trim_start_matches('v').to_owned()));
    let there = names(&folder).into_iter().filter_map(|name| Some(name.strip_suffix(".info")?.to_owned()));
    for version in list.lines().map(str::to_owned).chain(there) {
        for end in ["info", "mod", "zip"] {
            need(folder.join(format!("{version}.{end}")), None);
        }
    }
    (seen, missing)
}

/// The versions that somebody can use from a server of Maven, and what is there of others that would be taken for one: classes
/// without their description or sources, or a place in the list of versions without both.
fn look_at_server(around: &Path) -> (BTreeSet<String>, Vec<String>) {
    let folder = around.join("served/m2/com/acme/pay/acme-pay");
    // Read first: what comes to it later is no lie of what is looked at next.
    let list = text(&folder.join("maven-metadata.xml"));
    let (mut usable, mut half) = (BTreeSet::new(), Vec::new());
    for version in names(&folder).into_iter().filter(|name| folder.join(name).is_dir()) {
        let has = |end: &str| folder.join(&version).join(format!("acme-pay-{version}{end}")).exists();
        // In this order, for the first comes last.
        let (classes, description, sources) = (has(".jar"), has(".pom"), has("-sources.jar"));
        if classes && !(description && sources) {
            half.push(version.clone());
        }
        if classes {
            usable.insert(version);
        }
    }
    let listed = list.lines().filter_map(|l| l.strip_prefix("<version>")?.strip_suffix("</version>"));
    half.extend(listed.filter(|version| !usable.contains(*version)).map(str::to_owned));
    (usable, half)
}

/// Somebody who looks at all places until it is dropped.
pub(crate) struct Reader {
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<u32>>,
}

impl Reader {
    /// `look` says what is missing.
    pub(crate) fn of(look: impl Fn() -> Vec<String> + Send + 'static) -> Reader {
        let ended = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&ended);
        let thread = std::thread::spawn(move || {
            let mut times = 0;
            while !stop.load(Ordering::SeqCst) {
                let begun = Instant::now();
                assert_eq!(look(), <Vec<String>>::new(), "a half version");
                times += 1;
                // There are only so many processors, and those that are looked at need one.
                std::thread::sleep((3 * begun.elapsed()).max(Duration::from_millis(10)));
            }
            times
        });
        Reader { ended, thread: Some(thread) }
    }

    /// How many times it has looked.
    pub(crate) fn end(mut self) -> u32 {
        self.ended.store(true, Ordering::SeqCst);
        self.thread.take().unwrap().join().unwrap()
    }
}

/// A contract with a package in each language and a place for each, with 1.0.0 in all of them.
pub(crate) fn everywhere() -> Registries {
    let all = Registries::new(|_| None);
    all.go();
    let config = all.repo.env.read("protopact.toml");
    let config = config.replace("\"cargo:ours\"", "\"cargo:ours\", \"go:../proxy\"");
    all.repo.env.write(
        "protopact.toml",
        &config.replace("\n[release]", "\n[generate.go]\nmodule = \"example.com/acme/pay-go\"\n\n[release]"),
    );
    all.repo.push("go");
    let _ = all.ok(&["release", "--declare", "1.0.0"]);
    assert_eq!(look(&all.repo.around()), (["1.0.0"; 4].map(|v| [v.to_owned()].into()), Vec::new()));
    all
}

/// An edit that makes the next version 1.N.0.
fn edit(all: &Registries, number: usize) {
    let fields: String = (1..=number).map(|n| format!("  string field_{n} = {n};\n")).collect();
    let text = format!("syntax = \"proto3\";\npackage pay.v1;\nmessage More {{\n{fields}}}\n");
    all.repo.env.write("proto/pay/v1/more.proto", &text);
    all.repo.push("edit");
}

/// After a run that was killed: nothing is seen of its version unless it is published, and the next run brings it
/// everywhere.
#[track_caller]
fn is_made_good(all: &Registries, version: &str, what: &str) {
    let (seen, missing) = look(&all.repo.around());
    assert_eq!(missing, <Vec<String>>::new(), "{what}");
    let pushed = all.repo.remote().contains_key(&format!("refs/tags/v{version}"));
    assert!(pushed || seen.iter().all(|seen| !seen.contains(version)), "{what}: {seen:?}");
    let output = all.ok(&["release"]);
    assert_eq!(pushed, output.out.contains("an earlier run has begun"), "{what}: {output}");
    let (seen, missing) = look(&all.repo.around());
    assert_eq!(missing, <Vec<String>>::new(), "{what}");
    assert!(seen.iter().all(|seen| seen.contains(version)), "{what}: {seen:?}");
    // Each place has the very files, and no tool is asked for them.
    let calls = all.calls().len();
    let output = all.ok(&["release", "--from", &format!("v{version}")]);
    assert_eq!(output.out.matches("has it already").count(), 4, "{what}: {output}");
    assert_eq!(all.calls().len(), calls, "{what}");
    assert_eq!(all.repo.git(&["status", "--porcelain"]), "", "{what}");
}

#[test]
fn a_run_that_is_killed_at_any_step_of_a_tool_is_finished_or_forgotten_by_the_next() {
    let all = everywhere();
    let around = all.repo.around();
    script(&around.join("steps"), STEPS);
    let looked_at = around.clone();
    let reader = Reader::of(move || look(&looked_at).1);
    let mut published = 0;
    for at in 1.. {
        edit(&all, at);
        fs::write(around.join("count"), "0").unwrap();
        let mut command = all.repo.env.program(&["release"]);
        command.envs(&all.environment).env("STEPS", around.join("steps"));
        command.env("COUNT", around.join("count")).env("KILL_AT", at.to_string());
        let output = command.output().unwrap();
        if output.status.success() {
            assert_eq!(text(&around.join("count")).trim(), (at - 1).to_string());
            assert!(at > 11, "{at}");
            break;
        }
        assert_eq!(output.status.code(), None, "{at}: it was killed: {output:?}");
        let version = format!("1.{at}.0");
        published += usize::from(all.repo.remote().contains_key(&format!("refs/tags/v{version}")));
        is_made_good(&all, &version, &format!("step {at}"));
    }
    // Steps before the one that decides, and after it.
    assert_eq!(published, 5);
    assert!(reader.end() > 0);
}

#[test]
fn a_server_of_maven_has_a_version_when_it_can_be_used_and_not_before() {
    let all = Registries::new(|_| None);
    let around = all.repo.around();
    let config = all.repo.env.read("protopact.toml");
    let (above, _) = config.split_once("\n[release]\n").unwrap();
    let to = format!("{above}\n[release]\nto = [\"git:origin\", \"maven+{}/m2#local\"]\n", all.url());
    all.repo.env.write("protopact.toml", &to);
    all.repo.push("a server");
    let _ = all.ok(&["release", "--declare", "1.0.0"]);
    script(&around.join("steps"), STEPS);
    let looked_at = around.clone();
    let reader = Reader::of(move || look_at_server(&looked_at).1);
    let mut published = 0;
    for at in 1.. {
        edit(&all, at);
        let version = format!("1.{at}.0");
        fs::write(around.join("count"), "0").unwrap();
        let mut command = all.repo.env.program(&["release"]);
        command.envs(&all.environment).env("STEPS", around.join("steps"));
        command.env("COUNT", around.join("count")).env("KILL_AT", at.to_string());
        let output = command.output().unwrap();
        if output.status.success() {
            break;
        }
        assert_eq!(output.status.code(), None, "{at}: it was killed: {output:?}");
        let pushed = all.repo.remote().contains_key(&format!("refs/tags/v{version}"));
        published += usize::from(pushed);
        let seen = look_at_server(&around);
        assert!(seen.1.is_empty() && (pushed || !seen.0.contains(&version)), "{at}: {seen:?}");
        // It takes no file twice: what is there is not sent again.
        let output = all.ok(&["release"]);
        assert_eq!(pushed, output.out.contains("an earlier run has begun"), "{at}: {output}");
        let seen = look_at_server(&around);
        assert!(seen.1.is_empty() && seen.0.contains(&version), "{at}: {seen:?}");
        let output = all.ok(&["release", "--from", &format!("v{version}")]);
        assert!(output.out.contains("has it already"), "{at}: {output}");
    }
    // Before the first file, after each of three, and after the list.
    assert_eq!(published, 5);
    assert!(reader.end() > 0);
    // One that breaks down in the middle is written by the next run too.
    edit(&all, 40);
    fs::write(around.join("mvn-fails"), "").unwrap();
    let output = all.run(&["release"]);
    assert!(output.code == 4 && output.err.contains("but not in every place yet"), "{output}");
    fs::remove_file(around.join("mvn-fails")).unwrap();
    let _ = all.ok(&["release"]);
    assert!(look_at_server(&around).1.is_empty());
}

#[test]
fn a_run_that_is_killed_before_a_list_has_its_version_is_finished() {
    let all = everywhere();
    let around = all.repo.around();
    let looked_at = around.clone();
    let reader = Reader::of(move || look(&looked_at).1);
    // Where the lock is that a run takes before it adds to a list, and what is there by then.
    let places = [
        ("m2/com/acme/pay/acme-pay", "origin.git"),
        ("proxy/example.com/acme/pay-go/@v", "proxy/example.com/acme/pay-go/@v/v1.2.0.info"),
    ];
    for (number, (folder, there)) in (1..).zip(places) {
        edit(&all, number);
        let version = format!("1.{number}.0");
        let lock = fs::File::options().write(true).open(around.join(folder).join(".protopact.lock")).unwrap();
        lock.lock().unwrap();
        let mut child = all.repo.env.program(&["release"]).envs(&all.environment).spawn().unwrap();
        let tag = format!("refs/tags/v{version}");
        while !(all.repo.remote().contains_key(&tag) && around.join(there).exists()) {
            assert!(child.try_wait().unwrap().is_none(), "{folder}: it does not wait");
            std::thread::yield_now();
        }
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None);
        drop(lock);
        is_made_good(&all, &version, folder);
    }
    assert!(reader.end() > 0);
}
