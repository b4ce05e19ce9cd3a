//! Kinds of changes of fields and extensions.

use super::facts::{Facts, Id, Place, Shown, no_more, no_remedy, once};
use super::numbers;
use super::wording::{
    came, field_name, fields, new, old, old_name, removed, shape_note, short, type_text, used,
};
use super::{Kind, NameChange, OneofChange, Structure};
use crate::diff::remedy::Holder;
use crate::diff::{Change, Cx, Remedy};
use crate::schema::{
    Cardinality, Element, Field, FieldId, JavaUtf8, Kind as Type, Label, MessageId, Schema, Utf8Validation,
};
use crate::words::Nature;

pub(super) static ADDED: Facts = Facts {
    id: Id::Is("field-added"),
    nature: Nature::Added,
    place: |_| Place::Elements,
    says: |change, cx| {
        let required = if is_required(cx.new, change.new) { " as required" } else { "" };
        let reserved = match was_reserved(&change.kind) {
            // What it was used for says more.
            _ if change.reused().is_some() => "",
            (true, true) => ", though the number and the name were reserved",
            (true, false) => ", though the number was reserved",
            (false, true) => ", though the name was reserved",
            (false, false) => "",
        };
        format!("{} {}{required}{reserved}{}", new(change, cx), came(change), used(change))
    },
    among: once,
    apart: numbers::used_for,
    whole: false,
    rule: |change, cx| {
        Some(if change.reused().is_some() {
            "FIELD_NO_REUSE"
        } else if is_required(cx.new, change.new) {
            "MESSAGE_SAME_REQUIRED_FIELDS"
        } else if was_reserved(&change.kind) != (false, false) {
            "FIELD_NO_ADD_RESERVED"
        } else {
            "FIELD_NO_ADD"
        })
    },
    remedy: added_remedy,
    shown: Shown::FieldAdded,
};

pub(super) static REMOVED: Facts = Facts {
    id: Id::Is("field-removed"),
    nature: Nature::Removed,
    place: |change| message(&change.kind).map_or(Place::Elements, Place::MissedIn),
    says: removed,
    among: once,
    apart: no_more,
    whole: false,
    rule: |change, cx| {
        let required = is_required(cx.old, change.old);
        Some(if required { "MESSAGE_SAME_REQUIRED_FIELDS" } else { "FIELD_NO_DELETE" })
    },
    remedy: removed_remedy,
    shown: Shown::FieldRemoved,
};

pub(super) static RENUMBERED: Facts = Facts {
    id: Id::Is("field-removed"),
    nature: Nature::Removed,
    place: |change| message(&change.kind).map_or(Place::Elements, Place::MissedIn),
    says: |change, cx| match renumbered(&change.kind) {
        Some(now) => format!("{} now has the number {}", old(change, cx), cx.new.field(now).number),
        None => removed(change, cx),
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FIELD_SAME_NUMBER"),
    remedy: |change, cx| {
        let field = old_field(change, cx)?;
        let now = cx.new.field(renumbered(&change.kind)?).number;
        let (message, name) = (message_name(cx.old, field), field.name.to_string());
        let Kind::FieldRemoved { number_reserved: reserved, .. } = change.kind else { return None };
        Some(Remedy::Renumber { message, name, number: field.number, now, reserved })
    },
    shown: Shown::FieldRemoved,
};

pub(super) static RENAMED: Facts = Facts {
    id: Id::OfNoun("renamed"),
    nature: Nature::Renamed,
    place: |_| Place::Part(&[1]),
    says: name_changed,
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FIELD_SAME_NAME"),
    remedy: |change, cx| {
        let (old, _) = fields(change, cx)?;
        if old.is_extension() {
            return keep_extension_name(change, cx);
        }
        Some(Remedy::KeepName { element: old_name(change, cx), name: old.name.to_string() })
    },
    shown: Shown::Field,
};

pub(super) static SWAPPED: Facts = Facts {
    id: Id::OfNoun("swapped"),
    nature: Nature::Changed,
    place: |_| Place::Part(&[1]),
    says: name_changed,
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FIELD_NO_SWAP"),
    remedy: |change, cx| {
        let (old, _) = fields(change, cx)?;
        if old.is_extension() {
            return keep_extension_name(change, cx);
        }
        let Kind::FieldNameChanged(NameChange::Swapped(other)) = &change.kind else { return None };
        let other = cx.old.field(*other);
        Some(Remedy::SwapBack {
            message: message_name(cx.old, old),
            one: (old.name.to_string(), old.number),
            other: (other.name.to_string(), other.number),
        })
    },
    shown: Shown::Field,
};

pub(super) static NUMBER_REUSED: Facts = Facts {
    id: Id::OfNoun("number-reused"),
    nature: Nature::Changed,
    place: |_| Place::Part(&[1]),
    says: name_changed,
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FIELD_NO_REUSE"),
    remedy: |change, cx| {
        let (old, new) = fields(change, cx)?;
        if old.is_extension() {
            return keep_extension_name(change, cx);
        }
        Some(Remedy::MoveAway {
            message: message_name(cx.new, new),
            old_name: old.name.to_string(),
            new_name: new.name.to_string(),
            number: old.number,
            free: match &change.kind {
                // What is there now goes back to where it was.
                Kind::FieldNameChanged(NameChange::Reused { was: Some(was), .. }) => {
                    Some(cx.old.field(*was).number)
                }
                _ => numbers::free(cx, new),
            },
        })
    },
    shown: Shown::Field,
};

pub(super) static TYPE_CHANGED: Facts = Facts {
    id: Id::OfNoun("type-changed"),
    nature: Nature::Changed,
    place: |_| Place::FieldType,
    says: |change, cx| {
        let element = old(change, cx);
        let (a, b) = (type_text(cx.old, change.old), type_text(cx.new, change.new));
        if a == b {
            let (a, b) = (encoding(cx.old, change.old), encoding(cx.new, change.new));
            return format!("{element} was encoded {a}, is now encoded {b}");
        }
        format!("{element} was `{a}`, is now `{b}`{}", shape_note(structure(&change.kind)))
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FIELD_SAME_TYPE"),
    remedy: |change, cx| {
        let (old, new) = fields(change, cx)?;
        // As it is written: the entry of a map is no type to name.
        let (field, old_type) = (old_name(change, cx), type_text(cx.old, change.old));
        Some(match structure(&change.kind) {
            Structure::Identical | Structure::SameWire => Remedy::KeepType { field, old_type },
            Structure::NotComparable | Structure::Different => Remedy::AddFieldOfType {
                field,
                name: old.name.to_string(),
                old_type,
                new_type: type_text(cx.new, change.new),
                free: numbers::free(cx, new),
            },
        })
    },
    shown: Shown::Field,
};

pub(super) static CARDINALITY_CHANGED: Facts = Facts {
    id: Id::OfNoun("cardinality-changed"),
    nature: Nature::Changed,
    place: |_| Place::Elements,
    says: |change, cx| match fields(change, cx) {
        Some((a, b)) => {
            let (a, b) = (a.cardinality.as_str(), b.cardinality.as_str());
            format!("{} was {a}, is now {b}", old(change, cx))
        }
        None => old(change, cx),
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FIELD_SAME_CARDINALITY"),
    remedy: |change, cx| {
        let (old, new) = fields(change, cx)?;
        Some(Remedy::KeepCardinality {
            field: old_name(change, cx),
            name: old.name.to_string(),
            cardinality: old.cardinality,
            old_type: type_text(cx.old, change.old),
            free: numbers::free(cx, new),
        })
    },
    shown: Shown::Field,
};

pub(super) static REQUIRED_RESPELLED: Facts = Facts {
    id: Id::Is("field-required-respelled"),
    nature: Nature::Changed,
    place: |change| message(&change.kind).map_or(Place::Elements, Place::Keyword),
    says: |change, cx| {
        let now = matches!(change.new, Some(Element::Field(id)) if cx.new.field(id).label == Label::Required);
        let [a, b] = ["with the keyword", "with a feature"];
        let (a, b) = if now { (b, a) } else { (a, b) };
        format!("{} was required {a}, is now required {b}", old(change, cx))
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("MESSAGE_SAME_REQUIRED_FIELDS"),
    remedy: |change, cx| {
        let (old, _) = fields(change, cx)?;
        Some(Remedy::KeepRequired {
            field: old_name(change, cx),
            name: old.name.to_string(),
            keyword: old.label == Label::Required,
        })
    },
    shown: Shown::Field,
};

pub(super) static JSON_NAME_CHANGED: Facts = Facts {
    id: Id::Is("field-json-name-changed"),
    nature: Nature::Changed,
    place: |_| Place::Written(&[&[10]]),
    says: |change, cx| match fields(change, cx) {
        Some((a, b)) => {
            format!("{} had the JSON name `{}`, has now `{}`", old(change, cx), a.json_name, b.json_name)
        }
        None => old(change, cx),
    },
    among: once,
    apart: |change, cx| match fields(change, cx) {
        Some((old, new)) => format!("{} {}", old.json_name, new.json_name),
        None => String::new(),
    },
    whole: false,
    rule: |_, _| Some("FIELD_SAME_JSON_NAME"),
    remedy: |change, cx| {
        let (old, new) = fields(change, cx)?;
        let owner = new.parent.and_then(|message| cx.new.field_by_key(message, &old.json_name));
        if let Some(owner) = owner.map(|id| cx.new.field(id)).filter(|owner| owner.number != new.number) {
            let (key, owner, number) = (&old.json_name, &owner.name, owner.number);
            return Some(Remedy::Advice(if *owner == old.name {
                format!(
                    "give `{owner}` its number {} back: it took the key `{key}` along to {number}",
                    old.number
                )
            } else {
                format!("give `{owner}` another key: it has `{key}` now, at {number}")
            }));
        }
        Some(Remedy::KeepJsonName {
            message: message_name(cx.new, new),
            name: new.name.to_string(),
            number: new.number,
            json_name: old.json_name.to_string(),
        })
    },
    shown: Shown::Field,
};

pub(super) static DEFAULT_CHANGED: Facts = Facts {
    id: Id::OfNoun("default-changed"),
    nature: Nature::Changed,
    place: |_| Place::Written(&[&[7]]),
    says: |change, cx| {
        let element = old(change, cx);
        let Kind::FieldDefaultChanged { old, new } = &change.kind else { return element };
        let shown = |text: &str| match text {
            "" => "an empty default".to_owned(),
            text => format!("the default `{}`", short(text)),
        };
        format!("{element} had {}, has now {}", shown(old), shown(new))
    },
    among: once,
    apart: |change, _| match &change.kind {
        Kind::FieldDefaultChanged { old, new } => format!("{old} {new}"),
        _ => String::new(),
    },
    whole: false,
    rule: |_, _| Some("FIELD_SAME_DEFAULT"),
    remedy: |change, cx| {
        let Kind::FieldDefaultChanged { old: value, .. } = &change.kind else { return None };
        let (old, new) = fields(change, cx)?;
        // Where neither has one of its own, the first value of the enum is another one now.
        let value = (old.default.is_some() || new.default.is_none()).then(|| value.to_string());
        Some(Remedy::KeepDefault { field: old_name(change, cx), name: old.name.to_string(), value })
    },
    shown: Shown::FieldAbsent,
};

pub(super) static ONEOF_CHANGED: Facts = Facts {
    id: Id::Is("field-oneof-changed"),
    nature: Nature::Moved,
    place: |_| Place::Elements,
    says: |change, cx| {
        let element = old(change, cx);
        let name = |schema: &Schema, id| schema.oneof(id).name.to_string();
        match change.kind {
            Kind::FieldOneofChanged(OneofChange::JoinedAlone(o)) => {
                format!("{element} moved into oneof `{}`", name(cx.new, o))
            }
            Kind::FieldOneofChanged(OneofChange::JoinedOthers(o)) => {
                format!("{element} moved into oneof `{}`, which holds other old fields", name(cx.new, o))
            }
            Kind::FieldOneofChanged(OneofChange::Left(o)) => {
                format!("{element} moved out of oneof `{}`", name(cx.old, o))
            }
            Kind::FieldOneofChanged(OneofChange::Switched { from, to, .. }) => {
                format!("{element} was in oneof `{}`, is now in `{}`", name(cx.old, from), name(cx.new, to))
            }
            _ => element,
        }
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FIELD_SAME_ONEOF"),
    remedy: |change, cx| {
        let Kind::FieldOneofChanged(how) = change.kind else { return None };
        let (old, new) = fields(change, cx)?;
        let (field, name) = (old_name(change, cx), old.name.to_string());
        Some(match how {
            OneofChange::JoinedAlone(_) | OneofChange::JoinedOthers(_) => {
                Remedy::LeaveOutside { field, name, free: numbers::free(cx, new) }
            }
            OneofChange::Left(o) | OneofChange::Switched { from: o, .. } => {
                Remedy::LeaveInOneof { field, name, oneof: cx.old.oneof(o).name.to_string() }
            }
        })
    },
    shown: Shown::Oneof,
};

pub(super) static PACKED_CHANGED: Facts = Facts {
    id: Id::OfNoun("packed-changed"),
    nature: Nature::Changed,
    place: |_| Place::Written(&[&[8, 2], &[8, 21, 3], &[8, 21]]),
    says: |change, cx| {
        let now = new_field(change, cx).is_some_and(|f| f.packed);
        let [a, b] = if now { ["expanded", "packed"] } else { ["packed", "expanded"] };
        format!("{} was written {a}, is now {b}", old(change, cx))
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FIELD_SAME_PACKED"),
    remedy: |change, cx| {
        let (old, _) = fields(change, cx)?;
        Some(Remedy::Packed { field: old_name(change, cx), name: old.name.to_string(), packed: old.packed })
    },
    shown: Shown::Field,
};

pub(super) static UTF8_VALIDATION_CHANGED: Facts = Facts {
    id: Id::OfNoun("utf8-validation-changed"),
    nature: Nature::Changed,
    place: |_| Place::Written(&[&[8, 21, 4], &[8, 21]]),
    says: |change, cx| {
        let now = new_field(change, cx).is_some_and(|f| f.features.utf8_validation == Utf8Validation::Verify);
        checked(&old(change, cx), "checked to be UTF-8", now)
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FIELD_SAME_UTF8_VALIDATION"),
    remedy: no_remedy,
    shown: Shown::Field,
};

pub(super) static JAVA_UTF8_CHANGED: Facts = Facts {
    id: Id::OfNoun("java-utf8-validation-changed"),
    nature: Nature::Changed,
    place: |_| Place::JavaUtf8,
    says: |change, cx| {
        let now = new_field(change, cx).is_some_and(|f| f.java_utf8 == JavaUtf8::Verify);
        checked(&old(change, cx), "checked to be UTF-8 by Java", now)
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FIELD_SAME_JAVA_UTF8_VALIDATION"),
    remedy: no_remedy,
    shown: Shown::Field,
};

pub(super) static JAVA_ENUM_TYPE_CHANGED: Facts = Facts {
    id: Id::OfNoun("java-enum-type-changed"),
    nature: Nature::Changed,
    place: |_| Place::Written(&[&[8, 21, 1001, 1], &[8, 21]]),
    says: |change, cx| {
        let now = new_field(change, cx).is_some_and(|f| f.java_closes_enums);
        checked(&old(change, cx), "of an enum that Java takes for closed", now)
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FIELD_SAME_JAVA_ENUM_TYPE"),
    remedy: no_remedy,
    shown: Shown::Field,
};

pub(super) static CPP_STRING_TYPE_CHANGED: Facts = Facts {
    id: Id::OfNoun("cpp-string-type-changed"),
    nature: Nature::Changed,
    place: |_| Place::Written(&[&[8, 1], &[8, 21, 1000, 2], &[8, 21]]),
    says: |change, cx| match fields(change, cx) {
        Some((a, b)) => {
            let (a, b) = (a.cpp_string_type.as_str(), b.cpp_string_type.as_str());
            format!("{} had the C++ string type `{a}`, has now `{b}`", old(change, cx))
        }
        None => old(change, cx),
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FIELD_SAME_CPP_STRING_TYPE"),
    remedy: no_remedy,
    shown: Shown::Field,
};

pub(super) static JS_TYPE_CHANGED: Facts = Facts {
    id: Id::OfNoun("jstype-changed"),
    nature: Nature::Changed,
    place: |_| Place::Written(&[&[8, 6]]),
    says: |change, cx| match fields(change, cx) {
        Some((a, b)) => {
            format!("{} had the `jstype` `{}`, has now `{}`", old(change, cx), jstype(a), jstype(b))
        }
        None => old(change, cx),
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("FIELD_SAME_JSTYPE"),
    remedy: no_remedy,
    shown: Shown::Field,
};

fn old_field<'a>(change: &Change, cx: &Cx<'a>) -> Option<&'a Field> {
    if let Some(Element::Field(id)) = change.old { Some(cx.old.field(id)) } else { None }
}

fn new_field<'a>(change: &Change, cx: &Cx<'a>) -> Option<&'a Field> {
    if let Some(Element::Field(id)) = change.new { Some(cx.new.field(id)) } else { None }
}

/// The message on the new side that a change of a field is missed in.
fn message(kind: &Kind) -> Option<MessageId> {
    match kind {
        Kind::FieldRemoved { message, .. } | Kind::FieldRequiredRespelled { message } => Some(*message),
        _ => None,
    }
}

fn renumbered(kind: &Kind) -> Option<FieldId> {
    if let Kind::FieldRemoved { renumbered, .. } = kind { *renumbered } else { None }
}

/// Whether the number and the name of an added field were reserved.
fn was_reserved(kind: &Kind) -> (bool, bool) {
    match kind {
        Kind::FieldAdded { number_was_reserved, name_was_reserved, .. } => {
            (*number_was_reserved, *name_was_reserved)
        }
        _ => (false, false),
    }
}

fn structure(kind: &Kind) -> Structure {
    if let Kind::FieldTypeChanged(structure) = kind { *structure } else { Structure::NotComparable }
}

fn is_required(schema: &Schema, element: Option<Element>) -> bool {
    matches!(element, Some(Element::Field(id)) if schema.field(id).cardinality == Cardinality::Required)
}

/// The full name of the message a field is declared in.
fn message_name(schema: &Schema, field: &Field) -> String {
    field.parent.map(|m| schema.message(m).full_name.to_string()).unwrap_or_default()
}

fn added_remedy(change: &Change, cx: &Cx<'_>) -> Option<Remedy> {
    let field = new_field(change, cx)?;
    if change.reused().is_some() {
        let holder = Holder { name: cx.new.message(field.parent?).full_name.to_string(), is_enum: false };
        return numbers::reused(change, holder, (&field.name, field.number), numbers::free_field(cx, field));
    }
    let (message, name) = (message_name(cx.new, field), field.name.to_string());
    Some(match (numbers::free(cx, field), was_reserved(&change.kind)) {
        _ if field.cardinality == Cardinality::Required => {
            Remedy::Advice(format!("make `{name}` optional and check it in code"))
        }
        (Some(free), (true, false)) => Remedy::TakeNumber { message, name, number: field.number, free },
        (Some(free), (true, true)) => Remedy::TakeNameAndNumber { message, name, number: field.number, free },
        (_, (false, true)) => Remedy::Advice("take a name that was never used".to_owned()),
        _ => Remedy::Advice(format!("update readers first, then start to write `{name}`")),
    })
}

fn removed_remedy(change: &Change, cx: &Cx<'_>) -> Option<Remedy> {
    let field = old_field(change, cx)?;
    let Kind::FieldRemoved { number_reserved, name_reserved, .. } = change.kind else { return None };
    if field.cardinality == Cardinality::Required {
        let name = &field.name;
        return Some(Remedy::Advice(format!(
            "keep `{name}` as it was for as long as anybody has the old version: whoever requires it refuses a message without it"
        )));
    }
    Some(Remedy::Restore {
        element: old_name(change, cx),
        names: vec![field.name.clone()],
        number: field.number,
        reserved: number_reserved || name_reserved,
        then: reservation(field).to_string(),
    })
}

/// What reserves a field that is gone, as far as it is not reserved.
pub(in crate::diff) fn reserve(change: &Change, cx: &Cx<'_>) -> Option<Remedy> {
    let field = old_field(change, cx)?;
    let Kind::FieldRemoved { number_reserved, name_reserved, renumbered: None, .. } = change.kind else {
        return None;
    };
    Some(Remedy::Reserve {
        holder: Holder { name: message_name(cx.old, field), is_enum: false },
        numbers: if number_reserved { Vec::new() } else { vec![numbers::one(field.number)] },
        names: if name_reserved { Vec::new() } else { vec![field.name.clone()] },
    })
    .filter(|_| !(number_reserved && name_reserved))
}

/// What keeps at least the key of a field that has another name; where that stays there is nothing to pin.
pub(in crate::diff) fn keep_key(change: &Change, cx: &Cx<'_>) -> Option<Remedy> {
    let (old, new) = fields(change, cx)?;
    let pinned = !old.is_extension() && old.json_name != new.json_name;
    pinned.then(|| Remedy::KeepFieldName {
        message: message_name(cx.old, old),
        number: old.number,
        name: old.name.to_string(),
        json_name: old.json_name.to_string(),
    })
}

fn reservation(field: &Field) -> String {
    format!("reserved {}; reserved \"{}\";", field.number, field.name)
}

fn keep_extension_name(change: &Change, cx: &Cx<'_>) -> Option<Remedy> {
    let name = old_name(change, cx);
    Some(Remedy::KeepName { element: name.clone(), name })
}

fn name_changed(change: &Change, cx: &Cx<'_>) -> String {
    let (Kind::FieldNameChanged(how), Some((old_id, new_id))) = (&change.kind, change.fields()) else {
        return String::new();
    };
    let a = cx.old.field(old_id);
    let noun = cx.old.noun(Element::Field(old_id));
    let was = field_name(cx.old, old_id);
    let mut message = format!(
        "{noun} {} of `{}` was `{was}`, is now `{}`",
        a.number,
        super::wording::holder(cx.old, a),
        field_name(cx.new, new_id)
    );
    match how {
        NameChange::Renamed => {}
        NameChange::Swapped(other) => {
            message.push_str(&format!(", and {} the other way round", cx.old.field(*other).number));
        }
        NameChange::Reused { was: from, now: to } => {
            if let Some(from) = from {
                message.push_str(&format!(", which was {}", cx.old.field(*from).number));
            }
            if let Some(to) = to {
                message.push_str(&format!("; `{was}` is now {}", cx.new.field(*to).number));
            }
        }
    }
    message
}

/// The value of `jstype`.
fn jstype(field: &Field) -> &'static str {
    use buffa_descriptor::generated::descriptor::field_options::JSType;
    match field.options.as_deref().and_then(|o| o.jstype) {
        None | Some(JSType::JS_NORMAL) => "JS_NORMAL",
        Some(JSType::JS_STRING) => "JS_STRING",
        Some(JSType::JS_NUMBER) => "JS_NUMBER",
    }
}

fn checked(what: &str, how: &str, now: bool) -> String {
    if now { format!("{what} was not {how}, now is") } else { format!("{what} was {how}, is no longer") }
}

fn encoding(schema: &Schema, element: Option<Element>) -> &'static str {
    match element {
        Some(Element::Field(id)) if schema.field(id).kind == Type::Group => "as a group",
        Some(Element::Field(_)) => "with its length",
        _ => "",
    }
}
