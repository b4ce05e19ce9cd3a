//! Which part of the version a change forces to grow.

use super::PolicySet;
use super::lenses::is_addition;
use crate::diff::{Change, Cx};
use crate::verdict::Verdict;
use crate::words::{Bump, Effect, Nature};

/// The part of the version that has to grow for a change under a policy: the first for what somebody minds,
/// the middle one for additions, deprecations and what cannot be decided, the last one for the rest.
///
/// Named rules carry their own answer; a rule about additions asks for the middle part only.
pub fn bump(change: &Change, verdict: &Verdict, policy: &PolicySet, cx: &Cx<'_>) -> Bump {
    let minded = match policy {
        PolicySet::Lenses(lenses) => match lenses.denied(change, verdict) {
            Effect::Ok => Bump::Patch,
            Effect::Unknown => Bump::Minor,
            Effect::Lossy | Effect::Corrupt | Effect::Rejects => Bump::Major,
        },
        PolicySet::Rules(rules) => rules
            .rules()
            .iter()
            .filter(|r| (r.select)(change, cx).is_some())
            .map(|r| r.bump)
            .max()
            .unwrap_or(Bump::Patch),
    };
    minded.max(natural(change, verdict))
}

/// What a change asks for when nobody minds it.
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
