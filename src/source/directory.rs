//! Trees of directories on disk.
//!
//! Symbolic links are followed where the target stays inside the root; `.git` is skipped; what cannot be taken
//! in becomes a [`Problem`] and never a panic.

use std::fs::{self, FileType};
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use walkdir::WalkDir;

use super::tree::{Place, is_proto, is_wanted};
use super::{Problem, SourceError, Tree};
use crate::git::is_plain_name;

/// How many directory entries a walk may see; a limit against chains of links and against `/`.
const MAX_ENTRIES: usize = 2_000_000;
/// How many links to folders a walk may follow: what is reached by more of them is the same few folders, over and over.
const MAX_LINKS: usize = 50_000;
/// How deep directories may nest.
const MAX_DEPTH: usize = 256;

/// Fills a tree with the wanted files under a root. `skip` says which directories to leave out, by their path
/// from the root.
pub(super) fn fill(tree: &mut Tree, root: &Path, skip: &dyn Fn(&Path) -> bool) -> Result<(), SourceError> {
    let mut walk = Walk { tree, root, skip, seen: 0, followed: 0, linked: false };
    walk.enter(root, "", &mut vec![root.to_path_buf()])?;
    let linked = walk.linked;
    tree.problems.sort();
    tree.problems.dedup();
    if linked {
        join_linked(tree);
    }
    Ok(())
}

/// Two paths to one file are one file.
fn join_linked(tree: &mut Tree) {
    let mut real: std::collections::BTreeMap<&Path, &str> = std::collections::BTreeMap::new();
    let mut linked = Vec::new();
    for (path, entry) in &tree.entries {
        let Place::Disk(place) = &entry.place else { continue };
        match real.entry(place.as_path()) {
            std::collections::btree_map::Entry::Vacant(new) => {
                new.insert(path);
            }
            std::collections::btree_map::Entry::Occupied(first) => {
                linked.push((path.clone(), (*first.get()).to_owned()));
            }
        }
    }
    tree.linked = linked.into_iter().collect();
}

struct Walk<'a> {
    tree: &'a mut Tree,
    /// Canonical.
    root: &'a Path,
    skip: &'a dyn Fn(&Path) -> bool,
    seen: usize,
    /// Links to folders.
    followed: usize,
    /// Whether a link led to something.
    linked: bool,
}

impl Walk<'_> {
    fn problem(&mut self, path: String, message: impl Into<String>, fatal: bool, hint: Option<&str>) {
        let hint = hint.map(str::to_owned);
        self.tree.problems.push(Problem { path, message: message.into(), fatal, hint });
    }

    /// Walks one real directory. `above` holds the directories reached through links, outermost first, to
    /// notice links that lead back.
    fn enter(&mut self, directory: &Path, prefix: &str, above: &mut Vec<PathBuf>) -> Result<(), SourceError> {
        let mut walker =
            WalkDir::new(directory).min_depth(1).max_depth(MAX_DEPTH).sort_by_file_name().into_iter();
        while let Some(next) = walker.next() {
            self.seen += 1;
            if self.seen > MAX_ENTRIES {
                let text = self.root.display().to_string();
                return Err(SourceError::TooLarge { text, limit: MAX_ENTRIES, what: "entries" });
            }
            let entry = match next {
                Ok(entry) => entry,
                Err(error) => {
                    let path =
                        error.path().and_then(|p| p.strip_prefix(directory).ok()).unwrap_or(Path::new(""));
                    let path = format!("{prefix}{}", path.to_string_lossy());
                    let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                    self.problem(
                        path,
                        format!("cannot be listed: {why}"),
                        true,
                        Some("check its permissions"),
                    );
                    continue;
                }
            };
            let kind = entry.file_type();
            if entry.file_name() == ".gitattributes" {
                self.tree.attributes = true;
            }
            if entry.file_name() == ".git" {
                if let Some(folder) = entry.path().parent().and_then(|p| p.strip_prefix(directory).ok()) {
                    let folder = slashed(prefix, folder);
                    if !folder.is_empty() {
                        self.tree.submodules.push(folder);
                    }
                }
                if kind.is_dir() {
                    walker.skip_current_dir();
                }
                continue;
            }
            let shown = || format!("{prefix}{}", below(directory, entry.path()).to_string_lossy());
            let Some(name) = entry.file_name().to_str().filter(|n| is_plain_name(n)) else {
                if kind.is_dir() {
                    walker.skip_current_dir();
                }
                let proto = entry.file_name().to_string_lossy().ends_with(".proto");
                if proto || kind.is_dir() {
                    let message = "its name is not plain UTF-8, so that no import can name it";
                    self.problem(shown(), message, proto, Some("rename it"));
                }
                continue;
            };
            if kind.is_dir() {
                if (self.skip)(Path::new(&shown())) {
                    walker.skip_current_dir();
                }
                continue;
            }
            if kind.is_symlink() {
                let path = slashed(prefix, below(directory, entry.path()));
                self.link(entry.path(), name, path, above)?;
            } else if is_wanted(name) {
                let path = slashed(prefix, below(directory, entry.path()));
                self.file(entry.into_path(), path, kind);
            }
        }
        Ok(())
    }

    fn file(&mut self, on_disk: PathBuf, path: String, kind: FileType) {
        if kind.is_file() {
            self.tree.insert(path, Place::Disk(on_disk));
        } else {
            // Opening a pipe would wait for a writer.
            self.problem(path, "is not a regular file", true, Some("remove it, or take it out of the roots"));
        }
    }

    fn link(
        &mut self,
        link: &Path,
        name: &str,
        path: String,
        above: &mut Vec<PathBuf>,
    ) -> Result<(), SourceError> {
        let proto = is_proto(name);
        let target = match fs::canonicalize(link) {
            Ok(target) => target,
            Err(error) => {
                let message = format!("is a link that leads nowhere: {error}");
                self.problem(path, message, proto, Some("remove the link, or restore its target"));
                return Ok(());
            }
        };
        if !target.starts_with(self.root) {
            let message = "is a link that leads out of the contract's folder, and is not followed";
            self.problem(path, message, proto, Some("copy the target into the contract's folder"));
            return Ok(());
        }
        let Ok(metadata) = fs::metadata(&target) else {
            self.problem(path, "is a link whose target cannot be read", proto, Some("check its permissions"));
            return Ok(());
        };
        self.linked = true;
        // A folder around the target need not be walked itself.
        let mut around = target.ancestors().take_while(|folder| folder.starts_with(self.root));
        self.tree.attributes |= around.any(|folder| folder.join(".gitattributes").exists());
        if !metadata.is_dir() {
            if is_wanted(name) {
                self.file(target, path, metadata.file_type());
            }
            return Ok(());
        }
        let parent = link.parent().and_then(|p| fs::canonicalize(p).ok());
        let leads_back =
            parent.is_none_or(|p| p.starts_with(&target)) || above.iter().any(|a| a.starts_with(&target));
        if leads_back || above.len() > MAX_DEPTH {
            self.problem(path, "is a link to a folder that holds it, and is not followed", false, None);
            return Ok(());
        }
        if target.components().any(|c| c.as_os_str() == ".git") {
            return Ok(());
        }
        self.followed += 1;
        if self.followed > MAX_LINKS {
            let text = self.root.display().to_string();
            return Err(SourceError::TooLarge { text, limit: MAX_LINKS, what: "links to folders" });
        }
        above.push(target.clone());
        self.enter(&target, &format!("{path}/"), above)?;
        above.pop();
        Ok(())
    }
}

/// A path below the directory that is walked. Cut from its text: to go through the parts of every path takes longer than to list
/// the directory.
fn below<'p>(directory: &Path, path: &'p Path) -> &'p Path {
    let text = || path.to_str()?.strip_prefix(directory.to_str()?)?.strip_prefix(MAIN_SEPARATOR);
    text().map_or_else(|| path.strip_prefix(directory).expect("below the directory walked"), Path::new)
}

/// A path below a prefix, with forward slashes. Every part was checked to be plain UTF-8 on the way down.
fn slashed(prefix: &str, relative: &Path) -> String {
    let relative = relative.to_string_lossy();
    if MAIN_SEPARATOR == '/' {
        format!("{prefix}{relative}")
    } else {
        format!("{prefix}{}", relative.replace(MAIN_SEPARATOR, "/"))
    }
}
