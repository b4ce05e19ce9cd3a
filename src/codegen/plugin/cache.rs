//! The cache: `plugins/NAME/VERSION/SHA256/…`. What a path holds is what its name says, so nothing in it is ever
//! changed; it is made beside its place and renamed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::{Host, Pinned, Source};
use crate::machine::sha256_file;

/// The folder of installed plugins.
#[derive(Clone, Debug)]
pub struct Cache {
    root: PathBuf,
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
        Some(Cache { root })
    }

    /// A cache in a folder.
    #[must_use]
    pub fn at(root: PathBuf) -> Cache {
        Cache { root }
    }

    /// The folder that everything in the cache is below.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of one plugin's content.
    #[must_use]
    pub fn folder(&self, plugin: &Pinned, sha256: &str) -> PathBuf {
        self.root.join("plugins").join(plugin.name).join(plugin.version).join(sha256)
    }

    /// Where what cargo builds while packages are tried stays for the next time.
    #[must_use]
    pub fn cargo_target(&self) -> PathBuf {
        self.root.join("verify").join("cargo")
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

    /// Puts an installed plugin into its place; what is there with another content is replaced.
    ///
    /// # Errors
    ///
    /// The cache cannot be written to.
    pub fn keep(&self, plugin: &Pinned, sha256: &str, from: &Path) -> io::Result<PathBuf> {
        let place = self.folder(plugin, sha256);
        if digest(plugin, &place).is_ok_and(|found| found == sha256) {
            return Ok(place);
        }
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent)?;
        }
        if place.exists() {
            let broken = self.scratch()?;
            fs::rename(&place, broken.path().join("broken"))?;
        }
        match fs::rename(from, &place) {
            // Another run was faster, with the same content.
            Err(_) if digest(plugin, &place).is_ok_and(|found| found == sha256) => Ok(place),
            other => other.map(|()| place),
        }
    }
}

/// The name of the file that is the plugin, below its folder.
#[must_use]
pub fn entry(plugin: &Pinned) -> String {
    match plugin.source {
        Source::Pip => "grpc_tools".to_owned(),
        _ => format!("{}{}", plugin.name, std::env::consts::EXE_SUFFIX),
    }
}

/// The hash of an installed plugin, in hexadecimal: of the program, or of every file of the library.
///
/// # Errors
///
/// It cannot be read.
pub fn digest(plugin: &Pinned, folder: &Path) -> io::Result<String> {
    let path = folder.join(entry(plugin));
    match plugin.source {
        Source::Pip => tree(&path),
        _ => sha256_file(&path),
    }
}

/// One hash over the paths and contents of a folder. What Python writes while it runs is left out.
fn tree(folder: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut any = false;
    let walk = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    for entry in walk.filter_entry(|e| e.file_name() != "__pycache__") {
        let entry = entry?;
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            hash.update(format!(
                "{}  {}\n",
                sha256_file(entry.path())?,
                path.to_string_lossy().replace('\\', "/")
            ));
            any = true;
        }
    }
    if any { Ok(hex::encode(hash.finalize())) } else { Err(io::ErrorKind::NotFound.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codegen::plugin::spec;

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

    #[test]
    fn content_that_went_bad_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("cache"));
        let install = |content: &str| {
            let scratch = cache.scratch().unwrap();
            let from = scratch.path().join("made");
            fs::create_dir(&from).unwrap();
            fs::write(from.join(entry(&spec::GO)), content).unwrap();
            let sha256 = digest(&spec::GO, &from).unwrap();
            (cache.keep(&spec::GO, &sha256, &from).unwrap(), sha256)
        };
        let (place, sha256) = install("one");
        fs::write(place.join(entry(&spec::GO)), "went bad").unwrap();
        assert_eq!(install("one"), (place.clone(), sha256.clone()));
        assert_eq!(digest(&spec::GO, &place).unwrap(), sha256);
    }
}
