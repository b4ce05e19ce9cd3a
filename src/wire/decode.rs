//! Bytes to trees, the way the languages' runtimes read them.
//!
//! Source: the encoding guide (<https://protobuf.dev/programming-guides/encoding/>); where runtimes differ, [`Reader`]
//! says how.

use std::collections::BTreeMap;

use thiserror::Error;

use super::reader::{Reader, Utf8};
use super::value::{
    Key, Slot, Tree, Unknown, UnknownData, Value, default_of, field_at, is_message_set, is_zero, zero_of,
};
use crate::schema::{Cardinality, Field, JavaUtf8, Kind, MessageId, Schema, Syntax, Utf8Validation};

/// How deep messages may be nested; Java, Python and prost refuse more by default.
pub const MAX_DEPTH: usize = 100;

/// How many bytes the tag of the largest field number has: what the official suite lets a parser read.
const LONGEST_TAG: usize = 5;

/// Why bytes are not a message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{kind}", .place.as_ref().map(|p| format!("`{p}`: ")).unwrap_or_default())]
pub struct DecodeError {
    /// The field by its name, from the outermost message: `user.address.zip`.
    pub place: Option<String>,
    /// The number of the outermost field on the way.
    pub field: Option<i32>,
    /// What is wrong.
    pub kind: DecodeErrorKind,
}

/// What is wrong with bytes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeErrorKind {
    /// The bytes end too early.
    #[error("the message ends in the middle of a value")]
    Truncated,
    /// More than ten bytes, or more than 64 bits.
    #[error("a varint has more than 64 bits")]
    Varint,
    /// Zero, or beyond 2^29 - 1, or a wire type that does not exist.
    #[error("a tag has no valid field number or wire type")]
    Tag,
    /// The end of a group that did not begin, or that another one did.
    #[error("a group ends that did not begin")]
    Group,
    /// Too many messages in each other.
    #[error("messages are nested more than {MAX_DEPTH} deep")]
    Depth,
    /// A string that is none.
    #[error("the string is not UTF-8")]
    Utf8,
    /// Only of readers that mind.
    #[error("the wire type is {found}, not {expected}")]
    WireType {
        /// What is there.
        found: u8,
        /// What the field has.
        expected: u8,
    },
    /// A required field is not there.
    #[error("it is required and not there")]
    Required,
}

/// Reads a message.
///
/// # Errors
///
/// What the reader refuses; never more than one thing.
pub fn decode(
    schema: &Schema,
    message: MessageId,
    bytes: &[u8],
    reader: Reader,
) -> Result<Tree, DecodeError> {
    let mut decoder = Decoder { schema, reader, path: Vec::new() };
    let mut tree = Tree::new(message);
    let mut input = Input { bytes, reader };
    let done = decoder.message(&mut tree, &mut input, None, 0);
    let done = done.and_then(|()| if reader.checks_required { decoder.required(&tree) } else { Ok(()) });
    match done {
        Ok(()) => Ok(tree),
        Err(kind) => {
            let field = decoder.path.first().map(|(number, _)| *number);
            let names: Vec<&str> = decoder.path.iter().map(|(_, name)| name.as_str()).collect();
            Err(DecodeError { place: (!names.is_empty()).then(|| names.join(".")), field, kind })
        }
    }
}

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) reader: Reader,
}

pub(super) type Outcome<T> = Result<T, DecodeErrorKind>;

impl<'b> Input<'b> {
    fn take(&mut self, length: usize) -> Outcome<&'b [u8]> {
        let (head, rest) = self.bytes.split_at_checked(length).ok_or(DecodeErrorKind::Truncated)?;
        self.bytes = rest;
        Ok(head)
    }

    fn varint(&mut self) -> Outcome<u64> {
        let mut n = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = *self.take(1)?.first().ok_or(DecodeErrorKind::Truncated)?;
            if shift == 63 && byte > 1 && !(self.reader.cuts_varints && byte < 0x80) {
                return Err(DecodeErrorKind::Varint);
            }
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(DecodeErrorKind::Varint)
    }

    pub(super) fn tag(&mut self) -> Outcome<(i32, u8)> {
        let before = self.bytes.len();
        let tag = self.varint()?;
        if self.reader.short_tags && before - self.bytes.len() > LONGEST_TAG {
            return Err(DecodeErrorKind::Tag);
        }
        let tag = if self.reader.cuts_tags { u64::from(tag as u32) } else { tag };
        let (number, wire) = (tag >> 3, (tag & 7) as u8);
        match i32::try_from(number) {
            Ok(number @ 1..=0x1fff_ffff) if wire < 6 => Ok((number, wire)),
            _ => Err(DecodeErrorKind::Tag),
        }
    }

    pub(super) fn blob(&mut self) -> Outcome<&'b [u8]> {
        let length = self.varint()?;
        self.take(usize::try_from(length).map_err(|_| DecodeErrorKind::Truncated)?)
    }

    fn fixed32(&mut self) -> Outcome<u32> {
        let bytes = self.take(4)?.try_into().map_err(|_| DecodeErrorKind::Truncated)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn fixed64(&mut self) -> Outcome<u64> {
        let bytes = self.take(8)?.try_into().map_err(|_| DecodeErrorKind::Truncated)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

#[derive(Debug)]
struct Decoder<'s> {
    schema: &'s Schema,
    reader: Reader,
    /// Where an error is: left as it stands when one happens.
    path: Vec<(i32, String)>,
}

impl<'s> Decoder<'s> {
    fn message(
        &mut self,
        tree: &mut Tree,
        input: &mut Input<'_>,
        group: Option<i32>,
        depth: usize,
    ) -> Outcome<()> {
        if depth > MAX_DEPTH {
            return Err(DecodeErrorKind::Depth);
        }
        loop {
            if input.bytes.is_empty() {
                return if group.is_some() { Err(DecodeErrorKind::Truncated) } else { Ok(()) };
            }
            let (number, wire) = input.tag()?;
            if wire == 4 {
                return if group == Some(number) { Ok(()) } else { Err(DecodeErrorKind::Group) };
            }
            if number == 1 && wire == 3 && is_message_set(self.schema, tree.message) {
                self.set_item(tree, input, depth)?;
                continue;
            }
            let field = self.field(tree.message, number);
            let Some(field) = field else {
                let data = unknown(input, number, wire, depth)?;
                self.keep(tree, number, data);
                continue;
            };
            self.path.push((number, field.name.to_string()));
            self.known(tree, field, wire, input, depth)?;
            self.path.pop();
        }
    }

    fn field(&self, message: MessageId, number: i32) -> Option<&'s Field> {
        let schema = self.schema;
        let field = schema.field(field_at(schema, message, number)?);
        (!field.is_extension() || self.reader.knows_extensions).then_some(field)
    }

    fn keep(&self, tree: &mut Tree, number: i32, data: UnknownData) {
        if self.reader.keeps_unknown {
            tree.unknown.push(Unknown { number, data });
        }
    }

    fn known(
        &mut self,
        tree: &mut Tree,
        field: &'s Field,
        wire: u8,
        input: &mut Input<'_>,
        depth: usize,
    ) -> Outcome<()> {
        let expected = field.kind.wire_type();
        if wire == 2 && field.takes_packed() {
            return self.packed(tree, field, input.blob()?);
        }
        let blind = self.reader.blind_maps && field.cardinality == Cardinality::Map;
        if wire != expected && !blind {
            if self.reader.strict_wire_types {
                return Err(DecodeErrorKind::WireType { found: wire, expected });
            }
            let data = unknown(input, field.number, wire, depth)?;
            self.keep(tree, field.number, data);
            return Ok(());
        }
        if field.cardinality == Cardinality::Map {
            return self.entry(tree, field, input.blob()?, depth);
        }
        if let Some(inner) = self.schema.field_message(field).filter(|_| field.kind.is_message()) {
            return self.nested(tree, field, inner, input, depth);
        }
        let value = self.scalar(field, input)?;
        match self.unlisted(field, &value) {
            Some(number) => self.aside(tree, field, number),
            None => self.set(tree, field, value),
        }
        Ok(())
    }

    /// Keeps a number that a closed enum does not list.
    fn aside(&self, tree: &mut Tree, field: &Field, number: i32) {
        if self.reader.clears_for_unlisted {
            self.clear_oneof(tree, field);
        }
        let cut = |n: u64| if self.reader.cuts_unlisted { u64::from(n as u32) } else { n };
        self.keep(tree, field.number, UnknownData::Varint(cut(i64::from(number) as u64)));
    }

    /// The number, where the value is one that a closed enum does not list.
    fn unlisted(&self, field: &Field, value: &Value) -> Option<i32> {
        let Value::Enum(number) = *value else { return None };
        let id = self.schema.field_enum(field)?;
        let closed = self.reader.closes(self.schema, field);
        (closed && self.schema.value_by_number(id, number).is_none()).then_some(number)
    }

    fn set(&self, tree: &mut Tree, field: &Field, value: Value) {
        self.clear_oneof(tree, field);
        match field.cardinality {
            Cardinality::Repeated => match tree.fields.get_mut(&field.number) {
                Some(Slot::List(values)) => values.push(value),
                _ => {
                    tree.fields.insert(field.number, Slot::List(vec![value]));
                }
            },
            // The default is as good as nothing, also after another value.
            Cardinality::Implicit if is_zero(&value) || self.reader.takes_for_nothing(&value) => {
                tree.fields.remove(&field.number);
            }
            _ => {
                tree.fields.insert(field.number, Slot::One(value));
            }
        }
    }

    fn clear_oneof(&self, tree: &mut Tree, field: &Field) {
        if let Some(oneof) = field.oneof {
            for other in &self.schema.oneof(oneof).fields {
                let number = self.schema.field(*other).number;
                if number != field.number {
                    tree.fields.remove(&number);
                }
            }
        }
    }

    fn packed(&mut self, tree: &mut Tree, field: &'s Field, bytes: &[u8]) -> Outcome<()> {
        let mut input = Input { bytes, reader: self.reader };
        while !input.bytes.is_empty() {
            let value = self.scalar(field, &mut input)?;
            match self.unlisted(field, &value) {
                Some(number) => self.aside(tree, field, number),
                None => self.set(tree, field, value),
            }
        }
        Ok(())
    }

    fn nested(
        &mut self,
        tree: &mut Tree,
        field: &'s Field,
        inner: MessageId,
        input: &mut Input<'_>,
        depth: usize,
    ) -> Outcome<()> {
        // A second part of a message is put into the first.
        let before = match tree.fields.get_mut(&field.number) {
            Some(Slot::One(Value::Message(known))) => Some(std::mem::replace(known, Tree::new(inner))),
            _ => None,
        };
        let mut value = before.unwrap_or_else(|| Tree::new(inner));
        if field.kind == Kind::Group {
            self.message(&mut value, input, Some(field.number), depth + 1)?;
        } else {
            let mut part = Input { bytes: input.blob()?, ..*input };
            self.message(&mut value, &mut part, None, depth + 1)?;
        }
        self.set(tree, field, Value::Message(value));
        Ok(())
    }

    /// One entry of a map. What is wrong with its parts makes them unknown; a value that a closed enum does not
    /// list makes the entry unknown as a whole.
    fn entry(&mut self, tree: &mut Tree, field: &'s Field, bytes: &[u8], depth: usize) -> Outcome<()> {
        let schema = self.schema;
        let Some((key, value)) = schema.map_entry(field) else { return Ok(()) };
        let (key_field, value_field) = (schema.field(key), schema.field(value));
        let mut input = Input { bytes, reader: self.reader };
        let mut key = None;
        let mut value = None;
        let mut odd = false;
        if depth + 1 > MAX_DEPTH {
            return Err(DecodeErrorKind::Depth);
        }
        while !input.bytes.is_empty() {
            let (number, wire) = input.tag()?;
            let part = match number {
                1 => key_field,
                2 => value_field,
                _ if wire == 4 => return Err(DecodeErrorKind::Group),
                _ => {
                    unknown(&mut input, number, wire, depth)?;
                    odd = true;
                    continue;
                }
            };
            if wire != part.kind.wire_type() {
                if self.reader.strict_wire_types {
                    let expected = part.kind.wire_type();
                    return Err(DecodeErrorKind::WireType { found: wire, expected });
                }
                if wire == 4 {
                    return Err(DecodeErrorKind::Group);
                }
                unknown(&mut input, number, wire, depth)?;
                odd = true;
                continue;
            }
            if number == 1 {
                key = Key::of(&self.scalar(part, &mut input)?);
            } else if let Some(inner) = schema.field_message(part) {
                let known = match value.take() {
                    Some(Value::Message(tree)) => tree,
                    _ => Tree::new(inner),
                };
                let mut known = known;
                let mut bytes = Input { bytes: input.blob()?, ..input };
                self.message(&mut known, &mut bytes, None, depth + 2)?;
                value = Some(Value::Message(known));
            } else {
                value = Some(self.scalar(part, &mut input)?);
            }
        }
        if odd && self.reader.whole_entries {
            self.keep(tree, field.number, UnknownData::Bytes(bytes.to_vec()));
            return Ok(());
        }
        let zero = |field| zero_of(schema, field);
        let Some(key) = key.or_else(|| zero(key_field).and_then(|v| Key::of(&v))) else { return Ok(()) };
        let Some(mut value) = value.or_else(|| zero(value_field)) else { return Ok(()) };
        if self.reader.zeroes_entries && self.unlisted(value_field, &value).is_some() {
            value = Value::Enum(0);
        }
        if self.unlisted(value_field, &value).is_some() {
            self.keep(tree, field.number, UnknownData::Bytes(bytes.to_vec()));
            return Ok(());
        }
        let value = self.reader.in_entry(value);
        match tree.fields.get_mut(&field.number) {
            Some(Slot::Map(entries)) => {
                entries.insert(key, value);
            }
            _ => {
                tree.fields.insert(field.number, Slot::Map(BTreeMap::from([(key, value)])));
            }
        }
        Ok(())
    }

    /// An item of a message set: a group of the number of an extension and its bytes.
    fn set_item(&mut self, tree: &mut Tree, input: &mut Input<'_>, depth: usize) -> Outcome<()> {
        let UnknownData::Group(parts) = unknown(input, 1, 3, depth)? else { return Ok(()) };
        let id = parts.iter().find_map(|p| match (p.number, &p.data) {
            (2, UnknownData::Varint(n)) => i32::try_from(*n).ok(),
            _ => None,
        });
        let bytes = parts.iter().find_map(|p| match (p.number, &p.data) {
            (3, UnknownData::Bytes(bytes)) => Some(bytes),
            _ => None,
        });
        let (Some(id), Some(bytes)) = (id, bytes) else { return Ok(()) };
        let known = self.field(tree.message, id);
        match known.and_then(|f| Some((f, self.schema.field_message(f)?))) {
            Some((field, inner)) => {
                let mut value = Tree::new(inner);
                self.path.push((id, field.name.to_string()));
                self.message(&mut value, &mut Input { bytes, ..*input }, None, depth + 1)?;
                self.path.pop();
                self.set(tree, field, Value::Message(value));
            }
            None => self.keep(tree, 1, UnknownData::Group(parts)),
        }
        Ok(())
    }

    fn scalar(&self, field: &Field, input: &mut Input<'_>) -> Outcome<Value> {
        Ok(match field.kind {
            Kind::Double => Value::Double(f64::from_bits(input.fixed64()?)),
            Kind::Float => Value::Float(f32::from_bits(input.fixed32()?)),
            Kind::Int32 => Value::Int32(input.varint()? as i32),
            Kind::Int64 => Value::Int64(input.varint()? as i64),
            Kind::Uint32 => Value::Uint32(input.varint()? as u32),
            Kind::Uint64 => Value::Uint64(input.varint()?),
            Kind::Sint32 => {
                let n = input.varint()? as u32;
                Value::Int32((n >> 1) as i32 ^ -((n & 1) as i32))
            }
            Kind::Sint64 => {
                let n = input.varint()?;
                Value::Int64((n >> 1) as i64 ^ -((n & 1) as i64))
            }
            Kind::Fixed32 => Value::Uint32(input.fixed32()?),
            Kind::Fixed64 => Value::Uint64(input.fixed64()?),
            Kind::Sfixed32 => Value::Int32(input.fixed32()? as i32),
            Kind::Sfixed64 => Value::Int64(input.fixed64()? as i64),
            Kind::Bool => Value::Bool(input.varint()? != 0),
            Kind::Enum => Value::Enum(input.varint()? as i32),
            Kind::String => {
                let bytes = input.blob()?;
                let declared = field.features.utf8_validation == Utf8Validation::Verify;
                let checked = match self.reader.utf8 {
                    Utf8::Always => true,
                    Utf8::Declared => declared,
                    Utf8::Go => declared && !self.is_extension_of_edition(field),
                    Utf8::Java => field.java_utf8 == JavaUtf8::Verify,
                };
                if checked && std::str::from_utf8(bytes).is_err() {
                    return Err(DecodeErrorKind::Utf8);
                }
                Value::String(bytes.to_vec())
            }
            Kind::Bytes => Value::Bytes(input.blob()?.to_vec()),
            // The schema does not have the message: nothing can be said about what is in it.
            Kind::Message | Kind::Group => Value::Bytes(input.blob()?.to_vec()),
        })
    }

    fn is_extension_of_edition(&self, field: &Field) -> bool {
        field.is_extension() && matches!(self.schema.file(field.file).syntax, Syntax::Edition(_))
    }

    fn required(&mut self, tree: &Tree) -> Outcome<()> {
        let schema = self.schema;
        for field in schema.fields_by_number(tree.message) {
            if field.cardinality == Cardinality::Required && !tree.fields.contains_key(&field.number) {
                self.path.push((field.number, field.name.to_string()));
                return Err(DecodeErrorKind::Required);
            }
        }
        for (number, slot) in &tree.fields {
            let name = || field_at(schema, tree.message, *number).map(|f| schema.field(f).name.to_string());
            let inner: Vec<&Value> = match slot {
                Slot::One(value) => vec![value],
                Slot::List(values) => values.iter().collect(),
                Slot::Map(entries) => entries.values().collect(),
            };
            for value in inner {
                if let Value::Message(inner) = value {
                    self.path.push((*number, name().unwrap_or_default()));
                    self.required(inner)?;
                    self.path.pop();
                }
            }
        }
        Ok(())
    }
}

/// Reads a field nobody knows.
pub(super) fn unknown(input: &mut Input<'_>, number: i32, wire: u8, depth: usize) -> Outcome<UnknownData> {
    Ok(match wire {
        0 => UnknownData::Varint(input.varint()?),
        1 => UnknownData::Fixed64(input.fixed64()?),
        2 => UnknownData::Bytes(input.blob()?.to_vec()),
        3 => {
            if depth >= MAX_DEPTH {
                return Err(DecodeErrorKind::Depth);
            }
            let mut fields = Vec::new();
            loop {
                let (inner, wire) = input.tag()?;
                if wire == 4 {
                    break if inner == number { Ok(()) } else { Err(DecodeErrorKind::Group) }?;
                }
                let data = unknown(input, inner, wire, depth + 1)?;
                fields.push(Unknown { number: inner, data });
            }
            UnknownData::Group(fields)
        }
        4 => return Err(DecodeErrorKind::Group),
        5 => UnknownData::Fixed32(input.fixed32()?),
        _ => return Err(DecodeErrorKind::Tag),
    })
}

/// The value of a singular field, its default where it is not there; `None` for messages that are not there.
pub fn get(schema: &Schema, tree: &Tree, field: &Field) -> Option<Value> {
    tree.one(field.number).cloned().or_else(|| default_of(schema, field))
}
