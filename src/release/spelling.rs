//! One version, as each ecosystem writes it.

use semver::{Prerelease, Version};

use crate::text::pep_440;

/// A version as each ecosystem writes it. All of them sort pre-releases of the forms that [`Spelling::of`] takes the way
/// Semantic Versioning does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// Semantic Versioning, which Cargo and npm write as it is.
    pub semver: String,
    /// A Go module's version, with its `v`.
    pub go: String,
    /// What a Go module's path ends with: `/v2` from the second major version on, nothing before.
    pub go_path: String,
    /// PEP 440.
    pub python: String,
    /// Maven's.
    pub maven: String,
    /// The tag of an OCI artefact, which may hold no `+`.
    pub oci: String,
}

impl Spelling {
    /// Spells a version. `None` for pre-releases that some ecosystem cannot write or would sort otherwise, and for build
    /// metadata: two versions that differ in nothing else are one version to Cargo and Go, and two to Python.
    #[must_use]
    pub fn of(version: &Version) -> Option<Spelling> {
        let major = version.major;
        if !version.build.is_empty() {
            return None;
        }
        // Only forms that all of them sort alike.
        stage(&version.pre)?;
        let python = pep_440(version)?;
        let semver = version.to_string();
        Some(Spelling {
            go: format!("v{semver}"),
            go_path: if major < 2 { String::new() } else { format!("/v{major}") },
            python,
            maven: semver.clone(),
            oci: semver.clone(),
            semver,
        })
    }
}

/// How near a pre-release is to its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Alpha,
    Beta,
    Candidate,
}

/// The stage and the number of a pre-release: `alpha.N`, `beta.N` or `rc.N`, the only forms that Semantic Versioning,
/// PEP 440 and Maven all have and sort alike. `None` for another form, `Some(None)` for a release.
pub(super) fn stage(pre: &Prerelease) -> Option<Option<(Stage, u64)>> {
    if pre.is_empty() {
        return Some(None);
    }
    let (word, number) = pre.split_once('.')?;
    let stage = match word {
        "alpha" => Stage::Alpha,
        "beta" => Stage::Beta,
        "rc" => Stage::Candidate,
        _ => return None,
    };
    Some(Some((stage, number.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelt(text: &str) -> Option<Spelling> {
        Spelling::of(&Version::parse(text).unwrap())
    }

    #[test]
    fn each_ecosystem_has_its_own() {
        let release = spelt("1.2.0").unwrap();
        let words = [&release.semver, &release.go, &release.go_path, &release.python, &release.maven];
        assert_eq!(words, ["1.2.0", "v1.2.0", "", "1.2.0", "1.2.0"]);
        let candidate = spelt("2.0.0-rc.1").unwrap();
        let words = [&candidate.semver, &candidate.go, &candidate.go_path, &candidate.python, &candidate.oci];
        assert_eq!(words, ["2.0.0-rc.1", "v2.0.0-rc.1", "/v2", "2.0.0rc1", "2.0.0-rc.1"]);
        assert_eq!(spelt("0.3.0-alpha.12").unwrap().python, "0.3.0a12");
        assert_eq!(spelt("10.0.0-beta.2").unwrap().go_path, "/v10");
        assert_eq!(spelt("10.0.0-beta.2").unwrap().python, "10.0.0b2");
    }

    #[test]
    fn what_some_ecosystem_cannot_write_has_no_spelling() {
        for text in ["1.0.0+5", "1.0.0-rc.1+5", "1.0.0-rc", "1.0.0-rc1", "1.0.0-nightly.3", "1.0.0-rc.1.2"] {
            assert_eq!(spelt(text), None, "{text}");
        }
    }
}
