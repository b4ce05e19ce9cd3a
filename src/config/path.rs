//! Paths and path patterns in configuration.

use globset::{GlobBuilder, GlobMatcher};
use thiserror::Error;

/// Why a path or pattern is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PatternError {
    /// Absolute, or with a drive letter.
    #[error("path `{0}` must be relative")]
    Absolute(String),
    /// Leads upwards.
    #[error("path `{0}` leads out of the contract's folder")]
    Outside(String),
    /// Empty, or with a character that cannot be in a path.
    #[error("path `{0}` is not valid")]
    Invalid(String),
    /// Not a glob.
    #[error("pattern `{pattern}` is not a valid glob: {why}")]
    Glob {
        /// The pattern.
        pattern: String,
        /// What is wrong.
        why: String,
    },
}

/// Brings a relative path into the one form used everywhere: forward slashes, no `.` or `..` parts, no slash at
/// either end; the folder itself is the empty string.
///
/// # Errors
///
/// The path is empty, absolute, leads out of the folder or holds a NUL.
pub fn normalize(path: &str) -> Result<String, PatternError> {
    let fail = |make: fn(String) -> PatternError| Err(make(path.to_owned()));
    if path.is_empty() || path.contains(char::is_control) {
        return fail(PatternError::Invalid);
    }
    let slashed = path.replace('\\', "/");
    let drive = slashed.as_bytes().get(1) == Some(&b':') && slashed.as_bytes()[0].is_ascii_alphabetic();
    if slashed.starts_with('/') || drive {
        return fail(PatternError::Absolute);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in slashed.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if parts.pop().is_none() {
                    return fail(PatternError::Outside);
                }
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// Whether `path` is `folder` or lies in it. The empty folder holds everything.
pub(crate) fn is_under(path: &str, folder: &str) -> bool {
    below(path, folder).is_some()
}

/// The rest of a path below a folder, when it is the folder or below it.
pub(crate) fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    if path == folder || folder.is_empty() {
        return Some(if folder.is_empty() { path } else { "" });
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

/// Joins a folder and a path below it.
pub(crate) fn join(folder: &str, path: &str) -> String {
    match (folder.is_empty(), path.is_empty()) {
        (true, _) => path.to_owned(),
        (_, true) => folder.to_owned(),
        _ => format!("{folder}/{path}"),
    }
}

/// A file, a folder with everything below it, or a glob over either, relative to the configuration's folder.
///
/// `*` and `?` stay within one path part, `**` crosses parts.
#[derive(Clone, Debug)]
pub struct PathPattern {
    /// The folder the pattern is relative to.
    folder: String,
    text: String,
    glob: Option<GlobMatcher>,
}

impl PartialEq for PathPattern {
    fn eq(&self, other: &Self) -> bool {
        self.folder == other.folder && self.text == other.text
    }
}

impl Eq for PathPattern {}

impl PathPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// As [`normalize`], or the glob is malformed.
    pub fn parse(text: &str) -> Result<PathPattern, PatternError> {
        let text = normalize(text)?;
        let is_glob = text.contains(['*', '?', '[', '{']);
        let glob = if is_glob {
            let built = GlobBuilder::new(&text).literal_separator(true).build();
            let fail =
                |e: globset::Error| PatternError::Glob { pattern: text.clone(), why: e.kind().to_string() };
            Some(built.map_err(fail)?.compile_matcher())
        } else {
            None
        };
        Ok(PathPattern { folder: String::new(), text, glob })
    }

    /// The same pattern below a folder, whose name is taken literally.
    #[must_use]
    pub(super) fn below(&self, folder: &str) -> PathPattern {
        if folder.is_empty() {
            return self.clone();
        }
        PathPattern { folder: join(folder, &self.folder), ..self.clone() }
    }

    /// The pattern as text, without the folder it is relative to.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The pattern as text, from the configuration's folder.
    #[must_use]
    pub fn full(&self) -> String {
        join(&self.folder, &self.text)
    }

    /// Whether a path is meant: itself, or a folder it lies in.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let inner = match path.strip_prefix(self.folder.as_str()) {
            Some(rest) if self.folder.is_empty() => Some(rest),
            Some(rest) => rest.strip_prefix('/'),
            None => None,
        };
        let Some(path) = inner else { return false };
        match &self.glob {
            None => is_under(path, &self.text),
            Some(glob) => {
                let folders = path.match_indices('/').map(|(i, _)| &path[..i]);
                glob.is_match(path) || folders.into_iter().any(|folder| glob.is_match(folder))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_brought_into_one_form() {
        for (path, want) in [(".", ""), ("./a//b/", "a/b"), ("a/../b", "b"), ("a\\b", "a/b"), ("...", "...")]
        {
            assert_eq!(normalize(path).as_deref(), Ok(want), "{path}");
        }
        for path in ["", "/a", "C:\\a", "c:/a", "..", "a/../..", "a\0"] {
            assert!(normalize(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn a_folder_means_what_is_below_it_and_not_its_namesakes() {
        let folder = PathPattern::parse("acme/pay").unwrap();
        assert!(folder.matches("acme/pay/v1/a.proto"));
        assert!(folder.matches("acme/pay"));
        assert!(!folder.matches("acme/payments/a.proto"));
    }

    #[test]
    fn globs_match_files_and_folders() {
        let glob = |text, path| PathPattern::parse(text).unwrap().matches(path);
        assert!(glob("acme/*.proto", "acme/a.proto"));
        assert!(!glob("acme/*.proto", "acme/v1/a.proto"));
        assert!(glob("**/v1alpha*", "acme/v1alpha1/a.proto"));
        assert!(glob("*/internal", "acme/internal/x/a.proto"));
    }
}
