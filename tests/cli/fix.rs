//! `protopact fix`.

use std::process::Command;

use serde_json::Value;

use crate::env::TestEnv;

const OLD: &str = "syntax = \"proto3\";
package pay.v1;
message Charge {
  string id = 1;
  // In cents.
  int32 amount = 2;
  string note = 3;
}
";

/// Two breaks since the last version: the type of `amount`, and `note` is gone.
fn broken() -> TestEnv {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n\n[check]\nagainst = \"latest\"\n");
    env.write("proto/pay/v1/pay.proto", OLD);
    env.commit("first");
    env.tag("v1.4.0");
    env.write(
        "proto/pay/v1/pay.proto",
        &OLD.replace("int32 amount", "sint32 amount").replace("  string note = 3;\n", ""),
    );
    env
}

fn text(env: &TestEnv) -> String {
    env.read("proto/pay/v1/pay.proto")
}

fn fingerprint(env: &TestEnv, rule: &str) -> String {
    let output = env.run(&["check", "--format", "json"]);
    let report: Value = serde_json::from_str(&output.out).unwrap_or_else(|e| panic!("{e}: {output}"));
    let findings = report["findings"].as_array().unwrap().clone();
    let found = findings.iter().find(|f| f["rule"] == rule).unwrap_or_else(|| panic!("{findings:?}"));
    found["fingerprint"].as_str().unwrap().to_owned()
}

#[test]
fn everything_is_repaired_and_twice_is_once() {
    let env = broken();
    let output = env.run(&["fix"]);
    assert_eq!(output.code, 0, "{output}");
    assert!(output.out.contains("2 findings repaired · wrote 1 file"), "{output}");
    let restored = OLD.replace("string note = 3;", "string note = 3 [deprecated = true];");
    assert_eq!(text(&env), restored);
    assert_eq!(env.run(&["check"]).code, 0);
    let again = env.run(&["fix"]);
    assert_eq!((again.code, &*again.out), (0, "nothing to repair\n"));
    assert_eq!(text(&env), restored);
}

#[test]
fn one_finding_by_its_fingerprint() {
    let env = broken();
    let print = fingerprint(&env, "FIELD_SAME_TYPE");
    let output = env.run(&["fix", &print[..8]]);
    assert_eq!(output.code, 1, "the other one is left: {output}");
    assert_eq!(text(&env), OLD.replace("  string note = 3;\n", ""));
    let output = env.run(&["fix", "0123456789ab"]);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.err.contains("no finding has the fingerprint `0123456789ab`"), "{output}");
    let output = env.run(&["fix", "everything"]);
    assert_eq!(output.code, 2, "{output}");
}

#[test]
fn a_patch_is_what_git_applies_and_writes_nothing() {
    let env = broken();
    let before = text(&env);
    let output = env.run(&["fix", "--diff"]);
    assert_eq!(output.code, 0, "{output}");
    assert_eq!(text(&env), before);
    env.write("fix.patch", &output.out);
    #[allow(clippy::disallowed_methods, reason = "the oracle is an outside program")]
    let applied = Command::new("git").args(["apply", "fix.patch"]).current_dir(env.work()).output().unwrap();
    assert!(applied.status.success(), "{}\n{output}", String::from_utf8_lossy(&applied.stderr));
    let patched = text(&env);
    env.write("proto/pay/v1/pay.proto", &before);
    assert_eq!(env.run(&["fix"]).code, 0);
    assert_eq!(text(&env), patched);
}

#[test]
fn a_file_that_is_gone_comes_back() {
    let env = broken();
    env.write("proto/pay/v1/other.proto", "syntax = \"proto3\";\npackage pay.v1;\nmessage Other {}\n");
    env.remove("proto/pay/v1/pay.proto");
    let output = env.run(&["fix", "--deny", "source"]);
    assert_eq!(output.code, 0, "{output}");
    let patched = OLD.replace("package pay.v1;\n", "package pay.v1;\noption deprecated = true;\n");
    assert_eq!(text(&env), patched);
    env.remove("proto/pay/v1/pay.proto");
    let output = env.run(&["fix", "--deny", "source", "--diff"]);
    env.write("fix.patch", &output.out);
    #[allow(clippy::disallowed_methods, reason = "the oracle is an outside program")]
    let applied = Command::new("git").args(["apply", "fix.patch"]).current_dir(env.work()).output().unwrap();
    assert!(applied.status.success(), "{}\n{output}", String::from_utf8_lossy(&applied.stderr));
    assert_eq!(text(&env), patched);
}

#[test]
fn waived_findings_are_left_alone_unless_they_are_named() {
    let env = broken();
    let print = fingerprint(&env, "FIELD_SAME_TYPE");
    assert_eq!(env.run(&["waive", &print, "--reason", "never shipped"]).code, 0);
    let output = env.run(&["fix"]);
    assert_eq!(output.code, 0, "{output}");
    assert!(
        text(&env).contains("sint32 amount = 2;") && text(&env).contains("string note = 3"),
        "{}",
        text(&env)
    );
    let output = env.run(&["fix", &print]);
    assert_eq!(output.code, 0, "{output}");
    assert!(text(&env).contains("  int32 amount = 2;"), "{}", text(&env));
}

#[test]
fn what_no_edit_repairs_is_told_with_the_reason() {
    let env = broken();
    env.write(
        "proto/pay/v1/pay.proto",
        &OLD.replace("package pay.v1;", "package pay.v1;\nenum E { option allow_alias = true; Z = 0; }"),
    );
    env.write("a.proto", "");
    let output = env.run(&["fix", "--against", "latest", "--use", "ENUM_NO_ADD"]);
    assert_eq!(output.code, 3, "an alias that nothing uses: {output}");
    env.write(
        "proto/pay/v1/pay.proto",
        &OLD.replace("package pay.v1;", "package pay.v1;\nenum E { Z = 0; }"),
    );
    let output = env.run(&["fix", "--use", "ENUM_NO_ADD"]);
    assert_eq!(output.code, 1, "{output}");
    assert!(output.out.contains("not repaired") && output.out.contains("yours to decide"), "{output}");
}

#[test]
fn a_compiled_side_cannot_be_edited_and_an_old_one_is_copied_from() {
    let env = broken();
    let changed = text(&env);
    env.write("proto/pay/v1/pay.proto", OLD);
    assert_eq!(env.run(&["build", "-o", "old.binpb"]).code, 0);
    env.write("proto/pay/v1/pay.proto", &changed);
    let output = env.run(&["fix", "--against", "old.binpb"]);
    assert_eq!(output.code, 0, "{output}");
    assert!(text(&env).contains("  string note = 3 [deprecated = true];\n"), "{}", text(&env));
}

#[test]
fn a_new_number_is_one_that_no_version_ever_used() {
    let env = TestEnv::new();
    env.write("protopact.toml", "[check]\nagainst = \"latest\"\n");
    let with = |fields: &str| {
        format!("syntax = \"proto3\";\npackage a.v1;\nmessage M {{\n  string id = 1;\n{fields}}}\n")
    };
    for (tag, fields) in [("v1.0.0", "  string old = 2;\n  string far = 9;\n"), ("v1.1.0", "  reserved 3;\n")]
    {
        env.write("a.proto", &with(fields));
        env.commit(tag);
        env.tag(tag);
    }
    env.write("a.proto", &with("  reserved 3;\n  int32 fresh = 2;\n"));
    let output = env.run(&["fix"]);
    assert_eq!(output.code, 0, "{output}");
    assert_eq!(
        env.read("a.proto"),
        with("  reserved 3;\n  reserved 2;\n  reserved \"old\";\n  int32 fresh = 10;\n")
    );
}

/// A text with edits made, which are given in the order of their places: lines and columns from one, in characters.
fn edited(text: &str, edits: &[([u64; 4], String)]) -> String {
    let mut out = text.to_owned();
    let offset = |line: u64, column: u64| -> usize {
        let before: usize = text.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
        let chars = text[before..].char_indices().map(|(at, _)| at).chain([text.len() - before]);
        before + chars.into_iter().nth(column as usize - 1).unwrap()
    };
    for ([line, column, end_line, end_column], with) in edits.iter().rev() {
        out.replace_range(offset(*line, *column)..offset(*end_line, *end_column), with);
    }
    out
}

#[test]
fn reports_carry_the_edits_that_fix_makes() {
    let env = broken();
    // Columns are characters, whatever stands in front.
    let before = text(&env).replace("  sint32 amount", "  /* ü\t→ */ sint32 amount");
    for rule in ["FIELD_SAME_TYPE", "FIELD_NO_DELETE"] {
        env.write("proto/pay/v1/pay.proto", &before);
        let print = fingerprint(&env, rule);
        let report: Value = serde_json::from_str(&env.run(&["check", "--format", "json"]).out).unwrap();
        let finding = report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == rule).unwrap();
        let keys = |of: &Value, keys: [&str; 4]| keys.map(|key| of[key].as_u64().unwrap());
        let places = ["start_line", "start_column", "end_line", "end_column"];
        let edit = |e: &Value| (keys(e, places), e["text"].as_str().unwrap().to_owned());
        let json: Vec<_> = finding["edits"].as_array().unwrap().iter().map(edit).collect();

        let sarif: Value = serde_json::from_str(&env.run(&["check", "--format", "sarif"]).out).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap();
        let result = results.iter().find(|r| r["ruleId"] == rule).unwrap();
        let change = &result["fixes"][0]["artifactChanges"][0];
        assert_eq!(change["artifactLocation"]["uri"], "proto/pay/v1/pay.proto");
        let places = ["startLine", "startColumn", "endLine", "endColumn"];
        let edit = |r: &Value| {
            (keys(&r["deletedRegion"], places), r["insertedContent"]["text"].as_str().unwrap().to_owned())
        };
        let fixes: Vec<_> = change["replacements"].as_array().unwrap().iter().map(edit).collect();
        assert_eq!(fixes, json, "{rule}");

        let page = env.run(&["check", "--format", "html"]).out.replace("&#x2f;", "/");
        assert!(page.contains("as a patch") && page.contains("+++ b/proto/pay/v1/pay.proto"), "{rule}");

        assert_ne!(env.run(&["fix", &print]).code, 2);
        assert_eq!(edited(&before, &json), text(&env), "{rule}");
    }
}
