//! What a change does to whom: the lenses.
//!
//! Each lens is a pure function of one change and its two schemas. It gives an [`Effect`] for each of its
//! directions and, where that is not [`Effect::Ok`], the reason in one sentence. A wrong `ok` costs more than a
//! wrong `rejects`: what a lens does not know is [`Effect::Unknown`].

mod facts;
mod forms;
mod http;
mod json;
mod keys;
mod past;
mod raw;
mod reader;
mod removed;
mod rpc;
mod source;
mod validation;
mod walk;
mod wire;

use std::borrow::Cow;

use rayon::prelude::*;

use crate::diff::{self, Change, Cx};
use crate::words::{Direction, Effect, Language, Lens, Stages};

/// One cell of a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The lens.
    pub lens: Lens,
    /// The direction; source lenses are [`Direction::Backward`].
    pub direction: Direction,
    /// What happens. Never [`Effect::Ok`]: cells that are fine are left out of a [`Verdict`].
    pub effect: Effect,
    /// Why, in one sentence without a full stop.
    pub reason: Cow<'static, str>,
    /// The effect is only that the new side has more: a type that took another's place may hold more, and that is an
    /// addition as much as a new field of the type itself.
    pub grows: bool,
    /// For Java, whose programs are compiled apart from the package: at which stages it stops them.
    pub stages: Option<Stages>,
}

/// What one change does to whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The cells that are not `ok`, in lens order, backward before forward.
    pub cells: Vec<Cell>,
}

impl Verdict {
    /// The effect in one cell.
    pub fn effect(&self, lens: Lens, direction: Direction) -> Effect {
        self.cell(lens, direction).map_or(Effect::Ok, |c| c.effect)
    }

    /// The cell, if it is not `ok`.
    pub fn cell(&self, lens: Lens, direction: Direction) -> Option<&Cell> {
        self.cells.iter().find(|c| c.lens == lens && c.direction == direction)
    }

    /// Whether the old side finds all it knew, and only the new side finds less than it expects.
    pub fn only_adds(&self) -> bool {
        !self.is_ok() && self.cells.iter().all(|c| c.direction == Direction::Forward)
    }

    /// Whether nobody notices.
    pub fn is_ok(&self) -> bool {
        self.cells.is_empty()
    }
}

/// Judges changes of one pair of schemas.
#[derive(Debug)]
pub struct Judge<'a> {
    cx: Cx<'a>,
    facts: facts::Facts,
    generated: source::Generated,
}

impl<'a> Judge<'a> {
    /// Prepares to judge the changes between two schemas.
    pub fn new(cx: &Cx<'a>) -> Judge<'a> {
        Judge::of(cx, &diff::changes(cx))
    }

    /// The same with all changes between the two at hand.
    pub fn of(cx: &Cx<'a>, changes: &[Change]) -> Judge<'a> {
        Judge {
            cx: *cx,
            facts: facts::Facts::new(cx, changes),
            generated: source::Generated::new(cx, changes),
        }
    }

    /// What each change does to whom, in their order.
    pub fn all(&self, changes: &[Change]) -> Vec<Verdict> {
        // How far the walks of one change get depends on those before: they go in order. What is generated does not.
        let (cx, names) = (&self.cx, &self.generated);
        let mut generated = Vec::new();
        let others: Vec<_> = rayon::in_place_scope(|scope| {
            scope.spawn(|_| generated = changes.par_iter().map(|c| of_generated(c, cx, names)).collect());
            changes.iter().map(|change| self.of_others(change)).collect()
        });
        others.into_iter().zip(generated).map(|(others, generated)| others.with(generated).finish()).collect()
    }

    /// What a change does to whom.
    pub fn judge(&self, change: &Change) -> Verdict {
        self.of_others(change).with(of_generated(change, &self.cx, &self.generated)).finish()
    }

    /// What it does to everything else.
    fn of_others(&self, change: &Change) -> Cells {
        let mut cells = Cells::default();
        wire::judge(change, &self.cx, &self.facts, &mut cells);
        json::judge(change, &self.cx, &self.facts, &mut cells);
        // What was published with another meaning may be kept by whoever held the enum then.
        if change.reused().is_none() && self.facts.is_of_unheld_enum(change, &self.cx) {
            cells.held_elsewhere();
        }
        rpc::judge(change, &self.cx, &self.facts, &mut cells);
        http::judge(change, &self.cx, &self.facts, &mut cells);
        validation::judge(change, &self.cx, &self.facts, &mut cells);
        keys::judge(change, &self.cx, &mut cells);
        cells
    }

    /// What stands for an element of the old side in [`Judge::old_uses`].
    pub fn old_carrier(&self, element: crate::schema::Element) -> crate::schema::Element {
        self.facts.old_reach.carrier(self.cx.old, element)
    }

    /// What stands for an element of the new side in [`Judge::new_uses`].
    pub fn new_carrier(&self, element: crate::schema::Element) -> crate::schema::Element {
        self.facts.new_reach.carrier(self.cx.new, element)
    }

    /// The calls of the old side that carry an element.
    pub fn old_uses(&self, element: crate::schema::Element) -> Vec<crate::schema::Use> {
        self.facts.old_reach.uses(self.cx.old, element)
    }

    /// The calls of the new side that carry an element.
    pub fn new_uses(&self, element: crate::schema::Element) -> Vec<crate::schema::Use> {
        self.facts.new_reach.uses(self.cx.new, element)
    }
}

/// What a change does to generated code.
fn of_generated(change: &Change, cx: &Cx<'_>, names: &source::Generated) -> Cells {
    let mut cells = Cells::default();
    source::judge(change, cx, names, &mut cells);
    cells
}

/// An effect with its reason, while a verdict is being made.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Loss {
    effect: Effect,
    reason: Cow<'static, str>,
    /// Of an old reader, who only does not know what is new.
    grows: bool,
    /// Of generated code.
    stages: Stages,
}

impl Loss {
    fn none() -> Loss {
        Loss::new(Effect::Ok, "")
    }

    fn new(effect: Effect, reason: impl Into<Cow<'static, str>>) -> Loss {
        Loss { effect, reason: reason.into(), grows: false, stages: Stages::Both }
    }

    fn lossy(reason: impl Into<Cow<'static, str>>) -> Loss {
        Loss::new(Effect::Lossy, reason)
    }

    fn corrupt(reason: impl Into<Cow<'static, str>>) -> Loss {
        Loss::new(Effect::Corrupt, reason)
    }

    fn rejects(reason: impl Into<Cow<'static, str>>) -> Loss {
        Loss::new(Effect::Rejects, reason)
    }

    fn unknown(reason: impl Into<Cow<'static, str>>) -> Loss {
        Loss::new(Effect::Unknown, reason)
    }

    /// The same, of a reader who only does not know what is new.
    fn growing(self) -> Loss {
        Loss { grows: !self.is_ok(), ..self }
    }

    /// The same, of code that is compiled, and not of what is compiled already.
    fn compiling(self) -> Loss {
        Loss { stages: Stages::Compiling, ..self }
    }

    /// How bad it is: what is merely new is milder than any loss of what was there.
    fn weight(&self) -> (bool, Effect) {
        (!self.grows && !self.is_ok(), self.effect)
    }

    /// The worse of two; the first one where they are equal.
    fn or_worse(self, other: Loss) -> Loss {
        if other.weight() > self.weight() { other } else { self }
    }

    fn is_ok(&self) -> bool {
        self.effect.is_ok()
    }

    /// The same loss, said of a part.
    fn within(self, part: &str) -> Loss {
        if self.is_ok() { self } else { Loss { reason: format!("{part}: {}", self.reason).into(), ..self } }
    }
}

/// Collects the cells of one verdict.
#[derive(Debug, Default)]
struct Cells(Vec<Cell>);

impl Cells {
    fn add(&mut self, lens: Lens, direction: Direction, loss: Loss) {
        if loss.is_ok() {
            return;
        }
        let Loss { effect, reason, grows, stages } = loss;
        let stages = (lens == Lens::Source(Language::Java)).then_some(stages);
        let cell = Cell { lens, direction, effect, reason, grows, stages };
        let weight = |c: &Cell| (!c.grows, c.effect);
        match self.0.iter_mut().find(|c| c.lens == lens && c.direction == direction) {
            Some(known) if weight(known) >= weight(&cell) => {}
            Some(known) => *known = cell,
            None => self.0.push(cell),
        }
    }

    fn backward(&mut self, lens: Lens, loss: Loss) {
        self.add(lens, Direction::Backward, loss);
    }

    fn forward(&mut self, lens: Lens, loss: Loss) {
        self.add(lens, Direction::Forward, loss);
    }

    fn both(&mut self, lens: Lens, loss: Loss) {
        self.backward(lens, loss.clone());
        self.forward(lens, loss);
    }

    /// Of an enum that no field holds: whether numbers and names of it are kept elsewhere nobody can tell.
    fn held_elsewhere(&mut self) {
        for cell in self.0.iter_mut().filter(|cell| cell.effect > Effect::Unknown) {
            cell.effect = Effect::Unknown;
            cell.reason = format!(
                "no field of the contract holds the enum on both sides; for what is kept elsewhere: {}",
                cell.reason
            )
            .into();
        }
    }

    /// With cells of other lenses.
    fn with(mut self, others: Cells) -> Cells {
        self.0.extend(others.0);
        self
    }

    fn finish(mut self) -> Verdict {
        self.0.sort_by_key(|c| (c.lens, c.direction));
        Verdict { cells: self.0 }
    }
}
