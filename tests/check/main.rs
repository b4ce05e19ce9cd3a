//! What is found, from two folders of sources to findings: the catalogue of rules, the lenses, policies, the memory of
//! published versions, and the way out that a finding names.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../common/history.rs"]
mod history;

#[path = "../cli/env.rs"]
#[allow(dead_code, reason = "the tests of the commands use more of it")]
mod env;

mod catalogue;
mod editions;
mod fingerprints;
mod fixes;
mod ledger;
mod lenses;
mod names;
mod peer_cases;
mod policy;
mod surfaces;
#[expect(clippy::disallowed_methods, reason = "a server of others answers")]
mod transcode;
