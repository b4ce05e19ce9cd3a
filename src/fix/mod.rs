//! Repairs: what a finding advises, done to the text of the new side.
//!
//! A [`Bench`] holds both sides. For each finding there are drafts, the smallest edit first, made from the remedy of its
//! change and the places of statements in the texts; comments, layout and line ends stay as they are. Nothing is
//! believed: a draft is a repair when the edited text compiles, the finding is gone, and no other one came. All of it
//! happens in memory; writing files is for whoever asked.

mod draft;
mod enums;
mod fields;
mod free;
mod marks;
mod patch;
mod plan;
mod retired;
mod session;
mod sides;
mod suggest;
mod tree;
mod types;

use crate::compare::Background;
use crate::compile::{Input, Options};
use crate::policy::Policies;
use crate::schema::Schema;

pub use patch::unified;
pub use session::{Changed, Outcome, RepairError, Repaired, Result, repair};
pub use suggest::suggest;

/// Everything that repairs are made of and held against.
pub struct Bench<'a> {
    /// The old side.
    pub old: &'a Schema,
    /// The texts of the old side by import path: what is restored is copied from there.
    pub texts: &'a [(String, String)],
    /// The new side; the contract's own files are edited.
    pub new: &'a Input,
    /// How the new side is compiled.
    pub options: &'a Options,
    /// What is minded.
    pub policies: &'a Policies<'a>,
    /// What both are judged by besides. The files of dependencies are judged and never edited.
    pub background: Background<'a>,
}

impl std::fmt::Debug for Bench<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bench").field("new", &self.new.files.len()).finish_non_exhaustive()
    }
}
