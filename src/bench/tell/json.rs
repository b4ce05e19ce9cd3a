//! What a contract costs, for programs.

use std::io;

use serde_json::{Map, Value, json};

use super::super::calls::{CLIENTS, CallTiming};
use super::super::stats::{Stat, megabytes_per_second};
use super::super::subject::Sizes;
use super::super::{Costs, MessageCosts, Timing};
use crate::present::Format;
use crate::text::{View, pretty_json};

/// The version of the form of this JSON.
const SCHEMA_VERSION: u32 = 1;

/// The format.
pub(super) const FORMAT: Format<Costs> =
    Format { name: "json", help: "One JSON document", hidden: false, write };

fn write(costs: &Costs, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let facts = &costs.facts;
    let libraries = facts.libraries.iter().map(|(l, asked)| (l.as_str().to_owned(), json!(asked)));
    let skips = costs
        .skips
        .iter()
        .map(|s| json!({"language": s.language.as_str(), "reason": s.reason, "failed": s.failed.is_some()}));
    let advice = costs.advice.iter().map(|a| {
        json!({
            "code": a.code.as_str(), "symbol": a.symbol, "place": a.place, "what": a.what, "fix": a.code.fix(),
            "saves": a.saves, "message": a.message,
        })
    });
    let document = json!({
        "schema_version": SCHEMA_VERSION,
        "run": {
            "tool": facts.tool, "day": facts.day, "commits": facts.commits, "processors": facts.processors,
            "libraries": libraries.collect::<Map<_, _>>(),
        },
        "contract": costs.contract,
        "versions": costs.labels,
        "messages": costs.messages.iter().map(|m| message(costs, m)).collect::<Vec<_>>(),
        "calls": costs.calls.iter().map(|c| call(costs, c)).collect::<Vec<_>>(),
        "advice": advice.collect::<Vec<_>>(),
        "notes": costs.notes,
        "failures": costs.failures,
        "skipped_languages": skips.collect::<Vec<_>>(),
    });
    out.write_all(pretty_json(&document)?.as_bytes())?;
    writeln!(out)
}

fn message(costs: &Costs, message: &MessageCosts) -> Value {
    let labels = costs.labels.iter();
    let sizes = labels
        .zip(&message.sizes)
        .map(|(label, sizes)| (label.clone(), sizes.map_or(Value::Null, self::sizes)));
    let timings = message.timings.iter().map(|timing| self::timing(costs, message, timing));
    json!({
        "message": message.message,
        "sample": message.sample,
        "bytes": sizes.collect::<Map<_, _>>(),
        "timings": timings.collect::<Vec<_>>(),
    })
}

fn sizes(sizes: Sizes) -> Value {
    json!({"wire": sizes.wire, "wire_gzip": sizes.wire_gzip, "json": sizes.json, "json_gzip": sizes.json_gzip})
}

fn timing(costs: &Costs, message: &MessageCosts, timing: &Timing) -> Value {
    let Stat { median, deviation, least, count } = timing.time;
    let wire = message.sizes.get(timing.version).copied().flatten().map_or(0, |sizes| sizes.wire);
    let rate = timing.op.moves_bytes().then(|| rounded(megabytes_per_second(wire, median)));
    let earlier = timing.version.checked_sub(1).and_then(|at| message.timing(timing.language, timing.op, at));
    let change = earlier.and_then(|earlier| timing.time.change(&earlier.time)).map(rounded);
    json!({
        "language": timing.language.as_str(),
        "version": costs.labels.get(timing.version),
        "op": timing.op.as_str(),
        "ns": rounded(median),
        "deviation_ns": rounded(deviation),
        "least_ns": rounded(least),
        "measurements": count,
        "mb_per_s": rate,
        "allocations": timing.allocations.map(rounded),
        "allocated_bytes": timing.allocated.map(rounded),
        "change_percent": change,
    })
}

fn call(costs: &Costs, call: &CallTiming) -> Value {
    json!({
        "language": call.language.as_str(),
        "version": costs.labels.get(call.version),
        "kind": call.kind.as_str(),
        "method": call.method,
        "tls": call.tls,
        "latency_ns": rounded(call.latency.median),
        "deviation_ns": rounded(call.latency.deviation),
        "p99_ns": rounded(call.slow),
        "timed": call.latency.count,
        "per_second": rounded(call.per_second),
        "clients": CLIENTS,
    })
}

/// Two digits behind the point: no measurement is better than that.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_change_is_told_where_there_is_one() {
        let mut out = Vec::new();
        write(&sample::costs(), &View { colour: false, width: None }, &mut out).unwrap();
        let read: Value = serde_json::from_slice(&out).unwrap();
        let timings = read["messages"][0]["timings"].as_array().unwrap();
        assert_eq!(timings.len(), 16);
        for timing in timings {
            let changed = timing["version"] == "worktree" && timing["op"] == "parse";
            assert_eq!(timing["change_percent"] == 40.0, changed, "{timing:#}");
            let moves = timing["op"] == "parse" || timing["op"] == "serialise";
            assert_eq!(timing["mb_per_s"].is_number(), moves, "{timing:#}");
        }
        assert_eq!(read["messages"][0]["bytes"]["v1.0.0"]["wire"], 100);
        assert_eq!(read["skipped_languages"][0]["language"], "java");
    }
}
