//! The chain from a comparison to findings.

use std::collections::BTreeSet;

use super::affects::Affects;
use super::bump::natural;
use super::fingerprint;
use super::lenses::{LensPolicy, feels, felt};
use super::policies::Policies;
use super::waivers::Acceptance;
use crate::compare::Comparison;
use crate::diff::{Change, Cx, Remedy, is_compilers_own};
use crate::findings::{Breaks, ChangeRecord, Finding, Location, WaiverState};
use crate::rules::{Anchor, Hit, Rule, describe, place, primary};
use crate::schema::{File, Schema};
use crate::verdict::Verdict;
use crate::words::{Bump, Effect, Lens, Level};

/// What was decided about a comparison.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    /// What is minded, sorted by place, rule and message.
    pub findings: Vec<Finding>,
    /// Every change of the contract's own files, minded or not, sorted by symbol and kind.
    pub changes: Vec<ChangeRecord>,
    /// What the next version has to be; nothing where nothing changed.
    pub bump: Option<Bump>,
    /// What is accepted, and how it stands.
    pub waivers: Vec<WaiverState>,
}

/// A change that somebody minds, before anything is known about whether it is told.
struct Objection {
    rule: Option<&'static Rule>,
    hit: Hit,
    level: Level,
    bump: Bump,
    /// A lens objects, and not a rule.
    by_lens: bool,
    /// Whether it is told by itself. What an echo does is told with the change it belongs to.
    told: bool,
    /// What makes whoever objects content.
    remedy: Way,
}

/// A way out of a change.
type Way = fn(&Change, &Cx<'_>) -> Option<Remedy>;

/// Decides what is minded: select, then ignore, then waive, then level and bump. What one stage takes out no later one
/// sees, so what is not told as a finding does not make the next version a major one either. Waiving takes nothing
/// out: what is accepted is told as such, and counts for the next version.
pub fn decide(comparison: &Comparison<'_>, policies: &Policies<'_>) -> Decided {
    let cx = &comparison.cx();
    let mut affects = None;
    let mut acceptance = policies.waivers().acceptance(cx.new);
    let (mut findings, mut changes) = (Vec::new(), Vec::new());
    for (index, change) in comparison.changes().iter().enumerate() {
        let mut minded = select(comparison, policies, index);
        minded.retain(|objection| !is_ignored(comparison, policies, index, objection));
        let bump = minded.iter().map(|objection| objection.bump).max().unwrap_or(Bump::Patch);
        let bump = bump.max(natural(change, &comparison.verdicts()[index]));
        if comparison.is_own(change) && !is_compilers_own(change, cx) {
            let silent = minded.iter().any(|objection| !objection.told && objection.bump == bump);
            let mut change = record(comparison, index, bump);
            if silent {
                let verdict = &comparison.verdicts()[index];
                change.asked_by = feels(&comparison.changes()[index], verdict, &|lens| policies.counts(lens));
            }
            changes.push(change);
        }
        let mut told: Vec<&'static str> = Vec::new();
        let by_rule = minded.iter().filter(|objection| !objection.by_lens);
        let by_rule: Vec<&'static str> = by_rule.filter_map(|objection| Some(objection.rule?.id)).collect();
        for mut objection in minded.into_iter().filter(|objection| objection.told) {
            // A change that a lens and its rule both object to is one finding, and what makes the rule content the lens
            // is content with.
            let Some(rule) = objection.rule.filter(|rule| !told.contains(&rule.id)) else { continue };
            told.push(rule.id);
            if by_rule.contains(&rule.id) {
                objection.remedy = rule.remedy;
            }
            let affects = affects.get_or_insert_with(|| Affects::new(cx, comparison.judge()));
            findings.push(finding(comparison, index, rule, objection, affects, &mut acceptance));
        }
    }
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    findings.dedup_by(|a, b| a.rule == b.rule && a.message == b.message && a.new == b.new && a.old == b.old);
    changes.sort_by(|a, b| {
        (&a.symbol, &a.change, &a.message, &a.fingerprint).cmp(&(
            &b.symbol,
            &b.change,
            &b.message,
            &b.fingerprint,
        ))
    });
    let bump = findings.iter().map(|f| f.bump).chain(changes.iter().map(|c| c.bump)).max();
    Decided { findings, changes, bump, waivers: acceptance.states() }
}

/// What the policy of a change's file objects to.
fn select(comparison: &Comparison<'_>, policies: &Policies<'_>, index: usize) -> Vec<Objection> {
    let cx = &comparison.cx();
    let change = &comparison.changes()[index];
    let Some(file) = comparison.file(change) else { return Vec::new() };
    let minded = policies.minded(file);
    let own = comparison.is_own(change);
    let mut objections = Vec::new();
    let by_lens = match minded.lenses.denied(change, &comparison.verdicts()[index]) {
        Effect::Ok => None,
        Effect::Unknown => Some((Level::Warn, Bump::Minor)),
        Effect::Lossy | Effect::Corrupt | Effect::Rejects => Some((Level::Error, Bump::Major)),
    };
    if let Some((level, bump)) = by_lens.filter(|_| own) {
        let told = !comparison.echoes().is_echo(index);
        let (rule, hit) = (primary(change, cx), Hit::of(change, cx));
        let remedy = lens_remedy(&minded.lenses, change, &comparison.verdicts()[index]);
        objections.push(Objection { rule, hit, level, bump, by_lens: true, told, remedy });
    }
    // A version is a promise to everybody, whatever fails a run here; where nothing is asked at all there is none.
    let asked = !minded.lenses.deny.is_empty() || !minded.rules.rules().is_empty();
    let bump = match felt(change, &comparison.verdicts()[index], &|lens| policies.counts(lens)) {
        Effect::Ok => Bump::Patch,
        Effect::Unknown => Bump::Minor,
        Effect::Lossy | Effect::Corrupt | Effect::Rejects => Bump::Major,
    };
    if own && asked && objections.iter().all(|objection| objection.bump < bump) && bump > Bump::Patch {
        let (rule, hit) = (primary(change, cx), Hit::of(change, cx));
        let (level, remedy) = (Level::Note, Change::remedy as Way);
        objections.push(Objection { rule, hit, level, bump, by_lens: true, told: false, remedy });
    }
    let announced = policies.about_deprecation(file).filter(|_| own);
    for rule in minded.rules.rules().iter().copied().chain(announced) {
        let Some(hit) = (rule.select)(change, cx) else { continue };
        // As in buf: a file that nothing imports any more is missed even if it was never the contract's own.
        let told = own || hit.new.is_none();
        let (level, bump) = (rule.level, rule.bump);
        let remedy = rule.remedy;
        objections.push(Objection { rule: Some(rule), hit, level, bump, by_lens: false, told, remedy });
    }
    objections
}

/// What makes the lenses content that object: data lets go what is reserved, code does not.
fn lens_remedy(lenses: &LensPolicy, change: &Change, verdict: &Verdict) -> Way {
    let mut hurt = lenses.minded(change, verdict).filter(|cell| !cell.effect.is_ok());
    if hurt.all(|cell| matches!(cell.lens, Lens::Wire | Lens::Json)) {
        Change::data_remedy
    } else {
        Change::remedy
    }
}

/// Whether an objection is to something that is left alone: the file that decides, either of the two places, or, of
/// an echo, the change it belongs to.
fn is_ignored(
    comparison: &Comparison<'_>,
    policies: &Policies<'_>,
    index: usize,
    objection: &Objection,
) -> bool {
    let cx = comparison.cx();
    if is_left_alone(comparison, policies, index) {
        return true;
    }
    let places = files(cx.old, &objection.hit.old).chain(files(cx.new, &objection.hit.new));
    let mut places = places.map(|file| (policies.ignores(file, objection.rule), policies.is_unstable(file)));
    if !objection.by_lens {
        return places.any(|(ignored, unstable)| ignored || unstable);
    }
    // A lens still speaks for a stable package that something left for an unstable one.
    places.any(|(ignored, _)| ignored)
        || comparison.echoes().of(index).is_some_and(|whole| {
            let change = &comparison.changes()[whole];
            let (rule, hit) = (primary(change, &cx), Hit::of(change, &cx));
            let whole_of = Objection {
                rule,
                hit,
                level: objection.level,
                bump: objection.bump,
                by_lens: true,
                told: true,
                remedy: Change::remedy,
            };
            is_ignored(comparison, policies, whole, &whole_of)
        })
}

/// Whether the file whose policy decides about a change is left alone.
fn is_left_alone(comparison: &Comparison<'_>, policies: &Policies<'_>, index: usize) -> bool {
    let file = comparison.file(&comparison.changes()[index]);
    file.is_some_and(|file| policies.is_unstable(file) || policies.ignores(file, None))
}

/// The file of a place.
fn files<'s>(schema: &'s Schema, anchor: &Option<Anchor>) -> impl Iterator<Item = &'s File> {
    anchor.as_ref().map(|anchor| schema.file(anchor.file)).into_iter()
}

/// Where an anchor stands: the first of its paths that has a position, else the file as a whole.
fn locate(schema: &Schema, anchor: &Anchor) -> Location {
    let path = schema.file(anchor.file).display.to_string();
    Location { path, span: anchor.paths.iter().find_map(|p| schema.span(anchor.file, p)) }
}

fn record(comparison: &Comparison<'_>, index: usize, bump: Bump) -> ChangeRecord {
    let (change, cx) = (&comparison.changes()[index], &comparison.cx());
    let (old, new) = place(change, cx);
    ChangeRecord {
        change: change.id(cx),
        nature: change.nature(),
        symbol: change.symbol(cx),
        package: match comparison.file(change) {
            Some(file) => file.package.to_string(),
            // Only packages are in no file.
            None => change.symbol(cx),
        },
        echo: comparison.echoes().is_echo(index),
        noun: change.noun(cx),
        message: describe(change, cx),
        old: old.map(|a| locate(cx.old, &a)),
        new: new.map(|a| locate(cx.new, &a)),
        verdict: comparison.verdicts()[index].clone(),
        bump,
        asked_by: BTreeSet::new(),
        fingerprint: fingerprint(change, cx),
    }
}

fn finding(
    comparison: &Comparison<'_>,
    index: usize,
    rule: &'static Rule,
    objection: Objection,
    affects: &mut Affects<'_>,
    acceptance: &mut Acceptance<'_>,
) -> Finding {
    let (change, cx) = (&comparison.changes()[index], &comparison.cx());
    let Objection { hit, level, bump, remedy, .. } = objection;
    let fingerprint = fingerprint(change, cx);
    let standing = acceptance.standing(rule.id, &fingerprint, hit.new.as_ref());
    Finding {
        of: index,
        rule: rule.id,
        change: change.id(cx),
        symbol: change.symbol(cx),
        level,
        bump,
        standing,
        breaks: Breaks::default(),
        message: hit.message,
        old: hit.old.map(|a| locate(cx.old, &a)),
        new: hit.new.map(|a| locate(cx.new, &a)),
        verdict: comparison.verdicts()[index].clone(),
        dependency: comparison.dependency(change).cloned(),
        affects: affects.of(change),
        fix: remedy(change, cx),
        fingerprint,
        proofs: comparison.proofs(index),
    }
}
