//! Releases: which version has to follow, and how it is spelt where it goes.
//!
//! A release is a pure function of the finished report and of the versions there are. What it decides stands in
//! `docs/release.md`, and why it is built so in `docs/design/release.md`.

mod changelog;
mod plan;
mod spelling;

pub use changelog::{Changelog, Inserted};
pub use plan::{Plan, PlanError, Published, Reason};
pub use spelling::Spelling;
