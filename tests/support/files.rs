//! .proto files of tests, and what the compiler makes of them.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::path::{Path, PathBuf};

use protopact::compile::{Compiled, Input, InputFile, Options, compile};
use protopact::schema::Schema;

/// Files by import path.
pub(crate) type Files = Vec<(String, String)>;

/// The folder of the project.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pairs of sides among the fixtures, every example of a rule and every probe: their group, name and folder, sorted.
pub(crate) fn pairs() -> Vec<(&'static str, String, PathBuf)> {
    let mut pairs = Vec::new();
    for group in ["probes", "rules"] {
        let root = project().join("fixtures").join(group);
        let entries = std::fs::read_dir(&root).unwrap_or_else(|e| panic!("{}: {e}", root.display()));
        for folder in entries.map(|entry| entry.unwrap_or_else(|e| panic!("{e}")).path()) {
            if folder.join("old").is_dir() {
                let name = folder.file_name().and_then(|name| name.to_str()).expect("names are UTF-8");
                pairs.push((group, name.to_owned(), folder));
            }
        }
    }
    pairs.sort();
    pairs
}

/// Every .proto file below a folder, sorted by import path.
pub(crate) fn read(root: &Path) -> Files {
    let mut files = Files::new();
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.unwrap_or_else(|e| panic!("{e}"));
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|e| e == "proto") {
            let name = entry.path().strip_prefix(root).expect("it was found below");
            let name = name.to_str().expect("names are UTF-8").replace('\\', "/");
            let text = std::fs::read_to_string(entry.path()).unwrap_or_else(|e| panic!("{name}: {e}"));
            files.push((name, text));
        }
    }
    files
}

/// What the compiler is given: every file is the contract's own. `root` is the folder that messages show them in; it
/// may be empty.
pub(crate) fn input<N: AsRef<str>, T: AsRef<str>>(root: &str, files: &[(N, T)]) -> Input {
    let file = |(name, text): &(N, T)| {
        let name = name.as_ref();
        InputFile {
            name: name.into(),
            display: if root.is_empty() { name.into() } else { format!("{root}/{name}").into() },
            content: text.as_ref().to_owned().into(),
            target: true,
        }
    };
    let roots = if root.is_empty() { Vec::new() } else { vec![format!("`{root}`")] };
    Input { files: files.iter().map(file).collect(), roots, ..Input::default() }
}

/// Compiles what has to compile.
pub(crate) fn compiled(input: &Input) -> Compiled {
    compile(input, &Options::default()).unwrap_or_else(|e| panic!("{e:?}"))
}

/// Files that have to compile, with their model.
pub(crate) fn model<N: AsRef<str>, T: AsRef<str>>(root: &str, files: &[(N, T)]) -> (Compiled, Schema) {
    let compiled = compiled(&input(root, files));
    let schema = Schema::build(&compiled).unwrap_or_else(|e| panic!("{e}"));
    (compiled, schema)
}
