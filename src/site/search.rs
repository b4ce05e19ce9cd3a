//! The names that can be searched for without a server.

use serde_json::json;

use super::Edition;

/// A script that hands the names of a version to `search.js`: for each package its page and its elements, each with what it
/// is. What follows from the one before is left out: a name stands without its package.
pub(super) fn names(edition: &Edition) -> String {
    let packages = edition.packages.values().map(|package| {
        let names = package.heads().map(|(head, noun)| json!([head.name, noun]));
        json!([package.name, package.page, names.collect::<Vec<_>>()])
    });
    let names = serde_json::Value::from(packages.collect::<Vec<_>>());
    // Marks of direction and what else no page shows are none in names; nothing here ends a script.
    format!("protopactNames({names});\n")
}
