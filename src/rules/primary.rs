//! The one rule that stands for a change where nobody named rules.

use super::{Lookup, Rule, find};
use crate::diff::{Change, Cx};

/// The rule whose id and pages stand for a change that a lens objects to. `None` for a change that harms nobody
/// in any lens.
pub fn primary(change: &Change, cx: &Cx<'_>) -> Option<&'static Rule> {
    match find((change.kind.facts().rule)(change, cx)?) {
        Some(Lookup::Rule(rule)) => Some(rule),
        Some(Lookup::Retired(_)) | None => None,
    }
}
