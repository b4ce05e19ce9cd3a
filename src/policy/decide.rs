//! Applying a policy to the changes of one comparison.

use super::affects::Affects;
use super::lenses::LensPolicy;
use super::rules::RulePolicy;
use super::{PolicySet, bump, fingerprint};
use crate::compare::Comparison;
use crate::diff::is_compilers_own;
use crate::findings::{ChangeRecord, Finding, Location};
use crate::rules::{Anchor, Hit, Rule, describe, place, primary};
use crate::schema::{File, Schema};
use crate::words::{Bump, Effect, Level};

/// What is minded, sorted by place, rule and message. `policy_for` gives the policy for a file; it is asked for
/// the file where the element was, or where it is when it is new.
pub fn decide<'p>(comparison: &Comparison<'_>, policy_for: &dyn Fn(&File) -> &'p PolicySet) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut affects = Affects::new(&comparison.cx(), comparison.judge());
    for (index, change) in comparison.changes().iter().enumerate() {
        let Some(file) = comparison.file(change) else { continue };
        match policy_for(file) {
            PolicySet::Rules(policy) => by_rules(comparison, index, policy, &mut affects, &mut findings),
            // An echo is one edit with another change, which speaks for both.
            PolicySet::Lenses(_) if comparison.echoes().is_echo(index) || !comparison.is_own(change) => {}
            PolicySet::Lenses(policy) => findings.extend(by_lenses(comparison, index, policy, &mut affects)),
        }
    }
    findings.sort_by(|a, b| key(a).cmp(&key(b)));
    findings.dedup_by(|a, b| a.rule == b.rule && a.message == b.message && a.new == b.new && a.old == b.old);
    findings
}

/// Every change of the contract's own files, minded or not, in the order of symbols.
pub fn record<'p>(
    comparison: &Comparison<'_>,
    policy_for: &dyn Fn(&File) -> &'p PolicySet,
) -> Vec<ChangeRecord> {
    let cx = &comparison.cx();
    let mut records: Vec<ChangeRecord> = comparison
        .changes()
        .iter()
        .zip(comparison.verdicts())
        .filter(|(change, _)| comparison.is_own(change) && !is_compilers_own(change, cx))
        .map(|(change, verdict)| {
            let (old, new) = place(change, cx);
            let bump = match comparison.file(change).map(policy_for) {
                Some(policy) => bump(change, verdict, policy, cx),
                None => bump::natural(change, verdict),
            };
            ChangeRecord {
                change: change.id(cx),
                symbol: change.symbol(cx),
                noun: change.noun(cx),
                message: describe(change, cx),
                old: old.map(|a| locate(cx.old, &a)),
                new: new.map(|a| locate(cx.new, &a)),
                verdict: verdict.clone(),
                bump,
                fingerprint: fingerprint(change, cx),
            }
        })
        .collect();
    records.sort_by(|a, b| {
        (&a.symbol, &a.change, &a.message, &a.fingerprint).cmp(&(
            &b.symbol,
            &b.change,
            &b.message,
            &b.fingerprint,
        ))
    });
    records
}

/// Where an anchor stands: the first of its paths that has a position, else the file as a whole.
pub fn locate(schema: &Schema, anchor: &Anchor) -> Location {
    let path = schema.file(anchor.file).display.to_string();
    Location { path, span: anchor.paths.iter().find_map(|p| schema.span(anchor.file, p)) }
}

fn by_rules(
    comparison: &Comparison<'_>,
    index: usize,
    policy: &RulePolicy,
    affects: &mut Affects<'_>,
    findings: &mut Vec<Finding>,
) {
    let (cx, change) = (&comparison.cx(), &comparison.changes()[index]);
    let own = comparison.is_own(change);
    for rule in policy.rules().iter().copied() {
        let Some(hit) = (rule.select)(change, cx) else { continue };
        // As in buf: a file that nothing imports any more is missed even if it was never the contract's own.
        if !own && hit.new.is_some() {
            continue;
        }
        let ignored = |schema: &Schema, anchor: &Option<Anchor>| {
            anchor.as_ref().is_some_and(|a| {
                let file = schema.file(a.file);
                policy.ignores(rule, &file.name, &file.package)
            })
        };
        if ignored(cx.new, &hit.new) || ignored(cx.old, &hit.old) {
            continue;
        }
        findings.push(finding(comparison, index, rule, hit, (rule.level, rule.bump), affects));
    }
}

fn by_lenses(
    comparison: &Comparison<'_>,
    index: usize,
    policy: &LensPolicy,
    affects: &mut Affects<'_>,
) -> Option<Finding> {
    let (change, verdict) = (&comparison.changes()[index], &comparison.verdicts()[index]);
    let (level, bump) = match policy.denied(change, verdict) {
        Effect::Ok => return None,
        Effect::Unknown => (Level::Warn, Bump::Minor),
        Effect::Lossy | Effect::Corrupt | Effect::Rejects => (Level::Error, Bump::Major),
    };
    let rule = primary(change, &comparison.cx())?;
    let hit = Hit::of(change, &comparison.cx());
    Some(finding(comparison, index, rule, hit, (level, bump), affects))
}

fn finding(
    comparison: &Comparison<'_>,
    index: usize,
    rule: &'static Rule,
    hit: Hit,
    (level, bump): (Level, Bump),
    affects: &mut Affects<'_>,
) -> Finding {
    let (change, verdict) = (&comparison.changes()[index], &comparison.verdicts()[index]);
    let cx = &comparison.cx();
    Finding {
        rule: rule.id,
        change: change.id(cx),
        symbol: change.symbol(cx),
        level,
        bump,
        message: hit.message,
        old: hit.old.map(|a| locate(cx.old, &a)),
        new: hit.new.map(|a| locate(cx.new, &a)),
        verdict: verdict.clone(),
        affects: affects.of(change),
        fix: change.remedy(cx).map(|remedy| remedy.to_string()),
        fingerprint: fingerprint(change, cx),
        proofs: comparison.proofs(index),
    }
}

/// The order of findings: by place (the new one where there is one), rule and message, then whatever tells
/// equals apart.
fn key(finding: &Finding) -> impl Ord + '_ {
    let place = finding.new.as_ref().or(finding.old.as_ref());
    (
        place.map(|l| (&l.path, l.span.map(|s| (s.start_line, s.start_column)))),
        finding.rule,
        &finding.message,
        &finding.symbol,
        &finding.old,
        &finding.fingerprint,
    )
}
