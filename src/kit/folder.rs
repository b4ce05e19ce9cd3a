//! A kit in its folder: what was written, what somebody changed since, and what may be written now.
//!
//! The files of a kit are there to be changed. So one that was changed stays as it is for as long as the kit has nothing
//! new for it; where it has, and where there is a file that no kit has written, nothing at all is written without being
//! told to.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::codegen::manifest::{self, Entry, Manifest};
use crate::codegen::write::{Out, WriteError, read_manifest};
use crate::machine::{FileTree, fail, sha256};

/// What the manifest of a kit says that it is.
const MADE_BY: &str = "kit containers";

/// What is to become of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is as it is to be.
    Same,
    /// It was changed, and the kit has nothing new for it.
    Kept,
    /// It is not there.
    Missing,
    /// It is as an earlier run wrote it, and the kit has something new.
    Old,
    /// An earlier run wrote it, and the kit has it no more.
    Gone,
    /// It was changed, or never written, and the kit has another one.
    Theirs,
}

/// A folder as it was found, beside a kit.
#[derive(Debug)]
pub struct Found {
    /// Every file of the kit and of the run before, by its path.
    pub files: BTreeMap<String, State>,
}

impl Found {
    /// The files in a state.
    pub fn that_are(&self, state: State) -> impl Iterator<Item = &str> {
        self.files.iter().filter(move |(_, of)| **of == state).map(|(path, _)| &**path)
    }
}

/// Looks at a folder.
///
/// # Errors
///
/// It holds what something else has made, or cannot be read.
pub fn look(folder: &Path, kit: &FileTree) -> Result<Found, WriteError> {
    let old = read_manifest(folder);
    if old.units.iter().any(|(unit, entry)| !unit.is_empty() || entry.inputs != MADE_BY) {
        let reason = "it holds what another command of protopact has made".to_owned();
        return Err(WriteError::Unsuitable { path: folder.to_owned(), reason });
    }
    let before = old.units.get("").map(|entry| entry.files.clone()).unwrap_or_default();
    let mut files = BTreeMap::new();
    for (path, content) in kit.iter() {
        let (wanted, there) = (sha256(content), hash(&folder.join(path))?);
        let state = match (there, before.get(path)) {
            (None, _) => State::Missing,
            (Some(there), _) if there == wanted => State::Same,
            (Some(there), Some(written)) if there == *written => State::Old,
            (Some(_), Some(written)) if *written == wanted => State::Kept,
            (Some(_), _) => State::Theirs,
        };
        files.insert(path.to_owned(), state);
    }
    for (path, written) in before.iter().filter(|(path, _)| kit.get(path).is_none()) {
        // What was changed is somebody's own by now.
        if hash(&folder.join(path))?.as_ref() == Some(written) {
            files.insert(path.clone(), State::Gone);
        }
    }
    Ok(Found { files })
}

/// The hash of what is in a place; `None` where nothing is. What is no file is like no file's content.
fn hash(path: &Path) -> Result<Option<String>, WriteError> {
    match fs::symlink_metadata(path) {
        Err(e) if [std::io::ErrorKind::NotFound, std::io::ErrorKind::NotADirectory].contains(&e.kind()) => {
            Ok(None)
        }
        Err(e) => Err(fail("read", path)(e).into()),
        Ok(there) if !there.is_file() => Ok(Some(String::new())),
        Ok(_) => Ok(Some(sha256(&fs::read(path).map_err(fail("read", path))?))),
    }
}

/// Writes a kit into a folder that was looked at, whole or not at all. `force` writes over what somebody changed.
///
/// # Errors
///
/// Files of somebody would be lost, or the system refuses; what was there stays then.
pub fn write(
    out: &mut Out,
    found: &Found,
    kit: &FileTree,
    version: (&str, &str),
    force: bool,
) -> Result<(), WriteError> {
    let theirs: Vec<String> = found.that_are(State::Theirs).map(str::to_owned).collect();
    if !theirs.is_empty() && !force {
        return Err(WriteError::Foreign { path: out.path().to_owned(), files: theirs });
    }
    let begun = out.begin()?;
    for (path, content) in kit.iter() {
        if force || found.files.get(path) != Some(&State::Kept) {
            begun.add(path, content)?;
        }
    }
    let (contract, version) = version;
    let files = manifest::hashes(kit);
    let entry = Entry {
        inputs: MADE_BY.to_owned(),
        contract: contract.to_owned(),
        version: version.to_owned(),
        files,
        ..Entry::default()
    };
    let mut new = Manifest::default();
    new.units.insert(String::new(), entry);
    // What goes is what was written and is still so; all else is carried over.
    let mut old = Manifest::default();
    let gone = found.that_are(State::Gone).map(|path| (path.to_owned(), String::new())).collect();
    old.units.insert(String::new(), Entry { files: gone, ..Entry::default() });
    let top = [(manifest::PATH.to_owned(), new.render())].into();
    out.finish(begun, &top, &old)
}
