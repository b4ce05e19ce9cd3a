//! What is staged: git's index as a tree. The folders of that tree are made in memory; the contents of its files were
//! put among the objects by `git add`.

use std::path::Path;

use git2::{ErrorClass, ErrorCode, Index, IndexEntry, IndexEntryExtendedFlag};

use super::{GitError, Id, Repo, Revision, RevisionKind};

/// Memory is looked into before the disk, and nothing goes to the disk.
const FIRST: i32 = 1000;

impl Repo {
    /// What is staged for the next commit. `index` is the file that git keeps it in, where it is not the usual one: git
    /// names another to its hooks while it commits a part (`GIT_INDEX_FILE`).
    ///
    /// The revision can be listed and read through this handle only.
    ///
    /// # Errors
    ///
    /// A file is in conflict, the repository is bare, or the index cannot be read.
    pub fn staged(&self, index: Option<&Path>) -> Result<Revision, GitError> {
        let fail = |source| GitError::git("read what is staged", source);
        if self.inner.is_bare() && index.is_none() {
            let why = "a repository without a working tree has nothing staged";
            return Err(fail(git2::Error::new(ErrorCode::BareRepo, ErrorClass::Index, why)));
        }
        let mut index = match index {
            Some(file) => Index::open_ext(file, self.inner.object_format()),
            None => self.inner.index(),
        }
        .map_err(fail)?;
        if let Some(conflict) = index.conflicts().map_err(fail)?.flatten().next() {
            let side = conflict.our.or(conflict.their).or(conflict.ancestor);
            let path = side.map(|entry| String::from_utf8_lossy(&entry.path).into_owned());
            return Err(GitError::Unmerged { path: path.unwrap_or_default() });
        }
        // `git add --intent-to-add` names a file of which nothing is staged yet.
        let planned: Vec<Vec<u8>> = index.iter().filter(is_planned).map(|entry| entry.path).collect();
        for path in planned {
            let path = String::from_utf8_lossy(&path).into_owned();
            index.remove(Path::new(&path), 0).map_err(fail)?;
        }
        // In a partial clone the contents of files that are not checked out need not be here.
        git2::opts::strict_object_creation(false);
        self.inner.odb().and_then(|odb| odb.add_new_mempack_backend(FIRST).map(drop)).map_err(fail)?;
        let tree = index.write_tree_to(&self.inner).map_err(fail)?;
        Ok(Revision {
            name: String::new(),
            kind: RevisionKind::Staged,
            commit: None,
            tree: Id::from_oid(tree),
        })
    }
}

fn is_planned(entry: &IndexEntry) -> bool {
    entry.flags_extended & IndexEntryExtendedFlag::INTENT_TO_ADD.bits() != 0
}
