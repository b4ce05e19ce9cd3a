//! Two enums of one full name: values by number.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Differ, Kind, NameChange, messages};
use crate::schema::{Element, EnumId, EnumValueId, JsonFormat, Schema};

pub(super) fn pair(differ: &mut Differ<'_>, old_id: EnumId, new_id: EnumId) {
    let cx = differ.cx;
    let (old, new) = (cx.old.enum_(old_id), cx.new.enum_(new_id));
    let (old_element, new_element) = (Element::Enum(old_id), Element::Enum(new_id));

    if old.is_closed() != new.is_closed() {
        differ.push(Kind::EnumClosednessChanged, Some(old_element), Some(new_element));
    }
    if old.features.json_format == JsonFormat::Allow && new.features.json_format != JsonFormat::Allow {
        differ.push(Kind::JsonFormatChanged, Some(old_element), Some(new_element));
    }
    let before = by_number(cx.old, old_id);
    let after = by_number(cx.new, new_id);
    for (number, values) in &before {
        match after.get(number) {
            Some(now) => same_number(differ, (old_id, new_id), values, now),
            None => {
                let names = names(cx.old, values);
                let kind = Kind::EnumValueRemoved {
                    number_reserved: cx.new.is_number_reserved(new_element, *number),
                    names_reserved: names.iter().all(|n| cx.new.is_name_reserved(new_element, n)),
                    names,
                };
                differ.push(kind, values.first().map(|v| Element::EnumValue(*v)), None);
            }
        }
    }
    for (number, values) in &after {
        let known = before.get(number).map(|v| names(cx.old, v));
        // A number that lost a name is a rename, reported above.
        if let Some(known) = &known {
            let kept = names(cx.new, values);
            if !known.iter().all(|n| kept.binary_search(n).is_ok()) {
                continue;
            }
        }
        for value in values {
            let name = &cx.new.value(*value).name;
            if known.as_ref().is_some_and(|k| k.binary_search(name).is_ok()) {
                continue;
            }
            let was_reserved =
                cx.old.is_number_reserved(old_element, *number) || cx.old.is_name_reserved(old_element, name);
            let kind =
                Kind::EnumValueAdded { alias: known.is_some(), was_reserved, published: None, ever: None };
            differ.push(kind, None, Some(Element::EnumValue(*value)));
        }
    }
    messages::ranges(differ, old_element, new_element, &old.reserved_ranges, &new.reserved_ranges);
    messages::names(differ, old_element, new_element, &old.reserved_names, &new.reserved_names);
    let outer = (Element::File(old.file), Element::File(new.file));
    differ.generator_features(old_element, new_element, Some(outer));
    differ.visibility(old_element, new_element);
    differ.options(old_element, new_element);
}

/// The values that had one number and those that have it now.
fn same_number(differ: &mut Differ<'_>, enums: (EnumId, EnumId), old: &[EnumValueId], new: &[EnumValueId]) {
    let cx = differ.cx;
    let (old_names, new_names) = (names(cx.old, old), names(cx.new, new));
    let namesake = |value: &EnumValueId| {
        let was = cx.old.value_by_name(enums.0, &cx.new.value(*value).name)?;
        (cx.old.value(was).number == cx.new.value(*value).number).then_some(was)
    };
    for value in new {
        if let Some(was) = namesake(value) {
            let (was, now) = (Element::EnumValue(was), Element::EnumValue(*value));
            differ.generator_features(was, now, Some((Element::Enum(enums.0), Element::Enum(enums.1))));
            let json_names = match (was, now) {
                (Element::EnumValue(a), Element::EnumValue(b)) => {
                    (&cx.old.value(a).json_name, &cx.new.value(b).json_name)
                }
                _ => (&None, &None),
            };
            if json_names.0 != json_names.1 {
                differ.push(Kind::EnumValueJsonNameChanged, Some(was), Some(now));
            }
            differ.options(was, now);
        }
    }
    let first = old.first().copied();
    if let Some(now) = new.iter().skip(1).find(|value| namesake(value) == first) {
        let was = first.map(Element::EnumValue);
        differ.push(Kind::EnumValueFirstNameChanged, was, Some(Element::EnumValue(*now)));
    }
    if old_names.iter().all(|n| new_names.binary_search(n).is_ok()) {
        return;
    }
    let how = name_change(differ, enums, &old_names, &new_names);
    let old_names: Arc<[Box<str>]> = old_names.into();
    let new_names: Arc<[Box<str>]> = new_names.into();
    for value in new {
        let was = namesake(value).or(old.first().copied());
        let kind = Kind::EnumValueNameChanged {
            old_names: Arc::clone(&old_names),
            new_names: Arc::clone(&new_names),
            how: how.clone(),
        };
        differ.push(kind, was.map(Element::EnumValue), Some(Element::EnumValue(*value)));
    }
}

fn name_change(
    differ: &Differ<'_>,
    (old_id, new_id): (EnumId, EnumId),
    old_names: &[Box<str>],
    new_names: &[Box<str>],
) -> NameChange<i32> {
    let cx = differ.cx;
    let number_of = |schema: &Schema, id: EnumId, name: &str| {
        schema.value_by_name(id, name).map(|v| schema.value(v).number)
    };
    let lost: Vec<&Box<str>> = old_names.iter().filter(|n| new_names.binary_search(n).is_err()).collect();
    let gained: Vec<&Box<str>> = new_names.iter().filter(|n| old_names.binary_search(n).is_err()).collect();
    let was = gained.iter().find_map(|n| number_of(cx.old, old_id, n));
    let now = lost.iter().find_map(|n| number_of(cx.new, new_id, n));
    match (was, now) {
        (Some(a), Some(b)) if a == b => NameChange::Swapped(a),
        (None, None) => {
            let retired = lost.iter().any(|n| cx.new.is_name_reserved(Element::Enum(new_id), n));
            if retired && !gained.is_empty() {
                NameChange::Reused { was: None, now: None }
            } else {
                NameChange::Renamed
            }
        }
        (was, now) => NameChange::Reused { was, now },
    }
}

fn by_number(schema: &Schema, id: EnumId) -> BTreeMap<i32, Vec<EnumValueId>> {
    let mut map: BTreeMap<i32, Vec<EnumValueId>> = BTreeMap::new();
    for value in &schema.enum_(id).values {
        map.entry(schema.value(*value).number).or_default().push(*value);
    }
    map
}

fn names(schema: &Schema, values: &[EnumValueId]) -> Vec<Box<str>> {
    let mut names: Vec<Box<str>> = values.iter().map(|v| schema.value(*v).name.clone()).collect();
    names.sort();
    names
}
