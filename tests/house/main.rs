//! The project itself: what its pages promise, how its parts lie, and the configurations and histories that the other
//! tests take as given.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(unix)]
#[path = "../common/git.rs"]
mod git;
#[path = "../common/history.rs"]
mod history;

mod config;
mod extending;
mod histories;
#[cfg(unix)]
mod kit;
mod layers;
mod readme;
