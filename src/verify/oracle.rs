//! Did the reader see what the writer meant?
//!
//! Both sides are asked for bytes: what the writer's program wrote, and what the reader's program made of it when it
//! wrote it again. Each is read with its own side's descriptors, and the two are laid beside each other by number and
//! name. What counts as a difference:
//!
//! - the reader refuses what was written;
//! - a field that both know by number and name has another value, or is there on one side only;
//! - a field that both know by name has another number: the reader looks for it elsewhere;
//! - a value of an enum has another name, where both names are known to the reader;
//! - a field that the reader does not know although it is newer, unless the field was deprecated before and its number
//!   is reserved now: whoever still writes it was told.
//!
//! What an older reader does not know yet is no difference. A field with another name at the same number is compared
//! by value alone: the binary encoding has no names, and whether it was a rename is for JSON and for the verdict.

use buffa_descriptor::reflect::{DynamicMessage, MapKey, ReflectMessage, Value};
use buffa_descriptor::{FieldDescriptor, FieldKind, SingularKind};

use super::fault::model_of;
use super::matrix::Peer;
use super::retired::Notice;
use super::shown::{apart, missing, shown, shown_key};
use super::side::Side;
use crate::schema::{Cardinality, Schema};
use crate::wire::value::field_at;
use crate::wire::{self, Reader, Slot, Tree};
use crate::words::Lens;

/// Which way a message went.
#[derive(Clone, Copy, Debug)]
pub struct Way<'a> {
    /// Who wrote it.
    pub writer: &'a Side,
    /// Who read it.
    pub reader: &'a Side,
    /// Whether the reader's version is the later one.
    pub reader_is_newer: bool,
    /// Whether what prost loses is allowed for: it takes -0 for the absence of a value in fields without presence, and
    /// has no extensions.
    pub prost: bool,
}

/// Why two sides did not understand each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// In one sentence.
    pub what: String,
    /// The outermost field of the message that differs, by number, where it is one.
    pub field: Option<i32>,
    /// What of a call is at fault; `None` where no message of it can be.
    pub part: Option<Part>,
    /// Whether it says nothing about the contract: a program did not do its part.
    pub outside: bool,
}

/// What of a call is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A request, which the server sees otherwise than it was meant.
    Request,
    /// An answer, which the client sees otherwise than it was meant.
    Answer,
    /// How the call ended: either of them may be why.
    End,
}

impl Difference {
    /// The same, said of a part.
    #[must_use]
    pub fn within(self, part: &str) -> Difference {
        Difference { what: format!("{part}: {}", self.what), ..self }
    }

    /// The same, said of a part of a call.
    #[must_use]
    pub fn of(self, part: Part) -> Difference {
        let found = Difference { part: Some(part), ..self };
        match part {
            Part::Request => found.within("the request"),
            Part::Answer => found.within("the answer"),
            Part::End => found,
        }
    }

    /// A program that did not do its part.
    #[must_use]
    pub fn outside(what: impl ToString) -> Difference {
        Difference { outside: true, ..Difference::from(what.to_string()) }
    }

    fn at(self, field: i32) -> Difference {
        Difference { field: Some(field), ..self }
    }
}

impl From<String> for Difference {
    fn from(what: String) -> Difference {
        Difference { what, field: None, part: None, outside: false }
    }
}

/// Reads a message with the descriptors of a side.
fn read(side: &Side, name: &str, bytes: &[u8]) -> Result<DynamicMessage, Difference> {
    let Some(index) = side.pool.message_index(name) else {
        return Err(format!("`{name}` is not in {}", side.label).into());
    };
    let decoded = |bytes: &[u8]| DynamicMessage::decode(side.pool.clone(), index, bytes);
    decoded(bytes)
        .or_else(|error| without_aside(side, name, bytes).and_then(|b| decoded(&b).ok()).ok_or(error))
        .map_err(|e| format!("`{name}` of {} cannot be read: {e}", side.label).into())
}

/// A message without what a runtime kept aside under the number of a map, which a plain decoder takes for an entry of it:
/// Python writes entries again that have another type of key.
fn without_aside(side: &Side, name: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    /// Takes the least amiss of all.
    const LENIENT: Reader = Reader { closes_enums: false, ..Reader::PYTHON };
    let schema = &side.schema;
    let mut tree = wire::decode(schema, schema.message_by_name(name)?, bytes, LENIENT).ok()?;
    drop_aside(schema, &mut tree);
    Some(wire::encode(schema, &tree))
}

fn drop_aside(schema: &Schema, tree: &mut Tree) {
    let message = tree.message;
    let map = |number| {
        let field = field_at(schema, message, number).map(|id| schema.field(id));
        field.is_some_and(|field| field.cardinality == Cardinality::Map)
    };
    tree.unknown.retain(|unknown| !map(unknown.number));
    for slot in tree.fields.values_mut() {
        let values: Vec<&mut wire::Value> = match slot {
            Slot::One(value) => vec![value],
            Slot::List(values) => values.iter_mut().collect(),
            Slot::Map(entries) => entries.values_mut().collect(),
        };
        for value in values {
            if let wire::Value::Message(inner) = value {
                drop_aside(schema, inner);
            }
        }
    }
}

/// The canonical JSON of a message, when it has one.
#[must_use]
pub fn json(side: &Side, name: &str, bytes: &[u8]) -> Option<serde_json::Value> {
    let text = read(side, name, bytes).ok()?.to_json().ok()?;
    serde_json::from_str(&text).ok()
}

/// The JSON that a program writes of a message, by the model of its runtime: Go takes every enum for an open one.
#[must_use]
pub fn json_of(side: &Side, name: &str, bytes: &[u8], reader: Peer) -> Option<serde_json::Value> {
    let message = side.schema.message_by_name(name)?;
    let tree = wire::decode(&side.schema, message, bytes, model_of(reader.language, reader.age)).ok()?;
    serde_json::from_str(&wire::json::write(&side.schema, &tree).ok()?.to_string()).ok()
}

/// Whether a JSON document has extensions in it: keys in brackets.
#[must_use]
pub fn has_extensions(json: &serde_json::Value) -> bool {
    use serde_json::Value as J;
    match json {
        J::Array(all) => all.iter().any(has_extensions),
        J::Object(map) => map.iter().any(|(k, v)| k.starts_with('[') || has_extensions(v)),
        _ => false,
    }
}

/// Whether two JSON documents say the same: numbers by value (as `float` where that is all they hold), keys in any
/// order.
#[must_use]
pub fn same_json(a: &serde_json::Value, b: &serde_json::Value) -> bool {
    use serde_json::Value as J;
    match (a, b) {
        (J::Number(a), J::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => a == b || a as f32 == b as f32,
            _ => a == b,
        },
        (J::Array(a), J::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b)),
        (J::Object(a), J::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, a)| b.get(k).is_some_and(|b| same_json(a, b)))
        }
        _ => a == b,
    }
}

/// Compares what was written with what the reader wrote again. `names` are the message's names on both sides.
///
/// # Errors
///
/// The first difference.
pub fn compare(way: Way<'_>, names: (&str, &str), written: &[u8], again: &[u8]) -> Result<(), Difference> {
    let written = read(way.writer, names.0, written)?;
    let again = read(way.reader, names.1, again)?;
    message(way, &written, &again, "")
}

/// Whether a message that went through another version came back whole.
///
/// # Errors
///
/// What is missing or different.
pub fn same(side: &Side, name: &str, before: &[u8], after: &[u8], prost: bool) -> Result<(), Difference> {
    let way = Way { writer: side, reader: side, reader_is_newer: false, prost };
    compare(way, (name, name), before, after)
}

fn at(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The set fields of a message in the order of numbers, extensions among them.
fn set(message: &DynamicMessage) -> Vec<(FieldDescriptor, Value)> {
    let mut found = Vec::new();
    message.for_each_set(&mut |field, value| {
        let _ = value;
        if let Some(value) = message.field_by_number(field.number()) {
            found.push((field.clone(), value.clone()));
        }
    });
    found.sort_by_key(|(field, _)| field.number());
    found
}

fn known(message: &DynamicMessage, number: u32) -> Option<FieldDescriptor> {
    let descriptor = message.message_descriptor();
    if let Some(found) = descriptor.field(number) {
        return Some(found.clone());
    }
    let pool = message.pool();
    pool.extension_for(message.message_index(), number).map(|e| e.field().clone())
}

fn message(
    way: Way<'_>,
    written: &DynamicMessage,
    again: &DynamicMessage,
    path: &str,
) -> Result<(), Difference> {
    for (field, value) in set(written) {
        // The outermost field is the last that says so.
        one(way, (written, again), (&field, &value), path).map_err(|d| d.at(field.number() as i32))?;
    }
    for (field, value) in set(again) {
        let number = field.number();
        // A writer passes on what it does not know, a value of a closed enum for one; whoever knows it may read it.
        let passed_on = written.unknown_fields().iter().any(|unknown| unknown.number == number);
        if written.field_by_number(number).is_none() && !passed_on && !is_default(&value) {
            let place = at(path, field.name());
            let what = format!("the reader sees {} in `{place}`, where nothing was written", shown(&value));
            return Err(Difference::from(what).at(number as i32));
        }
    }
    Ok(())
}

/// One field that was written.
fn one(
    way: Way<'_>,
    (written, again): (&DynamicMessage, &DynamicMessage),
    (field, value): (&FieldDescriptor, &Value),
    path: &str,
) -> Result<(), Difference> {
    let (name, number) = (field.name(), field.number());
    let place = at(path, name);
    let elsewhere = again.message_descriptor().field_by_name(name).filter(|f| f.number() != number);
    if let Some(other) = elsewhere {
        return Err(format!(
            "`{place}` was written as field {number}, the reader looks for it as {}",
            other.number()
        )
        .into());
    }
    let Some(found) = known(again, number) else {
        if way.reader_is_newer && !was_retired(way, written, again, number) {
            return Err(format!("`{place}` was written, the reader does not know field {number}").into());
        }
        return Ok(());
    };
    match again.field_by_number(number) {
        Some(seen) => values(way, (field, value), (&found, seen), &place),
        // The empty value of a field without presence is not written again.
        None if is_default(value) || way.prost && is_zero(value) => Ok(()),
        None if way.prost && written.message_descriptor().field(number).is_none() => Ok(()),
        None => Err(format!("`{place}` was written as {}, the reader sees nothing", shown(value)).into()),
    }
}

/// Whether a field was given notice.
fn was_retired(way: Way<'_>, written: &DynamicMessage, again: &DynamicMessage, number: u32) -> bool {
    let notice = notice(way);
    let find =
        |schema: &Schema, m: &DynamicMessage| schema.message_by_name(m.message_descriptor().full_name());
    let reader = find(notice.read, again);
    let field = find(notice.write, written).and_then(|id| field_at(notice.write, id, number as i32));
    field.zip(reader).is_some_and(|(field, reader)| notice.field(field, reader))
}

fn notice(way: Way<'_>) -> Notice<'_> {
    Notice { write: &way.writer.schema, read: &way.reader.schema, lens: Lens::Wire }
}

/// The value of an absent field without presence.
fn is_default(value: &Value) -> bool {
    match value {
        Value::Bool(v) => !v,
        Value::I32(v) | Value::EnumNumber(v) => *v == 0,
        Value::I64(v) => *v == 0,
        Value::U32(v) => *v == 0,
        Value::U64(v) => *v == 0,
        Value::F32(v) => v.to_bits() == 0,
        Value::F64(v) => v.to_bits() == 0,
        Value::String(v) => v.is_empty(),
        Value::Bytes(v) => v.is_empty(),
        Value::List(v) => v.is_empty(),
        Value::Map(v) => v.is_empty(),
        // Presence of a message is all there is to see.
        Value::Message(_) => false,
    }
}

/// Whether a value is zero, of either sign: a value that is there and has no presence is no positive one.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::F32(v) => *v == 0.0,
        Value::F64(v) => *v == 0.0,
        _ => false,
    }
}

/// A value as a number, where the binary encoding lets the reader take it as another kind of number.
fn number(value: &Value) -> Option<i128> {
    Some(match value {
        Value::Bool(v) => i128::from(*v),
        Value::I32(v) | Value::EnumNumber(v) => i128::from(*v),
        Value::I64(v) => i128::from(*v),
        Value::U32(v) => i128::from(*v),
        Value::U64(v) => i128::from(*v),
        _ => return None,
    })
}

fn values(
    way: Way<'_>,
    (field, value): (&FieldDescriptor, &Value),
    (found, seen): (&FieldDescriptor, &Value),
    place: &str,
) -> Result<(), Difference> {
    let differ = || {
        let [value, seen] = apart(value, seen);
        Err(Difference::from(format!("`{place}` was written as {value}, the reader sees {seen}")))
    };
    match (value, seen) {
        (Value::Message(a), Value::Message(b)) => message(way, a, b, place),
        (Value::List(a), Value::List(b)) => {
            if a.len() != b.len() {
                return differ();
            }
            let pairs = a.iter().zip(b).enumerate();
            pairs
                .into_iter()
                .try_for_each(|(i, (a, b))| values(way, (field, a), (found, b), &format!("{place}[{i}]")))
        }
        (Value::Map(a), Value::Map(b)) => {
            for (key, value) in a.iter() {
                let Some((_, seen)) = b.iter().find(|(k, _)| same_key(k, key)) else {
                    let [key, keys] = missing(key, b.iter().map(|(k, _)| k));
                    return Err(
                        format!("`{place}` was written with the key {key}, the reader has {keys}").into()
                    );
                };
                values(way, (field, value), (found, seen), &format!("{place}[{}]", shown_key(key)))?;
            }
            match b.iter().find(|(k, _)| !a.iter().any(|(key, _)| same_key(key, k))) {
                Some((key, value)) => {
                    let (key, value) = (shown_key(key), shown(value));
                    let what =
                        format!("the reader sees {value} in `{place}[{key}]`, where nothing was written");
                    Err(what.into())
                }
                None => Ok(()),
            }
        }
        // On the wire a map is a list of messages, and whoever has no such message in mind reads them as bytes, which
        // the encoding guide calls compatible.
        (Value::Map(a), Value::List(b))
            if a.len() == b.len() && b.iter().all(|b| matches!(b, Value::Bytes(_))) =>
        {
            Ok(())
        }
        // Nor does whoever keeps a message for later know what is in it.
        (Value::Message(a), Value::Bytes(b)) => match same_type(a, b) {
            Ok(b) => message(Way { reader: way.writer, ..way }, a, &b, place),
            Err(_) => differ(),
        },
        (Value::Bytes(a), Value::Message(b)) => match same_type(b, a) {
            Ok(a) => message(Way { writer: way.reader, ..way }, &a, b, place),
            Err(_) => differ(),
        },
        // A list that the reader takes for one value, or the other way round: whole only when it is one.
        (Value::List(a), b) if a.len() == 1 => values(way, (field, &a[0]), (found, b), place),
        (a, Value::List(b)) if b.len() == 1 => values(way, (field, a), (found, &b[0]), place),
        (Value::EnumNumber(a), Value::EnumNumber(b)) if a == b => enum_names(way, field, found, *a, place),
        (Value::String(a), Value::String(b)) if a == b => Ok(()),
        (Value::Bytes(a), Value::Bytes(b)) if a == b => Ok(()),
        (Value::String(a), Value::Bytes(b)) | (Value::Bytes(b), Value::String(a)) if a.as_bytes() == b => {
            Ok(())
        }
        (Value::F32(_) | Value::F64(_), b) if way.prost && is_zero(value) && is_zero(b) => Ok(()),
        (Value::F32(a), Value::F32(b)) if same_float(f64::from(*a), f64::from(*b)) => Ok(()),
        (Value::F64(a), Value::F64(b)) if same_float(*a, *b) => Ok(()),
        (a, b) => match (number(a), number(b)) {
            (Some(a), Some(b)) if a == b => Ok(()),
            _ => differ(),
        },
    }
}

/// Bytes as a message of the type of another.
fn same_type(like: &DynamicMessage, bytes: &[u8]) -> Result<DynamicMessage, buffa::DecodeError> {
    DynamicMessage::decode(like.pool().clone(), like.message_index(), bytes)
}

fn same_float(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

/// The name of a number must not move to another number that the reader knows by it.
fn enum_names(
    way: Way<'_>,
    field: &FieldDescriptor,
    found: &FieldDescriptor,
    number: i32,
    place: &str,
) -> Result<(), Difference> {
    let (Some(a), Some(b)) = (enum_index(field.kind()), enum_index(found.kind())) else { return Ok(()) };
    let (a, b) = (way.writer.pool.enumeration(a), way.reader.pool.enumeration(b));
    let Some(meant) = a.value(number) else { return Ok(()) };
    match (b.value(number), b.value_by_name(meant.name())) {
        (Some(seen), Some(other)) if other.number() != number => {
            let what = format!("`{place}` was written as {}, the reader sees {}", meant.name(), seen.name());
            Err(what.into())
        }
        (None, _) if way.reader_is_newer => {
            if notice(way).value(a.full_name(), number) {
                return Ok(());
            }
            let name = meant.name();
            Err(format!("`{place}` was written as {name}, the reader has no name for {number}").into())
        }
        _ => Ok(()),
    }
}

fn enum_index(kind: FieldKind) -> Option<buffa_descriptor::EnumIndex> {
    let single = match kind {
        FieldKind::Singular(kind) | FieldKind::List(kind) => kind,
        FieldKind::Map { value, .. } => value,
    };
    match single {
        SingularKind::Enum(index) => Some(index),
        _ => None,
    }
}

fn same_key(a: &MapKey, b: &MapKey) -> bool {
    let number = |key: &MapKey| match key {
        MapKey::Bool(v) => Some(i128::from(*v)),
        MapKey::I32(v) => Some(i128::from(*v)),
        MapKey::I64(v) => Some(i128::from(*v)),
        MapKey::U32(v) => Some(i128::from(*v)),
        MapKey::U64(v) => Some(i128::from(*v)),
        MapKey::String(_) => None,
    };
    a == b || number(a).is_some() && number(a) == number(b)
}
