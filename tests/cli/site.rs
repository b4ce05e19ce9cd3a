//! `protopact site`.

use std::collections::{BTreeMap, BTreeSet};

use crate::env::TestEnv;

const FIRST: &str = "// Payments. All of it.
syntax = \"proto3\";
package pay.v1;
// Takes money, see [a charge][pay.v1.Charge].
service Payments {
  // Charges once.
  rpc Pay(ChargeRequest) returns (Charge);
  rpc Watch(ChargeRequest) returns (stream Charge) { option deprecated = true; }
}
message ChargeRequest {
  string id = 1;
  map<string, Currency> limits = 2;
}
// <script>alert(1)</script> \"quoted\" `code<b>`
message Charge {
  string id = 1;
  // What is to be paid:
  //
  // - in cents
  int64 amount = 2;
  oneof way { string card = 3; Charge refund = 4; }
  reserved 9 to 11, 15;
  // Inside.
  message Part { repeated int32 n = 1; }
}
enum Currency { CURRENCY_UNSPECIFIED = 0; EUR = 1 [deprecated = true]; }
";

const CONFIG: &str = "[contract]
name = \"acme/pay\"
roots = [\"proto\"]
[package]
description = \"Payments and <refunds>\"
[generate.go]
module = \"github.com/acme/pay-go\"
[generate.java]
group = \"com.acme\"
artifact = \"pay\"
[generate.python]
package = \"acme-pay\"
[generate.rust]
crate = \"acme-pay\"
";

/// A contract with the versions 1.0.0, 1.1.0, 2.0.0-rc.1 and 2.0.0, and 3.0.0-alpha.1 after them.
fn published() -> TestEnv {
    let env = TestEnv::new();
    env.write("protopact.toml", CONFIG);
    let mut text = FIRST.to_owned();
    let mut publish = |from: &str, to: &str, version: &str| {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
        env.write("proto/pay/v1/pay.proto", &text);
        env.commit(version);
        env.tag(&format!("v{version}"));
    };
    publish("", "", "1.0.0");
    publish("int64 amount = 2;", "int64 amount = 2;\n  string note = 5;", "1.1.0");
    publish("int64 amount = 2;", "reserved 2;", "2.0.0-rc.1");
    publish("string note", "bytes note", "2.0.0");
    // An address of its own for each, on a file system that knows no capitals and on Windows too.
    for (file, package) in [("index", "index"), ("con", "con"), ("upper", "Pay.v1"), ("none", "")] {
        let package = if package.is_empty() { String::new() } else { format!("package {package};\n") };
        env.write(
            &format!("proto/{file}.proto"),
            &format!("syntax = \"proto3\";\n{package}message M{file} {{}}\n"),
        );
    }
    publish("enum Currency", "message New {}\nenum Currency", "3.0.0-alpha.1");
    env
}

fn made(env: &TestEnv, args: &[&str]) {
    let output = env.run(&[&["site", "-o", "public"], args].concat());
    assert_eq!((output.code, &*output.out), (0, ""), "{output}");
}

/// Every file below a folder, by its path.
fn files(env: &TestEnv, folder: &str) -> BTreeMap<String, String> {
    let root = env.work().join(folder);
    let all =
        walkdir::WalkDir::new(&root).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
    let file = |entry: walkdir::DirEntry| {
        let path = entry.path().strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        (path, std::fs::read_to_string(entry.path()).unwrap())
    };
    all.map(file).collect()
}

/// What stands in an attribute, as often as there is one.
fn values<'a>(page: &'a str, attribute: &str) -> Vec<String> {
    let begin = format!(" {attribute}=\"");
    let value = |rest: &'a str| rest.split('"').next().unwrap().replace("&#x2f;", "/");
    page.split(&begin).skip(1).map(value).collect()
}

/// The text of a page, as a person reads it.
fn words(page: &str) -> String {
    let main = page.split("<main>").nth(1).unwrap().split("</main>").next().unwrap();
    let mut out = String::new();
    for piece in main.split('<') {
        let (tag, text) = piece.split_once('>').unwrap_or(("", piece));
        if ["p", "li", "h1", "h2", "h3", "tr", "pre"].iter().any(|t| tag.split(' ').next() == Some(t)) {
            out.push('\n');
        }
        if ["th", "td"].iter().any(|t| tag.split(' ').next() == Some(t)) {
            out.push_str(" | ");
        }
        out.push_str(&text.replace('\n', " "));
    }
    let lines = out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    let lines = lines.join("\n").replace("&#x2f;", "/").replace("&quot;", "\"").replace("&lt;", "<");
    lines.replace("&gt;", ">").replace("&amp;", "&")
}

#[test]
fn every_version_and_every_package_has_its_pages() {
    let env = published();
    made(&env, &[]);
    let files = files(&env, "public");
    let pages: Vec<&str> =
        files.keys().map(String::as_str).filter(|p| p.starts_with("3") || !p.contains('/')).collect();
    insta::assert_snapshot!("site_files", pages.join("\n"));
    assert!(files.contains_key("1.0.0/pay.v1.html") && files.contains_key("2.0.0-rc.1/pay.v1.html"));
    insta::assert_snapshot!("site_package", words(&files["2.0.0/pay.v1.html"]));
    insta::assert_snapshot!("site_version", words(&files["2.0.0/index.html"]));
    insta::assert_snapshot!("site_versions", words(&files["packages/pay.v1.html"]));
    insta::assert_snapshot!("site_index", words(&files["index.html"]));
    // The last release, whatever comes after it.
    assert_eq!(values(&files["latest/pay.v1.html"], "href")[0], "../2.0.0/pay.v1.html");
    assert!(files["latest/index.html"].contains("content=\"0; url=..&#x2f;2.0.0&#x2f;index.html\""));
}

#[test]
fn every_address_leads_to_something_of_the_site() {
    let env = published();
    made(&env, &[]);
    let files = files(&env, "public");
    let pages = files.iter().filter(|(path, _)| path.ends_with(".html"));
    let ids: BTreeMap<&str, BTreeSet<String>> =
        pages.clone().map(|(path, page)| (&**path, values(page, "id").into_iter().collect())).collect();
    let mut seen = 0;
    for (path, page) in pages {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        assert_eq!(values(page, "id").len(), ids[&**path].len(), "{path}: two elements have one id");
        for href in values(page, "href").into_iter().chain(values(page, "src")) {
            let (file, id) = href.split_once('#').unwrap_or((&href, ""));
            let target = match file.strip_prefix("../") {
                Some(file) => file.to_owned(),
                None if file.is_empty() => path.clone(),
                None if folder.is_empty() => file.to_owned(),
                None => format!("{folder}/{file}"),
            };
            assert!(files.contains_key(&target), "{path}: {href}");
            assert!(id.is_empty() || ids[&*target].contains(id), "{path}: {href}");
            seen += 1;
        }
    }
    assert!(seen > 200, "{seen}");
    let folded: BTreeSet<String> = files.keys().map(|path| path.to_lowercase()).collect();
    assert_eq!(folded.len(), files.len());
}

#[test]
fn what_can_be_searched_for_is_on_the_pages() {
    let env = published();
    made(&env, &[]);
    let files = files(&env, "public");
    let script = &files["3.0.0-alpha.1/names.js"];
    let json = script.strip_prefix("protopactNames(").and_then(|rest| rest.strip_suffix(");\n")).unwrap();
    let packages: serde_json::Value = serde_json::from_str(json).unwrap();
    let mut found = BTreeSet::new();
    for package in packages.as_array().unwrap() {
        let name = package[0].as_str().unwrap();
        let page = &files[&format!("3.0.0-alpha.1/{}", package[1].as_str().unwrap())];
        let ids: BTreeSet<String> = values(page, "id").into_iter().collect();
        for element in package[2].as_array().unwrap() {
            let short = element[0].as_str().unwrap();
            let full = if name.is_empty() { short.to_owned() } else { format!("{name}.{short}") };
            assert!(ids.contains(&full), "{full}");
            found.insert(format!("{} {full}", element[1].as_str().unwrap()));
            for member in element[2].as_array().unwrap() {
                let member = format!("{full}.{}", member.as_str().unwrap());
                assert!(ids.contains(&member), "{member}");
                found.insert(format!("of {member}"));
            }
        }
    }
    let expected = [
        "message Mnone",
        "service pay.v1.Payments",
        "of pay.v1.Payments.Watch",
        "message pay.v1.Charge.Part",
        "of pay.v1.Charge.Part.n",
        "enum pay.v1.Currency",
        "of pay.v1.Currency.EUR",
    ];
    assert!(expected.iter().all(|name| found.contains(*name)), "{found:#?}");
}

#[test]
fn the_same_tags_give_the_same_bytes_and_what_others_wrote_stays() {
    let env = published();
    made(&env, &[]);
    let first = files(&env, "public");
    env.write("public/CNAME", "pay.example.com\n");
    env.write("public/2.0.0/notes.txt", "by hand\n");
    // What is not tagged is not published.
    env.write("proto/pay/v1/pay.proto", "syntax = \"proto3\";\n");
    made(&env, &[]);
    let mut second = files(&env, "public");
    assert_eq!(second.remove("CNAME").as_deref(), Some("pay.example.com\n"));
    assert_eq!(second.remove("2.0.0/notes.txt").as_deref(), Some("by hand\n"));
    assert!(first == second);
    made(&env, &["--since", "2.0.0"]);
    let third = files(&env, "public");
    assert!(third.contains_key("CNAME") && third.contains_key("2.0.0/index.html"));
    assert!(!third.keys().any(|path| path.starts_with('1') || path.contains("rc.1")), "{:#?}", third.keys());
}

#[test]
fn files_of_others_are_not_written_over() {
    let env = published();
    env.write("public/index.html", "mine");
    let output = env.run(&["site", "-o", "public"]);
    assert_eq!(output.code, 2, "{output}");
    assert!(output.err.contains("holds files that protopact has not written"), "{output}");
    assert!(output.err.contains("`index.html`"), "{output}");
    assert_eq!(files(&env, "public"), [("index.html".to_owned(), "mine".to_owned())].into());
    made(&env, &["--force"]);
    assert!(env.read("public/index.html").contains("acme&#x2f;pay"));
    // Nor is the contract itself.
    let output = env.run(&["site", "-o", "."]);
    assert!(output.code == 2 && output.err.contains("cannot be an output folder"), "{output}");
}

#[test]
fn without_a_version_there_is_no_site() {
    let env = published();
    for args in [&["--tag", "release-{version}"][..], &["--since", "9.0.0"]] {
        let output = env.run(&[&["site", "-o", "public"], args].concat());
        assert!(output.code == 2 && output.err.contains("there is no published version"), "{output}");
    }
    assert!(!env.work().join("public").exists());
    let output = env.run(&["site", "-o", "public", "--tag", "x"]);
    assert!(output.code == 2 && output.err.contains("must contain `{version}`"), "{output}");
}

#[test]
fn a_version_that_does_not_compile_is_named_and_nothing_is_written() {
    let env = published();
    env.write("proto/pay/v1/pay.proto", "syntax = \"proto3\";\nmessage A { B b = 1; }\n");
    env.commit("broken");
    env.tag("v4.0.0");
    let output = env.run(&["site", "-o", "public"]);
    assert!(output.code == 3 && output.err.contains("v4.0.0"), "{output}");
    assert!(!env.work().join("public").exists());
}
