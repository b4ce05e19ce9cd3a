//! From one contract version to one package a language.
//!
//! Two steps a language, with the plugins' work between them: [`prepare`] says what each plugin is to be given,
//! [`build`] turns what the plugins answered into a package that a service team adds as an ordinary dependency.
//! Both are pure: the same contract gives the same bytes.
//!
//! What cannot be built in a language (a name that is one of its keywords, two names that become one) is refused
//! in [`prepare`], with the place in the source, before any plugin runs.

mod clash;
mod comments;
mod common;
mod configured;
mod example;
mod lines;
mod shared;
pub mod split;
mod used;
pub mod versions;

use std::fmt;

use bytes::Bytes;
use thiserror::Error;

use super::build::{Run, Stop};
use super::{Contract, FileTree, Package, Target, TreeError};
use crate::config::ConfigError;
use crate::config::generate::Key as Written;
use crate::schema::Span;
use crate::words::{Language, languages};

/// A protoc plugin that a package is made with, by the name that it is known by. Each language says its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Plugin(&'static str);

impl Plugin {
    /// The name that the plugin is known by.
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

/// One run of one plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginCall {
    /// Which plugin.
    pub plugin: Plugin,
    /// What protoc would pass on from `--NAME_opt`; parts are joined by commas.
    pub parameter: String,
    /// The files to generate, in the order of the descriptor set.
    pub files: Vec<String>,
    /// Below which folder what it answers is given to [`build`]; empty where that is the tree itself.
    pub folder: String,
}

/// What the plugins of one language are given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// An encoded `FileDescriptorSet` with source info, imports before importers. Options that the contract leaves
    /// open are set in it as the package needs them.
    pub descriptor_set: Bytes,
    /// The runs; none depends on another.
    pub calls: Vec<PluginCall>,
}

/// What kept a package from being made.
#[derive(Debug, Error)]
pub enum PackageError {
    /// The contract cannot be said in the language.
    #[error("cannot make the {} package: {refusal}", .refusal.language.title())]
    Refused {
        /// What, where and why.
        refusal: Box<Refusal>,
    },
    /// There is nothing to generate.
    #[error("cannot make the {} package: the contract `{contract}` has no files of its own", language.title())]
    Empty {
        /// The language.
        language: Language,
        /// The contract's name.
        contract: String,
    },
    /// The target is not one of the language's.
    #[error("cannot make the {} package: `{value}` is no {what}", language.title())]
    Target {
        /// The language.
        language: Language,
        /// What the value should have been: `module path`.
        what: &'static str,
        /// The value as configured.
        value: String,
    },
    /// A version that is not a semantic one.
    #[error("cannot make the {} package: `{version}` is no semantic version", language.title())]
    Version {
        /// The language.
        language: Language,
        /// The version as given.
        version: String,
        /// What is wrong with it.
        #[source]
        source: semver::Error,
    },
    /// A version that the language cannot write.
    #[error(
        "cannot make the {} package: the version `{version}` has no form that its package index takes",
        language.title()
    )]
    NoForm {
        /// The language.
        language: Language,
        /// The version as given.
        version: String,
    },
    /// A build that the language cannot number.
    #[error("cannot make the {} package: `{version}` has no form with a build number there", language.title())]
    NoBuild {
        /// The language.
        language: Language,
        /// The version, as the language spells it.
        version: String,
    },
    /// A descriptor that does not decode.
    #[error("cannot read the descriptor of `{file}`")]
    Descriptor {
        /// The import path.
        file: String,
        /// What the decoder says.
        #[source]
        source: buffa::DecodeError,
    },
    /// A plugin left a file out, or made one that was not asked for.
    #[error("cannot make the {} package: {what}", language.title())]
    Output {
        /// The language.
        language: Language,
        /// What is there or missing.
        what: String,
    },
    /// Files that get in each other's way.
    #[error("cannot lay out the {} package", language.title())]
    Tree {
        /// The language.
        language: Language,
        /// Which files.
        #[source]
        source: TreeError,
    },
    /// What the configuration says of the packages does not fit the contract, or itself.
    #[error("cannot make the {} package: {what}", language.title())]
    Setting {
        /// The language.
        language: Language,
        /// What is wrong.
        what: String,
        /// What to do.
        hint: String,
    },
    /// An edition file that a language has no form for.
    #[error("cannot make the {} package", language.title())]
    Lower {
        /// The language.
        language: Language,
        /// What has no form.
        #[source]
        source: Box<super::lower::LowerError>,
    },
}

impl PackageError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            PackageError::Refused { refusal } => Some(&refusal.hint),
            PackageError::Setting { hint, .. } => Some(hint),
            PackageError::Empty { .. } => Some("point `contract.roots` at a folder with .proto files"),
            PackageError::Version { .. } => Some("use a version like `1.4.0` or `1.4.0-rc.1`"),
            PackageError::NoForm { .. } => {
                Some("say another with `--as`: `1.4.0`, or with `-alpha.1`, `-beta.1`, `-rc.1` or `-dev.1`")
            }
            _ => None,
        }
    }
}

/// Something in the contract that a language has no room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The language.
    pub language: Language,
    /// Where a person finds the file.
    pub file: String,
    /// Where in the file; absent when the descriptors came without positions.
    pub span: Option<Span>,
    /// What stands there, and why it does not work.
    pub what: String,
    /// What to do.
    pub hint: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(span) = self.span {
            write!(f, ":{}:{}", span.start_line, span.start_column)?;
        }
        write!(f, ": {}", self.what)
    }
}

pub use common::{is_in_every_runtime, is_in_runtime};
pub use configured::{check, stand_in, target};
pub use lines::names as lines_of;
pub(crate) use lines::{Line, Lines, line, plugins};
pub use used::{Used, UsedService};

/// A key of a language's section in the configuration.
#[derive(Debug)]
pub(crate) struct Key {
    /// The name.
    pub name: &'static str,
    /// What the value has to be: `a Go module path`.
    pub what: &'static str,
    /// Whether a value is that.
    pub good: fn(&str) -> bool,
    /// An example.
    pub hint: &'static str,
    /// The value for a contract by its name, when the key may be left out.
    pub usual: Option<fn(&str) -> String>,
    /// A value that is nobody's, for packages that are only tried.
    pub stand_in: &'static str,
}

/// A key of a language's section that is a table.
pub(crate) struct Table {
    /// The name.
    pub name: &'static str,
    /// What it says, as values of a target, which are named after it: `bom`, `bom.contracts`. It gets the table and what
    /// the target has of the other keys.
    pub read: fn(&Written, &Target) -> Result<Values, ConfigError>,
}

/// Values of a target by their names.
pub(crate) type Values = Vec<(String, String)>;

/// A language as packages in it are made.
pub(crate) trait Sdk: Sync {
    /// The keys of its section in the configuration.
    fn keys(&self) -> &'static [Key];

    /// The key of its section that says what a package is called.
    fn name_key(&self) -> &'static str;

    /// The options of its section, each off when nothing is said.
    fn flags(&self) -> &'static [&'static str] {
        &[]
    }

    /// The option without which another one is nothing.
    fn needed_by(&self, flag: &str) -> Option<&'static str> {
        let _ = flag;
        None
    }

    /// The keys of its section that are tables.
    fn tables(&self) -> &'static [&'static Table] {
        &[]
    }

    /// Why it has not got a table that other languages have, where there is a reason.
    fn without(&self, table: &str) -> Option<&'static str> {
        let _ = table;
        None
    }

    /// What the coordinate of a package is called there: `Go module`.
    fn coordinate(&self) -> &'static str;

    /// The lines of its runtime, each with the plugins that packages for it need.
    fn lines(&self) -> &'static Lines;

    /// Whether the runtime brings a file, beside those that every runtime brings.
    fn runtime_has(&self, file: &str) -> bool {
        let _ = file;
        false
    }

    /// Whether `google/api` and its like are published for it.
    fn has_families(&self) -> bool {
        true
    }

    /// A version of a package, as the language spells it, made for the `build`th time after it was published. `None` where
    /// versions have no room for that.
    fn rebuilt(&self, version: &str, build: u32) -> Option<String> {
        let _ = (version, build);
        None
    }

    /// What takes one file of an import path and no other, where something does: `Go program`.
    fn takes_a_path_once(&self) -> Option<&'static str> {
        None
    }

    /// See [`check`](check_contract); what all languages have in common is checked elsewhere.
    fn check(&self, contract: &Contract<'_>, target: &Target, out: &mut Vec<PackageError>);

    /// See [`prepare`], of a contract that was checked.
    fn prepare(&self, contract: &Contract<'_>, target: &Target) -> Result<Prepared, PackageError>;

    /// See [`build`].
    fn build(
        &self,
        contract: &Contract<'_>,
        target: &Target,
        generated: FileTree,
    ) -> Result<Package, PackageError>;

    /// See [`used`](used_by).
    fn used(&self, contract: &Contract<'_>, target: &Target) -> Result<Used, PackageError>;

    /// Builds a package with the language's own tools, as a service team would.
    fn try_out(&self, run: &mut Run<'_>, package: &Package) -> Result<(), Stop>;
}

macro_rules! table {
    ($($name:ident $variant:ident $title:literal),*) => {
        $(pub mod $name;)*

        /// The SDK of a language.
        pub(crate) fn of(language: Language) -> &'static dyn Sdk {
            match language {
                $(Language::$variant => &$name::$variant),*
            }
        }
    };
}

languages!(table);

/// Whether a version of the language's packages has room for a build number.
#[must_use]
pub fn has_builds(language: Language) -> bool {
    of(language).rebuilt("1.0.0", 1).is_some()
}

/// Everything for which the target's language has no room in the contract, found without a plugin, in the order of
/// files and lines. Nothing when there is room.
#[must_use]
pub fn check_contract(contract: &Contract<'_>, target: &Target) -> Vec<PackageError> {
    let mut out = Vec::new();
    out.extend(shared::check(contract, target).err());
    if out.is_empty() {
        of(target.language()).check(contract, target, &mut out);
    }
    out.sort_by_cached_key(|error| match error {
        PackageError::Refused { refusal } => {
            (1, refusal.file.clone(), refusal.span.map(|s| (s.start_line, s.start_column)))
        }
        _ => (0, String::new(), None),
    });
    // What has two things against it is mended once.
    out.dedup_by(|later, first| match (later, first) {
        (PackageError::Refused { refusal: later }, PackageError::Refused { refusal: first }) => {
            later.span.is_some() && (&later.file, later.span) == (&first.file, first.span)
        }
        _ => false,
    });
    out
}

/// What to know of files that have no folder in their import path: two of them are easily called alike, and some
/// languages have room for only one file of a path, whatever contract it is from.
#[must_use]
pub fn bare_files(contract: &Contract<'_>, languages: &[Language]) -> Option<String> {
    let places: Vec<&str> = languages.iter().filter_map(|l| of(*l).takes_a_path_once()).collect();
    let (last, others) = places.split_last()?;
    let own = shared::files(contract).filter(|(_, file)| file.target && !file.name.contains('/'));
    let bare: Vec<_> = own.map(|(id, file)| (&file.name, &contract.schema.file(id).package)).collect();
    let ((name, package), more) = bare.split_first()?;
    let (which, they) = match more.len() {
        0 => (format!("`{name}` has"), "it"),
        n => (format!("`{name}` and {n} more have"), "them"),
    };
    let places =
        if others.is_empty() { (*last).to_owned() } else { format!("{} or {last}", others.join(", ")) };
    let folder = if package.is_empty() { contract.name.to_owned() } else { package.replace('.', "/") };
    Some(format!(
        "{which} no folder in the import path: no {places} can use two contracts with a file of that name; put {they} into \
         a folder, as `{folder}/{name}`"
    ))
}

/// Says what the plugins of the target's language are to be given.
///
/// # Errors
///
/// A contract that cannot be said in the language, or a target that is not one of it.
pub fn prepare(contract: &Contract<'_>, target: &Target) -> Result<Prepared, PackageError> {
    match check_contract(contract, target).into_iter().next() {
        Some(error) => Err(error),
        None => prepare_checked(contract, target),
    }
}

/// [`prepare`] for a contract in which [`check_contract`] found nothing.
///
/// # Errors
///
/// A target that is not one of the language, or an edition file that it has no form for.
pub fn prepare_checked(contract: &Contract<'_>, target: &Target) -> Result<Prepared, PackageError> {
    of(target.language()).prepare(contract, target)
}

/// Says what a program has to name to use the package of a contract in which [`check_contract`] found nothing.
///
/// # Errors
///
/// A target that is not one of the language, or a version that it has no form for.
pub fn used_by(contract: &Contract<'_>, target: &Target) -> Result<Used, PackageError> {
    of(target.language()).used(contract, target)
}

/// Makes the package out of what the plugins answered to [`prepare`]'s runs, all in one tree.
///
/// # Errors
///
/// As for [`prepare`], and answers that leave something out.
pub fn build(contract: &Contract<'_>, target: &Target, generated: FileTree) -> Result<Package, PackageError> {
    shared::check(contract, target)?;
    let package = of(target.language()).build(contract, target, generated)?;
    package
        .files
        .check_case()
        .map_err(|source| PackageError::Tree { language: target.language(), source })?;
    Ok(package)
}
