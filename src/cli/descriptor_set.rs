//! Compiled files as a `FileDescriptorSet`.
//!
//! The descriptors are copied byte by byte, so that nothing a compiler wrote is lost on the way, whatever this
//! program knows about it.

use std::io::{self, Write};
use std::sync::Arc;

use buffa::Message as _;
use buffa_descriptor::DescriptorPool;
use buffa_descriptor::generated::descriptor::FileDescriptorSet;
use buffa_descriptor::reflect::DynamicMessage;
use protox::file::{FileResolver as _, GoogleFileResolver};

use super::error::{CliError, ErrorKind};
use crate::compile::CompiledFile;

/// What goes into a set.
#[derive(Clone, Copy, Debug)]
pub(super) struct Content {
    /// Files that are only imported.
    pub(super) imports: bool,
    /// Comments and positions.
    pub(super) source_info: bool,
}

/// The field of `FileDescriptorSet` that holds the files.
const FILE: u64 = 1;
/// The field of `FileDescriptorProto` that holds comments and positions.
const SOURCE_CODE_INFO: u64 = 9;
/// Wire types, <https://protobuf.dev/programming-guides/encoding/#structure>.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH_DELIMITED: u64 = 2;
const FIXED32: u64 = 5;

/// Writes the set in binary.
///
/// # Errors
///
/// Those of `out`.
pub(super) fn write_binary(files: &[CompiledFile], content: Content, out: &mut dyn Write) -> io::Result<()> {
    for file in files.iter().filter(|f| content.imports || f.target) {
        let parts = match content.source_info {
            true => vec![&*file.descriptor],
            false => without_source_info(&file.descriptor).map_err(|()| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("the descriptor of `{}` is broken", file.name),
                )
            })?,
        };
        let mut head = Vec::with_capacity(12);
        push_varint(FILE << 3 | LENGTH_DELIMITED, &mut head);
        push_varint(parts.iter().map(|p| p.len() as u64).sum(), &mut head);
        out.write_all(&head)?;
        for part in parts {
            out.write_all(part)?;
        }
    }
    Ok(())
}

fn push_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The stretches of an encoded file descriptor that are not source info.
fn without_source_info(bytes: &[u8]) -> Result<Vec<&[u8]>, ()> {
    let mut parts = Vec::new();
    // From where bytes are kept, and where the next field begins.
    let (mut kept, mut at) = (0, 0);
    while at < bytes.len() {
        let start = at;
        let tag = varint(bytes, &mut at)?;
        let skip = match tag & 7 {
            VARINT => varint(bytes, &mut at).map(|_| 0)?,
            FIXED64 => 8,
            FIXED32 => 4,
            LENGTH_DELIMITED => varint(bytes, &mut at)?,
            // Groups are not in FileDescriptorProto, and no compiler writes unknown ones.
            _ => return Err(()),
        };
        at = usize::try_from(skip)
            .ok()
            .and_then(|n| at.checked_add(n))
            .filter(|&n| n <= bytes.len())
            .ok_or(())?;
        if tag >> 3 == SOURCE_CODE_INFO {
            parts.push(&bytes[kept..start]);
            kept = at;
        }
    }
    parts.push(&bytes[kept..]);
    Ok(parts)
}

fn varint(bytes: &[u8], at: &mut usize) -> Result<u64, ()> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at).ok_or(())?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(())
}

/// The set as ProtoJSON, custom options by their names in brackets.
///
/// # Errors
///
/// The set holds what JSON cannot say: options whose definition is not among the files.
pub(super) fn json(files: &[CompiledFile], content: Content) -> Result<String, CliError> {
    let bug = |e: &dyn std::fmt::Display| {
        CliError::new(ErrorKind::Bug, format!("cannot write the set as JSON: {e}"))
    };
    let mut bytes = Vec::new();
    write_binary(files, content, &mut bytes).map_err(|e| bug(&e))?;
    // The names of options come out of the files themselves, left-out ones included.
    let mut all = Vec::new();
    write_binary(files, Content { imports: true, source_info: false }, &mut all).map_err(|e| bug(&e))?;
    const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";
    if !files.iter().any(|f| &*f.name == DESCRIPTOR) {
        let file = GoogleFileResolver::new().open_file(DESCRIPTOR).map_err(|e| bug(&e))?;
        let file = CompiledFile {
            name: DESCRIPTOR.into(),
            display: DESCRIPTOR.into(),
            descriptor: prost::Message::encode_to_vec(file.file_descriptor_proto()).into(),
            target: false,
        };
        write_binary(&[file], Content { imports: true, source_info: false }, &mut all)
            .map_err(|e| bug(&e))?;
    }
    let set = FileDescriptorSet::decode_from_slice(&all).map_err(|e| bug(&e))?;
    let pool = Arc::new(DescriptorPool::new(set).map_err(|e| bug(&e))?);
    let index = pool
        .message_index("google.protobuf.FileDescriptorSet")
        .ok_or_else(|| bug(&"no FileDescriptorSet"))?;
    let message = DynamicMessage::decode(pool, index, &bytes).map_err(|e| bug(&e))?;
    let mut text = serde_json::to_string_pretty(&message).map_err(|e| bug(&e))?;
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{Input, InputFile, Options, compile};

    fn compiled() -> Vec<CompiledFile> {
        let file = |name: &str, target, text: &str| InputFile {
            name: name.into(),
            display: name.into(),
            content: text.to_owned().into(),
            target,
        };
        let files = vec![
            file(
                "a.proto",
                true,
                "syntax = \"proto3\";\npackage a;\nimport \"opt.proto\";\n// Said about A.\nmessage A { string s = 1 [(o.note) = \"n\"]; }\n",
            ),
            file(
                "opt.proto",
                false,
                "syntax = \"proto2\";\npackage o;\nimport \"google/protobuf/descriptor.proto\";\nextend google.protobuf.FieldOptions { optional string note = 50000; }\n",
            ),
        ];
        compile(&Input { files, roots: Vec::new() }, &Options::default()).unwrap().files
    }

    fn binary(content: Content) -> Vec<u8> {
        let mut out = Vec::new();
        write_binary(&compiled(), content, &mut out).unwrap();
        out
    }

    #[test]
    fn nothing_is_lost_and_only_what_was_asked_for_is_left_out() {
        let full =
            FileDescriptorSet::decode_from_slice(&binary(Content { imports: true, source_info: true }))
                .unwrap();
        assert!(full.file.iter().any(|f| f.name.as_deref() == Some("opt.proto")));
        let own =
            FileDescriptorSet::decode_from_slice(&binary(Content { imports: false, source_info: true }))
                .unwrap();
        assert_eq!(own.file.iter().map(|f| f.name.as_deref()).collect::<Vec<_>>(), [Some("a.proto")]);
        let bare =
            FileDescriptorSet::decode_from_slice(&binary(Content { imports: true, source_info: false }))
                .unwrap();
        let stripped = full.file.iter().cloned().map(|mut f| {
            f.source_code_info = Default::default();
            f
        });
        assert_eq!(bare.file, stripped.collect::<Vec<_>>());
        assert!(own.file[0].source_code_info.is_set());
    }

    #[test]
    fn json_names_custom_options() {
        let text = json(&compiled(), Content { imports: false, source_info: true }).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["file"].as_array().unwrap().len(), 1);
        assert_eq!(value["file"][0]["messageType"][0]["field"][0]["options"]["[o.note]"], "n");
        assert!(text.contains("Said about A."));
        let bare = json(&compiled(), Content { imports: false, source_info: false }).unwrap();
        assert!(!bare.contains("sourceCodeInfo"));
    }

    #[test]
    fn a_broken_descriptor_is_an_error() {
        assert!(without_source_info(&[0x0a, 5, 1]).is_err());
        assert!(without_source_info(&[0x0b]).is_err());
        assert!(without_source_info(&[0xff; 11]).is_err());
        assert_eq!(without_source_info(&[]).unwrap().concat(), b"");
    }
}
