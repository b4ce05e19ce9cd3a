//! What a value means where one side has a well-known type: those have JSON forms that other types have as well.

use std::collections::BTreeMap;

use super::decode::get;
use super::json::{known::Known, write_key};
use super::value::{Key, Slot, Tree, Value, all_fields};
use crate::schema::{Cardinality, Field, Schema};

/// What JSON says, without the type it says it in.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Meaning {
    Nothing,
    Truth(bool),
    Whole(i128),
    Real(f64),
    /// A real number of 32 bits.
    Short(f32),
    Text(Vec<u8>),
    Bytes(Vec<u8>),
    /// An enum value: its name, if it has one, and its number.
    Named(Option<Box<str>>, i32),
    /// A type that no other one has the form and the meaning of.
    Known(Known, BTreeMap<i32, Slot>),
    List(Vec<Meaning>),
    Object(BTreeMap<String, Meaning>),
}

/// Whether the JSON forms of two fields have to be looked at to compare what is in them.
pub(super) fn concerns((write, w): (&Schema, &Field), (read, r): (&Schema, &Field)) -> bool {
    let of = |schema: &Schema, f: &Field| -> (bool, Option<Box<str>>) {
        let of = match f.cardinality {
            Cardinality::Map => schema.map_entry(f).map_or(f, |(_, value)| schema.field(value)),
            _ => f,
        };
        let known = of.type_name.as_deref().is_some_and(|name| Known::of(name).is_some());
        (known || is_null(of), of.type_name.clone())
    };
    let ((a, a_type), (b, b_type)) = (of(write, w), of(read, r));
    let taken_apart = (w.cardinality == Cardinality::Map) != (r.cardinality == Cardinality::Map)
        && w.cardinality != Cardinality::Repeated
        && r.cardinality != Cardinality::Repeated;
    taken_apart || ((a || b) && (a_type != b_type || w.cardinality != r.cardinality))
}

fn is_null(field: &Field) -> bool {
    field.type_name.as_deref() == Some("google.protobuf.NullValue")
}

pub(super) fn of_slot(schema: &Schema, field: &Field, slot: Option<&Slot>) -> Meaning {
    match slot {
        None => Meaning::Nothing,
        Some(Slot::One(value)) => of_value(schema, field, value),
        Some(Slot::List(values)) => {
            Meaning::List(values.iter().map(|v| of_value(schema, field, v)).collect())
        }
        Some(Slot::Map(entries)) => {
            let value = schema.map_entry(field).map_or(field, |(_, value)| schema.field(value));
            let entry = |(key, v): (&Key, &Value)| (text_of(key), of_value(schema, value, v));
            Meaning::Object(entries.iter().map(entry).collect())
        }
    }
}

fn text_of(key: &Key) -> String {
    match key {
        // As text they mean something else.
        Key::Bool(b) => format!("boolean {b}"),
        Key::Int(n) => format!("number {n}"),
        Key::Uint(n) => format!("number {n}"),
        Key::String(s) => String::from_utf8_lossy(s).into_owned(),
    }
}

fn of_value(schema: &Schema, field: &Field, value: &Value) -> Meaning {
    match value {
        Value::Bool(b) => Meaning::Truth(*b),
        Value::Int32(n) => Meaning::Whole(i128::from(*n)),
        Value::Int64(n) => Meaning::Whole(i128::from(*n)),
        Value::Uint32(n) => Meaning::Whole(i128::from(*n)),
        Value::Uint64(n) => Meaning::Whole(i128::from(*n)),
        Value::Double(n) => Meaning::Real(*n),
        Value::Float(n) => Meaning::Short(*n),
        Value::String(s) => Meaning::Text(s.clone()),
        Value::Bytes(b) => Meaning::Bytes(b.clone()),
        Value::Enum(0) if is_null(field) => Meaning::Nothing,
        Value::Enum(n) => {
            let value = schema.field_enum(field).and_then(|e| schema.value_by_number(e, *n));
            Meaning::Named(value.map(|v| schema.value(v).name.clone()), *n)
        }
        Value::Message(tree) => of_tree(schema, tree),
    }
}

fn of_tree(schema: &Schema, tree: &Tree) -> Meaning {
    let field = |number| schema.field_by_number(tree.message, number).map(|id| schema.field(id));
    let slot = |number| {
        let field = field(number)?;
        Some(of_slot(schema, field, tree.fields.get(&number)))
    };
    match Known::of(&schema.message(tree.message).full_name) {
        Some(Known::Wrapper) => {
            let inner = field(1).and_then(|f| Some(of_value(schema, f, &get(schema, tree, f)?)));
            inner.unwrap_or(Meaning::Nothing)
        }
        Some(Known::Struct | Known::ListValue) => slot(1).unwrap_or(Meaning::Nothing),
        Some(Known::Value) => {
            let number = tree.fields.keys().next().copied();
            number.and_then(slot).unwrap_or(Meaning::Nothing)
        }
        Some(known) => Meaning::Known(known, tree.fields.clone()),
        None => {
            let present = all_fields(schema, tree.message).into_iter().filter_map(|id| {
                let field = schema.field(id);
                let slot = tree.fields.get(&field.number)?;
                Some((write_key(schema, id), of_slot(schema, field, Some(slot))))
            });
            Meaning::Object(present.collect())
        }
    }
}

impl Meaning {
    /// Whether it is what an absent field means too.
    pub(super) fn is_nothing(&self) -> bool {
        match self {
            Meaning::Nothing => true,
            Meaning::Truth(b) => !b,
            Meaning::Whole(n) => *n == 0,
            Meaning::Real(n) => *n == 0.0,
            Meaning::Short(n) => *n == 0.0,
            Meaning::Text(bytes) | Meaning::Bytes(bytes) => bytes.is_empty(),
            Meaning::Named(_, number) => *number == 0,
            Meaning::Known(_, fields) => fields.is_empty(),
            Meaning::List(items) => items.is_empty(),
            Meaning::Object(members) => members.values().all(Meaning::is_nothing),
        }
    }

    /// Whether both are numbers: what differs then was rounded.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Meaning::Whole(_) | Meaning::Real(_) | Meaning::Short(_))
    }

    pub(super) fn is_same(&self, other: &Meaning) -> bool {
        use Meaning::{List, Named, Object, Real, Short, Whole};
        let whole = |real: f64, whole: i128| real.fract() == 0.0 && real as i128 == whole;
        match (self, other) {
            (Real(a), Real(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Short(a), Short(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Short(a), Real(b)) => *b as f32 == *a || (a.is_nan() && b.is_nan()),
            (Real(a), Short(b)) => f64::from(*b) == *a || (a.is_nan() && b.is_nan()),
            (Real(a), Whole(b)) | (Whole(b), Real(a)) => whole(*a, *b),
            (Short(a), Whole(b)) | (Whole(b), Short(a)) => whole(f64::from(*a), *b),
            (Named(Some(a), _), Named(Some(b), _)) => a == b,
            (Named(_, a), Named(_, b)) => a == b,
            (Named(_, a), Whole(b)) | (Whole(b), Named(_, a)) => i128::from(*a) == *b,
            (List(a), List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_same(b)),
            (Object(a), Object(b)) => {
                let same = |key: &String| match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => a.is_same(b),
                    (Some(one), None) | (None, Some(one)) => one.is_nothing(),
                    (None, None) => true,
                };
                a.keys().chain(b.keys()).all(same)
            }
            (a, b) => a == b || (a.is_nothing() && b.is_nothing()),
        }
    }
}
