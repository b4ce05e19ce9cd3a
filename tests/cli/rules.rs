//! `protopact rules`.

use crate::env::TestEnv;

#[test]
fn every_rule_is_a_line() {
    let env = TestEnv::new();
    let wide = env.run_with(&["rules"], |io| io.width = None);
    let rules = protopact::rules::RULES;
    assert_eq!(wide.out.lines().count(), rules.len() + 1);
    for (line, rule) in wide.out.lines().skip(1).zip(rules) {
        assert!(line.starts_with(&format!("{} ", rule.id)), "{line}");
    }
    let wire = env.run_with(&["rules", "--category", "wire"], |io| io.width = None);
    let listed = |id: &str| wire.out.lines().any(|line| line.starts_with(&format!("{id} ")));
    assert!(listed("FIELD_WIRE_COMPATIBLE_TYPE"), "{wire}");
    assert!(!listed("ENUM_NO_DELETE"), "{wire}");
}

#[test]
fn explains_a_rule() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run(&["rules", "field_same_type"]), @r#"
    FIELD_SAME_TYPE  error · major · FILE,PACKAGE,CSR
      flags A field with another type, or with another encoding of its message.
     breaks Generated accessors have another type. What happens to data depends on the pair: the wire
            and JSON lenses say which values are lost, changed or refused.
        fix Add a field with the new type and a new number, write both for a while, and deprecate the
            old one.

     before
            syntax = "proto3";

            package pay.v1;

            message Charge {
              int32 amount = 1;
            }

      after
            syntax = "proto3";

            package pay.v1;

            message Charge {
              string amount = 1;
            }
    --- exit 0
    "#);
}

#[test]
fn as_json() {
    let env = TestEnv::new();
    let one: serde_json::Value =
        serde_json::from_str(&env.run(&["rules", "RPC_NO_DELETE", "--format", "json"]).out).unwrap();
    assert_eq!(one["schema_version"], 1);
    assert_eq!(one["rules"].as_array().unwrap().len(), 1);
    let rule = &one["rules"][0];
    assert_eq!(rule["id"], "RPC_NO_DELETE");
    assert_eq!(rule["categories"], serde_json::json!(["FILE", "PACKAGE"]));
    for key in ["level", "bump", "since", "flags", "breaks", "fix", "before", "after"] {
        assert!(rule[key].as_str().is_some_and(|s| !s.is_empty()), "{key}");
    }
    let all: serde_json::Value = serde_json::from_str(&env.run(&["rules", "--format", "json"]).out).unwrap();
    assert_eq!(all["rules"].as_array().unwrap().len(), protopact::rules::RULES.len());
}

#[test]
fn unknown_and_retired_names() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run(&["rules", "FIELD_SAME_TYP"]), @"
    --- stderr
    error: there is no rule `FIELD_SAME_TYP`
    hint: did you mean `FIELD_SAME_TYPE`?
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["rules", "qqqqqqqqqqqqqqqqqqqqqq"]), @"
    --- stderr
    error: there is no rule `qqqqqqqqqqqqqqqqqqqqqq`
    hint: list them with `protopact rules`
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["rules", "FIELD_SAME_CTYPE"]), @"
    --- stderr
    error: rule `FIELD_SAME_CTYPE` is no longer in use
    hint: name `FIELD_SAME_CPP_STRING_TYPE` instead
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["rules", "--category", "WIRES"]), @"
    --- stderr
    error: there is no category `WIRES`
    hint: did you mean `WIRE`?
    --- exit 2
    ");
}

#[test]
fn a_category_is_no_rule_and_says_how_it_is_listed() {
    let env = TestEnv::new();
    let output = env.run(&["rules", "FILE"]);
    assert_eq!(output.code, 2);
    assert!(
        output.err.contains("hint: list the category with `protopact rules --category FILE`"),
        "{output}"
    );
}

#[test]
fn where_a_table_would_wrap_what_a_rule_flags_goes_below_it() {
    let env = TestEnv::new();
    let narrow = env.run_with(&["rules", "--category", "WIRE"], |io| io.width = Some(80));
    let (head, flags) =
        ("FIELD_SAME_DEFAULT  error · FILE,PACKAGE,WIRE_JSON,WIRE,CSR\n", "    A field whose value");
    assert!(narrow.out.contains(&format!("{head}{flags}")), "{narrow}");
}
