//! Several reports about one new side as one: what breaks several earlier states is told once, with those that it breaks.

use std::collections::BTreeMap;

use super::{ChangeRecord, Finding, RegistryAnswer, Report, Standing, WaiverState};
use crate::source::Name;

/// How many states in a row are told as a range.
const RANGE: usize = 3;

/// Which of the earlier states a finding breaks, by their place in [`Report::baselines`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaks {
    /// All of them, in order; none where only one state was compared with.
    pub all: Vec<usize>,
    /// The one that the rest of the finding is about: its old place, its verdict, its witnesses.
    pub shown: usize,
}

/// Makes one report of several, each about another earlier state and the same new side, in the order they are named in.
///
/// Findings are the same where rule and fingerprint are. The one that is kept counts rather than it does not, is the loudest, and of equals the
/// one of the newest version; the next version follows from the worst of all. Of the notes of an earlier state only those are
/// kept that the newest has not.
///
/// # Panics
///
/// There is no report.
#[must_use]
pub fn fold(mut reports: Vec<Report>) -> Report {
    if reports.len() == 1 {
        return reports.remove(0);
    }
    let mut baselines: Vec<Name> = Vec::new();
    let mut at = Vec::new();
    for report in &reports {
        let known = baselines.iter().position(|name| *name == report.old);
        at.push(known.unwrap_or(baselines.len()));
        if known.is_none() {
            baselines.push(report.old.clone());
        }
    }
    let newest = newest(reports.iter().map(|report| &report.old)).expect("there is a report");
    let stride = reports.iter().flat_map(indexes).max().map_or(1, |most| most + 1);
    let mut findings: BTreeMap<(&'static str, String, usize), (usize, Finding)> = BTreeMap::new();
    let mut changes: BTreeMap<_, ChangeRecord> = BTreeMap::new();
    let mut folded =
        Report { new: reports[newest].new.clone(), old: reports[newest].old.clone(), ..Report::default() };
    folded.notes = reports[newest].notes.clone();
    // The newest comes last, and what comes last is kept.
    for n in (0..reports.len()).filter(|n| *n != newest).chain([newest]) {
        let report = &mut reports[n];
        let mut seen: BTreeMap<(&str, String), usize> = BTreeMap::new();
        for mut finding in std::mem::take(&mut report.findings) {
            let nth = seen.entry((finding.rule, finding.fingerprint.clone())).or_default();
            *nth += 1;
            finding.of += n * stride;
            finding.breaks = Breaks { all: vec![at[n]], shown: at[n] };
            let key = (finding.rule, finding.fingerprint.clone(), *nth);
            let kept = match findings.remove(&key) {
                Some(known) => louder(known, (n, finding)),
                None => (n, finding),
            };
            findings.insert(key, kept);
        }
        for change in std::mem::take(&mut report.changes) {
            let key = (
                change.symbol.clone(),
                change.change.clone(),
                change.message.clone(),
                change.fingerprint.clone(),
            );
            let bump = changes.get(&key).map_or(change.bump, |known| known.bump.max(change.bump));
            changes.insert(key, ChangeRecord { bump, ..change });
        }
        waive(&mut folded.waivers, std::mem::take(&mut report.waivers));
        for note in std::mem::take(&mut report.notes) {
            if !folded.notes.contains(&note) {
                folded.notes.push(note);
            }
        }
        if let Some(answer) = report.registry.take() {
            let (registry, mode) = (answer.registry, answer.mode);
            let none = RegistryAnswer {
                registry,
                mode,
                refused: Vec::new(),
                unread: Vec::new(),
                untried: Vec::new(),
            };
            folded.registry.get_or_insert(none).fold(answer, at[n]);
        }
        folded.bump = folded.bump.max(report.bump);
        folded.settings.append(&mut report.settings);
        folded.tabbed.append(&mut report.tabbed);
        folded.owners.append(&mut report.owners);
        folded.excerpts.new.append(&mut report.excerpts.new);
        folded.excerpts.older.entry(at[n]).or_default().append(&mut report.excerpts.old);
    }
    folded.timelines = std::mem::take(&mut reports[newest].timelines);
    for timeline in &mut folded.timelines.of {
        let rows = timeline.rows.iter_mut().flat_map(|row| &mut row.changes);
        timeline.changes.iter_mut().chain(rows).for_each(|of| *of += newest * stride);
    }
    for (n, finding) in findings.into_values() {
        let key = (finding.rule, finding.fingerprint.clone());
        if let Some(repair) = reports[n].repairs.remove(&key) {
            folded.repairs.insert(key, repair);
        }
        folded.findings.push(finding);
    }
    folded.findings.sort_by(|a, b| a.order().cmp(&b.order()));
    folded.changes = changes.into_values().collect();
    if baselines.len() > 1 {
        folded.baselines = baselines;
    } else {
        folded.excerpts.old =
            std::mem::take(&mut folded.excerpts.older).into_values().next().unwrap_or_default();
        folded.findings.iter_mut().for_each(|finding| finding.breaks = Breaks::default());
    }
    folded
}

/// Which of some states is the newest: the highest version, or else the last one.
pub fn newest<'a>(states: impl Iterator<Item = &'a Name>) -> Option<usize> {
    states.enumerate().max_by_key(|(_, name)| name.version()).map(|(n, _)| n)
}

/// Every index of a change that a report holds.
fn indexes(report: &Report) -> impl Iterator<Item = usize> {
    let timelines = report.timelines.of.iter().flat_map(|timeline| &timeline.changes);
    report.findings.iter().map(|finding| finding.of).chain(timelines.copied())
}

/// One of two equal findings, which breaks what both do.
fn louder(known: (usize, Finding), new: (usize, Finding)) -> (usize, Finding) {
    let rank = |finding: &Finding| (finding.standing == Standing::Open, finding.level);
    let bump = known.1.bump.max(new.1.bump);
    let (mut kept, other) = if rank(&new.1) >= rank(&known.1) { (new, known) } else { (known, new) };
    kept.1.bump = bump;
    kept.1.breaks.all.extend(other.1.breaks.all);
    kept.1.breaks.all.sort_unstable();
    kept.1.breaks.all.dedup();
    kept
}

/// Adds how waivers stand against another state: what accepts something there is used.
fn waive(all: &mut Vec<WaiverState>, more: Vec<WaiverState>) {
    for state in more {
        let same = |known: &&mut WaiverState| {
            known.of == state.of && known.comment == state.comment && known.waived.place == state.waived.place
        };
        match all.iter_mut().find(same) {
            Some(known) if state.status <= known.status => *known = state,
            Some(_) => {}
            None => all.push(state),
        }
    }
}

impl Report {
    /// The earlier state that a finding was found against.
    #[must_use]
    pub fn old_of(&self, finding: &Finding) -> &Name {
        self.baselines.get(finding.breaks.shown).unwrap_or(&self.old)
    }

    /// What was compared with, as people read it: the old side, or all of them.
    #[must_use]
    pub fn compared_with(&self) -> String {
        if self.baselines.is_empty() {
            return self.old.to_string();
        }
        self.range(&(0..self.baselines.len()).collect::<Vec<_>>())
    }

    /// The states that a finding breaks; none where only one was compared with.
    pub fn broken(&self, finding: &Finding) -> impl Iterator<Item = &Name> {
        finding.breaks.all.iter().filter_map(|index| self.baselines.get(*index))
    }

    /// Which states a finding breaks: `v1.0.0 … v1.3.2`; nothing where only one was compared with.
    #[must_use]
    pub fn broken_by(&self, finding: &Finding) -> Option<String> {
        (!self.baselines.is_empty()).then(|| self.range(&finding.breaks.all))
    }

    /// Some of the states that were compared with. Those that follow each other are a range, which is said of no others.
    pub(crate) fn range(&self, indexes: &[usize]) -> String {
        let name = |index: usize| self.baselines.get(index).map(Name::short).unwrap_or_default();
        let runs = indexes.chunk_by(|a, b| a + 1 == *b).map(|run| match run {
            [first, .., last] if run.len() >= RANGE => format!("{} … {}", name(*first), name(*last)),
            _ => run.iter().map(|index| name(*index)).collect::<Vec<_>>().join(", "),
        });
        runs.collect::<Vec<_>>().join(", ")
    }
}
