//! Writes the `FileDescriptorProto` of a linked file, field by field in the order of their numbers, as protoc
//! does.

use super::Context;
use super::options::Interpreted;
use super::resolve::Ref;
use super::symbols::Symbol;
use crate::compile::encode;
use crate::compile::names::json_name;
use crate::compile::parse::SourceInfo;
use crate::compile::parse::ast::{self, Opt, Syntax, Type};

struct Emitter<'a, 's> {
    context: &'a Context<'a, 's>,
    file: u32,
    ast: &'a ast::File<'s>,
    options: Interpreted,
    /// For names that have to be put together.
    scratch: String,
}

pub(super) fn file(context: &Context<'_, '_>, file: u32, options: Interpreted, info: SourceInfo) -> Vec<u8> {
    let unit = &context.units[file as usize];
    let ast = &unit.ast;
    let info = info.finish(&options.fates);
    let mut out = Vec::with_capacity(info.len() + unit.text.len() / 4 + 64);
    let mut emitter = Emitter { context, file, ast, options, scratch: String::new() };
    encode::bytes(&mut out, 1, unit.name.as_bytes());
    if !ast.package.is_empty() {
        encode::bytes(&mut out, 2, ast.package.as_bytes());
    }
    for import in &ast.imports {
        encode::bytes(&mut out, 3, import.path.as_bytes());
    }
    for &index in &ast.top_messages {
        encode::nested(&mut out, 4, |out| emitter.message(index, out));
    }
    for &index in &ast.top_enums {
        encode::nested(&mut out, 5, |out| emitter.enum_(index, out));
    }
    for index in 0..ast.services.len() {
        encode::nested(&mut out, 6, |out| emitter.service(index, out));
    }
    for &index in &ast.top_extensions {
        encode::nested(&mut out, 7, |out| emitter.field(index, out));
    }
    emitter.options(8, &ast.options, &mut out);
    encode::bytes(&mut out, 9, &info);
    drop(info);
    for (number, wanted) in [(10, true), (11, false)] {
        for (i, import) in ast.imports.iter().enumerate() {
            if if wanted { import.public } else { import.weak } {
                encode::int_field(&mut out, number, i as i32);
            }
        }
    }
    if ast.syntax == Syntax::Proto3 {
        encode::bytes(&mut out, 12, b"proto3");
    }
    out.shrink_to_fit();
    out
}

impl Emitter<'_, '_> {
    fn options(&mut self, number: u32, options: &[Opt<'_>], out: &mut Vec<u8>) {
        if let Some(first) = options.first() {
            let bytes = &self.options.bytes[first.id as usize];
            // Nothing is left if all of them are for compilers only.
            if !bytes.is_empty() {
                encode::bytes(out, number, bytes);
            }
        }
    }

    fn message(&mut self, index: u32, out: &mut Vec<u8>) {
        let message = &self.ast.messages[index as usize];
        encode::bytes(out, 1, message.name.as_bytes());
        for &field in &message.fields {
            encode::nested(out, 2, |out| self.field(field, out));
        }
        for &nested in &message.messages {
            encode::nested(out, 3, |out| self.message(nested, out));
        }
        for &nested in &message.enums {
            encode::nested(out, 4, |out| self.enum_(nested, out));
        }
        for range in &message.extension_ranges {
            encode::nested(out, 5, |out| {
                encode::int_field(out, 1, range.range.start);
                encode::int_field(out, 2, range.range.end);
                let options = &message.extension_ranges[range.options_of as usize].options;
                self.options(3, options, out);
            });
        }
        for &extension in &message.extensions {
            encode::nested(out, 6, |out| self.field(extension, out));
        }
        if message.map_entry {
            encode::nested(out, 7, |out| encode::bool_field(out, 7, true));
        } else {
            self.options(7, &message.options, out);
        }
        for oneof in &message.oneofs {
            encode::nested(out, 8, |out| {
                encode::bytes(out, 1, oneof.name.as_bytes());
                self.options(2, &oneof.options, out);
            });
        }
        for range in &message.reserved_ranges {
            encode::nested(out, 9, |out| {
                encode::int_field(out, 1, range.start);
                encode::int_field(out, 2, range.end);
            });
        }
        for (name, _) in &message.reserved_names {
            encode::bytes(out, 10, name.as_bytes());
        }
    }

    fn type_name(&mut self, number: u32, symbol: Symbol, out: &mut Vec<u8>) {
        self.scratch.clear();
        self.scratch.push('.');
        self.scratch += &super::resolve::full_type_name(self.context.units, symbol);
        encode::bytes(out, number, self.scratch.as_bytes());
    }

    fn field(&mut self, index: u32, out: &mut Vec<u8>) {
        let field = &self.ast.fields[index as usize];
        encode::bytes(out, 1, field.name.as_bytes());
        let types = &self.context.types.files[self.file as usize];
        if let Some(&extendee) = types.extendees.get(&index) {
            self.type_name(2, Symbol::Message(extendee), out);
        }
        encode::int_field(out, 3, field.number);
        encode::int_field(out, 4, field.label as i32);
        let (ty, named) = match types.fields[index as usize] {
            Ref::Message(id) => (field.ty.unwrap_or(Type::Message), Some(Symbol::Message(id))),
            Ref::Enum(id) => (Type::Enum, Some(Symbol::Enum(id))),
            Ref::Scalar | Ref::Missing => (field.ty.unwrap_or(Type::Message), None),
        };
        encode::int_field(out, 5, ty as i32);
        if let Some(symbol) = named {
            self.type_name(6, symbol, out);
        }
        if let Some((default, _)) = field.default() {
            encode::bytes(out, 7, default_text(default, ty).as_bytes());
        }
        self.options(8, &field.options, out);
        if let Some(oneof) = field.oneof {
            encode::int_field(out, 9, oneof as i32);
        }
        match field.json_name() {
            Some((name, _)) => encode::bytes(out, 10, name.as_bytes()),
            None => encode::bytes(out, 10, json_name(&field.name).as_bytes()),
        }
        if field.proto3_optional {
            encode::bool_field(out, 17, true);
        }
    }

    fn enum_(&mut self, index: u32, out: &mut Vec<u8>) {
        let enum_ = &self.ast.enums[index as usize];
        encode::bytes(out, 1, enum_.name.as_bytes());
        for value in &enum_.values {
            encode::nested(out, 2, |out| {
                encode::bytes(out, 1, value.name.as_bytes());
                encode::int_field(out, 2, value.number);
                self.options(3, &value.options, out);
            });
        }
        self.options(3, &enum_.options, out);
        for range in &enum_.reserved_ranges {
            encode::nested(out, 4, |out| {
                encode::int_field(out, 1, range.start);
                encode::int_field(out, 2, range.end);
            });
        }
        for (name, _) in &enum_.reserved_names {
            encode::bytes(out, 5, name.as_bytes());
        }
    }

    fn service(&mut self, index: usize, out: &mut Vec<u8>) {
        let service = &self.ast.services[index];
        encode::bytes(out, 1, service.name.as_bytes());
        for (i, method) in service.methods.iter().enumerate() {
            encode::nested(out, 2, |out| {
                encode::bytes(out, 1, method.name.as_bytes());
                let (input, output) = self.context.types.files[self.file as usize].methods[index][i];
                for (number, reference) in [(2, input), (3, output)] {
                    if let Ref::Message(id) = reference {
                        self.type_name(number, Symbol::Message(id), out);
                    }
                }
                if method.body && method.options.is_empty() {
                    encode::bytes(out, 4, &[]);
                }
                self.options(4, &method.options, out);
                if method.client_streaming {
                    encode::bool_field(out, 5, true);
                }
                if method.server_streaming {
                    encode::bool_field(out, 6, true);
                }
            });
        }
        self.options(3, &service.options, out);
    }
}

/// A default value as descriptors hold it: numbers in their shortest decimal form, bytes with C escapes.
fn default_text(default: &ast::Default, ty: Type) -> String {
    match default {
        ast::Default::Signed(n) => n.to_string(),
        ast::Default::Unsigned(n) => n.to_string(),
        ast::Default::Float(n) if ty == Type::Float => {
            float_text(f64::from(*n as f32), 6, 9, |s| s.parse::<f32>().is_ok_and(|back| back == *n as f32))
        }
        ast::Default::Float(n) => float_text(*n, 15, 17, |s| s.parse::<f64>().is_ok_and(|back| back == *n)),
        ast::Default::Bool(b) => b.to_string(),
        ast::Default::Bytes(bytes) if ty == Type::Bytes => c_escape(bytes),
        ast::Default::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ast::Default::Name(name) => name.clone(),
    }
}

/// A number with as few of two precisions as give it back, written as C's `%g` does.
fn float_text(value: f64, short: usize, long: usize, exact: impl Fn(&str) -> bool) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let text = general(value, short);
    if exact(&text) { text } else { general(value, long) }
}

fn general(value: f64, precision: usize) -> String {
    let scientific = format!("{value:.*e}", precision - 1);
    let (mantissa, exponent) = scientific.split_once('e').expect("`e` formatting has an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a number");
    let trim = |s: &str| match s.contains('.') {
        true => s.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => s.to_owned(),
    };
    if exponent < -4 || exponent >= precision as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trim(mantissa), exponent.abs());
    }
    trim(&format!("{value:.*}", (precision as i32 - 1 - exponent).max(0) as usize))
}

fn c_escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\n' => out += "\\n",
            b'\r' => out += "\\r",
            b'\t' => out += "\\t",
            b'"' => out += "\\\"",
            b'\'' => out += "\\'",
            b'\\' => out += "\\\\",
            0x20..=0x7e => out.push(byte as char),
            _ => out += &format!("\\{byte:03o}"),
        }
    }
    out
}
