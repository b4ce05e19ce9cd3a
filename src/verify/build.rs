//! Drivers built with the languages' own tools, and kept: a program is known by the hash of everything it is made of.
//!
//! What is in the cache below `verify/`: `LANGUAGE/HASH/{sdk,driver}` for each program, with a file `built` once it
//! is whole; `target`, the one target folder of all Rust programs; `python/venv-HASH`, one environment for each set of
//! requirements. What nobody has used for long is [removed](prune) after a build. The tools' own caches (of Go,
//! Maven, pip and cargo) are used as they are.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::driver::Driver;
use super::process::Program;
use super::runtime::{self, Start};
use crate::machine::prune::{self, Kind};
use crate::machine::run::{self, Call};
use crate::machine::{Host, Limits, RunError};
use crate::words::Language;

/// How long one step of a build may take: a first build fetches and compiles whole libraries.
const STEP: Duration = Duration::from_secs(900);

/// The mark of a program.
const PROGRAM: &str = "built";
/// The mark of an environment for Python programs.
pub(super) const ENVIRONMENT: &str = "whole";

/// What the folder of a language holds: the programs of the last four pairs of versions stay whatever their age, and the
/// environments of one protopact and of the one before.
const KEPT: [Kind; 2] = [
    Kind { mark: PROGRAM, keep: 8, ours: is_key },
    Kind { mark: ENVIRONMENT, keep: 2, ours: |name| name.strip_prefix("venv-").is_some_and(is_key) },
];

/// Why there is no program.
#[derive(Debug, Error)]
pub enum BuildError {
    /// A tool is not there. Not a failure: the language is skipped.
    #[error("`{0}` is not there")]
    Missing(String),
    /// A folder of the cache cannot be used.
    #[error("cannot {what} `{}`", path.display())]
    Io {
        /// What was being done.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A tool has something against the program.
    #[error("cannot build the {language} driver: `{step}` failed")]
    Step {
        /// The language.
        language: &'static str,
        /// The command as a person would type it.
        step: String,
        /// What happened.
        #[source]
        source: RunError,
    },
}

impl BuildError {
    /// What the tool itself said.
    #[must_use]
    pub fn messages(&self) -> &str {
        match self {
            // Maven says what is wrong on standard output.
            BuildError::Step { source: RunError::Failed { messages, output, .. }, .. }
                if messages.trim().is_empty() =>
            {
                output
            }
            BuildError::Step { source, .. } => source.messages(),
            _ => "",
        }
    }

    /// It in one line: with the line of what the tool said that names the error, or with why the tool was not at fault.
    #[must_use]
    pub fn told(&self) -> String {
        match self.interrupted() {
            Some(why) => format!("{self}: {why}"),
            None => with_first_error(self, self.messages()),
        }
    }

    /// Why it was not the tool that ended the step: it took too long, or was not to be started.
    #[must_use]
    pub fn interrupted(&self) -> Option<&RunError> {
        match self {
            BuildError::Step { source: RunError::Failed { .. }, .. } => None,
            BuildError::Step { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// An error with the line of what a program said that names it.
pub(super) fn with_first_error(error: &dyn std::fmt::Display, said: &str) -> String {
    let first = first_error(said).map(|line| format!(": {line}")).unwrap_or_default();
    format!("{error}{first}")
}

/// The line of what a tool said that names the error: not a heading, a warning or the summary at the end.
pub(super) fn first_error(said: &str) -> Option<&str> {
    let heading = |line: &&str| line.is_empty() || line.starts_with("# ") || line.ends_with(':');
    let lines = || said.lines().map(str::trim).filter(|line| !heading(line));
    let error = |line: &&str| {
        let line = line.to_ascii_lowercase();
        line.starts_with("error") || line.starts_with("[error]")
    };
    lines().find(error).or_else(|| lines().next())
}

/// Where programs are built.
#[derive(Clone, Copy, Debug)]
pub struct Builder<'a> {
    /// The machine.
    pub host: &'a Host,
    /// The folder `verify` of the cache.
    pub root: &'a Path,
    /// Never fetch anything.
    pub offline: bool,
}

/// The programs that a language needs, in the order in which they are looked for.
#[must_use]
pub fn tools(language: Language) -> &'static [&'static str] {
    runtime::of(language).tools()
}

/// The first tool of a language that is not there.
#[must_use]
pub fn missing_tool(host: &Host, language: Language) -> Option<&'static str> {
    tools(language).iter().copied().find(|tool| host.find(tool).is_none())
}

pub(super) fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BuildError {
    let path = path.to_owned();
    move |source| BuildError::Io { what, path, source }
}

/// The hash of everything a program is made of.
fn key(driver: &Driver) -> String {
    let mut hash = Sha256::new();
    for (path, content) in driver.files.iter() {
        for part in [path.as_bytes(), content] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    HEXLOWER.encode(&hash.finalize())[..20].to_owned()
}

fn is_key(name: &str) -> bool {
    name.len() == 20 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

/// One program on its way.
pub(super) struct Place<'a> {
    /// What it is made of.
    pub driver: &'a Driver,
    /// The hash of that.
    pub key: String,
    /// Its folder in the cache.
    pub folder: PathBuf,
}

impl Place<'_> {
    fn built(&self) -> PathBuf {
        self.folder.join(PROGRAM)
    }

    fn is_built(&self) -> bool {
        self.built().is_file()
    }
}

/// Builds the programs of one language; those that are there already stay as they are. `progress` hears of every step.
///
/// # Errors
///
/// A tool is not there or fails, or the cache cannot be written.
pub fn build(
    builder: Builder<'_>,
    language: Language,
    drivers: &[Driver],
    progress: &dyn Fn(&str),
) -> Result<Vec<Program>, BuildError> {
    if let Some(tool) = missing_tool(builder.host, language) {
        return Err(BuildError::Missing(tool.to_owned()));
    }
    let base = builder.root.join(language.as_str());
    fs::create_dir_all(&base).map_err(failed("make", &base))?;
    // Two runs that build the same thing would write over each other.
    let lock = base.join("lock");
    let held = File::create(&lock).and_then(|file| file.lock().map(|()| file));
    let _held = held.map_err(failed("lock", &lock))?;
    let places: Vec<Place<'_>> = drivers
        .iter()
        .map(|driver| {
            let key = key(driver);
            Place { driver, folder: base.join(&key), key }
        })
        .collect();
    let mut todo: Vec<&Place<'_>> = places.iter().filter(|p| !p.is_built()).collect();
    todo.dedup_by_key(|p| &p.key);
    for place in &todo {
        if place.folder.exists() {
            fs::remove_dir_all(&place.folder).map_err(failed("empty", &place.folder))?;
        }
        for (path, content) in place.driver.files.iter() {
            let path = place.folder.join(path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).map_err(failed("make", folder))?;
            }
            fs::write(&path, content).map_err(failed("write", &path))?;
        }
    }
    let (work, runtime) = (Work { builder, language, base: &base, progress }, runtime::of(language));
    if !todo.is_empty() {
        runtime.build(&work, &todo)?;
    }
    for place in &todo {
        fs::write(place.built(), "").map_err(failed("write", &place.folder))?;
    }
    // They are held before anything is removed.
    let programs = places.iter().map(|place| program(runtime.start(&work, place), place)).collect();
    if !todo.is_empty() {
        prune::prune(&base, &KEPT, SystemTime::now());
    }
    Ok(programs)
}

/// The builds of one language.
pub(super) struct Work<'a> {
    /// The machine and the cache.
    pub builder: Builder<'a>,
    language: Language,
    /// The folder of the language in the cache.
    pub base: &'a Path,
    progress: &'a dyn Fn(&str),
}

impl Work<'_> {
    /// Runs a tool in a folder.
    pub(super) fn step(
        &self,
        tool: &str,
        arguments: &[&str],
        folder: &Path,
        set: &[(&str, OsString)],
    ) -> Result<(), BuildError> {
        let step = [tool].iter().chain(arguments).copied().collect::<Vec<_>>().join(" ");
        (self.progress)(&format!("{}: {step}", self.language.as_str()));
        let program = if tool.contains('/') {
            PathBuf::from(tool)
        } else {
            self.builder.host.find(tool).ok_or_else(|| BuildError::Missing(tool.to_owned()))?
        };
        let call = Call {
            name: tool,
            program: &program,
            arguments: arguments.iter().map(Into::into).collect(),
            folder,
            input: b"",
            set: set.to_vec(),
        };
        let limits = Limits { time: STEP, ..Limits::default() };
        run::run(self.builder.host, &call, limits).map(|_| ()).map_err(|source| BuildError::Step {
            language: self.language.as_str(),
            step,
            source,
        })
    }
}

fn program(start: Start, place: &Place<'_>) -> Program {
    let marks = std::iter::once(place.built()).chain(start.needs);
    let held = marks.filter_map(|mark| prune::hold(&mark)).map(Arc::new).collect();
    let folder = place.folder.join("driver");
    Program { program: start.program, arguments: start.arguments, folder, set: start.set, held }
}
