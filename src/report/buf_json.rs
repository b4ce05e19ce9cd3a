//! The lines that `buf breaking --error-format json` prints, for tools that read those.
//!
//! Keys, their order, the sorting and the rule that equal lines are printed once are kept; the sentences in
//! `message` are our own.

use std::borrow::Cow;
use std::io;

use serde::Serialize;

use super::columns::{Range, columns};
use super::pieces::value;
use super::{Finding, Location, Report, claims};
use crate::present::Format;
use crate::text::View;

/// The format.
pub(super) const FORMAT: Format<Report> = Format {
    name: "buf-json",
    help: "One JSON object a line, as `buf breaking --error-format json` prints them",
    hidden: false,
    write,
};

/// One line. The order of the fields is the order of the keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Row<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<&'a str>,
    pub(super) start_line: u32,
    pub(super) start_column: u32,
    end_line: u32,
    end_column: u32,
    #[serde(rename = "type")]
    rule: &'a str,
    pub(super) message: Cow<'a, str>,
}

impl<'a> Row<'a> {
    pub(super) fn of(finding: &'a Finding, report: &Report) -> Row<'a> {
        let mut location = finding.new.clone();
        // buf points at `default = 5`, and descriptors at the 5.
        if let Some(Location { path, span: Some(span) }) = &mut location
            && finding.rule == "FIELD_SAME_DEFAULT"
            && let Some(begins) = report.settings.get(&(path.clone(), span.start_line, span.start_column))
        {
            (span.start_line, span.start_column) = *begins;
        }
        let at = location.as_ref().map(|location| columns(report, location, 4));
        // Without a place it is the first column.
        let Range { start_line, start_column, end_line, end_column } = at.unwrap_or(Range::START);
        let path = finding.new.as_ref().map(|l| &*l.path);
        Row {
            path,
            start_line,
            start_column,
            end_line,
            end_column,
            rule: finding.rule,
            message: claims::message(report, finding),
        }
    }

    fn key(&self) -> impl Ord + '_ {
        let Row { path, start_line, start_column, end_line, end_column, rule, message } = self;
        (path, start_line, start_column, rule, message, end_line, end_column)
    }
}

/// An error in the sources, as buf lists it among the findings.
#[derive(Clone, Copy, Debug)]
pub struct SourceIssue<'a> {
    /// The file, as a person finds it.
    pub path: &'a str,
    /// Line and column, from one.
    pub position: Option<(u32, u32)>,
    /// What is wrong.
    pub message: &'a str,
}

/// Writes errors in the sources as lines of type `COMPILE`.
///
/// # Errors
///
/// Those of `out`.
pub fn write_source_issues(issues: &[SourceIssue<'_>], out: &mut dyn io::Write) -> io::Result<()> {
    let mut rows: Vec<_> = issues
        .iter()
        .map(|issue| {
            let (line, column) = issue.position.unwrap_or((1, 1));
            Row {
                path: Some(issue.path),
                start_line: line,
                start_column: column,
                end_line: line,
                end_column: column,
                rule: "COMPILE",
                message: Cow::Borrowed(issue.message),
            }
        })
        .collect();
    write_rows(&mut rows, out)
}

/// Every finding as buf would list it: sorted, each line once.
pub(super) fn rows(report: &Report) -> Vec<Row<'_>> {
    let mut rows: Vec<_> = report.open().map(|f| Row::of(f, report)).collect();
    tidy(&mut rows);
    rows
}

fn write(report: &Report, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    write_rows(&mut rows(report), out)
}

fn write_rows(rows: &mut Vec<Row<'_>>, out: &mut dyn io::Write) -> io::Result<()> {
    tidy(rows);
    for row in rows {
        value(out, row)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn tidy(rows: &mut Vec<Row<'_>>) {
    rows.sort_by(|a, b| a.key().cmp(&b.key()));
    rows.dedup();
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
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["message"], sample::hostile().findings[0].message);
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn without_a_place_there_is_no_path_and_it_sorts_first() {
        let mut report = sample::full();
        let first = &mut report.findings[0];
        first.new = None;
        let text = sample::render(&FORMAT, &report, None);
        assert!(
            text.starts_with(r#"{"start_line":1,"start_column":1,"end_line":1,"end_column":1,"type":""#),
            "{text}"
        );
    }

    #[test]
    fn equal_lines_are_printed_once() {
        let mut report = sample::full();
        let count = rows(&report).len();
        let twin = report.findings[0].clone();
        report.findings.push(twin);
        assert_eq!(rows(&report).len(), count);
        report.findings.last_mut().unwrap().new =
            Some(Location { path: "other.proto".to_owned(), span: None });
        assert_eq!(rows(&report).len(), count + 1);
    }
}
