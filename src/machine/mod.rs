//! What all parts need of the machine they run on.
//!
//! [`Host`] is its environment, [`tools`] what is looked for in it; [`mod@run`] starts programs, bounded and with an end, and
//! [`Talk`] those that are talked to; [`Cache`] is where what can be got
//! or made again is kept, and [`prune`] what leaves it; [`Web`] asks servers; [`Packed`] is what is compressed, [`FileTree`] what is written, before it is; [`write_whole`] and [`Taken`] write a file or a folder
//! whole or not at all.

mod cache;
mod files;
mod folder;
mod groups;
mod hash;
mod host;
mod inflate;
pub mod prune;
pub mod run;
mod talk;
mod this;
pub mod tools;
mod web;
mod whole;

pub use cache::{Cache, Room, Space};
pub use files::{FileTree, TreeError, stays_inside};
pub use folder::{Stage, TakeError, Taken};
use groups::Group;
pub(crate) use groups::Scratch;
pub use hash::{sha256, sha256_file};
pub use host::Host;
pub use inflate::{Packed, inflate};
pub use run::{Limits, RunError};
pub use talk::{NoLine, Talk};
pub use this::this_program;
pub use web::{PATIENCE, PAUSES, Trouble, Web, WebError, causes, is_passing, pauses};
pub use whole::{FileError, fail, files_below, link, write_into, write_private, write_whole};
