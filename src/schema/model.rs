//! The elements: what is known of each by itself. What they are to each other is in [`super::tables`].

use std::fmt;
use std::sync::OnceLock;

use buffa_descriptor::features::ResolvedFeatures;
use buffa_descriptor::generated::descriptor as pb;
use bytes::Bytes;
use rustc_hash::FxHashMap;

use super::features::{CppStringType, GeneratorFeatures, GoEnumPrefix, JavaUtf8};
use super::kind::{Cardinality, Kind, Label};
use super::lookup::{EnumLookup, MessageLookup};
use super::span::SpanTable;
use super::visibility::{DefaultVisibility, Visibility};
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
    /// Whether Java takes the enum for closed here, whatever it is: all fields of proto2, and
    /// `features.(pb.java).legacy_closed_enum`.
    pub java_closes_enums: bool,
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

/// `package.name`, or `name` where there is no package.
pub(crate) fn qualify(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}
