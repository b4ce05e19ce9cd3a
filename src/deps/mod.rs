//! Contracts of others: got with the programs of their own world, locked byte for byte, read from the cache.
//!
//! Only `protopact deps` fetches. Whatever else runs reads `protopact.lock` and the cache: what is locked and not there
//! is named, with the command that gets it. What comes is hostile until it was looked at: an archive cannot write
//! outside of memory, and is bounded in size and number ([`archive`]).

pub mod archive;
pub mod fetch;
mod known;
pub mod locked;

use thiserror::Error;

use crate::compile::print;
use crate::config::deps::{Dep, DepSource};
use crate::config::{Root, normalize};
use crate::lock::LockFileError;
use crate::machine::{RunError, tools};

pub use known::{Known, known, line, whole_line};
pub use locked::{KeptFile, Lock, Locked};

/// The .proto files among the files of a package, and the files of descriptor sets in it.
#[must_use]
pub fn parts(files: archive::Files) -> (archive::Files, Vec<print::Printed>) {
    let (mut texts, mut sets) = (archive::Files::new(), Vec::new());
    for (path, content) in files {
        if path.ends_with(".proto") {
            texts.insert(path, content);
        } else if let Ok(printed) = print::texts(&content) {
            sets.extend(printed.into_iter().filter(|p| normalize(&p.name).is_ok_and(|path| path == p.name)));
        }
    }
    (texts, sets)
}

/// Where the import paths of a package begin, found from where its files lie: a file of `package a.b` in `x/a/b` says
/// that `x` is a root. Go modules are also imported by their own name.
#[must_use]
pub fn roots(dep: &Dep, files: &archive::Files) -> Vec<Root> {
    let mut roots: Vec<Root> = dep.roots.clone();
    if roots.is_empty() {
        let (mut files, sets) = parts(files.clone());
        files.extend(sets.into_iter().map(|p| (p.name, p.text.into())));
        let found = files.iter().filter_map(|(path, content)| {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let text = String::from_utf8_lossy(content);
            let line = text.lines().find_map(|line| line.trim().strip_prefix("package "))?;
            let package = line.split(';').next()?.trim().replace('.', "/");
            match folder.strip_suffix(&package)? {
                "" => Some(String::new()),
                root => Some(root.strip_suffix('/')?.to_owned()),
            }
        });
        let found: std::collections::BTreeSet<String> = found.chain([String::new()]).collect();
        roots = found.into_iter().map(Root::plain).collect();
        roots.sort_by_key(|root| (root.path.len(), root.path.clone()));
    }
    if let DepSource::Go(module) = &dep.source {
        let own = Root { path: String::new(), prefix: module.clone() };
        if !roots.contains(&own) {
            roots.push(own);
        }
    }
    roots
}

/// Why a dependency cannot be had.
#[derive(Debug, Error)]
pub enum DepsError {
    /// The program that gets it is not there.
    #[error("`{program}` is needed to get `{name}` and is not on the path")]
    Toolchain {
        /// The program.
        program: &'static str,
        /// What it would get.
        name: String,
    },
    /// The program that gets it failed.
    #[error("cannot get `{name}` ({source_told})")]
    Run {
        /// The dependency.
        name: String,
        /// Where it comes from.
        source_told: String,
        /// What happened.
        #[source]
        source: Box<RunError>,
    },
    /// What came is not what was asked for, or nothing that can be used.
    #[error("cannot use `{name}` ({source_told}): {reason}")]
    Strange {
        /// The dependency.
        name: String,
        /// Where it comes from.
        source_told: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What came is not what is locked.
    #[error(
        "`{name}` {version} is not what is locked: its files have the hash {found}, and the lock says {locked}"
    )]
    Hash {
        /// The dependency.
        name: String,
        /// Its version.
        version: String,
        /// What the lock says.
        locked: String,
        /// What came.
        found: String,
    },
    /// It would have to be fetched.
    #[error("`{name}` {version} is not in the cache, and `--offline` forbids to fetch it")]
    Offline {
        /// The dependency.
        name: String,
        /// Its version.
        version: String,
    },
    /// The lock would have to change.
    #[error("`protopact.lock` does not hold `{name}`, and `--locked` forbids to change it")]
    NotLocked {
        /// The dependency.
        name: String,
    },
    /// The lock cannot be used.
    #[error(transparent)]
    Lock(#[from] LockFileError),
    /// There is nowhere to put it.
    #[error("there is no folder for caches: neither `PROTOPACT_CACHE` nor `HOME` is set")]
    NoCache,
    /// The cache cannot be used.
    #[error("cannot use the cache for `{name}`")]
    Cache {
        /// The dependency.
        name: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

impl DepsError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            DepsError::Toolchain { program, .. } => tools::hint(program).to_owned(),
            DepsError::Offline { .. } => "run `protopact deps update --locked` once without it".to_owned(),
            DepsError::NotLocked { .. } => "run `protopact deps update`, and commit the lock".to_owned(),
            DepsError::Hash { name, .. } => {
                format!("if the other content is meant, run `protopact deps update {name}`")
            }
            DepsError::Lock(error) => error.hint().to_owned(),
            DepsError::NoCache => "set `PROTOPACT_CACHE` to a folder".to_owned(),
            _ => return None,
        })
    }

    /// What the program that should get it said.
    #[must_use]
    pub fn messages(&self) -> &str {
        match self {
            DepsError::Run { source, .. } => source.messages(),
            _ => "",
        }
    }
}
