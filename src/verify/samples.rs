//! Sample messages for drivers to write: every field once with a telling value, all of them together, none.
//!
//! Small on purpose. Every value is one that a program of the contract may write: declared enum values, valid UTF-8,
//! required fields set.

use crate::schema::{Cardinality, Field, FieldId, Kind, MessageId, Schema};

/// Which samples to make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SampleOptions {
    /// Chooses among values that are as good as each other.
    pub seed: u64,
}

/// One encoded message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What is in it: `empty`, `all`, a field and a value's place among its values (`amount#1`).
    pub name: String,
    /// The encoded message.
    pub bytes: Vec<u8>,
}

/// How deep messages are nested.
const DEPTH: usize = 4;

/// The samples of one message, the empty one first.
#[must_use]
pub fn samples(schema: &Schema, message: MessageId, options: &SampleOptions) -> Vec<Sample> {
    let maker = Maker { schema, seed: options.seed };
    let mut out = vec![Sample { name: "empty".to_owned(), bytes: maker.base(message, None, 0) }];
    let fields = maker.fields(message);
    for id in &fields {
        let field = schema.field(*id);
        for which in 0..maker.variants(field) {
            let mut bytes = maker.base(message, Some(*id), 0);
            maker.field(*id, which, 0, &mut bytes);
            out.push(Sample { name: format!("{}#{which}", field.name), bytes });
        }
    }
    for which in 0..2 {
        out.push(Sample { name: format!("all#{which}"), bytes: maker.whole(message, which, 0) });
    }
    out
}

/// A message of about `size` bytes, when it has a string or bytes field to fill.
#[must_use]
pub fn large(schema: &Schema, message: MessageId, size: usize) -> Option<Vec<u8>> {
    let maker = Maker { schema, seed: 0 };
    let fields = maker.fields(message);
    let long = |f: &Field| matches!(f.kind, Kind::String | Kind::Bytes) && schema.map_entry(f).is_none();
    let id = fields.into_iter().find(|id| long(schema.field(*id)))?;
    let mut bytes = maker.base(message, Some(id), 0);
    let filling: Vec<u8> = (0..size).map(|i| b'a' + (i % 26) as u8).collect();
    tag(&mut bytes, schema.field(id).number, 2);
    block(&mut bytes, &filling);
    Some(bytes)
}

struct Maker<'a> {
    schema: &'a Schema,
    seed: u64,
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn tag(out: &mut Vec<u8>, number: i32, wire: u64) {
    varint(out, u64::from(number.unsigned_abs()) << 3 | wire);
}

fn block(out: &mut Vec<u8>, bytes: &[u8]) {
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Values of the integer kinds: small, the edges of 32 bits, negative, the edges of 64 bits.
const NUMBERS: [i64; 6] = [1, 300, -1, i32::MAX as i64, i32::MIN as i64, i64::MAX];
const DOUBLES: [f64; 6] = [1.5, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e300];
const STRINGS: [&str; 4] = ["plain", "\u{fc}\u{20ac}\u{1f600}\u{0}\n\"\\<", "", "x"];

impl Maker<'_> {
    fn fields(&self, message: MessageId) -> Vec<FieldId> {
        let schema = self.schema;
        let name = &schema.message(message).full_name;
        let own = schema.message(message).fields.iter().copied();
        let extensions =
            schema.all_extensions().filter(|(_, f)| f.extendee.as_ref() == Some(name)).map(|(id, _)| id);
        let mut all: Vec<FieldId> = own.chain(extensions).collect();
        all.sort_by_key(|id| schema.field(*id).number);
        all
    }

    /// The required fields, but for one that is written anyway.
    fn base(&self, message: MessageId, but: Option<FieldId>, depth: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for id in self.fields(message) {
            if self.schema.field(id).cardinality == Cardinality::Required && Some(id) != but {
                self.field(id, 0, depth, &mut out);
            }
        }
        out
    }

    /// Every field, of each oneof the member that `which` says.
    fn whole(&self, message: MessageId, which: usize, depth: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for id in self.fields(message) {
            let field = self.schema.field(id);
            if let Some(oneof) = field.oneof.filter(|_| !field.proto3_optional) {
                let members = &self.schema.oneof(oneof).fields;
                if members.get(which % members.len().max(1)) != Some(&id) {
                    continue;
                }
            }
            self.field(id, which, depth, &mut out);
        }
        out
    }

    fn variants(&self, field: &Field) -> usize {
        match field.kind {
            Kind::Bool => 2,
            Kind::Message | Kind::Group => 2,
            Kind::Enum => {
                self.schema.field_enum(field).map_or(1, |e| self.schema.enum_(e).values.len().min(6))
            }
            Kind::String | Kind::Bytes => STRINGS.len(),
            _ => NUMBERS.len(),
        }
    }

    fn field(&self, id: FieldId, which: usize, depth: usize, out: &mut Vec<u8>) {
        let field = self.schema.field(id);
        if let Some((key, value)) = self.schema.map_entry(field) {
            let (key, value) = (self.schema.field(key), self.schema.field(value));
            let mut entry = Vec::new();
            self.value(key, which, depth, &mut entry);
            self.value(value, which, depth + 1, &mut entry);
            tag(out, field.number, 2);
            block(out, &entry);
        } else if field.cardinality.is_singular() {
            self.value(field, which, depth, out);
        } else {
            let numbers = [which, which + 1];
            if field.packed {
                let mut packed = Vec::new();
                numbers.iter().for_each(|n| self.scalar(field, *n, &mut packed));
                tag(out, field.number, 2);
                block(out, &packed);
            } else {
                numbers.iter().for_each(|n| self.value(field, *n, depth, out));
            }
        }
    }

    /// A tag and one value.
    fn value(&self, field: &Field, which: usize, depth: usize, out: &mut Vec<u8>) {
        use crate::schema::MessageEncoding;
        let number = field.number;
        if field.kind.is_message() {
            let Some(message) = self.schema.field_message(field) else { return };
            let inner = if depth >= DEPTH || which.is_multiple_of(2) {
                self.base(message, None, depth + 1)
            } else {
                self.whole(message, which, depth + 1)
            };
            let delimited =
                field.kind == Kind::Group || field.features.message_encoding == MessageEncoding::Delimited;
            if delimited {
                tag(out, number, 3);
                out.extend_from_slice(&inner);
                tag(out, number, 4);
            } else {
                tag(out, number, 2);
                block(out, &inner);
            }
            return;
        }
        let wire = match field.kind {
            Kind::String | Kind::Bytes => 2,
            Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => 1,
            Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => 5,
            _ => 0,
        };
        tag(out, number, wire);
        self.scalar(field, which, out);
    }

    fn scalar(&self, field: &Field, which: usize, out: &mut Vec<u8>) {
        let which = which + self.seed as usize % 7 * 60;
        let number = NUMBERS[which % NUMBERS.len()];
        let double = DOUBLES[which % DOUBLES.len()];
        match field.kind {
            Kind::Double => out.extend(double.to_le_bytes()),
            Kind::Float => out.extend((double as f32).to_le_bytes()),
            Kind::Int32 => varint(out, i64::from(number as i32) as u64),
            Kind::Int64 => varint(out, number as u64),
            Kind::Uint32 => varint(out, u64::from(number as u32)),
            Kind::Uint64 => varint(out, number as u64),
            Kind::Sint32 => {
                let n = number as i32;
                varint(out, u64::from((n << 1 ^ n >> 31) as u32));
            }
            Kind::Sint64 => varint(out, (number << 1 ^ number >> 63) as u64),
            Kind::Fixed32 | Kind::Sfixed32 => out.extend((number as i32).to_le_bytes()),
            Kind::Fixed64 | Kind::Sfixed64 => out.extend(number.to_le_bytes()),
            Kind::Bool => varint(out, u64::from(which.is_multiple_of(2))),
            Kind::String | Kind::Bytes => block(out, STRINGS[which % STRINGS.len()].as_bytes()),
            Kind::Enum => {
                let values = self.schema.field_enum(field).map(|e| &self.schema.enum_(e).values);
                let values = values.map(Vec::as_slice).unwrap_or_default();
                let number = match values.len() {
                    0 => 0,
                    n => self.schema.value(values[which % n]).number,
                };
                varint(out, i64::from(number) as u64);
            }
            Kind::Message | Kind::Group => {}
        }
    }
}
