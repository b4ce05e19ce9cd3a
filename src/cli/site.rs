//! `protopact site`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use semver::Version;

use super::{CliError, Ctx, ErrorKind, Exit, pipeline};
use crate::codegen::manifest::{self, Entry, Manifest};
use crate::codegen::plan;
use crate::codegen::write::{Out, Piece, WriteError, read_manifest};
use crate::git::{Repo, TagPattern};
use crate::machine::FileTree;
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
    let (settings, _) = pipeline::here(ctx)?;
    let shape = args.tag.clone().unwrap_or_else(|| settings.release.tag.clone());
    let mut versions = versions(&shape, ctx)?;
    versions.retain(|(version, _)| args.since.as_ref().is_none_or(|since| version >= since));
    if versions.is_empty() {
        let since = args.since.map(|since| format!(" from {since} on")).unwrap_or_default();
        let message = format!("there is no published version{since}: no tag has the shape `{shape}`");
        return Err(CliError::usage(message)
            .hint("tag a version, get the tags with `git fetch --tags`, or say how they look with `--tag`"));
    }
    let generate = settings.generate.clone().unwrap_or_default();
    let name = settings.name.clone().unwrap_or_else(|| "contract".to_owned());
    let targets = plan::targets(&generate, &name);
    let mut catalogue = Catalogue::new(&name, generate.about.description.as_deref(), targets);
    let progress = ctx.progress("reading");
    let count = versions.len();
    for (version, tag) in versions {
        progress.say(&format!("reading {version}"));
        let read = pipeline::published(&tag, &shape, ctx)?;
        catalogue.add(version, &tag, pipeline::schema(&read.compiled)?);
    }
    progress.say("writing");
    let pages = catalogue.files();
    let written = pages.len();
    write(&args, &name, pages, ctx)?;
    drop(progress);
    ctx.note(&format!(
        "{} of {} in `{}`",
        plural(written, "file"),
        plural(count, "version"),
        args.out.join("index.html").display()
    ))?;
    Ok(Exit::Clean)
}

/// The published versions with their tags, lowest first.
fn versions(shape: &str, ctx: &Ctx<'_>) -> Result<Vec<(Version, String)>, CliError> {
    let pattern = TagPattern::parse(shape)
        .map_err(|e| CliError::new(ErrorKind::Usage, e).hint("for example `v{version}`"))?;
    let repo = Repo::discover(&ctx.io.cwd).map_err(|e| {
        CliError::new(ErrorKind::Usage, e)
            .while_("cannot look for published versions")
            .hint("run it in the repository of the contract")
    })?;
    repo.versions(&pattern).map_err(|e| CliError::outside("cannot look for published versions", e))
}

/// Writes all of it, or nothing. What an earlier run wrote goes, what somebody else wrote stays.
fn write(
    args: &SiteArgs,
    contract: &str,
    pages: BTreeMap<String, String>,
    ctx: &Ctx<'_>,
) -> Result<(), CliError> {
    let path = ctx.io.cwd.join(&args.out);
    let failed = |error: WriteError| {
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
    };
    let mut files = FileTree::new();
    for (page, content) in pages {
        files.add(&page, content).map_err(|e| CliError::outside("cannot lay out the pages", e))?;
    }
    let mut out = Out::take(&path, WAIT).map_err(failed)?;
    let old = read_manifest(out.path());
    if old.units.keys().any(|unit| !unit.is_empty()) {
        let reason = "it holds packages".to_owned();
        return Err(failed(WriteError::Unsuitable { path: out.path().to_owned(), reason }));
    }
    let ours = old.units.get("").map(|unit| &unit.files);
    let foreign = |path: &&str| {
        !ours.is_some_and(|files| files.contains_key(*path))
            && out.path().join(path).symlink_metadata().is_ok()
    };
    let foreign: Vec<String> =
        files.iter().map(|(path, _)| path).filter(foreign).map(str::to_owned).collect();
    if !foreign.is_empty() && !args.force {
        return Err(failed(WriteError::Foreign { path: out.path().to_owned(), files: foreign }));
    }
    let entry = Entry { contract: contract.to_owned(), files: manifest::hashes(&files), ..Entry::default() };
    let mut new = Manifest::default();
    new.units.insert(String::new(), entry);
    let top = [(manifest::PATH.to_owned(), new.render())].into();
    let pieces = [(String::new(), Piece { files: &files, keeps_others: true })].into();
    out.replace(&pieces, &std::collections::BTreeSet::new(), &top, &old).map_err(failed)
}
