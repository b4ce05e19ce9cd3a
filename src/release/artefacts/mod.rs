//! The files of a version.
//!
//! They are a function of the commit, the version and this program: no clock, no machine and no order of threads leaves a
//! trace, so that two machines make the same bytes and a version can be published again to see that it is the same.

mod catalogue;
mod contents;
mod numbers;
mod packed;
mod provenance;

use std::collections::BTreeMap;

use rayon::prelude::*;
use semver::Version;
use thiserror::Error;

use crate::compile::Compiled;
use crate::compile::output::{SetOptions, descriptor_set};
use crate::git::Annotation;
use crate::machine::{FileTree, TreeError, sha256};
use crate::schema::Schema;
use crate::text::pretty_json;
use crate::words::Language;

pub(in crate::release) use packed::tar_gz;

/// The sums of all files, in the form of `sha256sum`.
pub const SUMS: &str = "SHA256SUMS";
/// What the version is, for programs.
pub const RELEASE: &str = "release.json";
/// The descriptor set, with imports and comments.
pub const DESCRIPTORS: &str = "descriptors.binpb";
/// The release notes.
pub const NOTES: &str = "CHANGELOG.md";

/// The names of the files that every version has.
pub const ALWAYS: [&str; 9] = [
    "sources.tar.gz",
    RELEASE,
    "numbers.json",
    "catalogue.json",
    "contents.spdx.json",
    NOTES,
    DESCRIPTORS,
    "provenance.intoto.json",
    SUMS,
];

/// The archive of the package of a language.
#[must_use]
pub fn package(language: Language) -> String {
    archive_of(language.as_str())
}

fn archive_of(language: &str) -> String {
    format!("sdk-{language}.tar.gz")
}

/// What the files of a version are made of.
#[derive(Debug)]
pub struct Material<'a> {
    /// The contract: `acme/contracts`.
    pub contract: &'a str,
    /// The version.
    pub version: &'a Version,
    /// The version before.
    pub previous: Option<&'a Version>,
    /// The commit.
    pub commit: &'a str,
    /// When it was committed, in seconds since 1970.
    pub time: u64,
    /// Where the repository is, for a browser.
    pub repository: Option<&'a str>,
    /// The SPDX expression of the licence.
    pub licence: &'a str,
    /// The descriptors.
    pub compiled: &'a Compiled,
    /// The model of the same.
    pub schema: &'a Schema,
    /// The contract's own .proto files by import path.
    pub sources: &'a BTreeMap<String, Vec<u8>>,
    /// Configuration, lock and licence texts, by name.
    pub papers: &'a BTreeMap<String, Vec<u8>>,
    /// The section of the changelog.
    pub notes: &'a str,
    /// The SDK packages: language, what a service team writes to depend on it, and files.
    pub packages: &'a [(String, String, FileTree)],
    /// What made the packages, and what the contract imports from others: name, version and SHA-256 where it is known.
    pub parts: &'a [Part],
}

/// Something that went into a version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The SHA-256 of its bytes, where they are the same on every machine.
    pub sha256: Option<String>,
    /// Whether it only made something, and is in none of the files.
    pub tool: bool,
}

/// Why the files cannot be made.
#[derive(Debug, Error)]
pub enum ArtefactError {
    /// A path that must not be written.
    #[error("cannot make the files of the version")]
    Path(#[from] TreeError),
    /// Something cannot be packed.
    #[error("cannot pack `{name}`")]
    Pack {
        /// What.
        name: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
}

/// What an archive holds, in its order: paths and bytes.
type Contents<'a> = Vec<(&'a str, &'a [u8])>;

/// Makes the files of a version.
///
/// # Errors
///
/// A path of a package or a source cannot be in an archive.
pub fn artefacts(material: &Material<'_>) -> Result<FileTree, ArtefactError> {
    let Material { contract, version, .. } = material;
    let mut files = FileTree::new();
    let set = SetOptions { include_imports: true, include_source_info: true };
    let descriptors = descriptor_set(material.compiled, set);
    let folder = format!("{}-{version}", contract.rsplit('/').next().unwrap_or(contract));
    // Each archive by itself: to pack them takes longer than all else here.
    let sources = material.sources.iter().map(|(path, content)| (path.as_str(), content.as_slice()));
    let mut archives: Vec<(String, Contents<'_>)> = vec![("sources.tar.gz".to_owned(), sources.collect())];
    archives.extend(material.packages.iter().map(|(language, _, tree)| {
        (archive_of(language), tree.iter().map(|(path, content)| (path, content.as_ref())).collect())
    }));
    let time = material.time;
    let packed = archives.into_par_iter().map(|(name, content)| {
        match packed::tar_gz(&folder, time, &mut content.into_iter()) {
            Ok(archive) => Ok((name, archive)),
            Err(source) => Err(ArtefactError::Pack { name, source }),
        }
    });
    for archive in packed.collect::<Vec<_>>() {
        let (name, content) = archive?;
        files.add(&name, content)?;
    }
    for (name, content) in material.papers {
        files.add(name, content.clone())?;
    }
    files.add(RELEASE, json(&about(material, &descriptors)))?;
    files.add("numbers.json", json(&numbers::numbers(material.schema)))?;
    files.add("catalogue.json", json(&catalogue::catalogue(material)))?;
    files.add("contents.spdx.json", json(&contents::spdx(material, &sha256(&descriptors))))?;
    files.add(NOTES, material.notes.to_owned())?;
    files.add(DESCRIPTORS, descriptors)?;
    files.add("provenance.intoto.json", json(&provenance::statement(material, &files)))?;
    let sums = sums(&files);
    files.add(SUMS, sums)?;
    Ok(files)
}

/// The sums of all files but their own.
fn sums(files: &FileTree) -> String {
    let files = files.iter().filter(|(path, _)| *path != SUMS);
    files.map(|(path, content)| format!("{}  {path}\n", sha256(content))).collect()
}

/// Whether files are those of a version: its sums are theirs, and of no others.
#[must_use]
pub fn fits_its_sums(files: &FileTree) -> bool {
    files.get(SUMS).is_some_and(|there| *there == sums(files))
}

/// The hash of what the contract says: its own files, whatever commit and version they are of.
#[must_use]
pub fn tree_hash(sources: &BTreeMap<String, Vec<u8>>) -> String {
    let lines = sources.iter().map(|(path, content)| format!("{}  {path}\n", sha256(content)));
    sha256(lines.collect::<String>().as_bytes())
}

/// The text of the tag of a version: what it says, and the hashes of the files.
#[must_use]
pub fn tag_text(said: &Annotation, files: &FileTree) -> String {
    let about: Option<serde_json::Value> =
        files.get(RELEASE).and_then(|text| serde_json::from_slice(text).ok());
    let sources = about.as_ref().and_then(|about| about.get("sources")?.as_str()).unwrap_or_default();
    let descriptors = files.get(DESCRIPTORS).map(|set| sha256(set)).unwrap_or_default();
    said.text(sources, &descriptors)
}

impl Material<'_> {
    /// What to depend on, by language. A Go module is known by its path, to which `go get` is told the version.
    fn depend(&self) -> BTreeMap<&str, String> {
        let of = |(language, coordinate, _): &'_ (String, String, FileTree)| match Language::named(language) {
            Some(Language::Go) => format!("{coordinate}@v{}", self.version),
            _ => coordinate.clone(),
        };
        self.packages.iter().map(|package| (&*package.0, of(package))).collect()
    }
}

fn about(material: &Material<'_>, descriptors: &[u8]) -> serde_json::Value {
    serde_json::json!({
        "format": 1,
        "contract": material.contract,
        "version": material.version.to_string(),
        "previous": material.previous.map(ToString::to_string),
        "commit": material.commit,
        "time": packed::rfc_3339(material.time),
        "sources": tree_hash(material.sources),
        "descriptors": sha256(descriptors),
        "packages": material.depend(),
    })
}

fn json(value: &serde_json::Value) -> String {
    pretty_json(value).expect("strings, numbers and maps of strings").trim_end().to_owned() + "\n"
}
