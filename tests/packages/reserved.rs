//! Names that generated code of Java and Python, its runtimes or the languages have already: which lines are refused, and
//! that what builds is taken. What is said here was asked of javac, mypy, pyright and the interpreter.

use protopact::codegen::sdk;
use protopact::codegen::{Contract, Target};
use protopact::words::Language;

use crate::drive::{Sample, files, java, offline_package, python, refusals};

/// The older line of Java.
fn older() -> Target {
    let keys = [("group", "com.acme.contracts"), ("artifact", "acme-contracts"), ("runtime", "3.25")];
    Target::new(Language::Java, &keys)
}

/// The lite runtime of both lines of Java.
fn lite() -> [Target; 2] {
    ["4.36", "3.25"].map(|line| {
        let names = [("group", "com.acme.contracts"), ("artifact", "acme-contracts")];
        Target::new(Language::Java, &[&names[..], &[("runtime", line), ("lite", "true")]].concat())
    })
}

/// Java with Kotlin, and more.
fn kotlin(more: &[(&str, &str)]) -> Target {
    let keys = [("group", "com.acme.contracts"), ("artifact", "acme-contracts"), ("kotlin", "true")];
    Target::new(Language::Java, &[&keys[..], more].concat())
}

/// The lines that are refused, `FILE:LINE` where there are several files.
fn lines(target: &Target, list: &[(&str, &str)]) -> String {
    let several = list.len() > 1;
    let told = refusals(std::slice::from_ref(target), list);
    let told =
        told.iter().map(|at| if several { format!("{}:{}", at.file, at.line) } else { at.line.to_string() });
    told.collect::<Vec<_>>().join(" ")
}

/// Holds a table of bodies of a file with a package `a`, the first of their lines the second of the file.
#[track_caller]
fn table(target: &Target, syntax: &str, table: &[(&str, &str)]) {
    for (text, expected) in table {
        let whole = format!("syntax = \"{syntax}\"; package a;\n{text}");
        assert_eq!(lines(target, &[("a.proto", &whole)]), *expected, "{text}");
    }
}

#[test]
fn methods_of_services_in_java() {
    let text =
        |methods: &str| format!("syntax = \"proto3\"; package a; message M {{}}\nservice S {{\n{methods} }}");
    let unary = |name: &str| format!("rpc {name}(M) returns (M);");
    let stream = |name: &str| format!("rpc {name}(stream M) returns (M);");
    let pair = |one: &str, two: &str| format!("{}\n{}", unary(one), unary(two));
    for (methods, expected) in [
        (pair("GetURL", "GetUrl"), "4"),
        (pair("ABc", "Abc"), "4"),
        (pair("GETx", "Getx"), "4"),
        (pair("a1b", "a1B"), "4"),
        (pair("GetUrl", "GetUrls"), ""),
        // The one stub in which a call has no arguments.
        (stream("GetChannel"), "3"),
        (stream("GetCallOptions"), "3"),
        (stream("with_wait_for_ready"), "3"),
        (unary("GetChannel"), ""),
        (unary("WithWaitForReady"), ""),
        // What every object has is kept apart.
        (["Notify", "NotifyAll", "Wait", "GetClass"].map(stream).concat(), ""),
        (["HashCode", "ToString", "Clone", "Finalize"].map(stream).concat(), ""),
        (["Equals", "Build", "NewStub", "BindService"].map(stream).concat(), ""),
        (["Notify", "GetClass", "ToString", "Equals"].map(unary).concat(), ""),
        (unary("Null"), "3"),
        (unary("__"), "3"),
        (unary("_foo") + &unary("Goto"), ""),
    ] {
        for target in [java(), older()] {
            assert_eq!(lines(&target, &[("a.proto", &text(&methods))]), expected, "{methods}");
        }
    }
}

#[test]
fn variables_and_classes_of_messages_in_java() {
    let cases = [
        ("message M {\n int32 bit_field0 = 1; }", "3"),
        ("message M {\n repeated int32 bit_field0 = 1; }", "3"),
        ("message M {\n oneof bit_field0 { int32 a = 1; } }", "3"),
        ("message M {\n oneof kind { int32 bit_field0 = 1; } }", ""),
        ("message M {\n int32 bit_field1 = 1; }", ""),
        ("message M {\n repeated int32 foo = 1;\n message fooMemoizedSerializedSize {} }", "4"),
        ("message M {\n repeated string foo = 1;\n message fooMemoizedSerializedSize {} }", ""),
        ("enum E { A = 0; }\nmessage M {\n repeated E foo = 1;\n message foo_converter_ {} }", "5"),
        ("enum E { A = 0; }\nmessage M {\n map<int32, E> foo = 1;\n message fooValueConverter {} }", "5"),
        ("message M {\n map<int32, M> foo = 1;\n message fooConverter {} }", ""),
        ("message M {\n map<string, int32> foo = 1;\n message FooDefaultEntryHolder {} }", "3"),
        ("message M {\n map<string, M> foo = 1;\n message FooConverter {} }", "3"),
        ("message M {\n map<string, int32> foo = 1;\n message FooConverter {} }", ""),
        ("message M {\n int32 _ = 1; }", "3"),
        ("message M {\n oneof kind {\n int32 __ = 1; } }", "4"),
        ("message M {\n int32 _1 = 1;\n repeated M _2 = 2; }", ""),
        ("message M {\n oneof _1 { int32 a = 1; } }", "3"),
        ("message M {\n oneof _2fa { int32 a = 1; } }", "3"),
        ("message M {\n oneof _ { int32 a = 1; } }", "3"),
        ("message M {\n int32 extension_fields = 1; int32 all_fields_raw = 2; }", ""),
        ("enum E {\n option allow_alias = true; A = 0;\n index = 0; B = 1; }", "4"),
        ("enum E {\n option allow_alias = true; A = 0; B = 1;\n index = 0; }", ""),
        ("enum E { A = 0; index = 1; }", ""),
    ];
    table(&java(), "proto3", &cases);
    table(&older(), "proto3", &cases);
    for (fields, expected) in [
        ("M sub = 1;\n int32 sub_field_builder = 2;", [false, true]),
        ("M sub = 1;\n M sub_field = 2;", [false, true]),
        ("repeated M sub = 1;\n M sub_field = 2;", [false, true]),
        ("int32 sub = 1;\n int32 sub_field_builder = 2;", [false, false]),
    ] {
        let text = format!("message M {{\n {fields} }}");
        let found = [java(), older()].map(|target| {
            let whole = format!("syntax = \"proto3\"; package a;\n{text}");
            !lines(&target, &[("a.proto", &whole)]).is_empty()
        });
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn numbers_of_enums_are_not_kept_apart_in_the_older_line_of_java() {
    let beside = |fields: &str| {
        let text = format!("syntax = \"proto3\"; package a; enum E {{ A = 0; }}\nmessage M {{\n {fields} }}");
        [java(), older()].map(|target| lines(&target, &[("a.proto", &text)]))
    };
    assert_eq!(beside("E foo = 1;\n int32 foo_value = 2;"), ["", "4"]);
    assert_eq!(beside("int32 foo_value = 1;\n optional E foo = 2;"), ["", "3"]);
    assert_eq!(beside("repeated E foo = 1;\n repeated int32 foo_value = 2;"), ["", "4"]);
    // One has a position where the other has none.
    assert_eq!(beside("repeated E foo = 1; int32 foo_value = 2;"), ["", ""]);
    assert_eq!(beside("E foo = 1; repeated int32 foo_value = 2;"), ["", ""]);
    assert_eq!(beside("int32 foo = 1; int32 foo_value = 2;"), ["", ""]);
}

#[test]
fn names_of_the_lite_runtime_of_java() {
    let cases = [
        ("message M { int32 descriptor = 1; int32 parent_for_children = 2; }", ""),
        ("message M { M sub = 1; int32 sub_builder = 2; M sub_or_builder = 3; }", ""),
        ("message M { repeated M sub = 1; repeated M sub_builder = 2; int32 sub_builder_list = 3; }", ""),
        ("message M { repeated M sub = 1; M sub_or_builder = 2; }", ""),
        ("message M { repeated M sub = 1;\n repeated M sub_or_builder = 2; }", "3"),
        ("message M { repeated M sub = 1;\n int32 sub_or_builder_list = 2; }", "3"),
        ("message M { map<string, M> foo = 1; message FooConverter {} }", ""),
        ("message M { map<string, M> foo = 1; map<string, M> mutable_foo = 2; }", "2"),
        ("message M {\n map<string, M> foo = 1;\n int32 mutable_foo_map = 2; }", "3"),
        ("message M { string token = 1;\n bytes token_bytes = 2; }", "3"),
        ("message M {\n int32 default_instance = 1; }", "3"),
        // javac takes it, and whoever copies a message by its builder gets it inside the field.
        ("message M {\n M from = 1; }", "3"),
        ("message N {} message M { N from = 1; repeated M all_from = 2; }", ""),
        ("message M { int32 bit_field0 = 1; }", ""),
        ("message M { optional int32 a = 2;\n int32 bit_field0 = 1; }", "3"),
        ("message M {\n message PARSER {} }", "3"),
        ("message M {\n message unknownFields {} }", "3"),
        ("message M { message serialVersionUID {} message alwaysUseFieldBuilders {} }", ""),
        ("message A { message B {} } message A_B {}", ""),
        ("enum E { VALUES = 0; }", ""),
        ("enum E {\n EVerifier = 0; }", "3"),
        ("enum E {\n internalValueMap = 0; }", "3"),
        ("enum E { option allow_alias = true; A = 0; index = 0; B = 1; }", ""),
    ];
    lite().iter().for_each(|target| table(target, "proto3", &cases));
    let cases = [
        ("message M { extensions 5 to 9; }\nextend M { optional int32 descriptor = 5; }", ""),
        ("message M { extensions 5 to 9; optional int32 all_fields_raw = 1; }", ""),
        ("message M { extensions 5 to 9; extend M { optional int32 memoized_size = 5; } }", ""),
    ];
    lite().iter().for_each(|target| table(target, "proto2", &cases));
}

#[test]
fn messages_of_very_many_fields_in_the_lite_runtime_of_java() {
    for (most, field) in
        [(4_349, "string f# = #;"), (7_248, "bool f# = #;"), (1_863, "map<string, E> f# = #;")]
    {
        for (count, expected) in [(most, ""), (most + 1, "3")] {
            let fields: String = (1..=count).map(|n: u32| field.replace('#', &n.to_string())).collect();
            let text = format!("enum E {{ A = 0; }}\nmessage M {{ {fields} }}");
            lite().iter().for_each(|target| table(target, "proto3", &[(&text, expected)]));
        }
    }
}

#[test]
fn names_without_a_letter_in_kotlin() {
    let kotlin = kotlin(&[]);
    let cases = [
        ("message __ {}", "2"),
        ("message M {\n enum ___ { A = 0; } ___ a = 1; }", "3"),
        ("enum ___ { A = 0; }\nmessage M { map<string, ___> a = 1; }", "2"),
        ("message M { enum ___ { A = 0; } } enum __ { B = 0; }", ""),
        ("message _1 { int32 __a = 1; } enum E { __ = 0; }", ""),
    ];
    table(&kotlin, "proto3", &cases);
    let unused = [("a.proto", "syntax = \"proto3\";\npackage a.__;\nenum E { A = 0; }")];
    assert_eq!(lines(&kotlin, &unused), "");
    let used = [
        unused[0],
        ("b.proto", "syntax = \"proto3\";\npackage b;\nimport \"a.proto\";\nmessage M { a.__.E e = 1; }"),
    ];
    assert_eq!(lines(&kotlin, &used), "a.proto:1");
    let package = [("a.proto", "syntax = \"proto3\";\npackage a.__;\nmessage M {}")];
    assert_eq!(lines(&kotlin, &package), "1");
    assert_eq!(lines(&java(), &package), "");
}

#[test]
fn packages_that_properties_hide_in_kotlin() {
    let cases = [
        ("message M {\n int32 com = 1; repeated string a = 2; }", "3"),
        ("message M {\n int32 Com = 1; map<string, string> a = 2; }", "3"),
        ("message M {\n repeated string com = 1; }", "3"),
        ("message M { int32 com = 1; message N { repeated string a = 1; } }", ""),
        ("message M { oneof com { int32 a = 1; } repeated string google = 2; int32 kotlin = 3; }", ""),
        ("message M { int32 acme = 1; int32 contracts = 2; }", ""),
        ("option java_package = \"x\";\nmessage M {\n int32 X = 1; }", "4"),
        ("option java_package = \"xList\";\nmessage M {\n repeated int32 x = 1; }", "4"),
        ("option java_package = \"x\"; message M { oneof x { int32 a = 2; } }", ""),
        ("option java_package = \"x.y\"; message M { int32 x = 1; int32 y = 2; }", ""),
        ("option java_package = \"block\";\nmessage M {}", "1"),
        ("option java_package = \"block.v1\";\nmessage M {}", "1"),
        ("option java_package = \"v1.block\"; message M {}", ""),
        ("option java_package = \"block\"; enum E { A = 0; }", ""),
        ("option java_package = \"serializedSize\";\nmessage M {}", "1"),
        ("option java_package = \"isInitialized\";\nmessage M {}", "1"),
        ("option java_package = \"javaClass.v1\"; message M {}", ""),
        ("option java_package = \"kotlin.v1\";\nmessage M {}", "1"),
        ("option java_package = \"kotlinx.v1\"; message M {}", ""),
    ];
    let forms: [&[(&str, &str)]; 3] = [&[], &[("lite", "true")], &[("runtime", "3.25")]];
    for form in forms {
        table(&kotlin(form), "proto3", &cases);
        let extended = [("message M {\n optional int32 com = 1; extensions 5 to 9; }", "3")];
        table(&kotlin(form), "proto2", &extended);
    }
    table(&java(), "proto3", &cases.map(|(text, _)| (text, "")));
}

#[test]
fn properties_in_kotlin() {
    let cases = [
        ("message M {\n int32 _1 = 1; }", "3"),
        ("message M { int32 new = 1;\n string NEW_ = 2; }", "3"),
        ("message M { int32 http_code = 1;\n string HTTPCode = 2 [json_name = \"x\"]; }", "3"),
        ("message M { repeated string func = 1;\n repeated string FUNC__ = 2; }", "3"),
        ("message M { string FOO = 1;\n string foo_bytes = 2; }", "3"),
        ("enum E { A = 0; } message M { E foo = 1;\n string FOOValue = 2; }", "3"),
        ("message M { repeated string foo = 1;\n string FOOList = 2; }", "3"),
        ("message M { map<string, string> foo = 1;\n string FOOMap = 2; }", "3"),
        ("message M { oneof kind { int32 a = 1; }\n string KINDCase = 2; }", "2"),
        ("message M {\n string DEFAULTInstanceForType = 1; }", "3"),
    ];
    for target in [kotlin(&[]), kotlin(&[("lite", "true")])] {
        table(&target, "proto3", &cases);
    }
    // Code of the older line calls getters as Java does.
    let built = cases.map(|(text, _)| (text, ""));
    table(&kotlin(&[("runtime", "3.25")]), "proto3", &built);
    let cases = [
        ("message M { int32 a_b = 1; int32 AB = 2; int32 val = 3; int32 fun = 4; }", ""),
        (
            "message M { repeated string func = 1; string FUNC__ = 2; map<string, M> a = 3; int32 A_ = 4; }",
            "",
        ),
        ("message M { bool is_initialized = 1; M foo = 2; string FOOFieldBuilder = 3; }", ""),
        ("message M { string CLASS = 1; }", ""),
    ];
    table(&kotlin(&[]), "proto3", &cases);
    // What only the full runtime has.
    let full = [
        ("message M { M foo = 1;\n string FOOBuilder = 2; }", "3"),
        ("message M { M foo = 1;\n string FOOOrBuilder = 2; }", "3"),
        ("message M {\n string ALLFields = 1; }", "3"),
        ("message M {\n string UNKNOWNFields = 1; }", "3"),
    ];
    table(&kotlin(&[]), "proto3", &full);
    table(&kotlin(&[("lite", "true")]), "proto3", &full.map(|(text, _)| (text, "")));
    // And only the lite one: the cases of oneofs are properties of its builders.
    let lite = [
        ("message M {\n oneof KIND { int32 a = 1; } }", "3"),
        ("message M { oneof kind_x { int32 a = 1; }\n oneof Other { int32 b = 2; } }", ""),
    ];
    table(&kotlin(&[("lite", "true")]), "proto3", &lite);
    let others = lite.map(|(text, _)| (text, ""));
    table(&kotlin(&[("runtime", "3.25"), ("lite", "true")]), "proto3", &others);
    table(&kotlin(&[]), "proto3", &others[..1]);
}

#[test]
fn extensions_in_java() {
    let cases = [
        ("message M { extensions 5 to 9; }\nextend M {\n optional int32 descriptor = 5; }", "4"),
        ("message M { extensions 5 to 9; }\nextend M {\n optional int32 descriptor_data = 5; }", "4"),
        ("message M { extensions 5 to 9;\nextend M {\n optional int32 descriptor = 5; } }", ""),
        ("message M { extensions 5 to 9; }\nextend M {\n optional int32 com = 5; }", "4"),
        ("message M { extensions 5 to 9; }\nextend M {\n optional int32 Com = 5; }", "4"),
        ("message M { extensions 5 to 9;\nextend M {\n optional int32 com = 5; } }", "4"),
        ("message M { extensions 5 to 9; }\nextend M {\n optional int32 _1 = 5; }", "4"),
        ("message M { extensions 5 to 9;\nextend M {\n optional int32 _ = 5; } }", "4"),
        // Each for itself, and not for having one name.
        (
            "message M { extensions 5 to 9; }\nextend M {\n optional int32 _ = 5;\n optional int32 __ = 6; }",
            "4 5",
        ),
        ("message M { extensions 5 to 9;\nextend M {\n optional int32 memoized_is_initialized = 5; } }", "4"),
        ("message M { extensions 5 to 9;\nextend M {\n optional int32 serialVersionUID = 5; } }", "4"),
        ("message M { extensions 5 to 9;\nextend M {\n optional int32 memoized_size = 5; } }", "4"),
        ("message M { extensions 5 to 9;\nextend M {\n optional int32 memoized_hash_code = 5; } }", "4"),
        ("message M { extensions 5 to 9;\nextend M {\n optional int32 unknown_fields = 5; } }", ""),
        (
            "message M { extensions 5 to 9;\nextend M { optional int32 foo_bar = 5; }\nmessage fooBar {} }",
            "4",
        ),
        ("message M { extensions 5 to 9;\nextend M { optional int32 foo_bar = 5; }\nmessage FooBar {} }", ""),
        ("message M { extensions 5 to 9;\n optional int32 extension_fields = 1; }", "3"),
        ("message M { extensions 5 to 9;\n optional M all_fields_raw = 1; }", "3"),
        ("message M { extensions 5 to 9;\n repeated M extension_fields = 1; }", ""),
        (
            "option java_multiple_files = false; message M { extensions 5 to 9; }\nextend M { optional int32 foo_bar = 5; }\n\
             message fooBar {}",
            "4",
        ),
        ("option java_multiple_files = false;\nmessage descriptor {}", "3"),
        ("message descriptor {}", ""),
    ];
    table(&java(), "proto2", &cases);
    table(&older(), "proto2", &cases);
    // A `_` is put behind it in the newest line only.
    let text = "message M { extensions 5 to 9;\nextend M {\n optional int32 java = 5; } }";
    table(&java(), "proto2", &[(text, "")]);
    table(&older(), "proto2", &[(text, "4")]);
}

#[test]
fn packages_and_files_in_java() {
    let service = "service S { rpc Get(M) returns (M); }";
    table(
        &java(),
        "proto3",
        &[
            ("message io {}\nmessage M { message io {} }", ""),
            (&format!("message M {{\nmessage io {{}} }}\n{service}"), ""),
            (&format!("message M {{}}\nmessage io {{}}\n{service}"), "3"),
            (&format!("option java_multiple_files = false; message M {{}}\nmessage io {{}}\n{service}"), ""),
            (&format!("option java_outer_classname = \"io\";\nmessage M {{}}\n{service}"), "1"),
            ("message M {\nmessage com {} }", "3"),
            ("enum java { A = 0; }", "2"),
            ("option java_package = \"net.acme\"; enum E { A = 0;\n net = 1; }", "3"),
            ("option java_package = \"net.acme\"; message M {\nmessage net {} }", "3"),
            ("option java_package = \"net.acme\"; enum E { A = 0; org = 1; }\nmessage edu {}", ""),
            ("option java_outer_classname = \"class\";", "2"),
            ("message M {}\noption java_outer_classname = \"my-class\";", "3"),
            ("option java_outer_classname = \"record\";", "2"),
            ("option java_package = \"java.lang\";", "2"),
            ("option java_package = \"a.class\";", "2"),
        ],
    );
    let sample =
        |package: &str, name: &str| format!("syntax = \"proto3\"; package {package};\nmessage {name} {{}}");
    let (outer, inner) = (sample("a", "M"), sample("a.B", "N"));
    assert_eq!(lines(&java(), &[("b.proto", &outer), ("c.proto", &inner)]), "b.proto:1");
    let deeper = sample("a.B.x", "N");
    assert_eq!(lines(&java(), &[("b.proto", &outer), ("c.proto", &deeper)]), "b.proto:1");
    assert_eq!(lines(&java(), &[("d.proto", &outer), ("c.proto", &inner)]), "");
    // What has no letter in its name is called `X`.
    for file in ["_.proto", "ü.proto", "-.proto"] {
        let sample = Sample::new(&files(&[(file, &outer)]));
        let prepared = sdk::prepare(&sample.contract(), &java()).unwrap();
        assert!(String::from_utf8_lossy(&prepared.descriptor_set).contains("B\u{1}X"), "{file}");
    }
    assert_eq!(lines(&java(), &[("_.proto", &outer), ("ü.proto", &sample("a", "N"))]), "ü.proto:1");
    let error = |group| {
        let sample = Sample::new(&files(&[("a.proto", &outer)]));
        let target = Target::new(Language::Java, &[("group", group), ("artifact", "x")]);
        sdk::prepare(&sample.contract(), &target).err().map(|error| error.to_string())
    };
    assert!(error("java.lang").is_some() && error("javax.acme").is_none());
}

/// As many as javac takes, and a few more.
#[test]
fn services_of_very_many_methods_in_java() {
    let of = |method: &str, n: usize| {
        let methods = (0..n).map(|i| format!("rpc R{i}{method};")).collect::<String>();
        format!("message M {{}}\nservice S {{ {methods} }}")
    };
    for (method, most) in
        [("(M) returns (M)", 2_844), ("(M) returns (stream M)", 2_844), ("(stream M) returns (M)", 3_271)]
    {
        table(&java(), "proto3", &[(&of(method, most), ""), (&of(method, most + 20), "3")]);
    }
}

#[test]
fn names_that_python_has_already() {
    table(
        &python(),
        "proto3",
        &[
            ("enum E {\n A = 0;\n bit_length = 1;\n to_bytes = 2;\n real = 3; }", "4 5 6"),
            ("enum E {\n A = 0;\n __str__ = 1;\n __slots__ = 2; }", "4 5"),
            (
                "enum E {\n A = 0;\n lambda = 1;\n None = 2; }\nmessage M { int32 lambda = 1; enum F { B = 0;\n for = 1; } }",
                "5 7",
            ),
            ("enum E { A = 0; name = 1; value = 2; keys = 3; mro = 5; __init__ = 6; }", ""),
            (
                "message M {\n int32 __init__ = 1;\n int32 __slots__ = 2;\n int32 __class__ = 3;\n int32 __doc__ = 4; }",
                "3 4 5 6",
            ),
            ("message M { int32 __foo = 1; int32 __bar__ = 2; int32 __lt__ = 3; }", ""),
            ("message M { message __class__ {}\n message __init__ {} }", "3"),
            ("message __doc__ {}\nmessage __file__ {}\nmessage __class__ {}", "2 3"),
            (
                "message M {}\nservice S {\n rpc __init__(M) returns (M);\n rpc __foo(M) returns (M);\n rpc _foo(M) returns (M); }",
                "4 5",
            ),
            ("message M {}\nservice _grpc {}\nservice _m1 {}\nservice _message {}", "3 4"),
            (
                "message M {}\nservice S {\n rpc _typing(M) returns (M);\n rpc _m2(M) returns (M);\n rpc _abcd(M) returns (M); }",
                "4 5",
            ),
        ],
    );
}

/// What a stub imports is there only where it is needed.
#[test]
fn names_that_stubs_have_already() {
    table(
        &python(),
        "proto3",
        &[
            ("message _descriptor {}", "2"),
            ("message _ClassVar {}", "2"),
            ("message _message {}", "2"),
            ("enum E {\n _message = 0; }", ""),
            ("message _Optional {}", ""),
            ("message _Optional { int32 a = 1; }", "2"),
            ("message _Union { int32 a = 1; }", ""),
            ("message _Union { _Union a = 1; }", "2"),
            (
                "message _Iterable {\n repeated int32 a = 1; }\nmessage _Mapping {}\nmessage _containers {}",
                "2 5",
            ),
            ("message _enum_type_wrapper {}", ""),
            ("message _enum_type_wrapper { enum E { A = 0; } }", "2"),
            ("enum E {\n A = 0;\n _enum_type_wrapper = 1; }", "4"),
            ("message _builder {} message _globals {} message _sym_db {} message datetime {}", ""),
            ("message M {\n int32 _Optional = 1;\n int32 _Union = 2;\n int32 _ClassVar = 3; }", "3"),
            ("message M {\n int32 _message = 1; }", ""),
            ("message M {\n int32 _message = 1;\n message N {} }", "3"),
            ("message M {\n int32 _containers = 1;\n repeated int32 a = 2; }", "3"),
            ("message M {\n repeated int32 a = 1;\n int32 _containers = 2; }", ""),
        ],
    );
    let one = "syntax = \"proto3\"; package a;\nimport \"b.proto\";\nmessage _b_pb2 {}\nmessage M {\n int32 _b_pb2 = 1;\n B b = 2; }";
    let other = "syntax = \"proto3\"; package a;\nmessage B {}";
    assert_eq!(lines(&python(), &[("a.proto", one), ("b.proto", other)]), "a.proto:3 a.proto:5");
}

#[test]
fn folders_and_files_in_python() {
    let text = |name: &str| format!("syntax = \"proto3\"; package a;\nmessage {name} {{}}");
    let (one, two) = (text("M"), text("N"));
    assert_eq!(
        lines(&python(), &[("x/user.proto", &one), ("x/user_pb2/b.proto", &two)]),
        "x/user_pb2/b.proto:1"
    );
    assert_eq!(lines(&python(), &[("x/user.proto", &one), ("x/user_pb2_grpc/b.proto", &two)]), "");
    let service = format!("{one} service S {{ rpc Get(M) returns (M); }}");
    let list = [("x/user.proto", &*service), ("x/User_pb2_grpc/b.proto", &*two)];
    assert_eq!(lines(&python(), &list), "x/User_pb2_grpc/b.proto:1");
    assert_eq!(lines(&python(), &[("x/user.proto", &one), ("x/user/b.proto", &two)]), "");
    // A dot is a folder.
    let sample = Sample::new(&files(&[("x/my.file.proto", &one), ("a.b/c.proto", &two)]));
    let package = offline_package(&sample.contract(), &python());
    for path in ["x/my/__init__.py", "x/my/file_pb2.py", "x/my/file_pb2.pyi", "a/b/c_pb2.py"] {
        assert!(package.files.get(&format!("src/acme_contracts/{path}")).is_some(), "{path}");
    }
    assert_eq!(lines(&python(), &[("my.file.proto", &one), ("my/file.proto", &two)]), "my/file.proto:1");
}

#[test]
fn packages_that_python_has_already() {
    let sample = Sample::new(&files(&[("a.proto", "syntax = \"proto3\"; package a; message M {}")]));
    let said = |contract: &Contract<'_>, name: &str| {
        let target = Target::new(Language::Python, &[("package", name)]);
        sdk::prepare(contract, &target).err().map(|error| error.to_string())
    };
    for name in ["grpc", "google", "typing", "Calendar", "typing-extensions"] {
        let error = said(&sample.contract(), name).unwrap_or_default();
        assert!(error.contains(&format!("`{name}` is no name for a Python distribution")), "{error}");
    }
    assert_eq!(said(&sample.contract(), "google-contracts"), None);
}

/// The stub of the only file of a package.
fn stub(list: &[(&str, &str)], name: &str) -> String {
    let sample = Sample::new(&files(list));
    let package = offline_package(&sample.contract(), &python());
    let path = format!("src/acme_contracts/{name}");
    String::from_utf8(package.files.get(&path).unwrap().to_vec()).unwrap()
}

#[test]
fn a_type_is_found_in_a_stub_whatever_a_field_is_called() {
    let of =
        |text: &str| stub(&[("a.proto", &format!("syntax = \"proto3\"; package a;\n{text}"))], "a_pb2.pyi");
    let cases: [(&str, &[&str]); 7] = [
        (
            "message status {}\nmessage M { status status = 1; }",
            &["    status: _this.status\n", "_Union[_this.status, _Mapping]"],
        ),
        (
            "enum color { A = 0; }\nmessage M { color color = 1; }",
            &["    color: _this.color\n", "_Union[_this.color, str]"],
        ),
        (
            "message Foo {}\nmessage M { int32 Foo = 1; Foo other = 2; }",
            &["    Foo: int\n", "    other: _this.Foo\n"],
        ),
        (
            "message Plan { message Item {} }\nmessage M { string Plan = 1; .a.Plan.Item item = 2; }",
            &["    Plan: str\n", "    item: _this.Plan.Item\n"],
        ),
        (
            "enum E { B = 0; }\nmessage M { enum X { E = 0; } .a.E e = 1; }",
            &["    E: M.X\n", "    e: _this.E\n", "        E: _ClassVar[M.X]\n"],
        ),
        (
            "message str { int32 a = 1; }\nmessage M { string t = 1; str s = 2; map<string, str> by = 3; int32 n = 4; }",
            &[
                "    t: _builtins.str\n",
                "    s: _this.str\n",
                "MessageMap[_builtins.str, _this.str]\n",
                "    n: _builtins.int\n",
                "_Union[_this.str, _Mapping]",
            ],
        ),
        (
            "enum int { A = 0; }\nmessage M { int32 n = 1; int e = 2; map<int32, int> by = 3; }",
            &[
                "class int(_builtins.int, ",
                "    n: _builtins.int\n",
                "    e: _this.int\n",
                "\nA: _this.int\n",
                "    A: _ClassVar[_this.int]\n",
                "ScalarMap[_builtins.int, _this.int]",
                "_Union[_this.int, _builtins.str]",
            ],
        ),
    ];
    for (text, parts) in cases {
        let stub = of(text);
        for part in parts {
            assert!(stub.contains(part), "{part:?} is not in\n{stub}");
        }
        assert_eq!(stub.contains("from . import a_pb2 as _this\n"), stub.contains("_this."), "{stub}");
        let whole = format!("syntax = \"proto3\"; package a;\n{text}");
        assert_eq!(lines(&python(), &[("a.proto", &whole)]), "", "{text}");
    }
    let plain = of("message status {}\nmessage M { status state = 1; }");
    assert!(!plain.contains("_this") && !plain.contains("_builtins"), "{plain}");
}

#[test]
fn what_a_public_import_hands_on_is_there_once() {
    let file = |package: &str, text: &str| format!("syntax = \"proto3\"; package {package};\n{text}");
    let (one, two) = (file("b", "message Foo {} enum E { A = 0; }"), file("c", "message Foo {}"));
    let own = file("a", "import public \"b.proto\";\nmessage Foo {} enum E { A = 0; }");
    let both = file("d", "import public \"b.proto\";\nimport public \"c.proto\";");
    let list = [("a.proto", &*own), ("b.proto", &*one), ("c.proto", &*two), ("d.proto", &*both)];
    assert_eq!(lines(&python(), &list), "");
    let text = stub(&list, "a_pb2.pyi");
    assert!(!text.contains(" import Foo") && !text.contains("A: _b_pb2.E"), "{text}");
    let text = stub(&list, "d_pb2.pyi");
    assert!(
        text.contains("from .c_pb2 import Foo as Foo\n") && !text.contains("from .b_pb2 import Foo"),
        "{text}"
    );
}

/// The entries of a map `_1` are called `1Entry`: no class, and nothing that the interpreter's descriptors take.
#[test]
fn maps_whose_entries_have_no_name() {
    let cases = [
        ("message M {\n map<string, int32> _1 = 1; }", "3"),
        ("message M {\n map<string, M> _1a = 1;\n map<string, M> _2__ = 2; }", "3 4"),
        ("message M {\n map<string, int32> a_1 = 1;\n int32 _1 = 2;\n repeated M _2 = 3; }", ""),
    ];
    for target in [java(), older(), python()] {
        table(&target, "proto3", &cases);
    }
}

/// Numbers of two extensions at the top of a module are one variable, of which the last stands: nobody refuses it. In a
/// message the interpreter does.
#[test]
fn numbers_of_extensions_in_python() {
    let cases = [
        (
            "message M { extensions 10 to 20; }\nextend M { optional int32 HASH = 10; optional int32 hash = 11; }",
            "",
        ),
        (
            "message M { extensions 10 to 20; }\nmessage N { extend M { optional int32 HASH = 10;\n optional int32 hash = 11; } }",
            "4",
        ),
    ];
    table(&python(), "proto2", &cases);
}
