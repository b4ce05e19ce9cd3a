//! Paths and globs that take files out of a policy.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use thiserror::Error;

use crate::config::is_under;

/// A set of import paths, given as paths (a file, or a folder with everything below it) and globs.
#[derive(Clone, Debug, Default)]
pub struct PathSet {
    literal: Vec<Box<str>>,
    globs: Option<GlobSet>,
}

/// A path that cannot be one.
#[derive(Debug, Error)]
pub enum PathError {
    /// A glob that does not parse.
    #[error("cannot read the pattern `{glob}`")]
    Glob {
        /// As written.
        glob: String,
        /// What is wrong with it.
        #[source]
        source: globset::Error,
    },
    /// A path that leaves the contract.
    #[error("path `{0}` must be inside the contract: relative, and without `..`")]
    Outside(String),
}

impl PathSet {
    /// Reads paths and globs, relative to an import root. A word with one of `*?[{` is a glob, in which `*`
    /// stays inside one folder and `**` does not.
    ///
    /// # Errors
    ///
    /// A glob that does not parse; an absolute path, or one with `..`.
    pub fn new<S: AsRef<str>>(words: &[S]) -> Result<PathSet, PathError> {
        let mut literal = Vec::new();
        let mut globs = GlobSetBuilder::new();
        let mut any = false;
        for word in words {
            let word = word.as_ref();
            let parts: Vec<&str> = word.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
            if word.starts_with('/') || parts.contains(&"..") {
                return Err(PathError::Outside(word.to_owned()));
            }
            let path = parts.join("/");
            if !path.contains(['*', '?', '[', '{']) {
                literal.push(path.into());
                continue;
            }
            let glob = GlobBuilder::new(&path)
                .literal_separator(true)
                .build()
                .map_err(|source| PathError::Glob { glob: word.to_owned(), source })?;
            globs.add(glob);
            any = true;
        }
        let globs = if any {
            let all = words.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
            Some(globs.build().map_err(|source| PathError::Glob { glob: all, source })?)
        } else {
            None
        };
        Ok(PathSet { literal, globs })
    }

    /// Whether a file is in the set: named, below a named folder, or matched by a glob.
    pub fn contains(&self, file: &str) -> bool {
        self.literal.iter().any(|p| is_under(file, p))
            || self.globs.as_ref().is_some_and(|g| g.is_match(file))
    }

    /// Whether nothing can be in it.
    pub fn is_empty(&self) -> bool {
        self.literal.is_empty() && self.globs.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_holds_what_is_below_and_nothing_beside_it() {
        let set = PathSet::new(&["./a/c/", "b.proto"]).unwrap();
        assert!(set.contains("a/c/x.proto") && set.contains("a/c/d/x.proto") && set.contains("b.proto"));
        assert!(!set.contains("a/cc/x.proto") && !set.contains("a/x.proto") && !set.contains("c/b.proto"));
        assert!(PathSet::new(&["."]).unwrap().contains("any/file.proto"));
        assert!(!PathSet::new::<&str>(&[]).unwrap().contains("x.proto"));
    }

    #[test]
    fn a_star_stays_in_its_folder() {
        let set = PathSet::new(&["a/*.proto", "b/**/x.proto"]).unwrap();
        assert!(set.contains("a/x.proto") && !set.contains("a/b/x.proto"));
        assert!(set.contains("b/c/d/x.proto") && !set.contains("b/c/y.proto"));
    }

    #[test]
    fn nothing_outside_is_a_path() {
        assert!(matches!(PathSet::new(&["../a"]), Err(PathError::Outside(_))));
        assert!(matches!(PathSet::new(&["/a"]), Err(PathError::Outside(_))));
        assert!(matches!(PathSet::new(&["a/[b"]), Err(PathError::Glob { .. })));
    }
}
