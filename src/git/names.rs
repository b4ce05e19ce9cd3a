//! What the names in a repository stand for, all of them at once.

use super::{GitError, Repo};

impl Repo {
    /// HEAD and every reference with what it points at, sorted. Whoever finds the same again finds the same revisions behind
    /// full names, the same versions, and the same order of them: what a reference points at names all that is below.
    ///
    /// # Errors
    ///
    /// The references cannot be read.
    pub fn names(&self) -> Result<Vec<String>, GitError> {
        let fail = |source| GitError::git("list the references", source);
        let told = |reference: &git2::Reference<'_>| {
            let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
            let target = reference.target().map(|id| id.to_string());
            let symbolic = reference.symbolic_target_bytes().map(String::from_utf8_lossy);
            format!("{name} {} {}", target.unwrap_or_default(), symbolic.unwrap_or_default())
        };
        let mut names = Vec::new();
        for reference in self.inner.references().map_err(fail)? {
            names.push(told(&reference.map_err(fail)?));
        }
        names.extend(self.inner.find_reference("HEAD").ok().as_ref().map(told));
        names.sort();
        Ok(names)
    }
}
