//! From changes and verdicts to findings: what somebody decided to mind.
//!
//! A policy is either a list of lenses to deny, or a set of named rules. [`decide`] applies it to the changes of
//! one comparison; [`record`] tells every change, minded or not. What it does not do: it compares nothing (that
//! is `diff`), judges nothing (`verdict`) and prints nothing (`report`).

mod affects;
mod bump;
mod decide;
mod fingerprint;
mod lenses;
mod paths;
mod rules;
mod unstable;

pub use bump::bump;
pub use decide::{decide, locate, record};
pub use fingerprint::{fingerprint, shape};
pub use lenses::LensPolicy;
pub use paths::{PathError, PathSet};
pub use rules::{PolicyError, RuleConfig, RulePolicy, Warning};
pub use unstable::is_unstable_package;

use globset::{Glob, GlobMatcher};

use crate::schema::File;

/// What is minded in a file.
#[derive(Clone, Debug)]
pub enum PolicySet {
    /// Effects on somebody.
    Lenses(LensPolicy),
    /// Named rules.
    Rules(RulePolicy),
}

/// Policies by package: the first glob that matches decides, else the default.
#[derive(Clone, Debug)]
pub struct Policies {
    default: PolicySet,
    by_package: Vec<(GlobMatcher, PolicySet)>,
}

impl Policies {
    /// One policy for everything.
    pub fn new(default: PolicySet) -> Policies {
        Policies { default, by_package: Vec::new() }
    }

    /// A policy for the packages that match a glob (`acme.**.v1alpha*`). A `*` stays inside one part of the
    /// name, `**` does not.
    ///
    /// # Errors
    ///
    /// A glob that does not parse.
    pub fn add(&mut self, package: &str, policy: PolicySet) -> Result<(), PathError> {
        // Globs know folders: a package is a path whose separator is a dot.
        let glob = globset::GlobBuilder::new(&package.replace('.', "/"))
            .literal_separator(true)
            .build()
            .map_err(|source| PathError::Glob { glob: package.to_owned(), source })?;
        self.by_package.push((Glob::compile_matcher(&glob), policy));
        Ok(())
    }

    /// The policy for a file.
    pub fn for_file(&self, file: &File) -> &PolicySet {
        if self.by_package.is_empty() {
            return &self.default;
        }
        let package = file.package.replace('.', "/");
        self.by_package.iter().find(|(glob, _)| glob.is_match(&package)).map_or(&self.default, |(_, p)| p)
    }
}
