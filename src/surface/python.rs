//! Python: protoc with its stubs, and the gRPC plugin of grpcio-tools.
//!
//! A number is a number to Python: shapes tell apart what cannot be put in each other's place.

use super::{Names, Surface, entry};
use crate::schema::{
    Cardinality, Element, EnumId, Field, FieldId, FileId, Kind, MessageId, Schema, ServiceId,
};

/// <https://docs.python.org/3/reference/lexical_analysis.html#keywords>
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

pub(super) struct Python;

/// Whether no attribute can be written with this name: code asks for it by `getattr`, and stubs leave it out.
pub(crate) fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&name)
}

/// The module that protoc gives a proto file (`ModuleName` in protoc's Python generator).
pub(crate) fn module(file: &str) -> String {
    let stem = file.strip_suffix(".proto").unwrap_or(file);
    format!("{}_pb2", stem.replace('-', "_").replace('/', "."))
}

/// What one value is.
fn value_type(schema: &Schema, field: &Field) -> String {
    match field.kind {
        Kind::Float | Kind::Double => "float".to_owned(),
        Kind::Bool => "bool".to_owned(),
        Kind::String => "str".to_owned(),
        Kind::Bytes => "bytes".to_owned(),
        Kind::Message | Kind::Group => match field.type_name.as_deref().and_then(|n| schema.by_name(n)) {
            Some(element) => {
                format!("{}.{}", Python.container(schema, element), schema.nested_name(element))
            }
            None => field.type_text().to_owned(),
        },
        // Enums too.
        _ => "int".to_owned(),
    }
}

impl Surface for Python {
    fn container(&self, schema: &Schema, element: Element) -> String {
        let module = module(&schema.file(schema.file_of(element)).name);
        if let Element::Service(_) = element { format!("{module}_grpc") } else { module }
    }

    /// protoc leaves names as they are.
    fn keeps_apart(&self, _: Element) -> bool {
        false
    }

    fn tops(&self, schema: &Schema, element: Element, out: &mut Names<'_>) {
        match element {
            Element::Message(id) => {
                if schema.message(id).parent.is_none() {
                    out.add(element, None, schema.message(id).name.to_string(), "class");
                }
            }
            other => {
                let all = super::names_of(crate::words::Language::Python, schema, other, out.1).into_iter();
                out.0.extend(all.filter(|name| !name.path.contains('.')));
            }
        }
    }

    fn file(&self, _: &Schema, id: FileId, out: &mut Names<'_>) {
        out.add(Element::File(id), None, "DESCRIPTOR".to_owned(), "file");
    }

    fn message(&self, schema: &Schema, id: MessageId, out: &mut Names<'_>) {
        let of = Element::Message(id);
        let name = schema.nested_name(of);
        let message = schema.message(id);
        out.add(of, None, name.clone(), "class");
        for id in &message.fields {
            let (field, of) = (schema.field(*id), Element::Field(*id));
            if !out.wants(of) {
                continue;
            }
            let shape = match field.cardinality {
                Cardinality::Map => match entry(schema, field) {
                    Some((key, value)) => {
                        format!("map of {} to {}", value_type(schema, key), value_type(schema, value))
                    }
                    None => "map".to_owned(),
                },
                Cardinality::Repeated => format!("list of {}", value_type(schema, field)),
                _ => value_type(schema, field),
            };
            out.add(of, None, format!("{name}.{}", field.name), shape);
            let constant = field.name.to_ascii_uppercase();
            out.add(of, None, format!("{name}.{constant}_FIELD_NUMBER"), "int");
            if field.cardinality == Cardinality::Map {
                // The compiler's own message shows.
                let called = field.type_text().rsplit('.').next().unwrap_or_default();
                for part in ["", ".KEY_FIELD_NUMBER", ".VALUE_FIELD_NUMBER", ".key", ".value"] {
                    out.add(of, None, format!("{name}.{called}{part}"), "entry");
                }
            }
            if matches!(field.cardinality, Cardinality::Explicit | Cardinality::Required) {
                out.add(of, None, format!("{name}.HasField('{}')", field.name), "bool");
            }
        }
        for id in &message.oneofs {
            let of = Element::Oneof(*id);
            if !out.wants(of) {
                continue;
            }
            out.add(of, None, format!("{name}.WhichOneof('{}')", schema.oneof(*id).name), "str");
        }
    }

    fn enum_(&self, schema: &Schema, id: EnumId, out: &mut Names<'_>) {
        let of = Element::Enum(id);
        let enum_ = schema.enum_(id);
        let name = schema.nested_name(of);
        let front = match enum_.parent {
            Some(parent) => format!("{}.", schema.nested_name(Element::Message(parent))),
            None => String::new(),
        };
        for id in &enum_.values {
            if !out.wants(Element::EnumValue(*id)) {
                continue;
            }
            let value = &schema.value(*id).name;
            out.add(Element::EnumValue(*id), None, format!("{front}{value}"), "int");
            out.add(Element::EnumValue(*id), None, format!("{name}.{value}"), "int");
        }
        out.add(of, None, name, "enum");
    }

    fn extension(&self, schema: &Schema, id: FieldId, out: &mut Names<'_>) {
        let (of, field) = (Element::Field(id), schema.field(id));
        let front = match field.parent {
            Some(parent) => format!("{}.", schema.nested_name(Element::Message(parent))),
            None => String::new(),
        };
        let constant = field.name.to_ascii_uppercase();
        let list = if field.cardinality == Cardinality::Repeated { "list of " } else { "" };
        out.add(of, None, format!("{front}{constant}_FIELD_NUMBER"), "int");
        out.add(of, None, format!("{front}{}", field.name), format!("{list}{}", value_type(schema, field)));
    }

    fn service(&self, schema: &Schema, id: ServiceId, out: &mut Names<'_>) {
        let service = schema.service(id);
        let (of, name) = (Element::Service(id), &service.name);
        out.add(of, None, format!("{name}Stub"), "class");
        out.add(of, None, format!("{name}Servicer"), "class");
        out.add(of, None, format!("add_{name}Servicer_to_server"), "function");
        out.add(of, None, name.to_string(), "class");
        for id in &service.methods {
            let method = schema.method(*id);
            // What a call takes no one looks at, before a type checker does.
            let output = match schema.message_by_name(&method.output) {
                Some(id) => {
                    let element = Element::Message(id);
                    format!("{}.{}", self.container(schema, element), schema.nested_name(element))
                }
                None => method.output.to_string(),
            };
            let stream = |yes: bool| if yes { "stream " } else { "" };
            let shape = format!(
                "{}call -> {}{output}",
                stream(method.client_streaming),
                stream(method.server_streaming)
            );
            for class in ["Stub", "Servicer", ""] {
                let path = format!("{name}{class}.{}", method.name);
                out.add(Element::Method(*id), None, path, shape.clone());
            }
        }
    }
}
