//! What all parts need of the machine they run on: programs that end with the run, and trees of files in memory.

mod files;
mod groups;

pub use files::{FileTree, TreeError};
pub(crate) use groups::{Group, Scratch};
