//! Generated files in memory, before any of them is written.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use thiserror::Error;

use super::{FileError, write_into};

/// Files by relative path with `/`, sorted: the same input gives the same tree, whoever made it and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileTree {
    files: BTreeMap<String, Bytes>,
}

/// A path that must not be written, or is there already.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TreeError {
    /// Absolute, or with `..`, a backslash, an empty part or a control character.
    #[error("path `{0}` does not stay inside the output")]
    Outside(String),
    /// Two files of one path.
    #[error("file `{0}` is generated twice")]
    Twice(String),
    /// Two paths that are one on file systems that ignore case.
    #[error("files `{0}` and `{1}` are one where upper and lower case are the same")]
    Case(String, String),
}

/// Refuses a path that leaves the folder that it is in.
///
/// # Errors
///
/// It does.
pub fn stays_inside(path: &str) -> Result<(), TreeError> {
    let bad = |part: &str| part.is_empty() || part == "." || part == "..";
    let forbidden = |c: char| c == '\\' || c.is_control();
    if path.split('/').any(bad) || path.contains(forbidden) || path.contains(':') {
        return Err(TreeError::Outside(path.to_owned()));
    }
    Ok(())
}

impl FileTree {
    /// An empty tree.
    pub fn new() -> FileTree {
        FileTree::default()
    }

    /// Adds a file.
    ///
    /// # Errors
    ///
    /// A path that leaves the tree, or a second file of one path.
    pub fn add(&mut self, path: &str, content: impl Into<Bytes>) -> Result<(), TreeError> {
        stays_inside(path)?;
        if self.files.insert(path.to_owned(), content.into()).is_some() {
            return Err(TreeError::Twice(path.to_owned()));
        }
        Ok(())
    }

    /// Adds every file of another tree below a folder.
    ///
    /// # Errors
    ///
    /// As for [`FileTree::add`].
    pub fn merge(&mut self, folder: &str, other: FileTree) -> Result<(), TreeError> {
        for (path, content) in other.files {
            let path = if folder.is_empty() { path } else { format!("{folder}/{path}") };
            self.add(&path, content)?;
        }
        Ok(())
    }

    /// The files below a folder, by their paths in it.
    #[must_use]
    pub fn below(&self, folder: &str) -> FileTree {
        let inside = |path: &str| Some(path.strip_prefix(folder)?.strip_prefix('/')?.to_owned());
        let files = self.files.iter().filter_map(|(path, content)| Some((inside(path)?, content.clone())));
        FileTree { files: files.collect() }
    }

    /// Writes every file below a folder.
    ///
    /// # Errors
    ///
    /// What the file system says.
    pub fn write(&self, folder: &Path) -> Result<(), FileError> {
        self.iter().try_for_each(|(path, content)| write_into(&folder.join(path), content))
    }

    /// Gives a file that is there another content.
    pub fn replace(&mut self, path: &str, content: impl Into<Bytes>) {
        if let Some(file) = self.files.get_mut(path) {
            *file = content.into();
        }
    }

    /// The file at a path.
    pub fn get(&self, path: &str) -> Option<&Bytes> {
        self.files.get(path)
    }

    /// Every file in the order of paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.files.iter().map(|(path, content)| (path.as_str(), content))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Refuses paths that differ in case only.
    ///
    /// # Errors
    ///
    /// The first such pair.
    pub fn check_case(&self) -> Result<(), TreeError> {
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for path in self.files.keys() {
            if let Some(first) = seen.insert(path.to_lowercase(), path) {
                return Err(TreeError::Case(first.to_owned(), path.clone()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        let mut tree = FileTree::new();
        for bad in ["", "/a", "../a", "a/../b", "a//b", "a\\b", "C:/a", "a/./b", "a\nb", "a/"] {
            assert_eq!(tree.add(bad, "x"), Err(TreeError::Outside(bad.to_owned())), "{bad}");
        }
        assert_eq!(tree.add("a/b.go", "x"), Ok(()));
        assert_eq!(tree.add("a/b.go", "x"), Err(TreeError::Twice("a/b.go".to_owned())));
    }

    #[test]
    fn case_alone_does_not_tell_files_apart() {
        let mut tree = FileTree::new();
        tree.add("a/B.go", "x").unwrap();
        tree.add("a/b.go", "x").unwrap();
        assert_eq!(tree.check_case(), Err(TreeError::Case("a/B.go".to_owned(), "a/b.go".to_owned())));
    }
}
