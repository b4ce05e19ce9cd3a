//! What counts as a break, as decided; judging is not done here.

use globset::{GlobBuilder, GlobMatcher};

use super::path::{PathPattern, PatternError, join};
use super::{ConfigError, Place};

/// A lens as configuration names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lens {
    /// Binary encoding.
    Wire,
    /// ProtoJSON.
    Json,
    /// Method paths and streaming.
    Rpc,
    /// URLs of methods.
    Http,
    /// Accepted values.
    Validation,
    /// Code generated for Go.
    SourceGo,
    /// Code generated for Java.
    SourceJava,
    /// Code generated for Python.
    SourcePython,
    /// Code generated for Rust.
    SourceRust,
}

impl Lens {
    /// Every lens, in the order of reports.
    pub const ALL: [Lens; 9] = [
        Lens::Wire,
        Lens::Json,
        Lens::Rpc,
        Lens::Http,
        Lens::Validation,
        Lens::SourceGo,
        Lens::SourceJava,
        Lens::SourcePython,
        Lens::SourceRust,
    ];

    /// What `deny` accepts; `source` stands for the four languages.
    pub const NAMES: [&str; 10] = [
        "wire",
        "json",
        "rpc",
        "http",
        "validation",
        "source",
        "source.go",
        "source.java",
        "source.python",
        "source.rust",
    ];

    /// The name in configuration and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Lens::Wire => "wire",
            Lens::Json => "json",
            Lens::Rpc => "rpc",
            Lens::Http => "http",
            Lens::Validation => "validation",
            Lens::SourceGo => "source.go",
            Lens::SourceJava => "source.java",
            Lens::SourcePython => "source.python",
            Lens::SourceRust => "source.rust",
        }
    }

    /// The lenses a name stands for; `None` for unknown names.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Vec<Lens>> {
        if name == "source" {
            return Some(vec![Lens::SourceGo, Lens::SourceJava, Lens::SourcePython, Lens::SourceRust]);
        }
        Lens::ALL.into_iter().find(|l| l.as_str() == name).map(|l| vec![l])
    }

    /// Reads a list of names into sorted, distinct lenses.
    pub(super) fn list<'a>(
        names: impl IntoIterator<Item = (&'a str, Place)>,
    ) -> Result<Vec<Lens>, ConfigError> {
        let mut lenses = Vec::new();
        for (name, place) in names {
            let found =
                Lens::by_name(name).ok_or_else(|| ConfigError::unknown(place, "lens", name, &Lens::NAMES))?;
            lenses.extend(found);
        }
        lenses.sort();
        lenses.dedup();
        Ok(lenses)
    }
}

impl std::fmt::Display for Lens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
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
    pub deny: Vec<Lens>,
    /// Rules and categories that must not fire.
    pub use_rules: Vec<RuleRef>,
    /// Rules and categories taken out of `use_rules`.
    pub except: Vec<RuleRef>,
}

impl Selection {
    /// `deny = ["wire", "rpc", "json"]`: what holds when nothing is configured.
    #[must_use]
    pub fn lenses() -> Selection {
        Selection { deny: vec![Lens::Wire, Lens::Json, Lens::Rpc], ..Selection::default() }
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
