//! Repositories of the shapes that teams have: today's state and an old version build, and a check between them finds
//! what was changed and nothing else.

use std::os::unix::fs::symlink;

use crate::env::TestEnv;

const PROTO3: &str = "syntax = \"proto3\";\n";

/// A file of a package with one message, whose field has a type.
fn file(head: &str, package: &str, imports: &[&str], ty: &str) -> String {
    let imports: String = imports.iter().map(|i| format!("import \"{i}\";\n")).collect();
    format!("{head}package {package};\n{imports}message M {{ {ty} id = 1; }}\n")
}

/// The state as it is becomes `v1.0.0`; then the field of `path` gets another type, and that alone is found.
fn holds(env: &TestEnv, path: &str, symbol: &str) {
    env.commit("first");
    env.tag("v1.0.0");
    holds_since(env, path, symbol);
}

/// The same of a state that is a version already.
fn holds_since(env: &TestEnv, path: &str, symbol: &str) {
    for source in [".", "v1.0.0"] {
        let build = env.run(&["build", source]);
        assert_eq!(build.code, 0, "{source}: {build}");
    }
    let same = env.run(&["check", "--against", "v1.0.0"]);
    assert!(same.code == 0 && same.out.starts_with("no findings · 0 changes"), "{same}");
    let text = env.read(path);
    env.write(path, &text.replace("string id", "int32 id"));
    let json = env.run(&["check", "--against", "v1.0.0", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&json.out).unwrap_or_else(|e| panic!("{e}: {json}"));
    let found: Vec<_> = report["findings"].as_array().unwrap().iter().map(|f| &f["symbol"]).collect();
    assert!(!found.is_empty() && found.iter().all(|s| **s == symbol), "{found:?} in {json}");
    let place = report["findings"][0]["new"]["path"].as_str().unwrap();
    assert_eq!(place, path, "the place is that of the file");
}

#[test]
fn links_and_folders_that_are_left_out() {
    let env = TestEnv::new();
    env.write(
        "buf.yaml",
        "version: v2\nmodules:\n  - path: proto\n    excludes: [proto/gen, proto/linked]\n",
    );
    env.write("proto/a/a.proto", &file(PROTO3, "a", &["gen/g.proto", "linked/l.proto"], "string"));
    env.write("proto/gen/g.proto", &file(PROTO3, "gen", &[], "string"));
    env.write("common/l.proto", &file(PROTO3, "linked", &[], "string"));
    symlink("../common", env.work().join("proto/linked")).unwrap();
    holds(&env, "proto/a/a.proto", "a.M.id");
}

#[test]
fn a_prefix_in_proto2() {
    let env = TestEnv::new();
    env.write("go.mod", "module k8s.io/api\n\ngo 1.22\n");
    let head = "syntax = \"proto2\";\n";
    let imports = ["k8s.io/api/core/v1/generated.proto"];
    env.write("apps/v1/generated.proto", &file(head, "k8s.io.api.apps.v1", &imports, "optional string"));
    env.write("core/v1/generated.proto", &file(head, "k8s.io.api.core.v1", &[], "optional string"));
    holds(&env, "core/v1/generated.proto", "k8s.io.api.core.v1.M.id");
}

#[test]
fn names_of_go_modules_with_vendored_files() {
    let env = TestEnv::new();
    env.write("go.mod", "module github.com/acme/shop\n");
    let imports = ["github.com/acme/shop/api/types/t.proto", "github.com/gogo/protobuf/gogoproto/gogo.proto"];
    env.write("api/services/s.proto", &file(PROTO3, "services", &imports, "string"));
    env.write("api/types/t.proto", &file(PROTO3, "types", &[], "string"));
    env.write(
        "vendor/github.com/gogo/protobuf/gogoproto/gogo.proto",
        "syntax = \"proto2\";\npackage gogoproto;\n",
    );
    holds(&env, "api/types/t.proto", "types.M.id");
}

#[test]
fn a_submodule_that_is_checked_out_and_one_that_is_not() {
    let env = TestEnv::new();
    env.write(
        ".gitmodules",
        "[submodule \"theirs\"]\n\tpath = theirs\n\turl = https://example.com/theirs.git\n",
    );
    env.write("proto/a.proto", &file(PROTO3, "a", &["google/type/date.proto"], "string"));
    env.commit("ours");
    env.write("theirs/google/type/date.proto", "syntax = \"proto3\";\npackage google.type;\n");
    let who = git2::Signature::new("A", "a@example.com", &git2::Time::new(1_700_000_000, 0)).unwrap();
    let inner = git2::Repository::init(env.work().join("theirs")).unwrap();
    let mut index = inner.index().unwrap();
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
    let tree = inner.find_tree(index.write_tree().unwrap()).unwrap();
    let theirs = inner.commit(Some("HEAD"), &who, &who, "theirs", &tree, &[]).unwrap();
    // What `git submodule add` records.
    let outer = git2::Repository::open(env.work()).unwrap();
    let head = outer.head().unwrap().peel_to_commit().unwrap();
    let mut tree = outer.treebuilder(Some(&head.tree().unwrap())).unwrap();
    tree.insert("theirs", theirs, 0o160_000).unwrap();
    let tree = outer.find_tree(tree.write().unwrap()).unwrap();
    outer.commit(Some("HEAD"), &who, &who, "a submodule", &tree, &[&head]).unwrap();
    env.tag("v1.0.0");
    holds_since(&env, "proto/a.proto", "a.M.id");
    // As a clone without `--recursive` has it.
    std::fs::remove_dir_all(env.work().join("theirs")).unwrap();
    std::fs::create_dir(env.work().join("theirs")).unwrap();
    let build = env.run(&["build"]);
    assert_eq!(build.code, 3, "{build}");
    assert!(build.err.replace("\n  ", " ").contains("git submodule update --init"), "{build}");
    // Who needs nothing of it does not hear of it.
    env.write("proto/a.proto", &file(PROTO3, "a", &[], "string"));
    let build = env.run(&["build"]);
    assert_eq!(build.code, 0, "{build}");
    assert!(!format!("{}{}", build.out, build.err).contains("submodule"), "{build}");
}

#[test]
fn two_roots() {
    let env = TestEnv::new();
    env.write("protos/common.proto", &file(PROTO3, "common", &[], "string"));
    env.write("service-protos/s.proto", &file(PROTO3, "s", &["common.proto"], "string"));
    holds(&env, "protos/common.proto", "common.M.id");
}

#[test]
fn a_monorepo_with_files_in_eight_places() {
    let env = TestEnv::new();
    for n in 1..=8 {
        let next = format!("team{}/v1/t.proto", n % 8 + 1);
        let imports = if n < 8 { vec![next.as_str()] } else { Vec::new() };
        env.write(
            &format!("services/s{n}/src/main/proto/team{n}/v1/t.proto"),
            &file(PROTO3, &format!("team{n}.v1"), &imports, "string"),
        );
        env.write(&format!("services/s{n}/src/main/java/Main.java"), "class Main {}");
    }
    holds(&env, "services/s5/src/main/proto/team5/v1/t.proto", "team5.v1.M.id");
}

#[test]
fn a_file_that_is_imported_under_two_names() {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\".\", \"rpc\"]\n");
    env.write("rpc/rpc.proto", &file(PROTO3, "rpc", &[], "string"));
    env.write("rpc/v3.proto", &file(PROTO3, "v3", &["rpc.proto"], "string"));
    env.write("lock/lock.proto", &file(PROTO3, "lock", &["rpc/rpc.proto"], "string"));
    holds(&env, "rpc/rpc.proto", "rpc.M.id");
}

#[test]
fn modules_of_a_workspace_are_added_moved_and_removed() {
    let env = TestEnv::new();
    env.write("buf.yaml", "version: v2\nmodules:\n  - path: stays\n  - path: moves\n  - path: goes\n");
    for module in ["stays", "moves", "goes"] {
        env.write(
            &format!("{module}/{module}/v1/m.proto"),
            &file(PROTO3, &format!("{module}.v1"), &[], "string"),
        );
    }
    env.commit("first");
    env.tag("v1.0.0");
    env.write("buf.yaml", "version: v2\nmodules:\n  - path: stays\n  - path: sub/moved\n  - path: comes\n");
    env.remove("goes/goes/v1/m.proto");
    env.remove("moves/moves/v1/m.proto");
    env.write("sub/moved/moves/v1/m.proto", &file(PROTO3, "moves.v1", &[], "int32"));
    env.write(
        "comes/comes/v1/m.proto",
        "syntax = \"proto3\";\npackage comes.v1;\nmessage New { bytes payload = 9; }\n",
    );
    for (new, old) in [(".", "v1.0.0"), ("v1.0.0", ".")] {
        let json = env.run(&["check", new, "--against", old, "--use", "FILE", "--format", "json"]);
        let report: serde_json::Value =
            serde_json::from_str(&json.out).unwrap_or_else(|e| panic!("{e}: {json}"));
        let mut found: Vec<String> =
            report["findings"].as_array().unwrap().iter().map(|f| f["symbol"].to_string()).collect();
        found.sort();
        found.dedup();
        let gone = if new == "." { "goes" } else { "comes" };
        assert!(found.contains(&format!("\"{gone}/v1/m.proto\"")), "{new}: {found:?}");
        assert!(found.contains(&"\"moves.v1.M.id\"".to_owned()), "{new}: {found:?}");
        assert!(!found.iter().any(|s| s.contains("stays")), "{new}: {found:?}");
    }
}

#[test]
fn a_root_with_a_prefix_is_told_with_it() {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\".\", { path = \".\", as = \"k8s.io/api\" }]\n");
    env.write("a.proto", "syntax = \"proto3\";\nimport \"elsewhere/there.proto\";\n");
    let build = env.run(&["build"]);
    assert!(build.err.contains("looked in `.`, `.` as `k8s.io/api`\n"), "{build}");
}
