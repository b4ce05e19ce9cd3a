//! The pages of a site.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use minijinja::Value;
use minijinja::value::Serde;
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use semver::Version;
use serde::Serialize;

use super::depend::{Dependence, dependences};
use super::doc::{self, Package, Packages};
use super::names::file_name;
use super::{Catalogue, Edition, Next, Sink, search, versions};
use crate::findings::ChangeRecord;
use crate::present::page::{self, Template};
use crate::report::claims;
use crate::schema::Schema;
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
    /// The version that `latest` is.
    fn latest_edition(&self) -> Option<&Edition> {
        let latest = self.latest()?;
        self.editions.iter().find(|edition| edition.version == *latest)
    }

    /// The names of the packages that any version has.
    fn ever(&self) -> BTreeSet<&String> {
        self.editions.iter().flat_map(|edition| edition.packages.keys()).collect()
    }

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

/// Makes the pages of a version.
pub(super) fn edition<E: Send>(
    catalogue: &Catalogue,
    next: Next<'_>,
    schema: &Schema,
    sink: &Sink<'_, E>,
) -> Result<Edition, E> {
    let Next { version, tag, from, changes } = next;
    let folder = file_name(&version.to_string());
    let changed: BTreeSet<&str> = changes.iter().map(|change| &*change.symbol).collect();
    let (mut packages, mut names, mut there) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
    let all = Packages::of(schema);
    // Who has made a page writes it: pages are large, and to write one after the other is a good part of the work.
    let made = all.names().into_par_iter().map(|name| {
        let package = all.read(name);
        let heads = package.heads().map(|head| &*head.full_name);
        // The page of each element that something is told of.
        let told: Vec<String> = heads.filter(|name| changed.contains(name)).map(str::to_owned).collect();
        sink(&format!("{folder}/{}", package.page), &of_package(catalogue, &version, &package))?;
        Ok((package.name.clone(), package.brief(), search::names(&package), told))
    });
    for (name, brief, found, told) in made.collect::<Result<Vec<_>, E>>()? {
        there.extend(told.into_iter().map(|symbol| (symbol, brief.page.clone())));
        packages.insert(name, brief);
        names.push(found);
    }
    sink(&format!("{folder}/names.js"), &search::script(&names))?;
    let edition = Edition {
        version,
        tag: tag.to_owned(),
        from,
        changes: changes.len(),
        breaks: changes.iter().filter(|change| change.bump == Bump::Major).count(),
        touched: versions::touched(&packages, &changes),
        packages,
    };
    sink(&format!("{folder}/index.html"), &self::version(catalogue, &edition, &changes, &there))?;
    Ok(edition)
}

/// Makes the pages over all versions.
pub(super) fn over_all<E: Send>(mut catalogue: Catalogue, sink: &Sink<'_, E>) -> Result<(), E> {
    let pictures = versions::pictures(&mut catalogue);
    let catalogue = &catalogue;
    let Some(latest) = catalogue.latest_edition() else { return Ok(()) };
    sink("site.css", &[page::LOOK, page::NUMBERS, include_str!("site.css")].concat())?;
    sink("search.js", include_str!("search.js"))?;
    sink("index.html", &index(catalogue))?;
    let names: Vec<&String> = catalogue.ever().into_iter().collect();
    names.into_par_iter().try_for_each(|name| {
        sink(&format!("{PACKAGES}/{}", doc::page(name)), &versions::package(catalogue, name, &pictures))
    })?;
    let version = latest.version.to_string();
    let folder = file_name(&version);
    let pages = latest.packages.values().map(|package| &*package.page).chain(["index.html"]);
    for page in pages {
        let to = format!("../{folder}/{page}");
        sink(&format!("{LATEST}/{page}"), &redirect(catalogue, &version, &to))?;
    }
    Ok(())
}

static INDEX: LazyLock<Template> = LazyLock::new(|| Template::new(template!("index.html.j2")));
static VERSION: LazyLock<Template> = LazyLock::new(|| Template::new(template!("version.html.j2")));
static PACKAGE: LazyLock<Template> = LazyLock::new(|| Template::new(template!("package.html.j2")));
static VERSIONS: LazyLock<Template> = LazyLock::new(|| Template::new(template!("versions.html.j2")));
static REDIRECT: LazyLock<Template> = LazyLock::new(|| Template::new(include_str!("redirect.html.j2")));

fn render<T: Serialize>(template: &Template, values: T) -> String {
    template.render(Value::from(Serde(values)))
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
    let Edition { changes, breaks, .. } = *edition;
    Listed {
        version: edition.version.to_string(),
        tag: edition.tag.clone(),
        folder: file_name(&edition.version.to_string()),
        latest: catalogue.latest() == Some(&edition.version),
        pre: !edition.version.pre.is_empty(),
        from: edition.from.as_ref().map(ToString::to_string).unwrap_or_default(),
        changes: plural(changes, "change"),
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
    let Some(latest) = catalogue.latest_edition() else { return String::new() };
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
            counts: package.map(|package| package.counts.clone()).unwrap_or_default(),
        }
    };
    let folder = file_name(&latest.version.to_string());
    render(
        &INDEX,
        Index {
            frame: Frame { names: Some(format!("{folder}/")), ..catalogue.frame(&catalogue.name, "") },
            description: catalogue.description.as_deref(),
            latest: listed(catalogue, latest),
            versions: catalogue.editions.iter().rev().map(|edition| listed(catalogue, edition)).collect(),
            depend: dependences(&catalogue.targets, &latest.version),
            packages: catalogue.ever().into_iter().map(ever).collect(),
        },
    )
}

/// What a package is called; one of files without a package has no name.
pub(super) fn called(package: &str) -> String {
    if package.is_empty() { "files without a package".to_owned() } else { package.to_owned() }
}

/// A version beside another one.
#[derive(Serialize)]
struct Beside {
    version: String,
    folder: String,
}

fn version(
    catalogue: &Catalogue,
    edition: &Edition,
    changed: &[ChangeRecord],
    there: &BTreeMap<String, String>,
) -> String {
    #[derive(Serialize)]
    struct Page {
        frame: Frame,
        listed: Listed,
        before: Option<Beside>,
        after: Option<Beside>,
        depend: Vec<Dependence>,
        packages: Vec<(String, String, String, String)>,
        changes: Vec<(String, Vec<Told>)>,
    }
    let version = edition.version.to_string();
    let mut changes: BTreeMap<&str, Vec<Told>> = BTreeMap::new();
    for change in changed {
        changes.entry(&change.package).or_default().push(Told::of(change, there));
    }
    for told in changes.values_mut() {
        // What breaks comes first.
        told.sort_by_key(|told| told.word != "breaks");
    }
    let near = |version: &Version| {
        let version = version.to_string();
        Beside { folder: file_name(&version), version }
    };
    let before = catalogue.versions.iter().rfind(|other| **other < edition.version);
    let after = catalogue.versions.iter().find(|other| **other > edition.version);
    let title = format!("{} {version}", catalogue.name);
    let row = |(name, brief): (&String, &doc::Brief)| {
        (called(name), brief.page.clone(), brief.summary.clone(), brief.counts.clone())
    };
    render(
        &VERSION,
        Page {
            frame: Frame {
                above: vec![(catalogue.name.clone(), "../index.html".to_owned())],
                here: version,
                names: Some(String::new()),
                ..catalogue.frame(&title, "../")
            },
            listed: listed(catalogue, edition),
            before: before.map(near),
            after: after.map(near),
            depend: dependences(&catalogue.targets, &edition.version),
            packages: edition.packages.iter().map(row).collect(),
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
    fn of(change: &ChangeRecord, there: &BTreeMap<String, String>) -> Told {
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
            href: there.get(&change.symbol).map(|page| format!("{page}#{}", change.symbol)),
            message: change.message.clone(),
            hit: claims.map(|claim| format!("{} {}: {}", claim.label, claim.whom, claim.reason)).collect(),
        }
    }
}

fn of_package(catalogue: &Catalogue, of: &Version, package: &Package) -> String {
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
    let version = of.to_string();
    let name = called(&package.name);
    render(
        &PACKAGE,
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
            latest: catalogue.latest() == Some(of),
            version,
            all: format!("../{PACKAGES}/{}", package.page),
            package,
            counts: package.counts(),
        },
    )
}

/// What the page of a package over all versions is made with.
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
    render(&VERSIONS, Page { frame, content })
}

fn redirect(catalogue: &Catalogue, version: &str, to: &str) -> String {
    #[derive(Serialize)]
    struct Page<'a> {
        frame: Frame,
        version: &'a str,
        to: &'a str,
    }
    let frame = catalogue.frame(&format!("{} {version}", catalogue.name), "../");
    render(&REDIRECT, Page { frame, version, to })
}
