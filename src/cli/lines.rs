//! Lines of the sources that a report needs besides what was found in them.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::findings::{Excerpts, Lines, Location, Report};
use crate::source::Content;

/// How many lines of an element an excerpt shows.
const SHOWN: u32 = 8;

/// The text of files, by the path people find them by.
pub(super) type Texts = BTreeMap<String, Bytes>;

/// The files that have a tab somewhere.
pub(super) fn with_tabs(content: &Content) -> Texts {
    texts(content, |text| text.contains(&b'\t'))
}

/// All files; an image has none.
pub(super) fn all(content: &Content) -> Texts {
    texts(content, |_| true)
}

fn texts(content: &Content, wanted: impl Fn(&[u8]) -> bool) -> Texts {
    let Content::Sources(input) = content else { return Texts::new() };
    let files = input.files.iter().filter(|f| f.target && wanted(&f.content));
    files.map(|f| (f.display.to_string(), f.content.clone())).collect()
}

/// The lines with a tab that findings point at.
pub(super) fn tabbed(files: &Texts, report: &Report) -> Lines {
    let mut lines = Lines::new();
    for location in report.findings.iter().filter_map(|f| f.new.as_ref()) {
        let Some(span) = location.span else { continue };
        add(files, location, [span.start_line, span.end_line], &mut lines);
    }
    lines.retain(|_, line| line.contains('\t'));
    lines
}

/// The first lines of every element that findings point at, on both sides.
pub(super) fn excerpts([old, new]: [&Texts; 2], report: &Report) -> Excerpts {
    let of = |files: &Texts, side: fn(&crate::findings::Finding) -> Option<&Location>| {
        let mut lines = Lines::new();
        for location in report.findings.iter().filter_map(side) {
            let Some(span) = location.span else { continue };
            let last = span.end_line.min(span.start_line.saturating_add(SHOWN - 1));
            add(files, location, span.start_line..=last, &mut lines);
        }
        lines
    };
    Excerpts { old: of(old, |f| f.old.as_ref()), new: of(new, |f| f.new.as_ref()) }
}

fn add(files: &Texts, location: &Location, wanted: impl IntoIterator<Item = u32>, lines: &mut Lines) {
    let Some(content) = files.get(&location.path) else { return };
    let text = String::from_utf8_lossy(content);
    let mut all = text.lines().enumerate();
    for line in wanted {
        let key = (location.path.clone(), line);
        // Lines are wanted from the top down; the same one may be wanted twice.
        if lines.contains_key(&key) {
            continue;
        }
        let at = line.saturating_sub(1) as usize;
        if let Some((_, found)) = all.find(|(n, _)| *n == at) {
            lines.insert(key, found.to_owned());
        }
    }
}
