//! `protopact history`: every number and name of all versions.

use serde_json::Value;

use crate::env::TestEnv;

/// A repository with versions `v1.0.0`, `v1.1.0` and so on, and a working tree; each has these files of `proto/`.
fn versions(all: &[&[(&str, &str)]]) -> TestEnv {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    let mut before: Vec<String> = Vec::new();
    for (minor, files) in all.iter().enumerate() {
        before.drain(..).for_each(|path| env.remove(&path));
        for (path, text) in *files {
            let path = format!("proto/{path}");
            env.write(&path, text);
            before.push(path);
        }
        if minor + 1 < all.len() {
            env.commit("version");
            env.tag(&format!("v1.{minor}.0"));
        }
    }
    env
}

fn shop(body: &str) -> String {
    format!("syntax = \"proto3\";\npackage shop.v1;\n{body}\n")
}

#[test]
fn numbers_and_names_of_every_version() {
    let texts = [
        "message Item { int32 a = 1; string b = 2; string c = 3; } message Gone { int32 x = 1; }",
        "message Item { int32 a = 1; string c = 3; reserved 5 to 7; reserved \"b\"; } message Gone { int32 x = 1; }",
        "message Item { int32 a = 1; bytes note = 2; reserved 5 to 7; reserved \"b\"; }
         enum Kind { option allow_alias = true; NONE = 0; ZERO = 0; OLD = 7; }",
        "message Item { int64 a = 1; bytes note = 2; string b = 4; reserved 5 to 7; message Part { } }
         enum Kind { NONE = 0; OLD = 8; }",
    ]
    .map(shop);
    let files: Vec<[(&str, &str); 1]> = texts.iter().map(|text| [("shop/v1/shop.proto", &**text)]).collect();
    let env = versions(&files.iter().map(|files| &files[..]).collect::<Vec<_>>());
    insta::assert_snapshot!(env.run(&["history"]), @r#"
    message shop.v1.Gone  v1.0.0 to v1.1.0
      1  x int32 v1.0.0 to v1.1.0, gone with the message since v1.2.0

    message shop.v1.Item  since v1.0.0
           1  a int32 v1.0.0 to v1.2.0, then a int64 in the working tree
           2  b string in v1.0.0, deleted in v1.1.0, again note bytes since v1.2.0
           3  c string v1.0.0 to v1.1.0, deleted since v1.2.0
           4  b string in the working tree
      5 to 7  reserved since v1.1.0
      name `b`: 2 in v1.0.0, reserved v1.1.0 to v1.2.0, 4 in the working tree

    message shop.v1.Item.Part  in the working tree

    enum shop.v1.Kind  since v1.2.0
      0  NONE, ZERO in v1.2.0, then NONE in the working tree
      7  OLD in v1.2.0, deleted in the working tree
      8  OLD in the working tree
      name `OLD`: 7 in v1.2.0, 8 in the working tree

    4 messages and enums over 3 versions and the working tree
    --- exit 0
    "#);
    // A field, a message and a package.
    let item = env.run(&["history", "shop.v1.Item.note"]).out;
    assert!(
        item.starts_with("message shop.v1.Item ") && item.contains("message shop.v1.Item.Part"),
        "{item}"
    );
    assert_eq!(env.run(&["history", "shop"]).out, env.run(&["history"]).out);
    let unknown = env.run(&["history", "shop.v1.Itm"]);
    assert_eq!(unknown.code, 2, "{unknown}");
    let said = "error: no version declares `shop.v1.Itm`\nhint: did you mean `shop.v1.Item`?\n";
    assert_eq!(unknown.err, said);

    let json: Value =
        serde_json::from_str(&env.run(&["history", "shop.v1.Kind", "--format", "json"]).out).unwrap();
    assert_eq!(json["versions"], serde_json::json!(["v1.0.0", "v1.1.0", "v1.2.0", "working tree"]));
    let kind = &json["symbols"][0];
    assert_eq!(kind["declared"], serde_json::json!([{ "from": "v1.2.0", "to": "working tree" }]));
    let span = |number: &Value| {
        let one = |span: &Value| {
            let word = |key: &str| span[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}..{}", word("what"), word("name"), word("from"), word("to"))
        };
        let spans: Vec<String> = number["history"].as_array().unwrap().iter().map(one).collect();
        format!("{}: {}", number["first"], spans.join(", "))
    };
    assert_eq!(
        kind["numbers"].as_array().unwrap().iter().map(span).collect::<Vec<_>>(),
        [
            "0: used NONE, ZERO v1.2.0..v1.2.0, changed NONE working tree..working tree",
            "7: used OLD v1.2.0..v1.2.0, deleted - working tree..working tree",
            "8: used OLD working tree..working tree",
        ]
    );
    let names: Vec<&str> =
        kind["names"].as_array().unwrap().iter().map(|name| name["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["NONE", "OLD", "ZERO"]);
}

#[test]
fn extensions_belong_to_what_they_extend() {
    let base = "syntax = \"proto2\"; package shop.v1; message Item { extensions 100 to 199; }";
    let more = |body: &str| {
        let imports = "import \"item.proto\"; import \"google/protobuf/descriptor.proto\";";
        format!("syntax = \"proto2\"; package shop.v1.more; {imports} {body}")
    };
    let one = more(
        "extend Item { optional string note = 100; } extend google.protobuf.FieldOptions { optional bool own = 50001; }",
    );
    let two = more("message Scope { extend .shop.v1.Item { optional int32 note = 101; } }");
    let env = versions(&[
        &[("item.proto", base), ("more.proto", &one)],
        &[("item.proto", base), ("more.proto", &two)],
        &[("item.proto", base)],
    ]);
    insta::assert_snapshot!(env.run(&["history"]), @r#"
    message google.protobuf.FieldOptions  extended by the contract
      50001  shop.v1.more.own bool in v1.0.0, deleted since v1.1.0

    message shop.v1.Item  since v1.0.0
             100  shop.v1.more.note string in v1.0.0, for extensions since v1.1.0
             101  for extensions in v1.0.0, shop.v1.more.Scope.note int32 in v1.1.0, for extensions in
                    the working tree
      102 to 199  for extensions since v1.0.0

    message shop.v1.more.Scope  in v1.1.0

    3 messages and enums over 2 versions and the working tree
    --- exit 0
    "#);
}

/// What a version is made of is what its own configuration says; where it cannot be read it is left out and told.
#[test]
fn a_version_has_the_files_that_it_had() {
    let text = shop("message Item { int32 a = 1; }");
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\"old\"]\n");
    env.write("old/shop.proto", &text);
    env.write("proto/other.proto", &shop("message Other { int32 a = 1; }"));
    env.commit("version");
    env.tag("v0.9.0");
    env.write("protopact.toml", "[contract\n");
    env.commit("broken");
    env.tag("v1.0.0-rc.1");
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    env.remove("old/shop.proto");
    env.write(
        "proto/shop.proto",
        "syntax = \"proto3\"; package shop.v1; message Item { int32 = 1; string a = 2; ",
    );
    env.remove("proto/other.proto");
    env.commit("does not compile");
    env.tag("v1.0.0");
    env.write("proto/shop.proto", &text);
    let told = env.run(&["history"]);
    assert_eq!(told.code, 0, "{told}");
    assert!(told.err.contains("note: v1.0.0-rc.1 is left out: "), "{told}");
    insta::assert_snapshot!(told.out, @r#"
    message shop.v1.Item  since v0.9.0
      1  a int32 in v0.9.0, deleted in v1.0.0, again a int32 in the working tree
      2  a string in v1.0.0, deleted in the working tree
      name `a`: 1 in v0.9.0, 2 in v1.0.0, 1 in the working tree

    1 message or enum over 2 versions and the working tree
    "#);
}

#[test]
fn without_a_repository_or_a_version() {
    let env = TestEnv::new();
    env.write("a.proto", "syntax = \"proto3\"; message M { string \u{202e}x = 1; reserved 536870911; }");
    let told = env.run(&["history"]);
    assert_eq!(told.code, 2, "{told}");
    assert!(told.err.contains("hint: run it in the repository of the contract"), "{told}");
    env.commit("nothing is published");
    let told = env.run(&["history"]);
    assert_eq!(told.code, 0, "{told}");
    assert!(told.err.contains("no version was published"), "{told}");
    assert!(!told.out.contains('\u{202e}'), "{told}");
    assert_eq!(env.run(&["history", "--tag", "v"]).code, 2);
}

#[test]
fn what_is_deprecated_may_go_after_some_versions() {
    let texts = [
        "message Item { int32 a = 1 [deprecated = true]; int32 b = 2; } enum Kind { NONE = 0; OLD = 1; }",
        "message Item { int32 a = 1; int32 b = 2 [deprecated = true]; } enum Kind { NONE = 0; OLD = 1 [deprecated = true]; }",
        "message Item { int32 a = 1 [deprecated = true]; int32 b = 2 [deprecated = true, json_name = \"x\"]; }
         enum Kind { NONE = 0 [deprecated = true]; OLD = 1 [deprecated = true]; }",
        "message Item { int32 a = 1 [deprecated = true]; int32 b = 2 [deprecated = true]; int32 c = 3 [deprecated = true];
           int32 d = 4 [deprecated = false]; }
         enum Kind { NONE = 0 [deprecated = true]; OLD = 1 [deprecated = true]; }",
    ]
    .map(shop);
    let files: Vec<[(&str, &str); 1]> = texts.iter().map(|text| [("shop/v1/shop.proto", &**text)]).collect();
    let env = versions(&files.iter().map(|files| &files[..]).collect::<Vec<_>>());
    insta::assert_snapshot!(env.run(&["history", "--removable"]), @r#"
    may be removed
      shop.v1.Item.a = 1  deprecated since v1.2.0, 1 published version
      shop.v1.Item.b = 2  deprecated since v1.1.0, 2 published versions
      shop.v1.Kind.OLD = 1  deprecated since v1.1.0, 2 published versions
    not yet
      shop.v1.Item.c = 3  deprecated in the working tree, 0 published versions
      shop.v1.Kind.NONE = 0  deprecated since v1.2.0, 1 published version
    3 of 5 deprecated elements may be removed
    --- exit 0
    "#);
    let arguments = ["history", "shop.v1.Item", "--removable", "--min-versions", "2", "--format", "json"];
    let json: Value = serde_json::from_str(&env.run(&arguments).out).unwrap();
    let removable: Vec<(&str, bool)> = json["deprecated"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["symbol"].as_str().unwrap(), one["removable"].as_bool().unwrap()))
        .collect();
    assert_eq!(removable, [("shop.v1.Item.a", false), ("shop.v1.Item.b", true), ("shop.v1.Item.c", false)]);
    assert_eq!(env.run(&["history", "--min-versions", "2"]).code, 2);
}

/// A contract without tags whose number 2 was deleted, and is used again.
fn untagged() -> TestEnv {
    let env = versions(&[&[("shop.proto", &shop("message Item { string id = 1; string note = 2; }"))]]);
    env.commit("first");
    assert_eq!(env.run(&["history", "--write", "contract.history"]).code, 0);
    env.write("proto/shop.proto", &shop("message Item { string id = 1; }"));
    env.commit("deleted");
    env.write("proto/shop.proto", &shop("message Item { string id = 1; bytes picture = 2; }"));
    env
}

#[test]
fn a_file_remembers_where_no_tag_does() {
    let env = untagged();
    let check = ["check", "--against", "HEAD", "--deny", "wire"];
    let without = env.run(&check);
    assert_eq!(without.code, 0, "{without}");
    let with = env.run(&[&check[..], &["--history", "contract.history"]].concat());
    assert_eq!(with.code, 1, "{with}");
    assert!(with.out.contains("FIELD_NO_REUSE") && with.out.contains("`note`"), "{with}");
    // It was written again in the meantime, and still knows what was there before.
    insta::assert_snapshot!(env.run(&["history", "--write", "contract.history"]), @"
    --- stderr
    note: no version was published, that is no tag like `v{version}`
    note: `contract.history` has 3 uses, 1 of them new
    --- exit 0
    ");
    insta::assert_snapshot!(env.read("contract.history"), @"
    # What every number was ever used for, by `protopact history --write`. Merge it by keeping all lines.
    message shop.v1.Item 1 id string
    message shop.v1.Item 2 note string
    message shop.v1.Item 2 picture bytes
    ");
    let after = env.run(&[&check[..], &["--history", "contract.history"]].concat());
    assert_eq!((after.out, after.code), (with.out, 1));
    // What is back as it was is no reuse.
    env.write("proto/shop.proto", &shop("message Item { string id = 1; string other = 3; }"));
    let other = env.run(&[&check[..], &["--history", "contract.history"]].concat());
    assert_eq!(other.code, 0, "{other}");
}

#[test]
fn a_file_is_held_to_the_versions() {
    let texts = [
        shop("message Item { string id = 1; string note = 2; } enum Kind { NONE = 0; }"),
        shop("message Item { string id = 1; repeated Item parts = 3; } enum Kind { NONE = 0; }"),
        shop("message Item { string id = 1; repeated Item parts = 3; map<string, int32> by = 4; }"),
    ];
    let all: Vec<[(&str, &str); 1]> = texts.iter().map(|text| [("shop.proto", text.as_str())]).collect();
    let all: Vec<&[(&str, &str)]> = all.iter().map(|files| &files[..]).collect();
    let env = versions(&all);
    assert_eq!(env.run(&["history", "--write", "h"]).code, 0);
    insta::assert_snapshot!(env.run(&["history", "--verify", "h"]), @"
    `h` has what the versions have: 5 uses
    --- exit 0
    ");
    // Written again it is the same, and lines in another order are.
    let written = env.read("h");
    assert_eq!(env.run(&["history", "--write", "h"]).code, 0);
    assert_eq!(env.read("h"), written);
    let turned: Vec<&str> = written.lines().rev().collect();
    env.write("h", &turned.join("\n"));
    assert_eq!(env.run(&["history", "--verify", "h"]).code, 0);
    env.write("h", &written.replace("string note", "bytes note").replace(" note string", " note bytes"));
    insta::assert_snapshot!(env.run(&["history", "--verify", "h"]), @"
    missing message shop.v1.Item 2 note string
    in no version message shop.v1.Item 2 note bytes
    --- exit 1
    ");
    env.write("h", &format!("{written}<<<<<<< HEAD\n"));
    insta::assert_snapshot!(env.run(&["history", "--verify", "h"]), @"
    --- stderr
    error: cannot read `h`
      caused by: line 7 is no use of a number: `<<<<<<< HEAD`
    hint: it is a file of `protopact history --write`, and a merge keeps all lines of both sides
    --- exit 2
    ");
    assert_eq!(env.run(&["check", "--against", "latest", "--history", "h"]).code, 2);
    assert_eq!(env.run(&["history", "--verify", "none"]).code, 4);
}

/// The findings of a check as `rule: message`.
fn found(env: &TestEnv, args: &[&str]) -> Vec<String> {
    let told = env.run(&[&["check", "--format", "json", "--fail-on", "error"], args].concat());
    assert!([0, 1].contains(&told.code), "{told}");
    let report: Value = serde_json::from_str(&told.out).unwrap();
    let one = |f: &Value| {
        let word = |key: &str| f[key].as_str().unwrap().to_owned();
        format!("{} {}: {}", word("level"), word("rule"), word("message"))
    };
    let about = |line: &String| line.contains(" DEPRECATION_");
    report["findings"].as_array().unwrap().iter().map(one).filter(about).collect()
}

/// Removals and the list of what may be removed go by the same versions.
#[test]
fn what_goes_before_its_time_is_an_error() {
    let texts = [
        "message Item { int32 a = 1; int32 b = 2 [deprecated = true]; int32 c = 3; int32 d = 4; } service S { rpc Get(Item) returns (Item); }",
        "message Item { int32 a = 1 [deprecated = true]; int32 b = 2 [deprecated = true]; int32 c = 3; int32 d = 4; }
         service S { rpc Get(Item) returns (Item) { option deprecated = true; } }",
        "message Item { int32 a = 1 [deprecated = true]; int32 b = 2; int32 c = 3 [deprecated = true]; int32 d = 4; }
         service S { rpc Get(Item) returns (Item) { option deprecated = true; } }",
        "message Item { int32 b = 2; int32 e = 5 [deprecated = true]; } service S { }",
    ]
    .map(shop);
    let files: Vec<[(&str, &str); 1]> = texts.iter().map(|text| [("shop/v1/shop.proto", &**text)]).collect();
    let env = versions(&files.iter().map(|files| &files[..]).collect::<Vec<_>>());
    let check = ["--against", "latest"];
    assert_eq!(found(&env, &check), [""; 0]);
    let configured = |more: &str| {
        env.write("protopact.toml", &format!("[contract]\nroots = [\"proto\"]\n[check]\ndeny = []\n{more}"));
    };
    configured("[deprecation]\nmin-versions = 2\n");
    insta::assert_snapshot!(found(&env, &check).join("\n"), @r#"
    error DEPRECATION_BEFORE_DELETE: field 3 (`c`) of `shop.v1.Item` was removed, though it is deprecated since v1.2.0, in 1 of 2 versions: 1.2.2 may remove it at the earliest
    error DEPRECATION_BEFORE_DELETE: field 4 (`d`) of `shop.v1.Item` was removed, though none of 2 published versions has it as deprecated yet: 1.2.3 may remove it at the earliest
    note DEPRECATION_NO_ADD: field `shop.v1.Item.e` is new and deprecated
    "#);
    // Of one version less nothing is asked that was not given, and of a package with its own terms nothing at all.
    configured("[deprecation]\n");
    insta::assert_snapshot!(found(&env, &check).join("\n"), @r#"
    error DEPRECATION_BEFORE_DELETE: field 4 (`d`) of `shop.v1.Item` was removed, though no published version has it as deprecated: 1.2.2 may remove it at the earliest
    note DEPRECATION_NO_ADD: field `shop.v1.Item.e` is new and deprecated
    "#);
    configured("[deprecation]\nmin-versions = 9\n[deprecation.packages.\"shop.*\"]\nmin-versions = 0\n");
    insta::assert_snapshot!(found(&env, &check).join("\n"), @"note DEPRECATION_NO_ADD: field `shop.v1.Item.e` is new and deprecated");
    // What is deprecated in a branch only was told by no version.
    configured("[deprecation]\n");
    let lines = texts[2].replace("int32 d = 4;", "int32 d = 4 [deprecated = true];");
    env.write("proto/shop/v1/shop.proto", &lines);
    env.commit("deprecated");
    env.write("proto/shop/v1/shop.proto", &texts[2].replace("int32 d = 4;", ""));
    insta::assert_snapshot!(found(&env, &["--against", "HEAD"]).join("\n"), @r#"
    error DEPRECATION_BEFORE_DELETE: field 4 (`d`) of `shop.v1.Item` was removed, though no published version has it as deprecated: 1.2.2 may remove it at the earliest
    "#);
    // The list goes by the same terms.
    env.write("proto/shop/v1/shop.proto", &texts[2]);
    configured("[deprecation]\nmin-versions = 2\n");
    insta::assert_snapshot!(env.run(&["history", "--removable"]).out, @r#"
    may be removed
      shop.v1.Item.a = 1  deprecated since v1.1.0, 2 published versions
    not yet
      shop.v1.Item.c = 3  deprecated since v1.2.0, 1 published version
    1 of 2 deprecated elements may be removed
    "#);
    configured("[deprecation]\nmin-versions = \"two\"\n");
    assert_eq!(env.run(&["check", "--against", "latest"]).code, 2);
}

/// Days count from the tag of the first version that tells it.
#[test]
fn what_goes_before_its_day_is_an_error() {
    let texts = [
        shop("message Item { int32 a = 1; int32 b = 2 [deprecated = true]; }"),
        shop("message Item { int32 a = 1; }"),
    ];
    let files: Vec<[(&str, &str); 1]> = texts.iter().map(|text| [("shop.proto", &**text)]).collect();
    let env = versions(&files.iter().map(|files| &files[..]).collect::<Vec<_>>());
    let days = |days: u64| {
        let terms = format!(
            "[contract]\nroots = [\"proto\"]\n[check]\ndeny = []\n[deprecation]\nmin-days = {days}\n"
        );
        env.write("protopact.toml", &terms);
    };
    // Half a year after the commit.
    let later = |env: &TestEnv, args: &[&str]| {
        env.run_with(args, |io| io.now += std::time::Duration::from_secs(180 * 86_400))
    };
    let check = ["check", "--against", "latest"];
    days(180);
    assert_eq!(later(&env, &check).code, 0);
    let early = env.run(&check);
    assert_eq!(early.code, 1, "{early}");
    insta::assert_snapshot!(early.out, @r#"
    error[DEPRECATION_BEFORE_DELETE]: field 2 (`b`) of `shop.v1.Item` was removed, though it is
        deprecated only since v1.0.0: 1.0.1 may remove it at the earliest, and not before 2024-05-12
       old  proto/shop.proto:3:29 (tag v1.0.0)
       new  proto/shop.proto:3:1
     breaks wire (backward: lossy): what old writers send of it is dropped, and the number is free to be
            used for something else
     breaks json (backward: rejects): a new parser does not know the key `b`
     breaks source.go, source.java, source.python, source.rust (rejects): the generated field and its
            accessors are gone
        fix keep `shop.v1.Item.b` as it was, deprecated, until then
       more protopact rules DEPRECATION_BEFORE_DELETE · to accept it: protopact waive 238aef5b89d4
    1 error, 0 warnings, 0 notes · next version must be major (2.0.0)
    to see more: `--witness` for data that proves it, `--report html=report.html` for a page of it
    "#);
    days(181);
    assert_eq!(later(&env, &check).code, 1);
    env.write("proto/shop.proto", &texts[0]);
    let removable = later(&env, &["history", "--removable"]).out;
    assert!(removable.contains("0 of 1 deprecated element may be removed"), "{removable}");
    days(180);
    let removable = later(&env, &["history", "--removable"]).out;
    assert!(removable.contains("1 of 1 deprecated element may be removed"), "{removable}");
}

/// The configuration names the file once for `check` and `fix`: a number that only the file knows is given back to nothing else.
#[test]
fn the_configuration_names_the_file() {
    let env = untagged();
    let check = ["check", "--against", "HEAD", "--deny", "wire"];
    let named = env.run(&[&check[..], &["--history", "contract.history"]].concat());
    assert_eq!(named.code, 1, "{named}");
    let configured = |file: &str| {
        env.write(
            "protopact.toml",
            &format!("[contract]\nroots = [\"proto\"]\n[history]\nfile = \"{file}\"\n"),
        );
    };
    configured("contract.history");
    let told = env.run(&check);
    assert_eq!((told.out, told.code), (named.out, 1));
    // Number 3 was used as well, which neither side shows.
    let kept = env.read("contract.history");
    env.write("contract.history", &format!("{kept}message shop.v1.Item 3 lost string\n"));
    let fixed = env.run(&["fix", "--against", "HEAD", "--deny", "wire"]);
    assert_eq!(fixed.code, 0, "{fixed}");
    let text = env.read("proto/shop.proto");
    assert!(text.contains("bytes picture = 4;") && text.contains("reserved"), "{text}");
    // `history` takes the same where no file is named.
    let unlike = env.run(&["history", "--verify"]);
    assert_eq!(unlike.code, 1, "{unlike}");
    assert!(unlike.out.contains("in no version message shop.v1.Item 3 lost string"), "{unlike}");
    let written = env.run(&["history", "--write"]);
    assert!(written.code == 0 && written.err.contains("`contract.history` has"), "{written}");
    assert!(env.read("contract.history").contains("message shop.v1.Item 3 lost string\n"));
    assert_eq!(env.run(&["history", "shop.v1", "--write"]).code, 2);
    configured("none.history");
    let missing = env.run(&check);
    assert_eq!(missing.code, 4, "{missing}");
    assert!(missing.err.contains("cannot read `none.history`"), "{missing}");
    configured("../outside");
    assert_eq!(env.run(&check).code, 2);
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    insta::assert_snapshot!(env.run(&["history", "--write"]), @r#"
    --- stderr
    error: `--write` names no file, and no configuration does
    hint: `--write contract.history`, or `file = "contract.history"` under `[history]`
    --- exit 2
    "#);
}
