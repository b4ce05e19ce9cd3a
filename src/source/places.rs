//! Where files lie that are only there to be imported.
//!
//! A place that is written down (`imports`, `--imports`) comes first, and is the same for every revision: where a
//! revision holds the folder, its own is taken, and else what is on disk. What nobody wrote down is looked for where such files usually are: in
//! folders that the configuration leaves out, in submodules, in folders that people call `third_party` or `vendor`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::open::{below_root, folder_tree};
use super::scans::Scans;
use super::settings::home;
use super::tree::{self, Display, is_proto};
use super::{Loaded, Name, Shared, SourceError, Tree, directory};
use crate::compile::image::{self, Format};
use crate::compile::print;
use crate::config::deps::DepSource;
use crate::config::{FILE_NAME, ImportPlace, Root, Settings, file, is_under};
use crate::deps::{self, KeptFile, Lock, Locked};
use crate::lock::FILE_NAME as LOCK;
use crate::machine::{Cache, Packed};

/// The last part of the name of a folder for what others wrote, whatever else is in the tree.
const FOREIGN: [&str; 5] = ["third_party", "vendor", "proto_vendor", "node_modules", "third-party"];

/// The last part of the name of a folder that holds what others wrote, if an import leads there.
const LIKELY: [&str; 10] = [
    "third_party",
    "third-party",
    "vendor",
    "proto_vendor",
    "node_modules",
    "googleapis",
    "include",
    "external",
    "protodeps",
    "deps",
];

/// Folders and descriptor sets whose files are only there to be imported.
#[derive(Debug, Default)]
pub struct Places {
    pub(super) listed: Vec<Place>,
    /// What is locked.
    pub(super) deps: Arc<[Place]>,
    /// What is locked and not in the cache.
    pub(super) lacking: Vec<(String, Locked)>,
    lock: Lock,
    /// The folder of the contract on disk, for what an old revision does not hold.
    home: Option<PathBuf>,
    newest: OnceLock<Option<Tree>>,
    /// What to set where that is looked into.
    doubt: Option<Arc<AtomicBool>>,
    /// What was found in files of either side.
    pub(super) scans: Scans,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Place {
    /// What is there, on disk.
    pub(super) tree: Tree,
    /// Its path from the root of the contract's tree, where it lies inside.
    pub(super) inside: Option<String>,
    /// Where import paths begin.
    pub(super) roots: Vec<Root>,
    /// Only files whose import paths begin so; empty for all.
    pub(super) include: Vec<String>,
}

impl Places {
    /// Opens what the settings of a side name, and what is locked. A side without a lock has that of `other`.
    ///
    /// # Errors
    ///
    /// A place does not exist, or cannot be read, or the lock is none.
    pub fn open(
        loaded: &Loaded,
        settings: &Settings,
        around: Around<'_>,
        other: Option<&Places>,
    ) -> Result<Places, SourceError> {
        let home = home(loaded);
        let mut all: Vec<ImportPlace> = settings.imports.clone();
        if all.is_empty() {
            all = newest_imports(loaded, home.as_deref());
        }
        for dep in &settings.deps {
            if let DepSource::Path(path) = &dep.source {
                let folder = home.clone().unwrap_or_else(|| around.cwd.to_owned());
                all.push(ImportPlace { written: path.clone(), path: folder.join(path) });
            }
        }
        let listed = all.iter().map(|place| listed(place, home.as_deref(), around.cwd));
        let listed = listed.collect::<Result<_, _>>()?;
        let own = || lock(loaded, home.as_deref());
        let lock = match (around.lock, other) {
            (Some(lock), _) => lock.clone(),
            (None, other) => match (own()?, other) {
                (Some(lock), _) => lock,
                (None, Some(other)) => other.lock.clone(),
                (None, None) => Lock::new(),
            },
        };
        let kept = || Scans::kept_in(around.cache);
        let scans = match (around.shared, other) {
            (Some(shared), _) => shared.scans.get_or_init(kept).clone(),
            (None, Some(other)) => other.scans.clone(),
            (None, None) => kept(),
        };
        let doubt = around.shared.map(Shared::doubt);
        let places = Places { listed, home, lock, scans, doubt, ..Places::default() };
        if !loaded.tree().is_some_and(|tree| places.are_inside(tree)) {
            places.doubted();
        }
        Ok(match other.filter(|other| other.lock == places.lock) {
            Some(other) => Places { deps: other.deps.clone(), lacking: other.lacking.clone(), ..places },
            None => places.with_deps(around.cache),
        })
    }

    fn with_deps(mut self, cache: Option<&Cache>) -> Places {
        let mut deps = Vec::new();
        for (name, locked) in &self.lock {
            let Some(tree) = cache.and_then(|cache| kept(locked, cache, &locked.mark(name))) else {
                self.lacking.push((name.clone(), locked.clone()));
                continue;
            };
            let (roots, include) = (locked.roots(), locked.include.clone());
            deps.push(Place { tree, inside: None, roots, include });
        }
        self.deps = deps.into();
        self
    }

    /// Whether all that a tree imports is in its contract's own folder, as far as it is known before it is looked for.
    fn are_inside(&self, tree: &Tree) -> bool {
        let Some(home) = self.home.as_deref().and_then(|home| std::fs::canonicalize(home).ok()) else {
            return false;
        };
        let inside = |place: &Place| {
            let here = place.inside.as_ref().is_some_and(|folder| tree.has_folder(folder));
            here && place.tree.root().is_none_or(|root| root.starts_with(&home))
        };
        tree.is_plain() && self.lock.is_empty() && self.listed.iter().all(inside)
    }

    /// Says that something is read that is in nobody's tree.
    fn doubted(&self) {
        if let Some(doubt) = &self.doubt {
            doubt.store(true, Ordering::Relaxed);
        }
    }

    /// Dependencies that are locked otherwise than on another side: their changes are changes too.
    pub(super) fn changed_since(&self, old: &Places) -> Vec<MovedDep> {
        let names: BTreeSet<&String> = self.lock.keys().chain(old.lock.keys()).collect();
        let moved = |name: &String| {
            let (old, new) = (old.lock.get(name), self.lock.get(name));
            let told = match (old, new) {
                (Some(old), Some(new)) if old.sha256 == new.sha256 => return None,
                (Some(old), Some(new)) => {
                    format!("dependency `{name}` has changed: {} → {}", old.told(), new.told())
                }
                (None, Some(new)) => format!("dependency `{name}` is new: {}", new.told()),
                (Some(old), None) => format!("dependency `{name}` is gone: {}", old.told()),
                (None, None) => return None,
            };
            let mark = |entry: Option<&Locked>| entry.map(|entry| entry.mark(name));
            Some(MovedDep { told: told.into(), marks: [mark(old), mark(new)] })
        };
        names.into_iter().filter_map(moved).collect()
    }

    /// Whether the same dependencies are locked as on another side.
    pub(super) fn locks_the_same(&self, other: &Places) -> bool {
        self.lock == other.lock
    }

    /// Every place that is written down or locked.
    pub(super) fn all(&self) -> impl Iterator<Item = &Place> {
        self.listed.iter().chain(self.deps.iter())
    }

    /// What the contract's folder holds today, on disk.
    pub(super) fn newest(&self) -> Option<&Tree> {
        self.doubted();
        let open = || folder_tree(self.home.as_deref()?).ok();
        self.newest.get_or_init(open).as_ref()
    }
}

/// A dependency that is not the same on both sides.
#[derive(Clone, Debug)]
pub(super) struct MovedDep {
    /// What happened to it.
    pub(super) told: Arc<str>,
    /// What the paths of its files begin with, as they are shown, on the old and the new side.
    pub(super) marks: [Option<String>; 2],
}

/// What the cache holds of a dependency: descriptor sets are read now, and texts when they are needed. `None` when it
/// is not there, or not what it should be.
fn kept(locked: &Locked, cache: &Cache, mark: &str) -> Option<Tree> {
    let (texts, sets): (Vec<_>, Vec<_>) =
        locked.kept(cache)?.into_iter().partition(|file| file.path.ends_with(".proto"));
    let read = |file: &KeptFile| Some((file.path.clone(), file.read()?));
    let (_, sets) = deps::parts(sets.iter().map(read).collect::<Option<_>>()?);
    let mut tree = of_set(mark.trim_end_matches('/'), sets);
    for KeptFile { path, at, sha256 } in texts.into_iter().filter(|file| is_proto(&file.path)) {
        tree.insert(path, tree::Place::Kept { path: at, sha256: sha256.into() });
    }
    Some(tree)
}

/// A tree of the files of a descriptor set, which keep their descriptors.
fn of_set(told: &str, printed: Vec<print::Printed>) -> Tree {
    let descriptors = printed.iter().map(|p| (p.name.clone(), p.descriptor.clone())).collect();
    let files = printed.into_iter().map(|p| (p.name, p.text.into()));
    let display = Display { typed: told.to_owned(), at: String::new() };
    Tree { display, descriptors, ..Tree::from_memory(told, files) }
}

/// What opening places needs besides the side.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The working directory, absolute.
    pub cwd: &'a Path,
    /// Where the files of dependencies are.
    pub cache: Option<&'a Cache>,
    /// A lock to take instead of the one that is found.
    pub lock: Option<&'a Lock>,
    /// What was looked into already.
    pub shared: Option<&'a Shared>,
}

/// The `imports` that the configuration on disk has, for a revision: places serve every one.
fn newest_imports(loaded: &Loaded, home: Option<&Path>) -> Vec<ImportPlace> {
    let of_revision = loaded.tree().is_some_and(|tree| tree.origin().is_some());
    let Some(home) = home.filter(|_| of_revision) else { return Vec::new() };
    let text = std::fs::read_to_string(home.join(FILE_NAME)).unwrap_or_default();
    // What is wrong with it is told where it is used as a whole.
    let mut imports = file::parse(&text, FILE_NAME).map(|file| file.imports).unwrap_or_default();
    imports.iter_mut().for_each(|place| place.path = home.join(&place.path));
    imports
}

/// The lock of a side: its own, or that of the folder on disk.
fn lock(loaded: &Loaded, home: Option<&Path>) -> Result<Option<Lock>, SourceError> {
    let own = loaded.tree().and_then(|tree| tree.read(LOCK).ok());
    let text = match (own, home) {
        (Some(bytes), _) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        (None, Some(home)) => std::fs::read_to_string(home.join(LOCK)).ok(),
        (None, None) => None,
    };
    Ok(text.map(|text| deps::locked::parse(&text)).transpose()?)
}

fn listed(place: &ImportPlace, home: Option<&Path>, cwd: &Path) -> Result<Place, SourceError> {
    let inside =
        home.and_then(|home| below_root(&std::fs::canonicalize(home).ok()?, cwd, place.path.to_str()?));
    let told = place.written.clone();
    let display = Display { typed: told.clone(), at: String::new() };
    let mut tree = Tree { name: Name::Folder(told.clone()), display, ..Tree::default() };
    match std::fs::canonicalize(&place.path) {
        Ok(folder) if folder.is_dir() => {
            directory::fill(&mut tree, &folder, &|_| false)?;
            tree.root = Some(folder);
        }
        Ok(file) => {
            let fail = |source| SourceError::Io { doing: "read", path: place.path.clone(), source };
            let bytes = std::fs::read(&file).map_err(fail)?;
            // A name that says nothing is taken for the wire form.
            let (_, stem) = Packed::of_name(&told);
            let format = stem.rsplit_once('.').and_then(|(_, ending)| Format::of(ending));
            let set = image::to_wire(&bytes, format.unwrap_or(Format::Binary)).map_err(|e| e.to_string());
            let printed = set.and_then(|set| print::texts(&set));
            let printed = printed.map_err(|why| SourceError::NoSet { text: told.clone(), why })?;
            tree = of_set(&told, printed);
            return Ok(Place { tree, inside: None, roots: vec![Root::plain("")], include: Vec::new() });
        }
        // The revision may hold it.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && inside.is_some() => {}
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(SourceError::NotFound { what: "import place", text: told });
        }
        Err(source) => return Err(SourceError::Io { doing: "open", path: place.path.clone(), source }),
    }
    Ok(Place { tree, inside, roots: vec![Root::plain("")], include: Vec::new() })
}

/// The folders of a tree for what others wrote: submodules, and those that are called so. None when nothing else would
/// be left.
pub(super) fn foreign(tree: &Tree) -> Vec<String> {
    let mut found: BTreeSet<String> = tree.submodules.iter().cloned().collect();
    for path in tree.protos() {
        let mut at = 0;
        for part in path.split('/') {
            if FOREIGN.contains(&part) && path.len() > at + part.len() {
                found.insert(path[..at + part.len()].to_owned());
                break;
            }
            at += part.len() + 1;
        }
    }
    let found: Vec<String> = found.into_iter().collect();
    if tree.protos().all(|path| found.iter().any(|f| is_under(path, f))) { Vec::new() } else { found }
}

/// How likely it is that a folder holds what others wrote: two when it is the folder itself that is called so, one when
/// a folder around it is, and `None` when nothing says so. `hidden` are folders that the contract leaves out.
pub(super) fn likely(folder: &str, tree: &Tree, hidden: &dyn Fn(&str) -> bool) -> Option<u8> {
    let mut parts = folder.rsplit('/');
    let last = parts.next().unwrap_or_default();
    // `third_party/proto`
    let plain = |part: &str| ["proto", "protos", "src", "include"].contains(&part);
    let named = LIKELY.contains(&last) || plain(last) && parts.next().is_some_and(|p| LIKELY.contains(&p));
    if named || tree.submodules.iter().any(|s| s == folder) {
        return Some(2);
    }
    let around = folder.split('/').any(|part| LIKELY.contains(&part));
    (around || hidden(folder) || tree.submodules.iter().any(|s| is_under(folder, s))).then_some(1)
}
