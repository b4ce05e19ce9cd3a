//! Language features that descriptor.proto itself does not resolve: `pb.cpp`, `pb.java` and `pb.go`.
//!
//! Sources: `google/protobuf/cpp_features.proto` (extension 1000 of `FeatureSet`),
//! `google/protobuf/java_features.proto` (extension 1001) and `google/protobuf/go_features.proto` (extension 1002),
//! with the defaults written there.

use buffa::unknown_fields::{UnknownFieldData, UnknownFields};
use buffa_descriptor::generated::descriptor as pb;

use super::model::Element;
use super::tables::Schema;

/// What C++ generates for a string or bytes field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CppStringType {
    /// `std::string`, the default up to edition 2023.
    String,
    /// `absl::string_view` accessors, the default from edition 2024 on.
    View,
    /// `absl::Cord`.
    Cord,
    /// The retired `StringPiece`; reads as a string where nothing else is said.
    StringPiece,
}

impl CppStringType {
    /// The name in cpp_features.proto or descriptor.proto.
    pub fn as_str(self) -> &'static str {
        match self {
            CppStringType::String => "STRING",
            CppStringType::View => "VIEW",
            CppStringType::Cord => "CORD",
            CppStringType::StringPiece => "STRING_PIECE",
        }
    }
}

/// Whether Java rejects invalid UTF-8 in a string field when parsing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JavaUtf8 {
    /// Invalid bytes are rejected.
    Verify,
    /// Invalid bytes are replaced.
    None,
}

impl JavaUtf8 {
    /// The name in descriptor.proto.
    pub fn as_str(self) -> &'static str {
        match self {
            JavaUtf8::Verify => "VERIFY",
            JavaUtf8::None => "NONE",
        }
    }
}

/// How protoc-gen-go shows the fields of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GoApi {
    /// A struct with public fields: the default up to edition 2023.
    #[default]
    Open,
    /// Public fields and accessors.
    Hybrid,
    /// Accessors only: the default from edition 2024 on.
    Opaque,
}

/// What protoc-gen-go does with the name of an enum in front of its values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GoEnumPrefix {
    /// It stays: the default.
    #[default]
    Keep,
    /// Constants with it and without it.
    Both,
    /// It is left out.
    Strip,
}

/// Where protoc puts the Java class of a type at the top of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JavaNesting {
    /// Where `java_multiple_files` says: up to edition 2023.
    #[default]
    Option,
    /// Into a file of its own: the default from edition 2024 on.
    Apart,
    /// Into the class of the file.
    Inside,
}

/// What features tell the generators of SDK packages at one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GeneratorFeatures {
    /// `features.(pb.go).api_level`.
    pub go_api: GoApi,
    /// `features.(pb.go).strip_enum_prefix`.
    pub go_enum_prefix: GoEnumPrefix,
    /// `features.(pb.go).legacy_unmarshal_json_enum`: a method that enums of proto2 have anyway.
    pub go_enum_json: bool,
    /// `features.(pb.java).nest_in_file_class`.
    pub java_nesting: JavaNesting,
    /// `features.(pb.java).large_enum`: a class with constants in place of a Java enum.
    pub java_large_enum: bool,
}

impl GeneratorFeatures {
    /// Every feature as written in a .proto file, with its value.
    pub fn named(self) -> [(&'static str, &'static str); 5] {
        [
            (
                "(pb.go).api_level",
                match self.go_api {
                    GoApi::Open => "API_OPEN",
                    GoApi::Hybrid => "API_HYBRID",
                    GoApi::Opaque => "API_OPAQUE",
                },
            ),
            (
                "(pb.go).strip_enum_prefix",
                match self.go_enum_prefix {
                    GoEnumPrefix::Keep => "STRIP_ENUM_PREFIX_KEEP",
                    GoEnumPrefix::Both => "STRIP_ENUM_PREFIX_GENERATE_BOTH",
                    GoEnumPrefix::Strip => "STRIP_ENUM_PREFIX_STRIP",
                },
            ),
            (
                "(pb.java).nest_in_file_class",
                match self.java_nesting {
                    JavaNesting::Option => "LEGACY",
                    JavaNesting::Apart => "NO",
                    JavaNesting::Inside => "YES",
                },
            ),
            ("(pb.java).large_enum", if self.java_large_enum { "true" } else { "false" }),
            ("(pb.go).legacy_unmarshal_json_enum", if self.go_enum_json { "true" } else { "false" }),
        ]
    }
}

impl Schema {
    /// What features tell the generators of SDK packages at an element, as far as it is for the element: how fields
    /// are shown is for messages to say, how values are called for enums.
    pub fn generator_features(&self, element: Element) -> GeneratorFeatures {
        let none = GeneratorFeatures::default();
        match element {
            Element::File(id) => self.file(id).generators,
            Element::Message(id) => {
                let GeneratorFeatures { go_api, java_nesting, .. } = self.message(id).generators;
                let top = self.message(id).parent.is_none();
                GeneratorFeatures {
                    go_api,
                    java_nesting: if top { java_nesting } else { none.java_nesting },
                    ..none
                }
            }
            Element::Enum(id) => {
                let all = self.enum_(id).generators;
                let java_nesting =
                    if self.enum_(id).parent.is_none() { all.java_nesting } else { none.java_nesting };
                GeneratorFeatures { go_api: none.go_api, java_nesting, ..all }
            }
            Element::EnumValue(id) => GeneratorFeatures { go_enum_prefix: self.value(id).go_prefix, ..none },
            _ => none,
        }
    }
}

/// The language features in force at one place, `None` while nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LanguageFeatures {
    cpp_string_type: Option<u64>,
    java_closed_enum: Option<u64>,
    java_utf8: Option<u64>,
    java_large_enum: Option<u64>,
    java_nesting: Option<u64>,
    go_api: Option<u64>,
    go_enum_prefix: Option<u64>,
    go_enum_json: Option<u64>,
}

const EDITION_PROTO3: i32 = 999;
const EDITION_2024: i32 = 1001;
const CPP: u32 = 1000;
const CPP_STRING_TYPE: u32 = 2;
const JAVA: u32 = 1001;
const JAVA_CLOSED_ENUM: u32 = 1;
const JAVA_UTF8: u32 = 2;
const JAVA_LARGE_ENUM: u32 = 3;
const JAVA_NESTING: u32 = 5;
const GO: u32 = 1002;
const GO_ENUM_JSON: u32 = 1;
const GO_API: u32 = 2;
const GO_ENUM_PREFIX: u32 = 3;

impl LanguageFeatures {
    /// These features with what `set` says on top.
    pub(super) fn with(mut self, set: Option<&pb::FeatureSet>) -> Self {
        if let Some(set) = set {
            self.cpp_string_type =
                enum_in(&set.__buffa_unknown_fields, CPP, CPP_STRING_TYPE).or(self.cpp_string_type);
            let said = |extension, field| enum_in(&set.__buffa_unknown_fields, extension, field);
            self.java_closed_enum = said(JAVA, JAVA_CLOSED_ENUM).or(self.java_closed_enum);
            self.java_utf8 = said(JAVA, JAVA_UTF8).or(self.java_utf8);
            self.java_large_enum = said(JAVA, JAVA_LARGE_ENUM).or(self.java_large_enum);
            self.java_nesting = said(JAVA, JAVA_NESTING).or(self.java_nesting);
            self.go_api = said(GO, GO_API).or(self.go_api);
            self.go_enum_prefix = said(GO, GO_ENUM_PREFIX).or(self.go_enum_prefix);
            self.go_enum_json = said(GO, GO_ENUM_JSON).or(self.go_enum_json);
        }
        self
    }

    /// What the generators of SDK packages are told, in an edition.
    pub(super) fn generators(self, edition: i32) -> GeneratorFeatures {
        let newer = edition >= EDITION_2024;
        GeneratorFeatures {
            go_api: match self.go_api {
                Some(1) => GoApi::Open,
                Some(2) => GoApi::Hybrid,
                Some(3) => GoApi::Opaque,
                _ if newer => GoApi::Opaque,
                _ => GoApi::Open,
            },
            go_enum_prefix: match self.go_enum_prefix {
                Some(2) => GoEnumPrefix::Both,
                Some(3) => GoEnumPrefix::Strip,
                _ => GoEnumPrefix::Keep,
            },
            java_nesting: match self.java_nesting {
                Some(1) => JavaNesting::Apart,
                Some(2) => JavaNesting::Inside,
                _ if newer => JavaNesting::Apart,
                _ => JavaNesting::Option,
            },
            java_large_enum: self.java_large_enum == Some(1),
            go_enum_json: self.go_enum_json == Some(1),
        }
    }

    pub(super) fn cpp_string_type(self, options: Option<&pb::FieldOptions>, edition: i32) -> CppStringType {
        use pb::field_options::CType;
        const EDITION_2023: i32 = 1000;
        if edition < EDITION_2024 {
            match options.and_then(|o| o.ctype) {
                Some(CType::CORD) => return CppStringType::Cord,
                Some(CType::STRING_PIECE) => return CppStringType::StringPiece,
                Some(CType::STRING) => return CppStringType::String,
                None if edition < EDITION_2023 => return CppStringType::String,
                None => {}
            }
        }
        match self.cpp_string_type {
            Some(1) => CppStringType::View,
            Some(2) => CppStringType::Cord,
            Some(3) => CppStringType::String,
            _ if edition >= EDITION_2024 => CppStringType::View,
            _ => CppStringType::String,
        }
    }

    /// Whether Java takes every enum for closed in a field: in proto2, where nothing else is said.
    pub(super) fn java_closes_enums(self, edition: i32) -> bool {
        self.java_closed_enum.map_or(edition < EDITION_PROTO3, |said| said == 1)
    }

    pub(super) fn java_utf8(
        self,
        options: Option<&pb::FileOptions>,
        is_edition: bool,
        general: buffa_descriptor::features::Utf8Validation,
    ) -> JavaUtf8 {
        let default = match general {
            buffa_descriptor::features::Utf8Validation::None => JavaUtf8::None,
            _ => JavaUtf8::Verify,
        };
        let check = options.and_then(|o| o.java_string_check_utf8);
        if !is_edition || check.is_some() {
            return if check == Some(true) { JavaUtf8::Verify } else { default };
        }
        // JavaFeatures.Utf8Validation: DEFAULT = 1, VERIFY = 2.
        if self.java_utf8 == Some(2) { JavaUtf8::Verify } else { default }
    }
}

/// The last value of varint field `field` in the message at extension `extension`.
fn enum_in(unknown: &UnknownFields, extension: u32, field: u32) -> Option<u64> {
    let mut found = None;
    for outer in unknown.iter().filter(|f| f.number == extension) {
        let UnknownFieldData::LengthDelimited(bytes) = &outer.data else { continue };
        let Ok(inner) = UnknownFields::decode_from_slice(bytes) else { continue };
        for value in inner.iter().filter(|f| f.number == field) {
            if let UnknownFieldData::Varint(n) = value.data {
                found = Some(n);
            }
        }
    }
    found
}
