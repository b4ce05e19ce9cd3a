//! From generated files to packages.

use std::collections::BTreeMap;

use thiserror::Error;

use super::{Contract, FileTree, Language, Package, Target};
use crate::compile::Compiled;

/// Why a contract cannot become a package of a language.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct PackageError(pub String);

/// What the plugins of a language get.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The descriptors.
    pub compiled: Compiled,
    /// Parameters by the name of the plugin or, for generators of protoc, of the generator.
    pub parameters: BTreeMap<String, String>,
}

/// Makes descriptors fit for a language.
///
/// # Errors
///
/// The language cannot express them.
pub fn prepare(contract: &Contract<'_>, target: &Target) -> Result<Prepared, PackageError> {
    let mut parameters = BTreeMap::new();
    if let Target::Go { module } = target {
        let mut go = "paths=source_relative".to_owned();
        for file in contract.compiled.files.iter().filter(|f| f.target) {
            let folder = file.name.rsplit_once('/').map_or("", |(folder, _)| folder);
            go += &format!(",M{}={module}/{folder}", file.name);
        }
        for plugin in ["protoc-gen-go", "protoc-gen-go-grpc"] {
            parameters.insert(plugin.to_owned(), go.clone());
        }
    }
    Ok(Prepared { compiled: contract.compiled.clone(), parameters })
}

/// Makes a package.
///
/// # Errors
///
/// Two files get one path.
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
