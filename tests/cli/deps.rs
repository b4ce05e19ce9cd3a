//! `protopact deps`: packages come from programs that the test writes, so that no network is used.

use std::os::unix::fs::PermissionsExt as _;

use crate::env::{Output, TestEnv};

const A: &str = "syntax = \"proto3\";\npackage a.v1;\nimport \"gogoproto/gogo.proto\";\nmessage A { string id = 1 [(gogoproto.nullable) = false]; }\n";
const GOGO: &str = "syntax = \"proto2\";\npackage gogoproto;\nimport \"google/protobuf/descriptor.proto\";\n\
    extend google.protobuf.FieldOptions { optional bool nullable = 65001; }\n";

/// A folder with programs, a cache and a module.
struct World {
    env: TestEnv,
}

impl World {
    fn new() -> World {
        let env = TestEnv::new();
        env.write("a.proto", A);
        env.write("protopact.toml", "[contract]\nroots = [\".\"]\nname = \"a/b\"\n");
        env.write("../modules/gogo/gogoproto/gogo.proto", GOGO);
        env.write("../modules/gogo/other/unused.proto", "nonsense");
        let world = World { env };
        world.go("v1.3.2", "gogo");
        world
    }

    /// A `go` that has one module.
    fn go(&self, version: &str, module: &str) {
        let dir = self.env.work().join("../modules").join(module);
        let json = format!("{{\"Version\": \"{version}\", \"Dir\": \"{}\"}}", dir.display());
        self.program("go", &format!("echo \"$@\" >> {}/../asked\necho '{json}'", self.env.work().display()));
    }

    fn program(&self, name: &str, script: &str) {
        self.env.write(&format!("../bin/{name}"), &format!("#!/bin/sh\n{script}\n"));
        let path = self.env.work().join("../bin").join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn run(&self, args: &[&str]) -> Output {
        let work = self.env.work();
        self.env.run_with(args, |io| {
            let path = format!("{}:/usr/bin:/bin", work.join("../bin").display());
            io.env.insert("PATH".into(), path.into());
            io.env.insert("PROTOPACT_CACHE".into(), work.join("../cache").into());
        })
    }

    /// What a command says on standard error, not wrapped.
    fn said(output: &Output) -> String {
        output.err.replace("\n  ", " ")
    }

    fn asked(&self) -> usize {
        std::fs::read_to_string(self.env.work().join("../asked")).map_or(0, |text| text.lines().count())
    }
}

#[test]
fn what_is_imported_and_known_is_got_locked_and_there_offline() {
    let world = World::new();
    insta::assert_snapshot!(world.run(&["build"]), @r#"
    --- stderr
    a.proto:3:8: error: import `gogoproto/gogo.proto` is not found
    3 | import "gogoproto/gogo.proto";
      |        ^^^^^^^^^^^^^^^^^^^^^^
      hint: `protopact deps update` gets it, as would `gogo-proto = { go = "github.com/gogo/protobuf", version = "v1.3.2" }` under `[deps]`
    error: the sources do not compile: 1 error in working tree
    --- exit 3
    "#);
    insta::assert_snapshot!(world.run(&["deps", "update"]), @"
    locked gogo-proto (go github.com/gogo/protobuf v1.3.2)
    1 dependency in protopact.lock
    --- exit 0
    ");
    let lock = world.env.read("protopact.lock");
    assert!(lock.contains("[dependency.gogo-proto]\nsource = \"go\"\nfrom = \"github.com/gogo/protobuf\"\nversion = \"v1.3.2\"\n"), "{lock}");
    let asked = world.asked();
    insta::assert_snapshot!(world.run(&["build"]), @"
    compiled 1 file and 2 imports from outside
    --- exit 0
    ");
    insta::assert_snapshot!(world.run(&["deps", "why", "gogoproto/gogo.proto"]), @"
    gogoproto/gogo.proto is gogo-proto@v1.3.2/gogoproto/gogo.proto
      imported by a.proto
    --- exit 0
    ");
    insta::assert_snapshot!(world.run(&["deps", "graph"]), @"
    gogo-proto  go github.com/gogo/protobuf v1.3.2
      gogoproto/gogo.proto
    --- exit 0
    ");
    assert_eq!(world.asked(), asked, "nothing but `deps update` fetches");
    // The files of others are vendored for those who like that.
    assert_eq!(world.run(&["deps", "vendor", "-o", "vendor"]).code, 0);
    assert_eq!(world.env.read("vendor/gogoproto/gogo.proto"), GOGO);
    assert!(!world.env.work().join("vendor/other").exists(), "only what is imported");
}

#[test]
fn a_cache_is_filled_with_exactly_what_is_locked() {
    let world = World::new();
    assert_eq!(world.run(&["deps", "update"]).code, 0);
    let lock = world.env.read("protopact.lock");
    std::fs::remove_dir_all(world.env.work().join("../cache")).unwrap();
    let failed = world.run(&["build"]);
    assert!(
        World::said(&failed)
            .contains("is locked and not in the cache: `protopact deps update --locked` gets it"),
        "{failed}"
    );
    insta::assert_snapshot!(world.run(&["deps", "update", "--offline"]), @"
    --- stderr
    error: `gogo-proto` v1.3.2 is not in the cache, and `--offline` forbids to fetch it
    hint: run `protopact deps update --locked` once without it
    --- exit 4
    ");
    assert_eq!(world.run(&["deps", "update", "--locked"]).code, 0);
    assert_eq!(world.run(&["build"]).code, 0);
    // A file of the cache that went bad is not used, nor taken for one that is not there.
    let kept = walkdir::WalkDir::new(world.env.work().join("../cache"));
    let gogo = kept.into_iter().flatten().find(|entry| entry.file_name() == "gogo.proto").unwrap();
    std::fs::write(gogo.path(), "syntax = \"proto2\";").unwrap();
    insta::assert_snapshot!(world.run(&["build"]), @"
    --- stderr
    error: 1 file of the working tree cannot be read: `gogo-proto@v1.3.2/gogoproto/gogo.proto`: the
      cached file is gone, or is not what `protopact.lock` says
    hint: `protopact deps update --locked` gets it again
    --- exit 4
    ");
    assert_eq!(world.run(&["deps", "update", "--locked"]).code, 0);
    assert_eq!(world.run(&["build"]).code, 0);
    // Another content under the same version is told, and the lock stays.
    std::fs::remove_dir_all(world.env.work().join("../cache")).unwrap();
    world.env.write("../modules/gogo/gogoproto/gogo.proto", &format!("{GOGO}// changed\n"));
    let other = world.run(&["deps", "update", "--locked"]);
    assert!(World::said(&other).contains("is not what is locked") && other.code == 4, "{other}");
    assert_eq!(world.env.read("protopact.lock"), lock);
}

#[test]
fn another_version_than_asked_for_is_refused() {
    let world = World::new();
    world.go("v9.9.9", "gogo");
    let failed = world.run(&["deps", "update"]);
    assert!(
        World::said(&failed).contains("version v9.9.9 came, and v1.3.2 was asked for") && failed.code == 4,
        "{failed}"
    );
    assert!(!world.env.work().join("protopact.lock").exists());
}

#[test]
fn a_program_that_fails_is_told_with_what_it_said() {
    let world = World::new();
    world.program("go", "echo 'no such host' >&2; exit 1");
    let failed = world.run(&["deps", "update"]);
    assert!(World::said(&failed).contains("no such host") && failed.code == 4, "{failed}");
    world.program("go", "echo no json");
    assert!(world.run(&["deps", "update"]).err.contains("`go` said no JSON"));
}

#[test]
fn dependencies_are_added_and_removed() {
    let world = World::new();
    let before = world.env.read("protopact.toml");
    assert_eq!(world.run(&["deps", "add", "go=github.com/gogo/protobuf", "--at", "v1.3.2"]).code, 0);
    assert_eq!(
        world.env.read("protopact.toml"),
        format!(
            "{before}\n[deps]\nprotobuf = {{ go = \"github.com/gogo/protobuf\", version = \"v1.3.2\" }}\n"
        )
    );
    assert_eq!(world.run(&["build"]).code, 0);
    assert_eq!(world.run(&["deps", "remove", "protobuf"]).code, 0);
    assert!(!world.env.read("protopact.lock").contains("dependency"), "{}", world.env.read("protopact.lock"));
    assert_eq!(world.run(&["build"]).code, 3);
    insta::assert_snapshot!(world.run(&["deps", "remove", "nothing"]), @"
    --- stderr
    error: there is no dependency `nothing`
    hint: `protopact deps graph` lists them
    --- exit 2
    ");
    for bad in ["go=-x", "maven=a", "npm=a b", "nothing", "go="] {
        assert_eq!(world.run(&["deps", "add", bad]).code, 2, "{bad}");
    }
}

#[test]
fn an_old_version_has_its_own_lock() {
    let world = World::new();
    assert_eq!(world.run(&["deps", "update"]).code, 0);
    world.env.commit("first");
    world.env.tag("v1.0.0");
    // The option has another type in what is locked now.
    world
        .env
        .write("../modules/gogo/gogoproto/gogo.proto", &GOGO.replace("bool nullable", "string nullable"));
    world.env.write("a.proto", &A.replace("= false", "= \"no\""));
    assert_eq!(world.run(&["deps", "update"]).code, 0);
    assert_eq!(world.run(&["build"]).code, 0);
    let check = world.run(&["check", "--against", "v1.0.0"]);
    let note = "note: dependency `gogo-proto` has changed: go github.com/gogo/protobuf v1.3.2 → go";
    assert!(check.code < 2 && World::said(&check).contains(note), "{check}");
    assert_eq!(world.run(&["build", "v1.0.0"]).code, 0);
}

#[test]
fn names_of_the_registry_are_resolved_and_what_cannot_be_is_named() {
    let world = World::new();
    world.env.remove("protopact.toml");
    world.env.write("buf.yaml", "version: v2\ndeps:\n  - buf.build/gogo/protobuf\n  - buf.build/acme/own\n");
    world.env.write("b.proto", "syntax = \"proto3\";\nimport \"acme/own.proto\";\n");
    let update = world.run(&["deps", "update"]);
    assert!(
        World::said(&update).contains(
            "`buf.build/gogo/protobuf`, which buf's files name, is taken from go github.com/gogo/protobuf"
        ),
        "{update}"
    );
    assert!(World::said(&update).contains("import `acme/own.proto` is not found"), "{update}");
    assert!(
        World::said(&update).contains("`buf export buf.build/acme/own -o third_party/proto`"),
        "{update}"
    );
    assert_eq!(update.code, 3);
}

#[test]
fn doctor_names_what_is_missing_and_what_gets_it() {
    let world = World::new();
    let told = world.run(&["doctor"]);
    assert!(told.out.contains("imports\n  missing gogoproto/gogo.proto\n"), "{told}");
    assert!(told.out.contains("`protopact deps update` gets it"), "{told}");
    assert_eq!(world.run(&["deps", "update"]).code, 0);
    assert!(!world.run(&["doctor"]).out.contains("gogoproto"));
}

#[test]
fn one_file_of_a_package_under_two_names_is_one_file() {
    let world = World::new();
    let other = A
        .replace("package a.v1", "package b.v1")
        .replace("gogoproto/gogo", "github.com/gogo/protobuf/gogoproto/gogo");
    world.env.write("b.proto", &other);
    assert_eq!(world.run(&["deps", "update"]).code, 0);
    insta::assert_snapshot!(world.run(&["build"]), @"
    compiled 2 files and 2 imports from outside
    --- exit 0
    ");
}

#[test]
fn a_lock_that_somebody_wrote_starts_no_program_with_its_words() {
    let world = World::new();
    for (from, version) in
        [("--help", "v1"), ("example.com/x", "-v1"), ("example.com/x", "v1 v2"), ("a b", "v1")]
    {
        let hash = "0".repeat(64);
        let lock = format!(
            "format = 1\n[dependency.x]\nsource = \"go\"\nfrom = \"{from}\"\nversion = \"{version}\"\nsha256 = \"{hash}\"\n"
        );
        world.env.write("protopact.lock", &lock);
        assert_eq!(world.run(&["deps", "update", "--locked"]).code, 2, "{from} {version}");
    }
    assert_eq!(world.asked(), 0);
}

/// What somebody else publishes: a type that the contract holds, and one that it does not.
fn pay(id: &str, other: &str) -> String {
    format!(
        "syntax = \"proto3\";\npackage pay.v1;\nmessage Pay {{ {id} id = 1; Kind kind = 2; }}\n\
         enum Kind {{ KIND_UNSET = 0; }}\nmessage Other {{ {other} id = 1; }}\n"
    )
}

const HOLDER: &str =
    "syntax = \"proto3\";\npackage a.v1;\nimport \"pay/v1/pay.proto\";\nmessage A { pay.v1.Pay pay = 1; }\n";

/// A contract with two roots and one dependency, at two versions of it.
fn moved(new: &str) -> World {
    let world = World::new();
    world.env.write("a.proto", "");
    world.env.remove("a.proto");
    let config = |version: &str| {
        format!(
            "[contract]\nroots = [\"one\", \"two\"]\n\n[deps]\npay = {{ go = \"example.com/pay\", version = \"{version}\" }}\n"
        )
    };
    world.env.write("one/a.proto", HOLDER);
    world.env.write(
        "two/b.proto",
        "syntax = \"proto3\";\npackage b.v1;\nimport \"a.proto\";\nmessage B { a.v1.A a = 1; }\n",
    );
    for (version, text) in [("v1.0.0", pay("string", "string")), ("v1.1.0", new.to_owned())] {
        world.env.write("protopact.toml", &config(version));
        world.env.write("../modules/pay/pay/v1/pay.proto", &text);
        world.go(version, "pay");
        let update = world.run(&["deps", "update"]);
        assert_eq!(update.code, 0, "{update}");
        if version == "v1.0.0" {
            world.env.commit("first");
            world.env.tag("v1.0.0");
        }
    }
    world
}

#[test]
fn a_break_that_a_dependency_brings_is_traced_to_it() {
    let world = moved(&pay("int32", "int32"));
    insta::assert_snapshot!(world.run(&["check", "--against", "v1.0.0"]), @r#"
    error[FIELD_SAME_TYPE]: field 1 (`id`) of `pay.v1.Pay` was `string`, is now `int32`
       old  pay@v1.0.0/pay/v1/pay.proto:3:15 (tag v1.0.0)
       new  pay@v1.1.0/pay/v1/pay.proto:3:15
       from dependency `pay` has changed: go example.com/pay v1.0.0 → go example.com/pay v1.1.0
     breaks wire (both ways: rejects): int32 and string have different wire types: Go, Java and Python
            drop the value as an unknown field, prost refuses the message
     breaks json (both ways: rejects): int32 and string have different forms in JSON
     breaks source.go (rejects): the struct field and getter have another type
     breaks source.java (rejects): the accessors have another type
     breaks source.python (rejects): the attribute takes and returns another type
     breaks source.rust (rejects): the struct field has another type
        fix keep `id` as `string` and add a field of type `int32` with number 3
       more protopact rules FIELD_SAME_TYPE · to accept it: protopact waive c1da2c1ce981
    1 error, 0 warnings, 0 notes · next version must be major (2.0.0)
    to see more: `--witness` for data that proves it, `--report html=report.html` for a page of it
    --- stderr
    note: dependency `pay` has changed: go example.com/pay v1.0.0 → go example.com/pay v1.1.0
    --- exit 1
    "#);
    let json = world.run(&["check", "--against", "v1.0.0", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{json}");
    assert_eq!(findings[0]["symbol"], "pay.v1.Pay.id");
    assert_eq!(
        findings[0]["dependency"],
        "dependency `pay` has changed: go example.com/pay v1.0.0 → go example.com/pay v1.1.0"
    );
    // Nothing of the dependency that the contract does not hold counts.
    let symbols: Vec<_> = report["changes"].as_array().unwrap().iter().map(|c| c["symbol"].clone()).collect();
    assert_eq!(symbols, ["pay.v1.Pay.id"]);
    // The old version builds with its own lock.
    assert_eq!(world.run(&["build", "v1.0.0"]).code, 0);
}

#[test]
fn what_a_dependency_changes_and_nobody_holds_is_no_finding() {
    let world = moved(&pay("string", "int32"));
    let check = world.run(&["check", "--against", "v1.0.0"]);
    assert!(check.code == 0 && check.out.starts_with("no findings · 0 changes"), "{check}");
    assert!(World::said(&check).contains("dependency `pay` has changed"), "{check}");
    // An addition is one, and a minor version.
    let more = pay("string", "string").replace("KIND_UNSET = 0;", "KIND_UNSET = 0; KIND_CARD = 1;");
    let check = moved(&more).run(&["check", "--against", "v1.0.0"]);
    assert!(check.out.contains("1 change"), "{check}");
}

#[test]
fn what_other_tools_list_is_taken_over_by_init() {
    let world = World::new();
    world.env.remove("protopact.toml");
    world.env.write(
        "protofetch.toml",
        "name = \"ours\"\nproto_out_dir = \"proto\"\n[common]\nurl = \"github.com/acme/common\"\nrevision = \"v1.3.0\"\n\
         allow_policies = [\"/acme/common/*\"]\ncontent_roots = [\"proto\"]\n[any]\nurl = \"github.com/acme/any\"\n\
         revision = \"v2\"\nallow_policies = [\"*/v1/*\"]\n",
    );
    world.env.write(
        "buf.lock",
        "# Generated\nversion: v2\ndeps:\n  - name: buf.build/gogo/protobuf\n    commit: 0123\n    digest: b5:00\n\
         \x20 - name: buf.build/acme/own\n    commit: 4567\n    digest: b5:00\n",
    );
    world.env.write("buf.yaml", "version: v2\ndeps:\n  - buf.build/gogo/protobuf\n  - buf.build/acme/own\n");
    let init = world.run(&["init"]);
    assert_eq!(init.code, 0, "{init}");
    let said = World::said(&init);
    for part in [
        "`any` allows `*/v1/*` in protofetch.toml",
        "`buf.build/acme/own`, which buf's files name, is in no package",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let written = world.env.read("protopact.toml");
    let deps = &written[written.find("[deps]").unwrap()..written.find("[check]").unwrap()];
    insta::assert_snapshot!(deps, @r#"
    [deps]
    # Taken over from protofetch.toml.
    common = { git = "https://github.com/acme/common", version = "v1.3.0", roots = ["proto"], include = ["acme/common"] }
    any = { git = "https://github.com/acme/any", version = "v2" }
    # buf.build/acme/own is in no package that is known: `buf export buf.build/acme/own -o third_party/proto` writes it where it is found.
    # buf.build/gogo/protobuf is taken from: gogo-proto = { go = "github.com/gogo/protobuf", version = "v1.3.2" }
    "#);
    // It is a configuration, and each entry is got from where it says.
    world.program("git", "echo \"$@\" >> ../asked; exit 1");
    let update = world.run(&["deps", "update"]);
    assert!(
        update.code == 4
            && World::said(&update).contains("cannot get `any` (git https://github.com/acme/any v2)"),
        "{update}"
    );
}
