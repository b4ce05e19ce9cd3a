//! What is known of a file that is not compiled.
//!
//! Some answers are about a whole side and not about the files that a change can reach: whether anything holds a
//! `google.protobuf.Any`, whether a package is still there, what a missing type is declared in. A look at the text
//! gives them, and costs a small part of compiling.

/// What a comment that accepts a break begins with, in the text and in the descriptors.
pub(crate) const ALLOW: &str = "protopact:allow";

/// A file of a side that is not compiled, as a look at its text shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The import path: what other files write to import it.
    pub name: Box<str>,
    /// Where a person finds it, for messages.
    pub display: Box<str>,
    /// The package, empty when there is none.
    pub package: Box<str>,
    /// Import lines in source order.
    pub imports: Vec<HeadImport>,
    /// The messages and enums of the top level, by their simple names.
    pub types: Vec<Box<str>>,
    /// What it declares at any level.
    pub declares: Declares,
    /// Whether it names `google.protobuf.Any`.
    pub any: bool,
    /// Whether the contract owns the file.
    pub target: bool,
}

/// One import line of a [`Head`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadImport {
    /// The path as written.
    pub path: Box<str>,
    /// `import public`: whoever imports the file sees this one too.
    pub public: bool,
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
