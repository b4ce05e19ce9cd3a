//! serde for messages of prost, as pbjson writes it: a plugin that is part of protopact.
//!
//! pbjson itself is made for build scripts. Here it is given a request and answers as plugins do, one file a package:
//! `user.v1.serde.rs`, which stands beside what prost writes.

use std::collections::BTreeMap;

use prost::Message as _;
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
        files.push(File { name, content: Some(content), ..File::default() });
    }
    Ok(files)
}
