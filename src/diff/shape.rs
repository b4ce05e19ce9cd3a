//! Types compared as trees of numbers and types: what makes a rename a rename.
//!
//! The comparison is coinductive: while two messages are being compared they are assumed equal, so recursive
//! types come out right (two types are equal unless a difference can be reached).

use std::cell::RefCell;
use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

use super::{Cx, Structure};
use crate::schema::{Cardinality, Element, EnumId, Field, Kind, MessageId, Schema};

/// Compares types of the two sides, remembering what it found.
#[derive(Debug)]
pub struct Shapes<'a> {
    cx: Cx<'a>,
    known: RefCell<FxHashMap<(MessageId, MessageId), Structure>>,
    /// What single passes found, strict and not: pairs that agree all the way down, and pairs that do not.
    passes: [RefCell<FxHashMap<(MessageId, MessageId), bool>>; 2],
}

impl<'a> Shapes<'a> {
    /// An empty memory over two schemas.
    pub fn new(cx: &Cx<'a>) -> Shapes<'a> {
        Shapes { cx: *cx, known: RefCell::default(), passes: Default::default() }
    }

    /// How the types two fields hold compare.
    pub fn fields(&self, old: &Field, new: &Field) -> Structure {
        if old.kind != new.kind {
            return Structure::NotComparable;
        }
        match old.kind {
            Kind::Message | Kind::Group => {
                match (self.cx.old.field_message(old), self.cx.new.field_message(new)) {
                    (Some(a), Some(b)) => self.messages(a, b),
                    _ => Structure::NotComparable,
                }
            }
            Kind::Enum => match (self.cx.old.field_enum(old), self.cx.new.field_enum(new)) {
                (Some(a), Some(b)) => self.enums(a, b),
                _ => Structure::NotComparable,
            },
            _ => Structure::NotComparable,
        }
    }

    /// How two messages compare.
    pub fn messages(&self, old: MessageId, new: MessageId) -> Structure {
        if let Some(known) = self.known.borrow().get(&(old, new)) {
            return *known;
        }
        // Two passes, strict first: an assumption made on the way must hold at the same strictness.
        let result = if self.holds(old, new, true) {
            Structure::Identical
        } else if self.holds(old, new, false) {
            Structure::SameWire
        } else {
            Structure::Different
        };
        self.known.borrow_mut().insert((old, new), result);
        result
    }

    /// How two enums compare.
    pub fn enums(&self, old: EnumId, new: EnumId) -> Structure {
        let (a, b) = (self.cx.old.enum_(old), self.cx.new.enum_(new));
        if a.is_closed() != b.is_closed() {
            return Structure::Different;
        }
        let list = |schema: &Schema, id: EnumId, names: bool| {
            let mut values: Vec<(i32, Box<str>)> = schema
                .enum_(id)
                .values
                .iter()
                .map(|v| schema.value(*v))
                .map(|v| (v.number, if names { v.name.clone() } else { Box::from("") }))
                .collect();
            values.sort();
            values.dedup();
            values
        };
        let first =
            |schema: &Schema, id: EnumId| schema.enum_(id).values.first().map(|v| schema.value(*v).number);
        if first(self.cx.old, old) != first(self.cx.new, new) {
            Structure::Different
        } else if list(self.cx.old, old, true) == list(self.cx.new, new, true) {
            Structure::Identical
        } else if list(self.cx.old, old, false) == list(self.cx.new, new, false) {
            Structure::SameWire
        } else {
            Structure::Different
        }
    }

    fn holds(&self, old: MessageId, new: MessageId, strict: bool) -> bool {
        let mut known = self.passes[usize::from(strict)].borrow_mut();
        if let Some(known) = known.get(&(old, new)) {
            return *known;
        }
        // Each pair with the one it was met in.
        let mut assumed: FxHashMap<(MessageId, MessageId), Option<(MessageId, MessageId)>> =
            FxHashMap::default();
        let mut open = vec![(old, new)];
        assumed.insert((old, new), None);
        while let Some(here) = open.pop() {
            let mut differs = known.get(&here) == Some(&false);
            if !differs {
                differs = !self.same_here(here.0, here.1, strict, &mut |pair| {
                    if known.get(&pair) == Some(&true) {
                        return;
                    }
                    assumed.entry(pair).or_insert_with(|| {
                        open.push(pair);
                        Some(here)
                    });
                });
            }
            if differs {
                // A difference that can be reached from a pair is one of the pair.
                let mut at = Some(here);
                while let Some(pair) = at {
                    known.insert(pair, false);
                    at = assumed.get(&pair).copied().flatten();
                }
                return false;
            }
        }
        // Nothing differs in all that can be reached: so it is for each of these pairs.
        known.extend(assumed.into_keys().map(|pair| (pair, true)));
        true
    }

    /// Whether two messages agree leaving nested messages to `then`.
    fn same_here(
        &self,
        old: MessageId,
        new: MessageId,
        strict: bool,
        then: &mut dyn FnMut((MessageId, MessageId)),
    ) -> bool {
        let (a, b) = (self.cx.old.message(old), self.cx.new.message(new));
        let message_set = |m: &crate::schema::Message| {
            m.options.as_deref().is_some_and(|o| o.message_set_wire_format == Some(true))
        };
        let ranges = |m: &crate::schema::Message| {
            let mut r: Vec<_> = m.extension_ranges.iter().map(|r| r.range).collect();
            r.sort_unstable();
            r
        };
        if a.fields.len() != b.fields.len()
            || a.map_entry != b.map_entry
            || message_set(a) != message_set(b)
            || ranges(a) != ranges(b)
        {
            return false;
        }
        // Well-known types have a JSON form of their own: by any other name the JSON is another.
        if strict
            && a.full_name != b.full_name
            && (is_well_known(&a.full_name) || is_well_known(&b.full_name))
        {
            return false;
        }
        a.fields.iter().all(|id| {
            let f = self.cx.old.field(*id);
            let Some(g) = self.cx.new.field_by_number(new, f.number).map(|g| self.cx.new.field(g)) else {
                return false;
            };
            if f.kind != g.kind || !same_cardinality(f, g, strict, a.map_entry) {
                return false;
            }
            let oneof = |schema: &Schema, f: &Field| f.oneof.map(|o| schema.oneof(o).name.clone());
            if strict {
                if f.name != g.name
                    || f.json_name != g.json_name
                    || f.default != g.default
                    || f.features.utf8_validation != g.features.utf8_validation
                    || oneof(self.cx.old, f) != oneof(self.cx.new, g)
                {
                    return false;
                }
            } else if f.oneof.is_some() != g.oneof.is_some()
                || (f.kind == Kind::String && f.features.utf8_validation != g.features.utf8_validation)
                || f.default != g.default
            {
                return false;
            }
            match f.kind {
                Kind::Message | Kind::Group => {
                    match (self.cx.old.field_message(f), self.cx.new.field_message(g)) {
                        // A type that kept its name speaks for itself.
                        (Some(_), Some(_)) if f.type_name == g.type_name => true,
                        (Some(x), Some(y)) => {
                            then((x, y));
                            true
                        }
                        _ => f.type_name == g.type_name,
                    }
                }
                Kind::Enum => match (self.cx.old.field_enum(f), self.cx.new.field_enum(g)) {
                    (Some(_), Some(_)) if f.type_name == g.type_name => true,
                    (Some(x), Some(y)) => match self.enums(x, y) {
                        Structure::Identical => true,
                        Structure::SameWire => !strict,
                        _ => false,
                    },
                    _ => f.type_name == g.type_name,
                },
                _ => true,
            }
        })
    }

    /// A hash that equal shapes share, for finding rename partners without comparing all with all: the
    /// numbers, kinds and names of the fields themselves.
    pub(super) fn hash(schema: &Schema, element: Element) -> Option<u64> {
        let mut hasher = FxHasher::default();
        match element {
            Element::Message(id) => {
                let message = schema.message(id);
                if message.map_entry || message.fields.is_empty() {
                    return None;
                }
                let mut fields: Vec<_> = message.fields.iter().map(|f| schema.field(*f)).collect();
                fields.sort_by_key(|f| f.number);
                for f in fields {
                    (f.number, f.kind, &*f.name).hash(&mut hasher);
                }
            }
            Element::Enum(id) => {
                let mut values: Vec<_> = schema
                    .enum_(id)
                    .values
                    .iter()
                    .map(|v| schema.value(*v))
                    .map(|v| (v.number, &*v.name))
                    .collect();
                if values.is_empty() {
                    return None;
                }
                values.sort_unstable();
                values.hash(&mut hasher);
            }
            Element::Service(id) => {
                let mut methods: Vec<_> = schema
                    .service(id)
                    .methods
                    .iter()
                    .map(|m| schema.method(*m))
                    .map(|m| (&*m.name, m.client_streaming, m.server_streaming))
                    .collect();
                if methods.is_empty() {
                    return None;
                }
                methods.sort_unstable();
                methods.hash(&mut hasher);
            }
            _ => return None,
        }
        Some(hasher.finish())
    }
}

fn same_cardinality(f: &Field, g: &Field, strict: bool, in_entry: bool) -> bool {
    if in_entry {
        return true; // entries are optional on both sides, whatever their file's presence says
    }
    if strict {
        return f.cardinality == g.cardinality;
    }
    let presence = |c| matches!(c, Cardinality::Explicit | Cardinality::Implicit);
    f.cardinality == g.cardinality || (presence(f.cardinality) && presence(g.cardinality))
}

fn is_well_known(name: &str) -> bool {
    name.starts_with("google.protobuf.")
}
