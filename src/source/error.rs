//! Errors of opening a source.

use std::path::PathBuf;

use thiserror::Error;

use super::{CiError, ReadError};
use crate::git::{Fetch, GitError, ProgramError};
use crate::oci::OciError;

/// Why a source could not be opened.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The repository cannot be read, or the revision is not in it.
    #[error("cannot read {wanted}")]
    Git {
        /// What was asked for, in words.
        wanted: String,
        /// Why not.
        #[source]
        source: Box<GitError>,
    },
    /// The environment does not say what to compare with.
    #[error("`ci` names nothing")]
    Ci(#[from] CiError),
    /// What is missing could not be fetched.
    #[error("cannot get what is missing")]
    Fetch {
        /// Why not.
        #[source]
        source: Box<ProgramError>,
    },
    /// A bare word that is neither a revision nor a directory.
    #[error("`{text}` is neither a revision nor an existing directory or file")]
    Neither {
        /// As typed.
        text: String,
        /// Why it is no revision.
        #[source]
        source: Box<GitError>,
    },
    /// No such directory or file.
    #[error("{what} `{text}` does not exist")]
    NotFound {
        /// What was expected.
        what: &'static str,
        /// As typed.
        text: String,
    },
    /// It exists and is something else.
    #[error("`{text}` is not a {what}")]
    WrongKind {
        /// What was expected.
        what: &'static str,
        /// As typed.
        text: String,
    },
    /// The operating system refused.
    #[error("cannot {doing} `{}`", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// A file of the source cannot be read.
    #[error("cannot read `{path}` from {label}")]
    Read {
        /// The file.
        path: String,
        /// The source, in words.
        label: String,
        /// Why not.
        #[source]
        source: ReadError,
    },
    /// A server that does not say what its contract is.
    #[error("cannot ask server `{text}` for its contract")]
    Server {
        /// As typed.
        text: String,
        /// Why not.
        #[source]
        source: super::ServerError,
    },
    /// A registry that does not give a version.
    #[error("cannot read a published version")]
    Artefact {
        /// Why not.
        #[source]
        source: Box<OciError>,
    },
    /// Standard input was named and there is none to read.
    #[error("`-` reads standard input, which is not available here")]
    NoStdin,
    /// A compiled input that is larger than what is read.
    #[error("`{text}` holds more than {limit} bytes")]
    ImageTooLarge {
        /// As typed.
        text: String,
        /// The limit, in bytes.
        limit: u64,
    },
    /// An archive that cannot be used.
    #[error("cannot read archive `{text}`")]
    Archive {
        /// As typed.
        text: String,
        /// Why not.
        #[source]
        source: crate::deps::archive::ArchiveError,
    },
    /// The folder of a published version whose file is another one.
    #[error("`{file}` in `{text}` is not that of {what}, as `release.json` says")]
    Damaged {
        /// The folder, as typed.
        text: String,
        /// The file.
        file: &'static str,
        /// The contract and the version.
        what: String,
    },
    /// An import place that is a file and no descriptor set.
    #[error("cannot use `{text}` as a place for imports: {why}")]
    NoSet {
        /// As written.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// A directory without end.
    #[error("directory `{text}` holds more than {limit} {what}")]
    TooLarge {
        /// As typed.
        text: String,
        /// The limit.
        limit: usize,
        /// Of what.
        what: &'static str,
    },
    /// The lock cannot be used.
    #[error(transparent)]
    Lock(#[from] crate::lock::LockFileError),
    /// A configuration file on the way is wrong.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
}

impl SourceError {
    /// The command that gets what is missing, where something is.
    #[must_use]
    pub(super) fn fetch(&self) -> Option<&Fetch> {
        match self {
            SourceError::Git { source, .. } | SourceError::Neither { source, .. } => source.fetch(),
            _ => None,
        }
    }

    /// What to do, in the imperative.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            SourceError::Git { source, .. } => source.hint(),
            SourceError::Ci(error) => Some(error.hint()),
            SourceError::Neither { source, .. } => match **source {
                GitError::NotARepository { .. } => {
                    Some("there is no git repository here; name a directory, or an image file".into())
                }
                _ => source.hint(),
            },
            SourceError::NotFound { .. } => {
                Some("check the path; it is relative to the working directory".into())
            }
            SourceError::Read { source, path, .. } => source.hint(path),
            SourceError::Damaged { .. } => {
                Some("get it again: `protopact release --from TAG --to dir:FOLDER`".into())
            }
            SourceError::TooLarge { .. } => Some("name the directory that holds the .proto files".into()),
            SourceError::Server { source, .. } => source.hint(),
            SourceError::Lock(e) => Some(e.hint().to_owned()),
            SourceError::Config(e) => e.hint.clone(),
            _ => None,
        }
    }
}

/// Something in a tree that could not be taken in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Path from the root of the tree.
    pub path: String,
    /// What is wrong, as a sentence without the path.
    pub message: String,
    /// Whether the contract may be incomplete because of it, when it lies under one of its roots.
    pub fatal: bool,
    /// What to do.
    pub hint: Option<String>,
}
