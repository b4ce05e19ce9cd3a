//! What all parts need of the machine they run on.
//!
//! [`Host`] is its environment; [`mod@run`] starts programs, bounded and with an end; [`Cache`] is where what can be got
//! or made again is kept, and [`prune`] what leaves it; [`FileTree`] is what is written, before it is.

mod cache;
mod files;
mod groups;
mod hash;
mod host;
pub mod prune;
pub mod run;

pub use cache::{Cache, Space};
pub use files::{FileTree, TreeError};
pub(crate) use groups::{Group, Scratch};
pub use hash::{sha256, sha256_file};
pub use host::Host;
pub use run::{Limits, RunError};
