//! Generating packages: plugins, their answers, and what becomes of the output folder.
//!
//! Nothing here uses the network or a toolchain: plugins are protoc's own generators and small scripts. What needs Go,
//! Maven and pip is in `ci/sdk`.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "tests say what they do")]

#[path = "../cli/env.rs"]
#[expect(dead_code, reason = "the commands' tests use the rest")]
mod env;
#[path = "../support/files.rs"]
mod files;
mod lab;

mod again;
mod bom;
mod build;
mod clashes;
mod comments;
mod doctor;
mod dry;
mod editions;
#[cfg(target_os = "linux")]
mod killed;
mod kotlin;
mod licences;
mod locked;
mod machine;
mod named;
mod names;
mod output;
mod plugins;
mod pruned;
mod refused;
mod sdk;
mod shapes;
mod split;
mod steps;
mod template;
mod tools;
