//! With the real plugins: what comes out is what a plain call of protoc with the same plugins gives.
//!
//! These get plugins over the network the first time, so `cargo test` leaves them out; `ci/sdk` runs those whose
//! toolchain is there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use protopact::codegen::plugin::{Lock, Tool, spec};
use protopact::codegen::sdk;
use protopact::words::Language;

use crate::env::TestEnv;
use crate::files::{project, read};
use crate::lab::tree;
use crate::machine::Machine;

fn contracts() -> PathBuf {
    project().join("contracts")
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
    let lock = machine.plugins(language);
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
    with_plugins(Language::Go, &[(&sdk::go::MESSAGES, "go"), (&sdk::go::SERVICES, "go-grpc")], &opt);
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn java_services_are_what_protoc_gives() {
    with_plugins(Language::Java, &[(&sdk::java::SERVICES, "grpc-java")], "@generated=omit");
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn python_services_are_what_the_protoc_of_grpcio_tools_gives() {
    let machine = Machine::new();
    let lock = machine.plugins(Language::Python);
    let ours = raw(&machine, &lock, "[[generate.plugin]]\nprotoc-builtin = \"grpc_python\"\nout = \"raw\"\n");
    let (python, before) = program(&lock, &machine, &spec::GRPC_PYTHON);
    let flags = ["--grpc_python_out=[out]".to_owned()];
    same(&ours, &machine.protoc(&python, &before, &flags, &contracts().join("proto")));
}

/// The package of a language, and what a plain call of protoc with the same plugins makes of the same files.
fn beside_protoc(
    language: Language,
    plugins: &[(&'static spec::Pinned, &str)],
    builtins: &[&str],
    opt: &str,
) -> [BTreeMap<String, Vec<u8>>; 2] {
    let machine = Machine::new();
    let lock = machine.plugins(language);
    let files = read(&contracts().join("proto"));
    let package = crate::build::generated(&files, language, &machine);
    let package = package.files.iter().map(|(path, content)| (path.to_owned(), content.to_vec())).collect();

    let dir = tempfile::tempdir().unwrap();
    for (path, text) in &files {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut flags: Vec<String> = builtins.iter().map(|name| format!("--{name}_out=[out]")).collect();
    for (plugin, name) in plugins {
        flags.push(format!("--plugin=protoc-gen-{name}={}", program(&lock, &machine, plugin).0.display()));
        flags.push(format!("--{name}_out=[out]"));
        if !opt.is_empty() {
            flags.push(format!("--{name}_opt={opt}"));
        }
    }
    let protoc = protoc_bin_vendored::protoc_bin_path().unwrap();
    let mut plain = machine.protoc(&protoc, &[], &flags, dir.path());
    if language == Language::Python {
        let (python, before) = program(&lock, &machine, &spec::GRPC_PYTHON);
        plain.extend(machine.protoc(&python, &before, &["--grpc_python_out=[out]".to_owned()], dir.path()));
    }
    [package, plain]
}

/// The files of a package below a folder that end in one of some ways.
fn part(package: &BTreeMap<String, Vec<u8>>, folder: &str, ends: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let inside = package.iter().filter_map(|(path, content)| Some((path.strip_prefix(folder)?, content)));
    let wanted = inside.filter(|(path, _)| ends.iter().any(|end| path.ends_with(end)));
    wanted.map(|(path, content)| (path.to_owned(), content.clone())).collect()
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn the_go_package_holds_what_protoc_gives() {
    const MODULE: &str = "github.com/acme/contracts-go";
    let files = tree(&contracts().join("proto"));
    let place = |path: &String| {
        let folder = path.rsplit_once('/').unwrap().0;
        format!(",M{path}={MODULE}/{folder};{}", folder.replace('/', ""))
    };
    let opt = format!("module={MODULE}{}", files.keys().map(place).collect::<String>());
    let plugins = [(&sdk::go::MESSAGES, "go"), (&sdk::go::SERVICES, "go-grpc")];
    let [package, plain] = beside_protoc(Language::Go, &plugins, &[], &opt);
    same(&part(&package, "", &[".pb.go"]), &plain);
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn the_java_package_holds_what_protoc_gives() {
    let plugins = [(&sdk::java::SERVICES, "grpc-java")];
    let opt = "@generated=omit";
    let [package, plain] = beside_protoc(Language::Java, &plugins, &["java"], opt);
    same(&part(&package, "src/main/java/", &[".java"]), &plain);
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn the_python_package_holds_what_protoc_gives_but_for_where_modules_are() {
    let [package, mut plain] = beside_protoc(Language::Python, &[], &["python", "pyi"], "");
    let package = part(&package, "src/acme_contracts/", &["_pb2.py", "_pb2.pyi", "_pb2_grpc.py"]);
    // Without a service in it, a module for services is empty, and left out.
    plain.retain(|path, content| {
        let text = std::str::from_utf8(content).unwrap();
        package.contains_key(path) || !path.ends_with("_pb2_grpc.py") || text.contains("\nclass ")
    });
    assert!(package.keys().eq(plain.keys()), "{:?}\n{:?}", package.keys(), plain.keys());
    let mut moved = 0;
    for (path, content) in &plain {
        let lines = |bytes: &[u8]| -> Vec<String> {
            std::str::from_utf8(bytes).unwrap().split('\n').map(str::to_owned).collect()
        };
        let (ours, theirs) = (lines(&package[path]), lines(content));
        assert_eq!(ours.len(), theirs.len(), "{path}");
        for (ours, theirs) in ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs) {
            // `from user.v1 import …` is `from ...user.v1 import …`; classes are found below the distribution's name.
            let back = match ours.strip_prefix("from .") {
                Some(rest) => format!("from {}", rest.trim_start_matches('.')),
                None => ours.replace("'acme_contracts.", "'"),
            };
            assert_eq!(&back, theirs, "{path}");
            moved += 1;
        }
    }
    assert!(moved > 0, "the contract imports across packages");
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
        .filter(|language| machine.installs(*language))
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
