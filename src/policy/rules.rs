//! Policies that name rules.

use thiserror::Error;

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
}

/// Which rules to use, as decided.
#[derive(Clone, Debug, Default)]
pub struct RulePolicy {
    /// The rules in use, sorted by id.
    active: Vec<&'static Rule>,
}

/// A word that is neither a rule nor a category.
#[derive(Debug, Error)]
#[error("{}there is no rule or category `{word}`", .place.as_ref().map(|p| format!("{p}: ")).unwrap_or_default())]
pub struct PolicyError {
    /// The word.
    pub word: String,
    /// Where it is written, where that is known.
    pub place: Option<String>,
    /// The closest name, if one is close.
    pub near: Option<&'static str>,
}

/// Something about a rule set that works but should be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(pub String);

impl RulePolicy {
    /// Decides which rules are in use.
    ///
    /// # Errors
    ///
    /// An unknown word.
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
        warnings.dedup();
        Ok((RulePolicy { active }, warnings))
    }

    /// The rules in use, sorted by id.
    pub fn rules(&self) -> &[&'static Rule] {
        &self.active
    }
}

fn contains(rules: &[&'static Rule], rule: &Rule) -> bool {
    rules.binary_search_by(|r| r.id.cmp(rule.id)).is_ok()
}

/// The rules a word names: a rule, a category, or a retired id, which means its replacements.
pub(super) fn named(
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
        None => Err(PolicyError { word: word.to_owned(), place: None, near: near(word) }),
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
        assert_eq!(error.to_string(), "there is no rule or category `FIELD_SAME_TYP`");
        assert_eq!(error.near, Some("FIELD_SAME_TYPE"));
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
