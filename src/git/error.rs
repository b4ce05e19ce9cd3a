//! What can go wrong when a repository is read, and what to do about it.

use std::path::PathBuf;

use thiserror::Error;

use super::{Cause, Fetch};
use crate::text::shell_word;

/// Why a repository could not be read.
#[derive(Debug, Error)]
pub enum GitError {
    /// No repository holds the directory.
    #[error("`{}` is not inside a git repository", .dir.display())]
    NotARepository {
        /// The directory asked about.
        dir: PathBuf,
    },
    /// The repository belongs to somebody else (git's `safe.directory` protection).
    #[error("git does not trust the repository at `{}`: it belongs to another user", .dir.display())]
    Untrusted {
        /// The directory asked about.
        dir: PathBuf,
        /// libgit2's words.
        #[source]
        source: Cause,
    },
    /// The repository uses a format this build cannot read.
    #[error("the repository at `{}` uses a storage format that cannot be read", .dir.display())]
    UnsupportedFormat {
        /// The directory asked about.
        dir: PathBuf,
        /// libgit2's words; they name the extension.
        #[source]
        source: Cause,
    },
    /// The revision does not exist here.
    #[error("revision `{revision}` does not exist in the repository at `{}`{}", .repository.display(), shallow_note(*.shallow))]
    UnknownRevision {
        /// The revision as written.
        revision: String,
        /// Where it was looked for.
        repository: PathBuf,
        /// Whether the repository is a shallow clone.
        shallow: bool,
        /// Branches and tags with a similar name.
        near: Vec<String>,
        /// The command that may get it.
        fetch: Option<Fetch>,
    },
    /// The commit is here, but its files stayed with the remote.
    #[error("revision `{revision}` is here without its files: the repository at `{}` is a partial clone", .repository.display())]
    NotFetched {
        /// The revision as written.
        revision: String,
        /// Where.
        repository: PathBuf,
        /// The command that has git get its folders.
        fetch: Fetch,
    },
    /// Files that are in conflict have no one state that is staged.
    #[error("nothing can be told of what is staged: `{path}` is in conflict")]
    Unmerged {
        /// One of them.
        path: String,
    },
    /// A revision that the branch named beside it does not have.
    #[error("revision `{revision}` is not on branch `{branch}`{}", shallow_note(*.shallow))]
    NotOnBranch {
        /// The revision as written.
        revision: String,
        /// The branch as written.
        branch: String,
        /// Whether the repository is a shallow clone.
        shallow: bool,
        /// The command that gets the rest of the history.
        fetch: Option<Fetch>,
    },
    /// A hash prefix that names several objects, or a revision that is not well formed.
    #[error("revision `{revision}` cannot be resolved")]
    BadRevision {
        /// The revision as written.
        revision: String,
        /// libgit2's words.
        #[source]
        source: Cause,
    },
    /// The repository has no commit yet.
    #[error("the repository at `{}` has no commits yet", .repository.display())]
    NoCommits {
        /// Where.
        repository: PathBuf,
    },
    /// The revision is there but names a file.
    #[error("revision `{revision}` names a {kind}, not a commit or a folder")]
    NotATree {
        /// The revision as written.
        revision: String,
        /// What it names.
        kind: String,
    },
    /// The two revisions have no common ancestor.
    #[error("`{revision}` and HEAD have no common ancestor{}", shallow_note(*.shallow))]
    NoMergeBase {
        /// The revision as written.
        revision: String,
        /// Whether the repository is a shallow clone.
        shallow: bool,
        /// The command that gets the rest of the history.
        fetch: Option<Fetch>,
    },
    /// No tag has the configured shape.
    #[error("no tag of `{}` is a version of the shape `{pattern}`{}", .repository.display(), shallow_note(*.shallow))]
    NoVersions {
        /// Where.
        repository: PathBuf,
        /// The configured shape.
        pattern: String,
        /// Whether the repository is a shallow clone.
        shallow: bool,
        /// Tags that exist, as examples.
        tags: Vec<String>,
        /// A shape that existing tags have.
        suggestion: Option<String>,
        /// Whether all the matching versions are pre-releases.
        only_pre: bool,
        /// A tag of the shape that is a version of another contract, and which.
        other: Option<Box<(String, String)>>,
        /// The command that gets the tags.
        fetch: Option<Fetch>,
    },
    /// The folder does not exist in that revision.
    #[error("folder `{path}` does not exist in {label}")]
    MissingPath {
        /// The folder, from the root of the repository.
        path: String,
        /// The revision, in words.
        label: String,
        /// Folders with a similar name.
        near: Vec<String>,
    },
    /// A tree that is too large or too deep to be walked safely.
    #[error("the tree has more than {limit} {what}")]
    TooLarge {
        /// The limit.
        limit: usize,
        /// What there is too much of.
        what: &'static str,
    },
    /// Anything else.
    #[error("cannot {doing}")]
    Git {
        /// What was being done.
        doing: String,
        /// libgit2's words.
        #[source]
        source: Cause,
    },
}

fn shallow_note(shallow: bool) -> &'static str {
    if shallow { " (a shallow clone)" } else { "" }
}

impl GitError {
    /// What libgit2 could not do.
    pub(super) fn git(doing: impl Into<String>, source: git2::Error) -> GitError {
        GitError::Git { doing: doing.into(), source: Cause::new(source) }
    }

    /// What to do, in the imperative.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            GitError::NotARepository { .. } => {
                Some("run inside a repository, or write `PATH#ref=REVISION` to name one".into())
            }
            GitError::Untrusted { dir, .. } => Some(format!(
                "if you trust it, run `git config --global --add safe.directory {}`",
                shell_word(&dir.display().to_string())
            )),
            GitError::UnsupportedFormat { source, .. } => {
                Some(if source.message().contains("partialclone") {
                    "a partial clone (`--filter`) cannot be read: make a full clone, or compare with a directory".into()
                } else {
                    "only git itself reads it: get the version as a directory with `git worktree add ../old REVISION`, and compare with that".into()
                })
            }
            GitError::UnknownRevision { near, fetch, .. } => {
                let near = did_you_mean(near);
                match (near, fetch) {
                    (Some(near), Some(fetch)) => Some(format!("{near}, or get it with {}", either(fetch))),
                    (Some(near), None) => Some(near),
                    (None, Some(fetch)) => Some(format!("get it with {}", either(fetch))),
                    (None, None) => Some("`git branch -a` and `git tag` list what there is".into()),
                }
            }
            GitError::NotFetched { .. } => {
                Some("get them with `git fetch --refetch --no-filter` or with `--fetch` (a clone with `--filter=blob:none` has what listing needs)".into())
            }
            GitError::NotOnBranch { fetch: Some(fetch), .. } => {
                Some(format!("the history is cut off: get the rest with {}", either(fetch)))
            }
            GitError::Unmerged { .. } => Some("resolve the conflict and `git add` the file".into()),
            GitError::NotOnBranch { .. } => Some("leave `branch` out, or name a revision of that branch".into()),
            GitError::BadRevision { .. } => {
                Some("write more digits of the hash, or a branch or tag name".into())
            }
            GitError::NoCommits { .. } => Some("commit something first, or compare with a directory".into()),
            GitError::NotATree { .. } => {
                Some("write `REVISION:FOLDER` to name a folder of a revision".into())
            }
            GitError::NoMergeBase { fetch: Some(fetch), .. } => Some(format!(
                "the history is cut off: get the rest with {} (or have CI check out the full history)",
                either(fetch)
            )),
            GitError::NoMergeBase { .. } => {
                Some("compare with the revision itself, without `merge-base:`".into())
            }
            GitError::NoVersions { only_pre: true, .. } => {
                Some("only pre-releases exist; write `latest-pre` to compare with one".into())
            }
            GitError::NoVersions { other: Some(other), .. } => Some(format!(
                "{}; name what to compare with, such as `main`",
                told_other(&other.0, &other.1)
            )),
            GitError::NoVersions { suggestion: Some(shape), .. } => {
                Some(format!("the tags look like `{shape}`; set `tag = \"{shape}\"` under `[release]`"))
            }
            GitError::NoVersions { shallow: true, fetch: Some(fetch), .. } => {
                Some(format!("a shallow clone may lack the tags: get them with {}", either(fetch)))
            }
            GitError::NoVersions { tags, fetch: Some(fetch), .. } if tags.is_empty() => Some(format!(
                "no tags are here; get them with {}, or name a branch to compare with",
                either(fetch)
            )),
            GitError::NoVersions { tags, .. } if tags.is_empty() => {
                Some("no tags are here; name a branch to compare with".into())
            }
            GitError::NoVersions { .. } => {
                Some("set `tag` under `[release]` to the shape of your tags, such as `v{version}`".into())
            }
            GitError::MissingPath { near, .. } => {
                did_you_mean(near).or_else(|| Some("write `REVISION:FOLDER` to name another folder".into()))
            }
            GitError::TooLarge { .. } => Some("name a sub-directory".into()),
            GitError::Git { .. } => None,
        }
    }

    /// The command that gets what is missing, where something is.
    #[must_use]
    pub fn fetch(&self) -> Option<&Fetch> {
        match self {
            GitError::UnknownRevision { fetch, .. }
            | GitError::NotOnBranch { fetch, .. }
            | GitError::NoMergeBase { fetch, .. }
            | GitError::NoVersions { fetch, .. } => fetch.as_ref(),
            GitError::NotFetched { fetch, .. } => Some(fetch),
            _ => None,
        }
    }

    /// Whether the thing asked for is absent, rather than broken.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(
            self,
            GitError::NotARepository { .. } | GitError::UnknownRevision { .. } | GitError::MissingPath { .. }
        )
    }
}

/// That a tag of the shape is of another contract of the repository, and what to do then.
#[must_use]
pub fn told_other(tag: &str, contract: &str) -> String {
    format!(
        "tag `{tag}` is a version of `{contract}`, another contract of this repository: give each contract tags of its own, \
         `tag = \"{{contract}}/v{{version}}\"` under `[release]`"
    )
}

/// The command, and the flag that runs it.
fn either(fetch: &Fetch) -> String {
    format!("`{fetch}` or with `--fetch`")
}

fn did_you_mean(near: &[String]) -> Option<String> {
    let quoted: Vec<String> = near.iter().map(|n| format!("`{n}`")).collect();
    (!quoted.is_empty())
        .then(|| format!("did you mean {}?", quoted.join(" or ")))
        .map(|s| s.trim_end_matches('?').to_owned())
}
