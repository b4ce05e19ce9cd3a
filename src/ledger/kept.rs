//! What numbers were ever used for as a file: a line a use, sorted, without versions, so that two branches merge by keeping the
//! lines of both.
//!
//! A file has no order of versions: where the tags do not know a number, every use that the file has counts, and the worst is told.

use std::collections::BTreeSet;
use std::path::Path;

use thiserror::Error;

use super::Use;
use super::history::scalar;
use crate::compile::Number;
use crate::schema::Label;

/// What stands for a version where the file tells of a use.
pub(super) const VERSION: &str = "the history file";

/// What begins a file.
const HEAD: &str =
    "# What every number was ever used for, by `protopact history --write`. Merge it by keeping all lines.\n";

/// Every use of every number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept(BTreeSet<Entry>);

/// One use of a number, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    full_name: String,
    is_enum: bool,
    number: i32,
    name: String,
    /// `repeated` and the types that it can be; empty for an enum value.
    types: String,
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
    fn of(full_name: &str, is_enum: bool, number: &Number) -> Entry {
        let is_map = number.may_be.first().is_some_and(|first| first.starts_with("map<"));
        let repeated = if number.repeated && !is_map { "repeated " } else { "" };
        let types = if is_enum { String::new() } else { format!("{repeated}{}", number.may_be.join("|")) };
        Entry {
            full_name: full_name.to_owned(),
            is_enum,
            number: number.number,
            name: number.name.clone(),
            types,
        }
    }

    fn read(line: &str) -> Option<Entry> {
        let mut words = line.splitn(5, ' ');
        let is_enum = match words.next()? {
            "enum" => true,
            "message" => false,
            _ => return None,
        };
        let (full_name, number, name) = (words.next()?, words.next()?.parse().ok()?, words.next()?);
        let types = words.next().unwrap_or_default().to_owned();
        let whole = !full_name.is_empty() && !name.is_empty() && types.is_empty() == is_enum;
        whole.then(|| Entry {
            full_name: full_name.to_owned(),
            is_enum,
            number,
            name: name.to_owned(),
            types,
        })
    }

    fn line(&self) -> String {
        let Entry { full_name, number, name, types, is_enum } = self;
        match is_enum {
            true => format!("enum {full_name} {number} {name}"),
            false => format!("message {full_name} {number} {name} {types}"),
        }
    }

    fn used(&self) -> Use {
        let repeated = self.types.strip_prefix("repeated ");
        let types = repeated.unwrap_or(&self.types);
        let list = repeated.is_some() || types.starts_with("map<");
        let first = types.split('|').next().unwrap_or_default();
        Use {
            version: VERSION.into(),
            number: self.number,
            name: self.name.as_str().into(),
            type_text: if repeated.is_some() { format!("repeated {first}").into() } else { first.into() },
            scalar: scalar(first),
            may_be: types.split('|').map(Into::into).collect(),
            label: if list { Label::Repeated } else { Label::Optional },
        }
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

    /// Notes a use.
    pub(super) fn keep(&mut self, full_name: &str, is_enum: bool, number: &Number) {
        self.0.insert(Entry::of(full_name, is_enum, number));
    }

    /// What the numbers of a message or enum were used for.
    pub(super) fn uses(&self, full_name: &str, is_enum: bool) -> impl Iterator<Item = Use> {
        let of = move |entry: &&Entry| entry.full_name == full_name && entry.is_enum == is_enum;
        self.0.iter().filter(of).map(Entry::used)
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
            "{HEAD}message a.M 1 id string\nmessage a.M 2 of repeated a.b.N|a.N|N\nmessage a.M 3 by map<string, a.N>\nenum a.Z 0 NONE\n"
        );
        let kept = Kept::parse(&text).unwrap();
        assert_eq!((kept.text(), kept.len()), (text.clone(), 4));
        // Lines of two branches, in any order, some of them twice.
        let merged: String =
            text.lines().rev().chain(text.lines()).map(|line| format!("{line}\r\n")).collect();
        assert_eq!(Kept::parse(&merged).unwrap(), kept);
        let uses: Vec<Use> = kept.0.iter().map(Entry::used).collect();
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
        ] {
            let error = Kept::parse(&format!("# x\n\n{text}\n")).unwrap_err();
            assert_eq!((error.line, error.text.as_str()), (3, text));
        }
    }
}
