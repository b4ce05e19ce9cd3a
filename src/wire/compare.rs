//! What a reader lost of what a writer meant.
//!
//! Both messages come from the same bytes (or the same JSON), read under the writer's schema and under the
//! reader's. Values are equal when they are the same number, text or bytes; names count, because a value under
//! another name means another thing.

use super::encode::encode;
use super::json::write_key;
use super::meaning;
use super::value::{Key, Slot, Tree, Value, all_fields, default_of, field_at};
use crate::schema::{Cardinality, Field, FieldId, Schema};
use crate::words::{Direction, Effect};

/// How the two messages belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By field number: bytes.
    Number,
    /// By key: JSON.
    Key,
}

/// One thing that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The outermost field on the way, by its number for the writer.
    pub field: i32,
    /// The field by the writer's names: `user.age`.
    pub place: String,
    /// [`Effect::Lossy`] where a value is not there or cut off, [`Effect::Corrupt`] where it is another one.
    pub effect: Effect,
    /// Whether only names differ, or a number has a name on one side alone: the bytes do not say what it means.
    pub only_name: bool,
}

/// A comparison of messages of two schemas.
#[derive(Clone, Copy, Debug)]
pub struct Comparison<'a> {
    /// The schema of the writer.
    pub write: &'a Schema,
    /// The schema of the reader.
    pub read: &'a Schema,
    /// Backward: the old side wrote. What only a new writer knows is no loss to an old reader, who never had it.
    pub direction: Direction,
    /// How fields find each other.
    pub by: By,
}

impl Comparison<'_> {
    /// Everything that is not what it was, in the order of the writer's fields.
    pub fn differences(&self, written: &Tree, read: &Tree) -> Vec<Difference> {
        let mut found = Vec::new();
        self.messages(written, read, "", None, &mut found);
        found
    }

    fn messages(&self, w: &Tree, r: &Tree, place: &str, field: Option<i32>, found: &mut Vec<Difference>) {
        for id in all_fields(self.write, w.message) {
            let written = self.write.field(id);
            let key = super::sample::name(self.write, id);
            let place = if place.is_empty() { key } else { format!("{place}.{key}") };
            let field = field.unwrap_or(written.number);
            let mut add = |effect, only_name| {
                found.push(Difference { field, place: place.clone(), effect, only_name });
            };
            let slot = w.fields.get(&written.number);
            let Some(other) = self.partner(w, r, id) else {
                if slot.is_some() && self.was_known(written, r) {
                    add(Effect::Lossy, false);
                }
                continue;
            };
            let (other_id, other) = (other, self.read.field(other));
            let seen = r.fields.get(&other.number);
            // What the writer's own schema does not make anything of may be anything to the reader.
            let mut pared = None;
            if w.unknown.iter().any(|u| u.number == written.number) {
                match (slot, seen) {
                    (None, _) => continue,
                    (Some(slot), Some(seen)) => pared = without_more(slot, seen),
                    (Some(_), None) => {}
                }
            }
            let seen = pared.as_ref().or(seen);
            if slot.is_some() && self.by == By::Number && self.is_renamed(written, other) {
                add(Effect::Corrupt, true);
            }
            if slot.is_some() && self.by == By::Key && self.is_namesakes(id, other_id, r) {
                add(Effect::Corrupt, false);
                continue;
            }
            self.slots((written, slot), (other, seen), &place, field, found);
        }
    }

    /// The field of the reader that holds what a field of the writer held.
    fn partner(&self, w: &Tree, r: &Tree, id: FieldId) -> Option<FieldId> {
        let written = self.write.field(id);
        match self.by {
            By::Number => field_at(self.read, r.message, written.number),
            By::Key => {
                let key = write_key(self.write, id);
                debug_assert!(field_at(self.write, w.message, written.number) == Some(id));
                super::json::field_of_key(self.read, r.message, &key)
            }
        }
    }

    /// Whether the reader misses something when it does not see this field: an old reader does not miss what is
    /// new, unless it has the name elsewhere.
    fn was_known(&self, written: &Field, r: &Tree) -> bool {
        self.direction == Direction::Backward || self.read.field_by_name(r.message, &written.name).is_some()
    }

    /// Whether two fields have the key of a field, and what it held is another one's now.
    fn is_namesakes(&self, w: FieldId, r: FieldId, read: &Tree) -> bool {
        let written = self.write.field(w);
        let holds = |id: FieldId| {
            let field = self.read.field(id);
            field.name != written.name && read.fields.contains_key(&field.number)
        };
        match self.read.json_namesake(r) {
            Some(other) => {
                holds(r) || (holds(other) && !read.fields.contains_key(&self.read.field(r).number))
            }
            None => self.write.json_namesake(w).is_some() && holds(r),
        }
    }

    /// One key in JSON is one meaning, however the name is spelled.
    fn is_renamed(&self, w: &Field, r: &Field) -> bool {
        w.name != r.name && (w.json_name != r.json_name || w.is_extension() || r.is_extension())
    }

    fn slots(
        &self,
        (w, written): (&Field, Option<&Slot>),
        (r, seen): (&Field, Option<&Slot>),
        place: &str,
        field: i32,
        found: &mut Vec<Difference>,
    ) {
        let mut add = |effect| {
            found.push(Difference { field, place: place.to_owned(), effect, only_name: false });
        };
        if self.by == By::Key && meaning::concerns((self.write, w), (self.read, r)) {
            let (a, b) = (meaning::of_slot(self.write, w, written), meaning::of_slot(self.read, r, seen));
            if !a.is_same(&b) {
                let rounded = a.is_number() && b.is_number();
                add(if rounded || b.is_nothing() { Effect::Lossy } else { Effect::Corrupt });
            }
            return;
        }
        match (written, seen) {
            (None, None) => {
                // Absent means the default, which may be another one.
                if let (Some(a), Some(b)) = (default_of(self.write, w), default_of(self.read, r))
                    && (w.default.is_some() || r.default.is_some() || matches!(a, Value::Enum(_)))
                    && !matches!(w.cardinality, Cardinality::Required)
                    && !matches!(r.cardinality, Cardinality::Required)
                    && self.values((w, &a), (r, &b), place, field).iter().any(|d| !d.only_name)
                {
                    add(Effect::Corrupt);
                }
            }
            // Nothing was meant, and something is there.
            (None, Some(Slot::One(Value::Message(tree)))) if tree.is_empty() => {}
            (None, Some(Slot::One(value))) => {
                let same = |d: Value| self.values((w, &d), (r, value), place, field).is_empty();
                if !default_of(self.write, w).is_some_and(same) {
                    add(Effect::Corrupt);
                }
            }
            (None, Some(_)) => add(Effect::Corrupt),
            (Some(written), None) => {
                let nothing = match written {
                    Slot::One(value) => {
                        let tracked = [w, r].iter().all(|f| f.cardinality != Cardinality::Implicit);
                        let same = |d: Value| self.values((w, value), (r, &d), place, field).is_empty();
                        !(tracked && r.cardinality.is_singular())
                            && default_of(self.read, r).is_some_and(same)
                    }
                    // A list of one nothing, read as a single value.
                    Slot::List(values) => match values.as_slice() {
                        [value] => default_of(self.read, r)
                            .is_some_and(|d| self.values((w, value), (r, &d), place, field).is_empty()),
                        _ => false,
                    },
                    Slot::Map(_) => false,
                };
                if !nothing {
                    add(Effect::Lossy);
                }
            }
            (Some(written), Some(seen)) => found.extend(self.present((w, written), (r, seen), place, field)),
        }
    }

    fn present(
        &self,
        (w, written): (&Field, &Slot),
        (r, seen): (&Field, &Slot),
        place: &str,
        field: i32,
    ) -> Vec<Difference> {
        let one = |effect| vec![Difference { field, place: place.to_owned(), effect, only_name: false }];
        match (written, seen) {
            (Slot::One(a), Slot::One(b)) => self.values((w, a), (r, b), place, field),
            (Slot::List(a), Slot::List(b)) => self.lists((w, a), (r, b), place, field),
            (Slot::One(a), Slot::List(b)) => match b.as_slice() {
                [b] => self.values((w, a), (r, b), place, field),
                _ => one(Effect::Corrupt),
            },
            (Slot::List(a), Slot::One(b)) => match a.as_slice() {
                [a] => self.values((w, a), (r, b), place, field),
                [.., last] if self.values((w, last), (r, b), place, field).is_empty() => one(Effect::Lossy),
                _ => one(Effect::Corrupt),
            },
            (Slot::Map(a), Slot::Map(b)) => {
                let (Some((ak, av)), Some((bk, bv))) = (self.write.map_entry(w), self.read.map_entry(r))
                else {
                    return Vec::new();
                };
                let (ak, av) = (self.write.field(ak), self.write.field(av));
                let (bk, bv) = (self.read.field(bk), self.read.field(bv));
                let mut found = Vec::new();
                let mut matched = 0;
                for (key, value) in a {
                    let key = key.value(ak.kind);
                    let same =
                        |k: &Key| self.values((ak, &key), (bk, &k.value(bk.kind)), place, field).is_empty();
                    match b.iter().find(|(k, _)| same(k)) {
                        Some((_, other)) => {
                            matched += 1;
                            found.extend(self.values((av, value), (bv, other), place, field));
                        }
                        None => found.extend(one(Effect::Lossy)),
                    }
                }
                if b.len() > matched {
                    found.extend(one(Effect::Corrupt));
                }
                found
            }
            // A map is a list of entries on the wire, in any order.
            (Slot::Map(entries), Slot::List(items)) => {
                if entries.len() == items.len() {
                    self.items((w, entries), (r, items), place, field)
                } else {
                    one(Effect::Lossy)
                }
            }
            (Slot::List(items), Slot::Map(entries)) => {
                if entries.len() == items.len() {
                    self.entries((w, items), (r, entries), place, field)
                } else {
                    one(Effect::Lossy)
                }
            }
            (Slot::One(Value::Message(_)), Slot::Map(_)) => one(Effect::Corrupt),
            (Slot::Map(_), Slot::One(_)) | (Slot::One(_), Slot::Map(_)) => one(Effect::Corrupt),
        }
    }

    /// Entries that are read as messages: each has to be one of them, with its key and its value.
    fn items(
        &self,
        (w, entries): (&Field, &std::collections::BTreeMap<Key, Value>),
        (r, items): (&Field, &[Value]),
        place: &str,
        field: i32,
    ) -> Vec<Difference> {
        let one = |effect| vec![Difference { field, place: place.to_owned(), effect, only_name: false }];
        // As bytes each is kept whole, and can be taken apart by whoever knows what it is.
        if items.iter().all(|item| matches!(item, Value::Bytes(_))) {
            return Vec::new();
        }
        let (Some((key, value)), Some(message)) = (self.write.map_entry(w), self.read.field_message(r))
        else {
            return one(Effect::Corrupt);
        };
        let parts = |n: i32| self.read.field_by_number(message, n).map(|id| self.read.field(id));
        // What the reader does not know it drops.
        let (Some(rk), Some(rv)) = (parts(1), parts(2)) else { return one(Effect::Lossy) };
        let (wk, wv) = (self.write.field(key), self.write.field(value));
        let found = |(k, v): (&Key, &Value)| {
            items.iter().any(|item| {
                let Value::Message(item) = item else { return false };
                let get =
                    |f: &Field| item.one(f.number).cloned().or_else(|| super::value::zero_of(self.read, f));
                let same = |a: &Value, f: &Field, b: Option<Value>, g: &Field| {
                    b.is_some_and(|b| self.values((f, a), (g, &b), place, field).is_empty())
                };
                same(&k.value(wk.kind), wk, get(rk), rk) && same(v, wv, get(rv), rv)
            })
        };
        if entries.iter().all(found) { Vec::new() } else { one(Effect::Corrupt) }
    }

    /// Messages that are read as entries: each has to be one of them.
    fn entries(
        &self,
        (w, items): (&Field, &[Value]),
        (r, entries): (&Field, &std::collections::BTreeMap<Key, Value>),
        place: &str,
        field: i32,
    ) -> Vec<Difference> {
        let one = |effect| vec![Difference { field, place: place.to_owned(), effect, only_name: false }];
        let (Some((key, value)), Some(message)) = (self.read.map_entry(r), self.write.field_message(w))
        else {
            return one(Effect::Corrupt);
        };
        let parts = |n: i32| self.write.field_by_number(message, n).map(|id| self.write.field(id));
        let (Some(wk), Some(wv)) = (parts(1), parts(2)) else { return one(Effect::Corrupt) };
        let (rk, rv) = (self.read.field(key), self.read.field(value));
        let found = |item: &Tree| {
            entries.iter().any(|(k, v)| {
                let get =
                    |f: &Field| item.one(f.number).cloned().or_else(|| super::value::zero_of(self.write, f));
                let same = |a: Option<Value>, f: &Field, b: &Value, g: &Field| {
                    a.is_some_and(|a| self.values((f, &a), (g, b), place, field).is_empty())
                };
                same(get(wk), wk, &k.value(rk.kind), rk) && same(get(wv), wv, v, rv)
            })
        };
        let all = items.iter().all(|v| matches!(v, Value::Message(item) if found(item)));
        if all { Vec::new() } else { one(Effect::Corrupt) }
    }

    fn lists(
        &self,
        (w, a): (&Field, &[Value]),
        (r, b): (&Field, &[Value]),
        place: &str,
        field: i32,
    ) -> Vec<Difference> {
        if a.len() == b.len() {
            return a.iter().zip(b).flat_map(|(a, b)| self.values((w, a), (r, b), place, field)).collect();
        }
        let effect = if b.len() < a.len() { Effect::Lossy } else { Effect::Corrupt };
        vec![Difference { field, place: place.to_owned(), effect, only_name: false }]
    }

    /// Two values; nothing where they are the same.
    fn values(
        &self,
        (w, a): (&Field, &Value),
        (r, b): (&Field, &Value),
        place: &str,
        field: i32,
    ) -> Vec<Difference> {
        let one = |effect, only_name| vec![Difference { field, place: place.to_owned(), effect, only_name }];
        match (a, b) {
            (Value::Message(a), Value::Message(b)) => {
                let mut found = Vec::new();
                self.messages(a, b, place, Some(field), &mut found);
                found
            }
            (Value::Enum(a), Value::Enum(b)) if self.by == By::Key && self.same_name(w, *a, r, *b) => {
                Vec::new()
            }
            (Value::Enum(a), Value::Enum(b)) if a == b => {
                self.enum_names(w, r, *a).map_or_else(Vec::new, |e| one(e, true))
            }
            (Value::String(a) | Value::Bytes(a), Value::String(b) | Value::Bytes(b)) => {
                if a == b {
                    Vec::new()
                } else {
                    one(Effect::Corrupt, false)
                }
            }
            // A message in a field that takes bytes: the reader can still take it apart.
            (Value::Message(tree), Value::Bytes(bytes)) => {
                if encode(self.write, tree) == *bytes {
                    Vec::new()
                } else {
                    one(Effect::Corrupt, false)
                }
            }
            (Value::Float(a), Value::Float(b)) => {
                equal(a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()), &one)
            }
            (Value::Double(a), Value::Double(b)) => {
                equal(a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()), &one)
            }
            // The digits of a float are those of some double, not of the one with its bits.
            (Value::Float(a), Value::Double(b)) => {
                equal(*b as f32 == *a || (a.is_nan() && b.is_nan()), &|_, n| one(Effect::Lossy, n))
            }
            (Value::Double(a), Value::Float(b)) => {
                equal(f64::from(*b) == *a || (a.is_nan() && b.is_nan()), &|_, n| one(Effect::Lossy, n))
            }
            (Value::Float(_) | Value::Double(_), _) | (_, Value::Float(_) | Value::Double(_)) => {
                match (real(a).or(real(b)), whole(a).or(whole(b))) {
                    // In JSON the number is written out, and rounded.
                    (Some(_), Some(_)) if self.by == By::Number => one(Effect::Corrupt, false),
                    (Some(real), Some(whole)) => {
                        equal(real.fract() == 0.0 && real as i128 == whole, &|_, n| one(Effect::Lossy, n))
                    }
                    _ => one(Effect::Corrupt, false),
                }
            }
            _ => match (whole(a), whole(b)) {
                (Some(a), Some(b)) if a == b => Vec::new(),
                _ => one(Effect::Corrupt, false),
            },
        }
    }

    /// Whether the name that is written for a number is one of the other number.
    fn same_name(&self, w: &Field, a: i32, r: &Field, b: i32) -> bool {
        let name = self.write.field_enum(w).and_then(|e| self.write.value_by_number(e, a));
        let name = name.map(|v| self.write.value(v).json_key());
        let read = self.read.field_enum(r);
        let known = read.zip(name).and_then(|(e, name)| self.read.value_by_json(e, name));
        known.is_some_and(|v| self.read.value(v).number == b)
    }

    /// What became of the name of an enum's number.
    fn enum_names(&self, w: &Field, r: &Field, number: i32) -> Option<Effect> {
        let names = |schema: &Schema, field: &Field| {
            let id = schema.field_enum(field)?;
            let values = schema.enum_(id).values.iter().map(|v| schema.value(*v));
            let names: Vec<Box<str>> =
                values.filter(|v| v.number == number).map(|v| v.name.clone()).collect();
            Some(names)
        };
        let (a, b) = (names(self.write, w)?, names(self.read, r)?);
        match (a.is_empty(), b.is_empty()) {
            (true, _) => None, // the writer had no name for it either
            (false, true) if self.direction == Direction::Backward => Some(Effect::Lossy),
            (false, true) => None,
            (false, false) if a.iter().any(|n| b.contains(n)) => None,
            (false, false) => Some(Effect::Corrupt),
        }
    }
}

fn equal(is: bool, one: &dyn Fn(Effect, bool) -> Vec<Difference>) -> Vec<Difference> {
    if is { Vec::new() } else { one(Effect::Corrupt, false) }
}

/// A number, a boolean or an enum value as a whole number.
fn whole(value: &Value) -> Option<i128> {
    Some(match value {
        Value::Int32(n) | Value::Enum(n) => i128::from(*n),
        Value::Int64(n) => i128::from(*n),
        Value::Uint32(n) => i128::from(*n),
        Value::Uint64(n) => i128::from(*n),
        Value::Bool(b) => i128::from(*b),
        _ => return None,
    })
}

fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Double(n) => Some(*n),
        Value::Float(n) => Some(f64::from(*n)),
        _ => None,
    }
}

/// A list or a map as it is read, without what it holds beyond what was written: elements that come behind it, entries of
/// other keys. What a writer kept among its unknown fields comes behind what it made something of.
fn without_more(written: &Slot, seen: &Slot) -> Option<Slot> {
    match (written, seen) {
        (Slot::List(a), Slot::List(b)) => b.get(..a.len()).map(|b| Slot::List(b.to_vec())),
        (Slot::Map(a), Slot::Map(b)) => Some(Slot::Map(
            b.iter().filter(|(key, _)| a.contains_key(key)).map(|(k, v)| (k.clone(), v.clone())).collect(),
        )),
        _ => None,
    }
}
