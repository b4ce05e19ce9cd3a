//! SDK packages for Go, Java, Python and Rust, and any other protoc plugin's output.
//!
//! The flow: a compiled contract version becomes a `CodeGeneratorRequest` for each plugin; plugins answer with
//! files; each language turns those into one [`Package`] that a service team adds as an ordinary dependency;
//! packages are written beside the old output and renamed over it. Plugins are pinned by version and hash.

pub mod buf_gen;
pub mod build;
pub mod catalogue;
pub mod compare;
pub mod generate;
mod insertion;
mod json_names;
mod language;
pub mod legal;
pub mod lower;
pub mod managed;
pub mod manifest;
mod pbjson;
pub mod plan;
pub mod plugin;
pub mod produce;
pub mod remade;
pub(crate) mod render;
pub mod request;
pub mod sdk;
pub mod write;

pub use crate::machine::{FileTree, TreeError};
pub use language::{Contract, Package, Target};
