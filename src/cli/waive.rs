//! `protopact waive`.

use std::path::PathBuf;

use clap::Args;

use super::pipeline::{self, Job};
use super::{CliError, Ctx, Exit, against, files};
use crate::config::waive::{NewWaiver, add, remove};
use crate::config::{self, Overrides, Settings};
use crate::findings::{Finding, Report, Standing, Waived, WaiverState, WaiverStatus};
use crate::policy::Waivers;
use crate::source::Name;
use crate::text::{Date, Line, Style, plural};

/// Accept a break, for a time
///
/// Writes `[[waiver]]` tables into protopact.toml. What is accepted stays in every report as such and still counts for the
/// next version; it no longer fails the check. FINGERPRINT is what the report shows, or its first eight digits or more. A
/// comment at the declaration does the same: `// protopact:allow RULE reason`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact waive 3f9c01ab77e2 --reason 'never shipped' --owner payments --until 2026-12-31
  protopact waive 3f9c01ab77e2 --reason 'clients were told' --until 2.0.0
  protopact waive --list
  protopact waive --prune                             take out what has no effect any more")]
pub(super) struct WaiveArgs {
    /// The findings to accept
    #[arg(value_name = "FINGERPRINT", required_unless_present_any = ["list", "prune"], conflicts_with_all = ["list", "prune"])]
    findings: Vec<String>,

    /// Why
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["list", "prune"], conflicts_with_all = ["list", "prune"])]
    reason: Option<String>,

    /// Who answers for it
    #[arg(long, value_name = "NAME", conflicts_with_all = ["list", "prune"])]
    owner: Option<String>,

    /// The day (2026-12-31) or the version (2.0.0) from which it counts again
    #[arg(long, value_name = "END", conflicts_with_all = ["list", "prune"])]
    until: Option<String>,

    /// Tell what is accepted, and how each of it stands
    #[arg(long, conflicts_with = "prune")]
    list: bool,

    /// Take out of protopact.toml what has ended, accepts nothing, is published or doubled
    #[arg(long)]
    prune: bool,

    /// What to compare with; `check.against` in the configuration when it is left out
    #[arg(long, value_name = "SRC", allow_hyphen_values = true)]
    against: Option<String>,
}

/// The configuration that is edited.
struct Target {
    settings: Settings,
    path: PathBuf,
    /// As a person knows it.
    name: String,
    /// Empty where there is none yet.
    text: String,
}

/// Runs the command.
pub(super) fn exec(args: WaiveArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let target = target(ctx)?;
    let overrides = Overrides { against: args.against.iter().cloned().collect(), ..pipeline::overrides(ctx) };
    let job = Job { overrides, ..Job::new(".") };
    if args.list {
        let (report, _) = against::check(&job, ctx)?;
        return list(&report, ctx);
    }
    if args.prune {
        let (report, _) = against::check(&job, ctx)?;
        return prune(&target, &report, ctx);
    }
    let compared = args.against.is_some() || !target.settings.check.against.is_empty();
    let report = if compared { Some(against::check(&job, ctx)?.0) } else { None };
    if report.is_none() {
        ctx.note("nothing to compare with is known, so that nobody looked whether there are such findings")?;
    }
    write(&args, target, report.as_ref(), ctx)
}

/// A waiver without effect, for people.
pub(super) fn sentence(state: &WaiverState) -> String {
    let WaiverState { of, waived, comment, why, .. } = state;
    let what = if *comment { format!("`protopact:allow {of}`") } else { format!("the waiver for `{of}`") };
    format!("{what} ({}) has no effect: {why}", waived.place)
}

fn target(ctx: &mut Ctx<'_>) -> Result<Target, CliError> {
    let (settings, folder) = pipeline::here(ctx)?;
    let path = match &ctx.global.config {
        None => folder.join(config::FILE_NAME),
        Some(named) if named.ends_with(".toml") => ctx.io.cwd.join(named),
        Some(_) => {
            let message = "`--config` names no protopact.toml that a waiver could be written to";
            return Err(CliError::usage(message).hint("waivers stand in a protopact.toml"));
        }
    };
    let name = path.strip_prefix(&ctx.io.cwd).unwrap_or(&path).display().to_string();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(CliError::outside(format!("cannot read `{name}`"), e)),
    };
    Ok(Target { settings, path, name, text })
}

fn write(
    args: &WaiveArgs,
    target: Target,
    report: Option<&Report>,
    ctx: &mut Ctx<'_>,
) -> Result<Exit, CliError> {
    let reason = args.reason.as_deref().unwrap_or_default();
    let Target { settings, path, name, mut text } = target;
    let judge = Waivers {
        policy: settings.waiver_policy,
        today: Some(Date::of(ctx.io.now)),
        baseline: report.and_then(|report| report.old.version().cloned()),
        ..Waivers::default()
    };
    let waived = Waived {
        reason: reason.to_owned(),
        owner: args.owner.clone(),
        until: args.until.clone(),
        ..Waived::default()
    };
    if let Some(why) = judge.objection(&waived) {
        return Err(CliError::usage(format!("such a waiver has no effect: {why}"))
            .hint("give `--reason`, `--owner` and `--until`, as far as `[waivers]` asks for them"));
    }
    let mut done = Vec::new();
    for typed in &args.findings {
        let typed = fingerprint(typed)?;
        let found = report.map(|report| find(&typed, &report.findings, &report.old)).transpose()?;
        let finding = found.map_or(&*typed, |finding| &*finding.fingerprint);
        if let Some(there) = settings.waivers.iter().find(|w| finding.starts_with(&*w.finding)) {
            let message = format!("`{finding}` is accepted already, at {}", there.place);
            return Err(CliError::usage(message).hint("edit it there"));
        }
        let about = found.map(|finding| format!("{}: {}", finding.rule, finding.message));
        let waiver = NewWaiver {
            finding,
            reason,
            owner: args.owner.as_deref(),
            until: args.until.as_deref(),
            about: about.as_deref(),
        };
        text = add(&text, &name, &waiver)?;
        done.push(format!(
            "accepted {finding}{}",
            about.map(|about| format!(", {about}")).unwrap_or_default()
        ));
    }
    files::write_whole(&path, &name, |out| out.write_all(text.as_bytes()))?;
    for line in done.into_iter().filter(|_| !ctx.global.quiet) {
        let view = ctx.view();
        Line::new().plain(line).hang(2).write(&view, &mut ctx.io.out)?;
    }
    Ok(Exit::Clean)
}

/// A fingerprint as typed, which may be the beginning of one.
pub(super) fn fingerprint(typed: &str) -> Result<String, CliError> {
    let typed = typed.to_ascii_lowercase();
    if typed.len() < 8 || !typed.bytes().all(|b| b.is_ascii_hexdigit()) {
        let message = format!("`{typed}` is not the fingerprint of a finding");
        return Err(
            CliError::usage(message).hint("copy it from the report: at least eight hexadecimal digits")
        );
    }
    Ok(typed)
}

/// The finding with a fingerprint, among those against an old side.
pub(super) fn find<'r>(typed: &str, findings: &'r [Finding], old: &Name) -> Result<&'r Finding, CliError> {
    findings.iter().find(|finding| finding.fingerprint.starts_with(typed)).ok_or_else(|| {
        let message = format!("no finding has the fingerprint `{typed}`, against {}", old.told());
        let open = findings.iter().filter(|f| f.standing == Standing::Open);
        let there: Vec<String> = open.map(|f| format!("`{}`", f.fingerprint)).collect();
        let hint = match &*there {
            [] => "no finding is open".to_owned(),
            there => format!("there are {}", crate::text::few(there, ", ")),
        };
        CliError::usage(message).hint(hint)
    })
}

fn list(report: &Report, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let view = ctx.view();
    for state in &report.waivers {
        let style = if state.status == WaiverStatus::Used { Style::Good } else { Style::Warn };
        let Waived { reason, owner, until, place } = &state.waived;
        let owner = owner.as_ref().map(|owner| format!(" · {owner}")).unwrap_or_default();
        let until = until.as_ref().map(|until| format!(" · until {until}")).unwrap_or_default();
        Line::new()
            .styled(style, format!("{:<9}", state.status.as_str()))
            .plain(format!(" {}{owner}{until} · {reason}", state.of))
            .hang(10)
            .write(&view, &mut ctx.io.out)?;
        let why = if state.status == WaiverStatus::Used { String::new() } else { format!(": {}", state.why) };
        Line::new()
            .styled(Style::Faint, format!("          {place}{why}"))
            .hang(10)
            .write(&view, &mut ctx.io.out)?;
    }
    let used = report.waivers.iter().filter(|w| w.status == WaiverStatus::Used).count();
    let line = format!("{}, {used} with an effect", plural(report.waivers.len(), "waiver"));
    Line::new().plain(line).write(&view, &mut ctx.io.out)?;
    Ok(Exit::Clean)
}

fn prune(target: &Target, report: &Report, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let idle = |state: &WaiverState| !matches!(state.status, WaiverStatus::Used | WaiverStatus::Refused);
    // The entries of the configuration come first, in their order.
    let entries = report.waivers.iter().take(target.settings.waivers.len()).enumerate();
    let gone: Vec<(usize, &WaiverState)> = entries.filter(|(_, state)| idle(state)).collect();
    if !gone.is_empty() {
        let indices: Vec<usize> = gone.iter().map(|(index, _)| *index).collect();
        let text = remove(&target.text, &target.name, &indices)?;
        files::write_whole(&target.path, &target.name, |out| out.write_all(text.as_bytes()))?;
    }
    let view = ctx.view();
    for (_, state) in &gone {
        let line = format!("took out {} ({}): {}", state.of, state.waived.place, state.why);
        Line::new().plain(line).hang(2).write(&view, &mut ctx.io.out)?;
    }
    for state in report.waivers.iter().filter(|state| state.comment && idle(state)) {
        ctx.note(&format!("{}; it stands in a source, where it is yours to take out", sentence(state)))?;
    }
    if gone.is_empty() && !ctx.global.quiet {
        Line::new().plain("nothing to take out").write(&view, &mut ctx.io.out)?;
    }
    Ok(Exit::Clean)
}
