//! Scans of the files of trees: bytes that several trees hold are looked at once, and those that an earlier run looked at
//! not at all.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::shelf::{Known, Shelf};
use super::{ContentId, Scan, Tree, scan};
use crate::machine::Cache;

/// From how many files on the cache is worth its reading.
pub(super) const MANY: usize = 200;
/// From how many new scans on it is worth writing.
const WORTH: usize = 32;

/// What was found in files so far, by their bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Scans(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    known: Known,
    /// What this run has asked for.
    used: FxHashSet<ContentId>,
    /// What earlier runs left, until it is needed, …
    unread: Option<Shelf>,
    /// … and where what is new goes then.
    shelf: Option<Shelf>,
}

impl Scans {
    /// Those that can be kept in a cache.
    pub(super) fn kept_in(cache: Option<&Cache>) -> Scans {
        let memory =
            Memory { unread: cache.filter(|cache| !cache.forgets()).map(Shelf::of), ..Memory::default() };
        Scans(Arc::new(Mutex::new(memory)))
    }

    /// Where earlier runs left what they found.
    pub(super) fn shelf(&self) -> Option<Shelf> {
        let memory = self.memory();
        memory.unread.as_ref().or(memory.shelf.as_ref()).cloned()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The scans of files of a tree, in the order given. Bytes that had to be read are kept. What cannot be read has
    /// nothing in it, and says so.
    pub(super) fn of(&self, tree: &Tree, paths: &[&str]) -> Vec<Arc<Scan>> {
        let mut memory = self.memory();
        if paths.len() >= MANY
            && let Some(shelf) = memory.unread.take()
        {
            memory.known.extend(shelf.load());
            memory.shelf = Some(shelf);
        }
        let Memory { known, used, shelf, .. } = &mut *memory;
        let mut found: Vec<Option<Arc<Scan>>> = Vec::with_capacity(paths.len());
        for path in paths {
            let id = tree.known_id(path);
            used.extend(id);
            found.push(id.and_then(|id| known.get(&id).cloned()));
        }
        let open: Vec<usize> = (0..paths.len()).filter(|at| found[*at].is_none()).collect();
        let unread: Vec<&str> = open.iter().map(|at| paths[*at]).collect();
        let texts = tree.read_all_kept(&unread);
        let looked: Vec<(Option<ContentId>, Arc<Scan>)> = unread
            .par_iter()
            .zip(&texts)
            .map(|(path, text)| match text {
                Ok(text) => {
                    let id = tree.identify(path, text);
                    let before = id.and_then(|id| known.get(&id).cloned());
                    (id, before.unwrap_or_else(|| Arc::new(scan(text))))
                }
                Err(_) => (None, Arc::new(Scan { unreadable: true, ..Scan::default() })),
            })
            .collect();
        let mut new = Vec::new();
        for (at, (id, scan)) in open.into_iter().zip(looked) {
            if let Some(id) = id {
                used.insert(id);
                if known.insert(id, scan.clone()).is_none() {
                    new.push(id);
                }
            }
            found[at] = Some(scan);
        }
        if let Some(shelf) = shelf {
            if new.len() >= WORTH {
                shelf.keep(known, &new, used);
            } else if paths.len() >= MANY {
                shelf.touch();
            }
        }
        found.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_are_looked_at_once() {
        let text = |name: &str| bytes::Bytes::from(format!("import \"{name}.proto\";"));
        let old = Tree::from_memory("old", [("a.proto", text("x")), ("b.proto", text("y"))]);
        let new = Tree::from_memory("new", [("b.proto", text("z")), ("c.proto", text("x"))]);
        let scans = Scans::default();
        let was = scans.of(&old, &["b.proto", "gone.proto", "a.proto"]);
        let imports: Vec<_> = was.iter().map(|scan| scan.imports.clone()).collect();
        assert_eq!(imports, [vec!["y.proto".to_owned()], vec![], vec!["x.proto".to_owned()]]);
        assert_eq!(was.iter().map(|scan| scan.unreadable).collect::<Vec<_>>(), [false, true, false]);
        // Of bytes in memory nobody knows an id before they are read.
        assert_eq!(new.known_id("c.proto"), None);
        assert_eq!(new.id("c.proto").unwrap(), old.known_id("a.proto").unwrap());
        let now = scans.of(&new, &["b.proto", "c.proto"]);
        assert_eq!(now[0].imports, ["z.proto"]);
        assert!(Arc::ptr_eq(&now[1], &was[2]));
    }
}
