//! SDK packages: what is given to the plugins, what comes out, and what is refused.
//!
//! Nothing here builds the packages; `ci/sdk` does, with the languages' own tools.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "tests may panic, say what they skip, and start programs"
)]

mod drive;
#[path = "../support/files.rs"]
mod files;
mod lower;
mod odd;
mod refuse;
mod reserved;
mod shape;
mod unbuilt;
