//! Messages as bytes and JSON: the codec against other ones, samples, witnesses, and what verdicts claim.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

mod codec;
mod lab;
