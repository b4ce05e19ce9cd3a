//! Which files of the working tree are as git's index has them, told without reading any: by what the system says of a
//! file, which git noted when it read or wrote it.
//!
//! What is not certain is nobody's: a file that was written about when the index was, as it may have been written again
//! since; and every file, where git may write other bytes to the working tree than it keeps (line ends, filters).

use std::borrow::Cow;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use git2::{AttrCheckFlags, AttrValue, IndexEntry};
use memchr::memrchr;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Id, Repo};

/// How much older than the index a file has to be, in nanoseconds: clocks of file systems go in steps.
const STEP: i128 = 50_000_000;
/// The same where a file system counts whole seconds.
const LONG_STEP: i128 = 3_000_000_000;
/// The attributes with which git changes bytes on their way.
const CHANGING: [&str; 6] = ["text", "crlf", "eol", "ident", "filter", "working-tree-encoding"];

/// The files of a working tree as git noted them.
#[derive(Debug)]
pub struct Unchanged {
    workdir: PathBuf,
    entries: FxHashMap<Vec<u8>, Noted>,
}

#[derive(Debug)]
struct Noted {
    id: Id,
    stat: Stat,
}

/// What the system says of a file, as far as git keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    changed: (i32, u32),
    modified: (i32, u32),
    inode: u32,
    size: u32,
}

/// Folders of the working tree in which git's index has .proto files, also further down.
#[derive(Debug, Default)]
pub struct Tracked(FxHashSet<Vec<u8>>);

impl Tracked {
    /// Whether a folder, from the root of the working tree, is one of them.
    pub fn holds(&self, folder: &Path) -> bool {
        folder.to_str().is_some_and(|folder| self.0.contains(&*slashes(folder.as_bytes())))
    }
}

/// A path as git writes it.
fn slashes(path: &[u8]) -> Cow<'_, [u8]> {
    if cfg!(windows) {
        return path.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect::<Vec<u8>>().into();
    }
    path.into()
}

impl Repo {
    /// The folders with contracts that git knows; none where the index cannot be read.
    pub fn tracked(&self) -> Tracked {
        let mut folders = FxHashSet::default();
        let Ok(index) = self.inner.index() else { return Tracked::default() };
        for entry in index.iter().filter(|entry| entry.path.ends_with(b".proto")) {
            let mut path = entry.path.as_slice();
            while let Some(end) = memrchr(b'/', path) {
                path = &path[..end];
                if folders.contains(path) {
                    break;
                }
                folders.insert(path.to_owned());
            }
        }
        Tracked(folders)
    }

    /// What git noted of the working tree; `None` where nothing follows from it.
    pub fn unchanged(&self) -> Option<Unchanged> {
        let workdir = std::fs::canonicalize(self.inner.workdir()?).ok()?;
        let index = self.inner.index().ok()?;
        // Bytes that were read get an id of this length.
        let digits = Id::of(b"").as_bytes().len();
        let written = Stat::of(&std::fs::metadata(index.path()?).ok()?)?.modified;
        let config = self.inner.config().ok()?;
        let set = |key: &str| config.get_string(key).is_ok_and(|value| value != "false");
        let rules = self.inner.path().join("info/attributes").exists();
        if set("core.autocrlf") || set("core.attributesfile") || rules {
            return None;
        }
        // What the user or the machine asks for, whatever the repository.
        let asked = |name: &&str| {
            let found = self.inner.get_attr(Path::new("any.proto"), name, AttrCheckFlags::INDEX_THEN_FILE);
            !matches!(found.map(AttrValue::from_string), Ok(AttrValue::Unspecified))
        };
        if CHANGING.iter().any(asked) {
            return None;
        }
        let mut entries = FxHashMap::default();
        for entry in index.iter() {
            if entry.path.ends_with(b".gitattributes") {
                return None;
            }
            if let Some(noted) = noted(&entry, written).filter(|noted| noted.id.as_bytes().len() == digits) {
                entries.insert(entry.path, noted);
            }
        }
        Some(Unchanged { workdir, entries })
    }
}

/// An entry that can be relied on.
fn noted(entry: &IndexEntry, written: (i32, u32)) -> Option<Noted> {
    let is_file = entry.mode & 0o170_000 == 0o100_000;
    let in_conflict = entry.flags >> 12 & 3 != 0;
    let modified = (entry.mtime.seconds(), entry.mtime.nanoseconds());
    let step = if modified.1 == 0 || written.1 == 0 { LONG_STEP } else { STEP };
    let at =
        |(seconds, nanoseconds): (i32, u32)| i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
    if !is_file || in_conflict || at(modified) + step > at(written) {
        return None;
    }
    let stat = Stat {
        changed: (entry.ctime.seconds(), entry.ctime.nanoseconds()),
        modified,
        inode: entry.ino,
        size: entry.file_size,
    };
    Some(Noted { id: Id::from_oid(entry.id), stat })
}

impl Unchanged {
    /// The id of a file's bytes, by its path on disk. `None` where only reading it tells.
    pub fn id(&self, path: &Path) -> Option<Id> {
        // Byte by byte: to go through the parts of every path takes longer than to ask the system.
        let workdir = self.workdir.as_os_str().as_encoded_bytes();
        let below = path.as_os_str().as_encoded_bytes().strip_prefix(workdir)?;
        let below = below.strip_prefix(std::path::MAIN_SEPARATOR_STR.as_bytes())?;
        let noted = self.entries.get(&*slashes(below))?;
        let metadata = std::fs::symlink_metadata(path).ok().filter(Metadata::is_file)?;
        (Stat::of(&metadata)? == noted.stat).then_some(noted.id)
    }

    /// Whether nobody has rules about the bytes of files in this folder or one around it, not even ones that git was not
    /// told of.
    pub fn is_plain(&self, folder: &Path) -> bool {
        let mut inside = folder.ancestors().take_while(|folder| folder.starts_with(&self.workdir));
        inside.all(|folder| !folder.join(".gitattributes").exists())
    }
}

impl Stat {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Option<Stat> {
        use std::os::unix::fs::MetadataExt as _;
        // Git keeps the lower half of each.
        let time = |seconds: i64, nanoseconds: i64| (seconds as i32, nanoseconds as u32);
        Some(Stat {
            changed: time(metadata.ctime(), metadata.ctime_nsec()),
            modified: time(metadata.mtime(), metadata.mtime_nsec()),
            inode: metadata.ino() as u32,
            size: metadata.size() as u32,
        })
    }

    /// Elsewhere the system does not say enough.
    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Option<Stat> {
        None
    }
}

#[cfg(all(test, unix))]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    use super::*;

    /// A repository with one file in a folder, written so many seconds before the index.
    fn repository(before: u64) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let mut options = git2::RepositoryInitOptions::new();
        git2::Repository::init_opts(dir.path(), options.external_template(false)).unwrap();
        let path = dir.path().canonicalize().unwrap().join("a/b.proto");
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::write(&path, "message M {}").unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(before)).unwrap();
        add(dir.path());
        (dir, path)
    }

    fn add(folder: &Path) {
        let repo = git2::Repository::open(folder).unwrap();
        let mut index = repo.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
        index.write().unwrap();
    }

    fn unchanged(folder: &Path) -> Option<Unchanged> {
        Repo::discover(folder).unwrap().unchanged()
    }

    #[test]
    fn what_git_noted_is_known_until_it_changes() {
        let (dir, path) = repository(60);
        let id = |path: &Path| unchanged(dir.path()).unwrap().id(path);
        assert_eq!(id(&path), Some(Id::of(b"message M {}")));
        assert_eq!(id(&dir.path().join("none.proto")), None);
        // The same size, and the time it had: the system knows when that was set.
        let was = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "message N {}").unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(was).unwrap();
        assert_eq!(id(&path), None);
    }

    #[test]
    fn what_was_written_with_the_index_is_not_relied_on() {
        let (dir, path) = repository(0);
        assert_eq!(unchanged(dir.path()).unwrap().id(&path), None);
    }

    #[test]
    fn a_link_is_not_the_file_it_was() {
        let (dir, path) = repository(60);
        fs::rename(&path, dir.path().join("other.proto")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("other.proto"), &path).unwrap();
        assert_eq!(unchanged(dir.path()).unwrap().id(&path), None);
    }

    #[test]
    fn nothing_is_known_where_git_changes_bytes() {
        let (dir, path) = repository(60);
        assert!(unchanged(dir.path()).unwrap().is_plain(path.parent().unwrap()));
        // Whether git was told of the rules or not.
        fs::write(dir.path().join("a/.gitattributes"), "*.proto text eol=crlf").unwrap();
        assert!(!unchanged(dir.path()).unwrap().is_plain(path.parent().unwrap()));
        add(dir.path());
        assert!(unchanged(dir.path()).is_none());
        let (dir, _) = repository(60);
        fs::create_dir_all(dir.path().join(".git/info")).unwrap();
        fs::write(dir.path().join(".git/info/attributes"), "").unwrap();
        assert!(unchanged(dir.path()).is_none());
        for (key, value, known) in [("core.autocrlf", "input", false), ("core.autocrlf", "false", true)] {
            let (dir, _) = repository(60);
            let repo = git2::Repository::open(dir.path()).unwrap();
            repo.config().unwrap().set_str(key, value).unwrap();
            assert_eq!(unchanged(dir.path()).is_some(), known, "{key} = {value}");
        }
    }
}
