//! What all parts need of the machine they run on.
//!
//! [`Host`] is its environment; [`mod@run`] starts programs, bounded and with an end; [`Cache`] is where what can be got
//! or made again is kept, and [`prune`] what leaves it; [`FileTree`] is what is written, before it is; [`write_whole`] and [`Taken`] write a file or a folder
//! whole or not at all.

mod cache;
mod files;
mod folder;
mod groups;
mod hash;
mod host;
pub mod prune;
pub mod run;
mod whole;

pub use cache::{Cache, Space};
pub use files::{FileTree, TreeError};
pub use folder::{Stage, TakeError, Taken};
pub(crate) use groups::{Group, Scratch};
pub use hash::{sha256, sha256_file};
pub use host::Host;
pub use run::{Limits, RunError};
pub use whole::{FileError, fail, files_below, link, write_into, write_whole};
