//! Which part of the version a change forces to grow.

use super::lenses::is_addition;
use crate::diff::Change;
use crate::verdict::Verdict;
use crate::words::{Bump, Nature};

/// What a change asks for when nobody minds it, or when it is left alone: the middle part for additions and
/// deprecations, the last one for the rest.
pub(super) fn natural(change: &Change, verdict: &Verdict) -> Bump {
    let grows = match change.nature() {
        Nature::Reserved => false,
        Nature::Deprecated => true,
        Nature::Added
        | Nature::Removed
        | Nature::Renamed
        | Nature::Moved
        | Nature::Changed
        | Nature::Restored
        | Nature::Option => is_addition(change, verdict),
    };
    if grows { Bump::Minor } else { Bump::Patch }
}
