//! What explains that an import leads nowhere, and what gets the file.

use super::layout::Layout;
use super::roots::Paths;
use super::tree::name_of;
use super::{Places, Tree};
use crate::config::buf;
use crate::deps::Known;

/// How many missing files are explained: whoever misses more than these has one reason for all of them.
const MOST: usize = 200;

/// Adds to each missing file what explains it.
pub(super) fn explain(layout: &mut Layout, tree: &Tree, places: &Places) {
    if layout.missing.is_empty() {
        return;
    }
    let registry = registry_names(tree);
    let submodules = absent_submodules(tree);
    let roots: Vec<String> = layout.modules.iter().map(|m| m.root.clone()).collect();
    let paths = Paths::new(tree.protos());
    for (import, missing) in layout.missing.iter_mut().take(MOST) {
        let known = Known::of_import(import, &registry);
        let lacking = places.lacking.iter().find(|(name, entry)| {
            known.is_some_and(|k| k.name == *name) || known.is_none() && entry.include.is_empty()
        });
        if let Some((name, entry)) = lacking {
            missing.why.push(format!(
                "`{name}` ({}) is locked and not in the cache: `protopact deps update --locked` gets it",
                entry.told()
            ));
        } else if let Some(known) = known {
            let named = registry.iter().find(|name| known.is_called(name));
            let named = named.map(|n| format!("`{n}`, which buf's files name: ")).unwrap_or_default();
            missing.why.push(format!(
                "{named}`protopact deps update` gets it, as would `{}` under `[deps]`",
                known.line()
            ));
        } else if let Some(name) = registry.iter().find(|name| Known::of_buf(name).is_none()) {
            missing.why.push(format!(
                "if it is in `{name}`, which buf's files name: `buf export {name} -o third_party/proto`"
            ));
        }
        for submodule in &submodules {
            missing.why.push(format!(
                "submodule `{submodule}` is not checked out: `git submodule update --init {submodule}`"
            ));
        }
        let elsewhere = paths.folders_for(import);
        if let Some(folder) = elsewhere.iter().find(|folder| !roots.iter().any(|r| r == *folder)) {
            let folder = if folder.is_empty() { "." } else { folder };
            missing.why.push(format!("it would be there if `{folder}` was a root, or one of the `imports`"));
        }
    }
}

/// The submodules whose files are not here.
fn absent_submodules(tree: &Tree) -> Vec<String> {
    let skipped = tree.problems().iter().filter(|p| p.message.starts_with("is a submodule whose commit"));
    let mut found: Vec<String> = skipped.map(|p| tree.display(&p.path)).collect();
    let text = tree.read(".gitmodules").map(|t| String::from_utf8_lossy(&t).into_owned()).unwrap_or_default();
    // https://git-scm.com/docs/gitmodules
    let paths = text.lines().filter_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "path").then(|| value.trim().to_owned())
    });
    found.extend(paths.filter(|path| !tree.has_folder(path)).map(|path| tree.display(&path)));
    found.sort();
    found.dedup();
    found
}

/// The names on buf's registry that the `deps` of buf's files give, sorted.
#[must_use]
pub fn registry_names(tree: &Tree) -> Vec<String> {
    let files = tree.entries().map(|(path, _)| path);
    let files = files.filter(|path| [buf::FILE_NAME, "buf.lock"].contains(&name_of(path)));
    let mut names: Vec<String> = Vec::new();
    for path in files {
        let Ok(bytes) = tree.read(path) else { continue };
        names.extend(buf::dependencies(&String::from_utf8_lossy(&bytes)));
    }
    names.sort();
    names.dedup();
    names
}
