//! Whether bytes are an encoded message of a type: what every generated parser would refuse is refused here too.
//!
//! Nothing is kept of what is read. A message is walked once, into the messages it holds; fields the type does not
//! have are only skipped.

use thiserror::Error;

use crate::compile::wire;
use crate::schema::{Cardinality, Field, Kind, MessageId, Schema, Utf8Validation};
use crate::wire::decode::{MAX_DEPTH, decode};
use crate::wire::reader::Reader as Model;
use crate::wire::value::field_at;

/// Why bytes are no message.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(super) enum Invalid {
    #[error("truncated at byte {0}")]
    Truncated(usize),
    #[error("a varint of more than ten bytes at byte {0}")]
    Varint(usize),
    #[error("no such field number or wire type at byte {0}")]
    Tag(usize),
    #[error("a group that does not end at byte {0}")]
    Group(usize),
    #[error("messages more than {MAX_DEPTH} deep")]
    Depth,
    #[error("field `{0}` is not valid UTF-8")]
    Utf8(Box<str>),
    #[error("required field `{0}` is missing")]
    Missing(Box<str>),
}

/// Reads `bytes` as a message.
pub(super) fn check(schema: &Schema, message: MessageId, bytes: &[u8]) -> Result<(), Invalid> {
    let mut reader = Reader { schema, bytes, at: 0 };
    match reader.message(Some(message), bytes.len(), None, 0) {
        // A message may come in parts, and a part may be replaced by another member of its oneof: what this one lacks may
        // be somewhere else. Only a parser that puts them together can tell.
        Err(Invalid::Missing(_)) if decode(schema, message, bytes, Model::SPEC).is_ok() => Ok(()),
        result => result,
    }
}

/// Whether a field takes values of a wire type; others are unknown fields to every parser
/// (<https://protobuf.dev/programming-guides/encoding/#structure>).
fn fits(field: &Field, wire: u8) -> bool {
    wire == field.kind.wire_type() || (wire == 2 && field.takes_packed())
}

struct Reader<'a> {
    schema: &'a Schema,
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// Reads up to `end`, or to the end of `group`.
    fn message(
        &mut self,
        message: Option<MessageId>,
        end: usize,
        group: Option<u32>,
        depth: usize,
    ) -> Result<(), Invalid> {
        if depth > MAX_DEPTH {
            return Err(Invalid::Depth);
        }
        let schema = self.schema;
        let mut required: Vec<&Field> = Vec::new();
        if let Some(id) = message {
            let fields = schema.message(id).fields.iter().map(|f| schema.field(*f));
            required.extend(fields.filter(|f| f.cardinality == Cardinality::Required));
        }
        loop {
            if self.at == end {
                return match (group, required.first()) {
                    (Some(_), _) => Err(Invalid::Group(self.at)),
                    (None, Some(field)) => Err(Invalid::Missing(field.name.clone())),
                    (None, None) => Ok(()),
                };
            }
            let start = self.at;
            let tag = self.varint(end)?;
            let number = u32::try_from(tag >> 3).ok().filter(|n| (1..1 << 29).contains(n));
            let number = number.ok_or(Invalid::Tag(start))?;
            let wire = (tag & 7) as u8;
            if wire == 4 {
                return match required.first() {
                    _ if group != Some(number) => Err(Invalid::Group(start)),
                    Some(field) => Err(Invalid::Missing(field.name.clone())),
                    None => Ok(()),
                };
            }
            let field = message.and_then(|id| field_at(schema, id, number as i32));
            let field = field.map(|f| schema.field(f)).filter(|f| fits(f, wire));
            let taken = self.value(field, number, wire, start, end, depth)?;
            if taken && !required.is_empty() {
                required.retain(|f| f.number != number as i32);
            }
        }
    }

    /// Reads a value; whether it belongs to the field, or has to be kept with the unknown ones.
    fn value(
        &mut self,
        field: Option<&Field>,
        number: u32,
        wire: u8,
        start: usize,
        end: usize,
        depth: usize,
    ) -> Result<bool, Invalid> {
        match wire {
            0 => {
                let value = self.varint(end)?;
                // Closed enums leave numbers they do not know to the unknown fields.
                let closed = field.and_then(|f| self.schema.field_enum(f));
                let closed = closed.filter(|e| self.schema.enum_(*e).is_closed());
                let known = closed.is_none_or(|e| self.schema.value_by_number(e, value as i32).is_some());
                return Ok(field.is_some() && known);
            }
            1 => self.skip(8, end)?,
            5 => self.skip(4, end)?,
            2 => {
                let len = usize::try_from(self.varint(end)?).map_err(|_| Invalid::Truncated(start))?;
                let from = self.at;
                self.skip(len, end)?;
                let to = self.at;
                match field.map(|f| (f, f.kind)) {
                    Some((field, Kind::Message)) => {
                        self.at = from;
                        self.message(self.schema.field_message(field), to, None, depth + 1)?;
                    }
                    Some((field, Kind::String))
                        if field.features.utf8_validation == Utf8Validation::Verify =>
                    {
                        std::str::from_utf8(&self.bytes[from..to])
                            .map_err(|_| Invalid::Utf8(field.name.clone()))?;
                    }
                    Some((_, kind)) if kind.is_packable() => {
                        self.at = from;
                        self.packed(kind, to)?;
                    }
                    _ => {}
                }
            }
            3 => {
                let inner = field.and_then(|f| self.schema.field_message(f));
                self.message(inner, end, Some(number), depth + 1)?;
            }
            _ => return Err(Invalid::Tag(start)),
        }
        Ok(field.is_some())
    }

    /// Values without tags, up to `end`. Whether the field is declared packed does not matter to a reader.
    fn packed(&mut self, kind: Kind, end: usize) -> Result<(), Invalid> {
        while self.at < end {
            match kind {
                Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => self.skip(8, end)?,
                Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => self.skip(4, end)?,
                _ => self.varint(end).map(|_| ())?,
            }
        }
        Ok(())
    }

    fn skip(&mut self, len: usize, end: usize) -> Result<(), Invalid> {
        let to = self.at.checked_add(len).filter(|to| *to <= end);
        self.at = to.ok_or(Invalid::Truncated(self.at))?;
        Ok(())
    }

    fn varint(&mut self, end: usize) -> Result<u64, Invalid> {
        let start = self.at;
        let value = wire::varint(&self.bytes[..end], &mut self.at);
        value.ok_or(if end - start < 10 { Invalid::Truncated(end) } else { Invalid::Varint(start) })
    }
}
