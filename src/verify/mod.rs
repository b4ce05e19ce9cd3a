//! Two versions of a contract that talk to each other, in every language there is a package for.
//!
//! The flow: each version becomes the package of each language ([`sdk`]), each package a small program (a [`driver`]) that is
//! built and kept in the cache ([`build`]). Programs write and read the [samples](crate::wire::sample) of every message ([`bytes`]) and
//! call each other ([`calls`], with [`answers`], as far as a change can [`reach`] them, with the [`cases`] that are the same for all languages), in plain text through a [`tap`]
//! that sees what is compressed. The [`oracle`] says whether a
//! reader saw what the writer meant, [`predict`] whether the static verdict had said so before, [`blame`] what of a call
//! that was. What came out is a
//! [`matrix`], [folded](fold) by package and cause, or by [change](changes), told by [`tell`] with the [`facts`] of the run.
//!
//! [`run`] does all of it, after a [`Plan`].
//!
//! The drivers know nothing of what ought to come out: all that is decided is decided here.

pub mod answers;
pub mod blame;
pub mod build;
pub mod bytes;
pub mod calls;
pub mod cases;
pub mod certs;
pub mod changes;
pub mod driver;
pub mod facts;
pub mod fault;
pub mod fold;
pub mod frames;
mod idle;
pub mod json;
mod literal;
pub mod matrix;
mod memo;
pub mod oracle;
pub mod part;
pub mod predict;
pub mod process;
pub mod reach;
pub mod retired;
mod run;
mod running;
mod runtime;
pub mod sdk;
mod shown;
pub mod side;
pub mod tap;
pub mod tell;
mod together;

pub use run::{Plan, Scope, VerifyError, Wanted, Ways, run};

/// A part of the two versions that programs are built from, in the order of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// The earlier one.
    Old,
    /// The later one.
    New,
}

impl Version {
    /// Both.
    pub const BOTH: [Version; 2] = [Version::Old, Version::New];

    /// Its place in a table of two.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Version::Old => 0,
            Version::New => 1,
        }
    }
}
