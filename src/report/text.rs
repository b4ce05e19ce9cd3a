//! What a person reads: for each finding what changed, where, who breaks and why, what to do.

use std::io;

use super::summary::{level_style, level_word};
use super::{Finding, Location, Report, Reporter, claims, witness};
use crate::source::Name;
use crate::text::plural;
use crate::text::{Line, Style, View};
use crate::words::{Effect, Level};

/// The text format.
pub(super) struct Text;

impl Reporter for Text {
    fn write(&self, report: &Report, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
        for finding in &report.findings {
            write_finding(report, finding, view, out)?;
        }
        summary_line(report).write(view, out)
    }
}

fn write_finding(report: &Report, finding: &Finding, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    Line::new()
        .styled(level_style(finding.level), format!("{}[{}]", level_word(finding.level), finding.rule))
        .styled(Style::Strong, format!(": {}", finding.message))
        .hang(4)
        .write(view, out)?;
    place("old ", finding.old.as_ref(), Some(&report.old)).map_or(Ok(()), |line| line.write(view, out))?;
    // The new side is where people are; only another place than their own files needs naming.
    let side = Some(&report.new).filter(|new| **new != Name::WorkingTree);
    place("new ", finding.new.as_ref(), side).map_or(Ok(()), |line| line.write(view, out))?;
    for claim in claims::claims(&finding.verdict) {
        let line = Line::labelled(claim.label).styled(effect_style(claim.worst), claim.whom);
        line.plain(format!(": {}", claim.reason)).write(view, out)?;
    }
    if let Some(calls) = claims::affects(finding) {
        Line::labelled("affects").plain(calls).write(view, out)?;
    }
    for sentence in witness::sentences(report, finding) {
        Line::labelled("witness").plain(sentence).write(view, out)?;
    }
    if let Some(fix) = &finding.fix {
        Line::labelled("fix").plain(fix).write(view, out)?;
    }
    Line::labelled("more").plain(format!("protopact rules {}", finding.rule)).write(view, out)
}

fn place(label: &str, location: Option<&Location>, side: Option<&Name>) -> Option<Line> {
    let Location { path, span } = location?;
    let line = Line::labelled(label).plain(path);
    let line = match span {
        Some(span) => line.plain(format!(":{}:{}", span.start_line, span.start_column)),
        None => line,
    };
    // The path of a file outside a repository begins with the folder that was named.
    let told = |side: &&Name| matches!(side, Name::Folder(f) if path.starts_with(f.trim_start_matches("./")));
    Some(match side.filter(|side| !told(side)) {
        Some(side) => line.styled(Style::Faint, format!(" ({})", side.aside())),
        None => line,
    })
}

/// The style of an effect.
pub(super) fn effect_style(effect: Effect) -> Style {
    match effect {
        Effect::Ok => Style::Good,
        Effect::Unknown => Style::Note,
        Effect::Lossy => Style::Warn,
        Effect::Corrupt | Effect::Rejects => Style::Error,
    }
}

fn summary_line(report: &Report) -> Line {
    let line = Line::new().hang(2);
    let line = if report.findings.is_empty() {
        line.styled(Style::Good, "no findings")
            .plain(format!(" · {}", plural(report.changes.len(), "change")))
    } else {
        [Level::Error, Level::Warn, Level::Note].into_iter().fold(line, |line, level| {
            let count = report.count(level);
            let comma = if level == Level::Error { "" } else { ", " };
            let style = if count > 0 { level_style(level) } else { Style::Plain };
            line.plain(comma).styled(style, plural(count, level_word(level)))
        })
    };
    match report.bump_sentence() {
        // Without a change there is no next version to speak of.
        Some(sentence) if !report.changes.is_empty() || !report.findings.is_empty() => {
            line.plain(format!(" · {sentence}"))
        }
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::words::Bump;

    #[test]
    fn full() {
        insta::assert_snapshot!(sample::render(&Text, &sample::full(), Some(110)));
    }

    #[test]
    fn narrow() {
        insta::assert_snapshot!(sample::render(&Text, &sample::full(), Some(60)));
    }

    #[test]
    fn empty() {
        insta::assert_snapshot!(sample::render(&Text, &sample::empty(), Some(110)), @"no findings · 0 changes");
    }

    #[test]
    fn clean() {
        let report = Report { findings: Vec::new(), bump: Some(Bump::Minor), ..sample::full() };
        insta::assert_snapshot!(
            sample::render(&Text, &report, Some(110)),
            @"no findings · 5 changes · next version can be minor (1.5.0)"
        );
    }

    #[test]
    fn hostile() {
        let text = sample::render(&Text, &sample::hostile(), Some(110));
        assert!(!text.contains(|c: char| c != '\n' && crate::text::is_unsafe(c)), "{text:?}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_place_is_told_once() {
        let at = |path: &str, side: Name| {
            let location = Location { path: path.to_owned(), span: None };
            let mut out = Vec::new();
            let line = place("old ", Some(&location), Some(&side)).unwrap();
            line.write(&View { colour: false, width: None }, &mut out).unwrap();
            String::from_utf8(out).unwrap().trim().to_owned()
        };
        let folder = |typed: &str| Name::Folder(typed.to_owned());
        assert_eq!(at("a.proto", Name::WorkingTree), "old  a.proto (working tree)");
        assert_eq!(at("../old/a.proto", folder("../old")), "old  ../old/a.proto");
        assert_eq!(at("old/a.proto", folder("./old")), "old  old/a.proto");
        assert_eq!(at("a.proto", folder("../old")), "old  a.proto (directory ../old)");
    }

    #[test]
    fn colours_add_nothing_but_colours() {
        let report = sample::full();
        let plain = sample::render(&Text, &report, Some(90));
        let mut coloured = Vec::new();
        Text.write(&report, &View { colour: true, width: Some(90) }, &mut coloured).unwrap();
        assert_ne!(plain.as_bytes(), coloured);
        let stripped = anstream::adapter::strip_bytes(&coloured).into_vec();
        assert_eq!(plain.as_bytes(), stripped);
    }
}
