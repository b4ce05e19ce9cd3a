//! Names that come back: types, extensions, services and methods that the old side does not have and an earlier version had.

use super::{Had, Query, Recalled, Sort, Use, kept, last_use};
use crate::compile::signature;
use crate::diff::{Change, Comeback, Cx, Kind, Otherwise, Was};
use crate::schema::{Element, EnumId, FieldId, MessageId, MethodId, Schema, ServiceId};

/// How much of one change is told.
const MOST: usize = 20;

/// What was asked, and what was answered.
pub(super) struct Known<'a> {
    /// Sorted.
    pub(super) asked: &'a [Query],
    /// In step with it.
    pub(super) recalled: &'a Recalled,
}

impl Known<'_> {
    fn at(&self, full_name: &str, sort: Sort) -> impl Iterator<Item = usize> {
        let same = move |query: &Query| *query.full_name == *full_name && query.sort == sort;
        self.asked.iter().enumerate().filter(move |(_, query)| same(query)).map(|(at, _)| at)
    }

    /// The newest version that declares it as this.
    fn declared(&self, full_name: &str, sort: Sort) -> Option<&Had> {
        let all = self.at(full_name, sort).filter_map(|at| self.recalled.declared.get(at)?.as_ref());
        all.min_by_key(|had| had.age)
    }

    /// What its numbers or methods were.
    fn uses(&self, full_name: &str, sort: Sort) -> &[Use] {
        let mut all = self.at(full_name, sort).filter_map(|at| self.recalled.uses.get(at));
        all.next().map_or(&[], |uses| &uses[..])
    }
}

const SORTS: [Sort; 3] = [Sort::Message, Sort::Enum, Sort::Service];

/// What to ask about a change: whatever had the name of a new type or service and of what is in it, what an extension extends,
/// and the service of a new method. Only for the contract's own files.
pub(super) fn queries(change: &Change, cx: &Cx<'_>) -> Vec<Query> {
    let Some(new) = change.new.filter(|_| matches!(change.kind, Kind::TypeAdded | Kind::MethodAdded)) else {
        return Vec::new();
    };
    let file = cx.new.file(cx.new.file_of(new));
    if !file.target {
        return Vec::new();
    }
    let query = |full_name: &str, sort, own| Query {
        full_name: full_name.into(),
        sort,
        own,
        path: place(cx, full_name).unwrap_or_else(|| file.display.clone()),
        fresh: !matches!(new, Element::Method(_) | Element::Field(_)),
    };
    match new {
        Element::Method(id) => {
            let service = &cx.new.service(cx.new.method(id).parent).full_name;
            vec![query(service, Sort::Service, true)]
        }
        Element::Field(id) => {
            let Some(extendee) = cx.new.field(id).extendee.as_deref() else { return Vec::new() };
            let owner = cx.new.message_by_name(extendee).map(|m| cx.new.file(cx.new.message(m).file).target);
            vec![query(extendee, Sort::Message, owner.unwrap_or_default())]
        }
        _ => {
            let names = inside(cx.new, new).into_iter().map(|element| cx.new.full_name(element));
            names.flat_map(|name| SORTS.map(|sort| query(&name, sort, true))).collect()
        }
    }
}

/// Where the old side declares a message or service.
fn place(cx: &Cx<'_>, full_name: &str) -> Option<Box<str>> {
    let old = cx.old.by_name(full_name)?;
    Some(cx.old.file(cx.old.file_of(old)).display.clone())
}

/// A type with those that are declared in it. The entries of maps are nobody's.
fn inside(schema: &Schema, element: Element) -> Vec<Element> {
    let mut all = vec![element];
    let mut next = 0;
    while let Some(Element::Message(id)) = all.get(next).copied() {
        let message = schema.message(id);
        let nested = message.messages.iter().filter(|m| !schema.message(**m).map_entry);
        // Messages first: the walk ends at the first that is none.
        let place = next + 1;
        all.splice(place..place, nested.map(|m| Element::Message(*m)));
        all.extend(message.enums.iter().map(|e| Element::Enum(*e)));
        next += 1;
    }
    all
}

/// What a change brings back as something else.
pub(super) fn otherwise(change: &Change, cx: &Cx<'_>, known: &Known<'_>) -> Vec<Otherwise> {
    let Some(new) = change.new else { return Vec::new() };
    let mut found = match new {
        Element::Method(id) => method(id, cx, known).into_iter().collect(),
        Element::Field(id) => extension(id, cx, known),
        _ => inside(cx.new, new).into_iter().flat_map(|element| whole(element, cx, known)).collect(),
    };
    found.truncate(MOST);
    found
}

/// A message, enum or service.
fn whole(element: Element, cx: &Cx<'_>, known: &Known<'_>) -> Vec<Otherwise> {
    let name = cx.new.full_name(element);
    let sort = match element {
        Element::Enum(_) => Sort::Enum,
        Element::Service(_) => Sort::Service,
        _ => Sort::Message,
    };
    let same = known.declared(&name, sort);
    let others = SORTS.into_iter().filter(|other| *other != sort);
    let others = others.filter_map(|other| Some((other, known.declared(&name, other)?)));
    // The last counts; a file has no order.
    if let Some((was, had)) = others.min_by_key(|(_, had)| had.age)
        && same.is_none_or(|same| had.age < same.age || &*had.version == kept::VERSION)
    {
        let noun = match was {
            Sort::Message => "message",
            Sort::Enum => "enum",
            Sort::Service => "service",
        };
        let was = Was::Kind { noun };
        return vec![Otherwise { version: had.version.clone(), symbol: name.into(), was }];
    }
    match element {
        Element::Message(id) => fields(id, cx, known.uses(&name, sort)),
        Element::Enum(id) => values(id, cx, known.uses(&name, sort)),
        Element::Service(id) => methods(id, cx, known),
        _ => Vec::new(),
    }
}

fn holder(symbol: &str, now: Element, number: i32, cx: &Cx<'_>, uses: &[Use]) -> Option<Otherwise> {
    let past = last_use(now, number, cx, uses).filter(|past| past.comeback != Comeback::Same)?;
    let version = past.version.clone();
    Some(Otherwise { version, symbol: symbol.into(), was: Was::Holder { now, number, past: Box::new(past) } })
}

fn fields(id: MessageId, cx: &Cx<'_>, uses: &[Use]) -> Vec<Otherwise> {
    let message = cx.new.message(id);
    let one =
        |id: &FieldId| holder(&message.full_name, Element::Field(*id), cx.new.field(*id).number, cx, uses);
    message.fields.iter().filter_map(one).collect()
}

fn values(id: EnumId, cx: &Cx<'_>, uses: &[Use]) -> Vec<Otherwise> {
    let enum_ = cx.new.enum_(id);
    let one = |id: &crate::schema::EnumValueId| {
        holder(&enum_.full_name, Element::EnumValue(*id), cx.new.value(*id).number, cx, uses)
    };
    enum_.values.iter().filter_map(one).collect()
}

fn methods(id: ServiceId, cx: &Cx<'_>, known: &Known<'_>) -> Vec<Otherwise> {
    cx.new.service(id).methods.iter().filter_map(|id| method(*id, cx, known)).collect()
}

/// A method that has other types or streams than when it was last there.
fn method(id: MethodId, cx: &Cx<'_>, known: &Known<'_>) -> Option<Otherwise> {
    let method = cx.new.method(id);
    let service = &cx.new.service(method.parent).full_name;
    let uses = known.uses(service, Sort::Service);
    let version = &uses.iter().find(|was| was.name == method.name)?.version;
    let now = signature([&method.input, &method.output], [method.client_streaming, method.server_streaming]);
    let same = |was: &&Use| was.may_be.iter().any(|one| **one == *now);
    let mut last = uses.iter().filter(|was| was.name == method.name && was.version == *version);
    // Without an order every one of them may be the last.
    let was = match &**version == kept::VERSION {
        true => last.find(|was| !same(was))?,
        false => last.next().filter(|was| !same(was))?,
    };
    let streams = |text: &str| {
        let (input, output) = text.split_once(" returns ").unwrap_or((text, ""));
        [input, output].map(|part| part.starts_with("(stream "))
    };
    Some(Otherwise {
        version: version.clone(),
        symbol: cx.new.full_name(Element::Method(id)).into(),
        was: Was::Call {
            signature: was.type_text.clone(),
            streams: streams(&was.type_text) != streams(&now),
        },
    })
}

/// An extension that has another number or type, or the number of another one. A number that the old side has in use is no
/// question of memory.
fn extension(id: FieldId, cx: &Cx<'_>, known: &Known<'_>) -> Vec<Otherwise> {
    let field = cx.new.field(id);
    let Some(extendee) = field.extendee.as_deref() else { return Vec::new() };
    let uses = known.uses(extendee, Sort::Message);
    let (now, name) = (Element::Field(id), cx.new.full_name(Element::Field(id)));
    let on_old = cx.old.extension(extendee, field.number).is_some()
        || cx
            .old
            .message_by_name(extendee)
            .is_some_and(|m| cx.old.field_by_number(m, field.number).is_some());
    let mut found = Vec::new();
    if !on_old {
        found.extend(holder(extendee, now, field.number, cx, uses));
    }
    if let Some(was) = uses.iter().find(|was| *was.name == *name)
        && uses.iter().all(|was| *was.name != *name || was.number != field.number)
    {
        let at = Was::At { number: was.number };
        found.push(Otherwise { version: was.version.clone(), symbol: name.into(), was: at });
    }
    found
}
