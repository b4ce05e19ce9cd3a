//! Walking two graphs of messages side by side: what was found out is remembered, and what is too deep or too
//! much is given up on.

use std::cell::{Cell, RefCell};

use rustc_hash::{FxHashMap, FxHashSet};

use super::Loss;
use crate::schema::MessageId;

/// How deep messages are compared. Parsers refuse data that is nested deeper than a hundred messages
/// (<https://protobuf.dev/programming-guides/proto-limits/>), but for what a configuration allows.
const MAX_DEPTH: usize = 100;
/// How many fields are looked at for one change, and for all changes together: types can be connected so that
/// every change leads to every message.
const MAX_FIELDS: usize = 200_000;
const MAX_FIELDS_IN_ALL: usize = 5_000_000;

/// A message of the writer and one of the reader.
type Pair = (MessageId, MessageId);

/// What walks of one lens and direction found out about pairs of messages.
#[derive(Debug)]
pub(super) struct Memory {
    known: RefCell<FxHashMap<Pair, Loss>>,
    left: Cell<usize>,
}

impl Memory {
    pub(super) fn new() -> Memory {
        Memory { known: RefCell::default(), left: Cell::new(MAX_FIELDS_IN_ALL) }
    }
}

/// One walk, from one change.
#[derive(Debug)]
pub(super) struct Walk<'m> {
    memory: &'m Memory,
    seen: FxHashSet<Pair>,
    /// Messages that are being looked at as objects of any keys.
    apart: FxHashSet<MessageId>,
    depth: usize,
    left: usize,
    /// Whether the result rests on a pair that is still being looked at, or was cut off.
    tentative: bool,
}

impl<'m> Walk<'m> {
    pub(super) fn new(memory: &'m Memory) -> Walk<'m> {
        let left = MAX_FIELDS.min(memory.left.get());
        Walk {
            memory,
            seen: FxHashSet::default(),
            apart: FxHashSet::default(),
            depth: 0,
            left,
            tentative: false,
        }
    }

    /// What taking one message apart gives. `fields` is how much work it is, leaving out nested messages.
    pub(super) fn apart(
        &mut self,
        message: MessageId,
        fields: usize,
        compare: impl FnOnce(&mut Self) -> Loss,
    ) -> Loss {
        if !self.apart.insert(message) {
            self.tentative = true;
            return Loss::none(); // told where it is first met
        }
        if self.depth >= MAX_DEPTH || fields >= self.left {
            self.tentative = true;
            return Loss::unknown("the types hold too much to be compared to the end");
        }
        self.left -= fields;
        self.depth += 1;
        let loss = compare(self);
        self.depth -= 1;
        loss
    }

    /// What comparing a pair gives. `fields` is how much work it is, leaving out nested messages.
    pub(super) fn pair(
        &mut self,
        pair: Pair,
        fields: usize,
        compare: impl FnOnce(&mut Self) -> Loss,
    ) -> Loss {
        if let Some(known) = self.memory.known.borrow().get(&pair) {
            return known.clone();
        }
        if !self.seen.insert(pair) {
            self.tentative = true;
            return Loss::none(); // assumed while it is being looked at
        }
        if self.depth >= MAX_DEPTH || fields >= self.left {
            self.tentative = true;
            return Loss::unknown("the types hold too much to be compared to the end");
        }
        self.left -= fields;
        self.memory.left.set(self.memory.left.get().saturating_sub(fields));
        let around = std::mem::replace(&mut self.tentative, false);
        self.depth += 1;
        let loss = compare(self);
        self.depth -= 1;
        // Where the walk began nothing is left open.
        if !self.tentative || self.depth == 0 {
            self.memory.known.borrow_mut().insert(pair, loss.clone());
        }
        self.tentative |= around;
        loss
    }
}
