//! protoc plugins: which ones, at which versions, with which hashes; how they get here and how they are run.
//!
//! [`spec`] is the list of plugins protopact knows, each at one version. `protopact.lock` ([`lock`]) says which
//! bytes that version is, per platform; [`install`] gets them with the tools of their own world (`go`, `mvn`,
//! `pip`) into a cache where content decides the path.

pub mod cache;
pub mod install;
pub mod lock;
pub mod spec;

use std::path::PathBuf;

use crate::machine::sha256_file;

pub use lock::{Lock, LockError};
pub use spec::{Form, Pinned, Source};

/// Something that turns a request into files.
#[derive(Clone, Debug)]
pub enum Tool {
    /// A generator of a protoc: it reads a descriptor set and writes files into a folder.
    Protoc {
        /// protoc, or what behaves like it.
        program: PathBuf,
        /// Arguments that come before protoc's.
        arguments: Vec<String>,
        /// `java` for `--java_out`.
        generator: String,
    },
    /// A program that reads a `CodeGeneratorRequest` and writes a `CodeGeneratorResponse`.
    Program {
        /// The program.
        program: PathBuf,
        /// Its arguments.
        arguments: Vec<String>,
        /// Where it runs; a private folder when nothing is said.
        folder: Option<PathBuf>,
    },
    /// A plugin that is part of protopact.
    Library(Library),
}

/// A plugin that is part of protopact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// protoc-gen-prost.
    Prost,
    /// protoc-gen-tonic.
    Tonic,
    /// pbjson-build.
    Pbjson,
}

/// A plugin that is there.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The name people know.
    pub name: String,
    /// What its bytes are: a hash, or a version for what is part of protopact.
    pub identity: String,
    /// How to run it.
    pub tool: Tool,
    /// What it has to be once it is run: the plugin, and where its bytes are.
    pub locked: Option<(&'static Pinned, PathBuf)>,
}

impl Ready {
    /// Checks that a plugin is, byte for byte, what the lock says. Done right before it is run: a run that has nothing
    /// to do has nothing to check.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn verify(&self) -> Result<(), LockError> {
        let Some((plugin, place)) = &self.locked else { return Ok(()) };
        let (name, version) = (plugin.name, plugin.version);
        let found = match plugin.source {
            Source::Protoc => sha256_file(place),
            _ => cache::digest(plugin, place),
        };
        let found = found.map_err(|source| LockError::Read { name, source })?;
        if found == self.identity {
            return Ok(());
        }
        Err(LockError::Hash { name, version, locked: self.identity.clone(), found })
    }
}

/// The platform in the lock: `linux-x86_64`.
#[must_use]
pub fn platform() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}
