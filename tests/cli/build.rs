//! `protopact build`.

use buffa::Message as _;
use buffa_descriptor::generated::descriptor::FileDescriptorSet;

use crate::env::{TestEnv, leftovers};

fn contract() -> TestEnv {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    env.write(
        "proto/a.proto",
        "syntax = \"proto3\";\npackage a.v1;\nimport \"google/protobuf/timestamp.proto\";\n\n// An A.\nmessage A {\n  google.protobuf.Timestamp at = 1;\n}\n",
    );
    env.write("proto/b.proto", "syntax = \"proto3\";\npackage b.v1;\nmessage B {}\n");
    env
}

fn set(env: &TestEnv, args: &[&str]) -> FileDescriptorSet {
    let output = env.run(&[&["build", "-o", "set.binpb"], args].concat());
    assert_eq!(output.to_string(), "--- exit 0");
    let bytes = std::fs::read(env.work().join("set.binpb")).unwrap();
    FileDescriptorSet::decode_from_slice(&bytes).unwrap()
}

fn names(set: &FileDescriptorSet) -> Vec<&str> {
    set.file.iter().map(|f| f.name.as_deref().unwrap()).collect()
}

#[test]
fn says_that_it_compiles() {
    let env = contract();
    insta::assert_snapshot!(env.run(&["build"]), @"
    compiled 2 files and 1 import from outside
    --- exit 0
    ");
    assert_eq!(env.run(&["build", "--quiet"]).to_string(), "--- exit 0");
}

#[test]
fn writes_a_descriptor_set() {
    let env = contract();
    let full = set(&env, &[]);
    assert_eq!(names(&full), ["google/protobuf/timestamp.proto", "a.proto", "b.proto"]);
    assert!(full.file.iter().all(|f| f.source_code_info.is_set()));
    assert_eq!(names(&set(&env, &["--exclude-imports"])), ["a.proto", "b.proto"]);
    assert!(set(&env, &["--exclude-source-info"]).file.iter().all(|f| !f.source_code_info.is_set()));
    assert_eq!(names(&set(&env, &["--path", "proto/b.proto"])), ["b.proto"]);
    assert_eq!(leftovers(&env.work()), Vec::<String>::new());
}

#[test]
fn standard_output_and_json() {
    let env = contract();
    let program = env.program(&["build", "-o", "-"]).output().unwrap();
    assert_eq!(FileDescriptorSet::decode_from_slice(&program.stdout).unwrap(), set(&env, &[]));
    assert_eq!(env.run(&["build", "-o", "set.json", "--exclude-imports"]).code, 0);
    let json: serde_json::Value = serde_json::from_str(&env.read("set.json")).unwrap();
    assert_eq!(json["file"][0]["messageType"][0]["field"][0]["typeName"], ".google.protobuf.Timestamp");
    assert!(env.read("set.json").contains(" An A."));
}

#[test]
fn a_failed_build_leaves_the_old_file() {
    let env = contract();
    env.write("set.binpb", "old");
    env.write("proto/b.proto", "syntax = \"proto3\";\nmessage B { Missing m = 1; }\n");
    let output = env.run(&["build", "-o", "set.binpb"]);
    assert_eq!((output.code, env.read("set.binpb").as_str()), (3, "old"), "{output}");
    assert_eq!(leftovers(&env.work()), Vec::<String>::new());
    env.write("proto/b.proto", "syntax = \"proto3\";\n");
    insta::assert_snapshot!(env.run(&["build", "-o", "no/such/set.binpb"]), @"
    --- stderr
    error: cannot write `no/such/set.binpb`
      caused by: No such file or directory (os error 2)
    --- exit 4
    ");
}

#[test]
fn a_set_stands_for_its_sources() {
    let env = contract();
    for file in ["old.binpb", "old.json"] {
        assert_eq!(env.run(&["build", "-o", file]).code, 0);
        let same = env.run(&["check", "--against", file]);
        assert_eq!(same.to_string(), "no findings · 0 changes\n--- exit 0");
    }
    env.write("proto/b.proto", "syntax = \"proto3\";\npackage b.v1;\n");
    let gone = env.run(&["check", "--against", "old.binpb", "--use", "FILE", "--format", "buf-json"]);
    assert!(gone.out.contains("MESSAGE_NO_DELETE"), "{gone}");
    env.write("broken.binpb", "no descriptor set");
    let output = env.run(&["check", "--against", "broken.binpb"]);
    assert_eq!(output.code, 3, "{output}");
}

#[test]
#[cfg(unix)]
fn protoc_is_in_the_folder_of_the_configuration_and_the_flag_in_that_of_the_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let env = contract();
    let toml =
        "[contract]\nroots = [\"proto\"]\n[compile]\nbackend = \"protoc\"\nprotoc = \"tools/protoc\"\n";
    env.write("protopact.toml", toml);
    let (log, real) = (env.work().join("log"), protoc_bin_vendored::protoc_bin_path().unwrap());
    for path in ["tools/protoc", "proto/other/protoc"] {
        let script = format!("#!/bin/sh\necho {path} >>{}\nexec {} \"$@\"\n", log.display(), real.display());
        env.write(path, &script);
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(env.work().join(path), executable).unwrap();
    }
    env.commit("first");
    env.tag("v1.0.0");
    let set = "../set.binpb";
    for (args, expected) in [
        (vec!["build"], "tools/protoc"),
        (vec!["build", "v1.0.0"], "tools/protoc"),
        (vec!["build", "-o", set], "tools/protoc"),
        (vec!["check", "--against", "v1.0.0", "--deny", "wire"], "tools/protoc"),
        (vec!["build", "--config", "../protopact.toml"], "tools/protoc"),
        (vec!["build", "--protoc", "other/protoc"], "proto/other/protoc"),
    ] {
        let _ = std::fs::remove_file(&log);
        let output = env.run_with(&args, |io| io.cwd.push("proto"));
        assert_eq!(output.code, 0, "{args:?}: {output}");
        let said = std::fs::read_to_string(&log).unwrap();
        assert!(said.lines().all(|line| line == expected), "{args:?}: {said}");
    }
    let output = env.run_with(&["build", "--protoc", "tools/protoc"], |io| io.cwd.push("proto"));
    assert_eq!(output.code, 4, "{output}");
}

#[test]
fn what_is_odd_is_counted_and_shown_where_it_is_asked_for() {
    let env = contract();
    env.write(
        "proto/b.proto",
        "syntax = \"proto2\";\npackage b.v1;\nimport \"a.proto\";\nmessage B {\n  optional int32 camId = 1;\n  optional int32 cam_id = 2;\n}\n",
    );
    env.commit("first");
    insta::assert_snapshot!(env.run(&["build"]), @"
    compiled 2 files and 1 import from outside
    --- stderr
    note: the sources compile with 2 warnings in the working tree: `--warnings` shows them
    --- exit 0
    ");
    insta::assert_snapshot!(env.run(&["build", "--warnings"]), @r#"
    compiled 2 files and 1 import from outside
    --- stderr
    proto/b.proto:3:1: warning: Import a.proto is unused
    3 | import "a.proto";
      | ^^^^^^^^^^^^^^^^
    proto/b.proto:6:18: warning: The default JSON name of field "cam_id" ("camId") conflicts with the default JSON name of field "camId"
    6 |   optional int32 cam_id = 2;
      |                  ^^^^^^
    --- exit 0
    "#);
    assert_eq!(env.run(&["check", "--against", "HEAD"]).err, "", "nothing that a change reaches is odd");
    let counted = env.run(&["check", "--against", "HEAD", "--all"]);
    assert!(counted.err.contains("with 2 warnings in the working tree, 2 warnings in"), "{}", counted.err);
    let shown = env.run(&["check", "--against", "HEAD", "--warnings"]);
    assert!(
        shown.err.contains("note: 2 warnings in the working tree:\nproto/b.proto:3:1: warning"),
        "{}",
        shown.err
    );
    assert_eq!(env.run(&["build", "--quiet"]).to_string(), "--- exit 0");
}

#[test]
fn a_descriptor_set_is_a_place_for_imports_and_keeps_its_descriptors() {
    let env = contract();
    let theirs = "syntax = \"proto2\";\npackage t;\nimport \"google/protobuf/descriptor.proto\";\n\
                  extend google.protobuf.MessageOptions { optional string owner = 50001; }\n\
                  // A T.\nmessage T { option (owner) = \"us\"; optional int32 n = 1; }\n";
    env.write("lib/t/t.proto", theirs);
    env.write("lib/protopact.toml", "[contract]\nroots = [\".\"]\n");
    assert_eq!(env.run(&["-C", "lib", "build", "-q", "-o", "../t.binpb"]).code, 0);
    env.write(
        "proto/b.proto",
        "syntax = \"proto3\";\npackage b.v1;\nimport \"t/t.proto\";\nmessage B { t.T t = 1; }\n",
    );
    let from_text = set(&env, &["--imports", "lib"]);
    let from_set = set(&env, &["--imports", "t.binpb"]);
    assert_eq!(from_set, from_text);
    std::fs::remove_dir_all(env.work().join("lib")).unwrap();
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\nimports = [\"t.binpb\"]\n");
    assert_eq!(set(&env, &[]), from_text);
    env.write("t.binpb", "no set");
    insta::assert_snapshot!(env.run(&["build"]), @"
    --- stderr
    error: cannot use `t.binpb` as a place for imports: it is no descriptor set
    --- exit 2
    ");
}
