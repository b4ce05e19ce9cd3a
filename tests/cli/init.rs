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
    assert_eq!(env.read("protopact.toml"), text);
    assert_eq!(leftovers(&env.work()), Vec::<String>::new());
}
