//! The element tables and their accessors.

use std::fmt;
use std::sync::OnceLock;

use buffa_descriptor::features::ResolvedFeatures;
use buffa_descriptor::generated::descriptor as pb;
use bytes::Bytes;
use rustc_hash::FxHashMap;

use super::features::{CppStringType, GeneratorFeatures, GoEnumPrefix, JavaUtf8};
use super::kind::{Cardinality, Kind, Label};
use super::lookup::{EnumLookup, MessageLookup};
use super::span::{SourcePath, Span, SpanTable};
use super::visibility::{DefaultVisibility, Visibility};
use crate::compile::{Declares, Head};
use crate::words::CallKind;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) u32);
        impl $name {
            pub(crate) fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// Names a [`File`] of one schema.
    FileId,
    /// Names a [`Message`] of one schema.
    MessageId,
    /// Names a [`Field`] of one schema; extensions are fields too.
    FieldId,
    /// Names a [`Oneof`] of one schema.
    OneofId,
    /// Names an [`Enum`] of one schema.
    EnumId,
    /// Names an [`EnumValue`] of one schema.
    EnumValueId,
    /// Names a [`Service`] of one schema.
    ServiceId,
    /// Names a [`Method`] of one schema.
    MethodId,
}

/// Any element of one schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// A source file.
    File(FileId),
    /// A message.
    Message(MessageId),
    /// A field of a message, or an extension.
    Field(FieldId),
    /// A oneof as written in the source; never the synthetic one of a proto3 `optional` field.
    Oneof(OneofId),
    /// An enum.
    Enum(EnumId),
    /// A value of an enum.
    EnumValue(EnumValueId),
    /// A service.
    Service(ServiceId),
    /// A method of a service.
    Method(MethodId),
}

/// The language level of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Syntax {
    /// `syntax = "proto2"`, or no syntax line.
    Proto2,
    /// `syntax = "proto3"`.
    Proto3,
    /// `edition = "…"`, as the number descriptor.proto gives it (2023 is 1000, 2024 is 1001, 2026 is 1002).
    Edition(i32),
}

impl fmt::Display for Syntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Syntax::Proto2 => f.write_str("proto2"),
            Syntax::Proto3 => f.write_str("proto3"),
            Syntax::Edition(1000) => f.write_str("edition 2023"),
            Syntax::Edition(1001) => f.write_str("edition 2024"),
            Syntax::Edition(1002) => f.write_str("edition 2026"),
            Syntax::Edition(0) => f.write_str("an edition without a number"),
            Syntax::Edition(n) => write!(f, "edition #{n}"),
        }
    }
}

/// One `import` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The path as written.
    pub path: Box<str>,
    /// `import public`.
    pub public: bool,
    /// `import weak`.
    pub weak: bool,
}

/// A source file.
#[derive(Debug)]
pub struct File {
    /// The import path: what other files write to import it.
    pub name: Box<str>,
    /// Where a person finds it: the path shown in reports, relative to the working directory.
    pub display: Box<str>,
    /// The package, empty when there is none.
    pub package: Box<str>,
    /// Language level.
    pub syntax: Syntax,
    /// Import lines in source order.
    pub imports: Vec<Import>,
    /// File options, custom options kept as unknown fields.
    pub options: Option<Box<pb::FileOptions>>,
    /// File-level features.
    pub features: ResolvedFeatures,
    /// What features tell the generators of SDK packages.
    pub generators: GeneratorFeatures,
    /// Whether its types can be used elsewhere where they say nothing themselves. `None` where the file said it and
    /// the descriptors it comes from do not keep that.
    pub default_visibility: Option<DefaultVisibility>,
    /// Top-level messages in source order.
    pub messages: Vec<MessageId>,
    /// Top-level enums in source order.
    pub enums: Vec<EnumId>,
    /// Services in source order.
    pub services: Vec<ServiceId>,
    /// Top-level extensions in source order.
    pub extensions: Vec<FieldId>,
    /// Whether the contract owns the file; imports from outside (well-known types, dependencies) are not
    /// targets and are never reported on.
    pub target: bool,
    /// What Java calls the class of the file, once somebody asked: it depends on every type in the file.
    pub(crate) java_class: OnceLock<(String, Option<Element>)>,
    pub(super) source_info: Bytes,
    pub(super) spans: OnceLock<SpanTable>,
    pub(super) lookup: OnceLock<FxHashMap<Box<str>, usize>>,
}

/// A half-open or closed range of numbers, kept as inclusive bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    /// First number.
    pub start: i32,
    /// Last number, inclusive.
    pub end: i32,
}

impl Range {
    /// Whether `number` lies in the range.
    pub fn contains(self, number: i32) -> bool {
        self.start <= number && number <= self.end
    }
}

/// One extension range of a message.
#[derive(Clone, Debug)]
pub struct ExtensionRange {
    /// The numbers.
    pub range: Range,
    /// Range options (declarations, verification), custom options kept.
    pub options: Option<Box<pb::ExtensionRangeOptions>>,
}

/// A message, nested ones and map entries included.
#[derive(Debug)]
pub struct Message {
    /// Simple name.
    pub name: Box<str>,
    /// Full name without a leading dot.
    pub full_name: Box<str>,
    /// The file that declares it.
    pub file: FileId,
    /// The enclosing message.
    pub parent: Option<MessageId>,
    /// Position among its siblings, as in the descriptor.
    pub index: u32,
    /// Fields in source order.
    pub fields: Vec<FieldId>,
    /// Oneofs as written, in source order; synthetic ones are left out.
    pub oneofs: Vec<OneofId>,
    /// Nested messages in source order, map entries included.
    pub messages: Vec<MessageId>,
    /// Nested enums in source order.
    pub enums: Vec<EnumId>,
    /// Extensions declared in the scope of this message.
    pub extensions: Vec<FieldId>,
    /// Extension ranges.
    pub extension_ranges: Vec<ExtensionRange>,
    /// Reserved numbers.
    pub reserved_ranges: Vec<Range>,
    /// Reserved names.
    pub reserved_names: Vec<Box<str>>,
    /// Message options, custom options kept.
    pub options: Option<Box<pb::MessageOptions>>,
    /// Resolved features.
    pub features: ResolvedFeatures,
    /// What features tell the generators of SDK packages.
    pub generators: GeneratorFeatures,
    /// Whether files of others may use it.
    pub visibility: Visibility,
    /// Whether the compiler made it for a map field.
    pub map_entry: bool,
    pub(super) by_number: FxHashMap<i32, FieldId>,
    pub(super) lookup: OnceLock<Box<MessageLookup>>,
}

/// A field of a message, or an extension.
#[derive(Debug)]
pub struct Field {
    /// Simple name.
    pub name: Box<str>,
    /// Field number.
    pub number: i32,
    /// What it holds, with the message encoding resolved.
    pub kind: Kind,
    /// The message or enum it names: full name without a leading dot.
    pub type_name: Option<Box<str>>,
    /// The label as declared.
    pub label: Label,
    /// Cardinality with presence resolved.
    pub cardinality: Cardinality,
    /// The JSON key: as pinned by `json_name`, or derived.
    pub json_name: Box<str>,
    /// The default as written (`[default = …]`).
    pub default: Option<Box<str>>,
    /// The oneof it is a member of; `None` for proto3 `optional`.
    pub oneof: Option<OneofId>,
    /// proto3 `optional`.
    pub proto3_optional: bool,
    /// Whether a repeated field is written packed.
    pub packed: bool,
    /// The file that declares it.
    pub file: FileId,
    /// The message that holds it; for an extension the message in whose scope it is declared, if any.
    pub parent: Option<MessageId>,
    /// The extended message for an extension: full name without a leading dot.
    pub extendee: Option<Box<str>>,
    /// Position among its siblings, as in the descriptor.
    pub index: u32,
    /// Field options, custom options kept.
    pub options: Option<Box<pb::FieldOptions>>,
    /// Resolved features.
    pub features: ResolvedFeatures,
    /// C++ string type, from `ctype` or the `pb.cpp` feature.
    pub cpp_string_type: CppStringType,
    /// Whether Java checks UTF-8 when parsing, from `java_string_check_utf8` or the `pb.java` feature.
    pub java_utf8: JavaUtf8,
}

impl Field {
    /// Whether a reader takes many values in one length-delimited field: however a list of numbers is declared, it is
    /// read packed and one by one (<https://protobuf.dev/programming-guides/encoding/#packed>).
    pub fn takes_packed(&self) -> bool {
        self.cardinality == Cardinality::Repeated && self.kind.is_packable()
    }

    /// Whether this is an extension.
    pub fn is_extension(&self) -> bool {
        self.extendee.is_some()
    }

    /// Whether the field is marked `deprecated = true`.
    pub fn is_deprecated(&self) -> bool {
        self.options.as_deref().is_some_and(|o| o.deprecated == Some(true))
    }

    /// The type as a person writes it: `int32`, or the full name of a message or enum.
    pub fn type_text(&self) -> &str {
        self.type_name.as_deref().unwrap_or(self.kind.as_str())
    }
}

/// A oneof as written in the source.
#[derive(Debug)]
pub struct Oneof {
    /// Simple name.
    pub name: Box<str>,
    /// The message that holds it.
    pub parent: MessageId,
    /// Position among the message's oneofs, as in the descriptor (synthetic ones count).
    pub index: u32,
    /// Members in source order.
    pub fields: Vec<FieldId>,
    /// Oneof options, custom options kept.
    pub options: Option<Box<pb::OneofOptions>>,
}

/// An enum.
#[derive(Debug)]
pub struct Enum {
    /// Simple name.
    pub name: Box<str>,
    /// Full name without a leading dot.
    pub full_name: Box<str>,
    /// The file that declares it.
    pub file: FileId,
    /// The enclosing message.
    pub parent: Option<MessageId>,
    /// Position among its siblings, as in the descriptor.
    pub index: u32,
    /// Values in source order.
    pub values: Vec<EnumValueId>,
    /// Reserved numbers.
    pub reserved_ranges: Vec<Range>,
    /// Reserved names.
    pub reserved_names: Vec<Box<str>>,
    /// Enum options, custom options kept.
    pub options: Option<Box<pb::EnumOptions>>,
    /// Resolved features.
    pub features: ResolvedFeatures,
    /// What features tell the generators of SDK packages.
    pub generators: GeneratorFeatures,
    /// Whether files of others may use it.
    pub visibility: Visibility,
    pub(super) lookup: OnceLock<Box<EnumLookup>>,
}

impl Enum {
    /// Whether unknown numbers are kept out of the field
    /// (<https://protobuf.dev/programming-guides/enum/>).
    pub fn is_closed(&self) -> bool {
        self.features.enum_type == buffa_descriptor::features::EnumType::Closed
    }
}

/// A value of an enum.
#[derive(Debug)]
pub struct EnumValue {
    /// Simple name.
    pub name: Box<str>,
    /// Number; several names may share one under `allow_alias`.
    pub number: i32,
    /// The enum that holds it.
    pub parent: EnumId,
    /// Position among its siblings.
    pub index: u32,
    /// `features.(pb.go).strip_enum_prefix`.
    pub go_prefix: GoEnumPrefix,
    /// `(pb.enumvalue.json).string`, of edition 2026: what is written in JSON in place of the name.
    pub json_name: Option<Box<str>>,
    /// Value options, custom options kept.
    pub options: Option<Box<pb::EnumValueOptions>>,
}

impl EnumValue {
    /// What is written in JSON.
    #[must_use]
    pub fn json_key(&self) -> &str {
        self.json_name.as_deref().unwrap_or(&self.name)
    }
}

/// A service.
#[derive(Debug)]
pub struct Service {
    /// Simple name.
    pub name: Box<str>,
    /// Full name without a leading dot.
    pub full_name: Box<str>,
    /// The file that declares it.
    pub file: FileId,
    /// Position in the file.
    pub index: u32,
    /// Methods in source order.
    pub methods: Vec<MethodId>,
    /// What features tell the generators of SDK packages.
    pub generators: GeneratorFeatures,
    /// Service options, custom options kept.
    pub options: Option<Box<pb::ServiceOptions>>,
    pub(super) lookup: OnceLock<FxHashMap<Box<str>, MethodId>>,
}

/// A method of a service.
#[derive(Debug)]
pub struct Method {
    /// Simple name.
    pub name: Box<str>,
    /// The service that holds it.
    pub parent: ServiceId,
    /// Position in the service.
    pub index: u32,
    /// Request message: full name without a leading dot.
    pub input: Box<str>,
    /// Response message: full name without a leading dot.
    pub output: Box<str>,
    /// The client sends a stream.
    pub client_streaming: bool,
    /// The server sends a stream.
    pub server_streaming: bool,
    /// Method options, custom options kept.
    pub options: Option<Box<pb::MethodOptions>>,
}

impl Method {
    /// The kind of its calls.
    #[must_use]
    pub fn call_kind(&self) -> CallKind {
        CallKind::of(self.client_streaming, self.server_streaming)
    }
}

/// One compiled contract version.
#[derive(Debug, Default)]
pub struct Schema {
    pub(super) files: Vec<File>,
    pub(super) messages: Vec<Message>,
    pub(super) fields: Vec<Field>,
    pub(super) oneofs: Vec<Oneof>,
    pub(super) enums: Vec<Enum>,
    pub(super) values: Vec<EnumValue>,
    pub(super) services: Vec<Service>,
    pub(super) methods: Vec<Method>,
    pub(super) by_file: FxHashMap<Box<str>, FileId>,
    pub(super) by_name: FxHashMap<Box<str>, Element>,
    pub(super) packages: FxHashMap<Box<str>, Vec<FileId>>,
    pub(super) heads: Vec<Head>,
    /// What the heads of each package declare.
    pub(super) head_packages: FxHashMap<Box<str>, Declares>,
    pub(super) extensions: FxHashMap<(Box<str>, i32), FieldId>,
    pub(super) by_extendee: OnceLock<FxHashMap<Box<str>, Vec<FieldId>>>,
}

macro_rules! tables {
    ($($get:ident, $all:ident, $table:ident, $id:ident, $item:ident);* $(;)?) => {$(
        #[doc = concat!("The [`", stringify!($item), "`] that `id` names.")]
        pub fn $get(&self, id: $id) -> &$item {
            &self.$table[id.index()]
        }
        #[doc = concat!("Every [`", stringify!($item), "`], in file order, then source order.")]
        pub fn $all(&self) -> impl Iterator<Item = ($id, &$item)> {
            self.$table.iter().enumerate().map(|(i, item)| ($id(i as u32), item))
        }
    )*};
}

impl Schema {
    tables! {
        file, files, files, FileId, File;
        message, messages, messages, MessageId, Message;
        field, fields, fields, FieldId, Field;
        oneof, oneofs, oneofs, OneofId, Oneof;
        enum_, enums, enums, EnumId, Enum;
        value, values, values, EnumValueId, EnumValue;
        service, services, services, ServiceId, Service;
        method, methods, methods, MethodId, Method;
    }

    /// Whether the contract has a service of its own.
    pub fn has_services(&self) -> bool {
        self.files().any(|(_, file)| file.target && !file.services.is_empty())
    }

    /// The request path of a method, `/package.Service/Method`
    /// (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).
    pub fn call_path(&self, id: MethodId) -> String {
        let method = self.method(id);
        format!("/{}/{}", self.service(method.parent).full_name, method.name)
    }

    /// The file with this import path.
    pub fn file_by_name(&self, name: &str) -> Option<FileId> {
        self.by_file.get(name).copied()
    }

    /// The message, enum, service or extension with this full name (no leading dot).
    pub fn by_name(&self, full_name: &str) -> Option<Element> {
        self.by_name.get(full_name).copied()
    }

    /// The message with this full name.
    pub fn message_by_name(&self, full_name: &str) -> Option<MessageId> {
        match self.by_name(full_name) {
            Some(Element::Message(id)) => Some(id),
            _ => None,
        }
    }

    /// The enum with this full name.
    pub fn enum_by_name(&self, full_name: &str) -> Option<EnumId> {
        match self.by_name(full_name) {
            Some(Element::Enum(id)) => Some(id),
            _ => None,
        }
    }

    /// The service with this full name.
    pub fn service_by_name(&self, full_name: &str) -> Option<ServiceId> {
        match self.by_name(full_name) {
            Some(Element::Service(id)) => Some(id),
            _ => None,
        }
    }

    /// The field of `message` with this number; extensions are not looked at.
    pub fn field_by_number(&self, message: MessageId, number: i32) -> Option<FieldId> {
        self.message(message).by_number.get(&number).copied()
    }

    /// The extension of `extendee` (full name) with this number.
    pub fn extension(&self, extendee: &str, number: i32) -> Option<FieldId> {
        self.extensions.get(&(Box::from(extendee), number)).copied()
    }

    /// Every extension with its extendee and number, in the order of files.
    pub fn all_extensions(&self) -> impl Iterator<Item = (FieldId, &Field)> {
        self.fields().filter(|(_, f)| f.is_extension())
    }

    /// The compiled files of each package, in name order of the packages.
    pub fn packages(&self) -> Vec<(&str, &[FileId])> {
        let mut all: Vec<_> = self.packages.iter().map(|(p, f)| (&**p, &**f)).collect();
        all.sort_unstable();
        all
    }

    /// The files that were not compiled.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// Whether any file is of a package, compiled or not.
    pub fn has_package(&self, name: &str) -> bool {
        self.packages.contains_key(name) || self.head_packages.contains_key(name)
    }

    /// What the files of a package that were not compiled declare.
    pub fn declared_elsewhere(&self, package: &str) -> Declares {
        self.head_packages.get(package).copied().unwrap_or_default()
    }

    /// The compiled files of one package.
    pub fn package(&self, name: &str) -> Option<&[FileId]> {
        self.packages.get(name).map(Vec::as_slice)
    }

    /// The fields of a message in the order of their numbers: what to walk where the order of declarations
    /// must not show.
    pub fn fields_by_number(&self, message: MessageId) -> Vec<&Field> {
        let mut fields: Vec<&Field> = self.message(message).fields.iter().map(|f| self.field(*f)).collect();
        fields.sort_by_key(|f| f.number);
        fields
    }

    /// The message a field holds, if it holds one and the schema has it.
    pub fn field_message(&self, field: &Field) -> Option<MessageId> {
        if field.kind.is_message() { self.message_by_name(field.type_name.as_deref()?) } else { None }
    }

    /// The enum a field holds, if it holds one and the schema has it.
    pub fn field_enum(&self, field: &Field) -> Option<EnumId> {
        if field.kind == Kind::Enum { self.enum_by_name(field.type_name.as_deref()?) } else { None }
    }

    /// The key and value fields of a map field.
    pub fn map_entry(&self, field: &Field) -> Option<(FieldId, FieldId)> {
        if field.cardinality != Cardinality::Map {
            return None;
        }
        let entry = self.field_message(field)?;
        Some((self.field_by_number(entry, 1)?, self.field_by_number(entry, 2)?))
    }

    /// The file that declares an element.
    pub fn file_of(&self, element: Element) -> FileId {
        match element {
            Element::File(id) => id,
            Element::Message(id) => self.message(id).file,
            Element::Field(id) => self.field(id).file,
            Element::Oneof(id) => self.message(self.oneof(id).parent).file,
            Element::Enum(id) => self.enum_(id).file,
            Element::EnumValue(id) => self.enum_(self.value(id).parent).file,
            Element::Service(id) => self.service(id).file,
            Element::Method(id) => self.service(self.method(id).parent).file,
        }
    }

    /// The package an element is declared in.
    pub fn package_of(&self, element: Element) -> &str {
        &self.file(self.file_of(element)).package
    }

    /// The full name of an element without a leading dot: `pkg.Message.field` for fields, oneofs and
    /// methods; enum values are named under their enum (`pkg.Enum.VALUE`), which is how people find them,
    /// though C++ scoping puts them beside it. A file is named by its import path.
    pub fn full_name(&self, element: Element) -> String {
        match element {
            Element::File(id) => self.file(id).name.to_string(),
            Element::Message(id) => self.message(id).full_name.to_string(),
            Element::Field(id) => {
                let field = self.field(id);
                match (field.parent, field.is_extension()) {
                    (Some(parent), _) => format!("{}.{}", self.message(parent).full_name, field.name),
                    (None, _) => qualify(&self.file(field.file).package, &field.name),
                }
            }
            Element::Oneof(id) => {
                let oneof = self.oneof(id);
                format!("{}.{}", self.message(oneof.parent).full_name, oneof.name)
            }
            Element::Enum(id) => self.enum_(id).full_name.to_string(),
            Element::EnumValue(id) => {
                let value = self.value(id);
                format!("{}.{}", self.enum_(value.parent).full_name, value.name)
            }
            Element::Service(id) => self.service(id).full_name.to_string(),
            Element::Method(id) => {
                let method = self.method(id);
                format!("{}.{}", self.service(method.parent).full_name, method.name)
            }
        }
    }

    /// The name of an element without its package; a file keeps its path.
    pub fn nested_name(&self, element: Element) -> String {
        let full = self.full_name(element);
        if matches!(element, Element::File(_)) {
            return full;
        }
        let nested = full.strip_prefix(self.package_of(element)).and_then(|rest| rest.strip_prefix('.'));
        nested.map_or_else(|| full.clone(), str::to_owned)
    }

    /// The path of an element in its file's descriptor, as in `SourceCodeInfo.Location.path`.
    pub fn path(&self, element: Element) -> SourcePath {
        let mut path = SourcePath::new();
        self.push_path(element, &mut path);
        path
    }

    fn push_path(&self, element: Element, path: &mut SourcePath) {
        // Field numbers of descriptor.proto.
        match element {
            Element::File(_) => {}
            Element::Message(id) => {
                let message = self.message(id);
                match message.parent {
                    Some(parent) => {
                        self.push_path(Element::Message(parent), path);
                        path.extend([3, message.index as i32]);
                    }
                    None => path.extend([4, message.index as i32]),
                }
            }
            Element::Field(id) => {
                let field = self.field(id);
                if let Some(parent) = field.parent {
                    self.push_path(Element::Message(parent), path);
                    path.extend([if field.is_extension() { 6 } else { 2 }, field.index as i32]);
                } else {
                    path.extend([7, field.index as i32]);
                }
            }
            Element::Oneof(id) => {
                let oneof = self.oneof(id);
                self.push_path(Element::Message(oneof.parent), path);
                path.extend([8, oneof.index as i32]);
            }
            Element::Enum(id) => {
                let enum_ = self.enum_(id);
                match enum_.parent {
                    Some(parent) => {
                        self.push_path(Element::Message(parent), path);
                        path.extend([4, enum_.index as i32]);
                    }
                    None => path.extend([5, enum_.index as i32]),
                }
            }
            Element::EnumValue(id) => {
                let value = self.value(id);
                self.push_path(Element::Enum(value.parent), path);
                path.extend([2, value.index as i32]);
            }
            Element::Service(id) => path.extend([6, self.service(id).index as i32]),
            Element::Method(id) => {
                let method = self.method(id);
                self.push_path(Element::Service(method.parent), path);
                path.extend([2, method.index as i32]);
            }
        }
    }

    /// Where a descriptor path stands in the source of `file`; `None` without source info for that path.
    pub fn span(&self, file: FileId, path: &[i32]) -> Option<Span> {
        let file = self.file(file);
        file.spans.get_or_init(|| SpanTable::decode(&file.source_info)).get(path)
    }

    /// Whether an element carries `deprecated = true`.
    pub fn is_deprecated(&self, element: Element) -> bool {
        let flag = match element {
            Element::File(id) => self.file(id).options.as_deref().and_then(|o| o.deprecated),
            Element::Message(id) => self.message(id).options.as_deref().and_then(|o| o.deprecated),
            Element::Field(id) => self.field(id).options.as_deref().and_then(|o| o.deprecated),
            Element::Oneof(_) => None,
            Element::Enum(id) => self.enum_(id).options.as_deref().and_then(|o| o.deprecated),
            Element::EnumValue(id) => self.value(id).options.as_deref().and_then(|o| o.deprecated),
            Element::Service(id) => self.service(id).options.as_deref().and_then(|o| o.deprecated),
            Element::Method(id) => self.method(id).options.as_deref().and_then(|o| o.deprecated),
        };
        flag == Some(true)
    }
}

impl Element {
    /// The word messages use for this element; an extension is told apart from a field by the schema, see
    /// [`Schema::noun`].
    pub fn noun(self) -> &'static str {
        match self {
            Element::File(_) => "file",
            Element::Message(_) => "message",
            Element::Field(_) => "field",
            Element::Oneof(_) => "oneof",
            Element::Enum(_) => "enum",
            Element::EnumValue(_) => "enum value",
            Element::Service(_) => "service",
            Element::Method(_) => "method",
        }
    }
}

impl Schema {
    /// The word messages use for an element: as [`Element::noun`], with extensions named as such.
    pub fn noun(&self, element: Element) -> &'static str {
        match element {
            Element::Field(id) if self.field(id).is_extension() => "extension",
            other => other.noun(),
        }
    }
}

/// `package.name`, or `name` where there is no package.
pub(crate) fn qualify(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
