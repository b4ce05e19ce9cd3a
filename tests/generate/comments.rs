//! Comments of a contract are documentation, and never code: whatever stands in them, packages build, and what they are
//! made of apart from comments is what it is without any.

use std::fmt::Write as _;
use std::path::Path;

use protopact::words::Language;

use crate::build::generated;
use crate::files::{Files, project};
use crate::lab::tree;
use crate::machine::Machine;
use crate::names::{program, run, rust_names};
use crate::refused::{complaints, laid, try_run};

/// What ends a comment, a text or a line in one of the languages, says something to its tools, or acts without being
/// seen.
const TEXTS: &[&str] = &[
    "*/ class Evil {} /*",
    "\\u002a/ class Evil {} /\\u002a",
    "@deprecated by a comment",
    "@Deprecated",
    "\"\"\" + evil() + \"\"\"",
    "\"",
    "''' + evil() + '''",
    "C:\\Users\\N{x}\\x",
    "\\",
    "go:build ignore",
    "+build ignore",
    "go:embed evil",
    "go:linkname evil evil",
    "line evil.go:1",
    "export Evil",
    "!/ #![evil]",
    "#[evil]",
    "```",
    "compile_error!(\"a comment is code\");",
    "```",
    "{@code evil {@link Evil} <script>",
    "\u{202e}hidden\u{2066}",
    "bell\u{7} and escape\u{1b}[31m",
    "carriage\rreturn",
    "lines\u{2028}of\u{2029}others\u{85}",
    "type: ignore",
    "mypy: ignore-errors",
];

/// Every place in which a comment can stand, a line each.
const PLAIN: &str = r#"syntax = "proto2";
package hostile.v1;
import "google/protobuf/timestamp.proto";
option java_multiple_files = true;
message M {
  optional int32 number = 1;
  repeated string texts = 2;
  map<string, M> all = 3;
  optional google.protobuf.Timestamp at = 4;
  oneof kind {
    string name = 5;
    M inner = 6;
  }
  message Nested {
    optional Color color = 1;
  }
  enum Color {
    COLOR_NONE = 0;
    COLOR_RED = 1;
  }
  optional Nested nested = 7;
  optional group Part = 8 {
    optional bytes raw = 1;
  }
  reserved 9 to 11;
  reserved "gone";
  extensions 100 to 200;
  extend M {
    optional string within = 101;
  }
}
extend M {
  optional string more = 100;
}
enum Shade {
  option allow_alias = true;
  SHADE_NONE = 0;
  SHADE_NIL = 0;
}
service Says {
  option deprecated = false;
  rpc Say(M) returns (M);
  rpc Tell(stream M) returns (M);
  rpc Watch(M) returns (stream M) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
  rpc Talk(stream M) returns (stream M);
}
"#;

/// A contract without comments, and the same with all of them everywhere: apart from what follows, before it, and behind
/// it, in lines and in blocks.
fn contracts() -> [Files; 2] {
    let lines: String = TEXTS.iter().map(|text| format!("//{text}\n")).collect();
    let closed = |text: &&&str| !text.contains("*/") && !text.contains("/*");
    let block: String = TEXTS.iter().filter(closed).map(|text| format!(" *{text}\n")).collect();
    let mut commented = String::new();
    for (at, (line, text)) in PLAIN.lines().zip(TEXTS.iter().cycle()).enumerate() {
        let before = if at % 2 == 0 { lines.clone() } else { format!("/*{block}*/\n") };
        let _ = write!(commented, "{lines}\n/*{block}*/\n\n{before}{line} //{text}\n{lines}\n");
    }
    [PLAIN, &commented].map(|text| vec![("hostile/v1/hostile.proto".to_owned(), text.to_owned())])
}

/// Builds both packages, and compares what `code` says of their folders.
fn are_not_code(language: Language, code: impl Fn(&Path, &Machine) -> String) {
    let machine = Machine::new();
    let [plain, commented] = contracts().map(|files| {
        let dir = tempfile::tempdir().unwrap();
        laid(&generated(&files, language, &machine), dir.path());
        let said = complaints(language, dir.path(), "acme_contracts", &machine);
        assert!(said.is_none(), "{}", said.unwrap_or_default());
        (code(dir.path(), &machine), dir)
    });
    assert!(plain.0.len() > 2_000, "{}", plain.0);
    if plain.0 != commented.0 {
        let (old, new) = (&plain.0, &commented.0);
        panic!("{}", similar::TextDiff::from_lines(old, new).unified_diff().context_radius(1));
    }
    // They are there all the same.
    let said = tree(commented.1.path()).into_values().any(|file| {
        let file = String::from_utf8_lossy(&file).into_owned();
        file.contains("mypy: ignore-errors")
    });
    assert!(said, "the comments of the contract are in none of the files");
}

fn reader(name: &str) -> String {
    project().join("tests/generate/readers").join(name).display().to_string()
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn go() {
    are_not_code(Language::Go, |folder, machine| {
        // Which files a build takes is said by comments.
        let taken = "{{.ImportPath}} {{.GoFiles}} {{.IgnoredGoFiles}} {{.EmbedPatterns}} {{.CgoFiles}}";
        let (well, files) = try_run("go", &["list", "-f", taken, "./..."], folder, machine);
        assert!(well, "{files}");
        files + &run(program("go").args(["run", &reader("code.go")]).arg(folder)).unwrap()
    });
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn java() {
    // Without the numbers of lines classes are the same bytes; `@deprecated` in a comment is an attribute of theirs.
    are_not_code(Language::Java, |folder, _| {
        let classes = tree(&folder.join("classes")).into_iter();
        classes
            .map(|(path, bytes)| format!("{path} {}\n", protopact::machine::sha256(&bytes)))
            .collect::<String>()
    });
}

#[test]
#[ignore = "gets plugins over the network: ci/sdk"]
fn python() {
    are_not_code(Language::Python, |folder, _| {
        run(program("python3").arg(reader("code.py")).arg(folder)).unwrap()
    });
}

#[test]
#[ignore = "gets crates over the network: ci/sdk"]
fn rust() {
    are_not_code(Language::Rust, |folder, machine| {
        // Examples in documentation are code. The crate gets a name of its own: rustdoc looks for it after cargo has let
        // go of the folder, and `verify`, which may run beside this, takes the SDK it has built out of there by its name.
        let manifest = folder.join("Cargo.toml");
        let named = std::fs::read_to_string(&manifest).unwrap().replacen("acme-contracts", "commented", 1);
        std::fs::write(&manifest, named).unwrap();
        let (well, examples) = try_run("cargo", &["test", "--doc", "--", "--list"], folder, machine);
        assert!(well && examples.contains("0 tests, 0 benchmarks"), "{examples}");
        rust_names(&folder.join("src")).replace(&folder.display().to_string(), "")
    });
}
