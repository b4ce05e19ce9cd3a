//! Odd and colliding names: for each the languages that refuse it, by line; the others build it.

use protopact::codegen::Target;
use protopact::codegen::sdk;
use protopact::config::package::{About, Author};
use protopact::source::LegalText;
use protopact::words::Language;

use crate::drive::{Sample, files, go, java, offline_package, python, refused_by, rust};

/// Refusals, languages in their order.
fn refused(list: &[(&str, &str)]) -> Vec<String> {
    refused_by(&[go(), java(), python(), rust()], list)
}

/// Holds what one file with a package `a` is refused for: `java:4 python:5`, by lines of `text`.
#[track_caller]
fn one(text: &str, expected: &str) {
    let whole = format!("syntax = \"proto3\"; package a;\n{text}");
    let found = refused(&[("a.proto", &whole)]);
    let found: Vec<String> = found.iter().map(|f| f.replace(" a.proto:", ":")).collect();
    assert_eq!(found.join(" "), expected, "{text}");
}

#[test]
fn accessors_of_fields() {
    one("message M {\n int32 descriptor = 1; }", "java:3");
    one("message M {\n int32 default_instance = 1; }", "java:3");
    one("message M {\n repeated int32 descriptor = 1; }", "");
    one("message M {\n string token = 1;\n bytes token_bytes = 2; }", "java:4");
    one("message M {\n M sub = 1;\n int32 sub_builder = 2; }", "java:4");
    one("message M {\n M sub = 1;\n int32 sub_or_builder = 2; }", "java:4");
    one("message M {\n repeated M sub = 1;\n repeated int32 sub_builder = 2; }", "java:4");
    one("message M {\n repeated M sub = 1;\n repeated int32 sub_or_builder = 2; }", "java:4");
    one("message M {\n M from = 1; }", "java:3");
    one("message M { message N {}\n N from = 1; }", "");
    one("message M {\n int32 proto_reflect = 1; }", "go:3");
    one("message M {\n int32 reset = 1;\n string string = 2;\n int32 get_reset = 3; }", "");
    one("message M {\n int32 all_fields = 1;\n int32 serialized_size = 2;\n int32 class = 3; }", "");
}

#[test]
fn oneofs() {
    one("message M {\n oneof kind { int32 x = 1; }\n int32 kind_case = 2; }", "java:3 java:4");
    one("message M {\n oneof kind { int32 x = 1; }\n enum KindCase { A = 0; } }", "java:4");
    one("message A {\n oneof x { int32 B = 1; } }\nmessage A_B {}", "go:4");
    // Go calls the second one `Ctx_`, and what its wrappers implement too.
    one("message M {\n oneof ctx { int32 a = 1; }\n oneof Ctx { int32 b = 2; } }", "java:4 rust:4");
    one("message A {\n optional int32 a = 1;\n oneof _a { int32 b = 2; } }", "java:4 rust:4");
    one("message M {\n oneof kind { int32 x = 1; }\n repeated bytes kind_case = 2; }", "java:4");
    one("message M {\n oneof kind { int32 x = 1; }\n map<int32, int32> kind_case = 2; }", "java:3 java:4");
    one("message M {\n oneof kind { int32 x = 1; }\n repeated bytes kind_cases = 2; }", "");
}

#[test]
fn messages_of_very_many_fields() {
    let fields = |what: &str, n: usize| (1..=n).map(|i| format!("{what} f{i} = {i};")).collect::<String>();
    let message = |what: &str, n: usize| format!("message M {{ {} }}", fields(what, n));
    for (what, most) in [
        ("string", 1_930),
        ("int32", 1_990),
        ("repeated M", 390),
        ("map<int32, M>", 930),
        ("repeated double", 430),
        ("repeated int32", 545),
    ] {
        one(&message(what, most), "");
        one(&message(what, most + most / 10), "java:2");
    }
    let of = |n: usize| format!("message M {{ oneof kind {{ {} }} }}", fields("int32", n));
    one(&of(1_490), "");
    one(&of(1_650), "java:2");
}

#[test]
fn types() {
    one("message Builder {}", "java:2");
    one("message M {\n message Builder {} }", "java:3");
    one("message A {\n message A {} }", "java:3");
    one("message A { message B {\n message A {} } }", "java:3");
    one("message A { message B {} }\nmessage A_B {}", "go:3 java:3");
    one("message M {\n message PARSER {} }", "java:3");
    one("message M {\n enum unknownFields { A = 0; }\n unknownFields a = 1; }", "java:3");
    one("message PARSER {}", "");
    one("message M {}\nmessage MOrBuilder {}", "java:3");
    one("message Foo {}\nmessage FooGrpc {}\nservice Bar { rpc Get(Foo) returns (Foo); }", "");
    one("message FooGrpc {}\nservice Foo { rpc Get(FooGrpc) returns (FooGrpc); }", "java:3");
}

#[test]
fn values_of_enums() {
    one("enum E {\n VALUES = 0; }", "java:3");
    one("enum E {\n UNRECOGNIZED = 0; }", "java:3");
    one("enum E {\n A = 0;\n A_VALUE = 1; }", "java:4");
    one("enum E { A = 0;\n com = 1; }", "java:3");
    one("enum E { A = 0;\n java = 1; }", "");
    one("enum E {\n DESCRIPTOR = 0; }", "python:3");
    one("message M { enum E {\n DESCRIPTOR = 0; } }", "python:3");
    let many = |n: usize| (0..n).map(|i| format!("V{i} = {i};")).collect::<String>();
    one(&format!("enum E {{ {} }}", many(3_800)), "java:2");
    one(&format!("enum E {{ {} }}", many(3_000)), "");
}

#[test]
fn services_and_methods() {
    let service = |text: &str| format!("message M {{}}\n{text}");
    one(&service("service S {\n rpc Get(M) returns (M);\n rpc get(M) returns (M); }"), "go:5 java:5 rust:5");
    one(&service("service Foo {\n rpc A(stream M) returns (M); }\nservice Foo_A {}"), "go:5");
    one(&service("service Foo {\n rpc A(M) returns (stream M); }\nmessage Foo_AClient {}"), "go:4");
    one(&service("service Foo {}\nservice FooServicer {}"), "python:4");
    one(&service("service Foo {}\nservice FooStub {}"), "python:4");
    one(&service("service grpc {}"), "python:3");
    one(&service("service object { rpc Get(M) returns (M); }\nservice warnings {}"), "");
    // The modules of Python are two.
    one("message FooStub {}\nservice Foo { rpc Get(FooStub) returns (FooStub); }", "");
}

#[test]
fn members_of_the_base_class_in_python() {
    one("message M {\n int32 SerializeToString = 1; }", "python:3");
    one("message M {\n int32 Clear = 1; }", "python:3");
    one("message M {\n int32 str = 1; int32 int = 2; float float = 3; bool bool = 4; bytes bytes = 5; }", "");
}

/// What closed enums do not list is kept aside, and the older line has one method more that is in one piece.
#[test]
fn messages_of_very_many_enums_and_maps() {
    let refuses = |target: &Target, syntax: &str, what: &str, n: usize| {
        let fields = |what: &str| (1..=n).map(|i| format!("{what} f{i} = {i};")).collect::<String>();
        let body = match what.strip_prefix("oneof ") {
            Some(what) => format!("oneof kind {{ {} }}", fields(what)),
            None => fields(what),
        };
        let text =
            format!("syntax = \"{syntax}\"; package a;\nenum E {{ NONE = 0; }}\nmessage M {{ {body} }}\n");
        let sample = Sample::new(&files(&[("a.proto", &text)]));
        !sdk::check_contract(&sample.contract(), target).is_empty()
    };
    let keys = [("group", "com.acme.contracts"), ("artifact", "acme-contracts"), ("runtime", "3.25")];
    let (newest, older) = (java(), Target::new(Language::Java, &keys));
    for (syntax, what, most, most_older) in [
        ("proto2", "optional E", 930, 930),
        ("proto2", "repeated E", 335, 335),
        ("proto2", "map<int32, E>", 560, 560),
        ("proto2", "oneof E", 960, 960),
        ("proto3", "repeated E", 530, 500),
        ("proto3", "map<int32, E>", 930, 755),
        ("proto3", "map<int32, int32>", 930, 755),
        ("proto3", "optional E", 1_970, 1_970),
    ] {
        for (target, most) in [(&newest, most), (&older, most_older)] {
            assert!(!refuses(target, syntax, what, most), "{what}: {most}");
            assert!(refuses(target, syntax, what, most + most / 10), "{what}: more than {most}");
        }
    }
}

/// Python's message classes take every such name for the number of a field; messages in them are found before that.
#[test]
fn names_of_numbers_in_python() {
    one("message M {\n enum x_FIELD_NUMBER { A = 0; } }", "python:3");
    one("message M {\n enum E {\n x_FIELD_NUMBER = 0; } }", "python:4");
    one("message M {\n message x_FIELD_NUMBER {} }", "");
    one("message M {\n int32 x_FIELD_NUMBER = 1;\n oneof y_FIELD_NUMBER { int32 a = 2; } }", "");
    one("enum x_FIELD_NUMBER { A = 0; }\nenum E { y_FIELD_NUMBER = 0; }", "");
    let text = "syntax = \"proto2\"; package a;\nmessage M { extensions 5 to 9;\n extend M {\n optional int32 x_FIELD_NUMBER = 5; } }\nextend M { optional int32 y_FIELD_NUMBER = 6; }";
    assert_eq!(refused(&[("a.proto", text)]), ["python a.proto:4"]);
}

#[test]
fn constants() {
    let p2 = |text: &str| format!("syntax = \"proto2\"; package a;\n{text}");
    let text = p2(
        "message A { optional int32 x = 1 [default = 3];\n message Default_A_X {} }\nmessage Default_A_X {}",
    );
    assert_eq!(refused(&[("a.proto", &text)]), ["go a.proto:4"]);
    let text = p2("message M { extensions 5 to 9; }\nextend M { optional int32 foo = 5; }\nmessage E_Foo {}");
    assert_eq!(refused(&[("a.proto", &text)]).len(), 1, "{:?}", refused(&[("a.proto", &text)]));
    let text = p2("enum E { UNRECOGNIZED = 1; }");
    assert_eq!(refused(&[("a.proto", &text)]), Vec::<String>::new());
}

#[test]
fn files_and_packages() {
    let text = |n: usize| format!("syntax = \"proto3\"; package a;\nmessage M{n} {{}}");
    let (one, two) = (text(1), text(2));
    assert_eq!(refused(&[("1st.proto", &one)]), ["python 1st.proto:1"]);
    assert_eq!(refused(&[("2fa/a.proto", &one)]), ["python 2fa/a.proto:1"]);
    assert_eq!(refused(&[("my file.proto", &one)]), ["python my file.proto:1"]);
    assert_eq!(refused(&[("p/x_y.proto", &one), ("p_x/y.proto", &two)]), ["go p_x/y.proto:1"]);
    let found = refused(&[("a-b.proto", &one), ("a_b.proto", &two)]);
    assert_eq!(found, ["go a_b.proto:1", "java a_b.proto:1", "python a_b.proto:1"]);
    let (lower, upper) = (one.replace("package a", "package a.b"), two.replace("package a", "package a.B"));
    let found = refused(&[("x.proto", &lower), ("y.proto", &upper)]);
    assert_eq!(found, ["go y.proto:1", "rust y.proto:1"]);
}

#[test]
fn a_file_that_begins_with_a_digit_has_a_class_in_java() {
    let sample = Sample::new(&files(&[("1st.proto", "syntax = \"proto3\"; package a; message M {}")]));
    let package = offline_package(&sample.contract(), &java());
    let paths: Vec<&str> = package.files.iter().map(|(path, _)| path).collect();
    assert!(paths.contains(&"src/main/java/com/acme/contracts/a/X1St.java"), "{paths:?}");
}

#[test]
fn a_long_chain_of_messages_raises_the_limit_of_rustc() {
    let chain = |n: usize| -> String {
        let messages = (0..n).map(|i| format!("message M{i} {{ M{} next = 1; M{i} me = 2; }}\n", i + 1));
        format!("syntax = \"proto3\"; package a;\n{}message M{n} {{}}", messages.collect::<String>())
    };
    let lib = |n: usize| {
        let text = chain(n);
        let sample = Sample::new(&files(&[("a.proto", &text)]));
        let package = offline_package(&sample.contract(), &rust());
        String::from_utf8(package.files.get("src/lib.rs").unwrap().to_vec()).unwrap()
    };
    assert!(lib(200).contains("#![recursion_limit = \"932\"]"), "{}", lib(200));
    assert!(!lib(20).contains("recursion_limit"));
}

#[test]
fn every_refusal_of_a_language_is_in_one_list() {
    one(
        "message M {\n int32 descriptor = 1;\n int32 Clear = 2; }\nenum E { A = 0;\n VALUES = 1; }",
        "java:3 java:6 python:4",
    );
}

#[test]
fn comments_are_harmless_in_the_request() {
    let text = "//go:build ignore\n\n// +build ignore\n\nsyntax = \"proto3\";\npackage a;\n// \u{202e}hidden\nmessage M {}\n\
        // C:\\Users\n// \"\"\" + x()\nservice S { rpc Get(M) returns (M); // \\N{x}\n}\n";
    let sample = Sample::new(&files(&[("a.proto", text)]));
    let set = |language: &str| {
        let target = [go(), java(), python(), rust()].into_iter().find(|t| t.language().as_str() == language);
        let prepared = sdk::prepare(&sample.contract(), &target.unwrap()).unwrap();
        String::from_utf8_lossy(&prepared.descriptor_set).into_owned()
    };
    for language in Language::ALL.map(Language::as_str) {
        assert!(set(language).contains("U+202Ehidden"), "{language}");
        assert!(!set(language).contains('\u{202e}'), "{language}");
    }
    assert!(set("go").contains(" go:build ignore") && set("go").contains("+ build ignore"));
    assert!(set("python").contains("C:\\\\Users") && set("python").contains("\\\"\\\"\\\" + x()"));
    assert!(set("java").contains(" C:\\Users\n \"\"\" + x()"));
}

#[test]
fn what_registries_show() {
    let mut sample = Sample::new(&files(&[("a.proto", "syntax = \"proto3\"; package a; message M {}")]));
    let file = |sample: &Sample, target, name: &str| {
        let package = offline_package(&sample.contract(), &target);
        String::from_utf8(package.files.get(name).unwrap().to_vec()).unwrap()
    };
    sample.about = About {
        description: Some("Pay & refund".to_owned()),
        url: Some("https://acme.com".to_owned()),
        documentation: Some("https://acme.com/docs".to_owned()),
        repository: Some("https://github.com/acme/contracts".to_owned()),
        authors: vec![Author { name: "Payments".to_owned(), email: Some("pay@acme.com".to_owned()) }],
        keywords: vec!["pay".to_owned(), "refund".to_owned()],
        classifiers: vec!["Topic :: Office/Business :: Financial".to_owned()],
        private: false,
    };
    insta::assert_snapshot!(file(&sample, rust(), "Cargo.toml"));
    insta::assert_snapshot!(file(&sample, python(), "pyproject.toml"));
    let pom = file(&sample, java(), "pom.xml");
    insta::assert_snapshot!(pom.split("<properties>").next().unwrap());

    sample.about = About { private: true, ..About::default() };
    assert!(file(&sample, rust(), "Cargo.toml").contains("publish = false"));
    assert!(file(&sample, python(), "pyproject.toml").contains("Private :: Do Not Upload"));
    assert!(file(&sample, java(), "pom.xml").contains("<maven.deploy.skip>true</maven.deploy.skip>"));
}

#[test]
fn licences_and_notices_are_in_every_package() {
    let mut sample = Sample::new(&files(&[("a.proto", "syntax = \"proto3\"; package a; message M {}")]));
    let text = |name: &str| LegalText { name: name.to_owned(), content: format!("text of {name}").into() };
    sample.legal = vec![text("LICENSE-APACHE"), text("NOTICE.md")];
    for (target, folder) in
        [(go(), ""), (java(), ""), (java(), "src/main/resources/META-INF/"), (python(), ""), (rust(), "")]
    {
        let package = offline_package(&sample.contract(), &target);
        for name in ["LICENSE-APACHE", "NOTICE.md"] {
            let found = package.files.get(&format!("{folder}{name}"));
            assert_eq!(found.map(|b| &b[..]), Some(format!("text of {name}").as_bytes()), "{folder}{name}");
        }
        assert!(package.files.get("LICENSE").is_none(), "there is one by another name");
    }
    let package = offline_package(&sample.contract(), &python());
    let project = String::from_utf8(package.files.get("pyproject.toml").unwrap().to_vec()).unwrap();
    assert!(project.contains("license-files = [\"LICENSE-APACHE\", \"NOTICE.md\"]"), "{project}");
    assert!(project.contains("[\"src\", \"README.md\", \"LICENSE-APACHE\", \"NOTICE.md\"]"), "{project}");

    sample.legal = vec![text("NOTICE")];
    let package = offline_package(&sample.contract(), &go());
    let named = String::from_utf8(package.files.get("LICENSE").unwrap().to_vec()).unwrap();
    assert!(named.starts_with("SPDX-License-Identifier: Apache-2.0\n"), "{named}");
    assert!(package.files.get("NOTICE").is_some());
}

/// As mypy does with what protoc writes for each of them.
#[test]
fn names_that_hide_others_in_stubs_of_python() {
    for taken in [
        "message A { message A {} message Z {} }",
        "message A { message A {} enum E { X = 0; } }",
        "message A { message B { message A {} } B b = 1; }",
        "message A { message A { message C {} C c = 1; } }",
        "message Z {} message A { message A {} Z z = 1; }",
        "message A {} message B { message A {} A up = 1; }",
        "message A {} message B { message C { message A {} } .a.A up = 1; }",
        "message A { message B { .a.A up = 1; } }",
    ] {
        assert!(!python_refuses(taken), "{taken}");
    }
    for refused in [
        "message A { message A {} A a = 1; }",
        "message A { message A {} map<string, A> a = 1; }",
        "message A { message A {} message B {} B b = 1; }",
        "message A { message B { message A {} A a = 1; } }",
        "message A { enum A { X = 0; } }",
        "message A { message B { enum A { X = 0; } } }",
        "message A { message A { .a.A up = 1; } }",
        "message A {} message B { message A { .a.A up = 1; } }",
        "message A { message X {} } message B { message A {} .a.A.X up = 1; }",
        // These are taken, with a wrong type.
        "message A {} message B { message A {} .a.A up = 1; }",
        "enum A { Z = 0; } message B { enum A { X = 0; } .a.A up = 1; }",
    ] {
        assert!(python_refuses(refused), "{refused}");
    }
}

#[test]
fn a_default_has_to_be_a_constant_of_java() {
    let long = |of: &str, part: &str, times: usize| {
        let text = format!(
            "syntax = \"proto2\"; package a;\nmessage M {{\n optional {of} f = 1 [default = \"{}\"]; }}",
            part.repeat(times)
        );
        refused(&[("a.proto", &text)])
    };
    for (of, part, most) in [
        ("string", "x", 65_534),
        ("bytes", "x", 65_534),
        ("bytes", "\\377", 32_767),
        ("bytes", "\\n", 65_534),
        ("string", "\u{fc}", 16_383),
    ] {
        assert_eq!(long(of, part, most), Vec::<String>::new(), "{of} {part}");
        assert_eq!(long(of, part, most + 1), ["java a.proto:3"], "{of} {part}");
    }
}

#[test]
fn values_of_nested_enums_are_members_of_their_message() {
    // The class of a message has the values of its enums, and methods of its own.
    for (value, expected) in [("Clear", "python:3"), ("CopyFrom", "python:3"), ("CLEAR", "")] {
        one(&format!("message M {{ enum E {{ NONE = 0;\n {value} = 1; }} }}"), expected);
    }
    one("enum E { NONE = 0;\n Clear = 1; }", "");
}

#[test]
fn nested_enums_without_their_prefix_are_told_apart_in_go() {
    let head = "edition = \"2024\"; package a; import \"google/protobuf/go_features.proto\";\n\
                option features.(pb.go).strip_enum_prefix = STRIP_ENUM_PREFIX_STRIP;\n";
    let features = include_str!("../generate/readers/go_features.proto");
    let refused = |text: &str| {
        refused(&[("a.proto", &format!("{head}{text}")), ("google/protobuf/go_features.proto", features)])
    };
    let equal = "message M {\n enum Hue { HUE_NONE = 0; HUE_RED = 1; }\n enum Glow { GLOW_OFF = 0;\n GLOW_RED = 1; } }";
    assert_eq!(refused(equal), ["go a.proto:6"]);
    assert_eq!(refused(&equal.replace("GLOW_RED", "GLOW_ON")), Vec::<String>::new());
}

fn python_refuses(text: &str) -> bool {
    let whole = format!("syntax = \"proto3\"; package a;\n{text}");
    let sample = Sample::new(&files(&[("a.proto", &whole)]));
    !sdk::check_contract(&sample.contract(), &python()).is_empty()
}
