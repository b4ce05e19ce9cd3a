//! Where a service is registered: `consul://HOST:PORT/NAME`.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use super::Dns;

/// What registries there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// HashiCorp's Consul, its agent.
    Consul,
    /// etcd, by the names of its own gRPC resolver.
    Etcd,
    /// Alibaba's Nacos.
    Nacos,
}

impl Product {
    const ALL: [Product; 3] = [Product::Consul, Product::Etcd, Product::Nacos];

    /// The scheme of its addresses.
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        match self {
            Product::Consul => "consul",
            Product::Etcd => "etcd",
            Product::Nacos => "nacos",
        }
    }

    /// What may stand behind the question mark.
    const fn options(self) -> &'static [&'static str] {
        match self {
            Product::Consul => &["check", "dc", "ns", "partition", "tls-skip-verify"],
            Product::Etcd => &["ttl"],
            Product::Nacos => &["cluster", "context", "group", "namespace"],
        }
    }

    /// Those of them that say how an instance is kept there, and nothing to readers.
    const fn of_writers(self) -> &'static [&'static str] {
        match self {
            Product::Consul => &["check", "tls-skip-verify"],
            Product::Etcd => &["ttl"],
            Product::Nacos => &[],
        }
    }
}

/// A name in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which kind of registry.
    pub product: Product,
    /// Whether it is spoken to over TLS.
    pub tls: bool,
    /// `HOST:PORT` of the registry.
    pub authority: String,
    /// The name of the service there.
    pub name: String,
    /// What stood behind the question mark.
    options: BTreeMap<String, String>,
}

/// Why a text names no place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{}` names no service in a registry: {why}", crate::text::without_secrets(.text))]
pub struct PlaceError {
    text: String,
    why: String,
}

impl Place {
    /// Reads `consul://HOST:PORT/NAME`, `etcd://…`, `nacos://…`; `consul+https://…` for TLS; options of the registry
    /// behind a question mark.
    ///
    /// # Errors
    ///
    /// The text has no such form. Passwords and tokens have no place in it: they come from the environment.
    pub fn parse(text: &str) -> Result<Place, PlaceError> {
        let wrong = |why: &str| PlaceError { text: text.to_owned(), why: why.to_owned() };
        let (scheme, rest) =
            text.split_once("://").ok_or_else(|| wrong("it is written `consul://HOST:PORT/NAME`"))?;
        let (scheme, tls) = match scheme.split_once('+') {
            Some((scheme, "https")) => (scheme, true),
            _ => (scheme, false),
        };
        let product = Product::ALL.into_iter().find(|p| p.scheme() == scheme);
        let product = product
            .ok_or_else(|| wrong("the registries are `consul`, `etcd` and `nacos`, with `+https` for TLS"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, name) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(wrong("passwords and tokens come from the environment"));
        }
        let port =
            authority.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
        let host = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        if port.is_none_or(|(name, _)| name.is_empty()) || !authority.chars().all(host) {
            return Err(wrong("before the first slash stand the host and the port of the registry"));
        }
        if !Place::is_name(name) {
            return Err(wrong(
                "behind the port stands the name of the service: letters, digits, `.`, `_`, `-`",
            ));
        }
        let mut options = BTreeMap::new();
        for option in query.split('&').filter(|o| !o.is_empty()) {
            let (key, value) = option.split_once('=').unwrap_or((option, "true"));
            if !product.options().contains(&key) {
                let known = product.options().join("`, `");
                return Err(wrong(&format!("{scheme} has no option `{key}`; it has `{known}`")));
            }
            options.insert(key.to_owned(), value.to_owned());
        }
        Ok(Place { product, tls, authority: authority.to_owned(), name: name.to_owned(), options })
    }

    /// Whether a service can be called so.
    pub(super) fn is_name(name: &str) -> bool {
        let fine = |c: char| c.is_ascii_alphanumeric() || "._-/@:".contains(c);
        !name.is_empty() && !name.ends_with('/') && name.chars().all(fine)
    }

    /// The same for a place that is only looked at.
    ///
    /// # Errors
    ///
    /// As [`Place::parse`], and options that only matter to instances.
    pub fn parse_to_look(text: &str) -> Result<Place, PlaceError> {
        let place = Place::parse(text)?;
        match place.product.of_writers().iter().find(|key| place.option(key).is_some()) {
            Some(key) => {
                let why = format!("`{key}` is for who registers, and means nothing to who looks");
                Err(PlaceError { text: text.to_owned(), why })
            }
            None => Ok(place),
        }
    }

    /// An option, where it was given.
    #[must_use]
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.get(key).map(String::as_str)
    }

    /// What it is called in the registry's own DNS, where that can be told: Consul's, under its own domain.
    #[must_use]
    pub fn dns_name(&self) -> Option<String> {
        let is_plain = ["ns", "partition"].iter().all(|key| self.option(key).is_none());
        let centre = self.option("dc").map(|dc| format!(".{dc}")).unwrap_or_default();
        let name = format!("{}.service{centre}.consul", self.name);
        (self.product == Product::Consul && is_plain && Dns::is_name(&name)).then_some(name)
    }

    /// What its addresses begin with.
    pub(super) fn base(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.authority)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = if self.tls { "+https" } else { "" };
        write!(f, "{}{tls}://{}/{}", self.product.scheme(), self.authority, self.name)?;
        for (at, (key, value)) in self.options.iter().enumerate() {
            write!(f, "{}{key}={value}", if at == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_written() {
        for text in [
            "consul://127.0.0.1:8500/acme-pay",
            "consul+https://consul.example:8501/acme-pay?check=ttl&dc=eu",
            "etcd://[::1]:2379/services/pay?ttl=30",
            "nacos://nacos:8848/pay?group=G&namespace=dev",
        ] {
            assert_eq!(Place::parse(text).map(|p| p.to_string()).as_deref(), Ok(text));
        }
        assert!(Place::parse("consul+https://h:1/n").unwrap().tls);
        assert!(Place::parse_to_look("consul://h:1/n?dc=eu").is_ok());
        let said = Place::parse_to_look("etcd://h:1/n?ttl=5").unwrap_err().to_string();
        assert!(said.contains("`ttl` is for who registers"), "{said}");
        assert_eq!(Place::parse("etcd://h:1/n?ttl=5").unwrap().option("ttl"), Some("5"));
    }

    #[test]
    fn consul_has_names_of_its_own_in_dns() {
        for (text, name) in [
            ("consul://h:1/acme-pay", Some("acme-pay.service.consul")),
            ("consul://h:1/pay?dc=eu", Some("pay.service.eu.consul")),
            ("consul://h:1/pay?ns=team", None),
            ("consul://h:1/acme/pay", None),
            ("etcd://h:1/pay", None),
        ] {
            assert_eq!(Place::parse(text).unwrap().dns_name().as_deref(), name, "{text}");
        }
    }

    #[test]
    fn what_is_no_place_is_told_with_the_reason() {
        for (text, why) in [
            ("acme-pay", "it is written `consul://HOST:PORT/NAME`"),
            ("zookeeper://h:1/n", "the registries are"),
            ("consul://h/n", "the host and the port"),
            ("consul://:8500/n", "the host and the port"),
            ("consul://h:99999/n", "the host and the port"),
            ("consul://h:8500", "the name of the service"),
            ("consul://h:8500/", "the name of the service"),
            ("consul://h:8500/a b", "the name of the service"),
            ("consul://h:8500/n?group=G", "consul has no option `group`"),
            ("consul://user:s3cret@h:8500/n", "come from the environment"),
        ] {
            let said = Place::parse(text).unwrap_err().to_string();
            assert!(said.contains(why) && !said.contains("s3cret"), "{text}: {said}");
        }
    }
}
