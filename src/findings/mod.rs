//! The model of a report: what a policy fills in, and every format is a pure function of.

mod fold;
mod registry;
mod repair;
mod waiver;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diff::Remedy;
use crate::ledger::Timelines;
use crate::schema::Span;
use crate::source::Name;
use crate::verdict::Verdict;
use crate::wire::Proof;
use crate::words::{Bump, Lens, Level, Nature};

pub use fold::{Breaks, fold, newest};
pub use registry::{RegistryAnswer, RegistryCase};
pub use repair::{Edit, Repair};
pub use waiver::{Standing, Waived, WaiverState, WaiverStatus};

/// What a check or a diff has to say, sorted, with paths as a person types them.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was compared: the old side; of several the highest version, or else the last one.
    pub old: Name,
    /// Every earlier state that was compared with, in the order they were named in; none where it was one.
    pub baselines: Vec<Name>,
    /// The new side.
    pub new: Name,
    /// Changes somebody minds, sorted by place, rule and message.
    pub findings: Vec<Finding>,
    /// Every change, breaking or not, sorted by symbol and kind.
    pub changes: Vec<ChangeRecord>,
    /// What is accepted by the configuration and by comments, and how each of them stands.
    pub waivers: Vec<WaiverState>,
    /// Things worth knowing about the run itself: the roots that were found, the compiler that was used.
    pub notes: Vec<String>,
    /// Whether a schema registry takes the new side, where one was named.
    pub registry: Option<RegistryAnswer>,
    /// What the next version has to be.
    pub bump: Option<Bump>,
    /// Where settings of default values begin, by path, line and column of the value: tools differ in what they point
    /// at.
    pub settings: BTreeMap<(String, u32, u32), (u32, u32)>,
    /// The text of lines with a tab that findings point at in the new sources, by path and line: tools differ in
    /// how far a tab reaches.
    pub tabbed: Lines,
    /// The first lines of what findings point at, where a format asked for them.
    pub excerpts: Excerpts,
    /// The edits that a fix stands for, where a format asked for them, by rule and fingerprint.
    pub repairs: BTreeMap<(&'static str, String), Repair>,
    /// Who owns the files that findings are in, by the path people find them by, where a format asked for it.
    pub owners: BTreeMap<String, Vec<String>>,
    /// What became of the numbers of the messages and enums that findings are about, where a format asked for it.
    pub timelines: Timelines,
}

/// Lines of sources by path and number, from one.
pub type Lines = BTreeMap<(String, u32), String>;

/// Parts of the sources of both sides.
#[derive(Clone, Debug, Default)]
pub struct Excerpts {
    /// Of the old side.
    pub old: Lines,
    /// Of each earlier state, by its place in [`Report::baselines`], where there are several.
    pub older: BTreeMap<usize, Lines>,
    /// Of the new side.
    pub new: Lines,
}

impl Excerpts {
    /// Of the state that a finding was found against.
    #[must_use]
    pub fn old(&self, finding: &Finding) -> &Lines {
        self.older.get(&finding.breaks.shown).unwrap_or(&self.old)
    }
}

/// One change that a policy minds.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The change, by its index in the comparison.
    pub of: usize,
    /// The rule: `FIELD_SAME_TYPE`.
    pub rule: &'static str,
    /// The kind of change: `field-type-changed`.
    pub change: String,
    /// The full name of the element.
    pub symbol: String,
    /// How loud it is.
    pub level: Level,
    /// What it does to the next version.
    pub bump: Bump,
    /// Whether it counts.
    pub standing: Standing,
    /// Which of several earlier states it breaks.
    pub breaks: Breaks,
    /// One line: what changed.
    pub message: String,
    /// The place in the old sources.
    pub old: Option<Location>,
    /// The place in the new sources.
    pub new: Option<Location>,
    /// What it does to whom.
    pub verdict: Verdict,
    /// What happened to the dependency that the change comes from; `None` for the contract's own.
    pub dependency: Option<Arc<str>>,
    /// Calls that carry the element: `user.v1.UserService.GetUser (response)`.
    pub affects: Arc<Calls>,
    /// The way out of this very case: what makes whoever objects content.
    pub fix: Option<Remedy>,
    /// Stable over rebases and moves of text: 12 hex digits over kind, symbol, old and new shape.
    pub fingerprint: String,
    /// What shows the effects on data and calls; `None` where nobody asked.
    pub proofs: Option<Vec<Proof>>,
}

impl Finding {
    /// The order of findings: by place (the new one where there is one), rule and message, then whatever tells
    /// equals apart.
    pub fn order(&self) -> impl Ord + '_ {
        let place = self.new.as_ref().or(self.old.as_ref());
        (place, self.rule, &self.message, &self.old, &self.symbol, &self.fingerprint)
    }
}

/// Calls by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// The calls, sorted; of very many the first ones.
    pub named: Vec<String>,
    /// How many more there are.
    pub more: usize,
}

/// One change, whether anybody minds or not.
#[derive(Clone, Debug)]
pub struct ChangeRecord {
    /// The kind of change.
    pub change: String,
    /// What sort of edit it is.
    pub nature: Nature,
    /// The full name of the element.
    pub symbol: String,
    /// The package it is in; empty for a file without one.
    pub package: String,
    /// It is explained by another change, and told with that one.
    pub echo: bool,
    /// The word for the element: `field`.
    pub noun: &'static str,
    /// One line: what changed.
    pub message: String,
    /// The place in the old sources.
    pub old: Option<Location>,
    /// The place in the new sources.
    pub new: Option<Location>,
    /// What it does to whom.
    pub verdict: Verdict,
    /// What it does to the next version.
    pub bump: Bump,
    /// The lenses that ask for that, where no finding does.
    pub asked_by: BTreeSet<Lens>,
    /// As in [`Finding::fingerprint`].
    pub fingerprint: String,
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The path as a person types it; for a revision the path inside the repository.
    pub path: String,
    /// The range of text; `None` means the file as a whole.
    pub span: Option<Span>,
}

impl Report {
    /// The findings that count.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.standing == Standing::Open)
    }

    /// How many findings that count have this level.
    pub fn count(&self, level: Level) -> usize {
        self.open().filter(|f| f.level == level).count()
    }

    /// How many findings are accepted, and how many were there before the work that is looked at.
    pub fn set_aside(&self) -> (usize, usize) {
        let waived = |f: &&Finding| matches!(f.standing, Standing::Waived(_));
        let known = |f: &&Finding| f.standing == Standing::Known;
        (self.findings.iter().filter(waived).count(), self.findings.iter().filter(known).count())
    }

    /// Who owns a finding: who accepted it, and whoever the file it is in belongs to. Sorted, each once.
    pub fn owners_of(&self, finding: &Finding) -> Vec<String> {
        let place = finding.new.as_ref().or(finding.old.as_ref());
        let of_file = place.and_then(|place| self.owners.get(&place.path)).into_iter().flatten();
        let waived = match &finding.standing {
            Standing::Waived(waived) => waived.owner.as_ref(),
            Standing::Open | Standing::Known => None,
        };
        let mut owners: Vec<String> = of_file.chain(waived).cloned().collect();
        owners.sort();
        owners.dedup();
        owners
    }

    /// The edits for a finding.
    pub fn repair(&self, finding: &Finding) -> Option<&Repair> {
        self.repairs.get(&(finding.rule, finding.fingerprint.clone()))
    }

    /// Whether a finding that counts is at least as loud as `level`.
    pub fn fails(&self, level: Level) -> bool {
        self.open().any(|f| f.level >= level)
    }
}
