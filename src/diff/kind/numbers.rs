//! Numbers that were used, and numbers that are free.

use crate::diff::remedy::Holder;
use crate::diff::{Change, Comeback, Cx, Past, Remedy};
use crate::schema::{Field, Range, Schema};

/// What an earlier version used the number for, in a fingerprint: not which version did, for that may be another one
/// with the next tag.
pub(super) fn used_for(change: &Change, _: &Cx<'_>) -> String {
    match change.reused() {
        Some(past) => format!("used for {} {}", past.name, past.type_text),
        None => String::new(),
    }
}

/// The way out for a number that an earlier published version used for something else.
pub(super) fn reused(
    change: &Change,
    holder: Holder,
    (name, number): (&str, i32),
    free: impl FnOnce(&Past) -> Option<i32>,
) -> Option<Remedy> {
    let past = change.reused()?;
    let free = free(past);
    let (name, old_name) = (name.to_owned(), past.name.clone());
    Some(if past.comeback == Comeback::OtherType {
        let old_type = past.type_text.clone();
        Remedy::RestoreType { holder, name, number, free, old_name, old_type }
    } else {
        Remedy::LeaveNumber { holder, name, number, free, old_name }
    })
}

/// The highest number of a field.
pub(super) const HIGHEST: i32 = 536_870_911;

/// The highest value number that an enum has or reserves on either side.
pub(super) fn highest_value(cx: &Cx<'_>, enum_: &str) -> i32 {
    let highest = |schema: &Schema| {
        let holder = schema.enum_(schema.enum_by_name(enum_)?);
        let values = holder.values.iter().map(|v| schema.value(*v).number);
        values.chain(holder.reserved_ranges.iter().map(|r| r.end)).max()
    };
    highest(cx.old).max(highest(cx.new)).unwrap_or(0)
}

/// The first value number above every one that an enum ever had on either side or in a remembered version.
pub(super) fn free_value(cx: &Cx<'_>, enum_: &str) -> impl FnOnce(&Past) -> Option<i32> {
    let known = highest_value(cx, enum_);
    move |past| known.checked_add(1).and_then(|n| Some(n.max(above(past)?)))
}

/// The same for a field.
pub(super) fn free_field(cx: &Cx<'_>, field: &Field) -> impl FnOnce(&Past) -> Option<i32> {
    let free = free(cx, field);
    move |past| free.and_then(|n| legal(n.max(above(past)?)))
}

/// The first number above every number the message of a field ever had on either side, if it is a legal one.
pub(super) fn free(cx: &Cx<'_>, field: &Field) -> Option<i32> {
    if field.is_extension() {
        return None;
    }
    let message = &cx.new.message(field.parent?).full_name;
    let highest = |schema: &Schema| schema.message_by_name(message).map_or(0, |id| schema.highest_number(id));
    legal(highest(cx.old).max(highest(cx.new)).checked_add(1)?)
}

/// One number as a range.
pub(super) fn one(number: i32) -> Range {
    Range { start: number, end: number }
}

/// The first number above every one that a remembered version used.
fn above(past: &Past) -> Option<i32> {
    past.highest.checked_add(1)
}

/// A field number as it is, unless there is none so high; the numbers that implementations keep are passed over.
fn legal(number: i32) -> Option<i32> {
    const KEPT: Range = Range { start: 19_000, end: 19_999 };
    let number = if KEPT.contains(number) { KEPT.end + 1 } else { number };
    (number <= HIGHEST).then_some(number)
}
