//! The sources of both sides beside each other, with the words that changed marked.

use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use crate::findings::{Finding, Lines, Location, Report};

/// How much of two texts has to be the same for the differences to be marked.
const ALIKE: f32 = 0.4;

/// One side.
#[derive(Serialize)]
pub(super) struct Source {
    pub(super) place: String,
    pub(super) lines: Vec<SourceLine>,
    /// Whether the element goes on.
    more: bool,
}

#[derive(Serialize)]
pub(super) struct SourceLine {
    number: u32,
    pub(super) pieces: Vec<Piece>,
}

#[derive(Serialize)]
pub(super) struct Piece {
    pub(super) text: String,
    /// Whether it changed.
    pub(super) marked: bool,
}

/// Both sides of a finding; without `sources` only where they are.
pub(super) fn both(report: &Report, finding: &Finding, sources: bool) -> (Option<Source>, Option<Source>) {
    let excerpt = |location: &Option<Location>, lines: &Lines| {
        let location = location.as_ref()?;
        let numbered = if sources { excerpt(location, lines) } else { Vec::new() };
        Some((location.clone(), numbered))
    };
    let old = excerpt(&finding.old, report.excerpts.old(finding));
    let new = excerpt(&finding.new, &report.excerpts.new);
    let text = |side: &Option<(Location, Vec<(u32, String)>)>| -> String {
        let lines = side.iter().flat_map(|(_, lines)| lines);
        lines.map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n")
    };
    let (left, right) = (text(&old), text(&new));
    let (mut a, mut b) = (Vec::new(), Vec::new());
    let diff = TextDiff::from_words(&left, &right);
    let marks = !left.is_empty() && !right.is_empty() && diff.ratio() >= ALIKE;
    for change in diff.iter_all_changes() {
        let text = change.value();
        match change.tag() {
            ChangeTag::Equal => {
                a.push((text, false));
                b.push((text, false));
            }
            ChangeTag::Delete => a.push((text, marks)),
            ChangeTag::Insert => b.push((text, marks)),
        }
    }
    let source = |side: Option<(Location, Vec<(u32, String)>)>, words: &[(&str, bool)]| {
        let (location, lines) = side?;
        let at = location.span.map(|s| format!(":{}:{}", s.start_line, s.start_column)).unwrap_or_default();
        let last = lines.last().map_or(0, |(n, _)| *n);
        Some(Source {
            place: format!("{}{at}", location.path),
            more: !lines.is_empty() && location.span.is_some_and(|s| s.end_line > last),
            lines: marked(&lines, words),
        })
    };
    (source(old, &a), source(new, &b))
}

/// The lines of a place, without the indent that they share; a tab is four columns.
fn excerpt(location: &Location, lines: &Lines) -> Vec<(u32, String)> {
    let Some(span) = location.span else { return Vec::new() };
    let key = |line| (location.path.clone(), line);
    let found = lines.range(key(span.start_line)..=key(span.end_line));
    let mut found: Vec<(u32, String)> =
        found.map(|((_, n), line)| (*n, line.replace('\t', "    "))).collect();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let shared =
        found.iter().filter(|(_, l)| !l.trim().is_empty()).map(|(_, l)| indent(l)).min().unwrap_or(0);
    for (_, line) in &mut found {
        line.drain(..shared.min(indent(line)));
    }
    found
}

/// Puts words back into the lines they come from.
fn marked(lines: &[(u32, String)], words: &[(&str, bool)]) -> Vec<SourceLine> {
    let mut out: Vec<SourceLine> =
        lines.iter().map(|(number, _)| SourceLine { number: *number, pieces: Vec::new() }).collect();
    let mut line = 0;
    for (text, marked) in words {
        for (n, part) in text.split('\n').enumerate() {
            line += usize::from(n > 0);
            let Some(SourceLine { pieces, .. }) = out.get_mut(line) else { continue };
            match pieces.last_mut() {
                _ if part.is_empty() => {}
                Some(last) if last.marked == *marked => last.text.push_str(part),
                _ => pieces.push(Piece { text: part.to_owned(), marked: *marked }),
            }
        }
    }
    out
}
