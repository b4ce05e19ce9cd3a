//! From a revision as people write it to a tree.

use git2::{ErrorCode, ObjectType, Oid};

use crate::text::near;

use super::{Cause, Fetch, GitError, Id, Repo, loose};

/// What kind of name a revision was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevisionKind {
    /// A tag.
    Tag,
    /// A local branch.
    Branch,
    /// A remote-tracking branch.
    RemoteBranch,
    /// A hash, or an expression such as `HEAD~1`.
    Expression,
    /// The newest common ancestor of HEAD and what is named.
    MergeBase,
    /// The index: what is staged for the next commit.
    Staged,
}

impl RevisionKind {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            RevisionKind::Tag => "tag",
            RevisionKind::Branch | RevisionKind::RemoteBranch => "branch",
            RevisionKind::Expression => "revision",
            RevisionKind::MergeBase => "merge base with",
            RevisionKind::Staged => "what is staged",
        }
    }

    /// The commit as it is told beside the name: where the name does not say it.
    #[must_use]
    pub fn shown(self, name: &str, commit: Option<Id>) -> Option<String> {
        let told = match self {
            RevisionKind::MergeBase => true,
            RevisionKind::Expression => !commit?.to_string().starts_with(name),
            RevisionKind::Tag | RevisionKind::Branch | RevisionKind::RemoteBranch | RevisionKind::Staged => {
                false
            }
        };
        commit.filter(|_| told).map(Id::short)
    }
}

/// A resolved revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// As written; for a tag its name without `refs/tags/`, for a merge base the other revision.
    pub name: String,
    /// What kind of name it was.
    pub kind: RevisionKind,
    /// The commit; `None` when a bare tree was named.
    pub commit: Option<Id>,
    /// The root tree.
    pub tree: Id,
}

impl Revision {
    /// The revision in words: ``tag `v1.2.0` ``, ``revision `HEAD~1` (1a2b3c4)``.
    #[must_use]
    pub fn label(&self) -> String {
        if self.kind == RevisionKind::Staged {
            return self.kind.word().to_owned();
        }
        let commit = self.kind.shown(&self.name, self.commit).map(|c| format!(" ({c})"));
        format!("{} `{}`{}", self.kind.word(), self.name, commit.unwrap_or_default())
    }
}

impl Repo {
    /// Resolves any revision git understands.
    ///
    /// # Errors
    ///
    /// Nothing has this name (with near matches and the command that gets it), or it is not a tree.
    pub fn resolve(&self, revision: &str) -> Result<Revision, GitError> {
        // `@{u}` is the documented short form that libgit2 does not know everywhere.
        let spelled = revision.replace("@{u}", "@{upstream}");
        self.sound(&spelled)
            .map_err(|source| GitError::git(format!("read revision `{revision}`"), source))?;
        let (object, reference) =
            self.inner.revparse_ext(&spelled).map_err(|source| self.unknown(revision, source))?;
        let mut name = revision.to_owned();
        let kind = match reference {
            Some(r) if r.is_tag() => {
                // `refs/tags/v1.2.0` and `tags/v1.2.0` are the tag `v1.2.0`.
                name = r.shorthand().map_or(name, str::to_owned);
                RevisionKind::Tag
            }
            Some(r) if r.is_remote() => RevisionKind::RemoteBranch,
            Some(r) if r.is_branch() && !revision.starts_with('@') && revision != "HEAD" => {
                RevisionKind::Branch
            }
            _ => RevisionKind::Expression,
        };
        let commit = object.peel(ObjectType::Commit).ok().map(|c| Id::from_oid(c.id()));
        let tree = object.peel(ObjectType::Tree).map_err(|source| {
            if source.code() == ErrorCode::NotFound && commit.is_some() && self.is_partial() {
                // Listing a folder that is not here has git get it, with all that is below it.
                let fetch = Fetch::new(["ls-tree", "-r", "--end-of-options", revision]);
                let (revision, repository) = (revision.to_owned(), self.location());
                return GitError::NotFetched { revision, repository, fetch };
            }
            if source.code() == ErrorCode::NotFound {
                // A commit whose tree is not here: cut off, or lost.
                return self.unknown(revision, source);
            }
            if matches!(object.kind(), Some(ObjectType::Commit | ObjectType::Tree)) {
                return GitError::git(format!("read the folder of revision `{revision}`"), source);
            }
            GitError::NotATree {
                revision: revision.to_owned(),
                kind: object
                    .kind()
                    .map_or("object", |k| if k == ObjectType::Blob { "file" } else { k.str() })
                    .into(),
            }
        })?;
        Ok(Revision { name, kind, commit, tree: Id::from_oid(tree.id()) })
    }

    /// Resolves a revision on a branch, local or remote-tracking: `HEAD` in it is the newest commit of the branch, and
    /// every other name has to be in the branch's history.
    ///
    /// # Errors
    ///
    /// As [`Repo::resolve`], or the revision is not on the branch.
    pub fn resolve_on(&self, branch: &str, revision: &str) -> Result<Revision, GitError> {
        let kinds = [(git2::BranchType::Local, "refs/heads"), (git2::BranchType::Remote, "refs/remotes")];
        let found = kinds.iter().find(|(kind, _)| self.inner.find_branch(branch, *kind).is_ok());
        let Some((_, folder)) = found else {
            let missing =
                git2::Error::new(ErrorCode::NotFound, git2::ErrorClass::Reference, "no such branch");
            return Err(self.unknown(branch, missing));
        };
        let full = format!("{folder}/{branch}");
        let relative = revision.strip_prefix("HEAD").or_else(|| revision.strip_prefix('@'));
        let relative = relative.filter(|rest| rest.is_empty() || rest.starts_with(['~', '^']));
        if let Some(rest) = relative {
            let mut found = self.resolve(&format!("{full}{rest}"))?;
            found.name = format!("{branch}{rest}");
            return Ok(found);
        }
        let (tip, found) = (self.resolve(&full)?, self.resolve(revision)?);
        let fail = |source| GitError::git(format!("look for `{revision}` on branch `{branch}`"), source);
        loose::sound_history(&self.inner).map_err(fail)?;
        let on_it = match (tip.commit, found.commit) {
            (Some(tip), Some(commit)) => {
                tip == commit || self.inner.graph_descendant_of(tip.oid(), commit.oid()).map_err(fail)?
            }
            _ => false,
        };
        if on_it {
            return Ok(found);
        }
        Err(GitError::NotOnBranch {
            revision: revision.to_owned(),
            branch: branch.to_owned(),
            shallow: self.is_shallow(),
            fetch: self.deeper(branch),
        })
    }

    /// Whether what libgit2 is about to read for a revision can be read to its end.
    fn sound(&self, revision: &str) -> Result<(), git2::Error> {
        let id = match self.inner.resolve_reference_from_short_name(revision) {
            Ok(reference) => reference.resolve().ok().and_then(|r| r.target()),
            Err(_) if revision.len() >= 40 => Oid::from_str_ext(revision, self.inner.object_format())
                .ok()
                .filter(|id| id.to_string() == revision),
            Err(_) => None,
        };
        match id {
            Some(id) => loose::sound_to_tree(&self.inner, id),
            // An expression, or part of a hash.
            None => loose::sound_history(&self.inner),
        }
    }

    /// Resolves the newest common ancestor of HEAD and a revision.
    ///
    /// # Errors
    ///
    /// The revision does not exist, or the two have no common history (here, in a shallow clone).
    pub fn merge_base(&self, revision: &str) -> Result<Revision, GitError> {
        let commit_of = |name: &str| {
            self.resolve(name)?.commit.ok_or_else(|| GitError::NotATree {
                revision: name.to_owned(),
                kind: "folder without a commit".into(),
            })
        };
        let (other, head) = (commit_of(revision)?, commit_of("HEAD")?);
        let fail = |source| GitError::git(format!("find the merge base of HEAD and `{revision}`"), source);
        loose::sound_history(&self.inner).map_err(fail)?;
        let base = self.inner.merge_base(head.oid(), other.oid()).map_err(|source| match source.code() {
            ErrorCode::NotFound => {
                let (shallow, fetch) = (self.is_shallow(), self.deeper(revision));
                GitError::NoMergeBase { revision: revision.to_owned(), shallow, fetch }
            }
            _ => fail(source),
        })?;
        let mut found = self.resolve(&base.to_string())?;
        found.name = revision.to_owned();
        found.kind = RevisionKind::MergeBase;
        Ok(found)
    }

    /// The newest of commits that lie on one line of history; of others the first.
    ///
    /// # Errors
    ///
    /// History cannot be read.
    pub fn newest(&self, revisions: Vec<Revision>) -> Result<Option<Revision>, GitError> {
        let mut newest: Option<Revision> = None;
        for revision in revisions {
            let later = match newest.as_ref().map(|newest| (newest.commit, revision.commit)) {
                None => true,
                Some((Some(known), Some(commit))) => self
                    .inner
                    .graph_descendant_of(commit.oid(), known.oid())
                    .map_err(|source| GitError::git("compare two points of history", source))?,
                Some(_) => false,
            };
            newest = if later { Some(revision) } else { newest };
        }
        Ok(newest)
    }

    /// Whether HEAD is this commit.
    #[must_use]
    pub fn is_head(&self, commit: Id) -> bool {
        self.inner
            .head()
            .ok()
            .and_then(|head| head.peel_to_commit().ok())
            .is_some_and(|c| c.id() == commit.oid())
    }

    fn unknown(&self, revision: &str, source: git2::Error) -> GitError {
        let repository = self.location();
        match source.code() {
            ErrorCode::UnbornBranch => return GitError::NoCommits { repository },
            ErrorCode::Ambiguous | ErrorCode::InvalidSpec => {
                return GitError::BadRevision { revision: revision.to_owned(), source: Cause::new(source) };
            }
            _ => {}
        }
        let names = self.ref_names();
        let base = revision.split(['~', '^', '@', ':']).next().unwrap_or(revision);
        let unborn = self.inner.head().is_err_and(|e| e.code() == ErrorCode::UnbornBranch);
        if unborn && (names.is_empty() || base.is_empty() || base == "HEAD") {
            return GitError::NoCommits { repository };
        }
        let known = names.iter().any(|n| n == base) || base.is_empty() || base == "HEAD";
        let near = if known { Vec::new() } else { near(base, names.iter().map(String::as_str)) };
        GitError::UnknownRevision {
            revision: revision.to_owned(),
            repository,
            shallow: self.is_shallow(),
            near,
            fetch: self.fetch_command(revision, base, known),
        }
    }

    /// Every branch, remote-tracking branch and tag by its short name, sorted.
    pub(super) fn ref_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for reference in self.inner.references().into_iter().flatten().flatten() {
            if let Ok(name) = reference.name() {
                let short =
                    ["refs/heads/", "refs/remotes/", "refs/tags/"].iter().find_map(|p| name.strip_prefix(p));
                names.extend(short.filter(|s| !s.ends_with("/HEAD")).map(str::to_owned));
            }
        }
        names.sort();
        names.dedup();
        names
    }

    /// The command that gets more of the history of HEAD and of a revision; `None` where nothing is cut off.
    fn deeper(&self, revision: &str) -> Option<Fetch> {
        if !self.is_shallow() {
            return None;
        }
        let of_branch = self.remotes().into_iter().find_map(|remote| {
            let name = revision.strip_prefix(&remote)?.strip_prefix('/')?;
            Some(tracking(&remote, name))
        });
        Fetch::history(self, &of_branch.into_iter().collect::<Vec<_>>())
    }

    /// The command most likely to bring the revision here; `None` without a remote.
    fn fetch_command(&self, revision: &str, base: &str, known: bool) -> Option<Fetch> {
        let remotes = self.remotes();
        let remote = self.remote()?;
        let shallow = self.is_shallow();
        if known {
            // The name is here, but the path from it (`~3`, `^2`) runs out of history.
            return self.deeper(base);
        }
        let (remote, name) = remotes
            .iter()
            .find_map(|r| base.strip_prefix(r.as_str())?.strip_prefix('/').map(|rest| (r.clone(), rest)))
            .unwrap_or((remote, base));
        let name = name.strip_prefix("refs/tags/").or(name.strip_prefix("refs/heads/")).unwrap_or(name);
        if name.starts_with('-') {
            // No revision is called so, and git would take it for an option.
            return None;
        }
        let depth = shallow.then(|| "--depth=1".to_owned());
        let start = || std::iter::once("fetch".to_owned()).chain(depth.clone());
        let looks_like_tag = base.starts_with("refs/tags/")
            || name
                .rsplit('/')
                .next()
                .is_some_and(|n| n.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()));
        let is_hash = name.len() >= 7 && name.chars().all(|c| c.is_ascii_hexdigit());
        Some(if is_hash && shallow {
            return self.deeper(base);
        } else if is_hash {
            Fetch::new(["fetch", &remote])
        } else if looks_like_tag {
            Fetch::new(start().chain([remote, "tag".to_owned(), name.to_owned()]))
        } else if revision.starts_with(remote.as_str()) || shallow {
            // An explicit destination: shallow clones usually track one branch only.
            let to = tracking(&remote, name);
            Fetch::new(start().chain([remote, to]))
        } else {
            Fetch::new(["fetch", &remote, name])
        })
    }
}

/// Where a branch of a remote goes to. It is taken as it is there, also where somebody rewrote it.
fn tracking(remote: &str, name: &str) -> String {
    format!("+{name}:refs/remotes/{remote}/{name}")
}
