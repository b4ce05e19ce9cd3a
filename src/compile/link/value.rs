//! The value of an options message, field by field, and its wire form.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Context;
use super::resolve::Ref;
use super::symbols::Id;
use crate::compile::encode;
use crate::compile::parse::ast::{Label, Opt, Syntax, Type, Value};

/// What decides how the values of a field are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) ty: Type,
    pub(super) repeated: bool,
    packed: bool,
    /// A zero is not written.
    implicit: bool,
    /// The field extends a message set.
    message_set: bool,
    /// The option is for compilers only and is left out of descriptors.
    pub(super) source_only: bool,
    pub(super) oneof: Option<u32>,
}

impl Shape {
    pub(super) fn of(context: &Context<'_, '_>, id: Id) -> Shape {
        let file = &context.units[id.file as usize].ast;
        let field = &file.fields[id.index as usize];
        let ty = match (field.ty, context.types.field(id)) {
            (Some(ty), _) => ty,
            (None, Ref::Enum(_)) => Type::Enum,
            (None, _) => Type::Message,
        };
        let repeated = field.label == Label::Repeated;
        let proto3 = file.syntax == Syntax::Proto3;
        let extendee = context.types.files[id.file as usize].extendees.get(&id.index);
        // Map entries carry both their fields, whatever these hold.
        let in_entry = field.parent.is_some_and(|p| file.messages[p as usize].map_entry);
        let message_set = extendee.is_some_and(|e| {
            let message = &context.units[e.file as usize].ast.messages[e.index as usize];
            flag(&message.options, "message_set_wire_format") == Some(true)
        });
        Shape {
            ty,
            repeated,
            packed: repeated && ty.packable() && flag(&field.options, "packed").unwrap_or(proto3),
            implicit: proto3
                && !repeated
                && !matches!(ty, Type::Message | Type::Group)
                && field.oneof.is_none()
                && !in_entry
                && field.extendee().is_none(),
            message_set,
            source_only: word(&field.options, "retention") == Some("RETENTION_SOURCE"),
            oneof: field.oneof.filter(|_| field.extendee().is_none()),
        }
    }
}

impl Shape {
    /// The same, but a zero is written too.
    pub(super) fn explicit(self) -> Shape {
        Shape { implicit: false, ..self }
    }
}

/// The values of a built-in option that are plain words.
pub(super) fn words<'o>(options: &'o [Opt<'_>], name: &str) -> impl Iterator<Item = &'o str> {
    options.iter().filter_map(move |o| match (o.name.as_slice(), &o.value) {
        ([part], Value::Ident(word)) if !part.extension && part.name == name => Some(*word),
        _ => None,
    })
}

/// The value of a built-in option that is a plain word.
pub(super) fn word<'o>(options: &'o [Opt<'_>], name: &str) -> Option<&'o str> {
    words(options, name).next()
}

/// The value of a built-in option that is a boolean.
pub(super) fn flag(options: &[Opt<'_>], name: &str) -> Option<bool> {
    word(options, name).map(|w| w == "true")
}

/// One value of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Val {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(Vec<u8>),
    Message(Tree),
}

impl Val {
    fn is_zero(&self) -> bool {
        match self {
            Val::Varint(n) | Val::Fixed64(n) => *n == 0,
            Val::Fixed32(n) => *n == 0,
            Val::Bytes(bytes) => bytes.is_empty(),
            Val::Message(_) => false,
        }
    }
}

#[derive(Clone, Debug)]
struct Entry {
    shape: Shape,
    values: Vec<Val>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.values == other.values
    }
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tree {
    /// By field number.
    entries: BTreeMap<u32, Entry>,
    /// The member that is set, by oneof.
    oneofs: FxHashMap<u32, u32>,
}

impl Tree {
    fn entry(&mut self, number: i32, shape: Shape) -> &mut Entry {
        let number = number as u32;
        // Members of a oneof replace each other.
        if let Some(oneof) = shape.oneof
            && let Some(other) = self.oneofs.insert(oneof, number)
            && other != number
        {
            self.entries.remove(&other);
        }
        self.entries.entry(number).or_insert_with(|| Entry { shape, values: Vec::new() })
    }

    pub(super) fn has(&self, number: i32) -> bool {
        self.entries.contains_key(&(number as u32))
    }

    /// Whether another member of the same oneof is set.
    pub(super) fn has_sibling(&self, number: i32, shape: Shape) -> bool {
        let set = shape.oneof.and_then(|oneof| self.oneofs.get(&oneof));
        set.is_some_and(|other| *other != number as u32)
    }

    pub(super) fn count(&self, number: i32) -> usize {
        self.entries.get(&(number as u32)).map_or(0, |e| e.values.len())
    }

    pub(super) fn push(&mut self, number: i32, shape: Shape, value: Val) {
        self.entry(number, shape).values.push(value);
    }

    /// The message in a singular field, made if it is not there.
    pub(super) fn message(&mut self, number: i32, shape: Shape) -> &mut Tree {
        let values = &mut self.entry(number, shape).values;
        if !matches!(values.last(), Some(Val::Message(_))) {
            *values = vec![Val::Message(Tree::default())];
        }
        match values.last_mut() {
            Some(Val::Message(tree)) => tree,
            _ => unreachable!("a message was just put there"),
        }
    }

    /// Writes the message as protoc does: by field number, without what is for compilers only.
    pub(super) fn encode(&mut self, out: &mut Vec<u8>) {
        for (&number, entry) in &mut self.entries {
            if entry.shape.source_only {
                continue;
            }
            if entry.shape.packed && !entry.values.is_empty() {
                encode::nested(out, number, |out| {
                    for value in &entry.values {
                        match value {
                            Val::Varint(n) => encode::varint(out, *n),
                            Val::Fixed32(n) => out.extend_from_slice(&n.to_le_bytes()),
                            Val::Fixed64(n) => out.extend_from_slice(&n.to_le_bytes()),
                            Val::Bytes(_) | Val::Message(_) => {}
                        }
                    }
                });
                continue;
            }
            for value in &mut entry.values {
                if entry.shape.implicit && value.is_zero() {
                    continue;
                }
                match value {
                    Val::Varint(n) => {
                        encode::tag(out, number, 0);
                        encode::varint(out, *n);
                    }
                    Val::Fixed32(n) => {
                        encode::tag(out, number, 5);
                        out.extend_from_slice(&n.to_le_bytes());
                    }
                    Val::Fixed64(n) => {
                        encode::tag(out, number, 1);
                        out.extend_from_slice(&n.to_le_bytes());
                    }
                    Val::Bytes(bytes) => encode::bytes(out, number, bytes),
                    Val::Message(tree) if entry.shape.message_set => {
                        encode::tag(out, 1, 3);
                        encode::int_field(out, 2, number as i32);
                        encode::nested(out, 3, |out| tree.encode(out));
                        encode::tag(out, 1, 4);
                    }
                    Val::Message(tree) if entry.shape.ty == Type::Group => {
                        encode::tag(out, number, 3);
                        tree.encode(out);
                        encode::tag(out, number, 4);
                    }
                    Val::Message(tree) => encode::nested(out, number, |out| tree.encode(out)),
                }
            }
        }
    }
}
