//! `protopact release`.

use std::io;

use clap::Args;
use semver::Version;
use serde_json::json;

use super::pipeline::{self, Job};
use super::{CliError, Ctx, ErrorKind, Exit};
use crate::config::Overrides;
use crate::findings::Report;
use crate::git::{Repo, TagPattern};
use crate::present::{Choice, Format, Formats};
use crate::release::{Plan, PlanError, Published, Reason};
use crate::text::{Line, Style, View, plural, pretty_json};

/// How many reasons people are shown.
const SHOWN: usize = 10;

/// Say which version follows the last one, and why
///
/// Compares the working tree with the highest release among the tags and counts up by what changed: the first part for a
/// break, the middle one for additions, the last one for the rest; below 1.0.0 one part lower. Nothing changed is no
/// release. Nothing is written yet: `--dry-run` has to be given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact release --dry-run                     the version that follows
  protopact release --dry-run --declare 2.0.0     whether 2.0.0 is enough
  protopact release --dry-run --pre rc            the next pre-release, such as 2.0.0-rc.1
  protopact release --dry-run --format json       for programs")]
pub(super) struct ReleaseArgs {
    /// Show what a release would be, and write nothing
    #[arg(long, required = true)]
    dry_run: bool,

    /// The version to release; refused when what changed asks for a larger one
    #[arg(long, value_name = "VERSION", conflicts_with = "pre")]
    declare: Option<Version>,

    /// Make it a pre-release, counted up from those there are
    #[arg(long, value_name = "STAGE", value_parser = ["alpha", "beta", "rc"])]
    pre: Option<String>,

    /// The shape of version tags
    #[arg(long, value_name = "SHAPE")]
    tag: Option<String>,

    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Choice<OfRelease>,
}

/// A release, or none.
struct Told {
    plan: Option<Plan>,
    last: Option<Version>,
    tag: Option<String>,
}

/// The formats of a release.
#[derive(Debug)]
struct OfRelease;

impl Formats for OfRelease {
    type Document = Told;

    const ALL: &'static [Format<Told>] = &[
        Format { name: "text", help: "For people", hidden: false, write: text },
        Format { name: "json", help: "For programs", hidden: false, write: as_json },
    ];
}

/// Runs the command.
pub(super) fn exec(args: ReleaseArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let shape = match &args.tag {
        Some(shape) => shape.clone(),
        None => pipeline::here(ctx)?.0.release.tag,
    };
    let pattern = TagPattern::parse(&shape)
        .map_err(|e| CliError::new(ErrorKind::Usage, e).hint("for example `v{version}`"))?;
    let repo = Repo::discover(&ctx.io.cwd).map_err(|e| {
        CliError::new(ErrorKind::Usage, e)
            .while_("cannot look for published versions")
            .hint("run it in the repository of the contract")
    })?;
    let versions =
        repo.versions(&pattern).map_err(|e| CliError::outside("cannot look for published versions", e))?;
    let published = Published { versions: versions.into_iter().map(|(version, _)| version).collect() };
    let report = match published.baseline() {
        None if repo.is_shallow() => {
            let message = format!("this clone is shallow and has no tag of the shape `{shape}`");
            return Err(CliError::usage(message).hint("get the tags with `git fetch --tags --unshallow`"));
        }
        None => {
            pipeline::build(&Job { overrides: pipeline::overrides(ctx), ..Job::new(".") }, ctx)?;
            Report::default()
        }
        Some(from) => {
            let against = Some(format!("refs/tags/{}", pattern.tag_of(from)));
            let overrides = Overrides { against, tag: args.tag.clone(), ..pipeline::overrides(ctx) };
            pipeline::changes(&Job { overrides, ..Job::new(".") }, ctx)?
        }
    };
    let plan = match Plan::of(&report, &published, args.declare.as_ref(), args.pre.as_deref()) {
        Ok(plan) => plan,
        Err(error) => return refuse(error, ctx),
    };
    for note in &report.notes {
        ctx.note(note)?;
    }
    let tag = plan.as_ref().map(|plan| pattern.tag_of(&plan.version));
    let told = Told { plan, last: published.baseline().cloned(), tag };
    let view = ctx.view();
    args.format.write(&told, &view, &mut ctx.io.out)?;
    Ok(Exit::Clean)
}

/// A version that is too small is a finding, with its reasons; anything else is a wrong command line.
fn refuse(error: PlanError, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let hint = match &error {
        PlanError::TooSmall { needed, reasons, .. } => {
            let view = ctx.err_view();
            let head = Line::new().styled(Style::Error, "error").plain(": ").hang(2);
            head.plain(error.to_string()).write(&view, &mut ctx.io.err)?;
            write_reasons(reasons, &view, &mut ctx.io.err)?;
            let hint = Line::new().styled(Style::Note, "hint").plain(": ").hang(2);
            hint.plain(format!("declare {needed} or more, or take the changes back"))
                .write(&view, &mut ctx.io.err)?;
            return Ok(Exit::Findings);
        }
        PlanError::Published(_) => "leave `--declare` out to be told the next one",
        PlanError::Behind { .. } => "declare a later one, or leave `--declare` out",
        PlanError::Spelling(_) => "pre-releases are `alpha.N`, `beta.N` or `rc.N`, without build metadata",
    };
    Err(CliError::new(ErrorKind::Usage, error).hint(hint))
}

fn write_reasons(reasons: &[Reason], view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    for reason in reasons.iter().take(SHOWN) {
        let line = Line::labelled(reason.bump.as_str()).styled(Style::Strong, &reason.symbol);
        line.plain(format!(": {}", reason.message)).write(view, out)?;
    }
    match reasons.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => Line::labelled("").plain(format!("and {} more", plural(more, "change"))).write(view, out),
    }
}

fn text(told: &Told, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let Some(plan) = &told.plan else {
        let since = told.last.as_ref().map(|last| format!(" since {last}")).unwrap_or_default();
        return Line::new().plain(format!("nothing changed{since}: no release")).write(view, out);
    };
    plan.headline().write(view, out)?;
    write_reasons(&plan.reasons, view, out)?;
    let spelt = &plan.spelling;
    let go = format!("{}{}", spelt.go, if spelt.go_path.is_empty() { "" } else { ", module path " });
    for (label, value) in [
        ("tag", told.tag.as_deref().unwrap_or_default()),
        ("cargo", &spelt.semver),
        ("go", &format!("{go}{}", spelt.go_path)),
        ("maven", &spelt.maven),
        ("python", &spelt.python),
        ("oci", &spelt.oci),
    ] {
        Line::labelled(label).plain(value).write(view, out)?;
    }
    Ok(())
}

fn as_json(told: &Told, _: &View, out: &mut dyn io::Write) -> io::Result<()> {
    let document = match &told.plan {
        None => json!({ "from": told.last.as_ref().map(Version::to_string), "version": null }),
        Some(plan) => json!({
            "from": plan.from.as_ref().map(Version::to_string),
            "version": plan.version.to_string(),
            "tag": told.tag,
            "bump": plan.bump.map(|bump| bump.as_str()),
            "part": plan.part.map(|part| part.as_str()),
            "spelling": {
                "cargo": plan.spelling.semver,
                "go": plan.spelling.go,
                "go_path": plan.spelling.go_path,
                "maven": plan.spelling.maven,
                "python": plan.spelling.python,
                "oci": plan.spelling.oci,
            },
            "reasons": plan.reasons.iter().map(|reason| json!({
                "symbol": reason.symbol,
                "message": reason.message,
                "bump": reason.bump.as_str(),
                "fingerprint": reason.fingerprint,
            })).collect::<Vec<_>>(),
        }),
    };
    out.write_all(pretty_json(&document)?.as_bytes())
}
