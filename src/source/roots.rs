//! Import roots found from the imports, for contracts nobody configured.
//!
//! An import `a/b.proto` that the tree holds as `proto/a/b.proto` says that `proto` is a root. Every import votes
//! for the folders under which it would resolve; the fewest folders that satisfy all imports win, a folder around
//! the importing file before others, more votes before fewer, shorter names before longer. The order of files
//! plays no part.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::tree::name_of;
use crate::compile::is_well_known;
use crate::config::{Root, is_under, join};

/// One import line: which file, what it imports.
pub(super) type Imports<'a> = [(&'a str, &'a [String])];

/// The .proto files of a tree, by path and by name.
#[derive(Debug, Default)]
pub(super) struct Paths<'a> {
    all: FxHashSet<&'a str>,
    by_name: FxHashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Paths<'a> {
    pub(super) fn new(paths: impl Iterator<Item = &'a str>) -> Paths<'a> {
        let sorted: BTreeSet<&str> = paths.collect();
        let mut by_name: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        for path in &sorted {
            by_name.entry(name_of(path)).or_default().push(path);
        }
        Paths { all: sorted.into_iter().collect(), by_name }
    }

    /// The folders under which an import would resolve, sorted.
    pub(super) fn folders_for(&self, import: &str) -> Vec<&'a str> {
        let same_name = self.by_name.get(name_of(import)).map(Vec::as_slice).unwrap_or_default();
        same_name
            .iter()
            .filter_map(|path| match path.strip_suffix(import)? {
                "" => Some(""),
                folder => folder.strip_suffix('/'),
            })
            .collect()
    }
}

/// Finds the roots, sorted; the tree's own folder alone when the imports say nothing.
pub(super) fn find(paths: &Paths<'_>, imports: &Imports<'_>) -> Vec<String> {
    let top = vec![String::new()];
    if unresolved(paths, imports, &[Root::default()]) == 0 {
        return top;
    }
    // For each import the folders that would satisfy it.
    let mut wishes: Vec<(&str, Vec<&str>)> = imports
        .iter()
        .flat_map(|(file, imported)| imported.iter().map(|import| (*file, paths.folders_for(import))))
        .filter(|(_, folders)| !folders.is_empty())
        .collect();
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for folder in wishes.iter().flat_map(|(_, folders)| folders) {
        *votes.entry(folder).or_default() += 1;
    }
    // What only one folder satisfies is decided first, so that the rest can share it.
    wishes.sort_by(|a, b| (a.1.len(), a).cmp(&(b.1.len(), b)));
    let mut chosen: BTreeSet<&str> = BTreeSet::new();
    for (file, folders) in &wishes {
        let around = |folder: &str| is_under(file, folder);
        if folders.iter().any(|f| chosen.contains(f) && around(f)) {
            continue;
        }
        let best = folders.iter().copied().max_by_key(|f| {
            let shorter_first = std::cmp::Reverse((f.len(), *f));
            (around(f), chosen.contains(f), votes[f], shorter_first)
        });
        let Some(best) = best else { continue };
        if around(best) || !folders.iter().any(|f| chosen.contains(f)) {
            chosen.insert(best);
        }
    }
    let mut roots: Vec<String> = chosen.into_iter().map(str::to_owned).collect();
    // Files that lie under no root are imported from the top.
    if paths.all.iter().any(|path| !roots.iter().any(|root| is_under(path, root))) {
        roots.insert(0, String::new());
    }
    roots
}

/// How many imports of files in the tree do not resolve under these roots. Imports that no folder could satisfy
/// do not count: the files are elsewhere.
pub(super) fn unresolved(paths: &Paths<'_>, imports: &Imports<'_>, roots: &[Root]) -> usize {
    let resolves = |import: &str| roots.iter().any(|root| leads(paths, root, import));
    // Most files import what others import too.
    let mut open: FxHashMap<&str, bool> = FxHashMap::default();
    let mut count = 0;
    for import in imports.iter().flat_map(|(_, imported)| *imported) {
        let found = || !resolves(import) && !paths.folders_for(import).is_empty();
        count += usize::from(*open.entry(import.as_str()).or_insert_with(found));
    }
    count
}

/// What is left of an import path below a prefix.
pub(super) fn below_prefix<'i>(import: &'i str, prefix: &str) -> Option<&'i str> {
    if prefix.is_empty() { Some(import) } else { import.strip_prefix(prefix)?.strip_prefix('/') }
}

/// Adds roots with a prefix to roots that were found, for imports that nothing satisfies: `k8s.io/api/core/v1/x.proto`
/// in a tree that has `core/v1/x.proto`. All failing imports that begin with a prefix must lead to a file, else it is
/// none. `module` is the name of the Go module, the first guess; `elsewhere` are files that imports can mean too.
pub(super) fn with_prefixes(
    found: Vec<String>,
    paths: &Paths<'_>,
    imports: &Imports<'_>,
    elsewhere: &Paths<'_>,
    module: Option<&str>,
) -> Vec<Root> {
    let failing: BTreeSet<&str> = imports
        .iter()
        .flat_map(|(_, imported)| imported.iter().map(String::as_str))
        .filter(|i| {
            !is_well_known(i) && paths.folders_for(i).is_empty() && elsewhere.folders_for(i).is_empty()
        })
        .collect();
    let mut prefixed: BTreeSet<Root> = BTreeSet::new();
    for import in &failing {
        if prefixed.iter().any(|root| leads(paths, root, import)) {
            continue;
        }
        let prefixes = module.into_iter().chain(import.match_indices('/').map(|(at, _)| &import[..at]));
        let fits = prefixes.filter_map(|prefix| {
            let rest = below_prefix(import, prefix)?;
            // One name alone says too little.
            let enough = rest.contains('/') || Some(prefix) == module;
            let folders = if enough { paths.folders_for(rest) } else { Vec::new() };
            let path = folders.into_iter().min_by_key(|f| (f.len(), *f))?.to_owned();
            Some(Root { path, prefix: prefix.to_owned() })
        });
        let all = |root: &Root| {
            let mut theirs = failing.iter().filter(|i| below_prefix(i, &root.prefix).is_some());
            theirs.all(|i| leads(paths, root, i))
        };
        prefixed.extend(fits.into_iter().find(all));
    }
    let mut roots: Vec<Root> = found.into_iter().map(Root::plain).collect();
    for root in prefixed {
        // A root without a prefix stays only where an import begins in it.
        let used = |plain: &Root| {
            let mut all = imports.iter().flat_map(|(_, imported)| imported.iter());
            all.any(|i| paths.all.contains(join(&plain.path, i).as_str()))
        };
        roots.retain(|r| r.path != root.path || !r.prefix.is_empty() || used(r));
        roots.push(root);
    }
    roots.sort();
    roots
}

fn leads(paths: &Paths<'_>, root: &Root, import: &str) -> bool {
    below_prefix(import, &root.prefix).is_some_and(|rest| paths.all.contains(join(&root.path, rest).as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(files: &[(&str, &[&str])]) -> Vec<String> {
        let paths = Paths::new(files.iter().map(|(path, _)| *path));
        let owned: Vec<(&str, Vec<String>)> = files
            .iter()
            .map(|(path, imports)| (*path, imports.iter().map(|i| (*i).to_owned()).collect()))
            .collect();
        let imports: Vec<(&str, &[String])> = owned.iter().map(|(path, i)| (*path, i.as_slice())).collect();
        let mut reversed = imports.clone();
        reversed.reverse();
        let found = find(&paths, &imports);
        assert_eq!(found, find(&paths, &reversed), "the order of files plays no part");
        found
    }

    #[test]
    fn the_common_shapes() {
        assert_eq!(roots(&[("a/x.proto", &["a/y.proto"]), ("a/y.proto", &[])]), [""]);
        assert_eq!(roots(&[("proto/a/x.proto", &["a/y.proto"]), ("proto/a/y.proto", &[])]), ["proto"]);
        assert_eq!(
            roots(&[
                ("src/main/proto/x.proto", &["y.proto"]),
                ("src/main/proto/y.proto", &["google/protobuf/any.proto"])
            ]),
            ["src/main/proto"]
        );
        assert_eq!(roots(&[("a.proto", &[]), ("proto/b.proto", &["elsewhere/c.proto"])]), [""]);
    }

    #[test]
    fn several_roots_and_files_outside_them() {
        assert_eq!(
            roots(&[
                ("api/acme/x.proto", &["acme/y.proto", "google/type/date.proto"]),
                ("api/acme/y.proto", &[]),
                ("third_party/google/type/date.proto", &[]),
            ]),
            ["api", "third_party"]
        );
        assert_eq!(
            roots(&[("proto/x.proto", &["y.proto"]), ("proto/y.proto", &[]), ("docs/z.proto", &[])]),
            ["", "proto"]
        );
    }

    #[test]
    fn a_copy_nearby_is_meant_before_one_far_away() {
        assert_eq!(
            roots(&[
                ("a/proto/x.proto", &["common.proto"]),
                ("a/proto/common.proto", &[]),
                ("b/proto/common.proto", &[]),
                ("b/proto/x.proto", &["common.proto"]),
            ]),
            ["a/proto", "b/proto"]
        );
    }
}
