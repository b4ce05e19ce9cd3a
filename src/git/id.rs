//! Names of objects, and libgit2's words about them, without libgit2's types: nothing outside of `git/` knows which
//! library reads repositories.

use std::fmt;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use git2::Oid;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Names an object: a commit, a folder, or the content of a file, wherever the file comes from. Equal ids mean equal
/// bytes; the same bytes have two ids where one repository counts with SHA-1 and the other with SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    bytes: [u8; LONGEST],
    len: u8,
}

/// Bytes of a SHA-256; a SHA-1 has 20.
const LONGEST: usize = 32;

/// What git hashes of a file: a head, and the bytes.
fn hash<D: Digest>(bytes: &[u8]) -> sha2::digest::Output<D> {
    let head = format!("blob {}\0", bytes.len());
    D::new().chain_update(head).chain_update(bytes).finalize()
}

impl Id {
    /// The id that git gives a file with these bytes in a repository that counts with SHA-1, as most do.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Id {
        Id::from_bytes(&hash::<Sha1>(bytes)).expect("20 bytes")
    }

    /// Whether this is the id of a file with these bytes, in a repository that counts as the id says.
    pub(super) fn is_of(self, bytes: &[u8]) -> bool {
        match self.as_bytes().len() {
            LONGEST => self.as_bytes() == &hash::<Sha256>(bytes)[..],
            _ => self.as_bytes() == &hash::<Sha1>(bytes)[..],
        }
    }

    /// Seven digits: what git prints by default.
    #[must_use]
    pub fn short(self) -> String {
        self.to_string().chars().take(7).collect()
    }

    /// The object with this name, in full, in hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Id> {
        Id::from_bytes(&HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?)
    }

    /// The same in bytes: 20 of them, or 32.
    pub(crate) fn from_bytes(given: &[u8]) -> Option<Id> {
        if ![20, LONGEST].contains(&given.len()) {
            return None;
        }
        let mut bytes = [0; LONGEST];
        bytes[..given.len()].copy_from_slice(given);
        let len = u8::try_from(given.len()).ok()?;
        Some(Id { bytes, len })
    }

    pub(super) fn from_oid(id: Oid) -> Id {
        let given = id.as_bytes();
        let mut bytes = [0; LONGEST];
        bytes[..given.len()].copy_from_slice(given);
        let len = u8::try_from(given.len()).expect("at most 32 bytes");
        Id { bytes, len }
    }

    pub(super) fn oid(self) -> Oid {
        Oid::from_bytes(self.as_bytes()).expect("an id is as long as git's")
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(self.as_bytes()))
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
        assert!(id.is_of(b"") && !id.is_of(b"\n"));
        for bytes in [&b"message M {}"[..], &[0; 1000]] {
            let of_git = Oid::hash_object(git2::ObjectType::Blob, bytes).unwrap();
            assert_eq!(Id::of(bytes), Id::from_oid(of_git));
        }
        let long = Oid::hash_object_ext(git2::ObjectType::Blob, b"", git2::ObjectFormat::Sha256).unwrap();
        let id = Id::from_oid(long);
        assert_eq!(id.to_string(), "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813");
        assert_eq!(id.oid(), long);
        assert!(id.is_of(b"") && !id.is_of(b"\n"));
        assert_ne!(id, Id::of(b""));
    }
}
