//! A contract on its way from proto3 to edition 2026 (`fixtures/editions`): which language takes which step, and that the
//! packages of the steps are the same code where a step says nothing else.

use std::collections::BTreeSet;

use protopact::codegen::request::Set;
use protopact::codegen::{Contract, FileTree, Package, Target, sdk};
use protopact::compile::output::{SetOptions, descriptor_set};
use protopact::compile::{self, Options};
use protopact::schema::{Element, Schema};
use protopact::surface;
use protopact::words::Language;

use crate::build::{builds, generated};
use crate::files::{Files, input, project, read};
use crate::lab::{Lab, protoc, tree};
use crate::machine::Machine;
use crate::names::{program, run, rust_names};

const STEPS: [&str; 4] = ["01-proto3", "02-edition-2023", "03-edition-2024", "04-edition-2026"];
const SECTIONS: &str = "[generate.go]\nmodule = \"github.com/acme/contracts-go\"\n[generate.java]\ngroup = \"com.acme\"\n\
    [generate.python]\npackage = \"acme-contracts\"\n[generate.rust]\ncrate = \"acme-contracts\"\n";

fn step(name: &str) -> Files {
    read(&project().join("fixtures/editions").join(name))
}

/// A step without its service.
fn messages(name: &str) -> Files {
    step(name).into_iter().filter(|(path, _)| !path.ends_with("service.proto")).collect()
}

fn schema(files: &Files) -> Schema {
    Schema::build(&compile::compile(&input("", files), &Options::default()).unwrap()).unwrap()
}

/// What `generate --dry-run` says of files.
fn dry(files: &Files) -> String {
    let lab = Lab::new(SECTIONS);
    for old in ["proto/acme/user/v1/user.proto", "proto/acme/money/v1/money.proto"] {
        std::fs::remove_file(lab.env.work().join(old)).unwrap();
    }
    for (path, text) in files {
        lab.env.write(&format!("proto/{path}"), text);
    }
    lab.run(&["generate", "--dry-run"]).out
}

#[test]
fn which_language_takes_which_step_is_told_beforehand() {
    let mut all = String::new();
    for name in STEPS {
        all += &format!("# {name}\n{}\n", dry(&step(name)));
    }
    all += &format!("# 04-edition-2026, without its service\n{}", dry(&messages("04-edition-2026")));
    insta::assert_snapshot!(all);
}

/// The public names of the contract's own files, with their types.
fn names(language: Language, schema: &Schema) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (file, model) in schema.files().filter(|(_, f)| f.name.starts_with("acme/")) {
        for element in surface::inside(schema, Element::File(file)) {
            let container = surface::container(language, schema, element);
            let names = surface::names(language, schema, element);
            all.extend(
                names.into_iter().map(|n| format!("{} {container} {} {}", model.name, n.path, n.shape)),
            );
        }
    }
    all
}

fn same(what: &str, old: &BTreeSet<String>, new: &BTreeSet<String>) {
    let gone: Vec<_> = old.difference(new).collect();
    let came: Vec<_> = new.difference(old).collect();
    assert!(gone.is_empty() && came.is_empty(), "{what}: gone {gone:#?}, came {came:#?}");
}

#[test]
fn every_step_has_the_same_names() {
    for language in Language::ALL {
        let first = names(language, &schema(&step(STEPS[0])));
        assert!(first.len() > 60, "{first:#?}");
        for later in &STEPS[1..] {
            same(&format!("{} {later}", language.as_str()), &first, &names(language, &schema(&step(later))));
        }
    }
}

/// `import option` brings no code, so that of features of other languages nothing is in a package, and nothing that two
/// contracts in one program would both register.
#[test]
fn what_only_options_come_from_is_not_generated() {
    let go = Target::new(Language::Go, &[("module", "github.com/acme/contracts-go")]);
    let java = Target::new(Language::Java, &[("group", "com.acme"), ("artifact", "contracts")]);
    let python = Target::new(Language::Python, &[("package", "acme-contracts")]);
    for target in [go, java, python] {
        let made = |name: &str| {
            let compiled = compile::compile(&input("", &messages(name)), &Options::default()).unwrap();
            let compiled = compile::Compiled {
                files: compiled
                    .files
                    .into_iter()
                    .map(|file| compile::CompiledFile { target: file.name.starts_with("acme/"), ..file })
                    .collect(),
                ..compiled
            };
            let schema = Schema::build(&compiled).unwrap();
            let contract = Contract {
                name: "acme/contracts",
                version: "1.0.0",
                build: None,
                commit: None,
                licence: "Apache-2.0",
                legal: &[],
                about: &protopact::config::package::About::default(),
                compiled: &compiled,
                schema: &schema,
            };
            let calls = sdk::prepare(&contract, &target).unwrap().calls;
            let files: BTreeSet<String> = calls.into_iter().flat_map(|call| call.files).collect();
            files.into_iter().filter(|name| name.contains("features")).collect::<Vec<_>>()
        };
        // Before, what is imported is code.
        assert_eq!(made("02-edition-2023").len(), if target.language() == Language::Python { 2 } else { 1 });
        assert_eq!(made("03-edition-2024"), [""; 0], "{}", target.language().as_str());
    }
}

/// protoc looks at a descriptor set by the defaults of its edition, though the sources hold on to older ones, of which no set
/// has anything.
#[test]
fn protoc_makes_of_the_set_of_a_step_what_it_makes_of_the_step() {
    for name in STEPS {
        let files = step(name);
        let compiled = compile::compile(&input("", &files), &Options::default()).unwrap();
        let whole = SetOptions { include_imports: true, include_source_info: true };
        let set = Set::new(descriptor_set(&compiled, whole).into()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name).display().to_string();
        std::fs::write(at("set"), set.for_protoc()).unwrap();
        let root = project().join("fixtures/editions").join(name);
        let made = |out: &str, from: String| {
            std::fs::create_dir(at(out)).unwrap();
            let mut arguments =
                vec![from, format!("--java_out={}", at(out)), format!("--python_out={}", at(out))];
            arguments.extend(files.iter().map(|(path, _)| path.clone()));
            protoc(&arguments);
            tree(&dir.path().join(out))
        };
        let ours = made("ours", format!("--descriptor_set_in={}", at("set")));
        let plain = made("plain", format!("--proto_path={}", root.display()));
        assert!(ours.len() > 10, "{:?}", ours.keys());
        for (path, content) in &plain {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(text(&ours[path]), text(content), "{name}: {path}");
        }
    }
}

/// The names that stand in a package's code.
fn read_back(language: Language, package: &Package) -> BTreeSet<String> {
    let dir = tempfile::tempdir().unwrap();
    let mut wanted = FileTree::new();
    for (path, content) in package.files.iter() {
        let code = match language {
            Language::Go => path.ends_with(".pb.go"),
            Language::Java => path.ends_with(".java"),
            Language::Python => path.ends_with(".pyi") || path.ends_with("_grpc.py"),
            Language::Rust => path.contains("src/proto/"),
        };
        // Where features of languages are imported, code comes with them.
        if code && !path.contains("eatures") {
            wanted.add(path, content.clone()).unwrap();
        }
    }
    for (path, content) in wanted.iter() {
        let to = dir.path().join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, content).unwrap();
    }
    let reader = |name: &str| project().join("tests/generate/readers").join(name);
    let said = match language {
        Language::Go => run(program("go").arg("run").arg(reader("names.go")).arg(dir.path())).unwrap(),
        Language::Java => run(program("java").arg(reader("Names.java")).arg(dir.path())).unwrap(),
        Language::Python => run(program("python3").arg(reader("names.py")).arg(dir.path())).unwrap(),
        Language::Rust => rust_names(dir.path()),
    };
    said.lines().map(str::to_owned).collect()
}

/// Packages of all steps that a language takes have the same code, and the last of them builds as the first does.
fn packages_are_the_same(language: Language) {
    let machine = Machine::new();
    let newest = match language {
        Language::Rust => 4,
        _ => 3,
    };
    let first = read_back(language, &generated(&step(STEPS[0]), language, &machine));
    assert!(first.len() > 60, "{first:#?}");
    for name in &STEPS[1..newest] {
        same(name, &first, &read_back(language, &generated(&step(name), language, &machine)));
    }
    for name in &STEPS[..newest] {
        builds(&step(name), language, |_, _| {});
    }
    if matches!(language, Language::Java | Language::Python) {
        let old = read_back(language, &generated(&messages(STEPS[0]), language, &machine));
        let new = read_back(language, &generated(&messages(STEPS[3]), language, &machine));
        same("04-edition-2026, without its service", &old, &new);
        builds(&messages(STEPS[3]), language, |_, _| {});
    }
}

#[test]
#[ignore = "builds packages: ci/sdk"]
fn go_packages_of_all_editions_are_the_same() {
    packages_are_the_same(Language::Go);
}

#[test]
#[ignore = "builds packages: ci/sdk"]
fn java_packages_of_all_editions_are_the_same() {
    packages_are_the_same(Language::Java);
}

#[test]
#[ignore = "builds packages: ci/sdk"]
fn python_packages_of_all_editions_are_the_same() {
    packages_are_the_same(Language::Python);
}

#[test]
#[ignore = "builds packages: ci/sdk"]
fn rust_packages_of_all_editions_are_the_same() {
    packages_are_the_same(Language::Rust);
}
