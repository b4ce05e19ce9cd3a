//! The report for programs: one JSON document, described in docs/report.md and docs/report.schema.json.
//!
//! The document is written piece by piece, one finding and one change a line, so that a large report costs no
//! second copy in memory and `grep` and `diff` work on it.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use super::pieces::{list, value};
use super::{ChangeRecord, Finding, Location, Report};
use crate::findings::{Edit, RegistryAnswer, RegistryCase, Repair, Standing, Waived, WaiverState};
use crate::present::Format;
use crate::schema::options::spaced;
use crate::source::Name;
use crate::text::View;
use crate::verdict::Verdict;
use crate::wire::{Proof, Read, Saw, Shown};
use crate::words::{Direction, Effect, Language, Lens, Level, Stages};

/// Grows when a reader of the last version would misread the next.
const SCHEMA_VERSION: u32 = 1;

/// The format.
pub(super) const FORMAT: Format<Report> = Format {
    name: "json",
    help: "For programs: one document, described by docs/report.schema.json",
    hidden: false,
    write,
};

fn write(report: &Report, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    write!(out, "{{\"schema_version\":{SCHEMA_VERSION},\n\"old\":")?;
    let version = report.old.version().map(ToString::to_string);
    value(out, &Side { label: report.old.to_string(), version: Some(version) })?;
    if !report.baselines.is_empty() {
        list(out, "baselines", report.baselines.iter().map(Baseline::of))?;
    }
    out.write_all(b",\n\"new\":")?;
    value(out, &Side { label: report.new.to_string(), version: None })?;
    out.write_all(b",\n\"summary\":")?;
    value(out, &Summary::of(report))?;
    out.write_all(b",\n\"notes\":")?;
    value(out, &report.notes)?;
    if let Some(answer) = &report.registry {
        out.write_all(b",\n\"registry\":")?;
        value(out, &JsonRegistry::of(report, answer))?;
    }
    list(out, "findings", report.findings.iter().map(|finding| JsonFinding::of(report, finding)))?;
    list(out, "waivers", report.waivers.iter().map(JsonWaiver::of))?;
    list(out, "changes", report.changes.iter().map(JsonChange::of))?;
    out.write_all(b"}\n")
}

#[derive(Serialize)]
struct Side {
    label: String,
    // Only the old side has the key: what the new side will be is what the report is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Option<String>>,
}

/// One of several states that were compared with.
#[derive(Serialize)]
struct Baseline {
    name: String,
    label: String,
    version: Option<String>,
}

impl Baseline {
    fn of(name: &Name) -> Baseline {
        let version = name.version().map(ToString::to_string);
        Baseline { name: name.short(), label: name.to_string(), version }
    }
}

/// What a schema registry makes of it.
#[derive(Serialize)]
struct JsonRegistry<'a> {
    name: &'static str,
    mode: &'static str,
    takes: bool,
    refused: Vec<JsonCase<'a>>,
    unread: Vec<JsonCase<'a>>,
    untried: Vec<JsonCase<'a>>,
}

#[derive(Serialize)]
struct JsonCase<'a> {
    direction: &'static str,
    change: &'a str,
    symbol: &'a str,
    message: &'a str,
    readers: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    breaks: Vec<String>,
}

impl<'a> JsonRegistry<'a> {
    fn of(report: &'a Report, answer: &'a RegistryAnswer) -> JsonRegistry<'a> {
        let case = |case: &'a RegistryCase| JsonCase {
            direction: case.direction.as_str(),
            change: &case.change,
            symbol: &case.symbol,
            message: &case.message,
            readers: case.readers.as_str(),
            breaks: case.against.iter().filter_map(|at| report.baselines.get(*at)).map(Name::short).collect(),
        };
        let all = |cases: &'a [RegistryCase]| cases.iter().map(case).collect();
        JsonRegistry {
            name: answer.registry.as_str(),
            mode: answer.mode.as_str(),
            takes: answer.takes(),
            refused: all(&answer.refused),
            unread: all(&answer.unread),
            untried: all(&answer.untried),
        }
    }
}

#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    notes: usize,
    waived: usize,
    known: usize,
    changes: usize,
    bump: Option<&'static str>,
    next_version: Option<String>,
}

impl Summary {
    fn of(report: &Report) -> Summary {
        let (waived, known) = report.set_aside();
        Summary {
            waived,
            known,
            errors: report.count(Level::Error),
            warnings: report.count(Level::Warn),
            notes: report.count(Level::Note),
            changes: report.changes.len(),
            bump: report.part().map(|b| b.as_str()),
            next_version: report.next_version().map(|v| v.to_string()),
        }
    }
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'static str,
    level: &'static str,
    bump: &'static str,
    change: &'a str,
    symbol: &'a str,
    message: &'a str,
    fingerprint: &'a str,
    standing: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    waived: Option<JsonWaived<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    breaks: Vec<String>,
    old: Option<Place<'a>>,
    new: Option<Place<'a>>,
    verdict: Matrix<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dependency: Option<&'a str>,
    affects: &'a [String],
    #[serde(skip_serializing_if = "is_zero")]
    affects_more: usize,
    fix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edits: Option<Vec<JsonEdit<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    witnesses: Option<Vec<JsonProof<'a>>>,
}

impl<'a> JsonFinding<'a> {
    fn of(report: &'a Report, finding: &'a Finding) -> JsonFinding<'a> {
        let edits = |repair: &'a Repair| repair.edits.iter().map(JsonEdit::of).collect();
        JsonFinding {
            rule: finding.rule,
            level: finding.level.as_str(),
            bump: finding.bump.as_str(),
            change: &finding.change,
            symbol: &finding.symbol,
            message: &finding.message,
            fingerprint: &finding.fingerprint,
            standing: finding.standing.as_str(),
            waived: match &finding.standing {
                Standing::Waived(waived) => Some(JsonWaived::of(waived)),
                _ => None,
            },
            breaks: report.broken(finding).map(Name::short).collect(),
            old: finding.old.as_ref().map(Place::of),
            new: finding.new.as_ref().map(Place::of),
            verdict: Matrix::of(&finding.verdict),
            dependency: finding.dependency.as_deref(),
            affects: &finding.affects.named,
            affects_more: finding.affects.more,
            fix: finding.fix.as_ref().map(ToString::to_string),
            edits: report.repair(finding).map(edits),
            witnesses: finding.proofs.as_ref().map(|all| all.iter().map(JsonProof::of).collect()),
        }
    }
}

/// A part of a text that becomes another: lines and columns from one, columns are characters.
#[derive(Serialize)]
struct JsonEdit<'a> {
    path: &'a str,
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
    text: &'a str,
}

impl<'a> JsonEdit<'a> {
    fn of(edit: &'a Edit) -> JsonEdit<'a> {
        let Edit { path, start, end, text } = edit;
        JsonEdit {
            path,
            start_line: start.0,
            start_column: start.1,
            end_line: end.0,
            end_column: end.1,
            text,
        }
    }
}

/// Who accepted something, and why.
#[derive(Serialize)]
struct JsonWaived<'a> {
    reason: &'a str,
    owner: Option<&'a str>,
    until: Option<&'a str>,
    place: &'a str,
}

impl<'a> JsonWaived<'a> {
    fn of(waived: &'a Waived) -> JsonWaived<'a> {
        let Waived { reason, owner, until, place } = waived;
        JsonWaived { reason, owner: owner.as_deref(), until: until.as_deref(), place }
    }
}

#[derive(Serialize)]
struct JsonWaiver<'a> {
    status: &'static str,
    of: &'a str,
    comment: bool,
    why: &'a str,
    #[serde(flatten)]
    waived: JsonWaived<'a>,
}

impl<'a> JsonWaiver<'a> {
    fn of(state: &'a WaiverState) -> JsonWaiver<'a> {
        let WaiverState { status, of, waived, comment, why } = state;
        JsonWaiver { status: status.as_str(), of, comment: *comment, why, waived: JsonWaived::of(waived) }
    }
}

/// What shows one cell of the verdict, with the keys of its kind.
#[derive(Serialize)]
struct JsonProof<'a> {
    lens: &'static str,
    direction: &'static str,
    effect: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    written_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    json: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reads: Vec<JsonRead<'a>>,
}

#[derive(Serialize)]
struct JsonRead<'a> {
    readers: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    saw: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl<'a> JsonProof<'a> {
    fn of(proof: &'a Proof) -> JsonProof<'a> {
        let status = match (&proof.shown, proof.effect) {
            (None, _) => "unconfirmed",
            // What is not decided is illustrated.
            (Some(_), Effect::Unknown) => "shown",
            (Some(_), _) => "confirmed",
        };
        let empty = JsonProof {
            lens: proof.lens.as_str(),
            direction: proof.direction.as_str(),
            effect: proof.effect.as_str(),
            status,
            version: proof.version.as_deref(),
            written_by: None,
            message: None,
            bytes: None,
            meant: None,
            json: None,
            path: None,
            answer: None,
            reads: Vec::new(),
        };
        let side = |old: bool| Some(if old { "old" } else { "new" });
        let all = |reads: &'a [Read]| reads.iter().map(JsonRead::of).collect();
        match &proof.shown {
            None => empty,
            Some(Shown::Bytes { message, bytes, meant, reads, old_wrote, .. }) => JsonProof {
                written_by: side(*old_wrote),
                message: Some(message),
                bytes: Some(spaced(bytes)),
                meant: Some(meant),
                reads: all(reads),
                ..empty
            },
            Some(Shown::Json { message, json, reads, old_wrote }) => JsonProof {
                written_by: side(*old_wrote),
                message: Some(message),
                json: Some(json),
                reads: all(reads),
                ..empty
            },
            Some(Shown::Call { path, answer }) => {
                JsonProof { path: Some(path), answer: Some(answer), ..empty }
            }
        }
    }
}

impl<'a> JsonRead<'a> {
    fn of(read: &'a Read) -> JsonRead<'a> {
        let (saw, error) = match &read.saw {
            Saw::Value(phrase) => (Some(phrase.as_str()), None),
            Saw::Error(why) => (None, Some(why.as_str())),
        };
        JsonRead { readers: &read.readers, saw, error }
    }
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

#[derive(Serialize)]
struct JsonChange<'a> {
    change: &'a str,
    element: &'static str,
    symbol: &'a str,
    message: &'a str,
    bump: &'static str,
    fingerprint: &'a str,
    old: Option<Place<'a>>,
    new: Option<Place<'a>>,
    verdict: Matrix<'a>,
}

impl<'a> JsonChange<'a> {
    fn of(change: &'a ChangeRecord) -> JsonChange<'a> {
        JsonChange {
            change: &change.change,
            element: change.noun,
            symbol: &change.symbol,
            message: &change.message,
            bump: change.bump.as_str(),
            fingerprint: &change.fingerprint,
            old: change.old.as_ref().map(Place::of),
            new: change.new.as_ref().map(Place::of),
            verdict: Matrix::of(&change.verdict),
        }
    }
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    start_line: Option<u32>,
    start_column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
}

impl<'a> Place<'a> {
    fn of(location: &'a Location) -> Place<'a> {
        let span = location.span;
        Place {
            path: &location.path,
            start_line: span.map(|s| s.start_line),
            start_column: span.map(|s| s.start_column),
            end_line: span.map(|s| s.end_line),
            end_column: span.map(|s| s.end_column),
        }
    }
}

#[derive(Serialize)]
struct Matrix<'a> {
    wire: BothWays<'a>,
    json: BothWays<'a>,
    rpc: BothWays<'a>,
    http: BothWays<'a>,
    validation: BothWays<'a>,
    source: BTreeMap<&'static str, JsonCell<'a>>,
}

#[derive(Serialize)]
struct BothWays<'a> {
    backward: JsonCell<'a>,
    forward: JsonCell<'a>,
}

#[derive(Serialize)]
struct JsonCell<'a> {
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stages: Option<&'static [&'static str]>,
}

impl<'a> Matrix<'a> {
    fn of(verdict: &'a Verdict) -> Matrix<'a> {
        let cell = |lens, direction| JsonCell {
            effect: verdict.effect(lens, direction).as_str(),
            reason: verdict.cell(lens, direction).map(|c| &*c.reason),
            stages: verdict.cell(lens, direction).and_then(|c| c.stages).map(Stages::names),
        };
        let both = |lens| BothWays {
            backward: cell(lens, Direction::Backward),
            forward: cell(lens, Direction::Forward),
        };
        Matrix {
            wire: both(Lens::Wire),
            json: both(Lens::Json),
            rpc: both(Lens::Rpc),
            http: both(Lens::Http),
            validation: both(Lens::Validation),
            source: Language::ALL
                .map(|language| (language.as_str(), cell(Lens::Source(language), Direction::Backward)))
                .into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::text::is_unsafe;

    fn schema() -> serde_json::Value {
        serde_json::from_str(include_str!("../../docs/report.schema.json")).unwrap()
    }

    /// The document for the eye, after the bytes have been held against the schema.
    fn checked(report: &Report) -> serde_json::Value {
        let text = sample::render(&FORMAT, report, None);
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let errors: Vec<_> =
            validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        document
    }

    #[test]
    fn full() {
        checked(&sample::full());
        insta::assert_snapshot!(sample::render(&FORMAT, &sample::full(), None));
    }

    #[test]
    fn several_baselines() {
        let document = checked(&super::super::folded::several());
        assert_eq!(document["baselines"][1]["name"], "v1.1.0");
        assert_eq!(document["findings"][0]["breaks"].as_array().map(Vec::len), Some(3));
    }

    #[test]
    fn empty() {
        checked(&sample::empty());
        insta::assert_snapshot!(sample::render(&FORMAT, &sample::empty(), None));
    }

    #[test]
    fn hostile() {
        let report = sample::hostile();
        let document = checked(&report);
        let text = sample::render(&FORMAT, &report, None);
        assert!(!text.contains(|c: char| c != '\n' && is_unsafe(c)), "{text:?}");
        assert_eq!(document["findings"][0]["message"], report.findings[0].message);
        insta::assert_snapshot!(text);
    }

    #[test]
    fn the_schema_refuses_what_is_not_a_report() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let good = checked(&sample::full());
        for (pointer, bad) in [
            ("/schema_version", serde_json::json!(2)),
            ("/findings/0/level", serde_json::json!("fatal")),
            ("/findings/0/fingerprint", serde_json::json!("xyz")),
            ("/findings/0/verdict/wire/backward", serde_json::json!({"effect": "corrupt"})),
            ("/findings/0/verdict/wire/forward", serde_json::json!({"effect": "ok", "reason": "no"})),
            ("/findings/0/witnesses/0/status", serde_json::json!("guessed")),
            ("/findings/0/witnesses/0/bytes", serde_json::json!("xyz")),
            ("/findings/0/witnesses/1", serde_json::json!({"lens": "wire", "direction": "forward"})),
            ("/changes/0/new", serde_json::json!({"path": "a.proto"})),
            ("/summary", serde_json::json!({})),
        ] {
            let mut document = good.clone();
            *document.pointer_mut(pointer).unwrap() = bad;
            assert!(!validator.is_valid(&document), "{pointer}");
        }
    }
}
