//! serde for messages of prost, as pbjson writes it: a plugin that is part of protopact.
//!
//! pbjson itself is made for build scripts. Here it is given a request and answers as plugins do, one file a package:
//! `user.v1.serde.rs`, which stands beside what prost writes.

use std::collections::BTreeMap;

use prost::Message as _;
use prost_types::DescriptorProto;
use prost_types::compiler::CodeGeneratorRequest;
use prost_types::compiler::code_generator_response::File;

/// Where the well-known types come from: prost's own have no serde.
pub(super) const WELL_KNOWN: &str = "::pbjson_types";

/// The parameter that says where a type comes from which is not made here: `extern_path=.user.v1.User=::users::User`, as
/// prost's plugin has it.
pub(super) const EXTERN: &str = "extern_path";

/// Answers a request.
///
/// # Errors
///
/// The request is none, or pbjson cannot write what it wants to.
pub(super) fn execute(request: &[u8]) -> Result<Vec<File>, String> {
    let request = CodeGeneratorRequest::decode(request).map_err(|e| e.to_string())?;
    let mut builder = pbjson_build::Builder::new();
    builder.extern_path(".google.protobuf", WELL_KNOWN);
    for parameter in request.parameter().split(',').filter(|parameter| !parameter.is_empty()) {
        let said = parameter.strip_prefix(EXTERN).and_then(|rest| rest.strip_prefix('='));
        let (name, path) = said.and_then(|said| said.split_once('=')).ok_or_else(|| {
            format!("`{parameter}` is no parameter of it: `{EXTERN}=.user.v1.User=::users::User`")
        })?;
        builder.extern_path(name, path);
    }
    let mut types: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for file in &request.proto_file {
        // It takes a package for granted; a file without one has no types here.
        let mut known = file.clone();
        known.package.get_or_insert_default();
        known.message_type.iter_mut().for_each(escape_keys);
        builder.register_file_descriptor(known);
        if !request.file_to_generate.iter().any(|name| name == file.name()) {
            continue;
        }
        let names = file.message_type.iter().map(|m| m.name());
        let names = names.chain(file.enum_type.iter().map(|e| e.name()));
        types
            .entry(file.package())
            .or_default()
            .extend(names.map(|name| format!(".{}.{name}", file.package())));
    }
    let mut files = Vec::new();
    for (package, types) in types.into_iter().filter(|(_, types)| !types.is_empty()) {
        let parts = builder.generate(&types, |_| Ok(Vec::<u8>::new())).map_err(|e| e.to_string())?;
        let mut content = String::new();
        for (_, part) in parts {
            content.push_str(std::str::from_utf8(&part).map_err(|e| e.to_string())?);
        }
        let name = Some(format!("{package}.serde.rs"));
        files.push(File { name, content: Some(rooted(&content)), ..File::default() });
    }
    Ok(files)
}

/// Writes JSON keys as they stand in a string of Rust. pbjson-build 0.9.0 puts them between quotes as they are, and a key may
/// be anything.
fn escape_keys(message: &mut DescriptorProto) {
    for key in message.field.iter_mut().filter_map(|field| field.json_name.as_mut()) {
        *key = key.escape_debug().to_string();
    }
    message.nested_type.iter_mut().for_each(escape_keys);
}

/// Crates, and what pbjson-build 0.9.0 names of them. A module beside the code may be called like the crate (`a.std` is one of
/// the package `a`, and a message `Std` with types in it has one); what it holds is told apart by its name.
const CRATES: [(&str, &[&str]); 3] = [
    ("pbjson", &["private"]),
    ("serde", &["Deserialize", "Deserializer", "Serialize", "Serializer", "de", "ser"]),
    ("std", &["collections", "fmt", "option", "result"]),
];

/// The code with crates named from the root, outside of strings.
fn rooted(code: &str) -> String {
    let mut out = String::with_capacity(code.len() + code.len() / 16);
    let is_in_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let len = if c == '"' {
            string(rest)
        } else if is_in_name(c) {
            let len = rest.find(|c| !is_in_name(c)).unwrap_or(rest.len());
            let below = out.ends_with("::") || out.ends_with('\'');
            let parts =
                CRATES.iter().find(|(name, _)| *name == &rest[..len]).map_or(&[][..], |(_, parts)| *parts);
            let part = rest[len..].strip_prefix("::").unwrap_or_default();
            let part = &part[..part.find(|c| !is_in_name(c)).unwrap_or(part.len())];
            if parts.contains(&part) && !below {
                out.push_str("::");
            }
            len
        } else {
            c.len_utf8()
        };
        out.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    out
}

/// How long the string is that a text begins with, in bytes.
fn string(text: &str) -> usize {
    let mut escaped = true;
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => return at + 1,
            '\\' if !escaped => escaped = true,
            _ => escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use prost_types::FieldDescriptorProto;

    use super::*;

    #[test]
    fn crates_are_named_from_the_root_and_strings_are_left_alone() {
        for (code, expected) in [
            ("impl serde::Serialize for M", "impl ::serde::Serialize for M"),
            ("-> std::fmt::Result<::pbjson::A>", "-> ::std::fmt::Result<::pbjson::A>"),
            ("my_std::fmt a::std::fmt std_x::fmt 'std::fmt", "my_std::fmt a::std::fmt std_x::fmt 'std::fmt"),
            (r#"("std::fmt\"std::fmt\\", std::fmt)"#, r#"("std::fmt\"std::fmt\\", ::std::fmt)"#),
            ("\"std::fmt", "\"std::fmt"),
            ("é std::fmt", "é ::std::fmt"),
            ("pbjson::N serde::M std::formatter std", "pbjson::N serde::M std::formatter std"),
        ] {
            assert_eq!(rooted(code), expected);
        }
    }

    #[test]
    fn a_key_is_a_string_of_rust() {
        let field =
            |key: &str| FieldDescriptorProto { json_name: Some(key.to_owned()), ..Default::default() };
        let inner = DescriptorProto { field: vec![field("a\"b\\\n")], ..Default::default() };
        let mut message =
            DescriptorProto { field: vec![field("plain")], nested_type: vec![inner], ..Default::default() };
        escape_keys(&mut message);
        assert_eq!(message.field[0].json_name(), "plain");
        assert_eq!(message.nested_type[0].field[0].json_name(), r#"a\"b\\\n"#);
    }
}
