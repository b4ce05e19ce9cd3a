//! Answers that somebody wrote down: a folder of JSON, a file for each method.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;
use walkdir::WalkDir;

use super::Contract;
use crate::wire::json::{self, Json, JsonError};
use crate::wire::{Reader, encode};

/// Answers by the path of their method (`/package.Service/Method`); no method has none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given(BTreeMap<String, Arc<[Bytes]>>);

/// A folder whose answers cannot be given.
#[derive(Debug, Error)]
pub enum GivenError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read `{file}`")]
    Read {
        /// Which one.
        file: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No method is called like that.
    #[error("`{file}` answers no method of the contract")]
    Method {
        /// Which file.
        file: String,
        /// What it is called below the folder, without its ending.
        method: String,
        /// What files may be called: `package.Service/Method`.
        known: Vec<String>,
    },
    /// One method is answered by two files.
    #[error("`{file}`: the method has its answers in another file too")]
    Twice {
        /// Which file.
        file: String,
    },
    /// There is no answer in it.
    #[error("`{file}` has no answer")]
    Empty {
        /// Which file.
        file: String,
    },
    /// A line of a record that cannot be given on.
    #[error("`{place}` cannot be replayed: {what}")]
    Record {
        /// The file with the line.
        place: String,
        /// Why.
        what: String,
    },
    /// It is no message of the type that the method answers with.
    #[error("`{place}` is no `{message}`")]
    Json {
        /// The file, with the line where each line is a message.
        place: String,
        /// The full name of the type.
        message: String,
        /// Why.
        #[source]
        source: JsonError,
    },
}

impl Given {
    /// Reads a folder: `package.Service/Method.json` holds the message of ProtoJSON that the method answers with,
    /// `Method.jsonl` one on each line, which are the answers of a stream. Files with other endings say nothing. `name`
    /// is the folder as a person knows it.
    ///
    /// # Errors
    ///
    /// The first file, by name, that cannot be read or answers nothing; a folder that is none.
    pub fn read(contract: &Contract, folder: &Path, name: &str) -> Result<Given, GivenError> {
        let shown = |path: &str| if path.is_empty() { name.to_owned() } else { format!("{name}/{path}") };
        let outputs: BTreeMap<String, _> = contract.methods().map(|m| (m.path, m.output)).collect();
        let mut given = BTreeMap::new();
        // A walk takes a file for a folder with nothing in it.
        fs::read_dir(folder).map_err(|source| GivenError::Read { file: name.to_owned(), source })?;
        for entry in WalkDir::new(folder).sort_by_file_name() {
            let entry = entry.map_err(|error| {
                let file = shown(&error.path().map_or_else(String::new, |path| below(folder, path)));
                GivenError::Read { file, source: error.into() }
            })?;
            let path = below(folder, entry.path());
            let Some((stem, lines)) = stem(&path).filter(|_| !entry.file_type().is_dir()) else { continue };
            let file = shown(&path);
            let path = format!("/{stem}");
            let Some(output) = outputs.get(&path).copied() else {
                let known = outputs.keys().map(|path| path.trim_start_matches('/').to_owned()).collect();
                return Err(GivenError::Method { file, method: stem.to_owned(), known });
            };
            let text = match fs::read_to_string(entry.path()) {
                Ok(text) => text,
                Err(source) => return Err(GivenError::Read { file, source }),
            };
            let documents: Vec<(String, &str)> = if lines {
                let numbered = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
                numbered.map(|(at, line)| (format!("{file}:{}", at + 1), line)).collect()
            } else {
                vec![(file.clone(), text.as_str())]
            };
            let schema = &contract.schema;
            let message = |(place, text): (String, &str)| {
                // A byte order mark is no part of a document (RFC 8259, section 8.1).
                let parsed = Json::parse(text.trim_start_matches('\u{feff}'));
                let read = parsed.and_then(|json| json::read(schema, output, &json, Reader::SPEC));
                read.map(|tree| Bytes::from(encode(schema, &tree))).map_err(|source| GivenError::Json {
                    place,
                    message: schema.message(output).full_name.to_string(),
                    source,
                })
            };
            let answers: Vec<Bytes> = documents.into_iter().map(message).collect::<Result<_, _>>()?;
            if answers.is_empty() {
                return Err(GivenError::Empty { file });
            }
            if given.insert(path, answers.into()).is_some() {
                return Err(GivenError::Twice { file });
            }
        }
        Ok(Given(given))
    }

    pub(super) fn of_all(all: BTreeMap<String, Arc<[Bytes]>>) -> Given {
        Given(all)
    }

    /// Whether no method is answered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These answers, and of `others` those for the methods that have none here.
    #[must_use]
    pub fn or(mut self, others: Given) -> Given {
        for (path, answers) in others.0 {
            self.0.entry(path).or_insert(answers);
        }
        self
    }

    /// The answers of a method, at least one; `None` where nobody wrote any.
    pub(super) fn of(&self, path: &str) -> Option<Arc<[Bytes]>> {
        self.0.get(path).cloned()
    }
}

/// A path below the folder, with `/`.
fn below(folder: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(folder).unwrap_or(path).components();
    parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// What is before the ending, and whether each line is a message.
fn stem(file: &str) -> Option<(&str, bool)> {
    let one = file.strip_suffix(".json").map(|stem| (stem, false));
    one.or_else(|| file.strip_suffix(".jsonl").map(|stem| (stem, true)))
}
