//! The version that follows: which, why, and what it would write.

use semver::Version;

use super::told::Told;
use super::{ReleaseArgs, Run, gotag, inside, refused};
use crate::cli::pipeline::{self, Job};
use crate::cli::{CliError, Ctx, Exit};
use crate::config::Overrides;
use crate::findings::Report;
use crate::git::Id;
use crate::release::{Changelog, Plan, PlanError, Published, ReleaseError};
use crate::text::Date;
use crate::words::Bump;

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
    pub(super) fn decide(
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
                let against = vec![format!("refs/tags/{}", self.shape.tag_of(from))];
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
    pub(super) fn written(&self, plan: &Plan, report: &Report, head: Id) -> Result<Written, CliError> {
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

    /// The tag of a Go package that is used from this repository.
    pub(super) fn go_tag(&self, version: &Version, commit: Id) -> Result<Option<String>, CliError> {
        gotag::go_tag(self.place.repo, commit, &self.folder, self.generate.as_ref(), version)
    }
}
