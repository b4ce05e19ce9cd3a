//! What a report says about repairs: the edits that a remedy stands for, before anybody tried them.

use std::collections::{BTreeMap, BTreeSet};

use super::Bench;
use super::draft::{Draft, Text, Texts};
use super::free::Numbers;
use super::patch::unified;
use super::plan::advised_draft;
use super::session::{Cached, news, olds};
use super::sides::Sides;
use crate::compare::Comparison;
use crate::findings::{Edit, Finding, Repair};

/// How many findings get edits. A report of more is not worked off by hand.
const MAX: usize = 1000;

/// How many bytes of files are compared for that in all: each finding has a patch of its own, and a file with thousands of
/// findings is looked at for each of them.
const MAX_BYTES: usize = 32 << 20;

/// The edits that are tried first for findings, by rule and fingerprint. Nobody has compiled what they lead to; `repair`
/// does. Findings that need more than edits of files that are there have none.
#[must_use]
pub fn suggest(
    bench: &Bench<'_>,
    comparison: &Comparison<'_>,
    findings: &[Finding],
) -> BTreeMap<(&'static str, String), Repair> {
    let cached = Cached::new(bench.background.memory);
    let (cx, memory) = (comparison.cx(), cached.asked());
    let (old, new) = (olds(bench), news(bench.new));
    let sides = Sides { cx, old: &old, new: &new, numbers: Numbers::new(cx, memory) };
    let mut out = BTreeMap::new();
    let mut left = MAX_BYTES;
    for finding in findings.iter().take(MAX) {
        let change = &comparison.changes()[finding.of];
        let made = finding.fix.as_ref().and_then(|remedy| advised_draft(&sides, change, remedy));
        let Some(draft) = made.filter(|draft| draft.files.is_empty()) else { continue };
        let files: BTreeSet<usize> = draft.splices.iter().map(|splice| splice.file).collect();
        let bytes = files.into_iter().map(|file| new[file].text.len()).sum();
        let Some(rest) = left.checked_sub(bytes) else { break };
        left = rest;
        let told = told(bench, &new, &draft);
        out.extend(told.map(|repair| ((finding.rule, finding.fingerprint.clone()), repair)));
    }
    out
}

fn told(bench: &Bench<'_>, texts: &Texts, draft: &Draft) -> Option<Repair> {
    let after = draft.applied(texts)?;
    let mut edits: Vec<_> = draft.splices.iter().collect();
    edits.sort_by_key(|splice| (splice.file, splice.at.start, splice.at.end));
    let path = |file: usize| bench.new.files[file].display.trim_start_matches("./").to_owned();
    let edits = edits.into_iter().map(|splice| {
        let text = &texts[splice.file];
        let (start, end) = (place(text, splice.at.start), place(text, splice.at.end));
        Edit { path: path(splice.file), start, end, text: splice.with.clone() }
    });
    let patch = after.iter().map(|(file, after)| unified(&path(*file), Some(&texts[*file].text), after));
    Some(Repair { edits: edits.collect(), patch: patch.collect() })
}

/// Line and column of a byte, both from one; columns are characters, and a byte order mark is none.
fn place(text: &Text, at: usize) -> (u32, u32) {
    let line = text.text[..at].matches('\n').count();
    let column = text.text[text.line_start(at)..at].chars().count();
    (line as u32 + 1, column as u32 + 1)
}
