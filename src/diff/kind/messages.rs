//! Kinds of changes inside messages that are not about one field: oneofs, reserved and extension numbers, options that
//! change an encoding. Some of them enums have too.

use super::Kind;
use super::facts::{Facts, Id, Place, Shown, no_more, no_remedy, no_rule, once};
use super::numbers::HIGHEST;
use super::wording::{added, either, few_names, lost, new, old, old_name, range_text, removed};
use crate::diff::remedy::Holder;
use crate::diff::{Change, Cx, Remedy};
use crate::schema::{Element, JsonFormat, MessageId, Range, Schema};
use crate::words::Nature;

pub(super) static ONEOF_ADDED: Facts = Facts {
    id: Id::Is("oneof-added"),
    nature: Nature::Added,
    place: |_| Place::Elements,
    says: added,
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("ONEOF_NO_ADD"),
    remedy: no_remedy,
    shown: Shown::Nothing,
};

pub(super) static ONEOF_RENAMED: Facts = Facts {
    id: Id::Is("oneof-renamed"),
    nature: Nature::Renamed,
    place: |change| message(&change.kind).map_or(Place::Elements, Place::MissedIn),
    says: |change, cx| match &change.kind {
        Kind::OneofRemoved { renamed: Some(now), .. } => {
            format!("{} is now called `{}`", old(change, cx), cx.new.oneof(*now).name)
        }
        _ => old(change, cx),
    },
    among: once,
    apart: no_more,
    whole: true,
    rule: |_, _| Some("ONEOF_NO_RENAME"),
    remedy: |change, cx| {
        let Element::Oneof(id) = change.old? else { return None };
        Some(Remedy::KeepName { element: old_name(change, cx), name: cx.old.oneof(id).name.to_string() })
    },
    shown: Shown::Nothing,
};

pub(super) static ONEOF_REMOVED: Facts = Facts {
    id: Id::Is("oneof-removed"),
    nature: Nature::Removed,
    place: |change| message(&change.kind).map_or(Place::Elements, Place::MissedIn),
    says: removed,
    among: once,
    apart: no_more,
    whole: true,
    rule: |_, _| Some("ONEOF_NO_DELETE"),
    remedy: |change, cx| Some(Remedy::KeepOneof { oneof: old_name(change, cx) }),
    shown: Shown::Nothing,
};

pub(super) static RESERVED_RANGE_REMOVED: Facts = Facts {
    id: Id::Is("reserved-range-removed"),
    nature: Nature::Removed,
    place: |_| Place::Elements,
    says: |change, cx| format!("{} no longer reserves {}", old(change, cx), missing_text(change)),
    among,
    apart,
    whole: false,
    rule: no_delete,
    remedy: |change, cx| {
        // What is in use cannot be reserved: the element that took it has to leave first, and says so.
        let numbers = unused(missing(&change.kind), cx.new, change.new?);
        (!numbers.is_empty()).then(|| Remedy::Reserve {
            holder: holder(change, cx),
            numbers,
            names: Vec::new(),
        })
    },
    shown: Shown::Nothing,
};

pub(super) static RESERVED_NAME_REMOVED: Facts = Facts {
    id: Id::Is("reserved-name-removed"),
    nature: Nature::Removed,
    place: |_| Place::Elements,
    says: |change, cx| format!("{} no longer reserves the name `{}`", old(change, cx), name(&change.kind)),
    among,
    apart,
    whole: false,
    rule: no_delete,
    remedy: |change, cx| {
        let free = !uses_name(cx.new, change.new?, name(&change.kind));
        free.then(|| Remedy::Reserve {
            holder: holder(change, cx),
            numbers: Vec::new(),
            names: vec![name(&change.kind).into()],
        })
    },
    shown: Shown::Nothing,
};

pub(super) static RESERVED_RANGE_ADDED: Facts = Facts {
    id: Id::Is("reserved-range-added"),
    nature: Nature::Reserved,
    place: |_| Place::Elements,
    says: |change, cx| format!("{} now reserves {}", new(change, cx), whole_text(change)),
    among,
    apart,
    whole: false,
    rule: no_rule,
    remedy: no_remedy,
    shown: Shown::Nothing,
};

pub(super) static RESERVED_NAME_ADDED: Facts = Facts {
    id: Id::Is("reserved-name-added"),
    nature: Nature::Reserved,
    place: |_| Place::Elements,
    says: |change, cx| format!("{} now reserves the name `{}`", new(change, cx), name(&change.kind)),
    among,
    apart,
    whole: false,
    rule: no_rule,
    remedy: no_remedy,
    shown: Shown::Nothing,
};

pub(super) static EXTENSION_RANGE_REMOVED: Facts = Facts {
    id: Id::Is("extension-range-removed"),
    nature: Nature::Removed,
    place: |_| Place::Elements,
    says: |change, cx| {
        let lost = missing_text(change);
        let mut message = format!("{} no longer has the extension numbers {lost}", old(change, cx));
        if let Kind::ExtensionRangeRemoved { in_use, .. } = &change.kind
            && !in_use.is_empty()
        {
            message.push_str(&format!(", in use by {}", few_names(in_use)));
        }
        message
    },
    among,
    apart,
    whole: false,
    rule: |_, _| Some("EXTENSION_MESSAGE_NO_DELETE"),
    remedy: |change, cx| {
        let holder = holder(change, cx);
        // Only message sets have numbers that high.
        if missing(&change.kind).iter().any(|range| range.start > HIGHEST) {
            let name = holder.name;
            return Some(Remedy::Advice(format!(
                "keep `option message_set_wire_format = true;` in `{name}`"
            )));
        }
        Some(Remedy::Extensions { holder, numbers: missing(&change.kind).to_vec() })
    },
    shown: Shown::ExtensionRange,
};

pub(super) static EXTENSION_RANGE_ADDED: Facts = Facts {
    id: Id::Is("extension-range-added"),
    nature: Nature::Added,
    place: |_| Place::Elements,
    says: |change, cx| format!("{} has the new extension numbers {}", new(change, cx), whole_text(change)),
    among,
    apart,
    whole: false,
    rule: no_rule,
    remedy: no_remedy,
    shown: Shown::Nothing,
};

pub(super) static MESSAGE_SET_CHANGED: Facts = Facts {
    id: Id::Is("message-set-changed"),
    nature: Nature::Changed,
    place: |_| Place::Written(&[&[7, 1]]),
    says: |change, cx| {
        let now = matches!(change.new, Some(Element::Message(id))
            if cx.new.message(id).options.as_deref().and_then(|o| o.message_set_wire_format) == Some(true));
        format!("{} had `message_set_wire_format` {}, has now {now}", old(change, cx), !now)
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("MESSAGE_SAME_MESSAGE_SET_WIRE_FORMAT"),
    remedy: no_remedy,
    shown: Shown::Message,
};

pub(super) static DESCRIPTOR_ACCESSOR_REMOVED: Facts = Facts {
    id: Id::Is("descriptor-accessor-removed"),
    nature: Nature::Removed,
    place: |_| Place::Part(&[7, 2]),
    says: |change, cx| {
        format!("{} had `no_standard_descriptor_accessor` false, has now true", old(change, cx))
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR"),
    remedy: no_remedy,
    shown: Shown::Nothing,
};

pub(super) static JSON_FORMAT_CHANGED: Facts = Facts {
    id: Id::Is("json-format-changed"),
    nature: Nature::Changed,
    place: |_| Place::WrittenOf { message: &[&[7, 12, 6], &[7, 12]], enum_: &[&[3, 7, 6], &[3, 7]] },
    says: |change, cx| {
        let format = |schema: &Schema, element: Option<Element>| match element {
            Some(Element::Message(id)) => json_format(schema.message(id).features.json_format),
            Some(Element::Enum(id)) => json_format(schema.enum_(id).features.json_format),
            _ => "",
        };
        let (a, b) = (format(cx.old, change.old), format(cx.new, change.new));
        format!("{} had the JSON format `{a}`, has now `{b}`", old(change, cx))
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |change, _| {
        Some(match change.old? {
            Element::Enum(_) => "ENUM_SAME_JSON_FORMAT",
            _ => "MESSAGE_SAME_JSON_FORMAT",
        })
    },
    remedy: no_remedy,
    shown: Shown::Nothing,
};

pub(super) static MESSAGE_FIELDS_REORDERED: Facts = Facts {
    id: Id::Is("message-fields-reordered"),
    nature: Nature::Changed,
    place: |_| Place::Elements,
    says: |change, cx| format!("{} has its fields in another order", either(change, cx)),
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("MESSAGE_SAME_FIELD_ORDER"),
    remedy: |_, _| Some(Remedy::Advice("write the fields in the order that they had".to_owned())),
    shown: Shown::Nothing,
};

fn message(kind: &Kind) -> Option<MessageId> {
    if let Kind::OneofRemoved { message, .. } = kind { Some(*message) } else { None }
}

/// The range a change is about.
fn range(kind: &Kind) -> Option<Range> {
    match kind {
        Kind::ReservedRangeRemoved { range, .. }
        | Kind::ReservedRangeAdded { range }
        | Kind::ExtensionRangeRemoved { range, .. }
        | Kind::ExtensionRangeAdded { range } => Some(*range),
        _ => None,
    }
}

/// What is missing of it.
fn missing(kind: &Kind) -> &[Range] {
    match kind {
        Kind::ReservedRangeRemoved { missing, .. } | Kind::ExtensionRangeRemoved { missing, .. } => missing,
        _ => &[],
    }
}

/// Numbers of some ranges that nothing in a message or enum has.
fn unused(ranges: &[Range], schema: &Schema, holder: Element) -> Vec<Range> {
    let mut used: Vec<i32> = match holder {
        Element::Message(id) => schema.message(id).fields.iter().map(|f| schema.field(*f).number).collect(),
        Element::Enum(id) => schema.enum_(id).values.iter().map(|v| schema.value(*v).number).collect(),
        _ => Vec::new(),
    };
    used.sort_unstable();
    let mut free = Vec::new();
    for range in ranges {
        let mut start = Some(range.start);
        for number in used.iter().copied().filter(|n| range.contains(*n)) {
            if let Some(first) = start.filter(|first| *first < number) {
                free.push(Range { start: first, end: number - 1 });
            }
            start = number.checked_add(1);
        }
        if let Some(start) = start.filter(|start| *start <= range.end) {
            free.push(Range { start, end: range.end });
        }
    }
    free
}

/// Whether anything in a message or enum has a name.
fn uses_name(schema: &Schema, holder: Element, name: &str) -> bool {
    match holder {
        Element::Message(id) => schema.field_by_name(id, name).is_some(),
        Element::Enum(id) => schema.value_by_name(id, name).is_some(),
        _ => false,
    }
}

/// The reserved name a change is about.
fn name(kind: &Kind) -> &str {
    if let Kind::ReservedNameRemoved { name } | Kind::ReservedNameAdded { name } = kind { name } else { "" }
}

fn whole_text(change: &Change) -> String {
    range(&change.kind).map(|r| range_text(is_enum(change), r)).unwrap_or_default()
}

fn missing_text(change: &Change) -> String {
    range(&change.kind).map(|r| lost(is_enum(change), r, missing(&change.kind))).unwrap_or_default()
}

fn is_enum(change: &Change) -> bool {
    matches!(change.old.or(change.new), Some(Element::Enum(_)))
}

fn holder(change: &Change, cx: &Cx<'_>) -> Holder {
    Holder { name: old_name(change, cx), is_enum: is_enum(change) }
}

fn among(kind: &Kind) -> Option<String> {
    match range(kind) {
        Some(range) => Some(format!("{:011}-{:011}", range.start, range.end)),
        None => Some(name(kind).to_owned()),
    }
}

fn apart(change: &Change, _: &Cx<'_>) -> String {
    let text = |r: &Range| format!("{}-{}", r.start, r.end);
    match (&change.kind, range(&change.kind)) {
        (
            Kind::ReservedRangeRemoved { missing, .. } | Kind::ExtensionRangeRemoved { missing, .. },
            Some(r),
        ) => {
            format!("{} {}", text(&r), missing.iter().map(text).collect::<Vec<_>>().join(" "))
        }
        (_, Some(range)) => text(&range),
        (kind, None) => name(kind).to_owned(),
    }
}

fn no_delete(change: &Change, _: &Cx<'_>) -> Option<&'static str> {
    Some(match change.old? {
        Element::Enum(_) => "RESERVED_ENUM_NO_DELETE",
        _ => "RESERVED_MESSAGE_NO_DELETE",
    })
}

fn json_format(format: JsonFormat) -> &'static str {
    match format {
        JsonFormat::Allow => "ALLOW",
        _ => "LEGACY_BEST_EFFORT",
    }
}
