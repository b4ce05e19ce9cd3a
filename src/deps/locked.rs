//! What is locked, and where it is: `[dependency.NAME]` in `protopact.lock`, and `deps/SHA256/` in the cache.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::DepsError;
use super::archive::Files;
use crate::config::deps::{Dep, DepSource};
use crate::config::{Root, normalize};
use crate::lock::{Kind, LockFile, LockFileError};
use crate::machine::{self, Cache, Space, sha256};

/// How the list of the files of a folder is called, beside it: a line a file, with its hash.
const SUMS: &str = "sums";

/// One dependency as it is locked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// The key of its source in `[deps]`: `go`, `maven`, …
    pub source: String,
    /// What the key says.
    pub from: String,
    /// The version that came.
    pub version: String,
    /// The hash over its files: of their paths and contents.
    pub sha256: String,
    /// Where its import paths begin; `PREFIX=FOLDER` where they have a prefix.
    #[serde(default)]
    pub roots: Vec<String>,
    /// Only files whose import paths begin so are of use; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<String>,
}

/// A file of a dependency in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptFile {
    /// Its path in the dependency.
    pub path: String,
    /// Where it is.
    pub at: PathBuf,
    /// The hash that its content has to have.
    pub sha256: String,
}

impl KeptFile {
    /// Its content; `None` when it is gone or another one.
    #[must_use]
    pub fn read(&self) -> Option<Bytes> {
        let content: Bytes = fs::read(&self.at).ok()?.into();
        (sha256(&content) == self.sha256).then_some(content)
    }
}

/// Everything that is locked, by name.
pub type Lock = BTreeMap<String, Locked>;

/// Reads the entries of a lock.
///
/// # Errors
///
/// The text is none.
pub fn parse(text: &str) -> Result<Lock, LockFileError> {
    LockFile::parse(text)?.get(Kind::Dependency)
}

/// The text of a lock with these entries; those of other kinds stay.
///
/// # Errors
///
/// The old text is no lock.
pub fn render(old: &str, lock: &Lock) -> Result<String, LockFileError> {
    let mut file = LockFile::parse(old)?;
    file.set(Kind::Dependency, lock);
    Ok(file.render())
}

impl Locked {
    /// An entry for what came.
    #[must_use]
    pub fn new(dep: &Dep, version: String, files: &Files, roots: &[Root]) -> Locked {
        let (source, from) = dep.source.parts();
        let root = |r: &Root| match (r.prefix.as_str(), r.path.as_str()) {
            ("", path) => dot(path).to_owned(),
            (prefix, path) => format!("{prefix}={}", dot(path)),
        };
        Locked {
            source: source.to_owned(),
            from: from.to_owned(),
            version,
            sha256: digest(files),
            roots: roots.iter().map(root).collect(),
            include: dep.include.clone(),
        }
    }

    /// Where its import paths begin.
    #[must_use]
    pub fn roots(&self) -> Vec<Root> {
        let one = |text: &String| {
            let (prefix, path) = text.split_once('=').unwrap_or(("", text));
            Root {
                path: if path == "." { String::new() } else { path.to_owned() },
                prefix: prefix.to_owned(),
            }
        };
        self.roots.iter().map(one).collect()
    }

    /// The dependency that gets it again.
    #[must_use]
    pub fn dep(&self, name: &str) -> Option<Dep> {
        Some(Dep {
            name: name.to_owned(),
            source: DepSource::of(&self.source, &self.from)?,
            version: Some(self.version.clone()),
            roots: self.roots(),
            include: self.include.clone(),
        })
    }

    /// What people read: `go github.com/gogo/protobuf v1.3.2`.
    #[must_use]
    pub fn told(&self) -> String {
        format!("{} {} {}", self.source, self.from, self.version)
    }

    /// What the paths of its files begin with where they are shown: `NAME@VERSION/`.
    #[must_use]
    pub fn mark(&self, name: &str) -> String {
        format!("{name}@{}/", self.version)
    }

    /// Its files as they are in the cache, without reading them; `None` when they are not there. What the list says is
    /// what is locked; that the files are so is seen when they are read.
    #[must_use]
    pub fn kept(&self, cache: &Cache) -> Option<Vec<KeptFile>> {
        let folder = folder(cache, &self.sha256)?;
        let sums = folder.with_extension(SUMS);
        let text = match fs::read_to_string(&sums) {
            Ok(text) if sha256(text.as_bytes()) == self.sha256 && folder.is_dir() => text,
            _ => {
                let text = lines(&self.files(cache)?);
                // Without it, the next run reads everything as well.
                let _ = machine::write_whole(&sums, |file| file.write_all(text.as_bytes()));
                text
            }
        };
        let file = |line: &str| {
            let (sha256, path) = line.split_once("  ")?;
            // What a package calls its files leads nowhere else.
            let path = normalize(path).ok().filter(|clean| clean == path)?;
            Some(KeptFile { at: folder.join(&path), path, sha256: sha256.to_owned() })
        };
        text.lines().map(file).collect()
    }

    /// Its files, from the cache; `None` when they are not there, or not what they should be.
    #[must_use]
    pub fn files(&self, cache: &Cache) -> Option<Files> {
        let folder = folder(cache, &self.sha256)?;
        let mut files = Files::new();
        for entry in walkdir::WalkDir::new(&folder).sort_by_file_name() {
            let entry = entry.ok()?;
            if entry.file_type().is_file() {
                let path = entry.path().strip_prefix(&folder).ok()?.to_str()?.replace('\\', "/");
                files.insert(path, fs::read(entry.path()).ok()?.into());
            }
        }
        (!files.is_empty() && digest(&files) == self.sha256).then_some(files)
    }
}

fn dot(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
}

/// The folder of some content; `None` for what is no hash.
fn folder(cache: &Cache, hash: &str) -> Option<PathBuf> {
    let is_hash = hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit());
    is_hash.then(|| cache.space(Space::Deps).join(hash))
}

/// Puts files into the cache.
///
/// # Errors
///
/// The cache cannot be written to.
pub fn keep(cache: &Cache, name: &str, files: &Files) -> Result<(), DepsError> {
    let fail = |source| DepsError::Cache { name: name.to_owned(), source };
    let hash = digest(files);
    let place = folder(cache, &hash).expect("a hash that was made here");
    let scratch = cache.scratch().map_err(fail)?;
    let made = scratch.path().join("files");
    fs::create_dir(&made).map_err(fail)?;
    for (path, content) in files {
        let path = made.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&made)).map_err(fail)?;
        fs::write(path, content).map_err(fail)?;
    }
    let entry = Locked { sha256: hash, ..Locked::default() };
    cache.keep(&made, &place, |_| entry.files(cache).is_some()).map_err(fail)
}

/// One hash over paths and contents.
#[must_use]
pub fn digest(files: &Files) -> String {
    sha256(lines(files).as_bytes())
}

/// A line a file, as `sha256sum` writes it.
fn lines(files: &Files) -> String {
    files.iter().map(|(path, content)| format!("{}  {path}\n", sha256(content))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        Files::from([("a/b.proto".to_owned(), "b".into()), ("c.proto".to_owned(), "c".into())])
    }

    #[test]
    fn what_is_kept_is_read_again_and_only_that() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("cache"));
        let dep = Dep {
            name: "x".into(),
            source: DepSource::Go("example.com/x".into()),
            version: None,
            roots: Vec::new(),
            include: Vec::new(),
        };
        let roots = [Root { path: "a".into(), prefix: "example.com/x/a".into() }, Root::plain("")];
        let locked = Locked::new(&dep, "v1".into(), &files(), &roots);
        assert_eq!(locked.files(&cache), None);
        keep(&cache, "x", &files()).unwrap();
        assert_eq!(locked.files(&cache), Some(files()));
        assert_eq!(locked.roots(), roots);
        let text = render("", &Lock::from([("x".to_owned(), locked.clone())])).unwrap();
        assert_eq!(parse(&text).unwrap()["x"], locked);
        assert_eq!(locked.dep("x").unwrap().version.as_deref(), Some("v1"));
        fs::write(cache.space(Space::Deps).join(&locked.sha256).join("c.proto"), "other").unwrap();
        assert_eq!(locked.files(&cache), None, "content that went bad is not used");
        keep(&cache, "x", &files()).unwrap();
        assert_eq!(locked.files(&cache), Some(files()));
        let strange = Locked { sha256: "../../etc".into(), ..locked };
        assert_eq!(strange.files(&cache), None);
        assert_eq!(strange.kept(&cache), None);
    }

    #[test]
    fn what_is_kept_is_listed_without_reading_it() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().join("cache"));
        keep(&cache, "x", &files()).unwrap();
        let locked = Locked { sha256: digest(&files()), ..Locked::default() };
        let at = cache.space(Space::Deps).join(&locked.sha256);
        for sums in [None, Some("sums of something else"), Some("")] {
            if let Some(text) = sums {
                fs::write(at.with_extension(SUMS), text).unwrap();
            }
            let kept = locked.kept(&cache).unwrap();
            let read: Files = kept.iter().map(|f| (f.path.clone(), f.read().unwrap())).collect();
            assert_eq!(read, files());
        }
        fs::write(at.join("c.proto"), "other").unwrap();
        let kept = locked.kept(&cache).unwrap();
        assert_eq!(kept.iter().map(|f| f.read().is_some()).collect::<Vec<_>>(), [true, false]);
        fs::remove_file(at.with_extension(SUMS)).unwrap();
        assert_eq!(locked.kept(&cache), None, "without the list everything is read");
        let outside = Files::from([("../x.proto".to_owned(), "x".into())]);
        let text = lines(&outside);
        let strange = Locked { sha256: sha256(text.as_bytes()), ..Locked::default() };
        let at = cache.space(Space::Deps).join(&strange.sha256);
        fs::create_dir(&at).unwrap();
        fs::write(at.with_extension(SUMS), text).unwrap();
        assert_eq!(strange.kept(&cache), None);
    }
}
