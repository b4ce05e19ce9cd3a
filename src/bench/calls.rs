//! How fast calls are: a client and a server of one language and version, on this machine.
//!
//! One method of each kind of call, in plain text and with TLS: first one call after the other, each timed, then several
//! clients at once, all counted. What a service does for an answer is not in it: the server makes it from bytes.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::stats::{self, Stat};
use super::subject::Subject;
use super::{Measured, Plan};
use crate::machine::Scratch;
use crate::schema::Method;
use crate::verify::certs::{CertError, Certs};
use crate::verify::process::{Process, ProcessError, Program};
use crate::words::{CallKind, Language};

/// How many clients call at the same time where calls are counted.
pub const CLIENTS: usize = 8;
/// How many messages a stream has.
pub const MESSAGES: usize = 3;
/// How long calls are timed, and counted after that.
const TIME: Duration = Duration::from_secs(1);
/// How long a server may take to be ready.
const START: Duration = Duration::from_secs(60);
/// How long a client may take for everything.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long calls are made before they are timed: a JVM has to compile both sides.
fn warmup(language: Language) -> Duration {
    match language {
        Language::Java => Duration::from_secs(3),
        Language::Go | Language::Python | Language::Rust => Duration::from_millis(300),
    }
}

/// What calls of one kind, secured in one way, cost.
#[derive(Clone, Debug, PartialEq)]
pub struct CallTiming {
    /// The language of both sides.
    pub language: Language,
    /// Which of the versions, by its place.
    pub version: usize,
    /// The kind of call.
    pub kind: CallKind,
    /// The method that was called: `/shop.v1.Shop/Get`.
    pub method: String,
    /// Whether it was with TLS.
    pub tls: bool,
    /// How long one call takes when there is no other, in nanoseconds.
    pub latency: Stat,
    /// How long the slowest of a hundred takes, in nanoseconds.
    pub slow: f64,
    /// How many calls there are in a second with [`CLIENTS`] clients.
    pub per_second: f64,
}

/// The methods that are called: of each kind the first whose messages the contract has.
fn methods<'a>(measured: &Measured<'a>) -> BTreeMap<CallKind, (String, &'a Method)> {
    let schema = &measured.side.schema;
    let mut all = BTreeMap::new();
    for (path, id) in measured.side.methods() {
        let method = schema.method(id);
        let known = [&method.input, &method.output].map(|name| schema.message_by_name(name).is_some());
        if known == [true, true] {
            all.entry(method.call_kind()).or_insert((path, method));
        }
    }
    all
}

/// What is in a message of a call: what is measured of it, or a sample.
fn bytes(measured: &Measured<'_>, name: &str) -> Vec<u8> {
    let sample = || {
        let id = measured.side.schema.message_by_name(name)?;
        Some(Subject::sample(measured.side, id, 0).bytes)
    };
    match measured.subject(name) {
        Some(subject) => subject.bytes.clone(),
        None => sample().unwrap_or_default(),
    }
}

/// Why calls were not timed.
#[derive(Debug, thiserror::Error)]
enum CallsError {
    #[error("cannot make a private folder")]
    Scratch(#[source] io::Error),
    #[error(transparent)]
    Certs(#[from] CertError),
    #[error(transparent)]
    Process(#[from] ProcessError),
    #[error("{0}")]
    Answer(String),
}

/// Times the calls of one language in all versions; what goes wrong is told in `failures`.
pub(super) fn calls(
    plan: &Plan<'_>,
    language: Language,
    programs: &[Program],
    failures: &mut Vec<String>,
    say: &(dyn Fn(&str) + Sync),
) -> Vec<CallTiming> {
    let mut all = Vec::new();
    for (version, (measured, program)) in plan.versions.iter().zip(programs).enumerate() {
        if let Err(error) = of(plan, (language, version), measured, program, &mut all, say) {
            let label = &measured.side.label;
            failures.push(format!("{}@{label}: calls: {error}", language.as_str()));
        }
    }
    all
}

fn of(
    plan: &Plan<'_>,
    (language, version): (Language, usize),
    measured: &Measured<'_>,
    program: &Program,
    all: &mut Vec<CallTiming>,
    say: &(dyn Fn(&str) + Sync),
) -> Result<(), CallsError> {
    let methods = methods(measured);
    if methods.is_empty() {
        return Ok(());
    }
    let host = plan.sdk.around.host;
    let scratch = Scratch::new("protopact-bench-").map_err(CallsError::Scratch)?;
    let certs = Certs::make(scratch.path())?;
    let samples = scratch.path().join("samples");
    let lines = methods.values().map(|(_, method)| {
        let hex = HEXLOWER.encode(&bytes(measured, &method.output));
        format!("{}\n", json!({"message": method.output, "hex": [hex]}))
    });
    std::fs::write(&samples, lines.collect::<String>()).map_err(CallsError::Scratch)?;
    let settings = json!({
        "samples": samples.display().to_string(), "tls": [Value::Null, certs.server(false)],
    });
    let mut server = Process::start(host, program, &["server".to_owned(), settings.to_string()])?;
    let ready = server.wait_for(START, |line| line["event"] == "ready")?;
    for (kind, (path, method)) in &methods {
        for (way, tls) in [(0, Value::Null), (1, certs.client(false))] {
            let secured = if way == 1 { "TLS" } else { "plain" };
            say(&format!("{}: {} calls, {secured}", language.as_str(), kind.as_str()));
            let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            let asked = json!({
                "id": 1, "op": "load", "address": format!("127.0.0.1:{}", ready["ports"][way]), "tls": tls,
                "method": path, "hex": HEXLOWER.encode(&bytes(measured, &method.input)),
                "warmup": nanoseconds(warmup(language)), "time": nanoseconds(TIME), "clients": CLIENTS,
            });
            let answers = Process::start(host, program, &[])?.ask(&[asked], PATIENCE)?;
            let answer = answers.first().unwrap_or(&Value::Null);
            if answer["ok"] != true {
                let why = answer["error"].as_str().unwrap_or("it said nothing");
                return Err(CallsError::Answer(format!("`{path}`, {secured}: {why}")));
            }
            let (method, tls) = (path.clone(), way == 1);
            all.extend(timing(answer).map(|(latency, slow, per_second)| CallTiming {
                language,
                version,
                kind: *kind,
                method,
                tls,
                latency,
                slow,
                per_second,
            }));
        }
    }
    Ok(())
}

/// What an answer comes to: the latency, that of the slowest of a hundred, and calls in a second.
fn timing(answer: &Value) -> Option<(Stat, f64, f64)> {
    let latencies: Vec<f64> = answer["latencies"].as_array()?.iter().filter_map(Value::as_f64).collect();
    let elapsed = answer["elapsed"].as_f64().filter(|elapsed| *elapsed > 0.0)?;
    let slow = stats::percentile(&latencies, 99)?;
    Some((Stat::of(&latencies)?, slow, answer["calls"].as_f64()? / elapsed * 1e9))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_in_a_second_and_the_slowest_of_a_hundred() {
        let latencies: Vec<u64> = (1..=100).map(|n| n * 1000).collect();
        let answer = json!({"latencies": latencies, "calls": 500, "elapsed": 250_000_000});
        let (latency, slow, per_second) = timing(&answer).unwrap();
        assert_eq!((latency.median, slow, per_second), (50_500.0, 99_000.0, 2000.0));
        assert_eq!(timing(&json!({"latencies": [], "calls": 0, "elapsed": 1})), None);
        assert_eq!(timing(&json!({"latencies": [1], "calls": 0, "elapsed": 0})), None);
    }
}
