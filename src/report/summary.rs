//! Words and numbers that several formats share.

use std::collections::BTreeSet;

use semver::Version;

use super::Report;
use crate::text::Style;
use crate::words::{Bump, Lens, Level};

/// The version after `old` for a bump.
///
/// Below 1.0.0 nothing is promised by <https://semver.org/#spec-item-4>, and package managers treat the middle
/// part as the one that breaks: a major bump of 0.3.1 is 0.4.0, a minor one 0.3.2. A pre-release is followed by
/// its release: nobody was promised anything about 2.0.0-rc.1 but that 2.0.0 comes after it.
#[must_use]
pub fn next_version(old: &Version, bump: Bump) -> Option<Version> {
    let &Version { major, minor, patch, .. } = old;
    Some(match (bump, major) {
        _ if !old.pre.is_empty() => Version::new(major, minor, patch),
        (Bump::Major, 0) => Version::new(0, minor.checked_add(1)?, 0),
        (Bump::Minor, 0) => Version::new(0, minor, patch.checked_add(1)?),
        (Bump::Major, _) => Version::new(major.checked_add(1)?, 0, 0),
        (Bump::Minor, _) => Version::new(major, minor.checked_add(1)?, 0),
        (Bump::Patch, _) => Version::new(major, minor, patch.checked_add(1)?),
    })
}

/// The part of a version that grows for a bump: below 1.0.0 one part lower.
pub fn part_of(old: &Version, bump: Bump) -> Bump {
    let below_one = old.major == 0 && old.pre.is_empty();
    match bump {
        Bump::Major if below_one => Bump::Minor,
        Bump::Minor if below_one => Bump::Patch,
        bump => bump,
    }
}

impl Report {
    /// The version that has to follow, where the old side is a version.
    pub fn next_version(&self) -> Option<Version> {
        next_version(self.old.version()?, self.bump?)
    }

    /// The part of the version that has to grow: of a version below 1.0.0 one part lower than the changes ask for.
    pub fn part(&self) -> Option<Bump> {
        let bump = self.bump?;
        Some(self.old.version().map_or(bump, |old| part_of(old, bump)))
    }

    /// Why a release that raises this part of the version is not enough, if it is not.
    pub fn more_than(&self, declared: Bump) -> Option<String> {
        let needed = self.part().filter(|needed| *needed > declared)?;
        let version = self.next_version().map(|v| format!(" ({v})")).unwrap_or_default();
        let (declared, needed, whom) = (declared.as_str(), needed.as_str(), self.for_whom());
        Some(format!("the next release was declared to be {declared}, and must be {needed}{version}{whom}"))
    }

    /// `next version must be major (2.0.0)`.
    pub(super) fn bump_sentence(&self) -> Option<String> {
        // A clean run leaves the choice; findings and breaks do not.
        let must = if self.findings.is_empty() && self.bump? < Bump::Major { "can" } else { "must" };
        let bump = self.part()?;
        let version = self.next_version().map(|v| format!(" ({v})")).unwrap_or_default();
        Some(format!("next version {must} be {}{version}{}", bump.as_str(), self.for_whom()))
    }

    /// `, for source.java`: who asks for a version that no finding tells the reason of.
    fn for_whom(&self) -> String {
        let silent = self.findings.iter().all(|finding| Some(finding.bump) < self.bump);
        let asking = self.changes.iter().filter(|change| silent && Some(change.bump) == self.bump);
        let lenses: BTreeSet<Lens> = asking.flat_map(|change| change.asked_by.iter().copied()).collect();
        match lenses.is_empty() {
            true => String::new(),
            false => format!(", for {}", lenses.into_iter().map(Lens::as_str).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// The style of a level.
pub(super) fn level_style(level: Level) -> Style {
    match level {
        Level::Error => Style::Error,
        Level::Warn => Style::Warn,
        Level::Note => Style::Note,
    }
}

/// The word people read for a level.
pub(super) fn level_word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Note => "note",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Name;

    #[test]
    fn the_word_is_the_part_that_grows() {
        let told = |old: &str, bump| {
            let mut report = super::super::sample::full();
            report.old =
                Name::Tag { tag: format!("v{old}"), commit: None, version: Some(old.parse().unwrap()) };
            report.bump = Some(bump);
            report.bump_sentence().unwrap()
        };
        assert_eq!(told("0.3.1", Bump::Major), "next version must be minor (0.4.0)");
        assert_eq!(told("0.3.1", Bump::Minor), "next version must be patch (0.3.2)");
        assert_eq!(told("1.3.1", Bump::Major), "next version must be major (2.0.0)");
    }

    #[test]
    fn versions_follow_the_bump() {
        let cases = [
            ("1.4.0", Bump::Major, "2.0.0"),
            ("1.4.2", Bump::Minor, "1.5.0"),
            ("1.4.2", Bump::Patch, "1.4.3"),
            ("0.3.1", Bump::Major, "0.4.0"),
            ("0.3.1", Bump::Minor, "0.3.2"),
            ("0.3.1", Bump::Patch, "0.3.2"),
            ("2.0.0-rc.1", Bump::Major, "2.0.0"),
        ];
        for (old, bump, next) in cases {
            let old = Version::parse(old).unwrap();
            assert_eq!(next_version(&old, bump).unwrap().to_string(), next, "{old} {bump:?}");
        }
        let most = u64::MAX;
        for (old, bump) in [
            (Version::new(most, 0, 0), Bump::Major),
            (Version::new(1, most, 0), Bump::Minor),
            (Version::new(1, 0, most), Bump::Patch),
            (Version::new(0, most, 0), Bump::Major),
            (Version::new(0, 0, most), Bump::Minor),
        ] {
            assert_eq!(next_version(&old, bump), None, "{old} {bump:?}");
        }
    }
}
