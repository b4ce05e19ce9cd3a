//! `protopact fix`.

use std::cell::RefCell;

use clap::Args;

use super::args::{OnlyArgs, PolicyArgs};
use super::diff::diff_line;
use super::pipeline::{self, Failure, Job};
use super::{CliError, Ctx, ErrorKind, Exit, files, repairs, waive};
use crate::compile;
use crate::findings::{Finding, Standing};
use crate::fix::{self, Bench, Changed, Repaired, Result as Outcome, unified};
use crate::ledger::Records;
use crate::policy::Policies;
use crate::schema::Schema;
use crate::source::{Content, Opened, Sides};
use crate::text::{Date, Line, Style, View, plural};
use crate::words::Level;

/// Repair what a change breaks, in the .proto files
///
/// Does what findings advise: reserves numbers and names, declares again as deprecated what is gone, gives numbers, types and
/// keys back. Only what has to change in a text does; comments and layout stay. An edit is made when the edited text
/// compiles, the finding is gone and no other one came; all other findings are told with the reason. FINGERPRINT is what the
/// report of `check` shows, or its first eight digits or more; without one everything is repaired that counts. Waived findings
/// are left alone unless they are named.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact fix --against main                      everything that can be repaired
  protopact fix --against main --diff | git apply   the same by way of a patch
  protopact fix 3f9c01ab77e2                        one finding")]
pub(super) struct FixArgs {
    /// The findings to repair
    #[arg(value_name = "FINGERPRINT")]
    findings: Vec<String>,

    /// Print a patch that `git apply` takes, and write nothing
    #[arg(long)]
    diff: bool,

    /// What to compare with; `check.against` in the configuration when it is left out
    #[arg(long, value_name = "SRC", allow_hyphen_values = true)]
    against: Option<String>,

    /// Configuration for the old side: a file, or the text itself
    #[arg(long, value_name = "FILE|TEXT")]
    against_config: Option<String>,

    #[command(flatten)]
    policy: PolicyArgs,

    #[command(flatten)]
    only: OnlyArgs,
}

/// Runs the command.
pub(super) fn exec(args: FixArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let typed = args.findings.iter().map(|typed| waive::fingerprint(typed)).collect::<Result<Vec<_>, _>>()?;
    let job = Job {
        overrides: args.policy.overrides(args.against.iter().cloned().collect(), ctx),
        old_config: args.against_config.clone(),
        path: args.only.path.clone(),
        exclude_path: args.only.exclude_path.clone(),
        ..Job::new(".")
    };
    let (repaired, fail_on) = repair(&job, &typed, ctx)?;
    if args.diff {
        patch(&repaired, ctx)?;
        for (_, line) in told(&repaired).into_iter().filter(|(done, _)| !done) {
            ctx.note(&line)?;
        }
    } else {
        write(&repaired.files, ctx)?;
        tell(&repaired, ctx)?;
    }
    let fails = repaired.left.iter().any(|f| f.standing == Standing::Open && f.level >= fail_on);
    Ok(if fails { Exit::Findings } else { Exit::Clean })
}

/// Opens both sides, and repairs in memory.
fn repair(job: &Job, typed: &[String], ctx: &mut Ctx<'_>) -> Result<(Repaired, Level), CliError> {
    let progress = ctx.progress("reading");
    let sides = pipeline::asked(job, ctx, |request, stdin| request.both(stdin))?;
    let Sides { settings, old, new, notes, origin, moved, affected: _ } = sides;
    for note in &notes {
        ctx.note(note)?;
    }
    let Content::Sources(input) = &new.content else {
        return Err(
            CliError::usage("what is compiled cannot be edited").hint("run it where the .proto files are")
        );
    };
    let options = pipeline::options(&settings);
    progress.say("compiling");
    let (schema, texts) = old_side(&old, &options)?;
    let today = Date::of(ctx.io.now);
    let policies = Policies::of(&settings, [&old.layout, &new.layout], old.name.version(), today)?;
    let records = Records::of(origin.as_ref(), &settings, None, today, None)?;
    let ages = pipeline::ages(&settings)?;
    let bench = Bench {
        old: &schema,
        texts: &texts,
        new: input,
        options: &options,
        policies: &policies,
        background: pipeline::background(&records, &moved, &ages),
    };
    progress.say("repairing");
    let seen = RefCell::new(Vec::new());
    let named = |finding: &Finding| typed.iter().any(|typed| finding.fingerprint.starts_with(&**typed));
    let wanted = |finding: &Finding| {
        seen.borrow_mut().push(finding.clone());
        if typed.is_empty() { finding.standing == Standing::Open } else { named(finding) }
    };
    let repaired = fix::repair(&bench, &wanted).map_err(|error| {
        let failure = match error {
            fix::RepairError::Compile(error) => Failure::Compile(error),
            fix::RepairError::Schema(error) => Failure::Schema(error),
        };
        pipeline::refuse(vec![(new.name.clone(), failure)])
    })?;
    for typed in typed {
        waive::find(typed, &seen.borrow(), &old.name)?;
    }
    Ok((repaired, settings.check.fail_on))
}

/// The old side, and the texts that what is gone is copied from.
fn old_side(old: &Opened, options: &compile::Options) -> Result<(Schema, Vec<(String, String)>), CliError> {
    let refuse = |failure| pipeline::refuse(vec![(old.name.clone(), failure)]);
    let compiled = pipeline::compile_side(&old.content, options).map_err(refuse)?;
    let schema = Schema::build(&compiled).map_err(|e| refuse(Failure::Schema(e)))?;
    let texts = repairs::texts(&old.content, || compiled);
    Ok((schema, texts))
}

/// Writes every file whole, after a look at all of them: what somebody else wrote meanwhile is not lost.
fn write(changed: &[Changed], ctx: &Ctx<'_>) -> Result<(), CliError> {
    for file in changed {
        let there = std::fs::read(ctx.io.cwd.join(&file.display));
        let same = match (&file.before, there) {
            (Some(before), Ok(there)) => there == before.as_bytes(),
            (None, Err(e)) => e.kind() == std::io::ErrorKind::NotFound,
            (Some(_), Err(e)) => return Err(CliError::outside(format!("cannot read `{}`", file.display), e)),
            (None, Ok(_)) => false,
        };
        if !same {
            let message = format!("`{}` is not what it was when the run began", file.display);
            return Err(CliError::new(ErrorKind::Outside, message).hint("run it again; nothing was written"));
        }
    }
    for file in changed {
        let path = ctx.io.cwd.join(&file.display);
        if let Some(folder) = path.parent().filter(|_| file.before.is_none()) {
            std::fs::create_dir_all(folder)
                .map_err(|e| CliError::outside(format!("cannot make the folder of `{}`", file.display), e))?;
        }
        files::write_whole(&path, &file.display, |out| out.write_all(file.after.as_bytes()))?;
    }
    Ok(())
}

/// One line for each finding, and whether it is repaired.
fn told(repaired: &Repaired) -> Vec<(bool, String)> {
    let line = |outcome: &fix::Outcome| {
        let Finding { fingerprint, rule, message, .. } = &outcome.finding;
        let what = format!("{fingerprint} {rule}: {message}");
        match &outcome.result {
            Outcome::Repaired => (true, format!("repaired {what}")),
            Outcome::GoneWithOthers => (true, format!("repaired with others {what}")),
            Outcome::Refused(why) => (false, format!("not repaired {what}: {why}")),
            Outcome::Conflict(with) => {
                let with = crate::text::few(with, ", ");
                (
                    false,
                    format!(
                        "not repaired {what}: it conflicts with the repair of {with}; name the one you want"
                    ),
                )
            }
        }
    };
    repaired.outcomes.iter().map(line).collect()
}

fn tell(repaired: &Repaired, ctx: &mut Ctx<'_>) -> Result<(), CliError> {
    let view = ctx.view();
    let lines = told(repaired);
    for (done, line) in &lines {
        if *done && ctx.global.quiet {
            continue;
        }
        let style = if *done { Style::Plain } else { Style::Warn };
        Line::new().styled(style, line).hang(2).write(&view, &mut ctx.io.out)?;
    }
    if !ctx.global.quiet {
        let done = lines.iter().filter(|(done, _)| *done).count();
        let left = lines.len() - done;
        let rest = if left > 0 { format!(", {left} not") } else { String::new() };
        let written = match &*repaired.files {
            [] => String::new(),
            files => format!(" · wrote {}", plural(files.len(), "file")),
        };
        let line = match lines.len() {
            0 => "nothing to repair".to_owned(),
            _ => format!("{} repaired{rest}{written}", plural(done, "finding")),
        };
        Line::new().plain(line).write(&view, &mut ctx.io.out)?;
    }
    Ok(())
}

fn patch(repaired: &Repaired, ctx: &mut Ctx<'_>) -> Result<(), CliError> {
    let view = ctx.view();
    // As in `diff --text`: what may act on a terminal is escaped for one, and stays as it is for a program.
    let raw = !ctx.io.out_is_terminal && !view.colour;
    for file in &repaired.files {
        let path = file.display.trim_start_matches("./");
        let patch = unified(path, file.before.as_deref(), &file.after);
        if raw {
            ctx.io.out.write_all(patch.as_bytes())?;
        } else {
            for line in patch.lines() {
                diff_line(line).write(&View { width: None, ..view }, &mut ctx.io.out)?;
            }
        }
    }
    Ok(())
}
