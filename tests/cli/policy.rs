//! What counts as a break: what is left alone is no finding, and does not make the next version a major one.

use serde_json::Value;

use crate::env::TestEnv;

const STABLE: &str = "syntax = \"proto3\";
package pay.v1;
message Charge { string id = 1; int32 amount = 2; string note = 3; }
";
const UNSTABLE: &str = "syntax = \"proto3\";
package pay.v1alpha1;
message Draft { string id = 1; int32 amount = 2; }
";

/// A stable package that lost a field, and an unstable one of which a field has another type.
fn broken() -> TestEnv {
    let env = TestEnv::new();
    configure(&env, "");
    env.write("proto/pay/v1/pay.proto", STABLE);
    env.write("proto/pay/v1alpha1/draft.proto", UNSTABLE);
    env.commit("first");
    env.tag("v1.4.0");
    env.write("proto/pay/v1/pay.proto", &STABLE.replace(" string note = 3;", ""));
    env.write("proto/pay/v1alpha1/draft.proto", &UNSTABLE.replace("int32", "sint32"));
    env
}

fn configure(env: &TestEnv, more: &str) {
    env.write("protopact.toml", &format!("[contract]\nroots = [\"proto\"]\n{more}"));
}

/// The rules of the findings, the next version and the exit code.
fn checked(env: &TestEnv, args: &[&str]) -> (String, String, i32) {
    let output = env.run(&[&["check", "--against", "latest", "--format", "json", "-q"], args].concat());
    let report: Value = serde_json::from_str(&output.out).unwrap_or_else(|e| panic!("{e}: {output}"));
    let findings = report["findings"].as_array().unwrap();
    let rules: Vec<&str> = findings.iter().map(|f| f["rule"].as_str().unwrap()).collect();
    let next = report["summary"]["next_version"].as_str().unwrap_or_default().to_owned();
    (rules.join(" "), next, output.code)
}

#[track_caller]
fn is(env: &TestEnv, args: &[&str], rules: &str, next: &str, code: i32) {
    assert_eq!(checked(env, args), (rules.to_owned(), next.to_owned(), code), "{args:?}");
}

const BOTH: &str = "FIELD_NO_DELETE FIELD_SAME_TYPE";

#[test]
fn an_ignored_file_does_not_count() {
    let env = broken();
    is(&env, &[], BOTH, "2.0.0", 1);
    is(&env, &["--ignore", "proto/pay/v1alpha1"], "FIELD_NO_DELETE", "2.0.0", 1);
    is(&env, &["--ignore", "**/pay.proto"], "FIELD_SAME_TYPE", "2.0.0", 1);
    is(&env, &["--ignore", "proto/pay"], "", "1.4.1", 0);
    is(&env, &["--use", "FILE"], BOTH, "2.0.0", 1);
    is(&env, &["--use", "FILE", "--ignore", "proto/pay"], "", "1.4.1", 0);
    configure(&env, "[check]\nignore = [\"proto/pay\"]\n");
    is(&env, &[], "", "1.4.1", 0);
}

#[test]
fn an_addition_to_an_ignored_file_is_still_an_addition() {
    let env = broken();
    env.write("proto/pay/v1/pay.proto", &STABLE.replace("string note = 3;", "string other = 4;"));
    is(&env, &["--ignore", "proto/pay"], "", "1.5.0", 0);
}

#[test]
fn a_rule_that_is_ignored_in_a_file_does_not_count() {
    let env = broken();
    for mind in ["deny = [\"wire\", \"json\"]", "use = [\"FILE\"]"] {
        let only = |more: &str| configure(&env, &format!("[check]\n{mind}\n[check.ignore-only]\n{more}\n"));
        only("FIELD_NO_DELETE = [\"proto/pay/v1\"]");
        is(&env, &[], "FIELD_SAME_TYPE", "2.0.0", 1);
        only("FIELD_NO_DELETE = [\"proto/pay/v1alpha1\"]");
        is(&env, &[], BOTH, "2.0.0", 1);
        only("FIELD_NO_DELETE = [\"proto\"]\nFIELD_SAME_TYPE = [\"**/draft.proto\"]");
        is(&env, &[], "", "1.4.1", 0);
        only("FILE = [\"proto\"]");
        is(&env, &[], "", "1.4.1", 0);
    }
    configure(&env, "[check]\n[check.ignore-only]\nFIELD_NO_DELET = [\"proto\"]\n");
    let unknown = env.run(&["check", "--against", "latest"]);
    assert_eq!(unknown.code, 2, "{unknown}");
    assert!(
        unknown.err.contains("protopact.toml:5:1: there is no rule or category `FIELD_NO_DELET`"),
        "{unknown}"
    );
    assert!(unknown.err.contains("did you mean `FIELD_NO_DELETE`?"), "{unknown}");
}

/// A renamed field has another JSON key as well: one edit, two changes, and rules for both.
#[test]
fn what_belongs_to_an_ignored_change_does_not_count_either() {
    let env = broken();
    env.write("proto/pay/v1/pay.proto", &STABLE.replace("note", "remark"));
    env.write("proto/pay/v1alpha1/draft.proto", UNSTABLE);
    configure(&env, "[check]\ndeny = [\"json\"]\n");
    is(&env, &[], "FIELD_SAME_NAME", "2.0.0", 1);
    configure(
        &env,
        "[check]\ndeny = [\"json\"]\n[check.ignore-only]\nFIELD_SAME_NAME = [\"proto/pay/v1\"]\n",
    );
    is(&env, &[], "", "1.4.1", 0);
}

#[test]
fn unstable_packages_do_not_count_when_asked() {
    let env = broken();
    for mind in [&["--deny", "wire,json"][..], &["--use", "FILE"]] {
        let asked = [mind, &["--ignore-unstable-packages"]].concat();
        is(&env, mind, BOTH, "2.0.0", 1);
        is(&env, &asked, "FIELD_NO_DELETE", "2.0.0", 1);
        is(&env, &[&asked[..], &["--ignore", "proto/pay/v1"]].concat(), "", "1.4.1", 0);
    }
    configure(&env, "[check]\nignore-unstable-packages = true\n");
    is(&env, &[], "FIELD_NO_DELETE", "2.0.0", 1);
    env.write("proto/pay/v1/pay.proto", STABLE);
    is(&env, &[], "", "1.4.1", 0);
}

#[test]
fn a_package_may_have_a_policy_of_its_own() {
    let env = broken();
    configure(&env, "[policy.\"pay.v1alpha*\"]\ndeny = []\n");
    is(&env, &[], "FIELD_NO_DELETE", "2.0.0", 1);
    configure(&env, "[policy.\"**\"]\ndeny = []\n");
    is(&env, &[], "", "1.4.1", 0);
    configure(&env, "[policy.\"pay.v1\"]\nuse = [\"FIELD_SAME_TYPE\"]\n");
    is(&env, &[], "FIELD_SAME_TYPE", "2.0.0", 1);
    configure(&env, "[policy.\"pay.v1alpha*\"]\ndeny = [\"json\"]\n");
    is(&env, &[], "FIELD_NO_DELETE", "2.0.0", 1);
    configure(&env, "[policy.\"shop.**\"]\ndeny = []\n");
    is(&env, &[], BOTH, "2.0.0", 1);
}

/// Of what is renamed, bytes alone do not tell whether it is another thing: a warning.
#[test]
fn the_failing_level_decides_the_code() {
    let env = broken();
    env.write("proto/pay/v1/pay.proto", &STABLE.replace("note", "remark"));
    env.write("proto/pay/v1alpha1/draft.proto", UNSTABLE);
    let run = |level: &str| env.run(&["check", "--against", "latest", "--deny", "wire", "--fail-on", level]);
    let warned = run("warn");
    assert_eq!(warned.code, 1, "{warned}");
    assert!(warned.out.contains("warning[FIELD_SAME_NAME]: "), "{warned}");
    assert!(
        warned.out.contains("0 errors, 1 warning, 0 notes · next version must be major (2.0.0)"),
        "{warned}"
    );
    assert_eq!((run("note").code, run("error").code), (1, 0));
    assert_eq!((&run("note").out, &run("error").out), (&run("warn").out, &run("warn").out));
    configure(&env, "[check]\ndeny = [\"wire\"]\nfail-on = \"warn\"\n");
    assert_eq!(env.run(&["check", "--against", "latest"]).code, 1);
    // An error fails at every level; a clean run at none.
    env.write("proto/pay/v1/pay.proto", &STABLE.replace("int32", "sint32"));
    assert_eq!(["error", "warn", "note"].map(|level| run(level).code), [1; 3]);
    env.write("proto/pay/v1/pay.proto", STABLE);
    assert_eq!(["error", "warn", "note"].map(|level| run(level).code), [0; 3]);
    assert_eq!(run("fatal").code, 2);
}

#[test]
fn configuration_may_be_text_in_every_form() {
    let env = broken();
    for text in [
        "check.ignore = [\"proto/pay/v1alpha1\"]",
        "# only here\n[check]\nignore = [\"proto/pay/v1alpha1\"]\n",
        "[check]\r\nignore-unstable-packages = true\r\n",
        "version: v2\nbreaking:\n  use: [FILE]\n  ignore: [proto/pay/v1alpha1]\nmodules:\n  - path: proto\n",
        "{\"version\":\"v2\",\"modules\":[{\"path\":\"proto\"}],\"breaking\":{\"ignore_unstable_packages\":true}}",
    ] {
        is(&env, &["--config", text], "FIELD_NO_DELETE", "2.0.0", 1);
    }
    insta::assert_snapshot!(env.run(&["check", "--against", "latest", "--config", "[check]\nignor = []"]), @"
    --- stderr
    error: --config:2:1: unknown key `ignor`
    hint: did you mean `ignore`?
    --- exit 2
    ");
    // A file wins that has such a name.
    env.write("a=b", "[check]\nignore = [\"proto\"]\n");
    let output = env.run(&["check", "--against", "latest", "--config", "a=b"]);
    assert!(output.err.contains("a=b"), "{output}");
}
