//! The output folder: a manifest says what protopact wrote there, so that the rest can stay or be asked about. It is
//! [replaced as a whole](crate::machine::Taken), out of what is new and of links to what stays.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;

use super::FileTree;
use super::manifest::{self, Entry, Manifest};
use crate::machine::{
    FileError, Stage, TakeError, Taken, TreeError, fail, files_below, link, sha256, stays_inside, write_into,
};

/// Why the output cannot be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The system refuses.
    #[error(transparent)]
    Io(#[from] FileError),
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
    /// A path is none for a file.
    #[error(transparent)]
    Path(#[from] TreeError),
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
            WriteError::Io(_) | WriteError::Path(_) => None,
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

impl From<TakeError> for WriteError {
    fn from(error: TakeError) -> WriteError {
        match error {
            TakeError::File(error) => WriteError::Io(error),
            TakeError::Busy { path, waited } => WriteError::Busy { path, waited },
            TakeError::Root(path) => {
                WriteError::Unsuitable { path, reason: "it has no folder around it".to_owned() }
            }
        }
    }
}

/// An output folder that this run alone may change.
#[derive(Debug)]
pub struct Out(Taken);

/// What becomes of a folder below the output.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Its new files.
    pub files: &'a FileTree,
    /// Whether files that are not among them stay, unless protopact wrote them.
    pub keeps_others: bool,
}

/// What becomes of a folder, without what is in its files.
struct Part<'a> {
    files: Vec<&'a str>,
    keeps_others: bool,
}

/// Files that are beside the output and take its place as a whole. Only their paths and hashes are in memory.
#[derive(Debug)]
pub struct Begun {
    stage: Stage,
    files: Mutex<BTreeMap<String, String>>,
}

impl Begun {
    /// Writes a file; many threads may do so at a time.
    ///
    /// # Errors
    ///
    /// The path leaves the folder or is there already, or the system refuses.
    pub fn add(&self, path: &str, content: &[u8]) -> Result<(), WriteError> {
        stays_inside(path)?;
        let hash = sha256(content);
        if self.files.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), hash).is_some() {
            return Err(TreeError::Twice(path.to_owned()).into());
        }
        Ok(write_into(&self.stage.path().join(path), content)?)
    }

    /// The hash of each file, by its path.
    #[must_use]
    pub fn files(&mut self) -> &BTreeMap<String, String> {
        self.files.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
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

impl Out {
    /// Takes an output folder, making it when it is not there; waits for another run up to `patience`.
    ///
    /// # Errors
    ///
    /// The folder cannot be made, must not be replaced, or stays with another run.
    pub fn take(path: &Path, patience: Duration) -> Result<Out, WriteError> {
        let out = Out(Taken::take(path, patience)?);
        if let Some(reason) = out.unsuitable() {
            return Err(WriteError::Unsuitable { path: out.path().to_owned(), reason });
        }
        Ok(out)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    fn unsuitable(&self) -> Option<String> {
        for (name, what) in [(".git", "a repository"), ("protopact.toml", "a contract")] {
            if self.path().join(name).exists() {
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
        let stage = self.0.stage()?;
        let new = stage.path();
        let parts = pieces.iter().map(|(folder, piece)| {
            let files = piece.files.iter().map(|(path, _)| path).collect();
            (&**folder, Part { files, keeps_others: piece.keeps_others })
        });
        self.carry_over(new, &parts.collect(), gone, top, old)?;
        for (folder, piece) in pieces {
            let folder = if folder.is_empty() { new.to_owned() } else { new.join(folder) };
            fs::create_dir_all(&folder).map_err(fail("make", &folder))?;
            piece.files.write(&folder)?;
        }
        for (path, content) in top {
            write_into(&new.join(path), content.as_bytes())?;
        }
        self.0.replace(stage)?;
        Ok(())
    }

    /// Begins what is to take the place of the files that protopact wrote here. Dropped before that, it is deleted.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub fn begin(&self) -> Result<Begun, WriteError> {
        Ok(Begun { stage: self.0.stage()?, files: Mutex::default() })
    }

    /// Puts what was begun into its place; files of others stay. `top` are files of the output folder itself.
    ///
    /// # Errors
    ///
    /// The system refuses; the old output is as it was then.
    pub fn finish(
        &mut self,
        begun: Begun,
        top: &BTreeMap<String, String>,
        old: &Manifest,
    ) -> Result<(), WriteError> {
        let Begun { stage, files } = begun;
        let files = files.into_inner().unwrap_or_else(PoisonError::into_inner);
        let part = Part { files: files.keys().map(String::as_str).collect(), keeps_others: true };
        self.carry_over(stage.path(), &[("", part)].into(), &BTreeSet::new(), top, old)?;
        for (path, content) in top {
            write_into(&stage.path().join(path), content.as_bytes())?;
        }
        self.0.replace(stage)?;
        Ok(())
    }

    /// Links what stays into the new folder.
    fn carry_over(
        &self,
        new: &Path,
        pieces: &BTreeMap<&str, Part<'_>>,
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
            let before = old.units.get(*folder).into_iter().flat_map(|unit| unit.files.keys());
            written.extend(before.map(|path| below(path)));
            written.extend(piece.files.iter().map(|path| below(path)));
        }
        let mut walk = walkdir::WalkDir::new(self.path()).min_depth(1).sort_by_file_name().into_iter();
        while let Some(entry) = walk.next() {
            let entry = entry.map_err(|e| fail("read", self.path())(e.into()))?;
            let relative = entry.path().strip_prefix(self.path()).unwrap_or(entry.path());
            let path = relative.to_string_lossy().replace('\\', "/");
            let place = new.join(relative);
            if replaced(&path) {
                if entry.file_type().is_dir() {
                    walk.skip_current_dir();
                }
            } else if entry.file_type().is_dir() {
                fs::create_dir_all(&place).map_err(fail("make", &place))?;
            } else if !written.contains(&path) {
                link(entry.path(), &place).map_err(fail("keep", entry.path()))?;
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

/// Whether a file is one that building a package leaves behind: it may go, and is no difference.
#[must_use]
pub fn is_build_output(path: &str) -> bool {
    if let Some(inside) = in_project(path) {
        return is_build_output(inside);
    }
    let (first, name) = (path.split('/').next().unwrap_or(path), path.rsplit('/').next().unwrap_or(path));
    let in_folder = first != path;
    // Python's tools leave theirs where they are started, and no module can be called like that.
    let left_by_tools = ["__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"];
    in_folder && ["target", "build", "dist", ".venv"].contains(&first)
        || path.split('/').any(|part| left_by_tools.contains(&part) || part.ends_with(".egg-info"))
        || ["Cargo.lock", "go.sum", manifest::PATH].contains(&path)
        || name == ".DS_Store"
}

/// The path of a file in one of several projects of a package, where it is in one: a part, a BOM, or what builds them all.
fn in_project(path: &str) -> Option<&str> {
    let (folder, inside) = path.split_once('/')?;
    match folder {
        "bom" => Some(inside),
        "parts" if inside.starts_with("target/") => Some(inside),
        "parts" => Some(inside.split_once('/')?.1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::is_build_output;

    #[test]
    fn what_builds_and_tools_leave_behind_is_no_file_of_a_package() {
        for path in [
            "target/x",
            "parts/core/target/classes/A.class",
            "parts/core/dist/acme.whl",
            "parts/core/Cargo.lock",
            "parts/target/x.asc",
            "bom/target/x.asc",
            "build/lib/a.py",
            "src/__pycache__/a.pyc",
            "src/.mypy_cache/3.12/a.json",
            ".mypy_cache/CACHEDIR.TAG",
            "src/acme/.pytest_cache/v",
            ".ruff_cache/0",
            "acme.egg-info/PKG-INFO",
            "go.sum",
        ] {
            assert!(is_build_output(path), "{path}");
        }
        for path in [
            "target",
            "parts/core/src/target/A.java",
            "parts/core/src/bom/target/x",
            "parts/core/go/x",
            "src/target/x",
            "src/build/x.rs",
            "src/mypy_cache/a.py",
            "src/go.sum",
            "src/lib.rs",
        ] {
            assert!(!is_build_output(path), "{path}");
        }
    }
}
