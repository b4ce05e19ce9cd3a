//! Where artefacts are: `HOST[:PORT]/NAME[:TAG]`.

use std::fmt;

use thiserror::Error;

/// A repository of a registry, and a tag in it where one is named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// `HOST` or `HOST:PORT`.
    pub registry: String,
    /// The name of the repository.
    pub repository: String,
    /// The tag, or the digest that begins with `sha256:`.
    pub tag: Option<String>,
}

/// Why a text names no place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{}` is no repository of a registry", crate::text::typed_without_secrets(.0))]
pub struct PlaceError(pub String);

impl Place {
    /// Reads `oci://registry.example/acme/pay:1.4.0`, without tag, or with `@sha256:…` in its place.
    ///
    /// # Errors
    ///
    /// The text has no such form. Credentials have no place in it: they come from Docker's configuration.
    pub fn parse(text: &str) -> Result<Place, PlaceError> {
        let wrong = || PlaceError(text.to_owned());
        let rest = text.strip_prefix("oci://").ok_or_else(wrong)?;
        let (registry, rest) = rest.split_once('/').ok_or_else(wrong)?;
        let (repository, tag) = match rest.split_once('@') {
            Some((repository, digest)) => (repository, Some(digest)),
            None => rest.rsplit_once(':').map_or((rest, None), |(repository, tag)| (repository, Some(tag))),
        };
        let host = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        // https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
        let part = |part: &str| {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
            let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            part.chars().all(plain) && edge(part.chars().next()) && edge(part.chars().last())
        };
        let is_tag = |tag: &str| {
            let hex = tag.strip_prefix("sha256:");
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            match hex {
                Some(hex) => hex.len() == 64 && hex.chars().all(|c| c.is_ascii_hexdigit()),
                None => {
                    (1..=128).contains(&tag.len()) && tag.chars().all(plain) && !tag.starts_with(['.', '-'])
                }
            }
        };
        let fits = !registry.is_empty()
            && registry.chars().all(host)
            && repository.split('/').all(part)
            && tag.is_none_or(is_tag);
        if !fits {
            return Err(wrong());
        }
        Ok(Place {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
        })
    }

    /// Whether the registry is on this machine, and so is asked without TLS, as Docker does.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let host = match self.registry.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(rest),
            None => self.registry.split(':').next().unwrap_or_default(),
        };
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "oci://{}/{}", self.registry, self.repository)?;
        match &self.tag {
            Some(tag) if tag.starts_with("sha256:") => write!(f, "@{tag}"),
            Some(tag) => write!(f, ":{tag}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_written() {
        let long = format!("oci://r.example/pay@sha256:{}", "a".repeat(64));
        for text in [
            "oci://r.example/acme/pay:1.4.0-rc.1",
            "oci://127.0.0.1:5000/pay",
            "oci://[::1]:5000/a/b/c",
            &long,
        ] {
            let place = Place::parse(text).unwrap();
            assert_eq!(place.to_string(), text);
            assert_eq!(place.is_local(), !text.contains("example"), "{text}");
        }
        for text in [
            "",
            "oci://",
            "oci://r.example",
            "oci://r.example/",
            "oci:///x",
            "r.example/x",
            "oci://r.example/A",
            "oci://me:s3cret@r.example/x",
            "oci://r.example/a//b",
            "oci://r.example/../x",
            "oci://r.example/x:a+b",
            "oci://r.example/x@sha256:12",
            "oci://r.example/x y",
        ] {
            let error = Place::parse(text).unwrap_err().to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
        assert!(!Place::parse("oci://localhost.example/x").unwrap().is_local());
    }
}
