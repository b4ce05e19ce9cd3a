//! With the real plugins: what comes out is what a plain call of protoc with the same plugins gives.
//!
//! These get plugins over the network the first time, so `cargo test` leaves them out; `ci/sdk` runs them. A language
//! whose toolchain is not on the path is skipped with its name.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use protopact::codegen::Language;
use protopact::codegen::plugin::{Lock, Tool, spec};

use crate::env::TestEnv;
use crate::lab::tree;
use crate::machine::Machine;

fn contracts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts")
}

/// Generates with plugins that have no package around them.
fn raw(machine: &Machine, lock: &Lock, sections: &str) -> BTreeMap<String, Vec<u8>> {
    let env = TestEnv::new();
    for (path, content) in tree(&contracts().join("proto")) {
        env.write(&format!("proto/{path}"), std::str::from_utf8(&content).unwrap());
    }
    env.write("protopact.lock", &lock.render());
    env.write("protopact.toml", &format!("[contract]\nname = \"a/b\"\nroots = [\"proto\"]\n{sections}"));
    let output = env.run_with(&["generate"], |io| io.env = machine.host.env.clone());
    assert_eq!(output.code, 0, "{output}");
    tree(&env.work().join("sdk/raw"))
}

fn same(ours: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    assert!(!expected.is_empty());
    assert!(ours.keys().eq(expected.keys()), "{:?}\n{:?}", ours.keys(), expected.keys());
    for (path, content) in expected {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(&ours[path]), text(content), "{path}");
    }
}

fn program(lock: &Lock, machine: &Machine, plugin: &'static spec::Pinned) -> (PathBuf, Vec<String>) {
    match lock.ready(plugin, machine.around()).unwrap().tool {
        Tool::Program { program, arguments, .. } | Tool::Protoc { program, arguments, .. } => {
            (program, arguments)
        }
        Tool::Library(_) => panic!("it is no program"),
    }
}

fn with_plugins(language: Language, plugins: &[(&'static spec::Pinned, &str)], opt: &str) {
    let machine = Machine::new();
    let Some(lock) = machine.plugins(language) else { return };
    let mut sections = String::new();
    let mut flags = Vec::new();
    for (plugin, name) in plugins {
        let (path, _) = program(&lock, &machine, plugin);
        sections += &format!("[[generate.plugin]]\nlocal = {path:?}\nout = \"raw\"\nopt = {opt:?}\n");
        flags.push(format!("--plugin=protoc-gen-{name}={}", path.display()));
        flags.push(format!("--{name}_opt={opt}"));
        flags.push(format!("--{name}_out=[out]"));
    }
    let ours = raw(&machine, &lock, &sections);
    let protoc = protoc_bin_vendored::protoc_bin_path().unwrap();
    same(&ours, &machine.protoc(&protoc, &[], &flags, &contracts().join("proto")));
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn go_is_what_protoc_gives() {
    let files = tree(&contracts().join("proto"));
    let opt: Vec<String> = files
        .keys()
        .map(|path| format!("M{path}=example.com/x/{}", path.rsplit_once('/').unwrap().0))
        .collect();
    let opt = format!("paths=source_relative,{}", opt.join(","));
    with_plugins(Language::Go, &[(&spec::GO, "go"), (&spec::GO_GRPC, "go-grpc")], &opt);
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn java_services_are_what_protoc_gives() {
    with_plugins(Language::Java, &[(&spec::GRPC_JAVA, "grpc-java")], "@generated=omit");
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn python_services_are_what_the_protoc_of_grpcio_tools_gives() {
    let machine = Machine::new();
    let Some(lock) = machine.plugins(Language::Python) else { return };
    let ours = raw(&machine, &lock, "[[generate.plugin]]\nprotoc-builtin = \"grpc_python\"\nout = \"raw\"\n");
    let (python, before) = program(&lock, &machine, &spec::GRPC_PYTHON);
    let flags = ["--grpc_python_out=[out]".to_owned()];
    same(&ours, &machine.protoc(&python, &before, &flags, &contracts().join("proto")));
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn the_packages_of_the_sample_contract() {
    let machine = Machine::new();
    let env = TestEnv::new();
    for (path, content) in tree(&contracts()).into_iter().filter(|(path, _)| !path.starts_with("sdk/")) {
        env.write(&path, std::str::from_utf8(&content).unwrap());
    }
    let languages: Vec<&str> = Language::ALL
        .into_iter()
        .filter(|language| machine.plugins(*language).is_some())
        .map(Language::as_str)
        .collect();
    let languages = languages.join(",");
    let run = |args: &[&str]| {
        let started = Instant::now();
        let args: Vec<&str> = args.iter().copied().chain(["--lang", &languages]).collect();
        let output = env.run_with(&args, |io| io.env = machine.host.env.clone());
        assert_eq!(output.code, 0, "{output}");
        (output, started.elapsed())
    };
    let _ = run(&["plugins", "install"]);
    let lock = env.read("protopact.lock");
    let _ = run(&["plugins", "update", "--offline"]);
    assert_eq!(env.read("protopact.lock"), lock);
    let (_, first) = run(&["generate"]);
    let made = tree(&env.work().join("sdk"));
    let (output, second): (_, Duration) = run(&["generate"]);
    assert!(output.out.contains("nothing to do"), "{output}");
    println!("first run {first:?}, second run {second:?}");
    let _ = run(&["generate", "--check"]);
    let _ = run(&["generate", "--force"]);
    assert_eq!(tree(&env.work().join("sdk")), made);
    assert!(machine.folder.exists());
}
