//! What formats of several parts share: a page for a browser, a JUnit document, `FORMAT=PATH` on the command line.
//!
//! One rule each, so that text of others is safe in every report that is a page or a document.

pub(crate) mod junit;
pub(crate) mod page;
mod target;

pub use target::{Target, TargetError};
