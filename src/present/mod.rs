//! What formats of several parts share: how they are named and chosen, a page for a browser, a JUnit document,
//! `FORMAT=PATH` on the command line.
//!
//! One rule each, so that text of others is safe in every report that is a page or a document.

mod format;
pub(crate) mod junit;
pub(crate) mod page;
mod target;

pub use format::{Choice, Format, Formats, Names};
pub use target::{Target, TargetError};
