//! From a decided version to a published one.
//!
//! Everything that can fail is done while nobody sees anything: the commit and the tags are objects without a name, the
//! targets have files that are not shown. Then one step decides, which only one of many runs at the same time can win: the
//! push of branch and tags to the remote; where there is none, the first place if it can decide, or else the references here.
//! What follows can only be late, not wrong, and the next run finishes it.

use std::time::{Duration, SystemTime};

use thiserror::Error;

use super::Notice;
use super::journal::{Entry, Journal, JournalError};
use super::target::{Prepared, State, Target, TargetError};
use crate::git::{Draft, GitError, Head, ProgramError, PushError, Repo};
use crate::machine::{FileTree, Host};
use crate::text::plural;

/// How far the clock of this machine may be behind the one that made the commit.
const CLOCK_SKEW: Duration = Duration::from_secs(86_400);

/// Why nothing is published, or not everywhere yet.
#[derive(Debug, Error)]
pub enum ReleaseError {
    /// The working tree is not what would be released.
    #[error("the working tree has changes that are not committed: {}", listed(.paths, "more file"))]
    Uncommitted {
        /// Some of the paths.
        paths: Vec<String>,
    },
    /// No branch is checked out.
    #[error("HEAD is the commit {commit} and on no branch")]
    Detached {
        /// The commit.
        commit: String,
    },
    /// History is cut off.
    #[error("this clone is shallow: what earlier versions promised is not here")]
    Shallow,
    /// The commit comes from the future.
    #[error("the clock of this machine is before the time of the commit that would be released ({commit})")]
    Clock {
        /// The commit.
        commit: String,
    },
    /// There is no such remote.
    #[error("there is no remote `{remote}`")]
    NoRemote {
        /// Its name.
        remote: String,
    },
    /// The remote is not where this branch is.
    #[error("branch `{branch}` of `{remote}` is {}, and not at {here}", there.as_ref().map_or("not there".to_owned(), |id| format!("at {id}")))]
    Apart {
        /// The branch.
        branch: String,
        /// The remote.
        remote: String,
        /// Where it is there.
        there: Option<String>,
        /// Where it is here.
        here: String,
    },
    /// The remote has versions that this clone does not know, or knows otherwise.
    #[error("tag `{tag}` of `{remote}` is {} here", if *.other { "another one" } else { "not" })]
    TagElsewhere {
        /// The tag.
        tag: String,
        /// The remote.
        remote: String,
        /// Whether there is one of the name here.
        other: bool,
    },
    /// Versions that are here, and that the remote has not: nobody but this clone was promised anything by them.
    #[error("{} here, and not on `{remote}`", if let [tag] = &tags[..] { format!("version tag `{tag}` is") } else { format!("version tags {} are", listed(tags, "more")) })]
    TagsHere {
        /// The tags.
        tags: Vec<String>,
        /// The remote.
        remote: String,
    },
    /// A run that died has begun something on a remote that is not here any more.
    #[error(
        "version {version}, which an earlier run has begun, goes to the remote `{remote}`, and there is none of this name any more"
    )]
    RemoteGone {
        /// The version.
        version: String,
        /// Its name.
        remote: String,
    },
    /// The branch here went on.
    #[error("branch `{branch}` moved meanwhile")]
    BranchMoved {
        /// The branch.
        branch: String,
    },
    /// A tag of the version is here.
    #[error("tag `{0}` is here already")]
    TagHere(String),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The repository cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The user's git does not do something.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// The push.
    #[error(transparent)]
    Push(#[from] PushError),
    /// A target does not take it. Nothing is published.
    #[error(transparent)]
    Target(TargetError),
    /// A target does not take it. The version is published, but not there.
    #[error("version {version} is published, but not in every place yet")]
    Unfinished {
        /// The version.
        version: String,
        /// Why not.
        #[source]
        source: TargetError,
    },
    /// The version is published, and its branch and tags are not here yet.
    #[error("version {version} is published, but this repository does not have all of it yet")]
    UnfinishedHere {
        /// The version.
        version: String,
        /// Why not.
        #[source]
        source: Box<ReleaseError>,
    },
}

fn listed(paths: &[String], more_of: &str) -> String {
    let some: Vec<String> = paths.iter().take(3).map(|path| format!("`{path}`")).collect();
    match paths.len().saturating_sub(some.len()) {
        0 => some.join(", "),
        more if more_of == "more" => format!("{} and {more} more", some.join(", ")),
        more => format!("{} and {}", some.join(", "), plural(more, more_of)),
    }
}

impl ReleaseError {
    /// What to do, in the imperative.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            ReleaseError::Uncommitted { .. } => {
                "commit them, or put them into .gitignore: what is released is what is committed".to_owned()
            }
            ReleaseError::Detached { .. } => "check a branch out: `git switch main`".to_owned(),
            ReleaseError::Shallow => "get the rest with `git fetch --unshallow --tags`".to_owned(),
            ReleaseError::Clock { .. } => "set the clock, or look whose clock made the commit".to_owned(),
            ReleaseError::NoRemote { .. } => "name another one, such as `--to git:origin`".to_owned(),
            ReleaseError::Apart { branch, remote, there: Some(_), .. } => {
                format!("bring them together: `git pull {remote} {branch}`, or push what is only here")
            }
            ReleaseError::Apart { branch, remote, there: None, .. } => {
                format!("push it: `git push {remote} {branch}`")
            }
            ReleaseError::TagElsewhere { remote, other: false, .. } => {
                format!("get it with `git fetch --tags {remote}`")
            }
            ReleaseError::TagElsewhere { tag, .. } => {
                format!(
                    "published tags never move: delete the one here with `git tag -d {tag}`, and get theirs"
                )
            }
            ReleaseError::TagHere(tag) => {
                format!("it was never published from here: delete it with `git tag -d {tag}`, or push it")
            }
            ReleaseError::TagsHere { tags, remote } => {
                let tag = tags.first().map(String::as_str).unwrap_or_default();
                format!(
                    "what is released is counted from what everybody has: push it, if it is a version (`git push {remote} {tag}`), or delete it (`git tag -d {tag}`)"
                )
            }
            ReleaseError::RemoteGone { remote, .. } => {
                format!(
                    "give it this name until it is finished: `git remote rename NAME {remote}`, or `git remote add {remote} URL`"
                )
            }
            ReleaseError::BranchMoved { .. } => "nothing was published by this run: release again".to_owned(),
            ReleaseError::Program(error) => return error.hint(),
            ReleaseError::Journal(JournalError::Busy) => "wait for it".to_owned(),
            ReleaseError::Push(PushError::Moved { .. } | PushError::Taken { .. }) => {
                "nothing was published by this run: pull, and release again".to_owned()
            }
            ReleaseError::Git(error) => return error.hint(),
            ReleaseError::Target(error) => return error.hint(),
            ReleaseError::Unfinished { source, .. } => {
                let more = source.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
                format!(
                    "release again: what is missing is brought there (with `--to`, to the places that it names, and the others are told){more}"
                )
            }
            ReleaseError::UnfinishedHere { source, .. } => {
                let more = source.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
                format!("release again: what is missing is made good, and nothing is published twice{more}")
            }
            _ => return None,
        })
    }
}

/// What a run that died has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It has published the version, and not finished it.
    Published(Entry),
    /// Whether it has is for the first of its places to say.
    Unknown(Entry),
}

/// Where a release is made.
#[derive(Clone, Copy, Debug)]
pub struct Workplace<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The machine.
    pub host: &'a Host,
    /// The time.
    pub now: SystemTime,
    /// The remote that has the last word; `None` where this repository has it.
    pub remote: Option<&'a str>,
}

/// What is to be published.
pub struct Order<'a> {
    /// What it is, without its draft.
    pub entry: Entry,
    /// What the commit of the release changes: files with their content.
    pub changes: Vec<(String, Vec<u8>)>,
    /// Its message.
    pub title: String,
    /// The tags.
    pub tags: Vec<String>,
    /// The message of the tags, for the files of the version.
    pub message: &'a dyn Fn(&FileTree) -> String,
    /// Who is told what, for the files of the version.
    pub notices: &'a dyn Fn(&Entry, &FileTree) -> Vec<Notice>,
}

/// What was published where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What was published.
    pub entry: Entry,
    /// Each target, and whether it had the version already.
    pub targets: Vec<(String, bool)>,
    /// The files.
    pub files: FileTree,
    /// Whether it was this run that published it. Another one can have made the very same commit and tag at the same
    /// time, for they are made of the same things.
    pub first: bool,
    /// Whether the branch here went on without the commit of the release.
    pub behind: bool,
}

impl Workplace<'_> {
    /// The commit to release, if everything around it is as it should be: committed, on a branch, whole, and where the
    /// remote has the branch and the tags (those that `is_version` takes) too.
    ///
    /// # Errors
    ///
    /// What is not as it should be.
    pub fn ready(&self, is_version: &dyn Fn(&str) -> bool) -> Result<(Head, String), ReleaseError> {
        let Workplace { repo, host, .. } = self;
        let head = repo.head()?;
        let commit = head.commit.to_string();
        let Some(branch) = head.branch.clone() else { return Err(ReleaseError::Detached { commit }) };
        if repo.is_shallow() {
            return Err(ReleaseError::Shallow);
        }
        let committed = SystemTime::UNIX_EPOCH + Duration::from_secs(head.time.try_into().unwrap_or(0));
        if self.now + CLOCK_SKEW < committed {
            return Err(ReleaseError::Clock { commit });
        }
        let paths = repo.uncommitted(host)?;
        if !paths.is_empty() {
            return Err(ReleaseError::Uncommitted { paths });
        }
        let Some(remote) = self.remote.map(str::to_owned) else { return Ok((head, branch)) };
        if !repo.has_remote(&remote) {
            return Err(ReleaseError::NoRemote { remote });
        }
        let there = repo.ask_remote(host, &remote)?;
        let here = repo.tag_objects()?;
        for (tag, object) in there.tags.iter().filter(|(tag, _)| is_version(tag)) {
            if here.get(tag) != Some(object) {
                let other = here.contains_key(tag);
                return Err(ReleaseError::TagElsewhere { tag: tag.clone(), remote, other });
            }
        }
        let only_here = here.keys().filter(|tag| is_version(tag) && !there.tags.contains_key(*tag));
        let tags: Vec<String> = only_here.cloned().collect();
        if !tags.is_empty() {
            return Err(ReleaseError::TagsHere { tags, remote });
        }
        let at = there.branches.get(&branch);
        if at != Some(&head.commit) {
            let there = at.map(ToString::to_string);
            return Err(ReleaseError::Apart { branch, remote, there, here: commit });
        }
        Ok((head, branch))
    }

    /// What a run that died has published without finishing, or may have. What it has not published is forgotten.
    ///
    /// # Errors
    ///
    /// The journal or the references cannot be read, or the remote that it was published on is not here any more.
    pub fn left_over(&self, journal: &Journal) -> Result<Option<Begun>, ReleaseError> {
        let Some(mut entry) = journal.read()? else { return Ok(None) };
        let tags = match &entry.remote {
            Some(remote) if !self.repo.has_remote(remote) => {
                // It may have another name now: that of the remote that has what was begun.
                let other = self.remote.filter(|other| self.repo.has_remote(other));
                let asked = other.map(|other| Ok((other, self.repo.ask_remote(self.host, other)?.tags)));
                let found = asked.transpose().map_err(|error: ProgramError| error)?;
                match found.filter(|(_, tags)| entry.draft.is_in(tags)) {
                    Some((other, tags)) => {
                        entry.remote = Some(other.to_owned());
                        tags
                    }
                    None => {
                        let (version, remote) = (entry.version.to_string(), remote.clone());
                        return Err(ReleaseError::RemoteGone { version, remote });
                    }
                }
            }
            Some(remote) => self.repo.ask_remote(self.host, remote)?.tags,
            None => self.repo.tag_objects()?,
        };
        if entry.draft.is_in(&tags) {
            return Ok(Some(Begun::Published(entry)));
        }
        if entry.remote.is_none() && !entry.places.is_empty() {
            return Ok(Some(Begun::Unknown(entry)));
        }
        journal.forget()?;
        Ok(None)
    }

    /// Whether a run that died has published a version, by the first of the places that it was to go to. What it has not
    /// published is forgotten.
    ///
    /// # Errors
    ///
    /// The files cannot be made, or the place cannot be asked.
    pub fn has_decided<E: From<ReleaseError>>(
        &self,
        journal: &Journal,
        entry: &Entry,
        targets: &[Box<dyn Target>],
        make: &mut dyn FnMut(&Entry) -> Result<FileTree, E>,
    ) -> Result<bool, E> {
        let decided = match targets.first().filter(|first| first.decides()) {
            Some(first) => first.state(&make(entry)?).map_err(ReleaseError::Target)? == State::Same,
            None => false,
        };
        if !decided {
            journal.forget().map_err(ReleaseError::from)?;
        }
        Ok(decided)
    }

    /// Publishes. `make` makes the files of the version out of a commit.
    ///
    /// # Errors
    ///
    /// Before the step that decides, nothing is published and nothing is left; after it, the journal knows what is
    /// missing.
    pub fn publish<E: From<ReleaseError>>(
        &self,
        journal: &Journal,
        order: Order<'_>,
        targets: &[Box<dyn Target>],
        make: &mut dyn FnMut(&Entry) -> Result<FileTree, E>,
    ) -> Result<Outcome, E> {
        let Workplace { repo, host, .. } = self;
        let Order { mut entry, changes, title, tags, message, notices } = order;
        let here = repo.tag_objects().map_err(ReleaseError::from)?;
        if let Some(tag) = tags.iter().find(|tag| here.contains_key(*tag)) {
            return Err(ReleaseError::TagHere(tag.clone()).into());
        }
        if !changes.is_empty() {
            let written = repo.draft_commit(host, entry.draft.old, &changes, &title);
            entry.draft.commit = written.map_err(ReleaseError::from)?.map_err(ReleaseError::from)?;
        }
        let files = make(&entry)?;
        let mut ready = prepare(targets, &files).map_err(ReleaseError::Target)?;
        for tag in tags {
            let object = repo.draft_tag(host, &tag, entry.draft.commit, &message(&files));
            entry.draft.tags.push((tag, object.map_err(ReleaseError::from)?));
        }
        entry.notices = notices(&entry, &files);
        journal.write(&entry).map_err(ReleaseError::from)?;
        let first = match self.decide(&entry.draft, ready.first_mut()) {
            Ok(first) => first,
            Err(error) => {
                // Of a place that broke down nobody knows whether it shows the version: the next run asks it.
                if !matches!(&error, ReleaseError::Target(error) if !error.is_of_another()) {
                    journal.forget().map_err(ReleaseError::from)?;
                }
                return Err(error.into());
            }
        };
        Ok(Outcome { first, ..self.show(journal, entry, files, ready)? })
    }

    /// Finishes what a run that died has begun to publish.
    ///
    /// # Errors
    ///
    /// As after the step that decides.
    pub fn finish<E: From<ReleaseError>>(
        &self,
        journal: &Journal,
        entry: Entry,
        targets: &[Box<dyn Target>],
        make: &mut dyn FnMut(&Entry) -> Result<FileTree, E>,
    ) -> Result<Outcome, E> {
        let files = make(&entry)?;
        let unfinished = |source| ReleaseError::Unfinished { version: entry.version.to_string(), source };
        let ready = prepare(targets, &files).map_err(unfinished)?;
        Ok(self.show(journal, entry, files, ready)?)
    }

    /// The step that decides; whether this run was the first.
    fn decide(&self, draft: &Draft, first: Option<&mut Ready>) -> Result<bool, ReleaseError> {
        match (self.remote, first.filter(|first| first.decides)) {
            (Some(remote), _) => Ok(self.repo.push_draft(self.host, remote, draft)?),
            (None, Some(_)) if self.repo.branch_at(&draft.branch) != Some(draft.old) => {
                Err(ReleaseError::BranchMoved { branch: draft.branch.clone() })
            }
            (None, Some(first)) => match first.prepared.take() {
                Some(prepared) => {
                    first.shown = prepared.show().map_err(ReleaseError::Target)?;
                    Ok(first.shown)
                }
                None => Ok(false),
            },
            (None, None) => match self.repo.adopt_draft(self.host, draft, false) {
                Ok(()) => Ok(true),
                Err(_) if self.repo.branch_at(&draft.branch) != Some(draft.old) => {
                    Err(ReleaseError::BranchMoved { branch: draft.branch.clone() })
                }
                Err(error) => Err(error.into()),
            },
        }
    }

    fn show(
        &self,
        journal: &Journal,
        entry: Entry,
        files: FileTree,
        ready: Vec<Ready>,
    ) -> Result<Outcome, ReleaseError> {
        let mut targets = Vec::new();
        for Ready { name, prepared, shown, .. } in ready {
            let unfinished = |source| ReleaseError::Unfinished { version: entry.version.to_string(), source };
            let now = prepared.map_or(Ok(false), Prepared::show).map_err(unfinished)?;
            targets.push((name, !(shown || now)));
        }
        let here = self.repo.tag_objects()?;
        let other = entry.draft.tags.iter().find(|(tag, id)| here.get(tag).is_some_and(|there| there != id));
        if let (Some((tag, _)), Some(remote)) = (other, &entry.remote) {
            return Err(ReleaseError::TagElsewhere { tag: tag.clone(), remote: remote.clone(), other: true });
        }
        let behind = self.adopt(journal, &entry).map_err(|error| {
            let (version, source) = (entry.version.to_string(), Box::new(error));
            ReleaseError::UnfinishedHere { version, source }
        })?;
        Ok(Outcome { entry, targets, files, first: true, behind })
    }

    /// Brings what is published here, keeps the notices of it and forgets the journal; whether the branch here went on.
    fn adopt(&self, journal: &Journal, entry: &Entry) -> Result<bool, ReleaseError> {
        self.repo.adopt_draft(self.host, &entry.draft, true)?;
        let at = self.repo.branch_at(&entry.draft.branch);
        let behind = at.is_some_and(|at| !self.repo.comes_from(entry.draft.commit, at));
        let mut waiting = journal.waiting()?;
        for notice in &entry.notices {
            // A run that died here has kept it already.
            if !waiting.contains(notice) {
                waiting.push(notice.clone());
            }
        }
        journal.keep(&waiting)?;
        journal.forget()?;
        Ok(behind)
    }
}

/// A target that is ready; without anything prepared it has the version already.
struct Ready {
    name: String,
    prepared: Option<Box<dyn Prepared>>,
    /// Whether it can decide.
    decides: bool,
    /// Whether it has shown it by now: that was the step that decided.
    shown: bool,
}

/// Brings files that exist to targets that lack them.
///
/// # Errors
///
/// A target has other files under the version, which is asked before anything is written; or it refuses.
pub fn bring(targets: &[Box<dyn Target>], files: &FileTree) -> Result<Vec<(String, bool)>, TargetError> {
    let mut told = Vec::new();
    for Ready { name, prepared, .. } in prepare(targets, files)? {
        told.push((name, !prepared.map_or(Ok(false), Prepared::show)?));
    }
    Ok(told)
}

/// All targets, if each of them has these very files. Where one has others or none this is no answer: files that were not
/// made now say nothing against a place.
///
/// # Errors
///
/// One cannot be asked.
pub fn all_have(
    targets: &[Box<dyn Target>],
    files: &FileTree,
) -> Result<Option<Vec<(String, bool)>>, TargetError> {
    for target in targets {
        if target.state(files)? != State::Same {
            return Ok(None);
        }
    }
    Ok(Some(targets.iter().map(|target| (target.name(), true)).collect()))
}

/// Asks all targets before any of them is written to.
fn prepare(targets: &[Box<dyn Target>], files: &FileTree) -> Result<Vec<Ready>, TargetError> {
    let mut lacking = Vec::new();
    for target in targets {
        match target.state(files)? {
            State::Other => return Err(target.other()),
            state => lacking.push((target, state == State::Absent)),
        }
    }
    let ready = lacking.into_iter().map(|(target, lacks)| {
        let prepared = lacks.then(|| target.prepare(files)).transpose()?;
        Ok(Ready { name: target.name(), prepared, decides: target.decides(), shown: false })
    });
    ready.collect()
}
