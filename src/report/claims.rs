//! What a finding says to people, as sentences: who breaks, which calls carry it, what shows it, the way out.
//!
//! Every format for people tells these in this order and in these words.

use std::borrow::Cow;

use super::summary::level_word;
use super::{Finding, Report, witness};
use crate::findings::{Standing, Waived};
use crate::text::plural;
use crate::verdict::{Cell, Verdict};
use crate::words::Effect;

/// How many calls are named before the rest is only counted.
const CALLS_NAMED: usize = 3;

/// Cells of one group of lenses that share a reason.
pub(crate) struct Claim<'a> {
    /// `breaks`, or `unclear` where more would claim what is not known.
    pub(crate) label: &'static str,
    /// `wire (backward: corrupt, forward: lossy)`, `source.go, source.rust (rejects)`.
    pub(crate) whom: String,
    /// Why.
    pub(crate) reason: &'a str,
    /// The worst of them.
    pub(crate) worst: Effect,
}

/// One claim for each group of lenses and reason.
pub(crate) fn claims(verdict: &Verdict) -> Vec<Claim<'_>> {
    let mut groups: Vec<Vec<&Cell>> = Vec::new();
    for cell in &verdict.cells {
        let fits = |group: &&mut Vec<&Cell>| {
            group[0].lens.group() == cell.lens.group() && group[0].reason == cell.reason
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(cell),
            None => groups.push(vec![cell]),
        }
    }
    groups
        .iter()
        .map(|group| {
            let worst = group.iter().map(|cell| cell.effect).max().unwrap_or_default();
            let label = if worst == Effect::Unknown { "unclear" } else { "breaks" };
            Claim { label, whom: whom(group), reason: &group[0].reason, worst }
        })
        .collect()
}

fn whom(group: &[&Cell]) -> String {
    let first = group[0];
    let effect = |cell: &Cell| format!("{}: {}", cell.direction.as_str(), cell.effect.as_str());
    let alike = group.iter().all(|cell| cell.effect == first.effect);
    let join = |parts: Vec<String>| parts.join(", ");
    if first.lens.has_directions() {
        let effects = match (group.len(), alike) {
            (2, true) => format!("both ways: {}", first.effect.as_str()),
            _ => join(group.iter().map(|cell| effect(cell)).collect()),
        };
        return format!("{} ({effects})", first.lens.as_str());
    }
    if alike {
        let names = join(group.iter().map(|cell| cell.lens.as_str().to_owned()).collect());
        return format!("{names} ({})", first.effect.as_str());
    }
    join(group.iter().map(|cell| format!("{} ({})", cell.lens.as_str(), cell.effect.as_str())).collect())
}

/// The calls that carry the element: the first ones by name, the others counted.
pub(crate) fn affects(finding: &Finding) -> Option<String> {
    let calls = &finding.affects;
    if calls.named.is_empty() {
        return None;
    }
    let named = calls.named.iter().take(CALLS_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = calls.named.len().saturating_sub(CALLS_NAMED) + calls.more;
    Some(if more > 0 { format!("{named} and {}", plural(more, "more call")) } else { named })
}

/// Why a finding does not count, with its label; nothing where it does.
pub(super) fn aside(finding: &Finding) -> Option<(&'static str, String)> {
    let label = finding.standing.as_str();
    match &finding.standing {
        Standing::Open => None,
        Standing::Known => Some((label, "it was there before".to_owned())),
        Standing::Waived(Waived { reason, owner, until, place }) => {
            let owner = owner.as_ref().map(|owner| format!(" · {owner}")).unwrap_or_default();
            let until = until.as_ref().map(|until| format!(" · until {until}")).unwrap_or_default();
            Some((label, format!("{reason}{owner}{until} ({place})")))
        }
    }
}

/// Which of several earlier states it breaks, with its label; nothing where there is one.
pub(super) fn broken(report: &Report, finding: &Finding) -> Option<(&'static str, String)> {
    Some(("breaks", report.broken_by(finding)?))
}

/// What is said where a format has nothing but a sentence: what changed, and what of several states it breaks.
pub(super) fn message<'a>(report: &Report, finding: &'a Finding) -> Cow<'a, str> {
    match report.broken_by(finding) {
        Some(states) => format!("{} (breaks {states})", finding.message).into(),
        None => Cow::Borrowed(&finding.message),
    }
}

/// The word for how loud a finding is, or why it does not count.
pub(super) fn word(finding: &Finding) -> &'static str {
    match &finding.standing {
        Standing::Open => level_word(finding.level),
        aside => aside.as_str(),
    }
}

/// All of it as lines of plain text, each with its label.
pub(super) fn lines(report: &Report, finding: &Finding) -> Vec<(&'static str, String)> {
    let mut out: Vec<(&'static str, String)> = aside(finding).into_iter().collect();
    out.extend(broken(report, finding));
    let claims = claims(&finding.verdict).into_iter();
    out.extend(claims.map(|claim| (claim.label, format!("{}: {}", claim.whom, claim.reason))));
    out.extend(affects(finding).map(|calls| ("affects", calls)));
    out.extend(witness::sentences(report, finding).into_iter().map(|sentence| ("witness", sentence)));
    out.extend(finding.fix.iter().map(|fix| ("fix", fix.to_string())));
    out
}
