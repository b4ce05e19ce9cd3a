//! `[release]`: the shape of version tags, and where versions are published.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::{ConfigError, Place as At};
use crate::git::{TagPattern, TagPatternError};
use crate::machine::PATIENCE;
use crate::oci::Place;
use crate::text::typed_without_secrets;

/// `[release]` as used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseSettings {
    /// The shape of version tags, of this contract.
    pub tag: TagPattern,
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
    pub place: HookPlace,
    /// The variable of the environment with what they are signed with.
    pub secret: Option<String>,
}

/// Where notices go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookPlace {
    /// An address that everybody may know.
    Address(String),
    /// The variable of the environment that holds the address.
    Variable(String),
}

impl HookPlace {
    /// As it may be kept: the name of a variable, and not what it holds.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            HookPlace::Address(url) => url.clone(),
            HookPlace::Variable(name) => format!("${name}"),
        }
    }

    /// The address; `variable` gives the value of one. `None` where it is not set.
    #[must_use]
    pub fn address(&self, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        match self {
            HookPlace::Address(url) => Some(url.clone()),
            HookPlace::Variable(name) => variable(name),
        }
    }
}

impl Hook {
    /// The server alone, for the rest of such an address is often secret; or the variable that holds the address.
    #[must_use]
    pub fn server(&self) -> String {
        server_of(&self.place.written())
    }
}

/// The server of an address.
#[must_use]
pub fn server_of(url: &str) -> String {
    url.split('/').take(3).collect::<Vec<_>>().join("/")
}

/// Whether notices can be sent to an address.
#[must_use]
pub fn takes_notices(url: &str) -> bool {
    let plain = !url.contains('#') && address(url.split('?').next().unwrap_or_default()).is_ok();
    plain && !url.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Words in the name of a parameter whose value is none of everybody's business.
const SECRET_WORDS: [&str; 8] = ["token", "key", "secret", "sig", "pass", "auth", "code", "cred"];
/// How long a value is that nobody has made up.
const LONG: usize = 20;

/// The parameter of an address that seems to be secret, by its name.
fn secret_parameter(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    let secret = |parameter: &&str| {
        let (name, value) = parameter.split_once('=').unwrap_or(("", parameter));
        let name = name.to_ascii_lowercase();
        SECRET_WORDS.iter().any(|word| name.contains(word)) || value.len() >= LONG
    };
    let found = query.split('&').find(secret)?;
    Some(found.split_once('=').map_or("", |(name, _)| name))
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
        _ => Err(format!("`{}` is no address of a server", typed_without_secrets(text))),
    }
}

/// A path in a place, wherever it is read from.
fn absolute(base: &Path, path: &str) -> String {
    base.join(path).display().to_string()
}

impl Destination {
    /// As [`Destination::parse`] reads it, with paths that mean the same in every folder; `base` is what they are relative
    /// to. There is nothing secret in it.
    #[must_use]
    pub fn written(&self, base: &Path) -> String {
        match self {
            Destination::Git(remote) => format!("git:{remote}"),
            Destination::Registry(place) => place.to_string(),
            Destination::Directory(path) => format!("dir:{}", absolute(base, path)),
            Destination::Go(path) => format!("go:{}", absolute(base, path)),
            Destination::Maven(MavenRepository { address, id }) => match address.strip_prefix("file:") {
                Some(path) => format!("maven+file:{}", absolute(base, path)),
                None => format!("maven+{address}#{id}"),
            },
            Destination::Python(PythonIndex { upload, index }) => {
                let index = index.as_ref().map(|index| format!("#{index}")).unwrap_or_default();
                format!("pypi+{upload}{index}")
            }
            Destination::Crates(name) => format!("cargo:{name}"),
        }
    }

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
            "git" => Err(format!("`{}` is not the name of a remote", typed_without_secrets(rest))),
            "oci" => match Place::parse(text) {
                Ok(place) if place.tag.is_none() => Ok(Destination::Registry(place)),
                Ok(_) => Err(format!("`{text}` names a tag, which is that of each version")),
                Err(error) => Err(error.to_string()),
            },
            "dir" | "go" if rest.contains("://") => {
                let what = typed_without_secrets(rest);
                Err(format!("`{what}` is an address, and `{kind}:` takes a folder of this machine"))
            }
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
            _ => Err(format!("`{}` is no place to publish to: {FORMS}", typed_without_secrets(text))),
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
    url: Option<Spanned<String>>,
    url_env: Option<Spanned<String>>,
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

/// Reads an entry of `[[release.notify]]`, with where its address is written.
fn hook(raw: RawHook, place: &dyn Fn(usize) -> At) -> Result<(Hook, At), ConfigError> {
    let at = |text: &Spanned<String>| place(text.span().start);
    let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let wrong = |text: &&Spanned<String>| text.get_ref().is_empty() || !text.get_ref().chars().all(name);
    let (to, place_of) = match (raw.url, raw.url_env) {
        (Some(url), None) => {
            if !takes_notices(url.get_ref()) {
                // What is wrong with it may be that it has a password.
                return Err(ConfigError::new(at(&url), "`url` is no address that notices can be sent to")
                    .hint("for example `https://hooks.example/contracts`, without a name and a password"));
            }
            if let Some(parameter) = secret_parameter(url.get_ref()) {
                let which = match parameter {
                    "" => "`url` has a query that seems to be secret".to_owned(),
                    name => format!("`url` has the parameter `{name}`, which seems to be secret"),
                };
                return Err(ConfigError::new(at(&url), format!("{which}, and this file is published"))
                    .hint("put the address into a variable of the environment, and name it: `url-env = \"CONTRACTS_HOOK_URL\"`"));
            }
            let place_of = at(&url);
            (HookPlace::Address(url.into_inner()), place_of)
        }
        (None, Some(variable)) => {
            let place_of = at(&variable);
            if wrong(&&variable) {
                let message = "`url-env` is not the name of a variable of the environment";
                return Err(ConfigError::new(place_of, message).hint(
                    "for example `CONTRACTS_HOOK_URL`: the variable holds the address, which stays out of this file",
                ));
            }
            (HookPlace::Variable(variable.into_inner()), place_of)
        }
        (Some(_), Some(variable)) => {
            let message = "`url` and `url-env` both say where notices go";
            return Err(ConfigError::new(at(&variable), message).hint("take one of them out"));
        }
        (None, None) => {
            let secret = raw.secret.as_ref().map_or(0, |secret| secret.span().start);
            return Err(ConfigError::new(place(secret), "an entry of `[[release.notify]]` names no server")
                .hint("give it `url`, or `url-env` with the name of the variable that holds the address"));
        }
    };
    if let Some(secret) = raw.secret.as_ref().filter(wrong) {
        return Err(ConfigError::new(
            at(secret),
            "`secret` is not the name of a variable of the environment",
        )
        .hint("for example `CONTRACTS_HOOK_SECRET`: the secret itself has no place in a file"));
    }
    Ok((Hook { place: to, secret: raw.secret.map(Spanned::into_inner) }, place_of))
}

/// The shape of tags for a contract. Without a name `{contract}` stays, as some name that would do.
fn shape(text: &str, contract: Option<&str>) -> Result<TagPattern, TagPatternError> {
    let used = text.replace("{contract}", contract.unwrap_or("contract"));
    match TagPattern::parse(&used) {
        Ok(shape) => Ok(shape.of(contract)),
        // As somebody wrote it.
        Err(TagPatternError::Version(_)) => Err(TagPatternError::Version(text.to_owned())),
        Err(TagPatternError::Name(_)) => Err(TagPatternError::Name(text.to_owned())),
        Err(TagPatternError::Placeholder { placeholder, .. }) => {
            Err(TagPatternError::Placeholder { shape: text.to_owned(), placeholder })
        }
    }
}

/// Reads `[release]` of a contract; `place` gives the place of a byte offset.
pub(super) fn read(
    raw: RawRelease,
    contract: Option<&str>,
    place: &dyn Fn(usize) -> At,
) -> Result<ReleaseFile, ConfigError> {
    let at = |text: &Spanned<String>| place(text.span().start);
    if let Some(tag) = &raw.tag {
        shape(tag.get_ref(), contract)
            .map_err(|e| ConfigError::new(at(tag), e.to_string()).hint(e.hint()))?;
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
        let (found, place_of) = hook(raw, place)?;
        if notify.iter().any(|other| other.place == found.place) {
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
        let used = shape(&tag, contract).map_err(|e| wrong(e.to_string()).hint(e.hint()))?;
        if contract.is_none() && tag.contains("{contract}") {
            let message = format!("tag shape `{tag}` wants the name of the contract, which has none");
            return Err(wrong(message).hint("set `name = \"acme/contracts\"` under `[contract]`"));
        }
        let tag = used;
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
            "dir:https://me:s3cret@h/x",
            "go:https://me:s3cret@h/x",
            "maven+https://h/x?token=s3cret",
            "oci://h/x?token=s3cret",
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
        assert_eq!(file.clone().used(Some("acme/pay"), None).unwrap().tag.to_string(), "acme/pay/v{version}");
        assert!(file.used(None, None).is_err());
    }
}
