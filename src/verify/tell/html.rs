//! The matrix as one page that needs nothing else.

use std::io;

use minijinja::context;

use super::super::fold;
use super::super::matrix::{Cell, Counts, Matrix, State, kind};
use super::{Mark, grids, losses, named};
use crate::present::{Format, page};
use crate::text::{View, plural};

fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Nothing => "none",
        Mark::Good => "good",
        Mark::Noted => "noted",
        Mark::Skipped => "skipped",
        Mark::Predicted => "predicted",
        Mark::Bad => "bad",
    }
}

/// What a place shows when it is pointed at.
fn hint(matrix: &Matrix, cells: &[&Cell]) -> String {
    let lines = cells.iter().map(|cell| {
        let what = match &cell.state {
            State::Red(red) => format!("{}: {}", red.case, red.what),
            State::Noted(what) | State::Skipped(what) => what.clone(),
            State::Green => format!("{} cases", cell.cases),
            State::Empty => "nothing to try".to_owned(),
        };
        format!("{}: {}", cell.id.subject, &what) + &format!(" [{}]", cell.id.name(matrix.labels()))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The format.
pub(super) const FORMAT: Format<Matrix> =
    Format { name: "html", help: "One page for a browser", hidden: false, write };

/// What the page is asked.
fn answer(counts: &Counts) -> &'static str {
    match (counts.surprising, counts.predicted) {
        (0, 0) => "In everything that was tried they do.",
        (0, _) => "Where they do not, the verdict had said so.",
        _ => "Not everywhere, and not only where the verdict had said so.",
    }
}

/// What there is of everything, with the class that it is shown in.
fn told(counts: &Counts, skips: usize) -> Vec<(&'static str, String)> {
    let all = [
        ("error", counts.surprising, "red, not predicted"),
        ("warn", counts.predicted, "red, as predicted"),
        ("note", counts.noted, "with a known loss"),
        ("good", counts.green, "green"),
        ("", counts.skipped, "skipped"),
    ];
    let some = all.into_iter().filter(|(_, count, _)| *count > 0);
    let mut told: Vec<_> = some.map(|(class, count, word)| (class, format!("{count} {word}"))).collect();
    told.extend((skips > 0).then(|| ("", format!("{} left out", plural(skips, "language")))));
    told.push(("", plural(counts.cases, "case")));
    told
}

/// Writes one page.
fn write(matrix: &Matrix, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let labels = matrix.labels();
    let tables: Vec<_> = grids(matrix)
        .iter()
        .map(|grid| {
            let rows: Vec<_> = grid
                .rows
                .iter()
                .zip(&grid.cells)
                .map(|(row, cells)| {
                    let cells: Vec<_> = cells
                        .iter()
                        .map(|cells| {
                            let mark = Mark::worst(cells);
                            context! { class => class(mark), word => mark.word(), hint => hint(matrix, cells) }
                        })
                        .collect();
                    context! { name => row.name(labels), cells }
                })
                .collect();
            context! {
                title => &grid.title, corner => format!("{} \\ {}", grid.rows_are, grid.columns_are),
                columns => grid.columns.iter().map(|p| p.name(labels)).collect::<Vec<_>>(), rows,
            }
        })
        .collect();
    let packages = fold::packages(matrix);
    let green: Vec<_> =
        packages.iter().filter(|p| p.causes.is_empty()).map(|p| named(p.name).to_owned()).collect();
    let red: Vec<_> = packages
        .iter()
        .filter(|p| !p.causes.is_empty())
        .map(|package| {
            let causes: Vec<_> = package
                .causes
                .iter()
                .map(|cause| {
                    let cells: Vec<_> = cause.cells.iter().map(|c| c.name(labels)).collect();
                    context! {
                        part => cause.part.as_str(), place => &cause.place, case => &cause.case,
                        what => &cause.what, cell => cause.cell.name(labels), cells,
                        seen => format!("{} in {}", plural(cause.cases, "case"), plural(cause.cells.len(), "cell")),
                        predicted => cause.foretold.as_ref().map(|f| &f.change),
                        effect => cause.foretold.as_ref().map(|f| f.effect.as_str()),
                        repeat => matrix.repeat(&cause.cell),
                    }
                })
                .collect();
            let total = package.total();
            context! { name => named(package.name), red => total.red, cells => total.cells, causes }
        })
        .collect();
    let skips: Vec<_> = matrix.skips.iter().map(|s| (kind(s.language, s.age), s.reason.clone())).collect();
    let unseen: Vec<_> = matrix.unseen.iter().map(|u| (u.change.clone(), u.verdict.clone())).collect();
    let losses: Vec<_> = losses(matrix)
        .into_iter()
        .map(|l| context! { name => l.first.id.name(labels), what => l.what, more => l.cells - 1 })
        .collect();
    let counts = matrix.counts();
    let page = page::render(
        include_str!("page.html.j2"),
        context! {
            contract => &matrix.contract, old => labels[0], new => labels[1], tables, red, green, losses, skips, unseen,
            answer => answer(&counts), counts => told(&counts, matrix.skips.len()),
        },
    );
    out.write_all(page.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn text_of_others_is_never_markup() {
        let mut out = Vec::new();
        write(&sample::matrix(), &View { colour: false, width: None }, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains("<b>") && !text.contains("acme/<contracts>"), "{text}");
        assert!(text.contains("acme&#x2f;&lt;contracts&gt;"), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        for class in ["good", "bad", "predicted", "noted", "skipped"] {
            assert!(text.contains(&format!("<td class=\"{class}\"")), "{class}: {text}");
        }
        // Nothing is fetched and nothing runs.
        assert!(!text.contains("<script") && !text.contains("src="), "{text}");
        insta::assert_snapshot!(text);
    }
}
