//! Repairs hold: over every fixture and over random edits, in proto2, proto3 and editions.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stderr, reason = "how many were repaired is told")]

#[path = "../common/history.rs"]
mod history;
#[path = "../support/mod.rs"]
mod support;

mod conflict;
mod fixtures;
mod lab;
mod random;
mod shown;
