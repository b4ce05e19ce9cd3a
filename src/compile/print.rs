//! Descriptors as the text that they could have been compiled from, for files that are only there to be imported.
//!
//! What others can see is kept: names, numbers, types, defaults, ranges, the options of the language. Options that
//! somebody else defined, comments and the order of declarations of different kinds are not.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bytes::Bytes;
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use super::{json_name, wire};

/// A file of a descriptor set.
#[derive(Clone, Debug)]
pub struct Printed {
    /// Its import path.
    pub name: String,
    /// The text that it could have been compiled from.
    pub text: String,
    /// The descriptor as it stands in the set, with everything that text does not give back.
    pub descriptor: Bytes,
}

/// The files of a descriptor set.
///
/// # Errors
///
/// The bytes are no set.
pub fn texts(set: &Bytes) -> Result<Vec<Printed>, String> {
    let broken = || "it is no descriptor set".to_owned();
    let mut files: Vec<Bytes> = Vec::new();
    for field in wire::fields(set) {
        let field = field.ok_or_else(broken)?;
        if field.number == 1 {
            files.push(set.slice_ref(field.bytes().ok_or_else(broken)?));
        }
    }
    if files.is_empty() {
        return Err(broken());
    }
    let printed = files.into_iter().map(|descriptor| {
        let file = FileDescriptorProto::decode(&*descriptor).map_err(|e| format!("{}: {e}", broken()))?;
        match file.name() {
            "" => Err("a file of it has no name".to_owned()),
            name => {
                let text = text(&file, &descriptor);
                Ok(Printed { name: name.to_owned(), text, descriptor })
            }
        }
    });
    printed.collect()
}

fn text(file: &FileDescriptorProto, raw: &[u8]) -> String {
    let dialect = match file.syntax() {
        "proto3" => Dialect::Proto3,
        "editions" => Dialect::Edition,
        _ => Dialect::Proto2,
    };
    let closed = if dialect == Dialect::Edition { closed_enums(raw) } else { BTreeSet::new() };
    let mut printer = Printer { out: String::new(), depth: 0, dialect, closed, scope: Vec::new() };
    printer.line(match dialect {
        Dialect::Proto2 => "syntax = \"proto2\";",
        Dialect::Proto3 => "syntax = \"proto3\";",
        // Of its features only one matters to whoever imports the file: whether an enum is closed. Everything else is
        // in the descriptor, which stands for this text once it is linked.
        Dialect::Edition => "edition = \"2023\";",
    });
    if !file.package().is_empty() {
        printer.line(&format!("package {};", file.package()));
    }
    for (index, import) in file.dependency.iter().enumerate() {
        let index = i32::try_from(index).unwrap_or(i32::MAX);
        let public = if file.public_dependency.contains(&index) { "public " } else { "" };
        printer.line(&format!("import {public}{};", quoted(import)));
    }
    if let Some(options) = &file.options {
        let strings = [
            ("java_package", &options.java_package),
            ("java_outer_classname", &options.java_outer_classname),
            ("go_package", &options.go_package),
            ("objc_class_prefix", &options.objc_class_prefix),
            ("csharp_namespace", &options.csharp_namespace),
            ("swift_prefix", &options.swift_prefix),
            ("php_class_prefix", &options.php_class_prefix),
            ("php_namespace", &options.php_namespace),
            ("php_metadata_namespace", &options.php_metadata_namespace),
            ("ruby_package", &options.ruby_package),
        ];
        for (name, value) in strings {
            if let Some(value) = value {
                printer.line(&format!("option {name} = {};", quoted(value)));
            }
        }
        let flags = [
            ("java_multiple_files", options.java_multiple_files),
            (
                "java_string_check_utf8",
                options.java_string_check_utf8.filter(|_| dialect != Dialect::Edition),
            ),
            ("cc_enable_arenas", options.cc_enable_arenas),
            ("deprecated", options.deprecated),
        ];
        for (name, value) in flags {
            if let Some(value) = value {
                printer.line(&format!("option {name} = {value};"));
            }
        }
    }
    for message in &file.message_type {
        printer.message(message, &format!("message {}", message.name()));
    }
    for enum_ in &file.enum_type {
        printer.enum_(enum_);
    }
    printer.extensions(&file.extension, &[]);
    for service in &file.service {
        printer.line(&format!("service {} {{", service.name()));
        for method in &service.method {
            let stream = |on: bool| if on { "stream " } else { "" };
            printer.line(&format!(
                "  rpc {}({}{}) returns ({}{});",
                method.name(),
                stream(method.client_streaming()),
                method.input_type(),
                stream(method.server_streaming()),
                method.output_type()
            ));
        }
        printer.line("}");
    }
    printer.out
}

#[derive(Clone, Copy, PartialEq)]
enum Dialect {
    Proto2,
    Proto3,
    Edition,
}

struct Printer {
    out: String,
    depth: usize,
    dialect: Dialect,
    /// The enums of an edition that are closed.
    closed: BTreeSet<Vec<String>>,
    /// The messages around what is being printed.
    scope: Vec<String>,
}

/// Numbers of `google.protobuf.FeatureSet.EnumType`, and of the fields that lead there.
/// <https://github.com/protocolbuffers/protobuf/blob/main/src/google/protobuf/descriptor.proto>
mod number {
    pub(super) const FILE_MESSAGES: u32 = 4;
    pub(super) const FILE_ENUMS: u32 = 5;
    pub(super) const FILE_OPTIONS: u32 = 8;
    pub(super) const FILE_FEATURES: u32 = 50;
    pub(super) const MESSAGES: u32 = 3;
    pub(super) const ENUMS: u32 = 4;
    pub(super) const NAME: u32 = 1;
    pub(super) const ENUM_OPTIONS: u32 = 3;
    pub(super) const ENUM_FEATURES: u32 = 7;
    pub(super) const ENUM_TYPE: u32 = 2;
    pub(super) const CLOSED: u64 = 2;
}

/// The enums of a file that are closed by its features: the names of the messages around each, and its own.
fn closed_enums(file: &[u8]) -> BTreeSet<Vec<String>> {
    fn is_closed(element: &[u8], options: u32, features: u32) -> Option<bool> {
        let inner = |bytes, number| wire::fields(bytes).flatten().filter(move |f| f.number == number);
        let sets = inner(element, options).filter_map(|f| f.bytes()).flat_map(|o| inner(o, features));
        let types = sets.filter_map(|f| f.bytes()).flat_map(|f| inner(f, number::ENUM_TYPE));
        types.last().map(|f| f.varint() == Some(number::CLOSED))
    }
    fn name(element: &[u8]) -> String {
        let name = wire::fields(element).flatten().find(|f| f.number == number::NAME);
        name.and_then(|f| f.bytes()).map(|b| String::from_utf8_lossy(b).into_owned()).unwrap_or_default()
    }
    let by_file = is_closed(file, number::FILE_OPTIONS, number::FILE_FEATURES).unwrap_or(false);
    let mut found = BTreeSet::new();
    let mut open: Vec<(Vec<String>, &[u8], u32, u32)> =
        vec![(Vec::new(), file, number::FILE_MESSAGES, number::FILE_ENUMS)];
    while let Some((scope, element, messages, enums)) = open.pop() {
        for field in wire::fields(element).flatten() {
            let Some(inner) = field.bytes() else { continue };
            let mut path = scope.clone();
            if field.number == messages {
                path.push(name(inner));
                open.push((path, inner, number::MESSAGES, number::ENUMS));
            } else if field.number == enums
                && is_closed(inner, number::ENUM_OPTIONS, number::ENUM_FEATURES).unwrap_or(by_file)
            {
                path.push(name(inner));
                found.insert(path);
            }
        }
    }
    found
}

impl Printer {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{:indent$}{text}", "", indent = self.depth * 2);
    }

    fn message(&mut self, message: &DescriptorProto, head: &str) {
        self.line(&format!("{head} {{"));
        self.depth += 1;
        self.scope.push(message.name().to_owned());
        if let Some(options) = &message.options {
            if options.message_set_wire_format() {
                self.line("option message_set_wire_format = true;");
            }
            if options.deprecated() {
                self.line("option deprecated = true;");
            }
        }
        // Groups and the entries of maps are written where their field is.
        let inline = |nested: &DescriptorProto| {
            nested.options.as_ref().is_some_and(|o| o.map_entry())
                || message.field.iter().chain(&message.extension).any(|f| self.is_group_of(f, nested))
        };
        let whole: Vec<&DescriptorProto> = message.nested_type.iter().filter(|n| !inline(n)).collect();
        for nested in whole {
            self.message(nested, &format!("message {}", nested.name()));
        }
        for enum_ in &message.enum_type {
            self.enum_(enum_);
        }
        let mut written: Vec<i32> = Vec::new();
        for field in &message.field {
            let real = |f: &FieldDescriptorProto| f.oneof_index.filter(|_| !f.proto3_optional());
            match real(field) {
                None => self.field(field, &message.nested_type, true),
                Some(index) if !written.contains(&index) => {
                    written.push(index);
                    let name = usize::try_from(index).ok().and_then(|i| message.oneof_decl.get(i));
                    self.line(&format!("oneof {} {{", name.map_or("", |o| o.name())));
                    self.depth += 1;
                    for member in message.field.iter().filter(|f| real(f) == Some(index)) {
                        self.field(member, &message.nested_type, false);
                    }
                    self.depth -= 1;
                    self.line("}");
                }
                Some(_) => {}
            }
        }
        for range in &message.extension_range {
            self.line(&format!("extensions {} to {};", range.start(), range.end() - 1));
        }
        for range in &message.reserved_range {
            self.line(&format!("reserved {} to {};", range.start(), range.end() - 1));
        }
        for name in &message.reserved_name {
            self.reserved(name);
        }
        self.extensions(&message.extension, &message.nested_type);
        self.scope.pop();
        self.depth -= 1;
        self.line("}");
    }

    fn extensions(&mut self, fields: &[FieldDescriptorProto], nested: &[DescriptorProto]) {
        for field in fields {
            self.line(&format!("extend {} {{", field.extendee()));
            self.depth += 1;
            self.field(field, nested, true);
            self.depth -= 1;
            self.line("}");
        }
    }

    fn field(&mut self, field: &FieldDescriptorProto, nested: &[DescriptorProto], labelled: bool) {
        let entry = nested.iter().find(|n| {
            n.options.as_ref().is_some_and(|o| o.map_entry())
                && field.type_name().ends_with(&format!(".{}", n.name()))
                && field.label() == Label::Repeated
        });
        let label = match field.label() {
            _ if !labelled || entry.is_some() => "",
            Label::Repeated => "repeated ",
            _ if self.dialect == Dialect::Edition => "",
            Label::Required => "required ",
            Label::Optional if self.dialect == Dialect::Proto3 && !field.proto3_optional() => "",
            Label::Optional => "optional ",
        };
        if let Some(group) = nested.iter().find(|n| self.is_group_of(field, n)) {
            let head = format!("{label}group {} = {}", group.name(), field.number());
            self.message(group, &head);
            return;
        }
        let ty = match entry.map(|e| &e.field[..]) {
            Some([key, value]) => format!("map<{}, {}>", type_of(key), type_of(value)),
            _ => type_of(field),
        };
        let mut options = Vec::new();
        if let Some(default) = &field.default_value {
            let shown = match field.r#type() {
                Type::String => quoted(default),
                // It is escaped as in C already.
                Type::Bytes => format!("\"{default}\""),
                _ => default.clone(),
            };
            options.push(format!("default = {shown}"));
        }
        if field.json_name.as_ref().is_some_and(|name| *name != json_name(field.name()))
            && field.extendee.is_none()
        {
            options.push(format!("json_name = {}", quoted(field.json_name())));
        }
        if let Some(set) = &field.options {
            let packed = set.packed.filter(|_| self.dialect != Dialect::Edition);
            options.extend(packed.map(|packed| format!("packed = {packed}")));
            options.extend(set.deprecated.map(|deprecated| format!("deprecated = {deprecated}")));
            options.extend(set.jstype.is_some().then(|| format!("jstype = {}", set.jstype().as_str_name())));
        }
        let options = if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) };
        self.line(&format!("{label}{ty} {} = {}{options};", field.name(), field.number()));
    }

    fn enum_(&mut self, enum_: &EnumDescriptorProto) {
        self.line(&format!("enum {} {{", enum_.name()));
        self.depth += 1;
        if enum_.options.as_ref().is_some_and(|o| o.allow_alias()) {
            self.line("option allow_alias = true;");
        }
        let path: Vec<String> = self.scope.iter().cloned().chain([enum_.name().to_owned()]).collect();
        if self.closed.contains(&path) {
            self.line("option features.enum_type = CLOSED;");
        }
        for value in &enum_.value {
            self.line(&format!("{} = {};", value.name(), value.number()));
        }
        for range in &enum_.reserved_range {
            self.line(&format!("reserved {} to {};", range.start(), range.end()));
        }
        for name in &enum_.reserved_name {
            self.reserved(name);
        }
        self.depth -= 1;
        self.line("}");
    }

    /// A name that is not to be used again: a word since there are editions, a string before.
    fn reserved(&mut self, name: &str) {
        match self.dialect {
            Dialect::Edition => self.line(&format!("reserved {name};")),
            _ => self.line(&format!("reserved {};", quoted(name))),
        }
    }

    /// Whether a message is written where this field is. Editions have no groups.
    fn is_group_of(&self, field: &FieldDescriptorProto, message: &DescriptorProto) -> bool {
        self.dialect != Dialect::Edition
            && field.r#type() == Type::Group
            && field.type_name().ends_with(&format!(".{}", message.name()))
    }
}

fn type_of(field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::Message | Type::Enum | Type::Group => field.type_name().to_owned(),
        // `TYPE_SFIXED32` is the name that descriptor.proto has for `sfixed32`, and so with all of them.
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_ascii_lowercase(),
    }
}

/// A string literal.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\{byte:03o}");
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use prost_types::FileDescriptorSet;

    use super::*;
    use crate::compile::{Input, InputFile, Options, compile};

    const TEXT: &str = r#"syntax = "proto2";
package acme.v1;
import public "google/protobuf/any.proto";
option java_package = "com.acme";
message M {
  enum E { option allow_alias = true; A = 0; B = 0; reserved 5 to 7; }
  required string s = 1 [default = "a\"b\n"];
  optional bytes b = 2 [default = "\001x"];
  repeated int32 n = 3 [packed = true];
  map<string, N> by = 4;
  oneof o { double d = 5; N m = 6; }
  optional group Group = 7 { optional E e = 8 [default = B]; }
  optional int32 renamed = 9 [json_name = "other"];
  extensions 100 to 200;
  reserved 10 to 12, 15;
  reserved "old";
  extend M { optional N more = 100; }
  message N { optional google.protobuf.Any any = 1; }
}
service S { rpc Get(stream M) returns (M.N); }
"#;

    fn compiled(text: &str) -> FileDescriptorProto {
        let mut file = FileDescriptorProto::decode(&*raw(text)).unwrap();
        file.source_code_info = None;
        file
    }

    fn raw(text: &str) -> Bytes {
        let file = InputFile {
            name: "a.proto".into(),
            display: "a.proto".into(),
            content: bytes::Bytes::from(text.to_owned()),
            target: true,
        };
        let input = Input { files: vec![file], ..Input::default() };
        let compiled = compile(&input, &Options::default()).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
        compiled.files.iter().find(|f| &*f.name == "a.proto").unwrap().descriptor.clone()
    }

    #[test]
    fn what_is_printed_compiles_to_the_same() {
        for text in [
            TEXT,
            "syntax = \"proto3\"; message M { optional int32 x = 1; repeated E e = 2; map<int32, E> by = 3; } enum E { Z = 0; }",
        ] {
            let first = compiled(text);
            let set = FileDescriptorSet { file: vec![first.clone()] };
            let printed = texts(&set.encode_to_vec().into()).unwrap();
            assert_eq!(printed[0].name, "a.proto");
            assert_eq!(printed[0].descriptor, first.encode_to_vec());
            assert_eq!(sorted(compiled(&printed[0].text)), sorted(first), "{}", printed[0].text);
        }
    }

    #[test]
    fn what_importers_see_of_an_edition_is_printed() {
        let raw = raw(r#"edition = "2023";
            package acme.v1;
            option features.enum_type = CLOSED;
            message M {
              enum In { ONE = 1; }
              string s = 1 [features.field_presence = LEGACY_REQUIRED];
              N group = 2 [features.message_encoding = DELIMITED];
              repeated int32 n = 3 [features.repeated_field_encoding = EXPANDED];
              In e = 4 [default = ONE];
              reserved old;
              message N { enum Open { option features.enum_type = OPEN; ZERO = 0; } Open o = 1; }
            }
            enum Out { TWO = 2; reserved GONE; }"#);
        let mut set = Vec::new();
        crate::compile::encode::bytes(&mut set, 1, &raw);
        let printed = texts(&set.into()).unwrap();
        let text = &printed[0].text;
        assert_eq!(text.matches("features.enum_type = CLOSED").count(), 2, "{text}");
        assert_eq!(printed[0].descriptor, raw);
        let again = compiled(text);
        assert_eq!(again.message_type[0].field.len(), 4, "{text}");
        assert_eq!(again.message_type[0].reserved_name, ["old"]);
    }

    /// The order of nested declarations of different kinds is not kept.
    fn sorted(mut file: FileDescriptorProto) -> FileDescriptorProto {
        for message in &mut file.message_type {
            message.nested_type.sort_by(|a, b| a.name().cmp(b.name()));
        }
        file
    }

    #[test]
    fn what_is_no_set_is_refused() {
        assert!(texts(&Bytes::from_static(b"\x07nonsense")).is_err());
        assert!(texts(&Bytes::new()).is_err());
    }
}
