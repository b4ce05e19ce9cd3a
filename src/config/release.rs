//! `[release]`: the shape of version tags, and where versions are published.

use serde::Deserialize;
use toml::Spanned;

use super::{ConfigError, Place as At};
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
}

impl Destination {
    /// Reads `git:origin`, `dir:../published` or `oci://registry.example/acme/pay`.
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
            "git" => Err(format!("`{rest}` is not the name of a remote")),
            "oci" => match Place::parse(text) {
                Ok(place) if place.tag.is_none() => Ok(Destination::Registry(place)),
                Ok(_) => Err(format!("`{text}` names a tag, which is that of each version")),
                Err(error) => Err(error.to_string()),
            },
            "dir" if !rest.is_empty() => Ok(Destination::Directory(rest.to_owned())),
            _ => Err(format!(
                "`{}` is no place to publish to: `git:origin`, `dir:../published` or `oci://HOST/NAME`",
                without_secrets(text)
            )),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawRelease {
    tag: Option<Spanned<String>>,
    to: Option<Vec<Spanned<String>>>,
    changelog: Option<Spanned<String>>,
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
    Ok(ReleaseFile { tag: raw.tag.map(Spanned::into_inner), to, changelog })
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
        Ok(ReleaseSettings { tag, to: self.to, changelog: self.changelog })
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
        for text in [
            "",
            "dir:",
            "git:--upload-pack=x",
            "git:https://me:s3cret@host/x",
            "s3:bucket",
            "out",
            "oci://r.example/pay:1",
            "oci:x",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn tags_may_have_the_name_of_the_contract() {
        let file = ReleaseFile { tag: Some("{contract}/v{version}".into()), ..ReleaseFile::default() };
        assert_eq!(file.clone().used(Some("acme/pay"), None).unwrap().tag, "acme/pay/v{version}");
        assert!(file.used(None, None).is_err());
    }
}
