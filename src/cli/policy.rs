//! From settings to what is minded in each file.

use crate::compare::Comparison;
use crate::config::{self, RuleRef, Settings};
use crate::findings::{ChangeRecord, Finding, Location};
use crate::policy::{
    LensPolicy, PolicyError, PolicySet, RuleConfig, RulePolicy, decide, is_unstable_package, record,
};
use crate::rules::{self, Lookup, RulesVersion};
use crate::schema::{File, Schema};
use crate::source::Layout;
use crate::words::LensSelector;

use super::CliError;

/// What is minded in which file, as settings and modules say.
#[derive(Debug)]
pub(super) struct Policies<'a> {
    settings: &'a Settings,
    old: &'a Layout,
    new: &'a Layout,
    /// In step with the modules of the new side.
    modules: Vec<Sets>,
    /// In step with the packages of the settings.
    packages: Vec<Sets>,
    /// For files of no module.
    rest: Sets,
    nothing: Sets,
    /// What works but should be changed.
    pub(super) warnings: Vec<String>,
}

/// What is minded: lenses and rules may be asked for side by side.
#[derive(Clone, Debug)]
struct Sets {
    lenses: PolicySet,
    rules: PolicySet,
}

/// Which of [`Sets`].
type Part = fn(&Sets) -> &PolicySet;

impl<'a> Policies<'a> {
    /// Resolves every name.
    ///
    /// # Errors
    ///
    /// A rule or category that does not exist.
    pub(super) fn new(
        settings: &'a Settings,
        old: &'a Layout,
        new: &'a Layout,
    ) -> Result<Policies<'a>, CliError> {
        let mut warnings = Vec::new();
        let nothing = Sets { lenses: lenses(&[]), rules: no_rules()? };
        let modules =
            new.modules.iter().map(|m| sets(&m.policy, &m.policy.selection, &nothing, &mut warnings));
        let modules = modules.collect::<Result<_, _>>()?;
        let packages = settings.packages.iter();
        // What is said about packages is said in protopact.toml, where a rule set is named by `use`.
        let packages = packages.map(|p| {
            let policy = config::Policy { buf_version: None, ..settings.policy.clone() };
            sets(&policy, &p.selection, &nothing, &mut warnings)
        });
        let packages = packages.collect::<Result<_, _>>()?;
        let rest = sets(&new.policy, &new.policy.selection, &nothing, &mut warnings)?;
        warnings.sort();
        warnings.dedup();
        Ok(Policies { settings, old, new, modules, packages, rest, nothing, warnings })
    }

    fn for_file(&self, file: &File) -> &Sets {
        let (policy, root) = self.new.policy_of(&file.name, Some(self.old));
        let unstable = policy.ignore_unstable_packages && is_unstable_package(&file.package);
        if unstable || policy.ignores(root, &file.name) {
            return &self.nothing;
        }
        if let Some(index) = self.settings.packages.iter().position(|p| p.matches(&file.package)) {
            return &self.packages[index];
        }
        match self.new.modules.iter().position(|m| std::ptr::eq(&m.policy, policy)) {
            Some(index) => &self.modules[index],
            None => &self.rest,
        }
    }

    /// What somebody minds, and every change.
    pub(super) fn apply(&self, comparison: &Comparison<'_>) -> (Vec<Finding>, Vec<ChangeRecord>) {
        let parts: [Part; 2] = [|s| &s.lenses, |s| &s.rules];
        let mut all = Vec::new();
        for part in parts.into_iter().filter(|part| self.uses(*part)) {
            let policy_for = |file: &File| part(self.for_file(file));
            all.push((decide(comparison, &policy_for), record(comparison, &policy_for)));
        }
        let (mut findings, changes) = all
            .into_iter()
            .reduce(|(mut findings, mut changes), (more, records)| {
                let known =
                    |f: &Finding| findings.iter().any(|g| g.rule == f.rule && g.fingerprint == f.fingerprint);
                let more: Vec<_> = more.into_iter().filter(|f| !known(f)).collect();
                findings.extend(more);
                // Both lists hold the same changes in the same order; only the bump may differ.
                for (change, record) in changes.iter_mut().zip(records) {
                    change.bump = change.bump.max(record.bump);
                }
                (findings, changes)
            })
            .unwrap_or_else(|| {
                let nothing = |_: &File| &self.nothing.lenses;
                (Vec::new(), record(comparison, &nothing))
            });
        let places = Places::new(comparison.cx().old, comparison.cx().new);
        findings.retain(|f| !self.ignored(f, &places));
        findings.sort_by(|a, b| place(a).cmp(&place(b)));
        (findings, changes)
    }

    fn uses(&self, part: Part) -> bool {
        let mut sets = self.modules.iter().chain(&self.packages).chain([&self.rest]);
        sets.any(|s| match part(s) {
            PolicySet::Lenses(lenses) => !lenses.deny.is_empty(),
            PolicySet::Rules(rules) => !rules.rules().is_empty(),
        })
    }

    /// Whether either place of a finding is in a file that is left alone, or left alone by this rule.
    fn ignored(&self, finding: &Finding, places: &Places<'_>) -> bool {
        places.of(finding).any(|import| {
            let (policy, root) = self.new.policy_of(import, Some(self.old));
            policy.ignores(root, import)
                || policy.ignored_rules(root, import).any(|r| names(&r.id, finding.rule))
        })
    }
}

/// Findings are sorted by where they are shown; two lists of them are merged by it.
fn place(finding: &Finding) -> impl Ord + '_ {
    let place = finding.new.as_ref().or(finding.old.as_ref());
    (place, finding.rule, &finding.message, &finding.fingerprint)
}

/// The import paths of the places of findings.
struct Places<'a> {
    old: std::collections::BTreeMap<&'a str, &'a str>,
    new: std::collections::BTreeMap<&'a str, &'a str>,
}

impl<'a> Places<'a> {
    fn new(old: &'a Schema, new: &'a Schema) -> Places<'a> {
        let names = |schema: &'a Schema| schema.files().map(|(_, f)| (&*f.display, &*f.name)).collect();
        Places { old: names(old), new: names(new) }
    }

    fn of(&self, finding: &Finding) -> impl Iterator<Item = &'a str> {
        let find = |map: &std::collections::BTreeMap<&'a str, &'a str>, place: &Option<Location>| {
            place.as_ref().and_then(|l| map.get(&*l.path).copied())
        };
        [find(&self.new, &finding.new), find(&self.old, &finding.old)].into_iter().flatten()
    }
}

/// Whether a rule, category or retired id names a rule.
fn names(word: &str, rule: &str) -> bool {
    match rules::find(word) {
        Some(Lookup::Rule(named)) => named.id == rule,
        Some(Lookup::Retired(retired)) => retired.use_instead().contains(&rule),
        None => rules::category(word).is_some_and(|c| match rules::find(rule) {
            Some(Lookup::Rule(rule)) => rule.categories.contains(c),
            _ => false,
        }),
    }
}

fn lenses(deny: &[LensSelector]) -> PolicySet {
    PolicySet::Lenses(LensPolicy { deny: deny.to_vec() })
}

fn no_rules() -> Result<PolicySet, CliError> {
    let all = rules::Categories::ALL.map(|(name, _)| name.to_owned()).to_vec();
    let config = RuleConfig { use_: all.clone(), except: all, ..RuleConfig::default() };
    let (policy, _) = RulePolicy::new(&config).map_err(|e| CliError::new(super::ErrorKind::Bug, e))?;
    Ok(PolicySet::Rules(policy))
}

fn sets(
    policy: &config::Policy,
    selection: &config::Selection,
    nothing: &Sets,
    warnings: &mut Vec<String>,
) -> Result<Sets, CliError> {
    // Naming no rule means none; what a buf.yaml means by it was settled when it was read.
    let rules = if !selection.use_rules.is_empty() {
        let ids = |refs: &[RuleRef]| refs.iter().map(|r| r.id.clone()).collect();
        let config = RuleConfig {
            version: version(policy.buf_version),
            use_: ids(&selection.use_rules),
            except: ids(&selection.except),
            // Files are left alone by the place of a finding, which knows the folders of modules.
            ignore: Vec::new(),
            // The names are checked here.
            ignore_only: policy.ignore_only.iter().map(|(rule, _)| (rule.id.clone(), Vec::new())).collect(),
            ignore_unstable_packages: policy.ignore_unstable_packages,
        };
        let (resolved, more) = RulePolicy::new(&config).map_err(|e| refused(e, policy, selection))?;
        warnings.extend(more.into_iter().map(|w| w.0));
        PolicySet::Rules(resolved)
    } else {
        nothing.rules.clone()
    };
    Ok(Sets { lenses: lenses(&selection.deny), rules })
}

fn version(buf: Option<&str>) -> RulesVersion {
    match buf {
        Some("v1beta1") => RulesVersion::V1Beta1,
        Some("v1") => RulesVersion::V1,
        _ => RulesVersion::V2,
    }
}

/// An unknown name, with the place where it is written.
fn refused(error: PolicyError, policy: &config::Policy, selection: &config::Selection) -> CliError {
    let PolicyError::Unknown { word, near } = &error else {
        return CliError::new(super::ErrorKind::Usage, error);
    };
    let only = policy.ignore_only.iter().map(|(rule, _)| rule);
    let place = selection.use_rules.iter().chain(&selection.except).chain(only).find(|r| r.id == *word);
    let place = place.map(|r| format!("{}: ", r.place)).unwrap_or_default();
    let error = CliError::usage(format!("{place}there is no rule or category `{word}`"));
    match near {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("list them with `protopact rules`"),
    }
}
