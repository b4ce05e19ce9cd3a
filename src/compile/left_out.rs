//! What is known of files that are not compiled.
//!
//! Some answers are about a whole side and not about the files that a change can reach: whether anything holds a
//! `google.protobuf.Any`, whether a package is still there, what file declares a missing type. A look at the text gives
//! them, and costs a small part of compiling.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// What a comment that accepts a break begins with, in the text and in the descriptors.
pub(crate) const ALLOW: &str = "protopact:allow";

/// What a look at the text of a file shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The package, when there is one.
    pub package: Option<String>,
    /// The messages and enums of the top level, by their simple names.
    pub types: Vec<String>,
    /// What is declared at any level.
    pub declares: Declares,
    /// Whether `google.protobuf.Any` is named. A type whose name ends like this one counts as well.
    pub any: bool,
}

impl Look {
    /// The package, empty when there is none.
    #[must_use]
    pub fn package(&self) -> &str {
        self.package.as_deref().unwrap_or_default()
    }
}

/// The files of a side that are not compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Each by its import path, in the order of these.
    pub files: Vec<(Box<str>, Arc<Look>)>,
    /// Which sorts of declarations each package of theirs has, by its name; files without one have the empty name.
    pub packages: FxHashMap<Box<str>, Declares>,
    /// Whether a file that the contract owns names `google.protobuf.Any`.
    pub any: bool,
}

/// Which sorts of declarations there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Declares {
    /// A message.
    pub messages: bool,
    /// An enum.
    pub enums: bool,
    /// An extension.
    pub extensions: bool,
}

impl Declares {
    /// What either has.
    #[must_use]
    pub fn or(self, other: Declares) -> Declares {
        Declares {
            messages: self.messages || other.messages,
            enums: self.enums || other.enums,
            extensions: self.extensions || other.extensions,
        }
    }
}
