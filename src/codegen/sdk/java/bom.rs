//! The BOM: a Maven project that has nothing but the versions of several contracts' packages, which belong together.
//!
//! Whoever imports it (`<scope>import</scope>`) names no version of any of them. It is made and published with the package
//! of one of the contracts, which is in it by itself; the others are named with their versions in the configuration, so
//! that the same commit always makes the same BOM, whatever was published since.

use minijinja::{Value, context};

use super::super::{PackageError, Table, Values, split};
use super::{artifact, java_group};
use crate::codegen::Target;
use crate::config::ConfigError;
use crate::config::generate::{self, Key, all};
use crate::words::Language;

/// Where the project is, below the package.
pub const FOLDER: &str = "bom/";

/// `[generate.java.bom]`.
pub(super) static TABLE: Table = Table { name: BOM, read };

const BOM: &str = "bom";
const CONTRACTS: &str = "contracts";

/// The value of a target that has the others: a line each, `GROUP:ARTIFACT:VERSION`, sorted.
const OTHERS: &str = "bom.contracts";

/// Reads the table; see [`Table::read`].
fn read(table: &Key, target: &Target) -> Result<Values, ConfigError> {
    let generate::Value::Table(keys) = &table.value else { return Ok(Vec::new()) };
    let known = ["group", "artifact", CONTRACTS];
    if let Some(key) = keys.iter().find(|key| !known.contains(&&*key.name)) {
        return Err(ConfigError::unknown(key.place.clone(), "key", &key.name, &known));
    }
    let text = |name: &str, what: &str, good: fn(&str) -> bool, hint: &str| {
        let Some(key) = keys.iter().find(|key| key.name == name) else { return Ok(None) };
        match &key.value {
            generate::Value::Text(text) if good(text) => Ok(Some(text.clone())),
            value => {
                let message = format!("`{}` is not {what}", value.as_str());
                Err(ConfigError::new(key.value_place.clone(), message).hint(hint))
            }
        }
    };
    let group = text("group", "a Maven group", java_group, "for example `com.acme.contracts`")?;
    let group = group.unwrap_or_else(|| target.get("group").to_owned());
    let Some(name) = text("artifact", "a Maven artifact", artifact, "for example `acme-bom`")? else {
        let error = ConfigError::new(table.place.clone(), "missing field `artifact`");
        return Err(error.hint("what the BOM is called, for example `acme-bom`"));
    };
    let bom = format!("{group}:{name}");
    let contracts = keys.iter().find(|key| key.name == CONTRACTS);
    let others = match contracts.map(|key| (&key.value, &key.value_place)) {
        None => &[][..],
        Some((generate::Value::Table(others), _)) => others,
        Some((_, place)) => {
            let message = "`contracts` is a table: what packages are called, and their versions";
            return Err(ConfigError::new(place.clone(), message)
                .hint("for example `contracts = { \"com.acme.pay:acme-pay\" = \"1.4.0\" }`"));
        }
    };
    let mut lines: Vec<String> = Vec::new();
    for other in others {
        let package = coordinates(other, target.get("group"))?;
        let version = match &other.value {
            generate::Value::Text(version) if is_version(version) => version,
            value => {
                let message = format!("`{}` is not one version", value.as_str());
                return Err(ConfigError::new(other.value_place.clone(), message)
                    .hint("what the contract was released as, for example `1.4.0`"));
            }
        };
        let twice = lines.iter().any(|line| line.rsplit_once(':').is_some_and(|(there, _)| there == package));
        if twice || package == bom {
            let what = if twice { "named twice" } else { "the BOM itself" };
            return Err(ConfigError::new(other.place.clone(), format!("`{package}` is {what}")));
        }
        lines.push(format!("{package}:{version}"));
    }
    lines.sort_unstable();
    Ok(vec![(BOM.to_owned(), bom), (OTHERS.to_owned(), lines.join("\n"))])
}

/// `GROUP:ARTIFACT`, or an artifact of the contract's own group.
fn coordinates(key: &Key, own: &str) -> Result<String, ConfigError> {
    let (group, name) = key.name.split_once(':').unwrap_or((own, &key.name));
    if java_group(group) && artifact(name) {
        return Ok(format!("{group}:{name}"));
    }
    let message = format!("`{}` is not what a Maven package is called", key.name);
    Err(ConfigError::new(key.place.clone(), message)
        .hint("its group and artifact, for example `\"com.acme.pay:acme-pay\"`"))
}

/// Whether a text is one version, and no range of them and no word for the newest.
fn is_version(text: &str) -> bool {
    all(text, "._-+") && text.starts_with(|c: char| c.is_ascii_digit())
}

/// What a package is called, and its version.
type Managed<'a> = (&'a str, &'a str, &'a str);

/// The name of the BOM, where there is one: group and artifact.
pub(super) fn name(target: &Target) -> Option<(&str, &str)> {
    target.get(BOM).split_once(':')
}

/// The packages of other contracts.
fn others(target: &Target) -> impl Iterator<Item = Managed<'_>> {
    target.get(OTHERS).lines().filter_map(|line| {
        let (package, version) = line.rsplit_once(':')?;
        let (group, artifact) = package.split_once(':')?;
        Some((group, artifact, version))
    })
}

/// Refuses a BOM that is called like one of the packages, or names one among the others.
pub(super) fn check(target: &Target) -> Result<(), PackageError> {
    let group = target.get("group");
    for own in split::packages(target) {
        let (what, hint) = if name(target) == Some((group, &*own)) {
            ("is a package and the BOM", "give the BOM an artifact of its own, such as `acme-bom`")
        } else if others(target).any(|(other, artifact, _)| (other, artifact) == (group, &*own)) {
            ("is in the BOM by itself, at the version that is made", "take it out of `contracts`")
        } else {
            continue;
        };
        let what = format!("`{group}:{own}` {what}");
        return Err(PackageError::Setting { language: Language::Java, what, hint: hint.to_owned() });
    }
    Ok(())
}

/// What the template of the project is given in place of what a jar is made of: every package with its version, sorted.
pub(super) fn managed(target: &Target, version: &str) -> Vec<Value> {
    let own: Vec<String> = split::packages(target).collect();
    let own = own.iter().map(|artifact| (target.get("group"), &**artifact, version));
    let mut all: Vec<Managed<'_>> = others(target).chain(own).collect();
    all.sort_unstable();
    let value = |(group, artifact, version)| context! { group, artifact, version };
    all.into_iter().map(value).collect()
}
