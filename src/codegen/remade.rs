//! Packages of a published version that are made again: with other plugins the same version would be another package,
//! and whoever has the first one would never know.

use std::collections::BTreeMap;

use super::generate::{Unit, Work};
use super::manifest::Entry;
use super::plugin::Tool;
use crate::words::Language;

/// The name that this program has among those that made a package.
const SELF: &str = "protopact";

/// How much of a hash is told, in characters.
const HASH: usize = 12;

/// Programs with their versions, as a package was made with them.
pub type Makers = BTreeMap<String, String>;

/// A package that is not the one that was published under its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remade {
    /// The unit, below the output.
    pub path: String,
    /// Its language.
    pub language: Language,
    /// The number of the build that would be the next one.
    pub next: u32,
    /// What is not as it was: `protoc-gen-prost was 0.4.0, is 0.5.0`.
    pub why: String,
}

impl std::fmt::Display for Remade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}`: {}", self.path, self.why)
    }
}

/// What makes a unit. A program that says no version has the start of its hash.
#[must_use]
pub fn makers(unit: &Unit) -> Makers {
    let mut makers = Makers::from([(SELF.to_owned(), env!("CARGO_PKG_VERSION").to_owned())]);
    for step in &unit.steps {
        let plugin = &step.plugin;
        let version = match (&plugin.locked, &plugin.tool) {
            (Some((pinned, _)), _) => pinned.version.to_owned(),
            (None, Tool::Library(_)) => plugin.identity.clone(),
            (None, _) => plugin.identity.chars().take(HASH).collect(),
        };
        makers.insert(plugin.name.clone(), version);
    }
    makers
}

/// What differs between the programs of then and now, as far as both are known.
fn others(then: &Makers, now: &Makers) -> Option<String> {
    let other = |(name, now): (&String, &String)| {
        let then = then.get(name).filter(|then| *then != now)?;
        Some(format!("{name} was {then}, is {now}"))
    };
    let all: Vec<String> = now.iter().filter_map(other).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// Whether a unit is another one than that which was published, by what is in the output: `files` are its hashes.
#[must_use]
pub(super) fn beside(before: &Entry, unit: &Unit, files: &BTreeMap<String, String>) -> Option<Remade> {
    let Work::Package(target) = &unit.work else { return None };
    (before.files != *files).then(|| Remade {
        path: unit.path.clone(),
        language: target.language(),
        next: before.build.map_or(1, |build| build.saturating_add(1)),
        why: others(&before.makers, &makers(unit)).unwrap_or_else(|| "its settings are others".to_owned()),
    })
}

/// Whether a unit would be another one than that which was published, by the plugins that its commit has in its lock.
#[must_use]
pub fn since_release(then: &Makers, unit: &Unit) -> Option<Remade> {
    let Work::Package(target) = &unit.work else { return None };
    let why = others(then, &makers(unit))?;
    Some(Remade { path: unit.path.clone(), language: target.language(), next: 1, why })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn makers_of(all: &[(&str, &str)]) -> Makers {
        all.iter().map(|(name, version)| ((*name).to_owned(), (*version).to_owned())).collect()
    }

    #[test]
    fn only_what_is_known_of_both_times_differs() {
        let now = makers_of(&[("protoc", "36.2"), ("protoc-gen-prost", "0.5.0"), ("protopact", "0.2.0")]);
        assert_eq!(others(&now, &now), None);
        assert_eq!(others(&Makers::new(), &now), None);
        assert_eq!(others(&makers_of(&[("protoc-gen-go", "v1.36.0")]), &now), None);
        let then = makers_of(&[("protoc", "36.1"), ("protoc-gen-prost", "0.5.0"), ("protopact", "0.1.0")]);
        assert_eq!(others(&then, &now).unwrap(), "protoc was 36.1, is 36.2, protopact was 0.1.0, is 0.2.0");
    }
}
