//! Packages built with the languages' own tools, as a service team would.
//!
//! Each package is copied into a scratch folder, so that nothing is left beside what was generated. The tools may
//! fetch what the package depends on; Java is compiled offline when everything is there already.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use thiserror::Error;

use super::{Package, sdk};
use crate::machine::run::{self, Call};
use crate::machine::{Cache, Host, Limits, RunError, Space};
use crate::words::Language;

/// What became of one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every step went through.
    Built,
    /// A tool is not there.
    Skipped {
        /// The program that was looked for.
        missing: String,
    },
    /// A step failed.
    Failed {
        /// The command as a person would type it.
        step: String,
        /// What the tool said, as it said it.
        output: String,
    },
}

/// The result for one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The language.
    pub language: Language,
    /// What was built.
    pub coordinate: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The steps that went through, as a person would type them.
    pub steps: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

/// A scratch folder that cannot be written.
#[derive(Debug, Error)]
#[error("cannot write `{}`", path.display())]
pub struct BuildError {
    /// What was to be written.
    pub path: PathBuf,
    /// Why it could not be.
    #[source]
    pub source: io::Error,
}

/// Variables that would make a tool build something else than the package by itself.
const MISLEADING: [&str; 6] = ["PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "RUSTFLAGS", "GOFLAGS", "GOWORK"];

/// Where and how packages are built.
#[derive(Clone, Copy, Debug)]
pub struct Workshop<'a> {
    /// The machine.
    pub host: &'a Host,
    /// How long one step may take, and how much it may say.
    pub limits: Limits,
    /// What is built for Rust is kept here, when anywhere: most of it is the same for the next package.
    pub cargo_target: Option<&'a Path>,
}

/// Where what cargo builds while packages are tried stays for the next time: with what it builds for the programs of
/// `verify`, for both stand on the same libraries.
#[must_use]
pub fn cargo_target(cache: &Cache) -> PathBuf {
    cache.space(Space::Verify).join("target")
}

/// Hears of every step before it is taken.
pub type Progress<'a> = &'a (dyn Fn(Language, &str) + Sync);

/// Builds packages, some at a time, each in a folder of its own below `scratch`. The results are in their order.
///
/// # Errors
///
/// A folder that cannot be written.
pub fn build_all(
    packages: &[Package],
    scratch: &Path,
    workshop: Workshop<'_>,
    progress: Progress<'_>,
) -> Result<Vec<Build>, BuildError> {
    // Half of what the tools do is waiting for files to come.
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(packages.len());
    let next = AtomicUsize::new(0);
    let done: Vec<OnceLock<Result<Build, BuildError>>> = packages.iter().map(|_| OnceLock::new()).collect();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(package) = packages.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let at =
                        packages.iter().position(|p| std::ptr::eq(p, package)).expect("it is one of them");
                    let folder = scratch.join(format!("{at}-{}", package.language.as_str()));
                    let _ = done[at].set(build(package, &folder, workshop, progress));
                }
            });
        }
    });
    done.into_iter().map(|slot| slot.into_inner().expect("every package was taken")).collect()
}

/// Builds one package in a folder that is empty or absent.
///
/// # Errors
///
/// A folder that cannot be written. What a tool has against the package is in the result.
pub fn build(
    package: &Package,
    scratch: &Path,
    workshop: Workshop<'_>,
    progress: Progress<'_>,
) -> Result<Build, BuildError> {
    let start = Instant::now();
    let root = scratch.join("package");
    for (path, content) in package.files.iter() {
        write(&root.join(path), content)?;
    }
    let mut host = workshop.host.clone();
    host.env.retain(|name, _| !MISLEADING.iter().any(|m| name == *m));
    let mut run =
        Run { language: package.language, root, scratch, host, workshop, steps: Vec::new(), progress };
    let outcome = sdk::of(package.language).try_out(&mut run, package);
    let outcome = match outcome {
        Ok(()) => Outcome::Built,
        Err(Stop::Outcome(outcome)) => outcome,
        Err(Stop::Scratch(error)) => return Err(error),
    };
    Ok(Build {
        language: package.language,
        coordinate: package.coordinate.clone(),
        outcome,
        steps: run.steps,
        took: start.elapsed(),
    })
}

pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), BuildError> {
    let failed = |source| BuildError { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, content).map_err(failed)
}

/// Why a package is not tried any further.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The outcome is known.
    Outcome(Outcome),
    /// A folder cannot be written.
    Scratch(BuildError),
}

impl From<BuildError> for Stop {
    fn from(error: BuildError) -> Stop {
        Stop::Scratch(error)
    }
}

/// A package that is being tried.
pub(crate) struct Run<'a> {
    language: Language,
    /// Where it is.
    pub root: PathBuf,
    /// A folder around it.
    pub scratch: &'a Path,
    host: Host,
    workshop: Workshop<'a>,
    steps: Vec<String>,
    progress: Progress<'a>,
}

impl Run<'_> {
    /// A step that has to go through, and what it printed.
    pub(crate) fn step(&mut self, program: &str, arguments: &[&str]) -> Result<String, Stop> {
        self.try_step(program, arguments)?.map_err(Stop::Outcome)
    }

    /// Holds what was built against what was made: a tool that leaves a file out ends well. `step` is where that is seen.
    pub(crate) fn hold(
        &mut self,
        step: &str,
        made: impl IntoIterator<Item = String>,
        built: &BTreeSet<String>,
    ) -> Result<(), Stop> {
        let left: Vec<String> = made.into_iter().filter(|one| !built.contains(one)).collect();
        if left.is_empty() {
            return Ok(());
        }
        let mut output = format!("{} of what was made is not in what was built:", left.len());
        for one in left.iter().take(20) {
            let _ = write!(output, "\n{one}");
        }
        if left.len() > 20 {
            let _ = write!(output, "\nand {} more", left.len() - 20);
        }
        Err(Stop::Outcome(Outcome::Failed { step: step.to_owned(), output }))
    }

    /// Holds the contents of an archive that was built against the paths that have to be in it.
    pub(crate) fn hold_archive(
        &mut self,
        archive: &Path,
        made: impl IntoIterator<Item = String>,
    ) -> Result<(), Stop> {
        let failed = |source| BuildError { path: archive.to_owned(), source };
        let name = archive.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let step = format!("what is in {name}");
        let file = match std::fs::File::open(archive) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let output = format!("the build ended well and there is no {name}");
                return Err(Stop::Outcome(Outcome::Failed { step, output }));
            }
            Err(e) => return Err(failed(e).into()),
        };
        let archive = zip::ZipArchive::new(file).map_err(|e| failed(io::Error::other(e)))?;
        let names = archive.file_names().map(|name| Ok(name?.into_owned()));
        let built = names.collect::<Result<BTreeSet<String>, zip::result::ZipError>>();
        let built = built.map_err(|e| failed(io::Error::other(e)))?;
        self.hold(&step, made, &built)
    }

    /// A step that may fail; a program that is not there may not.
    pub(crate) fn try_step(
        &mut self,
        program: &str,
        arguments: &[&str],
    ) -> Result<Result<String, Outcome>, Stop> {
        let shown = |text: &str| text.replace(&format!("{}/", self.scratch.display()), "");
        let step = [program].iter().chain(arguments).map(|a| shown(a)).collect::<Vec<_>>().join(" ");
        (self.progress)(self.language, &step);
        let missing = || Stop::Outcome(Outcome::Skipped { missing: program.to_owned() });
        let found = self.host.find(program).ok_or_else(missing)?;
        let target = self.workshop.cargo_target.map_or_else(|| self.scratch.join("target"), Path::to_owned);
        let call = Call {
            name: program,
            program: &found,
            arguments: arguments.iter().map(Into::into).collect(),
            folder: &self.root,
            input: &[],
            // Programs that look for a project around them find the package and nothing else.
            set: vec![
                ("GOWORK", "off".into()),
                ("GOFLAGS", "-mod=mod".into()),
                ("CARGO_TARGET_DIR", target.into()),
            ],
        };
        let output = match run::run(&self.host, &call, self.workshop.limits) {
            Ok(done) => {
                self.steps.push(step);
                return Ok(Ok(String::from_utf8_lossy(&done.output).into_owned()));
            }
            Err(RunError::Failed { messages, output, .. }) if messages != output => output + &messages,
            Err(error) if error.messages().trim().is_empty() => error.to_string(),
            Err(error @ (RunError::TimedOut { .. } | RunError::TooMuch { .. })) => {
                format!("{}\n{error}", error.messages().trim_end())
            }
            Err(error) => error.messages().to_owned(),
        };
        Ok(Err(Outcome::Failed { step, output: output.trim_end().to_owned() }))
    }
}

/// The results as a table for people, one line a package, and under it what failed.
pub fn table(results: &[Build]) -> String {
    let width = results.iter().map(|r| r.coordinate.len()).max().unwrap_or_default();
    let mut out = String::new();
    for result in results {
        let word = match &result.outcome {
            Outcome::Built => "built".to_owned(),
            Outcome::Skipped { missing } => format!("skipped: `{missing}` is not there"),
            Outcome::Failed { step, .. } => format!("failed: {step}"),
        };
        let seconds = result.took.as_secs_f64();
        let _ = writeln!(
            out,
            "{:<6}  {:<width$}  {seconds:>6.1} s  {word}",
            result.language.as_str(),
            crate::text::escape(&result.coordinate)
        );
    }
    for result in results {
        if let Outcome::Failed { step, output } = &result.outcome {
            let _ = write!(out, "\n{}: {step}\n", result.language.as_str());
            for line in output.lines() {
                let _ = writeln!(out, "    {}", crate::text::escape(line));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_failed() {
        let result = |language, outcome| Build {
            language,
            coordinate: "x".to_owned(),
            outcome,
            steps: Vec::new(),
            took: Duration::from_millis(1500),
        };
        let text = table(&[
            result(Language::Go, Outcome::Built),
            result(Language::Java, Outcome::Skipped { missing: "mvn".to_owned() }),
            result(
                Language::Rust,
                Outcome::Failed { step: "cargo check".to_owned(), output: "no\u{1b}[31m".to_owned() },
            ),
        ]);
        assert!(text.contains("go      x     1.5 s  built\n"), "{text}");
        assert!(text.contains("skipped: `mvn` is not there"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
