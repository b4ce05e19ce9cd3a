//! Contracts of which the Rust or the Go code would not build: what is refused, by line; and what is mended.

use protopact::codegen::Target;
use protopact::codegen::sdk::{self, PackageError};
use protopact::words::Language;

use crate::drive::{Sample, files, go, offline_package, refusals, refused_by, rust};

/// Refusals of Go and Rust.
fn refused(list: &[(&str, &str)]) -> Vec<String> {
    refused_by(&[go(), rust()], list)
}

/// Holds what one file with a package `a` is refused for: `go:4 rust:5`, by lines of `text`.
#[track_caller]
fn holds(syntax: &str, text: &str, expected: &str) {
    let whole = format!("syntax = \"{syntax}\"; package a; message M {{}}\n{text}");
    let found = refused(&[("x/a.proto", &whole)]);
    let found: Vec<String> = found.iter().map(|f| f.replace(" x/a.proto:", ":")).collect();
    assert_eq!(found.join(" "), expected, "{text}");
}

#[track_caller]
fn one(text: &str, expected: &str) {
    holds("proto3", text, expected);
}

#[test]
fn the_type_of_a_call_hides_the_trait_of_a_service() {
    one("service PingSvc {\n rpc Ping(M) returns (M); }", "rust:3");
    one("service PingSvc {\n rpc Get(M) returns (M);\n rpc Ping(stream M) returns (stream M); }", "rust:4");
    // Types of methods are called as the contract writes these.
    one("service PingSvc { rpc ping(M) returns (M); }", "");
    one("service Svc { rpc Ping(M) returns (M); }\nservice PingServer { rpc Ping(M) returns (M); }", "");
    one("service PingStream { rpc Ping(M) returns (stream M); }", "");
}

#[test]
fn what_prost_adds_to_a_struct() {
    let with =
        |text: &str, expected: &str| one(&format!("enum E {{ A = 0; }} message N {{\n{text} }}"), expected);
    with(" E foo = 1;\n E set_foo = 2;", "rust:4");
    with(" E foo = 1;\n optional int32 set_foo = 2;", "rust:4");
    with(" repeated E foo = 1;\n optional int32 push_foo = 2;", "rust:4");
    with(" map<string, E> foo = 1;\n optional int32 get_foo = 2;", "rust:4");
    with(" map<string, E> foo = 1;\n optional string insert_foo = 2;", "rust:4");
    with(" E type = 1;\n E set_type = 2;", "rust:4");
    // A function and a field may have one name.
    with(" E foo = 1; int32 set_foo = 2; string get_foo = 3;", "");
    with(" repeated int32 foo = 1; optional int32 push_foo = 2;", "");
    with(" map<string, M> foo = 1; optional int32 get_foo = 2; optional bool insert_foo = 3;", "");
    with(" oneof k { E foo = 1; } E set_foo = 2;", "");
    // What is `self` in the contract is `self_`, and `_1` stays so.
    with(" E self = 1; E _1 = 2; optional int32 set_self = 3; optional int32 set_1 = 4;", "");
    // Functions of every message are of a trait, and code that is generated calls them by it.
    with(
        " optional int32 encode = 1; optional int32 merge = 2; E decode = 3; optional int32 encoded_len = 4; N n = 5;",
        "",
    );
    with(" map<string, E> type = 1;", "rust:3");
    with(" map<string, M> type = 1; map<string, E> self = 2;", "");
}

#[test]
fn what_the_debug_of_a_message_names_hides_enums() {
    one("enum ScalarWrapper { A = 0; }\nmessage N { ScalarWrapper a = 1; }", "rust:2");
    one("enum ScalarWrapper { A = 0; }\nmessage N { repeated ScalarWrapper a = 1; }", "rust:2");
    one("enum Inner { A = 0; }\nmessage N { optional Inner a = 1; }", "rust:2");
    one("enum Inner { A = 0; }\nmessage N { repeated Inner a = 1; }", "rust:2");
    one("enum MapWrapper { A = 0; }\nmessage N { map<string, MapWrapper> a = 1; }", "rust:2");
    one("enum ValueWrapper { A = 0; }\nmessage N { map<string, ValueWrapper> a = 1; }", "rust:2");
    one("message N {\n enum ScalarWrapper { A = 0; }\n oneof k { ScalarWrapper b = 1; } }", "rust:3");
    for taken in [
        "enum Inner { A = 0; } message N { Inner a = 1; map<string, Inner> b = 2; }",
        "enum KeyWrapper { A = 0; } message N { map<string, KeyWrapper> a = 1; KeyWrapper b = 2; }",
        "enum MapWrapper { A = 0; } message N { repeated MapWrapper a = 1; }",
        "enum ScalarWrapper { A = 0; } message N { oneof k { ScalarWrapper a = 1; } }",
        "message N { enum ScalarWrapper { A = 0; } ScalarWrapper a = 1; }",
        "message Inner {} message MapWrapper {} message N { map<string, MapWrapper> a = 1; Inner b = 2; }",
    ] {
        one(taken, "");
    }
}

#[test]
fn a_default_by_another_name_of_its_number() {
    let text = "syntax = \"proto2\"; package a;\nenum E { option allow_alias = true; A = 0; B = 0; C = 1; D = 1; }\n\
        message M { optional E e = 1 [default = B]; required E f = 2 [default = D]; optional E g = 3 [default = C]; }";
    let sample = Sample::new(&files(&[("x/a.proto", text)]));
    let package = offline_package(&sample.contract(), &rust());
    let code = String::from_utf8(package.files.get("src/proto/a.rs").unwrap().to_vec()).unwrap();
    let defaults: Vec<&str> = code.split("default = \"").skip(1).map(|s| &s[..1]).collect();
    assert_eq!(defaults, ["A", "C", "C"], "{code}");
    holds("proto2", text.lines().nth(1).unwrap(), "");
}

#[test]
fn names_of_which_nothing_is_left() {
    // A second name of a number has no variant.
    holds("proto2", "enum E { option allow_alias = true; A = 0;\n _ = 0; }", "");
    one("message _ {}", "rust:2");
    one("message N {\n int32 _ = 1; }\nmessage O {\n int32 __ = 2; }", "rust:3 rust:5");
    one("message N {\n oneof _ { int32 a = 1; } }", "rust:3");
    one("message N { oneof k {\n int32 __ = 1; } }", "rust:3");
    one("enum __ { A = 0; }", "rust:2");
    one("enum E {\n _ = 0; }", "rust:3");
    one("service _ { rpc Get(M) returns (M); }", "rust:2");
    one("service S {\n rpc __(M) returns (M); }", "rust:3");
    let of = |package: &str| {
        refused(&[("x/a.proto", &format!("syntax = \"proto3\";\npackage {package};\nmessage M {{}}"))])
    };
    assert_eq!(of("_"), ["rust x/a.proto:2"]);
    assert_eq!(of("a._.b"), ["rust x/a.proto:2"]);
    assert_eq!(of("_1._a"), [""; 0]);
}

#[test]
fn names_that_begin_with_a_digit() {
    one("message _1 { int32 _2 = 1; oneof _3 { int32 _4 = 2; } }", "rust:2");
    one("message _1 { int32 _2 = 1; }\nenum _5 { _6 = 0; }\nservice S { rpc _7(M) returns (stream M); }", "");
    one("service _1 { rpc Get(M) returns (M); }", "rust:2");
    one("message _1 { int32 a = 1; }\nservice S {\n rpc Get(M) returns (_1); }", "rust:4");
    // A type and the module for what is in it.
    one("message _1 {\n message N {} }", "rust:2");
}

#[test]
fn packages_that_need_one_file_of_a_crate() {
    let service = |package: &str, name: &str| {
        let package = if package.is_empty() { String::new() } else { format!("package {package};") };
        format!(
            "syntax = \"proto3\";\n{package}\nmessage {name} {{}}\nservice S {{ rpc Get({name}) returns ({name}); }}"
        )
    };
    let message = |package: &str| format!("syntax = \"proto3\";\npackage {package};\nmessage M {{}}");
    let serde = Target::new(Language::Rust, &[("crate", "acme-contracts"), ("serde", "true")]);
    let pair = |first: &str, second: &str, target: &Target| {
        refused_by(std::slice::from_ref(target), &[("x/a.proto", first), ("y/b.proto", second)])
    };
    let (a, tonic) = (service("a", "M"), message("a.tonic"));
    assert_eq!(pair(&a, &tonic, &rust()), ["rust y/b.proto:2"]);
    assert_eq!(pair(&a, &message("a.Tonic"), &rust()), ["rust y/b.proto:2"]);
    assert_eq!(pair(&message("a"), &tonic, &rust()), [""; 0]);
    assert_eq!(pair(&message("a"), &message("a.serde"), &serde), ["rust y/b.proto:2"]);
    assert_eq!(pair(&message("a"), &message("a.serde"), &rust()), [""; 0]);
    // Their features.
    assert_eq!(pair(&service("", "M"), &service("no.package", "M"), &rust()), ["rust y/b.proto:2"]);

    let sample = Sample::new(&files(&[("x/a.proto", &message("a")), ("y/b.proto", &message("a.serde"))]));
    let package = offline_package(&sample.contract(), &rust());
    let lib = String::from_utf8(package.files.get("src/lib.rs").unwrap().to_vec()).unwrap();
    assert_eq!(lib.matches("include!(\"proto/a.serde.rs\")").count(), 1, "{lib}");
}

#[test]
fn names_that_serde_hides() {
    let serde = Target::new(Language::Rust, &[("crate", "acme-contracts"), ("serde", "true")]);
    let of = |text: &str, target: &Target| {
        let whole = format!("syntax = \"proto3\"; package a; message M {{}}\n{text}");
        let places = refusals(std::slice::from_ref(target), &[("a.proto", &whole)]);
        places.iter().map(|at| at.line.to_string()).collect::<Vec<_>>().join(" ")
    };
    for (text, expected) in [
        ("message V {}\nmessage d {}\nmessage GeneratedField {}\nmessage generated_visitor {}", "2 3 4 5"),
        ("message E {}\nmessage S {}\nmessage SerializeStruct { E e = 1; S s = 2; }", ""),
        ("enum E { A = 0; }\nenum D { B = 0; }\nenum GeneratedVisitor { C = 0; }", "2 3 4"),
        (
            "enum V { A = 0; }\nenum S { B = 0; }\nenum SerializeStruct { C = 0; }\nenum GeneratedField { G = 0; }",
            "",
        ),
        ("enum V { A = 0; }\nmessage N { map<int32, V> v = 1; }", "2"),
        ("enum S { A = 0; }\nmessage N { message O { S s = 1; } }", "2"),
        ("message N { enum E { A = 0; } message V {} E e = 1; V v = 2; }", ""),
        ("message Vec { int32 a = 1; }", ""),
        ("message Vec { repeated int32 a = 1; }\nmessage Option {} message String {} message Ok {}", "2"),
        ("message Std { message A {} } message Serde { oneof k { int32 a = 1; } }", ""),
        // What prost begins with a `_` and pbjson does not.
        ("message N {\n int32 _1 = 1;\n oneof _2 { int32 a = 2;\n int32 _3 = 3; } }", "3 4 5"),
        ("message N { int32 a_1 = 1; int32 gen = 2; int32 self = 3; int32 type = 4; }", ""),
        ("message _1 {}\nmessage N {\n message _2 {} }\nenum _3 { A = 0; }\nenum E1 { _4 = 0; }", "2 4 5 6"),
        ("enum F {\n F_SELF = 0; }\nenum G { G_1 = 0; }", "3"),
        // A oneof beside a type of its name is called otherwise by prost.
        ("message N { message Kind {}\n oneof kind { Kind a = 1; } }", "3"),
        ("message N { oneof kind { M Kind = 1; } }", ""),
        // Members of oneofs stand beside fields.
        ("message N { int32 mod = 1;\n oneof k { int32 Mod = 2; } }", "3"),
    ] {
        assert_eq!(of(text, &serde), expected, "{text}");
        assert_eq!(of(text, &rust()), "", "{text}");
    }
}

/// A file with a service of a package of its own.
fn file(package: &str) -> String {
    format!(
        "syntax = \"proto3\";\npackage {package};\nmessage M {{}}\nservice S {{ rpc Get(M) returns (M); }}"
    )
}

/// A file without one.
fn types(package: &str, name: &str) -> String {
    format!("syntax = \"proto3\";\npackage {package};\nmessage {name} {{}}")
}

#[test]
fn files_that_go_would_write_to_one() {
    let pair = |first: (&str, &str), second: (&str, &str)| refused_by(&[go()], &[first, second]);
    let (a, b) = (file("a"), types("a", "N"));
    assert_eq!(pair(("x/user.proto", &a), ("x/user_grpc.proto", &b)), ["go x/user_grpc.proto:1"]);
    assert_eq!(pair(("x/user.proto", &b), ("x/user_grpc.proto", &a)), [""; 0]);
    let (a, b) = (types("a", "M"), types("a", "N"));
    let windows = ("x/user_windows.proto", a.as_str());
    assert_eq!(pair(windows, ("x/user_windows_pb.proto", &b)), ["go x/user_windows_pb.proto:1"]);
    assert_eq!(pair(("x/_x.proto", &a), ("x/x_x.proto", &b)), ["go x/x_x.proto:1"]);
    assert_eq!(pair(windows, ("y/user_windows_pb.proto", &b)), ["go y/user_windows_pb.proto:1"]);
    let b = types("b", "N");
    assert_eq!(pair(windows, ("x/user_windows_pb.proto", &b)), [""; 0]);
}

#[test]
fn a_go_package_that_nobody_finds() {
    let of = |path: &str| {
        let text = format!(
            "syntax = \"proto3\";\npackage a;\noption go_package = \"github.com/acme/contracts-go{path}\";\nmessage M {{}}"
        );
        refused_by(&[go()], &[("x/a.proto", &text)])
    };
    for path in [
        "/internal",
        "/a/internal/b",
        "/vendor/a",
        "/testdata",
        "/a/_b",
        "/.a",
        "/a/../b",
        "/a/./b",
        "/a//b",
        "/a/",
        "/",
        "/a b",
        "/a;b/c d",
        "/aux",
        "/a/Com1.x",
        "/a:b",
        "/a~1",
        "/a.",
    ] {
        let expected: &[&str] = if path == "/a;b/c d" { &[] } else { &["go x/a.proto:3"] };
        assert_eq!(of(path), expected, "{path}");
    }
    for path in ["", "/a/v2", "/internals", "/a.b-c_d~e+f", "/com0;x", ";internal"] {
        assert_eq!(of(path), [""; 0], "{path}");
    }
    // That of another module is overridden.
    let other =
        "syntax = \"proto3\"; package a; option go_package = \"example.com/internal/a\"; message M {}";
    assert_eq!(refused_by(&[go()], &[("x/a.proto", other)]), [""; 0]);
}

#[test]
fn names_that_no_go_module_may_hold() {
    let of = |name: &str| refused_by(&[go()], &[(name, &types("a", "M"))]);
    for name in ["x/a'b.proto", "x/a:b.proto", "x/a*b.proto", "x/a\"b.proto", "a\"b/x.proto", "x/a|b.proto"] {
        assert_eq!(of(name), [format!("go {name}:1")]);
    }
    for name in ["x/aux.proto", "x/a+b (1).proto", "x/ü.proto", "aux/x.proto", "x/con.v1.proto"] {
        assert_eq!(of(name), [""; 0], "{name}");
    }
    // A package that nobody may call so is another folder.
    let sample = Sample::new(&files(&[("x/aux.proto", &types("a.aux", "M")), ("y.proto", &types("_", "N"))]));
    let prepared = sdk::prepare(&sample.contract(), &go()).unwrap();
    let parameter = &prepared.calls[0].parameter;
    assert!(parameter.contains("Mx/aux.proto=github.com/acme/contracts-go/a/aux_pb;auxpb"), "{parameter}");
    assert!(parameter.contains("My.proto=github.com/acme/contracts-go/x_pb;xpb"), "{parameter}");
}

#[test]
fn entries_of_a_map_have_a_name() {
    one("message N {\n map<string, M> _1 = 1; }", "go:3");
    one("message N { repeated M _1 = 1; map<string, M> a_1 = 2; }", "");
}

#[test]
fn go_has_no_build_metadata() {
    let sample = Sample::new(&files(&[("x/a.proto", &types("a", "M"))]));
    let contract = |version| protopact::codegen::Contract { version, ..sample.contract() };
    let errors = sdk::check_contract(&contract("1.4.0+build.5"), &go());
    let [error @ PackageError::NoForm { .. }] = &errors[..] else { panic!("{errors:?}") };
    assert!(error.hint().unwrap().contains("--as"));
    assert!(sdk::check_contract(&contract("1.4.0-rc.1"), &go()).is_empty());
    assert!(sdk::check_contract(&contract("1.4.0+build.5"), &rust()).is_empty());
}

#[test]
fn methods_of_interfaces_of_go_are_taken() {
    one(
        "service S { rpc ReadByte(M) returns (M); rpc MarshalJSON(M) returns (M); rpc Seek(M) returns (M); }",
        "",
    );
}

#[test]
fn public_imports_that_bring_one_name() {
    let foo = |package: &str| types(package, "Foo");
    let importing = |what: &str| format!("syntax = \"proto3\";\npackage c;\n{what}\nmessage M {{}}");
    let of = |what: &str| {
        let importing = importing(what);
        let list = [("a/a.proto", foo("a")), ("b/b.proto", foo("b")), ("c/c.proto", importing)];
        let list: Vec<(&str, &str)> = list.iter().map(|(name, text)| (*name, text.as_str())).collect();
        refused_by(&[go()], &list)
    };
    let both = "import public \"a/a.proto\";\nimport public \"b/b.proto\";";
    assert_eq!(of(both), ["go c/c.proto:4"]);
    assert_eq!(of(&both.replacen("public ", "", 1)), [""; 0]);
    assert_eq!(of("import public \"a/a.proto\";\nmessage Foo {}"), ["go c/c.proto:4"]);

    // One Go package, whatever `go_package` of another module says.
    let (a, c) = (
        "syntax = \"proto3\"; package a; option go_package = \"x.com/a\"; message Foo {}",
        "syntax = \"proto3\"; package a; option go_package = \"x.com/b\"; import public \"a/a.proto\"; message M {}",
    );
    assert_eq!(refused_by(&[go()], &[("a/a.proto", a), ("a/c.proto", c)]), [""; 0]);
    // An alias of what is an alias is none.
    let (b, c) = (
        "syntax = \"proto3\"; package b; import public \"a/a.proto\"; message B {}",
        "syntax = \"proto3\"; package c; import public \"a/a.proto\"; import public \"b/b.proto\"; message C {}",
    );
    let list = [("a/a.proto", &*foo("a")), ("b/b.proto", b), ("c/c.proto", c)];
    assert_eq!(refused_by(&[go()], &list), [""; 0]);
}

#[test]
fn types_of_go_packages_that_generated_functions_hide() {
    let of = |package: &str, rpc: &str| {
        let kinds =
            format!("syntax = \"proto3\";\npackage q.{package};\nmessage K {{}}\nenum E {{ A = 0; }}");
        let text = format!(
            "syntax = \"proto3\"; package s; import \"k/k.proto\"; message M {{}}\nmessage N {{\n q.{package}.E e = 1; }}\n\
             service S {{\n rpc {rpc}; }}"
        );
        let text = text.replace('K', &format!("q.{package}.K"));
        refused_by(&[go()], &[("k/k.proto", &kinds), ("s/s.proto", &text)])
    };
    for (package, rpc) in [
        ("c", "Get(M) returns (K)"),
        ("ctx", "Get(K) returns (M)"),
        ("req", "Get(K) returns (M)"),
        ("in", "Get(M) returns (stream K)"),
        ("stream", "Get(stream K) returns (M)"),
    ] {
        assert_eq!(of(package, rpc), ["go s/s.proto:5"], "{package} {rpc}");
    }
    for (package, rpc) in [
        ("c", "Get(K) returns (M)"),
        ("req", "Get(M) returns (K)"),
        ("in", "Get(stream M) returns (stream K)"),
        ("out", "Get(K) returns (K)"),
        ("err", "Get(K) returns (K)"),
    ] {
        assert_eq!(of(package, rpc), [""; 0], "{package} {rpc}");
    }
    assert_eq!(of("x", "Get(K) returns (K)"), ["go s/s.proto:3"]);
    // The opaque API names the types of lazy messages in functions.
    let lazy = |package: &str, line: &str| {
        let kinds = format!("edition = \"2023\"; package q.{package}; message K {{}} enum E {{ A = 0; }}");
        let text = format!(
            "edition = \"2023\"; package s; import \"k/k.proto\"; import \"google/protobuf/go_features.proto\";\n\
             option features.(pb.go).api_level = API_OPAQUE;\nmessage N {{\n {} }}",
            line.replace('Q', &format!("q.{package}"))
        );
        refused_by(&[go()], &[("k/k.proto", &kinds), ("s/s.proto", &text)])
    };
    for (package, line) in [
        ("x", "Q.K k = 1 [lazy = true];"),
        ("x", "repeated Q.K k = 1 [lazy = true];"),
        ("v", "repeated Q.K k = 1 [lazy = true];"),
        ("sv", "repeated Q.K k = 1 [lazy = true];"),
        ("x", "Q.E e = 1;"),
    ] {
        assert_eq!(lazy(package, line), ["go s/s.proto:4"], "{package} {line}");
    }
    for (package, line) in [
        ("v", "Q.K k = 1 [lazy = true];"),
        ("rv", "Q.K k = 1 [lazy = true];"),
        ("x", "Q.K k = 1;"),
        ("sv", "repeated Q.K k = 1;"),
        ("x", "oneof o { Q.K k = 1 [lazy = true]; }"),
        ("x", "map<string, Q.K> k = 1;"),
        ("sv", "repeated Q.E k = 1;"),
    ] {
        assert_eq!(lazy(package, line), [""; 0], "{package} {line}");
    }
    // A default is a constant of the package.
    let kinds = "syntax = \"proto2\"; package q.x; enum E { A = 0; }";
    let text = "syntax = \"proto2\"; package s; import \"k/k.proto\"; message N { optional q.x.E e = 1 [default = A]; }";
    assert_eq!(refused_by(&[go()], &[("k/k.proto", kinds), ("s/s.proto", text)]), [""; 0]);
}
