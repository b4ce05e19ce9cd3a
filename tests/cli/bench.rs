//! What messages cost, as far as it is known without any language: sizes, advice, and what is refused.

use serde_json::Value;

use crate::env::{Output, TestEnv};

const PROTO: &str = "syntax = \"proto2\";
package t.v1;
service S { rpc Get(Ask) returns (Ask); }
message Ask {
  repeated int32 numbers = 1;
  repeated int32 packed = 2 [packed = true];
  optional string content_sha256 = 3;
  map<string, Item> items = 4;
  optional int64 delta = 5;
  map<int32, string> places = 6;
  optional string note = 16;
}
message Item { optional string id = 1; optional bytes raw = 2; }
";

fn lab() -> TestEnv {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nname = \"t\"\nroots = [\"proto\"]\n");
    env.write("proto/t/v1/t.proto", PROTO);
    env
}

/// With a path that has no programs on it.
fn run(env: &TestEnv, args: &[&str]) -> Output {
    env.run_with(&[&["bench"], args].concat(), |io| {
        io.env.insert("PATH".into(), "/nowhere".into());
        io.env.insert("HOME".into(), io.cwd.join("home").into());
    })
}

fn json(env: &TestEnv, args: &[&str]) -> Value {
    let output = run(env, &[&["--format", "json"], args].concat());
    assert_eq!(output.code, 0, "{output}");
    serde_json::from_str(&output.out).unwrap()
}

/// The advice of a kind: the field, and how many bytes are at stake.
fn advice(costs: &Value, code: &str) -> Vec<(String, u64)> {
    let all = costs["advice"].as_array().unwrap().iter().filter(|a| a["code"] == code);
    all.map(|a| (a["symbol"].as_str().unwrap().to_owned(), a["saves"].as_u64().unwrap())).collect()
}

#[test]
fn sizes_are_known_without_any_language() {
    let env = lab();
    env.write("ask.json", r#"{"numbers": [1, 2, 3], "packed": [1, 2, 3], "note": "aaaa"}"#);
    let costs = json(&env, &["--data", "t.v1.Ask=ask.json"]);
    let message = &costs["messages"][0];
    // Three tags and numbers; a tag, a length and numbers; two bytes of tag, a length and a text.
    assert_eq!(message["bytes"]["worktree"]["wire"], 6 + 5 + 7, "{costs:#}");
    assert_eq!(
        message["bytes"]["worktree"]["json"],
        r#"{"numbers":[1,2,3],"packed":[1,2,3],"note":"aaaa"}"#.len()
    );
    assert!(message["bytes"]["worktree"]["wire_gzip"].as_u64().unwrap() > 18);
    assert_eq!((&message["message"], &message["sample"]), (&"t.v1.Ask".into(), &"ask.json".into()));
    assert_eq!(costs["messages"].as_array().unwrap().len(), 1, "only what was given");
    assert_eq!(costs["skipped_languages"].as_array().unwrap().len(), 4);
    // The same as bytes.
    env.write("ask.bin", "\u{8}\u{1}\u{8}\u{2}");
    let costs = json(&env, &["--data", "t.v1.Ask=ask.bin"]);
    assert_eq!(costs["messages"][0]["bytes"]["worktree"]["wire"], 4);
}

#[test]
fn advice_says_what_is_at_stake() {
    let env = lab();
    let data = r#"{"numbers": [1, 2, 3], "packed": [1, 2, 3], "contentSha256": "d41d8cd98f00b204e9800998ecf8427e",
        "delta": "-1", "places": {"0": "a", "1": "b", "2": "c"}, "note": "x"}"#;
    env.write("ask.json", data);
    let costs = json(&env, &["--data", "t.v1.Ask=ask.json"]);
    let one = |code: &str| advice(&costs, code);
    let of = |name: &str, saves: u64| (format!("t.v1.Ask.{name}"), saves);
    // Three tags become a tag and a length.
    assert_eq!(one("unpacked-list"), [of("numbers", 1)]);
    assert_eq!(one("high-number"), [of("note", 1)]);
    assert_eq!(one("text-of-bytes"), [of("content_sha256", 16)]);
    assert_eq!(one("negative-varint"), [of("delta", 9)]);
    assert_eq!(one("map-for-list"), [of("items", 0), of("places", 9)]);
    assert_eq!(one("large-message"), []);
    let place = costs["advice"][0]["place"].as_str().unwrap();
    assert_eq!(place, "proto/t/v1/t.proto:5:3");

    // Nothing is wrong with these.
    env.write("plain.json", r#"{"id": "d41d8cd9", "raw": "AAAA"}"#);
    let costs = json(&env, &["--data", "t.v1.Item=plain.json"]);
    assert_eq!(costs["advice"], Value::Array(Vec::new()), "{costs:#}");
    env.write("large.json", &format!(r#"{{"id": "{}"}}"#, "a ".repeat(1 << 20)));
    let costs = json(&env, &["--data", "t.v1.Item=large.json"]);
    assert_eq!(advice(&costs, "large-message"), [("t.v1.Item".to_owned(), 0)]);
}

#[test]
fn a_table_is_for_people() {
    let env = lab();
    env.write("item.json", r#"{"id": "a", "raw": "AAAA"}"#);
    let output = run(&env, &["--data", "t.v1.Item=item.json", "--lang", "go,rust"]);
    assert_eq!(output.code, 0, "{output}");
    insta::assert_snapshot!(output.out, @r"
    t.v1.Item (item.json): 8 bytes, with gzip 28 bytes · JSON 23 bytes, with gzip 40 bytes

    skipped  go: `go` is not there
    skipped  rust: `cargo` is not there
    1 message measured · no advice
    ");
}

#[test]
fn a_change_has_its_price() {
    let env = lab();
    env.commit("old");
    env.tag("v1.0.0");
    env.write(
        "proto/t/v1/t.proto",
        &PROTO.replace("optional string id = 1", "optional string id = 1; optional string more = 3"),
    );
    env.write("item.json", r#"{"id": "abc", "more": "abc"}"#);
    let costs = json(&env, &["--data", "t.v1.Item=item.json", "--against", "v1.0.0"]);
    assert_eq!(costs["versions"], serde_json::json!(["v1.0.0", "worktree"]));
    let bytes = &costs["messages"][0]["bytes"];
    assert_eq!((&bytes["v1.0.0"]["wire"], &bytes["worktree"]["wire"]), (&5.into(), &10.into()), "{costs:#}");
    let output = run(&env, &["--data", "t.v1.Item=item.json", "--against", "v1.0.0"]);
    assert!(output.out.starts_with("t.v1.Item (item.json): 10 bytes (+100 %), with gzip"), "{output}");
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let env = lab();
    env.write("bad.json", r#"{"no_such_key": 1}"#);
    env.write("bad.bin", "\u{a}\u{ff}");
    for (args, code, what) in [
        (&["--message", "t.v1.Itm"][..], 2, "worktree has no message `t.v1.Itm`"),
        (&["--message", "t.v1.Itm"], 2, "hint: there is `t.v1.Item`"),
        (&["--data", "t.v1.Item"], 2, "`--data t.v1.Item` names no message or no file"),
        (&["--data", "t.v1.Item=none.json"], 4, "cannot read `none.json` for `t.v1.Item`"),
        (&["--data", "t.v1.Item=bad.json"], 2, "cannot read `bad.json` as `t.v1.Item`"),
        (&["--data", "t.v1.Item=bad.bin"], 2, "cannot read `bad.bin` as `t.v1.Item`"),
        (
            &["--lang", "go", "--require", "rust"],
            2,
            "`--require rust` asks for a language that `--lang` leaves out",
        ),
        (&["--require", "rust"], 4, "rust cannot take part: `cargo` is not there"),
        (&["--batches", "0"], 2, "--batches"),
        (&["--from", "v9.9.9"], 2, "`v9.9.9`"),
        (&["--report", "xml=a"], 2, "xml"),
    ] {
        let output = run(&env, args);
        assert_eq!(output.code, code, "{args:?} {output}");
        assert!(output.err.contains(what), "{args:?} {output}");
    }
    env.write("proto/t/v1/t.proto", "syntax = \"proto3\";\nmessage M { strin id = 1; }\n");
    assert_eq!(run(&env, &[]).code, 3);
}

#[test]
fn what_has_a_field_is_measured_with_something_in_it() {
    let env = lab();
    let fields = ["string text", "bool yes", "int32 number", "Kind kind", "double part", "bytes raw"];
    let one = |(n, field): (usize, &&str)| format!("message One{n} {{ {field} = 1; }}\n");
    let messages: String = fields.iter().enumerate().map(one).collect();
    let kind = "enum Kind { KIND_UNSPECIFIED = 0; KIND_OTHER = 1; }\n";
    env.write(
        "proto/t/v1/t.proto",
        &format!("syntax = \"proto3\";\npackage t.v1;\n{kind}{messages}message None {{}}\n"),
    );
    for seed in 0..4 {
        let costs = json(&env, &["--seed", &seed.to_string()]);
        for message in costs["messages"].as_array().unwrap() {
            let empty = message["bytes"]["worktree"]["wire"] == 0;
            assert_eq!(empty, message["message"] == "t.v1.None", "seed {seed}: {message:#}");
        }
    }
}
