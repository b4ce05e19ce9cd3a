//! From text to descriptors: what is said about sources that do not compile, what comes out of those that do, and that
//! it is what protoc gives.

#[path = "../support/files.rs"]
mod files;

mod descriptors;
mod output;
mod text;
