//! The finished report, and one file a format.
//!
//! Nothing here decides anything: a format is a pure function of a [`Report`] and a [`View`]. A new format is a
//! file, a variant of [`Format`] and three snapshots; the exhaustive `match` below is the only registry.

use std::io;

#[cfg(test)]
use crate::findings::Calls;
use crate::findings::{ChangeRecord, Finding, Location, Report};
use crate::text::View;

mod buf_json;
mod buf_text;
mod claims;
mod columns;
mod diff_text;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
#[cfg(test)]
mod sample;
mod sarif;
mod summary;
mod text;
mod witness;

pub use buf_json::{SourceIssue, write_source_issues};
pub use html::SHOWN_WHOLE;
pub use summary::next_version;

/// Writes a report in one format.
pub trait Reporter {
    /// Writes the whole report.
    ///
    /// # Errors
    ///
    /// Those of `out`, nothing else.
    fn write(&self, report: &Report, view: &View, out: &mut dyn io::Write) -> io::Result<()>;
}

/// The formats of a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one document, described by docs/report.schema.json.
    Json,
    /// For code scanning: SARIF 2.1.0.
    Sarif,
    /// For CI servers: JUnit XML, a test for each finding.
    Junit,
    /// Annotations of a GitHub workflow.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// A comment for a pull request.
    Markdown,
    /// One page for a browser.
    Html,
    /// One JSON object a line, as `buf breaking --error-format json` prints them.
    BufJson,
    /// One line a finding, as `buf breaking` prints them.
    #[value(hide = true)]
    BufText,
}

impl Format {
    /// Whether the format shows the sources beside what was found in them.
    pub fn shows_sources(self) -> bool {
        self == Format::Html
    }

    /// The reporter of this format.
    pub fn reporter(self) -> &'static dyn Reporter {
        match self {
            Format::Text => &text::Text,
            Format::Json => &json::Json,
            Format::Sarif => &sarif::Sarif,
            Format::Junit => &junit::Junit,
            Format::Github => &github::Github,
            Format::Gitlab => &gitlab::Gitlab,
            Format::Markdown => &markdown::Markdown,
            Format::Html => &html::Html,
            Format::BufJson => &buf_json::BufJson,
            Format::BufText => &buf_text::BufText,
        }
    }
}

/// The formats of a diff.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum DiffFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one document, described by docs/report.schema.json.
    Json,
}

impl DiffFormat {
    /// The reporter of this format.
    pub fn reporter(self) -> &'static dyn Reporter {
        match self {
            DiffFormat::Text => &diff_text::DiffText,
            DiffFormat::Json => &json::Json,
        }
    }
}
