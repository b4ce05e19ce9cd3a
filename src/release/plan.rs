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
    /// Whether the contract is the same as in the highest of them, where that is a pre-release after the last release.
    pub unchanged: bool,
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
    /// What the changes ask for, before it is shifted below 1.0.0; of a contract that has not changed, what its number says.
    pub bump: Option<Bump>,
    /// The part that grows: below 1.0.0 one lower than the bump, or more where more was declared.
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
    /// There is no number left.
    #[error("no version follows {0}: the part that would have to grow has the largest number that there is")]
    Last(Version),
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

    /// The highest version, where it is a pre-release after the version that a comparison starts from.
    #[must_use]
    pub fn begun(&self) -> Option<&Version> {
        self.versions.last().filter(|last| !last.pre.is_empty() && Some(*last) != self.baseline())
    }

    /// The version that is the same as the contract, where nothing follows.
    #[must_use]
    pub fn last(&self) -> Option<&Version> {
        self.begun().filter(|_| self.unchanged).or(self.baseline())
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
            // A pre-release that is found good goes on: to its next stage, or to its release.
            None if declared.is_none() && !from.pre.is_empty() && !is_at(from, pre) => Bump::Patch,
            None => return Ok(None),
        };
        let reasons = reasons(&report.changes, bump);
        let lowest = next_version(from, bump).ok_or_else(|| PlanError::Last(from.clone()))?;
        let version = match declared {
            Some(declared) => declared.clone(),
            None => {
                // A pre-release that went further keeps its place: what follows 2.0.0-rc.1 is 2.0.0.
                let begun = published.versions.iter().rfind(|v| !v.pre.is_empty()).map(core_of);
                let core = begun.filter(|begun| *begun > lowest).unwrap_or_else(|| lowest.clone());
                let version = counted(core, pre, published);
                // What would be the same as the pre-release before it.
                let same = published.begun().filter(|_| published.unchanged);
                if same.is_some_and(|same| core_of(same) == core_of(&version) && is_at(same, pre)) {
                    return Ok(None);
                }
                version
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
        let part = part_of(from, bump);
        // Where nothing changed, or more was declared than the changes ask for, it is what the numbers say.
        let grown = grown(from, &version).filter(|_| from.pre.is_empty());
        let bump = if reasons.is_empty() { grown.unwrap_or(bump).max(bump) } else { bump };
        let part = Some(grown.map_or(part, |grown| grown.max(part)));
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

/// Whether a version is a pre-release of the stage that is asked for.
fn is_at(version: &Version, pre: Option<&str>) -> bool {
    let stage = version.pre.split_once('.').map(|(word, _)| word);
    stage.is_some() && stage == pre
}

/// The part of the number that grows from one version to another; `None` where none does.
fn grown(from: &Version, to: &Version) -> Option<Bump> {
    let numbers = |v: &Version| [v.major, v.minor, v.patch];
    let grown = numbers(to).into_iter().zip(numbers(from)).position(|(to, from)| to > from)?;
    Some([Bump::Major, Bump::Minor, Bump::Patch][grown])
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
