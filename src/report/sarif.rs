//! SARIF 2.1.0 (OASIS Standard, 27 March 2020), as GitHub's code scanning reads it: one run, the rules that found
//! something with their help, and a result for each finding with both places.
//!
//! Written result by result, so that a large report costs no second copy in memory.

use std::collections::BTreeMap;
use std::io;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::columns::columns;
use super::pieces::{list, value};
use super::{Finding, Location, Report, claims, registry};
use crate::findings::{Repair, Standing, Waived};
use crate::present::Format;
use crate::rules::{self, Lookup, Rule};
use crate::text::{View, escape, plural};
use crate::words::Level;

/// The most results of a run that code scanning takes ("SARIF support for code scanning", limits for files).
const MAX_RESULTS: usize = 25_000;

/// What a path may hold besides letters and digits (RFC 3986, section 3.3).
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The format.
pub(super) const FORMAT: Format<Report> =
    Format { name: "sarif", help: "For code scanning: SARIF 2.1.0", hidden: false, write };

fn write(report: &Report, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let shown = &report.findings[..report.findings.len().min(MAX_RESULTS)];
    let mut index: BTreeMap<&str, usize> = shown.iter().map(|f| (f.rule, 0)).collect();
    index.values_mut().enumerate().for_each(|(n, place)| *place = n);
    out.write_all(
        b"{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\n",
    )?;
    out.write_all(b"\"runs\":[{\"tool\":{\"driver\":{\"name\":\"protopact\",\"semanticVersion\":")?;
    value(out, &env!("CARGO_PKG_VERSION"))?;
    list(out, "rules", index.keys().filter_map(|id| rule(id)))?;
    out.write_all(b"}},\n\"columnKind\":\"unicodeCodePoints\",\n\"invocations\":[")?;
    value(out, &invocation(report))?;
    out.write_all(b"]")?;
    list(out, "results", shown.iter().map(|finding| result(report, finding, index[finding.rule])))?;
    out.write_all(b"}]}\n")
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Note => "note",
    }
}

/// What stands between the run and its results: notes, and what was left out.
fn invocation(report: &Report) -> Value {
    let sentences = registry::sentences(report);
    let told = sentences.iter().chain(&report.notes);
    let mut notes: Vec<Value> =
        told.map(|note| json!({"level": "note", "message": {"text": escape(note)}})).collect();
    if report.findings.len() > MAX_RESULTS {
        let more = plural(report.findings.len() - MAX_RESULTS, "more finding");
        let text = format!("{more}: a run holds no more than {MAX_RESULTS} results");
        notes.push(json!({"level": "warning", "message": {"text": text}}));
    }
    json!({"executionSuccessful": true, "toolExecutionNotifications": notes})
}

fn rule(id: &str) -> Option<Value> {
    let Some(Lookup::Rule(rule)) = rules::find(id) else { return None };
    let Rule { docs, .. } = rule;
    let mut tags: Vec<&str> = rule.categories.names().collect();
    tags.push("compatibility");
    let help = format!("{}\n\n{}\n\n{}", docs.flags, docs.breaks, docs.fix);
    Some(json!({
        "id": rule.id,
        "shortDescription": {"text": docs.flags},
        "fullDescription": {"text": docs.breaks},
        "help": {"text": help, "markdown": rules::page(rule)},
        "defaultConfiguration": {"level": level(rule.level)},
        "properties": {"tags": tags, "bump": rule.bump.as_str()},
    }))
}

fn result(report: &Report, finding: &Finding, index: usize) -> Value {
    let mut text = escape(&finding.message).into_owned();
    for (label, sentence) in claims::lines(report, finding) {
        text.push_str(&format!("\n{label}: {}", escape(&sentence)));
    }
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        out.insert(key.to_owned(), value);
    };
    put("ruleId", json!(finding.rule));
    put("ruleIndex", json!(index));
    put("level", json!(level(finding.level)));
    // A bracket in it would begin a link (section 3.11.6).
    put("message", json!({"text": text.replace('[', "\\[").replace(']', "\\]")}));
    let old = finding.old.as_ref();
    // code scanning shows nothing without a place: what is gone with its file is where it was.
    if let Some(location) = finding.new.as_ref().or(old) {
        let region = finding.new.is_some().then(|| region(report, location)).flatten();
        let mut place = place(location, region);
        place["logicalLocations"] =
            json!([{"fullyQualifiedName": escape(&finding.symbol), "kind": "element"}]);
        put("locations", json!([place]));
    }
    if let Some(location) = old {
        let mut place = place(location, plain_region(location));
        place["id"] = json!(1);
        place["message"] = json!({"text": escape(&format!("as it was: {}", report.old_of(finding)))});
        put("relatedLocations", json!([place]));
    }
    if let Some(repair) = report.repair(finding) {
        put("fixes", json!([fix(finding, repair)]));
    }
    put("partialFingerprints", json!({"protopactChange/v1": finding.fingerprint}));
    match &finding.standing {
        Standing::Open => {}
        Standing::Known => put("baselineState", json!("unchanged")),
        Standing::Waived(Waived { reason, place, .. }) => {
            let in_source = place.rsplit_once(':').is_some_and(|(path, _)| path.ends_with(".proto"));
            let kind = if in_source { "inSource" } else { "external" };
            let suppression = json!({"kind": kind, "status": "accepted", "justification": escape(reason)});
            put("suppressions", json!([suppression]));
        }
    }
    let cells = finding.verdict.cells.iter().map(|cell| {
        json!({"lens": cell.lens.as_str(), "direction": cell.direction.as_str(), "effect": cell.effect.as_str()})
    });
    let cells: Vec<Value> = cells.collect();
    let mut properties = json!({"change": finding.change, "bump": finding.bump.as_str(), "verdict": cells});
    if !report.baselines.is_empty() {
        properties["breaks"] =
            report.broken(finding).map(|name| escape(&name.short()).into_owned()).collect();
    }
    put("properties", properties);
    Value::Object(out)
}

/// The edits of a repair, file by file (section 3.55).
fn fix(finding: &Finding, repair: &Repair) -> Value {
    let changes = repair.edits.chunk_by(|a, b| a.path == b.path).map(|edits| {
        let replacements = edits.iter().map(|edit| {
            let ((start_line, start_column), (end_line, end_column)) = (edit.start, edit.end);
            json!({
                "deletedRegion": {
                    "startLine": start_line, "startColumn": start_column,
                    "endLine": end_line, "endColumn": end_column,
                },
                "insertedContent": {"text": edit.text},
            })
        });
        let uri = utf8_percent_encode(&edits[0].path, PATH).to_string();
        json!({
            "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"},
            "replacements": replacements.collect::<Vec<_>>(),
        })
    });
    let text = finding.fix.as_ref().map_or("as it was".to_owned(), ToString::to_string);
    json!({"description": {"text": escape(&text)}, "artifactChanges": changes.collect::<Vec<_>>()})
}

fn place(location: &Location, region: Option<Value>) -> Value {
    let path = location.path.trim_start_matches("./");
    let uri = utf8_percent_encode(path, PATH).to_string();
    let mut physical = json!({"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}});
    if let Some(region) = region {
        physical["region"] = region;
    }
    json!({"physicalLocation": physical})
}

/// A place in the new sources, in characters.
fn region(report: &Report, location: &Location) -> Option<Value> {
    location.span?;
    let at = columns(report, location, 1);
    Some(json!({
        "startLine": at.start_line, "startColumn": at.start_column,
        "endLine": at.end_line, "endColumn": at.end_column,
    }))
}

/// A place in the old sources: its lines, as nobody looks at the text for tabs.
fn plain_region(location: &Location) -> Option<Value> {
    location.span.map(|s| json!({"startLine": s.start_line, "endLine": s.end_line}))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn read(report: &Report) -> Value {
        serde_json::from_str(&sample::render(&FORMAT, report, None)).unwrap()
    }

    #[test]
    fn full() {
        let text = sample::render(&FORMAT, &sample::full(), None);
        let value = read(&sample::full());
        let rules = value["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        for result in value["runs"][0]["results"].as_array().unwrap() {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(rules[index]["id"], result["ruleId"]);
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn empty() {
        assert_eq!(read(&sample::empty())["runs"][0]["results"], json!([]));
    }

    #[test]
    fn hostile() {
        let text = sample::render(&FORMAT, &sample::hostile(), None);
        assert!(!text.contains(|c: char| c != '\n' && crate::text::is_unsafe(c)), "{text:?}");
        let value: Value = serde_json::from_str(&text).unwrap();
        let place = &value["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        let allowed = |c: char| c.is_ascii_alphanumeric() || "/-._~%".contains(c);
        assert!(uri.chars().all(allowed), "{uri}");
        // Nothing in the message is a link.
        let message = value["runs"][0]["results"][0]["message"]["text"].as_str().unwrap();
        assert!(!message.replace("\\[", "").contains('['), "{message}");
    }

    #[test]
    fn no_more_than_code_scanning_takes() {
        let mut report = sample::full();
        let one = report.findings[0].clone();
        report.findings = vec![one; MAX_RESULTS + 1];
        let value = read(&report);
        assert_eq!(value["runs"][0]["results"].as_array().unwrap().len(), MAX_RESULTS);
        let notes = value["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
        assert!(notes.last().unwrap()["message"]["text"].as_str().unwrap().starts_with("1 more finding"));
    }
}
