//! The finished report, and one file a format.
//!
//! Nothing here decides anything: a format is a pure function of a [`Report`] and a
//! [`View`](crate::text::View). A new format is a file, an entry in the lists below and three snapshots.

#[cfg(test)]
use crate::findings::Calls;
use crate::findings::{ChangeRecord, Finding, Location, Report};
use crate::present::{Choice, Format, Formats};

mod buf_json;
mod buf_text;
mod claims;
mod columns;
mod diff_text;
#[cfg(test)]
mod folded;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod markdown;
mod pieces;
mod registry;
#[cfg(test)]
pub(crate) mod sample;
mod sarif;
mod summary;
mod text;
mod witness;

pub use buf_json::{SourceIssue, write_source_issues};
pub(crate) use claims::{Claim, affects, claims};
pub use html::SHOWN_WHOLE;
pub(crate) use html::numbers::{Numbers, picture};
pub use summary::{next_version, part_of};

/// The formats of a check.
#[derive(Debug)]
pub struct OfCheck;

impl Formats for OfCheck {
    type Document = Report;

    const ALL: &'static [Format<Report>] = &[
        text::FORMAT,
        json::FORMAT,
        sarif::FORMAT,
        junit::FORMAT,
        github::FORMAT,
        gitlab::FORMAT,
        markdown::FORMAT,
        html::FORMAT,
        buf_json::FORMAT,
        buf_text::FORMAT,
    ];
}

impl Choice<OfCheck> {
    /// Whether the format shows the sources beside what was found in them.
    pub fn shows_sources(self) -> bool {
        self.name() == html::FORMAT.name
    }

    /// Whether the format has the edits that would repair what was found.
    pub fn shows_repairs(self) -> bool {
        [json::FORMAT.name, sarif::FORMAT.name, html::FORMAT.name].contains(&self.name())
    }

    /// Whether tools that read the format look for errors in the sources among the lines.
    pub fn has_source_issues(self) -> bool {
        self.name() == buf_json::FORMAT.name
    }

    /// What `buf breaking` calls JSON, or text.
    pub fn of_buf(json: bool) -> Choice<OfCheck> {
        let format = if json { buf_json::FORMAT } else { buf_text::FORMAT };
        Choice::of(format.name).unwrap_or_default()
    }
}

/// The formats of a diff.
#[derive(Debug)]
pub struct OfDiff;

impl Formats for OfDiff {
    type Document = Report;

    const ALL: &'static [Format<Report>] = &[diff_text::FORMAT, json::FORMAT];
}
