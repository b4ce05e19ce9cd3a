//! Numbers that earlier published versions used: told when they come back as something else, and only then.

use std::collections::BTreeMap;
use std::process::Command;

use crate::env::TestEnv;
use crate::{history, support};
use proptest::prelude::*;
use protopact::compare::Comparison;
use protopact::diff::Comeback;
use protopact::git::{Repo, TagPattern};
use protopact::ledger::History;
use protopact::policy::{LensPolicy, Policies, decide};
use serde_json::Value;

pub(crate) const FILE: &str = "proto/shop/v1/shop.proto";

/// A repository of which every version has one message, with these fields.
fn published(versions: &[&str]) -> TestEnv {
    let bodies: Vec<String> = versions.iter().map(|fields| format!("message Item {{ {fields} }}")).collect();
    published_files(&bodies.iter().map(|body| vec![(FILE, &**body)]).collect::<Vec<_>>())
}

/// A repository with versions `v1.0.0`, `v1.1.0` and so on, each of these files and no others.
pub(crate) fn published_files(versions: &[Vec<(&str, &str)>]) -> TestEnv {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    let mut before: Vec<&str> = Vec::new();
    for (minor, files) in versions.iter().enumerate() {
        for path in before.drain(..) {
            env.remove(path);
        }
        for (path, body) in files {
            env.write(path, &text(body));
            before.push(path);
        }
        env.commit("version");
        env.tag(&format!("v1.{minor}.0"));
    }
    env
}

pub(crate) fn text(body: &str) -> String {
    if body.starts_with("syntax") || body.starts_with("edition") {
        return body.to_owned();
    }
    format!("syntax = \"proto3\";\npackage shop.v1;\n{body}\n")
}

/// The findings of a check as `level RULE symbol`, and everything it said.
pub(crate) fn check(env: &TestEnv, args: &[&str]) -> (Vec<String>, Value) {
    let output = env.run(&[&["check", "--format", "json"], args].concat());
    assert!([0, 1].contains(&output.code), "{output}");
    let report: Value = serde_json::from_str(&output.out).unwrap();
    let finding = |f: &Value| {
        let word = |key: &str| f[key].as_str().unwrap().to_owned();
        format!("{} {} {}", word("level"), word("rule"), word("symbol"))
    };
    (report["findings"].as_array().unwrap().iter().map(finding).collect(), report)
}

/// What a check of the last version against the one before says.
pub(crate) fn last_step(env: &TestEnv, versions: usize) -> (Vec<String>, Value) {
    check(env, &[&format!("v1.{}.0", versions - 1), "--against", &format!("v1.{}.0", versions - 2)])
}

/// The sentence about each change.
pub(crate) fn sentences(report: &Value) -> Vec<&str> {
    report["changes"].as_array().unwrap().iter().map(|c| c["message"].as_str().unwrap()).collect()
}

fn notes(report: &Value) -> Vec<&str> {
    report["notes"].as_array().unwrap().iter().map(|n| n.as_str().unwrap()).collect()
}

#[test]
fn a_number_that_only_an_earlier_version_used_is_told() {
    let env = TestEnv::new();
    history::lay("reuse", &env.work());
    let (_, report) = check(&env, &["v1.2.0", "--against", "v1.1.0", "--witness"]);
    let proofs = report["findings"][0]["witnesses"].as_array().unwrap();
    let wire: Vec<_> = proofs
        .iter()
        .filter(|p| p["lens"] == "wire")
        .map(|p| (&p["version"], &p["status"], &p["bytes"]))
        .collect();
    assert_eq!(
        serde_json::json!(wire),
        serde_json::json!([["v1.0.0", "confirmed", "12 01 61"], ["v1.0.0", "confirmed", "12 01 61"]])
    );
    insta::assert_snapshot!(env.run(&["check", "v1.2.0", "--against", "v1.1.0"]), @r#"
    error[FIELD_NO_REUSE]: field 2 (`picture`) of `shop.v1.Item` was added, though v1.0.0 used the
        number for `note` (`string`)
       new  proto/shop/v1/shop.proto:18:3 (tag v1.2.0)
     breaks wire (both ways: corrupt): v1.0.0 published it as `note` (string): what data from then holds
            is read as this field
     breaks json (forward: rejects): an old parser does not know the key `picture`
    unclear source.rust (unknown): a struct literal without `..Default::default()` lacks the new field
    affects shop.v1.ShopService.GetItem (response)
        fix give `picture` the number 4, and add `reserved 2; reserved "note";` to `shop.v1.Item`
       more protopact rules FIELD_NO_REUSE · to accept it: protopact waive 5b36dce4b20e
    1 error, 0 warnings, 0 notes · next version must be major (2.0.0)
    to see more: `--witness` for data that proves it, `--report html=report.html` for a page of it
    --- stderr
    note: new field and enum numbers were looked up in one earlier version, v1.0.0
    --- exit 1
    "#);
}

#[test]
fn every_baseline_that_has_the_version_behind_it_tells_it() {
    let env = TestEnv::new();
    history::lay("reuse", &env.work());
    let reuse = ["error FIELD_NO_REUSE shop.v1.Item.picture"];
    // The tag on the new side is not yet published as far as these baselines know.
    for baseline in ["v1.1.0", "HEAD~1", "merge-base:HEAD~1", ".git#ref=HEAD~1"] {
        let (found, report) = check(&env, &["--against", baseline]);
        assert_eq!(found, reuse, "{baseline}: {report}");
    }
    // A tag that does not have the shape of a version is a revision like any other.
    let repo = git2::Repository::open(env.work()).unwrap();
    repo.tag_lightweight("old", &repo.revparse_single("HEAD~1").unwrap(), false).unwrap();
    assert_eq!(check(&env, &["--against", "old"]).0, reuse);
}

#[test]
fn named_rules_do_not_know_it_unless_it_is_named() {
    let env = TestEnv::new();
    history::lay("reuse", &env.work());
    let against = ["v1.2.0", "--against", "v1.1.0"];
    for quiet in
        [["--use", "FILE"], ["--use", "WIRE"], ["--use", "CSR"], ["--deny", "json"], ["--deny", "rpc"]]
    {
        assert_eq!(check(&env, &[&against[..], &quiet].concat()).0, [""; 0], "{quiet:?}");
    }
    for loud in [["--use", "FIELD_NO_REUSE"], ["--deny", "wire"]] {
        let (found, _) = check(&env, &[&against[..], &loud].concat());
        assert_eq!(found, ["error FIELD_NO_REUSE shop.v1.Item.picture"], "{loud:?}");
    }
}

/// An extension has a number of what it extends, wherever it stands.
#[test]
fn a_number_that_an_extension_had_is_told() {
    let base = |body: &str| format!("syntax = \"proto2\"; package shop.v1; message Item {{ {body} }}");
    let (before, between) =
        (base("extensions 100 to 199;"), base("optional int32 a = 1; extensions 110 to 199;"));
    let after = base("optional int32 a = 1; optional string note = 100; extensions 110 to 199;");
    let extended = "syntax = \"proto2\"; package shop; import \"shop/v1/shop.proto\"; extend v1.Item { optional int32 part = 100; }";
    let env = published_files(&[
        vec![(FILE, &*before), ("proto/shop/more.proto", extended)],
        vec![(FILE, &*between)],
        vec![(FILE, &*after)],
    ]);
    let (found, report) = last_step(&env, 3);
    assert_eq!(found, ["error FIELD_NO_REUSE shop.v1.Item.note"], "{report}");
    let said = sentences(&report).join("\n");
    assert!(said.contains("v1.0.0 used the number for `shop.part`"), "{said}");
}

/// Whatever became of an extension of the old side is told without memory.
#[test]
fn an_extension_that_becomes_a_field_is_no_reuse() {
    let base = |body: &str| format!("syntax = \"proto2\"; package shop.v1; message Item {{ {body} }}");
    let (before, after) =
        (base("extensions 100 to 199;"), base("optional int32 part = 100; extensions 101 to 199;"));
    let extended = "syntax = \"proto2\"; package shop; import \"shop/v1/shop.proto\"; extend v1.Item { optional int32 part = 100; }";
    let files = vec![(FILE, &*before), ("proto/shop/more.proto", extended)];
    let env = published_files(&[files.clone(), files, vec![(FILE, &*after)]]);
    let (found, report) = check(&env, &["v1.2.0", "--against", "v1.1.0", "--deny", "wire"]);
    assert_eq!(found, [""; 0], "{report}");
}

#[test]
fn what_comes_back_as_it_was_is_no_break() {
    for field in [
        "string note = 2;",
        "repeated int32 note = 2;",
        "map<string, Item> note = 2;",
        "optional bytes note = 2;",
        "Part note = 2; message Part {}",
    ] {
        let env = published(
            &["string id = 1; ".to_owned() + field, "string id = 1;".into()].each_ref().map(|s| &**s),
        );
        env.write(FILE, &text(&format!("message Item {{ string id = 1; {field} }}")));
        let (found, report) = check(&env, &["--against", "latest"]);
        assert!(found.iter().all(|f| !f.starts_with("error")), "{field}: {found:?}");
        let said = sentences(&report);
        let back = "field 2 (`note`) of `shop.v1.Item` is back, as it was in v1.0.0";
        assert!(said.contains(&back), "{said:?}");
    }
}

#[test]
fn the_last_use_counts() {
    let (a, b) = ("string id = 1; string a = 2;", "string id = 1; string b = 2;");
    let gone = "string id = 1;";
    let env = published(&[a, b, gone, b]);
    assert_eq!(last_step(&env, 4).0, [""; 0]);
    let env = published(&[a, gone, b, gone, a]);
    let (found, report) = last_step(&env, 5);
    assert_eq!(found, ["error FIELD_NO_REUSE shop.v1.Item.a"]);
    assert!(sentences(&report)[0].ends_with("though v1.2.0 used the number for `b` (`string`)"), "{report}");
}

#[test]
fn another_type_under_the_same_name_is_compared() {
    for (was, is, backward, forward) in [
        ("int32 n", "int64 n", "ok", "lossy"),
        ("int64 n", "int32 n", "lossy", "ok"),
        ("int32 n", "sint32 n", "corrupt", "corrupt"),
        ("string n", "bytes n", "ok", "rejects"),
        ("int32 n", "string n", "rejects", "rejects"),
        ("string n", "repeated string n", "ok", "lossy"),
        ("repeated int32 n", "int32 n", "rejects", "ok"),
        ("repeated string n", "map<string, string> n", "corrupt", "corrupt"),
        ("Other n", "string n", "corrupt", "corrupt"),
    ] {
        let env = published(&[
            &format!("string id = 1; {was} = 2;"),
            "string id = 1;",
            &format!("string id = 1; {is} = 2;"),
        ]);
        let (found, report) = check(&env, &["v1.2.0", "--against", "v1.1.0", "--deny", "wire"]);
        assert_eq!(found, ["error FIELD_NO_REUSE shop.v1.Item.n"], "{was} {is}");
        let wire = &report["findings"][0]["verdict"]["wire"];
        let effect = |direction: &str| wire[direction]["effect"].as_str().unwrap();
        assert_eq!((effect("backward"), effect("forward")), (backward, forward), "{was} {is}");
    }
}

#[test]
fn json_knows_names_and_not_numbers() {
    let step = |was: &str, is: &str| {
        let env = published(&[was, "", is]);
        check(&env, &["v1.2.0", "--against", "v1.1.0", "--deny", "json"]).0
    };
    assert_eq!(step("string note = 2;", "bytes picture = 2;"), [""; 0]);
    assert_eq!(step("int32 n = 2;", "int64 n = 2;"), [""; 0]);
    assert_eq!(step("int32 n = 2;", "string n = 2;"), ["error FIELD_NO_REUSE shop.v1.Item.n"]);
}

#[test]
fn enum_values() {
    let step = |values: [&str; 3]| {
        let bodies =
            values.map(|v| format!("enum State {{ option allow_alias = true; NEW = 0; OLD = 0; {v} }}"));
        let env = published_files(&bodies.each_ref().map(|b| vec![(FILE, &**b)]));
        last_step(&env, 3)
    };
    let (found, report) = step(["PAID = 2; VOID = 3;", "VOID = 3;", "VOID = 3; SENT = 2;"]);
    assert_eq!(found, ["error ENUM_VALUE_NO_REUSE shop.v1.State.SENT"]);
    assert_eq!(
        report["findings"][0]["message"],
        "enum value 2 (`SENT`) of `shop.v1.State` was added, though v1.0.0 used the number for `PAID`"
    );
    assert_eq!(
        report["findings"][0]["fix"],
        "give `SENT` the number 4, and add `reserved 2; reserved \"PAID\";` to `shop.v1.State`"
    );
    assert_eq!(step(["PAID = 2;", "", "PAID = 2;"]).0, [""; 0]);
    assert_eq!(step(["PAID = 2; DONE = 2;", "", "DONE = 2;"]).0, [""; 0]);
    assert_eq!(step(["PAID = 2;", "", "CLOSED = 2; PAID = 2;"]).0, [""; 0], "an alias of what is back");
    assert_eq!(step(["PAID = 2;", "", "PAID = 3;"]).0, [""; 0], "another number");
}

#[test]
fn a_message_is_found_wherever_it_was() {
    let (before, after) = ("message Item { string note = 2; }", "message Item { bytes picture = 2; }");
    let gone = "message Item {}";
    let reuse = ["error FIELD_NO_REUSE shop.v1.Item.picture"];
    let other = "proto/shop/v1/other.proto";
    // In another file at first, where now is something else; in a file that was renamed; in both.
    let moved = [vec![(other, before), (FILE, "message Else {}")], vec![(FILE, gone)], vec![(FILE, after)]];
    assert_eq!(last_step(&published_files(&moved), 3).0, reuse);
    let renamed = [vec![(other, before)], vec![(FILE, gone)], vec![(FILE, after)]];
    assert_eq!(last_step(&published_files(&renamed), 3).0, reuse);
    let renamed_now = [vec![(other, before)], vec![(other, gone)], vec![(FILE, after)]];
    assert_eq!(last_step(&published_files(&renamed_now), 3).0, reuse);
    // The same simple name in another package or message is another message.
    let namesakes = [
        vec![(other, "syntax = \"proto3\"; package shop.v2; message Item { string note = 2; }")],
        vec![(FILE, gone)],
        vec![(FILE, after)],
    ];
    assert_eq!(last_step(&published_files(&namesakes), 3).0, [""; 0]);
    let nested = |fields: &str| format!("message Box {{ message Item {{ {fields} }} }} {gone}");
    let (one, two, three) = (nested("string note = 2;"), nested(""), nested("bytes picture = 2;"));
    let nested = [vec![(other, &*one)], vec![(other, &*two)], vec![(other, &*three)]];
    assert_eq!(last_step(&published_files(&nested), 3).0, ["error FIELD_NO_REUSE shop.v1.Box.Item.picture"]);
}

#[test]
fn a_contract_whose_folder_was_another_one_is_found() {
    let env = TestEnv::new();
    let version = |folder: &str, fields: &str| {
        env.write(&format!("{folder}/protopact.toml"), "[contract]\nroots = [\".\"]\n");
        env.write(&format!("{folder}/item.proto"), &text(&format!("message Item {{ {fields} }}")));
        env.commit("version");
    };
    version("old", "string note = 2;");
    env.tag("v1.0.0");
    env.remove("old/protopact.toml");
    env.remove("old/item.proto");
    version("new", "");
    env.tag("v1.1.0");
    version("new", "bytes picture = 2;");
    let (found, _) = check(&env, &["new", "--against", "v1.1.0"]);
    assert_eq!(found, ["error FIELD_NO_REUSE shop.v1.Item.picture"]);
}

#[test]
fn linked_worktrees_and_bare_repositories_have_the_memory_too() {
    let env = TestEnv::new();
    history::lay("reuse", &env.work());
    let repo = git2::Repository::open(env.work()).unwrap();
    let (other, bare) = (TestEnv::new(), TestEnv::new());
    repo.worktree("other", &other.work().join("tree"), None).unwrap();
    let (found, _) = check(&other, &["tree", "--against", "HEAD~1"]);
    assert_eq!(found, ["error FIELD_NO_REUSE shop.v1.Item.picture"]);
    let url = env.work().display().to_string();
    git2::build::RepoBuilder::new().bare(true).clone(&url, &bare.work().join("shop.git")).unwrap();
    let (found, _) = check(&bare, &["shop.git#ref=v1.2.0", "--against", "shop.git#ref=v1.1.0"]);
    assert_eq!(found, ["error FIELD_NO_REUSE shop.v1.Item.picture"]);
}

#[test]
fn types_of_other_files_are_known_by_name() {
    let part = ("proto/shop/v1/part.proto", "message Part {}");
    let item = |fields: &str| {
        format!(
            "syntax = \"proto3\"; package shop.v1; import \"shop/v1/part.proto\"; message Item {{ Part p = 1; {fields} }}"
        )
    };
    let (one, two) = (item("Part note = 2; map<string, v1.Part> notes = 3;"), item(""));
    let same = item(".shop.v1.Part note = 2; map<string, Part> notes = 3;");
    let env =
        published_files(&[vec![part, (FILE, &*one)], vec![part, (FILE, &*two)], vec![part, (FILE, &*same)]]);
    assert_eq!(last_step(&env, 3).0, [""; 0]);
    let other = item("Part note = 2; map<string, string> notes = 3;");
    let env =
        published_files(&[vec![part, (FILE, &*one)], vec![part, (FILE, &*two)], vec![part, (FILE, &*other)]]);
    assert_eq!(last_step(&env, 3).0, ["error FIELD_NO_REUSE shop.v1.Item.notes"]);
}

#[test]
fn versions_in_editions_and_in_proto2_are_read() {
    let edition = |fields: &str| format!("edition = \"2023\"; package shop.v1; message Item {{ {fields} }}");
    let (one, two, three) = (edition("string note = 2;"), edition(""), edition("bytes picture = 2;"));
    let env = published_files(&[vec![(FILE, &*one)], vec![(FILE, &*two)], vec![(FILE, &*three)]]);
    assert_eq!(last_step(&env, 3).0, ["error FIELD_NO_REUSE shop.v1.Item.picture"]);
    let delimited = edition("Note note = 2 [features.message_encoding = DELIMITED]; message Note {}");
    let none = edition("message Note {}");
    let env = published_files(&[vec![(FILE, &*delimited)], vec![(FILE, &*none)], vec![(FILE, &*delimited)]]);
    assert_eq!(last_step(&env, 3).0, [""; 0]);
    let group = "syntax = \"proto2\"; package shop.v1; message Item { optional group Note = 2 {} }";
    let none = "syntax = \"proto2\"; package shop.v1; message Item { message Note {} }";
    let plain =
        "syntax = \"proto2\"; package shop.v1; message Item { optional Note note = 2; message Note {} }";
    let env = published_files(&[vec![(FILE, group)], vec![(FILE, none)], vec![(FILE, group)]]);
    assert!(!last_step(&env, 3).0.iter().any(|f| f.contains("REUSE")));
    let env = published_files(&[vec![(FILE, group)], vec![(FILE, none)], vec![(FILE, plain)]]);
    assert_eq!(last_step(&env, 3).0, ["error FIELD_NO_REUSE shop.v1.Item.note"]);
}

#[test]
fn a_version_that_does_not_compile_is_read_as_far_as_it_goes() {
    let broken = "syntax = \"proto3\"; package shop.v1; import \"gone.proto\"; message Item { string note = 2; Lost l = ; }";
    let env = published_files(&[
        vec![(FILE, broken)],
        vec![(FILE, "message Item {}")],
        vec![(FILE, "message Item { bytes picture = 2; }")],
    ]);
    assert_eq!(last_step(&env, 3).0, ["error FIELD_NO_REUSE shop.v1.Item.picture"]);
}

#[test]
fn a_number_that_was_reserved_in_between_names_what_it_was() {
    let env = published(&["string note = 2;", "reserved 2;", "bytes picture = 2;"]);
    let (found, report) = last_step(&env, 3);
    assert!(found.contains(&"error FIELD_NO_REUSE shop.v1.Item.picture".to_owned()), "{found:?}");
    assert!(report.to_string().contains("v1.0.0 published it as `note` (string)"));
}

/// The reasons of the wire and JSON cells of the findings.
fn reasons(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let cells = findings.flat_map(|f| ["wire", "json"].map(|lens| &f["verdict"][lens]));
    let cells = cells.flat_map(|both| ["backward", "forward"].map(|way| &both[way]["reason"]));
    cells.filter_map(|reason| reason.as_str().map(str::to_owned)).collect()
}

#[test]
fn older_data_holds_what_was_reserved_only_where_some_version_is_not_known() {
    let holds = |env: &TestEnv, args: &[&str]| {
        let report = check(env, args).1;
        reasons(&report).iter().any(|r| r.contains("older data") || r.contains("older JSON"))
    };
    let last = ["v1.2.0", "--against", "v1.1.0"];
    let reserved = "string a = 1; reserved 2 to 9; reserved \"b\";";
    let taken = "string a = 1; string b = 2; reserved 3 to 9; string c = 10;";
    // Every version has the message, and none of them used the number or the name.
    let env = published(&[reserved, "string a = 1; string c = 10; reserved 2 to 9; reserved \"b\";", taken]);
    assert!(!holds(&env, &last));
    assert_eq!(check(&env, &last).0, [""; 0]);
    // Of a folder, nobody knows what there was before.
    env.write(&format!("copy/{FILE}"), &text(&format!("message Item {{ {reserved} }}")));
    env.write("copy/protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    assert!(holds(&env, &[".", "--against", "./copy"]));
    // The first version may have had the message under another name.
    let (other, item) = (format!("message Other {{ {reserved} }}"), format!("message Item {{ {reserved} }}"));
    let now = format!("message Item {{ {taken} }}");
    let env = published_files(&[vec![(FILE, &*other)], vec![(FILE, &*item)], vec![(FILE, &*now)]]);
    assert!(holds(&env, &last));
    // One that used it names what it was, and that alone.
    let env = published(&["string a = 1; int32 old = 2;", reserved, "string a = 1; string new = 2;"]);
    let report = last_step(&env, 3).1;
    assert!(!holds(&env, &last));
    let told = reasons(&report);
    assert!(told.iter().any(|r| r.starts_with("v1.0.0 published it as `old` (int32)")), "{told:?}");
    // What is back as it was means what it meant.
    let env = published(&["string a = 1; string b = 2;", reserved, "string a = 1; string b = 2;"]);
    assert!(!holds(&env, &last));
    // An enum.
    let versions = ["KIND_C = 10;", "KIND_C = 10; KIND_D = 11;"]
        .map(|more| format!("enum Kind {{ KIND_A = 0; reserved 2 to 9; {more} }}"));
    let now = "enum Kind { KIND_A = 0; KIND_B = 2; reserved 3 to 9; KIND_C = 10; KIND_D = 11; }";
    let env = published_files(&[vec![(FILE, &*versions[0])], vec![(FILE, &*versions[1])], vec![(FILE, now)]]);
    assert!(!holds(&env, &last));
    env.write(&format!("copy/{FILE}"), &text(&versions[1]));
    env.write("copy/protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    let (_, report) = check(&env, &[".", "--against", "./copy"]);
    assert!(holds(&env, &[".", "--against", "./copy"]));
    let fix = report["findings"][0]["fix"].as_str().unwrap();
    assert_eq!(fix, "give `KIND_B` a number that was never used, such as 12, and reserve 2 again");
}

#[test]
fn the_fix_passes_over_every_number_that_was_ever_used() {
    let env = published(&[
        "string id = 1; string note = 2; string more = 9;",
        "string id = 1;",
        "string id = 1; bytes picture = 2;",
    ]);
    let (_, report) = last_step(&env, 3);
    assert_eq!(
        report["findings"][0]["fix"],
        "give `picture` the number 10, and add `reserved 2; reserved \"note\";` to `shop.v1.Item`"
    );
}

#[test]
fn notes_say_how_far_the_memory_reaches() {
    let env = TestEnv::new();
    env.write(FILE, &text("message Item { string id = 1; }"));
    env.commit("first");
    env.tag("release-1");
    env.write(FILE, &text("message Item { string id = 1; string note = 2; }"));
    let (found, report) = check(&env, &["--against", "HEAD"]);
    assert_eq!(found, [""; 0]);
    let none = "new field and enum numbers may have been used before: no earlier version was published, that is no tag like `v{version}`";
    assert!(notes(&report).contains(&none), "{report}");
    // A version with the files of the baseline has nothing to add.
    env.tag("v3.1.0");
    assert!(notes(&check(&env, &["--against", "HEAD"]).1).contains(&none));
    env.commit("second");
    env.write(FILE, &text("message Item { string id = 1; string note = 2; string more = 3; }"));
    let one = "new field and enum numbers were looked up in one earlier version, v3.1.0";
    assert!(notes(&check(&env, &["--against", "HEAD"]).1).contains(&one));
    let repo = git2::Repository::open(env.work()).unwrap();
    let first = repo.revparse_single("HEAD~1").unwrap();
    for minor in 2..70 {
        repo.tag_lightweight(&format!("v3.{minor}.0"), &first, false).unwrap();
    }
    let many = "new field and enum numbers were looked up in the newest 64 of 69 earlier versions, v3.6.0 to v3.69.0";
    assert!(notes(&check(&env, &["--against", "HEAD"]).1).contains(&many));
}

#[test]
fn without_additions_or_without_a_revision_nobody_is_asked() {
    let env = published(&["string note = 1; string more = 2;"]);
    env.write(FILE, &text("message Item { string note = 1; } message New { string a = 1; }"));
    let about_numbers = |args: &[&str]| {
        let (_, report) = check(&env, args);
        notes(&report).iter().any(|n| n.contains("numbers"))
    };
    assert!(!about_numbers(&["--against", "latest"]));
    env.write(FILE, &text("message Item { string note = 1; string more = 2; string third = 3; }"));
    assert!(about_numbers(&["--against", "latest"]));
    env.write(&format!("copy/{FILE}"), &text("message Item { string note = 1; }"));
    env.write("copy/protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    assert!(!about_numbers(&[".", "--against", "./copy"]));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "only git itself makes a shallow clone")]
fn a_shallow_clone_says_that_it_may_not_know() {
    let env = published(&["string note = 2;", "", "bytes picture = 2;"]);
    let clone = TestEnv::new();
    let output = Command::new("git")
        .args(["clone", "--quiet", "--depth=2"])
        .arg(format!("file://{}", env.work().display()))
        .arg(clone.work())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let (found, report) = check(&clone, &["--against", "HEAD~1"]);
    assert_eq!(found, [""; 0], "v1.0.0 is not here");
    assert!(notes(&report).iter().any(|n| n.contains("`git fetch --unshallow --tags`")), "{report}");
}

/// What a version of the message has: number to name and type.
type State = BTreeMap<i32, (usize, usize)>;

const NAMES: [&str; 3] = ["a", "b", "c"];
const TYPES: [&str; 3] = ["int32", "string", "Item"];

fn render(state: &State) -> String {
    let fields = state.iter().map(|(n, (name, ty))| format!("{} {}{n} = {n};", TYPES[*ty], NAMES[*name]));
    format!("message Item {{ {} }}", fields.collect::<Vec<_>>().join(" "))
}

fn states(names: usize, types: usize) -> impl Strategy<Value = Vec<State>> {
    let state = proptest::collection::btree_map(1..5, (0..names, 0..types), 0..4);
    proptest::collection::vec(state, 2..6)
}

/// Added numbers with how they came back, and the findings without and with the memory.
type Remembered = (Vec<(i32, Option<Comeback>)>, [Vec<String>; 2]);

/// What is remembered about each new number of the last state, and what is found without and with it.
fn remembered(states: &[State]) -> Remembered {
    let (last, published) = states.split_last().unwrap();
    let bodies: Vec<String> = published.iter().map(render).collect();
    let env = published_files(&bodies.iter().map(|b| vec![(FILE, &**b)]).collect::<Vec<_>>());
    let schema = |state: &State| support::schema(&vec![(FILE.to_owned(), text(&render(state)))]).unwrap();
    let (old, new) = (schema(published.last().unwrap()), schema(last));
    let without = findings(&Comparison::new(&old, &new));
    let repo = Repo::open(&env.work()).unwrap();
    let memory = History {
        repository: repo.object_dir(),
        baseline: repo.resolve("HEAD").unwrap(),
        folder: String::new(),
        pattern: TagPattern::default(),
        most: 64,
        looked: None,
    };
    let comparison = Comparison::remembering(&old, &new, Some(&memory));
    let with = findings(&comparison);
    let added = comparison.changes().iter().filter_map(|change| {
        let Some(protopact::schema::Element::Field(id)) = change.new.filter(|_| change.old.is_none()) else {
            return None;
        };
        Some((new.field(id).number, change.published().map(|p| p.comeback)))
    });
    (added.collect(), [without, with])
}

/// Everything about findings but the sentence, which may say that something is back.
fn findings(comparison: &Comparison<'_>) -> Vec<String> {
    let policy = Policies::uniform(LensPolicy::standard());
    let found = decide(comparison, &policy).findings;
    found
        .iter()
        .map(|f| format!("{} {} {} {:?} {:?}", f.rule, f.fingerprint, f.level.as_str(), f.verdict, f.fix))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// The newest version that used a number decides.
    #[test]
    fn every_number_that_comes_back_is_known_by_its_last_use(states in states(3, 3)) {
        let (last, published) = states.split_last().unwrap();
        for (number, comeback) in remembered(&states).0 {
            let now = last[&number];
            let was = published.iter().rev().find_map(|s| s.get(&number));
            let wanted = was.map(|was| match was {
                _ if *was == now => Comeback::Same,
                (name, _) if *name == now.0 => Comeback::OtherType,
                _ => Comeback::OtherName,
            });
            prop_assert_eq!(comeback, wanted, "{} in {:?}", number, states);
        }
    }

    /// Where no number was ever used for two things, the memory has nothing to add.
    #[test]
    fn numbers_that_are_used_once_are_judged_as_without_a_memory(states in states(1, 1)) {
        let [without, with] = remembered(&states).1;
        prop_assert_eq!(without, with);
    }
}
