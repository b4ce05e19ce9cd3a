//! Descriptor sets and buf images as input: compiled elsewhere, maybe long ago.

use std::borrow::Cow;

use bytes::Bytes;
use rustc_hash::{FxHashMap, FxHashSet};
use thiserror::Error;

use super::output::{self, JsonError};
use super::{Compiled, CompiledFile, Input, InputFile, Options, wire};
use crate::machine::{Packed, inflate};

/// How an image is written. Each may be compressed, which is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The wire format: `.binpb`, `.bin`, `.pb`, `.desc`.
    Binary,
    /// ProtoJSON: `.json`.
    Json,
    /// The text format: `.txtpb`.
    Text,
    /// ProtoJSON as YAML: `.yaml`.
    Yaml,
}

impl Format {
    /// What files whose names end so hold; `ending` is without the dot.
    #[must_use]
    pub fn of(ending: &str) -> Option<Format> {
        Some(match ending {
            "binpb" | "bin" | "pb" | "desc" | "protoset" | "fds" => Format::Binary,
            "json" => Format::Json,
            "txtpb" | "textproto" | "textpb" => Format::Text,
            "yaml" | "yml" => Format::Yaml,
            _ => return None,
        })
    }
}

/// An image that cannot be used.
#[derive(Debug, Error)]
pub enum ImageError {
    /// The bytes are no descriptor set.
    #[error("the bytes are no descriptor set: {0}")]
    Broken(String),
    /// The text is no descriptor set.
    #[error("cannot read the image")]
    Json(#[from] JsonError),
    /// The text is no YAML.
    #[error("the text is no YAML: {0}")]
    Yaml(String),
    /// The compressed bytes are broken.
    #[error("cannot decompress the image")]
    Inflate(#[source] std::io::Error),
    /// It is too large.
    #[error("the image is larger than {MAX_SIZE} bytes")]
    TooLarge,
    /// Two files have one path.
    #[error("the image has `{0}` twice")]
    Duplicate(String),
    /// A file is imported but not there.
    #[error("the image lacks `{import}`, which `{file}` imports")]
    MissingImport {
        /// The file that imports.
        file: String,
        /// The path it imports.
        import: String,
    },
    /// Files import each other.
    #[error("imports in the image go in a circle through `{0}`")]
    Cycle(String),
}

/// The largest image that is read, in bytes, after decompression.
pub const MAX_SIZE: u64 = 2 << 30;

/// Reads a `FileDescriptorSet` or a buf image. Files that a buf image marks as imported are no targets; without
/// marks all files are. Unknown fields stay as they are. Well-known files that are imported but left out are
/// added.
///
/// # Errors
///
/// Bytes that are no such thing, or a set that is not closed under imports.
pub fn read(bytes: &[u8], format: Format) -> Result<Compiled, ImageError> {
    let bytes = match Packed::of(bytes) {
        Some(packed) => {
            Cow::Owned(inflate(bytes.to_vec(), Some(packed), MAX_SIZE).map_err(ImageError::Inflate)?)
        }
        None => Cow::Borrowed(bytes),
    };
    if bytes.len() as u64 > MAX_SIZE {
        return Err(ImageError::TooLarge);
    }
    let (set, imports) = wire_form(bytes, format)?;
    read_binary(&set, &imports)
}

/// The wire form of a set, and the names of the files that are marked as imported where the wire form cannot say it.
fn wire_form(bytes: Cow<'_, [u8]>, format: Format) -> Result<(Bytes, FxHashSet<String>), ImageError> {
    if format == Format::Binary {
        return Ok((bytes.into_owned().into(), FxHashSet::default()));
    }
    let text = std::str::from_utf8(&bytes).map_err(|e| ImageError::Broken(e.to_string()))?;
    if format == Format::Text {
        return Ok((output::from_text(text)?.into(), FxHashSet::default()));
    }
    let json = if format == Format::Yaml { Cow::Owned(json_of(text)?) } else { Cow::Borrowed(text) };
    let (json, imports) = take_marks(&json)?;
    Ok((output::from_json(&json)?.into(), imports))
}

/// The set of any image in its wire form, for whoever looks at its files one by one.
///
/// # Errors
///
/// As [`read`], as far as the bytes are concerned.
pub fn to_wire(bytes: &[u8], format: Format) -> Result<Bytes, ImageError> {
    let bytes = inflate(bytes.to_vec(), None, MAX_SIZE).map_err(ImageError::Inflate)?;
    Ok(wire_form(Cow::Owned(bytes), format)?.0)
}

/// The JSON that a YAML document stands for. Words such as `NO` are words: only `true` and `false` are truth values.
fn json_of(yaml: &str) -> Result<String, ImageError> {
    let most = usize::MAX;
    let allowed = serde_saphyr::budget! { max_events: most, max_nodes: most, max_total_scalar_bytes: most, max_aliases: 0 };
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false, budget: allowed };
    let value: serde_json::Value = serde_saphyr::from_str_with_options(yaml, options)
        .map_err(|e| ImageError::Yaml(e.without_snippet().to_string()))?;
    Ok(value.to_string())
}

/// Takes buf's marks out of the JSON of an image: they are no part of a descriptor set. Gives the names of the
/// marked files.
fn take_marks(text: &str) -> Result<(Cow<'_, str>, FxHashSet<String>), ImageError> {
    if !text.contains("\"bufExtension\"") && !text.contains("\"buf_extension\"") {
        return Ok((Cow::Borrowed(text), FxHashSet::default()));
    }
    let mut json: serde_json::Value = serde_json::from_str(text).map_err(JsonError::from)?;
    let mut imports = FxHashSet::default();
    let files = json.get_mut("file").and_then(|f| f.as_array_mut());
    for file in files.into_iter().flatten().filter_map(|f| f.as_object_mut()) {
        let marks = ["bufExtension", "buf_extension"].iter().find_map(|key| file.remove(*key));
        let is_import = marks.as_ref().and_then(|m| m.get("isImport").or_else(|| m.get("is_import")));
        if is_import.and_then(serde_json::Value::as_bool) == Some(true)
            && let Some(name) = file.get("name").and_then(|n| n.as_str())
        {
            imports.insert(name.to_owned());
        }
    }
    Ok((Cow::Owned(json.to_string()), imports))
}

struct File {
    name: String,
    imports: Vec<String>,
    descriptor: Bytes,
    target: bool,
}

fn read_binary(set: &Bytes, imported: &FxHashSet<String>) -> Result<Compiled, ImageError> {
    let broken = |reason: &str| ImageError::Broken(reason.to_owned());
    let mut files: Vec<File> = Vec::new();
    let mut by_name: FxHashMap<String, usize> = FxHashMap::default();
    for field in wire::fields(set) {
        let field = field.ok_or_else(|| broken("the set ends early, or is none"))?;
        if field.number != 1 {
            continue;
        }
        let bytes = field.bytes().ok_or_else(|| broken("a file is not a message"))?;
        let file = read_file(set.slice_ref(bytes), imported)?;
        if by_name.insert(file.name.clone(), files.len()).is_some() {
            return Err(ImageError::Duplicate(file.name));
        }
        files.push(file);
    }
    add_well_known(&mut files, &mut by_name);
    order(files, &by_name)
}

fn read_file(descriptor: Bytes, imported: &FxHashSet<String>) -> Result<File, ImageError> {
    let broken = |reason: &str| ImageError::Broken(reason.to_owned());
    let text = |bytes: Option<&[u8]>| -> Result<String, ImageError> {
        let bytes = bytes.ok_or_else(|| broken("a name is not a string"))?;
        String::from_utf8(bytes.to_vec()).map_err(|_| broken("a name is not valid UTF-8"))
    };
    let mut name = None;
    let mut imports = Vec::new();
    let mut is_import = false;
    for field in wire::fields(&descriptor) {
        let field = field.ok_or_else(|| broken("a file ends early, or is none"))?;
        match field.number {
            1 => name = Some(text(field.bytes())?),
            wire::DEPENDENCY => imports.push(text(field.bytes())?),
            wire::BUF_EXTENSION => {
                for mark in wire::fields(field.bytes().unwrap_or_default()).flatten() {
                    if mark.number == 1 {
                        is_import = mark.varint() == Some(1);
                    }
                }
            }
            _ => {}
        }
    }
    let name = name.ok_or_else(|| broken("a file has no name"))?;
    let target = !is_import && !imported.contains(&name);
    Ok(File { name, imports, descriptor, target })
}

/// Sets are often written without what every protobuf program has anyway.
fn add_well_known(files: &mut Vec<File>, by_name: &mut FxHashMap<String, usize>) {
    let missing: Vec<&str> = files.iter().flat_map(|f| &f.imports).map(String::as_str).collect();
    let mut missing: Vec<&str> =
        super::well_known::names().filter(|n| missing.contains(n) && !by_name.contains_key(*n)).collect();
    missing.dedup();
    if missing.is_empty() {
        return;
    }
    let input = Input {
        files: missing
            .iter()
            .map(|name| InputFile {
                name: (*name).into(),
                display: (*name).into(),
                content: super::well_known::text(name).unwrap_or_default().into(),
                target: true,
            })
            .collect(),
        ..Input::default()
    };
    // The newest of them need protoc; where there is none, the file stays missing and is reported as such.
    let Ok(compiled) = super::compile(&input, &Options::default()) else { return };
    for file in compiled.files {
        if by_name.contains_key(&*file.name) {
            continue;
        }
        if let Ok(read) = read_file(file.descriptor, &FxHashSet::default()) {
            by_name.insert(read.name.clone(), files.len());
            files.push(File { target: false, ..read });
        }
    }
}

/// Imports before importers, whatever order the set has.
fn order(files: Vec<File>, by_name: &FxHashMap<String, usize>) -> Result<Compiled, ImageError> {
    let mut entered = vec![false; files.len()];
    let mut done = vec![false; files.len()];
    let mut sequence = Vec::with_capacity(files.len());
    let mut stack: Vec<(usize, usize)> = Vec::new();
    for first in 0..files.len() {
        if entered[first] {
            continue;
        }
        entered[first] = true;
        stack.push((first, 0));
        while let Some((file, next)) = stack.last_mut() {
            let file = *file;
            let Some(import) = files[file].imports.get(*next) else {
                done[file] = true;
                sequence.push(file);
                stack.pop();
                continue;
            };
            *next += 1;
            let Some(&import_index) = by_name.get(import) else {
                return Err(ImageError::MissingImport {
                    file: files[file].name.clone(),
                    import: import.clone(),
                });
            };
            if !entered[import_index] {
                entered[import_index] = true;
                stack.push((import_index, 0));
            } else if !done[import_index] {
                return Err(ImageError::Cycle(import.clone()));
            }
        }
    }
    let mut files: Vec<Option<File>> = files.into_iter().map(Some).collect();
    let take = |index: usize| files[index].take();
    let compiled = sequence.into_iter().filter_map(take).map(|file| CompiledFile {
        display: file.name.as_str().into(),
        name: file.name.into(),
        descriptor: file.descriptor,
        target: file.target,
        default_visibility: None,
    });
    Ok(Compiled { files: compiled.collect(), ..Compiled::default() })
}
