//! What was read of published versions before one baseline, for the next: most versions before one are before the other
//! too, and what a file declares is the same for everybody who asks.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use crate::compile::Declared;
use crate::git::{Folders, Id, Repo};

/// How many files are remembered with what they declare: of a contract that is published every day those of some years.
/// Beyond it nothing more is kept, and files are read again.
const MOST: usize = 20_000;

/// All that a file declares.
pub(super) type Whole = Arc<[Arc<Declared>]>;

/// What was read of the versions of repositories so far. Nothing of it depends on who asks.
#[derive(Debug, Default)]
pub struct Looked {
    read: Mutex<FxHashMap<PathBuf, OfRepository>>,
    /// Whether something could not be read.
    lacks: AtomicBool,
}

/// The same of one repository.
#[derive(Debug, Default)]
struct OfRepository {
    /// The files at paths, by the tree of the version.
    at: FxHashMap<Id, FxHashMap<Box<str>, Option<Id>>>,
    declared: FxHashMap<Id, Whole>,
    folders: Folders,
}

impl Looked {
    /// Whether something could not be read that may be there another time.
    #[must_use]
    pub fn lacks(&self) -> bool {
        self.lacks.load(Ordering::Relaxed)
    }

    /// Notes that something could not be read.
    pub(super) fn lack(&self) {
        self.lacks.store(true, Ordering::Relaxed);
    }

    /// Nobody waits for it while something is read: whoever holds it only looks.
    fn memory(&self) -> MutexGuard<'_, FxHashMap<PathBuf, OfRepository>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`Repo::blob_at`].
    pub(super) fn blob_at(&self, repository: &Path, repo: &Repo, tree: Id, path: &str) -> Option<Id> {
        let known =
            |of: &FxHashMap<PathBuf, OfRepository>| of.get(repository)?.at.get(&tree)?.get(path).copied();
        if let Some(known) = known(&self.memory()) {
            return known;
        }
        let found = repo.blob_at(tree, path);
        let mut memory = self.memory();
        let at = &mut memory.entry(repository.to_owned()).or_default().at;
        at.entry(tree).or_default().insert(path.into(), found);
        found
    }

    /// What a file declares, where it was parsed.
    pub(super) fn declared(&self, repository: &Path, blob: Id) -> Option<Whole> {
        self.memory().get(repository)?.declared.get(&blob).cloned()
    }

    /// Remembers what files declare.
    pub(super) fn keep(&self, repository: &Path, files: impl Iterator<Item = (Id, Whole)>) {
        let mut memory = self.memory();
        let declared = &mut memory.entry(repository.to_owned()).or_default().declared;
        let free = MOST.saturating_sub(declared.len());
        declared.extend(files.take(free));
    }

    /// Takes the folders that were walked so far, to give them back.
    pub(super) fn folders(&self, repository: &Path) -> Folders {
        let mut memory = self.memory();
        let folders = memory.get_mut(repository).map(|memory| std::mem::take(&mut memory.folders));
        folders.unwrap_or_default().again()
    }

    /// Gives them back.
    pub(super) fn give_back(&self, repository: &Path, folders: Folders) {
        self.memory().entry(repository.to_owned()).or_default().folders = folders;
    }
}
