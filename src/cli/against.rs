//! One contract against several earlier states.

use std::io::Read;
use std::sync::Arc;

use super::pipeline::{self, Checked, Job, Seen};
use super::{CliError, Ctx, ErrorKind};
use crate::config::{Baseline, Overrides};
use crate::findings::{Report, fold, newest};
use crate::source::{Baselines, Request, RequestError, Shared, names_versions};
use crate::words::Level;

/// What to do where one of many states cannot be read.
const FEWER: &str = "name the states without it: all that are named have to be read";

/// What is to be compared with.
pub(super) enum Asked {
    /// One state, which was compared with.
    One(Box<Checked>),
    /// States that have to be compared with one by one.
    Several(Several),
}

/// States, and the job that is done with each.
pub(super) struct Several {
    pub(super) job: Box<Job>,
    pub(super) states: Baselines,
}

/// Finds every state that flags or the configuration name. Where it is one, it is compared with.
pub(super) fn asked(job: &Job, ctx: &mut Ctx<'_>) -> Result<Asked, CliError> {
    let named = &job.overrides.against;
    let several = if named.len() > 1 || named.iter().any(|source| names_versions(source)) {
        named.iter().cloned().map(Baseline::plain).collect()
    } else {
        match pipeline::check_one(job, &mut Seen::default(), ctx)? {
            Ok(checked) => return Ok(Asked::One(Box::new(checked))),
            Err(several) => several,
        }
    };
    Several::of(job, ctx, |request, stdin| request.baselines(&several, stdin))
}

/// Compares with every state that flags or the configuration name, and makes one report of it. The level is the lowest that
/// fails.
pub(super) fn check(job: &Job, ctx: &mut Ctx<'_>) -> Result<(Report, Level), CliError> {
    match asked(job, ctx)? {
        Asked::One(checked) => Ok(checked.told()),
        Asked::Several(several) => Ok(several.check(ctx)?.0),
    }
}

/// As [`asked`], of every version that was published where no states are named.
pub(super) fn asked_all(job: &Job, ctx: &mut Ctx<'_>) -> Result<Asked, CliError> {
    Several::of(job, ctx, |request, stdin| request.transitive(stdin))
}

impl Several {
    fn of(
        job: &Job,
        ctx: &mut Ctx<'_>,
        find: impl FnOnce(&Request<'_>, &mut dyn Read) -> Result<Baselines, RequestError>,
    ) -> Result<Asked, CliError> {
        let job = Job { shared: Some(Arc::new(Shared::default())), ..job.clone() };
        let states = pipeline::asked(&job, ctx, find)?;
        Ok(Asked::Several(Several { job: Box::new(job), states }))
    }

    /// Compares with each of them, and makes one report of it. Says also whether all that was looked for could be read.
    pub(super) fn check(&self, ctx: &mut Ctx<'_>) -> Result<((Report, Level), bool), CliError> {
        let Baselines { states, notes } = &self.states;
        let mut seen = Seen::of(states.len());
        let mut checked = Vec::new();
        for state in states {
            let flags = &self.job.overrides;
            let named = flags.deny.is_some() || flags.use_rules.is_some();
            let overrides = Overrides {
                against: vec![state.source.clone()],
                mode: flags.mode.or(state.mode.filter(|_| flags.use_rules.is_none())),
                deny: if named { flags.deny.clone() } else { state.deny.clone() },
                ..flags.clone()
            };
            let shared = self.job.shared.clone().filter(|_| states.len() > 1);
            let job = Job { overrides, shared, ..(*self.job).clone() };
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
        report.notes.extend(seen.warnings.note());
        report.notes.append(&mut memory);
        report.notes.extend_from_slice(notes);
        Ok(((report, fail_on), !seen.lacks()))
    }
}
