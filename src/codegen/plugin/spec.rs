//! The plugins that protopact knows, each at a version that packages are made for.
//!
//! Generated code and the runtime it needs belong together: each line of a language's runtime names its own. A project
//! has one line of each language, and so one version of a plugin.

use super::Library;
use crate::codegen::{Target, sdk};
use crate::words::Language;

/// Where a plugin comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The protoc that comes with protopact, or the configured one.
    Protoc,
    /// A Go package that `go install` builds.
    Go {
        /// The package's import path.
        package: &'static str,
    },
    /// An artifact of a Maven repository that can be run.
    Maven {
        /// `io.grpc`.
        group: &'static str,
        /// `protoc-gen-grpc-java`.
        artifact: &'static str,
        /// What of it is run.
        form: Form,
    },
    /// A distribution of a Python package index, with a protoc in it.
    Pip,
    /// A crate that `cargo install` builds, with what its own lock names.
    Cargo,
    /// A library that is part of protopact.
    Library(Library),
}

/// What is run of an artifact in a Maven repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A program, one for each platform.
    Program,
    /// A program that is a protoc with generators in it.
    Protoc,
    /// A jar with all that it needs, of this classifier, which `java` runs.
    Jar(&'static str),
}

impl Source {
    /// The word in the lock.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Protoc => "protoc",
            Source::Go { .. } => "go",
            Source::Maven { .. } => "maven",
            Source::Pip => "pip",
            Source::Cargo => "cargo",
            Source::Library(_) => "built-in",
        }
    }

    /// The program that gets it, when one is needed.
    #[must_use]
    pub fn installer(self) -> Option<&'static str> {
        match self {
            Source::Go { .. } => Some("go"),
            Source::Maven { .. } => Some("mvn"),
            Source::Pip => Some("python3"),
            Source::Cargo => Some("cargo"),
            Source::Protoc | Source::Library(_) => None,
        }
    }
}

/// A plugin at its version.
#[derive(Debug, PartialEq, Eq)]
pub struct Pinned {
    /// The name in the lock and in messages.
    pub name: &'static str,
    /// The version, as its own world writes it.
    pub version: &'static str,
    /// Where it comes from.
    pub source: Source,
    /// Whether it only has work where there are services.
    pub services_only: bool,
    /// The newest edition that it takes, as descriptor.proto numbers it: it refuses every contract with a file of a newer
    /// one. What is entered here is what plugins answer (`tests/generate/editions.rs`).
    pub newest_edition: i32,
}

/// What proto3 is among editions; proto2 is below it.
pub const EDITION_PROTO3: i32 = 999;
/// Edition 2023.
pub const EDITION_2023: i32 = 1000;
/// Edition 2024.
pub const EDITION_2024: i32 = 1001;
/// Edition 2026.
pub const EDITION_2026: i32 = 1002;

impl Pinned {
    /// The languages whose packages need it.
    pub fn languages(&'static self) -> impl Iterator<Item = Language> {
        let needs = move |language: &Language| {
            let lines = sdk::of(*language).lines().all.iter();
            let mut plugins = lines.flat_map(|line| {
                let options = line.options.iter().map(|(_, plugin, _)| *plugin);
                line.plugins.iter().map(|(plugin, _)| *plugin).chain(options)
            });
            plugins.any(|plugin| plugin == self)
        };
        Language::ALL.into_iter().filter(needs)
    }
}

/// protoc.
pub static PROTOC: Pinned = Pinned {
    name: "protoc",
    version: "36.2",
    source: Source::Protoc,
    services_only: false,
    newest_edition: EDITION_2026,
};

/// Services in Python.
pub static GRPC_PYTHON: Pinned = Pinned {
    name: "grpcio-tools",
    version: "1.85.1",
    source: Source::Pip,
    services_only: true,
    newest_edition: EDITION_2024,
};

/// The plugins that the newest lines of some languages need, by name.
#[must_use]
pub fn needed(languages: &[Language], services: bool) -> Vec<&'static Pinned> {
    let newest: Vec<Target> = languages.iter().map(|language| Target::new(*language, &[])).collect();
    needed_for(&newest, services)
}

/// The plugins that some targets need, by name.
#[must_use]
pub fn needed_for(targets: &[Target], services: bool) -> Vec<&'static Pinned> {
    let plugins = targets.iter().flat_map(sdk::plugins);
    let mut wanted: Vec<&'static Pinned> =
        plugins.map(|(plugin, _)| plugin).filter(|plugin| services || !plugin.services_only).collect();
    wanted.sort_by_key(|plugin| plugin.name);
    wanted.dedup();
    wanted
}

/// The plugin of this name that some targets need, which is the one that is locked; otherwise this one.
#[must_use]
pub fn chosen(plugin: &'static Pinned, targets: &[Target]) -> &'static Pinned {
    needed_for(targets, true).into_iter().find(|p| p.name == plugin.name).unwrap_or(plugin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_the_libraries_are_those_that_are_linked() {
        let all = || needed(&Language::ALL, true);
        assert!(all().is_sorted_by_key(|p| p.name));
        let lock = include_str!("../../../Cargo.lock");
        let options = Target::new(Language::Rust, &[("serde", "true")]);
        let all = all().into_iter().chain(needed_for(&[options], true));
        for library in all.filter(|p| matches!(p.source, Source::Library(_))) {
            let entry = format!("name = \"{}\"\nversion = \"{}\"\n", library.name, library.version);
            assert!(lock.contains(&entry), "{entry}");
        }
    }
}
