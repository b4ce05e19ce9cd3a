//! Finding and opening a repository.

use std::path::{Path, PathBuf};

use git2::{ErrorClass, ErrorCode, Repository, RepositoryOpenFlags};

use super::{Cause, GitError};

/// An open repository. One thread at a time; bulk reading opens its own handles.
pub struct Repo {
    pub(super) inner: Repository,
}

impl std::fmt::Debug for Repo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repo").field("path", &self.inner.path()).finish()
    }
}

impl Repo {
    /// Opens the repository that holds a directory: its working tree, a linked worktree, a submodule or a
    /// bare repository.
    ///
    /// # Errors
    ///
    /// There is none, it belongs to another user (`safe.directory`), or its format is not supported.
    pub fn discover(dir: &Path) -> Result<Repo, GitError> {
        trust_names();
        let none: [&std::ffi::OsStr; 0] = [];
        let inner = Repository::open_ext(dir, RepositoryOpenFlags::empty(), none)
            .map_err(|source| open_error(dir, source))?;
        Ok(Repo { inner })
    }

    /// Opens the repository at exactly this place: a working tree's root, a `.git` folder or a bare repository.
    ///
    /// # Errors
    ///
    /// As [`Repo::discover`].
    pub fn open(path: &Path) -> Result<Repo, GitError> {
        trust_names();
        let inner = Repository::open(path).map_err(|source| open_error(path, source))?;
        Ok(Repo { inner })
    }

    /// The root of the working tree; `None` for a bare repository.
    #[must_use]
    pub fn workdir(&self) -> Option<&Path> {
        self.inner.workdir()
    }

    /// Where a person would say the repository is: the working tree, or the repository's own folder.
    #[must_use]
    pub fn location(&self) -> PathBuf {
        let path = self.inner.workdir().unwrap_or_else(|| self.inner.path());
        // A trailing separator comes from libgit2 and reads badly in messages.
        path.components().collect()
    }

    /// The folder that holds the object database; shared between linked worktrees.
    #[must_use]
    pub fn object_dir(&self) -> PathBuf {
        self.inner.commondir().to_path_buf()
    }

    /// Whether history was cut off on cloning.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow()
    }

    /// Whether objects were left with a remote on cloning (`--filter`), from where git gets them when it needs them.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        let Ok(config) = self.inner.config().and_then(|mut config| config.snapshot()) else { return false };
        if config.get_str("extensions.partialclone").is_ok() {
            return true;
        }
        let Ok(mut entries) = config.entries(Some(r"^remote\..*\.promisor$")) else { return false };
        let mut partial = false;
        while let Some(Ok(entry)) = entries.next() {
            partial |= entry.value().is_ok_and(|value| value == "true");
        }
        partial
    }

    /// Whether git would ignore this path, relative to the working tree. `false` when that cannot be told.
    #[must_use]
    pub fn is_ignored(&self, path: &Path) -> bool {
        self.inner.is_path_ignored(path).unwrap_or(false)
    }
}

/// Takes objects for what their names say, as git does: libgit2 hashes each one that it reads, in a way that looks for
/// collisions, which takes longer than to read it. Files are hashed when they are read (`read_blobs`),
/// and objects that stand alone are read to the end of their checksum before.
fn trust_names() {
    git2::opts::strict_hash_verification(false);
}

fn open_error(dir: &Path, source: git2::Error) -> GitError {
    let dir = dir.to_path_buf();
    match source.code() {
        ErrorCode::NotFound => GitError::NotARepository { dir },
        ErrorCode::Owner => GitError::Untrusted { dir, source: Cause::new(source) },
        _ if source.class() == ErrorClass::Repository
            && ["unsupported", "object format"].iter().any(|words| source.message().contains(words)) =>
        {
            GitError::UnsupportedFormat { dir, source: Cause::new(source) }
        }
        _ => GitError::git(format!("open the repository at `{}`", dir.display()), source),
    }
}
