//! GitLab's code quality report, which its merge requests show beside the code: the part of the Code Climate format
//! that "Code Quality: Implement a custom tool" lists.

use std::io;

use serde::Serialize;

use super::columns::columns;
use super::pieces::value;
use super::{Report, claims};
use crate::present::Format;
use crate::text::{View, escape};
use crate::words::Level;

/// The format.
pub(super) const FORMAT: Format<Report> =
    Format { name: "gitlab", help: "GitLab's code quality report", hidden: false, write };

#[derive(Serialize)]
struct Issue<'a> {
    /// Of Code Climate's form, as are the categories: GitLab asks for neither, and other readers of the form do.
    #[serde(rename = "type")]
    kind: &'static str,
    categories: [&'static str; 1],
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: At<'a>,
}

#[derive(Serialize)]
struct At<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

fn write(report: &Report, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(b"[")?;
    for (n, finding) in report.open().enumerate() {
        out.write_all(if n == 0 { b"\n" } else { b",\n" })?;
        // A place is demanded: what is gone is where it was.
        let location = finding.new.as_ref().or(finding.old.as_ref());
        let lines = match location {
            Some(location) if finding.new.is_some() => {
                let at = columns(report, location, 1);
                Lines { begin: at.start_line, end: at.end_line }
            }
            _ => Lines { begin: 1, end: 1 },
        };
        let broken = claims::broken(report, finding).into_iter();
        let broken = broken.map(|(label, states)| format!(" · {label} {states}"));
        let who = claims::claims(&finding.verdict);
        let who = who.iter().map(|c| format!(" · {} {}: {}", c.label, c.whom, c.reason));
        let fix = finding.fix.iter().map(|fix| format!(" · fix: {fix}"));
        let more: String = broken.chain(who).chain(fix).collect();
        let issue = Issue {
            kind: "issue",
            categories: ["Compatibility"],
            description: escape(&format!("{}{more}", finding.message)).into_owned(),
            check_name: finding.rule,
            // One change may be minded by several rules.
            fingerprint: format!("{}-{}", finding.fingerprint, finding.rule),
            severity: match finding.level {
                Level::Error => "critical",
                Level::Warn => "major",
                Level::Note => "info",
            },
            location: At { path: location.map_or("", |l| l.path.trim_start_matches("./")), lines },
        };
        value(out, &issue)?;
    }
    out.write_all(if report.open().next().is_none() { b"]\n" } else { b"\n]\n" })
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn full() {
        let text = sample::render(&FORMAT, &sample::full(), None);
        let read: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let mut prints: Vec<_> = read.iter().map(|i| i["fingerprint"].as_str().unwrap()).collect();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), read.len());
        insta::assert_snapshot!(text);
    }

    #[test]
    fn empty() {
        assert_eq!(sample::render(&FORMAT, &sample::empty(), None), "[]\n");
    }

    #[test]
    fn hostile() {
        insta::assert_snapshot!(sample::render(&FORMAT, &sample::hostile(), None));
    }
}
