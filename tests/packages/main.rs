//! SDK packages: what is given to the plugins, what comes out, and what is refused.
//!
//! Building the packages with the languages' own tools takes minutes and a network; `ci/sdk` asks for it with
//! `PROTOPACT_SDK=1`.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests may panic and start programs")]

mod drive;
mod lower;
mod refuse;
mod sdk;
mod shape;
