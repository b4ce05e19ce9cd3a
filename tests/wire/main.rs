//! Messages as bytes and JSON: the codec against other ones, samples, witnesses, and what verdicts claim.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../common/history.rs"]
mod history;

#[path = "../laws/schemas.rs"]
#[allow(dead_code, reason = "the other laws use the rest")]
mod spec;

mod ages;
mod codec;
mod forms;
mod lab;
mod laws;
mod suite;
mod truth;
mod verdicts;
mod witnesses;
