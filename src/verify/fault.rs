//! Which field of a message is at fault, by the models of the languages' runtimes.
//!
//! Programs say that they refuse a message, or what they see; they do not say which field it was, or each in words of
//! its own. The models ([`Reader`]) read the same bytes and know.

use std::collections::BTreeSet;

use super::matrix::Peer;
use super::side::Side;
use super::{Version, runtime};
use crate::schema::{MessageId, Schema};
use crate::wire::value::field_at;
use crate::wire::witness::{Outcome, read_bytes, read_json};
use crate::wire::{self, Reader, Tree, json, runtimes};
use crate::words::{Age, Direction, Language, Pinned};

/// The model of a language's runtime, of the release that the package asks for.
#[must_use]
pub fn model(language: Language) -> Reader {
    runtime::of(language).model()
}

/// The same of another release; nobody lets one take part that has no model.
#[must_use]
pub fn model_of(language: Language, age: Option<Age>) -> Reader {
    let pinned = age.and_then(|age| runtimes::reader(Pinned { language, age }).ok());
    pinned.unwrap_or_else(|| model(language))
}

/// Whether a program loses values that others keep: -0, extensions, what it does not know.
pub(super) fn drops(peer: Peer) -> bool {
    runtime::of(peer.language).drops() || model_of(peer.language, peer.age).drops_minus_zero
}

/// Who wrote a message and who read it.
#[derive(Clone, Copy, Debug)]
pub struct Ends<'a> {
    /// The version that wrote it.
    pub writer: (&'a Side, Version),
    /// The version that reads it.
    pub reader: (&'a Side, Version),
    /// The language that reads it.
    pub language: Language,
    /// The release of its runtime.
    pub age: Option<Age>,
    /// The full name of the message, the same for both.
    pub message: &'a str,
}

/// What a model has to say about a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// Whether the message is refused as a whole.
    pub refused: bool,
    /// The outermost fields that are lost, changed or refused, by number; none when the model sees nothing.
    pub fields: BTreeSet<i32>,
}

/// A message of a schema.
type Known<'a> = (&'a Schema, MessageId);

impl<'a> Ends<'a> {
    fn known(&self, side: &'a Side) -> Option<Known<'a>> {
        Some((&side.schema, side.schema.message_by_name(self.message)?))
    }

    fn direction(&self) -> Direction {
        if self.writer.1 <= self.reader.1 { Direction::Backward } else { Direction::Forward }
    }

    /// The outermost fields of a message in bytes that are lost, changed or refused, by number; none when the model
    /// sees nothing.
    #[must_use]
    pub fn of_bytes(&self, bytes: &[u8]) -> BTreeSet<i32> {
        self.fault(bytes).fields
    }

    /// The same, and whether the message is refused for it.
    #[must_use]
    pub fn fault(&self, bytes: &[u8]) -> Fault {
        let both = self.known(self.writer.0).zip(self.known(self.reader.0));
        let Some(((write, message), read)) = both else { return Fault::default() };
        let Ok(meant) = wire::decode(write, message, bytes, Reader::SPEC) else { return Fault::default() };
        let outcome =
            read_bytes((write, &meant), read, bytes, model_of(self.language, self.age), self.direction());
        Fault { refused: matches!(outcome, Outcome::Refused { .. }), fields: fields(&outcome) }
    }

    /// The same of a message in JSON.
    #[must_use]
    pub fn of_json(&self, meant: &Tree, text: &json::Json) -> BTreeSet<i32> {
        let Some(read) = self.known(self.reader.0) else { return BTreeSet::new() };
        let write = (&self.writer.0.schema, meant);
        fields(&read_json(write, read, text, model_of(self.language, self.age), self.direction()))
    }

    /// Fields with those that have their names in the other version, and those that share a oneof with either: what
    /// happened to any of them can be why these are not read.
    #[must_use]
    pub fn related(&self, fields: &BTreeSet<i32>) -> BTreeSet<i32> {
        fields.iter().flat_map(|number| self.relatives(*number)).collect()
    }

    /// What is at fault, in words: some fields of the message by name, or the message as a whole.
    #[must_use]
    pub fn place(&self, fields: &BTreeSet<i32>) -> String {
        let Some((schema, message)) = self.known(self.writer.0) else { return self.message.to_owned() };
        let names =
            fields.iter().filter_map(|n| field_at(schema, message, *n)).map(|id| &schema.field(id).name);
        let names: Vec<&str> = names.map(|name| &**name).collect();
        if names.is_empty() {
            self.message.to_owned()
        } else {
            format!("{}.{}", self.message, names.join(", "))
        }
    }

    fn relatives(&self, number: i32) -> BTreeSet<i32> {
        let mut found = BTreeSet::from([number]);
        let sides = [self.known(self.writer.0), self.known(self.reader.0)];
        let at = |n| {
            sides.iter().flatten().filter_map(move |(schema, m)| Some((*schema, field_at(schema, *m, n)?)))
        };
        for (schema, id) in at(number) {
            let name = &schema.field(id).name;
            for (schema, message) in sides.iter().flatten() {
                found.extend(schema.field_by_name(*message, name).map(|id| schema.field(id).number));
            }
        }
        let named = found.clone();
        for (schema, id) in named.into_iter().flat_map(at) {
            let oneof = schema.field(id).oneof.map(|oneof| &schema.oneof(oneof).fields);
            found.extend(oneof.into_iter().flatten().map(|id| schema.field(*id).number));
        }
        found
    }
}

fn fields(outcome: &Outcome) -> BTreeSet<i32> {
    match outcome {
        Outcome::Refused { field, .. } => field.iter().copied().collect(),
        Outcome::Seen { differences, .. } => differences.iter().map(|d| d.field).collect(),
    }
}
