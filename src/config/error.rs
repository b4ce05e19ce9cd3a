//! Errors in configuration files, with their place and a hint.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_saphyr::{Location, Spanned};
use thiserror::Error;

use crate::text::near;

/// A place in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file as a person knows it, or the flag.
    pub file: Arc<str>,
    /// Line and column, from one; `None` for flags and for a whole file.
    pub position: Option<(u32, u32)>,
}

impl Place {
    /// A flag, or a file as a whole.
    #[must_use]
    pub fn whole(file: &str) -> Place {
        Place { file: file.into(), position: None }
    }

    /// The place of a byte offset in a text. Columns count characters.
    #[must_use]
    pub fn of_offset(file: &Arc<str>, text: &str, offset: usize) -> Place {
        let mut end = offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[..end];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place { file: file.clone(), position: Some((number(line), number(column))) }
    }

    /// The place of a value in a YAML file.
    pub(crate) fn of_yaml<T>(file: &Arc<str>, value: &Spanned<T>) -> Place {
        Place { file: file.clone(), position: Some(position(value.defined)) }
    }
}

fn position(location: Location) -> (u32, u32) {
    (location.line().max(1) as u32, location.column().max(1) as u32)
}

/// The largest configuration that is read, in bytes.
const MOST: u64 = 4 << 20;

/// Whether a file of so many bytes is small enough to be a configuration.
///
/// # Errors
///
/// It is not.
pub fn fits(file: &str, size: u64) -> Result<(), ConfigError> {
    if size <= MOST {
        return Ok(());
    }
    let message = format!("the configuration is too large: {size} bytes, and {MOST} at most are read");
    Err(ConfigError::new(Place::whole(file), message).hint("is this the file that was meant?"))
}

/// Reads a YAML file (or JSON, which is YAML).
///
/// # Errors
///
/// The first thing wrong, in the words of all configuration errors.
pub(crate) fn read_yaml<T: DeserializeOwned>(file: &Arc<str>, text: &str) -> Result<T, ConfigError> {
    fits(file, text.len() as u64)?;
    // Lists that are written once and used again; nobody uses them ten thousand times.
    let limits = serde_saphyr::alias_limits! { max_total_replayed_events: 10_000 };
    let options = serde_saphyr::options! { alias_limits: limits };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let error = error.without_snippet();
        let place = Place { file: file.clone(), position: error.location().map(position) };
        if let serde_saphyr::Error::SerdeUnknownField { field, expected, .. } = error {
            return ConfigError::unknown(place, "key", field, expected);
        }
        let text = error.to_string();
        // The place is said once, in front.
        let message = text.split(" at line ").next().unwrap_or(&text);
        ConfigError::from_serde(place, message.strip_prefix("error: ").unwrap_or(message))
    })
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.position {
            Some((line, column)) => write!(f, "{}:{line}:{column}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// What is wrong in a configuration file or flag.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}: {message}")]
pub struct ConfigError {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl ConfigError {
    /// An error without a hint.
    #[must_use]
    pub fn new(place: Place, message: impl Into<String>) -> ConfigError {
        ConfigError { place, message: message.into(), hint: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> ConfigError {
        self.hint = Some(hint.into());
        self
    }

    /// An error about a name out of a closed list, with a near match or the list.
    #[must_use]
    pub fn unknown(place: Place, what: &str, name: &str, known: &[&str]) -> ConfigError {
        let error = ConfigError::new(place, format!("unknown {what} `{name}`"));
        let near = near(name, known.iter().copied());
        match near.first() {
            Some(best) => error.hint(format!("did you mean `{best}`?")),
            None if known.is_empty() => error,
            None => error.hint(format!("known: {}", quote_all(known.iter().copied()))),
        }
    }

    /// Gives serde's "unknown field" message the shape all our messages have.
    pub(crate) fn from_serde(place: Place, message: &str) -> ConfigError {
        let mut quoted = message.split('`').skip(1).step_by(2);
        if message.starts_with("unknown field") {
            let name = quoted.next().unwrap_or_default();
            let known: Vec<&str> = quoted.collect();
            return ConfigError::unknown(place, "key", name, &known);
        }
        if message.starts_with("unknown variant") {
            let name = quoted.next().unwrap_or_default();
            let known: Vec<&str> = quoted.collect();
            return ConfigError::unknown(place, "value", name, &known);
        }
        ConfigError::new(place, message.trim_end().replace('\n', "; "))
    }
}

pub(super) fn quote_all<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}
