//! Which calls a change can reach.
//!
//! A method whose signature is the same, and whose messages are the same with everything that they can hold, is called
//! by either version as by the other: to try it says nothing about the two. What is compared is what was declared, and
//! not what the verdict makes of it, since the verdict is what is tried.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::side::Side;
use crate::schema::{EnumId, FieldId, MessageId, Schema};
use crate::wire::value::all_fields;
use crate::words::CallKind;

/// The methods of two versions that no change reaches.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    equal: BTreeSet<String>,
    left: usize,
}

impl Reach {
    /// Compares two versions.
    #[must_use]
    pub fn new(old: &Side, new: &Side) -> Reach {
        let mut told = [Told::new(old), Told::new(new)];
        let paths = old.methods().map(|(path, _)| path);
        let equal = paths.filter(|path| {
            let [a, b] = [old.method(path), new.method(path)];
            let (Some(a), Some(b)) = (a, b) else { return false };
            a.call_kind() == b.call_kind()
                && [(&a.input, &b.input), (&a.output, &b.output)].into_iter().all(|(a, b)| {
                    let [first, second] = &mut told;
                    a == b && first.whole(a) == second.whole(b)
                })
        });
        let equal: BTreeSet<String> = equal.collect();
        let kinds: BTreeSet<CallKind> =
            equal.iter().filter_map(|path| Some(old.method(path)?.call_kind())).collect();
        Reach { left: equal.len() - kinds.len(), equal }
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
        "  {} {} {:?} {:?} {:?} {:?} {} {:?} {oneof:?} {} {} {:?} {:?} {:?}\n",
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
