//! Trees to ProtoJSON.

use super::known::{self, Known};
use super::{Json, JsonError, base64};
use crate::schema::{Field, FieldId, Schema};
use crate::wire::value::{Key, Slot, Tree, Value, extension_name, field_at};

/// The JSON of a message: keys by field number, fields that are not there left out.
///
/// # Errors
///
/// A well-known type whose value has no JSON form (a timestamp out of range), and a string that is not UTF-8.
pub fn write(schema: &Schema, tree: &Tree) -> Result<Json, JsonError> {
    let full_name = &schema.message(tree.message).full_name;
    if let Some(known) = Known::of(full_name) {
        return known::write(schema, tree, known);
    }
    Ok(Json::Object(members(schema, tree)?))
}

/// The members of the object that a message is.
pub(super) fn members(schema: &Schema, tree: &Tree) -> Result<Vec<(String, Json)>, JsonError> {
    let mut members = Vec::new();
    for (number, slot) in &tree.fields {
        let Some(id) = field_at(schema, tree.message, *number) else { continue };
        let key = key(schema, id);
        let field = schema.field(id);
        let json = self::slot(schema, field, slot).map_err(|e| e.under(&key))?;
        members.push((key, json));
    }
    Ok(members)
}

/// The key of a field: extensions are named in full, in brackets.
pub(crate) fn key(schema: &Schema, id: FieldId) -> String {
    let field = schema.field(id);
    if field.is_extension() {
        format!("[{}]", extension_name(schema, id))
    } else {
        field.json_name.to_string()
    }
}

fn slot(schema: &Schema, field: &Field, slot: &Slot) -> Result<Json, JsonError> {
    Ok(match slot {
        Slot::One(one) => value(schema, field, one)?,
        Slot::List(values) => {
            Json::List(values.iter().map(|v| value(schema, field, v)).collect::<Result<_, _>>()?)
        }
        Slot::Map(entries) => {
            let Some((_, of)) = schema.map_entry(field) else { return Ok(Json::Object(Vec::new())) };
            let of = schema.field(of);
            let entry = |(k, v): (&Key, &Value)| {
                let key = match k {
                    Key::Bool(b) => b.to_string(),
                    Key::Int(n) => n.to_string(),
                    Key::Uint(n) => n.to_string(),
                    Key::String(s) => text(s)?,
                };
                let value = value(schema, of, v).map_err(|e| e.under(&key))?;
                Ok((key, value))
            };
            Json::Object(entries.iter().map(entry).collect::<Result<_, JsonError>>()?)
        }
    })
}

fn text(bytes: &[u8]) -> Result<String, JsonError> {
    String::from_utf8(bytes.to_vec()).map_err(|_| JsonError::new("the string is not UTF-8"))
}

/// One value.
pub(super) fn value(schema: &Schema, field: &Field, value: &Value) -> Result<Json, JsonError> {
    Ok(match value {
        Value::Double(n) => double(*n),
        Value::Float(n) => float(*n),
        Value::Int32(n) => Json::Number(n.to_string()),
        Value::Uint32(n) => Json::Number(n.to_string()),
        // 64 bits do not fit into what JavaScript takes for a number.
        Value::Int64(n) => Json::String(n.to_string()),
        Value::Uint64(n) => Json::String(n.to_string()),
        Value::Bool(b) => Json::Bool(*b),
        Value::String(s) => Json::String(text(s)?),
        Value::Bytes(b) => Json::String(base64(b)),
        Value::Enum(_) if field.type_name.as_deref() == Some("google.protobuf.NullValue") => Json::Null,
        Value::Enum(n) => {
            let named = schema.field_enum(field).and_then(|e| schema.value_by_number(e, *n));
            match named {
                Some(id) => Json::String(schema.value(id).json_key().to_owned()),
                None => Json::Number(n.to_string()),
            }
        }
        Value::Message(tree) => write(schema, tree)?,
    })
}

/// A floating point number: the words where JSON has no number.
pub(super) fn double(n: f64) -> Json {
    match word(n) {
        Some(word) => Json::String(word.to_owned()),
        None => Json::Number(format!("{n:?}")),
    }
}

fn float(n: f32) -> Json {
    match word(f64::from(n)) {
        Some(word) => Json::String(word.to_owned()),
        // The shortest digits of the largest float are above it, and Python refuses them.
        None if n.abs() == f32::MAX => Json::Number(format!("{:?}", f64::from(n))),
        None => Json::Number(format!("{n:?}")),
    }
}

fn word(n: f64) -> Option<&'static str> {
    if n.is_nan() {
        Some("NaN")
    } else if n == f64::INFINITY {
        Some("Infinity")
    } else if n == f64::NEG_INFINITY {
        Some("-Infinity")
    } else {
        None
    }
}
