//! The well-known formats of protovalidate: which texts are of one, as far as that takes no second reading of a
//! standard. <https://github.com/bufbuild/protovalidate/blob/main/proto/protovalidate/buf/validate/validate.proto> says
//! what each of them is.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::OnceLock;

use regex::Regex;

/// Whether a text, or bytes, are of a format of this name; `None` where nobody looked into that.
pub(super) fn is_of(format: &str, binary: bool, text: &[u8]) -> Option<bool> {
    let mut words = format.split(' ');
    let name = words.next().unwrap_or_default();
    if binary {
        // Of addresses in binary the length says it.
        return Some(match name {
            "ipv4" => text.len() == 4,
            "ipv6" | "uuid" => text.len() == 16,
            _ => matches!(text.len(), 4 | 16),
        });
    }
    // There is none that has a zero byte.
    if text.contains(&0) {
        return Some(false);
    }
    // Two libraries do not agree on what an address is.
    if words.next().is_some() {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    match name {
        "email" => Some(matches(&EMAIL, text)),
        "hostname" => Some(is_hostname(text)),
        "ipv4" => Some(is_ipv4(text)),
        "ipv6" => is_ipv6(text),
        "ip" => or(Some(is_ipv4(text)), is_ipv6(text)),
        "address" => or(Some(is_hostname(text) || is_ipv4(text)), is_ipv6(text)),
        "uuid" => Some(matches(&UUID, text)),
        "tuuid" => Some(matches(&TUUID, text)),
        "ulid" => Some(matches(&ULID, text)),
        "protobuf_fqn" => Some(matches(&NAME, text)),
        "protobuf_dot_fqn" => Some(text.strip_prefix('.').is_some_and(|rest| matches(&NAME, rest))),
        "uri" => match () {
            () if !text.contains(':') || !text.chars().all(is_of_uris) => Some(false),
            () => matches(&PLAIN_URI, text).then_some(true),
        },
        "uri_ref" => match () {
            () if !text.chars().all(is_of_uris) => Some(false),
            () => (matches(&PLAIN_URI, text) || matches(&PLAIN_PATH, text)).then_some(true),
        },
        "host_and_port" => match text.rsplit_once(':') {
            None => Some(false),
            Some((host, _)) if host.contains([':', '[']) => None,
            Some((host, port)) => Some((is_hostname(host) || is_ipv4(host)) && is_port(port)),
        },
        "ip_with_prefixlen"
        | "ipv4_with_prefixlen"
        | "ipv6_with_prefixlen"
        | "ip_prefix"
        | "ipv4_prefix"
        | "ipv6_prefix" => match text.split_once('/') {
            None => Some(false),
            Some((host, bits)) => is_prefix(name, host, bits),
        },
        _ => None,
    }
}

/// Texts that are of one or another of the formats.
pub(super) const SAMPLES: [&str; 22] = [
    "a@b.co",
    "example.com",
    "a.b.c",
    "127.0.0.1",
    "10.0.0.0/8",
    "10.0.0.1/8",
    "::1",
    "2001:db8::/32",
    "2001:db8::1/32",
    "https://example.com/a",
    "mailto:a@b.co",
    "/a/b",
    "a/b",
    "?a=b",
    "123e4567-e89b-12d3-a456-426614174000",
    "123e4567e89b12d3a456426614174000",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "pay.v1.Charge",
    ".pay.v1.Charge",
    "example.com:80",
    "127.0.0.1:80",
    "Content-Type",
];

/// <https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address>
static EMAIL: Form = Form::new(
    "^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\
     (?:\\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$",
);
static UUID: Form =
    Form::new("^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$");
static TUUID: Form = Form::new("^[0-9a-fA-F]{32}$");
static ULID: Form = Form::new("^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$");
static NAME: Form = Form::new("^[A-Za-z_][A-Za-z_0-9]*(?:\\.[A-Za-z_][A-Za-z_0-9]*)*$");
/// Some of what <https://datatracker.ietf.org/doc/html/rfc3986> lets through.
static PLAIN_URI: Form =
    Form::new("^[A-Za-z][A-Za-z0-9+.-]*://[A-Za-z0-9.-]+(?::[0-9]{1,4})?(?:/[A-Za-z0-9._~-]*)*$");
static PLAIN_PATH: Form = Form::new("^(?:/?[A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~-]+)*)?$");

/// A regular expression that is read when first asked.
struct Form {
    text: &'static str,
    read: OnceLock<Option<Regex>>,
}

impl Form {
    const fn new(text: &'static str) -> Form {
        Form { text, read: OnceLock::new() }
    }
}

fn matches(form: &Form, text: &str) -> bool {
    form.read.get_or_init(|| Regex::new(form.text).ok()).as_ref().is_some_and(|r| r.is_match(text))
}

fn or(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// RFC 1034 names, the last part of which is not a number.
fn is_hostname(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let part = |part: &str| {
        (1..=63).contains(&part.len())
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253 && name.split('.').all(part) && !last.bytes().all(|c| c.is_ascii_digit())
}

fn is_ipv4(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

/// What is said of zones differs from one reader to the next.
fn is_ipv6(text: &str) -> Option<bool> {
    (!text.contains('%')).then(|| text.parse::<Ipv6Addr>().is_ok())
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'))
        && text.parse::<u16>().is_ok()
}

/// Networks: an address, and how many bits of it count. A prefix has zeros behind these.
fn is_prefix(name: &str, host: &str, bits: &str) -> Option<bool> {
    let digits = !bits.is_empty() && bits.len() <= 3 && bits.bytes().all(|c| c.is_ascii_digit());
    if !digits || (bits.len() > 1 && bits.starts_with('0')) {
        return Some(false);
    }
    let length: u32 = bits.parse().ok()?;
    let strict = name.ends_with("_prefix");
    let four = || match host.parse::<Ipv4Addr>() {
        Ok(address) if length <= 32 => {
            !strict || address.to_bits().checked_shl(length).is_none_or(|rest| rest == 0)
        }
        _ => false,
    };
    let six = || match host.parse::<Ipv6Addr>() {
        Ok(address) if length <= 128 => {
            !strict || address.to_bits().checked_shl(length).is_none_or(|rest| rest == 0)
        }
        _ => false,
    };
    if host.contains('%') {
        return None;
    }
    Some(match name {
        "ipv4_with_prefixlen" | "ipv4_prefix" => four(),
        "ipv6_with_prefixlen" | "ipv6_prefix" => six(),
        _ => four() || six(),
    })
}

/// Characters that a URI may have somewhere.
fn is_of_uris(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c)
}
