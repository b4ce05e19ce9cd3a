//! The answer of a method whose response type is not its request type: a valid message that says nothing.

use bytes::{BufMut as _, Bytes};

use crate::schema::{Cardinality, Field, Kind, MessageId, Schema};

/// How deep required messages are followed; a type that requires itself has no valid message at all.
const MAX_DEPTH: usize = 32;

/// A message with its required fields and nothing else.
pub fn smallest(schema: &Schema, message: MessageId) -> Bytes {
    let mut out = Vec::new();
    write(schema, message, MAX_DEPTH, &mut out);
    out.into()
}

fn write(schema: &Schema, message: MessageId, depth: usize, out: &mut Vec<u8>) {
    for field in schema.fields_by_number(message) {
        if field.cardinality == Cardinality::Required && depth > 0 {
            value(schema, field, depth, out);
        }
    }
}

fn value(schema: &Schema, field: &Field, depth: usize, out: &mut Vec<u8>) {
    let number = field.number as u64;
    let mut tag = |wire: u64| varint(out, number << 3 | wire);
    match field.kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => {
            tag(1);
            out.put_bytes(0, 8);
        }
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => {
            tag(5);
            out.put_bytes(0, 4);
        }
        Kind::String | Kind::Bytes => {
            tag(2);
            out.push(0);
        }
        Kind::Message => {
            let mut inner = Vec::new();
            if let Some(id) = schema.field_message(field) {
                write(schema, id, depth - 1, &mut inner);
            }
            tag(2);
            varint(out, inner.len() as u64);
            out.extend(inner);
        }
        Kind::Group => {
            tag(3);
            if let Some(id) = schema.field_message(field) {
                write(schema, id, depth - 1, out);
            }
            varint(out, number << 3 | 4);
        }
        Kind::Enum => {
            tag(0);
            // A closed enum need not have a zero.
            let first = schema.field_enum(field).and_then(|e| schema.enum_(e).values.first());
            varint(out, first.map_or(0, |v| i64::from(schema.value(*v).number) as u64));
        }
        _ => {
            tag(0);
            out.push(0);
        }
    }
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
