//! Who uses a type: the calls that carry it and the messages that hold it.

use super::model::{Element, EnumId, FieldId, MessageId, MethodId};
use super::tables::Schema;

/// The part a type plays in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The client sends it.
    Request,
    /// The server sends it.
    Response,
}

/// One call that carries a type, directly or nested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Use {
    /// The method.
    pub method: MethodId,
    /// Which side sends it.
    pub role: Role,
}

/// The reverse type graph of a schema.
#[derive(Debug)]
pub struct Reach {
    /// For each message: the messages with a field (or extension) of that type.
    message_users: Vec<Vec<MessageId>>,
    /// For each enum: the messages with a field of that type.
    enum_users: Vec<Vec<MessageId>>,
    /// For each message: the calls that name it as request or response.
    calls: Vec<Vec<Use>>,
    /// For each message: one that stands for all that hold each other, as they are carried by the same calls.
    circles: Vec<MessageId>,
}

impl Reach {
    /// Indexes a schema.
    pub fn new(schema: &Schema) -> Reach {
        let mut reach = Reach {
            message_users: vec![Vec::new(); schema.messages.len()],
            enum_users: vec![Vec::new(); schema.enums.len()],
            calls: vec![Vec::new(); schema.messages.len()],
            circles: Vec::new(),
        };
        for (_, field) in schema.fields() {
            let holder = match &field.extendee {
                Some(extendee) => schema.message_by_name(extendee),
                None => field.parent,
            };
            let Some(holder) = holder else { continue };
            if let Some(used) = schema.field_message(field) {
                push_once(&mut reach.message_users[used.index()], holder);
            } else if let Some(used) = schema.field_enum(field) {
                push_once(&mut reach.enum_users[used.index()], holder);
            }
        }
        for (id, method) in schema.methods() {
            for (name, role) in [(&method.input, Role::Request), (&method.output, Role::Response)] {
                if let Some(message) = schema.message_by_name(name) {
                    reach.calls[message.index()].push(Use { method: id, role });
                }
            }
        }
        reach.circles = circles(&reach.message_users);
        reach
    }

    /// What stands for an element in [`Reach::uses`]: the message of a field or oneof, the enum of a value; of
    /// messages that hold each other always the same one.
    pub fn carrier(&self, schema: &Schema, element: Element) -> Element {
        let message = |id: MessageId| Element::Message(self.circles[id.index()]);
        match element {
            Element::Message(id) => message(id),
            Element::Field(id) => holder(schema, id).map_or(element, message),
            Element::Oneof(id) => message(schema.oneof(id).parent),
            Element::EnumValue(id) => Element::Enum(schema.value(id).parent),
            Element::File(_) | Element::Enum(_) | Element::Service(_) | Element::Method(_) => element,
        }
    }

    /// The calls that carry an element, in method order. Empty for a type that no call of this contract
    /// reaches, which does not mean nobody uses it: it may be stored, or packed in an `Any`.
    pub fn uses(&self, schema: &Schema, element: Element) -> Vec<Use> {
        let mut open: Vec<MessageId> = Vec::new();
        let mut found: Vec<Use> = Vec::new();
        match element {
            Element::Message(id) => open.push(id),
            Element::Field(id) => open.extend(holder(schema, id)),
            Element::Oneof(id) => open.push(schema.oneof(id).parent),
            Element::Enum(id) => open.extend(&self.enum_users[id.index()]),
            Element::EnumValue(id) => open.extend(self.enum_users_of(schema.value(id).parent)),
            Element::Service(id) => {
                for method in &schema.service(id).methods {
                    found.push(Use { method: *method, role: Role::Request });
                }
            }
            Element::Method(method) => {
                found.push(Use { method, role: Role::Request });
            }
            Element::File(_) => {}
        }
        // Walked once for every change: a table is many times faster than a set.
        let mut seen = vec![false; self.calls.len()];
        open.retain(|m| !std::mem::replace(&mut seen[m.index()], true));
        while let Some(message) = open.pop() {
            found.extend_from_slice(&self.calls[message.index()]);
            for user in &self.message_users[message.index()] {
                if !std::mem::replace(&mut seen[user.index()], true) {
                    open.push(*user);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether any other message holds a field of this type, or any call carries it.
    pub fn is_used(&self, element: Element) -> bool {
        match element {
            Element::Message(id) => {
                !self.calls[id.index()].is_empty() || self.message_users[id.index()].iter().any(|u| *u != id)
            }
            Element::Enum(id) => !self.enum_users[id.index()].is_empty(),
            _ => true,
        }
    }

    fn enum_users_of(&self, id: EnumId) -> &[MessageId] {
        &self.enum_users[id.index()]
    }
}

/// For each message one that stands for all that reach it and are reached by it (the strongly connected components,
/// by Tarjan's algorithm with a stack of its own: types can be nested deeper than the stack is).
fn circles(users: &[Vec<MessageId>]) -> Vec<MessageId> {
    const NEW: u32 = u32::MAX;
    let mut entered = vec![NEW; users.len()];
    let mut lowest = vec![0; users.len()];
    let mut circle = vec![None; users.len()];
    let (mut path, mut stack): (Vec<usize>, Vec<(usize, usize)>) = (Vec::new(), Vec::new());
    let mut count = 0;
    for first in 0..users.len() {
        if entered[first] != NEW {
            continue;
        }
        stack.push((first, 0));
        while let Some((at, next)) = stack.last_mut() {
            let at = *at;
            if *next == 0 {
                entered[at] = count;
                lowest[at] = count;
                count += 1;
                path.push(at);
            }
            if let Some(user) = users[at].get(*next).map(|u| u.index()) {
                *next += 1;
                if entered[user] == NEW {
                    stack.push((user, 0));
                } else if circle[user].is_none() {
                    lowest[at] = lowest[at].min(entered[user]);
                }
                continue;
            }
            stack.pop();
            if let Some((above, _)) = stack.last() {
                lowest[*above] = lowest[*above].min(lowest[at]);
            }
            if lowest[at] == entered[at] {
                while let Some(member) = path.pop() {
                    circle[member] = Some(MessageId(at as u32));
                    if member == at {
                        break;
                    }
                }
            }
        }
    }
    circle.into_iter().enumerate().map(|(i, c)| c.unwrap_or(MessageId(i as u32))).collect()
}

/// Fields come message by message: a holder that is there already is mostly the last one.
fn push_once(users: &mut Vec<MessageId>, holder: MessageId) {
    if users.last() != Some(&holder) {
        users.push(holder);
    }
}

fn holder(schema: &Schema, id: FieldId) -> Option<MessageId> {
    let field = schema.field(id);
    match &field.extendee {
        Some(extendee) => schema.message_by_name(extendee),
        None => field.parent,
    }
}
