//! Elements of one side and those of the other that are called as they are, and what stands in what.

use crate::diff::Cx;
use crate::schema::{Element, MessageId, Schema};

/// A number of an enum has all its names, any other element its own.
pub(super) fn key_of(schema: &Schema, element: Element) -> Element {
    let Element::EnumValue(id) = element else { return element };
    let value = schema.value(id);
    schema.value_by_number(value.parent, value.number).map_or(element, Element::EnumValue)
}

/// A type or a service with what stands in it and has names there.
pub(super) fn with_parts(schema: &Schema, element: Element) -> Vec<Element> {
    let mut all = vec![element];
    match element {
        Element::Message(id) => {
            all.extend(schema.message(id).fields.iter().map(|f| Element::Field(*f)));
            all.extend(schema.message(id).oneofs.iter().map(|o| Element::Oneof(*o)));
        }
        Element::Enum(id) => all.extend(schema.enum_(id).values.iter().map(|v| Element::EnumValue(*v))),
        Element::Service(id) => all.extend(schema.service(id).methods.iter().map(|m| Element::Method(*m))),
        _ => {}
    }
    all
}

/// The map field for a part of its entry message; any other element itself.
pub(super) fn of_map(schema: &Schema, element: Element) -> Element {
    let Element::Field(id) = element else { return element };
    let field = schema.field(id);
    let Some(entry) = field.parent.filter(|p| !field.is_extension() && schema.message(*p).map_entry) else {
        return element;
    };
    let Some(holder) = schema.message(entry).parent else { return element };
    let name = &schema.message(entry).full_name;
    schema.field_by_type(holder, name).map_or(element, Element::Field)
}

/// What an element stands in: a message or a file.
pub(super) fn parent(schema: &Schema, element: Element) -> Option<Element> {
    let message = match element {
        Element::Message(id) => schema.message(id).parent,
        Element::Enum(id) => schema.enum_(id).parent,
        Element::Field(id) => schema.field(id).parent,
        Element::Service(_) => None,
        _ => return None,
    };
    Some(message.map_or_else(|| Element::File(schema.file_of(element)), Element::Message))
}

/// The element of the new side that is called as one of the old side.
pub(super) fn counterpart(cx: &Cx<'_>, old: Element) -> Option<Element> {
    same(cx.old, old, cx.new)
}

/// The other way round.
pub(super) fn back(cx: &Cx<'_>, new: Element) -> Option<Element> {
    same(cx.new, new, cx.old)
}

fn same(from: &Schema, element: Element, to: &Schema) -> Option<Element> {
    let message = |id: MessageId| to.message_by_name(&from.message(id).full_name);
    match element {
        Element::File(id) => to.file_by_name(&from.file(id).name).map(Element::File),
        Element::Field(id) if !from.field(id).is_extension() => {
            let field = from.field(id);
            to.field_by_number(message(field.parent?)?, field.number).map(Element::Field)
        }
        Element::Oneof(id) => {
            let oneof = from.oneof(id);
            to.oneof_by_name(message(oneof.parent)?, &oneof.name).map(Element::Oneof)
        }
        Element::EnumValue(id) => {
            let value = from.value(id);
            let enum_ = to.enum_by_name(&from.enum_(value.parent).full_name)?;
            to.value_by_name(enum_, &value.name).map(Element::EnumValue)
        }
        Element::Method(id) => {
            let method = from.method(id);
            let service = to.service_by_name(&from.service(method.parent).full_name)?;
            to.method_by_name(service, &method.name).map(Element::Method)
        }
        _ => {
            let found = to.by_name(&from.full_name(element))?;
            (std::mem::discriminant(&found) == std::mem::discriminant(&element)).then_some(found)
        }
    }
}

/// The new side of something inside `old`, which is now `new`: a file in another package keeps what is in it.
pub(super) fn nested_counterpart(cx: &Cx<'_>, inner: Element, old: Element, new: Element) -> Option<Element> {
    counterpart(cx, inner).or_else(|| {
        let (Element::File(_), Element::File(file)) = (old, new) else { return None };
        let name = crate::schema::qualify(&cx.new.file(file).package, &cx.old.nested_name(inner));
        cx.new.by_name(&name).filter(|e| std::mem::discriminant(e) == std::mem::discriminant(&inner))
    })
}
