//! The programs that time messages, one for each language and version.

use super::{BenchError, Measured, Plan, Skip};
use crate::verify::build::{self, BuildError, Builder};
use crate::verify::driver::{self, Driver};
use crate::verify::process::Program;
use crate::verify::sdk::Unready;
use crate::words::Language;

/// What takes part.
pub(super) struct Programs {
    /// The programs of each language, in the order of the versions.
    pub(super) programs: Vec<(Language, Vec<Program>)>,
    /// Languages that have none.
    pub(super) skips: Vec<Skip>,
    /// What the others are built with.
    pub(super) libraries: Vec<(Language, String)>,
    /// What went well only in part.
    pub(super) notes: Vec<String>,
}

/// Why a language takes no part.
enum Lack {
    Absent(String),
    Failed(BenchError),
}

/// Makes and builds them, one language after the other: some of their tools fill the machine.
///
/// # Errors
///
/// A language that has to take part does not.
pub(super) fn programs(plan: &Plan<'_>, say: &(dyn Fn(&str) + Sync)) -> Result<Programs, BenchError> {
    let mut all =
        Programs { programs: Vec::new(), skips: Vec::new(), libraries: Vec::new(), notes: Vec::new() };
    for language in plan.languages.iter().copied() {
        say(&format!("{}: making the package", language.as_str()));
        match of(plan, language, &mut all.notes, say) {
            Ok((programs, libraries)) => {
                all.programs.push((language, programs));
                all.libraries.push((language, libraries));
            }
            Err(lack) if plan.required.contains(&language) => {
                return Err(match lack {
                    Lack::Absent(reason) => BenchError::Required { language, reason },
                    Lack::Failed(error) => error,
                });
            }
            Err(Lack::Absent(reason)) => all.skips.push(Skip { language, reason, failed: None }),
            Err(Lack::Failed(error)) => {
                let reason = match &error {
                    BenchError::Build(error) => error.told(),
                    other => other.to_string(),
                };
                all.skips.push(Skip { language, reason, failed: Some(error.messages().to_owned()) });
            }
        }
    }
    Ok(all)
}

fn of(
    plan: &Plan<'_>,
    language: Language,
    notes: &mut Vec<String>,
    say: &(dyn Fn(&str) + Sync),
) -> Result<(Vec<Program>, String), Lack> {
    let host = plan.sdk.around.host;
    if let Some(tool) = build::missing_tool(host, language) {
        return Err(Lack::Absent(BuildError::Missing(tool.to_owned()).to_string()));
    }
    let builder = Builder { host, root: plan.programs, offline: plan.offline };
    let built = |drivers: &[Driver]| build::build(builder, language, drivers, say);
    let mut drivers = drivers(plan, language, true)?;
    let programs = match built(&drivers) {
        // The code that builds messages names what generators called things; without it all else can be measured.
        Err(error @ BuildError::Step { .. }) if error.interrupted().is_none() => {
            drivers = self::drivers(plan, language, false)?;
            let programs = built(&drivers).map_err(|_| Lack::Failed(error.into()))?;
            notes.push(format!(
                "{}: the code that builds messages does not compile, so `build` is not timed",
                language.as_str()
            ));
            programs
        }
        Err(BuildError::Missing(tool)) => return Err(Lack::Absent(BuildError::Missing(tool).to_string())),
        done => done.map_err(|error| Lack::Failed(error.into()))?,
    };
    Ok((programs, drivers.last().map(driver::libraries).unwrap_or_default()))
}

/// What is built for each version; with the code that builds messages, or without.
fn drivers(plan: &Plan<'_>, language: Language, builds: bool) -> Result<Vec<Driver>, Lack> {
    let one = |measured: &Measured<'_>| {
        let subjects = measured.subjects.iter().map(|s| driver::Subject { tree: s.tree.clone() });
        let subjects: Vec<driver::Subject> = subjects.filter(|_| builds).collect();
        plan.sdk.measuring(language, measured.side, &subjects)
    };
    let made: Result<Vec<Driver>, Unready> = plan.versions.iter().map(one).collect();
    made.map_err(|unready| match unready {
        Unready::Skip(reason) => Lack::Absent(reason),
        Unready::Failed(error) => Lack::Failed(error.into()),
    })
}
