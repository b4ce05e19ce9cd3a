//! `[deprecation]`: what is asked before something may be removed.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::policy::{PackagePolicy, Selection};
use super::{ConfigError, Place};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawDeprecation {
    min_versions: Option<u32>,
    min_days: Option<u32>,
    #[serde(default)]
    packages: BTreeMap<Spanned<String>, RawOwn>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawOwn {
    min_versions: Option<u32>,
    min_days: Option<u32>,
}

/// What is asked of a removal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// In how many published versions an element has to be deprecated.
    pub min_versions: u32,
    /// How many days ago the first of them has to be published.
    pub min_days: u32,
}

impl Terms {
    /// Whether anything is asked.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == Terms::default()
    }
}

/// `[deprecation]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Deprecation {
    /// For packages that no glob names.
    all: Terms,
    /// The first glob that matches decides; of one that says less, the rest is as for all.
    packages: Vec<(PackagePolicy, Terms)>,
}

impl Deprecation {
    /// So many versions for all packages.
    #[must_use]
    pub fn versions(min_versions: u32) -> Deprecation {
        Deprecation { all: Terms { min_versions, min_days: 0 }, packages: Vec::new() }
    }

    /// What is asked in packages that no glob names.
    #[must_use]
    pub fn usual(&self) -> Terms {
        self.all
    }

    /// What is asked in a package.
    #[must_use]
    pub fn of(&self, package: &str) -> Terms {
        let own = self.packages.iter().find(|(glob, _)| glob.matches(package));
        own.map_or(self.all, |(_, terms)| *terms)
    }
}

/// Reads the table.
pub(super) fn read(raw: RawDeprecation, at: &dyn Fn(usize) -> Place) -> Result<Deprecation, ConfigError> {
    // Whoever writes the table asks for something.
    let all =
        Terms { min_versions: raw.min_versions.unwrap_or(1), min_days: raw.min_days.unwrap_or_default() };
    let mut packages = Vec::new();
    for (pattern, own) in raw.packages {
        let place = at(pattern.span().start);
        let glob = PackagePolicy::new(pattern.get_ref(), Selection::default())
            .map_err(|e| ConfigError::new(place, e.to_string()))?;
        let terms = Terms {
            min_versions: own.min_versions.unwrap_or(all.min_versions),
            min_days: own.min_days.unwrap_or(all.min_days),
        };
        packages.push((glob, terms));
    }
    Ok(Deprecation { all, packages })
}
