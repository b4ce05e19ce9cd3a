//! What a contract costs: how long its messages are, and how long each language takes to build, write, read and copy them.
//!
//! [`subject`] says what is measured: one message each with everything in it, or with data of the user's. The programs are
//! those of [`verify`](crate::verify), built as programs in service are; they time and know nothing more, [`measure`] asks
//! them, also for [`calls`], and [`stats`] makes one number and its spread of what they say, the same for all languages. [`advice`] is what can
//! be seen without timing anything. What came out are [`Costs`], told by [`tell`].

pub mod advice;
pub mod calls;
pub mod measure;
mod programs;
pub mod stats;
pub mod subject;
pub mod tell;

use std::path::Path;

use thiserror::Error;

use self::advice::Advice;
use self::calls::CallTiming;
use self::measure::Effort;
use self::stats::Stat;
use self::subject::{Sizes, Subject};
use crate::verify::part::{PartError, Skip};
use crate::verify::sdk::Sdk;
use crate::verify::side::Side;
use crate::words::Language;

/// What is timed, in the order of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Op {
    /// Make the message in memory, with everything in it.
    Build,
    /// Write it as bytes.
    Serialise,
    /// Read it from bytes.
    Parse,
    /// Make another like it.
    Copy,
}

impl Op {
    /// All of them.
    pub const ALL: [Op; 4] = [Op::Build, Op::Serialise, Op::Parse, Op::Copy];

    /// The name in reports and in what programs are asked.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Op::Build => "build",
            Op::Serialise => "serialise",
            Op::Parse => "parse",
            Op::Copy => "copy",
        }
    }

    /// Whether it goes through the bytes of the message, so that bytes per second say something.
    #[must_use]
    pub fn moves_bytes(self) -> bool {
        matches!(self, Op::Serialise | Op::Parse)
    }
}

/// One version that is measured.
#[derive(Debug)]
pub struct Measured<'a> {
    /// The version.
    pub side: &'a Side,
    /// Its messages, in the order of output.
    pub subjects: Vec<Subject>,
}

/// What a run is to do.
#[derive(Debug)]
pub struct Plan<'a> {
    /// How packages are made.
    pub sdk: Sdk<'a>,
    /// The version whose costs are told; before it another one that it is held against, if there is one. Their labels and
    /// version numbers differ.
    pub versions: Vec<Measured<'a>>,
    /// The languages that take part, in the order of output.
    pub languages: Vec<Language>,
    /// Languages of those that must: one whose tools or plugins are missing is an error, not a skip.
    pub required: Vec<Language>,
    /// How much is measured.
    pub effort: Effort,
    /// Whether messages are timed.
    pub messages: bool,
    /// Whether calls are timed.
    pub calls: bool,
    /// Never use the network.
    pub offline: bool,
    /// The folder in which programs are built and kept.
    pub programs: &'a Path,
    /// What is known of the run before it begins.
    pub facts: Facts,
}

/// What a run was. It is a record of what programs did on a day on a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The program that made the report, with its version.
    pub tool: String,
    /// The day, in UTC: `2026-01-31`.
    pub day: String,
    /// The commits of the versions, in their order; `None` for what is no commit.
    pub commits: Vec<Option<String>>,
    /// How many processors the machine has for the run.
    pub processors: usize,
    /// The libraries that programs are built with, as the packages ask for them.
    pub libraries: Vec<(Language, String)>,
}

/// One timing of one language.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// The language.
    pub language: Language,
    /// Which of the versions, by its place.
    pub version: usize,
    /// What was timed.
    pub op: Op,
    /// How long it takes once, in nanoseconds.
    pub time: Stat,
    /// How often it allocates; `None` where the language does not tell.
    pub allocations: Option<f64>,
    /// How many bytes it allocates; `None` where the language does not tell.
    pub allocated: Option<f64>,
}

/// What one message costs.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageCosts {
    /// The full name.
    pub message: String,
    /// What is in it: the name of a sample, or the file that was given.
    pub sample: String,
    /// Its sizes by version; `None` for a version that does not have it.
    pub sizes: Vec<Option<Sizes>>,
    /// Its timings, by language, what is timed, and version.
    pub timings: Vec<Timing>,
}

impl MessageCosts {
    /// The timing of a language, an operation and a version.
    #[must_use]
    pub fn timing(&self, language: Language, op: Op, version: usize) -> Option<&Timing> {
        self.timings.iter().find(|t| (t.language, t.op, t.version) == (language, op, version))
    }
}

/// What came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    /// The contract's name.
    pub contract: String,
    /// The versions as people know them; the last one is the one whose costs are told.
    pub labels: Vec<String>,
    /// What was run.
    pub facts: Facts,
    /// The messages, in the order of the files.
    pub messages: Vec<MessageCosts>,
    /// The calls, by language, version and kind.
    pub calls: Vec<CallTiming>,
    /// What would help.
    pub advice: Vec<Advice>,
    /// Languages that have no figures.
    pub skips: Vec<Skip>,
    /// What went well only in part, in words.
    pub notes: Vec<String>,
    /// Programs that did not do their part.
    pub failures: Vec<String>,
}

/// Why there are no costs.
#[derive(Debug, Error)]
pub enum BenchError {
    /// A language that has to take part cannot, or its programs are not made.
    #[error(transparent)]
    Part(#[from] PartError),
    /// Programs did not do their part: what they were to measure is not known.
    #[error("not everything was measured: {}", .0.join("; "))]
    Unwhole(Vec<String>),
}

impl BenchError {
    /// What a program that failed said itself.
    #[must_use]
    pub fn messages(&self) -> &str {
        match self {
            BenchError::Part(error) => error.messages(),
            BenchError::Unwhole(_) => "",
        }
    }
}

/// Measures. `say` hears of every step.
///
/// # Errors
///
/// As said of [`BenchError`]; a language that takes no part is none, and sizes and advice need no language at all.
pub fn run(plan: &Plan<'_>, say: &(dyn Fn(&str) + Sync)) -> Result<Costs, BenchError> {
    let made = programs::programs(plan, say)?;
    let newest = plan.versions.last();
    let advice = newest.map(|measured| advice::advice(measured.side, &measured.subjects)).unwrap_or_default();
    let mut messages: Vec<MessageCosts> =
        newest.into_iter().flat_map(|m| &m.subjects).map(|s| started(plan, s)).collect();
    let mut notes = made.notes;
    let mut failures: Vec<String> = made
        .skips
        .iter()
        .filter(|skip| skip.failed.is_some())
        .map(|skip| format!("{} takes no part: {}", skip.language.as_str(), skip.reason))
        .collect();
    let mut calls = Vec::new();
    for (language, programs) in &made.programs {
        if plan.calls {
            calls.extend(calls::calls(plan, *language, programs, &mut failures, say));
        }
        for costs in messages.iter_mut().filter(|_| plan.messages) {
            measure::message(plan, *language, programs, costs, &mut notes, &mut failures, say);
        }
    }
    notes.dedup();
    Ok(Costs {
        contract: plan.sdk.name.to_owned(),
        labels: plan.versions.iter().map(|m| m.side.label.clone()).collect(),
        facts: Facts { libraries: made.libraries, ..plan.facts.clone() },
        messages,
        calls,
        advice,
        skips: made.skips,
        notes,
        failures,
    })
}

/// What is known of a message without running anything.
fn started(plan: &Plan<'_>, subject: &Subject) -> MessageCosts {
    let sizes = plan.versions.iter().map(|m| m.subject(&subject.message).map(Subject::sizes)).collect();
    let (message, sample) = (subject.message.clone(), subject.sample.clone());
    MessageCosts { message, sample, sizes, timings: Vec::new() }
}

impl Measured<'_> {
    /// The subject of a message.
    #[must_use]
    pub fn subject(&self, message: &str) -> Option<&Subject> {
        self.subjects.iter().find(|subject| subject.message == message)
    }
}
