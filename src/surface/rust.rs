//! Rust: prost and tonic, after `prost-build` and `tonic-build`.
//!
//! Paths begin below the crate. A trait that a type derives or not, by what is in it, is a name too: `Pay: Copy`.

use heck::{ToSnakeCase, ToUpperCamelCase};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Names, Surface, entry};
use crate::schema::{
    Cardinality, Element, EnumId, Field, FieldId, FileId, Kind, MessageId, OneofId, Schema, ServiceId,
};

pub(super) struct Rust;

/// Keywords of all editions that may be written as `r#…`.
const RAW: [&str; 47] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try",
    "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Those that may not.
const NEVER: [&str; 6] = ["_", "super", "self", "Self", "extern", "crate"];

fn sanitize(name: String) -> String {
    if RAW.contains(&name.as_str()) {
        format!("r#{name}")
    } else if NEVER.contains(&name.as_str()) {
        format!("{name}_")
    } else if name.starts_with(|c: char| c.is_numeric()) {
        format!("_{name}")
    } else {
        name
    }
}

/// A module, field or method; empty where nothing is left of a name.
pub(crate) fn snake(name: &str) -> String {
    sanitize(if is_snake(name) { name.to_owned() } else { name.to_snake_case() })
}

/// Whether a name is surely written as a module is: most fields are, and letters are not looked at one by one then.
fn is_snake(name: &str) -> bool {
    let plain = name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    plain && !name.starts_with('_') && !name.ends_with('_') && !name.contains("__")
}

/// Whether a name is surely written as a type is.
fn is_camel(name: &str) -> bool {
    let mut upper = false;
    let single = name.bytes().all(|b| {
        let twice = upper && b.is_ascii_uppercase();
        upper = b.is_ascii_uppercase();
        b.is_ascii_alphabetic() && !twice
    });
    single && name.starts_with(|c: char| c.is_ascii_uppercase())
}

/// A type or variant.
pub(crate) fn camel(name: &str) -> String {
    sanitize(if is_camel(name) { name.to_owned() } else { name.to_upper_camel_case() })
}

/// The front of `…_client` and `…_server`: an underscore before every upper-case letter but the first.
pub(crate) fn tonic_module(service: &str) -> String {
    let mut out = String::new();
    for (i, c) in camel(service).chars().enumerate() {
        if i > 0 && c.is_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// The variant of an enum value: without the name of its enum in front.
pub(crate) fn variant(enum_: &str, value: &str) -> String {
    let (enum_, value) = (camel(enum_), camel(value));
    match value.strip_prefix(enum_.as_str()) {
        Some(rest) if rest.starts_with(char::is_uppercase) => sanitize(rest.to_owned()),
        _ => value,
    }
}

/// The enum that stands for a oneof, in the module of its message: not called as a type inside.
pub(crate) fn oneof_name(schema: &Schema, id: OneofId) -> (String, Option<Element>) {
    let oneof = schema.oneof(id);
    let message = schema.message(oneof.parent);
    let name = camel(&oneof.name);
    let messages = message.messages.iter().filter(|m| camel(&schema.message(**m).name) == name);
    let enums = message.enums.iter().filter(|e| camel(&schema.enum_(**e).name) == name);
    let taken = messages.map(|m| Element::Message(*m)).chain(enums.map(|e| Element::Enum(*e))).next();
    (if taken.is_some() { format!("{name}OneOf") } else { name }, taken)
}

/// The type that stands for a message of `google.protobuf` which prost knows as no struct.
pub(crate) fn plain(full_name: &str) -> Option<&'static str> {
    Some(match full_name.strip_prefix("google.protobuf.")? {
        "Empty" => "()",
        "DoubleValue" => "f64",
        "FloatValue" => "f32",
        "Int64Value" => "i64",
        "UInt64Value" => "u64",
        "Int32Value" => "i32",
        "UInt32Value" => "u32",
        "BoolValue" => "bool",
        "StringValue" => "String",
        "BytesValue" => "Vec::<u8>",
        _ => return None,
    })
}

/// The module in which what stands inside a message is.
pub(crate) fn module_of(schema: &Schema, message: MessageId) -> String {
    let message = schema.message(message);
    let outer = message.parent.map(|p| format!("{}::", module_of(schema, p))).unwrap_or_default();
    format!("{outer}{}", snake(&message.name))
}

/// Where a type is below the module of its package.
fn type_name(schema: &Schema, element: Element) -> String {
    let (name, parent) = match element {
        Element::Message(id) => (&schema.message(id).name, schema.message(id).parent),
        Element::Enum(id) => (&schema.enum_(id).name, schema.enum_(id).parent),
        other => return schema.nested_name(other),
    };
    let outer = parent.map(|p| format!("{}::", module_of(schema, p))).unwrap_or_default();
    format!("{outer}{}", camel(name))
}

/// The module of a package.
fn package(schema: &Schema, file: FileId) -> String {
    let parts = schema.file(file).package.split('.').filter(|p| !p.is_empty());
    parts.map(snake).collect::<Vec<_>>().join("::")
}

/// The type of one value.
fn value_type(schema: &Schema, field: &Field) -> String {
    match field.kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 | Kind::Enum => "i32",
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => "i64",
        Kind::Uint32 | Kind::Fixed32 => "u32",
        Kind::Uint64 | Kind::Fixed64 => "u64",
        Kind::Float => "f32",
        Kind::Double => "f64",
        Kind::Bool => "bool",
        Kind::String => "String",
        Kind::Bytes => "Vec<u8>",
        Kind::Message | Kind::Group => {
            let name = field.type_text();
            return match (plain(name), schema.by_name(name)) {
                (Some(plain), _) => plain.to_owned(),
                (None, Some(element)) => {
                    format!("{}::{}", package(schema, schema.file_of(element)), type_name(schema, element))
                }
                (None, None) => name.to_owned(),
            };
        }
    }
    .to_owned()
}

/// The functions that prost adds to the struct of a message for one of its fields: what stands in front of the field's
/// name, and the whole.
pub(crate) fn accessors(schema: &Schema, field: &Field) -> Vec<(&'static str, String)> {
    let called = snake(&field.name);
    let plain = called.trim_start_matches("r#").to_owned();
    let verbs: &[&'static str] = match field.cardinality {
        Cardinality::Map if entry(schema, field).is_some_and(|(_, value)| value.kind == Kind::Enum) => {
            &["get_", "insert_"]
        }
        Cardinality::Repeated if field.kind == Kind::Enum => &["", "push_"],
        Cardinality::Map | Cardinality::Repeated => &[],
        _ if field.kind == Kind::Enum => &["", "set_"],
        Cardinality::Explicit if !field.kind.is_message() => &[""],
        _ => &[],
    };
    let name = |verb: &str| if verb.is_empty() { called.clone() } else { format!("{verb}{plain}") };
    verbs.iter().map(|verb| (*verb, name(verb))).collect()
}

/// Whether a field's message holds the field's own message: prost puts it into a box.
fn is_boxed(schema: &Schema, field: &Field) -> bool {
    let (Some(held), Some(holder)) =
        (field.type_name.as_deref().and_then(|n| schema.message_by_name(n)), field.parent)
    else {
        return false;
    };
    let (mut seen, mut todo) = (FxHashSet::default(), vec![held]);
    while let Some(id) = todo.pop() {
        if id == holder {
            return true;
        }
        if !seen.insert(id) {
            continue;
        }
        let fields = schema.message(id).fields.iter().map(|f| schema.field(*f));
        let single = fields.filter(|f| f.kind.is_message() && f.cardinality.is_singular());
        todo.extend(single.filter_map(|f| schema.message_by_name(f.type_name.as_deref()?)));
    }
    false
}

/// The type of a struct's field.
fn field_type(schema: &Schema, field: &Field) -> String {
    let value = value_type(schema, field);
    let boxed = |value: String| {
        if field.kind.is_message() && is_boxed(schema, field) { format!("Box<{value}>") } else { value }
    };
    match field.cardinality {
        Cardinality::Map => match entry(schema, field) {
            Some((key, value)) => {
                format!("HashMap<{}, {}>", value_type(schema, key), value_type(schema, value))
            }
            None => "HashMap".to_owned(),
        },
        Cardinality::Repeated => format!("Vec<{value}>"),
        Cardinality::Explicit => format!("Option<{}>", boxed(value)),
        Cardinality::Implicit | Cardinality::Required => boxed(value),
    }
}

/// The traits that prost derives only where everything in a message has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Derived {
    /// `Copy`.
    Copy,
    /// `Eq` and `Hash`.
    Eq,
}

/// Whether a field lets its message have a trait (`can_field_derive_copy`, `can_field_derive_eq`).
pub(crate) fn allows(schema: &Schema, field: &Field, derived: Derived) -> bool {
    // What a field says by itself; of a message that stands in it once, that message has the word.
    let word = |field: &Field| -> Result<bool, MessageId> {
        let many = !field.cardinality.is_singular();
        Ok(match (field.kind, derived) {
            (Kind::Message, _) if many => false,
            (Kind::Message, _) => {
                return field
                    .type_name
                    .as_deref()
                    .and_then(|n| schema.message_by_name(n))
                    .ok_or(())
                    .map_or(Ok(false), Err);
            }
            (Kind::Group, _) => false,
            (Kind::String | Kind::Bytes, Derived::Copy) => false,
            (_, Derived::Copy) => !many,
            (Kind::Float | Kind::Double, Derived::Eq) => false,
            (_, Derived::Eq) => true,
        })
    };
    let first = match word(field) {
        Ok(word) => return word,
        Err(message) => message,
    };
    // Depth first; a message that holds itself is put into a box, and that has none of the traits. `true` while the
    // message is being looked at.
    let mut seen: FxHashMap<MessageId, bool> = FxHashMap::default();
    seen.extend(field.parent.map(|holder| (holder, true)));
    let mut path: Vec<(MessageId, usize)> = Vec::new();
    let mut next = Some(first);
    loop {
        if let Some(message) = next.take() {
            match seen.get(&message) {
                Some(true) => return false,
                Some(false) => {}
                None => {
                    seen.insert(message, true);
                    path.push((message, 0));
                }
            }
        }
        let Some((message, at)) = path.last_mut() else { return true };
        let Some(field) = schema.message(*message).fields.get(*at) else {
            seen.insert(*message, false);
            path.pop();
            continue;
        };
        *at += 1;
        match word(schema.field(*field)) {
            Ok(true) => {}
            Ok(false) => return false,
            Err(message) => next = Some(message),
        }
    }
}

/// The traits that something with these fields derives.
fn derives<'s>(schema: &Schema, fields: &[FieldId]) -> impl Iterator<Item = &'s str> {
    let derived = [(Derived::Copy, "Copy"), (Derived::Eq, "Eq + Hash")].into_iter();
    derived
        .filter(|(derived, _)| fields.iter().all(|f| allows(schema, schema.field(*f), *derived)))
        .map(|(_, words)| words)
}

/// What a message and its oneofs derive: `Pay: Copy`.
pub(crate) fn traits(schema: &Schema, id: MessageId) -> Vec<String> {
    let message = schema.message(id);
    let name = type_name(schema, Element::Message(id));
    let mut all: Vec<String> =
        derives(schema, &message.fields).map(|words| format!("{name}: {words}")).collect();
    for oneof in &message.oneofs {
        let path = oneof_path(schema, *oneof).0;
        all.extend(derives(schema, &schema.oneof(*oneof).fields).map(|words| format!("{path}: {words}")));
    }
    all
}

/// Where the enum of a oneof is below the module of its package, with what it is called otherwise beside.
fn oneof_path(schema: &Schema, id: OneofId) -> (String, Option<Element>) {
    let (name, beside) = oneof_name(schema, id);
    (format!("{}::{name}", module_of(schema, schema.oneof(id).parent)), beside)
}

impl Surface for Rust {
    fn keeps_apart(&self, owner: Element) -> bool {
        matches!(owner, Element::Message(_))
    }

    fn container(&self, schema: &Schema, element: Element) -> String {
        package(schema, schema.file_of(element))
    }

    fn tops(&self, schema: &Schema, element: Element, out: &mut Names<'_>) {
        match element {
            Element::Message(id) => {
                out.add(element, None, type_name(schema, element), "struct");
                for oneof in &schema.message(id).oneofs {
                    let (path, beside) = oneof_path(schema, *oneof);
                    out.add(Element::Oneof(*oneof), beside, path, "enum");
                }
            }
            Element::Enum(_) => out.add(element, None, type_name(schema, element), "enum"),
            Element::Service(id) => {
                let name = tonic_module(&schema.service(id).name);
                out.add(element, None, format!("{name}_client"), "module");
                out.add(element, None, format!("{name}_server"), "module");
            }
            _ => {}
        }
    }

    /// Files do not show: modules follow packages.
    fn file(&self, _: &Schema, _: FileId, _: &mut Names<'_>) {}

    fn message(&self, schema: &Schema, id: MessageId, out: &mut Names<'_>) {
        let of = Element::Message(id);
        let name = type_name(schema, of);
        let message = schema.message(id);
        out.add(of, None, name.clone(), "struct");
        // All parts together have the word here.
        if out.1.is_none() {
            for words in derives(schema, &message.fields) {
                out.add(of, None, format!("{name}: {words}"), "impl");
            }
        }
        for id in message.fields.iter().filter(|f| schema.field(**f).oneof.is_none()) {
            if !out.wants(Element::Field(*id)) {
                continue;
            }
            let field = schema.field(*id);
            let path = format!("{name}.{}", snake(&field.name));
            out.add(Element::Field(*id), None, path, field_type(schema, field));
            self.accessors(schema, &name, *id, out);
        }
        for id in &message.oneofs {
            self.oneof(schema, &name, *id, out);
        }
    }

    fn enum_(&self, schema: &Schema, id: EnumId, out: &mut Names<'_>) {
        let of = Element::Enum(id);
        let enum_ = schema.enum_(id);
        let name = type_name(schema, of);
        for value in &enum_.values {
            // A second name of a number is left out by prost.
            let first = || schema.value_by_number(id, schema.value(*value).number) == Some(*value);
            if !out.wants(Element::EnumValue(*value)) || !first() {
                continue;
            }
            let path = format!("{name}::{}", variant(&enum_.name, &schema.value(*value).name));
            out.add(Element::EnumValue(*value), None, path, "variant");
        }
        out.add(of, None, name, "enum");
    }

    /// prost leaves extensions out.
    fn extension(&self, _: &Schema, _: FieldId, _: &mut Names<'_>) {}

    fn service(&self, schema: &Schema, id: ServiceId, out: &mut Names<'_>) {
        let service = schema.service(id);
        let of = Element::Service(id);
        let (front, name) = (tonic_module(&service.name), camel(&service.name));
        let client = format!("{front}_client::{name}Client");
        let (server, implement) =
            (format!("{front}_server::{name}Server"), format!("{front}_server::{name}"));
        out.add(of, None, client.clone(), "struct");
        out.add(of, None, server, "struct");
        out.add(of, None, implement.clone(), "trait");
        for id in &service.methods {
            let (method, of) = (schema.method(*id), Element::Method(*id));
            let called = snake(&method.name);
            let stream = |yes: bool| if yes { "stream " } else { "" };
            let message = |name: &str| match schema.message_by_name(name) {
                Some(id) => {
                    let element = Element::Message(id);
                    format!("{}::{}", package(schema, schema.file_of(element)), type_name(schema, element))
                }
                None => name.to_owned(),
            };
            let shape = format!(
                "{}{} -> {}{}",
                stream(method.client_streaming),
                message(&method.input),
                stream(method.server_streaming),
                message(&method.output)
            );
            out.add(of, None, format!("{client}.{called}()"), shape.clone());
            out.add(of, None, format!("{implement}.{called}()"), shape);
            if method.server_streaming {
                // Called as the contract writes the method, whatever that looks like in Rust.
                out.add(of, None, format!("{implement}::{}Stream", method.name), "type");
            }
        }
    }
}

impl Rust {
    /// What prost adds to a struct for numbers of enums, and for values that can be absent.
    fn accessors(&self, schema: &Schema, message: &str, id: FieldId, out: &mut Names<'_>) {
        let (field, of) = (schema.field(id), Element::Field(id));
        let enum_type = |field: &Field| match field.type_name.as_deref().and_then(|n| schema.by_name(n)) {
            Some(element) => {
                format!("{}::{}", package(schema, schema.file_of(element)), type_name(schema, element))
            }
            None => field.type_text().to_owned(),
        };
        let enum_type_of = |field: &Field| match field.kind {
            Kind::Enum => enum_type(field),
            _ => value_type(schema, field),
        };
        for (verb, name) in accessors(schema, field) {
            let shape = match (entry(schema, field), field.cardinality) {
                (Some((key, value)), Cardinality::Map) if verb == "get_" => {
                    format!("{} -> {}", value_type(schema, key), enum_type(value))
                }
                (Some((key, value)), Cardinality::Map) => {
                    format!("{}, {}", value_type(schema, key), enum_type(value))
                }
                (_, Cardinality::Repeated) if verb.is_empty() => format!("list of {}", enum_type(field)),
                _ => enum_type_of(field),
            };
            out.add(of, None, format!("{message}.{name}()"), shape);
        }
    }

    fn oneof(&self, schema: &Schema, message: &str, id: OneofId, out: &mut Names<'_>) {
        let (oneof, of) = (schema.oneof(id), Element::Oneof(id));
        let mine = out.wants(of);
        if !mine && !oneof.fields.iter().any(|f| out.wants(Element::Field(*f))) {
            return;
        }
        let (path, beside) = oneof_path(schema, id);
        if mine {
            out.add(of, None, format!("{message}.{}", snake(&oneof.name)), "oneof");
            for words in derives(schema, &oneof.fields) {
                out.add(of, beside, format!("{path}: {words}"), "impl");
            }
        }
        for id in &oneof.fields {
            if !out.wants(Element::Field(*id)) {
                continue;
            }
            let field = schema.field(*id);
            let value = value_type(schema, field);
            let shape = if field.kind.is_message() && is_boxed(schema, field) {
                format!("Box<{value}>")
            } else {
                value
            };
            out.add(Element::Field(*id), beside, format!("{path}::{}", camel(&field.name)), shape);
        }
        if mine {
            out.add(of, beside, path, "enum");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every name of up to six of some letters, so that each kind stands beside each other.
    #[test]
    fn what_is_surely_written_so_already_stays() {
        let letters = ['a', 'b', 'A', 'B', '1', '_'];
        let mut names = vec![String::new()];
        for _ in 0..6 {
            names = names.iter().flat_map(|name| letters.map(|letter| format!("{name}{letter}"))).collect();
            assert!(names.iter().filter(|name| is_snake(name)).all(|name| name.to_snake_case() == **name));
            assert!(names.iter().filter(|n| is_camel(n)).all(|name| name.to_upper_camel_case() == **name));
        }
        assert!(is_snake("page_token_1") && is_camel("PageToken"));
    }

    #[test]
    fn names_are_those_of_prost_and_tonic() {
        assert_eq!(snake("type"), "r#type");
        assert_eq!(snake("Self"), "self_");
        assert_eq!(camel("Self"), "Self_");
        assert_eq!(camel("None"), "None");
        assert_eq!(snake("HTTPServer"), "http_server");
        assert_eq!(tonic_module("HTTPServer"), "http_server");
        assert_eq!(tonic_module("ABTest"), "ab_test");
        assert_eq!(tonic_module("Self"), "self_");
        assert_eq!(variant("Status", "STATUS_ACTIVE"), "Active");
        assert_eq!(variant("Foo", "FOOBAR"), "Foobar");
    }
}
