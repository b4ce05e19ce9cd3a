//! The values that fields are tried with.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::free_number;
use super::random::Rng;
use crate::schema::{Cardinality, Field, Kind, MessageId, Schema, Utf8Validation};
use crate::wire::encode::{encode, settle};
use crate::wire::json::known::Known;
use crate::wire::value::{Key, Slot, Tree, Value, all_fields};

/// How deep messages are filled.
const DEPTH: usize = 3;
/// How many fields one message holds with everything in it: types can be connected so that filling them all has
/// no end.
const FIELDS: usize = 400;
/// How many cases one field is tried with.
const CASES: usize = 400;
/// How many values of an enum are tried.
const ENUM_VALUES: usize = 24;
/// A string beyond what fits into one byte of length, and into small buffers.
const LONG: usize = 1500;

/// Makes values.
#[derive(Debug)]
pub(crate) struct Maker<'s> {
    schema: &'s Schema,
    seed: u64,
    /// Also values that a writer can write and another runtime refuses: strings that are not UTF-8 where nothing
    /// asks for it.
    wild: bool,
    left: Cell<usize>,
}

type Case<T> = (String, T);

fn case<T>(name: &str, value: T) -> Case<T> {
    (name.to_owned(), value)
}

impl<'s> Maker<'s> {
    pub(crate) fn new(schema: &'s Schema, seed: u64, wild: bool) -> Maker<'s> {
        Maker { schema, seed, wild, left: Cell::new(FIELDS) }
    }

    /// The smallest message that parses: required fields only.
    pub(crate) fn minimal(&self, message: MessageId) -> Tree {
        self.left.set(FIELDS);
        self.required(message, 8)
    }

    fn required(&self, message: MessageId, depth: usize) -> Tree {
        let mut tree = Tree::new(message);
        if self.known(message) == Some(Known::Value) {
            tree.fields.insert(4, Slot::One(Value::Bool(true)));
        }
        for field in self.schema.fields_by_number(message) {
            if field.cardinality != Cardinality::Required {
                continue;
            }
            let value = match self.schema.field_message(field) {
                Some(inner) if depth > 0 => Value::Message(self.required(inner, depth - 1)),
                Some(_) => continue, // holds itself: there is no such message
                None => match self.scalars(field).into_iter().next() {
                    Some((_, value)) => value,
                    None => continue,
                },
            };
            tree.fields.insert(field.number, Slot::One(value));
        }
        tree
    }

    /// Every field with something in it; of a oneof the first member.
    pub(crate) fn full(&self, message: MessageId) -> Tree {
        self.left.set(FIELDS);
        self.filled(message, DEPTH, &|m, f| m.arbitrary(f))
    }

    /// Every field with what a person would try first: a small number, a name that is listed.
    pub(crate) fn ordinary(&self, message: MessageId) -> Tree {
        self.left.set(FIELDS);
        self.filled(message, DEPTH, &|m, f| m.scalars(f).into_iter().next().map(|(_, value)| value))
    }

    /// Every field with its largest (`max`) or smallest (`min`) value, of an enum those that it lists.
    pub(crate) fn extreme(&self, message: MessageId, which: &str) -> Tree {
        self.left.set(FIELDS);
        self.filled(message, 1, &|maker, field| {
            if let Some(id) = maker.schema.field_enum(field) {
                let listed = maker.schema.enum_(id).values.iter().map(|v| maker.schema.value(*v).number);
                let number = if which == "max" { listed.max() } else { listed.min() };
                return number.map(Value::Enum);
            }
            let mut all = maker.scalars(field);
            let at = all.iter().position(|(name, _)| name == which)?;
            Some(all.swap_remove(at).1)
        })
    }

    fn filled(
        &self,
        message: MessageId,
        depth: usize,
        pick: &dyn Fn(&Maker<'s>, &Field) -> Option<Value>,
    ) -> Tree {
        if self.known(message).is_some() {
            return self.special(message).pop().map_or_else(|| Tree::new(message), |(_, tree)| tree);
        }
        let mut tree = self.required(message, 8);
        for id in all_fields(self.schema, message) {
            let field = self.schema.field(id);
            let second = field.oneof.is_some_and(|o| self.schema.oneof(o).fields.first() != Some(&id));
            if second || self.left.get() == 0 {
                continue;
            }
            self.left.set(self.left.get() - 1);
            let of = |field: &Field| match self.schema.field_message(field) {
                Some(inner) if depth > 0 => Some(Value::Message(self.filled(inner, depth - 1, pick))),
                Some(_) => None,
                None => pick(self, field),
            };
            let slot = match field.cardinality {
                Cardinality::Map => self.schema.map_entry(field).and_then(|(key, value)| {
                    let key = Key::of(&pick(self, self.schema.field(key))?)?;
                    Some(Slot::Map(BTreeMap::from([(key, of(self.schema.field(value))?)])))
                }),
                Cardinality::Repeated => of(field).map(|first| {
                    let second = if field.kind.is_message() {
                        first.clone()
                    } else {
                        self.arbitrary(field).unwrap_or_else(|| first.clone())
                    };
                    Slot::List(vec![first, second])
                }),
                _ => of(field).map(Slot::One),
            };
            if let Some(slot) = slot {
                tree.fields.insert(field.number, slot);
            }
        }
        settle(self.schema, &mut tree);
        tree
    }

    /// One ordinary value of a field, which has a form in JSON.
    pub(crate) fn typical(&self, field: &Field) -> Option<Slot> {
        let value = |field: &Field| match self.schema.field_message(field) {
            Some(inner) => {
                self.left.set(FIELDS);
                let pick = |m: &Maker<'s>, f: &Field| m.scalars(f).into_iter().next().map(|(_, value)| value);
                Some(Value::Message(self.filled(inner, 1, &pick)))
            }
            None => self.scalars(field).into_iter().next().map(|(_, v)| v),
        };
        Some(match field.cardinality {
            Cardinality::Map => {
                let (key, of) = self.schema.map_entry(field)?;
                let key = Key::of(&self.scalars(self.schema.field(key)).into_iter().next()?.1)?;
                Slot::Map(BTreeMap::from([(key, value(self.schema.field(of))?)]))
            }
            Cardinality::Repeated => Slot::List(vec![value(field)?]),
            _ => Slot::One(value(field)?),
        })
    }

    /// Several values of a list.
    pub(crate) fn several(&self, field: &Field) -> Option<Vec<Value>> {
        let mut values: Vec<Value> = self.scalars(field).into_iter().map(|(_, v)| v).collect();
        values.truncate(4);
        (!values.is_empty()).then_some(values)
    }

    /// Everything a field is tried with, small things first; messages are opened `depth` levels down.
    pub(crate) fn cases(&self, field: &Field, depth: usize) -> Vec<Case<Slot>> {
        let mut cases = Vec::new();
        match field.cardinality {
            Cardinality::Map => self.map_cases(field, depth, &mut cases),
            Cardinality::Repeated => {
                let values = self.values(field, depth);
                for (name, value) in &values {
                    cases.push((name.clone(), Slot::List(vec![value.clone()])));
                }
                let list = |n: usize| values.iter().take(n).map(|(_, v)| v.clone()).collect::<Vec<_>>();
                if values.len() > 1 {
                    cases.push(case("two", Slot::List(list(2))));
                    cases.push(case("many", Slot::List(list(8))));
                }
                // The same twice, which is one key of a map; and something before nothing, which put together is not
                // the last one.
                if let (Some((_, first)), Some((_, last))) = (values.first(), values.last()) {
                    cases.insert(0, case("same", Slot::List(vec![first.clone(), first.clone()])));
                    cases.insert(1, case("last-first", Slot::List(vec![last.clone(), first.clone()])));
                }
                // Parts of a message that complement each other show that they are not put together.
                for window in values.windows(2).take(12) {
                    if let [(a, x), (b, y)] = window {
                        cases.push((format!("{a}+{b}"), Slot::List(vec![x.clone(), y.clone()])));
                    }
                }
                // So do parts of two fields, neither of which is zero.
                let apart = values.iter().enumerate().flat_map(|(i, (a, x))| {
                    let of = |name: &str| name.split('.').next().map(str::to_owned);
                    let others = values.iter().skip(i + 2).filter(move |(b, _)| of(b) != of(a));
                    others.map(move |(b, y)| (format!("{a}+{b}"), Slot::List(vec![x.clone(), y.clone()])))
                });
                if field.kind.is_message() {
                    cases.extend(apart.take(24));
                }
            }
            _ => cases.extend(self.values(field, depth).into_iter().map(|(n, v)| (n, Slot::One(v)))),
        }
        cases.truncate(CASES);
        cases
    }

    fn map_cases(&self, field: &Field, depth: usize, cases: &mut Vec<Case<Slot>>) {
        let Some((key, value)) = self.schema.map_entry(field) else { return };
        let (key, value) = (self.schema.field(key), self.schema.field(value));
        let keys: Vec<Case<Key>> =
            self.scalars(key).into_iter().filter_map(|(n, v)| Some((n, Key::of(&v)?))).collect();
        let values = self.values(value, depth);
        let (Some((_, first_key)), Some((_, first_value))) = (keys.first(), values.first()) else { return };
        for (name, value) in &values {
            let entry = BTreeMap::from([(first_key.clone(), value.clone())]);
            cases.push((name.clone(), Slot::Map(entry)));
        }
        for (name, key) in keys.iter().skip(1) {
            let entry = BTreeMap::from([(key.clone(), first_value.clone())]);
            cases.push((format!("key-{name}"), Slot::Map(entry)));
        }
        let all = keys.iter().zip(values.iter().cycle());
        let all: BTreeMap<Key, Value> = all.map(|((_, k), (_, v))| (k.clone(), v.clone())).collect();
        cases.push(case("many", Slot::Map(all)));
    }

    /// Single values, messages among them.
    fn values(&self, field: &Field, depth: usize) -> Vec<Case<Value>> {
        match self.schema.field_message(field) {
            Some(inner) => {
                let cases = self.messages(inner, depth).into_iter();
                cases.map(|(name, tree)| (name, Value::Message(tree))).collect()
            }
            None => self.scalars(field),
        }
    }

    /// Messages with each of their fields by itself, `depth` levels down.
    fn messages(&self, message: MessageId, depth: usize) -> Vec<Case<Tree>> {
        if self.known(message).is_some() {
            return self.special(message);
        }
        let mut cases = vec![case("empty", self.minimal(message))];
        if depth == 0 {
            self.left.set(60);
            cases.push(case("full", self.filled(message, 1, &|m, f| m.arbitrary(f))));
            return cases;
        }
        for id in all_fields(self.schema, message) {
            let field = self.schema.field(id);
            let name = super::name(self.schema, id);
            for (of, slot) in self.cases(field, depth - 1) {
                let mut tree = self.minimal(message);
                tree.fields.insert(field.number, slot);
                settle(self.schema, &mut tree);
                cases.push((format!("{name}.{of}"), tree));
            }
            if cases.len() > CASES {
                break;
            }
        }
        self.left.set(60);
        cases.push(case("full", self.filled(message, 1, &|m, f| m.arbitrary(f))));
        cases
    }

    fn known(&self, message: MessageId) -> Option<Known> {
        Known::of(&self.schema.message(message).full_name)
    }

    /// Well-known types, whose fields have rules.
    fn special(&self, message: MessageId) -> Vec<Case<Tree>> {
        let with = |fields: &[(i32, Slot)]| {
            let mut tree = Tree::new(message);
            tree.fields = fields.iter().cloned().collect();
            settle(self.schema, &mut tree);
            tree
        };
        let one = Slot::One;
        let string = |s: &str| Value::String(s.as_bytes().to_vec());
        let time = |s: i64, n: i32| with(&[(1, one(Value::Int64(s))), (2, one(Value::Int32(n)))]);
        let inner = |number: i32| {
            let field = self.schema.field_by_number(message, number).map(|id| self.schema.field(id))?;
            match self.schema.map_entry(field) {
                Some((_, value)) => self.schema.field_message(self.schema.field(value)),
                None => self.schema.field_message(field),
            }
        };
        let flag = |of: MessageId| {
            let mut tree = Tree::new(of);
            tree.fields.insert(4, one(Value::Bool(true)));
            Value::Message(tree)
        };
        match self.known(message) {
            Some(Known::Timestamp) => vec![
                case("epoch", time(0, 0)),
                case("min", time(*crate::wire::json::known::TIMESTAMP_SECONDS.start(), 0)),
                case("max", time(*crate::wire::json::known::TIMESTAMP_SECONDS.end(), 999_999_999)),
                case("millis", time(1_700_000_000, 123_000_000)),
            ],
            Some(Known::Duration) => vec![
                case("zero", time(0, 0)),
                case("min", time(*crate::wire::json::known::DURATION_SECONDS.start(), 0)),
                case("max", time(*crate::wire::json::known::DURATION_SECONDS.end(), 0)),
                case("minus", time(-1, -500_000_000)),
                case("millis", time(1, 500_000_000)),
            ],
            Some(Known::FieldMask) => vec![
                case("empty", with(&[])),
                case("two", with(&[(1, Slot::List(vec![string("a_b"), string("c.d")]))])),
            ],
            Some(Known::Any) => self.anys(message),
            Some(Known::Value) => {
                let mut cases = vec![
                    case("true", with(&[(4, one(Value::Bool(true)))])),
                    case("null", with(&[(1, one(Value::Enum(0)))])),
                    case("number", with(&[(2, one(Value::Double(1.5)))])),
                ];
                for (name, number) in [("struct", 5), ("list", 6)] {
                    if let Some(of) = inner(number) {
                        let tree = self.special(of).pop().map_or_else(|| Tree::new(of), |(_, t)| t);
                        cases.push(case(name, with(&[(number, one(Value::Message(tree)))])));
                    }
                }
                cases.push(case("string", with(&[(3, one(string("text")))])));
                cases
            }
            Some(Known::Struct) => {
                let entry =
                    inner(1).map(|v| Slot::Map(BTreeMap::from([(Key::String(b"key".to_vec()), flag(v))])));
                let full = entry.map(|slot| case("one", with(&[(1, slot)])));
                [case("empty", with(&[]))].into_iter().chain(full).collect()
            }
            Some(Known::ListValue) => {
                let full = inner(1).map(|v| case("two", with(&[(1, Slot::List(vec![flag(v), flag(v)]))])));
                [case("empty", with(&[]))].into_iter().chain(full).collect()
            }
            Some(Known::Wrapper) => {
                let mut cases = vec![case("empty", with(&[]))];
                if let Some(field) = self.schema.field_by_number(message, 1).map(|id| self.schema.field(id)) {
                    let values = self.scalars(field).into_iter();
                    cases.extend(values.map(|(name, value)| (name, with(&[(1, one(value))]))));
                }
                cases
            }
            None => Vec::new(),
        }
    }

    /// An Any is empty or holds a message that readers have in the well-known types or the contract.
    fn anys(&self, message: MessageId) -> Vec<Case<Tree>> {
        let mut cases = vec![case("empty", Tree::new(message))];
        let preferred = self.schema.message_by_name("google.protobuf.Duration");
        let own = || {
            let mut own: Vec<_> = self
                .schema
                .messages()
                .filter(|(_, m)| !m.map_entry && self.schema.file(m.file).target)
                .map(|(id, m)| (&m.full_name, id))
                .collect();
            own.sort();
            own.first().map(|(_, id)| *id)
        };
        if let Some(of) = preferred.or_else(own) {
            let url = format!("type.googleapis.com/{}", self.schema.message(of).full_name);
            let mut tree = Tree::new(message);
            tree.fields.insert(1, Slot::One(Value::String(url.into_bytes())));
            let packed = self.special(of).pop().map_or_else(|| self.required(of, 8), |(_, tree)| tree);
            let bytes = encode(self.schema, &packed);
            if !bytes.is_empty() {
                tree.fields.insert(2, Slot::One(Value::Bytes(bytes)));
            }
            cases.push(case("packed", tree));
        }
        cases
    }

    /// A value that follows from the seed and the field.
    fn arbitrary(&self, field: &Field) -> Option<Value> {
        let salt = field.name.bytes().fold(field.number as u64, |n, b| n.wrapping_mul(31) + u64::from(b));
        let mut rng = Rng::new(self.seed ^ salt);
        let mut all = self.scalars(field);
        // What is not a number, infinite or long is for cases of its own.
        all.retain(|(name, _)| {
            !matches!(name.as_str(), "nan" | "inf" | "minus-inf" | "long" | "zero" | "unlisted")
        });
        if all.is_empty() { None } else { Some(all.swap_remove(rng.below(all.len())).1) }
    }

    /// Values of a scalar or an enum. The first one is small, and not the default.
    fn scalars(&self, field: &Field) -> Vec<Case<Value>> {
        use Value::{Bool, Bytes, Double, Enum, Float, Int32, Int64, String, Uint32, Uint64};
        let text = |s: &str| String(s.as_bytes().to_vec());
        match field.kind {
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => vec![
                case("one", Int32(1)),
                case("minus", Int32(-1)),
                case("two-bytes", Int32(300)),
                case("max", Int32(i32::MAX)),
                case("min", Int32(i32::MIN)),
                case("zero", Int32(0)),
            ],
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => vec![
                case("one", Int64(1)),
                case("minus", Int64(-1)),
                case("two-bytes", Int64(300)),
                case("beyond-32", Int64(1 << 32 | 5)),
                case("beyond-53", Int64((1 << 53) + 1)),
                case("max", Int64(i64::MAX)),
                case("min", Int64(i64::MIN)),
                case("zero", Int64(0)),
            ],
            Kind::Uint32 | Kind::Fixed32 => vec![
                case("one", Uint32(1)),
                case("two-bytes", Uint32(300)),
                case("high-bit", Uint32(1 << 31)),
                case("max", Uint32(u32::MAX)),
                case("zero", Uint32(0)),
            ],
            Kind::Uint64 | Kind::Fixed64 => vec![
                case("one", Uint64(1)),
                case("two-bytes", Uint64(300)),
                case("beyond-32", Uint64(1 << 32 | 5)),
                case("beyond-53", Uint64((1 << 53) + 1)),
                case("high-bit", Uint64(1 << 63)),
                case("max", Uint64(u64::MAX)),
                case("zero", Uint64(0)),
            ],
            Kind::Float => vec![
                case("half", Float(1.5)),
                case("tenth", Float(0.1)),
                case("minus-zero", Float(-0.0)),
                case("max", Float(f32::MAX)),
                case("min", Float(f32::MIN)),
                case("tiny", Float(f32::from_bits(1))),
                case("nan", Float(f32::NAN)),
                case("inf", Float(f32::INFINITY)),
                case("minus-inf", Float(f32::NEG_INFINITY)),
                case("zero", Float(0.0)),
            ],
            Kind::Double => vec![
                case("half", Double(1.5)),
                case("tenth", Double(0.1)),
                case("minus-zero", Double(-0.0)),
                case("max", Double(f64::MAX)),
                case("min", Double(f64::MIN)),
                case("tiny", Double(f64::from_bits(1))),
                case("nan", Double(f64::NAN)),
                case("inf", Double(f64::INFINITY)),
                case("minus-inf", Double(f64::NEG_INFINITY)),
                case("zero", Double(0.0)),
            ],
            Kind::Bool => vec![case("true", Bool(true)), case("false", Bool(false))],
            Kind::String => {
                let mut cases = vec![
                    case("letter", text("a")),
                    case("text", text("text")),
                    case("multi-byte", text("Grüße, 世界 🐎")),
                    case("control", text("\0\t\u{7f}\"\\")),
                    case("digits", text("123")),
                    case("long", text(&"é".repeat(LONG / 2))),
                    case("zero", text("")),
                ];
                if self.wild && field.features.utf8_validation != Utf8Validation::Verify {
                    cases.push(case("not-utf8", String(b"\xff".to_vec())));
                }
                cases
            }
            Kind::Bytes => vec![
                case("letter", Bytes(b"a".to_vec())),
                case("not-utf8", Bytes(b"\xff".to_vec())),
                case("nul", Bytes(b"\0\0".to_vec())),
                case("long", Bytes((0..LONG).map(|n| n as u8).collect())),
                case("zero", Bytes(Vec::new())),
            ],
            Kind::Enum => {
                let Some(id) = self.schema.field_enum(field) else { return Vec::new() };
                let enum_ = self.schema.enum_(id);
                let listed = enum_.values.iter().map(|v| self.schema.value(*v));
                let mut values: Vec<Case<Value>> =
                    listed.map(|v| (v.name.to_string(), Enum(v.number))).collect();
                // The first value is the default.
                if values.len() > 1 {
                    values.rotate_left(1);
                }
                let many = values.len().saturating_sub(ENUM_VALUES);
                values.drain(..many);
                // Of NullValue JSON knows one value.
                if !super::some_close(self.schema, field) && &*enum_.full_name != "google.protobuf.NullValue"
                {
                    let free = free_number(self.schema, id);
                    values.extend(free.map(|n| case("unlisted", Enum(n))));
                    if self.schema.value_by_number(id, -1).is_none() {
                        values.push(case("negative", Enum(-1)));
                    }
                }
                values
            }
            Kind::Message | Kind::Group => Vec::new(),
        }
    }

    /// An arbitrary message.
    pub(crate) fn random(&self, message: MessageId, rng: &mut Rng) -> Tree {
        self.left.set(FIELDS);
        self.random_inside(message, rng, DEPTH)
    }

    fn random_inside(&self, message: MessageId, rng: &mut Rng, depth: usize) -> Tree {
        if self.known(message).is_some() {
            let mut cases = self.special(message);
            let at = rng.below(cases.len());
            return if cases.is_empty() { Tree::new(message) } else { cases.swap_remove(at).1 };
        }
        let mut tree = self.required(message, 8);
        for id in all_fields(self.schema, message) {
            let field = self.schema.field(id);
            let chosen = field.oneof.is_none_or(|oneof| {
                let members = &self.schema.oneof(oneof).fields;
                // Every member is asked in turn: the first that is taken stays.
                members.iter().all(|m| !tree.fields.contains_key(&self.schema.field(*m).number))
            });
            if !chosen || rng.below(10) < 4 || self.left.get() == 0 {
                continue;
            }
            self.left.set(self.left.get() - 1);
            let slot = match field.cardinality {
                Cardinality::Map => self.schema.map_entry(field).map(|(key, value)| {
                    let mut entries = BTreeMap::new();
                    for _ in 0..rng.below(3) {
                        let key = self.random_value(self.schema.field(key), rng, depth);
                        let value = self.random_value(self.schema.field(value), rng, depth);
                        if let (Some(key), Some(value)) = (key.and_then(|k| Key::of(&k)), value) {
                            entries.insert(key, value);
                        }
                    }
                    Slot::Map(entries)
                }),
                Cardinality::Repeated => {
                    let count = rng.below(4);
                    Some(Slot::List(
                        (0..count).filter_map(|_| self.random_value(field, rng, depth)).collect(),
                    ))
                }
                _ => self.random_value(field, rng, depth).map(Slot::One),
            };
            if let Some(slot) = slot {
                tree.fields.insert(field.number, slot);
            }
        }
        settle(self.schema, &mut tree);
        tree
    }

    fn random_value(&self, field: &Field, rng: &mut Rng, depth: usize) -> Option<Value> {
        if let Some(inner) = self.schema.field_message(field) {
            return (depth > 0).then(|| Value::Message(self.random_inside(inner, rng, depth - 1)));
        }
        let mut all = self.scalars(field);
        if all.is_empty() {
            return None;
        }
        let at = rng.below(all.len());
        Some(all.swap_remove(at).1)
    }
}
