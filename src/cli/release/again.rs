//! A version that is tagged already, brought to other places.

use semver::Version;

use super::kept::Kept;
use super::told::Done;
use super::{ReleaseArgs, Run, made};
use crate::cli::{CliError, Ctx, Exit};
use crate::git::{Draft, Id, Repo};
use crate::release::{Entry, Outcome, ReleaseError, all_have, bring};

impl Run<'_> {
    /// Brings a version that is tagged to the places that lack it.
    pub(super) fn again(
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
        if let Some(other) = self.others.get(tag) {
            let message = format!("tag `{tag}` is a version of `{other}`, and this contract is `{contract}`");
            return Err(CliError::usage(message).hint("run it in the folder of that contract"));
        }
        let revision = repo.resolve(&format!("refs/tags/{tag}")).map_err(ReleaseError::from)?;
        let Some(commit) = revision.commit else {
            return Err(CliError::usage(format!("tag `{tag}` is of no commit")));
        };
        let (entry, notes) = tagged(repo, contract, tag, (&version, commit))?;
        let targets = self.places.targets(contract, &version, self.place.host);
        if targets.is_empty() {
            return Err(
                CliError::usage("there is no place to bring it to").hint("name one: `--to dir:FOLDER`")
            );
        }
        let kept = Kept::of(&entry, &notes, ctx)?.and_then(|kept| kept.read());
        let there = match &kept {
            Some(files) => all_have(&targets, files).map_err(ReleaseError::Target)?,
            None => None,
        };
        let (files, told) = match (kept, there) {
            (Some(files), Some(told)) => (files, told),
            _ => {
                let files = made::files(repo, &entry, &notes, ctx)?;
                let told = bring(&targets, &files).map_err(ReleaseError::Target)?;
                (files, told)
            }
        };
        let outcome = Outcome { entry, targets: told, files, first: true, behind: false };
        self.tell(Done { again: true, ..Done::of(outcome) }, None, args, ctx)
    }
}

/// A version that is tagged, with its notes.
pub(in crate::cli) fn tagged(
    repo: &Repo,
    contract: &str,
    tag: &str,
    (version, commit): (&Version, Id),
) -> Result<(Entry, String), CliError> {
    let (previous, notes) = repo.said(tag).map(|said| (said.previous, said.notes)).unwrap_or_default();
    let entry = Entry {
        contract: contract.to_owned(),
        version: version.clone(),
        previous,
        remote: None,
        places: Vec::new(),
        draft: Draft { branch: String::new(), old: commit, commit, tags: Vec::new() },
        notices: Vec::new(),
    };
    Ok((entry, notes))
}
