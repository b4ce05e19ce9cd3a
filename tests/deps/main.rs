//! Packages through the real programs of their worlds, without a network: from files, and from servers on this machine
//! that answer well, answer otherwise, or do not answer.
//!
//! The tests of a program that is not here are ignored.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "the programs of other worlds are what is tried")]

#[cfg(unix)]
#[path = "../cli/env.rs"]
#[allow(dead_code, reason = "shared with tests that need more of it")]
mod env;
#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod loopback;
#[cfg(unix)]
mod packages;
#[cfg(unix)]
mod sources;
#[cfg(unix)]
mod world;

#[cfg(unix)]
fn main() {
    let trials = sources::trials().into_iter().chain(hostile::trials()).collect();
    libtest_mimic::run(&libtest_mimic::Arguments::from_args(), trials).exit();
}

#[cfg(not(unix))]
fn main() {}
