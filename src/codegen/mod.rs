//! SDK packages for Go, Java, Python and Rust, and any other protoc plugin's output.
//!
//! The flow: a compiled contract version becomes a `CodeGeneratorRequest` for each plugin; plugins answer with
//! files; each language turns those into one [`Package`] that a service team adds as an ordinary dependency;
//! packages are written beside the old output and renamed over it. Plugins are pinned by version and hash.

mod files;
mod language;
pub mod lower;
pub mod packages;
pub mod verify;

pub use files::{FileTree, TreeError};
pub use language::{Contract, Language, Package, Target};
