//! What a person reads: for each finding what changed, where, who breaks and why, what to do.

use std::collections::{HashMap, HashSet};
use std::io;

use super::summary::{level_style, level_word};
use super::{Finding, Location, Report, claims, registry, witness};
use crate::findings::Standing;
use crate::present::Format;
use crate::source::Name;
use crate::text::plural;
use crate::text::{Line, Style, View};
use crate::words::{Effect, Level};

/// The text format.
pub(super) const FORMAT: Format<Report> = Format { name: "text", help: "For people", hidden: false, write };

fn write(report: &Report, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    for block in blocks(&report.findings) {
        write_block(report, &block, view, out)?;
    }
    for sentence in registry::sentences(report) {
        Line::new().plain(sentence).hang(2).write(view, out)?;
    }
    summary_line(report).write(view, out)?;
    more_to_see(report).map_or(Ok(()), |line| line.write(view, out))
}

/// The findings on one element together, where the first of them stands.
fn blocks(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut blocks: Vec<Vec<&Finding>> = Vec::new();
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    for finding in findings {
        let file = finding.new.as_ref().or(finding.old.as_ref()).map_or("", |place| &*place.path);
        let at = *known.entry((&finding.symbol, file)).or_insert(blocks.len());
        match blocks.get_mut(at) {
            Some(block) => {
                // What one edit did stands together.
                let twin = block.iter().rposition(|other| other.of == finding.of);
                block.insert(twin.map_or(block.len(), |twin| twin + 1), finding);
            }
            None => blocks.push(vec![finding]),
        }
    }
    blocks
}

/// Writes a block: what is objected to first, then everything that follows from it, each line once.
fn write_block(report: &Report, block: &[&Finding], view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let mut told: HashSet<Vec<u8>> = HashSet::new();
    for edit in block.chunk_by(|a, b| a.of == b.of) {
        for finding in edit {
            let style = match &finding.standing {
                Standing::Open => level_style(finding.level),
                _ => Style::Note,
            };
            let word = claims::word(finding);
            Line::new()
                .styled(style, format!("{word}[{}]", finding.rule))
                .styled(Style::Strong, format!(": {}", finding.message))
                .hang(4)
                .write(view, out)?;
        }
        let mut rest = Vec::new();
        for finding in edit {
            rest.extend(details(report, finding));
        }
        rest.extend(edit.iter().map(|finding| more(finding)));
        for line in rest {
            let mut text = Vec::new();
            line.write(view, &mut text)?;
            if told.insert(text.clone()) {
                out.write_all(&text)?;
            }
        }
    }
    Ok(())
}

/// Where there is more to read, and how to accept it.
fn more(finding: &Finding) -> Line {
    let line = Line::labelled("more").plain(format!("protopact rules {}", finding.rule));
    match finding.standing {
        Standing::Open => line.plain(format!(" · to accept it: protopact waive {}", finding.fingerprint)),
        _ => line,
    }
}

/// Everything but what is objected to.
fn details(report: &Report, finding: &Finding) -> Vec<Line> {
    let mut lines = Vec::new();
    lines.extend(claims::aside(finding).map(|(label, text)| Line::labelled(label).plain(text)));
    let broken = claims::broken(report, finding);
    lines.extend(broken.map(|(label, text)| Line::labelled(label).plain(text)));
    lines.extend(place("old ", finding.old.as_ref(), Some(report.old_of(finding))));
    // The new side is where people are; only another place than their own files needs naming.
    let side = Some(&report.new).filter(|new| **new != Name::WorkingTree);
    lines.extend(place("new ", finding.new.as_ref(), side));
    lines.extend(finding.dependency.as_ref().map(|what| Line::labelled("from").plain(&**what)));
    lines.extend(claims::claims(&finding.verdict).into_iter().map(|claim| {
        let line = Line::labelled(claim.label).styled(effect_style(claim.worst), claim.whom);
        line.plain(format!(": {}", claim.reason))
    }));
    lines.extend(claims::affects(finding).map(|calls| Line::labelled("affects").plain(calls)));
    lines.extend(witness::sentences(report, finding).into_iter().map(|s| Line::labelled("witness").plain(s)));
    lines.extend(finding.fix.as_ref().map(|fix| Line::labelled("fix").plain(fix.to_string())));
    lines
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
    let (waived, known) = report.set_aside();
    let aside = [(waived, "waived"), (known, "known")].into_iter().filter(|(count, _)| *count > 0);
    let line = aside.fold(line, |line, (count, word)| line.plain(format!(" · {count} {word}")));
    let line = match report.baselines.is_empty() {
        true => line,
        false => line.plain(format!(" · against {}", report.compared_with())),
    };
    match report.bump_sentence() {
        // Without a change there is no next version to speak of.
        Some(sentence) if !report.changes.is_empty() || !report.findings.is_empty() => {
            line.plain(format!(" · {sentence}"))
        }
        _ => line,
    }
}

/// Where there is more to see of all findings.
fn more_to_see(report: &Report) -> Option<Line> {
    let proved = report.findings.iter().all(|finding| finding.proofs.is_some());
    let data = if proved { "" } else { "`--witness` for data that proves it, " };
    let text = format!("{data}`--report html=report.html` for a page of it");
    (!report.findings.is_empty())
        .then(|| Line::new().styled(Style::Faint, "to see more: ").plain(text).hang(2))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::diff::Remedy;
    use crate::words::Bump;

    #[test]
    fn full() {
        insta::assert_snapshot!(sample::render(&FORMAT, &sample::full(), Some(110)));
    }

    #[test]
    fn nothing_overflows() {
        use unicode_width::UnicodeWidthStr as _;
        let diff = super::super::diff_text::FORMAT;
        for report in [sample::full(), sample::hostile()] {
            for (format, width) in (40..=200).flat_map(|width| [(&FORMAT, width), (&diff, width)]) {
                let text = sample::render(format, &report, Some(width));
                for line in text.lines().filter(|line| line.width() > width) {
                    // Only a word that is longer than a line, by itself or behind its label.
                    let (label, rest) = line.split_at_checked(8).unwrap_or(("", line));
                    let labelled = label.ends_with(' ') && !label.trim().contains(' ');
                    let rest = if labelled { rest } else { line.trim_start_matches([' ', '+', '-', '~']) };
                    assert!(!rest.trim().contains(' '), "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn narrow() {
        insta::assert_snapshot!(sample::render(&FORMAT, &sample::full(), Some(60)));
    }

    #[test]
    fn empty() {
        insta::assert_snapshot!(sample::render(&FORMAT, &sample::empty(), Some(110)), @"no findings · 0 changes");
    }

    #[test]
    fn clean() {
        let report = Report { findings: Vec::new(), bump: Some(Bump::Minor), ..sample::full() };
        insta::assert_snapshot!(
            sample::render(&FORMAT, &report, Some(110)),
            @"no findings · 5 changes · next version can be minor (1.5.0)"
        );
    }

    #[test]
    fn hostile() {
        let text = sample::render(&FORMAT, &sample::hostile(), Some(110));
        assert!(!text.contains(|c: char| c != '\n' && crate::text::is_unsafe(c)), "{text:?}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn findings_on_one_element_are_one_block() {
        let mut report = sample::full();
        let mut first = report.findings[0].clone();
        (first.rule, first.message) = ("FIELD_SAME_NAME", "another objection".to_owned());
        // What one edit did to one element is objected to first, and told once; a second edit follows.
        report.findings.push(first.clone());
        (first.of, first.fix) = (77, Some(Remedy::Advice("something else".to_owned())));
        report.findings.push(first);
        report.findings.rotate_left(1);
        let text = sample::render(&FORMAT, &report, None);
        let lines: Vec<&str> = text.lines().collect();
        let of = |rule: &str| lines.iter().position(|line| line.contains(&format!("[{rule}]"))).unwrap();
        assert_eq!(of("FIELD_SAME_NAME").abs_diff(of("FIELD_SAME_TYPE")), 1, "{text}");
        let other = text.lines().filter(|line| line.contains("something else")).count();
        let place = text.lines().filter(|line| line.trim_start().starts_with("old ")).count();
        let elements: std::collections::HashSet<&str> = report.findings.iter().map(|f| &*f.symbol).collect();
        assert_eq!(other, 1, "{text}");
        assert!(place <= elements.len(), "{text}");
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
        let plain = sample::render(&FORMAT, &report, Some(90));
        let mut coloured = Vec::new();
        write(&report, &View { colour: true, width: Some(90) }, &mut coloured).unwrap();
        assert_ne!(plain.as_bytes(), coloured);
        let stripped = anstream::adapter::strip_bytes(&coloured).into_vec();
        assert_eq!(plain.as_bytes(), stripped);
    }
}
