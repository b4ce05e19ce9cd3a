//! From generated files to packages.

use bytes::Bytes;
use thiserror::Error;

use super::{Contract, FileTree, Language, Package, Target};
use crate::compile::output::{SetOptions, descriptor_set};

/// A protoc plugin that a package is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are those of the plugins")]
pub enum Plugin {
    Go,
    GoGrpc,
    Java,
    JavaGrpc,
    Python,
    Pyi,
    PythonGrpc,
    Prost,
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
    /// An encoded `FileDescriptorSet` with source info, imports before importers.
    pub descriptor_set: Bytes,
    /// The runs; none depends on another.
    pub calls: Vec<PluginCall>,
}

/// What kept a package from being made.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct PackageError(pub String);

impl PackageError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        None
    }
}

/// Says what the plugins of the target's language are to be given.
///
/// # Errors
///
/// A contract that cannot be said in the language.
pub fn prepare(contract: &Contract<'_>, target: &Target) -> Result<Prepared, PackageError> {
    let content = SetOptions { include_imports: true, include_source_info: true };
    let own = || contract.compiled.files.iter().filter(|f| f.target);
    let mut parameter = String::new();
    let (messages, services): (&[Plugin], Plugin) = match target {
        Target::Go { module } => {
            parameter.push_str("paths=source_relative");
            for file in own() {
                let folder = file.name.rsplit_once('/').map_or("", |(folder, _)| folder);
                parameter += &format!(",M{}={module}/{folder}", file.name);
            }
            (&[Plugin::Go], Plugin::GoGrpc)
        }
        Target::Java { .. } => (&[Plugin::Java], Plugin::JavaGrpc),
        Target::Python { .. } => (&[Plugin::Python, Plugin::Pyi], Plugin::PythonGrpc),
        Target::Rust { .. } => (&[Plugin::Prost], Plugin::Tonic),
    };
    let has_services = contract.schema.files().any(|(_, f)| f.target && !f.services.is_empty());
    let files: Vec<String> = own().map(|f| f.name.to_string()).collect();
    let plugins = messages.iter().copied().chain(has_services.then_some(services));
    let call = |plugin| PluginCall { plugin, parameter: parameter.clone(), files: files.clone() };
    Ok(Prepared {
        descriptor_set: descriptor_set(contract.compiled, content).into(),
        calls: plugins.map(call).collect(),
    })
}

/// Makes the package out of what the plugins answered to [`prepare`]'s runs, all in one tree.
///
/// # Errors
///
/// As for [`prepare`].
pub fn build(contract: &Contract<'_>, target: &Target, generated: FileTree) -> Result<Package, PackageError> {
    let (language, coordinate) = match target {
        Target::Go { module } => (Language::Go, format!("{module}@v{}", contract.version)),
        Target::Java { group, artifact } => {
            (Language::Java, format!("{group}:{artifact}:{}", contract.version))
        }
        Target::Python { package } => (Language::Python, format!("{package}=={}", contract.version)),
        Target::Rust { krate } => (Language::Rust, format!("{krate}@{}", contract.version)),
    };
    Ok(Package { language, coordinate, files: generated })
}
