//! Reading git repositories: which repository, which revision, which files, which bytes.
//!
//! Everything comes out of the object database through libgit2; nothing is checked out and nothing is written. Errors
//! say what is missing and which git command gets it; a [`Fetch`] is that command, and running it is the only thing
//! here that uses the network. The environment (`GIT_DIR` and its like) is not consulted: the directory given decides.

mod error;
mod fetch;
mod id;
mod index;
mod loose;
mod objects;
mod published;
mod repo;
mod revision;
mod versions;

pub use error::GitError;
pub use fetch::{Fetch, FetchError};
pub use id::{Cause, Id};
pub use objects::{BlobRef, Listing, MAX_FILE_BYTES, Skipped, SkippedWhy};
pub use published::{Folders, Published};
pub use repo::Repo;
pub use revision::{Revision, RevisionKind};
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
