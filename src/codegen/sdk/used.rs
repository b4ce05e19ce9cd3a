//! What a program has to name to use a package.

use crate::codegen::Contract;
use crate::schema::{FileId, ServiceId};

/// What stands in the files of a program that uses a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// The package as a program asks for it: a module path with its major version, `group:artifact`, a distribution, a
    /// crate.
    pub package: String,
    /// Its version, as the language spells it.
    pub version: String,
    /// The services of the contract's own files, in the order of files.
    pub services: Vec<UsedService>,
}

/// Where a program finds a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedService {
    /// The service.
    pub id: ServiceId,
    /// What is imported: a Go package, a Java package, a Python module, a crate.
    pub import: String,
    /// What that is called where it is used, by itself: `userv1`.
    pub called: String,
    /// What the service is called there.
    pub name: String,
}

/// The services of the contract's own files.
pub(super) fn own_services(contract: &Contract<'_>, files: &[FileId]) -> Vec<(FileId, ServiceId)> {
    let own = files.iter().filter(|file| contract.schema.file(**file).target);
    own.flat_map(|file| contract.schema.file(*file).services.iter().map(|id| (*file, *id))).collect()
}
