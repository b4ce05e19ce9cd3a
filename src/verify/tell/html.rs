//! The matrix as one page that needs nothing else: which change breaks what, one entry for each, and below them the cells.

use std::io;

use minijinja::{Value, context};

use super::super::changes::{self, Entry, Way};
use super::super::facts::Facts;
use super::super::fold;
use super::super::matrix::{Cell, Counts, Matrix, State, kind};
use super::{Grid, Mark, grids, losses, named};
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

/// An entry has a number, by which a red cell names it.
type Numbered<'a> = [(usize, Entry<'a>)];

/// Between whom a way goes.
fn between(matrix: &Matrix, way: Way) -> String {
    let [old, new] = matrix.labels();
    match way {
        Way::Backward => format!("{old} → {new}"),
        Way::Forward => format!("{new} → {old}"),
        Way::Within => "same version".to_owned(),
    }
}

/// A table of ways by parts, the ways that have something in them.
fn strip(
    matrix: &Matrix,
    label: &str,
    spot: &dyn Fn(&[&Cell]) -> Value,
    wanted: &dyn Fn(Way) -> bool,
) -> Value {
    let parts = changes::parts(matrix);
    let rows = Way::ALL.into_iter().filter(|way| wanted(*way)).map(|way| {
        let spots = parts.iter().map(|part| spot(&changes::cells(matrix, part, way).collect::<Vec<_>>()));
        context! { way => between(matrix, way), spots => spots.collect::<Vec<_>>() }
    });
    let rows: Vec<Value> = rows.collect();
    Value::from_safe_string(page::render(include_str!("strip.html.j2"), context! { label, rows, parts }))
}

/// Which entries are seen among cells.
fn glance(cells: &[&Cell], entries: &Numbered<'_>) -> Value {
    let mark = Mark::worst(cells);
    let seen = entries.iter().filter_map(|(number, entry)| {
        let whom = changes::whom(entry, cells.iter().copied())?;
        Some(context! { number, whom => if whom == "all" { String::new() } else { whom } })
    });
    context! { class => class(mark), word => mark.word(), entries => seen.collect::<Vec<_>>() }
}

/// Between whom one entry is seen among cells.
fn spot(cells: &[&Cell], entry: &Entry<'_>) -> Value {
    let whom = changes::whom(entry, cells.iter().copied());
    let mark = match &whom {
        Some(_) if entry.predicted => Mark::Predicted,
        Some(_) => Mark::Bad,
        None => match Mark::worst(cells) {
            other @ (Mark::Nothing | Mark::Skipped) => other,
            // What is red there, or drops, does so for another reason.
            _ => Mark::Good,
        },
    };
    context! { class => class(mark), word => whom.unwrap_or_else(|| mark.word().to_owned()), entries => [""; 0] }
}

fn entry(matrix: &Matrix, number: usize, entry: &Entry<'_>, entries: &Numbered<'_>) -> Value {
    let labels = matrix.labels();
    let (class, level, word) = match (entry.cells.is_empty(), entry.predicted) {
        (true, _) => ("note", "note", "not seen"),
        (_, true) => ("warn", "warning", "predicted"),
        (_, false) => ("error", "error", "not predicted"),
    };
    let judged = entry.judged;
    let finding = judged.and_then(|judged| judged.finding.as_ref());
    let mut meta: Vec<&str> = Vec::new();
    if let Some(finding) = finding {
        let level = finding.level.map_or("accepted", crate::words::Level::as_str);
        meta.extend([level, finding.rule, finding.bump.as_str(), &finding.fingerprint]);
    }
    if judged.is_some() {
        meta.push(entry.name);
    }
    let seen = |cells: usize| format!("{} in {}", plural(entry.cases, "case"), plural(cells, "cell"));
    let ways: Vec<Way> = entry.cells.iter().map(Way::of).collect();
    let wanted = |way: Way| way != Way::Within || ways.contains(&way);
    context! {
        number, class, level, word, meta => meta.join(" · "),
        title => judged.map_or_else(|| format!("`{}`", entry.name), |judged| judged.message.clone()),
        strip => (!entry.cells.is_empty()).then(|| {
            strip(matrix, &format!("Who is hit by change {number}"), &|cells| spot(cells, entry), &wanted)
        }),
        claims => judged.map(|judged| &judged.claims),
        first => entry.first.as_ref().map(|(cell, blame)| context! {
            case => &blame.case, what => &blame.what, repeat => matrix.repeat(cell), cell => cell.name(labels),
        }),
        beside => entry.beside.as_ref().filter(|_| entry.first.is_none()).map(|(cell, beside, name)| context! {
            case => &beside.case, repeat => matrix.repeat(cell),
            by => entries.iter().find(|(_, other)| other.predicted && other.name == *name).map(|(number, _)| number),
        }),
        seen => seen(entry.cells.len()),
        cells => entry.cells.iter().map(|cell| cell.name(labels)).collect::<Vec<_>>(),
        unseen => entry.unseen.iter().map(|verdict| (*verdict).to_owned()).collect::<Vec<_>>(),
        fix => finding.and_then(|finding| finding.fix.as_ref()),
    }
}

/// How each pair of versions went, and by which entries, where all languages of a table agree on how it went.
fn agreed(matrix: &Matrix, grid: &Grid<'_>, entries: &Numbered<'_>) -> Option<Vec<Value>> {
    let all: Vec<&Cell> = grid.cells.iter().flatten().flatten().copied().collect();
    let mut told = Vec::new();
    for way in Way::ALL {
        let cells: Vec<&Cell> = all.iter().filter(|cell| Way::of(&cell.id) == way).copied().collect();
        let mut marks: Vec<Mark> = cells.iter().map(|cell| Mark::of(cell)).collect();
        marks.sort();
        marks.dedup();
        match marks[..] {
            [] => {}
            [_] => told.push(context! { way => between(matrix, way), ..glance(&cells, entries) }),
            _ => return None,
        }
    }
    Some(told)
}

fn table(matrix: &Matrix, grid: &Grid<'_>, entries: &Numbered<'_>) -> Value {
    let labels = matrix.labels();
    if let Some(agreed) = agreed(matrix, grid, entries) {
        return context! { title => &grid.title, agreed };
    }
    let rows = grid.rows.iter().zip(&grid.cells).map(|(row, cells)| {
        let cells = cells.iter().map(|cells| {
            let mark = Mark::worst(cells);
            let why =
                entries.iter().filter(|(_, entry)| cells.iter().any(|cell| entry.cells.contains(&cell.id)));
            let why: Vec<usize> = why.map(|(number, _)| *number).collect();
            context! { class => class(mark), word => mark.word(), hint => hint(matrix, cells), why }
        });
        context! { name => row.name(labels), cells => cells.collect::<Vec<_>>() }
    });
    context! {
        title => &grid.title, agreed => None::<()>, corner => format!("{} \\ {}", grid.rows_are, grid.columns_are),
        columns => grid.columns.iter().map(|p| p.name(labels)).collect::<Vec<_>>(), rows => rows.collect::<Vec<_>>(),
    }
}

/// What the run was, line by line.
fn about(matrix: &Matrix) -> Vec<(&'static str, String)> {
    let Facts { tool, day, commits, tried, libraries, .. } = &matrix.facts;
    let versions = matrix.labels.iter().zip(commits).map(|(label, commit)| match commit {
        Some(commit) => format!("`{label}` is commit `{}`", commit.get(..12).unwrap_or(commit)),
        None => format!("`{label}` is no commit"),
    });
    let mut tried = tried.clone();
    if let Some(equal) = matrix.equal.told() {
        tried += &format!("; {equal} not tried");
    }
    let libraries = libraries.iter().map(|(language, asked)| format!("{}: {asked}", language.as_str()));
    let all = [
        ("versions", versions.collect::<Vec<_>>().join(", ")),
        ("tried", tried),
        ("with", libraries.collect::<Vec<_>>().join("; ")),
        ("made", if tool.is_empty() { String::new() } else { format!("{day} by {tool}") }),
    ];
    all.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// What the words and the colours mean.
const LEGEND: [(&str, &str, &str); 5] = [
    ("good", "ok", "all as it should be"),
    ("noted", "drops", "a loss that the language is known for"),
    ("predicted", "predicted", "differs, as `check` says"),
    ("bad", "differs", "differs, and `check` does not say so"),
    ("skipped", "skipped", "could not be tried"),
];

/// Writes one page.
fn write(matrix: &Matrix, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let labels = matrix.labels();
    let entries: Vec<(usize, Entry<'_>)> =
        changes::entries(matrix).into_iter().enumerate().map(|(n, entry)| (n + 1, entry)).collect();
    let bare: Vec<Entry<'_>> = entries.iter().map(|(_, entry)| entry.clone()).collect();
    let quiet: Vec<_> = changes::quiet(matrix, &bare).iter().map(|judged| judged.message.clone()).collect();
    let packages = fold::packages(matrix);
    let green: Vec<_> =
        packages.iter().filter(|p| p.causes.is_empty()).map(|p| named(p.name).to_owned()).collect();
    let some =
        |way: Way| matrix.cells.iter().any(|cell| cell.state != State::Empty && Way::of(&cell.id) == way);
    let skips: Vec<_> = matrix.skips.iter().map(|s| (kind(s.language, s.age), s.reason.clone())).collect();
    let losses: Vec<_> = losses(matrix)
        .into_iter()
        .map(|l| context! { name => l.first.id.name(labels), what => l.what, more => l.cells - 1 })
        .collect();
    let counts = matrix.counts();
    let page = page::render(
        include_str!("page.html.j2"),
        context! {
            contract => &matrix.contract, old => labels[0], new => labels[1], answer => answer(&counts),
            counts => told(&counts, matrix.skips.len()), about => about(matrix), legend => LEGEND, green, losses, skips,
            glance => strip(matrix, "Which change breaks what", &|cells| glance(cells, &entries), &some),
            entries => entries.iter().map(|(number, one)| entry(matrix, *number, one, &entries)).collect::<Vec<_>>(),
            quiet_told => plural(quiet.len(), "other change"), quiet,
            tables => grids(matrix).iter().map(|grid| table(matrix, grid, &entries)).collect::<Vec<_>>(),
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
