//! Two versions of a contract that talk to each other.
//!
//! What needs the languages' own tools is left out by `cargo test`; `ci/matrix` runs it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "tests say what they do")]

#[path = "../cli/env.rs"]
#[expect(dead_code, reason = "the commands' tests use the rest")]
mod env;

mod command;
mod drivers;
#[expect(clippy::disallowed_methods, reason = "ci/matrix says in the environment what to run")]
mod matrix;
mod odd;
mod oracle;
mod pairs;
#[path = "../support/mod.rs"]
mod support;
mod truth;
