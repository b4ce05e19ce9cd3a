//! The programs that time messages, one for each language and version.

use super::{Measured, Plan};
use crate::verify::build::{self, BuildError, Builder};
use crate::verify::driver::{self, Driver};
use crate::verify::part::{Lack, PartError, Skip, parts};
use crate::verify::process::Program;
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

/// Makes and builds them.
///
/// # Errors
///
/// A language that has to take part does not.
pub(super) fn programs(plan: &Plan<'_>, say: &(dyn Fn(&str) + Sync)) -> Result<Programs, PartError> {
    let (mut libraries, mut notes) = (Vec::new(), Vec::new());
    let (host, languages) = (plan.sdk.around.host, &plan.languages);
    let (programs, skips) = parts(host, languages, &plan.required, &mut |language| {
        say(&format!("{}: making the package", language.as_str()));
        let (programs, asked) = of(plan, language, &mut notes, say)?;
        libraries.push((language, asked));
        Ok(programs)
    })?;
    Ok(Programs { programs, skips, libraries, notes })
}

fn of(
    plan: &Plan<'_>,
    language: Language,
    notes: &mut Vec<String>,
    say: &(dyn Fn(&str) + Sync),
) -> Result<(Vec<Program>, String), Lack> {
    let builder = Builder { host: plan.sdk.around.host, root: plan.programs, offline: plan.offline };
    let built = |drivers: &[Driver]| build::build(builder, language, drivers, say);
    let mut drivers = drivers(plan, language, true)?;
    let programs = match built(&drivers) {
        // The code that builds messages names what generators called things; without it all else can be measured.
        Err(error @ BuildError::Step { .. }) if error.interrupted().is_none() => {
            drivers = self::drivers(plan, language, false)?;
            let programs = built(&drivers).map_err(|_| Lack::from(error))?;
            notes.push(format!(
                "{}: the code that builds messages does not compile, so `build` is not timed",
                language.as_str()
            ));
            programs
        }
        done => done?,
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
    Ok(plan.versions.iter().map(one).collect::<Result<_, _>>()?)
}
