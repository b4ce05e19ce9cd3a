//! `protopact release`.

mod gotag;
mod made;
mod notify;
mod places;
mod told;

use std::path::Path;

use clap::Args;
use semver::Version;

pub(super) use self::places::Places;
use self::told::{Done, OfRelease, Told, write_reasons};
use super::pipeline::{self, Job};
use super::{CliError, Ctx, ErrorKind, Exit};
use crate::config::generate::Generate;
use crate::config::{Destination, Hook, Overrides};
use crate::findings::Report;
use crate::git::{Draft, Repo, TagPattern};
use crate::machine::Host;
use crate::present::Choice;
use crate::release::{
    Annotation, Changelog, Entry, Journal, Order, Outcome, Plan, PlanError, Published, ReleaseError,
    Workplace, bring,
};
use crate::text::{Date, Line, Style};
use crate::words::{Bump, Language};

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
    let shape = TagPattern::parse(&settings.release.tag).map_err(|e| CliError::new(ErrorKind::Usage, e))?;
    let repo = repository(&ctx.io.cwd)?;
    let places = Places::of(&args.to, &settings.release.to, &ctx.io.cwd, &folder)?;
    let host = Host { env: ctx.io.env.clone(), cwd: ctx.io.cwd.clone() };
    let place = Workplace { repo: &repo, host: &host, now: ctx.io.now, remote: places.remote.as_deref() };
    let changelog = settings.release.changelog.clone();
    let languages =
        settings.generate.iter().flat_map(|generate| generate.languages.keys().copied()).collect();
    let hooks = settings.release.notify.clone();
    let generate = settings.generate;
    let run = Run { shape, folder, changelog, languages, generate, hooks, places: &places, place };
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
    folder: std::path::PathBuf,
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

/// The files that the commit of a release changes, with their content, and the notes.
type Written = (Vec<(String, Vec<u8>)>, String);

/// A version that was decided.
struct Decided {
    plan: Plan,
    report: Report,
    /// Whether it breaks.
    breaks: bool,
    /// Whether it does, and nobody declared it.
    undeclared: bool,
}

impl Run<'_> {
    /// Says what a release would be.
    fn show(&self, args: &ReleaseArgs, contract: Option<&str>, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
        let (decided, published) = match self.decide(args, ctx)? {
            Ok(decided) => decided,
            Err(error) => return refuse(error, ctx),
        };
        let mut told = Told { last: published.baseline().cloned(), ..Told::default() };
        if let Some(Decided { plan, report, undeclared, .. }) = decided {
            told.tag = Some(self.shape.tag_of(&plan.version));
            told.undeclared = undeclared;
            let head = self.place.repo.head().map_err(ReleaseError::from)?;
            let (changes, notes) = self.written(&plan, &report, head.commit)?;
            told.writes = changes.into_iter().map(|(path, _)| format!("file `{path}`, committed")).collect();
            let go = self.go_tag(&plan.version, head.commit)?;
            told.writes.extend(go.map(|tag| format!("tag `{tag}`, for Go")));
            told.writes.extend(
                contract.iter().flat_map(|name| self.places.told(name, &plan.version, self.place.host)),
            );
            told.writes.extend(self.hooks.iter().map(|hook| format!("notice to `{}`", hook.server())));
            told.notes = Some(notes);
            told.plan = Some(plan);
        }
        let view = ctx.view();
        args.format.write(&told, &view, &mut ctx.io.out)?;
        Ok(Exit::Clean)
    }

    /// Which version follows, and why; `None` where nothing changed.
    fn decide(
        &self,
        args: &ReleaseArgs,
        ctx: &mut Ctx<'_>,
    ) -> Result<Result<(Option<Decided>, Published), PlanError>, CliError> {
        let repo = self.place.repo;
        let versions = repo
            .versions(&self.shape)
            .map_err(|e| CliError::outside("cannot look for published versions", e))?;
        let published = Published { versions: versions.into_iter().map(|(version, _)| version).collect() };
        let (report, breaks) = match published.baseline() {
            None if repo.is_shallow() => {
                let message = format!("this clone is shallow and has no tag of the shape `{}`", self.shape);
                return Err(CliError::usage(message).hint("get the tags with `git fetch --tags --unshallow`"));
            }
            None => {
                pipeline::build(&Job { overrides: pipeline::overrides(ctx), ..Job::new(".") }, ctx)?;
                (Report::default(), false)
            }
            Some(from) => {
                let against = Some(format!("refs/tags/{}", self.shape.tag_of(from)));
                let overrides = Overrides { against, tag: args.tag.clone(), ..pipeline::overrides(ctx) };
                let (report, level) = pipeline::check(&Job { overrides, ..Job::new(".") }, ctx)?;
                let breaks = report.fails(level) || report.bump == Some(Bump::Major);
                (report, breaks)
            }
        };
        for note in &report.notes {
            ctx.note(note)?;
        }
        let plan = match Plan::of(&report, &published, args.declare.as_ref(), args.pre.as_deref()) {
            Ok(plan) => plan,
            Err(error) => return Ok(Err(error)),
        };
        let undeclared = breaks && args.declare.is_none() && args.pre.is_none();
        Ok(Ok((plan.map(|plan| Decided { plan, report, breaks, undeclared }), published)))
    }

    /// The files that the commit of a release changes, and the notes.
    fn written(&self, plan: &Plan, report: &Report, head: crate::git::Id) -> Result<Written, CliError> {
        let repo = self.place.repo;
        // The day of the commit: on another machine, or tomorrow, it is the same.
        let time = repo.time_of(head).map_err(ReleaseError::from)?;
        let date = Date::of(std::time::UNIX_EPOCH + std::time::Duration::from_secs(time));
        let log = Changelog::of(report, plan, &date.to_string(), &self.languages);
        let name = self.changelog.as_deref().unwrap_or("CHANGELOG.md");
        let path = inside(repo, &self.folder, name);
        let there = repo.file_of(head, &path).map_err(ReleaseError::from)?;
        // One that is not there and that nobody asked for is not begun.
        let Some(text) = there.or_else(|| self.changelog.is_some().then(Vec::new)) else {
            return Ok((Vec::new(), log.section));
        };
        let text = String::from_utf8(text).map_err(|_| {
            CliError::usage(format!("`{path}` is no text in UTF-8"))
                .while_(format!("cannot write the changelog of {}", plan.version))
        })?;
        let inserted = log.insert(&text);
        let changed = inserted.text != text;
        Ok((changed.then(|| (path, inserted.text.into_bytes())).into_iter().collect(), inserted.section))
    }

    /// Releases the next version.
    fn release(&self, contract: &str, args: &ReleaseArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
        let repo = self.place.repo;
        notify::check(&self.hooks, self.place.host)?;
        let journal = Journal::take(&repo.object_dir(), contract).map_err(ReleaseError::from)?;
        if let Some(entry) = self.place.left_over(&journal)? {
            let notes = self.notes_of(&entry);
            let targets = self.places.targets(contract, &entry.version, self.place.host);
            let make = &mut |entry: &Entry| made::files(repo, entry, &notes, ctx);
            let outcome = self.place.finish::<CliError>(&journal, entry, &targets, make)?;
            let told = notify::send(&journal, &self.hooks, self.place.host, ctx)?;
            return self.tell(Done { finished: true, told, ..Done::of(outcome) }, None, args, ctx);
        }
        let is_version = |tag: &str| self.shape.version_of(tag).is_some();
        let (head, branch) = self.place.ready(&is_version)?;
        let (decided, published) = match self.decide(args, ctx)? {
            Ok(decided) => decided,
            Err(error) => return refuse(error, ctx),
        };
        let Some(Decided { plan, report, breaks: breaking, undeclared }) = decided else {
            // Those of an earlier version.
            notify::send(&journal, &self.hooks, self.place.host, ctx)?;
            let told = Told { last: published.baseline().cloned(), ..Told::default() };
            let view = ctx.view();
            args.format.write(&told, &view, &mut ctx.io.out)?;
            return Ok(Exit::Clean);
        };
        if undeclared {
            return breaks(&plan, ctx);
        }
        let (changes, notes) = self.written(&plan, &report, head.commit)?;
        let (version, tag) = (plan.version.clone(), self.shape.tag_of(&plan.version));
        let said = Annotation {
            contract: contract.to_owned(),
            version: version.clone(),
            previous: plan.from.clone(),
            breaks: plan.from.is_some().then_some(breaking),
            notes,
        };
        let about = crate::release::Told {
            plan: &plan,
            changes: &report.changes,
            breaks: breaking,
            tag: &tag,
            notes: &said.notes,
            languages: &self.languages,
        };
        let go = self.go_tag(&version, head.commit)?;
        let order = Order {
            entry: Entry {
                contract: contract.to_owned(),
                version: version.clone(),
                previous: plan.from.clone(),
                remote: self.places.remote.clone(),
                draft: Draft { branch, old: head.commit, commit: head.commit, tags: Vec::new() },
                notices: Vec::new(),
            },
            changes,
            title: format!("Release {contract} {version}\n"),
            tags: std::iter::once(tag.clone()).chain(go).collect(),
            message: &|files| said.text(files),
            notices: &|entry, files| about.notices(&self.hooks, entry, files),
        };
        let targets = self.places.targets(contract, &version, self.place.host);
        let make = &mut |entry: &Entry| made::files(repo, entry, &said.notes, ctx);
        let outcome = self.place.publish::<CliError>(&journal, order, &targets, make)?;
        let told = notify::send(&journal, &self.hooks, self.place.host, ctx)?;
        self.tell(Done { told, ..Done::of(outcome) }, Some(plan), args, ctx)
    }

    /// The tag of a Go package that is used from this repository.
    fn go_tag(&self, version: &Version, commit: crate::git::Id) -> Result<Option<String>, CliError> {
        gotag::go_tag(self.place.repo, commit, &self.folder, self.generate.as_ref(), version)
    }

    /// The notes in the tag of what is to be finished.
    fn notes_of(&self, entry: &Entry) -> String {
        let said = entry.draft.tags.iter().find_map(|(_, object)| self.place.repo.annotation(*object));
        said.and_then(|text| Annotation::read(&text)).map(|said| said.notes).unwrap_or_default()
    }

    /// Brings a version that is tagged to the places that lack it.
    fn again(
        &self,
        tag: &str,
        contract: &str,
        args: &ReleaseArgs,
        ctx: &mut Ctx<'_>,
    ) -> Result<Exit, CliError> {
        let repo = self.place.repo;
        let tag = tag.strip_prefix("refs/tags/").unwrap_or(tag);
        let Some(version) = self.shape.version_of(tag) else {
            return Err(CliError::usage(format!("tag `{tag}` is no version of the shape `{}`", self.shape))
                .hint("list them with `git tag`"));
        };
        let revision = repo.resolve(&format!("refs/tags/{tag}")).map_err(ReleaseError::from)?;
        let Some(commit) = revision.commit else {
            return Err(CliError::usage(format!("tag `{tag}` is of no commit")));
        };
        let objects = repo.tag_objects().map_err(ReleaseError::from)?;
        let said = objects.get(tag).and_then(|object| Annotation::read(&repo.annotation(*object)?));
        let (previous, notes) = said.map(|said| (said.previous, said.notes)).unwrap_or_default();
        let entry = Entry {
            contract: contract.to_owned(),
            version: version.clone(),
            previous,
            remote: None,
            draft: Draft { branch: String::new(), old: commit, commit, tags: Vec::new() },
            notices: Vec::new(),
        };
        let targets = self.places.targets(contract, &version, self.place.host);
        if targets.is_empty() {
            return Err(
                CliError::usage("there is no place to bring it to").hint("name one: `--to dir:FOLDER`")
            );
        }
        let files = made::files(repo, &entry, &notes, ctx)?;
        let told = bring(&targets, &files).map_err(ReleaseError::Target)?;
        let outcome = Outcome { entry, targets: told, files, first: true };
        self.tell(Done { again: true, ..Done::of(outcome) }, None, args, ctx)
    }

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
fn inside(repo: &Repo, folder: &Path, name: &str) -> String {
    let root = repo.workdir().map(|root| std::fs::canonicalize(root).unwrap_or_else(|_| root.to_owned()));
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let below =
        root.and_then(|root| Some(folder.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/")));
    match below.filter(|below| !below.is_empty()) {
        Some(below) => format!("{below}/{name}"),
        None => name.to_owned(),
    }
}

/// A version that breaks has to be asked for.
fn breaks(plan: &Plan, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let view = ctx.err_view();
    let head = Line::new().styled(Style::Error, "error").plain(": ").hang(2);
    let message = format!("the changes break: the next version is {}, and has to be declared", plan.version);
    head.plain(message).write(&view, &mut ctx.io.err)?;
    write_reasons(&plan.reasons, &view, &mut ctx.io.err)?;
    let hint = Line::new().styled(Style::Note, "hint").plain(": ").hang(2);
    let hint = hint.plain(format!(
        "`protopact check` says who is hit and what mends it; if it is meant: `--declare {}`",
        plan.version
    ));
    hint.write(&view, &mut ctx.io.err)?;
    Ok(Exit::Findings)
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

impl From<ReleaseError> for CliError {
    fn from(error: ReleaseError) -> CliError {
        let hint = error.hint();
        let kind = match &error {
            ReleaseError::Git(_)
            | ReleaseError::Program(_)
            | ReleaseError::Journal(_)
            | ReleaseError::Push(_)
            | ReleaseError::Target(_)
            | ReleaseError::Unfinished { .. } => ErrorKind::Outside,
            _ => ErrorKind::Usage,
        };
        CliError::new(kind, error).hint_opt(hint)
    }
}
