//! The lines that `buf breaking --error-format json` prints, for tools that read those.
//!
//! Keys, their order, the sorting and the rule that equal lines are printed once are kept; the sentences in
//! `message` are our own.

use std::io;

use serde::Serialize;
use serde_json::ser::Serializer;

use super::{Finding, Report, Reporter};
use crate::text::JsonEscapes;
use crate::text::View;

/// The format.
pub(super) struct BufJson;

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
    pub(super) message: &'a str,
}

impl<'a> Row<'a> {
    pub(super) fn of(finding: &'a Finding, report: &Report) -> Row<'a> {
        let span = finding.new.as_ref().and_then(|l| l.span);
        let at = span.map_or([1; 4], |s| [s.start_line, s.start_column, s.end_line, s.end_column]);
        let [mut start_line, mut start_column, end_line, end_column] = at;
        let path = finding.new.as_ref().map(|l| &*l.path);
        // buf points at `default = 5`, and descriptors at the 5.
        let setting = path.and_then(|p| report.settings.get(&(p.to_owned(), start_line, start_column)));
        if let Some(begins) = setting.filter(|_| finding.rule == "FIELD_SAME_DEFAULT") {
            (start_line, start_column) = *begins;
        }
        let narrow = |line, column| match path.and_then(|p| report.tabbed.get(&(p.to_owned(), line))) {
            Some(text) => narrow_tabs(text, column),
            None => column,
        };
        let (start_column, end_column) = (narrow(start_line, start_column), narrow(end_line, end_column));
        Row {
            path,
            start_line,
            start_column,
            end_line,
            end_column,
            rule: finding.rule,
            message: &finding.message,
        }
    }

    fn key(&self) -> impl Ord + use<'a> {
        let Row { path, start_line, start_column, end_line, end_column, rule, message } = *self;
        (path, start_line, start_column, rule, message, end_line, end_column)
    }
}

/// A column counted with tab stops of eight, as protoc does and descriptors have it, counted with stops of
/// four, as buf does since it has a parser of its own.
fn narrow_tabs(line: &str, column: u32) -> u32 {
    let (mut wide, mut narrow) = (0, 0);
    for byte in line.bytes() {
        if wide + 1 >= column {
            break;
        }
        if byte == b'\t' {
            wide = wide / 8 * 8 + 8;
            narrow = narrow / 4 * 4 + 4;
        } else {
            wide += 1;
            narrow += 1;
        }
    }
    narrow + column.saturating_sub(wide)
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
                message: issue.message,
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

impl Reporter for BufJson {
    fn write(&self, report: &Report, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
        write_rows(&mut rows(report), out)
    }
}

fn write_rows(rows: &mut Vec<Row<'_>>, out: &mut dyn io::Write) -> io::Result<()> {
    tidy(rows);
    for row in rows {
        row.serialize(&mut Serializer::with_formatter(&mut *out, JsonEscapes))?;
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
    use super::super::{Location, sample};
    use super::*;

    #[test]
    fn full() {
        insta::assert_snapshot!(sample::render(&BufJson, &sample::full(), None));
    }

    #[test]
    fn empty() {
        assert_eq!(sample::render(&BufJson, &sample::empty(), None), "");
    }

    #[test]
    fn hostile() {
        let text = sample::render(&BufJson, &sample::hostile(), None);
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
        let text = sample::render(&BufJson, &report, None);
        assert!(
            text.starts_with(r#"{"start_line":1,"start_column":1,"end_line":1,"end_column":1,"type":""#),
            "{text}"
        );
    }

    #[test]
    fn tabs_reach_four_columns_and_not_eight() {
        for (line, column, narrow) in [
            ("\tint32 a = 1;", 9, 5),
            ("\tint32 a = 1;", 14, 10),
            ("  \tint32 a = 1;", 9, 5),
            ("\t\tint32 a = 1;", 17, 9),
            ("int32\ta = 1;", 3, 3),
        ] {
            assert_eq!(narrow_tabs(line, column), narrow, "{line:?} {column}");
        }
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
