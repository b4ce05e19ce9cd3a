//! Messages as trees of values.

use std::collections::BTreeMap;

use crate::schema::{Cardinality, Element, Field, FieldId, Kind, MessageId, Schema};

/// One value of a field.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names are those of the forms values have")]
pub enum Value {
    Double(f64),
    Float(f32),
    Int32(i32),
    Int64(i64),
    Uint32(u32),
    Uint64(u64),
    Bool(bool),
    /// UTF-8, except where the field does not ask for it.
    String(Vec<u8>),
    Bytes(Vec<u8>),
    Enum(i32),
    Message(Tree),
}

/// Floating point numbers are equal when their bits are, so that a message equals itself.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        use Value::{Bool, Bytes, Double, Enum, Float, Int32, Int64, Message, String, Uint32, Uint64};
        match (self, other) {
            (Double(a), Double(b)) => a.to_bits() == b.to_bits(),
            (Float(a), Float(b)) => a.to_bits() == b.to_bits(),
            (Int32(a), Int32(b)) | (Enum(a), Enum(b)) => a == b,
            (Int64(a), Int64(b)) => a == b,
            (Uint32(a), Uint32(b)) => a == b,
            (Uint64(a), Uint64(b)) => a == b,
            (Bool(a), Bool(b)) => a == b,
            (String(a), String(b)) | (Bytes(a), Bytes(b)) => a == b,
            (Message(a), Message(b)) => a == b,
            _ => false,
        }
    }
}

/// The key of a map entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those of the forms keys have")]
pub enum Key {
    Bool(bool),
    Int(i64),
    Uint(u64),
    String(Vec<u8>),
}

impl Key {
    /// The key a value stands for; `None` for what cannot be a key.
    pub fn of(value: &Value) -> Option<Key> {
        Some(match value {
            Value::Bool(b) => Key::Bool(*b),
            Value::Int32(n) => Key::Int(i64::from(*n)),
            Value::Int64(n) => Key::Int(*n),
            Value::Uint32(n) => Key::Uint(u64::from(*n)),
            Value::Uint64(n) => Key::Uint(*n),
            Value::String(s) => Key::String(s.clone()),
            _ => return None,
        })
    }

    /// The key as a value of a type. A number that the type cannot hold is cut off; keys of a tree fit.
    pub fn value(&self, kind: Kind) -> Value {
        match (self, kind) {
            (Key::Bool(b), _) => Value::Bool(*b),
            (Key::Int(n), Kind::Int32 | Kind::Sint32 | Kind::Sfixed32) => Value::Int32(*n as i32),
            (Key::Int(n), _) => Value::Int64(*n),
            (Key::Uint(n), Kind::Uint32 | Kind::Fixed32) => Value::Uint32(*n as u32),
            (Key::Uint(n), _) => Value::Uint64(*n),
            (Key::String(s), _) => Value::String(s.clone()),
        }
    }
}

/// What a field that is there holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Slot {
    /// A single value.
    One(Value),
    /// A list, never empty.
    List(Vec<Value>),
    /// A map, never empty.
    Map(BTreeMap<Key, Value>),
}

/// A field the schema does not know, or whose bytes do not fit it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The field number.
    pub number: i32,
    /// What was there.
    pub data: UnknownData,
}

/// The bytes of an unknown field by wire type.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the wire types")]
pub enum UnknownData {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(Vec<u8>),
    Group(Vec<Unknown>),
}

/// A message: what is in its fields, by number.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// Which message of the schema it is.
    pub message: MessageId,
    /// The fields that are there. A field with implicit presence that holds its default is not.
    pub fields: BTreeMap<i32, Slot>,
    /// What the schema does not know, in the order of the bytes.
    pub unknown: Vec<Unknown>,
}

impl Tree {
    /// A message with nothing in it.
    pub fn new(message: MessageId) -> Tree {
        Tree { message, fields: BTreeMap::new(), unknown: Vec::new() }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.unknown.is_empty()
    }

    /// The single value of a field, if it is there.
    pub fn one(&self, number: i32) -> Option<&Value> {
        match self.fields.get(&number) {
            Some(Slot::One(value)) => Some(value),
            _ => None,
        }
    }
}

/// The field or extension of a message with a number.
pub fn field_at(schema: &Schema, message: MessageId, number: i32) -> Option<FieldId> {
    schema.field_by_number(message, number).or_else(|| {
        let message = schema.message(message);
        let extended = message.extension_ranges.iter().any(|r| r.range.contains(number));
        if extended { schema.extension(&message.full_name, number) } else { None }
    })
}

/// Every field and extension of a message, by number.
pub fn all_fields(schema: &Schema, message: MessageId) -> Vec<FieldId> {
    let own = &schema.message(message).fields;
    let extensions = schema.extensions_of(&schema.message(message).full_name);
    let mut all: Vec<FieldId> = own.iter().chain(extensions).copied().collect();
    all.sort_by_key(|id| schema.field(*id).number);
    all
}

/// Whether a message is written in the message set format of proto1.
pub(crate) fn is_message_set(schema: &Schema, message: MessageId) -> bool {
    schema.message(message).options.as_deref().is_some_and(|o| o.message_set_wire_format == Some(true))
}

/// The value a field has when nothing was written: what `[default = …]` says, the first value of an enum, else
/// zero or empty. `None` for messages, lists and maps, which then are not there.
pub fn default_of(schema: &Schema, field: &Field) -> Option<Value> {
    if matches!(field.cardinality, Cardinality::Repeated | Cardinality::Map) {
        return None;
    }
    let written = field.default.as_deref();
    Some(match field.kind {
        Kind::Double => Value::Double(written.map_or(0.0, float)),
        Kind::Float => Value::Float(written.map_or(0.0, |t| float(t) as f32)),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::Int32(number(written)),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::Int64(number(written)),
        Kind::Uint32 | Kind::Fixed32 => Value::Uint32(number(written)),
        Kind::Uint64 | Kind::Fixed64 => Value::Uint64(number(written)),
        Kind::Bool => Value::Bool(written == Some("true")),
        Kind::String => Value::String(written.unwrap_or_default().as_bytes().to_vec()),
        Kind::Bytes => Value::Bytes(unescape(written.unwrap_or_default())),
        Kind::Enum => Value::Enum(first_or_named(schema, field, written)),
        Kind::Message | Kind::Group => return None,
    })
}

/// Zero of a type, whatever `[default = …]` says: what is left out under implicit presence, and in map entries.
pub(crate) fn zero_of(schema: &Schema, field: &Field) -> Option<Value> {
    Some(match field.kind {
        Kind::Double => Value::Double(0.0),
        Kind::Float => Value::Float(0.0),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::Int32(0),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::Int64(0),
        Kind::Uint32 | Kind::Fixed32 => Value::Uint32(0),
        Kind::Uint64 | Kind::Fixed64 => Value::Uint64(0),
        Kind::Bool => Value::Bool(false),
        Kind::String => Value::String(Vec::new()),
        Kind::Bytes => Value::Bytes(Vec::new()),
        Kind::Enum => Value::Enum(first_or_named(schema, field, None)),
        Kind::Message | Kind::Group => Value::Message(Tree::new(schema.field_message(field)?)),
    })
}

fn first_or_named(schema: &Schema, field: &Field, name: Option<&str>) -> i32 {
    let Some(id) = schema.field_enum(field) else { return 0 };
    let named = name.and_then(|n| schema.value_by_name(id, n));
    let first = schema.enum_(id).values.first().copied();
    named.or(first).map_or(0, |v| schema.value(v).number)
}

fn number<T: std::str::FromStr + Default>(text: Option<&str>) -> T {
    text.and_then(|t| t.parse().ok()).unwrap_or_default()
}

fn float(text: &str) -> f64 {
    text.parse().unwrap_or_default()
}

/// Bytes as descriptors write their defaults: C escapes
/// (descriptor.proto, `FieldDescriptorProto.default_value`).
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let Some(&escape) = bytes.get(at) else { break };
        at += 1;
        out.push(match escape {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            b'x' | b'X' => {
                let digits: Vec<u8> =
                    bytes[at..].iter().take(2).copied().filter(u8::is_ascii_hexdigit).collect();
                at += digits.len();
                digits.iter().fold(0, |n: u8, d| n << 4 | hex_digit(*d))
            }
            b'0'..=b'7' => {
                let mut n = u32::from(escape - b'0');
                for _ in 0..2 {
                    match bytes.get(at) {
                        Some(d @ b'0'..=b'7') => {
                            n = n * 8 + u32::from(d - b'0');
                            at += 1;
                        }
                        _ => break,
                    }
                }
                n as u8
            }
            other => other,
        });
    }
    out
}

fn hex_digit(digit: u8) -> u8 {
    (digit as char).to_digit(16).unwrap_or_default() as u8
}

/// Whether a value is what implicit presence leaves out; minus zero is not.
pub(crate) fn is_zero(value: &Value) -> bool {
    match value {
        Value::Double(n) => n.to_bits() == 0,
        Value::Float(n) => n.to_bits() == 0,
        Value::Int32(n) | Value::Enum(n) => *n == 0,
        Value::Int64(n) => *n == 0,
        Value::Uint32(n) => *n == 0,
        Value::Uint64(n) => *n == 0,
        Value::Bool(b) => !b,
        Value::String(s) | Value::Bytes(s) => s.is_empty(),
        Value::Message(_) => false,
    }
}

/// The name a field has in JSON keys and in text: an extension's full name is put in brackets by either.
pub(crate) fn extension_name(schema: &Schema, id: FieldId) -> String {
    schema.full_name(Element::Field(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_of_bytes_are_unescaped() {
        assert_eq!(unescape(r"a\001\xfF\n\\\'b\1012"), b"a\x01\xff\n\\'bA2");
        assert_eq!(unescape("\\"), b"");
    }

    #[test]
    fn minus_zero_is_not_nothing() {
        assert!(is_zero(&Value::Double(0.0)));
        assert!(!is_zero(&Value::Double(-0.0)));
        assert_eq!(Value::Double(f64::NAN), Value::Double(f64::NAN));
    }
}
