//! The programs, before they are built: templates and what they need to know of the contract at hand.
//!
//! Most of each program is the same for every contract; only one small file names what the package has. Where the
//! package itself tells names (Go's service descriptions, Python's modules, Java's classes), they are read from what
//! was generated, so that no rule about names is written down twice.

use thiserror::Error;

use super::runtime;
use super::side::Side;
use crate::codegen::{FileTree, Target, TreeError};
use crate::schema::{File, Syntax};
use crate::wire::{Tree, runtimes};
use crate::words::{Age, Language, Pinned};

/// A package that no program can be written for.
#[derive(Debug, Error)]
pub enum DriverError {
    /// A file of the package is not there, or not as expected.
    #[error("cannot write the {language} driver: {what}")]
    Package {
        /// The language.
        language: &'static str,
        /// What is missing.
        what: String,
    },
    /// Two files of one path.
    #[error("cannot lay out the {language} driver")]
    Tree {
        /// The language.
        language: &'static str,
        /// Which files.
        #[source]
        source: TreeError,
    },
}

/// A program that can be built: the package in `sdk/`, the rest beside it.
#[derive(Clone, Debug)]
pub struct Driver {
    /// The language.
    pub language: Language,
    /// The release of its runtime; `None` is the one that the package asks for.
    pub age: Option<Age>,
    /// Every file.
    pub files: FileTree,
    /// What a Python program needs installed.
    pub requirements: Vec<String>,
    /// The name of the jar of a Java package.
    pub jar: String,
    /// What it is for.
    pub purpose: Purpose,
}

/// What a program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It does what it is asked, once each.
    Proof,
    /// It times messages: then it is built and started as programs in service are.
    Timing,
    /// It calls instances of a service that come and go.
    Calling,
}

/// A message that a program is to time.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What is in it, and which message it is.
    pub tree: Tree,
}

/// The program of one language for one version of the contract.
///
/// # Errors
///
/// A package that is not as the generators make them.
pub fn driver(side: &Side, target: &Target, package: &FileTree) -> Result<Driver, DriverError> {
    write(Build::new(side, target.language()), target, package, &[])
}

/// The same with code that calls instances which come and go, without pause, and counts what comes of it.
///
/// # Errors
///
/// As of [`driver`].
pub fn calling(side: &Side, target: &Target, package: &FileTree) -> Result<Driver, DriverError> {
    let build = Build { purpose: Purpose::Calling, ..Build::new(side, target.language()) };
    write(build, target, package, &[])
}

/// The same with code that times messages; `subjects` are written as code that builds them, where that can be.
///
/// # Errors
///
/// As of [`driver`].
pub fn measuring(
    side: &Side,
    target: &Target,
    package: &FileTree,
    subjects: &[Subject],
) -> Result<Driver, DriverError> {
    let build = Build { purpose: Purpose::Timing, ..Build::new(side, target.language()) };
    write(build, target, package, subjects)
}

/// The libraries of a program, in words.
#[must_use]
pub fn libraries(driver: &Driver) -> String {
    runtime::of(driver.language).libraries(driver).join(", ")
}

fn write(
    mut build: Build<'_>,
    target: &Target,
    package: &FileTree,
    subjects: &[Subject],
) -> Result<Driver, DriverError> {
    let language = target.language();
    let runtime = runtime::of(language);
    runtime.write(&mut build, target, package)?;
    match build.purpose {
        Purpose::Proof => {}
        Purpose::Timing => runtime.write_timing(&mut build, target, package, subjects)?,
        Purpose::Calling => runtime.write_calling(&mut build)?,
    }
    let Build { mut files, requirements, jar, purpose, .. } = build;
    let tree = |source| DriverError::Tree { language: language.as_str(), source };
    files.merge("sdk", package.clone()).map_err(tree)?;
    Ok(Driver { language, age: None, files, requirements, jar, purpose })
}

/// The program of another release than the package asks for. It writes and reads messages and makes no calls.
///
/// # Errors
///
/// The release has no words for the contract, or there is no program for it.
pub fn aged(side: &Side, pinned: Pinned) -> Result<Driver, DriverError> {
    let language = pinned.language;
    let mut build = Build::new(side, language);
    let row = runtimes::row(pinned).map_err(|e| build.missing(e.to_string()))?;
    let newer = |file: &&File| matches!(file.syntax, Syntax::Edition(edition) if edition > row.edition);
    if let Some(file) = side.schema.files().map(|(_, file)| file).find(newer) {
        let what = format!("{pinned} does not know {}, which `{}` is written in", file.syntax, file.name);
        return Err(build.missing(what));
    }
    runtime::of(language).write_aged(&mut build, pinned.age)?;
    let Build { files, requirements, jar, .. } = build;
    Ok(Driver { language, age: Some(pinned.age), files, requirements, jar, purpose: Purpose::Proof })
}

/// A program that is being written.
pub(super) struct Build<'a> {
    /// The version it is for.
    pub side: &'a Side,
    language: Language,
    files: FileTree,
    /// As in [`Driver`].
    pub requirements: Vec<String>,
    /// As in [`Driver`].
    pub jar: String,
    /// As in [`Driver`].
    pub purpose: Purpose,
}

impl Build<'_> {
    fn new(side: &Side, language: Language) -> Build<'_> {
        let (files, requirements, jar) = (FileTree::new(), Vec::new(), String::new());
        Build { side, language, files, requirements, jar, purpose: Purpose::Proof }
    }

    pub(super) fn put(&mut self, path: &str, content: impl Into<Vec<u8>>) -> Result<(), DriverError> {
        let language = self.language.as_str();
        let added = self.files.add(&format!("driver/{path}"), content.into());
        added.map_err(|source| DriverError::Tree { language, source })
    }

    pub(super) fn missing(&self, what: impl Into<String>) -> DriverError {
        DriverError::Package { language: self.language.as_str(), what: what.into() }
    }

    pub(super) fn text<'t>(
        &self,
        package: &'t FileTree,
        path: &str,
    ) -> Result<std::borrow::Cow<'t, str>, DriverError> {
        let found = package.get(path).ok_or_else(|| self.missing(format!("the package has no `{path}`")))?;
        Ok(String::from_utf8_lossy(found))
    }
}
