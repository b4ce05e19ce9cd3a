//! The commands from outside: arguments in; output, messages and exit code out.
//!
//! Commands run in this process unless a test is about the process itself. Each test has a folder, an
//! environment and a clock of its own; nothing of the user's is read.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../common/git.rs"]
mod git;

mod affected;
mod again;
mod answers;
mod apicurio;
#[cfg(unix)]
mod begun;
mod bench;
mod build;
#[cfg(unix)]
mod busy;
mod cache;
mod check;
#[cfg(unix)]
mod deps;
mod diff;
#[cfg(unix)]
mod dying;
mod env;
mod fix;
#[cfg(unix)]
mod full;
mod history;
mod init;
mod inputs;
mod kit;
mod many;
#[cfg(unix)]
mod notify;
mod page;
mod past;
mod pipelines;
mod policy;
mod profile;
mod publish;
#[cfg(unix)]
mod race;
#[cfg(unix)]
mod registries;
mod release;
mod rules;
#[cfg(unix)]
mod server;
#[cfg(unix)]
mod shapes;
mod shell;
mod site;
mod staged;
mod tags;
#[cfg(unix)]
mod unwell;
mod waive;
