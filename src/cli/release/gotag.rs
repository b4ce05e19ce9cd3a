//! The tag of a Go module that lives in a folder of the repository: <https://go.dev/ref/mod#vcs-version>.

use std::path::Path;

use semver::Version;

use crate::cli::CliError;
use crate::config::generate::Generate;
use crate::git::{Id, Repo};
use crate::release::ReleaseError;
use crate::words::Language;

/// The tag that Go looks for, where the Go package is committed in the folder that it is generated into and its path says
/// that it is used from there; `folder` is that of the configuration.
pub(super) fn go_tag(
    repo: &Repo,
    commit: Id,
    folder: &Path,
    generate: Option<&Generate>,
    version: &Version,
) -> Result<Option<String>, CliError> {
    let settings =
        generate.filter(|settings| settings.languages.contains_key(&Language::Go) && !settings.versioned);
    let Some(out) = settings.and_then(|settings| settings.out.as_deref()) else { return Ok(None) };
    let below = super::inside(repo, folder, &format!("{out}/go"));
    let path = format!("{below}/go.mod");
    let Some(text) = repo.file_of(commit, &path).map_err(ReleaseError::from)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&text).into_owned();
    let module = text.lines().find_map(|line| line.strip_prefix("module ")).unwrap_or_default().trim();
    let (plain, major) = split(module);
    if !plain.ends_with(&format!("/{below}")) {
        // It is brought to a repository of its own.
        return Ok(None);
    }
    let wanted = (version.major >= 2).then_some(version.major);
    if major != wanted {
        let end = wanted.map(|major| format!("/v{major}")).unwrap_or_default();
        let message =
            format!("`{path}` is module `{module}`, and version {version} is one of `{plain}{end}`");
        return Err(CliError::usage(message).hint("generate the package of that version, and commit it"));
    }
    Ok(Some(format!("{below}/v{version}")))
}

/// The path of a module without what says its major version, and that.
fn split(module: &str) -> (&str, Option<u64>) {
    let found = module.rsplit_once("/v").and_then(|(plain, major)| Some((plain, major.parse().ok()?)));
    found.map_or((module, None), |(plain, major)| (plain, Some(major)))
}
