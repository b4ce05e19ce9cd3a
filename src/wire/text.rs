//! Trees as text a person reads: the protobuf text format on one line.
//!
//! Source: <https://protobuf.dev/reference/protobuf/textformat-spec/>.

use std::fmt::Write as _;

use super::value::{Slot, Tree, Unknown, UnknownData, Value, extension_name, field_at};
use crate::schema::{Field, FieldId, Kind, Schema};

/// How much of one string or bytes value is shown in a [`phrase`].
const SHOWN: usize = 48;

/// The protobuf text format on one line: `amount: 300 tags: "a"`. Unknown fields stand by number.
pub fn text(schema: &Schema, tree: &Tree) -> String {
    let mut printer = Printer { schema, out: String::new(), most: usize::MAX };
    printer.message(tree);
    printer.out
}

/// The same for a sentence: `amount = 300, tags = ["a"]`, with long values cut short; `an empty message` where
/// there is nothing.
pub fn phrase(schema: &Schema, tree: &Tree) -> String {
    let mut parts = Vec::new();
    for (number, slot) in &tree.fields {
        let Some(id) = field_at(schema, tree.message, *number) else { continue };
        parts.push(format!("{} = {}", name(schema, id), slot_phrase(schema, id, slot)));
    }
    for unknown in &tree.unknown {
        let mut printer = Printer { schema, out: String::new(), most: SHOWN };
        printer.unknown_value(&unknown.data);
        let value = printer.out.trim_start_matches(": ").trim_start().to_owned();
        parts.push(format!("unknown field {} = {value}", unknown.number));
    }
    if parts.is_empty() { "an empty message".to_owned() } else { parts.join(", ") }
}

/// One value for a sentence.
pub(crate) fn value_phrase(schema: &Schema, field: &Field, value: &Value) -> String {
    let mut printer = Printer { schema, out: String::new(), most: SHOWN };
    printer.value(field, value);
    printer.out
}

fn slot_phrase(schema: &Schema, id: FieldId, slot: &Slot) -> String {
    let field = schema.field(id);
    let list = |values: Vec<String>| {
        let more = values.len().saturating_sub(4);
        let mut shown: Vec<String> = values.into_iter().take(4).collect();
        if more > 0 {
            shown.push(format!("… {more} more"));
        }
        shown.join(", ")
    };
    match slot {
        Slot::One(value) => value_phrase(schema, field, value),
        Slot::List(values) => {
            format!("[{}]", list(values.iter().map(|v| value_phrase(schema, field, v)).collect()))
        }
        Slot::Map(entries) => {
            let Some((key, value)) = schema.map_entry(field) else { return String::new() };
            let (key, value) = (schema.field(key), schema.field(value));
            let entry = |(k, v): (&super::Key, &Value)| {
                let k = value_phrase(schema, key, &k.value(key.kind));
                format!("{k}: {}", value_phrase(schema, value, v))
            };
            format!("{{{}}}", list(entries.iter().map(entry).collect()))
        }
    }
}

fn name(schema: &Schema, id: FieldId) -> String {
    let field = schema.field(id);
    if field.is_extension() {
        return format!("[{}]", extension_name(schema, id));
    }
    // A group is written under the name of its type.
    let simple = field.type_name.as_deref().and_then(|n| n.rsplit('.').next()).unwrap_or_default();
    if field.kind == Kind::Group && *field.name == *simple.to_ascii_lowercase() {
        return simple.to_owned();
    }
    field.name.to_string()
}

struct Printer<'s> {
    schema: &'s Schema,
    out: String,
    /// The bytes of a string that are shown.
    most: usize,
}

impl Printer<'_> {
    fn space(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with(' ') {
            self.out.push(' ');
        }
    }

    fn message(&mut self, tree: &Tree) {
        for (number, slot) in &tree.fields {
            let Some(id) = field_at(self.schema, tree.message, *number) else { continue };
            let field = self.schema.field(id);
            match slot {
                Slot::One(value) => self.field(id, field, value),
                Slot::List(values) => values.iter().for_each(|v| self.field(id, field, v)),
                Slot::Map(entries) => {
                    let Some((key, value)) = self.schema.map_entry(field) else { continue };
                    let (key, value) = (self.schema.field(key), self.schema.field(value));
                    for (k, v) in entries {
                        self.space();
                        self.out.push_str(&field.name);
                        self.out.push_str(" { key: ");
                        self.value(key, &k.value(key.kind));
                        self.out.push_str(if value.kind.is_message() { " value " } else { " value: " });
                        self.value(value, v);
                        self.out.push_str(" }");
                    }
                }
            }
        }
        for Unknown { number, data } in &tree.unknown {
            self.space();
            let _ = write!(self.out, "{number}");
            self.unknown_value(data);
        }
    }

    fn field(&mut self, id: FieldId, field: &Field, value: &Value) {
        self.space();
        let name = name(self.schema, id);
        self.out.push_str(&name);
        self.out.push_str(if matches!(value, Value::Message(_)) { " " } else { ": " });
        self.value(field, value);
    }

    fn value(&mut self, field: &Field, value: &Value) {
        // Writing to a string does not fail.
        let _ = match value {
            Value::Double(n) => write!(self.out, "{}", float(*n)),
            Value::Float(n) if n.is_finite() => write!(self.out, "{n:?}"),
            Value::Float(n) => write!(self.out, "{}", float(f64::from(*n))),
            Value::Int32(n) => write!(self.out, "{n}"),
            Value::Int64(n) => write!(self.out, "{n}"),
            Value::Uint32(n) => write!(self.out, "{n}"),
            Value::Uint64(n) => write!(self.out, "{n}"),
            Value::Bool(b) => write!(self.out, "{b}"),
            Value::Enum(n) => {
                let named = self.schema.field_enum(field).and_then(|e| self.schema.value_by_number(e, *n));
                match named {
                    Some(id) => write!(self.out, "{}", self.schema.value(id).name),
                    None => write!(self.out, "{n}"),
                }
            }
            Value::String(bytes) => {
                self.quoted(bytes, true);
                Ok(())
            }
            Value::Bytes(bytes) => {
                self.quoted(bytes, false);
                Ok(())
            }
            Value::Message(tree) if tree.is_empty() => {
                self.out.push_str("{}");
                Ok(())
            }
            Value::Message(tree) => {
                self.out.push_str("{ ");
                self.message(tree);
                self.out.push_str(" }");
                Ok(())
            }
        };
    }

    fn quoted(&mut self, bytes: &[u8], is_text: bool) {
        let shown = &bytes[..bytes.len().min(self.most)];
        self.out.push('"');
        for chunk in shown.utf8_chunks() {
            for c in chunk.valid().chars() {
                let readable = c == ' ' || c.is_ascii_graphic() || (is_text && c.is_alphanumeric());
                match c {
                    '"' => self.out.push_str("\\\""),
                    '\\' => self.out.push_str("\\\\"),
                    '\n' => self.out.push_str("\\n"),
                    '\r' => self.out.push_str("\\r"),
                    '\t' => self.out.push_str("\\t"),
                    c if readable => self.out.push(c),
                    c => c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| self.octal(b)),
                }
            }
            chunk.invalid().iter().for_each(|b| self.octal(*b));
        }
        self.out.push('"');
        if shown.len() < bytes.len() {
            let _ = write!(self.out, "… ({} bytes)", bytes.len());
        }
    }

    fn octal(&mut self, byte: u8) {
        let _ = write!(self.out, "\\{byte:03o}");
    }

    fn unknown_value(&mut self, data: &UnknownData) {
        let _ = match data {
            UnknownData::Varint(n) => write!(self.out, ": {n}"),
            UnknownData::Fixed64(n) => write!(self.out, ": 0x{n:016x}"),
            UnknownData::Fixed32(n) => write!(self.out, ": 0x{n:08x}"),
            UnknownData::Bytes(bytes) => {
                self.out.push_str(": ");
                self.quoted(bytes, false);
                Ok(())
            }
            UnknownData::Group(fields) => {
                self.out.push_str(" {");
                for Unknown { number, data } in fields {
                    let _ = write!(self.out, " {number}");
                    self.unknown_value(data);
                }
                self.out.push_str(" }");
                Ok(())
            }
        };
    }
}

/// A number as the text format writes it.
fn float(n: f64) -> String {
    if n.is_nan() {
        "nan".to_owned()
    } else if n.is_infinite() {
        if n > 0.0 { "inf".to_owned() } else { "-inf".to_owned() }
    } else {
        format!("{n:?}")
    }
}
