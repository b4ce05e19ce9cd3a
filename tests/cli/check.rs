//! `protopact check`.

use serde_json::Value;

use crate::env::{TestEnv, leftovers};

const OLD: &str = r#"syntax = "proto3";
package pay.v1;

service Charges {
  rpc Get(GetRequest) returns (Charge);
  rpc Watch(GetRequest) returns (stream Charge);
}

message GetRequest {
  string id = 1;
}

message Charge {
  string id = 1;
  int32 amount = 2;
  string note = 3;
}
"#;

/// A repository with a version, and a working tree that breaks it.
fn broken() -> TestEnv {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    env.write("proto/pay/v1/pay.proto", OLD);
    env.commit("first");
    env.tag("v1.4.0");
    let new = OLD.replace("int32 amount", "sint32 amount").replace("  string note = 3;\n", "");
    env.write("proto/pay/v1/pay.proto", &new);
    env
}

#[test]
fn says_what_breaks_for_whom_and_what_to_do() {
    insta::assert_snapshot!(broken().run(&["check", "--against", "latest"]), @r#"
    error[FIELD_NO_DELETE]: field 3 (`note`) of `pay.v1.Charge` was removed
       old  proto/pay/v1/pay.proto:16:3 (tag v1.4.0)
       new  proto/pay/v1/pay.proto:13:1
     breaks wire (backward: lossy): what old writers send of it is dropped, and the number is free to be
            used for something else
     breaks json (backward: rejects): a new parser does not know the key `note`
     breaks source.go, source.java, source.python, source.rust (rejects): the generated field and its
            accessors are gone
    affects pay.v1.Charges.Get (response), pay.v1.Charges.Watch (response)
        fix restore `note = 3` with `[deprecated = true]`; in a later version remove it and add
            `reserved 3; reserved "note";`
       more protopact rules FIELD_NO_DELETE · to accept it: protopact waive aebe21be72e1
    error[FIELD_SAME_TYPE]: field 2 (`amount`) of `pay.v1.Charge` was `int32`, is now `sint32`
       old  proto/pay/v1/pay.proto:15:3 (tag v1.4.0)
       new  proto/pay/v1/pay.proto:15:3
     breaks wire (both ways: corrupt): only one of the two is zigzag encoded: almost every number is
            read as another one
    affects pay.v1.Charges.Get (response), pay.v1.Charges.Watch (response)
        fix keep `amount` as `int32` and add a field of type `sint32` with number 4
       more protopact rules FIELD_SAME_TYPE · to accept it: protopact waive 43723f09cb46
    2 errors, 0 warnings, 0 notes · next version must be major (2.0.0)
    to see more: `--witness` for data that proves it, `--report html=report.html` for a page of it
    --- exit 1
    "#);
}

#[test]
fn a_witness_is_shown_where_it_is_asked_for() {
    let args = ["check", "--against", "latest", "--deny", "wire,json", "--witness"];
    insta::assert_snapshot!(broken().run(&args), @r#"
    error[FIELD_NO_DELETE]: field 3 (`note`) of `pay.v1.Charge` was removed
       old  proto/pay/v1/pay.proto:16:3 (tag v1.4.0)
       new  proto/pay/v1/pay.proto:13:1
     breaks wire (backward: lossy): what old writers send of it is dropped, and the number is free to be
            used for something else
     breaks json (backward: rejects): a new parser does not know the key `note`
     breaks source.go, source.java, source.python, source.rust (rejects): the generated field and its
            accessors are gone
    affects pay.v1.Charges.Get (response), pay.v1.Charges.Watch (response)
    witness written by v1.4.0: `1a 01 61` means note = "a"; read by the new version: an empty message
    witness written by v1.4.0: `{"note":"a"}`; read by the new version: an error: `note`: the key is not
            known
        fix restore `note = 3` with `[deprecated = true]`; in a later version remove it and add
            `reserved 3; reserved "note";`
       more protopact rules FIELD_NO_DELETE · to accept it: protopact waive aebe21be72e1
    error[FIELD_SAME_TYPE]: field 2 (`amount`) of `pay.v1.Charge` was `int32`, is now `sint32`
       old  proto/pay/v1/pay.proto:15:3 (tag v1.4.0)
       new  proto/pay/v1/pay.proto:15:3
     breaks wire (both ways: corrupt): only one of the two is zigzag encoded: almost every number is
            read as another one
    affects pay.v1.Charges.Get (response), pay.v1.Charges.Watch (response)
    witness written by v1.4.0: `10 01` means amount = 1; read by the new version: amount = -1
    witness written by the new version: `10 02` means amount = 1; read by v1.4.0: amount = 2
        fix keep `amount` as `int32` and add a field of type `sint32` with number 4
       more protopact rules FIELD_SAME_TYPE · to accept it: protopact waive 43723f09cb46
    2 errors, 0 warnings, 0 notes · next version must be major (2.0.0)
    to see more: `--report html=report.html` for a page of it
    --- exit 1
    "#);
    let json = broken().run(&["check", "--against", "latest", "--witness", "--format", "json"]);
    let report: Value = serde_json::from_str(&json.out).unwrap();
    let proof = &report["findings"][1]["witnesses"][0];
    assert_eq!(proof["bytes"], "10 01");
    assert_eq!(proof["status"], "confirmed");
    assert_eq!(proof["reads"][0]["readers"], serde_json::json!(["Go", "Java", "Python", "Rust"]));
    let without = broken().run(&["check", "--against", "latest", "--format", "json"]);
    assert!(!without.out.contains("witnesses"));
}

#[test]
fn a_clean_change_is_one_line() {
    let env = broken();
    env.write("proto/pay/v1/pay.proto", &OLD.replace("note = 3;", "note = 3;\n  string currency = 4;"));
    insta::assert_snapshot!(env.run(&["check", "--against", "v1.4.0"]), @"
    no findings · 1 change · next version can be minor (1.5.0)
    --- stderr
    note: new field and enum numbers may have been used before: no earlier version was published, that
      is no tag like `v{version}`
    --- exit 0
    ");
    env.write("proto/pay/v1/pay.proto", OLD);
    insta::assert_snapshot!(env.run(&["breaking", "--against", "main"]), @"
    no findings · 0 changes
    --- exit 0
    ");
}

#[test]
fn lines_for_tools_that_read_buf() {
    let env = broken();
    let args = ["check", "--against", "main", "--use", "FILE", "--exit-code-style", "buf"];
    insta::assert_snapshot!(env.run(&[&args[..], &["--format", "buf-json"]].concat()), @r#"
    {"path":"proto/pay/v1/pay.proto","start_line":13,"start_column":1,"end_line":16,"end_column":2,"type":"FIELD_NO_DELETE","message":"field 3 (`note`) of `pay.v1.Charge` was removed"}
    {"path":"proto/pay/v1/pay.proto","start_line":15,"start_column":3,"end_line":15,"end_column":9,"type":"FIELD_SAME_TYPE","message":"field 2 (`amount`) of `pay.v1.Charge` was `int32`, is now `sint32`"}
    --- exit 100
    "#);
    let alias = env.run(&[&args[..], &["--error-format", "json"]].concat());
    assert_eq!(alias.to_string(), env.run(&[&args[..], &["--format", "buf-json"]].concat()).to_string());
    insta::assert_snapshot!(env.run(&[&args[..], &["--error-format", "text"]].concat()), @"
    proto/pay/v1/pay.proto:13:1:field 3 (`note`) of `pay.v1.Charge` was removed
    proto/pay/v1/pay.proto:15:3:field 2 (`amount`) of `pay.v1.Charge` was `int32`, is now `sint32`
    --- exit 100
    ");
}

#[test]
fn a_version_is_one_however_it_is_named() {
    let env = broken();
    let commit = env.head();
    for name in ["v1.4.0", "tags/v1.4.0", "refs/tags/v1.4.0", &commit, &commit[..8]] {
        let output = env.run(&["check", "--against", name]);
        assert!(output.out.contains("(tag v1.4.0)"), "{name}: {output}");
        assert!(output.out.contains("next version must be major (2.0.0)"), "{name}: {output}");
        let report: Value =
            serde_json::from_str(&env.run(&["check", "--against", name, "--format", "json"]).out).unwrap();
        assert_eq!(report["old"], serde_json::json!({"label": "tag `v1.4.0`", "version": "1.4.0"}));
    }
    let output = env.run(&["check", "--against", "main"]);
    assert!(output.out.contains("(branch main)"), "{output}");
    assert!(output.out.contains("next version must be major\n"), "{output}");
    env.tag("v1.5.0");
    let output = env.run(&["check", "--against", &commit]);
    let said = output.err.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("is taken as tag `v1.5.0`, the highest version there; also `v1.4.0`"), "{output}");
    assert!(output.out.contains("(2.0.0)"), "{output}");
}

#[test]
fn json_is_the_whole_report() {
    let env = broken();
    let output = env.run(&["check", "--against", "latest", "--format", "json"]);
    assert_eq!(output.code, 1, "{output}");
    let report: Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(report["old"], serde_json::json!({"label": "tag `v1.4.0`", "version": "1.4.0"}));
    assert_eq!(report["new"], serde_json::json!({"label": "working tree"}));
    assert_eq!(report["summary"]["bump"], "major");
    assert_eq!(report["summary"]["next_version"], "2.0.0");
    assert_eq!(
        report["summary"]["errors"].as_u64().unwrap() as usize,
        report["findings"].as_array().unwrap().len()
    );
    let kinds: Vec<_> = report["changes"].as_array().unwrap().iter().map(|c| c["change"].clone()).collect();
    assert_eq!(kinds, ["field-type-changed", "field-removed"]);
    assert_eq!(report["findings"][0]["new"]["path"], "proto/pay/v1/pay.proto");
}

#[test]
fn reports_go_to_files_as_well() {
    let env = broken();
    let args =
        ["check", "--against", "main", "--report", "json=out.json", "--report", "buf-json=lines.json", "-q"];
    let output = env.run(&args);
    assert_eq!(output.to_string(), env.run(&["check", "--against", "main", "-q"]).to_string());
    let json = env.run(&["check", "--against", "main", "--format", "json"]);
    assert_eq!(env.read("out.json"), json.out);
    assert_eq!(env.read("lines.json").lines().count(), 2);
    assert_eq!(leftovers(&env.work()), Vec::<String>::new());
    insta::assert_snapshot!(env.run(&["check", "--against", "main", "--report", "json=no/such/dir/r.json"]), @"
    --- stderr
    error: cannot write `no/such/dir/r.json`
      caused by: No such file or directory (os error 2)
    --- exit 4
    ");
    insta::assert_snapshot!(env.run(&["check", "--against", "main", "--report", "pdf=r"]), @"
    --- stderr
    error: invalid value 'pdf=r' for '--report <FORMAT=PATH>': there is no format `pdf`; there are `text`, `json`, `sarif`, `junit`, `github`, `gitlab`, `markdown`, `html`, `buf-json`

    For more information, try '--help'.
    --- exit 2
    ");
}

#[test]
fn one_run_writes_every_format() {
    let env = broken();
    // Text is wrapped on a terminal only.
    let formats = ["json", "sarif", "junit", "github", "gitlab", "markdown", "html", "buf-json"];
    let targets: Vec<String> = formats.iter().map(|format| format!("{format}=out.{format}")).collect();
    let mut args = vec!["check", "--against", "main", "-q"];
    args.extend(targets.iter().flat_map(|target| ["--report", target.as_str()]));
    assert_eq!(env.run(&args).code, 1);
    for format in formats {
        // Each is what the run prints in that format.
        let printed = env.run(&["check", "--against", "main", "-q", "--format", format]).out;
        let written = env.read(&format!("out.{format}")).replace(env!("CARGO_PKG_VERSION"), "[version]");
        assert_eq!(written, printed, "{format}");
    }
    // The page has the lines of both sides, and what is marked in them.
    let page = env.read("out.html");
    assert!(page.contains("<mark>"), "{page}");
}

#[test]
fn what_is_minded_can_be_said_by_flags() {
    let env = broken();
    let rules = |args: &[&str]| {
        let output = env.run(&[&["check", "--against", "main", "--format", "buf-json", "-q"], args].concat());
        let rules = output
            .out
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned());
        (rules.collect::<Vec<_>>().join(" "), output.code)
    };
    let is = |args: &[&str], expected: &str, code| {
        assert_eq!(rules(args), (expected.to_owned(), code), "{args:?}");
    };
    is(&["--deny", "rpc"], "", 0);
    is(&["--use", "FIELD_SAME_TYPE"], "FIELD_SAME_TYPE", 1);
    is(&["--use", "FIELD_SAME_TYPE,FIELD_NO_DELETE", "--except", "FIELD_NO_DELETE"], "FIELD_SAME_TYPE", 1);
    is(&["--use", "FILE", "--ignore", "proto/pay"], "", 0);
    is(&["--use", "FILE", "--ignore", "**/pay.proto"], "", 0);
    is(&["--path", "proto/pay/v1/pay.proto", "--deny", "rpc"], "", 0);
    is(&["--exclude-path", "proto/pay"], "", 0);
    is(
        &["--config", "{version: v2, modules: [{path: proto}], breaking: {use: [FIELD_SAME_TYPE]}}"],
        "FIELD_SAME_TYPE",
        1,
    );
}

#[test]
fn nothing_to_compare_with() {
    let env = TestEnv::new();
    env.write("a.proto", "syntax = \"proto3\";\n");
    insta::assert_snapshot!(env.run(&["check"]), @r#"
    --- stderr
    error: there is nothing to compare with
    hint: name it: `--against main`, `--against latest`, `--against ../other`
    hint: in a pipeline of GitHub, GitLab or Jenkins: `--against ci`
    hint: or say it once, in protopact.toml: `against = "latest"` under `[check]`
    --- exit 2
    "#);
}

#[test]
fn names_that_lead_nowhere() {
    let env = broken();
    insta::assert_snapshot!(env.run(&["check", "--against", "v1.4.1"]), @"
    --- stderr
    error: `v1.4.1` is neither a revision nor an existing directory or file
      caused by: revision `v1.4.1` does not exist in the repository at `[work]`
    hint: did you mean `v1.4.0`
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["check", "nosuch", "--against", "main"]), @"
    --- stderr
    error: `nosuch` is neither a revision nor an existing directory or file
      caused by: revision `nosuch` does not exist in the repository at `[work]`
    hint: `git branch -a` and `git tag` list what there is
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["check", "--against", "main", "--path", "proto/other"]), @"
    --- stderr
    error: path `proto/other` names no file of the contract
    hint: paths are relative to the working directory, or import paths
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["check", "--against", "main", "--deny", "wires"]), @"
    --- stderr
    error: --deny: unknown lens `wires`
    hint: did you mean `wire`?
    --- exit 2
    ");
    insta::assert_snapshot!(env.run(&["check", "--against", "main", "--use", "FIELD_SAME_TIPE"]), @"
    --- stderr
    error: --use: there is no rule or category `FIELD_SAME_TIPE`
    hint: did you mean `FIELD_SAME_TYPE`?
    --- exit 2
    ");
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n[check]\nuse = [\"NOT_A_RULE\"]\n");
    insta::assert_snapshot!(env.run(&["check", "--against", "main"]), @"
    --- stderr
    error: protopact.toml:4:8: there is no rule or category `NOT_A_RULE`
    hint: list them with `protopact rules`
    --- exit 2
    ");
    env.write("protopact.toml", "[contract]\nrots = [\"proto\"]\n");
    insta::assert_snapshot!(env.run(&["check", "--against", "main"]), @"
    --- stderr
    error: [work]/protopact.toml:2:1: unknown key `rots`
    hint: did you mean `roots`?
    --- exit 2
    ");
}

#[test]
fn sources_that_do_not_compile() {
    let env = broken();
    let bad = OLD.replace("int32 amount", "int33 amount").replace("string note = 3", "string note = 2");
    env.write("proto/pay/v1/pay.proto", &bad);
    let output = env.run(&["check", "--against", "main"]);
    assert_eq!((output.code, output.out.as_str()), (3, ""), "{output}");
    assert!(output.err.contains("proto/pay/v1/pay.proto:15:3: "), "{output}");
    assert!(output.err.contains("error: the sources do not compile: "), "{output}");
    let lines =
        env.run(&["check", "--against", "main", "--error-format", "json", "--exit-code-style", "buf"]);
    assert_eq!(lines.code, 100);
    let first: Value = serde_json::from_str(lines.out.lines().next().unwrap()).unwrap();
    assert_eq!((&first["type"], &first["path"]), (&"COMPILE".into(), &"proto/pay/v1/pay.proto".into()));
    assert_eq!(first["start_line"], 15);
}

#[test]
fn a_deleted_file_can_be_out_of_the_comparison() {
    let env = broken();
    env.write("proto/pay/v1/pay.proto", OLD);
    env.write("proto/pay/v1/gone.proto", "syntax = \"proto3\";\npackage pay.v1;\nmessage Gone {}\n");
    env.commit("with another file");
    env.remove("proto/pay/v1/gone.proto");
    let gone = env.run(&["check", "--against", "main", "--use", "FILE", "--format", "buf-json", "-q"]);
    assert!(gone.out.starts_with(r#"{"start_line":1,"#) && gone.out.contains("FILE_NO_DELETE"), "{gone}");
    let limited = env.run(&["check", "--against", "main", "--use", "FILE", "--limit-to-input-files", "-q"]);
    assert_eq!(limited.code, 0, "{limited}");
}

#[test]
fn flags_of_buf_are_taken() {
    let env = broken();
    let plain = env.run(&["check", "--against", "main"]);
    let flags = ["--exclude-imports", "--disable-symlinks", "--all", "--no-progress"];
    let output = env.run(&[&["breaking", ".", "--against", ".git#branch=main"], &flags[..]].concat());
    assert_eq!(output.code, plain.code, "{output}");
    assert_eq!(output.out.lines().last(), plain.out.lines().last());
}

#[test]
fn a_direction_of_a_lens_may_be_denied_alone() {
    let env = TestEnv::new();
    env.write("old/a.proto", "syntax = \"proto3\";\nmessage A { int32 a = 1; }\n");
    env.write("new/a.proto", "syntax = \"proto3\";\nmessage A { int32 a = 1; int32 b = 2; }\n");
    let added = |deny: &str| env.run(&["check", "new", "--against", "./old", "--deny", deny]).code;
    assert_eq!((added("json"), added("json.backward"), added("json.forward")), (0, 0, 1));
    assert_eq!(added("source.go.forward"), 2);
}

#[test]
fn a_mode_is_the_direction_of_every_denied_lens() {
    let env = TestEnv::new();
    env.write("small/a.proto", "syntax = \"proto3\";\nmessage A { int32 a = 1; }\n");
    env.write("large/a.proto", "syntax = \"proto3\";\nmessage A { int32 a = 1; int32 b = 2; }\n");
    let check = |new: &str, old: &str, more: &[&str]| {
        env.run(&[&["check", new, "--against", old], more].concat()).code
    };
    let grown = |more: &[&str]| check("large", "./small", more);
    assert_eq!(grown(&[]), 0);
    let modes =
        |deny: &str| ["backward", "forward", "full"].map(|mode| grown(&["--mode", mode, "--deny", deny]));
    assert_eq!(modes("json"), [0, 1, 1]);
    assert_eq!(modes("json.backward"), [0, 2, 0]);
    // Without lenses it is the standard ones.
    assert_eq!(grown(&["--mode", "forward"]), 1);
    // A configuration of rules has no directions: its rules do not count beside a mode.
    env.write("protopact.toml", "[check]\nuse = [\"FIELD_NO_DELETE\"]\n");
    assert_eq!(check("small", "./large", &["--deny", "json", "--mode", "forward"]), 0);
    assert_eq!(check("small", "./large", &["--deny", "json", "--mode", "backward"]), 1);
    let refused = grown(&["--mode", "forward", "--deny", "source"]);
    assert_eq!(refused, 2);
    assert_eq!(grown(&["--mode", "full", "--use", "FILE"]), 2);
    assert_eq!(grown(&["--mode", "sideways"]), 2);
}

#[test]
fn standard_input_in_a_format_is_no_flag() {
    let env = broken();
    assert_eq!(env.run(&["build", "v1.4.0", "-o", "old.json"]).code, 0);
    let set = env.read("old.json");
    let output = env.run_with(&["check", "--against", "-#format=json"], |io| {
        io.input = Box::new(std::io::Cursor::new(set.into_bytes()));
    });
    assert_eq!((output.code, output.err.as_str()), (1, ""));
    assert!(output.out.contains("FIELD_NO_DELETE"), "{output}");
}

#[test]
fn a_call_that_is_gone_affects_no_other_call() {
    let env = TestEnv::new();
    env.write("old/pay.proto", OLD);
    env.write("new/pay.proto", &OLD.replace("  rpc Get(GetRequest) returns (Charge);\n", ""));
    insta::assert_snapshot!(env.run(&["check", "new", "--against", "./old"]), @r#"
    error[RPC_NO_DELETE]: method `pay.v1.Charges.Get` was removed
       old  old/pay.proto:5:3
       new  new/pay.proto:4:1
     breaks rpc (backward: rejects): old clients call it and get UNIMPLEMENTED
     breaks source.go, source.java, source.python, source.rust (rejects): the generated client method is
            gone
        fix keep `pay.v1.Charges.Get` with `option deprecated = true;` until nobody calls it
       more protopact rules RPC_NO_DELETE · to accept it: protopact waive 3b748e834817
    1 error, 0 warnings, 0 notes · next version must be major
    to see more: `--witness` for data that proves it, `--report html=report.html` for a page of it
    --- stderr
    note: import root found from the imports of directory `new`: `new`
    --- exit 1
    "#);
}

#[test]
fn a_file_that_either_side_owns_is_compared() {
    let descriptor = "google/protobuf/descriptor.proto";
    let own = |text: &str| {
        format!(
            "syntax = \"proto2\";\npackage x;\nimport \"{descriptor}\";\nmessage M {{\n  optional google.protobuf.FileOptions o = 1;\n}}\n{text}"
        )
    };
    let vendored = protopact_descriptor().replace("  optional string swift_prefix = 39;\n", "");
    for (old, new) in [(false, true), (true, false)] {
        let env = TestEnv::new();
        for (side, vendors) in [("old", old), ("new", new)] {
            env.write(&format!("{side}/protopact.toml"), "[contract]\nroots = [\".\"]\n");
            env.write(&format!("{side}/x.proto"), &own(""));
            if vendors {
                env.write(&format!("{side}/{descriptor}"), &vendored);
            }
        }
        let output = env.run(&[
            "check",
            "new",
            "--against",
            "old",
            "--use",
            "FIELD_NO_DELETE,FILE_NO_DELETE",
            "--format",
            "buf-text",
        ]);
        let gone = output.out.contains("swift_prefix");
        // Only where the vendored copy, which lacks a field, is the new side; nothing is deleted where it is the old one.
        assert_eq!(gone, new, "{output}");
    }
}

/// The well-known file as protoc has it.
fn protopact_descriptor() -> String {
    let include = protoc_bin_vendored::include_path().unwrap();
    std::fs::read_to_string(include.join("google/protobuf/descriptor.proto")).unwrap()
}

#[test]
fn buf_is_told_where_a_default_is_set() {
    let env = TestEnv::new();
    env.write(
        "old/a.proto",
        "syntax = \"proto2\";\nmessage A {\n\toptional int32 a = 1 [ default\n  = 5];\n}\n",
    );
    env.write(
        "new/a.proto",
        "syntax = \"proto2\";\nmessage A {\n\toptional int32 a = 1 [ default\n  = 6];\n}\n",
    );
    let args = ["check", "new", "--against", "old", "--use", "FIELD_SAME_DEFAULT", "--format"];
    let row = env.run(&[&args[..], &["buf-json"]].concat()).out;
    assert!(row.contains(r#""start_line":3,"start_column":28,"end_line":4,"end_column":6,"#), "{row}");
    // Everybody else is told where the value is, as descriptors have it.
    let json = env.run(&[&args[..], &["json"]].concat()).out;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["findings"][0]["new"]["start_line"], 4, "{json}");
}

#[test]
fn in_a_folder_without_sources_the_contract_is_named() {
    let env = broken();
    env.write("docs/a.md", "text");
    env.commit("second");
    let output = env.run(&["-C", "docs", "check", "--against", "HEAD"]);
    assert_eq!(output.code, 2, "{output}");
    let folder = env.work().join("proto/pay/v1");
    assert!(output.err.contains("holds no .proto files"), "{output}");
    let told = output.err.replace("[work]", &env.work().display().to_string());
    assert!(told.contains(&format!("has its .proto files in `{}`", folder.display())), "{output}");
}

/// What the next release is declared to be decides what passes, whatever is denied.
#[test]
fn a_declared_release_passes_what_it_covers() {
    let env = broken();
    let code =
        |env: &TestEnv, kind: &str| env.run(&["check", "--against", "latest", "--release-type", kind]).code;
    assert_eq!(["patch", "minor", "major"].map(|kind| code(&env, kind)), [1, 1, 0]);
    let refused = env.run(&["check", "--against", "latest", "--release-type", "minor"]);
    assert_eq!(
        refused.err.trim(),
        "note: the next release was declared to be minor, and must be major (2.0.0)",
        "{refused}"
    );
    // An addition is no finding, and more than a patch.
    env.write(
        "proto/pay/v1/pay.proto",
        &OLD.replace("string note = 3;", "string note = 3;\n  string more = 4;"),
    );
    assert_eq!(["patch", "minor", "major"].map(|kind| code(&env, kind)), [1, 0, 0]);
    env.write("proto/pay/v1/pay.proto", OLD);
    assert_eq!(code(&env, "patch"), 0);
    // Below 1.0.0 the middle part is the one that breaks.
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\".\"]\n");
    env.write("pay.proto", OLD);
    env.commit("first");
    env.tag("v0.4.0");
    env.write("pay.proto", &OLD.replace("  string note = 3;\n", ""));
    assert_eq!(["patch", "minor"].map(|kind| code(&env, kind)), [1, 0]);
    assert_eq!(code(&env, "huge"), 2);
}

#[test]
fn of_an_entry_with_another_type_is_said_what_each_language_does() {
    let env = TestEnv::new();
    for (entry, other, expected) in [
        (
            "int32, string",
            "string, string",
            "Go and Java read the entry under the empty key, Python keeps it aside as an unknown field, prost refuses the message",
        ),
        (
            "string, int32",
            "string, string",
            "Go and Java read an empty value, Python keeps the entry aside as an unknown field, prost refuses the message",
        ),
    ] {
        for (folder, entry) in [("old", entry), ("new", other)] {
            let text = format!("syntax = \"proto3\";\npackage t.v1;\nmessage M {{ map<{entry}> m = 1; }}\n");
            env.write(&format!("{folder}/t.proto"), &text);
        }
        let args = ["check", "new", "--against", "old", "--format", "json"];
        assert!(
            env.run(&args).out.contains(&format!("int32 and string have different wire types: {expected}"))
        );
    }
}

/// A version is a promise to those who get packages: code of a language that none are published in is nobody's. Where nothing
/// is said about packages everybody makes their own, and the sentence says whom a version is for that no finding is about.
#[test]
fn the_next_version_is_for_those_who_get_packages() {
    let env = TestEnv::new();
    let text = |java: &str| {
        format!(
            "syntax = \"proto3\";\npackage a.v1;\noption java_package = \"{java}\";\nmessage M {{ int32 x = 1; }}\n"
        )
    };
    let configured = |more: &str| {
        env.write("protopact.toml", &format!("[contract]\nname = \"acme/a\"\nroots = [\"proto\"]\n{more}"))
    };
    env.write("proto/a/v1/a.proto", &text("com.acme.one"));
    configured("");
    env.commit("first");
    env.tag("v1.0.0");
    env.write("proto/a/v1/a.proto", &text("com.acme.two"));
    let said = |more: &str| {
        configured(more);
        let told = env.run(&["check", "--against", "v1.0.0"]);
        assert_eq!(told.code, 0, "{told}");
        told.out.lines().last().unwrap_or_default().to_owned()
    };
    insta::assert_snapshot!(said(""), @"no findings · 1 change · next version must be major (2.0.0), for source.java");
    insta::assert_snapshot!(said("[generate.java]\ngroup = \"com.acme\"\nartifact = \"a\"\n"), @"no findings · 1 change · next version must be major (2.0.0), for source.java");
    insta::assert_snapshot!(said("[generate.go]\nmodule = \"acme.test/a\"\n"), @"no findings · 1 change · next version can be patch (1.0.1)");
    // Whoever says that a lens may deny something means it, packages or not.
    configured("[check]\ndeny = [\"source.java\"]\n[generate.go]\nmodule = \"acme.test/a\"\n");
    let told = env.run(&["check", "--against", "v1.0.0"]);
    assert!(told.code == 1 && told.out.contains("next version must be major (2.0.0)"), "{told}");
}
