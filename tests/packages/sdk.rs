//! Packages built by the languages' own tools, and used by a program that has nothing but the package.

use std::path::{Path, PathBuf};
use std::process::Command;

use protopact::codegen::verify::{self, Outcome};
use protopact::codegen::{Language, Target};

use crate::drive::{self, Files, Sample, files};

/// `PROTOPACT_SDK=1` asks for these tests, `PROTOPACT_SDK_KEEP` names a folder for what they make, and
/// `PROTOPACT_CORPUS` one that has `google/pubsub` and its like below it.
fn asked(language: Language) -> bool {
    if std::env::var_os("PROTOPACT_SDK").is_none_or(|v| v != "1") {
        return false;
    }
    let needed: &[(&str, &[&str])] = match language {
        Language::Go => {
            &[("go", &["version"]), ("protoc-gen-go", &["--version"]), ("protoc-gen-go-grpc", &["--version"])]
        }
        Language::Java => &[("mvn", &["-v"]), ("protoc-gen-grpc-java", &[])],
        Language::Python => &[("python3", &["-c", "import grpc_tools"])],
        Language::Rust => &[("cargo", &["-V"])],
    };
    for (program, arguments) in needed {
        let run = Command::new(program).args(*arguments).stdin(std::process::Stdio::null()).output();
        if run.is_err() || run.is_ok_and(|o| arguments.contains(&"-c") && !o.status.success()) {
            eprintln!("{}: skipped, `{program}` {arguments:?} is not there", language.as_str());
            return false;
        }
    }
    true
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/codegen")
}

/// Builds the package of one language; `then` gets the folder of the package and of what its building left.
fn verified(name: &str, files: &Files, target: &Target, then: impl FnOnce(&Path)) {
    let sample = Sample::new(files);
    let package = drive::package(&sample.contract(), target);
    let dir = tempfile::tempdir().unwrap();
    let keep = std::env::var_os("PROTOPACT_SDK_KEEP");
    let root = keep.as_deref().map_or(dir.path(), Path::new);
    let root = root.join(format!("{name}-{}", target.language().as_str()));
    let result = verify::verify(&package, &root, &mut |l, step| eprintln!("{}: {step}", l.as_str())).unwrap();
    let table = verify::table(std::slice::from_ref(&result));
    eprintln!("{table}");
    assert_eq!(result.outcome, Outcome::Built, "{table}");
    if target.language() == Language::Go {
        // The sums are shipped where the dependencies are known beforehand, and are whole then.
        for path in ["go.mod", "go.sum"] {
            if let (Some(old), true) = (package.files.get(path), package.files.get("go.sum").is_some()) {
                let tidied = std::fs::read(root.join("package").join(path)).unwrap();
                assert_eq!(String::from_utf8_lossy(old), String::from_utf8_lossy(&tidied), "{path}");
            }
        }
    }
    then(&root);
}

fn contracts() -> Files {
    drive::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts/proto"))
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from) {
        let entry = entry.unwrap();
        let to = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(to).unwrap();
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> String {
    let target = folder.parent().unwrap().join("target");
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}"));
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}\n{text}");
    text
}

/// Runs the program of a language beside the package.
fn program(language: Language, root: &Path) {
    let name = language.as_str();
    let folder = root.join("program");
    copy(&fixtures().join("programs").join(name), &folder);
    let said = match language {
        Language::Go => {
            run("go", &["mod", "tidy"], &folder);
            run("go", &["run", "."], &folder)
        }
        Language::Java => {
            std::fs::rename(folder.join("aggregate.xml"), root.join("pom.xml")).unwrap();
            run("mvn", &["-q", "-B", "verify"], root)
        }
        Language::Python => {
            let python = root.join("fresh/bin/python").display().to_string();
            run(&python, &["program.py"], &folder)
        }
        Language::Rust => run("cargo", &["run", "-q"], &folder),
    };
    assert!(said.contains(&format!("{name}: ok")), "{said}");
}

/// What `roots` reach in a folder of .proto files.
fn reached(folder: &Path, roots: &[&str]) -> Files {
    let mut todo: Vec<String> = Vec::new();
    for root in roots {
        let all = drive::read(&folder.join(root));
        // One package a root: folders below it are packages of their own.
        todo.extend(all.into_iter().filter(|(n, _)| !n.contains('/')).map(|(n, _)| format!("{root}/{n}")));
    }
    let mut files = std::collections::BTreeMap::new();
    while let Some(name) = todo.pop() {
        if files.contains_key(&name) || name.starts_with("google/protobuf/") {
            continue;
        }
        let text = std::fs::read_to_string(folder.join(&name)).unwrap();
        for line in text.lines().filter_map(|l| l.strip_prefix("import ")) {
            todo.push(line.split('"').nth(1).unwrap().to_owned());
        }
        files.insert(name, text);
    }
    files.into_iter().collect()
}

fn google() -> Option<Files> {
    let corpus = std::env::var_os("PROTOPACT_CORPUS")?;
    Some(reached(Path::new(&corpus), &["google/pubsub/v1", "google/spanner/v1", "google/cloud/speech/v2"]))
}

macro_rules! languages {
    ($($language:ident)*) => {$(
        mod $language {
            use super::*;

            #[test]
            fn contracts_build_and_are_used() {
                let target = drive::$language();
                if asked(target.language()) {
                    verified("contracts", &contracts(), &target, |root| program(target.language(), root));
                }
            }

            #[test]
            fn odd_names_and_editions_build() {
                if asked(drive::$language().language()) {
                    let files = drive::read(&fixtures().join("odd"));
                    verified("odd", &files, &drive::$language(), |_| {});
                }
            }

            #[test]
            fn enums_alone_build() {
                if asked(drive::$language().language()) {
                    let text = std::fs::read_to_string(fixtures().join("odd/enums.proto")).unwrap();
                    verified("enums", &files(&[("enums.proto", &text)]), &drive::$language(), |_| {});
                }
            }

            #[test]
            fn packages_of_google_build() {
                if let (true, Some(files)) = (asked(drive::$language().language()), google()) {
                    verified("google", &files, &drive::$language(), |_| {});
                }
            }
        }
    )*};
}

languages! { go java python rust }
