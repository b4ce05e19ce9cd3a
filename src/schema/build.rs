//! From descriptor bytes to the model.

use std::sync::OnceLock;

use buffa::DecodeOptions;
use buffa::unknown_fields::{UnknownFieldData, UnknownFields};
use buffa_descriptor::features::{self, ResolvedFeatures};
use buffa_descriptor::generated::descriptor as pb;
use bytes::Bytes;
use rustc_hash::FxHashMap;
use thiserror::Error;

use super::features::LanguageFeatures;
use super::kind::{Cardinality, Kind, Label};
use super::model::{
    Element, Enum, EnumId, EnumValue, EnumValueId, ExtensionRange, Field, FieldId, File, FileId, Import,
    Message, MessageId, Method, MethodId, Oneof, OneofId, Range, Service, ServiceId, Syntax, qualify,
};
use super::tables::Schema;
use super::visibility::{DefaultVisibility, Visibility};
use crate::compile::wire::{SOURCE_INFO, varint};
use crate::compile::{Compiled, CompiledFile, json_name};

/// A descriptor that does not decode, or does not hold together.
#[derive(Debug, Error)]
#[error("cannot read the descriptor of `{file}`: {reason}")]
pub struct BuildError {
    /// The import path of the file.
    pub file: String,
    /// What is wrong with it.
    pub reason: String,
}

/// How many names one number of an enum may have.
const MAX_ALIASES: usize = 100;

impl Schema {
    /// Builds the model of a compiled contract version.
    ///
    /// # Errors
    ///
    /// A descriptor that does not decode. Descriptors out of a compiler always do; images from elsewhere may
    /// not.
    pub fn build(compiled: &Compiled) -> Result<Schema, BuildError> {
        let mut schema = Schema::default();
        for file in &compiled.files {
            let known = schema.enums.len();
            schema.add_file(file)?;
            schema
                .check_aliases(known)
                .map_err(|reason| BuildError { file: file.name.to_string(), reason })?;
        }
        schema.link();
        schema.left_out.clone_from(&compiled.left_out);
        Ok(schema)
    }

    /// Names for one number are compared with each other.
    fn check_aliases(&self, from: usize) -> Result<(), String> {
        for enum_ in self.enums[from..].iter().filter(|e| e.values.len() > MAX_ALIASES) {
            let mut counts: FxHashMap<i32, usize> = FxHashMap::default();
            for value in &enum_.values {
                let number = self.value(*value).number;
                let count = counts.entry(number).or_default();
                *count += 1;
                if *count > MAX_ALIASES {
                    return Err(format!(
                        "enum `{}` has more than {MAX_ALIASES} names for the number {number}",
                        enum_.full_name
                    ));
                }
            }
        }
        Ok(())
    }

    fn add_file(&mut self, compiled: &CompiledFile) -> Result<(), BuildError> {
        let fail = |reason: String| BuildError { file: compiled.name.to_string(), reason };
        let (body, source_info) =
            split_source_info(&compiled.descriptor).ok_or_else(|| fail("the bytes end early".to_owned()))?;
        // The compiler bounds what it takes in; the decoder's own bounds are for bytes from strangers.
        let proto = DecodeOptions::new()
            .with_element_memory_limit(usize::MAX)
            .with_unknown_field_limit(usize::MAX)
            .decode_from_slice::<pb::FileDescriptorProto>(&body)
            .map_err(|e| fail(e.to_string()))?;
        let features = features::for_file(&proto);
        let syntax = match proto.syntax.as_deref() {
            Some("proto3") => Syntax::Proto3,
            Some("editions") => Syntax::Edition(edition(&proto)),
            _ => Syntax::Proto2,
        };
        let imports = proto
            .dependency
            .iter()
            .enumerate()
            .map(|(i, path)| Import {
                path: path.as_str().into(),
                public: proto.public_dependency.contains(&(i as i32)),
                weak: proto.weak_dependency.contains(&(i as i32)),
            })
            .collect();
        let options = proto.options.into_option().map(Box::new);
        let own = options.as_deref().and_then(|o| o.features.as_option());
        let written = own.and_then(|f| f.default_symbol_visibility).map(|v| v as i32);
        let written = written.or(compiled.default_visibility).and_then(DefaultVisibility::of);
        let id = FileId(self.files.len() as u32);
        let number = match syntax {
            Syntax::Proto2 => 998,
            Syntax::Proto3 => 999,
            Syntax::Edition(n) => n,
        };
        let scope = Scope {
            file: id,
            language: LanguageFeatures::default()
                .with(options.as_deref().and_then(|o| o.features.as_option())),
            edition: number,
            visibility: written.unwrap_or(DefaultVisibility::of_edition(number)),
            java_options: options.as_deref().map(|o| pb::FileOptions {
                java_string_check_utf8: o.java_string_check_utf8,
                ..Default::default()
            }),
        };
        // An empty set of features is what protoc leaves of one that only it reads.
        let emptied = own.is_some_and(|f| *f == pb::FeatureSet::default());
        let default_visibility = match written {
            None if emptied && compiled.default_visibility.is_none() => None,
            written => Some(written.unwrap_or(scope.visibility)),
        };
        let package = proto.package.unwrap_or_default();
        self.files.push(File {
            generators: scope.language.generators(scope.edition),
            default_visibility,
            name: compiled.name.clone(),
            display: compiled.display.clone(),
            package: package.as_str().into(),
            syntax,
            imports,
            options,
            features,
            messages: Vec::new(),
            enums: Vec::new(),
            services: Vec::new(),
            extensions: Vec::new(),
            target: compiled.target,
            java_class: OnceLock::new(),
            source_info,
            spans: OnceLock::new(),
            lookup: OnceLock::new(),
        });
        self.by_file.insert(compiled.name.clone(), id);
        self.packages.entry(package.as_str().into()).or_default().push(id);

        let mut messages = Vec::with_capacity(proto.message_type.len());
        for (i, message) in proto.message_type.into_iter().enumerate() {
            messages.push(self.add_message(&scope, scope.language, &features, None, &package, i, message));
        }
        let mut enums = Vec::with_capacity(proto.enum_type.len());
        for (i, enum_) in proto.enum_type.into_iter().enumerate() {
            enums.push(self.add_enum(&scope, scope.language, &features, None, &package, i, enum_));
        }
        let mut services = Vec::with_capacity(proto.service.len());
        for (i, service) in proto.service.into_iter().enumerate() {
            services.push(self.add_service(&scope, &package, i, service));
        }
        let mut extensions = Vec::with_capacity(proto.extension.len());
        for (i, field) in proto.extension.into_iter().enumerate() {
            extensions.push(self.add_field(&scope, scope.language, &features, None, &[], i, field));
        }
        let file = &mut self.files[id.index()];
        file.messages = messages;
        file.enums = enums;
        file.services = services;
        file.extensions = extensions;
        Ok(())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one call site a level; a struct would name each thing twice"
    )]
    fn add_message(
        &mut self,
        scope: &Scope,
        language: LanguageFeatures,
        features: &ResolvedFeatures,
        parent: Option<MessageId>,
        prefix: &str,
        index: usize,
        proto: pb::DescriptorProto,
    ) -> MessageId {
        let name = proto.name.unwrap_or_default();
        let full_name = qualify(prefix, &name);
        let options = proto.options.into_option().map(Box::new);
        let own = options.as_deref().and_then(|o| o.features.as_option());
        let features = features::resolve_child(features, own);
        let language = language.with(own);
        let map_entry = options.as_deref().is_some_and(|o| o.map_entry == Some(true));
        let id = MessageId(self.messages.len() as u32);
        self.messages.push(Message {
            visibility: Visibility::new(proto.visibility, scope.visibility, parent.is_some()),
            generators: language.generators(scope.edition),
            name: name.as_str().into(),
            full_name: full_name.as_str().into(),
            file: scope.file,
            parent,
            index: index as u32,
            fields: Vec::new(),
            oneofs: Vec::new(),
            messages: Vec::new(),
            enums: Vec::new(),
            extensions: Vec::new(),
            extension_ranges: proto
                .extension_range
                .into_iter()
                .map(|r| ExtensionRange {
                    range: half_open(r.start, r.end),
                    options: r.options.into_option().map(Box::new),
                })
                .collect(),
            reserved_ranges: proto.reserved_range.iter().map(|r| half_open(r.start, r.end)).collect(),
            reserved_names: proto.reserved_name.iter().map(|n| n.as_str().into()).collect(),
            options,
            features,
            map_entry,
            by_number: FxHashMap::default(),
            lookup: OnceLock::new(),
        });
        self.by_name.insert(full_name.as_str().into(), Element::Message(id));

        // A proto3 `optional` field sits alone in a oneof the compiler made up: leave those out, keep indexes.
        let mut synthetic = vec![false; proto.oneof_decl.len()];
        for field in &proto.field {
            if let (Some(true), Some(i)) = (field.proto3_optional, field.oneof_index)
                && let Some(slot) = synthetic.get_mut(i as usize)
            {
                *slot = true;
            }
        }
        let mut oneof_ids = vec![None; proto.oneof_decl.len()];
        let mut oneof_features = vec![features; proto.oneof_decl.len()];
        let mut oneofs = Vec::new();
        for (i, oneof) in proto.oneof_decl.into_iter().enumerate() {
            oneof_features[i] = features::resolve_child(&features, features::oneof_features(&oneof));
            if synthetic[i] {
                continue;
            }
            let oneof_id = OneofId(self.oneofs.len() as u32);
            self.oneofs.push(Oneof {
                name: oneof.name.unwrap_or_default().as_str().into(),
                parent: id,
                index: i as u32,
                fields: Vec::new(),
                options: oneof.options.into_option().map(Box::new),
            });
            oneof_ids[i] = Some(oneof_id);
            oneofs.push(oneof_id);
        }
        let mut fields = Vec::with_capacity(proto.field.len());
        for (i, field) in proto.field.into_iter().enumerate() {
            let features = match field.oneof_index.and_then(|o| oneof_features.get(o as usize)) {
                Some(of_oneof) => *of_oneof,
                None => features,
            };
            fields.push(self.add_field(scope, language, &features, Some(id), &oneof_ids, i, field));
        }
        let mut messages = Vec::with_capacity(proto.nested_type.len());
        for (i, nested) in proto.nested_type.into_iter().enumerate() {
            messages.push(self.add_message(scope, language, &features, Some(id), &full_name, i, nested));
        }
        let mut enums = Vec::with_capacity(proto.enum_type.len());
        for (i, nested) in proto.enum_type.into_iter().enumerate() {
            enums.push(self.add_enum(scope, language, &features, Some(id), &full_name, i, nested));
        }
        let mut extensions = Vec::with_capacity(proto.extension.len());
        for (i, field) in proto.extension.into_iter().enumerate() {
            extensions.push(self.add_field(scope, language, &features, Some(id), &[], i, field));
        }
        let by_number = fields.iter().map(|f| (self.fields[f.index()].number, *f)).collect();
        let message = &mut self.messages[id.index()];
        message.fields = fields;
        message.oneofs = oneofs;
        message.messages = messages;
        message.enums = enums;
        message.extensions = extensions;
        message.by_number = by_number;
        id
    }

    #[expect(clippy::too_many_arguments, reason = "as for messages")]
    fn add_field(
        &mut self,
        scope: &Scope,
        language: LanguageFeatures,
        features: &ResolvedFeatures,
        parent: Option<MessageId>,
        oneofs: &[Option<OneofId>],
        index: usize,
        proto: pb::FieldDescriptorProto,
    ) -> FieldId {
        use pb::field_descriptor_proto::{Label as L, Type as T};
        let options = proto.options.into_option().map(Box::new);
        let own = options.as_deref().and_then(|o| o.features.as_option());
        let features = features::resolve_child(features, own);
        let language = language.with(own);
        let label = match proto.label {
            Some(L::LABEL_REQUIRED) => Label::Required,
            Some(L::LABEL_REPEATED) => Label::Repeated,
            _ => Label::Optional,
        };
        let kind = match proto.r#type.unwrap_or(T::TYPE_MESSAGE) {
            T::TYPE_DOUBLE => Kind::Double,
            T::TYPE_FLOAT => Kind::Float,
            T::TYPE_INT64 => Kind::Int64,
            T::TYPE_UINT64 => Kind::Uint64,
            T::TYPE_INT32 => Kind::Int32,
            T::TYPE_FIXED64 => Kind::Fixed64,
            T::TYPE_FIXED32 => Kind::Fixed32,
            T::TYPE_BOOL => Kind::Bool,
            T::TYPE_STRING => Kind::String,
            T::TYPE_GROUP => Kind::Group,
            T::TYPE_MESSAGE => Kind::Message,
            T::TYPE_BYTES => Kind::Bytes,
            T::TYPE_UINT32 => Kind::Uint32,
            T::TYPE_ENUM => Kind::Enum,
            T::TYPE_SFIXED32 => Kind::Sfixed32,
            T::TYPE_SFIXED64 => Kind::Sfixed64,
            T::TYPE_SINT32 => Kind::Sint32,
            T::TYPE_SINT64 => Kind::Sint64,
        };
        let extendee = proto.extendee.as_deref().map(bare);
        let oneof = proto.oneof_index.and_then(|i| oneofs.get(i as usize).copied().flatten());
        let proto3_optional = proto.proto3_optional == Some(true);
        let required =
            label == Label::Required || features.field_presence == features::FieldPresence::LegacyRequired;
        let cardinality = if label == Label::Repeated {
            Cardinality::Repeated // maps are told apart once every message is known, see `link`
        } else if required {
            Cardinality::Required
        } else if extendee.is_some()
            || oneof.is_some()
            || proto3_optional
            || matches!(kind, Kind::Message | Kind::Group)
            || features.field_presence == features::FieldPresence::Explicit
        {
            Cardinality::Explicit
        } else {
            Cardinality::Implicit
        };
        let packed = label == Label::Repeated
            && kind.is_packable()
            && options
                .as_deref()
                .and_then(|o| o.packed)
                .unwrap_or(features.repeated_field_encoding == features::RepeatedFieldEncoding::Packed);
        let name = proto.name.unwrap_or_default();
        let id = FieldId(self.fields.len() as u32);
        let cpp_string_type = language.cpp_string_type(options.as_deref(), scope.edition);
        let java_utf8 =
            language.java_utf8(scope.java_options.as_ref(), scope.edition >= 1000, features.utf8_validation);
        self.fields.push(Field {
            json_name: proto.json_name.map_or_else(|| json_name(&name).into(), Into::into),
            number: proto.number.unwrap_or_default(),
            kind,
            type_name: proto.type_name.as_deref().map(bare),
            label,
            cardinality,
            default: proto.default_value.map(Into::into),
            oneof: if proto3_optional { None } else { oneof },
            proto3_optional,
            packed,
            file: scope.file,
            parent,
            index: index as u32,
            options,
            features,
            cpp_string_type,
            java_utf8,
            java_closes_enums: kind == Kind::Enum && language.java_closes_enums(scope.edition),
            name: name.into(),
            extendee,
        });
        if let Some(oneof) = self.fields[id.index()].oneof {
            self.oneofs[oneof.index()].fields.push(id);
        }
        let field = &self.fields[id.index()];
        if let Some(extendee) = &field.extendee {
            self.extensions.insert((extendee.clone(), field.number), id);
            let full_name = self.full_name(Element::Field(id));
            self.by_name.insert(full_name.into(), Element::Field(id));
        }
        id
    }

    #[expect(clippy::too_many_arguments, reason = "as for messages")]
    fn add_enum(
        &mut self,
        scope: &Scope,
        language: LanguageFeatures,
        features: &ResolvedFeatures,
        parent: Option<MessageId>,
        prefix: &str,
        index: usize,
        proto: pb::EnumDescriptorProto,
    ) -> EnumId {
        let name = proto.name.unwrap_or_default();
        let full_name = qualify(prefix, &name);
        let options = proto.options.into_option().map(Box::new);
        let own = options.as_deref().and_then(|o| o.features.as_option());
        let features = features::resolve_child(features, own);
        let language = language.with(own);
        let id = EnumId(self.enums.len() as u32);
        let mut values = Vec::with_capacity(proto.value.len());
        for (i, value) in proto.value.into_iter().enumerate() {
            values.push(EnumValueId(self.values.len() as u32));
            let own = value.options.as_option().and_then(|o| o.features.as_option());
            self.values.push(EnumValue {
                json_name: value.options.as_option().and_then(value_json_name),
                go_prefix: language.with(own).generators(scope.edition).go_enum_prefix,
                name: value.name.unwrap_or_default().into(),
                number: value.number.unwrap_or_default(),
                parent: id,
                index: i as u32,
                options: value.options.into_option().map(Box::new),
            });
        }
        self.by_name.insert(full_name.as_str().into(), Element::Enum(id));
        self.enums.push(Enum {
            visibility: Visibility::new(proto.visibility, scope.visibility, parent.is_some()),
            generators: language.generators(scope.edition),
            name: name.into(),
            full_name: full_name.into(),
            file: scope.file,
            parent,
            index: index as u32,
            values,
            // Enum ranges are inclusive in descriptor.proto, message ranges are not.
            reserved_ranges: proto
                .reserved_range
                .iter()
                .map(|r| Range { start: r.start.unwrap_or_default(), end: r.end.unwrap_or_default() })
                .collect(),
            reserved_names: proto.reserved_name.iter().map(|n| n.as_str().into()).collect(),
            options,
            features,
            lookup: OnceLock::new(),
        });
        id
    }

    fn add_service(
        &mut self,
        scope: &Scope,
        package: &str,
        index: usize,
        proto: pb::ServiceDescriptorProto,
    ) -> ServiceId {
        let name = proto.name.unwrap_or_default();
        let full_name = qualify(package, &name);
        let id = ServiceId(self.services.len() as u32);
        let mut methods = Vec::with_capacity(proto.method.len());
        for (i, method) in proto.method.into_iter().enumerate() {
            methods.push(MethodId(self.methods.len() as u32));
            self.methods.push(Method {
                name: method.name.unwrap_or_default().into(),
                parent: id,
                index: i as u32,
                input: bare(method.input_type.as_deref().unwrap_or_default()),
                output: bare(method.output_type.as_deref().unwrap_or_default()),
                client_streaming: method.client_streaming == Some(true),
                server_streaming: method.server_streaming == Some(true),
                options: method.options.into_option().map(Box::new),
            });
        }
        self.by_name.insert(full_name.as_str().into(), Element::Service(id));
        let options = proto.options.into_option().map(Box::new);
        let own = options.as_deref().and_then(|o| o.features.as_option());
        self.services.push(Service {
            generators: scope.language.with(own).generators(scope.edition),
            name: name.into(),
            full_name: full_name.into(),
            file: scope.file,
            index: index as u32,
            methods,
            options,
            lookup: OnceLock::new(),
        });
        id
    }

    /// What can only be said once every file is in: which repeated fields are maps, and how map entries
    /// encode.
    fn link(&mut self) {
        let is_entry: Vec<bool> = self.messages.iter().map(|m| m.map_entry).collect();
        for field in &mut self.fields {
            let in_entry = field.parent.is_some_and(|p| !field.is_extension() && is_entry[p.index()]);
            if field.label == Label::Repeated
                && field.kind.is_message()
                && let Some(Element::Message(entry)) =
                    field.type_name.as_deref().and_then(|n| self.by_name.get(n))
                && is_entry[entry.index()]
            {
                field.cardinality = Cardinality::Map;
                // Maps are always length-prefixed, whatever the file's message encoding says
                // (https://protobuf.dev/editions/features/#message_encoding).
                field.kind = Kind::Message;
            }
            if in_entry && field.kind == Kind::Group {
                field.kind = Kind::Message;
            }
        }
        // `delimited` fields: TYPE_MESSAGE in the descriptor, a group on the wire.
        let delimited = features::MessageEncoding::Delimited;
        for field in &mut self.fields {
            let in_entry = field.parent.is_some_and(|p| !field.is_extension() && is_entry[p.index()]);
            if field.kind == Kind::Message
                && field.cardinality != Cardinality::Map
                && !in_entry
                && field.features.message_encoding == delimited
            {
                field.kind = Kind::Group;
            }
        }
    }
}

struct Scope {
    file: FileId,
    language: LanguageFeatures,
    edition: i32,
    visibility: DefaultVisibility,
    java_options: Option<pb::FileOptions>,
}

/// The number of an edition; one that is newer than the types it is read with is among what they do not know.
fn edition(proto: &pb::FileDescriptorProto) -> i32 {
    const EDITION: u32 = 14;
    let unknown = || {
        let last = proto.__buffa_unknown_fields.iter().rfind(|f| f.number == EDITION)?;
        match last.data {
            UnknownFieldData::Varint(n) => i32::try_from(n).ok(),
            _ => None,
        }
    };
    proto.edition.map(|e| e as i32).or_else(unknown).unwrap_or_default()
}

/// `(pb.enumvalue.json).string` (google/protobuf/json_enumvalue_options.proto).
fn value_json_name(options: &pb::EnumValueOptions) -> Option<Box<str>> {
    const JSON: u32 = 998;
    const STRING: u32 = 1;
    let mut found = None;
    for outer in options.__buffa_unknown_fields.iter().filter(|f| f.number == JSON) {
        let UnknownFieldData::LengthDelimited(bytes) = &outer.data else { continue };
        let Ok(inner) = UnknownFields::decode_from_slice(bytes) else { continue };
        for value in inner.iter().filter(|f| f.number == STRING) {
            if let UnknownFieldData::LengthDelimited(text) = &value.data {
                found = std::str::from_utf8(text).ok().map(Box::from);
            }
        }
    }
    found
}

/// Message ranges are half-open in descriptor.proto.
fn half_open(start: Option<i32>, end: Option<i32>) -> Range {
    Range { start: start.unwrap_or_default(), end: end.unwrap_or_default().saturating_sub(1) }
}

fn bare(name: &str) -> Box<str> {
    name.strip_prefix('.').unwrap_or(name).into()
}

/// Takes `source_code_info` out of an encoded `FileDescriptorProto`: most runs never look at it, and
/// decoding it costs more than everything else together. `None` if the bytes are cut off.
fn split_source_info(descriptor: &Bytes) -> Option<(Bytes, Bytes)> {
    let mut body = Vec::with_capacity(descriptor.len() / 2);
    let mut info: Option<Bytes> = None;
    let mut at = 0;
    while at < descriptor.len() {
        let start = at;
        let tag = varint(descriptor, &mut at)?;
        match tag & 7 {
            0 => {
                varint(descriptor, &mut at)?;
            }
            1 => at = at.checked_add(8)?,
            5 => at = at.checked_add(4)?,
            2 => {
                let len = usize::try_from(varint(descriptor, &mut at)?).ok()?;
                let from = at;
                at = at.checked_add(len)?;
                if at > descriptor.len() {
                    return None;
                }
                if tag >> 3 == u64::from(SOURCE_INFO) {
                    info = Some(match info {
                        None => descriptor.slice(from..at),
                        // Two occurrences of a message field merge, which for bytes is concatenation.
                        Some(first) => [first.as_ref(), &descriptor[from..at]].concat().into(),
                    });
                    continue;
                }
            }
            _ => return None, // FileDescriptorProto has no groups
        }
        if at > descriptor.len() {
            return None;
        }
        body.extend_from_slice(&descriptor[start..at]);
    }
    Some((body.into(), info.unwrap_or_default()))
}
