//! What came out, by change: which change breaks what, between whom.
//!
//! A change is one entry wherever it is seen, in whatever package, part and language; what it explains of others is told
//! with it. What nobody predicted is an entry for each place.

use std::collections::{BTreeMap, BTreeSet};

use super::Version;
use super::facts::Judged;
use super::fold::word;
use super::matrix::{Beside, Blame, Cell, CellId, Matrix, State, kind};
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
    /// The first case that is told by it; `None` where none is.
    pub first: Option<(CellId, &'a Blame)>,
    /// The first case in which it is at fault beside another change, by whose name the case is told.
    pub beside: Option<(CellId, &'a Beside, &'a str)>,
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
    for cell in &matrix.cells {
        for blame in cell.packages.values().flat_map(|share| &share.causes) {
            let (predicted, name) = match &blame.foretold {
                Some(foretold) => (true, whole(&foretold.change).unwrap_or(&foretold.change)),
                None => (false, blame.place.as_str()),
            };
            let entry = all.entry((predicted, name)).or_insert_with(|| entry_of(&known, predicted, name));
            entry.first.get_or_insert((cell.id, blame));
            entry.cells.insert(cell.id);
            entry.cases += blame.cases;
            entry.effect = entry.effect.max(blame.foretold.as_ref().map(|foretold| foretold.effect));
            for (change, beside) in &blame.also {
                let other = whole(change).unwrap_or(change);
                if other != name {
                    let entry = all.entry((true, other)).or_insert_with(|| entry_of(&known, true, other));
                    entry.beside.get_or_insert((cell.id, beside, name));
                    entry.cells.insert(cell.id);
                    entry.cases += beside.cases;
                }
            }
        }
    }
    for unseen in &matrix.unseen {
        let name = whole(&unseen.change).unwrap_or(&unseen.change);
        all.entry((true, name)).or_insert_with(|| entry_of(&known, true, name)).unseen.push(&unseen.verdict);
    }
    // What is minded and sure has an entry, also where no case shows it by itself.
    let minded = |judged: &&Judged| judged.with.is_none() && judged.finding.is_some() && judged.is_sure();
    for judged in matrix.facts.changes.iter().filter(minded) {
        all.entry((true, &judged.change)).or_insert_with(|| entry_of(&known, true, &judged.change));
    }
    let mut all: Vec<Entry<'_>> = all.into_values().collect();
    all.sort_by_key(|entry| (entry.predicted, entry.first.is_none(), entry.cells.is_empty()));
    all
}

fn entry_of<'a>(known: &BTreeMap<&str, &'a Judged>, predicted: bool, name: &'a str) -> Entry<'a> {
    Entry {
        name,
        judged: if predicted { known.get(name).copied() } else { None },
        predicted,
        effect: None,
        first: None,
        beside: None,
        cells: BTreeSet::new(),
        cases: 0,
        unseen: Vec::new(),
    }
}

/// The changes that have no entry, of those that are told by themselves: no program is hit by them.
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

#[cfg(test)]
mod tests {
    use super::super::matrix::{Foretold, Tally, parse};
    use super::super::tell::sample;
    use super::*;

    const LABELS: [&str; 2] = ["v1.0.0", "v2.0.0"];

    fn judged(change: &str, with: Option<&str>, label: &'static str) -> Judged {
        Judged {
            change: change.to_owned(),
            with: with.map(str::to_owned),
            message: String::new(),
            finding: None,
            claims: vec![(label, String::new(), String::new())],
        }
    }

    fn cell(name: &str, changes: &[(Option<&str>, &[&str])]) -> Cell {
        let mut tally = Tally::default();
        tally.about("t.v1", "t.v1.M.place");
        tally.good();
        for (case, (change, also)) in changes.iter().enumerate() {
            let also = also.iter().map(|also| (*also).to_owned()).collect();
            let effect = Effect::Lossy;
            let foretold = change.map(|change| Foretold { change: change.to_owned(), effect, also });
            tally.bad(&format!("case {case}"), "differs", foretold);
        }
        tally.cell(parse(name, LABELS).unwrap())
    }

    #[test]
    fn every_change_that_breaks_something_is_one_entry() {
        let mut matrix = sample::matrix();
        matrix.unseen.clear();
        matrix.cells = vec![
            cell(
                "go@v1.0.0:java@v2.0.0:bytes",
                &[(Some("a"), &["c"]), (Some("echo"), &["a", "b"]), (Some("a"), &["c"])],
            ),
            cell("go@v1.0.0:java@v2.0.0:json", &[(Some("b"), &[]), (None, &[])]),
        ];
        let minded = matrix.facts.changes.iter().find_map(|judged| judged.finding.clone()).unwrap();
        matrix.facts.changes = vec![
            judged("a", None, "breaks"),
            judged("b", None, "breaks"),
            judged("c", None, "breaks"),
            judged("echo", Some("a"), "breaks"),
            Judged { finding: Some(minded), ..judged("hidden", None, "breaks") },
            judged("grown", None, "breaks"),
            judged("quiet", None, "unclear"),
        ];
        let entries = entries(&matrix);
        let told: Vec<_> = entries
            .iter()
            .map(|e| (e.name, e.predicted, e.cells.len(), e.cases, e.first.is_some()))
            .collect();
        assert_eq!(
            told,
            [
                ("t.v1.M.place", false, 1, 1, true),
                ("a", true, 1, 3, true),
                ("b", true, 2, 2, true),
                ("c", true, 1, 2, false),
                ("hidden", true, 0, 0, false),
            ]
        );
        let beside = entries[3].beside.as_ref().map(|(_, beside, by)| (beside.case.as_str(), *by));
        assert_eq!(beside, Some(("case 0", "a")));
        let quiet: Vec<&str> = quiet(&matrix, &entries).iter().map(|judged| judged.change.as_str()).collect();
        assert_eq!(quiet, ["grown", "quiet"]);
    }

    #[test]
    fn whom_it_hits_is_told_by_the_end_that_decides() {
        let names = ["go", "java", "python"];
        let of = |hit: &dyn Fn(&str, &str) -> bool| {
            let pairs = names.iter().flat_map(|from| names.iter().map(move |to| (*from, *to)));
            let cells: Vec<Cell> = pairs
                .map(|(from, to)| {
                    let changes: &[(Option<&str>, &[&str])] =
                        if hit(from, to) { &[(Some("a"), &[])] } else { &[] };
                    cell(&format!("{from}@v1.0.0:{to}@v2.0.0:bytes"), changes)
                })
                .collect();
            let matrix = Matrix { cells, unseen: Vec::new(), ..sample::matrix() };
            let entries = entries(&matrix);
            let entry = entries.iter().find(|entry| entry.name == "a")?;
            whom(entry, cells_of(&matrix))
        };
        assert_eq!(of(&|_, _| true).as_deref(), Some("all"));
        assert_eq!(of(&|_, to| to != "java").as_deref(), Some("to go, python"));
        assert_eq!(of(&|from, _| from == "java").as_deref(), Some("from java"));
        assert_eq!(of(&|from, to| from == "go" || to == "go").as_deref(), Some("5 of 9 pairs"));
        assert_eq!(of(&|_, _| false), None);
    }

    fn cells_of(matrix: &Matrix) -> impl Iterator<Item = &Cell> {
        cells(matrix, "bytes", Way::Backward)
    }
}
