//! One run over two versions: packages, programs, samples, calls, and the matrix that comes of them.

use std::collections::BTreeMap;
use std::path::Path;

use thiserror::Error;

use super::Version;
use super::build::{self, BuildError, Builder};
use super::bytes::{self, Failures, Stage};
use super::calls::{self, CallsError};
use super::driver::{Driver, libraries};
use super::facts::Facts;
use super::idle::Idle;
use super::matrix::{CellId, Equal, Matrix, Peer, Skip, Subject, kind};
use super::part::{Lack, PartError};
use super::predict::Predictions;
use super::process::Program;
use super::reach::Reach;
use super::sdk::Sdk;
use super::side::Side;
use super::together::together;
use crate::wire::sample::SampleOptions;
use crate::wire::{Reader, runtimes};
use crate::words::{Age, Language, Lens, Pinned};

/// Which cells are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This one alone.
    Cell(CellId),
    /// All of a part, or of both.
    All {
        /// What programs write and read, in bytes and in JSON.
        bytes: bool,
        /// What they call.
        calls: Option<Ways>,
    },
}

/// How calls are secured and compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ways {
    /// Between versions only, plain as they are and with mutual TLS and gzip.
    Compact,
    /// Everybody calls everybody, in every way.
    Full,
}

/// What is tried of what no change reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of it.
    Everything,
    /// Its messages are written and read, and of its methods one of each kind of call is called.
    Messages,
    /// One message of each package, and one method of each kind of call.
    Controls,
}

/// What a run is to do.
#[derive(Debug)]
pub struct Plan<'a> {
    /// How packages are made.
    pub sdk: Sdk<'a>,
    /// The two versions, old first. Their labels and version numbers differ.
    pub sides: &'a [Side; 2],
    /// The versions as typed, for commands that repeat a cell.
    pub typed: [String; 2],
    /// Options as they were given that decide what a cell is, for the same commands.
    pub options: Vec<String>,
    /// The languages that take part, in the order of output.
    pub languages: Vec<Language>,
    /// Other releases of their runtimes that write and read messages as well.
    pub runtimes: Vec<Pinned>,
    /// Languages of those that must: one whose tools or plugins are missing is an error, not a skip.
    pub required: Vec<Language>,
    /// Which cells.
    pub wanted: Wanted,
    /// Which samples are written.
    pub samples: SampleOptions,
    /// What is tried of what no change reaches.
    pub scope: Scope,
    /// How many programs read and write at the same time; clients call all at once.
    pub jobs: usize,
    /// Never use the network.
    pub offline: bool,
    /// The folder in which programs are built and kept.
    pub programs: &'a Path,
    /// What is known of the run before it begins.
    pub facts: Facts,
}

/// Why there is no matrix.
#[derive(Debug, Error)]
pub enum VerifyError {
    /// A language that has to take part cannot, or its programs are not made.
    #[error(transparent)]
    Part(#[from] PartError),
    /// No language is left.
    #[error("no language could take part: {0}")]
    Nobody(String),
    /// No threads.
    #[error("cannot start threads")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// Calls cannot be tried at all.
    #[error(transparent)]
    Calls(#[from] CallsError),
    /// Programs did not do their part: what they were to try is not known.
    #[error("the matrix is not whole: {}", .0.join("; "))]
    Unwhole(Vec<String>),
    /// The cell that was asked for has nothing in it.
    #[error("there is no cell `{0}`")]
    NoCell(String),
}

impl VerifyError {
    /// What a program that failed said itself.
    #[must_use]
    pub fn messages(&self) -> &str {
        match self {
            VerifyError::Part(error) => error.messages(),
            _ => "",
        }
    }
}

/// Lets the two versions talk to each other. `say` hears of every step.
///
/// # Errors
///
/// As said of [`VerifyError`]. What differs is no error: it is in the matrix.
pub fn run(plan: &Plan<'_>, say: &(dyn Fn(&str) + Sync)) -> Result<Matrix, VerifyError> {
    let [old, new] = plan.sides;
    let labels = [old.label.as_str(), new.label.as_str()];
    let host = plan.sdk.around.host;
    let Programs { programs, skips, libraries } = programs(plan, say)?;
    let ages: Vec<Reader> = plan.runtimes.iter().filter_map(|p| runtimes::reader(*p).ok()).collect();
    let predictions = Predictions::reading(old, new, &ages);
    let reach = match plan.scope {
        Scope::Everything => Reach::default(),
        Scope::Messages => Reach::new(old, new),
        Scope::Controls => Reach::short(old, new),
    };
    let stage = Stage {
        host,
        sides: [old, new],
        programs,
        predictions: &predictions,
        samples: plan.samples,
        failures: Failures::default(),
        reach,
        idle: Idle::default(),
    };
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(plan.jobs).build().map_err(VerifyError::Threads)?;
    let (only, bytes, calls) = match plan.wanted {
        Wanted::Cell(id) if matches!(id.subject, Subject::Call(..)) => (Some(id), false, Some(Ways::Full)),
        Wanted::Cell(id) => (Some(id), true, None),
        Wanted::All { bytes, calls } => (None, bytes, calls),
    };
    let mut cells = Vec::new();
    if bytes {
        cells.extend(pool.install(|| bytes::run(&stage, only, say)));
    }
    if let Some(ways) = calls {
        cells.extend(calls::run(&stage, only, ways == Ways::Compact, say)?);
    }
    cells.sort_by_key(|c| c.id);
    if let (Some(id), true) = (only, cells.is_empty()) {
        return Err(VerifyError::NoCell(id.name(labels)));
    }
    let broken = skips.iter().filter(|s| s.failed.is_some());
    let mut failures: Vec<String> =
        broken.map(|s| format!("{} takes no part: {}", kind(s.language, s.age), s.reason)).collect();
    failures.extend(stage.failures.told(labels));
    let lenses = if only.is_some() { Vec::new() } else { shown(&cells) };
    Ok(Matrix {
        contract: plan.sdk.name.to_owned(),
        labels: labels.map(str::to_owned),
        typed: plan.typed.clone(),
        options: plan.options.clone(),
        skips,
        equal: Equal {
            methods: if calls.is_some() { stage.reach.methods() } else { 0 },
            messages: if bytes { stage.reach.messages() } else { 0 },
        },
        failures,
        unseen: predictions.unseen(&lenses),
        cells,
        facts: Facts { libraries, ..plan.facts.clone() },
    })
}

/// What the cells can show; one cell, or one part, does not show what the rest would.
fn shown(cells: &[super::matrix::Cell]) -> Vec<Lens> {
    let has = |wanted: fn(&Subject) -> bool| cells.iter().any(|c| wanted(&c.id.subject));
    let lenses = [
        (has(|s| *s == Subject::Bytes), Lens::Wire),
        (has(|s| *s == Subject::Json), Lens::Json),
        (has(|s| matches!(s, Subject::Call(..))), Lens::Rpc),
    ];
    lenses.into_iter().filter(|(tried, _)| *tried).map(|(_, lens)| lens).collect()
}

/// What takes part.
struct Programs {
    programs: BTreeMap<Peer, Program>,
    /// Languages that have none.
    skips: Vec<Skip>,
    /// What the others are built with.
    libraries: Vec<(Language, String)>,
}

/// The programs of all languages that have some, and those that have none.
///
/// # Errors
///
/// A language that has to take part does not, or nobody does: then it is what went wrong first.
fn programs(plan: &Plan<'_>, say: &(dyn Fn(&str) + Sync)) -> Result<Programs, VerifyError> {
    let host = plan.sdk.around.host;
    let mut lacks: Vec<(Kind, Lack)> = Vec::new();
    let mut drivers: Vec<(Kind, Vec<Driver>)> = Vec::new();
    say("generating packages");
    let newest = plan.languages.iter().map(|language| (*language, None));
    let others = plan.runtimes.iter().map(|pinned| (pinned.language, Some(pinned.age)));
    // Plugins start up more than they compute.
    let made = together(newest.chain(others), |(language, age)| {
        let made = match (build::missing_tool(host, language), age) {
            (Some(tool), _) => Err(Lack::from(BuildError::Missing(tool.to_owned()))),
            (None, Some(age)) => Sdk::aged(Pinned { language, age }, plan.sides).map_err(Lack::from),
            (None, None) => plan.sdk.drivers(language, plan.sides).map_err(Lack::from),
        };
        ((language, age), made)
    });
    for ((language, age), made) in made {
        match made {
            Ok(made) => drivers.push(((language, age), made)),
            Err(lack) => lacks.push(((language, age), lack)),
        }
        must(plan, &mut lacks)?;
    }
    let builder = Builder { host, root: plan.programs, offline: plan.offline };
    let mut programs = BTreeMap::new();
    for ((language, age), result) in built(builder, &drivers, say) {
        match result {
            Ok(made) => {
                for (version, program) in Version::BOTH.into_iter().zip(made) {
                    programs.insert(Peer { language, age, version }, program);
                }
            }
            Err(error) => lacks.push(((language, age), error.into())),
        }
    }
    must(plan, &mut lacks)?;
    lacks.sort_by_key(|(kind, _)| *kind);
    let failed = lacks.iter().position(|(_, lack)| matches!(lack, Lack::Failed(_)));
    match failed {
        Some(first) if programs.is_empty() => {
            let ((language, _), lack) = lacks.swap_remove(first);
            return Err(lack.error(language).into());
        }
        _ => {}
    }
    let skips: Vec<Skip> = lacks.into_iter().map(|(kind, lack)| skip(kind, lack)).collect();
    if programs.is_empty() {
        let reasons = skips.iter().map(|s| format!("{}: {}", kind(s.language, s.age), s.reason));
        return Err(VerifyError::Nobody(reasons.collect::<Vec<_>>().join("; ")));
    }
    let newest = drivers.iter().filter(|((language, age), _)| {
        age.is_none() && programs.keys().any(|peer| peer.language == *language && peer.age.is_none())
    });
    let libraries = newest.filter_map(|((language, _), made)| Some((*language, libraries(made.last()?))));
    let libraries = libraries.collect();
    Ok(Programs { programs, skips, libraries })
}

/// A language with a release.
type Kind = (Language, Option<Age>);

/// A language that has to take part and does not is an error.
fn must(plan: &Plan<'_>, lacks: &mut Vec<(Kind, Lack)>) -> Result<(), VerifyError> {
    match lacks.iter().position(|((language, _), _)| plan.required.contains(language)) {
        Some(at) => {
            let ((language, _), lack) = lacks.swap_remove(at);
            Err(lack.error(language).into())
        }
        None => Ok(()),
    }
}

/// A language that takes no part.
fn skip((language, age): Kind, lack: Lack) -> Skip {
    let (reason, failed) = lack.told();
    Skip { language, age, reason, failed }
}

type Built = Vec<(Kind, Result<Vec<Program>, BuildError>)>;

/// Builds all languages at the same time: each mostly waits for one thing or another.
fn built(builder: Builder<'_>, drivers: &[(Kind, Vec<Driver>)], say: &(dyn Fn(&str) + Sync)) -> Built {
    together(drivers, |(kind, drivers)| (*kind, build::build(builder, kind.0, drivers, say)))
}

#[cfg(test)]
mod tests {
    use super::super::build::first_error;
    use super::*;
    use crate::machine::RunError;

    #[test]
    fn a_tool_that_takes_too_long_is_told_as_such() {
        let step = |source| BuildError::Step { language: "rust", step: "cargo build -q".to_owned(), source };
        let limit = std::time::Duration::from_secs(900);
        let messages = "warning: unused\n".to_owned();
        let late = step(RunError::TimedOut { name: "cargo".to_owned(), limit, messages });
        let skip = skip((Language::Rust, None), late.into());
        let why = "cannot build the rust driver: `cargo build -q` failed: `cargo` did not finish within 900 seconds and was ended";
        assert_eq!(skip.reason, why);
    }

    #[test]
    fn of_what_a_tool_says_the_error_is_told() {
        for (said, expected) in [
            ("", None),
            ("# x/driver\n./main.go:3:2: undefined: y\n", Some("./main.go:3:2: undefined: y")),
            (
                "warning: unused error\nerror[E0433]: no `x`\n --> src/main.rs:1:2\nerror: could not compile\n",
                Some("error[E0433]: no `x`"),
            ),
            (
                "[ERROR] COMPILATION ERROR : \n[INFO] ---\n[ERROR] /x/A.java:[1,2] no symbol\n[ERROR] Failed\n",
                Some("[ERROR] /x/A.java:[1,2] no symbol"),
            ),
            ("\nERROR: no version of x\n", Some("ERROR: no version of x")),
        ] {
            assert_eq!(first_error(said), expected, "{said}");
        }
    }
}
