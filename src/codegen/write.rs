//! The output folder: replaced as a whole, so that whoever looks sees the old one or the new one.
//!
//! The new folder is made beside the old one, `.NAME.protopact-…`, out of what is new and of links to what stays;
//! then the two change places in one step of the file system (`renameat2` with `RENAME_EXCHANGE` on Linux,
//! `renameatx_np` on macOS), and what was old is deleted. A run that is killed before that step leaves the old folder,
//! after it the new one; what it leaves beside is deleted by the next run.
//!
//! Where the system cannot swap, the old folder is renamed to `.NAME.protopact-old` and the new one takes its name.
//! A run that is killed between the two leaves the old folder under that name, whole; the next run puts it back.
//!
//! Two runs into one folder wait for each other: the folder itself is locked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use thiserror::Error;

use super::FileTree;
use super::manifest::{self, Entry, Manifest};
use crate::machine::sha256;

/// Why the output cannot be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The system refuses.
    #[error("cannot {what} `{}`", .path.display())]
    Io {
        /// What was being done.
        what: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Another run has the folder.
    #[error("another run is writing to `{}`; waited for {} seconds", .path.display(), .waited.as_secs())]
    Busy {
        /// The folder.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The folder is one that must not be replaced.
    #[error("`{}` cannot be an output folder: {reason}", .path.display())]
    Unsuitable {
        /// The folder.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Packages of single versions, each in a folder of its own, and one that is not of a version would be one in the
    /// other.
    #[error("`{}` cannot be where there is already {}: one would be inside the other", .path.display(), names(.units))]
    Versions {
        /// The unit.
        path: PathBuf,
        /// The packages, below the output.
        units: Vec<String>,
    },
    /// Files would be lost that protopact has not written.
    #[error("`{}` holds files that protopact has not written: {}", .path.display(), names(.files))]
    Foreign {
        /// The unit.
        path: PathBuf,
        /// The files, below it.
        files: Vec<String>,
    },
}

impl WriteError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            WriteError::Io { .. } => None,
            WriteError::Busy { .. } => Some("try again when it has finished"),
            WriteError::Unsuitable { .. } => Some("name a folder of its own with `--out`"),
            WriteError::Versions { .. } => Some(
                "go on with `--versioned` or without it, name another folder with `--out`, or delete this one",
            ),
            WriteError::Foreign { .. } => Some("move them elsewhere, or delete them with `--force`"),
        }
    }
}

fn names(files: &[String]) -> String {
    let shown: Vec<String> = files.iter().take(3).map(|f| format!("`{f}`")).collect();
    match files.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// An output folder that this run alone may change.
#[derive(Debug)]
pub struct Out {
    path: PathBuf,
    made: bool,
    lock: Option<File>,
}

/// What becomes of a folder below the output.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Its new files.
    pub files: &'a FileTree,
    /// Whether files that are not among them stay, unless protopact wrote them.
    pub keeps_others: bool,
}

/// How a unit on disk differs from what was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Files that are not there.
    pub missing: Vec<String>,
    /// Files with another content.
    pub changed: Vec<String>,
    /// Files that were not written, but for what builds leave behind.
    pub foreign: Vec<String>,
}

impl Drift {
    /// Whether there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.missing.is_empty() && self.changed.is_empty() && self.foreign.is_empty()
    }
}

pub(super) fn fail<'p>(what: &'static str, path: &'p Path) -> impl FnOnce(io::Error) -> WriteError + 'p {
    move |source| WriteError::Io { what, path: path.to_owned(), source }
}

impl Out {
    /// Takes an output folder, making it when it is not there; waits for another run up to `patience`.
    ///
    /// # Errors
    ///
    /// The folder cannot be made, must not be replaced, or stays with another run.
    pub fn take(path: &Path, patience: Duration) -> Result<Out, WriteError> {
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
        let parent = parent.ok_or_else(|| WriteError::Unsuitable {
            path: path.to_owned(),
            reason: "it has no folder around it".to_owned(),
        })?;
        fs::create_dir_all(parent).map_err(fail("make", parent))?;
        let started = Instant::now();
        let out = loop {
            put_back(path)?;
            let made = match fs::create_dir(path) {
                Ok(()) => true,
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => false,
                Err(e) => return Err(fail("make", path)(e)),
            };
            // What is behind a link is replaced, not the link.
            let real = fs::canonicalize(path).or_else(|e| match fs::symlink_metadata(path) {
                Err(_) => Ok(path.to_owned()),
                Ok(_) => Err(e),
            });
            let real = real.map_err(fail("open", path))?;
            let locked = try_lock(&real)?;
            let waited = started.elapsed();
            match locked {
                Locked::Yes(lock) => break Out { path: real, made, lock },
                Locked::Moved => {}
                Locked::Busy if waited >= patience => {
                    return Err(WriteError::Busy { path: real, waited });
                }
                Locked::Busy => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        out.clean();
        if let Some(reason) = out.unsuitable() {
            return Err(WriteError::Unsuitable { path: out.path.clone(), reason });
        }
        Ok(out)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn unsuitable(&self) -> Option<String> {
        for (name, what) in [(".git", "a repository"), ("protopact.toml", "a contract")] {
            if self.path.join(name).exists() {
                return Some(format!("it is the folder of {what}, and all of it would be replaced"));
            }
        }
        None
    }

    /// Replaces folders below the output, and deletes those of `gone`; all other files stay. `top` are files of the
    /// output folder itself.
    ///
    /// # Errors
    ///
    /// The system refuses; the old output is as it was then.
    pub fn replace(
        &mut self,
        pieces: &BTreeMap<String, Piece<'_>>,
        gone: &BTreeSet<String>,
        top: &BTreeMap<String, String>,
        old: &Manifest,
    ) -> Result<(), WriteError> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let parent = self.path.parent().unwrap_or(&self.path).to_owned();
        let stage = tempfile::Builder::new().prefix(&prefix(&name)).tempdir_in(&parent);
        let stage = stage.map_err(|e| fail("make a folder in", &parent)(e.kind().into()))?;
        let new = stage.path();
        let permissions = fs::metadata(&self.path).map_err(fail("read", &self.path))?.permissions();
        fs::set_permissions(new, permissions).map_err(fail("write", new))?;
        self.carry_over(new, pieces, gone, top, old)?;
        for (folder, piece) in pieces {
            let folder = if folder.is_empty() { new.to_owned() } else { new.join(folder) };
            fs::create_dir_all(&folder).map_err(fail("make", &folder))?;
            for (path, content) in piece.files.iter() {
                write(&folder.join(path), content)?;
            }
        }
        for (path, content) in top {
            write(&new.join(path), content.as_bytes())?;
        }
        swap(new, &self.path)?;
        self.made = false;
        // What was old is in the stage now. What cannot be deleted is deleted by the next run.
        drop(stage);
        Ok(())
    }

    /// Links what stays into the new folder.
    fn carry_over(
        &self,
        new: &Path,
        pieces: &BTreeMap<String, Piece<'_>>,
        gone: &BTreeSet<String>,
        top: &BTreeMap<String, String>,
        old: &Manifest,
    ) -> Result<(), WriteError> {
        if pieces.get("").is_some_and(|piece| !piece.keeps_others) {
            return Ok(());
        }
        let replaced = |path: &str| {
            gone.contains(path) || pieces.get(path).is_some_and(|p| !p.keeps_others) || top.contains_key(path)
        };
        // Files that protopact wrote into a folder where others stay.
        let mut written: BTreeSet<String> = BTreeSet::new();
        for (folder, piece) in pieces.iter().filter(|(_, p)| p.keeps_others) {
            let below =
                |path: &str| if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
            let before = old.units.get(folder).into_iter().flat_map(|unit| unit.files.keys());
            written.extend(before.map(|path| below(path)));
            written.extend(piece.files.iter().map(|(path, _)| below(path)));
        }
        let mut walk = walkdir::WalkDir::new(&self.path).min_depth(1).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            let entry = entry.map_err(|e| fail("read", &self.path)(e.into()))?;
            let relative = entry.path().strip_prefix(&self.path).unwrap_or(entry.path());
            let path = relative.to_string_lossy().replace('\\', "/");
            let place = new.join(relative);
            if replaced(&path) {
                if entry.file_type().is_dir() {
                    walk.skip_current_dir();
                }
            } else if entry.file_type().is_dir() {
                fs::create_dir(&place).map_err(fail("make", &place))?;
            } else if !written.contains(&path) {
                keep(entry.path(), &place).map_err(fail("keep", entry.path()))?;
            }
        }
        // Folders that only held what is gone.
        for folder in gone.iter().chain(written.iter()) {
            let mut parent = Path::new(folder).parent();
            while let Some(folder) = parent.filter(|p| !p.as_os_str().is_empty()) {
                // It may hold something.
                let _ = fs::remove_dir(new.join(folder));
                parent = folder.parent();
            }
        }
        Ok(())
    }

    /// Deletes what killed runs left beside the folder.
    fn clean(&self) {
        let (Some(parent), Some(name)) = (self.path.parent(), self.path.file_name()) else { return };
        let prefix = prefix(&name.to_string_lossy());
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                // It is only in the way.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        if self.made {
            // A run that failed leaves no empty folder.
            let _ = fs::remove_dir(&self.path);
        }
        self.lock = None;
    }
}

/// How the names begin of what is made beside a folder.
fn prefix(name: &str) -> String {
    format!(".{name}.protopact-")
}

fn old_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{}old", prefix(&name)))
}

/// Undoes the first of two renames, when a run was killed before the second.
fn put_back(path: &Path) -> Result<(), WriteError> {
    let old = old_name(path);
    if !path.exists() && old.exists() {
        fs::rename(&old, path).map_err(fail("put back", path))?;
    }
    Ok(())
}

enum Locked {
    /// It is ours; without a lock on file systems that have none, as no lock is better than no output.
    Yes(Option<File>),
    /// Another run has it.
    Busy,
    /// It is not there any more, or it is another folder now: another run has finished.
    Moved,
}

fn try_lock(path: &Path) -> Result<Locked, WriteError> {
    let file = match lockable(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Locked::Moved),
        Err(e) => return Err(fail("open", path)(e)),
    };
    Ok(match file.try_lock() {
        Ok(()) if same(&file, path) => Locked::Yes(Some(file)),
        Ok(()) => Locked::Moved,
        Err(fs::TryLockError::WouldBlock) => Locked::Busy,
        Err(fs::TryLockError::Error(_)) => Locked::Yes(None),
    })
}

#[cfg(unix)]
fn lockable(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(unix)]
fn same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let id = |m: fs::Metadata| (m.dev(), m.ino());
    matches!((file.metadata().map(id), fs::metadata(path).map(id)), (Ok(a), Ok(b)) if a == b)
}

/// Folders cannot be opened here; a file beside it stands for it. Its name does not begin as that of leftovers.
#[cfg(not(unix))]
fn lockable(path: &Path) -> io::Result<File> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(path.with_file_name(format!(".{name}.lock")))
}

#[cfg(not(unix))]
fn same(_: &File, _: &Path) -> bool {
    true
}

/// Lets two folders change places.
fn swap(new: &Path, path: &Path) -> Result<(), WriteError> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        if renameat_with(CWD, new, CWD, path, RenameFlags::EXCHANGE).is_ok() {
            return Ok(());
        }
    }
    let old = old_name(path);
    fs::rename(path, &old).map_err(fail("replace", path))?;
    if let Err(error) = fs::rename(new, path) {
        // Back to where it was; when that fails too, the next run does it.
        let _ = fs::rename(&old, path);
        return Err(fail("replace", path)(error));
    }
    // It is only in the way.
    let _ = fs::remove_dir_all(&old);
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> Result<(), WriteError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fail("make", folder))?;
    }
    fs::write(path, content).map_err(fail("write", path))
}

/// The same file in another place: a second name for it, or a copy.
fn keep(from: &Path, to: &Path) -> io::Result<()> {
    let kind = fs::symlink_metadata(from)?.file_type();
    #[cfg(unix)]
    if kind.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    if kind.is_file() && fs::hard_link(from, to).is_err() {
        fs::copy(from, to)?;
    }
    Ok(())
}

/// The manifest of an output folder; an empty one where there is none.
#[must_use]
pub fn read_manifest(out: &Path) -> Manifest {
    fs::read(out.join(manifest::PATH)).ok().and_then(|text| Manifest::parse(&text)).unwrap_or_default()
}

/// Compares a unit on disk with what was written. Files that were not written only count where none may be.
///
/// # Errors
///
/// Something cannot be read.
pub fn drift(folder: &Path, unit: &Entry, others_stay: bool) -> Result<Drift, WriteError> {
    let mut drift = Drift::default();
    let mut left: BTreeSet<&str> = unit.files.keys().map(String::as_str).collect();
    let mut check = |path: &str, full: &Path| -> Result<(), WriteError> {
        match unit.files.get(path) {
            Some(expected) => {
                left.remove(path);
                let plain = fs::symlink_metadata(full).is_ok_and(|m| m.is_file());
                let found = plain.then(|| fs::read(full)).transpose().map_err(fail("read", full))?;
                if found.is_none_or(|bytes| sha256(&bytes) != *expected) {
                    drift.changed.push(path.to_owned());
                }
            }
            None if others_stay || is_build_output(path) => {}
            None => drift.foreign.push(path.to_owned()),
        }
        Ok(())
    };
    if others_stay {
        for path in unit.files.keys().filter(|p| fs::symlink_metadata(folder.join(p)).is_ok()) {
            check(path, &folder.join(path))?;
        }
    } else {
        for (path, full) in files_below(folder)? {
            check(&path, &full)?;
        }
    }
    drift.missing = left.into_iter().map(str::to_owned).collect();
    Ok(drift)
}

/// Every file below a folder with its path from there, sorted; none when there is no such folder.
///
/// # Errors
///
/// Something cannot be read.
pub fn files_below(folder: &Path) -> Result<Vec<(String, PathBuf)>, WriteError> {
    let mut files = Vec::new();
    if fs::symlink_metadata(folder).is_err() {
        return Ok(files);
    }
    for entry in walkdir::WalkDir::new(folder).min_depth(1).sort_by_file_name() {
        let entry = entry.map_err(|e| fail("read", folder)(e.into()))?;
        if !entry.file_type().is_dir() {
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            files.push((path.to_string_lossy().replace('\\', "/"), entry.into_path()));
        }
    }
    files.sort();
    Ok(files)
}

/// Whether a file is one that building a package leaves behind: it may go, and is no difference.
#[must_use]
pub fn is_build_output(path: &str) -> bool {
    let (first, name) = (path.split('/').next().unwrap_or(path), path.rsplit('/').next().unwrap_or(path));
    let in_folder = first != path;
    in_folder && ["target", "build", "dist", ".venv", ".mypy_cache", ".pytest_cache"].contains(&first)
        || path.split('/').any(|part| part == "__pycache__" || part.ends_with(".egg-info"))
        || ["Cargo.lock", "go.sum", manifest::PATH].contains(&path)
        || name == ".DS_Store"
}
