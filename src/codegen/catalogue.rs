//! What there is to depend on: `catalog.json` for programs, `CATALOG.md` for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::manifest::Manifest;
use super::sdk;
use crate::words::Language;

/// The file for programs.
pub const JSON: &str = "catalog.json";
/// The file for people.
pub const MARKDOWN: &str = "CATALOG.md";

#[derive(Debug, Serialize)]
struct Catalogue<'a> {
    packages: Vec<Row<'a>>,
}

/// One version of a contract.
#[derive(Debug, Serialize)]
struct Row<'a> {
    contract: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    build: Option<u32>,
    #[serde(flatten)]
    languages: BTreeMap<&'static str, Place<'a>>,
}

#[derive(Debug, Serialize)]
struct Place<'a> {
    coordinate: &'a str,
    path: &'a str,
}

/// The versions of a manifest, highest first.
fn rows(manifest: &Manifest) -> Vec<Row<'_>> {
    let mut rows: BTreeMap<(&str, &str, Option<u32>), BTreeMap<&'static str, Place<'_>>> = BTreeMap::new();
    for (path, unit) in &manifest.units {
        if let (Some(language), Some(coordinate)) = (unit.language(), &unit.coordinate) {
            let row = rows.entry((&unit.contract, &unit.version, unit.build)).or_default();
            row.insert(language.as_str(), Place { coordinate, path });
        }
    }
    let row = |((contract, version, build), languages)| Row { contract, version, build, languages };
    let mut rows: Vec<Row<'_>> = rows.into_iter().map(row).collect();
    let key = |row: &Row<'_>| (semver::Version::parse(row.version).ok(), row.build);
    rows.sort_by(|a, b| a.contract.cmp(b.contract).then_with(|| key(b).cmp(&key(a))));
    rows
}

/// `catalog.json`.
#[must_use]
pub fn json(manifest: &Manifest) -> String {
    let catalogue = Catalogue { packages: rows(manifest) };
    serde_json::to_string_pretty(&catalogue).expect("strings and maps of strings") + "\n"
}

/// `CATALOG.md`.
#[must_use]
pub fn markdown(manifest: &Manifest) -> String {
    let mut out = String::from("# Packages\n\n| contract | version |");
    for language in Language::ALL {
        let _ = write!(out, " {} |", sdk::of(language).coordinate());
    }
    let _ = writeln!(out, "\n|{}", " --- |".repeat(Language::ALL.len() + 2));
    for row in rows(manifest) {
        let build = row.build.map_or_else(String::new, |build| format!(", build {build}"));
        let _ = write!(out, "| {} | {}{build} |", cell(row.contract), cell(row.version));
        for language in Language::ALL {
            let place = row.languages.get(language.as_str());
            let text = place.map_or_else(|| "–".to_owned(), |p| format!("`{}`", cell(p.coordinate)));
            let _ = write!(out, " {text} |");
        }
        out.push('\n');
    }
    out
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('`', "'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::manifest::Entry;

    #[test]
    fn the_highest_version_comes_first() {
        let mut manifest = Manifest::default();
        for (path, version, coordinate) in [
            ("go/1.10.0", "1.10.0", "example.com/x@v1.10.0"),
            ("go/1.9.0", "1.9.0", "example.com/x@v1.9.0"),
            ("rust/1.9.0", "1.9.0", "x@1.9.0"),
        ] {
            let entry = Entry {
                contract: "acme/x".to_owned(),
                version: version.to_owned(),
                language: path.split_once('/').map(|(l, _)| l.to_owned()),
                coordinate: Some(coordinate.to_owned()),
                ..Entry::default()
            };
            manifest.units.insert(path.to_owned(), entry);
        }
        insta::assert_snapshot!(markdown(&manifest), @r"
        # Packages

        | contract | version | Go module | Maven coordinates | Python package | crate |
        | --- | --- | --- | --- | --- | --- |
        | acme/x | 1.10.0 | `example.com/x@v1.10.0` | – | – | – |
        | acme/x | 1.9.0 | `example.com/x@v1.9.0` | – | – | `x@1.9.0` |
        ");
        let json: serde_json::Value = serde_json::from_str(&json(&manifest)).unwrap();
        assert_eq!(json["packages"][1]["rust"]["path"], "rust/1.9.0");
    }
}
