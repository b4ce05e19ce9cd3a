//! Witnesses: the smallest message that shows what a verdict claims.
//!
//! For a cell that is not `ok` messages are tried that the change is about, smallest first: written under the
//! schema of the writer, read under that of the reader by each language, and compared. What shows the effect is the
//! witness. An effect that nothing shows is unconfirmed, which does not mean it is wrong: it may need data that
//! neither version writes.

mod ages;
mod calls;
mod candidates;
mod deep;
mod gone;
mod past;
mod search;

pub use search::refute;
pub(crate) use search::{Outcome, read_bytes, read_json};

use crate::diff::{Change, Cx, Kind};
use crate::schema::{Element, MessageId};
use crate::verdict::Verdict;
use crate::wire::parts::Part;
use crate::wire::reader::Reader;
use crate::words::{Direction, Effect, Lens};
use rustc_hash::FxHashMap;

/// A cell of a verdict and what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The lens.
    pub lens: Lens,
    /// The direction.
    pub direction: Direction,
    /// What the verdict claims.
    pub effect: Effect,
    /// What shows it; `None` means the claim is unconfirmed.
    pub shown: Option<Shown>,
    /// The earlier published version that stands for the old side, as it is tagged, where it is not the old side
    /// itself.
    pub version: Option<String>,
}

/// A message or a call that shows an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Encoded data.
    Bytes {
        /// The full name of the message for the writer.
        message: String,
        /// The data.
        bytes: Vec<u8>,
        /// The fields of the data.
        parts: Vec<Part>,
        /// What the writer meant, as a phrase.
        meant: String,
        /// What readers see; those who see the same are together.
        reads: Vec<Read>,
        /// Whether the old side wrote it.
        old_wrote: bool,
    },
    /// A JSON document.
    Json {
        /// The full name of the message for the writer.
        message: String,
        /// The document.
        json: String,
        /// What readers see; those who see the same are together.
        reads: Vec<Read>,
        /// Whether the old side wrote it.
        old_wrote: bool,
    },
    /// A call.
    Call {
        /// The request path: `/pkg.Service/Method`.
        path: String,
        /// What the other side does.
        answer: String,
    },
}

/// What some readers see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The languages, with the release where it is not the newest one.
    pub readers: Vec<String>,
    /// What they see.
    pub saw: Saw,
}

/// What a reader sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saw {
    /// A message, as a phrase.
    Value(String),
    /// An error.
    Error(String),
}

/// Finds witnesses for the changes of one pair of schemas.
#[derive(Debug)]
pub struct Prover<'a> {
    cx: Cx<'a>,
    /// Messages that have another name on the new side, and the other way round.
    renamed: FxHashMap<MessageId, MessageId>,
    renamed_back: FxHashMap<MessageId, MessageId>,
    /// The releases that are declared beside the newest ones.
    ages: Vec<Reader>,
}

impl<'a> Prover<'a> {
    /// Prepares to prove what is said of these changes.
    pub fn new(cx: &Cx<'a>, changes: &[Change]) -> Prover<'a> {
        let mut prover = Prover {
            cx: *cx,
            renamed: FxHashMap::default(),
            renamed_back: FxHashMap::default(),
            ages: Vec::new(),
        };
        for change in changes {
            if let (Kind::TypeRenamed(_), Some(Element::Message(old)), Some(Element::Message(new))) =
                (&change.kind, change.old, change.new)
            {
                prover.renamed.insert(old, new);
                prover.renamed_back.insert(new, old);
            }
        }
        prover
    }

    /// The same with releases that are read with as well.
    #[must_use]
    pub fn reading(mut self, ages: &[Reader]) -> Prover<'a> {
        self.ages = ages.to_vec();
        self
    }

    /// One proof for each cell of data and calls whose effect bytes can show, in the order of the verdict. Cells
    /// that are not decided are there when something illustrates them.
    pub fn prove(&self, change: &Change, verdict: &Verdict) -> Vec<Proof> {
        let mut proofs = Vec::new();
        for cell in &verdict.cells {
            let mut version = None;
            let shown = match cell.lens {
                Lens::Wire | Lens::Json if change.reused().is_some() => {
                    let past = self.past(change, cell.lens, cell.direction, cell.effect);
                    past.map(|(shown, then)| {
                        version = Some(then);
                        shown
                    })
                    .or_else(|| self.data(change, cell.lens, cell.direction, cell.effect))
                }
                Lens::Wire | Lens::Json => self
                    .gone(change, cell.lens, cell.direction, cell.effect)
                    .or_else(|| self.data(change, cell.lens, cell.direction, cell.effect)),
                Lens::Rpc => self.call(change, cell.direction, cell.effect),
                _ => continue,
            };
            if shown.is_some() || cell.effect > Effect::Unknown {
                proofs.push(Proof {
                    lens: cell.lens,
                    direction: cell.direction,
                    effect: cell.effect,
                    shown,
                    version,
                });
            }
        }
        proofs
    }

    /// The message on the other side that stands for one on this side.
    pub(crate) fn partner(&self, message: MessageId, from: Direction) -> Option<MessageId> {
        let (here, there, renamed) = match from {
            Direction::Backward => (self.cx.old, self.cx.new, &self.renamed),
            Direction::Forward => (self.cx.new, self.cx.old, &self.renamed_back),
        };
        there.message_by_name(&here.message(message).full_name).or_else(|| renamed.get(&message).copied())
    }
}
