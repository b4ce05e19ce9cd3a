//! Policies that deny lenses.

use std::collections::BTreeSet;

use crate::diff::{Change, Kind};
use crate::verdict::{Cell, Verdict};
use crate::words::{Direction, Effect, Language, Lens, LensSelector, Nature};

/// Lenses that must not be hurt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LensPolicy {
    /// What is denied.
    pub deny: Vec<LensSelector>,
}

impl LensPolicy {
    /// What the product denies when nobody said anything: data and calls.
    pub fn standard() -> LensPolicy {
        LensPolicy { deny: LensSelector::standard() }
    }

    /// The worst effect of a change in the denied cells; [`Effect::Ok`] when nobody minds.
    ///
    /// Without a direction both count, but what is merely new is not held against an old side that does not
    /// know it: every contract grows, old JSON parsers can be told to ignore new keys, and servers are rolled
    /// out before clients. It does count where the old side reads the new bytes as something else or refuses
    /// the whole message, where the number was published before as something else, and where the direction is
    /// named (`json.forward`).
    pub fn denied(&self, change: &Change, verdict: &Verdict) -> Effect {
        self.minded(change, verdict).map(|cell| cell.effect).max().unwrap_or_default()
    }

    /// The denied cells.
    pub(super) fn minded<'v>(&self, change: &Change, verdict: &'v Verdict) -> impl Iterator<Item = &'v Cell> {
        let addition = is_addition(change, verdict);
        let reused = change.reused().is_some();
        verdict.cells.iter().filter(move |cell| self.deny.iter().any(|s| takes(*s, cell, addition, reused)))
    }
}

/// The worst effect of a change on anybody, growing aside: what the number of a version speaks of, whatever is denied. Code
/// of languages that `counts` leaves out is nobody's.
pub(super) fn felt(change: &Change, verdict: &Verdict, counts: &dyn Fn(Lens) -> bool) -> Effect {
    feeling(change, verdict, counts).map(|cell| cell.effect).max().unwrap_or_default()
}

/// Who feels the worst of a change.
pub(super) fn feels(change: &Change, verdict: &Verdict, counts: &dyn Fn(Lens) -> bool) -> BTreeSet<Lens> {
    let worst = felt(change, verdict, counts);
    let all = feeling(change, verdict, counts).filter(|cell| !worst.is_ok() && cell.effect == worst);
    all.map(|cell| cell.lens).collect()
}

fn feeling<'v>(
    change: &Change,
    verdict: &'v Verdict,
    counts: &dyn Fn(Lens) -> bool,
) -> impl Iterator<Item = &'v Cell> {
    let (addition, reused) = (is_addition(change, verdict), change.reused().is_some());
    // Rust lists all fields and all calls, where others take what they name: no contract could grow otherwise.
    let listed = move |cell: &Cell| addition && cell.lens == Lens::Source(Language::Rust);
    verdict.cells.iter().filter(move |cell| {
        let selector = LensSelector { lens: cell.lens, direction: None };
        counts(cell.lens) && !listed(cell) && takes(selector, cell, addition, reused)
    })
}

/// Whether a selector minds a cell.
fn takes(selector: LensSelector, cell: &Cell, addition: bool, reused: bool) -> bool {
    if selector.lens != cell.lens {
        return false;
    }
    match selector.direction {
        Some(direction) => direction == cell.direction,
        None => {
            let deployment = (addition || cell.grows)
                && cell.direction == Direction::Forward
                && match cell.lens {
                    Lens::Wire => cell.effect < Effect::Corrupt && !reused,
                    // What is not certain is about readers of answers and of stored data, whom a new
                    // server meets at once.
                    Lens::Validation => cell.effect == Effect::Rejects,
                    _ => true,
                };
            !deployment
        }
    }
}

/// Whether a change only adds something. Of an option its kind does not tell; the lens that knows the option does.
pub(super) fn is_addition(change: &Change, verdict: &Verdict) -> bool {
    match change.nature() {
        Nature::Added => !takes_the_name(change, verdict),
        Nature::Option => verdict.only_adds(),
        // What is reserved takes nothing away from anybody.
        Nature::Reserved => true,
        Nature::Removed
        | Nature::Renamed
        | Nature::Moved
        | Nature::Changed
        | Nature::Deprecated
        | Nature::Restored => false,
    }
}

/// Whether a new alias stands before the name that its number had: then everybody writes the new name for what was there
/// before, which old parsers do not know. Any other alias is no news to JSON.
fn takes_the_name(change: &Change, verdict: &Verdict) -> bool {
    matches!(change.kind, Kind::EnumValueAdded { alias: true, .. })
        && !verdict.effect(Lens::Json, Direction::Forward).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(cells: &[(Lens, Direction, Effect)]) -> Verdict {
        let cells = cells
            .iter()
            .map(|(lens, direction, effect)| Cell {
                lens: *lens,
                direction: *direction,
                effect: *effect,
                reason: "because".into(),
                grows: false,
                stages: None,
            })
            .collect();
        Verdict { cells }
    }

    fn change(kind: Kind) -> Change {
        Change { kind, old: None, new: None, notice: crate::diff::Notice::default(), otherwise: Vec::new() }
    }

    fn policy(words: &[&str]) -> LensPolicy {
        LensPolicy { deny: words.iter().flat_map(|w| LensSelector::parse(w).unwrap()).collect() }
    }

    #[test]
    fn an_addition_counts_forward_only_where_it_is_named_or_misread() {
        let refused = verdict(&[(Lens::Json, Direction::Forward, Effect::Rejects)]);
        assert_eq!(policy(&["json"]).denied(&change(Kind::MethodAdded), &refused), Effect::Ok);
        assert_eq!(policy(&["json.forward"]).denied(&change(Kind::MethodAdded), &refused), Effect::Rejects);
        assert_eq!(policy(&["json"]).denied(&change(Kind::MethodRemoved), &refused), Effect::Rejects);
        let dropped = verdict(&[(Lens::Wire, Direction::Forward, Effect::Lossy)]);
        assert_eq!(policy(&["wire"]).denied(&change(Kind::TypeAdded), &dropped), Effect::Ok);
        let misread = verdict(&[(Lens::Wire, Direction::Forward, Effect::Corrupt)]);
        assert_eq!(policy(&["wire"]).denied(&change(Kind::TypeAdded), &misread), Effect::Corrupt);
    }

    #[test]
    fn the_worst_denied_cell_decides() {
        let mixed = verdict(&[
            (Lens::Wire, Direction::Backward, Effect::Unknown),
            (Lens::Rpc, Direction::Backward, Effect::Rejects),
        ]);
        let removed = change(Kind::MethodRemoved);
        assert_eq!(policy(&["wire"]).denied(&removed, &mixed), Effect::Unknown);
        assert_eq!(policy(&["wire", "rpc"]).denied(&removed, &mixed), Effect::Rejects);
        assert_eq!(policy(&["json"]).denied(&removed, &mixed), Effect::Ok);
    }
}
