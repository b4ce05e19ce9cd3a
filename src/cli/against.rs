//! One contract against several earlier states.

use super::pipeline::{self, Job, Seen};
use super::{CliError, Ctx, ErrorKind};
use crate::config::Overrides;
use crate::findings::{Report, fold, newest};
use crate::words::Level;

/// What to do where one of many states cannot be read.
const FEWER: &str = "name the states without it: all that are named have to be read";

/// Compares with every state that is named, or that the configuration names, and makes one report of it. The level is the lowest
/// that fails.
pub(super) fn check(job: &Job, given: &[String], ctx: &mut Ctx<'_>) -> Result<(Report, Level), CliError> {
    if given.is_empty() {
        return pipeline::check(job, ctx);
    }
    let states = pipeline::asked(job, ctx, |request, stdin| request.baselines(given, stdin))?;
    let mut seen = Seen::of(states.typed.len());
    let mut checked = Vec::new();
    for typed in &states.typed {
        let overrides = Overrides { against: Some(typed.clone()), ..job.overrides.clone() };
        let one = pipeline::check_with(&Job { overrides, ..job.clone() }, &mut seen, ctx);
        checked.push(one.map_err(|error| match error.kind {
            ErrorKind::Sources if states.typed.len() > 1 => error.hint(FEWER),
            _ => error,
        })?);
    }
    let fail_on = checked[0].fail_on;
    let newest = newest(checked.iter().map(|one| &one.report.old)).expect("a name names a state");
    let mut memory = std::mem::take(&mut checked[newest].memory);
    let mut report = fold(checked.into_iter().map(|one| one.report).collect());
    report.notes.append(&mut memory);
    report.notes.extend(states.notes);
    Ok((report, fail_on))
}
