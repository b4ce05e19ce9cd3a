//! One contract against several earlier states.

use std::sync::Arc;

use super::pipeline::{self, Job, Seen};
use super::{CliError, Ctx, ErrorKind};
use crate::config::Overrides;
use crate::findings::{Report, fold, newest};
use crate::source::Baselines;
use crate::words::Level;

/// What to do where one of many states cannot be read.
const FEWER: &str = "name the states without it: all that are named have to be read";

/// Compares with every state that flags or the configuration name, and makes one report of it. The level is the lowest that
/// fails.
pub(super) fn check(job: &Job, ctx: &mut Ctx<'_>) -> Result<(Report, Level), CliError> {
    match pipeline::check_one(job, &mut Seen::default(), ctx)? {
        Ok(checked) => Ok(checked.told()),
        Err(several) => {
            let states = pipeline::asked(job, ctx, |request, stdin| request.baselines(&several, stdin))?;
            each(job, states, ctx)
        }
    }
}

/// The same with every version that was published, where no states are named.
pub(super) fn check_all(job: &Job, ctx: &mut Ctx<'_>) -> Result<(Report, Level), CliError> {
    let states = pipeline::asked(job, ctx, |request, stdin| request.transitive(stdin))?;
    each(job, states, ctx)
}

fn each(job: &Job, states: Baselines, ctx: &mut Ctx<'_>) -> Result<(Report, Level), CliError> {
    let Baselines { states, notes } = states;
    let mut seen = Seen::of(states.len());
    let shared = (states.len() > 1).then(Arc::default);
    let mut checked = Vec::new();
    for state in &states {
        let flags = &job.overrides;
        let named = flags.deny.is_some() || flags.use_rules.is_some();
        let overrides = Overrides {
            against: vec![state.source.clone()],
            mode: flags.mode.or(state.mode.filter(|_| flags.use_rules.is_none())),
            deny: if named { flags.deny.clone() } else { state.deny.clone() },
            ..flags.clone()
        };
        let job = Job { overrides, shared: shared.clone(), ..job.clone() };
        let one = pipeline::check_one(&job, &mut seen, ctx);
        let one = one.map_err(|error| match error.kind {
            ErrorKind::Sources if states.len() > 1 => error.hint(FEWER),
            _ => error,
        })?;
        checked.push(one.map_err(pipeline::several)?);
    }
    let fail_on = checked.first().map_or(Level::Error, |one| one.fail_on);
    let newest = newest(checked.iter().map(|one| &one.report.old));
    let mut memory = newest.map(|n| std::mem::take(&mut checked[n].memory)).unwrap_or_default();
    let mut report = fold(checked.into_iter().map(|one| one.report).collect());
    report.notes.append(&mut memory);
    report.notes.extend(notes);
    Ok((report, fail_on))
}
