//! What is said about sources that do not compile, and that bad input ends well.

use std::fmt::Write as _;

use crate::files;
use protopact::compile::{
    Backend, CompileError, Compiled, Diagnostic, Input, MAX_FILE_SIZE, Options, compile,
};

fn input(files: &[(&str, &str)]) -> Input {
    files::input("proto", files)
}

fn bytes(content: Vec<u8>) -> Input {
    let mut input = input(&[("a.proto", "")]);
    input.files[0].content = content.into();
    input
}

fn builtin(input: &Input) -> Result<Compiled, CompileError> {
    compile(input, &Options { backend: Backend::Builtin, ..Options::default() })
}

fn diagnostics(result: Result<Compiled, CompileError>) -> Vec<Diagnostic> {
    match result {
        Err(CompileError::Sources(list)) => list,
        other => panic!("the sources are wrong, but: {other:?}"),
    }
}

/// Every error as people see it.
fn errors(files: &[(&str, &str)]) -> String {
    rendered(&diagnostics(builtin(&input(files))))
}

fn rendered(list: &[Diagnostic]) -> String {
    list.iter().fold(String::new(), |mut out, d| {
        let _ = write!(out, "{}", d.render(false));
        out
    })
}

#[test]
fn all_errors_of_all_files_come_in_one_run() {
    let text = errors(&[
        (
            "b.proto",
            "syntax = \"proto3\";\nmessage B {\n  int32 a = 1\n  int32 b = 0;\n}\nmessage C { Missing m = 1; }\n",
        ),
        (
            "a.proto",
            "syntax = \"proto3\";\nmessage A { int32 x = 1; int32 y = 1; }\nmesage D {}\nenum E { V = 1; }\n",
        ),
    ]);
    insta::assert_snapshot!(text, @r#"
    proto/a.proto:2:36: error: field number 1 is already taken by `x`
    2 | message A { int32 x = 1; int32 y = 1; }
      |                                    ^
      hint: `x` is at proto/a.proto:2:23
      hint: the next free number is 2
    proto/a.proto:3:1: error: expected `message`, `enum`, `service`, `extend`, `import`, `package` or `option`, found `mesage`
    3 | mesage D {}
      | ^^^^^^
    proto/a.proto:4:14: error: the first value of a proto3 enum must be zero
    4 | enum E { V = 1; }
      |              ^
      hint: start with `E_UNSPECIFIED = 0;`
    proto/b.proto:3:14: error: expected `;`
    3 |   int32 a = 1
      |              ^
    proto/b.proto:4:13: error: field numbers start at 1
    4 |   int32 b = 0;
      |             ^
    "#);
}

#[test]
fn a_missing_import_names_the_roots_and_a_near_path() {
    let text = errors(&[
        ("acme/v1/money.proto", "syntax = \"proto3\"; package acme.v1; message Money {}"),
        (
            "acme/v1/order.proto",
            "syntax = \"proto3\";\npackage acme.v1;\nimport \"v1/money.proto\";\nimport \"acme/v1/mony.proto\";\nimport \"google/protobuf/timestmp.proto\";\nmessage Order { Money m = 1; }\n",
        ),
    ]);
    insta::assert_snapshot!(text, @r#"
    proto/acme/v1/order.proto:3:8: error: import `v1/money.proto` is not found
    3 | import "v1/money.proto";
      |        ^^^^^^^^^^^^^^^^
      hint: looked in `proto`
      hint: did you mean `acme/v1/money.proto`?
    proto/acme/v1/order.proto:4:8: error: import `acme/v1/mony.proto` is not found
    4 | import "acme/v1/mony.proto";
      |        ^^^^^^^^^^^^^^^^^^^^
      hint: looked in `proto`
      hint: did you mean `acme/v1/money.proto`?
    proto/acme/v1/order.proto:5:8: error: import `google/protobuf/timestmp.proto` is not found
    5 | import "google/protobuf/timestmp.proto";
      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      hint: looked in `proto`
      hint: did you mean `google/protobuf/timestamp.proto`?
    proto/acme/v1/order.proto:6:17: error: type `Money` is defined in a file that is not imported
    6 | message Order { Money m = 1; }
      |                 ^^^^^
      hint: add `import "acme/v1/money.proto";`
    "#);
}

#[test]
fn what_is_missing_in_600_files_is_looked_for_as_often_as_in_one() {
    let names: Vec<String> = (0..600).map(|n| format!("acme/order{n}/v1/order.proto")).collect();
    let files = |missing: &dyn Fn(usize) -> [String; 3]| -> Vec<(String, String)> {
        let text = |n: usize| {
            let imports: String = missing(n).iter().map(|path| format!("import \"{path}\";\n")).collect();
            format!(
                "syntax = \"proto3\";\npackage acme.order{n}.v1;\n{imports}message M {{ lost.Type a = 1; }}\n"
            )
        };
        names.iter().enumerate().map(|(n, name)| (name.clone(), text(n))).collect()
    };
    let list = |files: &[(String, String)]| diagnostics(builtin(&files::input("proto", files)));
    // The same three everywhere: each is told once, with the number of those who want it, and nothing that follows.
    let same = list(&files(&|_| ["lost/a.proto", "lost/b.proto", "lost/c.proto"].map(str::to_owned)));
    let told: Vec<&str> = same.iter().map(|d| &*d.message).collect();
    let wanted = |name: &str| format!("import `lost/{name}.proto` is not found, which 600 files import");
    assert_eq!(told, ["a", "b", "c"].map(wanted));
    // Others in each, all of them like a file that is there: all names are gone through for a few of them.
    let other = list(&files(&|n| ["a", "b", "c"].map(|c| format!("acme/order{n}/v1/orde{c}.proto"))));
    let alike = other.iter().filter(|d| d.hints.iter().any(|hint| hint.contains("did you mean"))).count();
    assert!((1..=20).contains(&alike), "{alike} of {}", other.len());
    assert!(
        other.iter().all(|d| d.message.contains("is not found") || d.message.contains("more")),
        "{other:?}"
    );
}

#[test]
fn imports_are_relative_paths_inside_a_root() {
    let text = errors(&[(
        "a.proto",
        "syntax = \"proto3\";\nimport \"../b.proto\";\nimport \"/etc/passwd\";\nimport \"c\\\\d.proto\";\nimport \"./e.proto\";\nimport \"\";\nimport \"x//y.proto\";\n",
    )]);
    insta::assert_snapshot!(text, @r#"
    proto/a.proto:2:8: error: import `../b.proto` leaves its root with `..`
    2 | import "../b.proto";
      |        ^^^^^^^^^^^^
      hint: an import path is relative to an import root and written with `/`
    proto/a.proto:3:8: error: import `/etc/passwd` is absolute
    3 | import "/etc/passwd";
      |        ^^^^^^^^^^^^^
      hint: an import path is relative to an import root and written with `/`
    proto/a.proto:4:8: error: import `c\d.proto` has a backslash in it
    4 | import "c\\d.proto";
      |        ^^^^^^^^^^^^
      hint: an import path is relative to an import root and written with `/`
    proto/a.proto:5:8: error: import `./e.proto` has an empty or `.` part in it
    5 | import "./e.proto";
      |        ^^^^^^^^^^^
      hint: an import path is relative to an import root and written with `/`
    proto/a.proto:6:8: error: import `` is empty
    6 | import "";
      |        ^^
      hint: an import path is relative to an import root and written with `/`
    proto/a.proto:7:8: error: import `x//y.proto` has an empty or `.` part in it
    7 | import "x//y.proto";
      |        ^^^^^^^^^^^^
      hint: an import path is relative to an import root and written with `/`
    "#);
}

#[test]
fn a_circle_of_imports_is_named_whole() {
    let text = errors(&[
        ("a.proto", "syntax = \"proto3\";\nimport \"b.proto\";\n"),
        ("b.proto", "syntax = \"proto3\";\nimport public \"c.proto\";\n"),
        ("c.proto", "syntax = \"proto3\";\nimport \"a.proto\";\n"),
        ("self.proto", "syntax = \"proto3\";\nimport \"self.proto\";\n"),
    ]);
    insta::assert_snapshot!(text, @r#"
    proto/c.proto:2:8: error: imports go in a circle: a.proto -> b.proto -> c.proto -> a.proto
    2 | import "a.proto";
      |        ^^^^^^^^^
    proto/self.proto:2:8: error: the file imports itself
    2 | import "self.proto";
      |        ^^^^^^^^^^^^
    "#);
}

#[test]
fn a_type_of_a_file_that_is_not_imported_names_the_import_to_add() {
    let text = errors(&[
        ("money.proto", "syntax = \"proto3\"; package acme; message Money {}"),
        (
            "order.proto",
            "syntax = \"proto3\";\npackage acme;\nmessage Order {\n  Money total = 1;\n  acme.Mony tax = 2;\n  google.protobuf.Timestamp at = 3;\n}\n",
        ),
    ]);
    insta::assert_snapshot!(text, @r#"
    proto/order.proto:4:3: error: type `Money` is defined in a file that is not imported
    4 |   Money total = 1;
      |   ^^^^^
      hint: add `import "money.proto";`
    proto/order.proto:5:3: error: type `acme.Mony` is not defined
    5 |   acme.Mony tax = 2;
      |   ^^^^^^^^^
      hint: there is `acme.Money` in proto/money.proto
    proto/order.proto:6:3: error: type `google.protobuf.Timestamp` is not defined
    6 |   google.protobuf.Timestamp at = 3;
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^
      hint: add `import "google/protobuf/timestamp.proto";`
    "#);
}

#[test]
fn a_broken_import_is_reported_once_and_not_through_its_importers() {
    let text = errors(&[
        ("a.proto", "syntax = \"proto3\";\nimport \"b.proto\";\nmessage A { B b = 1; Other o = 2; }\n"),
        ("b.proto", "syntax = \"proto3\";\nmessage B { int32 }\nmessage { }\n"),
    ]);
    insta::assert_snapshot!(text, @r#"
    proto/b.proto:2:19: error: expected the name of the field, found `}`
    2 | message B { int32 }
      |                   ^
    proto/b.proto:3:9: error: expected the name of the message, found `{`
    3 | message { }
      |         ^
    "#);
}

#[test]
fn duplicate_symbols_name_both_places() {
    let text = errors(&[
        ("a.proto", "syntax = \"proto3\";\npackage p;\nmessage M {}\nenum E { X = 0; }\n"),
        ("b.proto", "syntax = \"proto3\";\npackage p;\nenum M { X = 0; }\n"),
        ("c.proto", "syntax = \"proto3\";\npackage p.M;\n"),
    ]);
    insta::assert_snapshot!(text, @r#"
    proto/b.proto:3:6: error: `M` is already defined
    3 | enum M { X = 0; }
      |      ^
      hint: a message of this name is defined at proto/a.proto:3:9
    proto/b.proto:3:10: error: `X` is already defined
    3 | enum M { X = 0; }
      |          ^
      hint: an enum value of this name is defined at proto/a.proto:4:10
      hint: enum values are named beside their enum, not inside it: the name must be unique in the whole package or message
    proto/c.proto:2:9: error: package `p.M` has the name of a message
    2 | package p.M;
      |         ^^^
      hint: a message of this name is defined at proto/a.proto:3:9
    "#);
}

#[test]
fn options_are_checked_where_they_stand() {
    let text = errors(&[(
        "a.proto",
        r#"syntax = "proto3";
package acme;
import "google/protobuf/descriptor.proto";
message Rule {
  int32 max = 1;
  repeated string tags = 2;
  Rule inner = 3;
}
extend google.protobuf.FieldOptions {
  Rule rule = 50000;
}
option java_multiple_file = true;
message M {
  option deprecated = maybe;
  int32 a = 1 [(rule) = { max: 1 tags: ["a", 2] }];
  int32 b = 2 [(rule) = { maxx: 1 }];
  int32 c = 3 [(rule).inner.inner.max = 99999999999];
  int32 d = 4 [(ruel).max = 1, (rule).max = 1, (rule).max = 2];
  int32 e = 5 [(rule) = { inner { inner { max: "x" } } }];
}
"#,
    )]);
    insta::assert_snapshot!(text, @r#"
    proto/a.proto:12:8: error: option `java_multiple_file` does not exist
    12 | option java_multiple_file = true;
       |        ^^^^^^^^^^^^^^^^^^
      hint: did you mean `java_multiple_files`?
    proto/a.proto:14:23: error: the value of this option must be `true` or `false`
    14 |   option deprecated = maybe;
       |                       ^^^^^
    proto/a.proto:15:46: error: expected a string in quotes in this option value, found `2`
    15 |   int32 a = 1 [(rule) = { max: 1 tags: ["a", 2] }];
       |                                              ^
    proto/a.proto:16:27: error: `acme.Rule` has no field `maxx`
    16 |   int32 b = 2 [(rule) = { maxx: 1 }];
       |                           ^^^^
      hint: did you mean `max`?
    proto/a.proto:17:41: error: the value of this option must be between -2147483648 and 2147483647 (int32)
    17 |   int32 c = 3 [(rule).inner.inner.max = 99999999999];
       |                                         ^^^^^^^^^^^
    proto/a.proto:18:16: error: option `ruel` is not defined
    18 |   int32 d = 4 [(ruel).max = 1, (rule).max = 1, (rule).max = 2];
       |                ^^^^^^
      hint: is the file that defines it imported?
    proto/a.proto:18:48: error: this option is already set
    18 |   int32 d = 4 [(ruel).max = 1, (rule).max = 1, (rule).max = 2];
       |                                                ^^^^^^^^^^
    proto/a.proto:19:48: error: expected a whole number in this option value, found `"x"`
    19 |   int32 e = 5 [(rule) = { inner { inner { max: "x" } } }];
       |                                                ^^^
    "#);
}

#[test]
fn carets_stand_under_tabs_and_wide_characters() {
    let text = errors(&[(
        "a.proto",
        "syntax = \"proto3\";\nmessage M {\n\t/* 日本 */\tMissing\tm = 1;\n  string s = 2 [json_name = \"é\", default = \"日\"];\n}\n",
    )]);
    insta::assert_snapshot!(text, @r#"
    proto/a.proto:3:11: error: type `Missing` is not defined
    3 |     /* 日本 */    Missing    m = 1;
      |                   ^^^^^^^
    proto/a.proto:4:34: error: proto3 has no default values
    4 |   string s = 2 [json_name = "é", default = "日"];
      |                                  ^^^^^^^^^^^^^^
    "#);
}

#[test]
fn nothing_from_sources_reaches_a_terminal_unescaped() {
    let mut input = input(&[(
        "a.proto",
        "syntax = \"proto3\";\nimport \"\u{1b}[31mred\u{202e}.proto\";\n/*\u{1b}]0;x\u{7}*/ Foo\n",
    )]);
    input.files[0].display = "proto/\u{1b}[2Ja.proto".into();
    let text = rendered(&diagnostics(builtin(&input)));
    assert!(text.chars().all(|c| c == '\n' || (!c.is_control() && c != '\u{202e}')), "{text:?}");
    insta::assert_snapshot!(text, @r#"
    proto/\u{1b}[2Ja.proto:2:8: error: import `\u{1b}[31mred\u{202e}.proto` has a control character in it
    2 | import "\u{1b}[31mred\u{202e}.proto";
      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      hint: an import path is relative to an import root and written with `/`
    proto/\u{1b}[2Ja.proto:3:12: error: expected `message`, `enum`, `service`, `extend`, `import`, `package` or `option`, found `Foo`
    3 | /*\u{1b}]0;x\u{7}*/ Foo
      |                     ^^^
    "#);
}

#[test]
fn colours_change_nothing_but_colours() {
    let list =
        diagnostics(builtin(&input(&[("a.proto", "syntax = \"proto3\";\nmessage M { Foo f = 1; }\n")])));
    let coloured = list[0].render(true);
    assert!(coloured.contains("\u{1b}["));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), list[0].render(false));
}

#[test]
fn a_file_that_is_no_text_is_refused_with_the_offset() {
    let mut latin = b"syntax = \"proto3\";\noption java_package = \"caf".to_vec();
    latin.push(0xe9);
    latin.extend_from_slice(b"\";\nmessage M {}\n");
    let nul = b"syntax = \"proto3\";\nmessage M\0 {}\n".to_vec();
    let text = [latin, nul].map(|content| rendered(&diagnostics(builtin(&bytes(content))))).concat();
    insta::assert_snapshot!(text, @r#"
    proto/a.proto:2:27: error: the file is not valid UTF-8: byte 0xe9 at offset 45
    2 | option java_package = "caf
      |                           ^
    proto/a.proto:2:10: error: the file contains a NUL byte at offset 28: it is not a text file
    2 | message M\u{0} {}
      |          ^^^^^
    "#);
}

#[test]
fn bytes_in_comments_that_are_no_text_are_warned_of() {
    let latin = b"syntax = \"proto3\";\n/* caf\xe9 */ message M {} // na\xefve\n".to_vec();
    for backend in [Backend::Builtin, Backend::Protoc] {
        let options = Options { backend, ..Options::default() };
        let compiled = compile(&bytes(latin.clone()), &options).unwrap();
        insta::allow_duplicates! { insta::assert_snapshot!(rendered(&compiled.warnings), @r"
        proto/a.proto:2:7: warning: byte 0xe9 in a comment is not valid UTF-8: it is read as `?`
        2 | /* caf? */ message M {} // na?ve
          |       ^
        proto/a.proto:2:30: warning: byte 0xef in a comment is not valid UTF-8: it is read as `?`
        2 | /* caf? */ message M {} // na?ve
          |                              ^
        ") };
        let descriptor = String::from_utf8_lossy(&compiled.files[0].descriptor);
        assert!(descriptor.contains(" caf? "), "{descriptor}");
    }
    // A file that is only imported is somebody else's.
    let mut input =
        input(&[("a.proto", "import \"b.proto\"; message M { optional B b = 1; }"), ("b.proto", "")]);
    input.files[1].content = b"message B {} // \xe9\n".to_vec().into();
    input.files[1].target = false;
    assert_eq!(compile(&input, &Options::default()).unwrap().warnings, []);
}

#[test]
fn a_huge_file_is_refused_unread() {
    let list = diagnostics(builtin(&bytes(vec![b' '; MAX_FILE_SIZE + 1])));
    insta::assert_snapshot!(rendered(&list), @"proto/a.proto: error: the file is too large: 67108865 bytes, and 67108864 at most are read");
}

#[test]
fn errors_in_one_file_are_counted_out() {
    let text = format!("syntax = \"proto3\";\n{}", "\u{7f} ".repeat(100_000));
    let list = diagnostics(builtin(&bytes(text.into_bytes())));
    assert_eq!(list.len(), 101);
    assert_eq!(list[100].message, "only the first 100 errors of this file are shown");
}

#[test]
fn a_hundred_thousand_errors_take_no_longer_than_a_hundred() {
    let many = |line: &dyn Fn(usize) -> String| (0..100_000).map(line).collect::<String>();
    let head = "syntax = \"proto3\";\n";
    let sources = [
        format!("{head}message M {{\n{}}}\n", many(&|n| format!("  Missing{n} f{n} = {};\n", n + 1))),
        format!("{head}message M {{\n{}}}\n", many(&|_| "  int32 a = 1;\n".to_owned())),
        format!("{head}enum E {{\n{}}}\n", many(&|_| "  A = 0;\n".to_owned())),
        format!("{head}{}", many(&|_| "message M {}\n".to_owned())),
        format!("{head}{}", many(&|n| format!("import \"gone{n}.proto\";\n"))),
        format!("{head}message M {{\n{}}}\n", many(&|_| "  reserved 1 to 5;\n".to_owned())),
        format!("{head}message M {{\n{}}}\n", many(&|_| "  reserved \"a\";\n".to_owned())),
        format!("{head}{}", many(&|n| format!("option o{n} = 1;\n"))),
        format!(
            "{head}message M {{}}\nservice S {{\n{}}}\n",
            many(&|_| "  rpc R(M) returns (M);\n".to_owned())
        ),
        format!("{head}{}", many(&|_| "message M { X x = 1; }".to_owned())),
    ];
    for source in sources {
        let shown = source[..120].to_owned();
        assert_eq!(diagnostics(builtin(&bytes(source.into_bytes()))).len(), 101, "{shown}");
    }
}

#[test]
fn names_of_many_parts_end_well() {
    let name = "a.".repeat(100_000) + "a";
    let sources = [
        format!("syntax = \"proto3\";\npackage {name};\n"),
        format!("syntax = \"proto3\";\nmessage M {{ {name} f = 1; }}\n"),
        format!("syntax = \"proto3\";\nmessage M {{ .{name} f = 1; }}\n"),
        format!("syntax = \"proto3\";\noption {name} = 1;\n"),
        format!("syntax = \"proto3\";\noption ({name}) = 1;\n"),
        format!(
            "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\"; message M {{ M a = 1; }}\n\
             extend google.protobuf.FileOptions {{ M o = 50000; }}\noption (o).{name} = {{}};\n"
        ),
    ];
    for source in sources {
        assert_eq!(diagnostics(builtin(&bytes(source.into_bytes()))).len(), 1);
    }
}

proptest::proptest! {
    /// Whatever the text is, it compiles or says why not, and every place in it exists.
    #[test]
    fn no_text_makes_the_compiler_panic(tokens in proptest::collection::vec(proptest::sample::select(TOKENS), 0..80)) {
        let text = format!("syntax = \"proto2\"; import \"google/protobuf/descriptor.proto\";\n{}", tokens.join(" "));
        match builtin(&input(&[("a.proto", &text)])) {
            Ok(compiled) => proptest::prop_assert!(protopact::schema::Schema::build(&compiled).is_ok()),
            Err(CompileError::Sources(list)) => {
                proptest::prop_assert!(!list.is_empty());
                proptest::prop_assert!(list.iter().all(|d| !d.render(true).is_empty()));
            }
            Err(other) => proptest::prop_assert!(false, "{other:?}"),
        }
    }
}

const TOKENS: &[&str] = &[
    "message M {",
    "message N {",
    "enum E {",
    "service S {",
    "extend M {",
    "oneof o {",
    "}",
    "}",
    "}",
    ";",
    ";",
    "{",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "=",
    "= 1",
    "= 2;",
    "= 3;",
    "optional",
    "repeated",
    "required",
    "group G = 4 {",
    "map<string, M>",
    "M",
    ".M",
    "M.N",
    "int32",
    "string",
    "bytes",
    "double",
    "a",
    "b",
    "c = 5;",
    "rpc R(M) returns (stream N)",
    "reserved 1 to max;",
    "reserved \"a\";",
    "extensions 100 to 200;",
    "option",
    "(x)",
    "(x).y",
    "deprecated = true",
    "[default = 1]",
    "[default = \"x\"]",
    "[json_name = \"é\"]",
    "[(x) = { a: 1 b <",
    "option (x) = { a: [1, 2] };",
    "option allow_alias = true;",
    "A = 0;",
    "B = 0;",
    "C = -1;",
    "import \"a.proto\";",
    "package p.q;",
    "-",
    "inf",
    "0x",
    "1.5e",
    "\"",
    "'\\x'",
    "/*",
    "*/",
    "// c\n",
    "\n",
    "\t",
    "é",
    "\u{0}",
    ",",
    ".",
    ":",
    "/",
    "#",
    "extend google.protobuf.FileOptions {",
    "optional M x = 50000;",
    "optional int32 y = 1;",
];

#[test]
fn a_very_long_line_is_cut_around_the_place() {
    let text = format!(
        "syntax = \"proto3\"; /*{}*/ message M {{ Missing m = 1; }} //{}",
        "-".repeat(5000),
        "+".repeat(5000)
    );
    let list = diagnostics(builtin(&bytes(text.into_bytes())));
    insta::assert_snapshot!(rendered(&list), @r#"
    proto/a.proto:1:5037: error: type `Missing` is not defined
    1 | …-------------------------*/ message M { Missing m = 1; } //+++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++…
      |                                          ^^^^^^^
    "#);
}

#[test]
fn ten_thousand_nested_messages_are_refused() {
    let text = format!("syntax = \"proto3\";\n{}{}", "message M {".repeat(10_000), "}".repeat(10_000));
    insta::assert_snapshot!(rendered(&diagnostics(builtin(&bytes(text.into_bytes())))), @r#"
    proto/a.proto:2:342: error: messages are nested too deeply here: 31 levels at most
    2 | …age M {message M {message M {message M {message M {message M {message M {message M {message M {message M {message M {mes…
      |                                          ^^^^^^^^^
    "#);
}

#[test]
fn deeply_nested_option_values_are_refused() {
    let head = "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\";\nmessage M { M m = 1; repeated int32 r = 2; }\nextend google.protobuf.FileOptions { M o = 50000; }\n";
    let deep = format!("{head}option (o) = {{{}{}}};", "m {".repeat(100_000), "}".repeat(100_000));
    let open = format!("{head}option (o) = {{{}", "m {".repeat(100_000));
    let lists = format!("{head}option (o) = {{ r: {} }};", "[".repeat(100_000));
    let angles = format!("{head}option (o) = {{{}}};", "m <".repeat(100_000));
    for text in [deep, open, lists, angles] {
        assert_eq!(diagnostics(builtin(&bytes(text.into_bytes()))).len(), 1);
    }
}

#[test]
fn large_messages_enums_and_trees_compile() {
    let mut fields = String::from("syntax = \"proto3\";\nmessage M {\n");
    for n in 1..=100_000 {
        // The numbers in between are taken by the protobuf implementation.
        let number = if n < 19_000 { n } else { n + 1_000 };
        let _ = writeln!(fields, "  int32 f{n} = {number};");
    }
    fields += "}\nenum E {\n";
    for n in 0..100_000 {
        let _ = writeln!(fields, "  V{n} = {n};");
    }
    fields += "}\n";
    let compiled = builtin(&bytes(fields.into_bytes())).expect("it is only large");
    assert!(compiled.files[0].descriptor.len() > 1_000_000);

    // A chain of imports longer than a recursion would get.
    let chain: Vec<(String, String)> = (0..5_000)
        .map(|n| {
            let import = if n == 0 { String::new() } else { format!("import \"f{}.proto\";", n - 1) };
            (format!("f{n}.proto"), format!("syntax = \"proto3\"; {import} message M{n} {{}}"))
        })
        .collect();
    let chain: Vec<(&str, &str)> = chain.iter().map(|(n, t)| (&**n, &**t)).collect();
    let compiled = builtin(&input(&chain)).expect("it is only long");
    assert_eq!(&*compiled.files[4_999].name, "f4999.proto");
}

#[test]
fn imports_come_before_importers_and_only_reached_files_come() {
    let mut input = input(&[
        ("a.proto", "syntax = \"proto3\"; import \"z.proto\"; import \"m.proto\";"),
        ("m.proto", "syntax = \"proto3\"; import \"google/protobuf/any.proto\";"),
        ("b.proto", "syntax = \"proto3\";"),
        ("unused.proto", "this is not read"),
        ("z.proto", "syntax = \"proto3\";"),
    ]);
    for file in &mut input.files {
        file.target = matches!(&*file.name, "a.proto" | "b.proto");
    }
    let compiled = builtin(&input).expect("it compiles");
    let list: Vec<(&str, &str, bool)> =
        compiled.files.iter().map(|f| (&*f.name, &*f.display, f.target)).collect();
    assert_eq!(
        list,
        [
            ("z.proto", "proto/z.proto", false),
            ("google/protobuf/any.proto", "google/protobuf/any.proto", false),
            ("m.proto", "proto/m.proto", false),
            ("a.proto", "proto/a.proto", true),
            ("b.proto", "proto/b.proto", true),
        ]
    );
}

#[test]
fn the_order_of_the_input_changes_nothing() {
    let files = [
        ("a.proto", "syntax = \"proto3\"; import \"c.proto\"; message A { C c = 1; }"),
        ("b.proto", "syntax = \"proto3\"; message B {}"),
        ("c.proto", "syntax = \"proto3\"; import \"b.proto\"; message C { B b = 1; }"),
    ];
    let forwards = builtin(&input(&files)).expect("it compiles");
    let backwards: Vec<_> = files.iter().rev().copied().collect();
    let backwards = builtin(&input(&backwards)).expect("it compiles");
    assert_eq!(format!("{forwards:?}"), format!("{backwards:?}"));
}

#[test]
fn a_file_of_the_tree_goes_before_the_well_known_one() {
    let files = [
        (
            "google/protobuf/any.proto",
            "syntax = \"proto3\"; package google.protobuf; message Any { int32 mine = 1; }",
        ),
        (
            "a.proto",
            "syntax = \"proto3\"; import \"google/protobuf/any.proto\"; message A { google.protobuf.Any a = 1; }",
        ),
    ];
    let compiled = builtin(&input(&files)).expect("it compiles");
    let any = compiled.files.iter().find(|f| f.name.ends_with("any.proto")).expect("it is imported");
    assert_eq!(&*any.display, "proto/google/protobuf/any.proto");
    assert!(any.target);
}

#[test]
fn editions_need_protoc() {
    let files = [("a.proto", "edition = \"2023\";\nmessage M { int32 a = 1; }\n")];
    insta::assert_snapshot!(errors(&files), @r#"
    proto/a.proto: error: the built-in compiler does not know editions, and the file declares `2023`
      hint: compile with protoc
    "#);
    let compiled = compile(&input(&files), &Options::default()).expect("protoc knows editions");
    assert_eq!(compiled.files.len(), 1);
}

mod protoc {
    //! The other back end, when things go wrong.

    use super::*;
    use protopact::compile::ProtocError;

    fn protoc(input: &Input) -> Result<Compiled, CompileError> {
        compile(input, &Options { backend: Backend::Protoc, ..Options::default() })
    }

    #[test]
    fn all_errors_of_all_files_come_in_one_run() {
        let list = diagnostics(protoc(&input(&[
            (
                "a.proto",
                "edition = \"2023\";\nimport \"gone.proto\";\nmessage A {\n\tFoo b = 2;\tint32 b = 1;\n}\n",
            ),
            ("b.proto", "edition = \"2023\";\nmessage B { int32 é = 1; }\n"),
            (
                "c.proto",
                "syntax = \"proto3\";\nimport \"b.proto\";\nmessage C { int32 a = 1; int32 a = 2; }\n",
            ),
            ("d.proto", "syntax = \"proto3\";\nmessage D { int32 a = 1; int32 a = 2; }\n"),
            ("e.proto", "syntax = \"proto3\";\nmessage E {}\n"),
        ])));
        insta::assert_snapshot!(rendered(&list), @r#"
        proto/a.proto:2:8: error: import `gone.proto` is not found
        2 | import "gone.proto";
          |        ^^^^^^^^^^^^
          hint: looked in `proto`
        proto/a.proto:4:19: error: "b" is already defined in "A"
        4 |     Foo b = 2;    int32 b = 1;
          |                         ^
        proto/b.proto:2:19: error: Expected field name
        2 | message B { int32 é = 1; }
          |                   ^
        proto/b.proto:2:19: error: Interpreting non ascii codepoint 195
        2 | message B { int32 é = 1; }
          |                   ^
        proto/b.proto:2:20: error: Interpreting non ascii codepoint 169
        2 | message B { int32 é = 1; }
          |                    ^
        proto/c.proto:3:32: error: "a" is already defined in "C"
        3 | message C { int32 a = 1; int32 a = 2; }
          |                                ^
        proto/d.proto:2:32: error: "a" is already defined in "D"
        2 | message D { int32 a = 1; int32 a = 2; }
          |                                ^
        "#);
    }

    #[test]
    fn names_never_leave_the_private_folder() {
        for name in ["../evil.proto", "/tmp/evil.proto", "a/../../evil.proto", "a\\b.proto", "a\nb.proto"] {
            let list = diagnostics(protoc(&input(&[(name, "edition = \"2023\";")])));
            assert!(list[0].message.starts_with("the path `"), "{list:?}");
        }
    }

    #[test]
    fn a_name_that_looks_like_a_flag_is_a_name() {
        let compiled =
            protoc(&input(&[("--help", "syntax = \"proto3\";"), ("@x.proto", "syntax = \"proto3\";")]));
        let names: Vec<String> =
            compiled.expect("it compiles").files.iter().map(|f| f.name.to_string()).collect();
        assert_eq!(names, ["--help", "@x.proto"]);
    }

    #[cfg(unix)]
    fn with_program(name: &str, timeout: std::time::Duration) -> ProtocError {
        let programs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/compile/protoc");
        let options = Options {
            backend: Backend::Protoc,
            protoc: Some(programs.join(name)),
            protoc_timeout: Some(timeout),
        };
        match compile(&input(&[("a.proto", "syntax = \"proto3\";")]), &options) {
            Err(CompileError::Protoc(error)) => error,
            other => panic!("this protoc does not work, but: {other:?}"),
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_protoc_that_fails_is_no_error_in_the_sources() {
        let minute = std::time::Duration::from_secs(60);
        let failed = with_program("fails", minute);
        assert!(failed.to_string().contains("cannot open shared object"), "{failed}");
        assert!(matches!(failed, ProtocError::Failed { .. }));
        assert!(matches!(with_program("killed", minute), ProtocError::Failed { .. }));
        assert!(matches!(with_program("silent", minute), ProtocError::Io { .. }));
    }

    #[cfg(unix)]
    #[test]
    fn a_protoc_that_hangs_is_ended() {
        let error = with_program("hangs", std::time::Duration::from_millis(300));
        assert!(matches!(error, ProtocError::TimedOut { .. }), "{error}");
    }

    #[test]
    fn a_protoc_that_is_not_there_is_named() {
        let options = Options {
            backend: Backend::Protoc,
            protoc: Some("/nonexistent/protoc".into()),
            ..Options::default()
        };
        match compile(&input(&[("a.proto", "")]), &options) {
            Err(CompileError::Protoc(ProtocError::Start { program, .. })) => {
                assert_eq!(program, std::path::Path::new("/nonexistent/protoc"));
            }
            other => panic!("{other:?}"),
        }
    }
}
