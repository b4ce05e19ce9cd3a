//! From units to an output folder that holds them: what has not changed stays, the rest is made and swapped in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use thiserror::Error;

use super::compare::{self, Difference, Kind};
use super::generate::{self, GenerateError, Made, Unit};
use super::manifest::{self, Entry, Manifest};
use super::remade::{self, Makers, Remade};
use super::write::{self, Drift, Out, Piece, WriteError};
use super::{Contract, FileTree, Package, catalogue};
use crate::machine::{FileError, Host, Limits, fail, files_below};

/// An output folder and what belongs into it.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    /// The folder, absolute.
    pub folder: &'a Path,
    /// What belongs into it.
    pub units: &'a [Unit],
    /// Whether these are all there are: units of earlier runs that nobody asks for any more go away.
    pub complete: bool,
    /// Whether it gets a catalogue.
    pub catalogue: bool,
    /// Whether files that protopact has not written stay.
    pub keeps_others: bool,
    /// Whether files that protopact has not written are deleted without a word.
    pub deletes_others: bool,
    /// Whether everything is made anew, whatever is there.
    pub force: bool,
    /// Where the version is a published one: the plugins that its commit has in its lock, as far as is known.
    pub published: Option<&'a Makers>,
    /// How many folders of versions a package or plugin has at most, this one among them; all stay where it is not said.
    pub keep: Option<usize>,
    /// How long to wait for another run.
    pub patience: Duration,
}

/// How plugins are run.
#[derive(Clone, Copy, Debug)]
pub struct Running<'a> {
    /// The machine.
    pub host: &'a Host,
    /// The bounds of each plugin.
    pub limits: Limits,
}

/// What became of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It was there, whole, out of the same inputs.
    Unchanged,
    /// It was made.
    Made,
    /// Nobody asks for it any more.
    Removed,
}

/// A unit in the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its path below the output.
    pub path: String,
    /// What became of it.
    pub state: State,
    /// What a service team writes to depend on it.
    pub coordinate: Option<String>,
    /// How many files it has.
    pub files: usize,
}

/// What became of an output folder.
#[derive(Clone, Debug, Default)]
pub struct Produced {
    /// The units, sorted by path.
    pub rows: Vec<Row>,
    /// Files that somebody had changed or deleted, with their paths below the output.
    pub restored: Vec<String>,
    /// What plugins said: name and text.
    pub messages: Vec<(String, String)>,
}

/// Why there is no output.
#[derive(Debug, Error)]
pub enum ProduceError {
    /// Something cannot be made.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// Something cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Version `version` is published, and packages would be others than its.
    #[error(
        "version {version} is published, and these would be other packages under the same version: {}",
        names(.all)
    )]
    Remade {
        /// The version.
        version: String,
        /// The packages.
        all: Vec<Remade>,
    },
}

fn names(all: &[Remade]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// What a folder is beside what would be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The files that differ, sorted by path.
    pub differences: Vec<Difference>,
    /// Packages of the published version that would be others.
    pub remade: Vec<Remade>,
}

impl From<FileError> for ProduceError {
    fn from(error: FileError) -> ProduceError {
        ProduceError::Write(error.into())
    }
}

fn below(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

/// The folder of all versions of a unit that has one for each, and the version.
fn of_version(path: &str) -> Option<(&str, semver::Version)> {
    let (folder, version) = path.rsplit_once('/').unwrap_or(("", path));
    Some((folder, semver::Version::parse(version).ok()?))
}

/// Units of the manifest that nobody asks for any more. Folders of versions stay, the highest ones where only some do.
fn gone(output: &Output<'_>, manifest: &Manifest) -> BTreeSet<String> {
    let asked = |path: &str| output.units.iter().any(|unit| unit.path == path);
    let old =
        manifest.units.keys().filter(|path| output.complete && !asked(path) && of_version(path).is_none());
    let mut gone: BTreeSet<String> = old.cloned().collect();
    for unit in output.units {
        let (Some(keep), Some((folder, _))) = (output.keep, of_version(&unit.path)) else { continue };
        let mut others: Vec<(semver::Version, &String)> = manifest
            .units
            .keys()
            .filter(|path| !asked(path))
            .filter_map(|path| Some((of_version(path).filter(|(of, _)| *of == folder)?.1, path)))
            .collect();
        others.sort_by(|a, b| b.cmp(a));
        gone.extend(others.into_iter().skip(keep.saturating_sub(1)).map(|(_, path)| path.clone()));
    }
    gone
}

/// Refuses to delete files that protopact has not written.
fn foreign(output: &Output<'_>, path: &str, drift: Drift) -> Result<Drift, WriteError> {
    if drift.foreign.is_empty() || output.force || output.deletes_others {
        return Ok(drift);
    }
    Err(WriteError::Foreign { path: output.folder.join(path), files: drift.foreign })
}

/// What is published under this version and would be another package, before any plugin runs: by the lock of its commit,
/// where the output does not know the version.
fn released_otherwise(contract: &Contract<'_>, output: &Output<'_>, old: &Manifest) -> Vec<Remade> {
    let Some(then) = output.published.filter(|_| contract.build.is_none()) else { return Vec::new() };
    let unknown = |unit: &&Unit| !old.units.get(&unit.path).is_some_and(|entry| is_of(entry, contract));
    output.units.iter().filter(unknown).filter_map(|unit| remade::since_release(then, unit)).collect()
}

/// Whether a unit was made of this very version.
fn is_of(entry: &Entry, contract: &Contract<'_>) -> bool {
    (&*entry.contract, &*entry.version, entry.build) == (contract.name, contract.version, contract.build)
}

/// What is published under this version and is another package now.
fn other_packages<'a>(
    contract: &Contract<'_>,
    output: &Output<'_>,
    old: &Manifest,
    made: impl Iterator<Item = (&'a Made, &'a Unit)>,
) -> Vec<Remade> {
    if output.published.is_none() {
        return Vec::new();
    }
    let other = |(made, unit): (&Made, &Unit)| {
        let before = old.units.get(&unit.path).filter(|entry| is_of(entry, contract))?;
        remade::beside(before, unit, &manifest::hashes(&made.files))
    };
    made.filter_map(other).collect()
}

/// Refuses packages that are others than those that were published, unless that is meant.
fn refuse(contract: &Contract<'_>, output: &Output<'_>, all: Vec<Remade>) -> Result<(), ProduceError> {
    if all.is_empty() || output.force {
        return Ok(());
    }
    Err(ProduceError::Remade { version: contract.version.to_owned(), all })
}

/// The files of the output folder itself.
fn top(output: &Output<'_>, manifest: &Manifest) -> BTreeMap<String, String> {
    let mut top = BTreeMap::from([(manifest::PATH.to_owned(), manifest.render())]);
    if output.catalogue {
        top.insert(catalogue::JSON.to_owned(), catalogue::json(manifest));
        top.insert(catalogue::MARKDOWN.to_owned(), catalogue::markdown(manifest));
    }
    top
}

fn entry(contract: &Contract<'_>, made: &Made, unit: &Unit, inputs: &str) -> Entry {
    Entry {
        inputs: inputs.to_owned(),
        contract: contract.name.to_owned(),
        version: contract.version.to_owned(),
        build: contract.build,
        makers: remade::makers(unit),
        language: made.language.map(|l| l.as_str().to_owned()),
        coordinate: made.coordinate.clone(),
        files: manifest::hashes(&made.files),
    }
}

/// Brings an output folder up to date.
///
/// # Errors
///
/// Something cannot be made or written; the folder is as it was then.
pub fn produce(
    contract: &Contract<'_>,
    output: &Output<'_>,
    running: Running<'_>,
) -> Result<Produced, ProduceError> {
    let mut out = Out::take(output.folder, output.patience)?;
    let old = write::read_manifest(out.path());
    refuse(contract, output, released_otherwise(contract, output, &old))?;
    let descriptors = generate::descriptors(contract.compiled);
    let mut produced = Produced::default();
    let mut todo: Vec<(&Unit, String)> = Vec::new();
    for unit in output.units {
        let inputs = generate::inputs(contract, &descriptors, unit);
        let never = Entry::default();
        let before = old.units.get(&unit.path).unwrap_or(&never);
        let folder = out.path().join(&unit.path);
        let inside =
            |one: &str, other: &str| one.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'));
        let clash = |path: &&String| inside(path, &unit.path) || inside(&unit.path, path);
        let units: Vec<String> = old.units.keys().filter(clash).cloned().collect();
        if !units.is_empty() {
            return Err(WriteError::Versions { path: folder, units }.into());
        }
        let drift = foreign(output, &unit.path, write::drift(&folder, before, output.keeps_others)?)?;
        if before.inputs == inputs && drift.is_none() && !output.force {
            produced.rows.push(Row {
                path: unit.path.clone(),
                state: State::Unchanged,
                coordinate: before.coordinate.clone(),
                files: before.files.len(),
            });
        } else {
            let strayed = drift.missing.iter().chain(&drift.changed);
            produced.restored.extend(strayed.map(|path| below(&unit.path, path)));
            todo.push((unit, inputs));
        }
    }
    let units: Vec<&Unit> = todo.iter().map(|(unit, _)| *unit).collect();
    let gone = gone(output, &old);
    for path in &gone {
        foreign(output, path, write::drift(&out.path().join(path), &old.units[path], output.keeps_others)?)?;
    }
    let made = generate::make(contract, &units, running.host, running.limits)?;
    let pairs = made.iter().zip(units.iter().copied());
    refuse(contract, output, other_packages(contract, output, &old, pairs))?;

    let mut new = old.clone();
    for path in &gone {
        new.units.remove(path);
        let row = Row { path: path.clone(), state: State::Removed, coordinate: None, files: 0 };
        produced.rows.push(row);
    }
    for (made, (unit, inputs)) in made.iter().zip(&todo) {
        new.units.insert(made.path.clone(), entry(contract, made, unit, inputs));
        produced.rows.push(Row {
            path: made.path.clone(),
            state: State::Made,
            coordinate: made.coordinate.clone(),
            files: made.files.len(),
        });
        produced.messages.extend(made.messages.iter().cloned());
    }
    // A unit that holds others has replaced them.
    let replaced: Vec<&str> = made.iter().map(|m| &*m.path).filter(|p| !p.is_empty()).collect();
    new.units.retain(|path, _| {
        !replaced.iter().any(|outer| path.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/')))
    });
    produced.rows.sort_by(|a, b| a.path.cmp(&b.path));
    produced.restored.sort();
    let top = top(output, &new);
    let same = |(path, text): (&String, &String)| {
        std::fs::read(out.path().join(path)).is_ok_and(|there| there == text.as_bytes())
    };
    if made.is_empty() && gone.is_empty() && top.iter().all(same) {
        return Ok(produced);
    }
    let keeps_others = output.keeps_others;
    let pieces: BTreeMap<String, Piece<'_>> =
        made.iter().map(|m| (m.path.clone(), Piece { files: &m.files, keeps_others })).collect();
    out.replace(&pieces, &gone, &top, &old)?;
    Ok(produced)
}

/// Compares an output folder with what would be made. Nothing is written, and what lies beside the units is nobody's, as
/// it is for [`produce`].
///
/// # Errors
///
/// Something cannot be made or read.
pub fn check(
    contract: &Contract<'_>,
    output: &Output<'_>,
    running: Running<'_>,
) -> Result<Checked, ProduceError> {
    let old = write::read_manifest(output.folder);
    let mut others = released_otherwise(contract, output, &old);
    let descriptors = generate::descriptors(contract.compiled);
    let units: Vec<&Unit> = output.units.iter().collect();
    let made = generate::make(contract, &units, running.host, running.limits)?;
    others.extend(other_packages(contract, output, &old, made.iter().zip(units.iter().copied())));
    others.sort_by(|a, b| a.path.cmp(&b.path));
    let mut new = old.clone();
    let mut found = Vec::new();
    for path in gone(output, &old) {
        let folder = output.folder.join(&path);
        found.extend(files_below(&folder)?.into_iter().map(|(file, _)| untracked(below(&path, &file))));
        new.units.remove(&path);
    }
    for (made, unit) in made.iter().zip(&units) {
        found.extend(compare::compare(output.folder, &made.path, &made.files, output.keeps_others)?);
        let inputs = generate::inputs(contract, &descriptors, unit);
        new.units.insert(made.path.clone(), entry(contract, made, unit, &inputs));
    }
    // Versions of earlier runs have to be what they were.
    for (path, unit) in new.units.iter().filter(|(path, _)| !made.iter().any(|m| m.path == **path)) {
        let drift = write::drift(&output.folder.join(path), unit, output.keeps_others)?;
        let kinds = [
            (Kind::Missing, drift.missing),
            (Kind::Changed, drift.changed),
            (Kind::Untracked, drift.foreign),
        ];
        for (kind, files) in kinds {
            let difference = |f: &String| Difference { kind, path: below(path, f), lines: Vec::new() };
            found.extend(files.iter().map(difference));
        }
    }
    let mut tree = FileTree::new();
    for (path, text) in top(output, &new) {
        tree.add(&path, text).expect("the paths are ours and differ");
    }
    found.extend(compare::compare(output.folder, "", &tree, true)?);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Checked { differences: found, remade: others })
}

fn untracked(path: String) -> Difference {
    Difference { kind: Kind::Untracked, path, lines: Vec::new() }
}

/// The packages of an output folder, as they are there.
///
/// # Errors
///
/// A file cannot be read, or is no longer there.
pub fn packages(folder: &Path, units: &[Unit]) -> Result<Vec<Package>, WriteError> {
    let manifest = write::read_manifest(folder);
    let mut packages = Vec::new();
    for unit in units {
        let Some(entry) = manifest.units.get(&unit.path) else { continue };
        let Some(language) = entry.language() else { continue };
        let mut files = FileTree::new();
        for path in entry.files.keys() {
            let there = folder.join(&unit.path).join(path);
            let content = std::fs::read(&there).map_err(fail("read", &there))?;
            // A manifest somebody wrote by hand may name anything.
            let _ = files.add(path, content);
        }
        packages.push(Package { language, coordinate: entry.coordinate.clone().unwrap_or_default(), files });
    }
    Ok(packages)
}
