//! What `verify` has to know of a language: one file each, and everybody else asks.

use std::ffi::OsString;
use std::path::PathBuf;

use super::build::{BuildError, Place, Work};
use super::driver::{Build, Driver, DriverError, Subject};
use crate::codegen::{FileTree, Target};
use crate::wire::Reader;
use crate::words::{Age, Language, languages};

/// How a program starts, apart from what is the same for all languages.
#[derive(Debug, Default)]
pub(super) struct Start {
    /// The program.
    pub program: PathBuf,
    /// Its arguments, before those of a mode.
    pub arguments: Vec<OsString>,
    /// Variables on top of the environment.
    pub set: Vec<(String, OsString)>,
    /// Marks in the cache of what it needs beside itself.
    pub needs: Vec<PathBuf>,
}

/// A language as programs in it are written, built and started, and what its runtime makes of messages.
pub(super) trait Runtime: Sync {
    /// The programs that builds and runs need, in the order in which they are looked for.
    fn tools(&self) -> &'static [&'static str];

    /// The model of the runtime.
    fn model(&self) -> Reader;

    /// Whether there is JSON.
    fn has_json(&self) -> bool {
        true
    }

    /// Whether extensions have a form in its JSON. Where they have none, some print them under a key that no parser
    /// takes, and take none themselves.
    fn json_has_extensions(&self) -> bool {
        true
    }

    /// Whether values are dropped that others keep: -0, extensions, what it does not know.
    fn drops(&self) -> bool {
        false
    }

    /// Writes the program for a package, below `driver/`.
    fn write(&self, build: &mut Build<'_>, target: &Target, package: &FileTree) -> Result<(), DriverError>;

    /// Writes the program of another release than the package asks for.
    fn write_aged(&self, build: &mut Build<'_>, age: Age) -> Result<(), DriverError> {
        Err(build.missing(format!("there is none of release {age}")))
    }

    /// Writes what times messages beside the rest of the program.
    fn write_timing(
        &self,
        build: &mut Build<'_>,
        target: &Target,
        package: &FileTree,
        subjects: &[Subject],
    ) -> Result<(), DriverError>;

    /// Writes what calls instances that come and go beside the rest of the program.
    fn write_calling(&self, build: &mut Build<'_>) -> Result<(), DriverError>;

    /// The libraries that a program is built with, each with its version, as the files of the program ask for them.
    fn libraries(&self, driver: &Driver) -> Vec<String>;

    /// Builds programs whose files are in their places.
    fn build(&self, work: &Work<'_>, places: &[&Place<'_>]) -> Result<(), BuildError>;

    /// Arguments before all others that give a program room for so many bytes of samples.
    fn room(&self, _bytes: u64) -> Vec<OsString> {
        Vec::new()
    }

    /// How a program starts that was built.
    fn start(&self, work: &Work<'_>, place: &Place<'_>) -> Start;
}

/// The version that stands behind a mark in a file of a program: digits and dots, with what belongs to them.
fn asked(driver: &Driver, name: &str, path: &str, mark: &str) -> Option<String> {
    let text = String::from_utf8_lossy(driver.files.get(path)?);
    let rest = &text[text.find(mark)? + mark.len()..];
    let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'));
    let version = rest.split(ends).next().filter(|version| !version.is_empty())?;
    Some(format!("{name} {version}"))
}

macro_rules! table {
    ($($name:ident $variant:ident $title:literal),*) => {
        $(mod $name;)*

        /// The runtime of a language.
        pub(super) fn of(language: Language) -> &'static dyn Runtime {
            match language {
                $(Language::$variant => &$name::$variant),*
            }
        }
    };
}

languages!(table);
