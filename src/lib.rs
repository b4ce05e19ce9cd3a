//! protopact: contract manager and compatibility checker for Protocol Buffers and gRPC.
//!
//! The parts, from the bottom up; imports point only this way:
//!
//! - [`git`], [`source`], [`config`]: where contracts come from and what the user decided;
//! - [`compile`]: text to descriptors; [`schema`]: descriptors to the model everything else reads;
//! - [`diff`]: two schemas to typed changes; [`ledger`]: what earlier versions used their numbers for;
//!   [`verdict`]: what each change does to whom;
//! - [`wire`]: messages as bytes and JSON, read under either schema, to show what a verdict claims;
//! - [`rules`]: named selectors over changes; [`policy`]: changes and verdicts to findings;
//! - [`service`]: a gRPC server for any version, from its descriptors;
//! - [`verify`]: two versions of the contract that talk to each other, in four languages;
//! - [`report`]: the finished report in every format; [`cli`]: the commands.

pub mod cli;
pub mod codegen;
pub mod compile;
pub mod config;
pub mod diff;
pub mod git;
mod groups;
pub mod ledger;
mod names;
pub mod policy;
pub mod report;
pub mod rules;
pub mod schema;
pub mod service;
pub mod source;
pub mod verdict;
pub mod verify;
pub mod wire;

pub use cli::run;
