//! A published version that is made again: what it was made with, and how another package gets a version of its own.

use super::pipeline::Version;
use super::{CliError, generate};
use crate::codegen::plugin::Lock;
use crate::codegen::remade::{Makers, Remade};
use crate::codegen::sdk;
use crate::git::{Id, Repo};
use crate::lock::FILE_NAME as LOCK_NAME;
use crate::words::Language;

/// The plugins that a published version was released with: those of the lock in its commit, none where there is no lock.
/// `None` for what is not published.
pub(super) fn released(version: &Version) -> Option<Makers> {
    version.name.tag().and(version.name.version())?;
    let found = version.name.commit().and_then(|commit| {
        let repo = Repo::discover(&version.folder).ok()?;
        makers_at(&repo, commit, &super::release::inside(&repo, &version.folder, LOCK_NAME))
    });
    Some(found.unwrap_or_default())
}

/// The plugins of a lock in a commit. One of another form says nothing.
pub(super) fn makers_at(repo: &Repo, commit: Id, path: &str) -> Option<Makers> {
    let text = repo.file_of(commit, path).ok()??;
    let lock = Lock::parse(std::str::from_utf8(&text).ok()?).ok()?;
    Some(lock.plugin.into_iter().map(|(name, entry)| (name, entry.version)).collect())
}

/// Refuses a build number where versions have no room for one.
pub(super) fn check_build(
    build: u32,
    number: &str,
    configured: &[Language],
    only: Option<&[Language]>,
) -> Result<(), CliError> {
    if number == generate::UNPUBLISHED {
        return Err(CliError::usage("a build number is of a version, and the working tree has none")
            .hint("say which version is made again: `--from v1.9.0`"));
    }
    let asked = |language: &&Language| only.is_none_or(|only| only.contains(language));
    let (with, without): (Vec<Language>, Vec<Language>) =
        configured.iter().filter(asked).partition(|language| sdk::has_builds(**language));
    if without.is_empty() {
        return Ok(());
    }
    let message = format!("versions of packages for {} have no part for build {build}", titles(&without));
    let next = next_version(&without);
    let names: Vec<&str> = with.iter().map(|language| language.as_str()).collect();
    let hint = match names.is_empty() {
        true => next,
        false => format!("make the others with `--lang {}`; {next}", names.join(",")),
    };
    Err(CliError::usage(message).hint(hint))
}

fn titles(languages: &[Language]) -> String {
    languages.iter().map(|language| language.title()).collect::<Vec<_>>().join(" and ")
}

/// The way out for languages whose versions have no room for a build.
fn next_version(languages: &[Language]) -> String {
    format!("for {}, release the contract under a new version", titles(languages))
}

/// What to do about packages that would be others than the published ones. `command` makes some languages as a build.
pub(super) fn way_out(all: &[Remade], command: &dyn Fn(&[Language], u32) -> String) -> String {
    let (with, without): (Vec<&Remade>, Vec<&Remade>) =
        all.iter().partition(|package| sdk::has_builds(package.language));
    let mut ways = Vec::new();
    if let Some(next) = with.iter().map(|package| package.next).max() {
        let languages: Vec<Language> = with.iter().map(|package| package.language).collect();
        ways.push(format!("give them a version of their own with `{}`", command(&languages, next)));
    }
    if !without.is_empty() {
        ways.push(next_version(&without.iter().map(|package| package.language).collect::<Vec<_>>()));
    }
    ways.push("`--force` makes them all the same".to_owned());
    ways.join("; ")
}
