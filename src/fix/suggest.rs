//! What a report says about repairs: the edits that a remedy stands for, before anybody tried them.

use std::collections::BTreeMap;

use super::Bench;
use super::draft::{Draft, Text, Texts};
use super::free::Numbers;
use super::patch::unified;
use super::plan::advised_draft;
use super::session::{Cached, news, olds};
use super::sides::Sides;
use crate::compare::Comparison;
use crate::findings::{Edit, Finding, Repair};
use crate::policy::remedy;

/// How many findings get edits. A report of more is not worked off by hand.
const MAX: usize = 1000;

/// The edits that are tried first for findings, by rule and fingerprint. Nobody has compiled what they lead to; `repair`
/// does. Findings that need more than edits of files that are there have none.
#[must_use]
pub fn suggest(
    bench: &Bench<'_>,
    comparison: &Comparison<'_>,
    findings: &[Finding],
) -> BTreeMap<(&'static str, String), Repair> {
    let cached = Cached::new(bench.memory);
    let (cx, memory) = (comparison.cx(), cached.asked());
    let (old, new) = (olds(bench), news(bench.new));
    let sides = Sides { cx, old: &old, new: &new, numbers: Numbers::new(cx, memory) };
    let mut out = BTreeMap::new();
    for finding in findings.iter().take(MAX) {
        let change = &comparison.changes()[finding.of];
        let made =
            remedy(change, &cx, finding.rule).and_then(|remedy| advised_draft(&sides, change, &remedy));
        let told = made.filter(|draft| draft.files.is_empty()).and_then(|draft| told(bench, &new, &draft));
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
