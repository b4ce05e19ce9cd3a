//! One contract against several earlier states.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::env::TestEnv;

const FILE: &str = "proto/a/v1/a.proto";

fn text(fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| format!("  {field}\n")).collect();
    format!("syntax = \"proto3\";\npackage a.v1;\n\nmessage M {{\n{}}}\n", fields.concat())
}

/// Four versions and a working tree. What is gone in it came and went at different times.
fn versions() -> TestEnv {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    let release = |tag: &str, fields: &[&str]| {
        env.write(FILE, &text(fields));
        env.commit(tag);
        env.tag(tag);
    };
    release("v1.0.0", &["string id = 1;", "string note = 2;", "int32 size = 3;"]);
    release("v1.2.0", &["string id = 1;", "string note = 2;", "int32 size = 3;", "string late = 4;"]);
    // The order is that of versions, not of text.
    release("v1.10.0", &["string id = 1;", "int32 size = 3;", "string late = 4;"]);
    release("v2.0.0", &["string id = 1;", "int32 size = 3;"]);
    env.tag("v1");
    env.write(FILE, &text(&["string id = 1;", "sint32 size = 3;"]));
    env
}

#[test]
fn what_breaks_several_versions_is_told_once() {
    let env = versions();
    insta::assert_snapshot!(env.run(&["check", "--against", "tag:v*", "--deny", "wire"]), @r#"
    error[FIELD_NO_DELETE]: field 2 (`note`) of `a.v1.M` was removed
     breaks v1.0.0, v1.2.0
       old  proto/a/v1/a.proto:6:3 (tag v1.2.0)
       new  proto/a/v1/a.proto:4:1
     breaks wire (backward: lossy): what old writers send of it is dropped, and the number is free to be
            used for something else
     breaks json (backward: rejects): a new parser does not know the key `note`
     breaks source.go, source.java, source.python, source.rust (rejects): the generated field and its
            accessors are gone
        fix restore `note = 2` with `[deprecated = true]`; in a later version remove it and add
            `reserved 2; reserved "note";`
       more protopact rules FIELD_NO_DELETE · to accept it: protopact waive 98b591c61b00
    error[FIELD_NO_DELETE]: field 4 (`late`) of `a.v1.M` was removed
     breaks v1.2.0, v1.10.0
       old  proto/a/v1/a.proto:7:3 (tag v1.10.0)
       new  proto/a/v1/a.proto:4:1
     breaks wire (backward: lossy): what old writers send of it is dropped, and the number is free to be
            used for something else
     breaks json (backward: rejects): a new parser does not know the key `late`
     breaks source.go, source.java, source.python, source.rust (rejects): the generated field and its
            accessors are gone
        fix restore `late = 4` with `[deprecated = true]`; in a later version remove it and add
            `reserved 4; reserved "late";`
       more protopact rules FIELD_NO_DELETE · to accept it: protopact waive cedd6b9a28e7
    error[FIELD_SAME_TYPE]: field 3 (`size`) of `a.v1.M` was `int32`, is now `sint32`
     breaks v1.0.0 … v2.0.0
       old  proto/a/v1/a.proto:6:3 (tag v2.0.0)
       new  proto/a/v1/a.proto:6:3
     breaks wire (both ways: corrupt): only one of the two is zigzag encoded: almost every number is
            read as another one
        fix keep `size` as `int32` and add a field of type `sint32` with number 4
       more protopact rules FIELD_SAME_TYPE · to accept it: protopact waive 8ed9c2302a3e
    3 errors, 0 warnings, 0 notes · against v1.0.0 … v2.0.0 · next version must be major (3.0.0)
    to see more: `--witness` for data that proves it, `--report html=report.html` for a page of it
    --- stderr
    note: `tag:v*` leaves out 1 tag without the shape of versions, `v{version}`: `v1`
    --- exit 1
    "#);
    // The same by name.
    let by_name = [
        "check",
        "--against",
        "v1.0.0",
        "--against",
        "v1.2.0",
        "--against",
        "v1.10.0",
        "--against",
        "v2.0.0",
    ];
    let by_name = env.run(&[&by_name[..], &["--deny", "wire"]].concat());
    let by_glob = env.run(&["check", "--against", "tag:v[12].*", "--deny", "wire"]);
    assert_eq!((by_name.out, by_name.code), (by_glob.out, by_glob.code));
}

#[test]
fn warnings_of_many_versions_are_one_note() {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    env.write("proto/b.proto", "syntax = \"proto3\";\npackage b;\n");
    for number in 0..6 {
        env.write(
            FILE,
            &text(&[&format!("string id = 1; // {number}")]).replace("\n\nm", "\nimport \"b.proto\";\nm"),
        );
        env.commit("next");
        env.tag(&format!("v1.{number}.0"));
    }
    env.write(FILE, &text(&["bytes id = 1;"]).replace("\n\nm", "\nimport \"b.proto\";\nm"));
    let told = env.run(&["check", "--against", "tag:v*", "--deny", "wire"]);
    insta::assert_snapshot!(told.err, @"
    note: the sources compile with 1 warning in the working tree, 1 warning in tag `v1.0.0`, 1 warning
      in tag `v1.1.0`, and some in 4 other states: `--warnings` shows them
    ");
    let told = env.run(&["check", "--against", "tag:v*", "--deny", "wire", "--warnings"]);
    assert_eq!(told.err.matches("warning: Import b.proto is unused").count(), 7, "{told}");
}

#[test]
fn programs_are_told_which_versions_break() {
    let env = versions();
    let json = env.run(&["check", "--against", "tag:v1.*", "--deny", "wire", "--format", "json"]);
    let report: Value = serde_json::from_str(&json.out).unwrap();
    let names = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&report["baselines"]), ["v1.0.0", "v1.2.0", "v1.10.0"]);
    assert_eq!(report["old"]["version"], "1.10.0");
    let breaks = |symbol: &str| {
        let found = report["findings"].as_array().unwrap().iter().filter(|f| f["symbol"] == symbol);
        found.map(|f| f["breaks"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(breaks("a.v1.M.note"), [serde_json::json!(["v1.0.0", "v1.2.0"])]);
    assert_eq!(breaks("a.v1.M.late"), [serde_json::json!(["v1.2.0", "v1.10.0"])]);
    assert_eq!(breaks("a.v1.M.size"), [serde_json::json!(["v1.0.0", "v1.2.0", "v1.10.0"])]);
    // Against one state the keys are not there.
    for against in ["v1.0.0", "tag:v1.0.*"] {
        let one = env.run(&["check", "--against", against, "--deny", "wire", "--format", "json"]);
        assert!(!one.out.contains("baselines") && !one.out.contains("\"breaks\":["), "{one}");
    }
}

/// What is found against several versions at once is what is found against each of them by itself.
#[test]
fn each_version_by_itself_says_what_all_say_of_it() {
    let env = versions();
    let found = |against: &str| -> Vec<Value> {
        let out = env.run(&["check", "--against", against, "--use", "FILE", "--format", "json"]).out;
        let report: Value = serde_json::from_str(&out).unwrap();
        report["findings"].as_array().unwrap().clone()
    };
    let key = |finding: &Value| (finding["rule"].to_string(), finding["fingerprint"].to_string());
    let all = found("tag:v[12].*");
    assert!(!all.is_empty());
    for tag in ["v1.0.0", "v1.2.0", "v1.10.0", "v2.0.0"] {
        let breaks = |finding: &&Value| finding["breaks"].as_array().unwrap().contains(&tag.into());
        let mut together: Vec<_> = all.iter().filter(breaks).map(key).collect();
        let mut alone: Vec<_> = found(tag).iter().map(key).collect();
        together.sort();
        alone.sort();
        assert_eq!(together, alone, "{tag}");
    }
}

/// Five versions and a working tree of three files that import each other, after random edits: fields and messages come,
/// go, and come back as something else.
fn random_versions(mut seed: u64) -> TestEnv {
    let mut below = |most: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((seed >> 33) as usize) % most
    };
    let mut messages: BTreeMap<(usize, usize), BTreeMap<usize, String>> = BTreeMap::new();
    for file in 0..3 {
        messages.insert((file, 0), BTreeMap::new());
    }
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\".\"]\n");
    for version in 0..6 {
        for _ in 0..if version == 0 { 30 } else { 4 } {
            let of = (below(3), below(2));
            // The first message is always there, for others to hold.
            if of.1 == 1 && below(5) == 0 {
                messages.remove(&of);
                continue;
            }
            let (number, name) = (1 + below(5), ["id", "note", "size"][below(3)]);
            let kind = ["string", "int32", "repeated int64", "M"][below(4)];
            let kind = if kind == "M" { format!("p{}.M0", below(of.0 + 1)) } else { kind.to_owned() };
            let fields = messages.entry(of).or_default();
            if fields.remove(&number).is_none() || below(2) == 0 {
                fields.insert(number, format!("{kind} {name}_{number}"));
            }
        }
        for file in 0..3 {
            let mut text = format!("syntax = \"proto3\";\npackage p{file};\n");
            let own = || messages.iter().filter(|(of, _)| of.0 == file);
            for other in 0..file {
                let holds =
                    |fields: &BTreeMap<_, String>| fields.values().any(|f| f.contains(&format!("p{other}.")));
                if own().any(|(_, fields)| holds(fields)) {
                    text += &format!("import \"f{other}.proto\";\n");
                }
            }
            for ((_, message), fields) in own() {
                let fields: String =
                    fields.iter().map(|(number, field)| format!("  {field} = {number};\n")).collect();
                text += &format!("message M{message} {{\n{fields}}}\n");
            }
            env.write(&format!("f{file}.proto"), &text);
        }
        if version < 5 {
            env.commit(&version.to_string());
            env.tag(&format!("v1.{version}.0"));
        }
    }
    env
}

/// What is read for one version serves the others, and nobody notices.
#[test]
fn random_versions_are_told_as_each_by_itself() {
    for seed in 0..4 {
        let env = random_versions(seed);
        let found = |against: &str| -> Vec<Value> {
            let args = ["check", "--against", against, "--deny", "wire,json,source", "--format", "json"];
            let out = env.run(&args);
            let report: Value =
                serde_json::from_str(&out.out).unwrap_or_else(|e| panic!("{seed}: {e}: {out}"));
            report["findings"].as_array().unwrap().clone()
        };
        let key = |finding: &Value| (finding["rule"].to_string(), finding["fingerprint"].to_string());
        let all = found("tag:v1.*");
        assert!(all.len() > 5, "{seed}: {}", all.len());
        for number in 0..5 {
            let tag = format!("v1.{number}.0");
            let breaks =
                |finding: &&Value| finding["breaks"].as_array().unwrap().contains(&tag.as_str().into());
            let mut together: Vec<_> = all.iter().filter(breaks).map(key).collect();
            let single = found(&tag);
            let mut alone: Vec<_> = single.iter().map(key).collect();
            together.sort();
            alone.sort();
            assert_eq!(together, alone, "{seed}: {tag}");
            // Of what is as loud everywhere, the newest version is shown, with what earlier versions say of it.
            for finding in all.iter().filter(breaks).filter(|_| number == 4) {
                let own = single.iter().find(|own| key(own) == key(finding)).unwrap();
                if own["level"] == finding["level"] {
                    assert_eq!(own["message"], finding["message"], "{seed}");
                }
            }
        }
    }
}

#[test]
fn the_set_aside_and_the_whole_contract_give_the_same() {
    let env = versions();
    env.write("proto/a/v1/b.proto", "syntax = \"proto3\";\npackage a.v1;\n\nmessage Other {\n}\n");
    for format in ["text", "json", "sarif", "html"] {
        let args = ["check", "--against", "tag:v*", "--against", "HEAD", "--format", format];
        let (part, whole) = (env.run(&args), env.run(&[&args[..], &["--all"]].concat()));
        assert_eq!((&part.out, part.code), (&whole.out, whole.code), "{format}");
    }
}

#[test]
fn a_break_accepted_against_some_versions_counts_against_the_others() {
    let env = versions();
    let found = env.run(&["check", "--against", "tag:v*", "--deny", "wire", "--format", "json"]);
    let report: Value = serde_json::from_str(&found.out).unwrap();
    let size = report["findings"].as_array().unwrap().iter().find(|f| f["symbol"] == "a.v1.M.size").unwrap();
    let waiver = |until: &str| {
        format!(
            "[contract]\nroots = [\"proto\"]\n[[waiver]]\nfinding = {}\nreason = \"unused\"\nuntil = \"{until}\"\n",
            size["fingerprint"]
        )
    };
    let standing = |against: &str| {
        let out = env.run(&["check", "--against", against, "--deny", "wire", "--format", "json"]).out;
        let report: Value = serde_json::from_str(&out).unwrap();
        let size =
            report["findings"].as_array().unwrap().iter().find(|f| f["symbol"] == "a.v1.M.size").unwrap();
        (size["standing"].as_str().unwrap().to_owned(), size["breaks"].as_array().map_or(0, Vec::len))
    };
    // From 2.0.0 on it counts again.
    env.write("protopact.toml", &waiver("2.0.0"));
    assert_eq!(standing("tag:v1.*"), ("waived".to_owned(), 3));
    assert_eq!(standing("tag:v*"), ("open".to_owned(), 4));
    env.write("protopact.toml", &waiver("3.0.0"));
    assert_eq!(standing("tag:v*"), ("waived".to_owned(), 4));
}

#[test]
fn what_cannot_be_compared_with_is_an_error() {
    let env = versions();
    insta::assert_snapshot!(env.run(&["check", "--against", "tag:v3.*"]), @"
    --- stderr
    error: source `tag:v3.*`: matches no tag
    hint: there are 4 versions, the last of them `v2.0.0`
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["diff", "tag:v1.*", "."]), @"
    --- stderr
    error: there are several states to compare with: `tag:v1.*`
    hint: name one of them: `--against latest`
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["check", "-", "--against", "tag:v1.*"]), @"
    --- stderr
    error: standard input can be read only once, and is to be compared with several states
    hint: write it to a file
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["check", "--against", "tag:v1.*", "--against", "v9"]), @"
    --- stderr
    error: `v9` is neither a revision nor an existing directory or file
      caused by: revision `v9` does not exist in the repository at `[work]`
    hint: did you mean `v1`
    --- exit 2
    ");
    env.write(FILE, "syntax = \"proto3\";\npackage a.v1;\n\nmessage M {\n");
    env.commit("broken");
    env.tag("v2.1.0");
    env.write(FILE, &text(&["string id = 1;"]));
    let all = env.run(&["check", "--against", "tag:v2.*"]);
    assert_eq!(all.code, 3, "{all}");
    assert!(all.err.contains("tag `v2.1.0`") && all.err.contains("name the states without it"), "{all}");
}

/// However many are compared with at once.
#[test]
fn of_several_states_that_cannot_be_read_the_first_one_is_told() {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    for number in 0..12 {
        let broken = number % 4 == 3;
        let text = text(&["string id = 1;", &format!("string f{number} = 2;")]);
        env.write(FILE, if broken { "message {" } else { &text });
        env.commit("next");
        env.tag(&format!("v1.{number}.0"));
    }
    env.write(FILE, &text(&["string id = 1;"]));
    for _ in 0..5 {
        let told = env.run(&["check", "--against", "tag:v1.*"]);
        assert_eq!(told.code, 3, "{told}");
        assert!(told.err.contains("tag `v1.3.0`") && !told.err.contains("v1.7.0"), "{told}");
    }
}

#[test]
fn each_way_of_naming_counts_once() {
    let env = versions();
    let args =
        ["check", "--against", "latest", "--against", "tag:v2.*", "--against", "v2.0.0", "--deny", "wire"];
    let (twice, once) = (env.run(&args), env.run(&["check", "--against", "v2.0.0", "--deny", "wire"]));
    assert_eq!((twice.out, twice.code), (once.out, once.code));
}

#[test]
fn the_configuration_may_name_several_states() {
    let env = versions();
    let roots = "[contract]\nroots = [\"proto\"]\n";
    let found = |env: &TestEnv, args: &[&str]| -> Vec<(String, Value)> {
        let out = env.run(&[&["check", "--format", "json"], args].concat());
        let report: Value = serde_json::from_str(&out.out).unwrap_or_else(|e| panic!("{e}: {out}"));
        let all = report["findings"].as_array().unwrap().iter();
        all.map(|f| (f["symbol"].as_str().unwrap().to_owned(), f["breaks"].clone())).collect()
    };
    let all = found(&env, &["--against", "tag:v[12].*", "--deny", "wire"]);
    env.write(
        "protopact.toml",
        &format!("{roots}[check]\ndeny = [\"wire\"]\nagainst = [\"tag:v1.*\", \"latest\"]\n"),
    );
    assert_eq!(found(&env, &[]), all);
    // A flag names others.
    assert_eq!(found(&env, &["--against", "tag:v[12].*"]), all);
    // Each with what counts against it: nobody minds what is dropped going forward, and a deletion is nothing else.
    let tables = "[[check.against]]\nsource = \"latest\"\ndeny = [\"wire\"]\n\
                  [[check.against]]\nsource = \"tag:v1.*\"\ndeny = [\"wire\"]\nmode = \"forward\"\n";
    env.write("protopact.toml", &format!("{roots}{tables}"));
    let four = serde_json::json!(["v2.0.0", "v1.0.0", "v1.2.0", "v1.10.0"]);
    assert_eq!(found(&env, &[]), [("a.v1.M.size".to_owned(), four)]);
    // A flag wins over what a table says.
    assert_eq!(found(&env, &["--mode", "backward"]).len(), 3);
    assert_eq!(found(&env, &["--use", "FIELD_SAME_TYPE"]).len(), 1);
    insta::assert_snapshot!(env.run(&["fix"]), @"
    --- stderr
    error: there are several states to compare with: `latest`, `tag:v1.*`
    hint: name one of them: `--against latest`
    --- exit 2
    ");
    // Findings of all of them can be accepted.
    let list = env.run(&["waive", "--list"]);
    assert_eq!(list.code, 0, "{list}");
}

#[test]
fn a_transitive_mode_is_about_every_published_version() {
    let env = versions();
    env.tag("v3.0.0-rc.1");
    let against = |args: &[&str]| -> Vec<String> {
        let out = env.run(&[&["check", "--deny", "wire", "--format", "json"], args].concat());
        let report: Value = serde_json::from_str(&out.out).unwrap_or_else(|e| panic!("{e}: {out}"));
        let several = report["baselines"].as_array().cloned().unwrap_or_default();
        several.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = ["v1.0.0", "v1.2.0", "v1.10.0", "v2.0.0"];
    assert_eq!(against(&["--mode", "backward-transitive"]), all);
    assert_eq!(against(&["--mode", "backward-transitive", "--against", "tag:v1.*"]), all[..3]);
    assert_eq!(against(&["v2.0.0", "--mode", "full-transitive"]), all[..3]);
    assert!(against(&["--mode", "backward", "--against", "latest"]).is_empty());
    // A single state in the configuration is not all versions.
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n[check]\nagainst = \"latest\"\n");
    assert_eq!(against(&["--mode", "forward-transitive"]), all);
    env.write(
        "protopact.toml",
        "[contract]\nroots = [\"proto\"]\n[check]\nagainst = [\"main\", \"v1.0.0\"]\n",
    );
    assert_eq!(against(&["--mode", "forward-transitive"]), ["main", "v1.0.0"]);
    insta::assert_snapshot!(env.run(&["check", "v1.0.0", "--mode", "backward-transitive"]), @"
    --- stderr
    error: source `tag:*`: no version is published, or none below the new side
    hint: versions are tags like `v{version}`; or name the states: `--against main`
    --- exit 2
    ");
}
