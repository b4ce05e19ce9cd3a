//! The matrix as JUnit XML: a suite for each subject, a test for each cell.

use std::collections::BTreeMap;
use std::io;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::super::matrix::{Matrix, State};

/// Writes one XML document.
///
/// # Errors
///
/// Those of `out`.
pub fn write(matrix: &Matrix, out: &mut dyn io::Write) -> io::Result<()> {
    let labels = matrix.labels();
    let mut suites: BTreeMap<_, TestSuite> = BTreeMap::new();
    for cell in matrix.cells.iter().filter(|c| c.state != State::Empty) {
        let status = match &cell.state {
            State::Red(red) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                let kind = if red.predicted.is_some() { "predicted" } else { "unpredicted" };
                let verdict =
                    red.predicted.as_ref().map(|c| format!("\nverdict: {}", clean(c))).unwrap_or_default();
                status
                    .set_message(clean(&format!("{}: {}", red.case, red.what)))
                    .set_type(kind)
                    .set_description(format!(
                        "{} of {} cases{verdict}\nrepeat: {}",
                        red.count,
                        cell.cases,
                        clean(&matrix.repeat(&cell.id))
                    ));
                status
            }
            State::Skipped(reason) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(clean(reason));
                status
            }
            State::Green | State::Noted(_) | State::Empty => TestCaseStatus::success(),
        };
        let mut case = TestCase::new(clean(&cell.id.name(labels)), status);
        if let State::Noted(what) = &cell.state {
            case.set_system_out(clean(what));
        }
        let name = cell.id.subject.to_string();
        let suite = suites.entry(cell.id.subject).or_insert_with(|| TestSuite::new(name));
        suite.add_test_case(case);
    }
    let mut report = Report::new(clean(&format!("{} {} {}", matrix.contract, labels[0], labels[1])));
    report.add_test_suites(suites.into_values());
    if !matrix.skips.is_empty() {
        let mut suite = TestSuite::new("languages");
        for skip in &matrix.skips {
            let mut status = TestCaseStatus::skipped();
            status.set_message(clean(&skip.reason));
            suite.add_test_case(TestCase::new(skip.language.as_str(), status));
        }
        report.add_test_suite(suite);
    }
    report.serialize(&mut *out).map_err(io::Error::other)
}

/// Control characters and marks of direction are shown, not sent: XML has no place for the former, and the latter turn
/// a line around.
fn clean(text: &str) -> String {
    crate::compile::escape(text)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn cells_are_tests_and_text_stays_text() {
        let mut out = Vec::new();
        write(&sample::matrix(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        insta::assert_snapshot!(text);
    }
}
