//! Generated files against those on disk, for `generate --check`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use similar::TextDiff;

use super::FileTree;
use super::write::is_build_output;
use crate::machine::{FileError, fail, files_below};

/// How a file differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is generated and not there.
    Missing,
    /// Its content is another.
    Changed,
    /// It is there and not generated.
    Untracked,
}

impl Kind {
    /// The word in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Missing => "missing",
            Kind::Changed => "changed",
            Kind::Untracked => "untracked",
        }
    }
}

/// A file that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// How.
    pub kind: Kind,
    /// Its path below the output.
    pub path: String,
    /// Lines of a unified diff, for text.
    pub lines: Vec<String>,
}

/// The most lines of a diff that are shown of one file.
const MAX_LINES: usize = 40;

/// Files larger than this, in bytes, are not compared line by line.
const MAX_TEXT: usize = 2 << 20;

/// Compares a folder below the output with what it should hold.
///
/// # Errors
///
/// Something cannot be read.
pub fn compare(
    out: &Path,
    folder: &str,
    wanted: &FileTree,
    others_stay: bool,
) -> Result<Vec<Difference>, FileError> {
    let below = |path: &str| if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
    let mut there: BTreeMap<String, _> = files_below(&out.join(folder))?.into_iter().collect();
    let mut found = Vec::new();
    for (path, content) in wanted.iter() {
        let Some(full) = there.remove(path) else {
            found.push(Difference { kind: Kind::Missing, path: below(path), lines: Vec::new() });
            continue;
        };
        let plain = fs::symlink_metadata(&full).is_ok_and(|m| m.is_file());
        let old = if plain { fs::read(&full).map_err(fail("read", &full))? } else { Vec::new() };
        if !plain || old != content.as_ref() {
            found.push(Difference { kind: Kind::Changed, path: below(path), lines: lines(&old, content) });
        }
    }
    if !others_stay {
        let untracked = there.into_keys().filter(|path| !is_build_output(path));
        found.extend(untracked.map(|path| Difference {
            kind: Kind::Untracked,
            path: below(&path),
            lines: Vec::new(),
        }));
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// A unified diff without its head, cut off where it gets long.
fn lines(old: &[u8], new: &[u8]) -> Vec<String> {
    let (Ok(old), Ok(new)) = (std::str::from_utf8(old), std::str::from_utf8(new)) else {
        return vec!["(not text)".to_owned()];
    };
    if old.len().max(new.len()) > MAX_TEXT {
        return vec!["(too large to show)".to_owned()];
    }
    let diff = TextDiff::from_lines(old, new);
    let mut text = String::new();
    for hunk in diff.unified_diff().context_radius(2).iter_hunks() {
        let _ = write!(text, "{hunk}");
    }
    let mut lines: Vec<String> = text.lines().take(MAX_LINES).map(str::to_owned).collect();
    if text.lines().count() > MAX_LINES {
        lines.push("…".to_owned());
    }
    lines
}
