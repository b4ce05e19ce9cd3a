//! What a release is about to publish, in the repository's own folder: a run that died is finished, or forgotten, by the
//! next one.
//!
//! It is written when everything is made and nothing is seen yet, and deleted when everything is published. Whether the
//! version was published in between is asked of the place that decides, never of the journal.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use semver::Version;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Notice;
use crate::git::{Draft, Id};
use crate::machine::{FileError, fail, sha256, write_private};

const FOLDER: &str = "protopact";
const LOCK: &str = "release.lock";

/// Why there is no journal.
#[derive(Debug, Error)]
pub enum JournalError {
    /// Another run has it.
    #[error("another release runs in this repository")]
    Busy,
    /// It cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// What a run is about to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The contract.
    pub contract: String,
    /// The version.
    pub version: Version,
    /// The version before.
    pub previous: Option<Version>,
    /// The remote that decides; `None` where this repository does.
    pub remote: Option<String>,
    /// The places that it goes to, without what is secret, each as a flag names it and wherever it is read.
    pub places: Vec<String>,
    /// What is written.
    pub draft: Draft,
    /// Who is told of it when it is published.
    pub notices: Vec<Notice>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    format: u32,
    contract: String,
    version: String,
    previous: Option<String>,
    remote: Option<String>,
    #[serde(default)]
    places: Vec<String>,
    branch: String,
    old: String,
    commit: String,
    tags: Vec<(String, String)>,
    #[serde(default)]
    notices: Vec<Notice>,
}

/// The journal of a repository, which this run alone may write.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    /// Notices that nobody has taken yet.
    waiting: PathBuf,
    // Given back when the run ends, however it ends.
    lock: File,
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Closing it is not enough where another thread starts a program just then, which has it until it begins.
        let _ = self.lock.unlock();
    }
}

impl Journal {
    /// Takes the journal of a contract in the repository with this folder.
    ///
    /// # Errors
    ///
    /// Another run has it, or it cannot be written.
    pub fn take(common_dir: &Path, contract: &str) -> Result<Journal, JournalError> {
        let folder = common_dir.join(FOLDER);
        fs::create_dir_all(&folder).map_err(fail("make", &folder))?;
        let path = folder.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(fail("open", &path))?;
        match lock.try_lock() {
            Ok(()) => {
                // A name can have any length, and slashes.
                let file =
                    |what: &str| folder.join(format!("{what}-{}.json", &sha256(contract.as_bytes())[..12]));
                Ok(Journal { path: file("release"), waiting: file("notices"), lock })
            }
            Err(TryLockError::WouldBlock) => Err(JournalError::Busy),
            Err(TryLockError::Error(e)) => Err(fail("lock", &path)(e).into()),
        }
    }

    /// What a run that died was about to publish. What cannot be read was not written by a run that got further.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub fn read(&self) -> Result<Option<Entry>, JournalError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(fail("read", &self.path)(e).into()),
        };
        let Ok(found) = serde_json::from_str::<Written>(&text) else { return Ok(None) };
        let entry = || {
            let tags = found.tags.iter().map(|(tag, id)| Some((tag.clone(), Id::parse(id)?)));
            let draft = Draft {
                branch: found.branch.clone(),
                old: Id::parse(&found.old)?,
                commit: Id::parse(&found.commit)?,
                tags: tags.collect::<Option<_>>()?,
            };
            let version = found.version.parse().ok()?;
            let previous = found.previous.as_deref().map(Version::parse).transpose().ok()?;
            let (contract, remote) = (found.contract.clone(), found.remote.clone());
            let (places, notices) = (found.places.clone(), found.notices.clone());
            Some(Entry { contract, version, previous, remote, places, draft, notices })
        };
        Ok(entry())
    }

    /// Writes down what is about to be published.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub fn write(&self, entry: &Entry) -> Result<(), JournalError> {
        let Entry { contract, version, previous, remote, places, draft, notices } = entry;
        let written = Written {
            format: 1,
            contract: contract.clone(),
            version: version.to_string(),
            previous: previous.as_ref().map(Version::to_string),
            remote: remote.clone(),
            places: places.clone(),
            branch: draft.branch.clone(),
            old: draft.old.to_string(),
            commit: draft.commit.to_string(),
            tags: draft.tags.iter().map(|(tag, id)| (tag.clone(), id.to_string())).collect(),
            notices: notices.clone(),
        };
        write_private(&self.path, |out| Ok(serde_json::to_writer_pretty(out, &written)?))
            .map_err(|e| fail("write", &self.path)(e).into())
    }

    /// Forgets it: everything is published, or nothing will be.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub fn forget(&self) -> Result<(), JournalError> {
        delete(&self.path)
    }

    /// The notices that nobody has taken yet.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub fn waiting(&self) -> Result<Vec<Notice>, JournalError> {
        match fs::read(&self.waiting) {
            Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_default()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(e) => Err(fail("read", &self.waiting)(e).into()),
        }
    }

    /// Keeps these notices, and no others, until they are taken.
    ///
    /// # Errors
    ///
    /// The system refuses.
    pub fn keep(&self, notices: &[Notice]) -> Result<(), JournalError> {
        if notices.is_empty() {
            return delete(&self.waiting);
        }
        write_private(&self.waiting, |out| Ok(serde_json::to_writer_pretty(out, notices)?))
            .map_err(|e| fail("write", &self.waiting)(e).into())
    }
}

fn delete(path: &Path) -> Result<(), JournalError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(fail("delete", path)(e).into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_by_one_run_alone() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::take(dir.path(), "acme/pay").unwrap();
        assert_eq!(journal.read().unwrap(), None);
        let id = Id::of(b"");
        let draft = Draft { branch: "main".into(), old: id, commit: id, tags: vec![("v1.0.0".into(), id)] };
        let entry = Entry {
            contract: "acme/pay".into(),
            version: Version::new(1, 0, 0),
            previous: None,
            remote: Some("origin".into()),
            places: vec!["git:origin".into(), "dir:/srv/published".into()],
            draft,
            notices: vec![Notice { url: "http://h/x".into(), key: "k".into(), body: "{}".into() }],
        };
        assert_eq!(journal.waiting().unwrap(), []);
        journal.keep(&entry.notices).unwrap();
        assert_eq!(journal.waiting().unwrap(), entry.notices);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&journal.waiting).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "where notices go is nobody else's business");
        }
        journal.keep(&[]).unwrap();
        assert_eq!(journal.waiting().unwrap(), []);
        journal.write(&entry).unwrap();
        assert_eq!(journal.read().unwrap(), Some(entry));
        assert!(matches!(Journal::take(dir.path(), "acme/pay"), Err(JournalError::Busy)));
        journal.forget().unwrap();
        journal.forget().unwrap();
        drop(journal);
        assert_eq!(Journal::take(dir.path(), "acme/pay").unwrap().read().unwrap(), None);
    }
}
