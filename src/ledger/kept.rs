//! What numbers and names were ever used for as a file: a line a use, sorted, without versions, so that two branches merge by
//! keeping the lines of both. A method is a name of its service; what has no field and no method has a line of its own.
//!
//! A file has no order of versions: where the tags do not know a number, every use that the file has counts, and the worst is told.

use std::collections::BTreeSet;
use std::path::Path;

use thiserror::Error;

use super::history::scalar;
use super::{Sort, Use};
use crate::compile::{Call, Declared, Holds, Number};
use crate::schema::Label;

/// What stands for a version where the file tells of a use.
pub(super) const VERSION: &str = "the history file";

/// What begins a file.
const HEAD: &str =
    "# What every number was ever used for, by `protopact history --write`. Merge it by keeping all lines.\n";

/// Every use of every number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept(BTreeSet<Entry>);

/// One use of a number, or of the name of a method, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    full_name: String,
    sort: Sort,
    /// `None` for what is declared and has nothing in it.
    part: Option<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    /// Methods have none.
    number: i32,
    name: String,
    /// `repeated` and the types that it can be; empty for an enum value. What a method takes and returns.
    types: String,
}

/// One use of a number, or a method.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted<'a> {
    /// Methods have none.
    pub(super) number: i32,
    pub(super) name: &'a str,
    /// As of [`Use::may_be`].
    pub(super) may_be: &'a [String],
    pub(super) repeated: bool,
}

/// Why a file remembers nothing.
#[derive(Debug, Error)]
pub enum KeptError {
    /// It cannot be read.
    #[error("cannot read `{name}`")]
    Read {
        /// The file, as a person knows it.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is none of its kind.
    #[error("cannot read `{name}`")]
    Line {
        /// The file, as a person knows it.
        name: String,
        /// What is in it.
        source: LineError,
    },
}

/// A line that is none of a history file.
#[derive(Debug, Error)]
#[error("line {line} is no use of a number: `{text}`")]
pub struct LineError {
    /// The number of the line, from one.
    pub line: usize,
    /// The line.
    pub text: String,
}

impl Entry {
    fn of(full_name: &str, sort: Sort, noted: Noted<'_>) -> Entry {
        let is_map = noted.may_be.first().is_some_and(|first| first.starts_with("map<"));
        let repeated = if noted.repeated && !is_map { "repeated " } else { "" };
        let types = match sort {
            Sort::Enum => String::new(),
            Sort::Message | Sort::Service => format!("{repeated}{}", noted.may_be.join("|")),
        };
        let part = Part { number: noted.number, name: noted.name.to_owned(), types };
        Entry { full_name: full_name.to_owned(), sort, part: Some(part) }
    }

    fn read(line: &str) -> Option<Entry> {
        let (sort, rest) = line.split_once(' ')?;
        let sort = match sort {
            "enum" => Sort::Enum,
            "message" => Sort::Message,
            "service" => Sort::Service,
            _ => return None,
        };
        let Some((full_name, rest)) = rest.split_once(' ') else {
            // An enum without a value is none.
            let whole = !rest.is_empty() && sort != Sort::Enum;
            return whole.then(|| Entry { full_name: rest.to_owned(), sort, part: None });
        };
        let (number, rest) = match sort {
            Sort::Service => (0, rest),
            Sort::Message | Sort::Enum => {
                let (number, rest) = rest.split_once(' ')?;
                (number.parse().ok()?, rest)
            }
        };
        let (name, types) = rest.split_once(' ').unwrap_or((rest, ""));
        let whole = !full_name.is_empty() && !name.is_empty() && types.is_empty() == (sort == Sort::Enum);
        let part = Part { number, name: name.to_owned(), types: types.to_owned() };
        whole.then(|| Entry { full_name: full_name.to_owned(), sort, part: Some(part) })
    }

    fn line(&self) -> String {
        let Entry { full_name, sort, part } = self;
        let sort = match sort {
            Sort::Enum => "enum",
            Sort::Message => "message",
            Sort::Service => "service",
        };
        match part {
            None => format!("{sort} {full_name}"),
            Some(Part { name, types, .. }) if self.sort == Sort::Service => {
                format!("{sort} {full_name} {name} {types}")
            }
            Some(Part { number, name, types }) => {
                format!("{sort} {full_name} {number} {name} {types}").trim_end().to_owned()
            }
        }
    }

    fn used(&self) -> Option<Use> {
        let Part { number, name, types } = self.part.as_ref()?;
        let repeated = types.strip_prefix("repeated ");
        let types = repeated.unwrap_or(types);
        let list = repeated.is_some() || types.starts_with("map<");
        let first = types.split('|').next().unwrap_or_default();
        Some(Use {
            version: VERSION.into(),
            number: *number,
            name: name.as_str().into(),
            type_text: if repeated.is_some() { format!("repeated {first}").into() } else { first.into() },
            scalar: scalar(first),
            may_be: types.split('|').map(Into::into).collect(),
            label: if list { Label::Repeated } else { Label::Optional },
        })
    }
}

impl Kept {
    /// Reads a file, with its name as a person knows it.
    ///
    /// # Errors
    ///
    /// It cannot be read, or has a line that is none of its kind.
    pub fn read(path: &Path, name: &str) -> Result<Kept, KeptError> {
        let name = || name.to_owned();
        let text =
            std::fs::read_to_string(path).map_err(|source| KeptError::Read { name: name(), source })?;
        Kept::parse(&text).map_err(|source| KeptError::Line { name: name(), source })
    }

    /// The text of a file.
    ///
    /// # Errors
    ///
    /// The first line that is neither a use nor a comment, as where a merge left its marks.
    pub fn parse(text: &str) -> Result<Kept, LineError> {
        let lines = (1..).zip(text.lines().map(str::trim_end));
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let entry = |(line, text): (usize, &str)| {
            Entry::read(text).ok_or_else(|| LineError { line, text: text.chars().take(80).collect() })
        };
        lines.map(entry).collect::<Result<_, _>>().map(Kept)
    }

    /// The file.
    #[must_use]
    pub fn text(&self) -> String {
        let lines = self.0.iter().map(|entry| format!("{}\n", entry.line()));
        std::iter::once(HEAD.to_owned()).chain(lines).collect()
    }

    /// Notes all that one declaration of a version uses, under this name.
    pub(super) fn keep(&mut self, full_name: &str, found: &Declared) {
        let sort = match found.what {
            Holds::Message | Holds::Extensions => Sort::Message,
            Holds::Enum => Sort::Enum,
            Holds::Service => Sort::Service,
        };
        for Number { number, name, may_be, repeated, .. } in &found.numbers {
            self.note(full_name, sort, Noted { number: *number, name, may_be, repeated: *repeated });
        }
        for Call { name, may_be, .. } in &found.calls {
            self.note(full_name, sort, Noted { number: 0, name, may_be, repeated: false });
        }
        if found.numbers.is_empty() && found.calls.is_empty() && sort != Sort::Enum {
            self.note_empty(full_name, sort);
        }
    }

    /// Notes one use.
    pub(super) fn note(&mut self, full_name: &str, sort: Sort, noted: Noted<'_>) {
        self.0.insert(Entry::of(full_name, sort, noted));
    }

    /// Notes what has nothing in it.
    pub(super) fn note_empty(&mut self, full_name: &str, sort: Sort) {
        self.0.insert(Entry { full_name: full_name.to_owned(), sort, part: None });
    }

    /// What the numbers of a message or enum were used for, or the methods of a service.
    pub(super) fn uses(&self, full_name: &str, sort: Sort) -> impl Iterator<Item = Use> {
        self.of(full_name, sort).filter_map(Entry::used)
    }

    /// Whether it is declared somewhere; who extends a message does not declare it.
    pub(super) fn declares(&self, full_name: &str, sort: Sort) -> bool {
        let own = |entry: &Entry| entry.part.as_ref().is_none_or(|part| !part.name.contains('.'));
        self.of(full_name, sort).any(own)
    }

    fn of(&self, full_name: &str, sort: Sort) -> impl Iterator<Item = &Entry> {
        self.0.iter().filter(move |entry| entry.full_name == full_name && entry.sort == sort)
    }

    /// The uses of both.
    #[must_use]
    pub fn and(mut self, mut other: Kept) -> Kept {
        self.0.append(&mut other.0);
        self
    }

    /// The lines that another one has not, in their order.
    #[must_use]
    pub fn beyond(&self, other: &Kept) -> Vec<String> {
        self.0.difference(&other.0).map(Entry::line).collect()
    }

    /// How many uses there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let text = format!(
            "{HEAD}message a.M 1 id string\nmessage a.M 2 of repeated a.b.N|a.N|N\nmessage a.M 3 by map<string, a.N>\nmessage a.None\nservice a.S\nservice a.S Get (stream a.M) returns (b.N)|(stream a.M) returns (a.b.N)\nenum a.Z 0 NONE\n"
        );
        let kept = Kept::parse(&text).unwrap();
        assert_eq!((kept.text(), kept.len()), (text.clone(), 7));
        // Lines of two branches, in any order, some of them twice.
        let merged: String =
            text.lines().rev().chain(text.lines()).map(|line| format!("{line}\r\n")).collect();
        assert_eq!(Kept::parse(&merged).unwrap(), kept);
        let uses: Vec<Use> = kept.0.iter().filter_map(Entry::used).collect();
        assert_eq!(uses[1].may_be, ["a.b.N", "a.N", "N"].map(Into::into));
        assert_eq!(uses[1].label, Label::Repeated);
        assert!(uses[0].scalar.is_some() && uses[2].scalar.is_none());
    }

    #[test]
    fn what_is_no_line_of_it_is_told() {
        for text in [
            "<<<<<<< HEAD",
            "message a.M x id string",
            "message a.M 1 id",
            "enum a.E 1",
            "enum a.E 1 ONE string",
            "enum a.E",
            "service a.S Get",
            "oneof a.M",
        ] {
            let error = Kept::parse(&format!("# x\n\n{text}\n")).unwrap_err();
            assert_eq!((error.line, error.text.as_str()), (3, text));
        }
    }
}
