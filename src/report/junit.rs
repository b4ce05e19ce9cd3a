//! JUnit XML: a suite for each file, a test for each finding. What fails by level `error` is a failure, anything else
//! a test that passed and has something to say. What does not count is a test that was skipped, with the reason.

use std::collections::BTreeMap;
use std::io;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Finding, Report, claims, registry};
use crate::present::Format;
use crate::present::junit::{self, clean, clean_lines};
use crate::text::View;
use crate::words::Level;

/// The format.
pub(super) const FORMAT: Format<Report> = Format {
    name: "junit",
    help: "For CI servers: JUnit XML, a test for each finding",
    hidden: false,
    write,
};

fn write(report: &Report, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let mut files: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        let location = finding.new.as_ref().or(finding.old.as_ref());
        files.entry(location.map_or("(no file)", |l| &l.path)).or_default().push(finding);
    }
    let mut document = Document::new(clean(&format!("protopact check against {}", report.compared_with())));
    if let Some(answer) = &report.registry {
        let body = clean_lines(
            &registry::sentences(report).iter().map(|line| clean(line)).collect::<Vec<_>>().join("\n"),
        );
        let title = answer.registry.title();
        let mut status = TestCaseStatus::success();
        if !answer.takes() {
            status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(clean(&format!("{title} refuses it"))).set_description(body.clone());
        }
        let mut case = TestCase::new(clean(&format!("{title} takes it")), status);
        if answer.takes() {
            case.set_system_out(body);
        }
        let mut suite = TestSuite::new("registry");
        suite.add_test_case(case);
        document.add_test_suite(suite);
    }
    if files.is_empty() {
        let mut suite = TestSuite::new("protopact");
        suite.add_test_case(TestCase::new("nothing breaks", TestCaseStatus::success()));
        document.add_test_suite(suite);
    }
    for (path, findings) in files {
        let mut suite = TestSuite::new(clean(path));
        suite.add_test_cases(findings.into_iter().map(|finding| case(report, path, finding)));
        document.add_test_suite(suite);
    }
    junit::write(&document, out)
}

fn case(report: &Report, path: &str, finding: &Finding) -> TestCase {
    let mut lines = vec![finding.message.clone()];
    for (label, location) in [("old", &finding.old), ("new", &finding.new)] {
        if let Some(location) = location {
            let line = location.span.map(|s| format!(":{}:{}", s.start_line, s.start_column));
            lines.push(format!("{label}: {}{}", location.path, line.unwrap_or_default()));
        }
    }
    lines.extend(claims::lines(report, finding).into_iter().map(|(label, text)| format!("{label}: {text}")));
    lines.push(format!("more: protopact rules {}", finding.rule));
    // Lines of a text become lines of ours one by one.
    let body = clean_lines(&lines.iter().map(|line| clean(line)).collect::<Vec<_>>().join("\n"));
    let aside = claims::aside(finding);
    let fails = aside.is_none() && finding.level == Level::Error;
    let mut status =
        if fails { TestCaseStatus::non_success(NonSuccessKind::Failure) } else { TestCaseStatus::success() };
    if let Some((label, why)) = &aside {
        status = TestCaseStatus::skipped();
        status.set_message(clean(&format!("{label}: {why}")));
    }
    if fails {
        status.set_message(clean(&finding.message)).set_type(finding.rule).set_description(body.clone());
    }
    let mut case = TestCase::new(clean(&format!("{} {}", finding.rule, finding.symbol)), status);
    case.set_classname(clean(path));
    if !fails {
        case.set_system_out(body);
    }
    case
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
        assert!(!text.contains("<script") && !text.contains("]]>"), "{text}");
        insta::assert_snapshot!(text);
    }
}
