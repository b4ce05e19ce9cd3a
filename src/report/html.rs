//! One page for a browser, which needs nothing else: who is hit, every finding with both sources beside each other, and
//! what became of the numbers.
//!
//! Without scripts it is complete; a script that stands in it adds filters and a search.

pub(super) mod numbers;
mod source;
mod strip;

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::claims::{self, Claim};
use super::markdown::hit;
use super::summary::level_word;
use super::{Finding, Report, registry, witness};
use crate::findings::{Calls, Standing};
use crate::present::{Format, page};
use crate::text::{View, plural};
use crate::wire::Shown;
use crate::words::{Direction, Lens, Level};

use numbers::Numbers;
use source::Source;
use strip::Strip;

/// How many findings are shown whole. Of those that follow a page says what, where, whom and the way out: nobody reads
/// as many, and a page of all of it no longer opens.
pub const SHOWN_WHOLE: usize = 500;

/// How many calls stand with a finding; longer lists stand once, after all findings.
const CALLS_SHOWN: usize = 8;

/// How many calls all those lists name.
const CALLS_LISTED: usize = 10_000;

/// How many elements are shown or hidden as one, so that a browser has little to do.
const BATCH: usize = 10;

/// The format.
pub(super) const FORMAT: Format<Report> =
    Format { name: "html", help: "One page for a browser", hidden: false, write };

fn write(report: &Report, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let page = page::render(include_str!("page.html.j2"), Value::from(Serde(page(report))));
    out.write_all(page.as_bytes())
}

#[derive(Serialize)]
struct Page {
    script: Value,
    title: String,
    old: String,
    new: String,
    counts: Vec<(&'static str, &'static str, usize)>,
    /// What does not count, by the word for why.
    aside: Vec<(&'static str, usize)>,
    good: bool,
    sentence: Option<String>,
    hit: Vec<Row>,
    batches: Vec<Vec<ElementPart>>,
    packages: Vec<String>,
    owners: Vec<String>,
    numbers: Vec<Numbers>,
    calls: Vec<CallsPart>,
    all_changes: String,
    changes: Vec<ChangePart>,
    quiet: String,
    notes: Vec<String>,
    findings: String,
    findings_beyond: bool,
    whole: usize,
}

#[derive(Serialize)]
struct Row {
    lens: &'static str,
    cells: Vec<HitCell>,
}

#[derive(Serialize)]
struct HitCell {
    code: String,
    direction: &'static str,
    effects: Vec<(&'static str, usize)>,
}

/// Everything that was found at one element.
#[derive(Serialize)]
struct ElementPart {
    symbol: String,
    package: String,
    findings: Vec<FindingPart>,
}

#[derive(Serialize)]
struct FindingPart {
    id: String,
    brief: bool,
    level: &'static str,
    word: &'static str,
    rule: &'static str,
    fingerprint: String,
    bump: &'static str,
    message: String,
    /// The [`code`] of each cell of the verdict.
    cells: String,
    /// Its owners, by their place in the list of all.
    owners: String,
    /// The picture of its numbers, by its place among all.
    numbers: Option<usize>,
    old: Option<Source>,
    new: Option<Source>,
    says: Vec<Says>,
    calls: Vec<String>,
    more_calls: usize,
    /// Where all of them are listed, by its place among all lists.
    all_calls: Option<usize>,
    owned: String,
    fix: Option<String>,
    /// The fix as a patch, taken apart at its tabs, which have to stay what they are to be copied.
    patch: Vec<String>,
}

/// A sentence with its label, and the bytes it speaks of.
#[derive(Serialize)]
struct Says {
    label: &'static str,
    text: String,
    bytes: Vec<Strip>,
}

/// Calls that carry something, which are many.
#[derive(Serialize)]
struct CallsPart {
    /// The first element that they carry, and how many others.
    symbol: String,
    others: usize,
    services: Vec<(String, Vec<String>)>,
    more: usize,
}

#[derive(Serialize)]
struct ChangePart {
    symbol: String,
    message: String,
    bump: &'static str,
}

/// What findings have in common, by its place in the lists of the page.
struct Shared<'a> {
    report: &'a Report,
    owners: Vec<String>,
    /// The pictures, by change.
    numbers: BTreeMap<usize, usize>,
    lists: Vec<(Arc<Calls>, CallsPart)>,
    listed: usize,
}

fn page(report: &Report) -> Page {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ids: BTreeMap<usize, String> = BTreeMap::new();
    let mut elements: Vec<ElementPart> = Vec::new();
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    let mut shared = Shared::of(report);
    for (n, finding) in report.findings.iter().enumerate() {
        let seen = seen.entry(&finding.fingerprint).or_default();
        *seen += 1;
        let id = match *seen {
            1 => format!("f-{}", finding.fingerprint),
            n => format!("f-{}-{n}", finding.fingerprint),
        };
        ids.entry(finding.of).or_insert_with(|| id.clone());
        let part = shared.finding(finding, id, n >= SHOWN_WHOLE);
        let at = *place.entry(&finding.symbol).or_insert_with(|| {
            elements.push(ElementPart {
                symbol: finding.symbol.clone(),
                package: package(&finding.symbol).to_owned(),
                findings: Vec::new(),
            });
            elements.len() - 1
        });
        elements[at].findings.push(part);
    }
    let mut packages: Vec<String> = elements.iter().map(|e| e.package.clone()).collect();
    packages.sort();
    packages.dedup();
    let mut batches: Vec<Vec<ElementPart>> = Vec::new();
    for element in elements {
        match batches.last_mut().filter(|batch| batch.len() < BATCH) {
            Some(batch) => batch.push(element),
            None => batches.push(vec![element]),
        }
    }
    let levels = [Level::Error, Level::Warn, Level::Note];
    let (waived, known) = report.set_aside();
    // What was found stands above.
    let found: HashSet<&str> = report.findings.iter().map(|f| &*f.fingerprint).collect();
    let others = report.changes.iter().filter(|change| !found.contains(&*change.fingerprint));
    let changes: Vec<ChangePart> = others
        .map(|change| ChangePart {
            symbol: change.symbol.clone(),
            message: change.message.clone(),
            bump: change.bump.as_str(),
        })
        .collect();
    Page {
        script: Value::from_safe_string(include_str!("page.js").to_owned()),
        title: format!("{} → {}", report.compared_with(), report.new).replace('`', ""),
        old: report.compared_with(),
        new: report.new.to_string(),
        counts: levels.map(|level| (level_word(level), level.as_str(), report.count(level))).to_vec(),
        aside: vec![("waived", waived), ("known", known)],
        good: report.open().next().is_none(),
        sentence: report.bump_sentence(),
        hit: rows(report),
        batches,
        packages,
        owners: shared.owners,
        numbers: numbers::numbers(report, &ids),
        calls: shared.lists.into_iter().map(|(_, list)| list).collect(),
        all_changes: plural(report.changes.len(), "change"),
        quiet: plural(changes.len(), "change"),
        changes,
        notes: registry::sentences(report).into_iter().chain(report.notes.iter().cloned()).collect(),
        findings: plural(report.findings.len(), "finding"),
        findings_beyond: report.findings.len() > SHOWN_WHOLE,
        whole: SHOWN_WHOLE,
    }
}

fn rows(report: &Report) -> Vec<Row> {
    let row = |(lens, cells): (Lens, BTreeMap<(Direction, _), usize>)| Row {
        lens: lens.as_str(),
        cells: Direction::ALL
            .map(|direction| HitCell {
                code: code(lens, direction),
                direction: direction.as_str(),
                effects: cells
                    .iter()
                    .filter(|((d, _), _)| *d == direction)
                    .map(|((_, effect), n): (&(_, crate::words::Effect), _)| (effect.as_str(), *n))
                    .collect(),
            })
            .into(),
    };
    hit(report).into_iter().map(row).collect()
}

/// A cell of the table of who is hit, in two or three letters: every finding carries those it is counted in.
fn code(lens: Lens, direction: Direction) -> String {
    let place = Lens::ALL.iter().position(|l| *l == lens).unwrap_or_default();
    format!("{place}{}", &direction.as_str()[..1])
}

/// The package, going by the style guide: what comes before the first part that begins with a capital letter. A file
/// is in the package of its folder.
fn package(symbol: &str) -> &str {
    if symbol.contains('/') || symbol.ends_with(".proto") {
        return symbol.rsplit_once('/').map_or("", |(folder, _)| folder);
    }
    let capital = symbol.split('.').take_while(|part| !part.starts_with(|c: char| c.is_ascii_uppercase()));
    let length = capital.map(|part| part.len() + 1).sum::<usize>();
    symbol.get(..length.saturating_sub(1)).unwrap_or(symbol)
}

impl<'a> Shared<'a> {
    fn of(report: &'a Report) -> Shared<'a> {
        let mut owners: Vec<String> = report.findings.iter().flat_map(|f| report.owners_of(f)).collect();
        owners.sort();
        owners.dedup();
        let timelines = report.timelines.of.iter().enumerate();
        let numbers = timelines.flat_map(|(n, timeline)| timeline.changes.iter().map(move |of| (*of, n)));
        Shared { report, owners, numbers: numbers.collect(), lists: Vec::new(), listed: 0 }
    }

    fn finding(&mut self, finding: &Finding, id: String, brief: bool) -> FindingPart {
        let report = self.report;
        let (old, new) = source::both(report, finding, !brief);
        let say = |(label, text): (&'static str, String)| Says { label, text, bytes: Vec::new() };
        let mut says: Vec<Says> = claims::aside(finding).map(say).into_iter().collect();
        says.extend(claims::broken(report, finding).map(say));
        let claims = claims::claims(&finding.verdict);
        let owned = report.owners_of(finding);
        if brief {
            let whom: Vec<&str> = claims.iter().map(|c| c.whom.as_str()).collect();
            says.extend((!whom.is_empty()).then(|| say(("breaks", whom.join(", ")))));
        } else {
            let told = |c: Claim<'_>| say((c.label, format!("{}: {}", c.whom, c.reason)));
            says.extend(claims.into_iter().map(told));
            for (text, proof) in witness::told(report, finding) {
                let bytes = match &proof.shown {
                    Some(Shown::Bytes { bytes, parts, .. }) => strip::strips(bytes, parts),
                    _ => Vec::new(),
                };
                says.push(Says { label: "witness", text, bytes });
            }
        }
        let owners = owned.iter().filter_map(|owner| self.owners.binary_search(owner).ok());
        let owners = owners.map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
        let cells = finding.verdict.cells.iter().map(|c| code(c.lens, c.direction));
        let cells = cells.collect::<Vec<_>>().join(" ");
        let calls = &finding.affects;
        FindingPart {
            id,
            brief,
            level: if finding.standing == Standing::Open { finding.level.as_str() } else { "note" },
            word: claims::word(finding),
            rule: finding.rule,
            fingerprint: finding.fingerprint.clone(),
            bump: finding.bump.as_str(),
            message: finding.message.clone(),
            cells,
            owners,
            numbers: self.numbers.get(&finding.of).copied().filter(|_| !brief),
            old,
            new,
            says,
            calls: calls.named.iter().take(CALLS_SHOWN).cloned().collect(),
            more_calls: calls.named.len().saturating_sub(CALLS_SHOWN) + calls.more,
            all_calls: if brief { None } else { self.list(finding) },
            owned: owned.join(", "),
            fix: finding.fix.as_ref().map(ToString::to_string),
            patch: match report.repair(finding).filter(|_| !brief) {
                Some(repair) => repair.patch.split('\t').map(str::to_owned).collect(),
                None => Vec::new(),
            },
        }
    }

    /// Where the calls of a finding are listed, if they are more than stand with it.
    fn list(&mut self, finding: &Finding) -> Option<usize> {
        let calls = &finding.affects;
        if calls.named.len() <= CALLS_SHOWN {
            return None;
        }
        // Changes of one message share one answer.
        if let Some(known) = self.lists.iter().position(|(list, _)| Arc::ptr_eq(list, calls)) {
            self.lists[known].1.others += 1;
            return Some(known);
        }
        let shown = calls.named.len().min(CALLS_LISTED.saturating_sub(self.listed));
        self.listed += shown;
        let mut services: Vec<(String, Vec<String>)> = Vec::new();
        for call in &calls.named[..shown] {
            let end = call.find(' ').unwrap_or(call.len());
            let (service, method) = match call[..end].rfind('.') {
                Some(dot) => (&call[..dot], &call[dot + 1..]),
                None => ("", call.as_str()),
            };
            match services.last_mut().filter(|(name, _)| name == service) {
                Some((_, methods)) => methods.push(method.to_owned()),
                None => services.push((service.to_owned(), vec![method.to_owned()])),
            }
        }
        let more = calls.named.len() - shown + calls.more;
        let list = CallsPart { symbol: finding.symbol.clone(), others: 0, services, more };
        self.lists.push((Arc::clone(calls), list));
        Some(self.lists.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn with_sources() -> Report {
        let mut report = sample::full();
        let path = "contracts/pay/v1/charge.proto".to_owned();
        report.excerpts.old.insert((path.clone(), 12), "\tint64 amount = 3; // in cents".to_owned());
        report.excerpts.new.insert((path, 14), "\tsint64 amount = 3; // in cents".to_owned());
        report
    }

    #[test]
    fn full() {
        insta::assert_snapshot!(sample::render(&FORMAT, &with_sources(), None));
    }

    #[test]
    fn empty() {
        let text = sample::render(&FORMAT, &sample::empty(), None);
        assert!(text.contains("nothing breaks") && !text.contains("<article"), "{text}");
    }

    #[test]
    fn hostile() {
        let text = sample::render(&FORMAT, &sample::hostile(), None);
        assert!(!text.contains(|c: char| c != '\n' && crate::text::is_unsafe(c)), "{text:?}");
        assert!(!text.contains("<script>alert"), "{text}");
        // Nothing is fetched.
        for fetched in ["src=", "href=\"http", "url(", "@import"] {
            assert!(!text.contains(fetched), "{fetched}: {text}");
        }
    }

    #[test]
    fn words_that_changed_are_marked() {
        let page = page(&with_sources());
        let found = &page.batches[0][0].findings[0];
        let words = |side: &Option<Source>| -> Vec<(String, bool)> {
            let line = &side.as_ref().unwrap().lines[0];
            line.pieces.iter().map(|p| (p.text.clone(), p.marked)).collect()
        };
        let rest = (" amount = 3; // in cents".to_owned(), false);
        assert_eq!(words(&found.old), [("int64".to_owned(), true), rest.clone()]);
        assert_eq!(words(&found.new), [("sint64".to_owned(), true), rest]);
    }

    #[test]
    fn a_package_is_what_comes_before_the_first_type() {
        assert_eq!(package("pay.v1.Charge.amount"), "pay.v1");
        assert_eq!(package("Charge.amount"), "");
        assert_eq!(package("pay/v1/old.proto"), "pay/v1");
        assert_eq!(package("pay.v1"), "pay.v1");
        assert_eq!(package(""), "");
    }
}
