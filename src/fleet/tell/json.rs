//! What became of the calls, for programs.

use std::io;

use serde_json::{Map, Value, json};

use super::super::{Caller, Phase, Rollout};
use crate::present::Format;
use crate::text::{View, pretty_json};

/// The version of the form of this JSON.
const SCHEMA_VERSION: u32 = 1;

/// The format.
pub(super) const FORMAT: Format<Rollout> =
    Format { name: "json", help: "One JSON document", hidden: false, write };

fn write(rollout: &Rollout, _view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let skips = rollout
        .skips
        .iter()
        .map(|s| json!({"language": s.language.as_str(), "reason": s.reason, "failed": s.failed.is_some()}));
    let document = json!({
        "schema_version": SCHEMA_VERSION,
        "contract": rollout.contract,
        "versions": rollout.labels,
        "method": rollout.method,
        "instances": rollout.count,
        "known_by": rollout.by,
        "found_by": if rollout.dns.is_some() { "dns" } else { "xds" },
        "dns": rollout.dns,
        "drain_delay_seconds": rollout.drain_delay.as_secs(),
        "well": rollout.is_well(),
        "callers": rollout.callers.iter().map(caller).collect::<Vec<_>>(),
        "skipped_languages": skips.collect::<Vec<_>>(),
    });
    out.write_all(pretty_json(&document)?.as_bytes())?;
    writeln!(out)
}

fn caller(caller: &Caller) -> Value {
    let phases = caller.phases.iter().map(|(event, phase)| (event.as_str().to_owned(), self::phase(phase)));
    json!({
        "language": caller.language.as_str(),
        "calls": caller.calls(),
        "wrong": caller.wrong().map(|event| event.as_str()).collect::<Vec<_>>(),
        "events": phases.collect::<Map<_, _>>(),
    })
}

fn phase(phase: &Phase) -> Value {
    let spread = phase.spread.iter().map(|(number, count)| (number.to_string(), json!(count)));
    json!({
        "answered": phase.answered,
        "lost": phase.lost(),
        "errors": phase.errors,
        "spread": spread.collect::<Map<_, _>>(),
        "noticed_seconds": phase.noticed.map(|time| time.as_secs_f64()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::rollout;
    use super::*;

    #[test]
    fn everything_is_told() {
        let view = View { colour: false, width: None };
        let mut out = Vec::new();
        write(&rollout(), &view, &mut out).unwrap();
        let told: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(told["well"], false);
        let python = &told["callers"][1];
        assert_eq!(python["wrong"], json!(["joins"]));
        assert_eq!(python["events"]["joins"]["noticed_seconds"], Value::Null);
        assert_eq!(python["events"]["killed"]["lost"], 3);
        assert_eq!(told["callers"][0]["wrong"], json!([]));
        assert_eq!(told["callers"][0]["events"]["leaves"]["spread"], json!({"2": 400, "3": 404}));
    }
}
