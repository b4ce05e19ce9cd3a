//! Where versions are published.
//!
//! One rule for all targets: a published version never changes. So a target is asked first what it has, the same is left
//! alone, and anything else is refused before anything is written.

mod cargo;
mod directory;
mod go;
mod maven;
mod package;
mod python;
mod registry;

use std::path::PathBuf;

use thiserror::Error;

use crate::machine::{FileError, FileTree, Trouble, WebError};
use crate::oci::OciError;
use crate::words::Language;

pub use cargo::Crates;
pub use directory::Directory;
pub use go::GoProxy;
pub use maven::Maven;
pub use python::Python;
pub use registry::Registry;

/// What a target has under a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing.
    Absent,
    /// The very files.
    Same,
    /// Other files.
    Other,
}

/// Why a target does not take a version.
#[derive(Debug, Error)]
pub enum TargetError {
    /// It has other files under the version.
    #[error(
        "{target} has version {version} already, with other files, and a published version never changes"
    )]
    Other {
        /// The target, as a person knows it.
        target: String,
        /// The version.
        version: String,
    },
    /// Something cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A registry.
    #[error(transparent)]
    Registry(#[from] OciError),
    /// The folder of a version is something else.
    #[error("`{}` is no folder", .0.display())]
    NoFolder(PathBuf),
    /// The contract has no package of the language.
    #[error("the version has no package for {}", .0.title())]
    NoPackage(Language),
    /// The package says that nobody may have it.
    #[error("{target} gets no package without a licence")]
    Private {
        /// The target.
        target: String,
    },
    /// Something is not what it should be.
    #[error("{what} cannot be used: {why}")]
    Unusable {
        /// What.
        what: String,
        /// Why.
        why: String,
    },
    /// A server of packages does not say what it has.
    #[error("{target} does not say what it has of the version")]
    Web {
        /// The target.
        target: String,
        /// Why not.
        #[source]
        source: WebError,
    },
    /// A tool that is needed is not there.
    #[error("{target} needs {tools}, which is not on the path")]
    NoTool {
        /// The target.
        target: String,
        /// The names of the tools.
        tools: String,
    },
    /// A tool fails.
    #[error("{target} is not written: {error}")]
    Tool {
        /// The target.
        target: String,
        /// How it ended.
        error: String,
        /// What it said of the reason, without what is secret.
        said: String,
        /// Whether it was ended because it took too long.
        late: bool,
    },
}

impl TargetError {
    /// Whether it says that somebody else's files are there.
    #[must_use]
    pub fn is_of_another(&self) -> bool {
        matches!(self, TargetError::Other { .. } | TargetError::Registry(OciError::Overtaken(_)))
    }

    /// What to do, in the imperative.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            TargetError::Other { .. } | TargetError::Registry(OciError::Overtaken(_)) => {
                "what is there stays: release what follows it; where another clone published it, get its tag from there"
                    .to_owned()
            }
            TargetError::NoPackage(language) => {
                format!("configure it under `[generate.{}]`", language.as_str())
            }
            TargetError::Private { .. } => "say it with `licence` under `[generate]`".to_owned(),
            TargetError::NoTool { .. } => "install it: it knows how to sign in there".to_owned(),
            TargetError::Web { source, .. } => {
                let sign_in = "give the tool that publishes there the name and the password of somebody who may, where \
                               it keeps them";
                return way_out(source.trouble(), || sign_in.to_owned());
            }
            TargetError::Registry(OciError::Registry { place, trouble, .. }) => {
                let registry = place.trim_start_matches("oci://").split('/').next().unwrap_or_default();
                return way_out(*trouble, || {
                    format!("sign in as somebody who may: `docker login {registry}`")
                });
            }
            TargetError::Registry(OciError::Credentials { registry, .. }) => {
                format!("see what `docker login {registry}` says")
            }
            TargetError::Tool { said, late, .. } => {
                let said = (!said.is_empty()).then(|| format!("it said: {said}"));
                let late =
                    late.then(|| "try again; `tool-timeout` under `[release]` gives it more time".to_owned());
                let told: Vec<String> = said.into_iter().chain(late).collect();
                return (!told.is_empty()).then(|| told.join("; "));
            }
            _ => return None,
        })
    }
}

/// What to do about a server that does not answer as it should.
fn way_out(trouble: Trouble, sign_in: impl FnOnce() -> String) -> Option<String> {
    match trouble {
        Trouble::Credentials => Some(sign_in()),
        Trouble::Passing => Some("it was asked four times: try again when it is well".to_owned()),
        Trouble::Silent => {
            Some("see whether it is there; `timeout` under `[release]` gives a slow one more time".to_owned())
        }
        Trouble::Other => None,
    }
}

/// A place for the files of versions.
pub trait Target: std::fmt::Debug {
    /// As a person knows it.
    fn name(&self) -> String;

    /// The version, as it is spelt there.
    fn version(&self) -> &str;

    /// Whether of many that show a version at the same time one alone succeeds, so that where no remote has the last word the
    /// first such place can have it.
    fn decides(&self) -> bool {
        false
    }

    /// The refusal of other files.
    fn other(&self) -> TargetError {
        TargetError::Other { target: self.name(), version: self.version().to_owned() }
    }

    /// That it does not say what it has.
    fn silent(&self, source: WebError) -> TargetError {
        TargetError::Web { target: self.name(), source }
    }

    /// What it has under the version of these files.
    ///
    /// # Errors
    ///
    /// It cannot be asked.
    fn state(&self, files: &FileTree) -> Result<State, TargetError>;

    /// Does what can fail, and what nobody sees yet.
    ///
    /// # Errors
    ///
    /// It has no room, or refuses.
    fn prepare(&self, files: &FileTree) -> Result<Box<dyn Prepared>, TargetError>;
}

/// A version that a target has and does not show yet. Dropped, it is taken back.
pub trait Prepared {
    /// Shows it, in one step, and says whether it was this that showed it: that the same is there by now is success.
    ///
    /// # Errors
    ///
    /// Something else is there by now, or it refuses.
    fn show(self: Box<Self>) -> Result<bool, TargetError>;
}
