//! Which messages and calls a change can reach.
//!
//! A message that is the same with everything that it can hold is written and read by either version as by the other,
//! and a method whose signature is the same and whose messages are is called so: to try it says nothing about the two.
//! What is compared is what was declared, and not what the verdict makes of it, since the verdict is what is tried.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::side::Side;
use crate::schema::{EnumId, FieldId, MessageId, Schema};
use crate::wire::value::all_fields;
use crate::words::CallKind;

/// What of two versions no change reaches.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Paths of methods.
    equal: BTreeSet<String>,
    /// How many of them are not called.
    left: usize,
    /// Full names of messages that are neither written nor read.
    messages: BTreeSet<String>,
    /// Kinds of call of which no change reaches a method.
    idle: BTreeSet<CallKind>,
}

impl Reach {
    /// Compares the methods of two versions.
    #[must_use]
    pub fn new(old: &Side, new: &Side) -> Reach {
        Reach::of(&mut Both::new(old, new))
    }

    fn of(both: &mut Both<'_>) -> Reach {
        let [old, _] = both.sides;
        let equal: BTreeSet<String> =
            old.methods().map(|(path, _)| path).filter(|path| both.same_method(path)).collect();
        let kinds: BTreeSet<CallKind> =
            equal.iter().filter_map(|path| Some(old.method(path)?.call_kind())).collect();
        Reach { left: equal.len() - kinds.len(), equal, ..Reach::default() }
    }

    /// The same for a run that is short: their messages as well, of which one stays in each package that no change
    /// reaches, and the kinds of call.
    #[must_use]
    pub fn short(old: &Side, new: &Side) -> Reach {
        let mut both = Both::new(old, new);
        let mut touched = BTreeSet::new();
        let mut messages = Vec::new();
        for name in old.messages().map(|id| old.name(id)) {
            if new.has(name) && both.same(name) {
                messages.push(name);
            } else {
                touched.insert(old.package(name));
            }
        }
        let same: BTreeSet<&str> = messages.iter().copied().collect();
        touched.extend(
            new.messages().map(|id| new.name(id)).filter(|n| !same.contains(n)).map(|n| new.package(n)),
        );
        // The first one of a package that is not touched goes on.
        messages.retain(|name| !touched.insert(old.package(name)));
        let reach = Reach::of(&mut both);
        let mut idle = BTreeSet::from(CallKind::ALL);
        for (side, path) in
            [old, new].into_iter().flat_map(|side| side.methods().map(move |(path, _)| (side, path)))
        {
            if let (Some(method), false) = (side.method(&path), reach.is_equal(&path)) {
                idle.remove(&method.call_kind());
            }
        }
        Reach { messages: messages.into_iter().map(str::to_owned).collect(), idle, ..reach }
    }

    /// How many methods that no change reaches are not called: all but one of each kind of call.
    #[must_use]
    pub fn methods(&self) -> usize {
        self.left
    }

    /// Whether no change reaches the method at a path.
    #[must_use]
    pub fn is_equal(&self, path: &str) -> bool {
        self.equal.contains(path)
    }

    /// How many messages that no change reaches are neither written nor read.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.messages.len()
    }

    /// Whether a message is neither written nor read, because no change reaches it.
    #[must_use]
    pub fn leaves(&self, message: &str) -> bool {
        self.messages.contains(message)
    }

    /// Whether no change reaches any method of a kind of call, in a run that is short.
    #[must_use]
    pub fn is_idle(&self, kind: CallKind) -> bool {
        self.idle.contains(&kind)
    }
}

/// Two versions beside each other.
struct Both<'a> {
    sides: [&'a Side; 2],
    told: [Told<'a>; 2],
    /// Whether all messages are the same.
    all: Option<bool>,
}

/// What may hold a message of any type.
const ANY: &str = "google.protobuf.Any";

impl<'a> Both<'a> {
    fn new(old: &'a Side, new: &'a Side) -> Both<'a> {
        Both { sides: [old, new], told: [Told::new(old), Told::new(new)], all: None }
    }

    fn same_method(&mut self, path: &str) -> bool {
        let [Some(a), Some(b)] = self.sides.map(|side| side.method(path)) else { return false };
        a.call_kind() == b.call_kind()
            && [(&a.input, &b.input), (&a.output, &b.output)].into_iter().all(|(a, b)| a == b && self.same(a))
    }

    /// Whether a message that both have is the same, with everything that it can hold.
    fn same(&mut self, message: &str) -> bool {
        self.declared_alike(message)
            && (!self.sides[0].parts(message).iter().any(|part| part == ANY) || self.all_alike())
    }

    fn declared_alike(&mut self, message: &str) -> bool {
        let [old, new] = &mut self.told;
        old.whole(message) == new.whole(message)
    }

    fn all_alike(&mut self) -> bool {
        if let Some(all) = self.all {
            return all;
        }
        let [old, new] =
            self.sides.map(|side| side.messages().map(|id| side.name(id)).collect::<BTreeSet<_>>());
        let all = old == new && old.iter().all(|name| self.declared_alike(name));
        self.all = Some(all);
        all
    }
}

/// The declarations of one version in words, as far as a call can show them.
struct Told<'a> {
    side: &'a Side,
    parts: BTreeMap<String, String>,
}

impl<'a> Told<'a> {
    fn new(side: &'a Side) -> Told<'a> {
        Told { side, parts: BTreeMap::new() }
    }

    /// A message and everything that it can hold.
    fn whole(&mut self, message: &str) -> String {
        let mut out = String::new();
        for name in self.side.parts(message) {
            if !self.parts.contains_key(&name) {
                let told = part(&self.side.schema, &name);
                self.parts.insert(name.clone(), told);
            }
            out.push_str(&self.parts[&name]);
        }
        out
    }
}

fn part(schema: &Schema, name: &str) -> String {
    let message = schema.message_by_name(name).map(|id| message(schema, id));
    message.or_else(|| schema.enum_by_name(name).map(|id| enum_(schema, id))).unwrap_or_default()
}

fn message(schema: &Schema, id: MessageId) -> String {
    let message = schema.message(id);
    let mut out = format!("{} {:?} {:?}\n", message.full_name, message.options, message.features);
    for id in all_fields(schema, id) {
        out.push_str(&field(schema, id));
    }
    out
}

fn field(schema: &Schema, id: FieldId) -> String {
    let f = schema.field(id);
    let oneof = f.oneof.map(|id| &schema.oneof(id).name);
    format!(
        "  {} {} {:?} {:?} {:?} {:?} {} {:?} {oneof:?} {} {} {:?} {:?} {:?} {}\n",
        f.name,
        f.number,
        f.kind,
        f.type_name,
        f.label,
        f.cardinality,
        f.json_name,
        f.default,
        f.packed,
        f.extendee.is_some(),
        f.options,
        f.features,
        f.java_utf8,
        f.java_closes_enums,
    )
}

fn enum_(schema: &Schema, id: EnumId) -> String {
    let all = schema.enum_(id);
    let mut out = format!("{} {:?} {:?}\n", all.full_name, all.options, all.features);
    for value in all.values.iter().map(|id| schema.value(*id)) {
        let _ = writeln!(out, "  {} {} {:?}", value.name, value.number, value.options);
    }
    out
}
