//! Folders that are replaced as a whole, so that whoever looks sees the old one or the new one.
//!
//! The new folder is made beside the old one, `.NAME.protopact-…`; then the two change places in one step of the file
//! system (`renameat2` with `RENAME_EXCHANGE` on Linux, `renameatx_np` on macOS), and what was old is deleted. A run that
//! is killed before that step leaves the old folder, after it the new one; what it leaves beside is deleted by the next
//! run.
//!
//! Where the system cannot swap, the old folder is renamed to `.NAME.protopact-old` and the new one takes its name.
//! A run that is killed between the two leaves the old folder under that name, whole; the next run puts it back.
//!
//! Two runs into one folder wait for each other: the folder itself is locked.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use thiserror::Error;

use super::whole::{FileError, fail};

/// Why a folder cannot be had.
#[derive(Debug, Error)]
pub enum TakeError {
    /// The system refuses.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another run has the folder.
    #[error("another run is writing to `{}`; waited for {} seconds", .path.display(), .waited.as_secs())]
    Busy {
        /// The folder.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Nothing can be made beside it.
    #[error("`{}` has no folder around it", .0.display())]
    Root(PathBuf),
}

/// A folder that this run alone may change.
#[derive(Debug)]
pub struct Taken {
    path: PathBuf,
    made: bool,
    lock: Option<File>,
}

/// A folder that is to take the place of another one. Dropped before that, it is deleted.
#[derive(Debug)]
pub struct Stage(TempDir);

impl Stage {
    /// Where it is made.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Taken {
    /// Takes a folder, making it when it is not there; waits for another run up to `patience`.
    ///
    /// # Errors
    ///
    /// The folder cannot be made, or stays with another run.
    pub fn take(path: &Path, patience: Duration) -> Result<Taken, TakeError> {
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
        let parent = parent.ok_or_else(|| TakeError::Root(path.to_owned()))?;
        fs::create_dir_all(parent).map_err(fail("make", parent))?;
        let started = Instant::now();
        let taken = loop {
            put_back(path)?;
            let made = match fs::create_dir(path) {
                Ok(()) => true,
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => false,
                Err(e) => return Err(fail("make", path)(e).into()),
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
                Locked::Yes(lock) => break Taken { path: real, made, lock },
                Locked::Moved => {}
                Locked::Busy if waited >= patience => {
                    return Err(TakeError::Busy { path: real, waited });
                }
                Locked::Busy => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        taken.clean();
        Ok(taken)
    }

    /// The folder, behind all links.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An empty folder beside it, with the same permissions.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub fn stage(&self) -> Result<Stage, FileError> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let parent = self.path.parent().unwrap_or(&self.path);
        let stage = tempfile::Builder::new().prefix(&prefix(&name)).tempdir_in(parent);
        // The error as it comes names the temporary folder, which nobody has typed.
        let stage = stage.map_err(|e| fail("make a folder in", parent)(e.kind().into()))?;
        let permissions = fs::metadata(&self.path).map_err(fail("read", &self.path))?.permissions();
        fs::set_permissions(stage.path(), permissions).map_err(fail("write", stage.path()))?;
        Ok(Stage(stage))
    }

    /// Puts a finished folder into the place of this one.
    ///
    /// # Errors
    ///
    /// The system refuses; the old folder is as it was then.
    pub fn replace(&mut self, stage: Stage) -> Result<(), FileError> {
        swap(stage.path(), &self.path)?;
        self.made = false;
        // What was old is in the stage now. What cannot be deleted is deleted by the next run.
        drop(stage);
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

impl Drop for Taken {
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
fn put_back(path: &Path) -> Result<(), FileError> {
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

fn try_lock(path: &Path) -> Result<Locked, FileError> {
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
fn swap(new: &Path, path: &Path) -> Result<(), FileError> {
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
