//! Contracts that a language has no room for: built right, or refused with file and line before any plugin runs.

use protopact::codegen::sdk::{self, PackageError};
use protopact::codegen::{Contract, Target};
use protopact::words::Language;

use crate::drive::{self, Sample, files, go, java, python, rust};

fn refusal(list: &[(&str, &str)], target: &Target) -> String {
    let sample = Sample::new(&files(list));
    match sdk::prepare(&sample.contract(), target) {
        Ok(_) => "taken".to_owned(),
        Err(error) => {
            assert!(error.hint().is_some(), "no way out: {error}");
            error.to_string()
        }
    }
}

fn taken(list: &[(&str, &str)], target: &Target) {
    assert_eq!(refusal(list, target), "taken");
}

#[track_caller]
fn refused(list: &[(&str, &str)], target: &Target, place: &str, words: &str) {
    let text = refusal(list, target);
    let language = target.language().title();
    // A place without a column is any in the line.
    let end = if place.ends_with(':') { "" } else { ": " };
    assert!(text.starts_with(&format!("cannot make the {language} package: {place}{end}")), "{text}");
    assert!(text.contains(words), "{text}");
}

const P3: &str = "syntax = \"proto3\";\n";

fn p3(text: &str) -> String {
    format!("{P3}{text}")
}

#[test]
fn a_delimited_field_that_leads_back_where_the_generator_cannot_box_it() {
    let text =
        "syntax = \"proto2\";\npackage a;\nmessage M { optional group In = 1 { optional M m = 2; } }\n";
    taken(&[("a.proto", text)], &rust());
    let older = Target::new(Language::Rust, &[("crate", "acme-contracts"), ("runtime", "0.13")]);
    refused(&[("a.proto", text)], &older, "proto/a.proto:3:", "the generator of this line cannot box it");
}

#[test]
fn a_list_beside_a_map_that_is_called_like_its_count() {
    let message = |fields: &str| p3(&format!("package a;\nmessage M {{\n{fields}\n}}\n"));
    for (fields, line) in [
        ("repeated bytes note = 1;\nmap<string, int32> note_count = 2;", 5),
        ("map<string, int32> a_map = 1;\nmap<string, int32> a_map_list = 2;", 0),
        ("repeated int32 note = 1;\nmap<string, int32> note_list = 2;", 5),
        // Two lists are told apart by an index, and what is no list is called by its number.
        ("repeated int32 note = 1;\nrepeated int32 note_list = 2;", 0),
        ("repeated int32 note = 1;\nint32 note_count = 2;", 0),
    ] {
        let text = message(fields);
        match line {
            0 => taken(&[("a.proto", &text)], &java()),
            line => refused(&[("a.proto", &text)], &java(), &format!("proto/a.proto:{line}:"), "note"),
        }
    }
}

#[test]
fn a_type_that_a_variable_hides() {
    for inside in [
        "repeated int32 await = 1;\nmessage await_ {}",
        "int32 user_name = 1;\nenum userName_ { A = 0; }",
        "oneof kind { int32 a = 1; }\nmessage kindCase_ {}",
        "int32 a = 1;\nmessage A_FIELD_NUMBER {}",
    ] {
        let text = p3(&format!("package a;\nmessage M {{\n{inside}\n}}\n"));
        refused(&[("a.proto", &text)], &java(), "proto/a.proto:5:", "has the name of the variable");
    }
    // A field of a oneof has no variable of its own.
    let text = p3("package a;\nmessage M {\noneof kind { int32 a = 1; }\nmessage a_ {}\n}\n");
    taken(&[("a.proto", &text)], &java());
}

#[test]
fn a_key_of_json_that_is_the_name_of_something_else() {
    for (fields, place) in [
        ("oneof reset { int32 a = 1; }\nint32 reset__ = 2;", "proto/a.proto:5:"),
        ("oneof fooBar { int32 foo_bar = 1; }", "proto/a.proto:4:"),
        ("oneof foo_bar { int32 a = 1; }\nint32 c = 2 [json_name = \"foo_bar\"];", "proto/a.proto:5:"),
        ("int32 foo = 1 [json_name = \"x\"];\nint32 bar = 2 [json_name = \"foo\"];", "proto/a.proto:5:"),
        ("optional int32 a = 1;\nint32 c = 2 [json_name = \"_a\"];", "proto/a.proto:5:"),
    ] {
        let text = p3(&format!("package a;\nmessage M {{\n{fields}\n}}\n"));
        refused(&[("a.proto", &text)], &python(), place, "which Python does not import beside");
        taken(&[("a.proto", &text)], &go());
    }
    let text = p3("package a;\nmessage M {\noneof foo_bar { int32 foo = 1; }\noptional int32 b = 2;\n}\n");
    taken(&[("a.proto", &text)], &python());
}

#[test]
fn an_edition_that_a_generator_does_not_take() {
    let plain = "edition = \"2026\";\npackage a.v1;\nexport message Pay { int32 a = 1; }\n".to_owned();
    let list = [("a.proto", plain.as_str())];
    let refuses = |list: &[(&str, &str)], target: &Target, place: &str, plugin: &str| {
        refused(list, target, place, "the file is of edition 2026, which ");
        refused(list, target, place, plugin);
    };
    refuses(&list, &go(), "proto/a.proto:1:1", "(protoc-gen-go 1.36.12) does not take");
    // prost gets what it knows, and protoc makes messages of Java and Python itself.
    taken(&list, &rust());
    taken(&list, &java());
    taken(&list, &python());
    // Plugins for services refuse whatever leads to such a file.
    let service = "edition = \"2024\";\npackage a.v1;\nimport \"a.proto\";\nservice Pays { rpc Get(Pay) returns (Pay); }\n";
    let list = [("a.proto", plain.as_str()), ("b.proto", service)];
    refuses(&list, &java(), "proto/a.proto:1:1", "generator for services (protoc-gen-grpc-java 1.83.1)");
    refuses(&list, &python(), "proto/a.proto:1:1", "generator for services (grpcio-tools 1.85.1)");
    taken(&list, &rust());
    // What an enum value is called in JSON prost does not ask, and serde does.
    let serde = Target::new(Language::Rust, &[("crate", "acme-contracts"), ("serde", "true")]);
    let named = "edition = \"2026\";\npackage a.v1;\nimport option \"google/protobuf/json_options.proto\";\nexport enum Kind {\n\
        KIND_NONE = 0;\nKIND_RED = 1 [(pb.enumvalue.json).string = \"red\"];\n}\n";
    taken(&[("a.proto", named)], &rust());
    refused(
        &[("a.proto", named)],
        &serde,
        "proto/a.proto:6:1",
        "enum value `a.v1.Kind.KIND_RED` is `red` in JSON, and `KIND_RED` for pbjson",
    );
    taken(&[("a.proto", &named.replace("\"red\"", "\"KIND_RED\""))], &serde);
    let older = plain.replace("2026", "2024");
    for target in [go(), java(), python(), rust()] {
        taken(&[("a.proto", older.as_str()), ("b.proto", service)], &target);
    }
}

#[test]
fn a_type_called_like_a_keyword() {
    let none = p3("package a.v1;\nmessage None { string self = 1; }\n");
    let list = [("a.proto", none.as_str())];
    taken(&list, &go());
    taken(&list, &java());
    refused(&list, &python(), "proto/a.proto:3:1", "message `a.v1.None` has the name of a Python keyword");
    taken(&list, &rust());

    let class = p3("package a.v1;\nmessage class { int32 x = 1; }\n");
    let list = [("a.proto", class.as_str())];
    refused(&list, &java(), "proto/a.proto:3:1", "no Java class can be called `class`");
    refused(&list, &python(), "proto/a.proto:3:1", "keyword");
    taken(&list, &go());
    taken(&list, &rust());

    let small =
        p3("package a.v1;\nmessage self { int32 async = 1; bool type = 2; oneof def { int32 if = 3; } }\n");
    let list = [("a.proto", small.as_str())];
    for target in [go(), java(), python(), rust()] {
        taken(&list, &target);
    }
}

#[test]
fn a_package_called_like_a_keyword_is_built() {
    let text = p3("package type.class.async.self.None;\nmessage M { int32 x = 1; }\n");
    let list = [("type/class/async/self/None/m.proto", text.as_str())];
    for target in [go(), java(), python(), rust()] {
        taken(&list, &target);
    }
    let sample = Sample::new(&files(&list));
    let contract = sample.contract();
    let python = drive::offline_package(&contract, &python());
    assert!(python.files.get("src/acme_contracts/type/class_/async_/self/None_/m_pb2.py").is_some());
    let rust = drive::offline_package(&contract, &rust());
    let lib = String::from_utf8(rust.files.get("src/lib.rs").unwrap().to_vec()).unwrap();
    assert!(lib.contains("pub mod r#type {"), "{lib}");
    assert!(lib.contains("pub mod self_ {"), "{lib}");
    let java = drive::offline_package(&contract, &java());
    let place = "src/main/java/com/acme/contracts/type/class_/async/self/None/M.java";
    assert!(java.files.get(place).is_some(), "{:?}", java.files.iter().map(|f| f.0).collect::<Vec<_>>());
}

#[test]
fn a_java_package_that_is_none() {
    let text = p3("package a;\noption java_package = \"com.acme.class\";\nmessage M {}\n");
    refused(&[("a.proto", &text)], &java(), "proto/a.proto:3:1", "`com.acme.class` is no Java package");
}

#[test]
fn enum_values_called_like_keywords() {
    let text = p3("package a;\nenum E { A = 0; default = 1; }\n");
    refused(&[("a.proto", &text)], &java(), "proto/a.proto:3:17", "the enum value `default`");
    let text = p3("package a;\nenum E { A = 0; None = 1; }\n");
    refused(&[("a.proto", &text)], &python(), "proto/a.proto:3:17", "enum value `a.E.None`");
}

#[test]
fn methods_that_cannot_be_called() {
    let text = p3("package a;\nmessage M {}\nservice S {\n  rpc New(M) returns (M);\n}\n");
    refused(&[("a.proto", &text)], &rust(), "proto/a.proto:5:3", "every tonic client has a function `new`");
    let text = p3("package a;\nmessage M {}\nservice S {\n  rpc import(M) returns (M);\n}\n");
    refused(&[("a.proto", &text)], &python(), "proto/a.proto:5:3", "method `a.S.import`");
    let text = p3("package a;\nmessage M {}\nservice S {\n  rpc Connect(M) returns (M);\n}\n");
    let sample = Sample::new(&files(&[("a.proto", &text)]));
    let prepared = sdk::prepare(&sample.contract(), &rust()).unwrap();
    assert!(prepared.calls[1].parameter.ends_with(",no_transport"), "{:?}", prepared.calls);
}

#[test]
fn services_that_tonic_cannot_name() {
    let text = |name: &str| {
        p3(&format!("package a;\nmessage M {{}}\nservice {name} {{\n  rpc Get(M) returns (M);\n}}\n"))
    };
    for name in ["Arc", "Context", "T"] {
        refused(&[("a.proto", &text(name))], &rust(), "proto/a.proto:4:1", "every tonic server has a");
        taken(&[("a.proto", &text(name))], &go());
    }
    taken(&[("a.proto", &text("Service"))], &rust());
}

#[test]
fn names_that_become_one() {
    let text = p3("package a;\nmessage FooBar {}\nmessage foo_bar {}\n");
    let list = [("a.proto", text.as_str())];
    refused(&list, &go(), "proto/a.proto:4:1", "are both called `FooBar` in Go");
    refused(&list, &rust(), "proto/a.proto:4:1", "are both called `FooBar` in Rust");
    taken(&list, &java());

    let text = p3("package a;\nmessage Foo {}\nmessage foo {}\n");
    let list = [("a.proto", text.as_str())];
    refused(&list, &java(), "proto/a.proto:4:1", "needs the Java class `com.acme.contracts.a.foo`");

    let text = p3("package a;\nmessage A { message B {} }\nmessage A_B {}\n");
    refused(&[("a.proto", &text)], &go(), "proto/a.proto:4:1", "are both called `A_B` in Go");

    let text = p3("package a;\nmessage M {\n  int32 foo_bar = 1;\n  int32 FooBar = 2;\n}\n");
    refused(&[("a.proto", &text)], &rust(), "proto/a.proto:5:3", "are both called `foo_bar` in Rust");

    // protoc refuses all values that prost would call the same, but for two names of one number, of which prost
    // takes the first.
    let text = p3("package a;\nenum E {\n  option allow_alias = true;\n  E_A_B = 0;\n  A__B = 0;\n}\n");
    taken(&[("a.proto", &text)], &rust());
}

#[test]
fn a_package_inside_a_message() {
    let outer = p3("package a;\nmessage B { message C {} }\n");
    let inner = p3("package a.b;\nmessage D {}\n");
    let list = [("a.proto", outer.as_str()), ("b.proto", inner.as_str())];
    refused(&list, &rust(), "proto/a.proto:3:1", "message `a.B` and package `a.b` are both called `b`");
}

#[test]
fn files_that_differ_in_case() {
    let (one, two) = (p3("package a;\nmessage M {}\n"), p3("package a;\nmessage N {}\n"));
    let list = [("a/User.proto", one.as_str()), ("a/user.proto", two.as_str())];
    for target in [go(), java(), python(), rust()] {
        refused(
            &list,
            &target,
            "proto/a/user.proto:1:1",
            "are one file where upper and lower case are the same",
        );
    }
}

#[test]
fn one_go_package_with_two_names() {
    let file = |name: &str, message: &str| {
        p3(&format!(
            "package a;\noption go_package = \"github.com/acme/contracts-go/a;{name}\";\nmessage {message} {{}}\n"
        ))
    };
    let (one, two) = (file("one", "M"), file("two", "N"));
    let list = [("m.proto", one.as_str()), ("n.proto", two.as_str())];
    refused(&list, &go(), "proto/n.proto:3:1", "is called `two` here and `one` in `proto/m.proto`");
    // What lies outside the module is overridden, names and all.
    let far = |t: &str| t.replace("github.com/acme/contracts-go", "example.com/else");
    let (one, two) = (far(&one), far(&two));
    taken(&[("m.proto", &one), ("n.proto", &two)], &go());
}

#[test]
fn a_circle_of_go_packages() {
    let list = [
        ("a/one.proto", p3("package a;\nimport \"b/one.proto\";\nmessage A { b.B b = 1; }\n")),
        ("a/two.proto", p3("package a;\nmessage C {}\n")),
        ("b/one.proto", p3("package b;\nmessage B {}\n")),
        ("b/two.proto", p3("package b;\nimport \"a/two.proto\";\nmessage D { a.C c = 1; }\n")),
    ];
    let list: Vec<(&str, &str)> = list.iter().map(|(n, t)| (*n, t.as_str())).collect();
    refused(
        &list,
        &go(),
        "proto/b/two.proto:3:1",
        "this import makes a circle of Go packages: `a` → `b` → `a`",
    );
    taken(&list, &rust());
}

#[test]
fn an_empty_contract() {
    let sample = Sample::new(&files(&[]));
    for target in [go(), java(), python(), rust()] {
        let error = sdk::prepare(&sample.contract(), &target).unwrap_err();
        assert!(matches!(error, PackageError::Empty { .. }), "{error}");
    }
}

#[test]
fn a_version_and_targets_that_are_none() {
    let text = p3("package a;\nmessage M {}\n");
    let sample = Sample::new(&files(&[("a.proto", &text)]));
    let contract = Contract { version: "v1.4", ..sample.contract() };
    assert!(
        sdk::prepare(&contract, &go()).unwrap_err().to_string().contains("`v1.4` is no semantic version")
    );
    for target in [
        Target::new(Language::Go, &[("module", "github.com//x")]),
        Target::new(Language::Java, &[("group", "com.class"), ("artifact", "x")]),
        Target::new(Language::Java, &[("group", "com.acme"), ("artifact", "../x")]),
        Target::new(Language::Python, &[("package", "-x")]),
        Target::new(Language::Python, &[("package", "../x")]),
        Target::new(Language::Rust, &[("crate", "type")]),
        Target::new(Language::Rust, &[("crate", "x\"\n")]),
    ] {
        let error = sdk::prepare(&sample.contract(), &target).unwrap_err();
        assert!(matches!(error, PackageError::Target { .. }), "{target:?}: {error}");
    }
}

#[test]
fn names_that_only_the_languages_tools_told_of() {
    // The variables of `print` are `print_` and `printCase_`, and the latter is that of the other's value too.
    let oneofs = "package a.v1;\nmessage M {\n  oneof print { int32 a = 1; }\n  oneof print_case { int32 b = 2; }\n}\n";
    let text = p3(oneofs);
    let list = [("a.proto", text.as_str())];
    refused(&list, &java(), "proto/a.proto:5:3", "are both called `M.printCase_` in Java");
    taken(&list, &go());
    taken(&list, &python());
    taken(&[("a.proto", text.replace("print_case", "print_cases").as_str())], &java());
    // A member of the base class as its stubs know it.
    let field = p3("package a.v1;\nmessage M {\n  int32 UnknownFields = 1;\n}\n");
    refused(&[("a.proto", field.as_str())], &python(), "proto/a.proto:4:3", "`M.UnknownFields` in Python");
    taken(&[("a.proto", field.replace("UnknownFields", "unknown_fields").as_str())], &python());
}
