//! The built-in compiler gives what protoc gives, byte for byte, source info included, and refuses what protoc refuses;
//! where protox, the third opinion, has another one stands in a list.
//!
//! Every folder of .proto files below `fixtures/` and `contracts/` is compiled, and the folder that the
//! environment variable `PROTOPACT_CORPUS` names: the tests that need it are ignored unless asked for.

mod protox;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use protopact::compile::{
    Backend, CompileError, Compiled, Input, Options, compile, image,
    output::{SetOptions, descriptor_set},
};

use crate::files::{self, project};

/// Files whose descriptors may differ from protoc's, by the end of their path, each with the reason. There are
/// none; a difference that turns up belongs here only if protoc is wrong or its output is not determined.
const KNOWN_DIFFERENCES: &[(&str, &str)] = &[];

fn read_tree(root: &Path) -> Input {
    files::input(&root.display().to_string(), &files::read(root))
}

fn one_file(text: &str) -> Input {
    let lite = "syntax = \"proto3\"; option optimize_for = LITE_RUNTIME; message Lite {}";
    let mut input = files::input("", &[("case.proto", text), ("lite.proto", lite)]);
    input.files[1].target = false;
    input
}

fn with(backend: Backend) -> Options {
    Options { backend, ..Options::default() }
}

/// What protoc itself writes; nothing if it refuses.
fn protoc(root: &Path, input: &Input) -> Option<Vec<u8>> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let out = dir.path().join("set.binpb");
    let list = dir.path().join("files");
    let mut names: Vec<&str> = input.files.iter().map(|f| &*f.name).collect();
    names.sort_unstable();
    std::fs::write(&list, names.join("\n")).expect("a writable folder");
    #[expect(clippy::disallowed_methods, reason = "protoc is the oracle")]
    let output = Command::new(protoc_bin_vendored::protoc_bin_path().expect("a bundled protoc"))
        .arg(format!("--proto_path={}", root.display()))
        .args(["--include_imports", "--include_source_info"])
        .arg(format!("--descriptor_set_out={}", out.display()))
        .arg(format!("@{}", list.display()))
        .output()
        .expect("protoc runs");
    output.status.success().then(|| std::fs::read(out).expect("protoc wrote its output"))
}

fn by_name(compiled: &Compiled) -> BTreeMap<&str, &[u8]> {
    compiled.files.iter().map(|f| (&*f.name, &*f.descriptor)).collect()
}

/// Says where two compilations differ; nothing if they do not.
fn differences(ours: &Compiled, theirs: &Compiled) -> Vec<String> {
    let names = |c: &Compiled| c.files.iter().map(|f| f.name.to_string()).collect::<Vec<_>>();
    let mut found = Vec::new();
    if names(ours) != names(theirs) {
        found.push(format!("files: {:?} against {:?}", names(ours), names(theirs)));
    }
    let theirs = by_name(theirs);
    for (name, descriptor) in by_name(ours) {
        let known = KNOWN_DIFFERENCES.iter().any(|(end, _)| name.ends_with(end));
        if !known && theirs.get(name) != Some(&descriptor) {
            found.push(format!("{name}: {}", decoded_difference(descriptor, theirs.get(name).copied())));
        }
    }
    found
}

fn decoded_difference(ours: &[u8], theirs: Option<&[u8]>) -> String {
    use prost::Message as _;
    let text = |bytes: &[u8]| {
        let file = prost_types::FileDescriptorProto::decode(bytes).expect("a descriptor");
        format!("{file:#?}")
    };
    let Some(theirs) = theirs else { return "protoc has no such file".to_owned() };
    let (theirs, ours) = (text(theirs), text(ours));
    let diff = similar::TextDiff::from_lines(&theirs, &ours).unified_diff().to_string();
    if diff.is_empty() {
        "only what prost does not know".to_owned()
    } else {
        diff.lines().take(40).collect::<Vec<_>>().join("\n")
    }
}

fn builtin_equals_protoc(root: &Path) -> Vec<String> {
    let input = read_tree(root);
    let theirs = protoc(root, &input);
    match (compile(&input, &Options::default()), theirs) {
        (Ok(ours), Some(theirs)) => {
            let theirs = image::read(&theirs, image::Format::Binary).expect("protoc's output is an image");
            differences(&ours, &theirs)
        }
        (Err(_), None) => Vec::new(),
        (Ok(_), None) => vec!["protoc refuses it".to_owned()],
        (Err(CompileError::Sources(list)), Some(_)) => {
            list.iter().map(|d| format!("protoc takes it: {}", d.render(false))).collect()
        }
        (Err(other), Some(_)) => vec![format!("{other}: {:?}", std::error::Error::source(&other))],
    }
}

/// The folders that are import roots: `contracts`, the sides and steps of fixtures, and other folders directly
/// in a folder of fixtures.
fn roots() -> Vec<PathBuf> {
    let mut roots = Vec::new();
    let contracts = project().join("contracts");
    if contracts.is_dir() {
        roots.push(contracts);
    }
    for entry in walkdir::WalkDir::new(project().join("fixtures")).into_iter().flatten() {
        if entry.path().extension().is_none_or(|e| e != "proto") {
            continue;
        }
        let is_root = |folder: &&Path| {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            let step =
                name.len() > 3 && name.as_bytes()[2] == b'-' && name[..2].bytes().all(|b| b.is_ascii_digit());
            let in_fixtures = folder.parent().is_some_and(|p| p.ends_with("fixtures"));
            step || in_fixtures || matches!(&*name, "old" | "new" | "proto")
        };
        roots.extend(entry.path().ancestors().skip(1).find(is_root).map(Path::to_owned));
    }
    roots.sort();
    roots.dedup();
    roots
}

#[test]
fn builtin_compiler_equals_protoc_on_all_fixtures() {
    let roots = roots();
    assert!(roots.iter().any(|r| r.ends_with("fixtures/compile")), "{roots:?}");
    let mut failures = Vec::new();
    for root in roots {
        let found = builtin_equals_protoc(&root);
        failures.extend(found.into_iter().map(|f| format!("{}: {f}", root.display())));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The folder above holds edition files, so everything in it goes through protoc; this is the rest of it.
fn without_editions() -> Input {
    let mut input = read_tree(&project().join("fixtures/compile"));
    input.files.retain(|f| !f.name.starts_with("editions/"));
    input
}

#[test]
fn both_back_ends_agree() {
    let input = without_editions();
    let builtin = compile(&input, &with(Backend::Builtin)).expect("the fixtures compile");
    let protoc = compile(&input, &with(Backend::Protoc)).expect("the fixtures compile");
    let found = differences(&builtin, &protoc);
    assert!(builtin.files.len() > 25);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What both warn of: place and words.
fn warnings(input: &Input, backend: Backend) -> Vec<String> {
    let compiled = compile(input, &with(backend)).unwrap_or_else(|e| panic!("{e}: {input:?}"));
    let told = |d: &protopact::compile::Diagnostic| format!("{} {:?} {}", d.file, d.position, d.message);
    compiled.warnings.iter().map(told).collect()
}

#[test]
fn both_back_ends_warn_of_the_same() {
    let odd = without_editions();
    let found = warnings(&odd, Backend::Builtin);
    assert_eq!(found.iter().filter(|w| w.contains("/odd/")).count(), 16, "{found:#?}");
    assert_eq!(found, warnings(&odd, Backend::Protoc));
    let (mut seen, mut wrong) = (0, Vec::new());
    for root in roots().iter().filter(|root| !root.ends_with("fixtures/compile")) {
        let input = read_tree(root);
        if compile(&input, &with(Backend::Builtin)).is_ok() {
            let found = warnings(&input, Backend::Builtin);
            seen += found.len();
            let protoc = warnings(&input, Backend::Protoc);
            if found != protoc {
                wrong.push(format!("{}: {found:#?} against {protoc:#?}", root.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 5, "{seen}");
}

#[test]
fn builtin_compiler_writes_the_bytes_of_protoc() {
    let input = without_editions();
    let builtin = compile(&input, &with(Backend::Builtin)).expect("the fixtures compile");
    let all = SetOptions { include_imports: true, include_source_info: true };
    let theirs = protoc(&project().join("fixtures/compile"), &input).expect("the fixtures compile");
    assert!(descriptor_set(&builtin, all) == theirs, "the sets differ");
}

#[expect(clippy::disallowed_methods, reason = "the corpus is named by the environment")]
fn corpus() -> PathBuf {
    std::env::var_os("PROTOPACT_CORPUS").expect("PROTOPACT_CORPUS names a folder").into()
}

#[test]
#[ignore = "compares the corpus that PROTOPACT_CORPUS names: ci/sdk"]
fn corpus_equals_protoc() {
    let found = builtin_equals_protoc(&corpus());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The cases of a list by name.
fn cases(list: &str) -> Vec<(String, String)> {
    let path = project().join("fixtures/compile").join(list);
    let text = std::fs::read_to_string(path).expect("the list of cases");
    text.split("\n--- ")
        .skip(1)
        .map(|case| {
            let (name, text) = case.split_once('\n').expect("a name and a text");
            (name.to_owned(), format!("{text}\n"))
        })
        .collect()
}

#[test]
fn builtin_compiler_refuses_what_is_wrong() {
    let cases = cases("rejected.txt");
    assert!(cases.len() > 150, "{}", cases.len());
    for (name, text) in cases {
        match compile(&one_file(&text), &with(Backend::Builtin)) {
            Err(CompileError::Sources(list)) => {
                assert!(list.iter().all(|d| d.position.is_some()), "{name}: {list:#?}");
                assert!(list.iter().all(|d| d.file == "case.proto"), "{name}: {list:#?}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn protoc_refuses_the_same() {
    for (name, text) in cases("rejected.txt") {
        match compile(&one_file(&text), &with(Backend::Protoc)) {
            Err(CompileError::Sources(_)) => {}
            other => panic!("{name}: {other:?}"),
        }
    }
}

/// protoc keeps to limits of the C++ runtime that are not in the language; the built-in compiler does not.
#[test]
fn only_protoc_limits_the_fields_of_a_message() {
    let mut text = "syntax = \"proto3\"; message M {".to_owned();
    for n in 1..=65_536 {
        let number = if n < 19_000 { n } else { n + 1_000 };
        text += &format!("int32 f{n} = {number};\n");
    }
    text.push('}');
    assert!(compile(&one_file(&text), &with(Backend::Builtin)).is_ok());
    let Err(CompileError::Sources(list)) = compile(&one_file(&text), &with(Backend::Protoc)) else {
        panic!("protoc lifted its limit: the built-in compiler's reason to differ is gone");
    };
    assert!(list[0].message.contains("exceeds the limit of 65535"), "{list:?}");
}

#[test]
fn what_is_at_the_edge_comes_out_as_from_protoc() {
    let cases = cases("accepted.txt");
    assert!(cases.len() > 50, "{}", cases.len());
    let mut failures = Vec::new();
    for (name, text) in cases {
        let ours = compile(&one_file(&text), &with(Backend::Builtin));
        let theirs = compile(&one_file(&text), &with(Backend::Protoc));
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                failures.extend(differences(&ours, &theirs).into_iter().map(|d| format!("{name}: {d}")));
            }
            (ours, theirs) => failures.push(format!("{name}: {ours:?} against {theirs:?}")),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Sources that only one of the two takes: name, which one, reason, source.
const DISAGREEMENTS: &[(&str, Backend, &str, &str)] = &[
    (
        "hash-comment-in-a-value",
        Backend::Protoc,
        "protoc silently drops the rest of the value behind `#`, the next lines included",
        "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\";
         message R { int32 x = 1; } extend google.protobuf.FileOptions { R a = 50000; }
         option (a) = { x: 1 # hi
         };",
    ),
    (
        "default-that-is-no-text",
        Backend::Protoc,
        "the descriptor would hold a string that is not UTF-8, which other readers refuse",
        "syntax = \"proto2\"; message M { optional string a = 1 [default = \"\\xff\"]; }",
    ),
    (
        "json-name-that-is-no-text",
        Backend::Protoc,
        "the descriptor would hold a string that is not UTF-8, which other readers refuse",
        "syntax = \"proto3\"; message M { int32 a = 1 [json_name = \"\\xff\"]; }",
    ),
    (
        "extension-hidden-by-a-field",
        Backend::Builtin,
        "fields are no part of the symbol table; what is meant is plain, since a field is never an option",
        "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\";
         extend google.protobuf.FieldOptions { string a = 50000; }
         message M { int32 a = 1; int32 b = 2 [(a) = \"x\"]; }",
    ),
    (
        "extendee-hidden-by-a-field",
        Backend::Builtin,
        "fields are no part of the symbol table; what is meant is plain, since a field is never extended",
        "syntax = \"proto2\"; message X { extensions 1 to 10; }
         message M { optional int32 X = 1; extend X { optional int32 z = 1; } }",
    ),
];

#[test]
fn the_compilers_disagree_only_where_it_is_written_down() {
    for (name, taker, reason, text) in DISAGREEMENTS {
        let refuser = if *taker == Backend::Protoc { Backend::Builtin } else { Backend::Protoc };
        assert!(compile(&one_file(text), &with(*taker)).is_ok(), "{name}: no longer taken ({reason})");
        let refused = compile(&one_file(text), &with(refuser));
        assert!(matches!(refused, Err(CompileError::Sources(_))), "{name}: no longer refused ({reason})");
    }
}
