//! ProtoJSON: trees to JSON, and JSON to trees the way parsers at their default settings read it.
//!
//! Source: the ProtoJSON format (<https://protobuf.dev/programming-guides/json/>).

pub(crate) mod known;
mod parse;
mod read;
mod write;

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use thiserror::Error;

pub(crate) use read::field_of_key;
pub use read::{read, read_lenient};
pub(crate) use write::key as write_key;
pub use write::write;

/// A JSON document that keeps its numbers as they are written and its keys in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are JSON's")]
pub enum Json {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// What it is, for messages.
    pub(crate) fn noun(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::String(_) => "a string",
            Json::List(_) => "an array",
            Json::Object(_) => "an object",
        }
    }
}

/// Compact JSON: no spaces.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => f.write_str("null"),
            Json::Bool(b) => write!(f, "{b}"),
            Json::Number(n) => f.write_str(n),
            Json::String(s) => f.write_str(&quoted(s)),
            Json::List(items) => {
                f.write_str("[")?;
                for (n, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if n > 0 { "," } else { "" })?;
                }
                f.write_str("]")
            }
            Json::Object(members) => {
                f.write_str("{")?;
                for (n, (key, value)) in members.iter().enumerate() {
                    write!(f, "{}{}:{value}", if n > 0 { "," } else { "" }, quoted(key))?;
                }
                f.write_str("}")
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Why there is no JSON for a message, or no message for JSON.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}{what}", .place.as_ref().map(|p| format!("`{p}`: ")).unwrap_or_default())]
pub struct JsonError {
    /// The keys on the way to it: `user.address.zip`.
    pub place: Option<String>,
    /// What is wrong.
    pub what: String,
}

impl JsonError {
    fn new(what: impl Into<String>) -> JsonError {
        JsonError { place: None, what: what.into() }
    }

    /// The same error, said of something further in.
    fn under(self, key: &str) -> JsonError {
        let place = match self.place {
            Some(inner) => format!("{key}.{inner}"),
            None => key.to_owned(),
        };
        JsonError { place: Some(place), ..self }
    }
}

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Either alphabet, padding or not: parsers take all of them.
fn unbase64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

/// As Python does: what is not of an alphabet is passed over, and padding is added by the length of the text.
fn unbase64_loosely(text: &str) -> Option<Vec<u8>> {
    let is = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    let data: String = text
        .chars()
        .filter(is)
        .map(|c| {
            if c == '-' {
                '+'
            } else if c == '_' {
                '/'
            } else {
                c
            }
        })
        .collect();
    let padding = text.matches('=').count() + (4 - text.len() % 4);
    let needed = (4 - data.len() % 4) % 4;
    if needed == 3 || needed > padding { None } else { STANDARD.decode(data).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_either_alphabet() {
        assert_eq!(unbase64("+/8=").unwrap(), unbase64("-_8").unwrap());
        assert_eq!(unbase64(&base64(b"\xfb\xff\x00")).unwrap(), b"\xfb\xff\x00");
        assert_eq!(unbase64("a!"), None);
    }

    #[test]
    fn json_is_escaped() {
        let json = Json::Object(vec![("a\"\n".to_owned(), Json::List(vec![Json::Null, Json::Bool(true)]))]);
        assert_eq!(json.to_string(), r#"{"a\"\n":[null,true]}"#);
    }
}
