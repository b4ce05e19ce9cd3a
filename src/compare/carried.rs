//! What a contract takes in from others that have changed as well.
//!
//! What is only imported is somebody else's decision, and whoever takes another version of it decides as well: a type of
//! theirs that the contract's own messages hold is a part of what its users read and write.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Own;
use crate::diff::{Change, Cx};
use crate::schema::{Element, EnumId, MessageId, Schema};

/// The files of dependencies that are others on one side than on the other, by import path, each with a sentence that
/// says what happened to the dependency.
pub type Moved = BTreeMap<Box<str>, Arc<str>>;

/// Those of their types that the contract's own messages and calls hold.
#[derive(Debug)]
pub(super) struct Carried {
    moved: Moved,
    old: Held,
    new: Held,
}

#[derive(Debug)]
struct Held {
    messages: Vec<bool>,
    enums: Vec<bool>,
}

impl Carried {
    pub(super) fn of(cx: &Cx<'_>, own: &Own, moved: Moved) -> Carried {
        Carried { moved, old: Held::of(cx.old, &own.old), new: Held::of(cx.new, &own.new) }
    }

    /// What happened to the dependency whose change this is.
    pub(super) fn by(&self, change: &Change, cx: &Cx<'_>) -> Option<&Arc<str>> {
        let on = |schema: &Schema, held: &Held, element: Option<Element>| {
            let element = element?;
            let moved = self.moved.get(&*schema.file(schema.file_of(element)).name)?;
            held.holds(schema, element).then_some(moved)
        };
        on(cx.old, &self.old, change.old).or_else(|| on(cx.new, &self.new, change.new))
    }
}

impl Held {
    /// All that the fields of a contract's own messages, and its calls, lead to.
    fn of(schema: &Schema, own: &[bool]) -> Held {
        let mut inside: Vec<Vec<MessageId>> = vec![Vec::new(); schema.messages().count()];
        let mut values: Vec<Vec<EnumId>> = vec![Vec::new(); inside.len()];
        let mut open: Vec<MessageId> = Vec::new();
        let mut enums = vec![false; schema.enums().count()];
        for (id, message) in schema.messages() {
            if own[message.file.index()] {
                open.push(id);
            }
        }
        for (_, field) in schema.fields() {
            let holder = match &field.extendee {
                Some(extendee) => schema.message_by_name(extendee),
                None => field.parent,
            };
            let Some(holder) = holder else { continue };
            inside[holder.index()].extend(schema.field_message(field));
            values[holder.index()].extend(schema.field_enum(field));
        }
        for (_, method) in schema.methods() {
            if own[schema.file_of(Element::Service(method.parent)).index()] {
                open.extend(
                    [&method.input, &method.output].into_iter().filter_map(|t| schema.message_by_name(t)),
                );
            }
        }
        let mut messages = vec![false; inside.len()];
        while let Some(message) = open.pop() {
            if std::mem::replace(&mut messages[message.index()], true) {
                continue;
            }
            open.extend(&inside[message.index()]);
            values[message.index()].iter().for_each(|id| enums[id.index()] = true);
        }
        Held { messages, enums }
    }

    fn holds(&self, schema: &Schema, element: Element) -> bool {
        let message = |id: MessageId| self.messages[id.index()];
        match element {
            Element::Message(id) => message(id),
            Element::Oneof(id) => message(schema.oneof(id).parent),
            Element::Field(id) => {
                let field = schema.field(id);
                let extended = field.extendee.as_ref().and_then(|name| schema.message_by_name(name));
                extended.or(field.parent).is_some_and(message)
            }
            Element::Enum(id) => self.enums[id.index()],
            Element::EnumValue(id) => self.enums[schema.value(id).parent.index()],
            Element::File(_) | Element::Service(_) | Element::Method(_) => false,
        }
    }
}
