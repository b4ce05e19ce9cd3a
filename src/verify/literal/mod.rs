//! Messages as the code that a person writes to build them: a struct with its fields in Go and Rust, a chain of setters in
//! Java. The Python program writes its own, from names that are those of the contract.
//!
//! What cannot be said so has no code: fields that are not known, extensions, numbers that are none.

mod go;
mod java;
mod rust;

use std::collections::BTreeMap;

use crate::schema::Schema;
use crate::wire::{Slot, Tree, Value};

pub(super) use go::Go;
pub(super) use java::Java;
pub(super) use rust::Rust;

/// The most fields and elements that code is written for: Java's compiler takes no larger method, and nobody writes one.
const MOST: usize = 1500;
/// The most bytes of one string or of one field of bytes in code.
const LONGEST: usize = 4096;

/// Whether a message can be written as code at all.
fn is_writable(tree: &Tree) -> bool {
    count(tree).is_some_and(|count| count <= MOST)
}

/// How many values a message holds; nothing where one of them cannot be written.
fn count(tree: &Tree) -> Option<usize> {
    if !tree.unknown.is_empty() {
        return None;
    }
    let value = |value: &Value| match value {
        Value::Message(inner) => count(inner).map(|count| count + 1),
        Value::String(text) => (text.len() <= LONGEST && std::str::from_utf8(text).is_ok()).then_some(1),
        // A list of numbers for each byte.
        Value::Bytes(bytes) => (bytes.len() <= LONGEST).then_some(1 + bytes.len() / 2),
        Value::Double(number) => (number.is_finite() && !is_minus_zero(*number)).then_some(1),
        Value::Float(number) => (number.is_finite() && !is_minus_zero(f64::from(*number))).then_some(1),
        _ => Some(1),
    };
    let slots = tree.fields.values().map(|slot| match slot {
        Slot::One(one) => value(one),
        Slot::List(all) => all.iter().map(value).sum(),
        Slot::Map(entries) => entries.values().map(|of| value(of).map(|count| count + 1)).sum(),
    });
    slots.sum()
}

/// Go's constants know no negative zero.
fn is_minus_zero(number: f64) -> bool {
    number == 0.0 && number.is_sign_negative()
}

/// Where the Go code of each file of the contract is: the import path by the file's name, from what the generator wrote
/// in front of it.
pub(super) fn go_sources<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    let source =
        |text: &str| text.lines().find_map(|line| line.strip_prefix("// source: ").map(str::to_owned));
    files.filter_map(|(import, text)| Some((source(text)?, import.to_owned()))).collect()
}

/// A text as the languages write it alike: printable ASCII as it is, the rest by `other`.
fn quoted(text: &[u8], other: impl Fn(&mut String, char)) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            c => other(&mut out, c),
        }
    }
    out.push('"');
    Some(out)
}

/// The fields of a message that are its own, in the order of their numbers; nothing where one of them is not.
fn own<'s>(
    schema: &'s Schema,
    tree: &'s Tree,
) -> Option<Vec<(crate::schema::FieldId, &'s crate::schema::Field, &'s Slot)>> {
    let field = |(number, slot): (&i32, &'s Slot)| {
        let id = schema.field_by_number(tree.message, *number)?;
        Some((id, schema.field(id), slot))
    };
    tree.fields.iter().map(field).collect()
}
