//! The words that every part uses and none owns: whom a change is looked at for, which way, what happens, how loud it
//! is, what it does to the version, which language and which release of its runtime, which kind of call, what sort of edit.
//!
//! A word here has a name in configuration and reports, and a place in an order; what follows from it is said where it
//! is used. Every list of such words (`ALL`) stands once, so that no part spells them for itself.

mod call;
mod language;
mod lens;
mod level;
mod nature;
mod registry;
mod runtime;
mod stages;

pub use call::CallKind;
pub use language::Language;
pub(crate) use language::languages;
pub use lens::{Direction, Effect, Lens, LensSelector, Mode, SelectorError};
pub use level::{Bump, Level};
pub use nature::Nature;
pub use registry::Registry;
pub use runtime::{Age, Pinned, PinnedError};
pub use stages::Stages;
