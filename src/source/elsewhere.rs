//! Where a repository's .proto files are, for somebody who looks for them in another folder of it.

use std::fs;

use super::tree::{Tree, is_proto};
use crate::git::Repo;

/// The folder that holds every .proto file of the newest commit around a folder on disk; `None` where there is none, or it
/// is the folder itself.
pub(super) fn contract(tree: &Tree) -> Option<String> {
    let root = tree.root()?;
    let repo = Repo::discover(root).ok()?;
    let workdir = fs::canonicalize(repo.workdir()?).ok()?;
    let listing = repo.list(&repo.resolve("HEAD").ok()?, "", &is_proto).ok()?;
    let mut folders = listing.files.keys().map(|path| path.rsplit_once('/').map_or("", |(folder, _)| folder));
    let mut common: Vec<&str> = folders.next()?.split('/').filter(|part| !part.is_empty()).collect();
    for folder in folders {
        let same = common.iter().zip(folder.split('/')).take_while(|(a, b)| *a == b).count();
        common.truncate(same);
    }
    let found = common.iter().fold(workdir, |path, part| path.join(part));
    (found != root && found.is_dir()).then(|| found.display().to_string())
}
