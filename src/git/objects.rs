//! Files of a tree object, and their bytes.
//!
//! Listing reads tree objects only, never a blob except symbolic links. Links are followed inside the
//! repository's tree and never out of it, and submodules are entered where their objects are here.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;
use git2::{ErrorCode, Oid, Repository};
use rayon::prelude::*;
use thiserror::Error;

use crate::text::near;

use super::{Cause, GitError, Id, Repo, Revision, loose};

/// The largest file that is read, in bytes. Far above any real contract file; a limit so that a hostile
/// repository cannot exhaust the memory.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// How many tree entries a walk may see. googleapis has about 10,000; chains of links can multiply without end.
const MAX_ENTRIES: usize = 2_000_000;
/// How deep folders may nest.
const MAX_DEPTH: usize = 256;
/// How many blobs are read by one thread before another may take the next ones.
const PIECE: usize = 64;
/// How many links may be followed to reach one file, as on Linux.
const MAX_LINKS: usize = 40;

const TREE: i32 = 0o040_000;
const LINK: i32 = 0o120_000;
const SUBMODULE: i32 = 0o160_000;

/// A blob in one of the repositories of a [`Listing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobRef {
    /// Its id.
    pub id: Id,
    /// Index into [`Listing::repositories`].
    pub repository: usize,
}

/// The wanted files under a folder of a tree.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Path relative to the folder, and where the bytes are.
    pub files: BTreeMap<String, BlobRef>,
    /// Where the files really are, from the folder, that are listed by way of a link.
    pub linked: BTreeMap<String, String>,
    /// The submodules whose files are listed.
    pub submodules: Vec<String>,
    /// What was left out, in path order.
    pub skipped: Vec<Skipped>,
    /// The repositories the blobs are in: the repository itself, then submodules.
    pub repositories: Vec<PathBuf>,
}

/// Something in the tree that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Path relative to the folder.
    pub path: String,
    /// Why.
    pub why: SkippedWhy,
}

/// Why something in a tree was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkippedWhy {
    /// The name is not valid UTF-8 or holds a backslash or control character, so that no import can name it.
    Name,
    /// A link that leads out of the tree.
    Escapes(String),
    /// A link to something that does not exist.
    Dangling(String),
    /// A link to a folder that holds the link, or a chain of links without end.
    Loop(String),
    /// A submodule whose commit is not here.
    Submodule(String),
}

impl Repo {
    /// Lists the files under a folder of a revision that `want` accepts by name.
    ///
    /// # Errors
    ///
    /// The folder does not exist, an object is missing, or the tree is unreasonably large.
    pub fn list(
        &self,
        revision: &Revision,
        folder: &str,
        want: &dyn Fn(&str) -> bool,
    ) -> Result<Listing, GitError> {
        let mut listing = Listing { repositories: vec![self.object_dir()], ..Listing::default() };
        let root = revision.tree.oid();
        let walk = Walk { want, folder, ..Walk::new(&self.inner, root) };
        let mut start = walk.folder(folder).ok_or_else(|| self.missing(revision, folder))?;
        let mut seen = 0;
        walk.enter(&mut start, &mut String::new(), &mut Vec::new(), &mut listing, &mut seen)?;
        listing.skipped.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(listing)
    }

    /// How large a file of a revision is, in bytes; `None` when there is no such file or it cannot be told.
    #[must_use]
    pub fn size_of(&self, revision: &Revision, path: &str) -> Option<u64> {
        let walk = Walk::new(&self.inner, revision.tree.oid());
        let Ok(Found::File(id, _)) = walk.follow(&[], path) else { return None };
        loose::sound(&self.inner, id).ok()?;
        let (size, _) = self.inner.odb().ok()?.read_header(id).ok()?;
        Some(size as u64)
    }

    /// The bytes of one file of a revision; `None` when there is no such file.
    ///
    /// # Errors
    ///
    /// The blob cannot be read.
    pub fn read_path(&self, revision: &Revision, path: &str) -> Result<Option<Bytes>, GitError> {
        let walk = Walk::new(&self.inner, revision.tree.oid());
        let Ok(Found::File(id, _)) = walk.follow(&[], path) else { return Ok(None) };
        let blob = loose::sound(&self.inner, id).and_then(|()| self.inner.find_blob(id));
        let blob =
            blob.map_err(|source| GitError::git(format!("read `{path}` from {}", revision.label()), source))?;
        Ok(Some(Bytes::copy_from_slice(blob.content())))
    }

    /// The names of what lies directly in a folder of a revision; none where there is no such folder.
    #[must_use]
    pub fn names_in(&self, revision: &Revision, folder: &str) -> Vec<String> {
        let walk = Walk::new(&self.inner, revision.tree.oid());
        let tree = walk.folder(folder).and_then(|dirs| walk.tree(walk.id_of(&dirs)).ok());
        let names = tree.iter().flat_map(|tree| tree.iter());
        names.filter_map(|entry| entry.name().ok().map(str::to_owned)).collect()
    }

    /// Whether a folder exists in a revision.
    #[must_use]
    pub fn has_folder(&self, revision: &Revision, folder: &str) -> bool {
        Walk::new(&self.inner, revision.tree.oid()).folder(folder).is_some()
    }

    fn missing(&self, revision: &Revision, folder: &str) -> GitError {
        let walk = Walk::new(&self.inner, revision.tree.oid());
        let parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
        let mut suggestions = Vec::new();
        for depth in 0..parts.len() {
            let parent = parts[..depth].join("/");
            if walk.folder(&parts[..=depth].join("/")).is_some() {
                continue;
            }
            let tree = walk.folder(&parent).map_or(revision.tree.oid(), |dirs| walk.id_of(&dirs));
            if let Ok(tree) = walk.tree(tree) {
                let names: Vec<String> = tree
                    .iter()
                    .filter(|e| e.filemode_raw() == TREE)
                    .filter_map(|e| e.name().ok().map(str::to_owned))
                    .collect();
                suggestions = near(parts[depth], names.iter().map(String::as_str))
                    .into_iter()
                    .map(|n| if parent.is_empty() { n } else { format!("{parent}/{n}") })
                    .collect();
            }
            break;
        }
        GitError::MissingPath { path: folder.to_owned(), label: revision.label(), near: suggestions }
    }
}

/// The folders from the root of a tree to some folder: name and tree id of each.
type Dirs = Vec<(String, Oid)>;

/// The path of an entry of a folder.
fn real(dirs: &[(String, Oid)], name: &str) -> String {
    let parts: Vec<&str> = dirs.iter().map(|(n, _)| n.as_str()).chain([name]).collect();
    parts.join("/")
}

enum Found {
    /// The blob, and its path from the root of the tree.
    File(Oid, String),
    Folder(Dirs),
}

pub(super) struct Walk<'a> {
    repository: &'a Repository,
    /// Index of the repository in the listing.
    index: usize,
    root: Oid,
    want: &'a dyn Fn(&str) -> bool,
    /// The folder that paths are listed from, and where in the listing the root is.
    folder: &'a str,
    outer: String,
    /// How many links are being followed: without any, files are where they are listed.
    links: Cell<u32>,
    /// The repository's folders of objects.
    folders: OnceCell<Vec<PathBuf>>,
    /// The trees that can be read to their end: one that stands in many places is looked at once.
    sound: RefCell<HashSet<Oid>>,
}

impl<'a> Walk<'a> {
    /// A walk that only finds paths.
    pub(super) fn new(repository: &'a Repository, root: Oid) -> Walk<'a> {
        Walk {
            repository,
            index: 0,
            root,
            want: &|_| false,
            folder: "",
            outer: String::new(),
            links: Cell::new(0),
            folders: OnceCell::new(),
            sound: RefCell::default(),
        }
    }

    /// The blob of a file.
    pub(super) fn file(&self, path: &str) -> Option<Oid> {
        match self.follow(&[], path) {
            Ok(Found::File(id, _)) => Some(id),
            _ => None,
        }
    }

    /// Where a file really is, from the root of the tree.
    pub(super) fn place(&self, path: &str) -> Option<String> {
        match self.follow(&[], path) {
            Ok(Found::File(_, real)) => Some(real),
            _ => None,
        }
    }

    /// The tree of a folder.
    pub(super) fn folder_id(&self, path: &str) -> Option<Oid> {
        self.folder(path).map(|dirs| self.id_of(&dirs))
    }

    fn tree(&self, id: Oid) -> Result<git2::Tree<'a>, git2::Error> {
        if !self.sound.borrow().contains(&id) {
            loose::sound_in(self.folders.get_or_init(|| loose::folders(self.repository)), id)?;
            self.sound.borrow_mut().insert(id);
        }
        self.repository.find_tree(id)
    }

    fn id_of(&self, dirs: &[(String, Oid)]) -> Oid {
        dirs.last().map_or(self.root, |(_, id)| *id)
    }

    fn folder(&self, path: &str) -> Option<Dirs> {
        match self.follow(&[], path) {
            Ok(Found::Folder(dirs)) => Some(dirs),
            _ => None,
        }
    }

    /// Walks a path from a folder, through links, inside the tree.
    fn follow(&self, from: &[(String, Oid)], path: &str) -> Result<Found, SkippedWhy> {
        let dangling = || SkippedWhy::Dangling(path.to_owned());
        let mut dirs = from.to_vec();
        let mut todo: VecDeque<String> = path.split('/').map(str::to_owned).collect();
        let mut links = 0;
        while let Some(name) = todo.pop_front() {
            match name.as_str() {
                "" | "." => continue,
                ".." => {
                    dirs.pop().ok_or_else(|| SkippedWhy::Escapes(path.to_owned()))?;
                    continue;
                }
                _ => {}
            }
            let tree = self.tree(self.id_of(&dirs)).map_err(|_| dangling())?;
            let entry = tree.get_name(&name).ok_or_else(dangling)?;
            match entry.filemode_raw() {
                TREE => dirs.push((name, entry.id())),
                LINK => {
                    links += 1;
                    if links > MAX_LINKS {
                        return Err(SkippedWhy::Loop(path.to_owned()));
                    }
                    let target = self.link_target(entry.id()).ok_or_else(dangling)?;
                    if target.starts_with('/') {
                        return Err(SkippedWhy::Escapes(target));
                    }
                    for part in target.rsplit('/') {
                        todo.push_front(part.to_owned());
                    }
                }
                SUBMODULE => return Err(dangling()),
                _ if todo.iter().all(|rest| rest.is_empty()) => {
                    return Ok(Found::File(entry.id(), real(&dirs, &name)));
                }
                _ => return Err(dangling()),
            }
        }
        Ok(Found::Folder(dirs))
    }

    /// Enters a file in the listing, with its real place where that is another.
    fn listed(&self, listing: &mut Listing, path: &str, blob: BlobRef, real: Option<String>) {
        listing.files.insert(path.to_owned(), blob);
        let Some(real) = real else { return };
        let real = match (self.outer.as_str(), self.folder) {
            ("", "") => real,
            ("", folder) => match real.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) {
                Some(rest) => rest.to_owned(),
                None => format!("/{real}"),
            },
            (outer, _) => format!("{outer}/{real}"),
        };
        if real != path {
            listing.linked.insert(path.to_owned(), real);
        }
    }

    fn link_target(&self, id: Oid) -> Option<String> {
        loose::sound(self.repository, id).ok()?;
        let blob = self.repository.find_blob(id).ok()?;
        // PATH_MAX on Linux; anything longer is no link target.
        (blob.size() <= 4096).then_some(())?;
        String::from_utf8(blob.content().to_vec()).ok()
    }

    /// Adds everything under `dirs`, which are the same afterwards. `prefix` is the path as listed; `above` holds the ids of the folders being
    /// walked, to notice a link to one of them.
    fn enter(
        &self,
        dirs: &mut Dirs,
        prefix: &mut String,
        above: &mut Vec<Oid>,
        listing: &mut Listing,
        seen: &mut usize,
    ) -> Result<(), GitError> {
        if above.len() >= MAX_DEPTH {
            return Err(GitError::TooLarge { limit: MAX_DEPTH, what: "nested folders" });
        }
        let id = self.id_of(dirs);
        let tree =
            self.tree(id).map_err(|source| GitError::git(format!("read folder `{prefix}`"), source))?;
        above.push(id);
        for entry in &tree {
            *seen += 1;
            if *seen > MAX_ENTRIES {
                return Err(GitError::TooLarge { limit: MAX_ENTRIES, what: "entries" });
            }
            let mode = entry.filemode_raw();
            let length = prefix.len();
            let valid = std::str::from_utf8(entry.name_bytes()).ok().filter(|n| super::is_plain_name(n));
            let Some(name) = valid else {
                let shown = String::from_utf8_lossy(entry.name_bytes()).into_owned();
                if mode == TREE || (self.want)(&shown) {
                    listing.skipped.push(Skipped { path: format!("{prefix}{shown}"), why: SkippedWhy::Name });
                }
                continue;
            };
            prefix.push_str(name);
            let mut skip = None;
            match mode {
                TREE => {
                    prefix.push('/');
                    dirs.push((name.to_owned(), entry.id()));
                    self.enter(dirs, prefix, above, listing, seen)?;
                    dirs.pop();
                }
                LINK => skip = self.link(dirs, name, entry.id(), prefix, above, listing, seen)?,
                SUBMODULE => {
                    let path: Vec<&str> = dirs.iter().map(|(n, _)| n.as_str()).chain([name]).collect();
                    if !self.submodule(&path.join("/"), entry.id(), prefix, above, listing, seen)? {
                        skip = Some(SkippedWhy::Submodule(Id::from_oid(entry.id()).short()));
                    }
                }
                _ if (self.want)(name) => {
                    let blob = BlobRef { id: Id::from_oid(entry.id()), repository: self.index };
                    let real = (self.links.get() > 0).then(|| real(dirs, name));
                    self.listed(listing, prefix, blob, real);
                }
                _ => {}
            }
            if let Some(why) = skip {
                listing.skipped.push(Skipped { path: prefix.clone(), why });
            }
            prefix.truncate(length);
        }
        above.pop();
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one walk, handed down unchanged")]
    fn link(
        &self,
        dirs: &Dirs,
        name: &str,
        id: Oid,
        prefix: &mut String,
        above: &mut Vec<Oid>,
        listing: &mut Listing,
        seen: &mut usize,
    ) -> Result<Option<SkippedWhy>, GitError> {
        let target = self.link_target(id).unwrap_or_default();
        let found = if target.starts_with('/') {
            Err(SkippedWhy::Escapes(target.clone()))
        } else {
            self.follow(dirs, name)
        };
        match found {
            Ok(Found::File(blob, real)) => {
                if (self.want)(name) {
                    let blob = BlobRef { id: Id::from_oid(blob), repository: self.index };
                    self.listed(listing, prefix, blob, Some(real));
                }
                Ok(None)
            }
            Ok(Found::Folder(inner)) if above.contains(&self.id_of(&inner)) => {
                Ok(Some(SkippedWhy::Loop(target)))
            }
            Ok(Found::Folder(mut inner)) => {
                prefix.push('/');
                self.links.set(self.links.get() + 1);
                self.enter(&mut inner, prefix, above, listing, seen)?;
                self.links.set(self.links.get() - 1);
                prefix.pop();
                Ok(None)
            }
            Err(SkippedWhy::Escapes(_)) => Ok(Some(SkippedWhy::Escapes(target))),
            Err(SkippedWhy::Loop(_)) => Ok(Some(SkippedWhy::Loop(target))),
            Err(_) => Ok(Some(SkippedWhy::Dangling(target))),
        }
    }

    /// Walks a submodule's commit; `false` when its objects are not here.
    fn submodule(
        &self,
        path: &str,
        commit: Oid,
        prefix: &mut String,
        above: &mut Vec<Oid>,
        listing: &mut Listing,
        seen: &mut usize,
    ) -> Result<bool, GitError> {
        let Some(inner) = self.open_submodule(path) else { return Ok(false) };
        let tree = loose::sound_to_tree(&inner, commit).and_then(|()| inner.find_commit(commit)?.tree());
        let Ok(tree) = tree else { return Ok(false) };
        listing.submodules.push(prefix.clone());
        listing.repositories.push(inner.commondir().to_path_buf());
        let walk = Walk {
            index: listing.repositories.len() - 1,
            want: self.want,
            folder: self.folder,
            outer: prefix.clone(),
            links: self.links.clone(),
            ..Walk::new(&inner, tree.id())
        };
        prefix.push('/');
        walk.enter(&mut Vec::new(), prefix, above, listing, seen)?;
        prefix.pop();
        Ok(true)
    }

    fn open_submodule(&self, path: &str) -> Option<Repository> {
        let submodule = self.repository.find_submodule(path).ok()?;
        if let Ok(inner) = submodule.open() {
            return Some(inner);
        }
        // Not checked out here (a bare repository, a linked worktree), but perhaps cloned. The name is written
        // by whoever wrote `.gitmodules`, so that it may not lead out of the folder of submodules.
        let name = Path::new(submodule.name().ok()?);
        let inside = name.components().all(|c| matches!(c, Component::Normal(_)));
        inside.then(|| Repository::open(self.repository.commondir().join("modules").join(name)).ok())?
    }
}

/// Why a blob could not be read.
#[derive(Debug, Error)]
pub(crate) enum BlobError {
    #[error("is {size} bytes; at most {MAX_FILE_BYTES} bytes are read")]
    TooLarge { size: u64 },
    #[error("its object {id} is missing from the object database")]
    Missing { id: Id },
    #[error("its object {id} is damaged: its bytes are not what it is named after")]
    Other { id: Id },
    #[error("its object {id} cannot be read")]
    Git {
        id: Id,
        #[source]
        source: Cause,
    },
}

/// Reads many blobs, in the order given, on all threads: each thread opens the repositories for itself.
pub(crate) fn read_blobs(repositories: &[PathBuf], blobs: &[BlobRef]) -> Vec<Result<Bytes, BlobError>> {
    // Opening costs about as much as reading a few dozen blobs, so that whoever takes the next piece goes on with what is
    // open; and files of a folder are large or small together, so that pieces of equal number would not be equal work.
    let open = || -> Vec<Option<(Repository, Vec<PathBuf>)>> { repositories.iter().map(|_| None).collect() };
    let pieces = blobs.par_chunks(PIECE).map_init(open, |open, piece| {
        let read = piece.iter().map(|blob| {
            let slot = &mut open[blob.repository];
            if slot.is_none() {
                let opened = Repository::open(&repositories[blob.repository])
                    .map_err(|source| BlobError::Git { id: blob.id, source: Cause::new(source) })?;
                let folders = loose::folders(&opened);
                *slot = Some((opened, folders));
            }
            let (repository, folders) = slot.as_ref().expect("opened above");
            read_blob(repository, folders, blob.id)
        });
        read.collect::<Vec<_>>()
    });
    pieces.collect::<Vec<_>>().into_iter().flatten().collect()
}

fn read_blob(repository: &Repository, folders: &[PathBuf], id: Id) -> Result<Bytes, BlobError> {
    let fail = |source: git2::Error| match source.code() {
        ErrorCode::NotFound => BlobError::Missing { id },
        _ => BlobError::Git { id, source: Cause::new(source) },
    };
    let oid = id.oid();
    loose::sound_in(folders, oid).map_err(fail)?;
    let odb = repository.odb().map_err(fail)?;
    let (size, _) = odb.read_header(oid).map_err(fail)?;
    if size as u64 > MAX_FILE_BYTES {
        return Err(BlobError::TooLarge { size: size as u64 });
    }
    let object = odb.read(oid).map_err(fail)?;
    if !id.is_of(object.data()) {
        return Err(BlobError::Other { id });
    }
    Ok(Bytes::copy_from_slice(object.data()))
}

/// Whether these bytes stand for a file kept in Git LFS (the pointer file format, version 1).
pub(crate) fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.len() < 1024 && bytes.starts_with(b"version https://git-lfs.github.com/spec/v1\n")
}
