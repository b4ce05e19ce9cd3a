//! Import roots found from the imports, for contracts nobody configured.
//!
//! An import `a/b.proto` that the tree holds as `proto/a/b.proto` says that `proto` is a root. Every import votes
//! for the folders under which it would resolve; the fewest folders that satisfy all imports win, a folder around
//! the importing file before others, more votes before fewer, shorter names before longer. The order of files
//! plays no part.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{is_under, join};

/// One import line: which file, what it imports.
pub(super) type Imports<'a> = [(&'a str, Vec<String>)];

/// Finds the roots, sorted; the tree's own folder alone when the imports say nothing.
pub(super) fn find(paths: &BTreeSet<&str>, imports: &Imports<'_>) -> Vec<String> {
    if unresolved(paths, imports, &[String::new()]) == 0 {
        return vec![String::new()];
    }
    let mut by_tail: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in paths {
        by_tail.entry(super::tree::name_of(path)).or_default().push(path);
    }
    // For each import the folders that would satisfy it.
    let mut wishes: Vec<(&str, Vec<&str>)> = Vec::new();
    for (file, imported) in imports {
        for import in imported {
            let same_name = by_tail.get(super::tree::name_of(import)).map(Vec::as_slice).unwrap_or_default();
            let folders: Vec<&str> = same_name
                .iter()
                .filter_map(|path| match path.strip_suffix(import.as_str())? {
                    "" => Some(""),
                    folder => folder.strip_suffix('/'),
                })
                .collect();
            if !folders.is_empty() {
                wishes.push((file, folders));
            }
        }
    }
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for folder in wishes.iter().flat_map(|(_, folders)| folders) {
        *votes.entry(folder).or_default() += 1;
    }
    let mut chosen: BTreeSet<&str> = BTreeSet::new();
    // What only one folder satisfies is decided first, so that the rest can share it.
    wishes.sort_by_key(|(_, folders)| folders.len());
    for (file, folders) in &wishes {
        let around = |folder: &str| is_under(file, folder);
        if folders.iter().any(|f| chosen.contains(f) && around(f)) {
            continue;
        }
        let best = folders.iter().max_by_key(|f| {
            (around(f), chosen.contains(*f), votes[*f], std::cmp::Reverse(f.len()), std::cmp::Reverse(**f))
        });
        if let Some(best) = best {
            if !folders.iter().any(|f| chosen.contains(f)) || around(best) {
                chosen.insert(best);
            }
        }
    }
    if chosen.is_empty() {
        return vec![String::new()];
    }
    // A folder inside a chosen one is needed only when the outer one does not already satisfy its files; files
    // that lie under no root are imported from the top.
    let mut roots: Vec<String> = chosen.into_iter().map(str::to_owned).collect();
    if paths.iter().any(|path| !roots.iter().any(|root| is_under(path, root))) {
        roots.insert(0, String::new());
    }
    roots
}

/// How many imports of files in the tree do not resolve under these roots. Imports that no folder could satisfy
/// do not count: the files are elsewhere.
pub(super) fn unresolved(paths: &BTreeSet<&str>, imports: &Imports<'_>, roots: &[String]) -> usize {
    let names: BTreeSet<&str> = paths.iter().map(|p| super::tree::name_of(p)).collect();
    let resolves = |import: &str| roots.iter().any(|root| paths.contains(join(root, import).as_str()));
    let possible = |import: &str| {
        names.contains(super::tree::name_of(import))
            && paths.iter().any(|p| p.strip_suffix(import).is_some_and(|f| f.is_empty() || f.ends_with('/')))
    };
    imports.iter().flat_map(|(_, i)| i).filter(|i| !resolves(i) && possible(i)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(files: &[(&str, &[&str])]) -> Vec<String> {
        let paths: BTreeSet<&str> = files.iter().map(|(path, _)| *path).collect();
        let imports: Vec<(&str, Vec<String>)> = files
            .iter()
            .map(|(path, imports)| (*path, imports.iter().map(|i| (*i).to_owned()).collect()))
            .collect();
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
