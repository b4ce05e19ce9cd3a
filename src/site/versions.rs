//! The versions of a package side by side.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::names::file_name;
use super::pages::{listed, over_versions};
use super::{Catalogue, Edition, doc};
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

/// The page of every package that any version has.
pub(super) fn packages(catalogue: &Catalogue, pictures: &Pictures) -> BTreeMap<String, String> {
    let names: BTreeSet<&String> =
        catalogue.editions.iter().flat_map(|edition| edition.packages.keys()).collect();
    let touched: Vec<BTreeMap<&str, Bump>> = catalogue.editions.iter().map(touched).collect();
    let page = |name: &String| over_versions(catalogue, name, content(catalogue, name, &touched, pictures));
    names.into_iter().map(|name| (name.clone(), page(name))).collect()
}

fn content<'a>(
    catalogue: &'a Catalogue,
    package: &str,
    touched: &[BTreeMap<&str, Bump>],
    pictures: &'a Pictures,
) -> Content<'a> {
    // By full name: what it is called in the package, what it is, and which versions have it.
    let mut rows: BTreeMap<&str, (&str, &'static str, Vec<bool>)> = BTreeMap::new();
    let count = catalogue.editions.len();
    for (n, edition) in catalogue.editions.iter().enumerate() {
        for (head, noun) in edition.packages.get(package).into_iter().flat_map(doc::Package::wholes) {
            let row = rows.entry(&head.full_name).or_insert_with(|| (&head.name, noun, vec![false; count]));
            row.2[n] = true;
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
            let (class, word) = match (there[n], before, touched[n].get(full_name)) {
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

/// The services, messages and enums that a version changed, each with the largest bump that asks for.
fn touched(edition: &Edition) -> BTreeMap<&str, Bump> {
    let wholes = edition.packages.values().flat_map(doc::Package::wholes);
    let wholes: BTreeSet<&str> = wholes.map(|(head, _)| &*head.full_name).collect();
    let mut touched: BTreeMap<&str, Bump> = BTreeMap::new();
    for change in &edition.changes {
        let mut name = &*change.symbol;
        while !wholes.contains(name)
            && let Some((whole, _)) = name.rsplit_once('.')
        {
            name = whole;
        }
        if let Some(whole) = wholes.get(name) {
            let bump = touched.entry(whole).or_insert(change.bump);
            *bump = change.bump.max(*bump);
        }
    }
    touched
}
