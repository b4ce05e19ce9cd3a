//! Tables for a terminal, and under them what differs.

use std::io;

use super::super::fold;
use super::super::matrix::{Cell, Matrix, Peer, kind};
use super::{Mark, grids, losses, named, summary};
use crate::present::Format;
use crate::text::few;
use crate::text::{Line, Style, View, plural};

/// The most causes that are told one by one.
const MOST: usize = 10;

fn style(mark: Mark) -> Style {
    match mark {
        Mark::Nothing => Style::Faint,
        Mark::Good => Style::Good,
        Mark::Noted | Mark::Skipped => Style::Warn,
        Mark::Predicted | Mark::Bad => Style::Error,
    }
}

/// The format.
pub(super) const FORMAT: Format<Matrix> =
    Format { name: "text", help: "Tables for people", hidden: false, write };

/// Writes the tables, the differences and one line of summary.
fn write(matrix: &Matrix, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let labels = matrix.labels();
    for grid in grids(matrix) {
        Line::new().styled(Style::Strong, &grid.title).write(view, out)?;
        let first = format!("{} \\ {}", grid.rows_are, grid.columns_are);
        let width = grid.rows.iter().map(|p| p.name(labels).chars().count()).max().unwrap_or(0);
        let width = width.max(first.chars().count());
        let words: Vec<Vec<String>> =
            grid.cells.iter().map(|row| row.iter().map(|cells| word(cells)).collect()).collect();
        let width_of = |(index, peer): (usize, &Peer)| {
            let below = words.iter().map(|row| row[index].chars().count());
            below.chain([peer.name(labels).chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = grid.columns.iter().enumerate().map(width_of).collect();
        let mut line = Line::new().styled(Style::Faint, format!("  {first:width$}"));
        for (column, width) in grid.columns.iter().zip(&widths) {
            line = line.plain(format!("  {:width$}", column.name(labels)));
        }
        line.write(&wide(view), out)?;
        for ((row, cells), words) in grid.rows.iter().zip(&grid.cells).zip(&words) {
            let mut line = Line::new().plain(format!("  {:width$}", row.name(labels)));
            for ((cells, word), width) in cells.iter().zip(words).zip(&widths) {
                line = line.plain("  ").styled(style(Mark::worst(cells)), format!("{word:width$}"));
            }
            line.write(&wide(view), out)?;
        }
        writeln!(out)?;
    }
    causes(matrix, view, out)?;
    for loss in losses(matrix) {
        let name = loss.first.id.name(labels);
        let more = if loss.cells > 1 { format!(" and {} more", loss.cells - 1) } else { String::new() };
        let word = Mark::Noted.word();
        Line::new().styled(Style::Warn, word).plain(format!("  {name}{more}")).write(view, out)?;
        Line::labelled("first").plain(loss.what).write(view, out)?;
    }
    for unseen in &matrix.unseen {
        Line::new()
            .styled(Style::Warn, "unseen")
            .plain(format!("  {}: the verdict is `{}`, no case shows it", unseen.change, unseen.verdict))
            .hang(8)
            .write(view, out)?;
    }
    if let Some(equal) = matrix.equal.told() {
        Line::new()
            .styled(Style::Faint, "equal")
            .plain(format!("  not tried: {equal}; `--full` tries all"))
            .hang(7)
            .write(view, out)?;
    }
    // A language that failed is told below.
    let broken = matrix.skips.iter().filter(|s| s.failed.is_some()).count();
    for failure in matrix.failures.iter().skip(broken) {
        Line::new().styled(Style::Error, "failed").plain(format!("  {failure}")).hang(8).write(view, out)?;
    }
    for skip in &matrix.skips {
        Line::new()
            .styled(if skip.failed.is_some() { Style::Error } else { Style::Warn }, "skipped")
            .plain(format!("  {}: {}", kind(skip.language, skip.age), skip.reason))
            .hang(9)
            .write(view, out)?;
    }
    let counts = matrix.counts();
    let style = if counts.red() > 0 { Style::Error } else { Style::Good };
    Line::new().styled(style, summary(&counts, matrix.skips.len())).write(view, out)
}

/// One place of a table.
fn word(cells: &[&Cell]) -> String {
    let mark = Mark::worst(cells);
    match mark {
        Mark::Nothing => "-".to_owned(),
        Mark::Predicted | Mark::Bad if cells.len() > 1 => {
            let bad = cells.iter().filter(|c| Mark::of(c) >= Mark::Predicted).count();
            format!("{bad}/{} {}", cells.len(), if mark == Mark::Bad { "differ" } else { "pred." })
        }
        mark => mark.word().to_owned(),
    }
}

/// What differs, package by package; those where nothing does in one line.
fn causes(matrix: &Matrix, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let labels = matrix.labels();
    let packages = fold::packages(matrix);
    let (red, green): (Vec<_>, Vec<_>) = packages.iter().partition(|p| !p.causes.is_empty());
    if red.is_empty() {
        return Ok(());
    }
    if !green.is_empty() {
        let names: Vec<&str> = green.iter().map(|p| p.name).collect();
        Line::new()
            .styled(Style::Good, "all green")
            .plain(format!("  {}", few(&names, ", ")))
            .write(view, out)?;
    }
    let mut left = MOST;
    for package in red {
        let (name, total) = (named(package.name), package.total());
        let causes = plural(package.causes.len(), "cause");
        Line::new()
            .styled(Style::Strong, name)
            .plain(format!(": {causes}, seen in {} of {}", total.red, plural(total.cells, "cell")))
            .write(view, out)?;
        for cause in package.causes.iter().take(left) {
            let (word, what) = match &cause.foretold {
                Some(f) => ("predicted", format!("{} ({})", f.change, f.effect.as_str())),
                None => ("differs", cause.place.clone()),
            };
            let seen = format!("{} in {}", plural(cause.cases, "case"), plural(cause.cells.len(), "cell"));
            Line::new()
                .styled(Style::Error, word)
                .plain(format!("  {}: {what}: {seen}", cause.part.as_str()))
                .hang(11)
                .write(view, out)?;
            let cell = cause.cell.name(labels);
            Line::labelled("first")
                .plain(format!("{}: {} [{cell}]", cause.case, cause.what))
                .write(view, out)?;
            Line::labelled("repeat").plain(matrix.repeat(&cause.cell)).write(&wide(view), out)?;
        }
        left = left.saturating_sub(package.causes.len());
    }
    let all: usize = packages.iter().map(|p| p.causes.len()).sum();
    if all > MOST {
        let more = plural(all - MOST, "more cause");
        Line::new().plain(format!("and {more}; all of them are in the JSON")).write(view, out)?;
    }
    Ok(())
}

/// A table is not folded, and a command is not either.
fn wide(view: &View) -> View {
    View { width: None, ..*view }
}

#[cfg(test)]
mod tests {
    use super::super::super::matrix::{Encoding, Red, Security, State, Subject};
    use super::super::sample;
    use super::*;
    use crate::words::{CallKind, Language};

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let mut matrix = sample::matrix();
        // Two ways of a call that differ, under names that are shorter than the word for it.
        matrix.labels = ["1".to_owned(), "2".to_owned()];
        for cell in &mut matrix.cells {
            if let (Subject::Call(..), State::Green) = (cell.id.subject, &cell.state) {
                cell.id.from.language = Language::Go;
                cell.id.to.language = Language::Go;
                let mut beside = cell.clone();
                beside.id.to.language = Language::Java;
                let mut wide = cell.clone();
                wide.state = State::Red(Red { predicted: None, ..red() });
                let mut more = wide.clone();
                more.id.subject = Subject::Call(CallKind::Unary, Security::Tls, Encoding::Gzip);
                matrix.cells = vec![wide, more, beside];
                break;
            }
        }
        let mut out = Vec::new();
        write(&matrix, &View { colour: false, width: None }, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().skip(1).take(2).collect();
        assert_eq!(lines[0].find("java@2"), lines[1].find("ok"), "{text}");
        assert!(lines[1].contains("2/2 differ"), "{text}");
    }

    fn red() -> Red {
        Red { case: String::new(), what: String::new(), predicted: None, count: 1, all: Vec::new() }
    }

    #[test]
    fn everything_is_there_and_nothing_escapes() {
        let mut out = Vec::new();
        write(&sample::matrix(), &View { colour: false, width: Some(100) }, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let text: Vec<&str> = text.lines().map(str::trim_end).collect();
        insta::assert_snapshot!(text.join("\n"));
    }
}
