//! Old versions and their configuration, which nobody can edit any more; and what a configuration excludes.

use crate::env::TestEnv;

const MESSAGE: &str = "syntax = \"proto3\";\npackage a.v1;\nmessage A { int32 i = 1; }\n";
const USER: &str = "syntax = \"proto3\";\npackage a.v1;\nimport \"a/v1/a.proto\";\nmessage B { A a = 1; }\n";

/// A contract below `proto/` with a tag `v1.0.0`, and nothing else in the folder.
fn published(files: &[(&str, &str)]) -> TestEnv {
    let env = TestEnv::new();
    env.write("proto/a/v1/a.proto", MESSAGE);
    env.write("proto/a/v1/b.proto", USER);
    for (path, text) in files {
        env.write(path, text);
    }
    env.commit("old");
    env.tag("v1.0.0");
    env
}

#[test]
fn an_old_file_without_a_version_is_read_as_the_one_that_could_do_without() {
    let env = published(&[("buf.yaml", "build:\n  roots:\n    - proto\n")]);
    // Here and now it can be mended.
    let now = env.run(&["build"]);
    assert!(now.code == 2 && now.err.contains("buf.yaml: `version` is not set"), "{now}");
    env.remove("buf.yaml");
    let output = env.run(&["check", "--against", "v1.0.0"]);
    assert_eq!(output.code, 0, "{output}");
    let note = "buf.yaml in tag `v1.0.0` says no `version`: it is read as v1beta1";
    assert!(output.err.replace("\n  ", " ").contains(note), "{output}");
}

#[test]
fn such_a_file_is_not_looked_at_where_the_newest_configuration_gives_the_roots() {
    // Its own roots would make other import paths of the files.
    let env = published(&[("buf.yaml", "lint: {}\n")]);
    env.remove("buf.yaml");
    env.write(
        "protopact.toml",
        "[contract]\nname = \"a/b\"\nroots = [\"proto\"]\n[generate.rust]\ncrate = \"x\"\n",
    );
    for args in [
        &["check", "--against", "v1.0.0"][..],
        &["generate", "--from", "v1.0.0", "--dry-run", "--lang", "rust"],
    ] {
        let output = env.run(args);
        assert!(output.code == 0 && !output.err.contains("version"), "{args:?} {output}");
    }
}

#[test]
fn the_newest_roots_are_tried_for_versions_from_before_the_configuration() {
    // Nothing imports anything: whether the folder `a` is a root cannot be found out.
    let env = TestEnv::new();
    env.write("x/a/a.proto", MESSAGE);
    env.commit("old");
    env.tag("v1.0.0");
    env.write(
        "protopact.toml",
        "[contract]\nname = \"a/b\"\nroots = [\"x\"]\n[generate.rust]\ncrate = \"x\"\n",
    );
    for args in [
        &["check", "--against", "v1.0.0"][..],
        &["generate", "--from", "v1.0.0", "--dry-run", "--lang", "rust"],
    ] {
        let output = env.run(args);
        assert!(output.code == 0 && !output.err.contains("found from the imports"), "{args:?} {output}");
    }
}

#[test]
fn an_old_version_that_cannot_be_read_as_it_was_configured_names_the_way_out() {
    let env = published(&[("protopact.toml", "[contract]\nroots = [\"gone\"]\n")]);
    env.write("protopact.toml", "[contract]\nname = \"a/b\"\nroots = [\"proto\"]\n");
    let way = "hint: what is published cannot be edited: `--config FILE` says how to read every version";
    for args in [&["check", "--against", "v1.0.0"][..], &["generate", "--from", "v1.0.0", "--dry-run"]] {
        let output = env.run(args);
        assert!(output.code != 0 && output.err.replace("\n  ", " ").contains(way), "{args:?} {output}");
        let again = [args, &["--config", "protopact.toml"]].concat();
        assert!(!env.run(&again).err.contains("gone"), "{again:?}");
    }
}

#[test]
fn a_file_that_is_excluded_is_named_with_the_line_that_does_it() {
    for (settings, line) in [
        ("version: v1\nbuild:\n  excludes:\n    - proto/gen\n", "buf.yaml:4:7"),
        ("version: v2\nmodules:\n  - path: .\n    excludes: [proto/x, proto/gen]\n", "buf.yaml:4:25"),
    ] {
        let env = published(&[("proto/gen/gen.proto", "syntax = \"proto3\";\npackage gen;\n")]);
        env.write("buf.yaml", settings);
        env.write("proto/a/v1/b.proto", MESSAGE);
        env.remove("proto/a/v1/a.proto");
        for args in [
            &["build", "proto/gen/gen.proto"][..],
            &["build", "--path", "proto/gen/gen.proto"],
            &["check", "--against", ".", "--path", "proto/gen"],
        ] {
            let output = env.run(args);
            assert!(output.err.contains(&format!("hint: {line} excludes it")), "{args:?} {output}");
        }
    }
}
