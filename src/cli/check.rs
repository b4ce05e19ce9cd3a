//! `protopact check`.

use std::path::PathBuf;

use clap::Args;

use super::against::{Asked, Several};
use super::answers::Memo;
use super::args::{OnlyArgs, PolicyArgs};
use super::pipeline::Job;
use super::{CliError, Ctx, Exit, against, files, history};
use crate::config::Overrides;
use crate::findings::{Report, WaiverStatus};
use crate::present::{Choice, Target};
use crate::report::{OfCheck, SourceIssue, write_source_issues};
use crate::source::Answer;
use crate::text::View;
use crate::words::{Bump, Level, Mode, Registry};

/// Check what a change breaks, against an earlier state of the contract
///
/// Compiles the contract as it is and as it was, and reports every change that somebody notices: what changed,
/// where, who breaks and why, and what to do instead.
///
/// SRC and INPUT name a folder, a git revision (`v1.2.0`, `origin/main`, `HEAD~1`), `merge-base:REV`, `latest`
/// (the highest version among the tags), `ci` (what a pipeline's environment names), each with an optional `:SUBDIR`, another repository
/// (`PATH#ref=REV,subdir=DIR`), or a compiled descriptor set (`contract.binpb`).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact check --against main                      against a branch
  protopact check --against merge-base:origin/main    only what this branch did
  protopact check --against ci --fetch                in a pipeline, what this change did
  protopact check --against HEAD --staged             in a pre-commit hook
  protopact check --against latest                    against the last version
  protopact check v2.0.0 --against v1.4.0             two versions
  protopact check --against 'tag:v1.*'                every version 1, and which of them break
  protopact check --against latest --new-since main   what main has broken already does not fail
  protopact check --against main --use FILE           by buf's category FILE
  protopact check --against main --deny wire          encoded data only
  protopact check --against main --mode backward      new readers, old data and calls
  protopact check --mode backward-transitive          the same, whatever published version wrote it
  protopact check --against main --profile confluent  whether a registry takes it
  protopact check --against main --witness            with bytes that prove it
  protopact check --report json=out.json              JSON in a file as well")]
pub(super) struct CheckArgs {
    /// The contract to check
    #[arg(value_name = "INPUT", default_value = ".")]
    input: String,

    /// Check what is staged for the next commit, and not the working tree
    #[arg(long)]
    staged: bool,

    /// What to compare with, may be repeated; `check.against` in the configuration when it is left out
    ///
    /// `tag:GLOB` is every version with such a tag. What breaks several states is told once, with those that it breaks.
    // `-#format=json` is standard input.
    #[arg(long, value_name = "SRC", allow_hyphen_values = true)]
    against: Vec<String>,

    /// Configuration for the old side: a file, or the text itself
    #[arg(long, value_name = "FILE|TEXT")]
    against_config: Option<String>,

    /// Only what this state of the contract does not have yet fails the check; the rest is told
    ///
    /// With `merge-base:origin/main` it is what this branch broke, whatever was broken on main since the last version.
    #[arg(long, value_name = "SRC")]
    new_since: Option<String>,

    /// The part of the version that the next release raises: it fails what needs more, and nothing else
    #[arg(long, value_name = "TYPE", value_parser = Bump::ALL.map(Bump::as_str))]
    release_type: Option<String>,

    /// Who has to read whom: backward (new reads old), forward (old reads new) or full (both); with -transitive over all versions
    ///
    /// Narrows the denied lenses to the direction. In forward and full, what is new counts where an old side cannot read
    /// it. Rules have no direction and do not count beside it. The `-transitive` ones compare with every state that --against names, or
    /// the configuration where it names several, and else with every published version.
    #[arg(long, value_name = "MODE", value_parser = Mode::NAMES, conflicts_with = "use_rules")]
    mode: Option<String>,

    /// Remember what this file of `history --write` has of numbers as well, where no tag knows them
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,

    /// Say whether a schema registry takes it: confluent, karapace or apicurio
    ///
    /// By what the registry itself calls compatible in the direction of --mode, or else backward, which is not what readers can
    /// read: where the two differ it is told. What the registry refuses fails the check.
    #[arg(long, value_name = "REGISTRY", value_parser = Registry::ALL.map(Registry::as_str))]
    profile: Option<String>,

    #[command(flatten)]
    policy: PolicyArgs,

    #[command(flatten)]
    only: OnlyArgs,

    /// Compile every file, not only what the change can reach
    #[arg(long, help_heading = "What to look at")]
    all: bool,

    /// Compare only the files that INPUT has; files that are gone are not reported
    #[arg(long, help_heading = "What to look at")]
    limit_to_input_files: bool,

    /// Leave imports out; for scripts written for buf, as imports are never reported on
    #[arg(long, help_heading = "What to look at", hide_short_help = true)]
    exclude_imports: bool,

    /// Do not follow symbolic links; for scripts written for buf, as links out of a root are never followed
    #[arg(long, help_heading = "What to look at", hide_short_help = true)]
    disable_symlinks: bool,

    /// How to print the report
    #[arg(long, value_name = "FORMAT", help_heading = "Output", conflicts_with = "error_format")]
    format: Option<Choice<OfCheck>>,

    /// How to print the report, by the names `buf breaking` uses: `text` or `json`
    #[arg(long, value_name = "FORMAT", value_enum, hide = true)]
    error_format: Option<BufFormat>,

    /// Show the smallest message or call that proves each finding
    #[arg(long, help_heading = "Output")]
    witness: bool,

    /// Write the report to a file as well, in its own format; may be repeated
    #[arg(long, value_name = "FORMAT=PATH", help_heading = "Output")]
    pub(super) report: Vec<Target<OfCheck>>,
}

/// Formats by the names of `buf breaking --error-format`.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum BufFormat {
    /// One line a finding
    #[value(alias = "gcc")]
    Text,
    /// One JSON object a line
    Json,
}

impl CheckArgs {
    fn format(&self) -> Choice<OfCheck> {
        match (self.format, self.error_format) {
            (Some(format), _) => format,
            (None, Some(buf)) => Choice::of_buf(matches!(buf, BufFormat::Json)),
            (None, None) => Choice::default(),
        }
    }

    fn new_side(&self) -> String {
        if self.staged { format!("staged:{}", self.input) } else { self.input.clone() }
    }

    /// Every format that the report is written in.
    fn formats(&self) -> impl Iterator<Item = Choice<OfCheck>> {
        self.report.iter().map(|target| target.format).chain([self.format()])
    }
}

/// Runs the command.
pub(super) fn exec(args: CheckArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let mode = args.mode.as_deref().and_then(Mode::of_either);
    let job = Job {
        overrides: Overrides {
            mode: mode.map(|(mode, _)| mode),
            ..args.policy.overrides(args.against.clone(), ctx)
        },
        old_config: args.against_config.clone(),
        path: args.only.path.clone(),
        exclude_path: args.only.exclude_path.clone(),
        limit_to_input_files: args.limit_to_input_files,
        witness: args.witness,
        new_since: args.new_since.clone(),
        kept: args.history.as_deref().map(|path| history::kept_at(path, ctx)).transpose()?,
        registry: args
            .profile
            .as_deref()
            .and_then(Registry::of)
            .map(|registry| (registry, mode.map_or(Mode::Backward, |(mode, _)| mode))),
        excerpts: args.formats().any(Choice::<OfCheck>::shows_sources),
        affected: !args.all,
        repairs: args.formats().any(Choice::<OfCheck>::shows_repairs),
        ..Job::new(&args.new_side())
    };
    let transitive = matches!(mode, Some((_, true)));
    let outcome = outcome(&args, &job, transitive, ctx);
    if let Err(error) = &outcome
        && args.format().has_source_issues()
    {
        let issues = error.diagnostics.iter();
        let issues = issues.map(|d| SourceIssue { path: &d.file, position: d.position, message: &d.message });
        let issues: Vec<_> = issues.collect();
        write_source_issues(&issues, &mut ctx.io.out)?;
    }
    let (report, fail_on, kept) = match outcome? {
        Outcome::Known(answer) => return write(&args, &answer, ctx),
        Outcome::Found(report, fail_on, kept) => (report, fail_on, kept),
    };
    let (fails, last) = match args.release_type.as_deref().and_then(Bump::of) {
        Some(declared) => {
            let more = report.more_than(declared);
            (more.is_some(), more)
        }
        None => (report.fails(fail_on), None),
    };
    let refused = report.registry.as_ref().is_some_and(|answer| !answer.takes());
    let fails = fails || refused;
    match kept {
        Some((memo, several)) => {
            let answer = answer(&args, &report, fails, last, ctx)?;
            let exit = write(&args, &answer, ctx)?;
            memo.keep(&answer, &args, &several, ctx);
            Ok(exit)
        }
        None => {
            tell(&args, &report, ctx)?;
            last.map_or(Ok(()), |sentence| ctx.note(&sentence))?;
            Ok(exit(fails))
        }
    }
}

fn exit(fails: bool) -> Exit {
    if fails { Exit::Findings } else { Exit::Clean }
}

/// What a check comes to.
enum Outcome {
    /// What an earlier run came to.
    Known(Answer),
    /// A report, the lowest level that fails, and where it is to be kept.
    Found(Box<Report>, Level, Option<(Memo, Several)>),
}

/// Compares with all that is named, unless an earlier run did.
fn outcome(args: &CheckArgs, job: &Job, transitive: bool, ctx: &mut Ctx<'_>) -> Result<Outcome, CliError> {
    let asked = if transitive { against::asked_all(job, ctx)? } else { against::asked(job, ctx)? };
    let several = match asked {
        Asked::One(checked) => {
            let (report, fail_on) = checked.told();
            return Ok(Outcome::Found(Box::new(report), fail_on, None));
        }
        Asked::Several(several) => several,
    };
    let memo = Memo::of(args, &several, ctx)?;
    if let Some(answer) = memo.as_ref().and_then(|memo| memo.answer(args)) {
        return Ok(Outcome::Known(answer));
    }
    let ((report, fail_on), whole) = several.check(ctx)?;
    Ok(Outcome::Found(Box::new(report), fail_on, memo.filter(|_| whole).map(|memo| (memo, several))))
}

/// How a report in a file is shown.
const FILE: View = View { colour: false, width: None };

/// Sentences beside a report.
fn notes(report: &Report) -> impl Iterator<Item = String> {
    let waivers = report.waivers.iter().filter(|waiver| waiver.status != WaiverStatus::Used);
    report.notes.iter().cloned().chain(waivers.map(super::waive::sentence))
}

/// All that is said of a report, to be written and kept.
fn answer(
    args: &CheckArgs,
    report: &Report,
    fails: bool,
    last: Option<String>,
    ctx: &Ctx<'_>,
) -> Result<Answer, CliError> {
    let mut answer = Answer { fails, ..Answer::default() };
    for Target { format, .. } in &args.report {
        let mut file = Vec::new();
        format.write(report, &FILE, &mut file)?;
        answer.files.push(file);
    }
    answer.notes.extend(notes(report));
    args.format().write(report, &ctx.view(), &mut answer.text)?;
    answer.last.extend(last);
    Ok(answer)
}

/// Writes what [`answer`] gave, as [`tell`] does.
fn write(args: &CheckArgs, answer: &Answer, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    for (Target { path, .. }, file) in args.report.iter().zip(&answer.files) {
        files::write_whole(&ctx.io.cwd.join(path), &path.display().to_string(), |out| out.write_all(file))?;
    }
    answer.notes.iter().try_for_each(|note| ctx.note(note))?;
    ctx.io.out.write_all(&answer.text)?;
    answer.last.iter().try_for_each(|sentence| ctx.note(sentence))?;
    Ok(exit(answer.fails))
}

fn tell(args: &CheckArgs, report: &Report, ctx: &mut Ctx<'_>) -> Result<(), CliError> {
    for Target { format, path } in &args.report {
        let name = path.display().to_string();
        files::write_whole(&ctx.io.cwd.join(path), &name, |out| format.write(report, &FILE, out))?;
    }
    notes(report).try_for_each(|note| ctx.note(&note))?;
    let view = ctx.view();
    Ok(args.format().write(report, &view, &mut ctx.io.out)?)
}
