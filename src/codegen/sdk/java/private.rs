//! What the classes of messages and services have beside what programs call: variables, classes and methods that protoc
//! and grpc-java write for themselves, and what their base classes have. An element must not be called like one of them.
//! Found in what the generators of both lines write, and in the base classes of protobuf-java 4.36 and 3.25 and of
//! grpc-java 1.83, and in what protoc writes for the lite runtime of both lines.

use std::collections::BTreeMap;

use super::super::clash::Claims;
use super::names::Made;
use crate::schema::{Cardinality, Element, Kind, Message, MessageId, Schema, ServiceId};
use crate::surface::java;

/// Variables of the class of a message, its own or of its base classes, which an extension in it can be called like.
const VARIABLES: [&str; 4] =
    ["memoizedHashCode", "memoizedIsInitialized", "memoizedSize", "serialVersionUID"];

/// The others: a type in the message can be called like them.
const OTHERS: [&str; 4] = ["DEFAULT_INSTANCE", "PARSER", "alwaysUseFieldBuilders", "unknownFields"];

/// Those of both which a message of the lite runtime has too; the second where a field of it is required.
const OF_LITE: [&str; 5] =
    ["memoizedHashCode", "memoizedIsInitialized", "DEFAULT_INSTANCE", "PARSER", "unknownFields"];

/// Methods without arguments that messages with extensions have, and others have not.
const OF_EXTENDABLE: [&str; 2] = ["getAllFieldsRaw", "getExtensionFields"];

/// Methods without arguments of `AbstractStub` that give something else than a call.
const OF_STUBS: [&str; 3] = ["getCallOptions", "getChannel", "withWaitForReady"];

/// Variables by the elements that they are for.
type Variables = Vec<(String, Element)>;

/// Claims what a message has for itself.
pub(super) fn message(schema: &Schema, id: MessageId, made: Made, claims: &mut Claims<'_>) {
    let of = Element::Message(id);
    let (name, message) = (schema.nested_name(of), schema.message(id));
    if made.lite {
        // A builder has no variables of its own: it is the message that it changes.
        bits(schema, message).for_each(|bits| claims.fixed(format!("{name}.{bits}")));
    } else {
        VARIABLES.iter().for_each(|own| claims.fixed(format!("{name}.{own}")));
        if !message.extension_ranges.is_empty() {
            OF_EXTENDABLE.iter().for_each(|own| claims.fixed(format!("{name}.{own}()")));
        }
        for at in 0..message.fields.len().div_ceil(BITS) {
            claims.fixed(format!("{name}.Builder.bitField{at}_"));
        }
    }
    claims.entries(id);
    let [own, builder] = variables(schema, message, id);
    for (variable, element) in own.into_iter().map(|(v, e)| (format!("{name}.{v}"), e)) {
        claims.claim(None, variable, element);
    }
    let builder = if made.lite { Variables::new() } else { builder };
    for (variable, element) in builder.into_iter().map(|(v, e)| (format!("{name}.Builder.{v}"), e)) {
        claims.claim(None, variable, element);
    }
    let names = java::field_names(schema, id);
    for id in &message.fields {
        let (element, field, called) = (Element::Field(*id), schema.field(*id), &names[id].0);
        if let Some((_, value)) = schema.map_entry(field) {
            claims.claim(None, format!("{name}.{called}DefaultEntryHolder {{}}"), element);
            if made.lite {
                claims.claim(None, format!("{name}.getMutable{called}Map()"), element);
            } else if schema.field(value).kind.is_message() {
                claims.claim(None, format!("{name}.{called}Converter {{}}"), element);
            }
        } else if field.kind.is_message() && made.older && !made.lite {
            claims.claim(None, format!("{name}.Builder.get{called}FieldBuilder()"), element);
        }
    }
    hidden_types(schema, id, made, claims);
}

/// How many fields have a bit in one variable.
const BITS: usize = 32;

/// The variables of a message for which of its fields are set.
fn bits(schema: &Schema, message: &Message) -> impl Iterator<Item = String> + use<> {
    let fields = message.fields.iter().map(|id| schema.field(*id));
    let bits = fields.filter(|field| {
        field.oneof.is_none() && matches!(field.cardinality, Cardinality::Explicit | Cardinality::Required)
    });
    (0..bits.count().div_ceil(BITS)).map(|at| format!("bitField{at}_"))
}

/// The variables of the class of a message, and those of its builder.
fn variables(schema: &Schema, message: &Message, id: MessageId) -> [Variables; 2] {
    let (mut own, mut builder) = (Variables::new(), Variables::new());
    // Of a oneof: its value, and which of its fields that is.
    for oneof in &message.oneofs {
        let lower = java::camel(&schema.oneof(*oneof).name, false);
        for variable in [format!("{lower}_"), format!("{lower}Case_")] {
            own.push((variable.clone(), Element::Oneof(*oneof)));
            builder.push((variable, Element::Oneof(*oneof)));
        }
    }
    let names = java::field_names(schema, id);
    for id in &message.fields {
        let (element, field, name) = (Element::Field(*id), schema.field(*id), &names[id].1);
        // A field of a oneof has no variable of its own.
        if field.oneof.is_none() {
            own.push((format!("{name}_"), element));
            builder.push((format!("{name}_"), element));
        }
        match (field.cardinality, schema.map_entry(field)) {
            (_, Some((_, value))) => match schema.field(value).kind {
                Kind::Enum => own.push((format!("{name}ValueConverter"), element)),
                kind if kind.is_message() => builder.push((format!("{name}Converter"), element)),
                _ => {}
            },
            _ if field.kind.is_message() => builder.push((format!("{name}Builder_"), element)),
            (Cardinality::Repeated, _) => {
                if field.kind == Kind::Enum {
                    own.push((format!("{name}_converter_"), element));
                }
                if field.packed {
                    own.push((format!("{name}MemoizedSerializedSize"), element));
                }
            }
            _ => {}
        }
    }
    [own, builder]
}

/// Where a variable and a type have one name, the name is the variable (6.4.2), and generated code writes types out.
fn hidden_types(schema: &Schema, id: MessageId, made: Made, claims: &mut Claims<'_>) {
    let message = schema.message(id);
    let fixed = VARIABLES.iter().chain(&OTHERS).filter(|name| !made.lite || OF_LITE.contains(name));
    let fixed = fixed.map(|name| ((*name).to_owned(), Element::Message(id)));
    let [own, _] = variables(schema, message, id);
    let bits = bits(schema, message).map(|bits| (bits, Element::Message(id)));
    let mut variables: BTreeMap<String, Element> = fixed.chain(bits).chain(own).collect();
    for id in message.fields.iter().chain(&message.extensions) {
        let name = &schema.field(*id).name;
        variables.insert(format!("{}_FIELD_NUMBER", name.to_ascii_uppercase()), Element::Field(*id));
    }
    for id in &message.extensions {
        variables.insert(java::extension_name(&schema.field(*id).name), Element::Field(*id));
    }
    let messages = message.messages.iter().filter(|id| !schema.message(**id).map_entry);
    let messages = messages.map(|id| Element::Message(*id));
    hides(schema, &variables, messages.chain(message.enums.iter().map(|id| Element::Enum(*id))), claims);
}

/// Refuses types that are called like a variable beside them.
pub(super) fn hides(
    schema: &Schema,
    variables: &BTreeMap<String, Element>,
    types: impl Iterator<Item = Element>,
    claims: &mut Claims<'_>,
) {
    for element in types {
        let name = match element {
            Element::Message(id) => &schema.message(id).name,
            Element::Enum(id) => &schema.enum_(id).name,
            _ => continue,
        };
        let Some(of) = variables.get(&**name) else { continue };
        let what = format!(
            "{} `{}` has the name of the variable `{name}` that Java code has for {} `{}`",
            schema.noun(element),
            schema.full_name(element),
            schema.noun(*of),
            schema.full_name(*of)
        );
        claims.refuse(element, what, "rename one of them");
    }
}

/// Claims what a service has for itself: a number for each method, and in the stub in which a call may have no arguments
/// what its base class has.
pub(super) fn service(schema: &Schema, id: ServiceId, claims: &mut Claims<'_>) {
    let service = schema.service(id);
    let class = format!("{}Grpc", service.name);
    for own in OF_STUBS {
        claims.fixed(format!("{class}.{}BlockingV2Stub.{own}()", service.name));
    }
    for id in &service.methods {
        let (element, name) = (Element::Method(*id), &schema.method(*id).name);
        claims.claim(None, format!("{class}.METHODID_{}", java::method_constant(name)), element);
        let called = java::method_name(name);
        if called == "_" || called == "null" {
            let what = format!(
                "method `{}` would be called `{called}` in Java, which is a keyword there",
                schema.full_name(element)
            );
            claims.refuse(element, what, "rename it");
        }
    }
}
