//! What came out, folded: by package of the contract, and in each by the cause of what differs.
//!
//! A change of one field turns every cell red that can see it, over a hundred of them. Whoever reads a report wants to
//! know which package, which change, and one case to look at; the cells only say who is hit.

use std::collections::{BTreeMap, BTreeSet};

use super::matrix::{CellId, Foretold, Matrix, Subject};

/// What was tried when something differed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Messages in bytes, also those that came through a middleman.
    Bytes,
    /// Messages in JSON.
    Json,
    /// Calls.
    Calls,
}

impl Part {
    fn of(subject: Subject) -> Part {
        match subject {
            Subject::Bytes | Subject::Middle => Part::Bytes,
            Subject::Json => Part::Json,
            Subject::Call(..) => Part::Calls,
        }
    }

    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Bytes => "bytes",
            Part::Json => "json",
            Part::Calls => "calls",
        }
    }
}

/// One reason why something differs, with everything that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What was tried.
    pub part: Part,
    /// What is at fault: a message or some of its fields, or a method.
    pub place: String,
    /// What the verdict had said; `None` when it saw nothing coming.
    pub foretold: Option<Foretold>,
    /// The first cell that shows it.
    pub cell: CellId,
    /// The first case in that cell.
    pub case: String,
    /// What happened in it.
    pub what: String,
    /// All cells that show it, in the order of the matrix.
    pub cells: Vec<CellId>,
    /// How many cases show it, over all cells.
    pub cases: usize,
}

/// How the cells of one subject went for one package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Went {
    /// Cells in which something of the package was tried.
    pub cells: usize,
    /// Cells of those in which something of it differs.
    pub red: usize,
    /// Cases over all of them.
    pub cases: usize,
}

/// One package of the contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package<'a> {
    /// Its name; empty for what belongs to no package.
    pub name: &'a str,
    /// By the word for what was tried: `bytes`, `middle`, `json`, or the kind of call.
    pub went: BTreeMap<&'static str, Went>,
    /// How many cells lost what a language is known to lose, and nothing else.
    pub noted: usize,
    /// Why something differs: what nobody predicted first.
    pub causes: Vec<Cause>,
}

impl Package<'_> {
    /// Over everything that was tried.
    #[must_use]
    pub fn total(&self) -> Went {
        self.went.values().fold(Went::default(), |all, went| Went {
            cells: all.cells + went.cells,
            red: all.red + went.red,
            cases: all.cases + went.cases,
        })
    }
}

/// The word for what a cell is about, without the way in which its calls are secured and compressed.
pub(super) fn word(subject: Subject) -> &'static str {
    match subject {
        Subject::Bytes => "bytes",
        Subject::Middle => "middle",
        Subject::Json => "json",
        Subject::Call(kind, ..) => kind.as_str(),
    }
}

/// The packages by name, each with its causes.
#[must_use]
pub fn packages(matrix: &Matrix) -> Vec<Package<'_>> {
    let names: BTreeSet<&str> =
        matrix.cells.iter().flat_map(|c| c.packages.keys()).map(String::as_str).collect();
    names.into_iter().map(|name| package(matrix, name)).collect()
}

fn package<'a>(matrix: &'a Matrix, name: &'a str) -> Package<'a> {
    let mut package = Package { name, ..Package::default() };
    // One change is one cause, wherever it is seen; what nobody foretold is told apart by place.
    let mut known: BTreeMap<(Part, &str, bool), Cause> = BTreeMap::new();
    for cell in &matrix.cells {
        let Some(share) = cell.packages.get(name) else { continue };
        let went = package.went.entry(word(cell.id.subject)).or_default();
        went.cells += 1;
        went.cases += share.cases;
        went.red += usize::from(!share.causes.is_empty());
        package.noted += usize::from(share.noted > 0 && share.causes.is_empty());
        let part = Part::of(cell.id.subject);
        for blame in &share.causes {
            let what = blame.foretold.as_ref().map_or(blame.place.as_str(), |f| f.change.as_str());
            let cause = known.entry((part, what, blame.foretold.is_none())).or_insert_with(|| Cause {
                part,
                place: blame.place.clone(),
                foretold: blame.foretold.clone(),
                cell: cell.id,
                case: blame.case.clone(),
                what: blame.what.clone(),
                cells: Vec::new(),
                cases: 0,
            });
            if cause.cells.last() != Some(&cell.id) {
                cause.cells.push(cell.id);
            }
            cause.cases += blame.cases;
            if let (Some(known), Some(more)) = (&mut cause.foretold, &blame.foretold) {
                known.effect = known.effect.max(more.effect);
            }
        }
    }
    package.causes = known.into_values().collect();
    package.causes.sort_by_key(|cause| (cause.foretold.is_some(), cause.part));
    package
}

#[cfg(test)]
mod tests {
    use super::super::matrix::{Tally, parse};
    use super::super::tell::sample;
    use super::*;
    use crate::words::Effect;

    #[test]
    fn one_change_is_one_cause_whoever_is_hit_by_it() {
        let labels = ["v1.0.0", "v2.0.0"];
        let foretold = |effect| {
            let change = "field-type-changed t.v1.M.n".to_owned();
            Some(Foretold { change, effect, also: Vec::new() })
        };
        let cell = |name: &str, fill: &dyn Fn(&mut Tally)| {
            let mut tally = Tally::default();
            fill(&mut tally);
            tally.cell(parse(name, labels).unwrap())
        };
        let both = |tally: &mut Tally| {
            tally.about("a.v1", "a.v1.A");
            tally.good();
            tally.about("t.v1", "t.v1.M.n");
            tally.bad("t.v1.M full", "is read as 1", foretold(Effect::Corrupt));
            tally.about("t.v1", "t.v1.N");
            tally.bad("t.v1.N full", "is read as 2", foretold(Effect::Lossy));
        };
        let surprised = |tally: &mut Tally| {
            both(tally);
            tally.about("t.v1", "t.v1.O");
            tally.bad("t.v1.O full", "is refused", None);
        };
        let mut matrix = sample::matrix();
        matrix.cells = vec![
            cell("go@v1.0.0:java@v2.0.0:bytes", &both),
            cell("java@v1.0.0:go@v2.0.0:bytes", &surprised),
            cell("go@v1.0.0:java@v2.0.0:json", &both),
        ];
        let packages = packages(&matrix);
        let told: Vec<(&str, Went, usize)> =
            packages.iter().map(|p| (p.name, p.total(), p.causes.len())).collect();
        assert_eq!(
            told,
            [
                ("a.v1", Went { cells: 3, red: 0, cases: 3 }, 0),
                ("t.v1", Went { cells: 3, red: 3, cases: 7 }, 3)
            ]
        );
        let causes: Vec<_> = packages[1]
            .causes
            .iter()
            .map(|c| (c.part.as_str(), c.place.as_str(), c.foretold.is_some(), c.cells.len(), c.cases))
            .collect();
        assert_eq!(
            causes,
            [
                ("bytes", "t.v1.O", false, 1, 1),
                ("bytes", "t.v1.M.n", true, 2, 4),
                ("json", "t.v1.M.n", true, 1, 2)
            ]
        );
        let worst = packages[1].causes[1].foretold.as_ref().map(|f| f.effect);
        assert_eq!(worst, Some(Effect::Corrupt));
    }
}
