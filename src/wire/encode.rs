//! Trees to bytes: fields by number, unknown ones last, lists packed where the schema says so.
//!
//! Source: the encoding guide (<https://protobuf.dev/programming-guides/encoding/>).

use super::value::{Slot, Tree, Unknown, UnknownData, Value, field_at, is_message_set, is_zero};
use crate::compile::encode::{self, varint};
use crate::schema::{Field, Kind, Schema};

/// The bytes of a message. Fields that the schema does not have are left out: a tree made for another schema has
/// no meaning here.
pub fn encode(schema: &Schema, tree: &Tree) -> Vec<u8> {
    let mut out = Vec::new();
    message(schema, tree, &mut out);
    out
}

fn message(schema: &Schema, tree: &Tree, out: &mut Vec<u8>) {
    let set = is_message_set(schema, tree.message);
    for (number, slot) in &tree.fields {
        let Some(id) = field_at(schema, tree.message, *number) else { continue };
        let field = schema.field(id);
        match slot {
            Slot::One(Value::Message(inner)) if set => {
                tag(1, 3, out);
                tag(2, 0, out);
                varint(out, *number as u64);
                tag(3, 2, out);
                let mut bytes = Vec::new();
                message(schema, inner, &mut bytes);
                blob(&bytes, out);
                tag(1, 4, out);
            }
            Slot::One(value) => one(schema, field, value, out),
            Slot::List(values) if field.packed && field.kind.is_packable() => {
                let mut packed = Vec::new();
                values.iter().for_each(|v| scalar(field.kind, v, &mut packed));
                tag(*number, 2, out);
                blob(&packed, out);
            }
            Slot::List(values) => values.iter().for_each(|v| one(schema, field, v, out)),
            Slot::Map(entries) => {
                let Some((key, value)) = schema.map_entry(field) else { continue };
                let (key, value) = (schema.field(key), schema.field(value));
                for (k, v) in entries {
                    let mut entry = Vec::new();
                    one(schema, key, &k.value(key.kind), &mut entry);
                    one(schema, value, v, &mut entry);
                    tag(*number, 2, out);
                    blob(&entry, out);
                }
            }
        }
    }
    tree.unknown.iter().for_each(|u| unknown(u, out));
}

fn one(schema: &Schema, field: &Field, value: &Value, out: &mut Vec<u8>) {
    if let Value::Message(inner) = value {
        if field.kind == Kind::Group {
            tag(field.number, 3, out);
            message(schema, inner, out);
            tag(field.number, 4, out);
        } else {
            let mut bytes = Vec::new();
            message(schema, inner, &mut bytes);
            tag(field.number, 2, out);
            blob(&bytes, out);
        }
        return;
    }
    tag(field.number, field.kind.wire_type(), out);
    scalar(field.kind, value, out);
}

/// A value without its tag.
fn scalar(kind: Kind, value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Double(n) => out.extend(n.to_bits().to_le_bytes()),
        Value::Float(n) => out.extend(n.to_bits().to_le_bytes()),
        Value::Int32(n) => match kind {
            Kind::Sint32 => varint(out, u64::from(((n << 1) ^ (n >> 31)) as u32)),
            Kind::Sfixed32 => out.extend(n.to_le_bytes()),
            // Negative numbers take ten bytes: they are sign-extended.
            _ => varint(out, i64::from(*n) as u64),
        },
        Value::Int64(n) => match kind {
            Kind::Sint64 => varint(out, ((n << 1) ^ (n >> 63)) as u64),
            Kind::Sfixed64 => out.extend(n.to_le_bytes()),
            _ => varint(out, *n as u64),
        },
        Value::Uint32(n) if kind == Kind::Fixed32 => out.extend(n.to_le_bytes()),
        Value::Uint32(n) => varint(out, u64::from(*n)),
        Value::Uint64(n) if kind == Kind::Fixed64 => out.extend(n.to_le_bytes()),
        Value::Uint64(n) => varint(out, *n),
        Value::Bool(b) => out.push(u8::from(*b)),
        Value::String(bytes) | Value::Bytes(bytes) => blob(bytes, out),
        Value::Enum(n) => varint(out, i64::from(*n) as u64),
        Value::Message(_) => {}
    }
}

fn unknown(field: &Unknown, out: &mut Vec<u8>) {
    match &field.data {
        UnknownData::Varint(n) => {
            tag(field.number, 0, out);
            varint(out, *n);
        }
        UnknownData::Fixed64(n) => {
            tag(field.number, 1, out);
            out.extend(n.to_le_bytes());
        }
        UnknownData::Bytes(bytes) => {
            tag(field.number, 2, out);
            blob(bytes, out);
        }
        UnknownData::Group(fields) => {
            tag(field.number, 3, out);
            fields.iter().for_each(|f| unknown(f, out));
            tag(field.number, 4, out);
        }
        UnknownData::Fixed32(n) => {
            tag(field.number, 5, out);
            out.extend(n.to_le_bytes());
        }
    }
}

/// Writes the tag of a field.
pub(crate) fn tag(number: i32, wire_type: u8, out: &mut Vec<u8>) {
    encode::tag(out, number as u32, wire_type);
}

fn blob(bytes: &[u8], out: &mut Vec<u8>) {
    varint(out, bytes.len() as u64);
    out.extend(bytes);
}

/// Takes out of a tree what implicit presence does not write, at its top level.
pub(crate) fn settle(schema: &Schema, tree: &mut Tree) {
    let message = tree.message;
    tree.fields.retain(|number, slot| {
        let Some(id) = field_at(schema, message, *number) else { return false };
        match slot {
            Slot::One(value) => {
                schema.field(id).cardinality != crate::schema::Cardinality::Implicit || !is_zero(value)
            }
            Slot::List(values) => !values.is_empty(),
            Slot::Map(entries) => !entries.is_empty(),
        }
    });
}
