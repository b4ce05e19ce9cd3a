//! A release: the next version, published, or one that an earlier run has begun.

use super::next::Decided;
use super::told::{Done, Told};
use super::{Places, ReleaseArgs, Run, made, notify, refused};
use crate::cli::{CliError, Ctx, Exit};
use crate::git::{Annotation, Draft};
use crate::release::artefacts::tag_text;
use crate::release::{Begun, Entry, Journal, Order, ReleaseError};

impl Run<'_> {
    /// Releases the next version.
    pub(super) fn release(
        &self,
        contract: &str,
        args: &ReleaseArgs,
        ctx: &mut Ctx<'_>,
    ) -> Result<Exit, CliError> {
        let repo = self.place.repo;
        notify::check(&self.hooks, self.place.host)?;
        let journal = Journal::take(&repo.object_dir(), contract).map_err(ReleaseError::from)?;
        let entry = match self.place.left_over(&journal)? {
            Some(Begun::Unknown(entry)) => {
                let places = self.places.others(&entry.places)?;
                let targets = places.targets(contract, &entry.version, self.place.host);
                let notes = self.notes_of(&entry);
                let make = &mut |entry: &Entry| made::files(repo, entry, &notes, ctx);
                let decided = self.place.has_decided::<CliError>(&journal, &entry, &targets, make)?;
                decided.then_some(entry)
            }
            Some(Begun::Published(entry)) => Some(entry),
            None => None,
        };
        if let Some(entry) = entry {
            let notes = self.notes_of(&entry);
            let (places, left) = self.begun(&entry, args)?;
            let targets = places.targets(contract, &entry.version, self.place.host);
            let make = &mut |entry: &Entry| made::files(repo, entry, &notes, ctx);
            let outcome = self.place.finish::<CliError>(&journal, entry, &targets, make)?;
            let told = notify::send(&journal, &self.hooks, self.place.host, ctx)?;
            return self.tell(Done { finished: true, told, left, ..Done::of(outcome) }, None, args, ctx);
        }
        let is_version = |tag: &str| repo.version_of(&self.shape, tag).is_some();
        let (head, branch) = self.place.ready(&is_version)?;
        let (decided, published) = match self.decide(args, ctx)? {
            Ok(decided) => decided,
            Err(error) => return refused::version(error, ctx),
        };
        let Some(Decided { plan, report, breaks: breaking, undeclared }) = decided else {
            // Those of an earlier version.
            notify::send(&journal, &self.hooks, self.place.host, ctx)?;
            let told = Told { last: published.last().cloned(), ..Told::default() };
            let view = ctx.view();
            args.format.write(&told, &view, &mut ctx.io.out)?;
            return Ok(Exit::Clean);
        };
        if undeclared {
            return refused::undeclared(&plan, ctx);
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
                places: self.places.written.clone(),
                draft: Draft { branch, old: head.commit, commit: head.commit, tags: Vec::new() },
                notices: Vec::new(),
            },
            changes,
            title: format!("Release {contract} {version}\n"),
            tags: std::iter::once(tag.clone()).chain(go).collect(),
            message: &|files| tag_text(&said, files),
            notices: &|entry, files| about.notices(&self.hooks, entry, files),
        };
        let targets = self.places.targets(contract, &version, self.place.host);
        let make = &mut |entry: &Entry| made::files(repo, entry, &said.notes, ctx);
        let outcome = self.place.publish::<CliError>(&journal, order, &targets, make)?;
        let told = notify::send(&journal, &self.hooks, self.place.host, ctx)?;
        self.tell(Done { told, ..Done::of(outcome) }, Some(plan), args, ctx)
    }

    /// Where what an earlier run has begun goes now, and those of its places that are left out: `--to` may name others than
    /// the run that died had, and without it they are those.
    fn begun(&self, entry: &Entry, args: &ReleaseArgs) -> Result<(Places, Vec<String>), CliError> {
        if entry.places.is_empty() {
            return Ok((self.places.clone(), Vec::new()));
        }
        if args.to.is_empty() {
            return Ok((self.places.others(&entry.places)?, Vec::new()));
        }
        // The remote has it: that was the step that decided.
        let left = entry.places.iter().filter(|place| !place.starts_with("git:") && !self.places.has(place));
        Ok((self.places.clone(), left.cloned().collect()))
    }

    /// The notes in the tag of what is to be finished.
    fn notes_of(&self, entry: &Entry) -> String {
        let said = entry.draft.tags.iter().find_map(|(_, object)| self.place.repo.annotation(*object));
        said.and_then(|text| Annotation::read(&text)).map(|said| said.notes).unwrap_or_default()
    }
}
