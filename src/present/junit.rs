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
    report.serialize(out).map_err(io::Error::other)
}
