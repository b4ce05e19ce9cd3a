//! The tables of elements: one version of a contract, and how elements are found in it.

use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

use super::kind::{Cardinality, Kind};
use super::model::{
    Element, Enum, EnumId, EnumValue, EnumValueId, Field, FieldId, File, FileId, Message, MessageId, Method,
    MethodId, Oneof, OneofId, Service, ServiceId, qualify,
};
use super::span::{SourcePath, Span, SpanTable};
use crate::compile::{Declares, LeftOut};

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
    pub(super) left_out: Arc<LeftOut>,
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

    /// What is known of the files that were not compiled.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }

    /// Whether something at the top of a compiled file has the name of a package that files have which were not compiled:
    /// they do not go together.
    pub fn clashes_elsewhere(&self) -> bool {
        let packages: FxHashSet<&str> = self
            .left_out
            .packages
            .keys()
            .flat_map(|package| {
                let outer = package.match_indices('.').map(|(at, _)| &package[..at]);
                outer.chain([&**package])
            })
            .collect();
        // Values stand beside their enum.
        let value = |value: &EnumValue| {
            let scope = self.enum_(value.parent).full_name.rsplit_once('.').map_or("", |(scope, _)| scope);
            qualify(scope, &value.name)
        };
        self.by_name.keys().any(|name| packages.contains(&**name))
            || self.values.iter().any(|one| packages.contains(&*value(one)))
    }

    /// Whether any file is of a package, compiled or not.
    pub fn has_package(&self, name: &str) -> bool {
        self.packages.contains_key(name) || self.left_out.packages.contains_key(name)
    }

    /// What the files of a package that were not compiled declare.
    pub fn declared_elsewhere(&self, package: &str) -> Declares {
        self.left_out.packages.get(package).copied().unwrap_or_default()
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

    /// Reads all spans of a file; nothing keeps them, other than those that [`Schema::span`] reads.
    #[must_use]
    pub fn spans(&self, file: FileId) -> SpanTable {
        SpanTable::decode(&self.file(file).source_info)
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

    /// Whether an element is deprecated, or something that it stands in: a message, an enum, a service, the file.
    pub fn is_deprecated_within(&self, element: Element) -> bool {
        let around = match element {
            _ if self.is_deprecated(element) => return true,
            Element::File(_) => return false,
            Element::Message(id) => self.message(id).parent.map(Element::Message),
            Element::Field(id) => self.field(id).parent.map(Element::Message),
            Element::Oneof(id) => Some(Element::Message(self.oneof(id).parent)),
            Element::Enum(id) => self.enum_(id).parent.map(Element::Message),
            Element::EnumValue(id) => Some(Element::Enum(self.value(id).parent)),
            Element::Method(id) => Some(Element::Service(self.method(id).parent)),
            Element::Service(_) => None,
        };
        self.is_deprecated_within(around.unwrap_or(Element::File(self.file_of(element))))
    }

    /// The word messages use for an element: as [`Element::noun`], with extensions named as such.
    pub fn noun(&self, element: Element) -> &'static str {
        match element {
            Element::Field(id) if self.field(id).is_extension() => "extension",
            other => other.noun(),
        }
    }
}
