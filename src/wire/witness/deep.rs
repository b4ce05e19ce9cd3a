//! Values that hold what two types do not have in common, however deep it is.

use std::collections::{BTreeMap, BTreeSet};

use super::Prover;
use crate::schema::{Cardinality, Field, Known, MessageId, Schema};
use crate::wire::sample::Maker;
use crate::wire::value::{Key, Slot, Tree, Value};
use crate::words::{Direction, Lens};

/// How many values one field is tried with.
const VALUES: usize = 200;
/// How deep messages are opened: parsers refuse more.
const DEPTH: usize = 40;
/// How often a message holds itself, fewer times than parsers refuse: two bytes each are more than 127.
const CHAIN: usize = 80;

/// One walk through two types.
struct Walk<'a> {
    write: &'a Schema,
    read: &'a Schema,
    maker: Maker<'a>,
    lens: Lens,
    seen: BTreeSet<(MessageId, MessageId)>,
    left: usize,
}

impl Prover<'_> {
    /// What a field of the writer can hold and that of the reader cannot, one difference a value.
    pub(super) fn deep(&self, w: &Field, r: &Field, lens: Lens, direction: Direction) -> Vec<Slot> {
        let (write, read) = self.sides(direction);
        let maker = Maker::new(write, 0, true);
        Walk { write, read, maker, lens, seen: BTreeSet::new(), left: VALUES }.slots(w, r, 0)
    }

    /// A message that holds itself so often that its length is no letter: what holds nothing else is text until then.
    pub(super) fn chain(&self, w: &Field, r: &Field, direction: Direction) -> Option<Slot> {
        let (write, _) = self.sides(direction);
        let message =
            write.field_message(w).filter(|_| w.cardinality.is_singular() && !r.kind.is_message())?;
        let itself = |f: &&Field| f.cardinality.is_singular() && write.field_message(f) == Some(message);
        let inner = write.fields_by_number(message).into_iter().find(itself)?;
        let maker = Maker::new(write, 0, true);
        let mut tree = maker.minimal(message);
        for _ in 0..CHAIN {
            let mut outer = maker.minimal(message);
            outer.fields.insert(inner.number, Slot::One(Value::Message(tree)));
            tree = outer;
        }
        Some(Slot::One(Value::Message(tree)))
    }
}

impl Walk<'_> {
    fn slots(&mut self, w: &Field, r: &Field, depth: usize) -> Vec<Slot> {
        if let (Some((key, value)), Some((_, other))) = (self.write.map_entry(w), self.read.map_entry(r)) {
            let values = self.values(self.write.field(value), self.read.field(other), depth);
            let key = self.maker.typical(self.write.field(key)).and_then(|slot| match slot {
                Slot::One(value) => Key::of(&value),
                _ => None,
            });
            let Some(key) = key else { return Vec::new() };
            return values.into_iter().map(|v| Slot::Map(BTreeMap::from([(key.clone(), v)]))).collect();
        }
        let values = self.values(w, r, depth);
        let wrap =
            |v| if w.cardinality == Cardinality::Repeated { Slot::List(vec![v]) } else { Slot::One(v) };
        values.into_iter().map(wrap).collect()
    }

    fn values(&mut self, w: &Field, r: &Field, depth: usize) -> Vec<Value> {
        if self.left == 0 || depth >= DEPTH || (w.kind.is_named() && w.type_name == r.type_name) {
            return Vec::new();
        }
        let (enums, messages) = (
            self.write.field_enum(w).zip(self.read.field_enum(r)),
            self.write.field_message(w).zip(self.read.field_message(r)),
        );
        if let Some((a, b)) = enums {
            let values = self.write.enum_(a).values.iter().map(|v| self.write.value(*v));
            let differs = |number: i32, name: &str| {
                self.read.value_by_name(b, name).map(|v| self.read.value(v).number) != Some(number)
            };
            let other = values.filter(|v| differs(v.number, &v.name)).map(|v| Value::Enum(v.number));
            let other: Vec<Value> = other.take(self.left).collect();
            self.left -= other.len();
            return other;
        }
        let Some((a, b)) = messages else { return Vec::new() };
        // Forms of their own are tried as what they are.
        let own = |schema: &Schema, id: MessageId| Known::of(&schema.message(id).full_name).is_some();
        if self.lens == Lens::Json && (own(self.write, a) || own(self.read, b)) {
            return Vec::new();
        }
        if !self.seen.insert((a, b)) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for field in self.write.fields_by_number(a) {
            let other = match self.lens {
                Lens::Json => self.read.field_by_key(b, &field.json_name),
                _ => self.read.field_by_number(b, field.number),
            };
            let other = other.map(|id| self.read.field(id));
            let slots = match other {
                Some(other) if other.kind == field.kind && other.cardinality == field.cardinality => {
                    self.slots(field, other, depth + 1)
                }
                _ => {
                    let cases = self.maker.cases(field, 1).into_iter().map(|(_, slot)| slot);
                    let cases: Vec<Slot> = cases.take(self.left.min(8)).collect();
                    self.left -= cases.len();
                    cases
                }
            };
            for slot in slots {
                let mut tree: Tree = self.maker.minimal(a);
                tree.fields.insert(field.number, slot);
                found.push(Value::Message(tree));
            }
        }
        found
    }
}
