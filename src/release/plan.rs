//! Which version follows.

use semver::{Prerelease, Version};
use thiserror::Error;

use super::Spelling;
use super::spelling::stage;
use crate::findings::{ChangeRecord, Report};
use crate::report::{next_version, part_of};
use crate::text::Line;
use crate::words::Bump;

/// The versions there are.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// All of them, lowest first, pre-releases included.
    pub versions: Vec<Version>,
}

/// A change that asks for the bump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The full name of the element.
    pub symbol: String,
    /// One line: what changed.
    pub message: String,
    /// What it asks for.
    pub bump: Bump,
    /// As in a finding.
    pub fingerprint: String,
}

/// What a release would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The version before; `None` for the first one.
    pub from: Option<Version>,
    /// What the changes ask for, before it is shifted below 1.0.0.
    pub bump: Option<Bump>,
    /// The part that has to grow: below 1.0.0 one lower than the bump.
    pub part: Option<Bump>,
    /// The version.
    pub version: Version,
    /// How it is spelt.
    pub spelling: Spelling,
    /// The changes that ask for the bump: those with the largest one.
    pub reasons: Vec<Reason>,
}

/// Why there is no such release.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// It does not grow by enough.
    #[error("version {declared} is too small: what changed since {from} asks for {}, which is {needed}", part.as_str())]
    TooSmall {
        /// What was declared.
        declared: Version,
        /// The version before; in a box, for an error should be small.
        from: Box<Version>,
        /// The part that has to grow.
        part: Bump,
        /// The lowest version that will do.
        needed: Version,
        /// What asks for it.
        reasons: Vec<Reason>,
    },
    /// It is there.
    #[error("version {0} is published already, and a published version never changes")]
    Published(Version),
    /// It comes before a version of the same line that is there.
    #[error("version {declared} comes before {there}, which is published")]
    Behind {
        /// What was declared.
        declared: Version,
        /// What is there.
        there: Version,
    },
    /// Some ecosystem cannot write it.
    #[error("version {0} cannot be written alike for Cargo, Go, Maven, Python and OCI")]
    Spelling(Version),
}

impl Published {
    /// What a comparison starts from: the highest release, and where there is none the highest pre-release. Nobody was
    /// promised anything by a pre-release that a release comes after.
    #[must_use]
    pub fn baseline(&self) -> Option<&Version> {
        self.versions.iter().rfind(|v| v.pre.is_empty()).or(self.versions.last())
    }

    /// The highest pre-release of a version.
    fn last_pre(&self, core: &Version) -> Option<&Version> {
        self.versions.iter().rfind(|v| !v.pre.is_empty() && core_of(v) == *core)
    }
}

impl Plan {
    /// What follows `published` for a report about everything since its baseline; `None` where nothing changed and no
    /// version that is not there yet is declared.
    /// `declared` is what somebody asked for, `pre` the word of a pre-release (`rc`) whose number is to be counted.
    ///
    /// # Errors
    ///
    /// What was declared is smaller than what the changes ask for, is there, comes before what is there, or cannot be
    /// written everywhere.
    pub fn of(
        report: &Report,
        published: &Published,
        declared: Option<&Version>,
        pre: Option<&str>,
    ) -> Result<Option<Plan>, PlanError> {
        let Some(from) = published.baseline() else { return Plan::first(declared, pre).map(Some) };
        let bump = match report.bump.filter(|_| !report.changes.is_empty()) {
            Some(bump) => bump,
            // Packages can be others where the contract is the same: of other plugins, of other settings.
            None if declared.is_some_and(|version| !published.versions.contains(version)) => Bump::Patch,
            None => return Ok(None),
        };
        let reasons = reasons(&report.changes, bump);
        let lowest = next_version(from, bump);
        let version = match declared {
            Some(declared) => declared.clone(),
            None => {
                // A pre-release that went further keeps its place: what follows 2.0.0-rc.1 is 2.0.0.
                let begun = published.versions.iter().rfind(|v| !v.pre.is_empty()).map(core_of);
                let core = begun.filter(|begun| *begun > lowest).unwrap_or_else(|| lowest.clone());
                counted(core, pre, published)
            }
        };
        let spelling = spell(&version)?;
        if published.versions.contains(&version) {
            return Err(PlanError::Published(version));
        }
        if core_of(&version) < lowest {
            let part = part_of(from, bump);
            let from = Box::new(from.clone());
            return Err(PlanError::TooSmall { declared: version, from, part, needed: lowest, reasons });
        }
        if let Some(there) = published.last_pre(&core_of(&version)).filter(|there| **there > version) {
            return Err(PlanError::Behind { declared: version, there: there.clone() });
        }
        let part = Some(part_of(from, bump));
        Ok(Some(Plan { from: Some(from.clone()), bump: Some(bump), part, version, spelling, reasons }))
    }

    /// The first version: nothing was promised before it.
    fn first(declared: Option<&Version>, pre: Option<&str>) -> Result<Plan, PlanError> {
        let version = declared.cloned();
        let version = version.unwrap_or_else(|| counted(Version::new(0, 1, 0), pre, &Published::default()));
        let spelling = spell(&version)?;
        Ok(Plan { from: None, bump: None, part: None, version, spelling, reasons: Vec::new() })
    }

    /// One line for people.
    #[must_use]
    pub fn headline(&self) -> Line {
        let line = Line::new().plain(format!("version {}", self.version));
        match (&self.from, self.part) {
            (Some(from), Some(part)) => line.plain(format!(" follows {from}: {}", part.as_str())),
            _ => line.plain(" is the first"),
        }
    }
}

/// A version, or its next pre-release of a word.
fn counted(core: Version, pre: Option<&str>, published: &Published) -> Version {
    let Some(word) = pre else { return core };
    let numbers = published.versions.iter().filter(|v| core_of(v) == core).filter_map(|v| {
        let (there, number) = v.pre.split_once('.')?;
        if there == word { number.parse::<u64>().ok() } else { None }
    });
    let number = numbers.max().map_or(1, |highest| highest.saturating_add(1));
    let pre = Prerelease::new(&format!("{word}.{number}")).unwrap_or_default();
    Version { pre, ..core }
}

fn core_of(version: &Version) -> Version {
    Version::new(version.major, version.minor, version.patch)
}

fn spell(version: &Version) -> Result<Spelling, PlanError> {
    let spelt = stage(&version.pre).and_then(|_| Spelling::of(version));
    spelt.ok_or_else(|| PlanError::Spelling(version.clone()))
}

/// The changes that ask for as much as `bump`.
fn reasons(changes: &[ChangeRecord], bump: Bump) -> Vec<Reason> {
    let asking = changes.iter().filter(|change| change.bump == bump);
    let reason = |change: &ChangeRecord| Reason {
        symbol: change.symbol.clone(),
        message: change.message.clone(),
        bump: change.bump,
        fingerprint: change.fingerprint.clone(),
    };
    asking.map(reason).collect()
}
