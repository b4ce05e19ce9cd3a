//! How changes and elements are told: in one voice.
//!
//! A message starts with the noun of the element, names numbers, names and types, and has no full stop. Names of
//! elements are in full, so that a line can stand alone in a log.

use super::{Comeback, Otherwise, Past, Structure, Was};
use crate::diff::{Change, Cx, Remedy};
use crate::schema::{Element, Field, FieldId, MessageId, Range, Schema};
use crate::text::few;

/// The element on the old side.
pub(super) fn old(change: &Change, cx: &Cx<'_>) -> String {
    change.old.map(|e| text(cx.old, e)).unwrap_or_default()
}

/// The element on the new side.
pub(super) fn new(change: &Change, cx: &Cx<'_>) -> String {
    change.new.map(|e| text(cx.new, e)).unwrap_or_default()
}

/// The old element, as long as there is one.
pub(super) fn either(change: &Change, cx: &Cx<'_>) -> String {
    if change.old.is_some() { old(change, cx) } else { new(change, cx) }
}

/// The full name of the element on the old side.
pub(super) fn old_name(change: &Change, cx: &Cx<'_>) -> String {
    change.old.map(|e| cx.old.full_name(e)).unwrap_or_default()
}

/// The full name of the element on the new side.
pub(super) fn new_name(change: &Change, cx: &Cx<'_>) -> String {
    change.new.map(|e| cx.new.full_name(e)).unwrap_or_default()
}

/// What is new.
pub(super) fn added(change: &Change, cx: &Cx<'_>) -> String {
    format!("{} was added{}", new(change, cx), otherwise(change))
}

/// What an earlier published version had under the name of an addition.
fn otherwise(change: &Change) -> String {
    let Some(first) = change.otherwise.first() else { return String::new() };
    let more = match change.otherwise.len() - 1 {
        0 => String::new(),
        n => format!(", and {n} more such"),
    };
    format!(", though {}{more}", was(first))
}

/// What a published version had, in words.
pub(crate) fn was(otherwise: &Otherwise) -> String {
    let Otherwise { version, symbol, was } = otherwise;
    match was {
        Was::Kind { noun } => format!("{version} had {} of that name", with_article(noun)),
        Was::Holder { number, past, .. } if past.type_text.is_empty() => {
            format!("{version} used {number} of `{symbol}` for `{}`", past.name)
        }
        Was::Holder { number, past, .. } => {
            format!("{version} used {number} of `{symbol}` for `{}` (`{}`)", past.name, past.type_text)
        }
        Was::At { number } => format!("{version} had it at {number}"),
        Was::Call { signature, .. } => format!("{version} had `{symbol}` with `{signature}`"),
    }
}

fn with_article(noun: &str) -> String {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { format!("an {noun}") } else { format!("a {noun}") }
}

/// The same for a fingerprint: not which version it was, for that may be another one with the next tag.
pub(super) fn was_otherwise(change: &Change, _: &Cx<'_>) -> String {
    let one = |otherwise: &Otherwise| was(&Otherwise { version: "".into(), ..otherwise.clone() });
    change.otherwise.iter().map(one).collect()
}

/// The way out for what comes back as something else.
pub(super) fn as_it_was(change: &Change, _: &Cx<'_>) -> Option<Remedy> {
    let Otherwise { version, .. } = change.otherwise.first()?;
    Some(Remedy::Advice(format!(
        "make it again what it was in {version}, or take a name that was never used"
    )))
}

/// What is gone.
pub(super) fn removed(change: &Change, cx: &Cx<'_>) -> String {
    format!("{} was removed", old(change, cx))
}

/// How an addition came: most are new, some are back.
pub(super) fn came(change: &Change) -> &'static str {
    match change.published() {
        Some(past) if past.comeback == Comeback::Same => "is back",
        _ => "was added",
    }
}

/// What an earlier published version used the number of an addition for.
pub(super) fn used(change: &Change) -> String {
    let Some(past) = change.published() else { return String::new() };
    let Past { version, name, type_text, comeback, .. } = past;
    match (comeback, &**type_text) {
        (Comeback::Same, _) => format!(", as it was in {version}"),
        (_, "") => format!(", though {version} used the number for `{name}`"),
        (_, type_text) => format!(", though {version} used the number for `{name}` (`{type_text}`)"),
    }
}

/// An element as messages name it: ``field 3 (`amount`) of `pay.v1.Charge` ``.
pub(crate) fn text(schema: &Schema, element: Element) -> String {
    match element {
        Element::Field(id) => {
            let field = schema.field(id);
            if let Some((map, Some(part))) = map_of(schema, element) {
                let map = schema.full_name(Element::Field(map));
                return format!("field {} (`{part}`) of map `{map}`", field.number);
            }
            format!(
                "{} {} (`{}`) of `{}`",
                schema.noun(element),
                field.number,
                field_name(schema, id),
                holder(schema, field)
            )
        }
        Element::EnumValue(id) => {
            let value = schema.value(id);
            let holder = &schema.enum_(value.parent).full_name;
            format!("enum value {} (`{}`) of `{holder}`", value.number, value.name)
        }
        other => format!("{} `{}`", schema.noun(other), schema.full_name(other)),
    }
}

/// The map field that an entry message or one of its fields belongs to, and which of the two fields it is.
pub(crate) fn map_of(schema: &Schema, element: Element) -> Option<(FieldId, Option<&'static str>)> {
    let (entry, part) = match element {
        Element::Message(id) => (id, None),
        Element::Field(id) => {
            let field = schema.field(id);
            if field.is_extension() {
                return None;
            }
            (field.parent?, Some(if field.number == 1 { "key" } else { "value" }))
        }
        _ => return None,
    };
    let message = schema.message(entry);
    if !message.map_entry {
        return None;
    }
    let map = schema.field_by_type(message.parent?, &message.full_name)?;
    Some((map, part))
}

/// Whether a field is the key or value that the compiler made for a map.
pub(crate) fn in_map_entry(schema: &Schema, field: &Field) -> bool {
    !field.is_extension() && field.parent.is_some_and(|p: MessageId| schema.message(p).map_entry)
}

/// The fields on both sides of a change.
pub(crate) fn fields<'a>(change: &Change, cx: &Cx<'a>) -> Option<(&'a Field, &'a Field)> {
    let (old, new) = change.fields()?;
    Some((cx.old.field(old), cx.new.field(new)))
}

/// The type of a field as a person writes it, maps included.
pub(super) fn type_text(schema: &Schema, element: Option<Element>) -> String {
    let Some(Element::Field(id)) = element else { return String::new() };
    let field = schema.field(id);
    match schema.map_entry(field) {
        Some((key, value)) => {
            format!("map<{}, {}>", schema.field(key).type_text(), schema.field(value).type_text())
        }
        None => field.type_text().to_owned(),
    }
}

/// Names in backticks, with commas.
pub(crate) fn few_names(list: &[Box<str>]) -> String {
    format!("`{}`", few(list, "`, `"))
}

/// Numbers as in a `reserved` line of a message or an enum.
pub(crate) fn range_text(is_enum: bool, range: Range) -> String {
    // The highest field number, unless it is an enum.
    let last = if is_enum { i32::MAX } else { 536_870_911 };
    match (range.start, range.end) {
        (start, end) if start == end => start.to_string(),
        (start, end) if end >= last => format!("{start} to max"),
        (start, end) => format!("{start} to {end}"),
    }
}

pub(super) fn shape_note(structure: Structure) -> &'static str {
    match structure {
        Structure::Identical => ", which has the same shape",
        Structure::SameWire => ", which has the same numbers and types under other names",
        Structure::NotComparable | Structure::Different => "",
    }
}

/// What of a range is missing.
pub(super) fn lost(is_enum: bool, range: Range, missing: &[Range]) -> String {
    let list: Vec<String> = missing.iter().map(|r| range_text(is_enum, *r)).collect();
    let whole = range_text(is_enum, range);
    let list = list.join(", ");
    if list == whole { list } else { format!("{list} (of {whole})") }
}

/// The simple name of a field, the full name of an extension.
pub(super) fn field_name(schema: &Schema, id: FieldId) -> String {
    let field = schema.field(id);
    if field.is_extension() { schema.full_name(Element::Field(id)) } else { field.name.to_string() }
}

/// The message a field belongs to; for an extension the one it extends.
pub(super) fn holder<'a>(schema: &'a Schema, field: &'a Field) -> &'a str {
    match (&field.extendee, field.parent) {
        (Some(extendee), _) => extendee,
        (None, Some(parent)) => &schema.message(parent).full_name,
        (None, None) => "",
    }
}

/// A text that fits on the line: option values may be whole documents.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(LONGEST).collect();
    cut.push('…');
    cut
}
