//! Rust: `sdk::user::v1::User { name: "a".to_owned(), ..Default::default() }`.

use std::fmt::Write as _;

use super::{is_writable, own};
use crate::codegen::sdk::rust::rust_type;
use crate::schema::{Cardinality, Field, MessageId, Schema};
use crate::surface::rust::{camel, module_of, oneof_name, plain, snake};
use crate::wire::value::default_of;
use crate::wire::{Slot, Tree, Value};

/// Writes Rust; the package is `sdk`.
#[derive(Clone, Copy, Debug)]
pub(in crate::verify) struct Rust<'s>(pub &'s Schema);

impl Rust<'_> {
    /// A message with all that is in it.
    pub(in crate::verify) fn message(self, tree: &Tree) -> Option<String> {
        if is_writable(tree) { self.built(tree) } else { None }
    }

    fn name(self, id: MessageId) -> String {
        rust_type(self.0, "sdk", id)
    }

    fn built(self, tree: &Tree) -> Option<String> {
        let full_name = &self.0.message(tree.message).full_name;
        match plain(full_name) {
            Some("()") => return Some("()".to_owned()),
            // A wrapper is what it wraps.
            Some(_) => {
                let field = self.0.field(self.0.field_by_number(tree.message, 1)?);
                let value = tree.one(1).cloned().or_else(|| default_of(self.0, field))?;
                return self.value(&value);
            }
            None => {}
        }
        let mut out = format!("{} {{ ", self.name(tree.message));
        let own = own(self.0, tree)?;
        // What a oneof is called is a field as well.
        let mut seen = own.len();
        for (id, field, slot) in own {
            match field.oneof {
                Some(oneof) => {
                    let Slot::One(value) = slot else { return None };
                    let held = self.0.oneof(oneof);
                    let place = self.place(held.parent, &oneof_name(self.0, oneof).0)?;
                    let variant = camel(&self.0.field(id).name);
                    let (name, value) = (snake(&held.name), self.held(field, value)?);
                    let _ = write!(out, "{name}: Some({place}::{variant}({value})), ");
                    seen += held.fields.len() - 1;
                }
                None => {
                    let _ = write!(out, "{}: {}, ", snake(&field.name), self.slot(field, slot)?);
                }
            }
        }
        if seen < self.0.message(tree.message).fields.len() {
            out.push_str("..Default::default() ");
        }
        out.push('}');
        Some(out)
    }

    /// Something in the module of a message, beside which it stands.
    fn place(self, message: MessageId, name: &str) -> Option<String> {
        let whole = self.name(message);
        let nested = module_of(self.0, message);
        // A message inside another is in the module of that one already.
        let depth = nested.matches("::").count() + 1;
        let mut front: Vec<&str> = whole.split("::").collect();
        front.truncate(front.len().checked_sub(depth)?);
        Some(format!("{}::{nested}::{name}", front.join("::")))
    }

    fn slot(self, field: &Field, slot: &Slot) -> Option<String> {
        Some(match slot {
            Slot::One(value) => {
                let value = self.held(field, value)?;
                if field.cardinality == Cardinality::Explicit { format!("Some({value})") } else { value }
            }
            Slot::List(values) => {
                let all: Option<Vec<String>> = values.iter().map(|value| self.value(value)).collect();
                format!("vec![{}]", all?.join(", "))
            }
            Slot::Map(entries) => {
                let (key, _) = self.0.map_entry(field)?;
                let kind = self.0.field(key).kind;
                let entry = |(key, value): (&crate::wire::Key, &Value)| {
                    Some(format!("({}, {})", self.value(&key.value(kind))?, self.value(value)?))
                };
                let all: Option<Vec<String>> = entries.iter().map(entry).collect();
                format!("[{}].into_iter().collect()", all?.join(", "))
            }
        })
    }

    /// A single value; a struct may be in a box, which the conversion makes.
    fn held(self, field: &Field, value: &Value) -> Option<String> {
        let written = self.value(value)?;
        let is_struct =
            self.0.field_message(field).is_some_and(|id| plain(&self.0.message(id).full_name).is_none());
        Some(if is_struct { format!("From::from({written})") } else { written })
    }

    fn value(self, value: &Value) -> Option<String> {
        Some(match value {
            Value::Bool(b) => b.to_string(),
            Value::Int32(n) | Value::Enum(n) => n.to_string(),
            Value::Int64(n) => n.to_string(),
            Value::Uint32(n) => n.to_string(),
            Value::Uint64(n) => n.to_string(),
            Value::Float(n) => format!("{n:?}"),
            Value::Double(n) => format!("{n:?}"),
            Value::String(text) => format!("{:?}.to_owned()", std::str::from_utf8(text).ok()?),
            Value::Bytes(bytes) => format!("b\"{}\".to_vec()", bytes.escape_ascii()),
            Value::Message(tree) => self.built(tree)?,
        })
    }
}
