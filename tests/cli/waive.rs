//! `protopact waive`, `protopact:allow`, and `check --new-since`.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use crate::env::{Output, TestEnv};

const OLD: &str = "syntax = \"proto3\";
package pay.v1;
message Charge {
  string id = 1;
  int32 amount = 2;
  string note = 3;
}
";

const CONFIG: &str = "# ours\n[contract]\nroots = [\"proto\"]\n\n[check]\nagainst = \"latest\"\n";

/// Two breaks since the last version: the type of `amount`, and `note` is gone.
fn broken() -> TestEnv {
    let env = TestEnv::new();
    env.write("protopact.toml", CONFIG);
    env.write("proto/pay/v1/pay.proto", OLD);
    env.commit("first");
    env.tag("v1.4.0");
    write(&env, |text| text.replace("int32 amount", "sint32 amount").replace("  string note = 3;\n", ""));
    env
}

fn write(env: &TestEnv, edit: impl Fn(&str) -> String) {
    env.write("proto/pay/v1/pay.proto", &edit(OLD));
}

/// What was told beside the report, without line breaks.
fn notes(output: &Output) -> String {
    output.err.replace("\n  ", " ")
}

fn report(env: &TestEnv, args: &[&str]) -> (Value, Output) {
    let output = env.run(&[&["check", "--format", "json"], args].concat());
    (serde_json::from_str(&output.out).unwrap_or_else(|e| panic!("{e}: {output}")), output)
}

fn fingerprint(env: &TestEnv, rule: &str) -> String {
    let (report, _) = report(env, &[]);
    let findings = report["findings"].as_array().unwrap().clone();
    let found = findings.iter().find(|f| f["rule"] == rule).unwrap_or_else(|| panic!("{findings:?}"));
    found["fingerprint"].as_str().unwrap().to_owned()
}

/// Every waiver as `status of`.
fn waivers(env: &TestEnv) -> Vec<String> {
    let (report, _) = report(env, &[]);
    let list = report["waivers"].as_array().unwrap().clone();
    let shown = |w: &Value| format!("{} {}", w["status"].as_str().unwrap(), w["of"].as_str().unwrap());
    list.iter().map(shown).collect()
}

#[test]
fn what_is_accepted_is_told_and_counted_and_does_not_fail() {
    let env = broken();
    let (ty, gone) = (fingerprint(&env, "FIELD_SAME_TYPE"), fingerprint(&env, "FIELD_NO_DELETE"));
    let args = ["waive", &ty, "--reason", "never shipped", "--owner", "pay", "--until", "2.0.0"];
    let output = env.run(&args);
    assert_eq!(output.code, 0, "{output}");
    let written = env.read("protopact.toml");
    assert!(written.starts_with(CONFIG), "{written}");
    insta::assert_snapshot!(written[CONFIG.len()..].replace(&ty, "FINGERPRINT"), @r#"
    # FIELD_SAME_TYPE: field 2 (`amount`) of `pay.v1.Charge` was `int32`, is now `sint32`
    [[waiver]]
    finding = "FINGERPRINT"
    reason = "never shipped"
    owner = "pay"
    until = "2.0.0"
    "#);
    let (report_, output) = report(&env, &[]);
    assert_eq!(output.code, 1, "the other one counts");
    let standing = |rule: &str| {
        let findings = report_["findings"].as_array().unwrap();
        findings.iter().find(|f| f["rule"] == rule).unwrap()["standing"].clone()
    };
    assert_eq!(standing("FIELD_SAME_TYPE"), "waived");
    assert_eq!(standing("FIELD_NO_DELETE"), "open");
    assert_eq!((&report_["summary"]["waived"], &report_["summary"]["errors"]), (&1.into(), &1.into()));
    // Eight digits are enough to name it.
    assert_eq!(env.run(&["waive", &gone[..8], "--reason", "nobody reads it"]).code, 0);
    let output = env.run(&["check"]);
    assert_eq!(output.code, 0, "{output}");
    assert!(output.out.contains("waived[FIELD_SAME_TYPE]: field 2"), "{output}");
    assert!(
        output.out.contains(" waived never shipped · pay · until 2.0.0 (protopact.toml:10:11)"),
        "{output}"
    );
    assert!(
        output.out.contains("0 errors, 0 warnings, 0 notes · 2 waived · next version must be major (2.0.0)"),
        "{output}"
    );
    let lines = env.run(&["check", "--format", "buf-json"]);
    assert_eq!((&*lines.out, lines.code), ("", 0));
}

#[test]
fn what_cannot_be_accepted_says_why() {
    let env = broken();
    let ty = fingerprint(&env, "FIELD_SAME_TYPE");
    let says = |args: &[&str], words: &str| {
        let output = env.run(&[&["waive"], args].concat());
        assert_eq!(output.code, 2, "{output}");
        assert!(notes(&output).contains(words), "{output}");
    };
    says(&[&ty], "--reason");
    says(&[&ty, "--reason", " "], "it says no reason");
    says(&["nothex", "--reason", "x"], "is not the fingerprint of a finding");
    says(&["0123456789ab", "--reason", "x"], "no finding has the fingerprint `0123456789ab`");
    says(&["0123456789ab", "--reason", "x"], &format!("`{ty}`"));
    says(&[&ty, "--reason", "x", "--until", "soon"], "neither a day nor a version");
    says(&[&ty, "--reason", "x", "--until", "2001-01-01"], "it ended on 2001-01-01");
    says(&[&ty, "--reason", "x", "--until", "1.4.0"], "1.4.0 is published");
    assert_eq!(env.read("protopact.toml"), CONFIG);
    env.write("protopact.toml", &format!("{CONFIG}[waivers]\nrequire-owner = true\nmax-days = 30\n"));
    says(&[&ty, "--reason", "x"], "it names no owner");
    says(&[&ty, "--reason", "x", "--owner", "pay"], "`max-days` allows 30 days");
    says(&[&ty, "--reason", "x", "--owner", "pay", "--until", "2.0.0"], "`max-days` allows 30 days");
    says(&[&ty, "--reason", "x", "--owner", "pay", "--until", "9999-01-01"], "`max-days` allows 30");
    env.write("protopact.toml", CONFIG);
    assert_eq!(env.run(&["waive", &ty, "--reason", "x"]).code, 0);
    says(&[&ty, "--reason", "x"], "is accepted already, at ");
}

#[test]
fn what_has_no_effect_is_told_and_taken_out() {
    let env = broken();
    let (ty, gone) = (fingerprint(&env, "FIELD_SAME_TYPE"), fingerprint(&env, "FIELD_NO_DELETE"));
    let entry = |finding: &str, more: &str| {
        format!("\n[[waiver]] # {finding}\nfinding = \"{finding}\"\nreason = \"x\"\n{more}")
    };
    let keep = entry(&ty, "until = 2023-12-01\n");
    let text = [
        CONFIG,
        &entry("0123456789ab", ""),
        &keep,
        &entry(&gone, "until = \"1.4.0\"\n"),
        &entry(&ty[..8], ""),
    ]
    .concat();
    env.write("protopact.toml", &text);
    assert_eq!(
        waivers(&env),
        [
            "unused 0123456789ab".to_owned(),
            format!("used {ty}"),
            format!("expired {gone}"),
            format!("doubled {}", &ty[..8])
        ]
    );
    let output = env.run(&["check"]);
    assert!(notes(&output).contains("note: the waiver for `0123456789ab` ("), "{output}");
    assert!(notes(&output).contains("has no effect: there is nothing that it accepts"), "{output}");
    assert!(
        notes(&output).contains("has no effect: it ended with 1.4.0, and 1.4.0 is published"),
        "{output}"
    );
    let listed = env.run(&["waive", "--list"]);
    assert!(listed.out.contains(&format!("used      {ty} · until 2023-12-01 · x")), "{listed}");
    assert!(listed.out.contains("4 waivers, 1 with an effect"), "{listed}");
    // A month later its day has come. The clock of the tests stands at 2023-11-14.
    let late = env.run_with(&["check"], |io| io.now = UNIX_EPOCH + Duration::from_secs(1_702_000_000));
    assert!(notes(&late).contains("has no effect: it ended on 2023-12-01"), "{late}");
    let pruned = env.run(&["waive", "--prune"]);
    assert_eq!(pruned.out.lines().filter(|line| line.starts_with("took out ")).count(), 3, "{pruned}");
    assert_eq!(env.read("protopact.toml"), [CONFIG, &keep].concat());
    assert_eq!(env.run(&["waive", "--prune"]).out, "nothing to take out\n");
}

#[test]
fn what_the_baseline_has_is_published() {
    let env = broken();
    let gone = fingerprint(&env, "FIELD_NO_DELETE");
    assert_eq!(env.run(&["waive", &gone, "--reason", "x"]).code, 0);
    assert_eq!(waivers(&env), [format!("used {gone}")]);
    env.commit("second");
    env.tag("v2.0.0");
    assert_eq!(waivers(&env), [format!("published {gone}")]);
    let output = env.run(&["waive", "--prune"]);
    assert!(output.out.contains("the baseline has what it accepts"), "{output}");
    assert_eq!(env.read("protopact.toml"), CONFIG);
}

#[test]
fn a_comment_at_the_declaration_accepts_as_well() {
    let env = broken();
    let with = |message: &str, field: &str| {
        write(&env, |text| {
            text.replace("message Charge {", &format!("{message}\nmessage Charge {{"))
                .replace("int32 amount = 2;", &format!("sint32 amount = 2; {field}"))
                .replace("  string note = 3;\n", "")
        });
        env.run(&["check"])
    };
    let both = with(
        "// A charge.\n// protopact:allow FIELD_NO_DELETE nobody reads it",
        "// protopact:allow FIELD_SAME_TYPE owner=pay never shipped",
    );
    assert_eq!(both.code, 0, "{both}");
    assert!(both.out.contains(" waived never shipped · pay (proto/pay/v1/pay.proto:7)"), "{both}");
    // Of another rule, at another place, without a reason, of no rule, past its end.
    for (message, field, words) in [
        (
            "// protopact:allow FIELD_SAME_NAME x",
            "",
            "`protopact:allow FIELD_SAME_NAME` (proto/pay/v1/pay.proto:4) has no effect: there is nothing",
        ),
        ("// protopact:allow FIELD_SAME_TYPE x", "", "has no effect: there is nothing that it accepts"),
        ("", "// protopact:allow FIELD_SAME_TYPE", "has no effect: it says no reason"),
        ("", "// protopact:allow FIELD_SAME_TIPE x", "there is no rule `FIELD_SAME_TIPE`"),
        ("", "// protopact:allow FIELD_SAME_TYPE until=1.0.0 x", "has no effect: it ended with 1.0.0"),
    ] {
        let output = with(message, field);
        assert_eq!(output.code, 1, "{output}");
        assert!(notes(&output).contains(words), "{words}: {output}");
        assert!(output.out.contains("error[FIELD_SAME_TYPE]"), "{output}");
    }
}

#[test]
fn only_what_is_new_fails_where_that_is_asked() {
    let env = broken();
    // The type was changed on main since the last version; the field is removed on this branch.
    write(&env, |text| text.replace("int32 amount", "sint32 amount"));
    env.commit("second");
    write(&env, |text| text.replace("int32 amount", "sint32 amount").replace("  string note = 3;\n", ""));
    let (both, output) = report(&env, &["--new-since", "main"]);
    assert_eq!(output.code, 1);
    let standings: Vec<&str> =
        both["findings"].as_array().unwrap().iter().map(|f| f["standing"].as_str().unwrap()).collect();
    assert_eq!(standings.iter().filter(|s| **s == "known").count(), 1, "{both}");
    assert_eq!(standings.iter().filter(|s| **s == "open").count(), 1, "{both}");
    write(&env, |text| text.replace("int32 amount", "sint32 amount"));
    let output = env.run(&["check", "--new-since", "merge-base:main"]);
    assert_eq!(output.code, 0, "{output}");
    assert!(output.out.contains("known[FIELD_SAME_TYPE]"), "{output}");
    assert!(output.out.contains("· 1 known · next version must be major (2.0.0)"), "{output}");
    assert_eq!(env.run(&["check"]).code, 1);
    assert_eq!(env.run(&["check", "--new-since", "nosuch"]).code, 2);
}
