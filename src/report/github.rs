//! Annotations of a GitHub workflow: one command a finding, at the place in the new sources.
//!
//! Written as GitHub's "Workflow commands for GitHub Actions" has it. A step shows the first ten errors, warnings and
//! notices each, so the loudest findings come first.

use std::io;

use super::columns::columns;
use super::{Report, claims, registry};
use crate::present::Format;
use crate::text::{View, escape};
use crate::words::Level;

/// The format.
pub(super) const FORMAT: Format<Report> =
    Format { name: "github", help: "Annotations of a GitHub workflow", hidden: false, write };

fn write(report: &Report, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    for level in [Level::Error, Level::Warn, Level::Note] {
        let command = match level {
            Level::Error => "error",
            Level::Warn => "warning",
            Level::Note => "notice",
        };
        for finding in report.open().filter(|f| f.level == level) {
            write!(out, "::{command} ")?;
            if let Some(location) = &finding.new {
                write!(out, "file={},", property(location.path.trim_start_matches("./")))?;
                let at = columns(report, location, 1);
                write!(out, "line={},endLine={},", at.start_line, at.end_line)?;
                // Columns are taken of a single line only.
                if at.start_line == at.end_line && location.span.is_some() {
                    write!(out, "col={},endColumn={},", at.start_column, at.end_column)?;
                }
            }
            write!(out, "title={}::{}", property(finding.rule), data(&finding.message))?;
            for (label, text) in claims::lines(report, finding) {
                write!(out, "{}", data(&format!("\n{label}: {}", escape(&text))))?;
            }
            out.write_all(b"\n")?;
        }
    }
    if let Some(answer) = report.registry.as_ref().filter(|answer| !answer.takes()) {
        let title = property(&format!("{} refuses it", answer.registry.title()));
        writeln!(out, "::error title={title}::{}", data(&registry::sentences(report).join("\n")))?;
    }
    Ok(())
}

/// What the runner's parser would take for the end of a message. Everything else that acts is written out before.
fn data(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(escape).collect();
    lines.join("\n").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same for a property, which also ends at a colon or a comma.
fn property(text: &str) -> String {
    data(&escape(text)).replace(':', "%3A").replace(',', "%2C")
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
        assert_eq!(sample::render(&FORMAT, &sample::empty(), None), "");
    }

    #[test]
    fn hostile() {
        let text = sample::render(&FORMAT, &sample::hostile(), None);
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains(|c: char| c != '\n' && crate::text::is_unsafe(c)), "{text:?}");
        // One command, and no second one in its properties or its text.
        let rest = text.strip_prefix("::error ").unwrap();
        let (properties, _) = rest.split_once("::").unwrap();
        let keys: Vec<_> = properties.split(',').map(|p| p.split_once('=').unwrap().0).collect();
        assert_eq!(keys, ["file", "line", "endLine", "col", "endColumn", "title"]);
        insta::assert_snapshot!(text);
    }
}
