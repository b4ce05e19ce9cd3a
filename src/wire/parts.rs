//! Encoded data field by field, with what both sides call each field.

use std::ops::Range;

use super::decode::{Input, unknown};
use super::reader::Reader;
use super::value::field_at;
use crate::schema::{Kind, MessageId, Schema};

/// How deep messages in messages are taken apart: witnesses are small, and nobody reads on.
const MAX_DEPTH: usize = 4;

/// One field of encoded data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The number on the wire.
    pub number: i32,
    /// Where it lies in the data, with its tag.
    pub bytes: Range<usize>,
    /// Where what it holds begins: after the tag, and after the length where there is one.
    pub value: usize,
    /// What it is for the writer; `None` where the writer has no such field.
    pub written: Option<FieldName>,
    /// What it is for the reader.
    pub read: Option<FieldName>,
    /// The fields of the message that it holds, where it holds one for the writer.
    pub inside: Vec<Part>,
}

/// A field by name and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldName {
    /// The name; of an extension the full one in brackets.
    pub name: String,
    /// The type as a person writes it.
    pub type_text: String,
}

/// A side: its schema, and the message that the data is there, if it has one.
type Side<'a> = (&'a Schema, Option<MessageId>);

/// The fields of encoded data, in the order in which they lie there. What comes after something that is no field is left
/// out.
pub(crate) fn parts(write: Side<'_>, read: Side<'_>, bytes: &[u8]) -> Vec<Part> {
    apart(write, read, bytes, 0, 0)
}

fn apart(write: Side<'_>, read: Side<'_>, bytes: &[u8], offset: usize, depth: usize) -> Vec<Part> {
    let mut input = Input { bytes, reader: Reader::SPEC };
    let mut out = Vec::new();
    while !input.bytes.is_empty() {
        let at = |input: &Input<'_>| bytes.len() - input.bytes.len();
        let start = at(&input);
        let Ok((number, wire)) = input.tag() else { return out };
        let mut after_head = input;
        if unknown(&mut input, number, wire, depth).is_err() {
            return out;
        }
        let held = (wire == 2).then(|| after_head.blob().ok()).flatten();
        let value = held.map_or(at(&after_head), |held| at(&after_head) - held.len());
        let (written, inner_write) = named(write, number);
        let (known, inner_read) = named(read, number);
        let inside = match held.filter(|_| inner_write.1.is_some() && depth < MAX_DEPTH) {
            Some(held) => apart(inner_write, inner_read, held, offset + value, depth + 1),
            None => Vec::new(),
        };
        let bytes = offset + start..offset + at(&input);
        out.push(Part { number, bytes, value: offset + value, written, read: known, inside });
    }
    out
}

/// What a side calls a field, and the message it holds there.
fn named((schema, message): Side<'_>, number: i32) -> (Option<FieldName>, Side<'_>) {
    let Some(id) = message.and_then(|message| field_at(schema, message, number)) else {
        return (None, (schema, None));
    };
    let field = schema.field(id);
    let name = match field.is_extension() {
        true => super::value::extension_name(schema, id),
        false => field.name.to_string(),
    };
    let inner = (field.kind == Kind::Message).then(|| schema.field_message(field)).flatten();
    (Some(FieldName { name, type_text: field.type_text().to_owned() }), (schema, inner))
}
