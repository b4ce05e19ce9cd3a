//! Names and addresses in a file: TOML, or JSON where its name ends so.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use thiserror::Error;

use super::Place;
use super::follow::{Found, Health, sorted};

/// The largest file that is read, in bytes.
const MOST: usize = 16 << 20;

/// The services of a file, each with its instances.
pub type Lists = BTreeMap<String, Vec<Found>>;

/// A file that says nothing of services.
#[derive(Debug, Error)]
pub enum ListsError {
    /// It cannot be read.
    #[error("cannot read `{file}`: {source}")]
    Read {
        /// As it was typed.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// It has no such form.
    #[error("{file}:{line}:{column}: {why}")]
    Form {
        /// As it was typed.
        file: String,
        /// From one.
        line: usize,
        /// From one, in characters.
        column: usize,
        /// What is wrong.
        why: String,
    },
    /// Something in it cannot be.
    #[error("{file}: `{name}`: {why}")]
    Service {
        /// As it was typed.
        file: String,
        /// The name of the service.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// Another source has the name as well.
    #[error("{file}: `{name}` is in another source as well")]
    Taken {
        /// As it was typed.
        file: String,
        /// The name of the service.
        name: String,
    },
}

/// Reads a file; `name` is what it is called in errors.
///
/// # Errors
///
/// It cannot be read, has another form, or names what cannot be.
pub fn read(path: &Path, name: &str) -> Result<Lists, ListsError> {
    parse(&text(path, name)?, path, name)
}

/// The text of a file.
pub(super) fn text(path: &Path, name: &str) -> Result<String, ListsError> {
    let failed = |source| ListsError::Read { file: name.to_owned(), source };
    let length = std::fs::metadata(path).map_err(failed)?.len();
    if usize::try_from(length).map_or(true, |length| length > MOST) {
        return Err(failed(io::Error::other(format!("it is larger than {MOST} bytes"))));
    }
    std::fs::read_to_string(path).map_err(failed)
}

/// What the text of a file says.
pub(super) fn parse(text: &str, path: &Path, file: &str) -> Result<Lists, ListsError> {
    let json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let form = |line, column, why: &str| {
        let why = crate::text::escape(why).into_owned();
        ListsError::Form { file: file.to_owned(), line, column, why }
    };
    let written: Written = if json {
        serde_json::from_str(text).map_err(|error| {
            let said = error.to_string();
            // It ends with the place, which stands in front here.
            let why = said.rsplit_once(" at line ").map_or(&*said, |(why, _)| why);
            form(error.line().max(1), error.column().max(1), why)
        })?
    } else {
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            form(before.matches('\n').count() + 1, column, error.message())
        })?
    };
    let mut lists = Lists::new();
    for (name, entries) in written.services {
        let wrong = |why: String| ListsError::Service {
            file: file.to_owned(),
            name: crate::text::escape(&name).into_owned(),
            why,
        };
        if !Place::is_name(&name) {
            return Err(wrong("a name has letters, digits, `.`, `_`, `-`, `/`".to_owned()));
        }
        let entries: Vec<Found> = entries.into_iter().map(|entry| entry.0).collect();
        let (count, found) = (entries.len(), sorted(entries.clone()));
        if found.len() < count {
            let twice =
                entries.iter().find(|one| entries.iter().filter(|e| e.address == one.address).count() > 1);
            let twice = twice.map(|found| found.address.to_string()).unwrap_or_default();
            return Err(wrong(format!("`{twice}` is there twice")));
        }
        lists.insert(name, found);
    }
    Ok(lists)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    services: BTreeMap<String, Vec<Entry>>,
}

/// An instance: its address, or a table with more.
struct Entry(Found);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    address: String,
    #[serde(default)]
    health: Health,
    version: Option<String>,
    #[serde(default)]
    zone: String,
    #[serde(default)]
    priority: u8,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Entry, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`IP:PORT`, or a table with `address`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Entry, E> {
        Found::of(text).map(Entry).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        let Table { address, health, version, zone, priority } =
            Table::deserialize(MapAccessDeserializer::new(map))?;
        let found = Found::of(&address).map_err(de::Error::custom)?;
        Ok(Entry(Found { health, version, zone, priority, ..found }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_and_json_say_the_same() {
        let toml = "[services]\npay = [\"10.0.0.2:1\", { address = \"10.0.0.1:1\", health = \"draining\", zone = \"b\", priority = 1, version = \"1.2.0\" }]\nnone = []\n";
        let json = r#"{"services": {"pay": ["10.0.0.2:1", {"address": "10.0.0.1:1", "health": "draining",
            "zone": "b", "priority": 1, "version": "1.2.0"}], "none": []}}"#;
        let lists = parse(toml, Path::new("f"), "f").unwrap();
        assert_eq!(lists, parse(json, Path::new("f.JSON"), "f").unwrap());
        assert_eq!(lists["none"], []);
        let pay = &lists["pay"];
        assert_eq!((pay[0].health, &*pay[0].zone, pay[0].priority), (Health::Draining, "b", 1));
        assert_eq!((pay[1].health, pay[1].address.to_string().as_str()), (Health::Healthy, "10.0.0.2:1"));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (json, text, said) in [
            (false, "[services]\npay = [\"host:1\"]\n", "f:2:"),
            (false, "[services]\npay = [\"host:1\"]\n", "`host:1` is no IP:PORT"),
            (
                false,
                "[services]\npay = [{ address = \"1.1.1.1:1\", wieght = 3 }]\n",
                "unknown field `wieght`",
            ),
            (false, "[service]\n", "f:1:"),
            (false, "[services]\npay = [\"1.1.1.1:1\", \"1.1.1.1:1\"]\n", "`1.1.1.1:1` is there twice"),
            (false, "[services]\n\"a b\" = []\n", "`a b`: a name has"),
            (true, "{\"services\": {\"pay\": [7]}}", "f:1:"),
            (true, "", "f:1:"),
        ] {
            let path = Path::new(if json { "f.json" } else { "f.toml" });
            let error = parse(text, path, "f").unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
