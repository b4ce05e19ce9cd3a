//! Numbers of fields, and ranges of numbers that are reserved or for extensions.

use rustc_hash::FxHashMap;

use super::{Check, MAX_FIELD_NUMBER};
use crate::compile::link::value::flag;
use crate::compile::parse::ast::Range;
use crate::compile::parse::{Problem, Span};

/// Ranges, sorted by start, that know whether a number is in one of them.
pub(super) struct RangeSet<'a>(Vec<Bounds<'a>>);

struct Bounds<'a> {
    start: i64,
    /// The last number inside.
    last: i64,
    range: &'a Range,
}

impl<'a> RangeSet<'a> {
    /// `inclusive` says whether the end of a range is in it, as in enums.
    pub(super) fn new(ranges: impl Iterator<Item = &'a Range>, inclusive: bool) -> RangeSet<'a> {
        let bounds = |range: &'a Range| {
            let last = i64::from(range.end) - i64::from(!inclusive);
            Bounds { start: range.start.into(), last, range }
        };
        let mut list: Vec<Bounds<'_>> = ranges.map(bounds).collect();
        list.sort_by_key(|b| (b.start, b.last));
        RangeSet(list)
    }

    /// The range that a number is in. Ranges are expected not to overlap.
    pub(super) fn find(&self, number: i64) -> Option<&'a Range> {
        let at = self.0.partition_point(|b| b.start <= number);
        let bounds = self.0.get(at.checked_sub(1)?)?;
        (number <= bounds.last).then_some(bounds.range)
    }

    /// Ranges that overlap, the one that is written first in front.
    pub(super) fn overlaps(&self) -> Vec<(&'a Range, &'a Range)> {
        let mut found = Vec::new();
        let mut widest: Option<&Bounds<'a>> = None;
        for bounds in &self.0 {
            if let Some(before) = widest.filter(|w| bounds.start <= w.last) {
                let (a, b) = (before.range, bounds.range);
                found.push(if a.span <= b.span { (a, b) } else { (b, a) });
            }
            if widest.is_none_or(|w| bounds.last > w.last) {
                widest = Some(bounds);
            }
        }
        found
    }
}

/// A range as people write it.
fn shown(range: &Range) -> String {
    if range.end - 1 == range.start {
        format!("{}", range.start)
    } else {
        format!("{} to {}", range.start, range.end - 1)
    }
}

impl Check<'_, '_, '_> {
    pub(super) fn message_ranges(&mut self, index: u32) {
        let message = &self.ast.messages[index as usize];
        let message_set = flag(&message.options, "message_set_wire_format") == Some(true);
        let max = if message_set { i32::MAX } else { MAX_FIELD_NUMBER + 1 };
        let extension_ranges = || message.extension_ranges.iter().map(|r| &r.range);
        for range in message.reserved_ranges.iter().chain(extension_ranges()) {
            if range.start < 1 {
                self.report(range.span, "field numbers start at 1");
            } else if range.end <= range.start {
                self.report(range.span, "the end of a range is not before its start");
            }
        }
        for range in extension_ranges() {
            if range.end > max {
                self.report(range.span, format!("extension numbers are {} at most", max - 1));
            }
        }
        let reserved = RangeSet::new(message.reserved_ranges.iter(), false);
        let extensions = RangeSet::new(extension_ranges(), false);
        let both = RangeSet::new(message.reserved_ranges.iter().chain(extension_ranges()), false);
        for (first, second) in both.overlaps() {
            if self.full() {
                return;
            }
            let place = self.place(first.span);
            self.problems.push(
                Problem::new(
                    second.span,
                    format!("range {} overlaps with range {}", shown(second), shown(first)),
                )
                .hint(format!("the other range is at {place}")),
            );
        }

        self.reserved_names(&message.reserved_names);
        let mut names: FxHashMap<&str, Span> = FxHashMap::default();
        for (name, span) in &message.reserved_names {
            if names.insert(name, *span).is_some() {
                self.report(*span, format!("`{name}` is reserved twice"));
            }
        }
        let mut numbers: FxHashMap<i32, u32> = FxHashMap::default();
        numbers.reserve(message.fields.len());
        for &id in &message.fields {
            if self.full() {
                return;
            }
            let field = &self.ast.fields[id as usize];
            if let Some(&first) = numbers.get(&field.number) {
                let first = &self.ast.fields[first as usize];
                let problem = Problem::new(
                    field.number_span,
                    format!("field number {} is already taken by `{}`", field.number, first.name),
                )
                .hint(format!("`{}` is at {}", first.name, self.place(first.number_span)));
                self.problems.push(match free_number(&numbers, &both) {
                    Some(free) => problem.hint(format!("the next free number is {free}")),
                    None => problem,
                });
            } else {
                numbers.insert(field.number, id);
            }
            let number = i64::from(field.number);
            if let Some(range) = reserved.find(number) {
                let problem = Problem::new(field.number_span, format!("field number {number} is reserved"))
                    .hint(format!("it is reserved at {}", self.place(range.span)));
                self.problems.push(problem);
            }
            if let Some(range) = extensions.find(number) {
                let problem =
                    Problem::new(field.number_span, format!("field number {number} is for extensions"))
                        .hint(format!("the range is at {}", self.place(range.span)));
                self.problems.push(problem);
            }
            if let Some(&span) = names.get(&*field.name) {
                let problem =
                    Problem::new(field.name_span, format!("field name `{}` is reserved", field.name))
                        .hint(format!("it is reserved at {}", self.place(span)));
                self.problems.push(problem);
            }
        }
    }
}

/// The number behind the largest one in use.
fn free_number(numbers: &FxHashMap<i32, u32>, ranges: &RangeSet<'_>) -> Option<i64> {
    let mut free = numbers.keys().copied().max().map_or(1, i64::from) + 1;
    loop {
        if (19_000..20_000).contains(&free) {
            free = 20_000;
        }
        match ranges.find(free) {
            Some(range) => free = i64::from(range.end).max(free + 1),
            None => return (free <= i64::from(MAX_FIELD_NUMBER)).then_some(free),
        }
    }
}
