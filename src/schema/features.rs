//! Language features that descriptor.proto itself does not resolve: `pb.cpp` and `pb.java`.
//!
//! Sources: `google/protobuf/cpp_features.proto` (extension 1000 of `FeatureSet`) and
//! `google/protobuf/java_features.proto` (extension 1001), with the defaults written there.

use buffa::unknown_fields::{UnknownFieldData, UnknownFields};
use buffa_descriptor::generated::descriptor as pb;

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

/// The language features in force at one place, `None` while nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LanguageFeatures {
    cpp_string_type: Option<u64>,
    java_utf8: Option<u64>,
}

const CPP: u32 = 1000;
const CPP_STRING_TYPE: u32 = 2;
const JAVA: u32 = 1001;
const JAVA_UTF8: u32 = 2;

impl LanguageFeatures {
    /// These features with what `set` says on top.
    pub(super) fn with(mut self, set: Option<&pb::FeatureSet>) -> Self {
        if let Some(set) = set {
            self.cpp_string_type =
                enum_in(&set.__buffa_unknown_fields, CPP, CPP_STRING_TYPE).or(self.cpp_string_type);
            self.java_utf8 = enum_in(&set.__buffa_unknown_fields, JAVA, JAVA_UTF8).or(self.java_utf8);
        }
        self
    }

    pub(super) fn cpp_string_type(self, options: Option<&pb::FieldOptions>, edition: i32) -> CppStringType {
        use pb::field_options::CType;
        const EDITION_2023: i32 = 1000;
        const EDITION_2024: i32 = 1001;
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
