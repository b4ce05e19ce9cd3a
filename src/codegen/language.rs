//! What every SDK language has to say.

use std::collections::BTreeMap;

use crate::compile::Compiled;
use crate::config::package::About;
use crate::schema::Schema;
use crate::source::LegalText;
use crate::words::Language;

use super::FileTree;

/// One contract version, as packages are made of it.
#[derive(Debug)]
pub struct Contract<'a> {
    /// `acme/contracts`.
    pub name: &'a str,
    /// The version without a `v`: `1.4.0`, or `0.0.0-dev` for a working tree.
    pub version: &'a str,
    /// The number of the build, where a published version is made again; none for the packages it was published with.
    pub build: Option<u32>,
    /// The commit it was made from, when it was made from one.
    pub commit: Option<&'a str>,
    /// SPDX id for the package's licence field.
    pub licence: &'a str,
    /// The texts of the licence, which go into the packages; one that names it where there are none.
    pub legal: &'a [LegalText],
    /// What registries show of the packages.
    pub about: &'a About,
    /// The descriptors, imports before importers.
    pub compiled: &'a Compiled,
    /// The model of the same.
    pub schema: &'a Schema,
}

/// Where a package goes: what the configuration says of a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    language: Language,
    keys: BTreeMap<String, String>,
}

impl Target {
    /// A target of the values of a language's keys.
    #[must_use]
    pub fn new(language: Language, keys: &[(&str, &str)]) -> Target {
        let owned = keys.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Target { language, keys: owned.collect() }
    }

    /// The same target with more values.
    #[must_use]
    pub fn with(mut self, more: Vec<(String, String)>) -> Target {
        self.keys.extend(more);
        self
    }

    /// The language the target is of.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// Whether one of the language's options is on.
    #[must_use]
    pub fn has(&self, option: &str) -> bool {
        self.get(option) == "true"
    }

    /// The value of a key; empty when it has none, which no language takes for a name.
    #[must_use]
    pub fn get(&self, key: &str) -> &str {
        self.keys.get(key).map_or("", String::as_str)
    }
}

/// A finished package, not yet written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The language.
    pub language: Language,
    /// What a service team writes to depend on it: a module path with its major version, Maven coordinates, a
    /// requirement, a crate.
    pub coordinate: String,
    /// Everything in the package.
    pub files: FileTree,
}
