//! Which parts of a message or an enum can get in each other's way, found by what they are called and without making
//! their names.
//!
//! A generator writes a part in one way or another, but its letters and digits stay: what two parts are called alike
//! holds the key of both, which is their name without case and `_`. So the parts that can have a given generated name
//! are found by looking up what is written in it, and the tables of names need not be made for all.

use rustc_hash::FxHashSet;

use super::{View, go, rust};
use crate::schema::{Element, Schema};

/// What generators put in front of a name and behind it where they look for one that is taken.
const FRONTS: [&str; 5] = ["get", "has", "set", "clear", "which"];
const ENDS: [&str; 3] = ["count", "list", "value"];

/// The parts of a message or an enum by their keys: fields, oneofs and the types right inside, or values.
#[derive(Debug, Default)]
pub(crate) struct Kin {
    /// In the order of the keys.
    by_key: Vec<(u64, Element)>,
    /// What has neither letter nor digit in its name.
    nameless: Vec<Element>,
    /// No key is longer, in bytes.
    longest: usize,
}

impl Kin {
    /// The parts of a message or an enum; none of anything else.
    pub(crate) fn new(schema: &Schema, owner: Element) -> Kin {
        let mut kin = Kin::default();
        for part in parts(schema, owner) {
            let mut add = |key: &str| {
                kin.longest = kin.longest.max(key.len());
                kin.by_key.push((hash(key), part));
            };
            let keys = keys(schema, part);
            keys.iter().for_each(|key| add(key));
            // The values of an enum can stand beside it.
            if let Element::Enum(inner) = part {
                let values = &schema.enum_(inner).values;
                values.iter().flat_map(|v| self::keys(schema, Element::EnumValue(*v))).for_each(|k| add(&k));
            }
            if keys.is_empty() {
                kin.nameless.push(part);
            }
        }
        kin.by_key.sort_unstable();
        kin
    }

    /// Adds every part of which the key is somewhere in a generated name.
    pub(crate) fn named_in(&self, path: &str, found: &mut FxHashSet<Element>) {
        found.extend(&self.nameless);
        let path = fold(path);
        for start in 0..path.len() {
            let rest = &path.as_bytes()[start..];
            let mut so_far = Hash::default();
            for byte in rest.iter().take(self.longest) {
                so_far.add(*byte);
                found.extend(self.at(so_far.0));
            }
        }
    }

    /// Parts with all beside which a generator could call them otherwise, those of these parts among them, and so on;
    /// a key stands for whatever has it.
    pub(crate) fn around(
        &self,
        schema: &Schema,
        parts: impl IntoIterator<Item = Element>,
        keys: impl IntoIterator<Item = String>,
    ) -> FxHashSet<Element> {
        let mut todo: Vec<String> = keys.into_iter().collect();
        let mut seen: FxHashSet<String> = FxHashSet::default();
        let mut all: FxHashSet<Element> = FxHashSet::default();
        let mut more: Vec<Element> = parts.into_iter().collect();
        more.extend(&self.nameless);
        loop {
            while let Some(part) = more.pop() {
                if !all.insert(part) {
                    continue;
                }
                for key in self::keys(schema, part) {
                    // What is called as another gets its own number behind its name.
                    if let Element::Field(id) = part {
                        todo.push(format!("{key}{}", schema.field(id).number.unsigned_abs()));
                    }
                    todo.push(key);
                }
                // A oneof is named together with the first of its fields.
                match part {
                    Element::Field(id) => more.extend(schema.field(id).oneof.map(Element::Oneof)),
                    Element::Oneof(id) => {
                        more.extend(schema.oneof(id).fields.first().map(|f| Element::Field(*f)));
                    }
                    _ => {}
                }
            }
            let Some(key) = todo.pop() else { return all };
            if key.is_empty() || !seen.insert(key.clone()) {
                continue;
            }
            more.extend(self.at(hash(&key)));
            let there = |key: &String| self.at(hash(key)).next().is_some();
            todo.extend(next_to(&key).into_iter().filter(there));
        }
    }

    /// What is to look at for the names of some parts.
    pub(crate) fn view(&self, schema: &Schema, wanted: FxHashSet<Element>) -> View {
        View { seen: self.around(schema, wanted.iter().copied(), []), wanted }
    }

    fn at(&self, hash: u64) -> impl Iterator<Item = Element> {
        let from = self.by_key.partition_point(|(key, _)| *key < hash);
        self.by_key[from..].iter().take_while(move |(key, _)| *key == hash).map(|(_, part)| *part)
    }
}

/// Keys that differ by what a generator adds.
fn next_to(key: &str) -> Vec<String> {
    let mut all = Vec::new();
    for front in FRONTS {
        all.push(format!("{front}{key}"));
        all.extend(key.strip_prefix(front).map(str::to_owned));
    }
    for end in ENDS {
        all.push(format!("{key}{end}"));
        all.extend(key.strip_suffix(end).map(str::to_owned));
    }
    let mut rest = key;
    while let Some(shorter) = rest.strip_suffix(|c: char| c.is_ascii_digit()) {
        all.push(shorter.to_owned());
        rest = shorter;
    }
    all
}

/// How many parts a message or an enum has, its types left out.
pub(crate) fn size(schema: &Schema, owner: Element) -> usize {
    match owner {
        Element::Message(id) => schema.message(id).fields.len() + schema.message(id).oneofs.len(),
        Element::Enum(id) => schema.enum_(id).values.len(),
        _ => 0,
    }
}

fn parts(schema: &Schema, owner: Element) -> Vec<Element> {
    match owner {
        Element::Message(id) => {
            let message = schema.message(id);
            let fields = message.fields.iter().map(|f| Element::Field(*f));
            let oneofs = message.oneofs.iter().map(|o| Element::Oneof(*o));
            let messages = message.messages.iter().filter(|m| !schema.message(**m).map_entry);
            let messages = messages.map(|m| Element::Message(*m));
            let enums = message.enums.iter().map(|e| Element::Enum(*e));
            fields.chain(oneofs).chain(messages).chain(enums).collect()
        }
        Element::Enum(id) => schema.enum_(id).values.iter().map(|v| Element::EnumValue(*v)).collect(),
        _ => Vec::new(),
    }
}

/// The keys of a part: its name; with the `X` that Go writes for a `_` in front; and a value without the name of its
/// enum.
pub(crate) fn keys(schema: &Schema, part: Element) -> Vec<String> {
    let (name, optional) = match part {
        Element::Field(id) => (&schema.field(id).name, schema.field(id).proto3_optional),
        Element::Oneof(id) => (&schema.oneof(id).name, false),
        Element::Message(id) => (&schema.message(id).name, false),
        Element::Enum(id) => (&schema.enum_(id).name, false),
        Element::EnumValue(id) => {
            let value = schema.value(id);
            let enum_ = &schema.enum_(value.parent).name;
            let short = [fold(go::trimmed(&value.name, enum_)), fold(&rust::variant(enum_, &value.name))];
            let mut keys = vec![fold(&value.name)];
            keys.extend(short.into_iter().filter(|key| !key.is_empty()));
            keys.dedup();
            return keys;
        }
        _ => return Vec::new(),
    };
    let key = fold(name);
    if key.is_empty() {
        return Vec::new();
    }
    // A field with `optional` is in a oneof of its own, which is called `_` and its name.
    let large = (optional || name.starts_with('_')).then(|| format!("x{key}"));
    std::iter::once(key).chain(large).collect()
}

/// Letters and digits, without case.
fn fold(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Grows by a byte.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Default for Hash {
    fn default() -> Hash {
        Hash(0xcbf2_9ce4_8422_2325)
    }
}

impl Hash {
    /// As FNV-1a does.
    fn add(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
}

fn hash(key: &str) -> u64 {
    let mut all = Hash::default();
    key.bytes().for_each(|byte| all.add(byte));
    all.0
}
