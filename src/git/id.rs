//! Names of objects, and libgit2's words about them, without libgit2's types: nothing outside of `git/` knows which
//! library reads repositories.

use std::fmt;

use git2::{ObjectType, Oid};

/// Names an object: a commit, a folder, or the content of a file, wherever the file comes from. Equal ids mean equal
/// bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 20]);

impl Id {
    /// The id that git gives a file with these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Id {
        Id::from_oid(Oid::hash_object(ObjectType::Blob, bytes).expect("hashing memory cannot fail"))
    }

    /// Seven digits: what git prints by default.
    #[must_use]
    pub fn short(self) -> String {
        self.to_string().chars().take(7).collect()
    }

    pub(super) fn from_oid(id: Oid) -> Id {
        let mut bytes = [0; 20];
        bytes.copy_from_slice(&id.as_bytes()[..20]);
        Id(bytes)
    }

    pub(super) fn oid(self) -> Oid {
        Oid::from_bytes(&self.0).expect("an id is as long as git's")
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What libgit2 said.
#[derive(Debug)]
pub struct Cause {
    error: git2::Error,
}

impl Cause {
    pub(super) fn new(error: git2::Error) -> Cause {
        Cause { error }
    }

    /// Its words.
    #[must_use]
    pub fn message(&self) -> &str {
        self.error.message()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl std::error::Error for Cause {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_git_gives() {
        let id = Id::of(b"");
        assert_eq!(id.to_string(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(id.short(), "e69de29");
        assert_eq!(Id::from_oid(id.oid()), id);
    }
}
