//! Sample messages: made from a schema and a seed, the same every time and everywhere.
//!
//! A handful of messages touches what a codec can get wrong; the exhaustive set tries every field by itself. All
//! of them are messages a runtime of the same contract writes or has to accept, so required fields are set, oneofs
//! hold one member, strings are UTF-8 and well-known types have a JSON form.

mod cases;
mod random;
mod tame;

use std::collections::BTreeSet;

use super::encode::{encode, tag};
use super::value::{Slot, Tree, Unknown, UnknownData, Value, all_fields, default_of, field_at};
use crate::compile::encode::varint;
use crate::schema::{Cardinality, EnumId, Field, FieldId, Kind, MessageId, Schema};

pub(crate) use cases::Maker;
pub use random::one;
pub use tame::tame;

/// How many samples there are to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// A handful a message.
    #[default]
    Small,
    /// Every field with every interesting value, and every way to write it.
    Exhaustive,
}

/// What samples to make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SampleOptions {
    /// Where values are arbitrary, they follow from this.
    pub seed: u64,
    /// How many.
    pub size: Size,
}

/// One encoded message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What is special about it, unique and stable within its message: `amount=max`.
    pub name: String,
    /// The message.
    pub bytes: Vec<u8>,
}

/// How many random messages an exhaustive set ends with.
const RANDOM: u64 = 16;
/// How deep a recursive message is nested; Java, Python and prost stop at a hundred.
const DEEP: usize = 40;
/// A field number that hardly any message uses, for unknown fields.
const NOBODYS: i32 = 536_870_000;

/// Samples of a message, in a stable order, no two with the same bytes.
pub fn samples(schema: &Schema, message: MessageId, options: &SampleOptions) -> Vec<Sample> {
    let maker = Maker::new(schema, options.seed, false);
    let mut set = Set { schema, samples: Vec::new(), bytes: BTreeSet::new(), names: BTreeSet::new() };
    set.tree("empty", &maker.minimal(message));
    set.tree("ordinary", &maker.ordinary(message));
    set.tree("full", &maker.full(message));
    set.tree("max", &maker.extreme(message, "max"));
    set.tree("min", &maker.extreme(message, "min"));
    if let Some(tree) = defaults(schema, &maker, message) {
        set.tree("default", &tree);
    }
    for &oneof in &schema.message(message).oneofs {
        let oneof = schema.oneof(oneof);
        for &member in &oneof.fields {
            let field = schema.field(member);
            if let Some(slot) = maker.typical(field) {
                let mut tree = maker.minimal(message);
                tree.fields.insert(field.number, slot);
                set.tree(&format!("{}={}", oneof.name, field.name), &tree);
            }
        }
    }
    let unknown = with_unknown(schema, &maker, message);
    set.tree("unknown", &unknown);
    if options.size == Size::Exhaustive {
        exhaustive(schema, &maker, message, options.seed, &mut set);
    }
    set.samples
}

/// A message of about `size` bytes, when it has a string or bytes field to fill.
pub fn large(schema: &Schema, message: MessageId, size: usize) -> Option<Vec<u8>> {
    let field = all_fields(schema, message).into_iter().map(|id| schema.field(id)).find(|field| {
        matches!(field.kind, Kind::String | Kind::Bytes) && field.cardinality != Cardinality::Repeated
    })?;
    const FILLING: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
    let mut filling = FILLING.repeat(size.div_ceil(FILLING.len()));
    filling.truncate(size);
    let value = if field.kind == Kind::String { Value::String(filling) } else { Value::Bytes(filling) };
    let mut tree = Maker::new(schema, 0, false).minimal(message);
    tree.fields.insert(field.number, Slot::One(value));
    Some(encode(schema, &tree))
}

/// Samples as they are collected.
struct Set<'s> {
    schema: &'s Schema,
    samples: Vec<Sample>,
    bytes: BTreeSet<Vec<u8>>,
    names: BTreeSet<String>,
}

impl Set<'_> {
    fn tree(&mut self, name: &str, tree: &Tree) {
        self.raw(name, encode(self.schema, tree));
    }

    fn raw(&mut self, name: &str, bytes: Vec<u8>) {
        if self.bytes.insert(bytes.clone()) && self.names.insert(name.to_owned()) {
            self.samples.push(Sample { name: name.to_owned(), bytes });
        }
    }
}

/// Every field that can be there with its default.
fn defaults(schema: &Schema, maker: &Maker<'_>, message: MessageId) -> Option<Tree> {
    let mut tree = maker.minimal(message);
    for id in all_fields(schema, message) {
        let field = schema.field(id);
        // A member of a oneof would clear the others.
        if field.oneof.is_some() || !field.cardinality.is_singular() {
            continue;
        }
        if let Some(value) = default_of(schema, field).filter(|_| field.cardinality != Cardinality::Implicit)
        {
            tree.fields.insert(field.number, Slot::One(value));
        } else if let Some(inner) =
            schema.field_message(field).filter(|_| field.cardinality == Cardinality::Explicit)
        {
            tree.fields.insert(field.number, Slot::One(Value::Message(maker.minimal(inner))));
        }
    }
    Some(tree)
}

fn with_unknown(schema: &Schema, maker: &Maker<'_>, message: MessageId) -> Tree {
    let mut tree = maker.minimal(message);
    let free = |from: i32| {
        (0..1000).map(|n| from - n).find(|n| field_at(schema, message, *n).is_none()).unwrap_or(from)
    };
    let number = free(NOBODYS);
    let inner = vec![Unknown { number: 1, data: UnknownData::Varint(1) }];
    tree.unknown = vec![
        Unknown { number, data: UnknownData::Varint(150) },
        Unknown { number, data: UnknownData::Bytes(b"unknown".to_vec()) },
        Unknown { number, data: UnknownData::Fixed32(0x3f80_0000) },
        Unknown { number, data: UnknownData::Fixed64(1) },
        Unknown { number, data: UnknownData::Group(inner) },
    ];
    tree
}

fn exhaustive(schema: &Schema, maker: &Maker<'_>, message: MessageId, seed: u64, set: &mut Set<'_>) {
    let empty = encode(schema, &maker.minimal(message));
    for id in all_fields(schema, message) {
        let field = schema.field(id);
        let name = name(schema, id);
        for (case, slot) in maker.cases(field, 1) {
            let mut tree = maker.minimal(message);
            tree.fields.insert(field.number, slot);
            set.tree(&format!("{name}={case}"), &tree);
        }
        for (case, bytes) in raw(schema, maker, field) {
            set.raw(&format!("{name}={case}"), [empty.as_slice(), &bytes].concat());
        }
        if let Some(tree) = deep(schema, maker, message, field) {
            set.tree(&format!("{name}=deep"), &tree);
        }
    }
    for index in 0..RANDOM {
        set.raw(&format!("random-{index}"), one(schema, message, seed, index));
    }
}

/// The name of a field in the names of cases.
pub(crate) fn name(schema: &Schema, id: FieldId) -> String {
    let field = schema.field(id);
    if field.is_extension() {
        format!("[{}]", super::value::extension_name(schema, id))
    } else {
        field.name.to_string()
    }
}

/// A chain of one message in itself.
fn deep(schema: &Schema, maker: &Maker<'_>, message: MessageId, field: &Field) -> Option<Tree> {
    if schema.field_message(field) != Some(message) {
        return None;
    }
    let mut tree = maker.minimal(message);
    for _ in 0..DEEP {
        let mut outer = maker.minimal(message);
        let value = Value::Message(tree);
        let slot = if field.cardinality == Cardinality::Repeated {
            Slot::List(vec![value])
        } else {
            Slot::One(value)
        };
        outer.fields.insert(field.number, slot);
        tree = outer;
    }
    Some(tree)
}

/// Ways to write a field that a writer does not choose and a reader has to take
/// (<https://protobuf.dev/programming-guides/encoding/#last-one-wins>).
fn raw(schema: &Schema, maker: &Maker<'_>, field: &Field) -> Vec<(&'static str, Vec<u8>)> {
    let mut out = Vec::new();
    let alone = |slot: Slot| {
        let parent = match (field.parent, &field.extendee) {
            (_, Some(name)) => schema.message_by_name(name),
            (parent, None) => parent,
        };
        let mut tree = Tree::new(parent?);
        tree.fields.insert(field.number, slot);
        Some(encode(schema, &tree))
    };
    let typical = maker.typical(field).and_then(alone);
    match field.cardinality {
        Cardinality::Repeated if field.kind.is_packable() => {
            let Some(values) = maker.several(field) else { return out };
            let mut bytes = Vec::new();
            if field.packed {
                for value in values {
                    let one = alone(Slot::List(vec![value])).unwrap_or_default();
                    // Tag, length and value become tag and value.
                    let skip = tag_length(field.number) + 1;
                    tag(field.number, field.kind.wire_type(), &mut bytes);
                    bytes.extend(one.get(skip..).unwrap_or_default());
                }
                out.push(("unpacked", bytes));
            } else {
                let mut packed: Vec<u8> = Vec::new();
                for value in values {
                    let one = alone(Slot::List(vec![value])).unwrap_or_default();
                    packed.extend(one.get(tag_length(field.number)..).unwrap_or_default());
                }
                tag(field.number, 2, &mut bytes);
                varint(&mut bytes, packed.len() as u64);
                bytes.extend(packed);
                out.push(("packed", bytes));
            }
        }
        Cardinality::Map => {
            if let Some(typical) = typical {
                out.push(("twice", [typical.as_slice(), &typical].concat()));
            }
            if schema.map_entry(field).is_some_and(|(_, v)| !needs_more(schema, schema.field(v))) {
                let mut bytes = Vec::new();
                tag(field.number, 2, &mut bytes);
                bytes.push(0);
                out.push(("empty-entry", bytes));
            }
        }
        Cardinality::Repeated => {}
        _ => {
            if let Some(typical) = typical.filter(|_| !is_picky(schema, field)) {
                out.push(("twice", [typical.as_slice(), &typical].concat()));
            }
        }
    }
    if let Some(number) = unlisted(schema, field) {
        let mut bytes = Vec::new();
        tag(field.number, 0, &mut bytes);
        varint(&mut bytes, i64::from(number) as u64);
        out.push(("unlisted-closed", bytes));
    }
    out
}

/// Whether an empty message of the field's type is not one: it has required fields, or no JSON form.
fn needs_more(schema: &Schema, field: &Field) -> bool {
    schema.field_message(field).is_some_and(|m| {
        schema.message(m).fields.iter().any(|f| schema.field(*f).cardinality == Cardinality::Required)
            || &*schema.message(m).full_name == "google.protobuf.Value"
    })
}

/// Whether a message put together from two parts is another one with rules of its own.
fn is_picky(schema: &Schema, field: &Field) -> bool {
    schema.field_message(field).is_some_and(|m| schema.message(m).full_name.starts_with("google.protobuf."))
}

fn tag_length(number: i32) -> usize {
    let mut bytes = Vec::new();
    tag(number, 0, &mut bytes);
    bytes.len()
}

/// Whether some runtime keeps numbers that the enum of a field does not list out of it: all but Go's where the enum is
/// closed, Java's also where the file of the field says so. What was written then is no value to all.
fn some_close(schema: &Schema, field: &Field) -> bool {
    field.java_closes_enums || schema.field_enum(field).is_some_and(|id| schema.enum_(id).is_closed())
}

/// A number that the closed enum of a field that may be absent does not list.
fn unlisted(schema: &Schema, field: &Field) -> Option<i32> {
    let id = schema.field_enum(field).filter(|_| some_close(schema, field))?;
    let takes = matches!(field.cardinality, Cardinality::Explicit | Cardinality::Repeated);
    if takes { free_number(schema, id) } else { None }
}

/// A small number that an enum does not list.
pub(crate) fn free_number(schema: &Schema, id: EnumId) -> Option<i32> {
    let listed: BTreeSet<i32> = schema.enum_(id).values.iter().map(|v| schema.value(*v).number).collect();
    (1..).find(|n| !listed.contains(n))
}
