//! Two messages of one full name: fields by number, oneofs by name, reserved and extension ranges.

use rustc_hash::FxHashSet;

use super::{Cx, Differ, Kind, fields};
use crate::schema::{Element, FieldId, JsonFormat, Message, MessageId, OneofId, Range, Schema};
use crate::surface::go;

pub(super) fn pair(differ: &mut Differ<'_>, old_id: MessageId, new_id: MessageId) {
    let cx = differ.cx;
    let (old, new) = (cx.old.message(old_id), cx.new.message(new_id));
    let (old_element, new_element) = (Element::Message(old_id), Element::Message(new_id));

    for old_field in &old.fields {
        let was = cx.old.field(*old_field);
        match cx.new.field_by_number(new_id, was.number) {
            Some(new_field) => fields::pair(differ, *old_field, new_field),
            None => {
                let kind = Kind::FieldRemoved {
                    message: new_id,
                    number_reserved: cx.new.is_number_reserved(new_element, was.number),
                    name_reserved: cx.new.is_name_reserved(new_element, &was.name),
                    renumbered: cx.new.field_by_name(new_id, &was.name),
                };
                differ.push(kind, Some(Element::Field(*old_field)), None);
            }
        }
    }
    for new_field in &new.fields {
        let now = cx.new.field(*new_field);
        if cx.old.field_by_number(old_id, now.number).is_none() {
            let kind = Kind::FieldAdded {
                number_was_reserved: cx.old.is_number_reserved(old_element, now.number),
                name_was_reserved: cx.old.is_name_reserved(old_element, &now.name),
                published: None,
                ever: None,
            };
            differ.push(kind, None, Some(Element::Field(*new_field)));
        }
    }

    for old_oneof in &old.oneofs {
        let name = &cx.old.oneof(*old_oneof).name;
        match cx.new.oneof_by_name(new_id, name) {
            Some(new_oneof) => differ.options(Element::Oneof(*old_oneof), Element::Oneof(new_oneof)),
            None => {
                let renamed = successor(differ, *old_oneof, new_id);
                let kind = Kind::OneofRemoved { message: new_id, renamed };
                differ.push(kind, Some(Element::Oneof(*old_oneof)), renamed.map(Element::Oneof));
            }
        }
    }
    for new_oneof in &new.oneofs {
        let name = &cx.new.oneof(*new_oneof).name;
        if cx.old.oneof_by_name(old_id, name).is_none() {
            differ.push(Kind::OneofAdded, None, Some(Element::Oneof(*new_oneof)));
        }
    }

    ranges(differ, old_element, new_element, &old.reserved_ranges, &new.reserved_ranges);
    names(differ, old_element, new_element, &old.reserved_names, &new.reserved_names);
    extension_ranges(differ, old_id, new_id);

    let set = |m: &Message| m.options.as_deref().is_some_and(|o| o.message_set_wire_format == Some(true));
    let no_accessor =
        |m: &Message| m.options.as_deref().is_some_and(|o| o.no_standard_descriptor_accessor == Some(true));
    if set(old) != set(new) {
        differ.push(Kind::MessageSetChanged, Some(old_element), Some(new_element));
    }
    if !no_accessor(old) && no_accessor(new) {
        differ.push(Kind::DescriptorAccessorRemoved, Some(old_element), Some(new_element));
    }
    if old.features.json_format == JsonFormat::Allow && new.features.json_format != JsonFormat::Allow {
        differ.push(Kind::JsonFormatChanged, Some(old_element), Some(new_element));
    }
    let outer = match (old.parent, new.parent) {
        (Some(a), Some(b)) => (Element::Message(a), Element::Message(b)),
        _ => (Element::File(old.file), Element::File(new.file)),
    };
    differ.generator_features(old_element, new_element, Some(outer));
    if is_reordered(&cx, old_id, new_id) {
        differ.push(Kind::MessageFieldsReordered, Some(old_element), Some(new_element));
    }
    differ.visibility(old_element, new_element);
    differ.options(old_element, new_element);
}

/// Whether fields that both sides have stand in another order, and Go calls one of them otherwise for it.
fn is_reordered(cx: &Cx<'_>, old: MessageId, new: MessageId) -> bool {
    let numbers = |schema: &Schema, id: MessageId, other: &Schema, its: MessageId| -> Vec<i32> {
        let fields = schema.message(id).fields.iter().map(|f| schema.field(*f));
        let both = fields.filter(|f| other.field_by_number(its, f.number).is_some());
        both.map(|f| f.number).collect()
    };
    if numbers(cx.old, old, cx.new, new) == numbers(cx.new, new, cx.old, old) {
        return false;
    }
    let names = go::member_names(cx.new, new);
    let mut was = go::member_names(cx.old, old).into_iter();
    was.any(|(member, go)| names.get(&member).is_some_and(|now| *now != go))
}

/// The new oneof that holds every member of `old` that is still in one, if it is itself new.
fn successor(differ: &Differ<'_>, old: OneofId, new_message: MessageId) -> Option<OneofId> {
    let cx = differ.cx;
    let old = cx.old.oneof(old);
    let mut found = None;
    for member in &old.fields {
        let number = cx.old.field(*member).number;
        let Some(field) = cx.new.field_by_number(new_message, number) else { continue };
        let now = cx.new.field(field).oneof?;
        if found.is_some_and(|f| f != now) {
            return None;
        }
        found = Some(now);
    }
    let name = &cx.new.oneof(found?).name;
    let existed = cx.old.oneof_by_name(old.parent, name).is_some();
    found.filter(|_| !existed)
}

/// Reserved ranges that shrank or came, for messages and enums alike.
pub(super) fn ranges(differ: &mut Differ<'_>, old: Element, new: Element, before: &[Range], after: &[Range]) {
    let (had, has) = (Range::merged(before), Range::merged(after));
    for range in before {
        let missing = missing(*range, &has);
        if !missing.is_empty() {
            differ.push(Kind::ReservedRangeRemoved { range: *range, missing }, Some(old), Some(new));
        }
    }
    for range in after {
        if !missing(*range, &had).is_empty() {
            differ.push(Kind::ReservedRangeAdded { range: *range }, Some(old), Some(new));
        }
    }
}

/// Reserved names that came or went.
pub(super) fn names(
    differ: &mut Differ<'_>,
    old: Element,
    new: Element,
    before: &[Box<str>],
    after: &[Box<str>],
) {
    let (had, has): (FxHashSet<&str>, FxHashSet<&str>) =
        (before.iter().map(|n| &**n).collect(), after.iter().map(|n| &**n).collect());
    for name in before.iter().filter(|n| !has.contains(&***n)) {
        differ.push(Kind::ReservedNameRemoved { name: name.clone() }, Some(old), Some(new));
    }
    for name in after.iter().filter(|n| !had.contains(&***n)) {
        differ.push(Kind::ReservedNameAdded { name: name.clone() }, Some(old), Some(new));
    }
}

fn extension_ranges(differ: &mut Differ<'_>, old_id: MessageId, new_id: MessageId) {
    let cx = differ.cx;
    let list = |m: &Message| m.extension_ranges.iter().map(|r| r.range).collect::<Vec<_>>();
    let (before, after) = (list(cx.old.message(old_id)), list(cx.new.message(new_id)));
    let (old, new) = (Some(Element::Message(old_id)), Some(Element::Message(new_id)));
    let (had, has) = (Range::merged(&before), Range::merged(&after));
    for range in &before {
        let missing = missing(*range, &has);
        if missing.is_empty() {
            continue;
        }
        let extendee = &cx.old.message(old_id).full_name;
        let extensions = cx.old.extensions_of(extendee);
        let number = |id: &FieldId| cx.old.field(*id).number;
        let mut in_use: Vec<Box<str>> = missing
            .iter()
            .flat_map(|m| {
                let from = extensions.partition_point(|id| number(id) < m.start);
                extensions[from..].iter().take_while(|id| number(id) <= m.end)
            })
            .map(|id| cx.old.full_name(Element::Field(*id)).into())
            .collect();
        in_use.sort();
        differ.push(Kind::ExtensionRangeRemoved { range: *range, missing, in_use }, old, new);
    }
    for range in &after {
        if !missing(*range, &had).is_empty() {
            differ.push(Kind::ExtensionRangeAdded { range: *range }, old, new);
        }
    }
}

/// What of `range` no range of `others` covers, in order. `others` are sorted and apart ([`Range::merged`]).
pub(crate) fn missing(range: Range, others: &[Range]) -> Vec<Range> {
    let mut rest = Vec::new();
    // i64, as the last number of a range may be the largest i32.
    let mut from = i64::from(range.start);
    let end = i64::from(range.end);
    for other in &others[others.partition_point(|o| o.end < range.start)..] {
        let (start, stop) = (i64::from(other.start), i64::from(other.end));
        if start > end {
            break;
        }
        if start > from {
            rest.push((from, start - 1));
        }
        from = from.max(stop + 1);
    }
    if from <= end {
        rest.push((from, end));
    }
    rest.into_iter().map(|(s, e)| Range { start: s as i32, end: e as i32 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn r(start: i32, end: i32) -> Range {
        Range { start, end }
    }

    #[test]
    fn ranges_may_be_split_merged_and_reordered_without_a_gap() {
        let missing = |range, others: &[Range]| missing(range, &Range::merged(others));
        assert_eq!(missing(r(1, 10), &[r(6, 10), r(1, 5)]), []);
        assert_eq!(missing(r(1, 10), &[r(0, 100)]), []);
        assert_eq!(missing(r(i32::MIN, i32::MAX), &[r(i32::MIN, 0), r(1, i32::MAX)]), []);
    }

    #[test]
    fn gaps_are_named_exactly() {
        assert_eq!(missing(r(1, 10), &[]), [r(1, 10)]);
        assert_eq!(missing(r(1, 10), &[r(3, 4), r(8, 20)]), [r(1, 2), r(5, 7)]);
        assert_eq!(missing(r(5, i32::MAX), &[r(5, 9)]), [r(10, i32::MAX)]);
    }
}
