//! A finished matrix, told: for people at a terminal, for programs, for CI, for a browser.
//!
//! Every format is a pure function of the matrix. What programs said is escaped in each.

mod html;
mod json;
mod junit;
mod text;

use super::matrix::{Cell, Counts, Encoding, Matrix, Peer, Security, State, Subject};
use crate::present::{Format, Formats};
use crate::text::plural;
use crate::words::CallKind;

/// The formats of a matrix.
#[derive(Debug)]
pub struct OfVerify;

impl Formats for OfVerify {
    type Document = Matrix;

    const ALL: &'static [Format<Matrix>] = &[text::FORMAT, json::FORMAT, junit::FORMAT, html::FORMAT];
}

/// A table of peers against peers.
#[derive(Debug)]
pub struct Grid<'a> {
    /// What it is about.
    pub title: String,
    /// What the rows are: `writer`, `client`.
    pub rows_are: &'static str,
    /// What the columns are: `reader`, `server`.
    pub columns_are: &'static str,
    /// The rows.
    pub rows: Vec<Peer>,
    /// The columns.
    pub columns: Vec<Peer>,
    /// For each row, for each column, its cells: several where a table holds several kinds of calls or ways of
    /// securing them.
    pub cells: Vec<Vec<Vec<&'a Cell>>>,
}

/// How a place of a table is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Nothing was to be tried.
    Nothing,
    /// All well.
    Good,
    /// Well, with a loss the language is known for.
    Noted,
    /// Not tried.
    Skipped,
    /// Differs, as the verdict had said.
    Predicted,
    /// Differs, and the verdict had not said so.
    Bad,
}

impl Mark {
    /// Of one cell.
    #[must_use]
    pub fn of(cell: &Cell) -> Mark {
        match &cell.state {
            State::Green => Mark::Good,
            State::Noted(_) => Mark::Noted,
            State::Red(red) if red.predicted.is_some() => Mark::Predicted,
            State::Red(_) => Mark::Bad,
            State::Skipped(_) => Mark::Skipped,
            State::Empty => Mark::Nothing,
        }
    }

    /// Of several cells: the worst.
    #[must_use]
    pub fn worst(cells: &[&Cell]) -> Mark {
        cells.iter().map(|c| Mark::of(c)).max().unwrap_or(Mark::Nothing)
    }

    /// One word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Mark::Nothing => "",
            Mark::Good => "ok",
            Mark::Noted => "drops",
            Mark::Skipped => "skipped",
            Mark::Predicted => "predicted",
            Mark::Bad => "differs",
        }
    }
}

/// The tables of a matrix: bytes, middlemen, one for each kind of call.
#[must_use]
pub fn grids(matrix: &Matrix) -> Vec<Grid<'_>> {
    let mut grids = Vec::new();
    let bytes = |c: &Cell| c.id.subject == Subject::Bytes;
    grids.extend(grid(matrix, "bytes: who reads what others wrote", ["writer", "reader"], &bytes));
    let title = format!("middlemen: {} writes, {} passes on, {0} reads", matrix.labels[1], matrix.labels[0]);
    let middle = |c: &Cell| c.id.subject == Subject::Middle;
    grids.extend(grid(matrix, &title, ["ends", "middle"], &middle));
    let title = "json: who parses what others print; Rust has none";
    let json = |c: &Cell| c.id.subject == Subject::Json;
    grids.extend(grid(matrix, title, ["writer", "reader"], &json));
    for kind in CallKind::ALL {
        let of = |c: &Cell| matches!(c.id.subject, Subject::Call(k, ..) if k == kind);
        let mut ways: Vec<(Security, Encoding)> = matrix
            .cells
            .iter()
            .filter_map(|c| match c.id.subject {
                Subject::Call(k, security, encoding) if k == kind => Some((security, encoding)),
                _ => None,
            })
            .collect();
        ways.sort();
        ways.dedup();
        let names: Vec<String> = ways.iter().map(|(s, e)| format!("{}+{}", s.as_str(), e.as_str())).collect();
        let title = format!("{} calls ({})", kind.as_str(), names.join(", "));
        grids.extend(grid(matrix, &title, ["client", "server"], &of));
    }
    grids
}

fn grid<'a>(
    matrix: &'a Matrix,
    title: &str,
    [rows_are, columns_are]: [&'static str; 2],
    wanted: &dyn Fn(&Cell) -> bool,
) -> Option<Grid<'a>> {
    let cells: Vec<&Cell> = matrix.cells.iter().filter(|c| wanted(c)).collect();
    if cells.iter().all(|c| c.state == State::Empty) {
        return None;
    }
    let peers = |of: &dyn Fn(&Cell) -> Peer| {
        let mut peers: Vec<Peer> = cells.iter().map(|c| of(c)).collect();
        peers.sort_by_key(|p| (p.version, p.language, p.age));
        peers.dedup();
        peers
    };
    let (rows, columns) = (peers(&|c| c.id.from), peers(&|c| c.id.to));
    let at = |from: &Peer, to: &Peer| {
        cells.iter().copied().filter(|c| c.id.from == *from && c.id.to == *to).collect::<Vec<_>>()
    };
    let cells = rows.iter().map(|row| columns.iter().map(|column| at(row, column)).collect()).collect();
    Some(Grid { title: title.to_owned(), rows_are, columns_are, rows, columns, cells })
}

/// Known losses of one kind.
#[derive(Debug)]
pub struct Losses<'a> {
    /// The first cell with them.
    pub first: &'a Cell,
    /// What is lost in it.
    pub what: &'a str,
    /// How many cells are like it.
    pub cells: usize,
}

/// The known losses: one entry for what cells are about.
#[must_use]
pub fn losses(matrix: &Matrix) -> Vec<Losses<'_>> {
    let mut found: Vec<Losses<'_>> = Vec::new();
    for cell in &matrix.cells {
        let State::Noted(what) = &cell.state else { continue };
        match found.iter_mut().find(|l| l.first.id.subject == cell.id.subject) {
            Some(known) => known.cells += 1,
            None => found.push(Losses { first: cell, what, cells: 1 }),
        }
    }
    found
}

/// A package in a heading; what belongs to none has a word of its own.
#[must_use]
pub fn named(package: &str) -> &str {
    if package.is_empty() { "(no package)" } else { package }
}

/// The last line: what there is of everything.
#[must_use]
pub fn summary(counts: &Counts, skips: usize) -> String {
    let mut parts = vec![format!("{} green", counts.green)];
    if counts.noted > 0 {
        parts.push(format!("{} with a known loss", counts.noted));
    }
    if counts.predicted > 0 {
        parts.push(format!("{} red as predicted", counts.predicted));
    }
    if counts.surprising > 0 || counts.predicted == 0 {
        parts.push(format!(
            "{} red{}",
            counts.surprising,
            if counts.predicted > 0 { " unpredicted" } else { "" }
        ));
    }
    if counts.skipped > 0 {
        parts.push(format!("{} skipped", counts.skipped));
    }
    if skips > 0 {
        parts.push(format!("{} left out", plural(skips, "language")));
    }
    format!("{} · {}", parts.join(", "), plural(counts.cases, "case"))
}

#[cfg(test)]
pub(super) mod sample {
    //! One matrix that has everything in it, with text that no format may take as its own.

    use super::super::facts::{Facts, Judged, Minded};
    use super::super::matrix::{Beside, Blame, Equal, Foretold, Red, Share, Skip, Unseen, parse};
    use super::*;
    use crate::words::{Bump, Effect, Language, Level};

    fn facts() -> Facts {
        let judged = |change: &str, with: Option<&str>, message: &str, finding| Judged {
            change: change.to_owned(),
            with: with.map(str::to_owned),
            message: message.to_owned(),
            finding,
            claims: match change {
                "field-added t.v1.M.new" => Vec::new(),
                _ => {
                    vec![("breaks", "wire (backward: corrupt)".to_owned(), "`<b>` is read as `x`".to_owned())]
                }
            },
        };
        let minded = Minded {
            level: Some(Level::Error),
            rule: "FIELD_SAME_TYPE",
            bump: Bump::Major,
            fingerprint: "0123456789ab".to_owned(),
            fix: Some("keep `amount`".to_owned()),
        };
        Facts {
            tool: "protopact 0.0.0".to_owned(),
            day: "2026-01-31".to_owned(),
            commits: [Some("0123456789abcdef".to_owned()), None],
            tried: "bytes and <calls>".to_owned(),
            libraries: vec![(Language::Go, "protobuf 1.0".to_owned())],
            changes: vec![
                judged(
                    "field-type-changed t.v1.M.amount",
                    None,
                    "the type of `amount` <changed>",
                    Some(minded),
                ),
                judged("field-removed t.v1.M.old", None, "`old` was removed", None),
                judged("enum-value-renamed t.v1.E.A", None, "`A` is called `B`", None),
                judged("field-added t.v1.M.new", None, "`new` was added", None),
            ],
        }
    }

    pub(in super::super) fn matrix() -> Matrix {
        let labels = ["v1.0.0", "v2.0.0"];
        let also = |some: bool| {
            let hidden = some.then(|| {
                let beside = Beside { case: "t.v1.M kind#0".to_owned(), cases: 1 };
                ("enum-value-renamed t.v1.E.A".to_owned(), beside)
            });
            hidden.into_iter().collect()
        };
        let cell = |name: &str, state| {
            let mut share = Share { cases: 3, ..Share::default() };
            match &state {
                State::Red(red) => share.causes.push(Blame {
                    place: "t.v1.M.amount".to_owned(),
                    foretold: red.predicted.clone().map(|change| Foretold {
                        change,
                        effect: Effect::Corrupt,
                        also: Vec::new(),
                    }),
                    case: red.case.clone(),
                    what: red.what.clone(),
                    cases: red.count,
                    also: also(red.predicted.is_some()),
                }),
                State::Noted(_) => share.noted = 1,
                State::Green | State::Skipped(_) | State::Empty => {}
            }
            let tried = !matches!(state, State::Skipped(_) | State::Empty);
            let quiet = Share { cases: 1, ..Share::default() };
            let packages = [("t.v1", share), ("quiet.<v1>", quiet)].into_iter().filter(|_| tried);
            let packages = packages.map(|(name, share)| (name.to_owned(), share)).collect();
            Cell { id: parse(name, labels).unwrap(), cases: 3, state, packages }
        };
        let red = |predicted: Option<&str>| {
            State::Red(Red {
                case: "t.v1.M amount#1".to_owned(),
                what: "`amount` was written as 300, the reader sees <b>]]>&\u{1b}[31m\u{202e} \"true\""
                    .to_owned(),
                predicted: predicted.map(str::to_owned),
                count: 2,
                all: Vec::new(),
            })
        };
        let mut cells = vec![
            cell("go@v1.0.0:go@v2.0.0:bytes", State::Green),
            cell("go@v1.0.0:python@v2.0.0:bytes", red(None)),
            cell("python@v1.0.0:go@v2.0.0:bytes", red(Some("field-type-changed t.v1.M.amount"))),
            cell("python@v1.0.0:python@v2.0.0:bytes", State::Skipped("the driver does not start".to_owned())),
            cell(
                "go@v2.0.0:python@v1.0.0:middle",
                State::Noted("t.v1.M all#0: `note` was written".to_owned()),
            ),
            cell("go@v1.0.0:python@v2.0.0:json", State::Green),
            cell("go@v1.0.0:python@v2.0.0:unary:plain:identity", State::Green),
            cell("go@v1.0.0:python@v2.0.0:unary:mtls:gzip", red(None)),
            cell("go@v1.0.0:python@v2.0.0:bidi:plain:identity", State::Empty),
        ];
        cells.sort_by_key(|c| c.id);
        Matrix {
            contract: "acme/<contracts>".to_owned(),
            labels: labels.map(str::to_owned),
            typed: ["v1.0.0".to_owned(), "it's v2".to_owned()],
            options: Vec::new(),
            skips: vec![Skip {
                language: Language::Java,
                age: None,
                reason: "`mvn` is not there".to_owned(),
                failed: None,
            }],
            cells,
            equal: Equal { methods: 132, messages: 1 },
            failures: vec!["python@v2.0.0: the driver does not start".to_owned()],
            unseen: vec![Unseen {
                change: "field-removed t.v1.M.old".to_owned(),
                verdict: "wire backward lossy".to_owned(),
            }],
            facts: facts(),
        }
    }
}
