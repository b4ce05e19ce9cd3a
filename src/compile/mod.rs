//! From source text to descriptors, by one of three back ends.
//!
//! [`compile`] takes every file of one side at once and gives descriptors in an order where imports come
//! first. It does not know where files come from (that is `source`) and does not look inside descriptors (that
//! is `schema`).
//!
//! The built-in compiler reads proto2 and proto3: all files are parsed in parallel, then linked in one batch.
//! protoc takes over when a reached file declares an edition; the two must agree. protox, asked for by name, is a
//! third opinion.

mod builtin;
mod declared;
mod diagnostic;
pub(crate) mod encode;
mod graph;
pub mod image;
mod left_out;
mod link;
mod load;
mod names;
pub mod output;
mod parse;
pub mod print;
mod protoc;
mod protox;
mod repair;
mod same;
pub mod text_format;
mod well_known;
pub(crate) mod wire;

use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;

pub(crate) use declared::{Call, Declared, Holds, Number, declared, declared_of, may_declare, signature};
pub(crate) use diagnostic::shortened;
pub use diagnostic::{Diagnostic, Excerpt, Severity};
pub(crate) use left_out::ALLOW;
pub use left_out::{Declares, LeftOut, Look};
pub use load::MAX_FILE_SIZE;
pub(crate) use names::json_name;
pub(crate) use parse::{Span as TextSpan, lex};
#[cfg(test)]
pub(crate) use parse::{ast::Value, parse_declarations};
pub use protoc::ProtocError;
pub use protox::PROTOX;
pub(crate) use same::same_tokens;

/// One source file to compile.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// The files, in any order; import paths are unique.
    pub files: Vec<InputFile>,
    /// Of files that belong to the side and are not compiled: nothing that is compiled imports them.
    pub left_out: Arc<LeftOut>,
    /// The import roots as a sentence has them, each quoted, for hints about missing imports.
    pub roots: Vec<String>,
    /// Whether nobody wrote the roots down, and they were found.
    pub found_roots: bool,
    /// What explains that a file is not there, and what gets it, by import path.
    pub absent: std::collections::BTreeMap<Box<str>, Vec<String>>,
    /// Descriptors of files that are not made of their text, by import path: what a set that somebody compiled says.
    pub given: std::collections::BTreeMap<Box<str>, Bytes>,
    /// Other import paths of files: the name, and the one that the file is known by.
    pub aliases: std::collections::BTreeMap<Box<str>, Box<str>>,
}

/// Whether a file need not be in a tree: `google/protobuf/any.proto` and the like are built in.
#[must_use]
pub fn is_well_known(import: &str) -> bool {
    well_known::text(import).is_some()
}

/// The text of a file that is built in.
#[must_use]
pub fn well_known_text(import: &str) -> Option<&'static str> {
    well_known::text(import)
}

/// Which compiler to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Backend {
    /// The built-in compiler; protoc when a reached file declares an edition.
    #[default]
    Auto,
    /// The built-in compiler.
    Builtin,
    /// protoc: the configured one, or the one that comes with protopact.
    Protoc,
    /// protox, for proto2 and proto3.
    Protox,
}

/// How to compile.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Which compiler to use.
    pub backend: Backend,
    /// The protoc to run instead of the one that comes with protopact.
    pub protoc: Option<std::path::PathBuf>,
    /// How long protoc may take in all; by default a minute, and more for large inputs.
    pub protoc_timeout: Option<std::time::Duration>,
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
    /// The number of `features.default_symbol_visibility` in the text, zero where it says nothing: protoc leaves it out
    /// of descriptors. `None` where there was no text.
    pub default_visibility: Option<i32>,
}

/// The descriptors of one side, imports before importers.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// The files.
    pub files: Vec<CompiledFile>,
    /// Files that belong to the side and were not compiled.
    pub left_out: Arc<LeftOut>,
    /// What is odd about the contract's own files without being wrong, sorted by file and position.
    pub warnings: Vec<Diagnostic>,
}

/// Why a compilation failed.
#[derive(Debug, Error)]
pub enum CompileError {
    /// The sources are wrong. The errors are sorted by file and position.
    #[error("{} error{} in the sources", .0.len(), if .0.len() == 1 { "" } else { "s" })]
    Sources(Vec<Diagnostic>),
    /// protoc could not do its work, for a reason that is not in the sources.
    #[error("cannot compile with protoc")]
    Protoc(#[from] ProtocError),
}

impl CompileError {
    fn sources(mut diagnostics: Vec<Diagnostic>) -> CompileError {
        sort(&mut diagnostics);
        for diagnostic in &mut diagnostics {
            // What has to come last had this position to sort by.
            diagnostic.position = diagnostic.position.filter(|(line, _)| *line != u32::MAX);
        }
        CompileError::Sources(diagnostics)
    }
}

/// Compiles one side.
///
/// # Errors
///
/// Every error of every file, or what kept protoc from running.
pub fn compile(input: &Input, options: &Options) -> Result<Compiled, CompileError> {
    let repaired = repair::repair(input);
    let (input, mut warnings) = match &repaired {
        Some(repaired) => (&repaired.input, repaired.warnings.clone()),
        None => (input, Vec::new()),
    };
    let loaded = load::load(input);
    let (mut files, found) = match options.backend {
        Backend::Auto if loaded.edition.is_some() => protoc::compile(loaded, input, options)?,
        Backend::Auto | Backend::Builtin => builtin::compile(loaded, input)?,
        Backend::Protoc => protoc::compile(loaded, input, options)?,
        Backend::Protox => (protox::compile(loaded, input)?, Vec::new()),
    };
    for file in &mut files {
        if let Some(given) = input.given.get(&file.name) {
            file.descriptor = given.clone();
        }
    }
    warnings.extend(found);
    sort(&mut warnings);
    Ok(Compiled { files, left_out: input.left_out.clone(), warnings })
}

/// By file and position, each once.
fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| (&a.file, a.position, &a.message).cmp(&(&b.file, b.position, &b.message)));
    diagnostics.dedup();
}
