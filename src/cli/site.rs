//! `protopact site`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use semver::Version;

use super::release::repository;
use super::{CliError, Ctx, ErrorKind, Exit, pipeline};
use crate::codegen::manifest::{self, Entry, Manifest};
use crate::codegen::plan;
use crate::codegen::write::{Begun, Out, WriteError, read_manifest};
use crate::config::Overrides;
use crate::git::told_other;
use crate::site::Catalogue;
use crate::text::plural;

/// Make pages of all published versions, for people
///
/// Static pages: every package, service, message and enum with its comments, what changed from version to version, what
/// became of the numbers, which calls carry what, and how to depend on each version. They work from a folder, from any
/// web server and without scripts. Versions are tags of the repository; `latest/` always leads to the last release.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact site -o public                     pages of all versions
  protopact site -o public --since 1.0.0       none of what came before 1.0.0")]
pub(super) struct SiteArgs {
    /// Where the pages go; files there that are not pages of protopact stay
    #[arg(short, long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: PathBuf,

    /// Leave out the versions before this one
    #[arg(long, value_name = "VERSION")]
    since: Option<Version>,

    /// The shape of version tags
    #[arg(long, value_name = "SHAPE")]
    tag: Option<String>,

    /// Write over files that protopact has not written
    #[arg(long)]
    force: bool,
}

/// How long to wait for another run into the same folder.
const WAIT: Duration = Duration::from_secs(30);

/// Runs the command.
pub(super) fn exec(args: SiteArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let overrides = Overrides { tag: args.tag.clone(), ..pipeline::overrides(ctx) };
    let (settings, _) = pipeline::settings_here(&overrides, ctx)?;
    let shape = &settings.release.tag;
    let repo = repository(&ctx.io.cwd)?;
    let failed_to_look = |e| CliError::outside("cannot look for published versions", e);
    let mut versions = repo.versions(shape).map_err(failed_to_look)?;
    versions.retain(|(version, _)| args.since.as_ref().is_none_or(|since| version >= since));
    if versions.is_empty() {
        let since = args.since.map(|since| format!(" from {since} on")).unwrap_or_default();
        let none = format!("there is no published version{since}: no tag");
        let others = repo.others(shape).map_err(failed_to_look)?;
        return Err(match others.first_key_value() {
            Some((tag, contract)) => {
                CliError::usage(format!("{none} of the shape `{shape}` is of this contract"))
                    .hint(told_other(tag, contract))
            }
            None => CliError::usage(format!("{none} has the shape `{shape}`")).hint(
                "tag a version, get the tags with `git fetch --tags`, or say how they look with `--tag`",
            ),
        });
    }
    let generate = settings.generate.clone().unwrap_or_default();
    let name = settings.name.clone().unwrap_or_else(|| "contract".to_owned());
    let targets = plan::targets(&generate, &name);
    let numbers = versions.iter().map(|(version, _)| version.clone()).collect();
    let mut catalogue = Catalogue::new(&name, generate.about.description.as_deref(), targets, numbers);
    let mut out = Out::take(&ctx.io.cwd.join(&args.out), WAIT).map_err(failed)?;
    let mut begun = out.begin().map_err(failed)?;
    let progress = ctx.progress("reading");
    for (version, tag) in &versions {
        progress.say(&format!("reading {version}"));
        let read = pipeline::published(tag, &shape.to_string(), ctx)?;
        let schema = pipeline::schema(&read.compiled)?;
        drop(read);
        progress.say(&format!("writing {version}"));
        catalogue.add(tag, schema, &|path, page| begun.add(path, page.as_bytes())).map_err(failed)?;
    }
    progress.say("writing");
    catalogue.finish(&|path, page| begun.add(path, page.as_bytes())).map_err(failed)?;
    let written = begun.files().len();
    show(&args, &name, &mut out, begun)?;
    drop(progress);
    ctx.note(&format!(
        "{} of {} in `{}`",
        plural(written, "file"),
        plural(versions.len(), "version"),
        args.out.join("index.html").display()
    ))?;
    Ok(Exit::Clean)
}

fn failed(error: WriteError) -> CliError {
    let kind = match error {
        WriteError::Io(_) | WriteError::Busy { .. } => ErrorKind::Outside,
        _ => ErrorKind::Usage,
    };
    let hint = match &error {
        WriteError::Unsuitable { .. } => Some("name a folder of its own with `-o`"),
        WriteError::Foreign { .. } => Some("move them elsewhere, or write over them with `--force`"),
        error => error.hint(),
    };
    CliError::new(kind, error).while_("cannot write the pages").hint_opt(hint)
}

/// Shows all of it, or nothing. What an earlier run wrote goes, what somebody else wrote stays.
fn show(args: &SiteArgs, contract: &str, out: &mut Out, mut begun: Begun) -> Result<(), CliError> {
    let old = read_manifest(out.path());
    if old.units.keys().any(|unit| !unit.is_empty()) {
        let reason = "it holds packages".to_owned();
        return Err(failed(WriteError::Unsuitable { path: out.path().to_owned(), reason }));
    }
    let ours = old.units.get("").map(|unit| &unit.files);
    let foreign = |path: &&String| {
        !ours.is_some_and(|files| files.contains_key(*path))
            && out.path().join(path).symlink_metadata().is_ok()
    };
    let foreign: Vec<String> = begun.files().keys().filter(foreign).cloned().collect();
    if !foreign.is_empty() && !args.force {
        return Err(failed(WriteError::Foreign { path: out.path().to_owned(), files: foreign }));
    }
    let entry = Entry { contract: contract.to_owned(), files: begun.files().clone(), ..Entry::default() };
    let mut new = Manifest::default();
    new.units.insert(String::new(), entry);
    let top = [(manifest::PATH.to_owned(), new.render())].into();
    out.finish(begun, &top, &old).map_err(failed)
}
