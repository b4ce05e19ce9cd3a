//! The page of a check: whose a finding is, what became of the numbers, which calls carry it.

use crate::env::TestEnv;

const FILE: &str = "proto/shop/v1/shop.proto";

/// A repository with versions `v1.0.0`, `v1.1.0` and so on, and a working tree; each has this body.
fn versions(bodies: &[&str]) -> TestEnv {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    for (minor, body) in bodies.iter().enumerate() {
        env.write(FILE, &format!("syntax = \"proto3\";\npackage shop.v1;\n{body}\n"));
        if minor + 1 < bodies.len() {
            env.commit("version");
            env.tag(&format!("v1.{minor}.0"));
        }
    }
    env
}

/// The page of a check.
fn page(env: &TestEnv, args: &[&str]) -> String {
    let output = env.run(&[&["check", "--report", "html=page.html"], args].concat());
    assert!([0, 1].contains(&output.code), "{output}");
    std::fs::read_to_string(env.work().join("page.html")).unwrap()
}

/// The text of markup, words apart by one space.
fn plain(markup: &str) -> String {
    let mut text = String::new();
    for part in markup.split('<') {
        text.push(' ');
        text.push_str(part.split_once('>').map_or("", |(_, text)| text));
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The picture of the numbers: the heads of the columns, then each number with its bars, as `class columns: text`.
fn picture(page: &str, symbol: &str) -> Vec<String> {
    let heading = format!(">{symbol}</h3>");
    let section = page.split("<section class=\"numbers\"").skip(1).find(|section| section.contains(&heading));
    let section = section.map_or("", |section| section.split("</section>").next().unwrap());
    let mut lines = Vec::new();
    for row in section.split("<tr>").skip(1).map(|row| row.split("</tr>").next().unwrap()) {
        if row.starts_with("<th scope=\"col\">") {
            let heads: Vec<String> = row.split("</th>").map(|th| plain(th.trim_start_matches('<'))).collect();
            lines.push(heads[1..heads.len() - 1].join(" | "));
            continue;
        }
        let (number, bars) = row.split_once("</th>").unwrap();
        let bars = bars.split("<td class=\"").skip(1).map(|bar| {
            let (class, rest) = bar.split_once('"').unwrap();
            let columns = rest.strip_prefix(" colspan=\"").map_or("1", |n| n.split('"').next().unwrap());
            format!("{class} {columns}: {}", plain(&format!("<{rest}")))
        });
        lines.push(format!("{}: {}", plain(number), bars.collect::<Vec<_>>().join(" | ")));
    }
    lines
}

#[test]
fn numbers_have_a_story() {
    let env = versions(&[
        "message Item { int32 a = 1; string b = 2; int32 c = 3; }",
        "message Item { int32 a = 1; string b = 2; int32 c = 3; }",
        "// Not yet the baseline.\nmessage Item { int32 a = 1; int32 c = 3; repeated bytes d = 9; reserved 5 to 7; }",
        "message Item { int32 a = 1; int32 c = 3; repeated bytes d = 9; reserved 5 to 7; }",
        "message Item { int32 a = 1; int64 b = 2; string c = 3; repeated bytes d = 9; reserved 5 to 7; }",
    ]);
    let page = page(&env, &["--against", "v1.3.0"]);
    assert_eq!(
        picture(&page, "shop.v1.Item"),
        [
            "v1.0.0 – v1.1.0 2 versions | v1.2.0 | v1.3.0 old | working tree new",
            "2: used 1: b string | deleted 2: deleted | again 1: again b int64",
            "3: used 3: c int32 | changed 1: now c string",
            "5–7: none 1: free | reserved 3: reserved",
            "9: none 1: free | used 3: d repeated bytes",
            "1: used 4: the same all along",
        ]
    );
    // From the number to the finding, and back.
    let finding = page.split("<article id=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(page.contains(&format!("<th scope=\"row\"><a href=\"#{finding}\">")), "{page}");
    assert!(page.contains("<a href=\"#n-0\">") && page.contains("id=\"n-0\""), "{page}");
}

#[test]
fn enums_and_types_of_other_files_have_one_too() {
    let env = versions(&[
        "enum Kind { option allow_alias = true; A = 0; B = 1; C = 1; reserved -3 to -1; } message Item { Kind k = 1; }",
        "enum Kind { A = 0; B = 1; } message Item { shop.v1.Kind k = 1; }",
        "enum Kind { A = 0; BEE = 1; } message Item { .shop.v1.Kind k = 1; map<string, Kind> m = 2; }",
        "enum Kind { A = 0; } message Item { Kind k = 1; }",
    ]);
    let page = page(&env, &["--against", "v1.2.0"]);
    assert_eq!(
        picture(&page, "shop.v1.Kind"),
        [
            "v1.0.0 | v1.1.0 | v1.2.0 old | working tree new",
            "-3 to -1: reserved 1: reserved | none 3: free",
            "1: used 1: B, C | changed 1: now B | changed 1: now BEE | deleted 1: deleted",
            "0: used 4: the same all along",
        ]
    );
    // However a type is written it is the same.
    assert_eq!(
        picture(&page, "shop.v1.Item")[1..],
        [
            "2: none 1: free | used 1: m map&lt;string, shop.v1.Kind&gt; | deleted 1: deleted",
            "1: used 3: the same all along"
        ]
    );
}

#[test]
fn without_versions_there_are_two_sides() {
    let env = TestEnv::new();
    env.write(
        "old/a.proto",
        "syntax = \"proto2\"; message M { optional int32 a = 1; extensions 100 to max; }",
    );
    env.write(
        "new/a.proto",
        "syntax = \"proto2\"; message N { } message M { reserved 1; extensions 100 to max; }",
    );
    let page = page(&env, &["new", "--against", "old", "--use", "FILE"]);
    assert_eq!(
        picture(&page, "M"),
        [
            "directory old old | directory new new",
            "1: used 1: a int32 | reserved 1: reserved",
            "100 to max: reserved 2: for extensions",
        ]
    );
}

#[test]
fn extensions_have_numbers_of_what_they_extend() {
    let env = TestEnv::new();
    env.write("protopact.toml", "[contract]\nroots = [\"proto\"]\n");
    let base = |ranges: &str| {
        let text = format!("syntax = \"proto2\"; package shop.v1; message Item {{ {ranges} }}");
        env.write(FILE, &text);
    };
    let more = |body: &str| {
        let imports = "import \"shop/v1/shop.proto\"; import \"google/protobuf/descriptor.proto\";";
        env.write(
            "proto/shop/v1/more.proto",
            &format!("syntax = \"proto2\"; package shop.v1; {imports} {body}"),
        );
    };
    base("extensions 100 to 199;");
    more(
        "extend Item { optional string note = 100; } extend google.protobuf.FieldOptions { optional bool own = 50001; }",
    );
    env.commit("version");
    env.tag("v1.0.0");
    more("message Scope { extend Item { optional int32 part = 101; } }");
    env.commit("version");
    env.tag("v1.1.0");
    more(
        "message Scope { extend Item { optional int32 part = 101; } } extend Item { optional bytes text = 100; }
         extend google.protobuf.FieldOptions { optional string own = 50001; optional string two = 50002; }",
    );
    env.commit("version");
    env.tag("v1.2.0");
    base("extensions 110 to 199;");
    more("extend google.protobuf.FieldOptions { optional string two = 50002; }");
    let page = page(&env, &["--against", "v1.2.0", "--use", "FILE,EXTENSION_NO_DELETE"]);
    assert_eq!(
        picture(&page, "shop.v1.Item"),
        [
            "v1.0.0 | v1.1.0 | v1.2.0 old | working tree new",
            "100: used 1: shop.v1.note string | reserved 1: for extensions | again 1: again shop.v1.text bytes | \
             deleted 1: deleted",
            "101: reserved 1: for extensions | used 2: shop.v1.Scope.part int32 | deleted 1: deleted",
            "102–109: reserved 3: for extensions | none 1: free",
            "110–199: reserved 4: for extensions",
        ]
    );
    // Of what others declare only what the contract uses.
    assert_eq!(
        picture(&page, "google.protobuf.FieldOptions"),
        [
            "v1.0.0 | v1.1.0 | v1.2.0 old | working tree new",
            "50001: used 1: shop.v1.own bool | deleted 1: deleted | again 1: again shop.v1.own string | \
             deleted 1: deleted",
            "50002: none 2: free | used 2: shop.v1.two string",
        ]
    );
    // Each number of the range that is gone leads to what is told about it.
    let section = page.split("<section class=\"numbers\"").skip(1).find(|s| s.contains(">shop.v1.Item</h3>"));
    let section = section.unwrap().split("</section>").next().unwrap();
    assert_eq!(section.matches("<th scope=\"row\"><a href=\"#").count(), 3, "{section}");
}

#[test]
fn a_message_that_is_gone_ends() {
    let env = versions(&["message Item { int32 a = 1; } message Kept { }", "message Kept { }"]);
    let page = page(&env, &["--against", "v1.0.0"]);
    assert_eq!(
        picture(&page, "shop.v1.Item"),
        ["v1.0.0 old | working tree new", "1: used 1: a int32 | none 1: no such message"]
    );
}

#[test]
fn findings_have_the_owners_of_their_files() {
    let env = versions(&["message Item { int32 a = 1; int32 b = 2; }", "message Item { }"]);
    env.write(".github/CODEOWNERS", "* @everybody\n/proto/shop/ @shop <b>@x\n");
    let page = page(&env, &["--against", "v1.0.0"]);
    let options = page.split("id=\"owner\"").nth(1).unwrap().split("</select>").next().unwrap();
    assert_eq!(plain(options), "all &lt;b&gt;@x @shop");
    let owned = page.matches("data-owners=\"0 1\"").count();
    assert!(owned > 0 && owned == page.matches("<article id").count(), "{page}");
    // In a folder of the repository paths begin there.
    let here = env.work().join("proto");
    let output = env.run_with(&["check", "--against", "v1.0.0", "--report", "html=page.html"], |io| {
        io.cwd = here.clone()
    });
    assert_eq!(output.code, 1, "{output}");
    let page = std::fs::read_to_string(here.join("page.html")).unwrap();
    assert!(page.contains("data-owners=\"0 1\""), "{page}");
}

#[test]
fn whoever_accepted_a_finding_owns_it() {
    let env = versions(&["message Item { int32 a = 1; }", "message Item { }"]);
    let found = env.run(&["check", "--against", "v1.0.0", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&found.out).unwrap();
    let print = report["findings"][0]["fingerprint"].as_str().unwrap();
    let waived =
        env.run(&["waive", print, "--reason", "unused", "--owner", "team shop", "--against", "v1.0.0"]);
    assert_eq!(waived.code, 0, "{waived}");
    let page = page(&env, &["--against", "v1.0.0"]);
    assert!(page.contains("<option value=\"0\">team shop</option>"), "{page}");
    assert!(page.contains("data-level=\"waived\"") && page.contains("data-owners=\"0\""), "{page}");
}

#[test]
fn long_lists_of_calls_stand_once() {
    let calls: String = (0..20).map(|n| format!("rpc Get{n}(Item) returns (Item); ")).collect();
    let service = format!("service S {{ {calls} }}");
    let (old, new) = (
        format!("message Item {{ int32 a = 1; int32 b = 2; }} {service}"),
        format!("message Item {{ }} {service}"),
    );
    let page = page(&versions(&[&old, &new]), &["--against", "v1.0.0"]);
    assert_eq!(page.matches("shop.v1.S.Get12").count(), 0, "{page}");
    assert!(page.contains("<a href=\"#c-0\">32 more</a>") && !page.contains("id=\"c-1\""), "{page}");
    let list = page.split("id=\"c-0\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(list.contains("Get12 (request), Get12 (response)"), "{list}");
}
