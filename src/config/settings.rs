//! The configuration as used: every question has an answer here.

use std::path::PathBuf;

use super::against::Baseline;
use super::buf::Workspace;
use super::deprecation::Deprecation;
use super::deps::Dep;
use super::generate::Generate;
use super::{ConfigError, PackagePolicy, Place, Policy, ReleaseSettings};
use crate::compile::Backend;
use crate::words::{Level, Pinned};

/// The level of a name, as written in a file or a flag.
pub(super) fn level(name: &str, place: impl FnOnce() -> Place) -> Result<Level, ConfigError> {
    Level::parse(name)
        .ok_or_else(|| ConfigError::unknown(place(), "level", name, &Level::ALL.map(Level::as_str)))
}

/// One accepted finding. Kept as written; whether it still holds is judged later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The fingerprint of the finding, lower case.
    pub finding: String,
    /// Why the break is accepted.
    pub reason: String,
    /// Who accepted it.
    pub owner: Option<String>,
    /// A version or a date (RFC 3339) after which it no longer holds.
    pub until: Option<String>,
    /// Where it is written.
    pub place: Place,
}

/// `[waivers]`: what is asked of whoever accepts something. A reason is always asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaiverPolicy {
    /// Whether a waiver has to name its owner.
    pub require_owner: bool,
    /// Whether a waiver has to end.
    pub require_until: bool,
    /// How many days from now it may end at most.
    pub max_days: Option<u32>,
}

/// A folder that import paths begin in.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Root {
    /// The folder, relative to the configuration's; empty for that folder itself.
    pub path: String,
    /// What the import paths of its files begin with, as in protoc's `-I PREFIX=PATH`; mostly empty.
    pub prefix: String,
}

impl Root {
    /// A folder where import paths begin with nothing else.
    #[must_use]
    pub fn plain(path: impl Into<String>) -> Root {
        Root { path: path.into(), prefix: String::new() }
    }
}

/// Something outside that the configuration names: a folder or descriptor set whose files are only there to be imported, or
/// a history file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportPlace {
    /// As written.
    pub written: String,
    /// Where it is: absolute once the configuration's folder is known.
    pub path: PathBuf,
}

/// What the contract is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Modules {
    /// Nothing is said: the import roots are found from the imports.
    #[default]
    Detect,
    /// `contract.roots`, relative to the configuration's folder.
    Roots(Vec<Root>),
    /// buf's files say it.
    Buf(Workspace),
}

impl Modules {
    /// Whether both say the same of where files are, wherever that is written and however the files are judged.
    #[must_use]
    pub fn are_as(&self, other: &Modules) -> bool {
        match (self, other) {
            (Modules::Buf(own), Modules::Buf(other)) => own.lies_as(other),
            _ => self == other,
        }
    }
}

/// `[check]`.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckSettings {
    /// What to compare with when nothing is named.
    pub against: Vec<Baseline>,
    /// The lowest level that makes the run fail.
    pub fail_on: Level,
    /// Only these files and folders, relative to the configuration's folder; empty for all.
    pub path: Vec<String>,
    /// Never these.
    pub exclude_path: Vec<String>,
}

/// `[compile]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompileSettings {
    /// Which compiler.
    pub backend: Backend,
    /// The protoc to use, as a path from the working directory of the process.
    pub protoc: Option<PathBuf>,
}

/// Everything that was decided, by files and flags.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The configuration files this came from, as a person knows them.
    pub files: Vec<String>,
    /// Sentences about how they were read, for people.
    pub notes: Vec<String>,
    /// `contract.name`.
    pub name: Option<String>,
    /// What the contract is made of.
    pub modules: Modules,
    /// `contract.imports` and `--imports`.
    pub imports: Vec<ImportPlace>,
    /// `[deps]`.
    pub deps: Vec<Dep>,
    /// How files are judged when their module says nothing of its own.
    pub policy: Policy,
    /// Whether [`Settings::policy`] also overrides what the modules say (`protopact.toml` or a flag decided).
    pub policy_wins: bool,
    /// Other selections for some packages; the first glob that matches decides.
    pub packages: Vec<PackagePolicy>,
    /// `history.file`: what numbers were used for, beside the tags.
    pub history: Option<ImportPlace>,
    /// `[deprecation]`.
    pub deprecation: Option<Deprecation>,
    /// Accepted findings.
    pub waivers: Vec<Waiver>,
    /// `[waivers]`.
    pub waiver_policy: WaiverPolicy,
    /// `[check]`.
    pub check: CheckSettings,
    /// `[release]`.
    pub release: ReleaseSettings,
    /// `[compile]`.
    pub compile: CompileSettings,
    /// `[generate]`.
    pub generate: Option<Generate>,
    /// `[verify.runtimes]`.
    pub runtimes: Vec<Declared>,
}

/// A release of a runtime that the team still has, and where that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The release.
    pub pinned: Pinned,
    /// Where.
    pub place: Place,
}
