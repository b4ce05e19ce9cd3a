//! Which files of a contract are asked for.

use std::path::Path;

use super::open::below_root;
use super::{Loaded, Tree};
use crate::config::{is_under, normalize};

/// The `--path` and `--exclude-path` of a run, as paths from the root of the new side's tree.
///
/// A path names the file or folder at that place, or of that import path, so that it means the same on both
/// sides and for compiled inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathSelection {
    /// Only these; empty for all.
    pub paths: Vec<String>,
    /// Never these.
    pub exclude: Vec<String>,
    /// What was typed and lies outside the contract, for a message.
    pub outside: Vec<String>,
}

impl PathSelection {
    /// Reads flags, which are relative to the working directory, and adds the configured paths: those to keep where no
    /// flag names any, those to leave out always.
    #[must_use]
    pub fn new(
        new: &Loaded,
        configured: (&[String], &[String]),
        cwd: &Path,
        paths: &[String],
        exclude: &[String],
    ) -> PathSelection {
        let mut selection = PathSelection::default();
        let mut read = |typed: &String| {
            let path = match new.tree().and_then(Tree::root) {
                Some(root) => below_root(root, cwd, typed),
                None => normalize(typed).ok().map(|path| match new {
                    // A revision shows paths from the repository's root, and takes them that way too.
                    Loaded::Tree(tree) => {
                        let at = tree.display.typed.as_str();
                        path.strip_prefix(at).map(|p| p.trim_start_matches('/').to_owned()).unwrap_or(path)
                    }
                    Loaded::Image(_) => path,
                }),
            };
            if path.is_none() {
                selection.outside.push(typed.clone());
            }
            path
        };
        let typed_paths: Vec<String> = paths.iter().filter_map(&mut read).collect();
        let typed_exclude: Vec<String> = exclude.iter().filter_map(&mut read).collect();
        selection.paths = if paths.is_empty() { configured.0.to_vec() } else { typed_paths };
        selection.exclude = configured.1.iter().cloned().chain(typed_exclude).collect();
        selection
    }

    /// Whether a file is selected, by its path in the tree and its import path (for compiled inputs, twice the
    /// import path).
    #[must_use]
    pub fn selects(&self, path: &str, import: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|p| is_under(path, p) || is_under(import, p));
        (self.paths.is_empty() && self.outside.is_empty() || named(&self.paths)) && !named(&self.exclude)
    }
}
