//! Asks programs how long they take.
//!
//! A program warms up, finds out how often something has to be done for a batch to be long enough, and says how long each
//! batch took. Each message has programs of its own, and as many starts as the language's harness has: what a JVM learnt of
//! one message, or where things lie in memory this time, is part of the spread and not of the result.

use std::time::Duration;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use serde_json::{Value, json};

use super::stats::Stat;
use super::subject::Subject;
use super::{MessageCosts, Op, Plan, Timing};
use crate::verify::process::{Process, ProcessError, Program};
use crate::wire::{Reader, decode};
use crate::words::Language;

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// How often a program is started for each message; as often as usual for the language where nothing is said.
    pub runs: Option<usize>,
    /// How many batches are timed after each start.
    pub batches: usize,
    /// How long a batch takes.
    pub batch: Duration,
}

impl Default for Effort {
    fn default() -> Effort {
        Effort { runs: None, batches: 10, batch: Duration::from_millis(20) }
    }
}

/// How many processes the harness of a language starts for one benchmark, and how long one is let run first: the JVM has
/// to compile what is timed (JMH forks for it), CPython lays out memory and hashes otherwise each time (pyperf does), and
/// `testing.B` and criterion stay in one process.
fn usual(language: Language) -> (usize, Duration) {
    match language {
        Language::Go => (1, Duration::from_millis(100)),
        Language::Java => (3, Duration::from_millis(1000)),
        Language::Python => (3, Duration::from_millis(50)),
        Language::Rust => (1, Duration::from_millis(100)),
    }
}

/// How long a program may take to start and to do everything beside what it was asked to take.
const START: Duration = Duration::from_secs(90);

/// Times one message in one language, in all versions that have it; what comes out is added to its costs. The versions
/// take turns, so that what changes on the machine meets both.
pub(super) fn message(
    plan: &Plan<'_>,
    language: Language,
    programs: &[Program],
    costs: &mut MessageCosts,
    notes: &mut Vec<String>,
    failures: &mut Vec<String>,
    say: &(dyn Fn(&str) + Sync),
) {
    let (usual_runs, warmup) = usual(language);
    let runs = plan.effort.runs.unwrap_or(usual_runs).max(1);
    let mut collected: Vec<Collected> = plan.versions.iter().map(|_| Collected::default()).collect();
    for run in 0..runs {
        for (version, (measured, program)) in plan.versions.iter().zip(programs).enumerate() {
            let Some(subject) = measured.subject(&costs.message) else { continue };
            say(&format!("{}: {} ({}/{runs})", language.as_str(), costs.message, run + 1));
            let asked = request(subject, plan.effort, warmup);
            let answer = Process::start(plan.sdk.around.host, program, &[])
                .and_then(|mut process| process.ask(&[asked], patience(plan.effort, warmup)));
            let whom = || format!("{}@{}: `{}`", language.as_str(), measured.side.label, costs.message);
            match answer.map(|answers| answers.into_iter().next().unwrap_or_default()) {
                Ok(answer) if answer["ok"] == true => {
                    if let Some(wrong) = collected[version].take(&answer, subject, &measured.side.schema) {
                        notes.push(format!("{}: {wrong}", whom()));
                    }
                }
                Ok(answer) => {
                    let why = answer["error"].as_str().unwrap_or("it said nothing").to_owned();
                    failures.push(format!("{}: {why}", whom()));
                    return;
                }
                Err(error) => {
                    failures.push(format!("{}: {}", whom(), told(&error)));
                    return;
                }
            }
        }
    }
    for op in Op::ALL {
        for (version, collected) in collected.iter().enumerate() {
            costs.timings.extend(collected.timing(language, version, op));
        }
    }
}

fn told(error: &ProcessError) -> String {
    match error {
        ProcessError::Start { source, .. } => format!("{error}: {source}"),
        _ => error.to_string(),
    }
}

fn request(subject: &Subject, effort: Effort, warmup: Duration) -> Value {
    let ops = Op::ALL.map(Op::as_str);
    let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    json!({
        "id": 1, "op": "bench", "message": subject.message, "hex": HEXLOWER.encode(&subject.bytes), "ops": ops,
        "warmup": nanoseconds(warmup), "batch": nanoseconds(effort.batch), "batches": effort.batches,
    })
}

/// What is asked for, and as much again for a machine that does other things, for each operation.
fn patience(effort: Effort, warmup: Duration) -> Duration {
    let batches = u32::try_from(effort.batches).unwrap_or(u32::MAX).saturating_add(4);
    let each =
        warmup.saturating_mul(2).saturating_add(effort.batch.saturating_mul(2).saturating_mul(batches));
    START.saturating_add(each.saturating_mul(8))
}

/// What the starts of one program said.
#[derive(Debug, Default)]
struct Collected {
    /// For each operation: nanoseconds for one, batch by batch, and what one allocates.
    ops: [(Vec<f64>, Option<f64>, Option<f64>); Op::ALL.len()],
}

impl Collected {
    /// Takes an answer; says what is wrong with the message that the program built, if something is.
    fn take(&mut self, answer: &Value, subject: &Subject, schema: &crate::schema::Schema) -> Option<String> {
        let built = answer["built"].as_str();
        let bytes = built.map(|text| HEXLOWER_PERMISSIVE.decode(text.as_bytes()).unwrap_or_default());
        // The order of fields and of a map's entries is the runtime's own.
        let same = bytes.as_ref().is_none_or(|bytes| {
            decode(schema, subject.tree.message, bytes, Reader::SPEC).is_ok_and(|tree| tree == subject.tree)
        });
        for (op, (times, allocations, allocated)) in Op::ALL.into_iter().zip(&mut self.ops) {
            let timing = &answer["timings"][op.as_str()];
            if op == Op::Build && !same {
                continue;
            }
            let often = timing["times"].as_f64().filter(|often| *often > 0.0);
            if let (Some(often), Some(batches)) = (often, timing["ns"].as_array()) {
                times.extend(batches.iter().filter_map(Value::as_f64).map(|took| took / often));
            }
            *allocations = timing["allocations"].as_f64().or(*allocations);
            *allocated = timing["bytes"].as_f64().or(*allocated);
        }
        match (built, same) {
            (None, _) => Some("there is no code that builds it, so `build` is not timed".to_owned()),
            (_, false) => {
                Some("the code that builds it makes another message, so `build` is not timed".to_owned())
            }
            _ => None,
        }
    }

    fn timing(&self, language: Language, version: usize, op: Op) -> Option<Timing> {
        let at = Op::ALL.iter().position(|other| *other == op)?;
        let (times, allocations, allocated) = &self.ops[at];
        let time = Stat::of(times)?;
        Some(Timing { language, version, op, time, allocations: *allocations, allocated: *allocated })
    }
}
