//! Releases: which version has to follow, how it is spelt where it goes, what files it has, and how it is published once.
//!
//! Which version follows is a pure function of the finished report and of the versions there are; its files are one of
//! the commit. What is decided stands in `docs/release.md`, and why it is built so in `docs/design/release.md`.

pub mod artefacts;
mod changelog;
mod journal;
mod notice;
mod plan;
mod publish;
mod spelling;
pub mod target;

pub use changelog::{Changelog, Inserted, Upgrade, upgrades};
pub use journal::{Entry, Journal, JournalError};
pub use notice::{Deliveries, Delivery, KEY, Notice, SIGNATURE, Told, deliver};
pub use plan::{Plan, PlanError, Published, Reason};
pub use publish::{Begun, Order, Outcome, ReleaseError, Workplace, all_have, bring};
pub use spelling::Spelling;
