//! Whether schema registries take a change, held to what they did when they were asked.

use serde_json::Value;

use crate::env::TestEnv;

/// An edit, the two sides, and what Confluent, Karapace and Apicurio said: backward and forward, `x` is refused.
type Row = (&'static str, &'static str, &'static str, [&'static str; 3]);

const OK: &str = "ok/ok";

/// The edits that were tried. Both sides stand below a syntax and, where it is not said, a package.
const ROWS: [Row; 40] = [
    (
        "a field is new",
        "message M { string a = 1; }",
        "message M { string a = 1; string b = 2; }",
        [OK, OK, "ok/x"],
    ),
    (
        "a field is gone",
        "message M { string a = 1; string b = 2; }",
        "message M { string a = 1; }",
        [OK, OK, "x/ok"],
    ),
    (
        "a field is gone and reserved",
        "message M { string a = 1; string b = 2; }",
        "message M { string a = 1; reserved 2; reserved \"b\"; }",
        [OK, OK, "ok/x"],
    ),
    (
        "a field has another name",
        "message M { string a = 1; }",
        "message M { string z = 1; }",
        [OK, OK, "x/x"],
    ),
    (
        "an enum value has another name",
        "enum E { E_NONE = 0; E_ONE = 1; }",
        "enum E { E_NONE = 0; E_FIRST = 1; }",
        [OK, OK, "x/x"],
    ),
    ("a wider number", "message M { int32 a = 1; }", "message M { int64 a = 1; }", [OK, OK, "x/x"]),
    (
        "a wider number in a map",
        "message M { map<string, int32> a = 1; }",
        "message M { map<string, int64> a = 1; }",
        [OK, OK, "x/x"],
    ),
    ("a number becomes a truth", "message M { int32 a = 1; }", "message M { bool a = 1; }", [OK, OK, "x/x"]),
    (
        "a number becomes an enum",
        "message M { int32 a = 1; } enum E { E_NONE = 0; }",
        "message M { E a = 1; } enum E { E_NONE = 0; }",
        [OK, OK, "x/x"],
    ),
    ("a number in zigzag", "message M { int32 a = 1; }", "message M { sint32 a = 1; }", ["x/x"; 3]),
    ("a number becomes a text", "message M { int32 a = 1; }", "message M { string a = 1; }", ["x/x"; 3]),
    ("a wider fraction", "message M { float a = 1; }", "message M { double a = 1; }", ["x/x"; 3]),
    ("a text becomes bytes", "message M { string a = 1; }", "message M { bytes a = 1; }", [OK, OK, "x/x"]),
    (
        "a fixed number with a sign",
        "message M { fixed32 a = 1; }",
        "message M { sfixed32 a = 1; }",
        [OK, OK, "x/x"],
    ),
    (
        "a number becomes a list",
        "message M { int32 a = 1; }",
        "message M { repeated int32 a = 1; }",
        [OK, "x/x", "x/x"],
    ),
    (
        "an optional number becomes a list",
        "message M { optional int32 a = 1; }",
        "message M { repeated int32 a = 1; }",
        ["x/x"; 3],
    ),
    (
        "a number becomes optional",
        "message M { int32 a = 1; }",
        "message M { optional int32 a = 1; }",
        [OK, "x/x", "x/x"],
    ),
    (
        "a text becomes a list",
        "message M { string a = 1; }",
        "message M { repeated string a = 1; }",
        [OK, OK, "x/x"],
    ),
    (
        "a message becomes a list",
        "message M { N a = 1; } message N { string b = 1; }",
        "message M { repeated N a = 1; } message N { string b = 1; }",
        [OK, OK, "x/x"],
    ),
    (
        "a message is new",
        "message M { string a = 1; }",
        "message M { string a = 1; } message N { int32 b = 1; }",
        ["ok/x"; 3],
    ),
    (
        "a message is gone",
        "message M { string a = 1; } message N { int32 b = 1; }",
        "message M { string a = 1; }",
        ["x/ok"; 3],
    ),
    (
        "a nested message is gone",
        "message M { string a = 1; message N { int32 b = 1; } }",
        "message M { string a = 1; }",
        ["x/ok"; 3],
    ),
    (
        "another order",
        "message M { string a = 1; string b = 2; }",
        "message M { string b = 2; string a = 1; }",
        [OK; 3],
    ),
    (
        "another key in JSON",
        "message M { string a = 1; }",
        "message M { string a = 1 [json_name = \"z\"]; }",
        [OK; 3],
    ),
    (
        "one field into a new oneof",
        "message M { string a = 1; string b = 2; }",
        "message M { oneof o { string a = 1; } string b = 2; }",
        [OK; 3],
    ),
    ("an enum value is new", "enum E { E_NONE = 0; }", "enum E { E_NONE = 0; E_ONE = 1; }", [OK, OK, "ok/x"]),
    (
        "an enum value is gone",
        "enum E { E_NONE = 0; E_ONE = 1; }",
        "enum E { E_NONE = 0; }",
        [OK, OK, "x/ok"],
    ),
    (
        "a oneof is gone with its fields",
        "message M { string a = 1; oneof o { string b = 2; string c = 3; } }",
        "message M { string a = 1; }",
        [OK, OK, "x/ok"],
    ),
    (
        "two fields into a new oneof",
        "message M { string a = 1; string b = 2; }",
        "message M { oneof o { string a = 1; string b = 2; } }",
        ["x/ok", "x/ok", OK],
    ),
    (
        "a field into a oneof that is there",
        "message M { string a = 1; oneof o { string b = 2; string c = 3; } }",
        "message M { oneof o { string a = 1; string b = 2; string c = 3; } }",
        ["x/ok", "ok/x", OK],
    ),
    (
        "a field out of a oneof",
        "message M { oneof o { string a = 1; string b = 2; string c = 3; } }",
        "message M { string a = 1; oneof o { string b = 2; string c = 3; } }",
        ["ok/x", "x/ok", OK],
    ),
    (
        "one of a oneof is gone",
        "message M { oneof o { string a = 1; string b = 2; string c = 3; } }",
        "message M { oneof o { string a = 1; string b = 2; } }",
        ["x/ok"; 3],
    ),
    (
        "one of a oneof is new",
        "message M { oneof o { string a = 1; string b = 2; } }",
        "message M { oneof o { string a = 1; string b = 2; string c = 3; } }",
        ["ok/x"; 3],
    ),
    (
        "another package",
        "package one; message M { string a = 1; }",
        "package two; message M { string a = 1; }",
        ["x/x", OK, OK],
    ),
    (
        "a call is gone",
        "message M {} service S { rpc A(M) returns (M); rpc B(M) returns (M); }",
        "message M {} service S { rpc A(M) returns (M); }",
        [OK, OK, "x/ok"],
    ),
    (
        "a call answers with a twin",
        "message M { string a = 1; } message N { string a = 1; } service S { rpc A(M) returns (M); }",
        "message M { string a = 1; } message N { string a = 1; } service S { rpc A(M) returns (N); }",
        [OK, OK, "x/x"],
    ),
    (
        "a reservation is gone",
        "message M { string a = 1; reserved 2; }",
        "message M { string a = 1; }",
        [OK, OK, "x/ok"],
    ),
    (
        "a reserved number is used",
        "message M { string a = 1; reserved 2; }",
        "message M { string a = 1; string b = 2; }",
        [OK, OK, "x/x"],
    ),
    ("another number", "message M { string a = 1; }", "message M { string a = 2; }", [OK, "x/x", "x/x"]),
    (
        "a field of a twin that is new",
        "message M { N a = 1; } message N { string b = 1; }",
        "message M { T a = 1; } message N { string b = 1; } message T { string b = 1; }",
        ["x/x", "ok/x", "x/x"],
    ),
];

fn write(env: &TestEnv, side: &str, text: &str) {
    env.write(&format!("{side}/a.proto"), &whole(text));
}

fn whole(text: &str) -> String {
    let package = if text.starts_with("package") { "" } else { "package a.v1;\n" };
    format!("syntax = \"proto3\";\n{package}{}\n", lines(text))
}

/// Every statement on a line of its own.
pub(crate) fn lines(text: &str) -> String {
    text.replace("; ", ";\n").replace("{ ", "{\n").replace(" }", "\n}\n")
}

/// The edits that were tried, both sides as files.
pub(crate) fn rows() -> impl Iterator<Item = (&'static str, [String; 2], [&'static str; 3])> {
    ROWS.into_iter().map(|(edit, old, new, said)| (edit, [whole(old), whole(new)], said))
}

pub(crate) fn asked(env: &TestEnv, registry: &str, mode: &str, more: &[&str]) -> (Value, i32) {
    let args =
        ["check", "new", "--against", "./old", "--profile", registry, "--mode", mode, "--format", "json"];
    let out = env.run(&[&args[..], more].concat());
    let report: Value = serde_json::from_str(&out.out).unwrap_or_else(|e| panic!("{e}: {out}"));
    (report, out.code)
}

#[test]
fn registries_refuse_what_they_refused_when_asked() {
    let env = TestEnv::new();
    let mut wrong = Vec::new();
    for (edit, old, new, said) in ROWS {
        write(&env, "old", old);
        write(&env, "new", new);
        for (registry, said) in ["confluent", "karapace", "apicurio"].into_iter().zip(said) {
            let (report, _) = asked(&env, registry, "full", &[]);
            let answer = &report["registry"];
            let refused = |direction: &str| {
                let refused = answer["refused"].as_array().unwrap();
                if refused.iter().any(|case| case["direction"] == direction) { "x" } else { "ok" }
            };
            let says = format!("{}/{}", refused("backward"), refused("forward"));
            if says != said
                || answer["takes"] != (said == OK)
                || !answer["untried"].as_array().unwrap().is_empty()
            {
                wrong.push(format!("{edit}: {registry} says {said}, and not {says}: {answer}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn where_registries_and_readers_differ_is_told() {
    let env = TestEnv::new();
    let old = "message M { fixed32 a = 1; string b = 2; } message N { string c = 1; }";
    write(&env, "old", old);
    write(&env, "new", "message M { sfixed32 a = 1; string z = 2; }");
    let run =
        |args: &[&str]| env.run(&[&["check", "new", "--against", "./old", "--deny", "wire"], args].concat());
    insta::assert_snapshot!(run(&["--profile", "confluent"]), @r#"
    error[MESSAGE_NO_DELETE]: message `a.v1.N` was removed
       old  old/a.proto:6:3
       new  new/a.proto
     breaks wire (backward: rejects): what was written as it can no longer be read: nothing declares the
            type any more
     breaks json (backward: rejects): what was written as it can no longer be read: nothing declares the
            type any more
     breaks source.go, source.java, source.python, source.rust (rejects): the generated message is gone
        fix keep message `a.v1.N` with `option deprecated = true;` until nobody uses it
       more protopact rules MESSAGE_NO_DELETE · to accept it: protopact waive 097cb8c29bf0
    error[FIELD_SAME_TYPE]: field 1 (`a`) of `a.v1.M` was `fixed32`, is now `sfixed32`
       old  old/a.proto:4:1
       new  new/a.proto:4:1
     breaks wire (backward: corrupt): negative or very large fixed32 numbers are read as others
     breaks wire (forward: corrupt): negative or very large sfixed32 numbers are read as others
     breaks json (backward: rejects): fixed32 numbers beyond the range of sfixed32 are refused
     breaks json (forward: rejects): sfixed32 numbers beyond the range of fixed32 are refused
     breaks source.go (rejects): the struct field and getter have another type
     breaks source.rust (rejects): the struct field has another type
        fix keep `a` as `fixed32` and add a field of type `sfixed32` with number 3
       more protopact rules FIELD_SAME_TYPE · to accept it: protopact waive d2eb2e303a0f
    warning[FIELD_SAME_NAME]: field 2 of `a.v1.M` was `b`, is now `z`
       old  old/a.proto:5:8
       new  new/a.proto:5:8
    unclear wire (both ways: unknown): the bytes have no names: a rename keeps the meaning, a reuse of
            the number does not, and the schemas cannot tell which it is
     breaks json (backward: rejects): a new parser does not know the key `b` that old writers use
     breaks json (forward: rejects): an old parser does not know the key `z` that new writers use
     breaks source.go (rejects): the struct field and getter are now called `Z`
     breaks source.java (rejects): the accessors are now called getZ, setZ
     breaks source.python (rejects): the attribute is now called `z`
     breaks source.rust (rejects): the struct field is now called `z`
        fix keep the name `b`, or at least its key: `[json_name = "b"]`
       more protopact rules FIELD_SAME_NAME · to accept it: protopact waive 686bf91c7ce7
    Confluent (backward) refuses it
    Confluent refuses (backward): message `a.v1.N` was removed; readers: rejects
    Confluent takes (backward) what readers cannot read (corrupt): field 1 (`a`) of `a.v1.M` was
      `fixed32`, is now `sfixed32`
    2 errors, 1 warning, 0 notes · next version must be major
    to see more: `--witness` for data that proves it, `--report html=report.html` for a page of it
    --- stderr
    note: import root found from the imports of directory `new`: `new`
    --- exit 1
    "#);
    insta::assert_snapshot!(run(&["--profile", "apicurio", "--mode", "forward"]), @r#"
    error[FIELD_SAME_TYPE]: field 1 (`a`) of `a.v1.M` was `fixed32`, is now `sfixed32`
       old  old/a.proto:4:1
       new  new/a.proto:4:1
     breaks wire (backward: corrupt): negative or very large fixed32 numbers are read as others
     breaks wire (forward: corrupt): negative or very large sfixed32 numbers are read as others
     breaks json (backward: rejects): fixed32 numbers beyond the range of sfixed32 are refused
     breaks json (forward: rejects): sfixed32 numbers beyond the range of fixed32 are refused
     breaks source.go (rejects): the struct field and getter have another type
     breaks source.rust (rejects): the struct field has another type
        fix keep `a` as `fixed32` and add a field of type `sfixed32` with number 3
       more protopact rules FIELD_SAME_TYPE · to accept it: protopact waive d2eb2e303a0f
    warning[FIELD_SAME_NAME]: field 2 of `a.v1.M` was `b`, is now `z`
       old  old/a.proto:5:8
       new  new/a.proto:5:8
    unclear wire (both ways: unknown): the bytes have no names: a rename keeps the meaning, a reuse of
            the number does not, and the schemas cannot tell which it is
     breaks json (backward: rejects): a new parser does not know the key `b` that old writers use
     breaks json (forward: rejects): an old parser does not know the key `z` that new writers use
     breaks source.go (rejects): the struct field and getter are now called `Z`
     breaks source.java (rejects): the accessors are now called getZ, setZ
     breaks source.python (rejects): the attribute is now called `z`
     breaks source.rust (rejects): the struct field is now called `z`
        fix keep the name `b`, or at least its key: `[json_name = "b"]`
       more protopact rules FIELD_SAME_NAME · to accept it: protopact waive 686bf91c7ce7
    Apicurio (forward) refuses it
    Apicurio refuses (forward): field 1 (`a`) of `a.v1.M` was `fixed32`, is now `sfixed32`; readers:
      corrupt
    Apicurio refuses (forward): field 2 of `a.v1.M` was `b`, is now `z`; readers: unknown
    1 error, 1 warning, 0 notes · next version must be major
    to see more: `--witness` for data that proves it, `--report html=report.html` for a page of it
    --- stderr
    note: import root found from the imports of directory `new`: `new`
    --- exit 1
    "#);
    // Every format has it.
    for format in ["json", "sarif", "junit", "github", "markdown", "html"] {
        let out = run(&["--profile", "confluent", "--format", format]);
        assert!(out.out.contains("onfluent"), "{format}: {out}");
        let without = run(&["--format", format]);
        assert!(!without.out.contains("onfluent"), "{format}: {without}");
    }
}

#[test]
fn what_a_registry_refuses_fails_and_what_nobody_tried_is_told() {
    let env = TestEnv::new();
    write(&env, "old", "message M { string a = 1; }");
    write(&env, "new", "message M { string z = 1; }");
    let (report, code) = asked(&env, "apicurio", "backward", &["--deny", "wire"]);
    assert_eq!((report["registry"]["takes"].as_bool(), code), (Some(false), 1), "{report}");
    let (report, code) = asked(&env, "confluent", "backward", &["--deny", "wire"]);
    assert_eq!((report["registry"]["takes"].as_bool(), code), (Some(true), 0), "{report}");
    write(&env, "new", "message M { string a = 1 [deprecated = true]; }");
    let (report, code) = asked(&env, "karapace", "full", &["--deny", "wire"]);
    assert_eq!((report["registry"]["untried"].as_array().map(Vec::len), code), (Some(2), 0), "{report}");
}

#[test]
fn a_registry_is_asked_about_every_version() {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\n");
    for (tag, text) in [("v1.0.0", "message M { string a = 1; }"), ("v1.1.0", "message M { string b = 1; }")]
    {
        write(&env, ".", text);
        env.commit(tag);
        env.tag(tag);
    }
    let run =
        env.run(&["check", "--mode", "backward-transitive", "--profile", "apicurio", "--format", "json"]);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(report["registry"]["refused"][0]["breaks"], serde_json::json!(["v1.0.0"]), "{run}");
}
