//! `protopact release`.

mod again;
mod gotag;
mod kept;
mod made;
mod next;
mod notify;
mod places;
mod publish;
mod refused;
mod told;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use semver::Version;

pub(super) use self::again::tagged;
pub(super) use self::made::to_ask;
pub(super) use self::places::Places;
use self::told::{Done, OfRelease, Told};
use super::{CliError, Ctx, ErrorKind, Exit, pipeline};
use crate::config::deps::DepSource;
use crate::config::generate::Generate;
use crate::config::{Destination, Hook, Overrides};
use crate::git::{Repo, TagPattern};
use crate::machine::Host;
use crate::present::Choice;
use crate::release::{Plan, ReleaseError, Workplace};
use crate::text::{Line, Style};
use crate::words::Language;

/// Publish the next version: once, everywhere, and for ever
///
/// Compares the working tree with the highest release among the tags and counts up by what changed: the first part for a
/// break, the middle one for additions, the last one for the rest; below 1.0.0 one part lower. Nothing changed is no
/// release, and a version that breaks has to be declared. Then it writes the changelog, makes the files of the version
/// (descriptors, sources, packages, sums), tags the commit, and publishes to the places of `--to`. What is published
/// never changes: the same again is left alone, anything else is refused. A run that died is finished by the next one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact release --dry-run                     the version that follows, and what would be written
  protopact release --to git:origin               push branch and tag, both or none
  protopact release --declare 2.0.0               a version that breaks
  protopact release --pre rc                      the next pre-release, such as 2.0.0-rc.1
  protopact release --from v1.4.0 --to dir:out    bring a version that is there to another place")]
pub(super) struct ReleaseArgs {
    /// Show what a release would be, and write nothing
    #[arg(long)]
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

    /// Where to publish: `git:REMOTE`, `dir:FOLDER`, `oci://HOST/NAME`, or a registry of a language; `to` in the
    /// configuration when it is left out
    ///
    /// Registries of languages are `go:FOLDER`, `maven+https://HOST/PATH`, `maven+file:FOLDER`, `pypi+https://HOST/PATH` and
    /// `cargo:REGISTRY`. Without any place, the version is a tag in this repository.
    #[arg(long, value_name = "PLACE", value_parser = Destination::parse)]
    to: Vec<Destination>,

    /// Bring a version that is tagged already to the places that lack it, instead of releasing a new one
    #[arg(long, value_name = "TAG", conflicts_with_all = ["declare", "pre", "dry_run"])]
    from: Option<String>,

    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value_t)]
    format: Choice<OfRelease>,
}

/// Runs the command.
pub(super) fn exec(args: ReleaseArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let overrides = Overrides { tag: args.tag.clone(), ..pipeline::overrides(ctx) };
    let (settings, folder) = pipeline::settings_here(&overrides, ctx)?;
    let shape = settings.release.tag.clone();
    let repo = repository(&ctx.io.cwd)?;
    let places = Places::of(&args.to, &settings.release, &ctx.io.cwd, &folder)?;
    let host = Host { env: ctx.io.env.clone(), cwd: ctx.io.cwd.clone() };
    let place = Workplace { repo: &repo, host: &host, now: ctx.io.now, remote: places.remote.as_deref() };
    let changelog = settings.release.changelog.clone();
    let languages =
        settings.generate.iter().flat_map(|generate| generate.languages.keys().copied()).collect();
    let hooks = settings.release.notify.clone();
    let generate = settings.generate;
    let others = repo.others(&shape).map_err(ReleaseError::from)?;
    let imports = settings.imports.iter().map(|place| (place.written.clone(), place.path.clone()));
    let deps = settings.deps.iter().filter_map(|dep| match &dep.source {
        DepSource::Path(path) => Some((path.clone(), path.into())),
        _ => None,
    });
    let beside = imports.chain(deps).map(|(written, path)| (written, folder.join(path))).collect();
    let run =
        Run { shape, others, beside, folder, changelog, languages, generate, hooks, places: &places, place };
    if args.dry_run {
        return run.show(&args, settings.name.as_deref(), ctx);
    }
    let Some(contract) = settings.name else {
        return Err(CliError::usage("the contract has no name, which its versions are known by")
            .hint("set `name = \"acme/contracts\"` under `[contract]`"));
    };
    match &args.from {
        Some(tag) => run.again(tag, &contract, &args, ctx),
        None => run.release(&contract, &args, ctx),
    }
}

/// The repository whose tags are the published versions.
pub(super) fn repository(folder: &Path) -> Result<Repo, CliError> {
    Repo::discover(folder).map_err(|e| {
        CliError::new(ErrorKind::Usage, e)
            .while_("cannot look for published versions")
            .hint("run it in the repository of the contract")
    })
}

/// What all ways of running the command need.
struct Run<'a> {
    shape: TagPattern,
    /// The tags of this shape that are versions of other contracts, each with the name of the other.
    others: BTreeMap<String, String>,
    /// What is imported from beside the contract: places as they are written, and where they are.
    beside: Vec<(String, PathBuf)>,
    folder: PathBuf,
    changelog: Option<String>,
    /// Those that the contract has packages in.
    languages: Vec<Language>,
    /// How the packages are made.
    generate: Option<Generate>,
    /// Who is told of a version.
    hooks: Vec<Hook>,
    places: &'a Places,
    place: Workplace<'a>,
}

/// Says what is not well, and stops nothing.
fn warn(text: &str, ctx: &mut Ctx<'_>) -> Result<(), CliError> {
    let view = ctx.err_view();
    let line = Line::new().styled(Style::Warn, "warning").plain(": ").hang(2).plain(text);
    Ok(line.write(&view, &mut ctx.io.err)?)
}

impl Run<'_> {
    fn tell(
        &self,
        done: Done,
        plan: Option<Plan>,
        args: &ReleaseArgs,
        ctx: &mut Ctx<'_>,
    ) -> Result<Exit, CliError> {
        let tag = Some(self.shape.tag_of(&done.outcome.entry.version));
        let told = Told { plan, tag, done: Some(done), ..Told::default() };
        let view = ctx.view();
        args.format.write(&told, &view, &mut ctx.io.out)?;
        Ok(Exit::Clean)
    }
}

/// The path in the repository of a file beside the configuration.
pub(super) fn inside(repo: &Repo, folder: &Path, name: &str) -> String {
    let root = repo.workdir().map(|root| std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned()));
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let below =
        root.and_then(|root| Some(folder.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/")));
    match below.filter(|below| !below.is_empty()) {
        Some(below) => format!("{below}/{name}"),
        None => name.to_owned(),
    }
}
