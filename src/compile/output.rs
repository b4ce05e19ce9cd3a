//! Compiled files as a `FileDescriptorSet`, in wire form and as JSON.

use std::sync::Arc;

use buffa::DecodeOptions;
use buffa_descriptor::generated::descriptor::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
};
use buffa_descriptor::{DescriptorPool, DynamicMessage};
use thiserror::Error;

use super::{Compiled, Input, InputFile, Options, encode, text_format, well_known, wire};

/// What goes into a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetOptions {
    /// Files that the contract does not own but imports.
    pub include_imports: bool,
    /// Positions and comments.
    pub include_source_info: bool,
}

/// A set that cannot be written as JSON, or read from it or from the text format.
#[derive(Debug, Error)]
pub enum JsonError {
    /// The descriptors do not hold together.
    #[error("the descriptors do not hold together: {0}")]
    Descriptors(String),
    /// A value has no JSON form, or the JSON is not that of a descriptor set.
    #[error("not the JSON of a descriptor set")]
    Json(#[from] serde_json::Error),
    /// The text is not that of a descriptor set.
    #[error("not the text format of a descriptor set")]
    Text(#[from] text_format::TextError),
}

/// Writes an encoded `FileDescriptorSet`. Nothing in it is decoded, so nothing is lost.
pub fn descriptor_set(compiled: &Compiled, options: SetOptions) -> Vec<u8> {
    let size: usize = compiled.files.iter().map(|f| f.descriptor.len() + 6).sum();
    let mut out = Vec::with_capacity(if options.include_source_info { size } else { size / 2 });
    for file in compiled.files.iter().filter(|f| f.target || options.include_imports) {
        if options.include_source_info {
            encode::bytes(&mut out, 1, &file.descriptor);
        } else {
            encode::nested(&mut out, 1, |out| {
                for field in wire::fields(&file.descriptor).flatten() {
                    if field.number != wire::SOURCE_INFO {
                        out.extend_from_slice(field.whole);
                    }
                }
            });
        }
    }
    out
}

/// Writes the ProtoJSON of a `FileDescriptorSet`. Custom options are written as `[full.name]`, since the files
/// that define them are at hand.
///
/// # Errors
///
/// Descriptors that do not hold together; those out of a compiler do.
pub fn descriptor_set_json(compiled: &Compiled, options: SetOptions) -> Result<String, JsonError> {
    let bare = SetOptions { include_imports: true, include_source_info: false };
    let pool = pool(&descriptor_set(compiled, bare))?;
    let set = descriptor_set(compiled, options);
    let message = DynamicMessage::decode_with_options(pool.0, pool.1, &set, &trusting())
        .map_err(|e| JsonError::Descriptors(e.to_string()))?;
    Ok(message.to_json()? + "\n")
}

/// Reads the text format of a `FileDescriptorSet` or buf image; gives it in wire form.
pub(super) fn from_text(text: &str) -> Result<Vec<u8>, JsonError> {
    let base = pool(&[])?;
    let plain = text_format::to_wire(text, &base.0, base.1, true)?;
    let full = pool(&without_source_info(&plain))?;
    Ok(text_format::to_wire(text, &full.0, full.1, false)?)
}

/// Reads the ProtoJSON of a `FileDescriptorSet`; gives it in wire form.
pub(super) fn from_json(text: &str) -> Result<Vec<u8>, JsonError> {
    // The options can only be read once the extensions are known, which are in the same text.
    let base = pool(&[])?;
    let plain = DynamicMessage::from_json_ignoring_unknown(base.0, base.1, text)?.encode_to_vec();
    let full = pool(&without_source_info(&plain))?;
    Ok(DynamicMessage::from_json(full.0, full.1, text)?.encode_to_vec())
}

fn without_source_info(set: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(set.len() / 2);
    for field in wire::fields(set).flatten() {
        let Some(file) = field.bytes() else { continue };
        encode::nested(&mut out, 1, |out| {
            let kept = wire::fields(file).flatten().filter(|f| f.number != wire::SOURCE_INFO);
            kept.for_each(|f| out.extend_from_slice(f.whole));
        });
    }
    out
}

/// The limits of the decoder are for strangers; these bytes are ours, or were measured before.
fn trusting() -> DecodeOptions {
    DecodeOptions::new()
        .with_element_memory_limit(usize::MAX)
        .with_unknown_field_limit(usize::MAX)
        .with_max_message_size(i32::MAX as usize)
}

/// A pool of the files in a set and of `descriptor.proto`, with the index of `FileDescriptorSet` in it.
fn pool(set: &[u8]) -> Result<(Arc<DescriptorPool>, buffa_descriptor::MessageIndex), JsonError> {
    let broken = |reason: String| JsonError::Descriptors(reason);
    let mut set =
        trusting().decode_from_slice::<FileDescriptorSet>(set).map_err(|e| broken(e.to_string()))?;
    // An image that holds only what somebody asked for has a part of it.
    let is_whole = |f: &FileDescriptorProto| {
        f.message_type.iter().any(|m| m.name.as_deref() == Some("FileDescriptorSet"))
    };
    let is_it = |f: &FileDescriptorProto| f.name.as_deref() == Some(DESCRIPTOR);
    if !set.file.iter().any(|f| is_it(f) && is_whole(f)) {
        set.file.retain(|f| !is_it(f));
        let own = trusting()
            .decode_from_slice::<FileDescriptorSet>(&own_descriptor())
            .map_err(|e| broken(e.to_string()))?;
        set.file.splice(0..0, own.file);
    }
    for file in &mut set.file {
        fit(&mut file.message_type, &mut file.extension);
    }
    let pool = DescriptorPool::new(set).map_err(|e| broken(e.to_string()))?;
    let index = pool
        .message_index("google.protobuf.FileDescriptorSet")
        .ok_or_else(|| broken("`google.protobuf.FileDescriptorSet` is missing".to_owned()))?;
    Ok((Arc::new(pool), index))
}

/// Makes messages fit into a pool, which is stricter than the language: it takes no more fields than the C++
/// runtime, and no extension numbers that only message sets allow. What is cut off is only missing if somebody
/// uses such a message as the type of a custom option.
fn fit(messages: &mut [DescriptorProto], extensions: &mut Vec<FieldDescriptorProto>) {
    extensions.retain(|e| e.number.unwrap_or_default() <= 536_870_911);
    for message in messages {
        message.field.truncate(65_535);
        fit(&mut message.nested_type, &mut message.extension);
    }
}

const DESCRIPTOR: &str = "google/protobuf/descriptor.proto";

/// The set of the built-in `descriptor.proto` alone.
fn own_descriptor() -> Vec<u8> {
    let input = Input {
        files: vec![InputFile {
            name: DESCRIPTOR.into(),
            display: DESCRIPTOR.into(),
            content: well_known::text(DESCRIPTOR).unwrap_or_default().into(),
            target: true,
        }],
        ..Input::default()
    };
    let compiled = super::compile(&input, &Options::default()).expect("the built-in file compiles");
    descriptor_set(&compiled, SetOptions { include_imports: true, include_source_info: false })
}
