//! What a clone lacks, and the `git` command that gets it. The only part that may use the network, and only where it was
//! asked to.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;

use super::program::{ProgramError, git};
use super::{Id, Repo};
use crate::machine::Host;
use crate::text::shell_word;

/// How many commits are fetched at first, of each history that is cut off.
const DEPTH: u32 = 32;
/// After how many fetches, each twice as deep as the one before, the whole history is asked for.
const PATIENCE: usize = 7;

/// A command of git that gets what is missing. Small, for errors carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch(Box<Parts>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Parts {
    arguments: Vec<String>,
    /// How deep it goes, where that grows from one try to the next.
    deepens: bool,
    input: String,
}

impl Fetch {
    /// The command with these arguments.
    pub(super) fn new<S: Into<String>>(arguments: impl IntoIterator<Item = S>) -> Fetch {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Fetch(Box::new(Parts { arguments, ..Parts::default() }))
    }

    /// The whole history of HEAD, and of what else is named.
    pub(super) fn history(repo: &Repo, others: &[String]) -> Option<Fetch> {
        let remote = repo.remote()?;
        let head = repo.inner.head().ok().and_then(|head| head.target()).map(|id| id.to_string());
        let base = ["fetch".to_owned(), "--unshallow".to_owned(), remote];
        let all = base.into_iter().chain(head).chain(others.iter().cloned());
        let mut fetch = Fetch::new(all);
        fetch.0.deepens = true;
        Some(fetch)
    }

    /// The command for one more try: history is fetched piece by piece, since most branches left the main line a few
    /// commits ago.
    #[must_use]
    pub fn step(&self, tried: usize) -> Fetch {
        let mut step = self.clone();
        if self.0.deepens && tried < PATIENCE {
            let depth = format!("--deepen={}", DEPTH << tried);
            step.0.arguments.iter_mut().filter(|a| *a == "--unshallow").for_each(|a| a.clone_from(&depth));
        }
        step
    }

    /// Runs it in a repository. What is asked for on a terminal by git counts as refused.
    ///
    /// # Errors
    ///
    /// There is no git, or it failed.
    pub fn run(&self, host: &Host, folder: &Path) -> Result<(), ProgramError> {
        let arguments = self.0.arguments.iter().map(OsString::from).collect();
        git(host, folder, arguments, self.0.input.as_bytes(), Vec::new(), || self.to_string()).map(drop)
    }
}

impl fmt::Display for Fetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("git")?;
        self.0.arguments.iter().try_for_each(|argument| write!(f, " {}", shell_word(argument)))
    }
}

impl Repo {
    /// The remote that fetching is about: `origin`, or the first.
    pub(super) fn remote(&self) -> Option<String> {
        let all = self.remotes();
        all.iter().find(|name| *name == "origin").or(all.first()).cloned()
    }

    /// The names of all remotes.
    pub(super) fn remotes(&self) -> Vec<String> {
        let names = self.inner.remotes();
        names.map(|names| names.iter().flatten().flatten().map(str::to_owned).collect()).unwrap_or_default()
    }

    /// The command that gets those of these files that a partial clone left behind; `None` when all are here.
    pub fn lacking(&self, files: impl IntoIterator<Item = Id>) -> Option<Fetch> {
        if !self.is_partial() {
            return None;
        }
        let odb = self.inner.odb().ok()?;
        let gone = files.into_iter().filter(|id| !odb.exists(id.oid()));
        let mut input: Vec<String> = gone.map(|id| format!("{id}\n")).collect();
        input.sort();
        input.dedup();
        if input.is_empty() {
            return None;
        }
        let remote = self.remote()?;
        let arguments =
            ["fetch", "--no-tags", "--no-write-fetch-head", "--filter=blob:none", &remote, "--stdin"];
        let mut fetch = Fetch::new(arguments);
        fetch.0.input = input.concat();
        Some(fetch)
    }
}
