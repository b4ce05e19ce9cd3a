//! The version that follows: which, why, and what it would write.

use semver::Version;

use super::made::PAPERS;
use super::told::Told;
use super::{ReleaseArgs, Run, gotag, inside, refused, warn};
use crate::cli::pipeline::{self, Job};
use crate::cli::{CliError, Ctx, Exit};
use crate::config::Overrides;
use crate::findings::Report;
use crate::git::Id;
use crate::release::artefacts;
use crate::release::{Changelog, Plan, PlanError, Published, ReleaseError};
use crate::text::Date;
use crate::words::Bump;

/// What to do where two contracts have tags of one shape.
const OWN_TAGS: &str =
    "give each contract tags of its own: `tag = \"{contract}/v{version}\"` under `[release]`";

/// The files that the commit of a release changes, with their content, and the notes.
pub(super) type Written = (Vec<(String, Vec<u8>)>, String);

/// A version that was decided.
pub(super) struct Decided {
    pub(super) plan: Plan,
    pub(super) report: Report,
    /// Whether it breaks.
    pub(super) breaks: bool,
    /// Whether it does, and nobody declared it.
    pub(super) undeclared: bool,
}

impl Run<'_> {
    /// Says what a release would be.
    pub(super) fn show(
        &self,
        args: &ReleaseArgs,
        contract: Option<&str>,
        ctx: &mut Ctx<'_>,
    ) -> Result<Exit, CliError> {
        let (decided, published) = match self.decide(args, ctx)? {
            Ok(decided) => decided,
            Err(error) => return refused::version(error, ctx),
        };
        let mut told = Told { last: published.last().cloned(), ..Told::default() };
        if let Some(Decided { plan, report, undeclared, .. }) = decided {
            told.tag = Some(self.shape.tag_of(&plan.version));
            told.undeclared = undeclared;
            let head = self.place.repo.head().map_err(ReleaseError::from)?;
            let (changes, notes) = self.written(&plan, &report, head.commit)?;
            told.writes = changes.into_iter().map(|(path, _)| format!("file `{path}`, committed")).collect();
            told.files = self.files(head.commit, ctx)?;
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
    pub(super) fn decide(
        &self,
        args: &ReleaseArgs,
        ctx: &mut Ctx<'_>,
    ) -> Result<Result<(Option<Decided>, Published), PlanError>, CliError> {
        let repo = self.place.repo;
        let versions = repo
            .versions(&self.shape)
            .map_err(|e| CliError::outside("cannot look for published versions", e))?;
        let versions = versions.into_iter().map(|(version, _)| version).collect();
        let mut published = Published { versions, unchanged: false };
        self.shared(&published, args, ctx)?;
        self.imports()?;
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
                let against = vec![format!("refs/tags/{}", self.shape.tag_of(from))];
                let overrides = Overrides { against, tag: args.tag.clone(), ..pipeline::overrides(ctx) };
                let (report, level) = pipeline::check(&Job { overrides, ..Job::new(".") }, ctx)?;
                let breaks = report.fails(level) || report.bump == Some(Bump::Major);
                (report, breaks)
            }
        };
        // Pre-releases are counted up where something changed since the last one, whatever changed since the release.
        let begun = published.begun().filter(|_| args.pre.is_some() && !report.changes.is_empty());
        if let Some(begun) = begun {
            let against = vec![format!("refs/tags/{}", self.shape.tag_of(begun))];
            let overrides = Overrides { against, tag: args.tag.clone(), ..pipeline::overrides(ctx) };
            let (since, _) = pipeline::check(&Job { overrides, ..Job::new(".") }, ctx)?;
            published.unchanged = since.changes.is_empty();
        }
        for note in &report.notes {
            ctx.note(note)?;
        }
        let plan = match Plan::of(&report, &published, args.declare.as_ref(), args.pre.as_deref()) {
            Ok(plan) => plan,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(plan) = &plan {
            let tag = self.shape.tag_of(&plan.version);
            if let Some(other) = self.others.get(&tag) {
                let message =
                    format!("tag `{tag}` is a version of `{other}`, another contract of this repository");
                return Err(CliError::usage(message).hint(OWN_TAGS));
            }
        }
        let undeclared = breaks && args.declare.is_none() && args.pre.is_none();
        Ok(Ok((plan.map(|plan| Decided { plan, report, breaks, undeclared }), published)))
    }

    /// The files that a version of a commit has, by name.
    fn files(&self, commit: Id, ctx: &mut Ctx<'_>) -> Result<Vec<String>, CliError> {
        let mut files: Vec<String> = artefacts::ALWAYS.map(str::to_owned).to_vec();
        files.extend(self.languages.iter().map(|language| artefacts::package(*language)));
        for name in PAPERS {
            let path = inside(self.place.repo, &self.folder, name);
            let there = self.place.repo.place_of(commit, &path).map_err(ReleaseError::from)?;
            files.extend(there.map(|_| name.to_owned()));
        }
        let job = Job { overrides: pipeline::overrides(ctx), ..Job::new(".") };
        let legal = pipeline::asked(&job, ctx, |request, stdin| {
            let new = request.new_side(stdin)?;
            // A contract that is not committed yet can be planned for. What else is wrong with the commit, a release says.
            let committed = request.version(&new, Some(&commit.to_string()), stdin);
            Ok(committed.map_or_else(|_| Vec::new(), |opened| opened.legal))
        })?;
        files.extend(legal.into_iter().map(|text| text.name));
        files.sort();
        Ok(files)
    }

    /// Says that another contract of the repository has tags of the same shape.
    fn shared(&self, published: &Published, args: &ReleaseArgs, ctx: &mut Ctx<'_>) -> Result<(), CliError> {
        let Some((tag, other)) = self.others.iter().next() else { return Ok(()) };
        let message = format!(
            "tags of the shape `{}` are versions of `{other}`, another contract of this repository: `{tag}`",
            self.shape
        );
        if published.versions.is_empty() && args.declare.is_none() {
            return Err(CliError::usage(message).hint(format!(
                "{OWN_TAGS}; where it is this contract under an earlier name, declare the version that follows"
            )));
        }
        warn(&format!("{message}; {OWN_TAGS}"), ctx)
    }

    /// Whether everything that the contract imports is in the commit, or locked.
    fn imports(&self) -> Result<(), CliError> {
        let repo = self.place.repo;
        let root = repo.workdir().and_then(|root| std::fs::canonicalize(root).ok());
        if self.beside.is_empty() {
            return Ok(());
        }
        let head = repo.resolve("HEAD").map_err(ReleaseError::from)?;
        for (written, path) in &self.beside {
            // One that does not exist is an error of its own.
            let Ok(real) = std::fs::canonicalize(path) else { continue };
            let inside = root.as_ref().and_then(|root| real.strip_prefix(root).ok());
            let inside = inside.map(|inside| inside.to_string_lossy().replace('\\', "/"));
            let committed =
                |inside: &String| repo.has_folder(&head, inside) || repo.size_of(&head, inside).is_some();
            if !inside.as_ref().is_some_and(committed) {
                let place = if inside.is_some() { "not committed" } else { "outside the repository" };
                let message = format!(
                    "the contract imports from `{written}`, which is {place}: elsewhere, or tomorrow, the version would \
                     have other files"
                );
                return Err(CliError::usage(message).hint(
                    "take it into the repository, or lock it as a dependency: `[deps]`, and `protopact deps update`",
                ));
            }
        }
        Ok(())
    }

    /// The files that the commit of a release changes, and the notes.
    pub(super) fn written(&self, plan: &Plan, report: &Report, head: Id) -> Result<Written, CliError> {
        let repo = self.place.repo;
        // The day of the commit: on another machine, or tomorrow, it is the same.
        let time = repo.time_of(head).map_err(ReleaseError::from)?;
        let date = Date::of(std::time::UNIX_EPOCH + std::time::Duration::from_secs(time));
        let log = Changelog::of(report, plan, &date.to_string(), &self.languages);
        let name = self.changelog.as_deref().unwrap_or("CHANGELOG.md");
        let path = inside(repo, &self.folder, name);
        // A link is written to where it leads.
        let real = repo.place_of(head, &path).map_err(ReleaseError::from)?;
        let path = real.unwrap_or(path);
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

    /// The tag of a Go package that is used from this repository.
    pub(super) fn go_tag(&self, version: &Version, commit: Id) -> Result<Option<String>, CliError> {
        gotag::go_tag(self.place.repo, commit, &self.folder, self.generate.as_ref(), version)
    }
}
