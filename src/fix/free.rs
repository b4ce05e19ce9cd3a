//! Numbers that nobody ever used.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::diff::Cx;
use crate::ledger::{Memory, Query, Sort};
use crate::schema::Range;

/// The highest number of a field.
const HIGHEST: i32 = 536_870_911;
/// What implementations keep for themselves.
const KEPT: Range = Range { start: 19_000, end: 19_999 };

/// Numbers of both sides and of all versions that are remembered.
pub(super) struct Numbers<'a> {
    cx: Cx<'a>,
    memory: Option<&'a dyn Memory>,
    recalled: RefCell<BTreeMap<String, BTreeSet<i32>>>,
}

impl<'a> Numbers<'a> {
    pub(super) fn new(cx: Cx<'a>, memory: Option<&'a dyn Memory>) -> Numbers<'a> {
        Numbers { cx, memory, recalled: RefCell::default() }
    }

    /// The next number behind the highest that a message or an enum ever used; where there is none so high, the first
    /// that it did not. `taken` has those that the same repair gives away.
    pub(super) fn next(&self, full_name: &str, is_enum: bool, taken: &BTreeSet<i32>) -> Option<i32> {
        let mut used = self.recalled(full_name, is_enum);
        used.extend(taken);
        let mut closed: Vec<Range> = Vec::new();
        for schema in [self.cx.old, self.cx.new] {
            if let Some(message) =
                schema.message_by_name(full_name).filter(|_| !is_enum).map(|id| schema.message(id))
            {
                used.extend(message.fields.iter().map(|f| schema.field(*f).number));
                closed.extend(&message.reserved_ranges);
                closed.extend(message.extension_ranges.iter().map(|e| e.range));
            }
            if let Some(enum_) = schema.enum_by_name(full_name).filter(|_| is_enum).map(|id| schema.enum_(id))
            {
                used.extend(enum_.values.iter().map(|v| schema.value(*v).number));
                closed.extend(&enum_.reserved_ranges);
            }
        }
        let (first, last) = if is_enum { (0, i32::MAX) } else { (1, HIGHEST) };
        if !is_enum {
            closed.push(KEPT);
        }
        let after = used.last().and_then(|n| n.checked_add(1)).unwrap_or(last).max(first);
        let free = |mut number: i32| loop {
            if number > last {
                return None;
            }
            let ranges = closed.iter().filter(|r| r.contains(number)).map(|r| r.end);
            match ranges.max() {
                Some(end) => number = end.checked_add(1)?,
                None if used.contains(&number) => number = number.checked_add(1)?,
                None => return Some(number),
            }
        };
        free(after).or_else(|| free(first))
    }

    fn recalled(&self, full_name: &str, is_enum: bool) -> BTreeSet<i32> {
        let Some(memory) = self.memory else { return BTreeSet::new() };
        if let Some(known) = self.recalled.borrow().get(full_name) {
            return known.clone();
        }
        let old = self.cx.old;
        let file = if is_enum {
            old.enum_by_name(full_name).map(|id| old.enum_(id).file)
        } else {
            old.message_by_name(full_name).map(|id| old.message(id).file)
        };
        let Some(file) = file else { return BTreeSet::new() };
        let path = old.file(file).display.clone();
        let sort = if is_enum { Sort::Enum } else { Sort::Message };
        let query = Query { full_name: full_name.into(), sort, own: true, path, fresh: false };
        let uses = memory.recall(&[query]).uses;
        let numbers: BTreeSet<i32> = uses.into_iter().flatten().map(|u| u.number).collect();
        self.recalled.borrow_mut().insert(full_name.to_owned(), numbers.clone());
        numbers
    }
}
