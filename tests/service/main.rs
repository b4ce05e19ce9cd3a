//! The reference service from outside: real connections, clients that are not ours.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad;
mod calls;
#[cfg(unix)]
mod command;
mod drive;
mod encrypted;
#[path = "../support/files.rs"]
mod files;
mod given;
mod limits;
mod parsers;
mod registries;
mod surround;
mod telemetry;
#[cfg(unix)]
mod xds;
