//! `protopact diff`.

use crate::env::TestEnv;

fn changed() -> TestEnv {
    let env = TestEnv::new();
    let old = "syntax = \"proto3\";\npackage a.v1;\n\nmessage A {\n  int32 a = 1;\n  string b = 2;\n}\n";
    env.write("old/a.proto", old);
    env.write("old/same.proto", "syntax = \"proto3\";\n");
    env.write("old/gone.proto", "syntax = \"proto3\";\npackage a.v1;\n");
    let new = old.replace("  string b = 2;\n", "  string c = 3;\n").replace("int32", "string");
    env.write("new/a.proto", &new);
    env.write("new/same.proto", "syntax = \"proto3\";\n");
    env.write("new/more.proto", "syntax = \"proto3\";\npackage a.v1;\n");
    env
}

#[test]
fn every_change_under_its_element() {
    insta::assert_snapshot!(changed().run(&["diff", "old", "new", "-q"]), @"
    field a.v1.A.a  new/a.proto:5:3
      ~ field 1 (`a`) of `a.v1.A` was `int32`, is now `string` [wire rejects, json rejects, source
        rejects]
    field a.v1.A.b  new/a.proto:4:1
      - field 2 (`b`) of `a.v1.A` was removed [wire backward lossy, json backward rejects, source
        rejects]
    field a.v1.A.c  new/a.proto:6:3
      + field 3 (`c`) of `a.v1.A` was added [json forward rejects, source unknown]
    file gone.proto  old/gone.proto
      - file `gone.proto` was removed [source rejects]
    file more.proto  new/more.proto
      + file `more.proto` was added
    5 changes: 2 added, 2 removed, 1 changed · 1 without effect · next version must be major, for
      source.python
    --- exit 0
    ");
}

#[test]
fn nothing_changed() {
    insta::assert_snapshot!(changed().run(&["diff", "old", "old", "-q"]), @"
    no changes
    --- exit 0
    ");
}

#[test]
fn the_lines_that_changed() {
    let env = changed();
    insta::assert_snapshot!(env.run(&["diff", "old", "new", "--text"]), @r#"
    --- a/old/a.proto
    +++ b/new/a.proto
    @@ -2,6 +2,6 @@
     package a.v1;
     
     message A {
    -  int32 a = 1;
    -  string b = 2;
    +  string a = 1;
    +  string c = 3;
     }
    --- a/old/gone.proto
    +++ /dev/null
    @@ -1,2 +0,0 @@
    -syntax = "proto3";
    -package a.v1;
    --- /dev/null
    +++ b/new/more.proto
    @@ -0,0 +1,2 @@
    +syntax = "proto3";
    +package a.v1;
    --- exit 0
    "#);
    // On a terminal nothing in a file may act.
    env.write("new/more.proto", "// \u{1b}[2J\n");
    let shown =
        env.run_with(&["diff", "old", "new", "--text", "--color=never"], |io| io.out_is_terminal = true);
    assert!(shown.out.contains("+// \\u{1b}[2J\n"), "{shown}");
    let piped = env.run(&["diff", "old", "new", "--text"]);
    assert!(piped.out.contains("+// \u{1b}[2J\n"), "{piped}");
}

#[test]
fn json_holds_changes_and_no_findings() {
    let output = changed().run(&["diff", "old", "new", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!((output.code, &report["findings"]), (0, &serde_json::json!([])));
    assert!(!report["changes"].as_array().unwrap().is_empty());
}

/// Every edition that a file can have is told by its year, never by the number that stands for it in descriptors.
#[test]
fn editions_are_told_by_their_years() {
    let env = TestEnv::new();
    let heads = ["syntax = \"proto2\";", "edition = \"2023\";", "edition = \"2024\";", "edition = \"2026\";"];
    for (side, heads) in [("old", &heads[..3]), ("new", &heads[1..])] {
        for (i, head) in heads.iter().enumerate() {
            env.write(&format!("{side}/f{i}.proto"), &format!("{head}\npackage a.v1;\n"));
        }
    }
    insta::assert_snapshot!(env.run(&["diff", "old", "new", "-q"]), @"
    file f0.proto  new/f0.proto:1:1
      ~ file `f0.proto` was `proto2`, is now `edition 2023`
    file f1.proto  new/f1.proto:1:1
      ~ file `f1.proto` was `edition 2023`, is now `edition 2024` [source rejects]
    file f2.proto  new/f2.proto:1:1
      ~ file `f2.proto` was `edition 2024`, is now `edition 2026`
    3 changes: 0 added, 0 removed, 3 changed · 2 without effect · next version must be major, for
      source.java
    --- exit 0
    ");
}
