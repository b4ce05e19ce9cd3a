//! Scans of the files of trees: bytes that several trees hold are looked at once.

use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{ContentId, Scan, Tree, scan};

/// What was found in files so far, by their bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Scans(Arc<Mutex<FxHashMap<ContentId, Arc<Scan>>>>);

impl Scans {
    /// The scans of files of a tree, in the order given. Bytes that had to be read are kept. What cannot be read has
    /// nothing in it, and says so.
    pub(super) fn of(&self, tree: &Tree, paths: &[&str]) -> Vec<Arc<Scan>> {
        let mut found: Vec<Option<Arc<Scan>>> = {
            let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            paths.iter().map(|path| known.get(&tree.known_id(path)?).cloned()).collect()
        };
        let open: Vec<usize> = (0..paths.len()).filter(|at| found[*at].is_none()).collect();
        let unread: Vec<&str> = open.iter().map(|at| paths[*at]).collect();
        let texts = tree.read_all_kept(&unread);
        let new: Vec<(Option<ContentId>, Arc<Scan>)> = unread
            .par_iter()
            .zip(&texts)
            .map(|(path, text)| match text {
                Ok(text) => (tree.identify(path, text), Arc::new(scan(text))),
                Err(_) => (None, Arc::new(Scan { unreadable: true, ..Scan::default() })),
            })
            .collect();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (at, (id, scan)) in open.into_iter().zip(new) {
            if let Some(id) = id {
                known.insert(id, scan.clone());
            }
            found[at] = Some(scan);
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
