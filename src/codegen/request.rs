//! The plugin protocol: `CodeGeneratorRequest` in, `CodeGeneratorResponse` out.
//!
//! <https://github.com/protocolbuffers/protobuf/blob/v36.2/src/google/protobuf/compiler/plugin.proto>. Requests are
//! written around the descriptors' own bytes: nothing in them is decoded, so nothing is lost.

use std::collections::BTreeSet;

use bytes::Bytes;
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint, key_len};
use prost_types::compiler::CodeGeneratorResponse;
use thiserror::Error;

use super::insertion::{self, InsertionError};
use super::plugin::spec::EDITION_2024;
use super::{FileTree, TreeError, json_names};
use crate::compile::encode;

/// `file_to_generate`, `parameter`, `compiler_version`, `proto_file` and `source_file_descriptors`.
const FILE_TO_GENERATE: u32 = 1;
const PARAMETER: u32 = 2;
const COMPILER_VERSION: u32 = 3;
const PROTO_FILE: u32 = 15;
const SOURCE_FILE_DESCRIPTORS: u32 = 17;

/// `FEATURE_PROTO3_OPTIONAL` and `FEATURE_SUPPORTS_EDITIONS`.
const PROTO3_OPTIONAL: u64 = 1;
const EDITIONS: u64 = 2;

/// `options.features` of a file, with `enforce_naming_style = STYLE_LEGACY` and `default_symbol_visibility = EXPORT_ALL`, as
/// bytes to put behind it. What sources say of these is for the compiler, so that no descriptor set has it; protoc looks at
/// a set by the defaults of the edition again, and would refuse what it has just compiled. Its generators leave both out.
const HELD: [u8; 9] = [0x42, 7, 0x92, 0x03, 4, 0x38, 2, 0x40, 1];

/// Why an answer is no use.
#[derive(Debug, Error)]
pub enum ResponseError {
    /// Not a response at all.
    #[error("`{plugin}` wrote {size} bytes that are no CodeGeneratorResponse: {reason}")]
    Garbage {
        /// The plugin.
        plugin: String,
        /// How many.
        size: usize,
        /// What is wrong with them.
        reason: String,
    },
    /// The plugin refuses.
    #[error("`{plugin}` refuses: {message}")]
    Refused {
        /// The plugin.
        plugin: String,
        /// What it says.
        message: String,
    },
    /// The plugin does not know what the contract uses.
    #[error("`{file}` {uses}, which `{plugin}` does not support")]
    Unsupported {
        /// The plugin.
        plugin: String,
        /// The file.
        file: String,
        /// What it uses.
        uses: String,
    },
    /// The first file has no name.
    #[error("`{plugin}` wrote a file without a name")]
    Nameless {
        /// The plugin.
        plugin: String,
    },
    /// A path that must not be written, or is there already.
    #[error("`{plugin}` wrote a file that cannot be kept")]
    Path {
        /// The plugin.
        plugin: String,
        /// What is wrong with it.
        #[source]
        source: TreeError,
    },
    /// Something to insert where there is no such place.
    #[error("`{plugin}` wants to insert into a file of another plugin")]
    Insertion {
        /// The plugin.
        plugin: String,
        /// What is wrong with it.
        #[source]
        source: InsertionError,
    },
}

/// The files of an encoded `FileDescriptorSet`, each still encoded.
#[derive(Clone, Debug)]
pub struct Set {
    /// The set.
    pub encoded: Bytes,
    /// Its files in their order.
    pub files: Vec<SetFile>,
}

/// One file of a set.
#[derive(Clone, Debug)]
pub struct SetFile {
    /// The import path.
    pub name: String,
    /// The encoded `FileDescriptorProto`.
    pub descriptor: Bytes,
    /// The syntax, when it says one.
    syntax: Option<String>,
    /// The edition's number, when it is of one.
    edition: Option<i32>,
}

impl Set {
    /// Takes a set apart.
    ///
    /// # Errors
    ///
    /// The bytes are not one.
    pub fn new(encoded: Bytes) -> Result<Set, prost::DecodeError> {
        #[derive(Clone, PartialEq, prost::Message)]
        struct RawSet {
            #[prost(bytes = "bytes", repeated, tag = "1")]
            file: Vec<Bytes>,
        }
        #[derive(Clone, PartialEq, prost::Message)]
        struct Head {
            #[prost(string, optional, tag = "1")]
            name: Option<String>,
            #[prost(string, optional, tag = "12")]
            syntax: Option<String>,
            #[prost(int32, optional, tag = "14")]
            edition: Option<i32>,
        }
        let file = |descriptor: Bytes| -> Result<SetFile, prost::DecodeError> {
            let Head { name, syntax, edition } = Head::decode(descriptor.clone())?;
            Ok(SetFile { name: name.unwrap_or_default(), descriptor, syntax, edition })
        };
        let files = RawSet::decode(encoded.clone())?.file.into_iter().map(file).collect::<Result<_, _>>()?;
        Ok(Set { encoded, files })
    }

    /// The set as protoc's own generators are to see it.
    #[must_use]
    pub fn for_protoc(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.encoded.len());
        for file in &self.files {
            encode::nested(&mut out, 1, |out| {
                json_names::without_implied(&file.descriptor, out);
                if file.edition.is_some_and(|edition| edition >= EDITION_2024) {
                    out.extend_from_slice(&HELD);
                }
            });
        }
        out
    }

    /// What some files need a plugin to know.
    pub fn needs(&self, files: &[&str]) -> Vec<Needs> {
        fn optional(message: &prost_types::DescriptorProto) -> bool {
            message.field.iter().any(|f| f.proto3_optional()) || message.nested_type.iter().any(optional)
        }
        let wanted: BTreeSet<&str> = files.iter().copied().collect();
        let of = |file: &SetFile| {
            let descriptor = || prost_types::FileDescriptorProto::decode(file.descriptor.clone());
            let proto3 = file.syntax.as_deref() == Some("proto3");
            Needs {
                file: file.name.clone(),
                edition: file.edition.filter(|e| *e >= FIRST_EDITION),
                proto3_optional: proto3 && descriptor().is_ok_and(|d| d.message_type.iter().any(optional)),
            }
        };
        self.files.iter().filter(|f| wanted.contains(&*f.name)).map(of).collect()
    }
}

/// The number of edition 2023.
const FIRST_EDITION: i32 = 1000;

/// Writes a request for some files of a contract. `version` is what the plugin is told about its caller.
#[must_use]
pub fn request(set: &Set, files: &[&str], parameter: &str, version: (i32, i32, i32)) -> Vec<u8> {
    let size = set.encoded.len();
    let mut out = Vec::with_capacity(size * 2);
    for file in files {
        bytes(&mut out, FILE_TO_GENERATE, file.as_bytes());
    }
    if !parameter.is_empty() {
        bytes(&mut out, PARAMETER, parameter.as_bytes());
    }
    let (major, minor, patch) = version;
    let version = prost_types::compiler::Version {
        major: Some(major),
        minor: Some(minor),
        patch: Some(patch),
        suffix: Some(String::new()),
    };
    bytes(&mut out, COMPILER_VERSION, &version.encode_to_vec());
    for file in &set.files {
        bytes(&mut out, PROTO_FILE, &file.descriptor);
    }
    let wanted: BTreeSet<&str> = files.iter().copied().collect();
    for file in set.files.iter().filter(|f| wanted.contains(&*f.name)) {
        bytes(&mut out, SOURCE_FILE_DESCRIPTORS, &file.descriptor);
    }
    out
}

fn bytes(out: &mut Vec<u8>, number: u32, value: &[u8]) {
    out.reserve(key_len(number) + 10 + value.len());
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

/// What a file of the contract needs a plugin to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The file.
    pub file: String,
    /// The edition's number, for files of one.
    pub edition: Option<i32>,
    /// Whether it has `optional` fields in proto3.
    pub proto3_optional: bool,
}

/// Reads an answer.
///
/// # Errors
///
/// The plugin refuses, or its answer is none.
pub fn response(
    plugin: &str,
    answer: &[u8],
    needs: &[Needs],
) -> Result<CodeGeneratorResponse, ResponseError> {
    let garbage =
        |reason: String| ResponseError::Garbage { plugin: plugin.to_owned(), size: answer.len(), reason };
    let read = CodeGeneratorResponse::decode(answer).map_err(|e| garbage(e.to_string()))?;
    if let Some(message) = &read.error {
        return Err(ResponseError::Refused { plugin: plugin.to_owned(), message: message.clone() });
    }
    // Plain text can pass for fields that nobody knows.
    if read.file.is_empty() && read.supported_features.is_none() && !answer.is_empty() {
        return Err(garbage("none of its fields are those of one".to_owned()));
    }
    supported(plugin, answer, &read, needs)?;
    Ok(read)
}

/// Adds the files of an answer to those of the plugins before.
///
/// # Errors
///
/// A path or an insertion point is wrong.
pub fn files(plugin: &str, read: CodeGeneratorResponse, tree: &mut FileTree) -> Result<(), ResponseError> {
    let mut parts: Vec<(String, Option<String>, String)> = Vec::new();
    for file in read.file {
        let content = file.content.unwrap_or_default();
        match (file.name.filter(|n| !n.is_empty()), parts.last_mut()) {
            (Some(name), _) => {
                parts.push((name, file.insertion_point.filter(|p| !p.is_empty()), content));
            }
            // Large files come in pieces.
            (None, Some((_, _, so_far))) => so_far.push_str(&content),
            (None, None) => return Err(ResponseError::Nameless { plugin: plugin.to_owned() }),
        }
    }
    for (name, point, content) in parts {
        match point {
            None => tree
                .add(&name, content)
                .map_err(|source| ResponseError::Path { plugin: plugin.to_owned(), source })?,
            Some(point) => insertion::insert(tree, &name, &point, &content)
                .map_err(|source| ResponseError::Insertion { plugin: plugin.to_owned(), source })?,
        }
    }
    Ok(())
}

/// What protoc demands of plugins: those that know neither optional fields in proto3 nor editions would give wrong
/// code without a word.
fn supported(
    plugin: &str,
    answer: &[u8],
    read: &CodeGeneratorResponse,
    needs: &[Needs],
) -> Result<(), ResponseError> {
    let features = read.supported_features.unwrap_or(0);
    let (lowest, highest) = editions(answer);
    let unsupported = |file: &Needs, uses: String| {
        Err(ResponseError::Unsupported { plugin: plugin.to_owned(), file: file.file.clone(), uses })
    };
    for file in needs {
        if file.proto3_optional && features & PROTO3_OPTIONAL == 0 {
            return unsupported(file, "has `optional` fields in proto3".to_owned());
        }
        if let Some(edition) = file.edition {
            let known = features & EDITIONS != 0 && (lowest..=highest).contains(&edition);
            if !known {
                let name = edition.saturating_sub(FIRST_EDITION).saturating_add(2023);
                return unsupported(file, format!("is of edition {name}"));
            }
        }
    }
    Ok(())
}

/// `minimum_edition` and `maximum_edition`, which are newer than the types the answer is read with.
fn editions(answer: &[u8]) -> (i32, i32) {
    #[derive(Clone, PartialEq, prost::Message)]
    struct Editions {
        #[prost(int32, optional, tag = "3")]
        minimum: Option<i32>,
        #[prost(int32, optional, tag = "4")]
        maximum: Option<i32>,
    }
    let read = Editions::decode(answer).unwrap_or_default();
    (read.minimum.unwrap_or(0), read.maximum.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use prost_types::compiler::code_generator_response::File;

    use super::*;

    fn answer(files: &[(Option<&str>, Option<&str>, &str)]) -> Vec<u8> {
        let file = |(name, point, content): &(Option<&str>, Option<&str>, &str)| File {
            name: name.map(str::to_owned),
            insertion_point: point.map(str::to_owned),
            content: Some((*content).to_owned()),
            ..File::default()
        };
        let file = files.iter().map(file).collect();
        CodeGeneratorResponse { file, ..CodeGeneratorResponse::default() }.encode_to_vec()
    }

    fn read(answer: &[u8]) -> Result<FileTree, String> {
        let mut tree = FileTree::new();
        match response("x", answer, &[]).and_then(|read| files("x", read, &mut tree)) {
            Ok(()) => Ok(tree),
            Err(error) => {
                let cause = std::error::Error::source(&error).map(|s| format!(": {s}")).unwrap_or_default();
                Err(format!("{error}{cause}"))
            }
        }
    }

    #[test]
    fn files_come_whole_or_in_pieces() {
        let tree = read(&answer(&[(Some("a.txt"), None, "1"), (None, None, "2"), (Some("b.txt"), None, "")]));
        let tree = tree.unwrap();
        assert_eq!((tree.get("a.txt").unwrap().as_ref(), tree.len()), (&b"12"[..], 2));
        assert!(read(b"").unwrap().is_empty(), "nothing to say is an answer");
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for (bytes, expected) in [
            (b"Segmentation fault\n".as_slice(), "no CodeGeneratorResponse"),
            (&[0xff; 40], "no CodeGeneratorResponse"),
            (&answer(&[(None, None, "x")]), "without a name"),
            (&answer(&[(Some("../x"), None, "x")]), "`../x` does not stay inside"),
            (&answer(&[(Some("/etc/x"), None, "x")]), "`/etc/x` does not stay inside"),
            (&answer(&[(Some("a"), None, "x"), (Some("a"), None, "y")]), "`a` is generated twice"),
            (&answer(&[(Some("a"), Some("p"), "x")]), "there is no file `a`"),
            (&answer(&[(Some("a"), None, "x"), (Some("a"), Some("p"), "x")]), "no insertion point `p`"),
        ] {
            let error = read(bytes).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let refusal = CodeGeneratorResponse { error: Some("no go_package".into()), ..Default::default() };
        assert_eq!(read(&refusal.encode_to_vec()).unwrap_err(), "`x` refuses: no go_package");
    }

    #[test]
    fn a_plugin_must_know_what_the_contract_uses() {
        let ask = |features: Option<u64>, range: Option<(u8, u8)>, needs: Needs| {
            let answer = CodeGeneratorResponse { supported_features: features, ..Default::default() };
            let mut answer = answer.encode_to_vec();
            if let Some((lowest, highest)) = range {
                // 3 and 4 as varints of two bytes: 1000 is 0xe8 0x07.
                answer.extend([0x18, lowest, 0x07, 0x20, highest, 0x07]);
            }
            response("x", &answer, &[needs]).map_err(|e| e.to_string())
        };
        let optional = Needs { file: "a.proto".into(), edition: None, proto3_optional: true };
        let edition = Needs { file: "a.proto".into(), edition: Some(1000), proto3_optional: false };
        assert!(ask(Some(1), None, optional.clone()).is_ok());
        assert!(ask(Some(2), None, optional).unwrap_err().contains("`optional` fields"));
        assert!(ask(Some(3), Some((0xe8, 0xe9)), edition.clone()).is_ok());
        assert!(ask(Some(3), Some((0xe9, 0xea)), edition.clone()).unwrap_err().contains("edition 2023"));
        assert!(ask(Some(1), None, edition).unwrap_err().contains("edition 2023"));
    }
}
