//! Names that were gone and come back: told when they come back as something else, by the tags and by the history file.

use crate::env::TestEnv;
use crate::ledger::{FILE, check, last_step, published_files, sentences, text};

/// What is found when a body with this in it is published, is gone, and something else takes the name.
fn back(first: &str, last: &str) -> (Vec<String>, String) {
    let always = "message Item { string id = 1; }";
    let bodies = [first, "", last].map(|body| format!("{always} {body}"));
    let versions: Vec<Vec<(&str, &str)>> = bodies.iter().map(|body| vec![(FILE, &**body)]).collect();
    let (found, report) = last_step(&published_files(&versions), 3);
    (found, sentences(&report).join("\n"))
}

#[test]
fn a_name_that_comes_back_as_something_else_is_told() {
    for (first, last, finding, said) in [
        // Another kind.
        (
            "enum State { NONE = 0; }",
            "message State { Item item = 1; }",
            "warn NAME_NO_REUSE shop.v1.State",
            "v1.0.0 had an enum of that name",
        ),
        (
            "message State { Item item = 1; }",
            "enum State { NONE = 0; }",
            "warn NAME_NO_REUSE shop.v1.State",
            "v1.0.0 had a message of that name",
        ),
        (
            "service Shop { rpc Get(Item) returns (Item); }",
            "message Shop { }",
            "error NAME_NO_REUSE shop.v1.Shop",
            "v1.0.0 had a service of that name",
        ),
        // The same kind, with numbers that meant something else.
        (
            "message Part { string note = 2; }",
            "message Part { bytes picture = 2; }",
            "error NAME_NO_REUSE shop.v1.Part",
            "v1.0.0 used 2 of `shop.v1.Part` for `note` (`string`)",
        ),
        (
            "message Part { string note = 2; }",
            "message Part { int32 note = 2; }",
            "error NAME_NO_REUSE shop.v1.Part",
            "v1.0.0 used 2 of `shop.v1.Part` for `note` (`string`)",
        ),
        // What is in it counts as well.
        (
            "message Part { message In { string note = 2; } In in = 1; }",
            "message Part { message In { bytes picture = 2; } In in = 1; }",
            "error NAME_NO_REUSE shop.v1.Part",
            "v1.0.0 used 2 of `shop.v1.Part.In` for `note`",
        ),
        // Calls.
        (
            "service Shop { rpc Get(Item) returns (Item); }",
            "service Shop { rpc Get(Item) returns (stream Item); }",
            "error NAME_NO_REUSE shop.v1.Shop",
            "v1.0.0 had `shop.v1.Shop.Get` with `(shop.v1.Item) returns (shop.v1.Item)`",
        ),
        (
            "message Ask { } service Shop { rpc Get(Ask) returns (Item); }",
            "service Shop { rpc Get(Item) returns (Item); }",
            "warn NAME_NO_REUSE shop.v1.Shop",
            "with `(shop.v1.Ask) returns (shop.v1.Item)`",
        ),
    ] {
        let (found, sentences) = back(first, last);
        assert_eq!(found, [finding], "{first} -> {last}\n{sentences}");
        assert!(sentences.contains(said), "{first} -> {last}\n{sentences}");
    }
}

#[test]
fn what_comes_back_as_it_was_is_no_finding() {
    for (first, last) in [
        (
            "message Part { string note = 2; repeated Item all = 3; }",
            "message Part { repeated Item all = 3; string note = 2; }",
        ),
        ("message Part { string note = 2; }", "message Part { bytes picture = 3; }"),
        ("message Part { }", "message Part { bytes picture = 3; }"),
        ("enum State { NONE = 0; }", "enum State { NONE = 0; MORE = 1; }"),
        (
            "service Shop { rpc Get(.shop.v1.Item) returns (stream Item); }",
            "service Shop { rpc Get(Item) returns (stream v1.Item); rpc Put(Item) returns (Item); }",
        ),
        ("enum State { NONE = 0; }", "message Other { Item item = 1; }"),
    ] {
        let (found, sentences) = back(first, last);
        assert_eq!(found, [""; 0], "{first} -> {last}\n{sentences}");
    }
}

#[test]
fn values_of_an_enum_that_fields_hold() {
    let holder = "message Holder { State state = 1; }";
    let (found, sentences) = back(
        &format!("{holder} enum State {{ NONE = 0; PAID = 1; }}"),
        &format!("{holder} enum State {{ NONE = 0; LOST = 1; }}"),
    );
    assert!(found.iter().any(|f| f.contains("NAME_NO_REUSE shop.v1.State")), "{found:?}\n{sentences}");
    assert!(sentences.contains("v1.0.0 used 1 of `shop.v1.State` for `PAID`"), "{sentences}");
}

#[test]
fn a_method_of_a_service_that_stays() {
    let shop =
        |calls: &str| format!("message Item {{ }} service Shop {{ rpc Put(Item) returns (Item); {calls} }}");
    let all = ["rpc Get(Item) returns (Item);", "", "rpc Get(stream Item) returns (Item);"].map(shop);
    let versions: Vec<Vec<(&str, &str)>> = all.iter().map(|body| vec![(FILE, &**body)]).collect();
    let env = published_files(&versions);
    let (found, report) = last_step(&env, 3);
    assert_eq!(found, ["error NAME_NO_REUSE shop.v1.Shop.Get"], "{report}");
    let fix = report["findings"][0]["fix"].as_str().unwrap();
    assert_eq!(fix, "make it again what it was in v1.0.0, or take a name that was never used");
    // Rules that were taken over from buf find what they found; this one has to be named.
    let by = |words: &[&str]| check(&env, &[&["v1.2.0", "--against", "v1.1.0"], words].concat()).0;
    assert_eq!(by(&["--use", "FILE"]), [""; 0]);
    assert_eq!(by(&["--use", "NAME_NO_REUSE"]), found);
    // The last one counts.
    env.write(FILE, &text(&shop("")));
    env.commit("gone again");
    env.tag("v1.3.0");
    env.write(FILE, &text(&all[2]));
    env.commit("back again");
    env.tag("v1.4.0");
    assert_eq!(last_step(&env, 5).0, [""; 0]);
}

#[test]
fn an_extension_with_another_number_or_the_number_of_another_one() {
    let base = |body: &str| {
        format!("syntax = \"proto2\"; package shop.v1; message Item {{ extensions 100 to 199; }} {body}")
    };
    for (first, last, finding) in [
        ("extend Item { optional string note = 100; }", "extend Item { optional string note = 101; }", true),
        ("extend Item { optional string note = 100; }", "extend Item { optional bytes other = 100; }", true),
        ("extend Item { optional string note = 100; }", "extend Item { optional int32 note = 100; }", true),
        ("extend Item { optional string note = 100; }", "extend Item { optional string note = 100; }", false),
        ("extend Item { optional string note = 100; }", "extend Item { optional string more = 101; }", false),
    ] {
        let all = [first, "", last].map(base);
        let versions: Vec<Vec<(&str, &str)>> = all.iter().map(|body| vec![(FILE, &**body)]).collect();
        let (found, report) = last_step(&published_files(&versions), 3);
        let told = found.iter().filter(|f| f.starts_with("error NAME_NO_REUSE shop.v1.")).count();
        assert_eq!((told, found.len()), (usize::from(finding), usize::from(finding)), "{last}\n{report}");
    }
}

#[test]
fn the_history_file_remembers_names_where_no_tag_does() {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n[history]\nfile = \"contract.history\"\n");
    let always = "message Item { string id = 1; }";
    let state = |body: &str| env.write(FILE, &text(&format!("{always} {body}")));
    state("enum State { NONE = 0; } message Nothing { } service Shop { rpc Get(Item) returns (Item); }");
    env.commit("first");
    assert_eq!(env.run(&["history", "--write"]).code, 0);
    let kept = env.read("contract.history");
    assert!(kept.contains("\nservice shop.v1.Shop Get (shop.v1.Item) returns (shop.v1.Item)\n"), "{kept}");
    assert!(kept.contains("\nmessage shop.v1.Nothing\n"), "{kept}");
    state("");
    env.commit("gone");
    state(
        "message State { } enum Nothing { ZERO = 0; } service Shop { rpc Get(Item) returns (stream Item); }",
    );
    let expected = [
        "error NAME_NO_REUSE shop.v1.Shop",
        "warn NAME_NO_REUSE shop.v1.Nothing",
        "warn NAME_NO_REUSE shop.v1.State",
    ];
    let found = || {
        let mut found = check(&env, &["--against", "HEAD"]).0;
        found.sort();
        found
    };
    assert_eq!(found(), expected);
    // To write the file before the check hides nothing.
    assert_eq!(env.run(&["history", "--write"]).code, 0);
    assert_eq!(found(), expected);
    assert_eq!(env.run(&["history", "--verify"]).code, 1);
    // What was kept before the file had names is read, and knows the enum.
    let old: String =
        kept.lines().filter(|line| line.starts_with("enum")).map(|l| format!("{l}\n")).collect();
    env.write("contract.history", &old);
    assert_eq!(found(), expected[2..]);
}

/// protolock's memory of the same contract, as its documentation has the form.
#[test]
fn a_lock_file_of_protolock_is_taken_over() {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    env.write(FILE, &text("message Item { string id = 1; }"));
    env.commit("first");
    let lock = serde_json::json!({"definitions": [{"protopath": "shop/:/v1/:/shop.proto", "def": {
        "messages": [{"name": "Item", "fields": [
            {"id": 1, "name": "id", "type": "string"},
            {"id": 2, "name": "note", "type": "string"}], "reserved_ids": [7]}],
        "services": [{"name": "Shop", "rpcs": [{"name": "Get", "in_type": "Item", "out_type": "Item"}]}],
        "package": {"name": "shop.v1"}}}]});
    env.write("proto.lock", &lock.to_string());
    insta::assert_snapshot!(env.run(&["history", "--import", "proto.lock", "--write", "contract.history"]), @r"
    --- stderr
    note: 1 reserved number or name is left out of the lock file: the history keeps what was used, and
      the .proto files what is reserved
    note: no version was published, that is no tag like `v{version}`
    note: `contract.history` has 3 uses, 3 of them new
    --- exit 0
    ");
    insta::assert_snapshot!(env.read("contract.history"), @"
    # What every number was ever used for, by `protopact history --write`. Merge it by keeping all lines.
    message shop.v1.Item 1 id string
    message shop.v1.Item 2 note string
    service shop.v1.Shop Get (shop.v1.Item) returns (shop.v1.Item)
    ");
    env.write(FILE, &text("message Item { string id = 1; bytes picture = 2; }"));
    let found = check(&env, &["--against", "HEAD", "--history", "contract.history"]).0;
    assert_eq!(found, ["error FIELD_NO_REUSE shop.v1.Item.picture"]);
    // No file is named, or it is none of protolock's.
    assert_eq!(env.run(&["history", "--import", "proto.lock"]).code, 2);
    env.write("proto.lock", "{}");
    let other = env.run(&["history", "--import", "proto.lock", "--write", "contract.history"]);
    assert_eq!(other.code, 2, "{other}");
    assert!(
        other.err.contains("cannot read `proto.lock`") && other.err.contains("protolock commit"),
        "{other}"
    );
    assert_eq!(env.run(&["history", "--import", "none.lock", "--write", "contract.history"]).code, 4);
}

/// What stands where in one state says nothing of another.
#[test]
fn a_number_that_comes_back_in_a_file_that_grew() {
    let all = [
        "message Item { string id = 1; int32 note = 2; }",
        "message Item { string id = 1; }",
        "message A { } message B { } message C { } message Item { string id = 1; string note = 2; }",
    ];
    let versions: Vec<Vec<(&str, &str)>> = all.iter().map(|body| vec![(FILE, *body)]).collect();
    assert_eq!(last_step(&published_files(&versions), 3).0, ["error FIELD_NO_REUSE shop.v1.Item.note"]);
}
