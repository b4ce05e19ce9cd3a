//! Go: `&p0.User{Name: "a"}`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{is_writable, own, quoted};
use crate::schema::{Element, Field, FileId, GoApi, Kind, MessageId, Schema};
use crate::surface::go;
use crate::wire::{Key, Slot, Tree, Value};

/// Writes Go. Packages get names as they are used.
#[derive(Debug)]
pub(in crate::verify) struct Go<'s> {
    schema: &'s Schema,
    /// The import path of each file of the contract.
    sources: BTreeMap<String, String>,
    /// The names of packages that are used, by import path.
    pub used: BTreeMap<String, String>,
}

/// Where Go's runtime has its own messages.
const KNOWN: [(&str, &str); 8] = [
    ("google/protobuf/any.proto", "anypb"),
    ("google/protobuf/duration.proto", "durationpb"),
    ("google/protobuf/empty.proto", "emptypb"),
    ("google/protobuf/field_mask.proto", "fieldmaskpb"),
    ("google/protobuf/source_context.proto", "sourcecontextpb"),
    ("google/protobuf/struct.proto", "structpb"),
    ("google/protobuf/timestamp.proto", "timestamppb"),
    ("google/protobuf/wrappers.proto", "wrapperspb"),
];

impl<'s> Go<'s> {
    pub(in crate::verify) fn new(schema: &'s Schema, sources: BTreeMap<String, String>) -> Go<'s> {
        Go { schema, sources, used: BTreeMap::new() }
    }

    /// The type of a message, without the star; nothing where its package is not known.
    pub(in crate::verify) fn name(&mut self, id: MessageId) -> Option<String> {
        self.named(Element::Message(id))
    }

    /// A message with all that is in it.
    pub(in crate::verify) fn message(&mut self, tree: &Tree) -> Option<String> {
        let before = self.used.clone();
        let built = if is_writable(tree) { self.built(tree) } else { None };
        // Go takes no import that nothing names.
        if built.is_none() {
            self.used = before;
        }
        built
    }

    fn named(&mut self, element: Element) -> Option<String> {
        let package = self.package(self.schema.file_of(element))?;
        Some(format!("{package}.{}", go::type_name(self.schema, element)))
    }

    fn package(&mut self, file: FileId) -> Option<String> {
        let name = &*self.schema.file(file).name;
        let known = KNOWN.iter().find(|(file, _)| *file == name);
        let path = match (self.sources.get(name), known) {
            (Some(path), _) => path.clone(),
            (None, Some((_, own))) => format!("google.golang.org/protobuf/types/known/{own}"),
            (None, None) => return None,
        };
        let next = format!("b{}", self.used.len());
        Some(self.used.entry(path).or_insert(next).clone())
    }

    fn built(&mut self, tree: &Tree) -> Option<String> {
        // A hybrid struct has the fields of an open one.
        if self.schema.message(tree.message).generators.go_api == GoApi::Opaque {
            return None;
        }
        let names = go::struct_fields(self.schema, tree.message)?;
        let mut out = format!("&{}{{", self.named(Element::Message(tree.message))?);
        for (id, field, slot) in own(self.schema, tree)? {
            let name = names.get(&id)?;
            let value = self.slot(field, slot)?;
            match &name.wrapped {
                Some((oneof, wrapper)) => {
                    let package = self.package(self.schema.message(tree.message).file)?;
                    let _ = write!(out, "{oneof}: &{package}.{wrapper}{{{}: {value}}}, ", name.name);
                }
                None if name.pointer => {
                    let _ = write!(out, "{}: pointer[{}]({value}), ", name.name, self.type_of(field)?);
                }
                None => {
                    let _ = write!(out, "{}: {value}, ", name.name);
                }
            }
        }
        out.push('}');
        Some(out)
    }

    fn slot(&mut self, field: &Field, slot: &Slot) -> Option<String> {
        Some(match slot {
            Slot::One(value) => self.value(field, value)?,
            Slot::List(values) => {
                let all: Option<Vec<String>> = values.iter().map(|value| self.value(field, value)).collect();
                format!("[]{}{{{}}}", self.type_of(field)?, all?.join(", "))
            }
            Slot::Map(entries) => {
                let (key, value) = self.schema.map_entry(field)?;
                let (key, value) = (self.schema.field(key), self.schema.field(value));
                let mut out = format!("map[{}]{}{{", self.type_of(key)?, self.type_of(value)?);
                for (of, held) in entries {
                    let _ = write!(out, "{}: {}, ", self.key(key, of)?, self.value(value, held)?);
                }
                out.push('}');
                out
            }
        })
    }

    fn key(&mut self, field: &Field, key: &Key) -> Option<String> {
        self.value(field, &key.value(field.kind))
    }

    fn type_of(&mut self, field: &Field) -> Option<String> {
        let plain = match field.kind {
            Kind::Bool => "bool",
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => "int32",
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => "int64",
            Kind::Uint32 | Kind::Fixed32 => "uint32",
            Kind::Uint64 | Kind::Fixed64 => "uint64",
            Kind::Float => "float32",
            Kind::Double => "float64",
            Kind::String => "string",
            Kind::Bytes => "[]byte",
            Kind::Enum => return self.named(Element::Enum(self.schema.field_enum(field)?)),
            Kind::Message | Kind::Group => {
                let name = self.named(Element::Message(self.schema.field_message(field)?))?;
                return Some(format!("*{name}"));
            }
        };
        Some(plain.to_owned())
    }

    fn value(&mut self, field: &Field, value: &Value) -> Option<String> {
        Some(match value {
            Value::Bool(b) => b.to_string(),
            Value::Int32(n) => n.to_string(),
            Value::Int64(n) => n.to_string(),
            Value::Uint32(n) => n.to_string(),
            Value::Uint64(n) => n.to_string(),
            Value::Float(n) => format!("{n:e}"),
            Value::Double(n) => format!("{n:e}"),
            Value::Enum(n) => format!("{}({n})", self.type_of(field)?),
            Value::String(text) => quoted(text, hexadecimal)?,
            Value::Bytes(bytes) => {
                let all: String = bytes.iter().map(|b| format!("\\x{b:02x}")).collect();
                format!("[]byte(\"{all}\")")
            }
            Value::Message(tree) => self.built(tree)?,
        })
    }
}

/// The bytes of a character.
fn hexadecimal(out: &mut String, c: char) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        let _ = write!(out, "\\x{byte:02x}");
    }
}
