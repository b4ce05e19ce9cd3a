//! What came out, by change: which change breaks what, between whom.
//!
//! A change is one entry wherever it is seen, in whatever package, part and language; what it explains of others is told
//! with it. What nobody predicted is an entry for each place.

use std::collections::{BTreeMap, BTreeSet};

use super::Version;
use super::facts::Judged;
use super::fold::word;
use super::matrix::{Blame, Cell, CellId, Matrix, State, kind};
use crate::words::{Age, Effect, Language};

/// One change, or one place that differs and no change explains.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Kind and symbol of the change, or the place.
    pub name: &'a str,
    /// What `check` says of it.
    pub judged: Option<&'a Judged>,
    /// Whether the verdict had named it.
    pub predicted: bool,
    /// The worst effect that the verdict gives what was seen.
    pub effect: Option<Effect>,
    /// The first case that shows it; `None` where none does.
    pub first: Option<(CellId, &'a Blame)>,
    /// All cells that show it.
    pub cells: BTreeSet<CellId>,
    /// How many cases show it, over all cells.
    pub cases: usize,
    /// What of the verdict no case has shown: `wire backward lossy`.
    pub unseen: Vec<&'a str>,
}

/// Between which versions something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The earlier one writes or calls, the later one reads or serves.
    Backward,
    /// The other way round.
    Forward,
    /// Within one version.
    Within,
}

impl Way {
    /// Every way in the order of output.
    pub const ALL: [Way; 3] = [Way::Backward, Way::Forward, Way::Within];

    /// The way of a cell.
    #[must_use]
    pub fn of(id: &CellId) -> Way {
        match (id.from.version, id.to.version) {
            (Version::Old, Version::New) => Way::Backward,
            (Version::New, Version::Old) => Way::Forward,
            _ => Way::Within,
        }
    }
}

/// The entries: what nobody predicted, what was, and what was predicted and not seen.
#[must_use]
pub fn entries(matrix: &Matrix) -> Vec<Entry<'_>> {
    let known: BTreeMap<&str, &Judged> =
        matrix.facts.changes.iter().map(|judged| (judged.change.as_str(), judged)).collect();
    let whole = |change: &'_ str| known.get(change).and_then(|judged| judged.with.as_deref());
    let mut all: BTreeMap<(bool, &str), Entry<'_>> = BTreeMap::new();
    let entry = |predicted: bool, name| Entry {
        name,
        judged: if predicted { known.get(name).copied() } else { None },
        predicted,
        effect: None,
        first: None,
        cells: BTreeSet::new(),
        cases: 0,
        unseen: Vec::new(),
    };
    for cell in &matrix.cells {
        for blame in cell.packages.values().flat_map(|share| &share.causes) {
            let (predicted, name) = match &blame.foretold {
                Some(foretold) => (true, whole(&foretold.change).unwrap_or(&foretold.change)),
                None => (false, blame.place.as_str()),
            };
            let entry = all.entry((predicted, name)).or_insert_with(|| entry(predicted, name));
            entry.first.get_or_insert((cell.id, blame));
            entry.cells.insert(cell.id);
            entry.cases += blame.cases;
            entry.effect = entry.effect.max(blame.foretold.as_ref().map(|foretold| foretold.effect));
        }
    }
    for unseen in &matrix.unseen {
        let name = whole(&unseen.change).unwrap_or(&unseen.change);
        all.entry((true, name)).or_insert_with(|| entry(true, name)).unseen.push(&unseen.verdict);
    }
    let mut all: Vec<Entry<'_>> = all.into_values().collect();
    all.sort_by_key(|entry| (entry.predicted, entry.first.is_none()));
    all
}

/// How many changes no program can see, of those that are told by themselves.
#[must_use]
pub fn quiet<'a>(matrix: &'a Matrix, entries: &[Entry<'_>]) -> Vec<&'a Judged> {
    let told: BTreeSet<&str> = entries.iter().map(|entry| entry.name).collect();
    let alone = matrix.facts.changes.iter().filter(|judged| judged.with.is_none());
    alone.filter(|judged| !told.contains(judged.change.as_str())).collect()
}

/// The words for what was tried, in the order of output.
#[must_use]
pub fn parts(matrix: &Matrix) -> Vec<&'static str> {
    let mut parts = Vec::new();
    for cell in matrix.cells.iter().filter(|cell| cell.state != State::Empty) {
        let part = word(cell.id.subject);
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts
}

/// The cells of a part that go one way.
pub fn cells<'a>(matrix: &'a Matrix, part: &'a str, way: Way) -> impl Iterator<Item = &'a Cell> {
    matrix.cells.iter().filter(move |cell| word(cell.id.subject) == part && Way::of(&cell.id) == way)
}

type Kind = (Language, Option<Age>);

/// Who writes or calls, and who reads or serves.
type Pair = [Kind; 2];

/// Between whom an entry is seen among cells: nothing where it is not; `all`, `to go, rust`, `from java`, or how many pairs
/// of languages.
#[must_use]
pub fn whom<'a>(entry: &Entry<'_>, among: impl Iterator<Item = &'a Cell>) -> Option<String> {
    let pair = |id: &CellId| [id.from, id.to].map(|peer| (peer.language, peer.age));
    let (mut tried, mut hit) = (BTreeSet::new(), BTreeSet::new());
    for cell in among.filter(|cell| !matches!(cell.state, State::Empty | State::Skipped(_))) {
        tried.insert(pair(&cell.id));
        if entry.cells.contains(&cell.id) {
            hit.insert(pair(&cell.id));
        }
    }
    if hit.is_empty() {
        return None;
    }
    if hit == tried {
        return Some("all".to_owned());
    }
    // All that one end does, whoever stands at the other.
    let by = |end: usize| -> Option<BTreeSet<Kind>> {
        let ends: BTreeSet<Kind> = hit.iter().map(|pair: &Pair| pair[end]).collect();
        let all = tried.iter().filter(|pair| ends.contains(&pair[end])).count();
        (all == hit.len()).then_some(ends)
    };
    let names = |ends: BTreeSet<Kind>| {
        ends.into_iter().map(|(language, age)| kind(language, age)).collect::<Vec<_>>().join(", ")
    };
    let to = by(1).map(|ends| format!("to {}", names(ends)));
    let told = to.or_else(|| by(0).map(|ends| format!("from {}", names(ends))));
    Some(told.unwrap_or_else(|| format!("{} of {} pairs", hit.len(), tried.len())))
}
