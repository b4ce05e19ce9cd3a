//! Two versions of a contract that talk to each other.
//!
//! What needs the languages' own tools is left out by `cargo test`; `ci/matrix` runs it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stderr, reason = "tests say what they do")]

#[path = "../cli/env.rs"]
#[expect(dead_code, reason = "the commands' tests use the rest")]
mod env;

mod ages;
mod answers;
mod blame;
mod command;
#[expect(clippy::disallowed_methods, reason = "ci/costs says in the environment what to run")]
mod costs;
mod died;
mod drivers;
#[cfg(target_os = "linux")]
#[expect(clippy::disallowed_methods, reason = "programs are started as protopact starts them")]
mod ends;
mod forms;
#[expect(clippy::disallowed_methods, reason = "the program under test, with a path of its own")]
mod gzip;
mod literals;
#[expect(clippy::disallowed_methods, reason = "ci/matrix says in the environment what to run")]
mod matrix;
mod odd;
mod oracle;
#[expect(clippy::disallowed_methods, reason = "a browser, and ci/matrix says where the page goes")]
mod page;
mod pairs;
mod predict;
mod reach;
mod required;
#[expect(clippy::disallowed_methods, reason = "ci/matrix says in the environment how many")]
mod served;
#[path = "../support/mod.rs"]
mod support;
#[expect(clippy::disallowed_methods, reason = "the environment says whether to write the page")]
mod table;
mod tap;
mod truth;
mod whole;
