//! Options as a list of named values, custom options included, for comparing two versions of an element.

use std::collections::BTreeMap;

use buffa::unknown_fields::UnknownFields;
use buffa::{Message as _, UnknownFieldData};
use data_encoding::HEXLOWER;

use super::model::Element;
use super::tables::Schema;

/// One option of an element: its name as written in a .proto file and its value in wire form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OptionValue {
    /// Field number in the options message.
    pub number: u32,
    /// `go_package`, `(google.api.http)`, or `#50001` for a custom option whose extension is not imported.
    pub name: String,
    /// The values in order, each field encoded with its tag.
    pub encoded: Vec<u8>,
}

/// What a well-known custom option is about, for those that say what callers may send or where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// `google.api.http`: the URLs of a method.
    Http,
    /// Protovalidate or protoc-gen-validate: which values are accepted.
    Validation,
}

/// What an option of an element is about, by its name as [`OptionValue::name`] gives it. A number alone counts:
/// the ranges these come from are handed out by the protobuf project, each number once
/// (<https://github.com/protocolbuffers/protobuf/blob/main/docs/options.md>).
pub fn meaning(element: Element, name: &str) -> Option<Meaning> {
    match (element, name) {
        (Element::Method(_), "(google.api.http)" | "#72295728") => Some(Meaning::Http),
        (Element::Field(_), "(buf.validate.field)" | "#1159" | "(validate.rules)" | "#1071")
        | (Element::Oneof(_), "(buf.validate.oneof)" | "#1159" | "(validate.required)" | "#1071")
        | (Element::Message(_), "(buf.validate.message)" | "#1159")
        | (Element::Message(_), "(validate.disabled)" | "(validate.ignored)" | "#1071" | "#1072") => {
            Some(Meaning::Validation)
        }
        _ => None,
    }
}

/// Every option set on an element, by field number. Features and the compiler's own `map_entry` are left out:
/// they are resolved in the model.
pub fn options(schema: &Schema, element: Element) -> Vec<OptionValue> {
    let (bytes, message) = encoded(schema, element);
    let Ok(fields) = UnknownFields::decode_from_slice(&bytes) else { return Vec::new() };
    let mut list: BTreeMap<u32, OptionValue> = BTreeMap::new();
    for field in fields.iter() {
        if known(message, field.number) == Some("") {
            continue;
        }
        let mut single = UnknownFields::new();
        single.push(buffa::UnknownField { number: field.number, data: field.data.clone() });
        let mut raw = Vec::new();
        single.write_to(&mut raw);
        let option = list.entry(field.number).or_insert_with(|| {
            let name = match known(message, field.number) {
                Some(name) => name.to_owned(),
                None => match schema.extension(message, field.number as i32) {
                    Some(id) => format!("({})", schema.full_name(Element::Field(id))),
                    None => format!("#{}", field.number),
                },
            };
            OptionValue { number: field.number, name, encoded: Vec::new() }
        });
        option.encoded.extend(raw);
    }
    list.into_values().collect()
}

impl OptionValue {
    /// The value as a short text: numbers and strings as written, messages by field number, anything else as hex.
    pub fn text(&self) -> String {
        let Ok(fields) = UnknownFields::decode_from_slice(&self.encoded) else { return String::new() };
        fields.iter().map(|f| value(&f.data)).collect::<Vec<_>>().join(", ")
    }
}

/// One value as [`OptionValue::text`] shows it.
pub(super) fn value(data: &UnknownFieldData) -> String {
    match data {
        UnknownFieldData::Varint(n) => n.to_string(),
        UnknownFieldData::Fixed32(n) => n.to_string(),
        UnknownFieldData::Fixed64(n) => n.to_string(),
        UnknownFieldData::LengthDelimited(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if !text.chars().any(char::is_control) => format!("{text:?}"),
            // The bytes do not say whether they are a message; a message that is none is rare.
            _ => match UnknownFields::decode_from_slice(bytes) {
                Ok(fields) => message(&fields),
                Err(_) => start(bytes),
            },
        },
        UnknownFieldData::Group(fields) => message(fields),
    }
}

fn message(fields: &UnknownFields) -> String {
    let parts: Vec<String> = fields.iter().map(|f| format!("{}: {}", f.number, value(&f.data))).collect();
    format!("{{{}}}", parts.join(", "))
}

/// Bytes as a person writes them: `08 ac 02`.
pub fn spaced(bytes: &[u8]) -> String {
    bytes.iter().map(|b| HEXLOWER.encode(&[*b])).collect::<Vec<_>>().join(" ")
}

/// The first bytes.
fn start(bytes: &[u8]) -> String {
    match bytes.get(..24) {
        Some(first) if bytes.len() > first.len() => format!("{} …", spaced(first)),
        _ => spaced(bytes),
    }
}

/// The full name of the message that the options of an element are.
pub(super) fn message_of(element: Element) -> &'static str {
    match element {
        Element::File(_) => "google.protobuf.FileOptions",
        Element::Message(_) => "google.protobuf.MessageOptions",
        Element::Field(_) => "google.protobuf.FieldOptions",
        Element::Oneof(_) => "google.protobuf.OneofOptions",
        Element::Enum(_) => "google.protobuf.EnumOptions",
        Element::EnumValue(_) => "google.protobuf.EnumValueOptions",
        Element::Service(_) => "google.protobuf.ServiceOptions",
        Element::Method(_) => "google.protobuf.MethodOptions",
    }
}

/// The options of an element in wire form, and the full name of their message.
fn encoded(schema: &Schema, element: Element) -> (Vec<u8>, &'static str) {
    macro_rules! of {
        ($options:expr) => {
            $options.as_deref().map(|o| o.encode_to_vec()).unwrap_or_default()
        };
    }
    let bytes = match element {
        Element::File(id) => of!(schema.file(id).options),
        Element::Message(id) => of!(schema.message(id).options),
        Element::Field(id) => of!(schema.field(id).options),
        Element::Oneof(id) => of!(schema.oneof(id).options),
        Element::Enum(id) => of!(schema.enum_(id).options),
        Element::EnumValue(id) => of!(schema.value(id).options),
        Element::Service(id) => of!(schema.service(id).options),
        Element::Method(id) => of!(schema.method(id).options),
    };
    (bytes, message_of(element))
}

/// The name of a built-in option; an empty name for those the model resolves.
fn known(message: &str, number: u32) -> Option<&'static str> {
    let name = match (message.strip_prefix("google.protobuf.")?, number) {
        ("FileOptions", 50)
        | ("MessageOptions", 7 | 12)
        | ("FieldOptions", 21)
        | ("OneofOptions", 1)
        | ("EnumOptions", 7)
        | ("EnumValueOptions", 2)
        | ("ServiceOptions", 34)
        | ("MethodOptions", 35) => "",
        ("FileOptions", 1) => "java_package",
        ("FileOptions", 8) => "java_outer_classname",
        ("FileOptions", 9) => "optimize_for",
        ("FileOptions", 10) => "java_multiple_files",
        ("FileOptions", 11) => "go_package",
        ("FileOptions", 16) => "cc_generic_services",
        ("FileOptions", 17) => "java_generic_services",
        ("FileOptions", 18) => "py_generic_services",
        ("FileOptions", 20) => "java_generate_equals_and_hash",
        ("FileOptions", 23)
        | ("ServiceOptions", 33)
        | ("MethodOptions", 33)
        | ("MessageOptions", 3)
        | ("FieldOptions", 3)
        | ("EnumOptions", 3)
        | ("EnumValueOptions", 1) => "deprecated",
        ("FileOptions", 27) => "java_string_check_utf8",
        ("FileOptions", 31) => "cc_enable_arenas",
        ("FileOptions", 36) => "objc_class_prefix",
        ("FileOptions", 37) => "csharp_namespace",
        ("FileOptions", 39) => "swift_prefix",
        ("FileOptions", 40) => "php_class_prefix",
        ("FileOptions", 41) => "php_namespace",
        ("FileOptions", 44) => "php_metadata_namespace",
        ("FileOptions", 45) => "ruby_package",
        ("MessageOptions", 1) => "message_set_wire_format",
        ("MessageOptions", 2) => "no_standard_descriptor_accessor",
        ("MessageOptions", 11) | ("EnumOptions", 6) => "deprecated_legacy_json_field_conflicts",
        ("FieldOptions", 1) => "ctype",
        ("FieldOptions", 2) => "packed",
        ("FieldOptions", 5) => "lazy",
        ("FieldOptions", 6) => "jstype",
        ("FieldOptions", 10) => "weak",
        ("FieldOptions", 15) => "unverified_lazy",
        ("FieldOptions", 16) | ("EnumValueOptions", 3) => "debug_redact",
        ("FieldOptions", 17) => "retention",
        ("FieldOptions", 19) => "targets",
        ("FieldOptions", 20) => "edition_defaults",
        ("FieldOptions", 22) | ("EnumValueOptions", 4) => "feature_support",
        ("EnumOptions", 2) => "allow_alias",
        ("MethodOptions", 34) => "idempotency_level",
        _ => return None,
    };
    Some(name)
}

/// Whether two elements may carry different options: cheap, and never wrong when it says no.
pub fn differ(old_schema: &Schema, old: Element, new_schema: &Schema, new: Element) -> bool {
    macro_rules! ne {
        ($get:ident, $a:expr, $b:expr) => {
            old_schema.$get($a).options != new_schema.$get($b).options
        };
    }
    match (old, new) {
        (Element::File(a), Element::File(b)) => ne!(file, a, b),
        (Element::Message(a), Element::Message(b)) => ne!(message, a, b),
        (Element::Field(a), Element::Field(b)) => ne!(field, a, b),
        (Element::Oneof(a), Element::Oneof(b)) => ne!(oneof, a, b),
        (Element::Enum(a), Element::Enum(b)) => ne!(enum_, a, b),
        (Element::EnumValue(a), Element::EnumValue(b)) => ne!(value, a, b),
        (Element::Service(a), Element::Service(b)) => ne!(service, a, b),
        (Element::Method(a), Element::Method(b)) => ne!(method, a, b),
        _ => true,
    }
}
