//! The table of contracts that others publish in packages.

use std::fmt::Write as _;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::config::deps::{Dep, DepSource};
use crate::config::{Root, is_under};

/// One contract of others.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// What it is called in `[deps]` and in the lock.
    pub name: String,
    /// What buf's registry calls it.
    pub buf: Vec<String>,
    /// Which import paths begin in it.
    pub imports: Vec<String>,
    go: Option<String>,
    maven: Option<String>,
    pypi: Option<String>,
    npm: Option<String>,
    #[serde(rename = "crate")]
    crate_: Option<String>,
    version: Option<String>,
    #[serde(default)]
    roots: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Table {
    known: Vec<Known>,
}

/// The table, in its order: the first entry that has an import is taken.
#[must_use]
pub fn known() -> &'static [Known] {
    static TABLE: LazyLock<Vec<Known>> = LazyLock::new(|| {
        let table: Table = toml::from_str(include_str!("known.toml")).expect("a table that a test reads");
        table.known
    });
    &TABLE
}

impl Known {
    /// The entry that an import path belongs to: one that buf's files name by its name on the registry, else the first.
    #[must_use]
    pub fn of_import(import: &str, registry: &[String]) -> Option<&'static Known> {
        let mut fits = known().iter().filter(|k| k.imports.iter().any(|prefix| is_under(import, prefix)));
        let named = |k: &&Known| registry.iter().any(|name| k.is_called(name));
        fits.clone().find(named).or_else(|| fits.next())
    }

    /// Whether buf's registry calls it so; a commit or label after `:` plays no part.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        let name = name.split(':').next().unwrap_or(name);
        self.buf.iter().any(|b| b == name)
    }

    /// The entry of a name on buf's registry.
    #[must_use]
    pub fn of_buf(name: &str) -> Option<&'static Known> {
        known().iter().find(|k| k.is_called(name))
    }

    /// The dependency, as if it was written in `[deps]`.
    ///
    /// # Panics
    ///
    /// The entry names no package; a test looks.
    #[must_use]
    pub fn dep(&self) -> Dep {
        let sources = [
            ("go", &self.go),
            ("maven", &self.maven),
            ("pypi", &self.pypi),
            ("npm", &self.npm),
            ("crate", &self.crate_),
        ];
        let found = sources.into_iter().find_map(|(key, value)| DepSource::of(key, value.as_ref()?));
        let root = |r: &String| Root::plain(if r == "." { "" } else { r.as_str() });
        Dep {
            name: self.name.clone(),
            source: found.expect("every entry names a package"),
            version: self.version.clone(),
            roots: self.roots.iter().map(root).collect(),
            include: self.imports.clone(),
        }
    }

    /// The line for `[deps]` that gets it.
    #[must_use]
    pub fn line(&self) -> String {
        line(&self.dep())
    }
}

/// A dependency as a line of `[deps]`.
#[must_use]
pub fn line(dep: &Dep) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let (key, value) = dep.source.parts();
    let bare = dep.name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let name = if bare { dep.name.clone() } else { quoted(&dep.name) };
    let mut parts = vec![format!("{key} = {}", quoted(value))];
    parts.extend(dep.version.as_ref().map(|v| format!("version = {}", quoted(v))));
    format!("{name} = {{ {} }}", parts.join(", "))
}

/// The same with where its import paths begin, and which of them are of use.
#[must_use]
pub fn whole_line(dep: &Dep) -> String {
    let list = |paths: Vec<&str>| {
        let paths =
            paths.into_iter().map(|p| toml::Value::String(if p.is_empty() { "." } else { p }.to_owned()));
        toml::Value::Array(paths.collect()).to_string()
    };
    let short = line(dep);
    let mut whole = short.trim_end_matches(" }").to_owned();
    if !dep.roots.is_empty() {
        let _ = write!(whole, ", roots = {}", list(dep.roots.iter().map(|r| r.path.as_str()).collect()));
    }
    if !dep.include.is_empty() {
        let _ = write!(whole, ", include = {}", list(dep.include.iter().map(String::as_str).collect()));
    }
    whole + " }"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_a_dependency() {
        for entry in known() {
            let dep = entry.dep();
            assert_eq!(dep.source.refused(), None, "{}", entry.name);
            assert!(!entry.imports.is_empty(), "{}", entry.name);
        }
    }

    #[test]
    fn imports_and_names_of_the_registry_are_found() {
        let of = |import: &str| Known::of_import(import, &[]).map(|k| k.name.as_str());
        assert_eq!(of("google/api/http.proto"), Some("googleapis"));
        assert_eq!(of("validate/validate.proto"), Some("protoc-gen-validate"));
        assert_eq!(of("buf/validate/validate.proto"), Some("protovalidate"));
        assert_eq!(of("cosmos/ics23/v1/proofs.proto"), Some("ics23"));
        assert_eq!(of("cosmos/base/v1beta1/coin.proto"), Some("cosmos-sdk"));
        assert_eq!(of("validates/x.proto"), None);
        let buf = |name: &str| Known::of_buf(name).map(|k| k.name.as_str());
        assert_eq!(
            buf("buf.build/cosmos/gogo-proto:a14993478f40695898ed8a86931094b6656e8a5d"),
            Some("cosmos-gogo-proto")
        );
        let named = ["buf.build/cosmos/gogo-proto".to_owned()];
        assert_eq!(of("gogoproto/gogo.proto"), Some("gogo-proto"));
        let of_named = Known::of_import("gogoproto/gogo.proto", &named).map(|k| k.name.as_str());
        assert_eq!(of_named, Some("cosmos-gogo-proto"));
        assert_eq!(buf("buf.build/acme/none"), None);
    }
}
