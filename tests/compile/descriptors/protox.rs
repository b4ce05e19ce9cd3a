//! protox beside the other two: where it has another opinion stands in one list, and what no longer differs has to
//! leave it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use prost::Message as _;
use prost_types::FileDescriptorProto;
use protopact::compile::{Backend, CompileError, Input, InputFile, compile};

use super::{cases, corpus, one_file, project, read_tree, roots, with};

/// How protox differs from the other two, who agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Differs {
    /// Only protox takes it.
    Takes,
    /// Only protox refuses it.
    Refuses,
    /// The descriptor is another, source info left out.
    Descriptor,
    /// The set of locations (path and span) is another.
    Locations,
}

include!("known.rs");

/// Compares what protox says of some sources with what the built-in compiler says, which is protoc's answer byte for
/// byte: that is what the other tests here are about.
fn differences(name: &str, input: &Input) -> BTreeMap<(String, Differs), String> {
    let mut found = BTreeMap::new();
    let mut add = |name: &str, what, detail: String| found.insert((name.to_owned(), what), detail);
    match (compile(input, &with(Backend::Builtin)), compile(input, &with(Backend::Protox))) {
        (Ok(ours), Ok(theirs)) => {
            let order = |c: &protopact::compile::Compiled| -> Vec<String> {
                c.files.iter().map(|f| f.name.to_string()).collect()
            };
            assert_eq!(order(&ours), order(&theirs));
            let own = |name: &str| input.files.iter().any(|f| &*f.name == name);
            for (ours, theirs) in ours.files.iter().zip(&theirs.files) {
                // protox takes the copy that it brings along, of an earlier release, in the place of the built-in one.
                if &*ours.name == "google/protobuf/descriptor.proto" && !own(&ours.name) {
                    continue;
                }
                let file = if name.is_empty() || own(name) { &*ours.name } else { name };
                let decode = |bytes: &[u8]| FileDescriptorProto::decode(bytes).expect("a descriptor");
                let (mut a, mut b) = (decode(&ours.descriptor), decode(&theirs.descriptor));
                let (left, right) = (locations(&mut a), locations(&mut b));
                if left != right {
                    let only = |a: &BTreeSet<_>, b: &BTreeSet<_>| {
                        a.difference(b).take(3).map(|l| format!("{l:?}")).collect::<Vec<_>>().join(" ")
                    };
                    add(
                        file,
                        Differs::Locations,
                        format!("-{} +{}", only(&left, &right), only(&right, &left)),
                    );
                }
                // As bytes, for a custom option is no field of the structures; in one order, for extensions and
                // fields are written in different ones.
                if without_source_info(&ours.descriptor) != without_source_info(&theirs.descriptor) {
                    let (a, b) = (format!("{a:#?}"), format!("{b:#?}"));
                    let diff = similar::TextDiff::from_lines(&a, &b).unified_diff().to_string();
                    let lines: Vec<&str> = diff.lines().take(24).collect();
                    add(file, Differs::Descriptor, lines.join("\n"));
                }
            }
        }
        (Ok(_), Err(CompileError::Sources(list))) => {
            let list: Vec<String> = list.iter().take(3).map(|d| d.render(false)).collect();
            add(name, Differs::Refuses, list.join("\n"));
        }
        (Err(CompileError::Sources(list)), Ok(_)) => {
            add(name, Differs::Takes, list[0].message.clone());
        }
        (Err(CompileError::Sources(_)), Err(CompileError::Sources(_))) => {}
        (ours, theirs) => panic!("{name}: {ours:?} against {theirs:?}"),
    }
    found
}

fn locations(file: &mut FileDescriptorProto) -> BTreeSet<(Vec<i32>, Vec<i32>)> {
    let info = file.source_code_info.take().unwrap_or_default();
    info.location.into_iter().map(|l| (l.path, l.span)).collect()
}

/// The whole descriptor as a tree of fields with the types of descriptor.proto, every custom option among them as
/// bytes, whatever the order they were written in.
fn without_source_info(bytes: &[u8]) -> String {
    use prost_reflect::{DynamicMessage, ReflectMessage as _};
    let descriptor = FileDescriptorProto::default().descriptor();
    let mut file = DynamicMessage::decode(descriptor, bytes).expect("a descriptor");
    file.clear_field_by_name("source_code_info");
    format!("{file:?}")
}

/// Holds what was found against the list; `scope` is the part of the list that was looked at.
fn hold(found: &BTreeMap<(String, Differs), String>, scope: &str) {
    let mut wrong = Vec::new();
    let known: Vec<_> = KNOWN.iter().filter(|k| k.0 == scope).collect();
    for ((name, what), detail) in found {
        if !known.iter().any(|(_, of, _, names)| of == what && names.contains(&&**name)) {
            wrong.push(format!("not in the list: (\"{scope}\", {what:?}, \"{name}\"): {detail}"));
        }
    }
    for (_, what, reason, names) in known {
        for name in *names {
            if !found.contains_key(&((*name).to_owned(), *what)) {
                wrong.push(format!("no longer so: {name} {what:?} ({reason})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The same with each file as the only target.
fn each(input: &Input) -> BTreeMap<(String, Differs), String> {
    let mut found = BTreeMap::new();
    for name in input.files.iter().map(|f| f.name.clone()) {
        let mut one = input.clone();
        one.files.iter_mut().for_each(|f| f.target = f.name == name);
        // What it imports has its own turn.
        found.extend(differences(&name, &one).into_iter().filter(|((file, _), _)| **file == *name));
    }
    found
}

#[test]
fn protox_on_all_fixtures() {
    let mut found = BTreeMap::new();
    for root in roots() {
        let mut input = read_tree(&root);
        input.files.retain(|f| !f.name.starts_with("editions/"));
        let name = root.strip_prefix(project()).expect("a folder of the project").display().to_string();
        let whole = differences("", &input);
        // One file that protox refuses hides what it thinks of the others.
        let one_by_one = whole.keys().any(|(_, what)| *what == Differs::Refuses);
        let all = if one_by_one { each(&input) } else { whole };
        found
            .extend(all.into_iter().map(|((file, what), detail)| ((format!("{name}/{file}"), what), detail)));
    }
    hold(&found, "fixtures");
}

#[test]
fn protox_at_the_edge() {
    let mut found = BTreeMap::new();
    for list in ["accepted.txt", "rejected.txt"] {
        for (name, text) in cases(list) {
            found.extend(differences(&name, &one_file(&text)));
        }
    }
    hold(&found, "cases");
}

#[test]
#[ignore = "compares the corpus that PROTOPACT_CORPUS names: ci/sdk"]
fn protox_on_the_corpus() {
    const BEHAVIOR: &str = "(google.api.field_behavior)";
    let input = read_tree(Path::new(&corpus()));
    let mut found = differences("", &input);
    // One cause in thousands of files is one line.
    let text = |file: &InputFile| String::from_utf8_lossy(&file.content).contains(BEHAVIOR);
    let with: BTreeSet<&str> = input.files.iter().filter(|f| text(f)).map(|f| &*f.name).collect();
    let all = found.len();
    found.retain(|(name, what), _| *what != Differs::Descriptor || !with.contains(&**name));
    if found.len() < all {
        found.insert((format!("files with {BEHAVIOR}"), Differs::Descriptor), String::new());
    }
    hold(&found, "corpus");
}

#[test]
fn every_file_that_cannot_be_read_is_told() {
    let texts = [
        ("a.proto", "syntax = \"proto3\";\nmessage A {\n  int32 = 1;\n}\n"),
        ("b.proto", "syntax = \"proto3\";\nmessage B { string s = 99999999999999999999999; }\nmessage {}\n"),
        ("c.proto", "syntax = \"proto3\";\nmessage C {}\n"),
    ];
    let Err(CompileError::Sources(list)) = compile(&super::files::input("", &texts), &with(Backend::Protox))
    else {
        panic!("it is taken");
    };
    let places: Vec<_> = list.iter().map(|d| (&*d.file, d.position)).collect();
    assert!(places.contains(&("a.proto", Some((3, 9)))), "{places:?}");
    assert!(places.iter().filter(|(file, _)| *file == "b.proto").count() >= 2, "{places:?}");
}

#[test]
fn what_the_pool_refuses_has_a_place() {
    let text = "syntax = \"proto3\";\nmessage A {\n\tMissing m = 1;\n}\n";
    let Err(CompileError::Sources(list)) = compile(&one_file(text), &with(Backend::Protox)) else {
        panic!("it is taken");
    };
    assert_eq!((&*list[0].file, list[0].position), ("case.proto", Some((3, 2))), "{list:?}");
}

#[test]
fn editions_are_refused() {
    let Err(CompileError::Sources(list)) =
        compile(&one_file("edition = \"2023\"; message M {}"), &with(Backend::Protox))
    else {
        panic!("it is taken");
    };
    assert!(list[0].message.contains("protox does not know editions"), "{list:?}");
}

#[test]
fn depth_is_refused_before_protox_recurses() {
    let deep = |open: &str, close: &str| open.repeat(100_000) + &close.repeat(100_000);
    for text in [
        format!("syntax = \"proto3\"; option (a) = {};", deep("{ a ", "}")),
        format!("syntax = \"proto3\"; option (a) = {{ a: {} }};", deep("[", "]")),
        format!("syntax = \"proto3\"; {}", deep("message M {", "}")),
    ] {
        let refused = compile(&one_file(&text), &with(Backend::Protox));
        let Err(CompileError::Sources(list)) = refused else { panic!("it is taken") };
        assert!(list.iter().any(|d| d.message.contains("nested too deeply")), "{}", list[0].message);
    }
}
