//! One contract against several earlier states.

use std::io::Read;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::io::Io;
use super::pipeline::{self, Checked, Job};
use super::seen::Seen;
use super::warnings::Counted;
use super::{CliError, Ctx, ErrorKind};
use crate::config::{Baseline, Overrides};
use crate::findings::{Report, fold, newest};
use crate::source::{Baselines, Request, RequestError, Shared, Side, SourceSpec, names_versions};
use crate::text::plural;
use crate::words::Level;

/// What to do where one of many states cannot be read.
const FEWER: &str = "name the states without it: all that are named have to be read";

/// The stack of a thread: that of the first one of a program, in bytes.
const STACK: usize = 8 << 20;

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
        // What the first one leaves serves all others.
        let first = if self.is_beside(ctx) { 1 } else { states.len() };
        for index in 0..first.min(states.len()) {
            checked.push(self.one(index, &mut seen, ctx)?);
        }
        checked.extend(self.others(checked.len(), &mut seen, ctx)?);
        let fail_on = checked.first().map_or(Level::Error, |one| one.fail_on);
        let newest = newest(checked.iter().map(|one| &one.report.old));
        let mut memory = newest.map(|n| std::mem::take(&mut checked[n].memory)).unwrap_or_default();
        let mut warnings = Counted::default();
        for one in &mut checked {
            warnings.append(std::mem::take(&mut one.warnings));
        }
        let mut report = fold(checked.into_iter().map(|one| one.report).collect());
        report.notes.extend(warnings.note());
        report.notes.append(&mut memory);
        report.notes.extend_from_slice(notes);
        Ok(((report, fail_on), !seen.lacks()))
    }

    /// Whether states can be compared with side by side: what is shown or read on the way has an order.
    fn is_beside(&self, ctx: &Ctx<'_>) -> bool {
        let is_stdin = |state: &Baseline| {
            SourceSpec::parse(&state.source, &ctx.io.cwd, Side::Old).is_ok_and(|source| source.is_stdin())
        };
        let ordered = ctx.global.warnings || ctx.global.fetch || self.job.new_since.is_some();
        !ordered && !self.states.states.iter().any(is_stdin)
    }

    /// Compares with one of them.
    fn one(&self, index: usize, seen: &mut Seen, ctx: &mut Ctx<'_>) -> Result<Checked, CliError> {
        let (states, state) = (&self.states.states, &self.states.states[index]);
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
        let one = pipeline::check_one(&job, seen, ctx);
        let one = one.map_err(|error| match error.kind {
            ErrorKind::Sources if states.len() > 1 => error.hint(FEWER),
            _ => error,
        })?;
        one.map_err(pipeline::several)
    }

    /// Compares with all from one on, as many at the same time as there are processors. What comes of them is in their
    /// order, and so is what is wrong: each is begun before those that follow, and whatever was begun is ended.
    fn others(&self, from: usize, seen: &mut Seen, ctx: &mut Ctx<'_>) -> Result<Vec<Checked>, CliError> {
        let count = self.states.states.len().saturating_sub(from);
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(count);
        let progress = ctx.progress(&format!("comparing with {}", plural(count + from, "state")));
        let (next, failed, known) = (AtomicUsize::new(from), AtomicBool::new(false), &*seen);
        let (io, global) = (&*ctx.io, &ctx.global);
        let work = |mut io: Io| {
            let (mut seen, mut made) = (known.beside(), Vec::new());
            let mut ctx = Ctx { io: &mut io, global: global.clone() };
            while !failed.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= from + count {
                    break;
                }
                let one = self.one(index, &mut seen, &mut ctx);
                failed.fetch_or(one.is_err(), Ordering::Relaxed);
                made.push((index, one));
            }
            (made, seen.lacks)
        };
        let made = std::thread::scope(|scope| {
            let threads: Vec<_> = (1..threads)
                .filter_map(|_| {
                    let (io, work) = (io.beside(), &work);
                    let thread = std::thread::Builder::new().stack_size(STACK);
                    // Where there is no thread to be had, the others do it.
                    thread.spawn_scoped(scope, move || work(io)).ok()
                })
                .collect();
            let own = work(io.beside());
            let others = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|p| resume_unwind(p)));
            [own].into_iter().chain(others).collect::<Vec<_>>()
        });
        drop(progress);
        seen.lacks |= made.iter().any(|(_, lacks)| *lacks);
        let mut made: Vec<_> = made.into_iter().flat_map(|(made, _)| made).collect();
        made.sort_by_key(|(index, _)| *index);
        made.into_iter().map(|(_, one)| one).collect()
    }
}
