//! A comment for a pull request: who is hit, then each finding, folded.
//!
//! GitHub takes no comment of more than 65,536 characters; what does not fit is counted.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use super::summary::level_word;
use super::{Finding, Report, claims, registry};
use crate::findings::Standing;
use crate::present::Format;
use crate::text::markdown::{message, safe};
use crate::text::{View, plural};
use crate::words::{Direction, Effect, Lens, Level};

/// The longest comment, in characters.
const MAX: usize = 65_536;

/// Room for what stands at the end.
const END: usize = 400;

/// The format.
pub(super) const FORMAT: Format<Report> =
    Format { name: "markdown", help: "A comment for a pull request", hidden: false, write };

fn write(report: &Report, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = head(report);
    let mut length = text.chars().count();
    let mut left = report.findings.len();
    // What fails first, whatever its place; what does not count last.
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|f| (f.standing != Standing::Open, Reverse(f.level)));
    for finding in findings {
        let piece = entry(report, finding);
        length += piece.chars().count();
        if length + END > MAX {
            break;
        }
        text.push_str(&piece);
        left -= 1;
    }
    if left > 0 {
        let _ =
            write!(text, "\n… and {}, which this comment has no room for.\n", plural(left, "more finding"));
    }
    out.write_all(text.as_bytes())
}

fn head(report: &Report) -> String {
    let mut text = String::new();
    let levels = [Level::Error, Level::Warn, Level::Note].into_iter().filter(|l| report.count(*l) > 0);
    let mut counts: Vec<String> = levels.map(|l| plural(report.count(l), level_word(l))).collect();
    let (waived, known) = report.set_aside();
    let aside = [(waived, "waived"), (known, "known")].into_iter().filter(|(count, _)| *count > 0);
    counts.extend(aside.map(|(count, word)| format!("{count} {word}")));
    let verdict = if counts.is_empty() { "nothing breaks".to_owned() } else { counts.join(", ") };
    let _ = write!(text, "### protopact: {verdict}\n\n");
    let _ = write!(
        text,
        "Compared with {}: {}.",
        message(&report.compared_with()),
        plural(report.changes.len(), "change")
    );
    if let Some(sentence) = report.bump_sentence() {
        let _ = write!(text, " The {}.", safe(&sentence));
    }
    text.push('\n');
    let registry = registry::sentences(report);
    if !registry.is_empty() {
        text.push('\n');
        registry.iter().for_each(|sentence| _ = writeln!(text, "- {}", message(sentence)));
    }
    if !report.findings.is_empty() {
        text.push_str("\n| who | backward | forward |\n| --- | --- | --- |\n");
        for (lens, cells) in hit(report) {
            let who = lens.as_str();
            let cell = |d: Direction| {
                let counts = cells.iter().filter(|((direction, _), _)| *direction == d);
                let words = counts.map(|((_, effect), n)| format!("{n} {}", effect.as_str()));
                words.collect::<Vec<_>>().join(", ")
            };
            let _ =
                writeln!(text, "| {who} | {} | {} |", cell(Direction::Backward), cell(Direction::Forward));
        }
    }
    text.push('\n');
    text
}

/// How many findings do what in which direction.
pub(super) type Hits = BTreeMap<(Direction, Effect), usize>;

/// How many findings do what to whom.
pub(super) fn hit(report: &Report) -> BTreeMap<Lens, Hits> {
    let mut all: BTreeMap<Lens, Hits> = BTreeMap::new();
    for cell in report.findings.iter().flat_map(|f| &f.verdict.cells) {
        *all.entry(cell.lens).or_default().entry((cell.direction, cell.effect)).or_default() += 1;
    }
    all
}

fn entry(report: &Report, finding: &Finding) -> String {
    let mut text = String::new();
    let word = claims::word(finding);
    let _ = write!(text, "<details><summary>{word}: {} ", message(&finding.message));
    let _ = write!(text, "<code>{}</code></summary>\n\n", finding.rule);
    for (label, location, side) in
        [("old", &finding.old, Some(report.old_of(finding))), ("new", &finding.new, None)]
    {
        let Some(location) = location else { continue };
        let place =
            location.span.map(|s| format!(":{}:{}", s.start_line, s.start_column)).unwrap_or_default();
        let side = side.map(|name| format!(" ({})", safe(&name.aside().to_string()))).unwrap_or_default();
        let _ = writeln!(text, "- **{label}** <code>{}{place}</code>{side}", safe(&location.path));
    }
    for (label, sentence) in claims::lines(report, finding) {
        let _ = writeln!(text, "- **{label}** {}", message(&sentence));
    }
    let _ = write!(
        text,
        "\n<code>protopact rules {}</code> · {}\n\n</details>\n",
        finding.rule, finding.fingerprint
    );
    text
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn full() {
        insta::assert_snapshot!(sample::render(&FORMAT, &sample::full(), None));
    }

    #[test]
    fn empty() {
        insta::assert_snapshot!(sample::render(&FORMAT, &sample::empty(), None));
    }

    #[test]
    fn hostile() {
        let text = sample::render(&FORMAT, &sample::hostile(), None);
        assert!(!text.contains(|c: char| c != '\n' && crate::text::is_unsafe(c)), "{text:?}");
        assert!(!text.contains("<script"), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_comment_is_never_too_long() {
        let mut report = sample::full();
        let one = report.findings[0].clone();
        report.findings = vec![one; 1000];
        let text = sample::render(&FORMAT, &report, None);
        assert!(text.chars().count() <= MAX, "{}", text.chars().count());
        let shown = text.matches("<details>").count();
        assert!(shown > 20 && text.contains(&format!("… and {} more findings", 1000 - shown)), "{shown}");
        assert_eq!(shown, text.matches("</details>").count());
    }
}
