//! A catalogue of published versions for people: pages that work from a folder, from any web server and without scripts.
//!
//! A [`Catalogue`] is told version by version, oldest first, and makes the pages of each at once, on all processors. Which
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

/// Takes a file of the site: its path, and what is in it. Every thread that has made a page hands it over itself.
pub type Sink<'a, E> = dyn Fn(&str, &str) -> Result<(), E> + Sync + 'a;

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
    pub fn add<E: Send>(&mut self, tag: &str, schema: Schema, sink: &Sink<'_, E>) -> Result<(), E> {
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
    pub fn finish<E: Send>(self, sink: &Sink<'_, E>) -> Result<(), E> {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::{Condvar, Mutex};
    use std::time::Duration;

    use super::*;
    use crate::compile::{self, Input, InputFile};

    /// A contract of that many packages.
    fn packages(count: usize) -> Schema {
        let file = |n| InputFile {
            name: format!("p{n}.proto").into(),
            display: format!("p{n}.proto").into(),
            content: format!("syntax = \"proto3\"; package p{n}; message M {{}}").into_bytes().into(),
            target: true,
        };
        let input = Input { files: (0..count).map(file).collect(), ..Input::default() };
        Schema::build(&compile::compile(&input, &compile::Options::default()).unwrap()).unwrap()
    }

    /// Two pages that are taken at the same time, as each waits for the other; of any kind but those that come alone.
    #[test]
    fn pages_are_handed_over_by_those_that_make_them() {
        /// Long enough for a machine that does much else; who fails waits for it.
        const PATIENCE: Duration = Duration::from_secs(60);
        for folder in ["1.0.0/", "packages/"] {
            let (inside, met) = (Mutex::new(BTreeSet::new()), Condvar::new());
            let sink = |path: &str, _: &str| {
                if path.starts_with(folder) && path.contains("/p") {
                    let mut inside = inside.lock().unwrap();
                    inside.insert(path.to_owned());
                    met.notify_all();
                    let waited = met.wait_timeout_while(inside, PATIENCE, |inside| inside.len() < 2);
                    if waited.unwrap().1.timed_out() {
                        return Err(format!("nobody comes while {path} is taken"));
                    }
                }
                Ok(())
            };
            let make = || {
                let versions = vec![Version::new(1, 0, 0)];
                let mut catalogue = Catalogue::new("acme/pay", None, Vec::new(), versions);
                catalogue.add("v1.0.0", packages(2), &sink)?;
                catalogue.finish(&sink)
            };
            let two = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
            assert_eq!(two.install(make), Ok(()), "{folder}");
        }
    }

    #[test]
    fn what_cannot_be_written_ends_it() {
        let full =
            |path: &str, _: &str| if path.ends_with("p7.html") { Err("no space left") } else { Ok(()) };
        let mut catalogue = Catalogue::new("acme/pay", None, Vec::new(), vec![Version::new(1, 0, 0)]);
        assert_eq!(catalogue.add("v1.0.0", packages(40), &full), Err("no space left"));
    }
}
