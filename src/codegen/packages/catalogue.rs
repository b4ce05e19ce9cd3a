//! What was made of which contract version, for people and for programs.
//!
//! One row a contract version. A run adds or replaces its own row and leaves the others, so that the catalogue of an
//! output with several versions lists all of them.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::codegen::{Contract, Language, Package};

/// All that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    schema_version: u32,
    /// By contract, newest version first.
    packages: Vec<Row>,
}

/// One contract version; languages that were not generated have no coordinate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The contract's name.
    pub contract: String,
    /// Its version, without a `v`.
    pub version: String,
    /// The commit it was made from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Go module path with its major version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go: Option<String>,
    /// Maven coordinates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub java: Option<String>,
    /// Python requirement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// Crate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rust: Option<String>,
}

/// A catalogue file that is none.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// Not the JSON of a catalogue.
    #[error("cannot read the catalogue")]
    Json(#[from] serde_json::Error),
    /// Of a later protopact.
    #[error(
        "cannot read the catalogue: its schema version is {0}, and this protopact knows {SCHEMA_VERSION}"
    )]
    Version(u32),
}

const SCHEMA_VERSION: u32 = 1;

impl Default for Catalogue {
    fn default() -> Catalogue {
        Catalogue { schema_version: SCHEMA_VERSION, packages: Vec::new() }
    }
}

impl Catalogue {
    /// Reads a catalogue back.
    ///
    /// # Errors
    ///
    /// Anything but what [`Catalogue::to_json`] writes.
    pub fn from_json(text: &str) -> Result<Catalogue, CatalogueError> {
        let catalogue: Catalogue = serde_json::from_str(text)?;
        if catalogue.schema_version != SCHEMA_VERSION {
            return Err(CatalogueError::Version(catalogue.schema_version));
        }
        Ok(catalogue)
    }

    /// The rows: by contract, newest version first.
    pub fn rows(&self) -> &[Row] {
        &self.packages
    }

    /// Adds the packages of one contract version. A language that is not among them keeps its coordinate when the
    /// row was there for the same commit.
    pub fn insert(&mut self, contract: &Contract<'_>, packages: &[Package]) {
        let at =
            self.packages.iter().position(|r| r.contract == contract.name && r.version == contract.version);
        let mut row = at.map(|at| self.packages.remove(at)).unwrap_or_default();
        if row.commit.as_deref() != contract.commit {
            row = Row::default();
        }
        row.contract = contract.name.to_owned();
        row.version = contract.version.to_owned();
        row.commit = contract.commit.map(str::to_owned);
        for package in packages {
            let place = match package.language {
                Language::Go => &mut row.go,
                Language::Java => &mut row.java,
                Language::Python => &mut row.python,
                Language::Rust => &mut row.rust,
            };
            *place = Some(package.coordinate.clone());
        }
        self.packages.push(row);
        self.packages.sort_by(|a, b| {
            let version = |r: &Row| semver::Version::parse(&r.version).ok();
            a.contract.cmp(&b.contract).then(version(b).cmp(&version(a))).then(b.version.cmp(&a.version))
        });
    }

    /// As JSON, with a newline at the end.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a catalogue is plain data") + "\n"
    }

    /// As a Markdown table.
    pub fn to_markdown(&self) -> String {
        let mut out = "# Packages\n\n| contract | version | Go | Java | Python | Rust |\n| --- | --- | --- | --- | --- | --- |\n".to_owned();
        let cell = |text: &str| {
            let plain: String = text.chars().filter(|c| !c.is_control() && *c != '`').collect();
            if plain.is_empty() { "–".to_owned() } else { format!("`{}`", plain.replace('|', "\\|")) }
        };
        for row in &self.packages {
            let of = |place: &Option<String>| cell(place.as_deref().unwrap_or_default());
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} |",
                cell(&row.contract),
                cell(&row.version),
                of(&row.go),
                of(&row.java),
                of(&row.python),
                of(&row.rust)
            );
        }
        out
    }
}
