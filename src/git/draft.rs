//! Versions that are written, and become visible in one step.
//!
//! Commits and tags are made as objects first, which nobody sees; then all references that lead to them move at once: on
//! the remote by one atomic push, here by one transaction. A push says what it expects to find (the branch where it was
//! seen, no tag), so of two releases at the same time one is refused.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use git2::FileMode;
use git2::build::TreeUpdateBuilder;
use thiserror::Error;

use super::objects::Walk;
use super::program::{ProgramError, complaint, git};
use super::{GitError, Id, Repo, loose};
use crate::machine::Host;
use crate::machine::run::Done;
use crate::text::shell_word;

/// How many lines of what was said of a refused push are told.
const MAX_SAID: usize = 12;

/// What a release starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The branch that is checked out, without `refs/heads/`; `None` where HEAD is a commit.
    pub branch: Option<String>,
    /// The commit.
    pub commit: Id,
    /// When it was committed, in seconds since 1970.
    pub time: i64,
}

/// What a remote has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remote {
    /// Its branches, without `refs/heads/`.
    pub branches: BTreeMap<String, Id>,
    /// Its tags, without `refs/tags/`: each with the object that it names, which of an annotated tag is the tag itself.
    pub tags: BTreeMap<String, Id>,
}

/// A commit and tags that are written, and that no reference leads to yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The branch that moves.
    pub branch: String,
    /// Where it is.
    pub old: Id,
    /// Where it goes; the same where only tags are made.
    pub commit: Id,
    /// The tags, each with its object.
    pub tags: Vec<(String, Id)>,
}

/// Why nothing was pushed.
#[derive(Debug, Error)]
pub enum PushError {
    /// Somebody else was first.
    #[error("tag `{tag}` is on `{remote}` already, with other content")]
    Taken {
        /// The tag.
        tag: String,
        /// The remote.
        remote: String,
    },
    /// The branch is not where it was.
    #[error("branch `{branch}` of `{remote}` moved meanwhile")]
    Moved {
        /// The branch.
        branch: String,
        /// The remote.
        remote: String,
    },
    /// Anything else.
    #[error("`{remote}` does not take it{}", if .said.is_empty() { String::new() } else { format!(": {}", .said.join("; ")) })]
    Refused {
        /// The remote.
        remote: String,
        /// What it says, and what git says of each reference.
        said: Vec<String>,
        /// How git ended.
        #[source]
        source: Box<ProgramError>,
    },
}

impl Draft {
    /// Whether these tags are there as they were written.
    #[must_use]
    pub fn is_in(&self, tags: &BTreeMap<String, Id>) -> bool {
        self.tags.iter().all(|(tag, id)| tags.get(tag) == Some(id))
    }
}

impl Repo {
    /// What is checked out.
    ///
    /// # Errors
    ///
    /// There is no commit yet, or it cannot be read.
    pub fn head(&self) -> Result<Head, GitError> {
        let failed = |source| GitError::git("read HEAD", source);
        let head = self.inner.head().map_err(|source| match source.code() {
            git2::ErrorCode::UnbornBranch | git2::ErrorCode::NotFound => {
                GitError::NoCommits { repository: self.location() }
            }
            _ => failed(source),
        })?;
        let commit = head.peel_to_commit().map_err(failed)?;
        let branch = head.is_branch().then(|| head.shorthand().ok().map(str::to_owned)).flatten();
        Ok(Head { branch, commit: Id::from_oid(commit.id()), time: commit.time().seconds() })
    }

    /// The content of a file of a commit.
    ///
    /// # Errors
    ///
    /// The commit cannot be read.
    pub fn file_of(&self, commit: Id, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let failed = |source| GitError::git(format!("read `{path}`"), source);
        let tree = self.inner.find_commit(commit.oid()).and_then(|c| c.tree()).map_err(failed)?;
        let Some(blob) = self.blob_at(Id::from_oid(tree.id()), path) else { return Ok(None) };
        Ok(Some(self.inner.find_blob(blob.oid()).map_err(failed)?.content().to_vec()))
    }

    /// When a commit was made, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// The commit cannot be read.
    pub fn time_of(&self, commit: Id) -> Result<u64, GitError> {
        let failed = |source| GitError::git(format!("read commit `{commit}`"), source);
        let commit = self.inner.find_commit(commit.oid()).map_err(failed)?;
        Ok(commit.time().seconds().try_into().unwrap_or(0))
    }

    /// Where a file of a commit really is, by way of links inside its tree; `None` where there is no such file.
    ///
    /// # Errors
    ///
    /// The commit cannot be read.
    pub fn place_of(&self, commit: Id, path: &str) -> Result<Option<String>, GitError> {
        let failed = |source| GitError::git(format!("look for `{path}`"), source);
        let tree = self.inner.find_commit(commit.oid()).map_err(failed)?.tree_id();
        Ok(Walk::new(&self.inner, tree).place(path))
    }

    /// Whether a commit is an earlier one, or comes after it.
    #[must_use]
    pub fn comes_from(&self, earlier: Id, later: Id) -> bool {
        earlier == later || self.inner.graph_descendant_of(later.oid(), earlier.oid()).unwrap_or(false)
    }

    /// Where a branch is here.
    #[must_use]
    pub fn branch_at(&self, branch: &str) -> Option<Id> {
        self.inner.refname_to_id(&format!("refs/heads/{branch}")).ok().map(Id::from_oid)
    }

    /// What an annotated tag says, by its object; `None` for what is none.
    #[must_use]
    pub fn annotation(&self, object: Id) -> Option<String> {
        loose::sound(&self.inner, object.oid()).ok()?;
        Some(self.inner.find_tag(object.oid()).ok()?.message().ok().flatten()?.to_owned())
    }

    /// The tags here, each with the object that it names.
    ///
    /// # Errors
    ///
    /// The references cannot be read.
    pub fn tag_objects(&self) -> Result<BTreeMap<String, Id>, GitError> {
        let failed = |source| GitError::git("list the tags", source);
        let mut tags = BTreeMap::new();
        for reference in self.inner.references_glob("refs/tags/*").map_err(failed)? {
            let reference = reference.map_err(failed)?;
            if let (Ok(name), Some(id)) = (reference.shorthand(), reference.target()) {
                tags.insert(name.to_owned(), Id::from_oid(id));
            }
        }
        Ok(tags)
    }

    /// What in the working tree is not committed: paths, some of many.
    ///
    /// # Errors
    ///
    /// Git cannot be run.
    pub fn uncommitted(&self, host: &Host) -> Result<Vec<String>, ProgramError> {
        if self.workdir().is_none() {
            return Ok(Vec::new());
        }
        let done = self.git(host, &["status", "--porcelain", "-z", "--no-renames"], b"", &[])?;
        let text = String::from_utf8_lossy(&done);
        Ok(text.split('\0').filter_map(|entry| entry.get(3..)).map(str::to_owned).collect())
    }

    /// Writes a commit upon another one, with these files changed; those that are there keep their mode. No reference leads
    /// to it.
    ///
    /// # Errors
    ///
    /// The files cannot be written, or git does not make the commit: it has no name to make it in, or cannot sign it.
    pub fn draft_commit(
        &self,
        host: &Host,
        parent: Id,
        files: &[(String, Vec<u8>)],
        message: &str,
    ) -> Result<Result<Id, ProgramError>, GitError> {
        let failed = |source| GitError::git("write the files of a commit", source);
        let base = self.inner.find_commit(parent.oid()).and_then(|c| c.tree()).map_err(failed)?;
        let mut update = TreeUpdateBuilder::new();
        for (path, content) in files {
            let there = base.get_path(Path::new(path)).ok().map(|entry| entry.filemode());
            let mode = if there == Some(FileMode::BlobExecutable.into()) {
                FileMode::BlobExecutable
            } else {
                FileMode::Blob
            };
            update.upsert(path.as_str(), self.inner.blob(content).map_err(failed)?, mode);
        }
        let tree = update.create_updated(&self.inner, &base).map_err(failed)?.to_string();
        let parent = parent.to_string();
        let mut arguments = vec!["commit-tree", &tree, "-p", &parent, "-F", "-"];
        let key = "commit.gpgSign";
        let signs = match self.says_yes(host, key) {
            Ok(signs) => signs,
            Err(error) => return Ok(Err(error)),
        };
        if signs {
            arguments.push("-S");
        }
        let write = || {
            let done = self.git_done(host, &arguments, message.as_bytes(), &[])?;
            let commit = id(&done.output)?;
            self.is_signed(commit, message, (signs, key), "a commit", &done.messages).map(|()| commit)
        };
        Ok(write())
    }

    /// Writes an annotated tag, signed where git is configured so. No reference leads to it.
    ///
    /// # Errors
    ///
    /// Git does not make it: it has no name to make it in, or cannot sign it.
    pub fn draft_tag(&self, host: &Host, name: &str, target: Id, message: &str) -> Result<Id, ProgramError> {
        // Git makes a tag and its reference in one. In a repository beside this one, with the objects of this one, nobody
        // sees the reference.
        let beside = self.beside().map_err(|source| ProgramError::Beside { source })?;
        let objects = self.inner.commondir().join("objects");
        let set = [("GIT_DIR", beside.path().into()), ("GIT_OBJECT_DIRECTORY", objects.into())];
        let target = target.to_string();
        let arguments = ["tag", "-a", "--cleanup=verbatim", "-F", "-", name, &target];
        let key = "tag.gpgSign";
        let signs = self.says_yes(host, key)?;
        let done = self.git_done(host, &arguments, message.as_bytes(), &set)?;
        let said = self.git(host, &["rev-parse", "--verify", &format!("refs/tags/{name}")], b"", &set)?;
        let tag = id(&said)?;
        self.is_signed(tag, message, (signs, key), &format!("tag `{name}`"), &done.messages)?;
        Ok(tag)
    }

    /// Holds an object that git wrote against what it was to do: some versions of it end well where they could not sign.
    fn is_signed(
        &self,
        object: Id,
        message: &str,
        (wanted, key): (bool, &'static str),
        what: &str,
        said: &str,
    ) -> Result<(), ProgramError> {
        let there = || {
            let objects = self.inner.odb().ok()?;
            let raw = objects.read(object.oid()).ok()?;
            let text = String::from_utf8_lossy(raw.data()).into_owned();
            let (head, body) = text.split_once("\n\n")?;
            // In its head, or below its message.
            let below = body.strip_prefix(message).is_some_and(|rest| rest.contains("-----BEGIN "));
            Some(below || head.lines().any(|line| line.starts_with("gpgsig")))
        };
        if wanted && there() != Some(true) {
            return Err(ProgramError::Unsigned { what: what.to_owned(), key, said: complaint(said) });
        }
        Ok(())
    }

    /// An empty repository with the configuration of this one.
    fn beside(&self) -> std::io::Result<tempfile::TempDir> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("objects"))?;
        fs::create_dir_all(folder.path().join("refs/tags"))?;
        fs::write(folder.path().join("HEAD"), "ref: refs/heads/none\n")?;
        let own = self.inner.commondir().join("config");
        let own = own.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
        let long = self.inner.object_format() == git2::ObjectFormat::Sha256;
        let (version, format) = if long { (1, "[extensions]\n\tobjectFormat = sha256\n") } else { (0, "") };
        let config = format!(
            "[include]\n\tpath = \"{own}\"\n[core]\n\trepositoryFormatVersion = {version}\n\tbare = true\n{format}"
        );
        fs::write(folder.path().join("config"), config)?;
        Ok(folder)
    }

    /// What a remote has now.
    ///
    /// # Errors
    ///
    /// It cannot be reached, or refuses.
    pub fn ask_remote(&self, host: &Host, remote: &str) -> Result<Remote, ProgramError> {
        let said = self.git(host, &["ls-remote", "--refs", "--", remote], b"", &[])?;
        let mut found = Remote::default();
        for line in String::from_utf8_lossy(&said).lines() {
            let Some((object, name)) = line.split_once('\t') else { continue };
            let Some(object) = Id::parse(object) else { continue };
            if let Some(branch) = name.strip_prefix("refs/heads/") {
                found.branches.insert(branch.to_owned(), object);
            } else if let Some(tag) = name.strip_prefix("refs/tags/") {
                found.tags.insert(tag.to_owned(), object);
            }
        }
        Ok(found)
    }

    /// Whether there is a remote of this name.
    #[must_use]
    pub fn has_remote(&self, name: &str) -> bool {
        self.remotes().iter().any(|remote| remote == name)
    }

    /// Moves the branch and makes the tags on a remote, all of them or none, and says whether it was this push that did
    /// it: that they are there already, as they were written, is success.
    ///
    /// # Errors
    ///
    /// Another tag of the name is there, the branch is elsewhere, or the remote cannot be reached or refuses.
    pub fn push_draft(&self, host: &Host, remote: &str, draft: &Draft) -> Result<bool, PushError> {
        let Draft { branch, old, commit, tags } = draft;
        let mut arguments = vec!["push".to_owned(), "--atomic".to_owned(), "--porcelain".to_owned()];
        arguments.push(format!("--force-with-lease=refs/heads/{branch}:{old}"));
        arguments.extend(tags.iter().map(|(tag, _)| format!("--force-with-lease=refs/tags/{tag}:")));
        arguments.extend(["--".to_owned(), remote.to_owned()]);
        if commit != old {
            arguments.push(format!("{commit}:refs/heads/{branch}"));
        }
        arguments.extend(tags.iter().map(|(tag, object)| format!("{object}:refs/tags/{tag}")));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let source = match self.git(host, &arguments, b"", &[]) {
            // Each reference has a line: `*` begins that of a new one, `=` that of one that was there.
            Ok(said) => return Ok(String::from_utf8_lossy(&said).lines().any(|line| line.starts_with('*'))),
            Err(error) => error,
        };
        // What the remote has says more than git's words, and a connection can break after the remote was done.
        let there = self.ask_remote(host, remote);
        let remote = remote.to_owned();
        let Ok(there) = there else { return Err(refused(remote, source)) };
        if draft.is_in(&there.tags) {
            return Ok(false);
        }
        if let Some((tag, _)) = tags.iter().find(|(tag, _)| there.tags.contains_key(tag)) {
            return Err(PushError::Taken { tag: tag.clone(), remote });
        }
        if there.branches.get(branch) != Some(old) {
            return Err(PushError::Moved { branch: branch.clone(), remote });
        }
        Err(refused(remote, source))
    }

    /// Moves the branch and makes the tags here, all of them or none; then brings the working tree along. Doing it again
    /// does nothing. What is `published` already is the same wherever the branch went since: one that is not where it was
    /// stays there.
    ///
    /// # Errors
    ///
    /// A tag of the name is there, or the branch is elsewhere: nothing is changed then.
    pub fn adopt_draft(&self, host: &Host, draft: &Draft, published: bool) -> Result<(), ProgramError> {
        let Draft { branch, old, commit, tags } = draft;
        let here = self.tag_objects().unwrap_or_default();
        let at = self.branch_at(branch);
        let mut steps = String::from("start\n");
        for (tag, object) in tags.iter().filter(|(tag, object)| here.get(tag) != Some(object)) {
            steps.push_str(&format!("create refs/tags/{tag} {object}\n"));
        }
        if commit != old && at != Some(*commit) && (!published || at == Some(*old)) {
            steps.push_str(&format!("update refs/heads/{branch} {commit} {old}\n"));
        }
        steps.push_str("prepare\ncommit\n");
        self.git(host, &["update-ref", "--stdin"], steps.as_bytes(), &[])?;
        let head = self.head().ok().filter(|head| head.branch.as_deref() == Some(branch));
        if commit != old && self.workdir().is_some() && head.is_some_and(|head| head.commit == *commit) {
            let (old, commit) = (old.to_string(), commit.to_string());
            self.git(host, &["read-tree", "-m", "-u", &old, &commit], b"", &[])?;
        }
        Ok(())
    }

    /// Whether a setting of git is on, as git itself reads it.
    fn says_yes(&self, host: &Host, key: &str) -> Result<bool, ProgramError> {
        let said = self.git(host, &["config", "--type=bool", "--default=false", "--get", key], b"", &[])?;
        Ok(said.trim_ascii() == b"true")
    }

    /// Runs git here, whatever the environment says of other repositories, and gives what it prints.
    fn git(
        &self,
        host: &Host,
        arguments: &[&str],
        input: &[u8],
        set: &[(&str, OsString)],
    ) -> Result<Vec<u8>, ProgramError> {
        Ok(self.git_done(host, arguments, input, set)?.output)
    }

    /// The same, with what it said besides.
    fn git_done(
        &self,
        host: &Host,
        arguments: &[&str],
        input: &[u8],
        set: &[(&str, OsString)],
    ) -> Result<Done, ProgramError> {
        let folder = self.location();
        let own: PathBuf = self.inner.path().components().collect();
        let mut all: Vec<(&str, OsString)> = vec![
            ("GIT_INDEX_FILE", own.join("index").into()),
            ("GIT_OBJECT_DIRECTORY", self.inner.commondir().join("objects").into()),
            ("LC_ALL", "C".into()),
        ];
        match self.workdir() {
            Some(tree) => all.extend([("GIT_DIR", own.into()), ("GIT_WORK_TREE", tree.into())]),
            None => all.push(("GIT_DIR", own.into())),
        }
        all.retain(|(name, _)| !set.iter().any(|(other, _)| other == name));
        all.extend(set.iter().cloned());
        let command = || {
            let words = arguments.iter().map(|argument| shell_word(argument));
            format!("git {}", words.collect::<Vec<_>>().join(" "))
        };
        let arguments = arguments.iter().map(OsString::from).collect();
        git(host, &folder, arguments, input, all, command)
    }
}

/// What a remote said when it refused a push, and what git and its hooks here said of it.
fn refused(remote: String, source: ProgramError) -> PushError {
    let (messages, output) = (source.messages(), source.output());
    let told = messages.lines().map(str::trim).filter_map(|line| {
        let line =
            ["remote:", "fatal:", "error:"].iter().find_map(|word| line.strip_prefix(word)).unwrap_or(line);
        // What git says of every push that fails, and what it advises for another one.
        let empty = ["failed to push some refs to ", "hint:", "To ", "Pushing to "];
        let line = line.trim();
        (!line.is_empty() && !empty.iter().any(|start| line.starts_with(start))).then_some(line)
    });
    // `!`, the reference and the reason, apart by tabs: of many references mostly the same reason.
    let of_references = output.lines().filter_map(|line| line.strip_prefix("!\t")?.rsplit('\t').next());
    let mut said: Vec<String> = Vec::new();
    for line in told.chain(of_references.map(str::trim)) {
        if said.len() < MAX_SAID && !said.iter().any(|other| other == line) {
            said.push(line.to_owned());
        }
    }
    PushError::Refused { remote, said, source: Box::new(source) }
}

/// The object that git printed.
fn id(said: &[u8]) -> Result<Id, ProgramError> {
    let text = String::from_utf8_lossy(said);
    Id::parse(text.trim()).ok_or_else(|| ProgramError::Nothing { said: text.trim().to_owned() })
}
