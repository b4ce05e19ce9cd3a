//! Sources and layouts on small repositories and directories made for each test.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod archives;
mod directories;
mod lab;
mod layouts;
#[cfg(unix)]
mod places;
mod plans;
mod revisions;
mod servers;
