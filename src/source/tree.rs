//! A tree: paths with content ids, bytes on demand.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use bytes::Bytes;
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use thiserror::Error;

use super::legal::is_legal;
use super::{Name, Problem};
use crate::config::{buf, normalize};
use crate::git::{
    BlobError, BlobRef, Fetch, Id as ContentId, MAX_FILE_BYTES, Repo, Revision, Unchanged, is_lfs_pointer,
    read_blobs,
};
use crate::machine;

/// A file of a tree.
#[derive(Debug)]
pub struct Entry {
    id: OnceLock<ContentId>,
    /// The bytes, once something asked for them to be kept.
    content: OnceLock<Bytes>,
    pub(super) place: Place,
}

#[derive(Clone, Debug)]
pub(super) enum Place {
    Disk(PathBuf),
    Blob(BlobRef),
    Memory(Bytes),
    /// A file of the cache, with the hash that it has to have.
    Kept {
        path: PathBuf,
        sha256: Box<str>,
    },
}

/// Which part of a tree was named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All of it.
    #[default]
    All,
    /// A folder, from the root of the tree.
    Folder(String),
    /// One file, from the root of the tree.
    File {
        /// The file.
        path: String,
        /// Whether the other files of its package belong to it.
        package_files: bool,
    },
}

/// Why a file could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// There is no such file in the tree.
    #[error("no such file")]
    NotFound,
    /// Larger than what is read.
    #[error("the file is too large: {size} bytes, and {MAX_FILE_BYTES} at most are read")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
    },
    /// A Git LFS pointer stands in its place.
    #[error("a Git LFS pointer stands in the place of the file")]
    LfsPointer,
    /// The object database does not have it.
    #[error("{0}")]
    Object(String),
    /// What the cache holds is not what is locked.
    #[error("the cached file is gone, or is not what `{}` says", crate::lock::FILE_NAME)]
    NotAsLocked,
    /// The operating system refused.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl ReadError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self, path: &str) -> Option<String> {
        match self {
            ReadError::LfsPointer => Some(format!(
                "git lfs keeps `{path}` elsewhere: run `git lfs pull`, or take .proto files out of LFS"
            )),
            ReadError::Object(_) => {
                Some(
                "a partial clone gets it with `git fetch --refetch --no-filter` or with `--fetch`; otherwise `git fsck` tells what is lost"
                    .into(),
            )
            }
            ReadError::NotAsLocked => Some("`protopact deps update --locked` gets it again".into()),
            ReadError::TooLarge { .. } => Some("keep what is no contract out of its roots".into()),
            _ => None,
        }
    }
}

/// The files of one version of a contract, from wherever: .proto files and configuration files.
#[derive(Debug, Default)]
pub struct Tree {
    pub(super) name: Name,
    pub(super) entries: BTreeMap<Box<str>, Entry>,
    pub(super) repositories: Vec<PathBuf>,
    pub(super) problems: Vec<Problem>,
    /// Whether a folder on disk says something about how git writes its files.
    pub(super) attributes: bool,
    /// The folders of submodules whose files are here.
    pub(super) submodules: Vec<String>,
    /// Where the files really are that are reached through a link, in whatever form tells them apart.
    pub(super) linked: BTreeMap<Box<str>, String>,
    /// Sentences about how it was found.
    pub(super) notes: Vec<String>,
    pub(super) scope: Scope,
    pub(super) display: Display,
    pub(super) root: Option<PathBuf>,
    pub(super) origin: Option<Box<Origin>>,
    /// The descriptors of files that come from a descriptor set, by path.
    pub(super) descriptors: BTreeMap<String, Bytes>,
    /// Whether all bytes that are read are kept, because somebody reads them again.
    pub(super) keeps: bool,
}

/// Where in git a tree comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The folder of the repository's objects and references.
    pub repository: PathBuf,
    /// The revision.
    pub revision: Revision,
    /// The folder of the revision that is the root of the tree.
    pub folder: String,
}

impl Entry {
    /// The content id, where it is known already.
    pub(super) fn known(&self) -> Option<ContentId> {
        self.id.get().copied()
    }
}

/// How paths of a tree are shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Display {
    /// What the person typed, …
    pub(super) typed: String,
    /// … and the folder of the tree that it names.
    pub(super) at: String,
}

impl Tree {
    /// A tree of bytes in memory, for tests and for archives.
    #[must_use]
    pub fn from_memory<P: AsRef<str>>(name: &str, files: impl IntoIterator<Item = (P, Bytes)>) -> Tree {
        let mut tree = Tree { name: Name::Memory(name.to_owned()), ..Tree::default() };
        for (path, bytes) in files {
            match normalize(path.as_ref()) {
                Ok(path) if is_wanted(name_of(&path)) || is_legal(&path) => {
                    tree.insert(path, Place::Memory(bytes))
                }
                Ok(_) => {}
                Err(e) => tree.problems.push(Problem {
                    path: path.as_ref().to_owned(),
                    message: e.to_string(),
                    fatal: true,
                    hint: None,
                }),
            }
        }
        tree
    }

    pub(super) fn insert(&mut self, path: String, place: Place) {
        let id = match &place {
            Place::Blob(blob) => OnceLock::from(blob.id),
            _ => OnceLock::new(),
        };
        self.entries.insert(path.into(), Entry { id, content: OnceLock::new(), place });
    }

    /// The command that gets what a partial clone left behind of its files.
    pub(super) fn lacking(&self) -> Option<Fetch> {
        let repo = Repo::open(self.repositories.first()?).ok()?;
        let blobs = self.entries.values().filter_map(|entry| match &entry.place {
            Place::Blob(blob) if blob.repository == 0 => Some(blob.id),
            _ => None,
        });
        repo.lacking(blobs)
    }

    /// What it is.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The files, sorted by path.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(path, entry)| (&**path, entry))
    }

    /// What tells a file from others, wherever it is reached: two paths that a link makes of one have the same.
    pub(super) fn identity<'t>(&'t self, path: &'t str) -> &'t str {
        self.linked.get(path).map_or(path, String::as_str)
    }

    /// The .proto files, sorted by path.
    pub fn protos(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(|path| &**path).filter(|path| is_proto(path))
    }

    /// Whether the tree holds a file.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.entries.contains_key(path)
    }

    /// Whether any file of the tree lies in a folder. The empty folder is the tree itself.
    #[must_use]
    pub fn has_folder(&self, folder: &str) -> bool {
        if folder.is_empty() {
            return true;
        }
        let prefix = format!("{folder}/");
        let mut from = self
            .entries
            .range::<str, _>((std::ops::Bound::Included(prefix.as_str()), std::ops::Bound::Unbounded));
        from.next().is_some_and(|(path, _)| path.starts_with(&prefix))
    }

    /// What could not be taken in, sorted by path.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Which part was named when the tree was opened.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Where the tree's root is on disk, also of what is staged; `None` for trees that are not on disk.
    #[must_use]
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// Whether its files are read from disk, and not only of a folder on disk.
    pub(super) fn is_on_disk(&self) -> bool {
        self.root.is_some() && self.name != Name::Staged
    }

    /// Where in git the tree comes from; `None` for trees that are not a revision.
    #[must_use]
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_deref()
    }

    /// A path as shown to a person: relative to the working directory, spelled from what was typed; for git
    /// sources, the path inside the repository.
    #[must_use]
    pub fn display(&self, path: &str) -> String {
        // Where the tree itself was named, as nearly always.
        if self.display.at.is_empty() && matches!(&*self.display.typed, "" | ".") {
            return path.to_owned();
        }
        let at: Vec<&str> = self.display.at.split('/').filter(|p| !p.is_empty()).collect();
        let parts: Vec<&str> = path.split('/').collect();
        let common = at.iter().zip(&parts).take_while(|(a, b)| a == b).count();
        let typed = self.display.typed.replace('\\', "/");
        let mut shown: Vec<&str> = Vec::new();
        let ups = std::iter::repeat_n("..", at.len() - common);
        for part in typed.split('/').chain(ups).chain(parts[common..].iter().copied()) {
            match part {
                "" | "." => {}
                ".." if shown.last().is_some_and(|last| *last != "..") => {
                    shown.pop();
                }
                part => shown.push(part),
            }
        }
        let start = if typed.starts_with('/') { "/" } else { "" };
        format!("{start}{}", shown.join("/"))
    }

    /// The content id of a file. For a file on disk this reads it, once.
    ///
    /// # Errors
    ///
    /// There is no such file, or it cannot be read.
    pub fn id(&self, path: &str) -> Result<ContentId, ReadError> {
        let entry = self.entries.get(path).ok_or(ReadError::NotFound)?;
        if let Some(id) = entry.id.get() {
            return Ok(*id);
        }
        let bytes = self.read_entry(entry)?;
        Ok(*entry.id.get_or_init(|| ContentId::of(&bytes)))
    }

    /// Takes over the ids of files on disk that git knows without reading them. The tree was filled from `root`.
    pub(super) fn know(&self, unchanged: &Unchanged, root: &Path) {
        if self.attributes || !unchanged.is_plain(root) {
            return;
        }
        self.entries.par_iter().for_each(|(_, entry)| {
            if let Place::Disk(path) = &entry.place
                && let Some(id) = unchanged.id(path)
            {
                entry.id.get_or_init(|| id);
            }
        });
    }

    /// The content id of a file, where it is known already.
    pub(super) fn known_id(&self, path: &str) -> Option<ContentId> {
        self.entries.get(path)?.known()
    }

    /// Keeps the content id of a file whose bytes were read.
    pub(super) fn identify(&self, path: &str, bytes: &[u8]) -> Option<ContentId> {
        Some(*self.entries.get(path)?.id.get_or_init(|| ContentId::of(bytes)))
    }

    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// There is no such file, it cannot be read, it is too large, or it is a Git LFS pointer.
    pub fn read(&self, path: &str) -> Result<Bytes, ReadError> {
        self.read_entry(self.entries.get(path).ok_or(ReadError::NotFound)?)
    }

    fn read_entry(&self, entry: &Entry) -> Result<Bytes, ReadError> {
        if let Some(content) = entry.content.get() {
            return Ok(content.clone());
        }
        match &entry.place {
            Place::Blob(blob) => {
                let one = read_blobs(&self.repositories, &[*blob]).pop().expect("one in, one out");
                checked(one.map_err(ReadError::from)?)
            }
            place => read_local(place),
        }
    }

    /// As [`Tree::read_all`], and keeps the bytes, so that the next reading costs nothing.
    #[must_use]
    pub(super) fn read_all_kept(&self, paths: &[&str]) -> Vec<Result<Bytes, ReadError>> {
        let contents = self.read_each(paths);
        for (path, content) in paths.iter().zip(&contents) {
            if let (Some(entry), Ok(content)) = (self.entries.get(*path), content) {
                entry.content.get_or_init(|| content.clone());
            }
        }
        contents
    }

    /// Reads and keeps what has no id yet, and all that is not .proto: from then on everybody finds these bytes.
    pub(super) fn pin(&self) -> Result<(), ReadError> {
        let open = self.entries().filter(|(path, entry)| entry.known().is_none() || !is_proto(path));
        let open: Vec<&str> = open.map(|(path, _)| path).collect();
        for (path, content) in open.iter().zip(self.read_all_kept(&open)) {
            self.identify(path, &content?);
        }
        Ok(())
    }

    /// Whether all bytes that were kept have the ids of their files.
    pub(super) fn is_as_known(&self) -> bool {
        let kept =
            self.entries.par_iter().filter_map(|(_, entry)| Some((entry.known(), entry.content.get()?)));
        kept.all(|(id, content)| id == Some(ContentId::of(content)))
    }

    /// Whether its files are those of one folder or revision and of nothing else, and nothing about them is in doubt.
    pub(super) fn is_plain(&self) -> bool {
        self.problems.is_empty()
            && self.submodules.is_empty()
            && self.descriptors.is_empty()
            && self.repositories.len() <= 1
            && (self.is_on_disk() || self.origin.is_some())
    }

    /// The bytes that were kept, by their ids.
    pub(super) fn kept(&self) -> FxHashMap<ContentId, Bytes> {
        let kept = self.entries.values();
        kept.filter_map(|entry| Some((entry.known()?, entry.content.get()?.clone()))).collect()
    }

    /// Keeps from now on what is read, and takes over what another tree has read of its files in git.
    pub(super) fn take_over(&mut self, kept: &FxHashMap<ContentId, Bytes>) {
        self.keeps = true;
        for entry in self.entries.values().filter(|entry| matches!(entry.place, Place::Blob(_))) {
            if let Some(bytes) = entry.known().and_then(|id| kept.get(&id)) {
                entry.content.get_or_init(|| bytes.clone());
            }
        }
    }

    /// The bytes of many files, in the order given, read on all threads.
    #[must_use]
    pub fn read_all(&self, paths: &[&str]) -> Vec<Result<Bytes, ReadError>> {
        if self.keeps { self.read_all_kept(paths) } else { self.read_each(paths) }
    }

    fn read_each(&self, paths: &[&str]) -> Vec<Result<Bytes, ReadError>> {
        let entries: Vec<Option<&Entry>> = paths.iter().map(|path| self.entries.get(*path)).collect();
        // A repository that is opened for each of its objects costs more than they do.
        let unread = |entry: &Entry| match &entry.place {
            Place::Blob(blob) if entry.content.get().is_none() => Some(*blob),
            _ => None,
        };
        let blobs: Vec<Option<BlobRef>> = entries.iter().map(|entry| entry.and_then(unread)).collect();
        let asked: Vec<BlobRef> = blobs.iter().copied().flatten().collect();
        let mut read = read_blobs(&self.repositories, &asked).into_iter();
        if asked.len() == paths.len() {
            return read.map(|one| checked(one.map_err(ReadError::from)?)).collect();
        }
        // On disk, in memory, or already read.
        let others: Vec<Option<Result<Bytes, ReadError>>> = entries
            .into_par_iter()
            .zip(&blobs)
            .with_min_len(16)
            .map(|(entry, blob)| match (entry, blob) {
                (_, Some(_)) => None,
                (entry, None) => Some(entry.ok_or(ReadError::NotFound).and_then(|e| self.read_entry(e))),
            })
            .collect();
        let blob = |other: Option<_>| {
            other.unwrap_or_else(|| {
                let one = read.next().expect("one for each that was asked for");
                checked(one.map_err(ReadError::from)?)
            })
        };
        others.into_iter().map(blob).collect()
    }
}

fn read_local(place: &Place) -> Result<Bytes, ReadError> {
    match place {
        Place::Memory(bytes) => checked(bytes.clone()),
        Place::Blob(_) => Err(ReadError::NotFound),
        Place::Kept { path, sha256 } => {
            let bytes = std::fs::read(path).map_err(|_| ReadError::NotAsLocked)?;
            if machine::sha256(&bytes) != **sha256 {
                return Err(ReadError::NotAsLocked);
            }
            checked(bytes.into())
        }
        Place::Disk(path) => {
            let file = std::fs::File::open(path)?;
            let size = file.metadata()?.len();
            if size > MAX_FILE_BYTES {
                return Err(ReadError::TooLarge { size });
            }
            let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
            // The file may grow while it is read; the limit holds anyhow.
            file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 > MAX_FILE_BYTES {
                return Err(ReadError::TooLarge { size: bytes.len() as u64 });
            }
            checked(bytes.into())
        }
    }
}

fn checked(bytes: Bytes) -> Result<Bytes, ReadError> {
    if is_lfs_pointer(&bytes) { Err(ReadError::LfsPointer) } else { Ok(bytes) }
}

impl From<BlobError> for ReadError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::TooLarge { size } => ReadError::TooLarge { size },
            BlobError::Missing { .. } | BlobError::Other { .. } => ReadError::Object(error.to_string()),
            BlobError::Git { ref source, .. } => ReadError::Object(format!("{error}: {}", source.message())),
        }
    }
}

/// Whether a file is a .proto file.
pub(super) fn is_proto(name: &str) -> bool {
    name.len() > 6 && name.ends_with(".proto") && name_of(name) != ".proto"
}

/// The last part of a path.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a tree holds files of this name.
pub(super) fn is_wanted(name: &str) -> bool {
    const CONFIGURATION: [&str; 8] = [
        crate::config::FILE_NAME,
        crate::lock::FILE_NAME,
        buf::FILE_NAME,
        buf::WORK_FILE_NAME,
        "buf.gen.yaml",
        "buf.lock",
        "go.mod",
        ".gitmodules",
    ];
    is_proto(name) || CONFIGURATION.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_what_was_typed() {
        let shown = |typed: &str, at: &str, path: &str| {
            let display = Display { typed: typed.into(), at: at.into() };
            Tree { display, ..Tree::default() }.display(path)
        };
        assert_eq!(shown("new", "", "a/b.proto"), "new/a/b.proto");
        assert_eq!(shown(".", "", "a/b.proto"), "a/b.proto");
        assert_eq!(shown("../new/", "", "a/b.proto"), "../new/a/b.proto");
        assert_eq!(shown(".", "other/proto", "other/proto/x.proto"), "x.proto");
        assert_eq!(shown(".", "other/proto", "proto/x.proto"), "../../proto/x.proto");
        assert_eq!(shown("w/a", "a", "b/x.proto"), "w/b/x.proto");
        assert_eq!(shown("/abs/new", "", "a.proto"), "/abs/new/a.proto");
    }
}
