//! From a comparison to findings: what somebody decided to mind.
//!
//! One chain, [`decide`], in one order: *select* what the lenses and rules of a file object to, *ignore* what is left
//! alone, *waive* what is accepted for a time, then give *level and bump*. What it does not do:
//! it compares and judges nothing (that is `compare`), and prints nothing (`report`).

mod affects;
mod bump;
mod decide;
mod fingerprint;
mod lenses;
mod policies;
mod registry;
mod rules;
mod unstable;
mod waivers;

pub use decide::{Decided, decide};
pub use fingerprint::{fingerprint, shape};
pub use lenses::LensPolicy;
pub use policies::{Policies, PolicySet};
pub use registry::registry;
pub use rules::{PolicyError, RuleConfig, RulePolicy, Warning};
pub use unstable::is_unstable_package;
pub use waivers::{Waivers, known, published};
