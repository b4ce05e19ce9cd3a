//! `[deps]`: what a contract imports from others, by name.

use serde::Deserialize;
use toml::Spanned;

use super::path::normalize;
use super::settings::Root;
use super::{ConfigError, Place};

/// Where a dependency comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DepSource {
    /// A Go module.
    Go(String),
    /// `GROUP:ARTIFACT` in a Maven repository.
    Maven(String),
    /// A Python distribution.
    Pypi(String),
    /// A crate.
    Crate(String),
    /// An npm package.
    Npm(String),
    /// A git repository; its version is a revision.
    Git(String),
    /// A folder, as it is.
    Path(String),
}

impl DepSource {
    /// The names of the sources in `[deps]`, and in `deps add NAME=…`.
    pub const KEYS: [&'static str; 7] = ["go", "maven", "pypi", "crate", "npm", "git", "path"];

    /// The source of a key.
    #[must_use]
    pub fn of(key: &str, value: &str) -> Option<DepSource> {
        let value = value.to_owned();
        Some(match key {
            "go" => DepSource::Go(value),
            "maven" => DepSource::Maven(value),
            "pypi" => DepSource::Pypi(value),
            "crate" => DepSource::Crate(value),
            "npm" => DepSource::Npm(value),
            "git" => DepSource::Git(value),
            "path" => DepSource::Path(value),
            _ => return None,
        })
    }

    /// The key, and what it says.
    #[must_use]
    pub fn parts(&self) -> (&'static str, &str) {
        match self {
            DepSource::Go(name) => ("go", name),
            DepSource::Maven(name) => ("maven", name),
            DepSource::Pypi(name) => ("pypi", name),
            DepSource::Crate(name) => ("crate", name),
            DepSource::Npm(name) => ("npm", name),
            DepSource::Git(url) => ("git", url),
            DepSource::Path(path) => ("path", path),
        }
    }

    /// Why a name cannot be given to the program that gets it: it could be read as something else.
    #[must_use]
    pub fn refused(&self) -> Option<&'static str> {
        let (key, name) = self.parts();
        let plain = |extra: &str| {
            name.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
                && name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '@')
        };
        match key {
            "go" if !plain("._~-/!") => Some("a Go module is written as in `go.mod`"),
            "maven" if !plain("._-:") || name.matches(':').count() != 1 => {
                Some("a Maven artifact is written `GROUP:ARTIFACT`")
            }
            "pypi" if !plain("._-") => Some("a Python distribution is written as on an index"),
            "crate" if !plain("_-") => Some("a crate is written as on a registry"),
            "npm" if !plain("._-/@") => Some("an npm package is written `NAME` or `@SCOPE/NAME`"),
            "git" if name.starts_with('-') || name.chars().any(char::is_control) => {
                Some("a repository is a URL or a folder")
            }
            _ => None,
        }
    }
}

/// One entry of `[deps]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dep {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub source: DepSource,
    /// Which version; the newest where nothing is said.
    pub version: Option<String>,
    /// Where its import paths begin; found where nothing is said.
    pub roots: Vec<Root>,
    /// Only files whose import paths begin so; empty for all.
    pub include: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDep {
    go: Option<String>,
    maven: Option<String>,
    pypi: Option<String>,
    #[serde(rename = "crate")]
    crate_: Option<String>,
    npm: Option<String>,
    git: Option<String>,
    path: Option<String>,
    version: Option<String>,
    rev: Option<String>,
    #[serde(default)]
    roots: Vec<String>,
    #[serde(default)]
    include: Vec<String>,
}

pub(super) fn read(
    name: &Spanned<String>,
    raw: RawDep,
    place: &dyn Fn(usize) -> Place,
) -> Result<Dep, ConfigError> {
    let at = || place(name.span().start);
    let written = [
        ("go", raw.go),
        ("maven", raw.maven),
        ("pypi", raw.pypi),
        ("crate", raw.crate_),
        ("npm", raw.npm),
        ("git", raw.git),
        ("path", raw.path),
    ];
    let mut sources = written.into_iter().filter_map(|(key, value)| DepSource::of(key, &value?));
    let (Some(source), None) = (sources.next(), sources.next()) else {
        let message = format!("dependency `{}` needs one source", name.get_ref());
        return Err(ConfigError::new(at(), message)
            .hint(format!("one of {}", DepSource::KEYS.map(|k| format!("`{k}`")).join(", "))));
    };
    if let Some(reason) = source.refused() {
        let message = format!("dependency `{}` cannot be `{}`", name.get_ref(), source.parts().1);
        return Err(ConfigError::new(at(), message).hint(reason));
    }
    let version = raw.version.or(raw.rev);
    if version.as_ref().is_some_and(|v| !is_version(v)) {
        let message = format!("dependency `{}` has no valid version", name.get_ref());
        return Err(
            ConfigError::new(at(), message).hint("a version is letters, digits and `.`, `-`, `+`, `_`, `/`")
        );
    }
    let folder = |path: &String| normalize(path).map_err(|e| ConfigError::new(at(), e.to_string()));
    let roots = raw.roots.iter().map(|r| folder(r).map(Root::plain)).collect::<Result<_, _>>()?;
    let include = raw.include.iter().map(folder).collect::<Result<_, _>>()?;
    Ok(Dep { name: name.get_ref().clone(), source, version, roots, include })
}

/// Whether a version can be given to a program.
#[must_use]
pub fn is_version(version: &str) -> bool {
    version.starts_with(|c: char| c.is_ascii_alphanumeric())
        && version.chars().all(|c| c.is_ascii_alphanumeric() || ".-+_/".contains(c))
}
