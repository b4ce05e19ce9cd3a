//! `protopact.lock`: what a contract works with, byte for byte, on every machine.
//!
//! The file has a form, `format = 1`, and a table for each kind of entry. Who knows a kind reads and writes its table and
//! leaves the others as they are. A file without a form is one of the first protopact: it has the form 1 as well.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use toml::{Table, Value};

/// The name of the file, beside `protopact.toml`.
pub const FILE_NAME: &str = "protopact.lock";

/// The form that is read and written.
const FORMAT: i64 = 1;

/// The key of the form.
const FORMAT_KEY: &str = "format";

/// The first lines of the file.
const HEADER: &str = "# Written by protopact: what it works with, byte for byte. Commit this file.\n\n";

/// What the entries of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// protoc plugins, by name.
    Plugin,
    /// Contracts of others, by name.
    Dependency,
}

impl Kind {
    fn key(self) -> &'static str {
        match self {
            Kind::Plugin => "plugin",
            Kind::Dependency => "dependency",
        }
    }
}

/// The file as written, without its form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LockFile {
    tables: Table,
}

/// Why a lock cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum LockFileError {
    /// It is no lock.
    #[error("`{FILE_NAME}` is not valid: {0}")]
    Invalid(String),
    /// Another protopact wrote it.
    #[error("`{FILE_NAME}` has the form {0}, and this protopact knows the form {FORMAT}")]
    Format(String),
}

impl LockFileError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            LockFileError::Invalid(_) => "restore it, or delete it and run `protopact plugins install`",
            LockFileError::Format(_) => "use the protopact that wrote it, or a later one",
        }
    }
}

fn invalid(error: &toml::de::Error) -> LockFileError {
    LockFileError::Invalid(error.message().trim_end().replace('\n', "; "))
}

impl LockFile {
    /// Reads a lock.
    ///
    /// # Errors
    ///
    /// The text is not one, or one of another form.
    pub fn parse(text: &str) -> Result<LockFile, LockFileError> {
        let mut tables: Table = toml::from_str(text).map_err(|e| invalid(&e))?;
        match tables.remove(FORMAT_KEY) {
            None | Some(Value::Integer(FORMAT)) => {}
            Some(other) => return Err(LockFileError::Format(other.to_string())),
        }
        // A later protopact may know more kinds, but all of them are tables.
        match tables.iter().find(|(_, value)| !value.is_table()) {
            Some((key, _)) => Err(LockFileError::Invalid(format!("`{key}` is no table"))),
            None => Ok(LockFile { tables }),
        }
    }

    /// The entries of one kind; none when there is no such table.
    ///
    /// # Errors
    ///
    /// They are not what they should be.
    pub fn get<T: DeserializeOwned + Default>(&self, kind: Kind) -> Result<T, LockFileError> {
        match self.tables.get(kind.key()) {
            Some(table) => table.clone().try_into().map_err(|e| invalid(&e)),
            None => Ok(T::default()),
        }
    }

    /// Replaces the entries of one kind; those of others stay as they are.
    ///
    /// # Panics
    ///
    /// The entries are no table of strings, numbers and tables.
    pub fn set<T: Serialize>(&mut self, kind: Kind, entries: &T) {
        let entries = Table::try_from(entries).expect("a table of strings, numbers and tables");
        if entries.is_empty() {
            self.tables.remove(kind.key());
        } else {
            self.tables.insert(kind.key().to_owned(), Value::Table(entries));
        }
    }

    /// The text of the file: the same for the same entries, whoever wrote which first.
    #[must_use]
    pub fn render(&self) -> String {
        let mut kinds: Vec<(&String, &Value)> = self.tables.iter().collect();
        kinds.sort_by_key(|(kind, _)| *kind);
        let mut file = Table::new();
        file.insert(FORMAT_KEY.to_owned(), Value::Integer(FORMAT));
        file.extend(kinds.into_iter().map(|(kind, table)| (kind.clone(), table.clone())));
        let body = toml::to_string(&file).expect("a table that was read, or made of one");
        format!("{HEADER}{body}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    type Entries = BTreeMap<String, BTreeMap<String, String>>;

    fn entries(name: &str) -> Entries {
        let entry = [("version".to_owned(), "1".to_owned())];
        BTreeMap::from([(name.to_owned(), BTreeMap::from(entry))])
    }

    #[test]
    fn what_other_kinds_wrote_stays() {
        let text = "format = 1\n\n[zoo.b]\nz = 1\na = [\"x\"]\n\n[plugin.p]\nversion = \"0\"\n\n[dependency.d]\nrevision = \"ab\"\n";
        let mut file = LockFile::parse(text).unwrap();
        file.set(Kind::Plugin, &entries("q"));
        let text = file.render();
        insta::assert_snapshot!(text, @r#"
        # Written by protopact: what it works with, byte for byte. Commit this file.

        format = 1

        [dependency.d]
        revision = "ab"

        [plugin.q]
        version = "1"

        [zoo.b]
        z = 1
        a = ["x"]
        "#);
        let again = LockFile::parse(&text).unwrap();
        assert_eq!(again, file);
        assert_eq!(again.get::<Entries>(Kind::Plugin).unwrap(), entries("q"));
        file.set(Kind::Plugin, &Entries::new());
        assert!(!file.render().contains("plugin"), "{}", file.render());
    }

    #[test]
    fn a_lock_without_a_form_is_read() {
        let old = "# Written by `protopact plugins`: which bytes each protoc plugin is. Commit this file.\n\n\
                   [plugin.q]\nversion = \"1\"\n";
        assert_eq!(LockFile::parse(old).unwrap().get::<Entries>(Kind::Plugin).unwrap(), entries("q"));
        assert_eq!(LockFile::parse("").unwrap().get::<Entries>(Kind::Plugin).unwrap(), Entries::new());
    }

    #[test]
    fn what_is_no_lock_of_this_form_is_refused() {
        let said = |text: &str| LockFile::parse(text).unwrap_err().to_string();
        assert_eq!(
            said("format = 2\n"),
            "`protopact.lock` has the form 2, and this protopact knows the form 1"
        );
        assert_eq!(said("plugin = 3\n"), "`protopact.lock` is not valid: `plugin` is no table");
        assert!(said("format = \"1\"\n").contains("has the form \"1\""));
        assert!(said("[plugin").starts_with("`protopact.lock` is not valid: "));
        let file = LockFile::parse("[plugin]\nq = 3\n").unwrap();
        assert!(matches!(file.get::<Entries>(Kind::Plugin), Err(LockFileError::Invalid(_))));
    }
}
