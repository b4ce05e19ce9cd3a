//! Insertion points: places in the files of one plugin that others may fill.
//!
//! A place is a line with `@@protoc_insertion_point(NAME)` in it. Text goes in front of that line, indented as it
//! is, so that a second text lands behind the first.

use thiserror::Error;

use super::FileTree;

/// Why a text cannot be inserted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InsertionError {
    /// No plugin before wrote the file.
    #[error("there is no file `{0}`")]
    NoFile(String),
    /// The file has no such place.
    #[error("`{file}` has no insertion point `{point}`")]
    NoPoint {
        /// The file.
        file: String,
        /// The name that is not in it.
        point: String,
    },
    /// The file is not text.
    #[error("`{0}` is not text")]
    Binary(String),
}

/// Inserts a text at a place in a file.
///
/// # Errors
///
/// The file or the place is not there.
pub(super) fn insert(tree: &mut FileTree, file: &str, point: &str, text: &str) -> Result<(), InsertionError> {
    let old = tree.get(file).ok_or_else(|| InsertionError::NoFile(file.to_owned()))?;
    let old = std::str::from_utf8(old).map_err(|_| InsertionError::Binary(file.to_owned()))?;
    let no_point = || InsertionError::NoPoint { file: file.to_owned(), point: point.to_owned() };
    let new = inserted(old, point, text).ok_or_else(no_point)?;
    tree.replace(file, new);
    Ok(())
}

fn inserted(old: &str, point: &str, text: &str) -> Option<String> {
    if text.is_empty() {
        return Some(old.to_owned());
    }
    let mark = old.find(&format!("@@protoc_insertion_point({point})"))?;
    // `/* @@protoc_insertion_point(x) */` within a line takes text in front of the comment.
    let inline = mark > 3 && &old.as_bytes()[mark - 3..mark - 1] == b"/*";
    let at = if inline { mark - 3 } else { old[..mark].rfind('\n').map_or(0, |newline| newline + 1) };
    let rest = &old[at..];
    let indent = &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()];
    let mut new = String::with_capacity(old.len() + text.len() + 64);
    new.push_str(&old[..at]);
    for line in text.split_inclusive('\n') {
        new.push_str(indent);
        new.push_str(line);
    }
    if !text.ends_with('\n') {
        new.push('\n');
    }
    new.push_str(rest);
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_in_front_of_the_line_with_its_indent() {
        let old = "class A {\n  // @@protoc_insertion_point(scope)\n}\n";
        let once = inserted(old, "scope", "int x;\nint y;").unwrap();
        assert_eq!(once, "class A {\n  int x;\n  int y;\n  // @@protoc_insertion_point(scope)\n}\n");
        let twice = inserted(&once, "scope", "int z;\n").unwrap();
        assert!(twice.contains("int y;\n  int z;\n  // @@"), "{twice}");
        assert_eq!(inserted(old, "other", "x"), None);
        assert_eq!(inserted(old, "scope", "").as_deref(), Some(old));
    }
}
