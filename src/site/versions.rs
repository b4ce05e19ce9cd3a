//! The versions of a package side by side.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::names::file_name;
use super::pages::{listed, over_versions};
use super::{Catalogue, Edition, doc};
use crate::findings::ChangeRecord;
use crate::report::{Numbers, picture};
use crate::words::Bump;

/// The pictures of the numbers of messages and enums, by full name.
pub(super) type Pictures = BTreeMap<String, Numbers>;

/// Takes what was told of numbers, and makes pictures of it.
pub(super) fn pictures(catalogue: &mut Catalogue) -> Pictures {
    let versions: Vec<String> =
        catalogue.editions.iter().map(|edition| edition.version.to_string()).collect();
    let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
    let timelines = std::mem::take(&mut catalogue.numbers).timelines();
    let [.., before, last] = &*versions else { return Pictures::new() };
    let sides = || [before, last].map(|version| ((*version).to_owned(), String::new()));
    let picture =
        |timeline: &crate::ledger::Timeline| picture(timeline, &versions, sides(), &BTreeMap::new());
    timelines.iter().map(|timeline| (timeline.full_name.to_string(), picture(timeline))).collect()
}

#[derive(Serialize)]
struct Content<'a> {
    columns: Vec<Column>,
    rows: Vec<Row<'a>>,
    numbers: Vec<&'a Numbers>,
}

/// A version.
#[derive(Serialize)]
struct Column {
    version: String,
    /// The page of the package there, where that version has it.
    href: Option<String>,
}

/// A service, a message or an enum.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    noun: &'static str,
    cells: Vec<Cell>,
}

/// What it is in a version.
#[derive(Serialize)]
struct Cell {
    class: &'static str,
    word: &'static str,
    href: Option<String>,
}

/// The page of a package over all versions.
pub(super) fn package(catalogue: &Catalogue, name: &str, pictures: &Pictures) -> String {
    over_versions(catalogue, name, content(catalogue, name, pictures))
}

fn content<'a>(catalogue: &'a Catalogue, package: &str, pictures: &'a Pictures) -> Content<'a> {
    // By full name: what it is called in the package, what it is, and which versions have it.
    let mut rows: BTreeMap<&str, (&str, &'static str, Vec<bool>)> = BTreeMap::new();
    let count = catalogue.editions.len();
    for (n, edition) in catalogue.editions.iter().enumerate() {
        for whole in edition.packages.get(package).into_iter().flat_map(|brief| &brief.wholes) {
            let row = || (&*whole.name, whole.noun, vec![false; count]);
            rows.entry(&whole.full_name).or_insert_with(row).2[n] = true;
        }
    }
    let page = doc::page(package);
    let address = |edition: &Edition| format!("../{}/{page}", file_name(&edition.version.to_string()));
    let column = |edition: &Edition| Column {
        version: listed(catalogue, edition).version,
        href: edition.packages.contains_key(package).then(|| address(edition)),
    };
    let numbers = rows.keys().filter_map(|name| pictures.get(*name)).collect();
    let row = |(full_name, (name, noun, there)): (&str, (&'a str, &'static str, Vec<bool>))| {
        let cell = |(n, edition): (usize, &Edition)| {
            let before = n.checked_sub(1).is_some_and(|before| there[before]);
            let ever = there[..n].iter().any(|there| *there);
            let (class, word) = match (there[n], before, edition.touched.get(full_name)) {
                (true, false, _) if ever => ("again", "back"),
                (true, false, _) => ("used", "new"),
                (true, true, Some(Bump::Major)) => ("again", "breaks"),
                (true, true, Some(_)) => ("changed", "changed"),
                (true, true, None) => ("same", "same"),
                (false, true, _) => ("deleted", "gone"),
                (false, false, _) => ("none", "—"),
            };
            let href = there[n].then(|| format!("{}#{full_name}", address(edition)));
            Cell { class, word, href }
        };
        Row { name, noun, cells: catalogue.editions.iter().enumerate().map(cell).collect() }
    };
    Content {
        columns: catalogue.editions.iter().map(column).collect(),
        rows: rows.into_iter().map(row).collect(),
        numbers,
    }
}

/// The services, messages and enums among these packages that changes are about, each with the largest bump that asks for.
pub(super) fn touched(
    packages: &BTreeMap<String, doc::Brief>,
    changes: &[ChangeRecord],
) -> BTreeMap<String, Bump> {
    let wholes = packages.values().flat_map(|brief| &brief.wholes);
    let wholes: BTreeSet<&str> = wholes.map(|whole| &*whole.full_name).collect();
    let mut touched: BTreeMap<String, Bump> = BTreeMap::new();
    for change in changes {
        let mut name = &*change.symbol;
        while !wholes.contains(name)
            && let Some((whole, _)) = name.rsplit_once('.')
        {
            name = whole;
        }
        if wholes.contains(name) {
            let bump = touched.entry(name.to_owned()).or_insert(change.bump);
            *bump = change.bump.max(*bump);
        }
    }
    touched
}
