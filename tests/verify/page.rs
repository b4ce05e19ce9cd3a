//! The page of a run as a reader has it: every red place leads to the change behind it, and all of it prints on three
//! pages.

use std::collections::BTreeSet;
use std::process::Command;

use crate::matrix::{install, matrix};
use crate::pairs;
use crate::support::Files;

/// Four messages, and five edits of them.
const OLD: &str = "syntax = \"proto3\";\npackage shop.v1;
enum Kind { KIND_UNSPECIFIED = 0; KIND_BOOK = 1; KIND_TOY = 2; }
message Item { string id = 1; int32 price = 2; Kind kind = 3; string note = 4; }
message Ask { string id = 1; int64 at = 2; }
message Order { repeated Item items = 1; string owner = 2; bool paid = 3; }
message Done { string id = 1; }
service Shop {
  rpc Get(Ask) returns (Item);
  rpc Watch(Ask) returns (stream Item);
  rpc Put(stream Item) returns (Order);
  rpc Talk(stream Order) returns (stream Done);
}
";
const EDITS: [(&str, &str); 5] = [
    ("int32 price = 2", "string price = 2"),
    ("KIND_BOOK = 1; KIND_TOY = 2", "KIND_BOOK = 2; KIND_TOY = 1"),
    ("int64 at = 2", "sint64 at = 2"),
    ("string owner = 2", "string owner = 5"),
    ("  rpc Watch(Ask) returns (stream Item);\n", ""),
];

fn side(text: &str) -> Files {
    Files::from([("shop/v1/shop.proto".to_owned(), text.to_owned())])
}

/// What follows each `start` up to `end`.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    text.split(start).skip(1).filter_map(|rest| rest.split(end).next()).collect()
}

/// Whether what follows `class="` is of a red place.
fn is_red(rest: &str) -> bool {
    ["predicted\"", "bad\""].iter().any(|class| rest.starts_with(class))
}

/// Prints a page as Chromium does, and counts the sheets.
fn sheets(page: &std::path::Path) -> Option<usize> {
    let chromium =
        ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|n| which::which(n).ok())?;
    let folder = tempfile::tempdir().unwrap();
    let pdf = folder.path().join("page.pdf");
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("--print-to-pdf={}", pdf.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let pdf =
        std::fs::read(&pdf).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)));
    let text = String::from_utf8_lossy(&pdf);
    Some(between(&text, "/Type /Page", "\n").iter().filter(|rest| !rest.starts_with('s')).count())
}

#[test]
#[ignore = "builds programs in four languages: ci/matrix --page"]
fn five_edits_are_five_entries_on_three_sheets_one_click_away() {
    let new = EDITS.iter().fold(OLD.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    let env = pairs::repository(&side(OLD), &side(&new));
    install(&env);
    let (code, text, matrix) = matrix(&env, "page.json", &["--compact", "--report", "html=page.html"]);
    assert_eq!(code, 1, "{text}");
    assert_eq!(matrix["counts"]["red_unpredicted"], 0, "{text}");
    let html = env.read("page.html");
    if let Some(kept) = std::env::var_os("PROTOPACT_PAGE") {
        std::fs::write(kept, &html).unwrap();
    }

    let entries: BTreeSet<&str> = between(&html, "<article id=\"", "\"").into_iter().collect();
    assert_eq!(entries.len(), EDITS.len(), "{entries:?}");
    // Each has an example with the command that tries it again. Only the method that is gone is an example of that.
    for article in between(&html, "<article ", "</article>") {
        assert!(article.contains("<dt>repeat</dt>"), "{article}");
        assert_eq!(
            article.contains("method-removed"),
            article.contains("<code>shop.v1.Shop&#x2f;Watch unimplemented</code>"),
            "{article}"
        );
    }
    // Whatever is red above or below the entries is a link to one: in tables, and where all languages are told at once.
    let above = &html[html.find("<h2>Which change").unwrap()..html.find("<article").unwrap()];
    let below = &html[html.find("<h2>Every cell").unwrap()..];
    let mut red = 0;
    for (text, start, end) in
        [(above, "<td class=\"", "</td>"), (below, "<td class=\"", "</td>"), (below, "<b class=\"", "</b>")]
    {
        for cell in between(text, start, end).into_iter().filter(|cell| is_red(cell)) {
            red += 1;
            let links = between(cell, "href=\"#", "\"");
            assert!(!links.is_empty() && links.iter().all(|l| entries.contains(l)), "{cell}");
        }
    }
    assert!(red > 0, "nothing is red");
    match sheets(&env.work().join("page.html")) {
        Some(sheets) => assert!((1..=3).contains(&sheets), "{sheets} sheets"),
        None => eprintln!("ignored: there is no `chromium` to print the page with"),
    }
}
