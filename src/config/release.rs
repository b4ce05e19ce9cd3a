//! `[release]`: the shape of version tags, and where versions are published.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::{ConfigError, Place as At};
use crate::machine::PATIENCE;
use crate::oci::Place;
use crate::text::without_secrets;

/// `[release]` as used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseSettings {
    /// The shape of version tags, with `{version}` in it.
    pub tag: String,
    /// Where versions are published.
    pub to: Vec<Destination>,
    /// The changelog that releases are written into, relative to the file.
    pub changelog: Option<String>,
    /// Who is told of a version.
    pub notify: Vec<Hook>,
    /// How long places are waited for.
    pub patience: Patience,
}

/// How long the places of a release are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How long a server may take to answer, or to send more.
    pub answer: Duration,
    /// How long a tool of a language may take to build a package, or to publish it.
    pub tool: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { answer: PATIENCE, tool: Duration::from_secs(1_800) }
    }
}

/// A server that is told of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Where notices go.
    pub url: String,
    /// The variable of the environment with what they are signed with.
    pub secret: Option<String>,
}

impl Hook {
    /// The server alone: the rest of such an address is often secret.
    #[must_use]
    pub fn server(&self) -> String {
        self.url.split('/').take(3).collect::<Vec<_>>().join("/")
    }
}

/// A place for published versions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    /// `git:REMOTE`: a remote of the repository, by its name.
    Git(String),
    /// `oci://HOST/NAME`: a repository of a registry.
    Registry(Place),
    /// `dir:PATH`: a folder, as written.
    Directory(String),
    /// `go:PATH`: a folder of Go modules, as written.
    Go(String),
    /// `maven+ADDRESS`: a repository of Maven.
    Maven(MavenRepository),
    /// `pypi+ADDRESS`: an index of Python packages.
    Python(PythonIndex),
    /// `cargo:NAME`: a registry of crates, by the name that the configuration of cargo has for it.
    Crates(String),
}

/// A repository of Maven.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MavenRepository {
    /// An address of HTTP, or `file:` with a path.
    pub address: String,
    /// What the settings of Maven know the server by.
    pub id: String,
}

/// An index of Python packages.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PythonIndex {
    /// Where packages are sent to.
    pub upload: String,
    /// Where the simple index is; `None` where it follows from the other address.
    pub index: Option<String>,
}

/// The forms of places, as a person is told them.
const FORMS: &str = "`git:origin`, `dir:../published`, `oci://HOST/NAME`, `go:../proxy`, `maven+https://HOST/PATH`, \
     `pypi+https://HOST/PATH` or `cargo:REGISTRY`";

/// An address of HTTP, and what comes after `#`. Credentials have no place in it.
fn address(text: &str) -> Result<(String, Option<String>), String> {
    let (address, more) = text.split_once('#').map_or((text, None), |(address, more)| (address, Some(more)));
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split('/').next().unwrap_or_default());
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"\"'<>?".contains(c);
    match host {
        Some(host) if host.contains('@') => {
            Err("names and passwords have no place in an address: the tool that publishes there has its own"
                .to_owned())
        }
        Some(host) if !host.is_empty() && text.chars().all(plain) && more != Some("") => {
            Ok((address.to_owned(), more.map(str::to_owned)))
        }
        _ => Err(format!("`{}` is no address of a server", without_secrets(text))),
    }
}

impl Destination {
    /// Reads `git:origin`, `dir:../published`, `oci://registry.example/acme/pay`, `go:../proxy`,
    /// `maven+https://repo.example/releases#id`, `maven+file:../m2`, `pypi+https://pypi.example/`, `cargo:ours`.
    ///
    /// # Errors
    ///
    /// The text has none of these forms.
    pub fn parse(text: &str) -> Result<Destination, String> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        match kind {
            "git" if rest.is_empty() => Ok(Destination::Git("origin".to_owned())),
            // What git would take for an option, or for an address, which is where passwords are.
            "git" if !rest.starts_with('-') && !rest.contains([':', '/', '\\', ' ']) => {
                Ok(Destination::Git(rest.to_owned()))
            }
            "git" => Err(format!("`{}` is not the name of a remote", without_secrets(rest))),
            "oci" => match Place::parse(text) {
                Ok(place) if place.tag.is_none() => Ok(Destination::Registry(place)),
                Ok(_) => Err(format!("`{text}` names a tag, which is that of each version")),
                Err(error) => Err(error.to_string()),
            },
            "dir" if !rest.is_empty() => Ok(Destination::Directory(rest.to_owned())),
            "go" if !rest.is_empty() => Ok(Destination::Go(rest.to_owned())),
            "maven+file" if !rest.is_empty() => Ok(Destination::Maven(MavenRepository {
                address: format!("file:{rest}"),
                id: "local".to_owned(),
            })),
            "maven+http" | "maven+https" => {
                let (address, id) = address(&text["maven+".len()..])?;
                let host = address.split('/').nth(2).and_then(|host| host.split(':').next());
                let id = id.unwrap_or_else(|| host.unwrap_or_default().to_owned());
                let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
                if id.is_empty() || !id.chars().all(plain) {
                    return Err(format!("`{id}` is not what Maven knows a server by"));
                }
                Ok(Destination::Maven(MavenRepository { address, id }))
            }
            "pypi+http" | "pypi+https" => {
                let (upload, index) = address(&text["pypi+".len()..])?;
                let index = index.map(|index| address(&index)).transpose()?.map(|(index, _)| index);
                Ok(Destination::Python(PythonIndex { upload, index }))
            }
            "cargo"
                if !rest.is_empty()
                    && !rest.starts_with('-')
                    && rest.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) =>
            {
                Ok(Destination::Crates(rest.to_owned()))
            }
            _ => Err(format!("`{}` is no place to publish to: {FORMS}", without_secrets(text))),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawRelease {
    tag: Option<Spanned<String>>,
    to: Option<Vec<Spanned<String>>>,
    changelog: Option<Spanned<String>>,
    notify: Option<Vec<RawHook>>,
    timeout: Option<Spanned<u64>>,
    tool_timeout: Option<Spanned<u64>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawHook {
    url: Spanned<String>,
    secret: Option<Spanned<String>>,
}

/// `[release]` as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseFile {
    /// The shape of version tags, which may have `{contract}` in it.
    pub tag: Option<String>,
    /// Where versions are published.
    pub to: Vec<Destination>,
    /// The changelog.
    pub changelog: Option<String>,
    /// Who is told of a version.
    pub notify: Vec<Hook>,
    /// How long places are waited for.
    pub patience: Patience,
}

/// Reads an entry of `[[release.notify]]`.
fn hook(raw: RawHook, place: &dyn Fn(usize) -> At) -> Result<Hook, ConfigError> {
    let at = |text: &Spanned<String>| place(text.span().start);
    let url = raw.url.get_ref();
    let plain = !url.contains('#') && address(url.split('?').next().unwrap_or_default()).is_ok();
    if !plain || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        // What is wrong with it may be that it has a password.
        return Err(ConfigError::new(at(&raw.url), "`url` is no address that notices can be sent to")
            .hint("for example `https://hooks.example/contracts`, without a name and a password"));
    }
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let wrong = |text: &&Spanned<String>| text.get_ref().is_empty() || !text.get_ref().chars().all(name);
    if let Some(secret) = raw.secret.as_ref().filter(wrong) {
        return Err(ConfigError::new(
            at(secret),
            "`secret` is not the name of a variable of the environment",
        )
        .hint("for example `CONTRACTS_HOOK_SECRET`: the secret itself has no place in a file"));
    }
    Ok(Hook { url: raw.url.into_inner(), secret: raw.secret.map(Spanned::into_inner) })
}

/// Reads `[release]`; `place` gives the place of a byte offset.
pub(super) fn read(raw: RawRelease, place: &dyn Fn(usize) -> At) -> Result<ReleaseFile, ConfigError> {
    let at = |text: &Spanned<String>| place(text.span().start);
    if let Some(tag) = raw.tag.as_ref().filter(|tag| tag.get_ref().matches("{version}").count() != 1) {
        let message = format!("tag shape `{}` must contain `{{version}}` exactly once", tag.get_ref());
        return Err(ConfigError::new(at(tag), message).hint("for example `v{version}`"));
    }
    let mut to = Vec::new();
    for text in raw.to.into_iter().flatten() {
        let found = Destination::parse(text.get_ref()).map_err(|e| ConfigError::new(at(&text), e))?;
        if to.contains(&found) {
            return Err(ConfigError::new(at(&text), format!("`{}` is named twice", text.get_ref())));
        }
        to.push(found);
    }
    let inside = |path: &str| path.split('/').all(|part| !["", ".", ".."].contains(&part));
    if let Some(path) = raw.changelog.as_ref().filter(|path| !inside(path.get_ref())) {
        let message = format!("changelog `{}` is not a file below this one", path.get_ref());
        return Err(ConfigError::new(at(path), message).hint("for example `CHANGELOG.md`"));
    }
    let changelog = raw.changelog.map(Spanned::into_inner);
    let mut notify: Vec<Hook> = Vec::new();
    for raw in raw.notify.into_iter().flatten() {
        let place_of = at(&raw.url);
        let found = hook(raw, place)?;
        if notify.iter().any(|other| other.url == found.url) {
            return Err(ConfigError::new(place_of, format!("`{}` is told twice", found.server())));
        }
        notify.push(found);
    }
    let seconds = |written: Option<Spanned<u64>>, name: &str, otherwise: Duration| match written {
        Some(written) if *written.get_ref() == 0 => {
            let message = format!("`{name}` is at least one second");
            Err(ConfigError::new(place(written.span().start), message))
        }
        Some(written) => Ok(Duration::from_secs(written.into_inner())),
        None => Ok(otherwise),
    };
    let Patience { answer, tool } = Patience::default();
    let patience = Patience {
        answer: seconds(raw.timeout, "timeout", answer)?,
        tool: seconds(raw.tool_timeout, "tool-timeout", tool)?,
    };
    Ok(ReleaseFile { tag: raw.tag.map(Spanned::into_inner), to, changelog, notify, patience })
}

impl ReleaseFile {
    /// What is used: flags win.
    pub(super) fn used(
        self,
        contract: Option<&str>,
        tag: Option<&String>,
    ) -> Result<ReleaseSettings, ConfigError> {
        let tag = tag.cloned().or(self.tag).unwrap_or_else(|| "v{version}".to_owned());
        let wrong = |message: String| ConfigError::new(At::whole("--tag"), message);
        if tag.matches("{version}").count() != 1 {
            let message = format!("tag shape `{tag}` must contain `{{version}}` exactly once");
            return Err(wrong(message).hint("for example `v{version}`"));
        }
        let tag = match contract {
            Some(name) => tag.replace("{contract}", name),
            None if tag.contains("{contract}") => {
                let message = format!("tag shape `{tag}` wants the name of the contract, which has none");
                return Err(wrong(message).hint("set `name = \"acme/contracts\"` under `[contract]`"));
            }
            None => tag,
        };
        Ok(ReleaseSettings {
            tag,
            to: self.to,
            changelog: self.changelog,
            notify: self.notify,
            patience: self.patience,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read() {
        let read = |text: &str| Destination::parse(text).ok();
        assert_eq!(read("git:upstream"), Some(Destination::Git("upstream".into())));
        assert_eq!(read("git"), Some(Destination::Git("origin".into())));
        assert_eq!(read("dir:../out"), Some(Destination::Directory("../out".into())));
        assert!(matches!(read("oci://r.example/pay"), Some(Destination::Registry(_))));
        assert_eq!(read("go:../proxy"), Some(Destination::Go("../proxy".into())));
        assert_eq!(read("cargo:my-own"), Some(Destination::Crates("my-own".into())));
        let maven = |address: &str, id: &str| {
            Some(Destination::Maven(MavenRepository { address: address.into(), id: id.into() }))
        };
        assert_eq!(read("maven+file:../m2"), maven("file:../m2", "local"));
        assert_eq!(read("maven+https://repo.example:8/a"), maven("https://repo.example:8/a", "repo.example"));
        assert_eq!(read("maven+http://repo.example/a#ours"), maven("http://repo.example/a", "ours"));
        let python = |upload: &str, index: Option<&str>| {
            Some(Destination::Python(PythonIndex { upload: upload.into(), index: index.map(str::to_owned) }))
        };
        assert_eq!(read("pypi+https://h/x/"), python("https://h/x/", None));
        assert_eq!(
            read("pypi+http://h/x#http://h/+simple/"),
            python("http://h/x", Some("http://h/+simple/"))
        );
        for text in [
            "",
            "go:",
            "cargo:",
            "cargo:--token",
            "cargo:a=b",
            "pypi+https://",
            "pypi+ftp://h",
            "pypi+https://me:s3cret@h/x",
            "pypi+https://h/x#https://s3cret@h/y",
            "pypi+https://h/x y",
            "maven+https://s3cret@h/x",
            "maven+https://h/x#",
            "maven+https://h/x#a::b",
            "maven+file:",
            "dir:",
            "git:--upload-pack=x",
            "git:https://me:s3cret@host/x",
            "s3:bucket",
            "out",
            "oci://r.example/pay:1",
            "oci:x",
        ] {
            assert_eq!(read(text), None, "{text}");
            assert!(!Destination::parse(text).unwrap_err().contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn tags_may_have_the_name_of_the_contract() {
        let file = ReleaseFile { tag: Some("{contract}/v{version}".into()), ..ReleaseFile::default() };
        assert_eq!(file.clone().used(Some("acme/pay"), None).unwrap().tag, "acme/pay/v{version}");
        assert!(file.used(None, None).is_err());
    }
}
