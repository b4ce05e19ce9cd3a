//! What people read about a version: a section of a changelog in the form of Keep a Changelog
//! (<https://keepachangelog.com/en/1.1.0/>), which is also the text of the release.

mod insert;
mod lines;

use std::collections::BTreeMap;
use std::fmt::Write as _;

pub use insert::Inserted;
use semver::Version;

use super::{Plan, Spelling};
use crate::findings::{ChangeRecord, Finding, Report, Standing, Waived};
use crate::report::{affects, claims};
use crate::text::markdown::{code, safe, sentence};
use crate::text::plural;
use crate::words::{Bump, Direction, Effect, Language, Lens, Nature};

/// The changes of one version in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changelog {
    /// The version.
    pub version: Version,
    /// Its section alone, from its heading on, in Markdown.
    pub section: String,
}

/// The parts of a section that are made here, in their order. Where a part of the same name was written by hand, both are
/// one.
const BREAKING: &str = "Breaking";
const ACCEPTED: &str = "Accepted breaks";
const UPGRADING: &str = "Upgrading";

/// The order of parts; those of Keep a Changelog that are only written by hand are among them.
pub(super) const PARTS: [&str; 9] =
    [BREAKING, "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security", ACCEPTED, UPGRADING];

impl Changelog {
    /// The changelog of a planned version, for the report that the plan was made from; `date` is the day it is released
    /// on, `2026-11-28`, and `languages` are those that the contract has packages in: what nobody can depend on is not
    /// told of.
    ///
    /// Nothing that names, comments or reasons hold is markup here.
    #[must_use]
    pub fn of(report: &Report, plan: &Plan, date: &str, languages: &[Language]) -> Changelog {
        let mut text = format!("## [{}] - {date}\n", plan.version);
        let Some(from) = &plan.from else {
            text.push_str("\nThe first version.\n");
            return Changelog { version: plan.version.clone(), section: text };
        };
        // What belongs to another change is told with that one, unless that one breaks nothing.
        let told = report.changes.iter().any(|change| !change.echo && change.bump == Bump::Major);
        let shown = |change: &&ChangeRecord| !change.echo || (change.bump == Bump::Major && !told);
        let changes: Vec<&ChangeRecord> = report.changes.iter().filter(shown).collect();
        if report.changes.is_empty() {
            text.push_str("\nThe contract is the same.\n");
        }
        part(&mut text, BREAKING, &breaking(report, &changes));
        for name in ["Added", "Changed", "Deprecated", "Removed"] {
            let of_part = |c: &&&ChangeRecord| c.bump < Bump::Major && part_of(c.nature) == name;
            let entries = changes.iter().filter(of_part).map(|c| Entry::of(c)).collect();
            part(&mut text, name, &by_package(entries));
        }
        part(&mut text, ACCEPTED, &accepted(report));
        part(&mut text, UPGRADING, &upgrading(from, &plan.version, &changes, languages));
        Changelog { version: plan.version.clone(), section: text }
    }
}

/// The part that a change which breaks nothing stands in.
fn part_of(nature: Nature) -> &'static str {
    match nature {
        Nature::Added => "Added",
        Nature::Removed => "Removed",
        Nature::Deprecated => "Deprecated",
        Nature::Renamed
        | Nature::Moved
        | Nature::Changed
        | Nature::Restored
        | Nature::Reserved
        | Nature::Option => "Changed",
    }
}

/// One part with its heading, where it says something.
fn part(text: &mut String, name: &str, body: &str) {
    if !body.is_empty() {
        let _ = write!(text, "\n### {name}\n{body}");
    }
}

/// What is said about one element.
struct Entry<'a> {
    /// `None` for a file of somebody else.
    package: Option<&'a str>,
    symbol: &'a str,
    message: &'a str,
    /// More about it, a line each, in Markdown.
    more: Vec<String>,
}

impl<'a> Entry<'a> {
    fn of(change: &'a ChangeRecord) -> Entry<'a> {
        let ChangeRecord { package, symbol, message, .. } = change;
        Entry { package: Some(package), symbol, message, more: Vec::new() }
    }
}

/// Entries under the packages they are in, in the order they come in.
fn by_package(entries: Vec<Entry<'_>>) -> String {
    let mut packages: BTreeMap<(bool, &str), Vec<Entry<'_>>> = BTreeMap::new();
    for entry in entries {
        packages.entry((entry.package.is_none(), entry.package.unwrap_or_default())).or_default().push(entry);
    }
    let mut text = String::new();
    for (package, entries) in packages {
        let head = match package {
            (true, _) => "Files of others".to_owned(),
            (false, "") => "Without a package".to_owned(),
            (false, package) => code(package),
        };
        let _ = write!(text, "\n#### {head}\n\n");
        for Entry { symbol, message, more, .. } in entries {
            let _ = writeln!(text, "- {}: {}", code(symbol), sentence(message));
            for line in more {
                let _ = writeln!(text, "  - {line}");
            }
        }
    }
    text
}

/// What breaks somebody, and whom: the contract's own changes, then those of others that come with it.
fn breaking(report: &Report, changes: &[&ChangeRecord]) -> String {
    let told = |finding: &Finding, change: &ChangeRecord| {
        finding.fingerprint == change.fingerprint && finding.change == change.change
    };
    let mut entries = Vec::new();
    for change in changes.iter().filter(|change| change.bump == Bump::Major) {
        let finding = report.findings.iter().find(|finding| told(finding, change));
        entries.push(Entry { more: hit(finding, &change.verdict), ..Entry::of(change) });
    }
    let others = report.findings.iter().filter(|finding| {
        finding.bump == Bump::Major && !report.changes.iter().any(|change| told(finding, change))
    });
    for finding in others {
        let more = hit(Some(finding), &finding.verdict);
        entries.push(Entry { package: None, symbol: &finding.symbol, message: &finding.message, more });
    }
    by_package(entries)
}

/// Who is hit: each group of lenses with what happens, and the calls.
fn hit(finding: Option<&Finding>, verdict: &crate::verdict::Verdict) -> Vec<String> {
    let claim = |claim: crate::report::Claim<'_>| {
        format!("{} {}: {}", claim.label, safe(&claim.whom), sentence(claim.reason))
    };
    let mut lines: Vec<String> = claims(verdict).into_iter().map(claim).collect();
    lines.extend(finding.and_then(affects).map(|calls| format!("affects {}", safe(&calls))));
    lines.extend(
        finding
            .and_then(|finding| finding.dependency.as_ref())
            .map(|dependency| format!("comes from a dependency: {}", sentence(dependency))),
    );
    lines
}

/// What somebody accepted, with the reason and who it was.
fn accepted(report: &Report) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let Standing::Waived(Waived { reason, owner, until, .. }) = &finding.standing else { continue };
        let owner = owner.as_ref().map(|owner| format!(" by {}", safe(owner))).unwrap_or_default();
        let until = until.as_ref().map(|until| format!(" until {}", safe(until))).unwrap_or_default();
        let Finding { symbol, message, rule, fingerprint, .. } = finding;
        let _ = writeln!(text, "- {}: {}", code(symbol), sentence(message));
        let _ = writeln!(text, "  - accepted{owner}{until}: {}", sentence(reason));
        let _ = writeln!(text, "  - {}, {}", code(rule), code(fingerprint));
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// What a team that uses the packages has to do: the versions to ask for, and what its code must change.
fn upgrading(from: &Version, to: &Version, changes: &[&ChangeRecord], languages: &[Language]) -> String {
    if languages.is_empty() {
        return String::new();
    }
    let mut text = String::from("\n| package | from | to |\n| --- | --- | --- |\n");
    for Upgrade { language, from, to } in upgrades(Some(from), to, languages) {
        let from = from.unwrap_or_default();
        let _ = writeln!(text, "| {} | {} | {} |", spelt(language).0, code(&from), code(&to));
    }
    let path = |version: &Version| Spelling::of(version).map(|spelling| spelling.go_path).unwrap_or_default();
    if languages.contains(&Language::Go) && path(from) != path(to) {
        let _ = write!(text, "\nThe path of the Go module ends with {} now.\n", code(&path(to)));
    }
    for &language in languages {
        let edits = edits(language, changes);
        if edits.is_empty() {
            let _ = write!(text, "\n#### {}\n\nNo code has to change.\n", language.title());
            continue;
        }
        let _ = write!(text, "\n#### {}\n\n", language.title());
        for ((unclear, reason), symbols) in edits {
            let (few, label) = (symbols.len() == 1, if unclear { "perhaps: " } else { "" });
            if few {
                let _ = writeln!(text, "- {}: {label}{}", code(symbols[0]), sentence(reason));
                continue;
            }
            let _ = writeln!(text, "- {}: {label}{}", plural(symbols.len(), "element"), sentence(reason));
            for symbol in symbols {
                let _ = writeln!(text, "  - {}", code(symbol));
            }
        }
    }
    text
}

/// One line of the table of versions: what a language asked for, and what it has to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// The language.
    pub language: Language,
    /// The version before, as the language spells it.
    pub from: Option<String>,
    /// The version, as the language spells it.
    pub to: String,
}

/// The versions to ask for in each language.
#[must_use]
pub fn upgrades(from: Option<&Version>, to: &Version, languages: &[Language]) -> Vec<Upgrade> {
    let row = |&language: &Language| {
        let cell = |version: &Version| {
            Spelling::of(version).map_or_else(|| version.to_string(), |spelling| spelt(language).1(&spelling))
        };
        Upgrade { language, from: from.map(cell), to: cell(to) }
    };
    languages.iter().map(row).collect()
}

/// How the package of a language is called in the table, and how its version is spelt.
fn spelt(language: Language) -> (&'static str, fn(&Spelling) -> String) {
    match language {
        Language::Go => ("Go", |s| s.go.clone()),
        Language::Java => ("Java (Maven)", |s| s.maven.clone()),
        Language::Python => ("Python", |s| s.python.clone()),
        Language::Rust => ("Rust (Cargo)", |s| s.semver.clone()),
    }
}

/// What code in a language has to change: what is certain first, then by what happens, and the elements it happens to.
fn edits<'a>(language: Language, changes: &[&'a ChangeRecord]) -> BTreeMap<(bool, &'a str), Vec<&'a str>> {
    let mut edits: BTreeMap<(bool, &str), Vec<&str>> = BTreeMap::new();
    for change in changes {
        let Some(cell) = change.verdict.cell(Lens::Source(language), Direction::Backward) else { continue };
        let symbols = edits.entry((cell.effect == Effect::Unknown, &cell.reason)).or_default();
        if symbols.last() != Some(&change.symbol.as_str()) {
            symbols.push(&change.symbol);
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::Published;
    use crate::report::sample;

    fn changelog(report: &Report) -> Changelog {
        changelog_in(report, &Language::ALL)
    }

    fn changelog_in(report: &Report, languages: &[Language]) -> Changelog {
        let published = Published { versions: vec![Version::new(1, 4, 0)], unchanged: false };
        let plan = Plan::of(report, &published, None, None).unwrap().unwrap();
        Changelog::of(report, &plan, "2026-11-28", languages)
    }

    fn first() -> Changelog {
        let plan = Plan::of(&Report::default(), &Published::default(), None, None).unwrap().unwrap();
        Changelog::of(&Report::default(), &plan, "2026-11-28", &Language::ALL)
    }

    #[test]
    fn full() {
        insta::assert_snapshot!(changelog(&sample::full()).section);
    }

    #[test]
    fn hostile() {
        let mut report = sample::hostile();
        report.changes[0].verdict.cells[0].lens = Lens::Source(Language::Go);
        let section = changelog(&report).section;
        assert!(!section.contains(|c: char| c != '\n' && crate::text::is_unsafe(c)), "{section:?}");
        insta::assert_snapshot!(section);
        // Nothing of it is a heading, whatever it holds.
        let heads = lines::headings(&section).len();
        assert_eq!(heads, section.lines().filter(|line| line.starts_with('#')).count());
    }

    #[test]
    fn the_first_version_has_nothing_to_compare() {
        assert_eq!(first().section, "## [0.1.0] - 2026-11-28\n\nThe first version.\n");
        let told = first().insert("");
        assert!(told.text.starts_with("# Changelog\n"), "{}", told.text);
        assert!(told.text.ends_with("## [Unreleased]\n\n## [0.1.0] - 2026-11-28\n\nThe first version.\n"));
    }

    #[test]
    fn what_belongs_to_another_change_is_told_with_that_one() {
        let mut report = sample::full();
        let echo = ChangeRecord { echo: true, symbol: "pay.v1.Echo".into(), ..report.changes[1].clone() };
        report.changes.push(echo);
        assert!(!changelog(&report).section.contains("pay.v1.Echo"));
        report.changes.retain(|change| change.echo);
        assert!(changelog(&report).section.contains("pay.v1.Echo"));
    }

    #[test]
    fn what_all_code_of_a_kind_has_to_change_is_said_once() {
        let mut report = sample::full();
        let another = ChangeRecord { symbol: "pay.v1.Charge.other".into(), ..report.changes[1].clone() };
        report.changes.push(another);
        let section = changelog(&report).section;
        let (_, go) = section.split_once("#### Go\n").unwrap();
        let list = "- 2 elements: the accessor has another type\n  - `pay.v1.Charge.amount`\n  - `pay.v1.Charge.other`\n";
        assert!(go.contains(list), "{go}");
    }

    #[test]
    fn a_second_major_version_has_its_own_path_in_go() {
        let section = changelog(&sample::full()).section;
        assert!(section.contains("The path of the Go module ends with `/v2` now."), "{section}");
    }

    #[test]
    fn languages_without_a_package_are_not_told_of() {
        let section = changelog_in(&sample::full(), &[Language::Java, Language::Rust]).section;
        let (_, upgrading) = section.split_once("### Upgrading\n").unwrap();
        assert!(upgrading.contains("| Java (Maven) | `1.4.0` | `2.0.0` |\n| Rust (Cargo) |"), "{upgrading}");
        assert!(upgrading.contains("#### Java\n") && upgrading.contains("#### Rust\n"), "{upgrading}");
        assert!(!upgrading.contains("Go") && !upgrading.contains("Python"), "{upgrading}");
        assert!(!changelog_in(&sample::full(), &[]).section.contains("Upgrading"));
    }
}
