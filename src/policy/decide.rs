//! Applying a policy to the changes of one comparison.

use super::affects::Affects;
use super::lenses::LensPolicy;
use super::rules::RulePolicy;
use super::{PolicySet, bump, fingerprint};
use crate::diff::{Change, Cx, Echoes, is_compilers_own};
use crate::report::{ChangeRecord, Finding, Location};
use crate::rules::{Anchor, Hit, Rule, describe, place, primary};
use crate::schema::{File, Schema};
use crate::verdict::{Judge, Verdict};
use crate::wire::Prover;
use crate::words::{Bump, Effect, Level};

/// Everything a decision is made from. The changes and what was found out about each go in step.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// The two sides.
    pub cx: Cx<'a>,
    /// Every change.
    pub changes: &'a [Change],
    /// The verdict on each change.
    pub verdicts: &'a [Verdict],
    /// Which changes are explained by others.
    pub echoes: &'a Echoes,
    /// Who judged; it knows which calls carry what.
    pub judge: &'a Judge<'a>,
    /// Who finds witnesses, if anybody asked for them.
    pub prover: Option<&'a Prover<'a>>,
}

impl<'a> Decision<'a> {
    /// Whether a change concerns a file of the contract. What happened to files that are only imported is
    /// somebody else's decision.
    fn is_own(&self, change: &Change) -> bool {
        let cx = &self.cx;
        change.old.is_some_and(|e| cx.old.file(cx.old.file_of(e)).target)
            || change.new.is_some_and(|e| cx.new.file(cx.new.file_of(e)).target)
    }

    /// The file whose policy decides: where the element was, or where it is when it is new.
    fn file(&self, change: &Change) -> Option<&'a File> {
        match (change.old, change.new) {
            (Some(old), _) => Some(self.cx.old.file(self.cx.old.file_of(old))),
            (None, Some(new)) => Some(self.cx.new.file(self.cx.new.file_of(new))),
            (None, None) => None,
        }
    }
}

/// What is minded, sorted by place, rule and message. `policy_for` gives the policy for a file; it is asked for
/// the file where the element was, or where it is when it is new.
pub fn decide<'p>(decision: &Decision<'_>, policy_for: &dyn Fn(&File) -> &'p PolicySet) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut affects = Affects::new(&decision.cx, decision.judge);
    for (index, (change, verdict)) in decision.changes.iter().zip(decision.verdicts).enumerate() {
        let Some(file) = decision.file(change) else { continue };
        match policy_for(file) {
            PolicySet::Rules(policy) => {
                by_rules(decision, change, verdict, policy, &mut affects, &mut findings)
            }
            // An echo is one edit with another change, which speaks for both.
            PolicySet::Lenses(_) if decision.echoes.is_echo(index) || !decision.is_own(change) => {}
            PolicySet::Lenses(policy) => {
                findings.extend(by_lenses(decision, change, verdict, policy, &mut affects))
            }
        }
    }
    findings.sort_by(|a, b| key(a).cmp(&key(b)));
    findings.dedup_by(|a, b| a.rule == b.rule && a.message == b.message && a.new == b.new && a.old == b.old);
    findings
}

/// Every change of the contract's own files, minded or not, in the order of symbols.
pub fn record<'p>(decision: &Decision<'_>, policy_for: &dyn Fn(&File) -> &'p PolicySet) -> Vec<ChangeRecord> {
    let cx = &decision.cx;
    let mut records: Vec<ChangeRecord> = decision
        .changes
        .iter()
        .zip(decision.verdicts)
        .filter(|(change, _)| decision.is_own(change) && !is_compilers_own(change, cx))
        .map(|(change, verdict)| {
            let (old, new) = place(change, cx);
            let bump = match decision.file(change).map(policy_for) {
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
    decision: &Decision<'_>,
    change: &Change,
    verdict: &Verdict,
    policy: &RulePolicy,
    affects: &mut Affects<'_>,
    findings: &mut Vec<Finding>,
) {
    let cx = &decision.cx;
    let own = decision.is_own(change);
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
        findings.push(finding(decision, change, verdict, rule, hit, (rule.level, rule.bump), affects));
    }
}

fn by_lenses(
    decision: &Decision<'_>,
    change: &Change,
    verdict: &Verdict,
    policy: &LensPolicy,
    affects: &mut Affects<'_>,
) -> Option<Finding> {
    let (level, bump) = match policy.denied(change, verdict) {
        Effect::Ok => return None,
        Effect::Unknown => (Level::Warn, Bump::Minor),
        Effect::Lossy | Effect::Corrupt | Effect::Rejects => (Level::Error, Bump::Major),
    };
    let rule = primary(change, &decision.cx)?;
    let hit = Hit::of(change, &decision.cx);
    Some(finding(decision, change, verdict, rule, hit, (level, bump), affects))
}

fn finding(
    decision: &Decision<'_>,
    change: &Change,
    verdict: &Verdict,
    rule: &'static Rule,
    hit: Hit,
    (level, bump): (Level, Bump),
    affects: &mut Affects<'_>,
) -> Finding {
    let cx = &decision.cx;
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
        proofs: decision.prover.map(|prover| prover.prove(change, verdict)),
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
