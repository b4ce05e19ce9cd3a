//! Descriptors as the text that they could have been compiled from, for files that are only there to be imported.
//!
//! What others can see is kept: names, numbers, types, defaults, ranges, the options of the language. Options that
//! somebody else defined, comments and the order of declarations of different kinds are not.

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
/// The bytes are no set, or a file of it declares an edition, whose features text cannot give back.
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
        match (file.name(), file.syntax()) {
            ("", _) => Err("a file of it has no name".to_owned()),
            (name, "" | "proto2" | "proto3") => {
                Ok(Printed { name: name.to_owned(), text: text(&file), descriptor })
            }
            (name, _) => Err(format!("`{name}` declares an edition")),
        }
    });
    printed.collect()
}

fn text(file: &FileDescriptorProto) -> String {
    let mut printer = Printer { out: String::new(), depth: 0, proto3: file.syntax() == "proto3" };
    printer.line(&format!("syntax = \"{}\";", if printer.proto3 { "proto3" } else { "proto2" }));
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
            ("java_string_check_utf8", options.java_string_check_utf8),
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

struct Printer {
    out: String,
    depth: usize,
    proto3: bool,
}

impl Printer {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{:indent$}{text}", "", indent = self.depth * 2);
    }

    fn message(&mut self, message: &DescriptorProto, head: &str) {
        self.line(&format!("{head} {{"));
        self.depth += 1;
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
                || message.field.iter().chain(&message.extension).any(|f| is_group_of(f, nested))
        };
        for nested in message.nested_type.iter().filter(|n| !inline(n)) {
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
            self.line(&format!("reserved {};", quoted(name)));
        }
        self.extensions(&message.extension, &message.nested_type);
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
            Label::Required => "required ",
            Label::Optional if self.proto3 && !field.proto3_optional() => "",
            Label::Optional => "optional ",
        };
        if let Some(group) = nested.iter().find(|n| is_group_of(field, n)) {
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
            options.extend(set.packed.map(|packed| format!("packed = {packed}")));
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
        for value in &enum_.value {
            self.line(&format!("{} = {};", value.name(), value.number()));
        }
        for range in &enum_.reserved_range {
            self.line(&format!("reserved {} to {};", range.start(), range.end()));
        }
        for name in &enum_.reserved_name {
            self.line(&format!("reserved {};", quoted(name)));
        }
        self.depth -= 1;
        self.line("}");
    }
}

fn is_group_of(field: &FieldDescriptorProto, message: &DescriptorProto) -> bool {
    field.r#type() == Type::Group && field.type_name().ends_with(&format!(".{}", message.name()))
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
        let file = InputFile {
            name: "a.proto".into(),
            display: "a.proto".into(),
            content: bytes::Bytes::from(text.to_owned()),
            target: true,
        };
        let input = Input { files: vec![file], ..Input::default() };
        let compiled = compile(&input, &Options::default()).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
        let file = compiled.files.iter().find(|f| &*f.name == "a.proto").unwrap();
        let mut file = FileDescriptorProto::decode(&*file.descriptor).unwrap();
        file.source_code_info = None;
        file
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
