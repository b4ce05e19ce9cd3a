//! What the tag of a version says: its notes, and the hashes of what it is.
//!
//! The tag is where the notes are kept. Whoever publishes the version again, or on another machine, reads them there, and
//! so makes the same files.

use std::collections::BTreeMap;

use semver::Version;

use super::artefacts::{DESCRIPTORS, RELEASE};
use crate::git::{GitError, Repo, TagPattern};
use crate::machine::{FileTree, sha256};

/// The lines at the end, each with a value.
const CONTRACT: &str = "Contract";
const VERSION: &str = "Version";
const PREVIOUS: &str = "Previous-Version";
const BREAKS: &str = "Breaks";
const SOURCES: &str = "Sources-SHA256";
const SET: &str = "Descriptors-SHA256";

/// What a tag says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The contract.
    pub contract: String,
    /// The version.
    pub version: Version,
    /// The version before.
    pub previous: Option<Version>,
    /// Whether it breaks somebody who uses the version before; `None` where that was not looked at.
    pub breaks: Option<bool>,
    /// The notes.
    pub notes: String,
}

impl Annotation {
    /// The text of the tag, for the files of the version.
    #[must_use]
    pub fn text(&self, files: &FileTree) -> String {
        let Annotation { contract, version, previous, breaks, notes } = self;
        let previous = previous.as_ref().map(|v| format!("{PREVIOUS}: {v}\n")).unwrap_or_default();
        let breaks =
            breaks.map(|b| format!("{BREAKS}: {}\n", if b { "yes" } else { "no" })).unwrap_or_default();
        let set = files.get(DESCRIPTORS).map(|set| sha256(set)).unwrap_or_default();
        format!(
            "{contract} {version}\n\n{}\n\n{CONTRACT}: {contract}\n{VERSION}: {version}\n{previous}{breaks}{SOURCES}: {}\n{SET}: {set}\n",
            notes.trim_end(),
            sources(files).unwrap_or_default(),
        )
    }

    /// Reads the text of a tag; a signature below it is passed over. `None` where no release wrote it.
    #[must_use]
    pub fn read(text: &str) -> Option<Annotation> {
        let (_, rest) = text.split_once("\n\n")?;
        let end = rest.rfind(&format!("\n\n{CONTRACT}: "))?;
        let (notes, lines) = rest.split_at(end);
        let value = |name: &str| lines.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": "));
        Some(Annotation {
            contract: value(CONTRACT)?.to_owned(),
            version: value(VERSION)?.parse().ok()?,
            previous: value(PREVIOUS).map(str::parse).transpose().ok()?,
            breaks: value(BREAKS).map(|word| word == "yes"),
            notes: format!("{}\n", notes.trim_end()),
        })
    }
}

/// The tags of a shape that are versions of other contracts than this one by what they say, each with the name of the other.
/// A tag that says nothing of the kind is of whoever has the shape.
///
/// # Errors
///
/// The references cannot be read.
pub fn of_others(
    repo: &Repo,
    shape: &TagPattern,
    contract: &str,
) -> Result<BTreeMap<String, String>, GitError> {
    let tags = repo.tag_objects()?.into_iter().filter(|(tag, _)| shape.version_of(tag).is_some());
    let others = tags.filter_map(|(tag, object)| {
        let said = Annotation::read(&repo.annotation(object)?)?;
        (said.contract != contract).then_some((tag, said.contract))
    });
    Ok(others.collect())
}

/// The hash of the sources, as the files say it.
fn sources(files: &FileTree) -> Option<String> {
    let about: serde_json::Value = serde_json::from_slice(files.get(RELEASE)?).ok()?;
    Some(about.get("sources")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tag_says_is_read_again() {
        let notes = "## [1.1.0] - 2026-11-28\n\n### Added\n\n- a line\n\nContract: not this one\n";
        for (previous, breaks) in [(None, None), (Some(Version::new(1, 0, 0)), Some(true))] {
            let (contract, version) = ("acme/pay".to_owned(), Version::new(1, 1, 0));
            let said = Annotation { contract, version, previous, breaks, notes: notes.to_owned() };
            let text = said.text(&FileTree::new());
            assert_eq!(Annotation::read(&text).as_ref(), Some(&said));
            let signed =
                format!("{text}-----BEGIN SSH SIGNATURE-----\nContract: x\n-----END SSH SIGNATURE-----\n");
            assert_eq!(Annotation::read(&signed), Some(said));
        }
        assert_eq!(Annotation::read("v1.0.0\n\nthe first\n"), None);
    }
}
