//! The numbers of messages and enums over the versions, as a picture: numbers down, versions across.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::findings::Report;
use crate::ledger::{Bar, Named, Row, Timeline, What};
use crate::source::Name;
use crate::text::plural;

/// One message or enum.
#[derive(Serialize)]
pub(crate) struct Numbers {
    pub(crate) symbol: String,
    noun: &'static str,
    /// What stands above each column, and in smaller letters what that is.
    columns: Vec<(String, String)>,
    rows: Vec<NumberRow>,
    more: Option<String>,
}

#[derive(Serialize)]
struct NumberRow {
    number: String,
    /// The finding about it.
    finding: Option<String>,
    bars: Vec<NumberBar>,
}

#[derive(Serialize)]
struct NumberBar {
    columns: usize,
    class: &'static str,
    word: &'static str,
    name: String,
    type_text: String,
}

/// The pictures, in their order, with the changes that each is about. `findings` are their ids, by change.
pub(super) fn numbers(report: &Report, findings: &BTreeMap<usize, String>) -> Vec<Numbers> {
    report.timelines.of.iter().map(|timeline| one(report, timeline, findings)).collect()
}

fn one(report: &Report, timeline: &Timeline, findings: &BTreeMap<usize, String>) -> Numbers {
    let tags: Vec<&str> = report.timelines.versions.iter().map(|tag| &**tag).collect();
    let side =
        |name: &Name, word: &str| (name.tag().map_or_else(|| name.aside(), str::to_owned), word.to_owned());
    picture(timeline, &tags, [side(&report.old, "old"), side(&report.new, "new")], findings)
}

/// The picture of a timeline: what the versions before the sides are called, and, with a word, the two sides. `findings`
/// are addresses, by change.
pub(crate) fn picture(
    timeline: &Timeline,
    versions: &[&str],
    sides: [(String, String); 2],
    findings: &BTreeMap<usize, String>,
) -> Numbers {
    let tag = |index: usize| versions.get(index).copied().unwrap_or_default();
    let earlier = timeline.columns.iter().map(|&(first, last)| match last - first {
        0 => (tag(first).to_owned(), String::new()),
        n => (format!("{} – {}", tag(first), tag(last)), plural(n + 1, "version")),
    });
    let columns: Vec<(String, String)> = earlier.chain(sides).collect();
    let noun = if timeline.is_enum { "enum" } else { "message" };
    let mut rows: Vec<NumberRow> = timeline.rows.iter().map(|r| row(r, timeline.is_enum, findings)).collect();
    if !timeline.same.is_empty() {
        let runs: Vec<String> = timeline.same.iter().map(|&(first, last)| run(first, last)).collect();
        let bar = NumberBar {
            columns: columns.len(),
            class: "used",
            word: "the same all along",
            name: String::new(),
            type_text: String::new(),
        };
        rows.push(NumberRow { number: runs.join(", "), finding: None, bars: vec![bar] });
    }
    let more = (timeline.more > 0).then(|| plural(timeline.more, "more number"));
    Numbers { symbol: timeline.full_name.to_string(), noun, columns, rows, more }
}

fn row(row: &Row, is_enum: bool, findings: &BTreeMap<usize, String>) -> NumberRow {
    NumberRow {
        number: run(row.first, row.last),
        finding: row.changes.iter().find_map(|change| findings.get(change).cloned()),
        bars: row.bars.iter().map(|b| bar(b, is_enum)).collect(),
    }
}

fn run(first: i32, last: i32) -> String {
    // The last field number there is; of an enum every number can be used.
    match (last - first, last) {
        (0, _) => first.to_string(),
        (_, 536_870_911 | i32::MAX) => format!("{first} to max"),
        _ if first < 0 || last < 0 => format!("{first} to {last}"),
        _ => format!("{first}–{last}"),
    }
}

fn bar(bar: &Bar, is_enum: bool) -> NumberBar {
    let nothing = if is_enum { "no such enum" } else { "no such message" };
    let (class, word, named) = match &bar.what {
        What::Nothing => ("none", nothing, None),
        What::Free => ("none", "free", None),
        What::Used(named) => ("used", "", Some(named)),
        What::Changed(named) => ("changed", "now", Some(named)),
        What::Again(named) => ("again", "again", Some(named)),
        What::Deleted => ("deleted", "deleted", None),
        What::Reserved => ("reserved", "reserved", None),
        What::Extensions => ("reserved", "for extensions", None),
    };
    let Named { name, type_text } = named.cloned().unwrap_or_default();
    NumberBar { columns: bar.columns, class, word, name, type_text }
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn runs_of_numbers() {
        assert_eq!(run(3, 3), "3");
        assert_eq!(run(3, 5), "3–5");
        assert_eq!(run(1000, 536_870_911), "1000 to max");
        assert_eq!(run(-3, -1), "-3 to -1");
    }
}
