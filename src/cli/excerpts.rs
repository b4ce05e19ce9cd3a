//! What a report shows of the sources beside what was found in them.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::findings::{Excerpts, Finding, Lines, Location, Report};
use crate::source::Content;

/// How many lines of an element an excerpt shows.
const SHOWN: u32 = 8;

/// The text of files, by the path people find them by.
pub(super) type Texts = BTreeMap<String, Bytes>;

/// All files of one side; an image has none.
pub(super) fn texts(content: &Content) -> Texts {
    let Content::Sources(input) = content else { return Texts::new() };
    let files = input.files.iter().filter(|f| f.target);
    files.map(|f| (f.display.to_string(), f.content.clone())).collect()
}

/// The first lines of every element that findings point at, on both sides.
pub(super) fn of([old, new]: [&Texts; 2], report: &Report) -> Excerpts {
    let of = |texts: &Texts, side: fn(&Finding) -> Option<&Location>| {
        // Each file is taken apart once, however much was found in it.
        let mut wanted: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for location in report.findings.iter().filter_map(side) {
            let Some(span) = location.span else { continue };
            let last = span.end_line.min(span.start_line.saturating_add(SHOWN - 1));
            wanted.entry(&location.path).or_default().extend(span.start_line..=last);
        }
        let mut lines = Lines::new();
        for (path, numbers) in wanted {
            let Some(content) = texts.get(path) else { continue };
            let text = String::from_utf8_lossy(content);
            let numbered = (1..).zip(text.lines()).filter(|(number, _)| numbers.contains(number));
            lines.extend(numbered.map(|(number, line)| ((path.to_owned(), number), line.to_owned())));
        }
        lines
    };
    Excerpts { old: of(old, |f| f.old.as_ref()), new: of(new, |f| f.new.as_ref()), ..Excerpts::default() }
}
