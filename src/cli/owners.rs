//! Whose files findings are in: what the CODEOWNERS file of the repository around the working directory says today.

use std::collections::BTreeMap;
use std::path::Path;

use crate::config::normalize;
use crate::findings::Report;
use crate::git::Repo;
use crate::source::{Name, Owners};

/// The owners of every file that a finding is in, by the path people find it by.
pub(super) fn of(cwd: &Path, report: &Report) -> BTreeMap<String, Vec<String>> {
    let Ok(repo) = Repo::discover(cwd) else { return BTreeMap::new() };
    let Some(root) = repo.workdir().and_then(|root| root.canonicalize().ok()) else { return BTreeMap::new() };
    let Some(owners) = Owners::find(&root) else { return BTreeMap::new() };
    let here = cwd.canonicalize().unwrap_or_else(|_| cwd.to_path_buf());
    let here = here.strip_prefix(&root).unwrap_or(Path::new("")).display().to_string().replace('\\', "/");
    let in_repository = |path: &str, side: &Name| match side {
        // Paths of a revision begin at the root.
        Name::Tag { .. } | Name::Branch { .. } | Name::Commit { .. } | Name::MergeBase { .. } => {
            Some(path.to_owned())
        }
        _ if path.starts_with('/') => path.strip_prefix(&format!("{}/", root.display())).map(str::to_owned),
        _ if here.is_empty() => normalize(path).ok(),
        _ => normalize(&format!("{here}/{path}")).ok(),
    };
    let places = report.findings.iter().filter_map(|finding| match (&finding.new, &finding.old) {
        (Some(new), _) => Some((&new.path, &report.new)),
        (None, Some(old)) => Some((&old.path, report.old_of(finding))),
        (None, None) => None,
    });
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, side) in places {
        if !found.contains_key(path) {
            let owned = in_repository(path, side).map(|path| owners.of(&path)).unwrap_or_default();
            found.insert(path.clone(), owned);
        }
    }
    found
}
