//! protopact: contract manager and compatibility checker for Protocol Buffers and gRPC.
//!
//! The parts, from the bottom up; imports point only this way:
//!
//! - [`text`]: what is safe to show, lines, numbers, near matches, templates of paths; [`words`]: lens, direction, effect, level, bump,
//!   language, kind of call; [`present`]: formats, pages and documents that reports share;
//! - [`machine`]: programs, the cache, files and folders that are written whole; [`lock`]: `protopact.lock`;
//!   [`oci`]: registries of OCI artefacts;
//! - [`git`]: revisions and objects; [`compile`]: text to descriptors; [`config`]: what the user decided; [`deps`]:
//!   contracts of others; [`source`]: where contracts come from;
//! - [`schema`]: descriptors to the model everything else reads; [`surface`]: the names that generators make of it;
//!   [`codegen`]: SDK packages and other plugins' output;
//! - [`diff`]: two schemas to typed changes; [`ledger`]: what earlier versions used their numbers for;
//!   [`verdict`]: what each change does to whom; [`rules`]: named selectors over changes;
//! - [`wire`]: messages as bytes and JSON, read under either schema, to show what a verdict claims;
//! - [`compare`]: two schemas, what changed and what it does; [`findings`]: the model of a report;
//! - [`policy`]: changes and verdicts to findings; [`fix`]: findings to edits that hold; [`report`]: the finished report
//!   in every format; [`release`]: which version follows, and how it is spelt; [`site`]: a catalogue of published versions;
//! - [`verify`]: two versions of the contract that talk to each other, in four languages; [`bench`]: what its messages
//!   cost in each;
//! - [`telemetry`]: spans and measurements by OTLP; [`discovery`]: registries of running services; [`service`]: a gRPC
//!   server for any version, from its descriptors; [`kit`]: services on the packages, in containers; [`xds`]: who is there,
//!   told to clients of gRPC; [`fleet`]: instances that come and go under clients; [`cli`]: the commands.

pub mod bench;
pub mod cli;
pub mod codegen;
pub mod compare;
pub mod compile;
pub mod config;
pub mod deps;
pub mod diff;
pub mod discovery;
pub mod findings;
pub mod fix;
pub mod fleet;
pub mod git;
pub mod kit;
pub mod ledger;
pub mod lock;
pub mod machine;
pub mod oci;
pub mod policy;
pub mod present;
pub mod release;
pub mod report;
pub mod rules;
pub mod schema;
pub mod service;
pub mod site;
pub mod source;
pub mod surface;
pub mod telemetry;
pub mod text;
pub mod verdict;
pub mod verify;
pub mod wire;
pub mod words;
pub mod xds;

pub use cli::run;
