//! A catalogue of published versions for people: pages that work from a folder, from any web server and without scripts.
//!
//! A [`Catalogue`] is told version by version, oldest first, and makes the pages of each at once, one after the other. Which
//! versions there are, and where the pages go, is somebody else's business.

mod depend;
mod doc;
mod names;
mod pages;
mod prose;
mod search;
mod versions;

use std::collections::BTreeMap;

use semver::Version;

use crate::codegen::Target;
use crate::compare::Comparison;
use crate::findings::ChangeRecord;
use crate::ledger::Told;
use crate::policy::{LensPolicy, Policies, decide};
use crate::schema::Schema;
use crate::words::Bump;

/// Takes a file of the site: its path, and what is in it.
pub type Sink<'a, E> = dyn FnMut(&str, &str) -> Result<(), E> + 'a;

/// What a site is made of. Of a version that has its pages only what others say of it is kept: how many versions there are
/// does not show in the memory that their pages take.
#[derive(Debug)]
pub struct Catalogue {
    /// The name of the contract.
    name: String,
    /// One line about it.
    description: Option<String>,
    /// The packages of each language.
    targets: Vec<Target>,
    /// All versions that are to come, in their order.
    versions: Vec<Version>,
    editions: Vec<Edition>,
    numbers: Told,
    /// The last version, and the last that is no pre-release.
    last: Option<Schema>,
    last_release: Option<(Version, Schema)>,
}

/// One version.
#[derive(Debug)]
struct Edition {
    version: Version,
    tag: String,
    packages: BTreeMap<String, doc::Brief>,
    /// The version it is compared with.
    from: Option<Version>,
    /// How many changes there are, and how many of them break.
    changes: usize,
    breaks: usize,
    /// The services, messages and enums that changed, by full name, each with the largest bump that asks for.
    touched: BTreeMap<String, Bump>,
}

impl Catalogue {
    /// A catalogue of these versions, in their order, none of which is there yet. `targets` are the packages that are made
    /// of each.
    #[must_use]
    pub fn new(
        name: &str,
        description: Option<&str>,
        targets: Vec<Target>,
        versions: Vec<Version>,
    ) -> Catalogue {
        Catalogue {
            name: name.to_owned(),
            description: description.map(str::to_owned),
            targets,
            versions,
            editions: Vec::new(),
            numbers: Told::default(),
            last: None,
            last_release: None,
        }
    }

    /// Adds the next version, and hands its pages to `sink`. It is compared with the last release before it, and a
    /// pre-release is what a first release is compared with.
    ///
    /// # Errors
    ///
    /// What `sink` says.
    pub fn add<E>(&mut self, tag: &str, schema: Schema, sink: &mut Sink<'_, E>) -> Result<(), E> {
        let Some(version) = self.versions.get(self.editions.len()).cloned() else { return Ok(()) };
        let release = self.last_release.as_ref().map(|(version, schema)| (version.clone(), schema));
        let last = self.editions.last().map(|edition| edition.version.clone()).zip(self.last.as_ref());
        let before = release.or(last);
        let changes = before.as_ref().map(|(_, old)| changes(old, &schema)).unwrap_or_default();
        let from = before.map(|(version, _)| version);
        self.numbers.add(&schema);
        let edition =
            pages::edition(self, Next { version: version.clone(), tag, from, changes }, &schema, sink)?;
        self.editions.push(edition);
        if version.pre.is_empty() {
            self.last_release = Some((version, schema));
            self.last = None;
        } else {
            self.last = Some(schema);
        }
        Ok(())
    }

    /// The version that `latest` is: the last release, or the last pre-release where there is no other.
    fn latest(&self) -> Option<&Version> {
        self.versions.iter().rfind(|version| version.pre.is_empty()).or(self.versions.last())
    }

    /// Hands the pages over all versions to `sink`. Nothing where there is no version.
    ///
    /// # Errors
    ///
    /// What `sink` says.
    pub fn finish<E>(self, sink: &mut Sink<'_, E>) -> Result<(), E> {
        pages::over_all(self, sink)
    }
}

/// A version that has no pages yet.
struct Next<'a> {
    version: Version,
    tag: &'a str,
    from: Option<Version>,
    changes: Vec<ChangeRecord>,
}

/// What is different, in the words of the reports. What belongs to another change is told with that one.
fn changes(old: &Schema, new: &Schema) -> Vec<ChangeRecord> {
    let comparison = Comparison::new(old, new);
    let mut changes = decide(&comparison, &Policies::uniform(LensPolicy::standard())).changes;
    changes.retain(|change| !change.echo);
    changes
}
