//! `protopact init`.

use crate::env::{TestEnv, leftovers};

#[test]
fn writes_a_configuration_once() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.run(&["init"]), @"
    wrote protopact.toml
    --- exit 0
    ");
    let text = env.read("protopact.toml");
    assert!(text.contains("[contract]") && text.contains("# "), "{text}");
    insta::assert_snapshot!(env.run(&["init"]), @"
    --- stderr
    error: `protopact.toml` is already there
    hint: replace it with `protopact init --force`
    --- exit 2
    ");
    env.write("protopact.toml", "mine");
    assert_eq!(env.run(&["init"]).code, 2);
    assert_eq!(env.read("protopact.toml"), "mine");
    assert_eq!(env.run(&["init", "--force", "--quiet"]).to_string(), "--- exit 0");
    let again = env.read("protopact.toml");
    assert!(again.contains("[contract]"), "{again}");
    assert_eq!(leftovers(&env.work()), Vec::<String>::new());
}

#[test]
fn takes_over_what_buf_says() {
    let env = TestEnv::new();
    env.write("proto/a/v1/a.proto", "syntax = \"proto3\";\npackage a.v1;\n");
    env.write(
        "buf.yaml",
        "version: v2\nmodules:\n  - path: proto\n    name: registry.example/acme/contracts\nbreaking:\n  use: [WIRE_JSON]\n",
    );
    env.commit("first");
    env.tag("v1.0.0");
    assert_eq!(env.run(&["init", "-q"]).to_string(), "--- exit 0");
    let text = env.read("protopact.toml");
    for line in
        ["name = \"acme/contracts\"", "roots = [\"proto\"]", "against = \"latest\"", "use = [\"WIRE_JSON\"]"]
    {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
    // What it wrote is a configuration that works.
    assert_eq!(env.run(&["check"]).to_string(), "no findings · 0 changes\n--- exit 0");
}

#[test]
fn what_is_written_works_for_a_prefix_and_vendored_files() {
    let env = TestEnv::new();
    env.write(
        "api/a.proto",
        "syntax = \"proto3\";\nimport \"example.com/shop/api/b.proto\";\nimport \"google/type/date.proto\";\n",
    );
    env.write("api/b.proto", "syntax = \"proto3\";\n");
    env.write("third_party/google/type/date.proto", "syntax = \"proto3\";\npackage google.type;\n");
    let before = env.run(&["build"]);
    assert_eq!((before.code, env.run(&["init"]).code), (0, 0), "{before}");
    let text = env.read("protopact.toml");
    assert!(text.contains("roots = [{ path = \".\", as = \"example.com/shop\" }]\n"), "{text}");
    assert!(text.contains("imports = [\"third_party\"]\n"), "{text}");
    let after = env.run(&["build"]);
    assert_eq!((after.code, after.out), (0, before.out));
}
