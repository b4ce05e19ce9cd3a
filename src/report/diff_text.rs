//! Every change for a person, under the name of the element it is about.

use std::io;

use super::text::effect_style;
use super::{ChangeRecord, Report};
use crate::present::Format;
use crate::text::plural;
use crate::text::{Line, Style, View};
use crate::verdict::Verdict;
use crate::words::Effect;

/// The text format of a diff.
pub(super) const FORMAT: Format<Report> = Format { name: "text", help: "For people", hidden: false, write };

fn write(report: &Report, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let mut last: Option<&ChangeRecord> = None;
    for change in &report.changes {
        if last.is_none_or(|l| (l.noun, &l.symbol) != (change.noun, &change.symbol)) {
            heading(change).write(view, out)?;
        }
        last = Some(change);
        let mark = Mark::of(change);
        let line = Line::new().styled(mark.style(), format!("  {} ", mark.sign())).plain(&change.message);
        effects(line, &change.verdict).hang(4).write(view, out)?;
    }
    summary(report).write(view, out)
}

fn heading(change: &ChangeRecord) -> Line {
    let line =
        Line::new().styled(Style::Faint, change.noun).styled(Style::Strong, format!(" {}", change.symbol));
    match change.new.as_ref().or(change.old.as_ref()) {
        Some(place) => {
            let at = place.span.map(|s| format!(":{}:{}", s.start_line, s.start_column)).unwrap_or_default();
            line.styled(Style::Faint, format!("  {}{at}", place.path))
        }
        None => line,
    }
}

/// Whether something came, went or is different.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Added,
    Removed,
    Changed,
}

impl Mark {
    /// The names of the kinds of change end in what happened.
    fn of(change: &ChangeRecord) -> Mark {
        if change.change.ends_with("-added") {
            Mark::Added
        } else if change.change.ends_with("-removed") {
            Mark::Removed
        } else {
            Mark::Changed
        }
    }

    fn sign(self) -> char {
        match self {
            Mark::Added => '+',
            Mark::Removed => '-',
            Mark::Changed => '~',
        }
    }

    fn style(self) -> Style {
        match self {
            Mark::Added => Style::Good,
            Mark::Removed => Style::Error,
            Mark::Changed => Style::Warn,
        }
    }
}

/// The worst effect in each group of lenses, with the direction where there is only one that is not ok:
/// ` [wire corrupt, json forward rejects, source rejects]`.
fn effects(line: Line, verdict: &Verdict) -> Line {
    let mut worst: Vec<(String, Effect)> = Vec::new();
    for cell in &verdict.cells {
        let group = cell.lens.group();
        let alone = verdict.cells.iter().filter(|c| c.lens.group() == group).count() == 1;
        let name = match cell.lens.has_directions() && alone {
            true => format!("{group} {}", cell.direction.as_str()),
            false => group.to_owned(),
        };
        match worst.iter_mut().find(|(g, _)| *g == name) {
            Some((_, effect)) => *effect = cell.effect.max(*effect),
            None => worst.push((name, cell.effect)),
        }
    }
    if worst.is_empty() {
        return line;
    }
    let line = worst.into_iter().enumerate().fold(line.plain(" ["), |line, (n, (group, effect))| {
        let comma = if n == 0 { "" } else { ", " };
        line.plain(comma).styled(effect_style(effect), format!("{group} {}", effect.as_str()))
    });
    line.plain("]")
}

fn summary(report: &Report) -> Line {
    let line = Line::new().hang(2);
    if report.changes.is_empty() {
        return line.styled(Style::Good, "no changes");
    }
    let count = |mark| report.changes.iter().filter(|c| Mark::of(c) == mark).count();
    let line = line.styled(Style::Strong, plural(report.changes.len(), "change")).plain(format!(
        ": {} added, {} removed, {} changed",
        count(Mark::Added),
        count(Mark::Removed),
        count(Mark::Changed)
    ));
    let harmless = report.changes.iter().filter(|c| c.verdict.is_ok()).count();
    let line = line.plain(format!(" · {harmless} without effect"));
    match report.bump_sentence() {
        Some(sentence) => line.plain(format!(" · {sentence}")),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn full() {
        insta::assert_snapshot!(sample::render(&FORMAT, &sample::full(), Some(110)));
    }

    #[test]
    fn empty() {
        insta::assert_snapshot!(sample::render(&FORMAT, &sample::empty(), Some(110)), @"no changes");
    }

    #[test]
    fn hostile() {
        let text = sample::render(&FORMAT, &sample::hostile(), Some(110));
        assert!(!text.contains(|c: char| c != '\n' && crate::text::is_unsafe(c)), "{text:?}");
        insta::assert_snapshot!(text);
    }
}
