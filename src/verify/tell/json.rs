//! The matrix for programs.

use std::io;

use serde_json::{Map, Value, json};

use super::super::fold::{self, Package, Went};
use super::super::matrix::{Cell, Matrix, State, kind};
use crate::present::Format;
use crate::text::{View, pretty_json};

/// The version of the form of this JSON.
const SCHEMA_VERSION: u32 = 1;

fn cell(matrix: &Matrix, cell: &Cell) -> Value {
    let labels = matrix.labels();
    let mut out = json!({
        "cell": cell.id.name(labels),
        "from": cell.id.from.name(labels),
        "to": cell.id.to.name(labels),
        "subject": cell.id.subject.to_string(),
        "cases": cell.cases,
    });
    let Value::Object(map) = &mut out else { return out };
    let state = match &cell.state {
        State::Green => "green",
        State::Empty => "empty",
        State::Noted(what) => {
            map.insert("note".to_owned(), json!(what));
            "noted"
        }
        State::Skipped(reason) => {
            map.insert("reason".to_owned(), json!(reason));
            "skipped"
        }
        State::Red(red) => {
            map.insert(
                "difference".to_owned(),
                json!({"case": red.case, "what": red.what, "cases": red.count}),
            );
            let all =
                red.all.iter().map(|b| json!({"case": b.case, "what": b.what, "predicted": b.predicted}));
            map.insert("differences".to_owned(), all.collect());
            map.insert("predicted".to_owned(), json!(red.predicted));
            map.insert("repeat".to_owned(), json!(matrix.repeat(&cell.id)));
            "red"
        }
    };
    let noted: Vec<&str> =
        cell.packages.iter().filter(|(_, s)| s.noted > 0).map(|(name, _)| name.as_str()).collect();
    if !noted.is_empty() {
        map.insert("noted".to_owned(), json!(noted));
    }
    map.insert("state".to_owned(), json!(state));
    out
}

fn package(matrix: &Matrix, package: &Package<'_>) -> Value {
    let went = |w: &Went| json!({"cells": w.cells, "red": w.red, "cases": w.cases});
    let causes = package.causes.iter().map(|cause| {
        let labels = matrix.labels();
        let first = json!({"cell": cause.cell.name(labels), "case": cause.case, "what": cause.what});
        json!({
            "part": cause.part.as_str(),
            "place": cause.place,
            "predicted": cause.foretold.as_ref().map(|f| &f.change),
            "effect": cause.foretold.as_ref().map(|f| f.effect.as_str()),
            "cases": cause.cases,
            "first": first,
            "cells": cause.cells.iter().map(|c| c.name(labels)).collect::<Vec<_>>(),
            "repeat": matrix.repeat(&cause.cell),
        })
    });
    json!({
        "package": package.name,
        "total": went(&package.total()),
        "noted": package.noted,
        "parts": package.went.iter().map(|(word, w)| ((*word).to_owned(), went(w))).collect::<Map<_, _>>(),
        "causes": causes.collect::<Vec<_>>(),
    })
}

/// The format.
pub(super) const FORMAT: Format<Matrix> =
    Format { name: "json", help: "One JSON document", hidden: false, write };

/// Writes one JSON document.
fn write(matrix: &Matrix, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let (counts, facts) = (matrix.counts(), &matrix.facts);
    let skips = matrix.skips.iter().map(
        |s| json!({"language": kind(s.language, s.age), "reason": s.reason, "failed": s.failed.is_some()}),
    );
    let unseen = matrix.unseen.iter().map(|u| json!({"change": u.change, "verdict": u.verdict}));
    let document = json!({
        "schema_version": SCHEMA_VERSION,
        "run": {
            "tool": facts.tool, "day": facts.day, "tried": facts.tried, "commits": facts.commits,
            "libraries": facts.libraries.iter().map(|(l, asked)| (l.as_str().to_owned(), json!(asked))).collect::<Map<_, _>>(),
        },
        "contract": matrix.contract,
        "old": matrix.labels[0],
        "new": matrix.labels[1],
        "counts": {
            "green": counts.green, "noted": counts.noted, "red_predicted": counts.predicted,
            "red_unpredicted": counts.surprising, "skipped": counts.skipped, "cases": counts.cases,
        },
        "skipped_languages": skips.collect::<Vec<_>>(),
        "methods_equal": matrix.equal.methods,
        "messages_equal": matrix.equal.messages,
        "failures": matrix.failures,
        "unseen_predictions": unseen.collect::<Vec<_>>(),
        "packages": fold::packages(matrix).iter().map(|p| package(matrix, p)).collect::<Vec<_>>(),
        "cells": matrix.cells.iter().map(|c| cell(matrix, c)).collect::<Vec<_>>(),
    });
    out.write_all(pretty_json(&document)?.as_bytes())?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn every_cell_is_there_with_its_state() {
        let mut out = Vec::new();
        write(&sample::matrix(), &View { colour: false, width: None }, &mut out).unwrap();
        let read: Value = serde_json::from_slice(&out).unwrap();
        let states: Vec<String> = read["cells"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| format!("{} {}", c["cell"].as_str().unwrap(), c["state"].as_str().unwrap()))
            .collect();
        insta::assert_snapshot!(states.join("\n"));
        let causes = read["packages"][0]["causes"].as_array().unwrap();
        let causes: Vec<_> = causes.iter().map(|c| (&c["part"], &c["predicted"], &c["cells"])).collect();
        insta::assert_snapshot!(format!("{causes:#?}"));
        assert_eq!(read["counts"]["red_unpredicted"], 2);
        assert_eq!(read["counts"]["red_predicted"], 1);
        assert_eq!(read["skipped_languages"][0]["language"], "java");
        let red = read["cells"].as_array().unwrap().iter().find(|c| c["predicted"].is_string()).unwrap();
        assert_eq!(
            red["repeat"],
            "protopact verify --from v1.0.0 --to 'it'\\''s v2' --cell python@v1.0.0:go@v2.0.0:bytes"
        );
    }
}
