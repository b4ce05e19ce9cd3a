//! What an output folder holds, as it was written: `.protopact/manifest.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::FileTree;
use crate::machine::sha256;
use crate::words::Language;

/// Where it is, below the output.
pub const PATH: &str = ".protopact/manifest.json";

/// The form of the file.
const FORMAT: u32 = 1;

/// The manifest of an output folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    /// The units, by their path below the output.
    pub units: BTreeMap<String, Entry>,
}

/// One unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// A hash of everything that decided what it is.
    pub inputs: String,
    /// The contract.
    pub contract: String,
    /// Its version.
    pub version: String,
    /// The number of the build, where the version was made again after it was published.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub build: Option<u32>,
    /// The language, for packages.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<String>,
    /// What a service team writes to depend on it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub coordinate: Option<String>,
    /// The programs that made it, with their versions.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub makers: BTreeMap<String, String>,
    /// The SHA-256 of every file, by its path below the unit.
    pub files: BTreeMap<String, String>,
}

impl Default for Manifest {
    fn default() -> Manifest {
        Manifest { format: FORMAT, units: BTreeMap::new() }
    }
}

impl Manifest {
    /// Reads a manifest. One of another form is none: its output is made again.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Manifest> {
        serde_json::from_slice(text).ok().filter(|m: &Manifest| m.format == FORMAT)
    }

    /// The text of the file.
    #[must_use]
    pub fn render(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings and maps of strings") + "\n"
    }
}

impl Entry {
    /// The language, when it is one that is known.
    #[must_use]
    pub fn language(&self) -> Option<Language> {
        self.language.as_deref().and_then(Language::named)
    }
}

/// The hash of every file of a tree.
#[must_use]
pub fn hashes(tree: &FileTree) -> BTreeMap<String, String> {
    tree.iter().map(|(path, content)| (path.to_owned(), sha256(content))).collect()
}
