//! What is minded in which file, and what is left alone, as the configuration and the modules say.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::lenses::LensPolicy;
use super::rules::{RuleConfig, RulePolicy, Warning, named};
use super::{PolicyError, Waivers, is_unstable_package};
use crate::config::{Deprecation, PackagePolicy, Policy, RuleRef, Selection, Settings};
use crate::rules::{Level, Rule, RulesVersion, deprecation};
use crate::schema::File;
use crate::source::Layout;
use crate::text::Date;
use crate::words::{Language, Lens, LensSelector};

/// What is minded in a file: lenses and rules may be asked for side by side.
#[derive(Clone, Debug, Default)]
pub struct PolicySet {
    /// Effects on somebody.
    pub lenses: LensPolicy,
    /// Named rules.
    pub rules: RulePolicy,
}

impl From<LensPolicy> for PolicySet {
    fn from(lenses: LensPolicy) -> PolicySet {
        PolicySet { lenses, ..PolicySet::default() }
    }
}

impl From<RulePolicy> for PolicySet {
    fn from(rules: RulePolicy) -> PolicySet {
        PolicySet { rules, ..PolicySet::default() }
    }
}

/// What is minded in which file.
#[derive(Debug)]
pub struct Policies<'a> {
    /// Where files and packages have their policies from; without it all have the same, and nothing is left alone.
    scopes: Option<Scopes<'a>>,
    /// For files of no module.
    rest: Resolved,
    /// In step with the modules of the new side.
    modules: Vec<Resolved>,
    /// In step with the policies of packages.
    packages: Vec<PolicySet>,
    warnings: Vec<String>,
    waivers: Waivers,
    deprecation: Option<&'a Deprecation>,
    /// The languages that packages are published in, where any is said.
    published: Option<BTreeSet<Language>>,
}

#[derive(Debug)]
struct Scopes<'a> {
    packages: &'a [PackagePolicy],
    old: &'a Layout,
    new: &'a Layout,
}

/// A policy with its names looked up.
#[derive(Debug, Default)]
struct Resolved {
    minded: PolicySet,
    /// What the names in `ignore-only` mean.
    ignored: BTreeMap<String, Vec<&'static Rule>>,
}

impl<'a> Policies<'a> {
    /// Resolves every name. Packages that a glob names have a policy of their own; all else is decided by the module
    /// a file is in.
    ///
    /// # Errors
    ///
    /// A rule or category that does not exist.
    pub fn new(
        packages: &'a [PackagePolicy],
        old: &'a Layout,
        new: &'a Layout,
    ) -> Result<Policies<'a>, PolicyError> {
        let mut warnings = Vec::new();
        let mut resolve = |policy: &Policy| -> Result<Resolved, PolicyError> {
            let version = version(policy);
            let mut ignored = BTreeMap::new();
            for (word, _) in &policy.ignore_only {
                let rules = named(&word.id, version, &mut warnings).map_err(|e| placed(e, [word]))?;
                ignored.insert(word.id.clone(), rules);
            }
            Ok(Resolved { minded: minded(&policy.selection, version, &mut warnings)?, ignored })
        };
        let rest = resolve(&new.policy)?;
        let modules = new.modules.iter().map(|m| resolve(&m.policy)).collect::<Result<_, _>>()?;
        // What is said about packages is said in protopact.toml, which has the newest names.
        let own = packages.iter().map(|p| minded(&p.selection, RulesVersion::V2, &mut warnings));
        let own = own.collect::<Result<_, _>>()?;
        let mut warnings: Vec<String> = warnings.into_iter().map(|Warning(text)| text).collect();
        warnings.sort();
        warnings.dedup();
        Ok(Policies {
            scopes: Some(Scopes { packages, old, new }),
            rest,
            modules,
            packages: own,
            warnings,
            waivers: Waivers::default(),
            deprecation: None,
            published: None,
        })
    }

    /// What a configuration asks for between two states of a contract, with what it accepts on a day; `baseline` is the version
    /// of the old one.
    ///
    /// # Errors
    ///
    /// A rule or category that does not exist.
    pub fn of(
        settings: &'a Settings,
        [old, new]: [&'a Layout; 2],
        baseline: Option<&Version>,
        today: Date,
    ) -> Result<Policies<'a>, PolicyError> {
        let waivers = Waivers {
            entries: settings.waivers.clone(),
            policy: settings.waiver_policy,
            today: Some(today),
            baseline: baseline.cloned(),
        };
        let policies = Policies::new(&settings.packages, old, new)?;
        let languages =
            settings.generate.as_ref().map(|generate| generate.languages.keys().copied().collect());
        let published = languages.filter(|languages: &BTreeSet<Language>| !languages.is_empty());
        let policies = policies.accepting(waivers).announcing(settings.deprecation.as_ref());
        Ok(Policies { published, ..policies })
    }

    /// One policy for every file, and nothing left alone.
    pub fn uniform(minded: impl Into<PolicySet>) -> Policies<'static> {
        let rest = Resolved { minded: minded.into(), ..Resolved::default() };
        Policies {
            scopes: None,
            rest,
            modules: Vec::new(),
            packages: Vec::new(),
            warnings: Vec::new(),
            waivers: Waivers::default(),
            deprecation: None,
            published: None,
        }
    }

    /// Whether a break of a lens counts for the number of a version, denied or not: of code where packages of the language are
    /// published, or where nothing is said about packages, so that everybody makes their own.
    pub(super) fn counts(&self, lens: Lens) -> bool {
        match (lens, &self.published) {
            (Lens::Source(language), Some(published)) => published.contains(&language),
            _ => true,
        }
    }

    /// The same with what somebody accepted.
    #[must_use]
    pub fn accepting(self, waivers: Waivers) -> Policies<'a> {
        Policies { waivers, ..self }
    }

    /// The same with what is asked before something may be removed.
    #[must_use]
    pub fn announcing(self, deprecation: Option<&'a Deprecation>) -> Policies<'a> {
        Policies { deprecation, ..self }
    }

    /// The rules about deprecation that hold in a file, whatever else is minded.
    pub(super) fn about_deprecation(&self, file: &File) -> impl Iterator<Item = &'static Rule> {
        let terms = self.deprecation.map(|deprecation| deprecation.of(&file.package));
        let rules = deprecation::RULES.iter().copied();
        rules.filter(move |rule| terms.is_some_and(|terms| rule.level != Level::Error || !terms.is_nothing()))
    }

    pub(super) fn waivers(&self) -> &Waivers {
        &self.waivers
    }

    /// What works but should be changed in the configuration.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// What is minded in a file: by its package, where a glob names it, else by its module.
    pub(super) fn minded(&self, file: &File) -> &PolicySet {
        let Some(scopes) = &self.scopes else { return &self.rest.minded };
        match scopes.packages.iter().position(|p| p.matches(&file.package)) {
            Some(index) => &self.packages[index],
            None => &self.of_module(scopes, file).2.minded,
        }
    }

    /// Whether the package of a file says that it is not stable yet, and that is a reason to leave it alone.
    pub(super) fn is_unstable(&self, file: &File) -> bool {
        let asked = |scopes| self.of_module(scopes, file).0.ignore_unstable_packages;
        self.scopes.as_ref().is_some_and(asked) && is_unstable_package(&file.package)
    }

    /// Whether a file is left alone, or left alone by a rule.
    pub(super) fn ignores(&self, file: &File, rule: Option<&Rule>) -> bool {
        let Some(scopes) = &self.scopes else { return false };
        let (policy, root, resolved) = self.of_module(scopes, file);
        let holds = |word: &RuleRef, rule: &Rule| {
            resolved.ignored.get(&word.id).is_some_and(|rules| rules.iter().any(|r| r.id == rule.id))
        };
        policy.ignores(root, &file.name)
            || rule.is_some_and(|rule| policy.ignored_rules(root, &file.name).any(|word| holds(word, rule)))
    }

    /// The policy of the module a file is in, or took the place of, with the root of the module.
    fn of_module<'s>(&'s self, scopes: &Scopes<'s>, file: &File) -> (&'s Policy, &'s str, &'s Resolved) {
        let new: &'s Layout = scopes.new;
        let (policy, root) = new.policy_of(&file.name, Some(scopes.old));
        let index = new.modules.iter().position(|m| std::ptr::eq(&m.policy, policy));
        (policy, root, index.map_or(&self.rest, |index| &self.modules[index]))
    }
}

/// Naming no rule means none; what a buf.yaml means by it was settled when it was read.
fn minded(
    selection: &Selection,
    version: RulesVersion,
    warnings: &mut Vec<Warning>,
) -> Result<PolicySet, PolicyError> {
    let deny: Vec<LensSelector> = selection.deny.clone();
    let mut set = PolicySet::from(LensPolicy { deny });
    if !selection.use_rules.is_empty() {
        let ids = |refs: &[RuleRef]| refs.iter().map(|r| r.id.clone()).collect();
        let config = RuleConfig { version, use_: ids(&selection.use_rules), except: ids(&selection.except) };
        let words = || selection.use_rules.iter().chain(&selection.except);
        let (rules, more) = RulePolicy::new(&config).map_err(|e| placed(e, words()))?;
        warnings.extend(more);
        set.rules = rules;
    }
    Ok(set)
}

fn version(policy: &Policy) -> RulesVersion {
    match policy.buf_version {
        Some("v1beta1") => RulesVersion::V1Beta1,
        Some("v1") => RulesVersion::V1,
        _ => RulesVersion::V2,
    }
}

/// An unknown name, with the place where it is written.
fn placed<'r>(error: PolicyError, words: impl IntoIterator<Item = &'r RuleRef>) -> PolicyError {
    let place = words.into_iter().find(|r| r.id == error.word).map(|r| r.place.to_string());
    PolicyError { place, ..error }
}
