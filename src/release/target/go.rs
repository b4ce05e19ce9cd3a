//! A folder that a proxy of Go modules serves, or that Go reads itself (`GOPROXY=file:///…`):
//! <https://go.dev/ref/mod#goproxy-protocol>.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use semver::Version;
use tempfile::TempDir;

use super::package::{package, text, unpacked, zip};
use super::{Prepared, State, Target, TargetError};
use crate::machine::{FileTree, fail, write_whole};
use crate::release::artefacts::RELEASE;
use crate::words::Language;

/// A folder of Go modules.
#[derive(Clone, Debug)]
pub struct GoProxy {
    folder: PathBuf,
    shown: String,
    version: String,
}

/// The files of a version: what they end with, and their content. What makes the version seen comes last.
type Parts = [(&'static str, Vec<u8>); 3];

impl GoProxy {
    /// A folder; `shown` is how a person knows it.
    #[must_use]
    pub fn new(folder: &Path, shown: &str, version: &Version) -> GoProxy {
        GoProxy { folder: folder.to_owned(), shown: shown.to_owned(), version: format!("v{version}") }
    }

    /// The folder of the module, its path, and the files of the version.
    fn parts(&self, files: &FileTree) -> Result<(PathBuf, String, Parts), TargetError> {
        let package = package(files, Language::Go)?;
        let mod_file = text(&package, "go.mod")?;
        let unusable = |why: &str| TargetError::Unusable { what: "go.mod".to_owned(), why: why.to_owned() };
        let module = mod_file.lines().find_map(|line| line.strip_prefix("module "));
        let module = module
            .map(str::trim)
            .filter(|name| is_module(name))
            .ok_or_else(|| unusable("it names no module"))?;
        let about: serde_json::Value =
            files.get(RELEASE).and_then(|text| serde_json::from_slice(text).ok()).unwrap_or_default();
        let info = serde_json::json!({ "Version": self.version, "Time": about["time"] });
        let prefix = prefix(module, &self.version);
        let packed = zip(package.iter().map(|(path, content)| (format!("{prefix}{path}"), &content[..])));
        let packed = packed.map_err(fail("pack", Path::new(module)))?;
        let folder = self.folder.join(escaped(module)).join("@v");
        let parts =
            [("zip", packed), ("mod", mod_file.as_bytes().to_vec()), ("info", info.to_string().into_bytes())];
        Ok((folder, prefix, parts))
    }

    fn file(&self, folder: &Path, end: &str) -> PathBuf {
        folder.join(format!("{}.{end}", self.version))
    }

    /// The versions that the list names.
    fn listed(folder: &Path) -> Result<BTreeSet<String>, TargetError> {
        let path = folder.join("list");
        match fs::read_to_string(&path) {
            Ok(text) => {
                Ok(text.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect())
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
            Err(e) => Err(fail("read", &path)(e).into()),
        }
    }
}

/// What all names in the archive of a module begin with.
fn prefix(module: &str, version: &str) -> String {
    format!("{module}@{version}/")
}

fn is_module(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    name.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && part.chars().all(plain))
}

/// Upper case as Go writes it in paths, for file systems that ignore case.
fn escaped(module: &str) -> String {
    let mut out = String::new();
    for c in module.chars() {
        if c.is_ascii_uppercase() {
            out.push('!');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Whether a file has what it would have: the same bytes, or an archive of the same files.
fn is_same(end: &str, prefix: &str, there: &[u8], ours: &[u8]) -> bool {
    let all = |_: &str| true;
    there == ours
        || end == "zip"
            && unpacked(there, prefix, &all).is_some_and(|t| Some(t) == unpacked(ours, prefix, &all))
}

impl Target for GoProxy {
    fn name(&self) -> String {
        format!("Go modules in `{}`", self.shown)
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn state(&self, files: &FileTree) -> Result<State, TargetError> {
        let (folder, prefix, parts) = self.parts(files)?;
        let mut whole = GoProxy::listed(&folder)?.contains(&self.version);
        for (end, ours) in parts {
            let path = self.file(&folder, end);
            match fs::read(&path) {
                Ok(there) if is_same(end, &prefix, &there, &ours) => {}
                Ok(_) => return Ok(State::Other),
                Err(e) if e.kind() == io::ErrorKind::NotFound => whole = false,
                Err(e) => return Err(fail("read", &path)(e).into()),
            }
        }
        Ok(if whole { State::Same } else { State::Absent })
    }

    fn prepare(&self, files: &FileTree) -> Result<Box<dyn Prepared>, TargetError> {
        let (folder, prefix, parts) = self.parts(files)?;
        fs::create_dir_all(&folder).map_err(fail("make", &folder))?;
        let beside = tempfile::Builder::new().prefix(".protopact-").tempdir_in(&folder);
        let beside = beside.map_err(|e| fail("make a folder in", &folder)(e.kind().into()))?;
        for (end, content) in &parts {
            let path = self.file(beside.path(), end);
            // The error as it comes names the temporary folder.
            fs::write(&path, content).map_err(fail("write a file in", &folder))?;
            File::open(&path).and_then(|file| file.sync_all()).map_err(fail("write a file in", &folder))?;
        }
        Ok(Box::new(Written { target: self.clone(), beside, folder, prefix, parts }))
    }
}

/// A version whose files are written and have not their names yet.
struct Written {
    target: GoProxy,
    beside: TempDir,
    folder: PathBuf,
    prefix: String,
    parts: Parts,
}

impl Prepared for Written {
    fn show(self: Box<Self>) -> Result<bool, TargetError> {
        let Written { target, beside, folder, prefix, parts } = *self;
        for (end, ours) in &parts {
            let path = target.file(&folder, end);
            // A second name is never given to what has one.
            let Err(error) = fs::hard_link(target.file(beside.path(), end), &path) else { continue };
            match fs::read(&path) {
                Ok(there) if is_same(end, &prefix, &there, ours) => {}
                Ok(_) => return Err(target.other()),
                Err(_) => return Err(fail("write", &path)(error).into()),
            }
        }
        // Others add to the list at the same time.
        let path = folder.join(".protopact.lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        lock.and_then(|file| file.lock().map(|()| file)).map_err(fail("lock", &path)).and_then(|_held| {
            let path = folder.join("list");
            let mut listed = GoProxy::listed(&folder).unwrap_or_default();
            listed.insert(target.version.clone());
            let text: String = listed.iter().map(|version| format!("{version}\n")).collect();
            write_whole(&path, |out| out.write_all(text.as_bytes())).map_err(fail("write", &path))
        })?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::super::package::sample;
    use super::*;

    fn files(message: &str) -> FileTree {
        sample::version(
            Language::Go,
            &[("go.mod", "module example.com/Acme/pay\n\ngo 1.26\n"), ("pay.go", message)],
        )
    }

    #[test]
    fn a_version_of_a_module_is_there_whole_or_not_at_all_and_never_changes() {
        let dir = tempfile::tempdir().unwrap();
        let target = GoProxy::new(dir.path(), "../proxy", &Version::new(1, 0, 0));
        assert_eq!(target.state(&files("one")).unwrap(), State::Absent);
        let prepared = target.prepare(&files("one")).unwrap();
        assert_eq!(target.state(&files("one")).unwrap(), State::Absent, "nobody sees it yet");
        let folder = dir.path().join("example.com/!acme/pay/@v");
        assert!(!folder.join("v1.0.0.info").exists());
        prepared.show().unwrap();
        assert_eq!(target.state(&files("one")).unwrap(), State::Same);
        assert_eq!(target.state(&files("two")).unwrap(), State::Other);
        assert_eq!(fs::read_to_string(folder.join("list")).unwrap(), "v1.0.0\n");
        assert_eq!(
            fs::read_to_string(folder.join("v1.0.0.info")).unwrap(),
            r#"{"Time":"2026-09-21T14:13:20Z","Version":"v1.0.0"}"#
        );
        let zip = fs::read(folder.join("v1.0.0.zip")).unwrap();
        let there = unpacked(&zip, "example.com/Acme/pay@v1.0.0/", &|_| true).unwrap();
        assert_eq!(there.keys().collect::<Vec<_>>(), ["go.mod", "pay.go"]);
        // Two that were prepared at the same time.
        target.prepare(&files("one")).unwrap().show().unwrap();
        let error = target.prepare(&files("two")).unwrap().show().unwrap_err();
        assert!(matches!(error, TargetError::Other { .. }), "{error}");
        let next = GoProxy::new(dir.path(), "../proxy", &Version::new(1, 1, 0));
        next.prepare(&files("two")).unwrap().show().unwrap();
        assert_eq!(fs::read_to_string(folder.join("list")).unwrap(), "v1.0.0\nv1.1.0\n");
        assert_eq!(target.state(&files("one")).unwrap(), State::Same);
    }

    #[test]
    fn what_died_before_the_list_is_finished() {
        let dir = tempfile::tempdir().unwrap();
        let target = GoProxy::new(dir.path(), "../proxy", &Version::new(1, 0, 0));
        target.prepare(&files("one")).unwrap().show().unwrap();
        let folder = dir.path().join("example.com/!acme/pay/@v");
        fs::remove_file(folder.join("list")).unwrap();
        fs::remove_file(folder.join("v1.0.0.info")).unwrap();
        assert_eq!(target.state(&files("one")).unwrap(), State::Absent);
        assert_eq!(target.state(&files("two")).unwrap(), State::Other);
        target.prepare(&files("one")).unwrap().show().unwrap();
        assert_eq!(target.state(&files("one")).unwrap(), State::Same);
    }

    #[test]
    fn paths_of_modules_stay_below_the_folder() {
        for name in ["..", "a/../b", "a//b", "", "/a", ".a", "a b", "a\\b"] {
            assert!(!is_module(name), "{name}");
        }
        assert!(is_module("example.com/Acme/pay-go/v2"));
        assert_eq!(escaped("example.com/AcmePay"), "example.com/!acme!pay");
    }
}
