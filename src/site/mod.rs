//! A catalogue of published versions for people: pages that work from a folder, from any web server and without scripts.
//!
//! A [`Catalogue`] is told version by version, oldest first, and keeps of each what its pages say. Which versions there
//! are, and where the pages go, is somebody else's business.

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

/// What a site is made of.
#[derive(Debug)]
pub struct Catalogue {
    /// The name of the contract.
    name: String,
    /// One line about it.
    description: Option<String>,
    /// The packages of each language.
    targets: Vec<Target>,
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
    packages: BTreeMap<String, doc::Package>,
    /// The version it is compared with.
    from: Option<Version>,
    changes: Vec<ChangeRecord>,
}

impl Catalogue {
    /// A catalogue without versions. `targets` are the packages that are made of each.
    #[must_use]
    pub fn new(name: &str, description: Option<&str>, targets: Vec<Target>) -> Catalogue {
        Catalogue {
            name: name.to_owned(),
            description: description.map(str::to_owned),
            targets,
            editions: Vec::new(),
            numbers: Told::default(),
            last: None,
            last_release: None,
        }
    }

    /// Adds the next version; they come in their order. It is compared with the last release before it, and a
    /// pre-release is what a first release is compared with.
    pub fn add(&mut self, version: Version, tag: &str, schema: Schema) {
        let release = self.last_release.as_ref().map(|(version, schema)| (version.clone(), schema));
        let last = self.editions.last().map(|edition| edition.version.clone()).zip(self.last.as_ref());
        let before = release.or(last);
        let changes = before.as_ref().map(|(_, old)| changes(old, &schema)).unwrap_or_default();
        let from = before.map(|(version, _)| version);
        self.numbers.add(&schema);
        let packages = doc::packages(&schema);
        self.editions.push(Edition {
            version: version.clone(),
            tag: tag.to_owned(),
            packages,
            from,
            changes,
        });
        if version.pre.is_empty() {
            self.last_release = Some((version, schema));
            self.last = None;
        } else {
            self.last = Some(schema);
        }
    }

    /// The version that `latest` is: the last release, or the last pre-release where there is no other.
    fn latest(&self) -> Option<&Edition> {
        self.editions.iter().rfind(|edition| edition.version.pre.is_empty()).or(self.editions.last())
    }

    /// Every file of the site, by its path. Nothing where there is no version.
    #[must_use]
    pub fn files(self) -> BTreeMap<String, String> {
        pages::files(self)
    }
}

/// What is different, in the words of the reports. What belongs to another change is told with that one.
fn changes(old: &Schema, new: &Schema) -> Vec<ChangeRecord> {
    let comparison = Comparison::new(old, new);
    let mut changes = decide(&comparison, &Policies::uniform(LensPolicy::standard())).changes;
    changes.retain(|change| !change.echo);
    changes
}
