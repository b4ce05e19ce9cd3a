//! What all parts need of the machine they run on: programs that end with the run, and trees of files in memory.

mod files;
mod groups;
mod hash;

pub use files::{FileTree, TreeError};
pub(crate) use groups::{Group, Scratch};
pub use hash::{sha256, sha256_file};
