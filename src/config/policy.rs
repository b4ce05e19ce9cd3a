//! What counts as a break, as decided; judging is not done here.

use globset::{GlobBuilder, GlobMatcher};

use super::path::{PathPattern, PatternError, join};
use super::{ConfigError, Place};
use crate::words::LensSelector;

/// Reads a list of names of lenses; what is named twice counts once.
pub(super) fn lenses<'a>(
    names: impl IntoIterator<Item = (&'a str, Place)>,
) -> Result<Vec<LensSelector>, ConfigError> {
    let mut lenses: Vec<LensSelector> = Vec::new();
    for (name, place) in names {
        let Ok(named) = LensSelector::parse(name) else {
            return Err(ConfigError::unknown(
                place,
                "lens",
                name,
                &LensSelector::words().collect::<Vec<_>>(),
            ));
        };
        let more: Vec<LensSelector> = named.into_iter().filter(|lens| !lenses.contains(lens)).collect();
        lenses.extend(more);
    }
    Ok(lenses)
}

/// A rule or category by name, and where it was named, for errors about names nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleRef {
    /// The name as written.
    pub id: String,
    /// Where.
    pub place: Place,
}

/// What is denied: lenses, rules, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Lenses that must stay `ok`.
    pub deny: Vec<LensSelector>,
    /// Rules and categories that must not fire.
    pub use_rules: Vec<RuleRef>,
    /// Rules and categories taken out of `use_rules`.
    pub except: Vec<RuleRef>,
}

impl Selection {
    /// `deny = ["wire", "rpc", "json"]`: what holds when nothing is configured.
    #[must_use]
    pub fn lenses() -> Selection {
        Selection { deny: LensSelector::standard(), ..Selection::default() }
    }
}

/// How the files of one module are judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// What is denied.
    pub selection: Selection,
    /// Files nothing is reported for. Paths are relative to the configuration's folder.
    pub ignore: Vec<PathPattern>,
    /// Files one rule or category is not reported for.
    pub ignore_only: Vec<(RuleRef, Vec<PathPattern>)>,
    /// Whether packages such as `acme.v1alpha1` or `acme.v1beta1` are left alone.
    pub ignore_unstable_packages: bool,
    /// The version of the buf.yaml this came from (`v1beta1`, `v1`, `v2`); rule defaults and names depend on it.
    pub buf_version: Option<&'static str>,
}

impl Policy {
    /// Whether nothing is reported for a file, named by its module's root and its import path. The import path
    /// may come from the old side: a deleted file is ignored where it would be.
    #[must_use]
    pub fn ignores(&self, root: &str, import_path: &str) -> bool {
        let path = join(root, import_path);
        self.ignore.iter().any(|p| p.matches(&path))
    }

    /// The rules and categories that are not reported for a file, in the order configured.
    pub fn ignored_rules<'a>(&'a self, root: &str, import_path: &str) -> impl Iterator<Item = &'a RuleRef> {
        let path = join(root, import_path);
        self.ignore_only
            .iter()
            .filter(move |(_, patterns)| patterns.iter().any(|p| p.matches(&path)))
            .map(|(rule, _)| rule)
    }
}

/// `[policy."acme.**.v1alpha*"]`: another selection for some packages.
#[derive(Clone, Debug)]
pub struct PackagePolicy {
    /// The glob as written.
    pub pattern: String,
    /// What is denied for these packages.
    pub selection: Selection,
    matcher: GlobMatcher,
}

impl PartialEq for PackagePolicy {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern && self.selection == other.selection
    }
}

impl PackagePolicy {
    /// Reads a package glob: `*` stays within one part of a package name, `**` crosses parts.
    ///
    /// # Errors
    ///
    /// The glob is malformed.
    pub fn new(pattern: &str, selection: Selection) -> Result<PackagePolicy, PatternError> {
        let fail = |why: String| PatternError::Glob { pattern: pattern.to_owned(), why };
        if pattern.is_empty() || pattern.contains(['/', '\\']) {
            return Err(fail("a package glob is made of names and dots".into()));
        }
        let glob = GlobBuilder::new(&pattern.replace('.', "/")).literal_separator(true).build();
        let matcher = glob.map_err(|e| fail(e.kind().to_string()))?.compile_matcher();
        Ok(PackagePolicy { pattern: pattern.to_owned(), selection, matcher })
    }

    /// Whether the glob names a package.
    #[must_use]
    pub fn matches(&self, package: &str) -> bool {
        self.matcher.is_match(package.replace('.', "/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_globs_follow_the_parts_of_a_package() {
        let policy = |p: &str| PackagePolicy::new(p, Selection::default()).unwrap();
        assert!(policy("acme.**.v1alpha*").matches("acme.pay.v1alpha1"));
        assert!(policy("acme.**.v1alpha*").matches("acme.v1alpha1"));
        assert!(!policy("acme.*").matches("acme.pay.v1"));
        assert!(policy("acme.**").matches("acme.pay.v1"));
        assert!(PackagePolicy::new("acme/pay", Selection::default()).is_err());
    }

    #[test]
    fn ignores_follow_a_deleted_file_into_the_new_module() {
        let policy = Policy { ignore: vec![PathPattern::parse("proto/a/c").unwrap()], ..Policy::default() };
        assert!(policy.ignores("proto", "a/c/x.proto"));
        assert!(!policy.ignores("proto", "a/d/x.proto"));
    }
}
