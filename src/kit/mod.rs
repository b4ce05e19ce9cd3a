//! What runs services of a contract in containers: a program a language on the package of the contract, what builds and
//! runs it, and what surrounds it.
//!
//! Everything is made from the contract and its configuration alone, so that the same contract gives the same bytes;
//! packages are made by [`codegen`](crate::codegen), and lie where that puts them. Only [certificates](certs) are others in
//! every run, and stand apart for that.

pub mod certs;
mod folder;
mod program;
mod shape;

use thiserror::Error;

use crate::codegen::{Contract, Target, TreeError, sdk};
use crate::machine::FileTree;
use crate::words::Language;

pub use folder::{Found, State, look, write};

/// What a kit is made for.
#[derive(Debug)]
pub struct Wish<'a> {
    /// The contract.
    pub contract: &'a Contract<'a>,
    /// The packages that its configuration names.
    pub targets: &'a [Target],
    /// Where the packages lie, seen from the kit; each in the folder of its language.
    pub sdk: &'a str,
    /// The folder of the version below the language's, where there is one.
    pub versioned: Option<&'a str>,
}

/// A kit, before it is written.
#[derive(Debug)]
pub struct Kit {
    /// Every file.
    pub files: FileTree,
    /// The languages that have no service in it, and why.
    pub left: Vec<(Language, String)>,
    /// Every service: what it is called, and by which host names others find it.
    pub hosts: Vec<(String, Vec<String>)>,
}

/// Why there is no kit.
#[derive(Debug, Error)]
pub enum KitError {
    /// There is nothing to serve.
    #[error("the contract `{0}` has no service of its own")]
    NoService(String),
    /// No language is left.
    #[error("no language has a service: {}", .0.join("; "))]
    NoLanguage(Vec<String>),
    /// Files that get in each other's way.
    #[error("cannot lay out the kit")]
    Tree(#[from] TreeError),
}

/// Makes a kit.
///
/// # Errors
///
/// Nothing to serve, or no language that could.
pub fn make(wish: &Wish<'_>) -> Result<Kit, KitError> {
    let contract = wish.contract;
    let schema = contract.schema;
    if !schema.services().any(|(_, service)| schema.file(service.file).target) {
        return Err(KitError::NoService(contract.name.to_owned()));
    }
    let mut files = FileTree::new();
    let (mut services, mut left) = (Vec::new(), Vec::new());
    for target in wish.targets {
        match program(contract, target) {
            Ok(made) => {
                let language = target.language();
                files.merge(language.as_str(), made)?;
                services.push((language, program::of(language)));
            }
            Err(why) => left.push((target.language(), why)),
        }
    }
    if services.is_empty() {
        return Err(KitError::NoLanguage(left.iter().map(|(_, why)| why.clone()).collect()));
    }
    let hosts = shape::surround(&mut files, wish, &services, &left)?;
    Ok(Kit { files, left, hosts })
}

/// The files of one language, or why it has none.
fn program(contract: &Contract<'_>, target: &Target) -> Result<FileTree, String> {
    if let Some(refused) = sdk::check_contract(contract, target).first() {
        return Err(refused.to_string());
    }
    let used = sdk::used_by(contract, target).map_err(|e| e.to_string())?;
    program::of(target.language()).write(contract, target, &used)
}
