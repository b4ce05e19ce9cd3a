//! The cache: what can be got or made again, below one folder. Each kind of thing has a folder of its own there; what is
//! put into it is made beside its place and renamed, so that what is there is whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Host;

/// The folder of what can be got or made again.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
    forgets: bool,
}

/// What one kind of thing takes on the disk.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// What.
    pub space: Space,
    /// How many files.
    pub files: usize,
    /// Their sizes together.
    pub bytes: u64,
    /// When the oldest and the newest of them were written; `None` without any.
    pub written: Option<(SystemTime, SystemTime)>,
}

/// What is kept in the cache, each in a folder of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// Installed plugins: `plugins/NAME/VERSION/SHA256/…`.
    Plugins,
    /// The .proto files of dependencies: `deps/SHA256/…`.
    Deps,
    /// What is built when packages are tried and versions run.
    Verify,
    /// What files of contracts hold, as far as the choice of files to compile needs it: `scans/FORM/PART`.
    Scans,
    /// The files of versions that were made here: `releases/SHA256/…`.
    Releases,
    /// What checks against several states came to: `answers/FORM/DIGEST`.
    Answers,
}

impl Space {
    /// All kinds.
    pub const ALL: [Space; 6] =
        [Space::Plugins, Space::Deps, Space::Verify, Space::Scans, Space::Releases, Space::Answers];

    /// The name of the folder, which is that of the kind.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Space::Plugins => "plugins",
            Space::Deps => "deps",
            Space::Verify => "verify",
            Space::Scans => "scans",
            Space::Releases => "releases",
            Space::Answers => "answers",
        }
    }
}

impl Cache {
    /// The cache of a machine: `PROTOPACT_CACHE`, or `protopact` in the platform's folder for caches. `None` when
    /// the environment says neither.
    #[must_use]
    pub fn of(host: &Host) -> Option<Cache> {
        let folder = |name: &str| host.var(name).map(|v| host.cwd.join(v));
        let root = folder("PROTOPACT_CACHE").or_else(|| {
            let base = if cfg!(windows) {
                folder("LOCALAPPDATA")
            } else if cfg!(target_os = "macos") {
                folder("HOME").map(|h| h.join("Library/Caches"))
            } else {
                // https://specifications.freedesktop.org/basedir-spec/latest/
                folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|h| h.join(".cache")))
            };
            base.map(|b| b.join("protopact"))
        })?;
        Some(Cache::at(root))
    }

    /// A cache in a folder.
    #[must_use]
    pub fn at(root: PathBuf) -> Cache {
        Cache { root, forgets: false }
    }

    /// The same without what runs note for the next: scans and answers are neither read nor kept.
    #[must_use]
    pub fn forgetting(self) -> Cache {
        Cache { forgets: true, ..self }
    }

    /// Whether scans and answers are neither read nor kept.
    #[must_use]
    pub fn forgets(&self) -> bool {
        self.forgets
    }

    /// What one kind of thing takes. What cannot be read is not counted.
    #[must_use]
    pub fn room(&self, space: Space) -> Room {
        let mut room = Room { space, files: 0, bytes: 0, written: None };
        let files = walkdir::WalkDir::new(self.space(space)).into_iter().flatten();
        for file in
            files.filter(|entry| entry.file_type().is_file()).filter_map(|entry| entry.metadata().ok())
        {
            room.files += 1;
            room.bytes += file.len();
            let Ok(at) = file.modified() else { continue };
            let (oldest, newest) = room.written.unwrap_or((at, at));
            room.written = Some((oldest.min(at), newest.max(at)));
        }
        room
    }

    /// Removes all of one kind: first out of its place, so that nobody finds half of it.
    ///
    /// # Errors
    ///
    /// The cache cannot be written to.
    pub fn clear(&self, space: Space) -> io::Result<()> {
        let place = self.space(space);
        if fs::symlink_metadata(&place).is_err() {
            return Ok(());
        }
        let aside = self.scratch()?;
        match fs::rename(&place, aside.path().join(space.name())) {
            // Another run was faster.
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            moved => moved?,
        }
        aside.close()
    }

    /// The folder that everything in the cache is below.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of one kind of thing. Whoever writes into it makes it.
    #[must_use]
    pub fn space(&self, space: Space) -> PathBuf {
        self.root.join(space.name())
    }

    /// A private folder on the same file system.
    ///
    /// # Errors
    ///
    /// The cache cannot be written to.
    pub fn scratch(&self) -> io::Result<tempfile::TempDir> {
        let folder = self.root.join("tmp");
        fs::create_dir_all(&folder)?;
        tempfile::Builder::new().prefix("install-").tempdir_in(folder)
    }

    /// Puts a finished folder into its place in the cache. What is there already stays when it is `whole`, and is
    /// replaced when it is not.
    ///
    /// # Errors
    ///
    /// The cache cannot be written to.
    pub fn keep(&self, from: &Path, place: &Path, whole: impl Fn(&Path) -> bool) -> io::Result<()> {
        if whole(place) {
            return Ok(());
        }
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        if place.exists() {
            let broken = self.scratch()?;
            fs::rename(place, broken.path().join("broken"))?;
        }
        match fs::rename(from, place) {
            // Another run was faster, with the same content.
            Err(_) if whole(place) => Ok(()),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(env: &[(&str, &str)]) -> Host {
        Host { env: env.iter().map(|(k, v)| (k.into(), v.into())).collect(), cwd: "/here".into() }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_cache_is_where_the_environment_says() {
        let root = |env: &[(&str, &str)]| Cache::of(&host(env)).map(|c| c.root.display().to_string());
        assert_eq!(root(&[]), None);
        assert_eq!(root(&[("HOME", "/h")]).as_deref(), Some("/h/.cache/protopact"));
        assert_eq!(root(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")]).as_deref(), Some("/x/protopact"));
        assert_eq!(root(&[("HOME", "/h"), ("PROTOPACT_CACHE", "c")]).as_deref(), Some("/here/c"));
    }
}
