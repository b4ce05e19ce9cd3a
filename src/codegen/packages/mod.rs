//! From one contract version to one package a language.
//!
//! Two steps a language, with the plugins' work between them: [`prepare`] says what each plugin is to be given,
//! [`build`] turns what the plugins answered into a package that a service team adds as an ordinary dependency.
//! Both are pure: the same contract gives the same bytes.
//!
//! What cannot be built in a language (a name that is one of its keywords, two names that become one) is refused
//! in [`prepare`], with the place in the source, before any plugin runs.

mod common;
mod example;
mod go;
mod java;
mod java_names;
mod python;
mod python_imports;
mod rust;
mod rust_names;
mod shared;
pub mod versions;

use std::fmt;

use bytes::Bytes;
use thiserror::Error;

pub use rust_names::{RustMethod, RustService};

use super::{Contract, FileTree, Package, Target, TreeError};
use crate::schema::{MessageId, MethodId, Schema, ServiceId, Span};
use crate::words::Language;

/// A protoc plugin that a package is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Plugin {
    /// Go messages.
    Go,
    /// Go services.
    GoGrpc,
    /// Java messages; built into protoc.
    Java,
    /// Java services.
    JavaGrpc,
    /// Python messages; built into protoc.
    Python,
    /// Python type stubs; built into protoc.
    Pyi,
    /// Python services.
    PythonGrpc,
    /// Rust messages.
    Prost,
    /// Rust services.
    Tonic,
}

impl Plugin {
    /// The name that the plugin is known by.
    pub fn as_str(self) -> &'static str {
        match self {
            Plugin::Go => "protoc-gen-go",
            Plugin::GoGrpc => "protoc-gen-go-grpc",
            Plugin::Java => "java",
            Plugin::JavaGrpc => "protoc-gen-grpc-java",
            Plugin::Python => "python",
            Plugin::Pyi => "pyi",
            Plugin::PythonGrpc => "grpc_python",
            Plugin::Prost => "prost",
            Plugin::Tonic => "tonic",
        }
    }
}

/// One run of one plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginCall {
    /// Which plugin.
    pub plugin: Plugin,
    /// What protoc would pass on from `--NAME_opt`; parts are joined by commas.
    pub parameter: String,
    /// The files to generate, in the order of the descriptor set.
    pub files: Vec<String>,
}

/// What the plugins of one language are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// An encoded `FileDescriptorSet` with source info, imports before importers. Options that the contract leaves
    /// open are set in it as the package needs them.
    pub descriptor_set: Bytes,
    /// The runs; none depends on another.
    pub calls: Vec<PluginCall>,
}

/// What kept a package from being made.
#[derive(Debug, Error)]
pub enum PackageError {
    /// The contract cannot be said in the language.
    #[error("cannot make the {} package: {refusal}", .refusal.language.title())]
    Refused {
        /// What, where and why.
        refusal: Box<Refusal>,
    },
    /// There is nothing to generate.
    #[error("cannot make the {} package: the contract `{contract}` has no files of its own", language.title())]
    Empty {
        /// The language.
        language: Language,
        /// The contract's name.
        contract: String,
    },
    /// The target is not one of the language's.
    #[error("cannot make the {} package: `{value}` is no {what}", language.title())]
    Target {
        /// The language.
        language: Language,
        /// What the value should have been: `module path`.
        what: &'static str,
        /// The value as configured.
        value: String,
    },
    /// A version that is not a semantic one.
    #[error("cannot make the {} package: `{version}` is no semantic version", language.title())]
    Version {
        /// The language.
        language: Language,
        /// The version as given.
        version: String,
        /// What is wrong with it.
        #[source]
        source: semver::Error,
    },
    /// A descriptor that does not decode.
    #[error("cannot read the descriptor of `{file}`")]
    Descriptor {
        /// The import path.
        file: String,
        /// What the decoder says.
        #[source]
        source: buffa::DecodeError,
    },
    /// A plugin left a file out, or made one that was not asked for.
    #[error("cannot make the {} package: {what}", language.title())]
    Output {
        /// The language.
        language: Language,
        /// What is there or missing.
        what: String,
    },
    /// Files that get in each other's way.
    #[error("cannot lay out the {} package", language.title())]
    Tree {
        /// The language.
        language: Language,
        /// Which files.
        #[source]
        source: TreeError,
    },
    /// An edition file that Rust has no form for.
    #[error("cannot make the {} package", Language::Rust.title())]
    Lower(#[source] Box<super::lower::LowerError>),
}

impl PackageError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            PackageError::Refused { refusal } => Some(&refusal.hint),
            PackageError::Empty { .. } => Some("point `contract.roots` at a folder with .proto files"),
            PackageError::Version { .. } => Some("use a version like `1.4.0` or `1.4.0-rc.1`"),
            _ => None,
        }
    }
}

/// Something in the contract that a language has no room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The language.
    pub language: Language,
    /// Where a person finds the file.
    pub file: String,
    /// Where in the file; absent when the descriptors came without positions.
    pub span: Option<Span>,
    /// What stands there, and why it does not work.
    pub what: String,
    /// What to do.
    pub hint: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(span) = self.span {
            write!(f, ":{}:{}", span.start_line, span.start_column)?;
        }
        write!(f, ": {}", self.what)
    }
}

/// What stands for a message in code that uses the Rust package as `krate`: `krate::user::v1::order::Line`, but
/// `prost_types::Any`, `()` and `String` for what prost has types for.
#[must_use]
pub fn rust_type(schema: &Schema, krate: &str, message: MessageId) -> String {
    rust_names::type_of(schema, krate, message)
}

/// Where the Rust package has the client and the server of a service.
#[must_use]
pub fn rust_service(schema: &Schema, service: ServiceId) -> RustService {
    rust_names::service(schema, service)
}

/// What the Rust package calls a method.
#[must_use]
pub fn rust_method(schema: &Schema, method: MethodId) -> RustMethod {
    rust_names::method(&schema.method(method).name)
}

/// Says what the plugins of the target's language are to be given.
///
/// # Errors
///
/// A contract that cannot be said in the language, or a target that is not one of it.
pub fn prepare(contract: &Contract<'_>, target: &Target) -> Result<Prepared, PackageError> {
    shared::check(contract, target.language())?;
    match target.language() {
        Language::Go => go::prepare(contract, target.get("module")),
        Language::Java => java::prepare(contract, target.get("group"), target.get("artifact")),
        Language::Python => python::prepare(contract, target.get("package")),
        Language::Rust => rust::prepare(contract, target.get("crate")),
    }
}

/// Makes the package out of what the plugins answered to [`prepare`]'s runs, all in one tree.
///
/// # Errors
///
/// As for [`prepare`], and answers that leave something out.
pub fn build(contract: &Contract<'_>, target: &Target, generated: FileTree) -> Result<Package, PackageError> {
    shared::check(contract, target.language())?;
    let package = match target.language() {
        Language::Go => go::build(contract, target.get("module"), generated),
        Language::Java => java::build(contract, target.get("group"), target.get("artifact"), generated),
        Language::Python => python::build(contract, target.get("package"), generated),
        Language::Rust => rust::build(contract, target.get("crate"), generated),
    }?;
    package
        .files
        .check_case()
        .map_err(|source| PackageError::Tree { language: target.language(), source })?;
    Ok(package)
}
