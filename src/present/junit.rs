//! JUnit XML.
//!
//! The crate escapes what XML has marks for. What it has no place for (control characters), and what acts on whoever
//! reads it, is written out here.

use std::io;

use quick_junit::Report;

/// Text of one line.
pub(crate) fn clean(text: &str) -> String {
    crate::text::escape(text).into_owned()
}

/// The same of several lines, which stay lines.
pub(crate) fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

/// Writes the document.
///
/// # Errors
///
/// Those of `out`.
pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let text = report.to_string().map_err(io::Error::other)?;
    // Each suite counts what was skipped. The schema by which Jenkins reads (junit-10.xsd of its xUnit plugin) has no
    // such count for all of them, and refuses what it does not have.
    let root = text.find("<testsuites ").unwrap_or_default();
    let end = text[root..].find('>').map_or(root, |end| root + end);
    let count = text[root..end].find(" skipped=\"").map(|at| root + at);
    match count.and_then(|at| Some((at, text[at + 10..end].find('"')? + at + 11))) {
        Some((from, to)) => {
            out.write_all(&text.as_bytes()[..from])?;
            out.write_all(&text.as_bytes()[to..])
        }
        None => out.write_all(text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use quick_junit::{Report, TestCase, TestCaseStatus, TestSuite};

    #[test]
    fn only_suites_count_what_was_skipped() {
        let mut report = Report::new("a skipped=\"x\" > b");
        let mut suite = TestSuite::new("one");
        suite.add_test_case(TestCase::new("case", TestCaseStatus::skipped()));
        report.add_test_suite(suite);
        let mut out = Vec::new();
        super::write(&report, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let of = |tag: &str| text.lines().find(|line| line.trim().starts_with(tag)).unwrap();
        assert!(
            !of("<testsuites ").contains(" skipped=\"1") && of("<testsuite ").contains(" skipped=\"1"),
            "{text}"
        );
        assert!(of("<testsuites ").contains("tests=\"1\" failures=\"0\""), "{text}");
    }
}
