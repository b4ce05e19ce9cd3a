//! A comparison of two schemas: what changed, what each change does to whom, and which changes are one edit.
//!
//! Every part that wants to know what changed begins with a [`Comparison`]. It can be given a [`Memory`] of what
//! earlier versions used numbers for, which is asked before anything is judged, and a prover that finds witnesses.
//! Whether anybody minds is for `policy`.

mod background;
mod carried;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use background::Background;
use carried::Carried;
pub use carried::Moved;

use crate::diff::{self, Change, Cx, Echoes};
use crate::ledger::{self, Announcements, Memory};
use crate::schema::{Element, File, Schema};
use crate::verdict::{Judge, Verdict};
use crate::wire::{Proof, Prover, Reader};

/// Two schemas and everything that was found out about their differences. Changes are known by their index.
#[derive(Debug)]
pub struct Comparison<'a> {
    cx: Cx<'a>,
    changes: Vec<Change>,
    verdicts: Vec<Verdict>,
    echoes: Echoes,
    judge: Judge<'a>,
    own: Own,
    carried: Option<Carried>,
    prover: Option<Prover<'a>>,
    ages: Vec<Reader>,
    notes: Vec<String>,
}

impl<'a> Comparison<'a> {
    /// Compares and judges by the two schemas alone.
    pub fn new(old: &'a Schema, new: &'a Schema) -> Comparison<'a> {
        Comparison::remembering(old, new, None)
    }

    /// Compares and judges, with what a memory knows of earlier versions.
    pub fn remembering(old: &'a Schema, new: &'a Schema, memory: Option<&dyn Memory>) -> Comparison<'a> {
        let cx = Cx { old, new };
        let mut changes = diff::changes(&cx);
        let notes = memory.map(|memory| ledger::remember(&mut changes, &cx, memory)).unwrap_or_default();
        let judge = Judge::of(&cx, &changes);
        let verdicts = judge.all(&changes);
        let echoes = diff::echoes(&changes, &cx);
        let own = Own::of(&cx);
        Comparison {
            cx,
            changes,
            verdicts,
            echoes,
            judge,
            own,
            carried: None,
            prover: None,
            ages: Vec::new(),
            notes,
        }
    }

    /// Compares and judges, with all that is known besides.
    pub fn knowing(old: &'a Schema, new: &'a Schema, background: &Background<'_>) -> Comparison<'a> {
        let Background { memory, moved, ages, announcements } = *background;
        let moved = moved.cloned().unwrap_or_default();
        Comparison::remembering(old, new, memory).carrying(moved).reading(ages).announced(announcements)
    }

    /// The same with witnesses for whoever asks for them.
    #[must_use]
    pub fn proving(mut self) -> Comparison<'a> {
        self.prover = Some(Prover::new(&self.cx, &self.changes).reading(&self.ages));
        self
    }

    /// The same for a team that still has these releases: each verdict is the worst of theirs and of the newest. Before
    /// [`Comparison::proving`].
    #[must_use]
    pub fn reading(mut self, ages: &[Reader]) -> Comparison<'a> {
        if ages.is_empty() {
            return self;
        }
        let prover = Prover::new(&self.cx, &self.changes).reading(ages);
        for (change, verdict) in self.changes.iter().zip(&mut self.verdicts) {
            prover.worsen(change, verdict);
        }
        self.ages = ages.to_vec();
        self
    }

    /// The same with what published versions have told of removals, where that is asked for.
    fn announced(mut self, announcements: Option<Announcements<'_>>) -> Comparison<'a> {
        let note = announcements.and_then(|told| told.look(&mut self.changes, &self.cx));
        self.notes.extend(note);
        self
    }

    /// The same where dependencies have changed as well: what of them the contract's own messages hold is its own.
    fn carrying(mut self, moved: Moved) -> Comparison<'a> {
        if !moved.is_empty() {
            self.carried = Some(Carried::of(&self.cx, &self.own, moved));
        }
        self
    }

    /// What happened to the dependency that a change comes from; `None` for what the contract itself changed.
    pub fn dependency(&self, change: &Change) -> Option<&Arc<str>> {
        self.carried.as_ref().filter(|_| !self.is_in_own_file(change))?.by(change, &self.cx)
    }

    /// The two sides.
    pub fn cx(&self) -> Cx<'a> {
        self.cx
    }

    /// Every change, in the order of symbols.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The verdicts, in step with the changes.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// Which changes are explained by others.
    pub fn echoes(&self) -> &Echoes {
        &self.echoes
    }

    /// Who judged; it knows which calls carry what.
    pub fn judge(&self) -> &Judge<'a> {
        &self.judge
    }

    /// What was looked at by the memory, and what could not be; for the report.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// What shows the effects of a change on data and calls; `None` where nobody asked.
    pub fn proofs(&self, index: usize) -> Option<Vec<Proof>> {
        Some(self.prover.as_ref()?.prove(&self.changes[index], &self.verdicts[index]))
    }

    /// Whether a change concerns a file of the contract. What happened to files that are only imported is
    /// somebody else's decision, unless a dependency was changed; a file that either side owns is the contract's on both.
    pub fn is_own(&self, change: &Change) -> bool {
        self.is_in_own_file(change) || self.dependency(change).is_some()
    }

    fn is_in_own_file(&self, change: &Change) -> bool {
        let Cx { old, new } = self.cx;
        change.old.is_some_and(|e| self.own.old[old.file_of(e).index()])
            || change.new.is_some_and(|e| self.own.new[new.file_of(e).index()])
    }

    /// Whether the changes are all in these files.
    pub fn is_of(&self, changed: &BTreeSet<Box<str>>) -> bool {
        let Cx { old, new } = self.cx;
        let inside =
            |schema: &Schema, element: Element| changed.contains(&schema.file(schema.file_of(element)).name);
        let of = |change: &Change| {
            change.old.is_none_or(|e| inside(old, e)) && change.new.is_none_or(|e| inside(new, e))
        };
        self.changes.iter().all(of)
    }

    /// The file whose policy decides: where the element was, or where it is when it is new.
    pub fn file(&self, change: &Change) -> Option<&'a File> {
        let Cx { old, new } = self.cx;
        let was = change.old.map(|e| old.file(old.file_of(e)));
        was.or_else(|| change.new.map(|e| new.file(new.file_of(e))))
    }
}

/// Which files are the contract's, by file of each side: those that either side owns under their path.
#[derive(Debug)]
struct Own {
    old: Vec<bool>,
    new: Vec<bool>,
}

impl Own {
    fn of(cx: &Cx<'_>) -> Own {
        let owned = |schema: &Schema, other: &Schema| {
            let elsewhere = |name: &str| other.file_by_name(name).is_some_and(|id| other.file(id).target);
            schema.files().map(|(_, file)| file.target || elsewhere(&file.name)).collect()
        };
        Own { old: owned(cx.old, cx.new), new: owned(cx.new, cx.old) }
    }
}
