//! The pages of a site.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::depend::{Dependence, dependences};
use super::doc::{self, Package};
use super::names::file_name;
use super::{Catalogue, Edition, search, versions};
use crate::findings::ChangeRecord;
use crate::present::page;
use crate::report::claims;
use crate::text::plural;
use crate::words::{Bump, Nature};

/// Where the pages about packages over all versions are.
const PACKAGES: &str = "packages";

/// Where addresses are that always lead to the latest version.
const LATEST: &str = "latest";

/// The longest title of a page; more is cut off in every list of pages.
const TITLE: usize = 70;

macro_rules! template {
    ($name:literal) => {
        concat!(include_str!("head.html.j2"), include_str!($name), include_str!("foot.html.j2"))
    };
}

/// What every page has.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Frame {
    /// The name of the contract.
    contract: String,
    title: String,
    /// What leads from the folder of the page to that of the site: empty, or `../`.
    root: &'static str,
    /// The pages above this one: words and address.
    above: Vec<(String, String)>,
    /// Where this page is.
    here: String,
    /// Where the names are that can be searched for: a folder as seen from the page, empty for its own.
    names: Option<String>,
}

impl Catalogue {
    fn frame(&self, title: &str, root: &'static str) -> Frame {
        Frame {
            contract: self.name.clone(),
            title: cut(title),
            root,
            above: Vec::new(),
            here: title.to_owned(),
            names: None,
        }
    }
}

fn cut(title: &str) -> String {
    if title.chars().count() <= TITLE {
        return title.to_owned();
    }
    let kept: String = title.chars().take(TITLE - 1).collect();
    format!("{kept}…")
}

/// Every file, by its path.
pub(super) fn files(mut catalogue: Catalogue) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    if catalogue.latest().is_none() {
        return files;
    }
    let pictures = versions::pictures(&mut catalogue);
    let css = [page::LOOK, page::NUMBERS, include_str!("site.css")].concat();
    files.insert("site.css".to_owned(), css);
    files.insert("search.js".to_owned(), include_str!("search.js").to_owned());
    files.insert("index.html".to_owned(), index(&catalogue));
    for (package, page) in versions::packages(&catalogue, &pictures) {
        files.insert(format!("{PACKAGES}/{}", doc::page(&package)), page);
    }
    for (n, edition) in catalogue.editions.iter().enumerate() {
        let folder = file_name(&edition.version.to_string());
        files.insert(format!("{folder}/index.html"), version(&catalogue, n));
        files.insert(format!("{folder}/names.js"), search::names(edition));
        for package in edition.packages.values() {
            files.insert(format!("{folder}/{}", package.page), of_package(&catalogue, edition, package));
        }
    }
    if let Some(latest) = catalogue.latest() {
        let folder = file_name(&latest.version.to_string());
        let pages = latest.packages.values().map(|package| &*package.page).chain(["index.html"]);
        for page in pages {
            let to = format!("../{folder}/{page}");
            files.insert(format!("{LATEST}/{page}"), redirect(&catalogue, &latest.version.to_string(), &to));
        }
    }
    files
}

fn render<T: Serialize>(template: &str, values: T) -> String {
    page::render(template, Value::from(Serde(values)))
}

/// A version in a list.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Listed {
    pub(super) version: String,
    pub(super) tag: String,
    pub(super) folder: String,
    pub(super) latest: bool,
    pre: bool,
    from: String,
    changes: String,
    breaks: String,
}

pub(super) fn listed(catalogue: &Catalogue, edition: &Edition) -> Listed {
    let breaks = edition.changes.iter().filter(|change| change.bump == Bump::Major).count();
    Listed {
        version: edition.version.to_string(),
        tag: edition.tag.clone(),
        folder: file_name(&edition.version.to_string()),
        latest: catalogue.latest().is_some_and(|latest| latest.version == edition.version),
        pre: !edition.version.pre.is_empty(),
        from: edition.from.as_ref().map(ToString::to_string).unwrap_or_default(),
        changes: plural(edition.changes.len(), "change"),
        breaks: if breaks > 0 { plural(breaks, "break") } else { String::new() },
    }
}

fn index(catalogue: &Catalogue) -> String {
    #[derive(Serialize)]
    struct Index<'a> {
        frame: Frame,
        description: Option<&'a str>,
        latest: Listed,
        versions: Vec<Listed>,
        depend: Vec<Dependence>,
        packages: Vec<Ever>,
    }
    #[derive(Serialize)]
    struct Ever {
        name: String,
        page: String,
        first: String,
        /// The last version that had it, where the newest one has not.
        last: String,
        summary: String,
        counts: String,
    }
    let Some(latest) = catalogue.latest() else { return String::new() };
    let names: BTreeSet<&String> =
        catalogue.editions.iter().flat_map(|edition| edition.packages.keys()).collect();
    let ever = |name: &String| {
        let mut having = catalogue.editions.iter().filter(|edition| edition.packages.contains_key(name));
        let first = having.next();
        let last = having.next_back().or(first);
        let package = latest.packages.get(name).or_else(|| last?.packages.get(name));
        let version = |edition: Option<&Edition>| edition.map(|e| e.version.to_string()).unwrap_or_default();
        Ever {
            name: called(name),
            page: format!("{PACKAGES}/{}", doc::page(name)),
            first: version(first),
            last: version(
                last.filter(|_| !catalogue.editions.last().is_some_and(|e| e.packages.contains_key(name))),
            ),
            summary: package.map(|package| package.summary.clone()).unwrap_or_default(),
            counts: package.map(Package::counts).unwrap_or_default(),
        }
    };
    let folder = file_name(&latest.version.to_string());
    render(
        template!("index.html.j2"),
        Index {
            frame: Frame { names: Some(format!("{folder}/")), ..catalogue.frame(&catalogue.name, "") },
            description: catalogue.description.as_deref(),
            latest: listed(catalogue, latest),
            versions: catalogue.editions.iter().rev().map(|edition| listed(catalogue, edition)).collect(),
            depend: dependences(&catalogue.targets, &latest.version),
            packages: names.into_iter().map(ever).collect(),
        },
    )
}

/// What a package is called; one of files without a package has no name.
pub(super) fn called(package: &str) -> String {
    if package.is_empty() { "files without a package".to_owned() } else { package.to_owned() }
}

fn version(catalogue: &Catalogue, n: usize) -> String {
    #[derive(Serialize)]
    struct Page {
        frame: Frame,
        listed: Listed,
        before: Option<Listed>,
        after: Option<Listed>,
        depend: Vec<Dependence>,
        packages: Vec<(String, String, String, String)>,
        changes: Vec<(String, Vec<Told>)>,
    }
    let edition = &catalogue.editions[n];
    let version = edition.version.to_string();
    let there = addresses(edition);
    let mut changes: BTreeMap<&str, Vec<Told>> = BTreeMap::new();
    for change in &edition.changes {
        changes.entry(&change.package).or_default().push(Told::of(change, &there));
    }
    for told in changes.values_mut() {
        // What breaks comes first.
        told.sort_by_key(|told| told.word != "breaks");
    }
    let near = |n: Option<usize>| Some(listed(catalogue, catalogue.editions.get(n?)?));
    let title = format!("{} {version}", catalogue.name);
    let row = |package: &Package| {
        (called(&package.name), package.page.clone(), package.summary.clone(), package.counts())
    };
    render(
        template!("version.html.j2"),
        Page {
            frame: Frame {
                above: vec![(catalogue.name.clone(), "../index.html".to_owned())],
                here: version,
                names: Some(String::new()),
                ..catalogue.frame(&title, "../")
            },
            listed: listed(catalogue, edition),
            before: near(n.checked_sub(1)),
            after: near(Some(n + 1)),
            depend: dependences(&catalogue.targets, &edition.version),
            packages: edition.packages.values().map(row).collect(),
            changes: changes.into_iter().map(|(package, told)| (called(package), told)).collect(),
        },
    )
}

/// One change of a version.
#[derive(Serialize)]
struct Told {
    word: &'static str,
    symbol: String,
    href: Option<String>,
    message: String,
    hit: Vec<String>,
}

impl Told {
    fn of(change: &ChangeRecord, there: &BTreeMap<&str, &str>) -> Told {
        let breaks = change.bump == Bump::Major;
        let claims = claims(&change.verdict).into_iter().filter(|_| breaks);
        Told {
            word: match (breaks, change.nature) {
                (true, _) => "breaks",
                (false, Nature::Added) => "added",
                (false, Nature::Removed) => "removed",
                (false, Nature::Deprecated) => "deprecated",
                (false, _) => "changed",
            },
            symbol: change.symbol.clone(),
            href: there.get(&*change.symbol).map(|page| format!("{page}#{}", change.symbol)),
            message: change.message.clone(),
            hit: claims.map(|claim| format!("{} {}: {}", claim.label, claim.whom, claim.reason)).collect(),
        }
    }
}

/// The page of each element of a version.
fn addresses(edition: &Edition) -> BTreeMap<&str, &str> {
    let mut all = BTreeMap::new();
    for package in edition.packages.values() {
        let names = package.heads().map(|head| &*head.full_name);
        all.extend(names.map(|name| (name, &*package.page)));
    }
    all
}

fn of_package(catalogue: &Catalogue, edition: &Edition, package: &Package) -> String {
    #[derive(Serialize)]
    struct Page<'a> {
        frame: Frame,
        version: String,
        latest: bool,
        /// The page of the package over all versions.
        all: String,
        package: &'a Package,
        counts: String,
    }
    let version = edition.version.to_string();
    let name = called(&package.name);
    render(
        template!("package.html.j2"),
        Page {
            frame: Frame {
                above: vec![
                    (catalogue.name.clone(), "../index.html".to_owned()),
                    (version.clone(), "index.html".to_owned()),
                ],
                here: name.clone(),
                names: Some(String::new()),
                ..catalogue.frame(&format!("{name} {version}"), "../")
            },
            latest: catalogue.latest().is_some_and(|latest| latest.version == edition.version),
            version,
            all: format!("../{PACKAGES}/{}", package.page),
            package,
            counts: package.counts(),
        },
    )
}

/// The page of a package over all versions.
pub(super) fn over_versions<T: Serialize>(catalogue: &Catalogue, package: &str, content: T) -> String {
    #[derive(Serialize)]
    struct Page<T> {
        frame: Frame,
        content: T,
    }
    let name = called(package);
    let frame = Frame {
        above: vec![(catalogue.name.clone(), "../index.html".to_owned())],
        here: name.clone(),
        ..catalogue.frame(&format!("{name} over the versions"), "../")
    };
    render(template!("versions.html.j2"), Page { frame, content })
}

fn redirect(catalogue: &Catalogue, version: &str, to: &str) -> String {
    #[derive(Serialize)]
    struct Page<'a> {
        frame: Frame,
        version: &'a str,
        to: &'a str,
    }
    let frame = catalogue.frame(&format!("{} {version}", catalogue.name), "../");
    render(include_str!("redirect.html.j2"), Page { frame, version, to })
}
