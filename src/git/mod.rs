//! Reading git repositories: which repository, which revision, which files, which bytes.
//!
//! Everything comes out of the object database through libgit2, and nothing is checked out. Errors say what is missing and
//! which git command gets it; a [`Fetch`] is that command. Only that and a [`Draft`], which is how a release is written and
//! pushed, use the network, and only a draft ever writes. The environment (`GIT_DIR` and its like) is not consulted: the directory given decides.

mod annotation;
mod draft;
mod error;
mod fetch;
mod id;
mod index;
mod loose;
mod names;
mod objects;
mod program;
mod published;
mod repo;
mod revision;
mod unchanged;
mod versions;

pub use annotation::Annotation;
pub use draft::{Draft, Head, PushError, Remote};
pub use error::{GitError, told_other};
pub use fetch::Fetch;
pub use id::{Cause, Id};
pub use objects::{BlobRef, Listing, MAX_FILE_BYTES, Skipped, SkippedWhy};
pub use program::ProgramError;
pub use published::{Folders, Published};
pub use repo::Repo;
pub use revision::{Revision, RevisionKind};
pub use unchanged::{Tracked, Unchanged};
pub use versions::{Latest, TagPattern, TagPatternError};

pub(crate) use objects::{BlobError, is_lfs_pointer, read_blobs};

/// Whether a file name can be part of an import path: no control characters, and no backslash, which means
/// something else on Windows.
pub(crate) fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name != "."
        && name != ".."
        && !name.contains(['\\', '/'])
        && !name.contains(char::is_control)
}
