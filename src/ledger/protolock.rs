//! The memory that protolock keeps in `proto.lock`, taken over: what its files declare, by numbers and names.
//!
//! Its form is JSON (<https://github.com/nilslice/protolock>): a definition for each file, with names and types as they were
//! written. Of a nested enum it has the name of the message right around it alone, and what a file extends looks like a message.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Sort;
use super::history::scalar;
use super::kept::{Kept, Noted};
use crate::compile::signature;
use crate::text::{few, plural};

/// What a lock file knows, and what of it a history file cannot hold.
#[derive(Debug)]
pub struct Imported {
    /// Every use.
    pub kept: Kept,
    /// What is not in there, in sentences for people.
    pub notes: Vec<String>,
}

#[derive(Deserialize)]
struct Lock {
    definitions: Vec<Definition>,
}

#[derive(Deserialize)]
struct Definition {
    #[serde(default)]
    def: Entry,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    enums: Vec<Enum>,
    messages: Vec<Message>,
    services: Vec<Service>,
    package: Package,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Package {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Enum {
    name: String,
    enum_fields: Vec<Value>,
    reserved_ids: Vec<i64>,
    reserved_names: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Value {
    name: String,
    integer: i32,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    name: String,
    fields: Vec<Field>,
    maps: Vec<Map>,
    reserved_ids: Vec<i64>,
    reserved_names: Vec<String>,
    messages: Vec<Message>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Field {
    id: i32,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    is_repeated: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Map {
    key_type: String,
    field: Field,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Service {
    name: String,
    rpcs: Vec<Rpc>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Rpc {
    name: String,
    in_type: String,
    out_type: String,
    in_streamed: bool,
    out_streamed: bool,
}

/// Reads the text of a `proto.lock`.
///
/// # Errors
///
/// It is no JSON, or has no definitions.
pub fn protolock(text: &str) -> Result<Imported, serde_json::Error> {
    let lock: Lock = serde_json::from_str(text)?;
    let mut taking = Taking::default();
    for Definition { def } in &lock.definitions {
        let file = File::of(def);
        taking.all.extend(file.types.iter().cloned());
    }
    for Definition { def } in &lock.definitions {
        taking.take(def, &File::of(def));
    }
    Ok(taking.finish())
}

/// The full names that one file declares.
struct File<'a> {
    package: &'a str,
    types: BTreeSet<String>,
    /// The messages by their simple names.
    messages: BTreeMap<&'a str, Vec<String>>,
}

impl<'a> File<'a> {
    fn of(def: &'a Entry) -> File<'a> {
        let mut file = File { package: &def.package.name, types: BTreeSet::new(), messages: BTreeMap::new() };
        let own = def.messages.iter().filter(|message| !is_extension(message));
        own.for_each(|message| file.enter(file.package, message));
        for enum_ in &def.enums {
            file.types.extend(file.enum_name(&enum_.name));
        }
        file
    }

    fn enter(&mut self, scope: &str, message: &'a Message) {
        let full_name = join(scope, &message.name);
        message.messages.iter().for_each(|nested| self.enter(&full_name, nested));
        self.messages.entry(&message.name).or_default().push(full_name.clone());
        self.types.insert(full_name);
    }

    /// The full name of an enum; `None` where several messages have the name of the one around it.
    fn enum_name(&self, name: &str) -> Option<String> {
        let Some((outer, name)) = name.rsplit_once('.') else { return Some(join(self.package, name)) };
        match self.messages.get(outer).map(Vec::as_slice) {
            Some([only]) => Some(join(only, name)),
            Some(_) => None,
            None => Some(join(&join(self.package, outer), name)),
        }
    }

    /// The full names that a written one can mean: as it is looked up in a text, where only this file is known.
    fn resolve(&self, scope: &str, written: &str) -> Vec<String> {
        if let Some(full_name) = written.strip_prefix('.') {
            return vec![full_name.to_owned()];
        }
        if scalar(written).is_some() {
            return vec![written.to_owned()];
        }
        let first = written.split('.').next().unwrap_or(written);
        let inside = |scope: &&str| self.types.contains(&join(scope, first));
        let own = scopes(scope).take_while(|scope| scope.len() >= self.package.len()).find(inside);
        match own {
            Some(scope) => vec![join(scope, written)],
            None => scopes(self.package).map(|scope| join(scope, written)).collect(),
        }
    }
}

/// A scope and those around it, the root last.
fn scopes(scope: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(scope), |scope| {
        (!scope.is_empty()).then(|| scope.rsplit_once('.').map_or("", |(outer, _)| outer))
    })
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

/// A message has no dot in its name, but what a file extends may.
fn is_extension(message: &Message) -> bool {
    message.name.contains('.')
}

/// What was taken over so far.
#[derive(Default)]
struct Taking {
    kept: Kept,
    /// Every type of every file.
    all: BTreeSet<String>,
    seen: BTreeSet<String>,
    reserved: usize,
    twice: BTreeSet<String>,
    unclear: BTreeSet<String>,
}

impl Taking {
    fn take(&mut self, def: &Entry, file: &File<'_>) {
        for message in &def.messages {
            if is_extension(message) {
                self.extension(message, file);
            } else {
                self.message(file.package, message, file);
            }
        }
        for enum_ in &def.enums {
            self.reserved += enum_.reserved_ids.len() + enum_.reserved_names.len();
            let Some(full_name) = file.enum_name(&enum_.name) else {
                self.unclear.insert(enum_.name.clone());
                continue;
            };
            for Value { name, integer } in &enum_.enum_fields {
                let noted = Noted { number: *integer, name, may_be: &[], repeated: false };
                self.kept.note(&full_name, Sort::Enum, noted);
            }
        }
        for service in &def.services {
            let full_name = join(file.package, &service.name);
            for rpc in &service.rpcs {
                let outputs = file.resolve(file.package, &rpc.out_type);
                let inputs = file.resolve(file.package, &rpc.in_type).into_iter();
                let streams = [rpc.in_streamed, rpc.out_streamed];
                let may_be = inputs.flat_map(|input| {
                    let with = |output: &String| signature([&input, output], streams);
                    outputs.iter().map(with).collect::<Vec<_>>()
                });
                let may_be: Vec<String> = may_be.collect();
                let noted = Noted { number: 0, name: &rpc.name, may_be: &may_be, repeated: false };
                self.kept.note(&full_name, Sort::Service, noted);
            }
            if service.rpcs.is_empty() {
                self.kept.note_empty(&full_name, Sort::Service);
            }
        }
    }

    fn message(&mut self, scope: &str, message: &Message, file: &File<'_>) {
        let full_name = join(scope, &message.name);
        self.reserved += message.reserved_ids.len() + message.reserved_names.len();
        if !self.seen.insert(full_name.clone()) {
            self.twice.insert(full_name.clone());
        }
        for Field { id, name, kind, is_repeated } in &message.fields {
            let may_be = file.resolve(&full_name, kind);
            let noted = Noted { number: *id, name, may_be: &may_be, repeated: *is_repeated };
            self.kept.note(&full_name, Sort::Message, noted);
        }
        for Map { key_type, field } in &message.maps {
            let values = file.resolve(&full_name, &field.kind).into_iter();
            let may_be: Vec<String> = values.map(|value| format!("map<{key_type}, {value}>")).collect();
            let noted = Noted { number: field.id, name: &field.name, may_be: &may_be, repeated: true };
            self.kept.note(&full_name, Sort::Message, noted);
        }
        if message.fields.is_empty() && message.maps.is_empty() {
            self.kept.note_empty(&full_name, Sort::Message);
        }
        message.messages.iter().for_each(|nested| self.message(&full_name, nested, file));
    }

    /// Under the message that the name means: the innermost that there is, else the one from the root.
    fn extension(&mut self, extension: &Message, file: &File<'_>) {
        let extended = file.resolve(file.package, &extension.name);
        let known = extended.iter().find(|name| self.all.contains(*name)).or(extended.last());
        let Some(extended) = known.cloned() else { return };
        for Field { id, name, kind, is_repeated } in &extension.fields {
            let (name, may_be) = (join(file.package, name), file.resolve(file.package, kind));
            let noted = Noted { number: *id, name: &name, may_be: &may_be, repeated: *is_repeated };
            self.kept.note(&extended, Sort::Message, noted);
        }
    }

    fn finish(self) -> Imported {
        let mut notes = Vec::new();
        let named = |names: &BTreeSet<String>| {
            few(&names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>(), ", ")
        };
        if self.reserved > 0 {
            notes.push(format!(
                "{} of the lock file: the history keeps what was used, and the .proto files what is reserved",
                match self.reserved {
                    1 => "1 reserved number or name is left out".to_owned(),
                    more => format!("{more} reserved numbers and names are left out"),
                }
            ));
        }
        if !self.twice.is_empty() {
            notes.push(format!(
                "the lock file has {} more than once, as where a file extends a message: all of it counts as fields",
                named(&self.twice)
            ));
        }
        if !self.unclear.is_empty() {
            let enums = plural(self.unclear.len(), "enum");
            notes.push(format!(
                "{enums} left out: the lock file does not say in which of several messages {} is",
                named(&self.unclear)
            ));
        }
        Imported { kept: self.kept, notes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Chronicler;

    /// The form of a lock file, as its documentation has it, and the same contract as text.
    const LOCK: &str = r#"{"definitions": [
      {"protopath": "shop:/:item.proto", "def": {
        "enums": [
          {"name": "Kind", "enum_fields": [{"name": "NONE"}, {"name": "OLD", "integer": 1}], "allow_alias": true},
          {"name": "Part.State", "enum_fields": [{"name": "ON"}], "reserved_ids": [4, 5], "reserved_names": ["OFF"]}],
        "messages": [
          {"name": "Item",
           "fields": [
             {"id": 1, "name": "id", "type": "string"},
             {"id": 2, "name": "parts", "type": "Part", "is_repeated": true},
             {"id": 3, "name": "other", "type": "Elsewhere"},
             {"id": 5, "name": "kind", "type": "Kind", "oneof_parent": "choice"}],
           "maps": [{"key_type": "string", "field": {"id": 4, "name": "by", "type": "Part"}}],
           "reserved_ids": [9],
           "messages": [{"name": "Part", "fields": [{"id": 1, "name": "state", "type": "State", "optional": true}]}]},
          {"name": "Nothing"},
          {"name": "google.protobuf.FieldOptions", "fields": [{"id": 50000, "name": "mark", "type": "bool"}]}],
        "services": [{"name": "Shop", "rpcs": [
          {"name": "Get", "in_type": "Item", "out_type": "Item.Part"},
          {"name": "List", "in_type": "Nothing", "out_type": "Elsewhere", "out_streamed": true}]}],
        "imports": [{"path": "elsewhere.proto"}],
        "package": {"name": "shop.v1"},
        "options": [{"name": "java_package", "value": "x"}]}}]}"#;

    const TEXT: &str = r#"syntax = "proto3"; package shop.v1; import "elsewhere.proto";
        enum Kind { option allow_alias = true; NONE = 0; OLD = 1; }
        message Item {
          string id = 1; repeated Part parts = 2; Elsewhere other = 3; map<string, Part> by = 4;
          oneof choice { Kind kind = 5; }
          message Part { State state = 1; enum State { reserved 4, 5; reserved "OFF"; ON = 0; } }
          reserved 9;
        }
        message Nothing {}
        extend google.protobuf.FieldOptions { optional bool mark = 50000; }
        service Shop { rpc Get(Item) returns (Item.Part); rpc List(Nothing) returns (stream Elsewhere); }"#;

    #[test]
    fn a_lock_file_says_what_the_text_says() {
        let imported = protolock(LOCK).unwrap();
        let mut chronicler = Chronicler::default();
        chronicler.add("now", &[(crate::git::Id::of(TEXT.as_bytes()), Some(TEXT.as_bytes()))]);
        assert_eq!(imported.kept.text(), chronicler.kept().text());
        assert_eq!(imported.kept.len(), 13);
        assert_eq!(imported.notes.len(), 1);
        assert!(imported.notes[0].starts_with("4 reserved numbers and names are left out"), "{imported:?}");
    }

    #[test]
    fn what_a_lock_file_does_not_tell_is_said() {
        let lock = r#"{"definitions": [{"def": {
          "messages": [
            {"name": "A", "messages": [{"name": "In"}]}, {"name": "B", "messages": [{"name": "In"}]},
            {"name": "A", "fields": [{"id": 100, "name": "more", "type": "string"}]}],
          "enums": [{"name": "In.E", "enum_fields": [{"name": "ZERO"}]}]}}]}"#;
        let Imported { kept, notes } = protolock(lock).unwrap();
        assert!(!kept.text().contains("ZERO") && kept.text().contains("message A 100 more string\n"));
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[0].contains("`A` more than once") && notes[1].contains("`In.E`"), "{notes:?}");
        for other in ["{}", "[]", "nonsense", "", r#"{"definitions": 3}"#] {
            assert!(protolock(other).is_err(), "{other}");
        }
    }
}
