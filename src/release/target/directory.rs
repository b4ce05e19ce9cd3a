//! A folder: `DIR/CONTRACT/VERSION/…`. The folder of a version is made beside its place and gets its name when it is whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::{Prepared, State, Target, TargetError};
use crate::machine::{FileTree, fail, files_below};

/// After how long what a killed run left is deleted; no run takes as long.
const STALE: Duration = Duration::from_secs(86_400);

/// A folder for the versions of a contract.
#[derive(Clone, Debug)]
pub struct Directory {
    shown: String,
    folder: PathBuf,
    version: String,
}

impl Directory {
    /// The place of a version of a contract below a folder; `shown` is how a person knows the folder.
    #[must_use]
    pub fn new(folder: &Path, shown: &str, contract: &str, version: &str) -> Directory {
        let folder = contract.split('/').fold(folder.to_owned(), |folder, part| folder.join(part));
        Directory { shown: format!("{shown}/{contract}"), folder, version: version.to_owned() }
    }

    /// Whether it shows the version, whatever is in it.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.place().is_dir()
    }

    fn place(&self) -> PathBuf {
        self.folder.join(&self.version)
    }
}

/// Deletes what killed runs left in a folder long ago.
pub(super) fn clean(folder: &Path) {
    let old = |path: &Path| {
        let changed = fs::metadata(path).and_then(|m| m.modified()).ok();
        changed.is_some_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > STALE))
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_string_lossy().contains(MARK);
        if ours && old(&entry.path()) {
            // It is only in the way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// What names of folders that are not whole have in them.
pub(super) const MARK: &str = ".protopact-";

impl Target for Directory {
    fn name(&self) -> String {
        format!("folder `{}`", self.shown)
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn decides(&self) -> bool {
        true
    }

    fn state(&self, files: &FileTree) -> Result<State, TargetError> {
        let place = self.place();
        match fs::symlink_metadata(&place) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(State::Absent),
            Err(e) => return Err(fail("read", &place)(e).into()),
            Ok(found) if !found.is_dir() => return Err(TargetError::NoFolder(place)),
            Ok(_) => {}
        }
        let there = files_below(&place)?;
        if there.len() != files.len() {
            return Ok(State::Other);
        }
        for (name, path) in there {
            let content = fs::read(&path).map_err(fail("read", &path))?;
            if files.get(&name).is_none_or(|ours| **ours != *content) {
                return Ok(State::Other);
            }
        }
        Ok(State::Same)
    }

    fn prepare(&self, files: &FileTree) -> Result<Box<dyn Prepared>, TargetError> {
        fs::create_dir_all(&self.folder).map_err(fail("make", &self.folder))?;
        clean(&self.folder);
        let mut builder = tempfile::Builder::new();
        let prefix = format!(".{}{MARK}", self.version);
        builder.prefix(&prefix);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // What a new folder would get; the umask takes its part away.
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        // The error as it comes names the temporary folder, which nobody has typed.
        let made = builder.tempdir_in(&self.folder);
        let made = made.map_err(|e| fail("make a folder in", &self.folder)(e.kind().into()))?;
        for (name, content) in files.iter() {
            let path = made.path().join(name);
            let written = crate::machine::write_into(&path, content);
            written.map_err(|e| fail("write a file in", &self.folder)(e.source))?;
            // A version that has its name is whole, also after the machine lost its power.
            fs::File::open(&path).and_then(|file| file.sync_all()).map_err(fail("write", &path))?;
        }
        Ok(Box::new(Whole { target: self.clone(), made, files: files.clone() }))
    }
}

/// A folder that is whole and has not its name yet.
struct Whole {
    target: Directory,
    made: TempDir,
    files: FileTree,
}

impl Prepared for Whole {
    fn show(self: Box<Self>) -> Result<bool, TargetError> {
        let place = self.target.place();
        // A folder never takes the name of another one that has something in it.
        let Err(error) = fs::rename(self.made.path(), &place) else {
            let _ = self.made.keep();
            return Ok(true);
        };
        match self.target.state(&self.files)? {
            State::Same => Ok(false),
            State::Other => Err(self.target.other()),
            State::Absent => Err(fail("make", &place)(error).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(content: &str) -> FileTree {
        let mut files = FileTree::new();
        files.add("SHA256SUMS", content.to_owned()).unwrap();
        files.add("sdk/a", "a").unwrap();
        files
    }

    #[test]
    fn a_version_is_there_whole_or_not_at_all_and_never_changes() {
        let dir = tempfile::tempdir().unwrap();
        let target = Directory::new(dir.path(), "out", "acme/pay", "1.0.0");
        assert_eq!(target.state(&files("one")).unwrap(), State::Absent);
        let prepared = target.prepare(&files("one")).unwrap();
        assert_eq!(target.state(&files("one")).unwrap(), State::Absent, "nobody sees it yet");
        prepared.show().unwrap();
        assert_eq!(target.state(&files("one")).unwrap(), State::Same);
        assert_eq!(target.state(&files("two")).unwrap(), State::Other);
        // Two that were prepared at the same time.
        target.prepare(&files("one")).unwrap().show().unwrap();
        let error = target.prepare(&files("two")).unwrap().show().unwrap_err();
        assert!(matches!(error, TargetError::Other { .. }), "{error}");
        assert_eq!(target.state(&files("one")).unwrap(), State::Same);
        assert_eq!(fs::read_dir(dir.path().join("acme/pay")).unwrap().count(), 1, "nothing is left beside");
    }

    #[test]
    fn what_is_not_shown_is_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        let target = Directory::new(dir.path(), "out", "pay", "1.0.0");
        drop(target.prepare(&files("one")).unwrap());
        assert_eq!(fs::read_dir(dir.path().join("pay")).unwrap().count(), 0);
    }
}
