//! Kinds of changes of enums and their values.

use super::facts::{Facts, Id, Place, Shown, no_more, once};
use super::numbers;
use super::wording::{came, either, few_names, new, old, old_name, removed, used};
use super::{Kind, NameChange};
use crate::diff::remedy::Holder;
use crate::diff::{Change, Cx, Remedy};
use crate::schema::{Element, EnumValue};
use crate::words::Nature;

pub(super) static CLOSEDNESS_CHANGED: Facts = Facts {
    id: Id::Is("enum-closedness-changed"),
    nature: Nature::Changed,
    place: |_| Place::Written(&[&[3, 7, 2], &[3, 7]]),
    says: |change, cx| {
        let now = matches!(change.new, Some(Element::Enum(id)) if cx.new.enum_(id).is_closed());
        let [a, b] = if now { ["open", "closed"] } else { ["closed", "open"] };
        format!("{} was {a}, is now {b}", old(change, cx))
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("ENUM_SAME_TYPE"),
    remedy: |change, cx| {
        let Element::Enum(id) = change.old? else { return None };
        Some(Remedy::KeepEnumType { enum_: old_name(change, cx), closed: cx.old.enum_(id).is_closed() })
    },
    shown: Shown::Enum,
};

pub(super) static VALUE_ADDED: Facts = Facts {
    id: Id::Is("enum-value-added"),
    nature: Nature::Added,
    place: |_| Place::Elements,
    says: value_added,
    among: once,
    apart: numbers::used_for,
    whole: false,
    rule: value_added_rule,
    remedy: value_added_remedy,
    shown: Shown::EnumValue,
};

pub(super) static ALIAS_ADDED: Facts = Facts {
    id: Id::Is("enum-alias-added"),
    nature: Nature::Added,
    place: |_| Place::Elements,
    says: value_added,
    among: once,
    apart: numbers::used_for,
    whole: false,
    rule: value_added_rule,
    remedy: value_added_remedy,
    shown: Shown::EnumValue,
};

pub(super) static VALUE_REMOVED: Facts = Facts {
    id: Id::Is("enum-value-removed"),
    nature: Nature::Removed,
    place: |_| Place::Parent,
    says: |change, cx| match (&change.kind, old_value(change, cx)) {
        (Kind::EnumValueRemoved { names, .. }, Some(value)) => {
            let holder = &cx.old.enum_(value.parent).full_name;
            format!("enum value {} ({}) of `{holder}` was removed", value.number, few_names(names))
        }
        _ => removed(change, cx),
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("ENUM_VALUE_NO_DELETE"),
    remedy: |change, cx| {
        let value = old_value(change, cx)?;
        let Kind::EnumValueRemoved { names, number_reserved, .. } = &change.kind else { return None };
        let now = cx.new.enum_by_name(&cx.old.enum_(value.parent).full_name).map(Element::Enum);
        let any_reserved = now.is_some_and(|now| names.iter().any(|n| cx.new.is_name_reserved(now, n)));
        let quoted: Vec<String> = names.iter().map(|n| format!("\"{n}\"")).collect();
        Some(Remedy::Restore {
            element: old_name(change, cx),
            names: names.clone(),
            number: value.number,
            reserved: *number_reserved || any_reserved,
            then: format!("reserved {}; reserved {};", value.number, quoted.join(", ")),
        })
    },
    shown: Shown::EnumValue,
};

pub(super) static VALUE_RENAMED: Facts = Facts {
    id: Id::Is("enum-value-renamed"),
    nature: Nature::Renamed,
    place: |_| Place::Part(&[2]),
    says: value_names,
    among: once,
    apart: value_names_apart,
    whole: false,
    rule: |_, _| Some("ENUM_VALUE_SAME_NAME"),
    remedy: |change, cx| {
        let value = old_value(change, cx)?;
        let holder = cx.old.enum_(value.parent).full_name.to_string();
        let Kind::EnumValueNameChanged { new_names, .. } = &change.kind else { return None };
        let first = cx.old.value_by_number(value.parent, value.number).map(|first| &cx.old.value(first).name);
        let behind = first.filter(|first| new_names.binary_search(first).is_ok()).cloned();
        Some(Remedy::KeepAliases { enum_: holder, names: lost_names(change), number: value.number, behind })
    },
    shown: Shown::EnumValue,
};

pub(super) static VALUE_SWAPPED: Facts = Facts {
    id: Id::Is("enum-value-swapped"),
    nature: Nature::Changed,
    place: |_| Place::Part(&[2]),
    says: value_names,
    among: once,
    apart: value_names_apart,
    whole: false,
    rule: |_, _| Some("ENUM_VALUE_NO_SWAP"),
    remedy: numbers_back,
    shown: Shown::EnumValue,
};

pub(super) static VALUE_NUMBER_REUSED: Facts = Facts {
    id: Id::Is("enum-value-number-reused"),
    nature: Nature::Changed,
    place: |_| Place::Part(&[2]),
    says: value_names,
    among: once,
    apart: value_names_apart,
    whole: false,
    rule: |_, _| Some("ENUM_VALUE_NO_REUSE"),
    remedy: numbers_back,
    shown: Shown::EnumValue,
};

pub(super) static VALUE_JSON_NAME_CHANGED: Facts = Facts {
    id: Id::Is("enum-value-json-name-changed"),
    nature: Nature::Changed,
    place: |_| Place::Written(&[&[3]]),
    says: |change, cx| {
        let name = |value: Option<&EnumValue>| value.map(|v| v.json_key().to_owned()).unwrap_or_default();
        let (was, now) = (name(old_value(change, cx)), name(new_value(change, cx)));
        format!("{} was `{was}` in JSON, is now `{now}`", old(change, cx))
    },
    among: once,
    apart: |change, cx| {
        let name = |value: Option<&EnumValue>| value.and_then(|v| v.json_name.clone());
        format!("{:?} {:?}", name(old_value(change, cx)), name(new_value(change, cx)))
    },
    whole: false,
    rule: |_, _| Some("ENUM_VALUE_SAME_JSON_NAME"),
    remedy: |change, cx| {
        Some(Remedy::Advice(match &old_value(change, cx)?.json_name {
            Some(name) => format!("keep `[(pb.enumvalue.json).string = {name:?}]`"),
            None => "leave `(pb.enumvalue.json)` out until every reader knows the new name".to_owned(),
        }))
    },
    shown: Shown::EnumValue,
};

/// What reserves a value that is gone, as far as it is not reserved.
pub(in crate::diff) fn reserve(change: &Change, cx: &Cx<'_>) -> Option<Remedy> {
    let value = old_value(change, cx)?;
    let Kind::EnumValueRemoved { names, number_reserved, names_reserved } = &change.kind else {
        return None;
    };
    Some(Remedy::Reserve {
        holder: Holder { name: cx.old.enum_(value.parent).full_name.to_string(), is_enum: true },
        numbers: if *number_reserved { Vec::new() } else { vec![numbers::one(value.number)] },
        names: if *names_reserved { Vec::new() } else { names.clone() },
    })
    .filter(|_| !(*number_reserved && *names_reserved))
}

pub(super) static VALUE_FIRST_NAME_CHANGED: Facts = Facts {
    id: Id::Is("enum-value-first-name-changed"),
    nature: Nature::Changed,
    place: |_| Place::Elements,
    says: |change, cx| {
        let first = first_of(change, cx).unwrap_or_default();
        format!("{} is not the first name of its number any more: `{first}` is", either(change, cx))
    },
    among: |_| None,
    apart: |change, cx| first_of(change, cx).unwrap_or_default().to_owned(),
    whole: false,
    rule: |_, _| Some("ENUM_VALUE_SAME_FIRST_NAME"),
    remedy: |change, cx| {
        let (was, now) = (old_value(change, cx)?, first_of(change, cx)?);
        Some(Remedy::Advice(format!("write `{}` in front of `{now}`", was.name)))
    },
    shown: Shown::Nothing,
};

/// The first name that the number has now.
fn first_of<'a>(change: &Change, cx: &Cx<'a>) -> Option<&'a str> {
    let value = new_value(change, cx)?;
    let first = cx.new.value_by_number(value.parent, value.number)?;
    Some(&cx.new.value(first).name)
}

fn old_value<'a>(change: &Change, cx: &Cx<'a>) -> Option<&'a EnumValue> {
    if let Some(Element::EnumValue(id)) = change.old { Some(cx.old.value(id)) } else { None }
}

fn new_value<'a>(change: &Change, cx: &Cx<'a>) -> Option<&'a EnumValue> {
    if let Some(Element::EnumValue(id)) = change.new { Some(cx.new.value(id)) } else { None }
}

fn value_added(change: &Change, cx: &Cx<'_>) -> String {
    let note = match change.kind {
        Kind::EnumValueAdded { was_reserved: true, .. } => ", though its number or name was reserved",
        Kind::EnumValueAdded { alias: true, .. } => " as another name of its number",
        _ => "",
    };
    format!("{} {}{note}{}", new(change, cx), came(change), used(change))
}

fn value_added_rule(change: &Change, cx: &Cx<'_>) -> Option<&'static str> {
    if change.reused().is_some() {
        return Some("ENUM_VALUE_NO_REUSE");
    }
    if matches!(change.kind, Kind::EnumValueAdded { was_reserved: true, .. }) {
        return Some("ENUM_VALUE_NO_ADD_RESERVED");
    }
    change.new?;
    let closed = new_value(change, cx).is_some_and(|value| cx.new.enum_(value.parent).is_closed());
    Some(if closed { "ENUM_VALUE_NO_ADD_CLOSED" } else { "ENUM_VALUE_NO_ADD" })
}

fn value_added_remedy(change: &Change, cx: &Cx<'_>) -> Option<Remedy> {
    let value = new_value(change, cx)?;
    if change.reused().is_some() {
        let holder = Holder { name: cx.new.enum_(value.parent).full_name.to_string(), is_enum: true };
        let free = numbers::free_value(cx, &cx.new.enum_(value.parent).full_name);
        return numbers::reused(change, holder, (&value.name, value.number), free);
    }
    if matches!(change.kind, Kind::EnumValueAdded { alias: false, was_reserved: true, .. }) {
        return Some(unreserved(value, cx));
    }
    if matches!(change.kind, Kind::EnumValueAdded { alias: true, .. }) {
        return Some(Remedy::Advice(format!(
            "put `{}` behind the name that {} had: the first one is written",
            value.name, value.number
        )));
    }
    Some(Remedy::Advice(format!("update readers first, then start to write `{}`", value.name)))
}

/// The way out for a value with a number or a name that was reserved.
fn unreserved(value: &EnumValue, cx: &Cx<'_>) -> Remedy {
    let enum_ = &cx.new.enum_(value.parent).full_name;
    let old = cx.old.enum_by_name(enum_).map(Element::Enum);
    let reserved = old.is_some_and(|old| cx.old.is_number_reserved(old, value.number));
    let named = old.is_some_and(|old| cx.old.is_name_reserved(old, &value.name));
    let (message, name, number) = (enum_.to_string(), value.name.to_string(), value.number);
    match (numbers::highest_value(cx, enum_).checked_add(1).filter(|_| reserved), named) {
        (Some(free), false) => Remedy::TakeNumber { message, name, number, free },
        (Some(free), true) => Remedy::TakeNameAndNumber { message, name, number, free },
        (None, true) => Remedy::Advice("take a name that was never used".to_owned()),
        (None, false) => Remedy::Advice(format!("leave `{name}` out: every number above is reserved")),
    }
}

fn value_names(change: &Change, cx: &Cx<'_>) -> String {
    let (Kind::EnumValueNameChanged { old_names, new_names, how }, Some(value)) =
        (&change.kind, old_value(change, cx))
    else {
        return String::new();
    };
    let mut message = format!(
        "enum value {} of `{}` was {}, is now {}",
        value.number,
        cx.old.enum_(value.parent).full_name,
        few_names(old_names),
        few_names(new_names)
    );
    match how {
        NameChange::Renamed => {}
        NameChange::Swapped(other) => message.push_str(&format!(", and {other} the other way round")),
        NameChange::Reused { was, now } => {
            if let Some(was) = was {
                message.push_str(&format!(", which was {was}"));
            }
            if let Some(now) = now {
                message.push_str(&format!("; the old name is now {now}"));
            }
        }
    }
    message
}

fn value_names_apart(change: &Change, _: &Cx<'_>) -> String {
    match &change.kind {
        Kind::EnumValueNameChanged { old_names, new_names, .. } => {
            format!("{} {}", old_names.join(","), new_names.join(","))
        }
        _ => String::new(),
    }
}

/// The names the number no longer has, of very many the first ones.
fn lost_names(change: &Change) -> Vec<Box<str>> {
    let Kind::EnumValueNameChanged { old_names, new_names, .. } = &change.kind else { return Vec::new() };
    old_names.iter().filter(|n| new_names.binary_search(n).is_err()).take(20).cloned().collect()
}

fn numbers_back(change: &Change, cx: &Cx<'_>) -> Option<Remedy> {
    let value = old_value(change, cx)?;
    let enum_ = cx.old.enum_(value.parent).full_name.to_string();
    Some(Remedy::RenumberValues { enum_, names: lost_names(change), number: value.number })
}
