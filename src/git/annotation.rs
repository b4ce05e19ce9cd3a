//! What the tag of a version says: its notes, and the hashes of what it is.
//!
//! The tag is where the notes are kept. Whoever publishes the version again, or on another machine, reads them there, and
//! so makes the same files. And it says whose version it is, where several contracts of a repository have tags of one shape.

use semver::Version;

use super::{Id, Repo};

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
    /// The text of the tag, with the hashes of the sources and of the descriptor set.
    #[must_use]
    pub fn text(&self, sources: &str, descriptors: &str) -> String {
        let Annotation { contract, version, previous, breaks, notes } = self;
        let previous = previous.as_ref().map(|v| format!("{PREVIOUS}: {v}\n")).unwrap_or_default();
        let breaks =
            breaks.map(|b| format!("{BREAKS}: {}\n", if b { "yes" } else { "no" })).unwrap_or_default();
        format!(
            "{contract} {version}\n\n{}\n\n{CONTRACT}: {contract}\n{VERSION}: {version}\n{previous}{breaks}{SOURCES}: {sources}\n{SET}: {descriptors}\n",
            notes.trim_end(),
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

impl Repo {
    /// What a tag here says; `None` for one that is not annotated, or that no release wrote.
    #[must_use]
    pub fn said(&self, tag: &str) -> Option<Annotation> {
        let object = self.inner.find_reference(&format!("refs/tags/{tag}")).ok()?.target()?;
        Annotation::read(&self.annotation(Id::from_oid(object))?)
    }
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
            let text = said.text("5e2b", "c4d1");
            assert_eq!(Annotation::read(&text).as_ref(), Some(&said));
            let signed =
                format!("{text}-----BEGIN SSH SIGNATURE-----\nContract: x\n-----END SSH SIGNATURE-----\n");
            assert_eq!(Annotation::read(&signed), Some(said));
        }
        assert_eq!(Annotation::read("v1.0.0\n\nthe first\n"), None);
    }
}
