//! The versions that were published before a baseline, and their files without a checkout.

use std::sync::Arc;

use git2::{ObjectType, Oid, Reference};
use rustc_hash::FxHashMap;
use semver::Version;

use super::objects::Walk;
use super::{GitError, Id, Repo, Revision, RevisionKind, TagPattern, loose};

/// How many entries one version's folders may have in all; see [`Repo::list`].
const MAX_ENTRIES: usize = 2_000_000;
/// How deep folders may nest.
const MAX_DEPTH: usize = 256;
/// How much the clocks of two committers may disagree, in seconds.
const CLOCK_SKEW: i64 = 86_400;

const TREE: i32 = 0o040_000;
const FILES: [i32; 3] = [0o100_644, 0o100_755, 0o100_664];

/// One published version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The version.
    pub version: Version,
    /// Its tag.
    pub tag: String,
    /// Its root tree.
    pub tree: Id,
    /// When it was tagged, or else committed: seconds since 1970. `None` for a tag of something that has no time.
    pub time: Option<i64>,
}

/// When a tag was made: an annotated one says so, of another one it is the time of its commit.
fn time_of(reference: &Reference<'_>) -> Option<i64> {
    let tagged = reference.peel_to_tag().ok().and_then(|tag| Some(tag.tagger()?.when().seconds()));
    tagged.or_else(|| Some(reference.peel_to_commit().ok()?.time().seconds()))
}

impl Repo {
    /// The versions that were published before a baseline, newest first and `most` at most, and how many there
    /// are in all.
    ///
    /// For a baseline that is itself a version these are the versions below it. For any other revision they are
    /// those whose commit does not come after it, on whatever branch they were tagged. Versions with the very
    /// files of the baseline are left out: they tell nothing that it does not.
    ///
    /// # Errors
    ///
    /// The references or commits cannot be read.
    pub fn published(
        &self,
        pattern: &TagPattern,
        baseline: &Revision,
        most: usize,
    ) -> Result<(Vec<Published>, usize), GitError> {
        self.published_but(pattern, baseline, most, Some(baseline.tree))
    }

    /// When a tag was made, or else its commit: seconds since 1970. `None` for one that is not there or has no time.
    #[must_use]
    pub fn tagged_at(&self, tag: &str) -> Option<i64> {
        time_of(&self.inner.find_reference(&format!("refs/tags/{tag}")).ok()?)
    }

    /// The same with the versions that have the very files of the baseline, itself among them where it is a version.
    ///
    /// # Errors
    ///
    /// The references or commits cannot be read.
    pub fn published_so_far(
        &self,
        pattern: &TagPattern,
        baseline: &Revision,
        most: usize,
    ) -> Result<Vec<Published>, GitError> {
        Ok(self.published_but(pattern, baseline, most, None)?.0)
    }

    /// The versions up to a baseline, without those of these files.
    fn published_but(
        &self,
        pattern: &TagPattern,
        baseline: &Revision,
        most: usize,
        without: Option<Id>,
    ) -> Result<(Vec<Published>, usize), GitError> {
        let limit = match baseline.kind {
            RevisionKind::Tag => self.version_of(pattern, &baseline.name),
            _ => None,
        };
        let mut found = Vec::new();
        let mut count = 0;
        let mut looked_at = false;
        for (version, tag) in self.versions(pattern)?.into_iter().rev() {
            if limit.as_ref().is_some_and(|limit| version > *limit) {
                continue;
            }
            let doing = |source| GitError::git(format!("read tag `{tag}`"), source);
            let reference = self.inner.find_reference(&format!("refs/tags/{tag}")).map_err(doing)?;
            if let Some(id) = reference.target() {
                loose::sound_to_tree(&self.inner, id).map_err(doing)?;
            }
            // A tag of something that is no tree is no version of any files.
            let Ok(tree) = reference.peel(ObjectType::Tree) else { continue };
            let tree = Id::from_oid(tree.id());
            if without == Some(tree) {
                continue;
            }
            if limit.is_none()
                && let Ok(commit) = reference.peel_to_commit()
                && self
                    .comes_after(commit.id(), baseline.commit.map(Id::oid), &mut looked_at)
                    .map_err(doing)?
            {
                continue;
            }
            count += 1;
            if found.len() < most {
                let time = time_of(&reference);
                found.push(Published { version, tag, tree, time });
            }
        }
        Ok((found, count))
    }

    /// Whether a commit descends from a baseline. `looked_at` says whether history is known to be sound.
    fn comes_after(
        &self,
        commit: Oid,
        baseline: Option<Oid>,
        looked_at: &mut bool,
    ) -> Result<bool, git2::Error> {
        let Some(baseline) = baseline.filter(|b| *b != commit) else { return Ok(false) };
        // A descendant is younger, which spares looking through history for almost every version.
        let time = |id| self.inner.find_commit(id).map(|c| c.time().seconds());
        if time(commit)?.saturating_add(CLOCK_SKEW) < time(baseline)? {
            return Ok(false);
        }
        if !*looked_at {
            loose::sound_history(&self.inner)?;
            *looked_at = true;
        }
        self.inner.graph_descendant_of(commit, baseline)
    }

    /// The blob at a path of a tree, through links inside the tree.
    #[must_use]
    pub fn blob_at(&self, tree: Id, path: &str) -> Option<Id> {
        Walk::new(&self.inner, tree.oid()).file(path).map(Id::from_oid)
    }

    /// The tree of a folder, through links inside the tree.
    #[must_use]
    pub fn folder_at(&self, tree: Id, path: &str) -> Option<Id> {
        Walk::new(&self.inner, tree.oid()).folder_id(path).map(Id::from_oid)
    }
}

/// The blobs below trees. What two trees share is walked once. Links and submodules are not followed: what a link
/// leads to is in the tree itself.
#[derive(Debug, Default)]
pub struct Folders {
    known: FxHashMap<Oid, Arc<[Id]>>,
    seen: usize,
}

impl Folders {
    /// The same for another walk, which may see as much as the first.
    #[must_use]
    pub fn again(self) -> Folders {
        Folders { seen: 0, ..self }
    }

    /// The files below a tree that `want` accepts by name: their blobs, sorted, each once.
    ///
    /// # Errors
    ///
    /// An object is missing, or the trees are unreasonably large.
    pub fn blobs(
        &mut self,
        repo: &Repo,
        tree: Id,
        want: &dyn Fn(&str) -> bool,
    ) -> Result<Arc<[Id]>, GitError> {
        self.walk(repo, tree.oid(), want, 0)
    }

    fn walk(
        &mut self,
        repo: &Repo,
        id: Oid,
        want: &dyn Fn(&str) -> bool,
        depth: usize,
    ) -> Result<Arc<[Id]>, GitError> {
        if let Some(known) = self.known.get(&id) {
            return Ok(known.clone());
        }
        if depth >= MAX_DEPTH {
            return Err(GitError::TooLarge { limit: MAX_DEPTH, what: "nested folders" });
        }
        let tree = loose::sound(&repo.inner, id)
            .and_then(|()| repo.inner.find_tree(id))
            .map_err(|source| GitError::git(format!("read the folder with the id {id}"), source))?;
        let mut blobs = Vec::new();
        for entry in &tree {
            self.seen += 1;
            if self.seen > MAX_ENTRIES {
                return Err(GitError::TooLarge { limit: MAX_ENTRIES, what: "entries" });
            }
            match entry.filemode_raw() {
                TREE => blobs.extend_from_slice(&self.walk(repo, entry.id(), want, depth + 1)?),
                mode if FILES.contains(&mode) && entry.name().is_ok_and(want) => {
                    blobs.push(Id::from_oid(entry.id()))
                }
                _ => {}
            }
        }
        blobs.sort_unstable();
        blobs.dedup();
        let blobs: Arc<[Id]> = blobs.into();
        self.known.insert(id, blobs.clone());
        Ok(blobs)
    }
}
