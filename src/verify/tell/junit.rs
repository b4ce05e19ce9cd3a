//! The matrix as JUnit XML: a suite for each package, a test for each part of what was tried with it, which fails with
//! its causes. Cells that were not tried, or that lose what a language is known to lose, have a suite of their own.

use std::collections::BTreeSet;
use std::io;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::super::fold::{self, Cause};
use super::super::matrix::{Matrix, State, kind};
use super::named;
use crate::present::Format;
use crate::present::junit::{self, clean, clean_lines};
use crate::text::{View, plural};

/// What of one package differs in one part of it.
fn failure(matrix: &Matrix, causes: &[&Cause]) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let kind = |c: &Cause| if c.foretold.is_some() { "predicted" } else { "unpredicted" };
    let told = causes.iter().map(|cause| {
        let verdict =
            cause.foretold.as_ref().map(|f| format!("\nverdict: {} ({})", f.change, f.effect.as_str()));
        clean_lines(&format!(
            "{}: {}: {}{}\nseen: {} in {}\nrepeat: {}",
            kind(cause),
            cause.case,
            cause.what,
            verdict.unwrap_or_default(),
            plural(cause.cases, "case"),
            plural(cause.cells.len(), "cell"),
            matrix.repeat(&cause.cell)
        ))
    });
    if let Some(first) = causes.first() {
        status.set_message(clean(&format!("{}: {}", first.case, first.what))).set_type(kind(first));
    }
    status.set_description(told.collect::<Vec<_>>().join("\n\n"));
    status
}

/// The format.
pub(super) const FORMAT: Format<Matrix> =
    Format { name: "junit", help: "JUnit XML, a test for each cell", hidden: false, write };

/// Writes one XML document.
fn write(matrix: &Matrix, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let labels = matrix.labels();
    let mut suites = Vec::new();
    for package in fold::packages(matrix) {
        let mut suite = TestSuite::new(clean(named(package.name)));
        let parts: BTreeSet<&str> = package.went.keys().copied().collect();
        for part in parts {
            let of_part = |c: &&Cause| c.cells.iter().any(|cell| fold::word(cell.subject) == part);
            let causes: Vec<&Cause> = package.causes.iter().filter(of_part).collect();
            let status = if causes.is_empty() { TestCaseStatus::success() } else { failure(matrix, &causes) };
            let mut case = TestCase::new(part, status);
            case.set_classname(clean(named(package.name)));
            suite.add_test_case(case);
        }
        suites.push(suite);
    }
    let mut cells = TestSuite::new("cells");
    for cell in &matrix.cells {
        let mut case = match &cell.state {
            State::Skipped(reason) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(clean(reason));
                TestCase::new(clean(&cell.id.name(labels)), status)
            }
            State::Noted(what) => {
                let mut case = TestCase::new(clean(&cell.id.name(labels)), TestCaseStatus::success());
                case.set_system_out(clean(what));
                case
            }
            State::Green | State::Red(_) | State::Empty => continue,
        };
        case.set_classname("cells");
        cells.add_test_case(case);
    }
    if !cells.test_cases.is_empty() {
        suites.push(cells);
    }
    let mut report = Report::new(clean(&format!("{} {} {}", matrix.contract, labels[0], labels[1])));
    report.add_test_suites(suites);
    if !matrix.skips.is_empty() {
        let mut suite = TestSuite::new("languages");
        for skip in &matrix.skips {
            let mut status = TestCaseStatus::skipped();
            status.set_message(clean(&skip.reason));
            suite.add_test_case(TestCase::new(kind(skip.language, skip.age), status));
        }
        report.add_test_suite(suite);
    }
    junit::write(&report, out)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn cells_are_tests_and_text_stays_text() {
        let mut out = Vec::new();
        write(&sample::matrix(), &View { colour: false, width: None }, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        insta::assert_snapshot!(text);
    }
}
