//! Policies that name rules.

use thiserror::Error;

use super::paths::{PathError, PathSet};
use crate::rules::{Lookup, RULES, Retired, Rule, RulesVersion, category, find, near};

/// Which rules to use, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleConfig {
    /// Which rules the categories hold.
    pub version: RulesVersion,
    /// Rules and categories; none means the category `FILE`.
    pub use_: Vec<String>,
    /// Rules and categories to leave out.
    pub except: Vec<String>,
    /// Files to leave alone: import paths of files or folders, or globs.
    pub ignore: Vec<String>,
    /// Files to leave alone by rule or category.
    pub ignore_only: Vec<(String, Vec<String>)>,
    /// Whether packages like `acme.v1alpha1` are left alone.
    pub ignore_unstable_packages: bool,
}

/// Which rules to use, as decided.
#[derive(Clone, Debug)]
pub struct RulePolicy {
    /// The rules in use, sorted by id.
    active: Vec<&'static Rule>,
    ignore: PathSet,
    ignore_only: Vec<(Vec<&'static Rule>, PathSet)>,
    ignore_unstable_packages: bool,
}

/// A rule set that cannot be.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// A word that is neither a rule nor a category.
    #[error("`{word}` is neither a rule nor a category{}", .near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
    Unknown {
        /// The word.
        word: String,
        /// The closest name, if one is close.
        near: Option<&'static str>,
    },
    /// A path or glob that cannot be one.
    #[error("cannot read the paths to ignore")]
    Path(#[from] PathError),
}

/// Something about a rule set that works but should be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(pub String);

impl RulePolicy {
    /// Decides which rules are in use.
    ///
    /// # Errors
    ///
    /// An unknown word; a path that cannot be one.
    pub fn new(config: &RuleConfig) -> Result<(RulePolicy, Vec<Warning>), PolicyError> {
        let mut warnings = Vec::new();
        let mut resolve = |words: &[String]| -> Result<Vec<&'static Rule>, PolicyError> {
            let mut rules: Vec<&'static Rule> = Vec::new();
            for word in words {
                rules.extend(named(word, config.version, &mut warnings)?);
            }
            rules.sort_by_key(|r| r.id);
            rules.dedup_by_key(|r| r.id);
            Ok(rules)
        };
        let mut active =
            if config.use_.is_empty() { resolve(&["FILE".to_owned()])? } else { resolve(&config.use_)? };
        let except = resolve(&config.except)?;
        active.retain(|r| !contains(&except, r));
        let mut ignore_only = Vec::new();
        for (word, paths) in &config.ignore_only {
            ignore_only.push((resolve(std::slice::from_ref(word))?, PathSet::new(paths)?));
        }
        let policy = RulePolicy {
            active,
            ignore: PathSet::new(&config.ignore)?,
            ignore_only,
            ignore_unstable_packages: config.ignore_unstable_packages,
        };
        warnings.dedup();
        Ok((policy, warnings))
    }

    /// The rules in use, sorted by id.
    pub fn rules(&self) -> &[&'static Rule] {
        &self.active
    }

    /// Whether a finding of this rule in this file is left alone.
    pub(super) fn ignores(&self, rule: &'static Rule, file: &str, package: &str) -> bool {
        self.ignore.contains(file)
            || (self.ignore_unstable_packages && super::is_unstable_package(package))
            || self.ignore_only.iter().any(|(rules, paths)| contains(rules, rule) && paths.contains(file))
    }
}

fn contains(rules: &[&'static Rule], rule: &Rule) -> bool {
    rules.binary_search_by(|r| r.id.cmp(rule.id)).is_ok()
}

/// The rules a word names: a rule, a category, or a retired id, which means its replacements.
fn named(
    word: &str,
    version: RulesVersion,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<&'static Rule>, PolicyError> {
    if let Some(category) = category(word).filter(|c| version.has(*c)) {
        return Ok(RULES.iter().copied().filter(|r| version.categories(r).contains(category)).collect());
    }
    match find(word) {
        Some(Lookup::Rule(rule)) => Ok(vec![rule]),
        Some(Lookup::Retired(retired)) => {
            warnings.push(Warning(warning(retired)));
            let rules = retired.use_instead().iter().filter_map(|id| match find(id) {
                Some(Lookup::Rule(rule)) => Some(rule),
                _ => None,
            });
            Ok(rules.collect())
        }
        None => Err(PolicyError::Unknown { word: word.to_owned(), near: near(word) }),
    }
}

fn warning(retired: &Retired) -> String {
    match retired.use_instead() {
        [] => format!("rule `{}` is retired and checks nothing; leave it out", retired.id),
        instead => {
            let list: Vec<String> = instead.iter().map(|id| format!("`{id}`")).collect();
            format!("rule `{}` is retired; use {}", retired.id, list.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(change: impl Fn(&mut RuleConfig)) -> (Vec<&'static str>, Vec<Warning>) {
        let mut config = RuleConfig::default();
        change(&mut config);
        let (policy, warnings) = RulePolicy::new(&config).unwrap();
        (policy.rules().iter().map(|r| r.id).collect(), warnings)
    }

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn nothing_named_means_the_file_category() {
        let (default, _) = policy(|_| {});
        let (file, _) = policy(|c| c.use_ = words(&["FILE"]));
        assert_eq!(default, file);
        assert!(default.contains(&"FIELD_SAME_TYPE") && !default.contains(&"PACKAGE_NO_DELETE"));
    }

    #[test]
    fn except_takes_rules_and_categories_out() {
        let (rules, _) = policy(|c| {
            c.use_ = words(&["WIRE", "FIELD_NO_SWAP"]);
            c.except = words(&["FIELD_WIRE_COMPATIBLE_TYPE"]);
        });
        assert!(rules.contains(&"FIELD_NO_SWAP") && rules.contains(&"FIELD_SAME_ONEOF"));
        assert!(!rules.contains(&"FIELD_WIRE_COMPATIBLE_TYPE"));
        let (none, _) = policy(|c| c.except = words(&["FILE"]));
        assert_eq!(none, Vec::<&str>::new());
    }

    #[test]
    fn a_retired_id_means_its_replacements() {
        let (rules, warnings) = policy(|c| c.use_ = words(&["FIELD_SAME_CTYPE"]));
        assert_eq!(rules, ["FIELD_SAME_CPP_STRING_TYPE"]);
        assert_eq!(
            warnings,
            [Warning("rule `FIELD_SAME_CTYPE` is retired; use `FIELD_SAME_CPP_STRING_TYPE`".to_owned())]
        );
        let (rules, warnings) = policy(|c| c.use_ = words(&["FILE_SAME_PHP_GENERIC_SERVICES"]));
        assert!(rules.is_empty() && warnings.len() == 1);
    }

    #[test]
    fn an_unknown_word_is_an_error_with_a_near_match() {
        let config = RuleConfig { use_: words(&["FIELD_SAME_TYP"]), ..RuleConfig::default() };
        let error = RulePolicy::new(&config).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`FIELD_SAME_TYP` is neither a rule nor a category; did you mean `FIELD_SAME_TYPE`?"
        );
        let config = RuleConfig { version: RulesVersion::V1, use_: words(&["CSR"]), ..RuleConfig::default() };
        assert!(RulePolicy::new(&config).is_err(), "the category came with v2");
    }

    #[test]
    fn older_versions_hold_other_rules() {
        let of = |version, category: &str| {
            policy(|c| {
                c.version = version;
                c.use_ = words(&[category]);
            })
            .0
        };
        assert!(of(RulesVersion::V2, "WIRE").contains(&"FIELD_SAME_DEFAULT"));
        assert!(!of(RulesVersion::V1, "WIRE").contains(&"FIELD_SAME_DEFAULT"));
        assert!(of(RulesVersion::V1Beta1, "WIRE").contains(&"FIELD_SAME_TYPE"));
        assert!(!of(RulesVersion::V1Beta1, "WIRE").contains(&"FIELD_WIRE_COMPATIBLE_TYPE"));
        assert!(!of(RulesVersion::V1Beta1, "PACKAGE").contains(&"FILE_SAME_PACKAGE"));
    }
}
