//! One page for a browser, which needs nothing else: who is hit, and every finding with both sources beside each other.
//!
//! Without scripts it is complete; a script that stands in it adds filters and a search.

use std::collections::{BTreeMap, HashSet};
use std::io;

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use super::claims::{self, Claim};
use super::markdown::hit;
use super::summary::level_word;
use super::witness::segments;
use super::{Finding, Location, Report};
use crate::findings::{Lines, Standing};
use crate::present::{Format, page};
use crate::text::{View, plural};
use crate::wire::Shown;
use crate::words::{Direction, Lens, Level};

/// How many findings are shown whole. Of those that follow a page says what, where, whom and the way out: nobody reads
/// as many, and a page of all of it no longer opens.
const WHOLE: usize = 500;

/// How much of two texts has to be the same for the differences to be marked.
const ALIKE: f32 = 0.4;

/// The format.
pub(super) const FORMAT: Format<Report> =
    Format { name: "html", help: "One page for a browser", hidden: false, write };

fn write(report: &Report, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let page = page::render(include_str!("page.html.j2"), Value::from(Serde(page(report))));
    out.write_all(page.as_bytes())
}

#[derive(Serialize)]
struct Page {
    title: String,
    old: Vec<Piece>,
    new: Vec<Piece>,
    counts: Vec<(&'static str, usize)>,
    /// What does not count, by the word for why.
    aside: Vec<(&'static str, usize)>,
    good: bool,
    sentence: Option<String>,
    hit: Vec<Row>,
    elements: Vec<ElementPart>,
    packages: Vec<String>,
    all_changes: usize,
    changes: Vec<ChangePart>,
    notes: Vec<String>,
    findings: String,
    findings_beyond: bool,
    whole: usize,
}

#[derive(Serialize)]
struct Row {
    lens: &'static str,
    cells: Vec<HitCell>,
}

#[derive(Serialize)]
struct HitCell {
    code: String,
    direction: &'static str,
    effects: Vec<(&'static str, usize)>,
}

/// Everything that was found at one element.
#[derive(Serialize)]
struct ElementPart {
    symbol: String,
    package: String,
    findings: Vec<FindingPart>,
}

#[derive(Serialize)]
struct FindingPart {
    id: String,
    brief: bool,
    level: &'static str,
    word: &'static str,
    rule: &'static str,
    fingerprint: String,
    bump: &'static str,
    message: Vec<Piece>,
    /// The [`code`] of each cell of the verdict.
    cells: String,
    old: Option<Source>,
    new: Option<Source>,
    says: Vec<Says>,
    calls: Vec<String>,
    more_calls: usize,
    strips: Vec<Strip>,
    fix: Option<Vec<Piece>>,
}

/// A piece of a sentence or a line.
#[derive(Serialize)]
struct Piece {
    text: String,
    /// Whether it is code, or a word that changed.
    marked: bool,
}

#[derive(Serialize)]
struct Says {
    label: &'static str,
    text: Vec<Piece>,
}

#[derive(Serialize)]
struct Source {
    place: String,
    lines: Vec<SourceLine>,
    more: bool,
}

#[derive(Serialize)]
struct SourceLine {
    number: u32,
    pieces: Vec<Piece>,
}

/// Bytes of a witness, field by field.
#[derive(Serialize)]
struct Strip {
    fields: Vec<(String, String)>,
}

#[derive(Serialize)]
struct ChangePart {
    symbol: String,
    message: Vec<Piece>,
    bump: &'static str,
}

fn page(report: &Report) -> Page {
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    let mut elements: Vec<ElementPart> = Vec::new();
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    for (n, finding) in report.findings.iter().enumerate() {
        let seen = ids.entry(&finding.fingerprint).or_default();
        *seen += 1;
        let id = match *seen {
            1 => format!("f-{}", finding.fingerprint),
            n => format!("f-{}-{n}", finding.fingerprint),
        };
        let part = finding_part(report, finding, id, n >= WHOLE);
        let at = *place.entry(&finding.symbol).or_insert_with(|| {
            elements.push(ElementPart {
                symbol: finding.symbol.clone(),
                package: package(&finding.symbol).to_owned(),
                findings: Vec::new(),
            });
            elements.len() - 1
        });
        elements[at].findings.push(part);
    }
    let mut packages: Vec<String> = elements.iter().map(|e| e.package.clone()).collect();
    packages.sort();
    packages.dedup();
    let levels = [Level::Error, Level::Warn, Level::Note];
    let (waived, known) = report.set_aside();
    // What was found stands above.
    let found: HashSet<&str> = report.findings.iter().map(|f| &*f.fingerprint).collect();
    let others = report.changes.iter().filter(|change| !found.contains(&*change.fingerprint));
    let changes = others.map(|change| ChangePart {
        symbol: change.symbol.clone(),
        message: pieces(&change.message),
        bump: change.bump.as_str(),
    });
    Page {
        title: format!("{} → {}", report.old, report.new).replace('`', ""),
        old: pieces(&report.old.to_string()),
        new: pieces(&report.new.to_string()),
        counts: levels.map(|level| (level_word(level), report.count(level))).to_vec(),
        aside: vec![("waived", waived), ("known", known)],
        good: report.open().next().is_none(),
        sentence: report.bump_sentence(),
        hit: rows(report),
        elements,
        packages,
        all_changes: report.changes.len(),
        changes: changes.collect(),
        notes: report.notes.clone(),
        findings: plural(report.findings.len(), "finding"),
        findings_beyond: report.findings.len() > WHOLE,
        whole: WHOLE,
    }
}

fn rows(report: &Report) -> Vec<Row> {
    let row = |(lens, cells): (Lens, BTreeMap<(Direction, _), usize>)| Row {
        lens: lens.as_str(),
        cells: Direction::ALL
            .map(|direction| HitCell {
                code: code(lens, direction),
                direction: direction.as_str(),
                effects: cells
                    .iter()
                    .filter(|((d, _), _)| *d == direction)
                    .map(|((_, effect), n): (&(_, crate::words::Effect), _)| (effect.as_str(), *n))
                    .collect(),
            })
            .into(),
    };
    hit(report).into_iter().map(row).collect()
}

/// A cell of the table of who is hit, in two or three letters: every finding carries those it is counted in.
fn code(lens: Lens, direction: Direction) -> String {
    let place = Lens::ALL.iter().position(|l| *l == lens).unwrap_or_default();
    format!("{place}{}", &direction.as_str()[..1])
}

/// The package, going by the style guide: what comes before the first part that begins with a capital letter. A file
/// is in the package of its folder.
fn package(symbol: &str) -> &str {
    if symbol.contains('/') || symbol.ends_with(".proto") {
        return symbol.rsplit_once('/').map_or("", |(folder, _)| folder);
    }
    let capital = symbol.split('.').take_while(|part| !part.starts_with(|c: char| c.is_ascii_uppercase()));
    let length = capital.map(|part| part.len() + 1).sum::<usize>();
    symbol.get(..length.saturating_sub(1)).unwrap_or(symbol)
}

fn finding_part(report: &Report, finding: &Finding, id: String, brief: bool) -> FindingPart {
    let (old, new) = both(report, finding, !brief);
    let aside = claims::aside(finding).into_iter();
    let mut says: Vec<Says> = aside.map(|(label, text)| Says { label, text: pieces(&text) }).collect();
    let claims = claims::claims(&finding.verdict);
    if brief {
        let whom: Vec<&str> = claims.iter().map(|c| c.whom.as_str()).collect();
        says.extend((!whom.is_empty()).then(|| Says { label: "breaks", text: pieces(&whom.join(", ")) }));
    } else {
        let told = |c: Claim<'_>| Says { label: c.label, text: pieces(&format!("{}: {}", c.whom, c.reason)) };
        says.extend(claims.into_iter().map(told));
    }
    let proofs = finding.proofs.iter().flatten().filter(|_| !brief);
    if !brief {
        let witnesses = super::witness::sentences(report, finding).into_iter();
        says.extend(witnesses.map(|text| Says { label: "witness", text: pieces(&text) }));
    }
    let bytes = proofs.filter_map(|proof| match &proof.shown {
        Some(Shown::Bytes { bytes, .. }) if !bytes.is_empty() => Some(Strip { fields: segments(bytes) }),
        _ => None,
    });
    let cells = finding.verdict.cells.iter();
    let cells = cells.map(|c| code(c.lens, c.direction)).collect::<Vec<_>>();
    FindingPart {
        id,
        brief,
        level: if finding.standing == Standing::Open { finding.level.as_str() } else { "note" },
        word: claims::word(finding),
        rule: finding.rule,
        fingerprint: finding.fingerprint.clone(),
        bump: finding.bump.as_str(),
        message: pieces(&finding.message),
        cells: cells.join(" "),
        old,
        new,
        says,
        calls: finding.affects.named.clone(),
        more_calls: finding.affects.more,
        strips: bytes.collect(),
        fix: finding.fix.as_deref().map(pieces),
    }
}

/// A sentence, in which backticks stand around code. A name with a backtick in it leaves an odd one, and then none is a
/// mark.
fn pieces(text: &str) -> Vec<Piece> {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return vec![Piece { text: text.to_owned(), marked: false }];
    }
    let pieces =
        parts.iter().enumerate().map(|(n, part)| Piece { text: (*part).to_owned(), marked: n % 2 == 1 });
    pieces.filter(|piece| !piece.text.is_empty()).collect()
}

fn both(report: &Report, finding: &Finding, sources: bool) -> (Option<Source>, Option<Source>) {
    let excerpt = |location: &Option<Location>, lines: &Lines| {
        let location = location.as_ref()?;
        let numbered = if sources { excerpt(location, lines) } else { Vec::new() };
        Some((location.clone(), numbered))
    };
    let old = excerpt(&finding.old, &report.excerpts.old);
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

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn with_sources() -> Report {
        let mut report = sample::full();
        let path = "contracts/pay/v1/charge.proto".to_owned();
        report.excerpts.old.insert((path.clone(), 12), "\tint64 amount = 3; // in cents".to_owned());
        report.excerpts.new.insert((path, 14), "\tsint64 amount = 3; // in cents".to_owned());
        report
    }

    #[test]
    fn full() {
        insta::assert_snapshot!(sample::render(&FORMAT, &with_sources(), None));
    }

    #[test]
    fn empty() {
        let text = sample::render(&FORMAT, &sample::empty(), None);
        assert!(text.contains("nothing breaks") && !text.contains("<article"), "{text}");
    }

    #[test]
    fn hostile() {
        let text = sample::render(&FORMAT, &sample::hostile(), None);
        assert!(!text.contains(|c: char| c != '\n' && crate::text::is_unsafe(c)), "{text:?}");
        assert!(!text.contains("<script>alert"), "{text}");
        // Nothing is fetched.
        for fetched in ["src=", "href=\"http", "url(", "@import"] {
            assert!(!text.contains(fetched), "{fetched}: {text}");
        }
    }

    #[test]
    fn words_that_changed_are_marked() {
        let page = page(&with_sources());
        let found = &page.elements[0].findings[0];
        let words = |side: &Option<Source>| -> Vec<(String, bool)> {
            let line = &side.as_ref().unwrap().lines[0];
            line.pieces.iter().map(|p| (p.text.clone(), p.marked)).collect()
        };
        let rest = (" amount = 3; // in cents".to_owned(), false);
        assert_eq!(words(&found.old), [("int64".to_owned(), true), rest.clone()]);
        assert_eq!(words(&found.new), [("sint64".to_owned(), true), rest]);
    }

    #[test]
    fn a_package_is_what_comes_before_the_first_type() {
        assert_eq!(package("pay.v1.Charge.amount"), "pay.v1");
        assert_eq!(package("Charge.amount"), "");
        assert_eq!(package("pay/v1/old.proto"), "pay/v1");
        assert_eq!(package("pay.v1"), "pay.v1");
        assert_eq!(package(""), "");
    }
}
