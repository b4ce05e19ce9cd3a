//! Where versions are published.
//!
//! One rule for all targets: a published version never changes. So a target is asked first what it has, the same is left
//! alone, and anything else is refused before anything is written.

mod directory;
mod registry;

use std::path::PathBuf;

use thiserror::Error;

use crate::machine::{FileError, FileTree};
use crate::oci::OciError;

pub use directory::Directory;
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
}

/// A place for the files of versions.
pub trait Target: std::fmt::Debug {
    /// As a person knows it.
    fn name(&self) -> String;

    /// The version, as it is spelt there.
    fn version(&self) -> &str;

    /// The refusal of other files.
    fn other(&self) -> TargetError {
        TargetError::Other { target: self.name(), version: self.version().to_owned() }
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
    /// Shows it, in one step. That the same is there by now is success.
    ///
    /// # Errors
    ///
    /// Something else is there by now, or it refuses.
    fn show(self: Box<Self>) -> Result<(), TargetError>;
}
