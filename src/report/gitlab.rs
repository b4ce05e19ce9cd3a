//! GitLab's code quality report, which its merge requests show beside the code: the part of the Code Climate format
//! that "Code Quality: Implement a custom tool" lists.

use std::io;

use serde::Serialize;
use serde_json::ser::Serializer;

use super::columns::columns;
use super::{Report, Reporter, claims};
use crate::text::{JsonEscapes, View, escape};
use crate::words::Level;

/// The format.
pub(super) struct Gitlab;

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

impl Reporter for Gitlab {
    fn write(&self, report: &Report, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
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
            let who = claims::claims(&finding.verdict);
            let who = who.iter().map(|c| format!(" · {} {}: {}", c.label, c.whom, c.reason));
            let fix = finding.fix.iter().map(|fix| format!(" · fix: {fix}"));
            let more: String = who.chain(fix).collect();
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
            issue.serialize(&mut Serializer::with_formatter(&mut *out, JsonEscapes))?;
        }
        out.write_all(if report.open().next().is_none() { b"]\n" } else { b"\n]\n" })
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn full() {
        let text = sample::render(&Gitlab, &sample::full(), None);
        let read: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let mut prints: Vec<_> = read.iter().map(|i| i["fingerprint"].as_str().unwrap()).collect();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), read.len());
        insta::assert_snapshot!(text);
    }

    #[test]
    fn empty() {
        assert_eq!(sample::render(&Gitlab, &sample::empty(), None), "[]\n");
    }

    #[test]
    fn hostile() {
        insta::assert_snapshot!(sample::render(&Gitlab, &sample::hostile(), None));
    }
}
