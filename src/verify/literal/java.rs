//! Java: `User.newBuilder().setName("a").build()`.

use std::fmt::Write as _;

use super::{is_writable, own, quoted};
use crate::codegen::sdk::java::java_class;
use crate::schema::{Element, Field, Kind, Schema};
use crate::surface::java;
use crate::wire::{Slot, Tree, Value};

/// Writes Java, for the package of a group.
#[derive(Clone, Copy, Debug)]
pub(in crate::verify) struct Java<'s>(pub &'s Schema, pub &'s str);

impl Java<'_> {
    fn class(self, element: Element) -> String {
        java_class(self.0, self.1, element)
    }

    /// A message with all that is in it.
    pub(in crate::verify) fn message(self, tree: &Tree) -> Option<String> {
        if is_writable(tree) { self.built(tree) } else { None }
    }

    fn built(self, tree: &Tree) -> Option<String> {
        let names = java::accessor_names(self.0, tree.message);
        let mut out = format!("{}.newBuilder()", self.class(Element::Message(tree.message)));
        for (id, field, slot) in own(self.0, tree)? {
            let name = names.get(&id)?;
            match slot {
                Slot::One(value) => {
                    let (more, value) = self.value(field, value)?;
                    let _ = write!(out, ".set{name}{more}({value})");
                }
                Slot::List(values) => {
                    for value in values {
                        let (more, value) = self.value(field, value)?;
                        let _ = write!(out, ".add{name}{more}({value})");
                    }
                }
                Slot::Map(entries) => {
                    let (key, value) = self.0.map_entry(field)?;
                    let (key, value) = (self.0.field(key), self.0.field(value));
                    for (of, held) in entries {
                        let (_, of) = self.value(key, &of.value(key.kind))?;
                        let (more, held) = self.value(value, held)?;
                        let _ = write!(out, ".put{name}{more}({of}, {held})");
                    }
                }
            }
        }
        out.push_str(".build()");
        Some(out)
    }

    /// A value, and what the name of an accessor ends with that takes it: an open enum is set by its number.
    fn value(self, field: &Field, value: &Value) -> Option<(&'static str, String)> {
        let plain = match value {
            Value::Bool(b) => b.to_string(),
            Value::Int32(n) => n.to_string(),
            Value::Int64(n) => format!("{n}L"),
            // Java has no unsigned numbers: the bits are the same.
            Value::Uint32(n) => (*n as i32).to_string(),
            Value::Uint64(n) => format!("{}L", *n as i64),
            Value::Float(n) => format!("{n:e}f"),
            Value::Double(n) => format!("{n:e}d"),
            Value::Enum(n) => {
                let id = self.0.field_enum(field)?;
                match self.0.value_by_number(id, *n) {
                    Some(value) => {
                        let class = self.class(Element::Enum(id));
                        format!("{class}.{}", self.0.value(value).name)
                    }
                    None if java::is_open(self.0, field) => return Some(("Value", n.to_string())),
                    None => return None,
                }
            }
            Value::String(text) => quoted(text, escaped)?,
            Value::Bytes(bytes) => {
                let all: Vec<String> = bytes.iter().map(|b| (*b as i8).to_string()).collect();
                format!("com.google.protobuf.ByteString.copyFrom(new byte[] {{{}}})", all.join(","))
            }
            Value::Message(tree) if field.kind == Kind::Message || field.kind == Kind::Group => {
                self.built(tree)?
            }
            Value::Message(_) => return None,
        };
        Some(("", plain))
    }
}

/// By its number: in eight where a `\u` would end the line before it is read, else in units of UTF-16.
fn escaped(out: &mut String, c: char) {
    if c.is_ascii() {
        let _ = write!(out, "\\{:03o}", u32::from(c));
    } else {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
}
