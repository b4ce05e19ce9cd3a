//! Names for changes that survive a rebase: nothing of a text, a line or a file goes into them.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::diff::{Change, Cx};
use crate::schema::{Element, Field, Schema};

/// The first 12 hex digits of SHA-256 over the kind of change, the symbol, what the kind itself says, and the old
/// and new shape of the element.
pub fn fingerprint(change: &Change, cx: &Cx<'_>) -> String {
    let mut hash = Sha256::new();
    let facts = change.kind.facts();
    let side = |schema: &Schema, element: Option<Element>| match element {
        Some(element) if facts.whole => deep_shape(schema, element),
        Some(element) => shape(schema, element),
        None => String::new(),
    };
    let (old, new) = (side(cx.old, change.old), side(cx.new, change.new));
    for part in [change.id(cx), change.symbol(cx), (facts.apart)(change, cx), old, new] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    HEXLOWER.encode(&hash.finalize()[..6])
}

/// What an element is, apart from its place: numbers, types and names. An element with parts (a message, an
/// enum, a service) is only its name: its parts have changes of their own, and an accepted removal of a reserved
/// number must not come back with every new field.
pub fn shape(schema: &Schema, element: Element) -> String {
    match element {
        Element::File(id) => schema.file(id).package.to_string(),
        Element::Field(id) => field(schema, schema.field(id)),
        Element::EnumValue(id) => {
            let value = schema.value(id);
            format!("{} {}", value.number, value.name)
        }
        Element::Method(id) => {
            let method = schema.method(id);
            let stream = |is: bool| if is { "stream " } else { "" };
            format!(
                "{} {}{} {}{}",
                method.name,
                stream(method.client_streaming),
                method.input,
                stream(method.server_streaming),
                method.output
            )
        }
        Element::Message(_) | Element::Oneof(_) | Element::Enum(_) | Element::Service(_) => {
            schema.full_name(element)
        }
    }
}

fn field(schema: &Schema, field: &Field) -> String {
    let oneof = field.oneof.map(|o| schema.oneof(o).name.as_ref()).unwrap_or_default();
    format!(
        "{} {} {} {} {} {:?} {oneof}",
        field.number,
        field.name,
        field.kind.as_str(),
        field.type_name.as_deref().unwrap_or_default(),
        field.cardinality.as_str(),
        field.default,
    )
}

/// A type with its parts.
fn deep_shape(schema: &Schema, element: Element) -> String {
    let parts: Vec<Element> = match element {
        Element::Message(id) => schema.message(id).fields.iter().map(|f| Element::Field(*f)).collect(),
        Element::Oneof(id) => schema.oneof(id).fields.iter().map(|f| Element::Field(*f)).collect(),
        Element::Enum(id) => schema.enum_(id).values.iter().map(|v| Element::EnumValue(*v)).collect(),
        Element::Service(id) => schema.service(id).methods.iter().map(|m| Element::Method(*m)).collect(),
        _ => return shape(schema, element),
    };
    let mut parts: Vec<String> = parts.into_iter().map(|p| shape(schema, p)).collect();
    parts.sort();
    format!("{} {{{}}}", shape(schema, element), parts.join("; "))
}
