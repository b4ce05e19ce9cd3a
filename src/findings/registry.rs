//! What a schema registry makes of a change, beside what readers make of it.

use crate::words::{Direction, Effect, Mode, Registry};

/// Whether a registry takes the new side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryAnswer {
    /// Which registry.
    pub registry: Registry,
    /// What it was asked to keep.
    pub mode: Mode,
    /// What it refuses.
    pub refused: Vec<RegistryCase>,
    /// What it takes, and readers cannot read.
    pub unread: Vec<RegistryCase>,
    /// What nobody has tried on it, so that nothing is known.
    pub untried: Vec<RegistryCase>,
}

/// One edit, as a registry looks at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryCase {
    /// Who is to read whom.
    pub direction: Direction,
    /// The kind of change: `field-type-changed`.
    pub change: String,
    /// The full name of the element.
    pub symbol: String,
    /// One line: what changed.
    pub message: String,
    /// What readers of encoded data make of it, in this direction.
    pub readers: Effect,
    /// Against which of several states, by their place in [`Report::baselines`](super::Report::baselines).
    pub against: Vec<usize>,
}

impl RegistryAnswer {
    /// Whether the registry takes it, as far as is known.
    #[must_use]
    pub fn takes(&self) -> bool {
        self.refused.is_empty()
    }

    /// Adds the answer about another state; `at` is its place.
    pub(super) fn fold(&mut self, other: RegistryAnswer, at: usize) {
        let lists = [
            (&mut self.refused, other.refused),
            (&mut self.unread, other.unread),
            (&mut self.untried, other.untried),
        ];
        for (known, more) in lists {
            for mut case in more {
                case.against = vec![at];
                let same = |known: &&mut RegistryCase| {
                    (known.direction, &known.message, known.readers)
                        == (case.direction, &case.message, case.readers)
                };
                match known.iter_mut().find(same) {
                    Some(known) => known.against.push(at),
                    None => known.push(case),
                }
            }
        }
    }
}
