//! What a check of a working tree against revisions of its repository rests on, as a digest: whoever finds the same digest
//! again would be told the same.
//!
//! There is one only where all of it is certain: files of one folder and of one whole repository, no dependencies, and
//! nothing on the command line that leads elsewhere. What comes to light only while the old sides are read (their own
//! configuration may name other places) is noted in [`Shared`], and its answer not kept.

use std::io::Read;

use super::shelf::Writer;
use super::{Loaded, Request, RequestError, Rev, Shared, Side, SourceSpec, Tree};
use crate::config::{Baseline, Settings};
use crate::git::Repo;
use crate::machine::sha256;

impl Request<'_> {
    /// The digest of a check against these states; `None` where it is not certain what that rests on. The program and its
    /// other flags are not in it.
    ///
    /// # Errors
    ///
    /// As [`Request::new_side`].
    pub fn imprint(&self, states: &[Baseline], stdin: &mut dyn Read) -> Result<Option<String>, RequestError> {
        let elsewhere = self.fetch
            || self.packages
            || self.lock.is_some()
            || self.config.is_some()
            || self.old_config.is_some()
            || !(self.path.is_empty() && self.exclude_path.is_empty());
        if elsewhere {
            return Ok(None);
        }
        let new = self.new_side(stdin)?;
        Ok(new.loaded.tree().and_then(|tree| self.imprint_of(tree, &new.settings, states)))
    }

    fn imprint_of(&self, tree: &Tree, settings: &Settings, states: &[Baseline]) -> Option<String> {
        let plain = tree.is_on_disk() && tree.is_plain() && tree.linked.is_empty();
        let elsewhere = settings.history.is_some() || settings.compile.protoc.is_some();
        if !plain || elsewhere {
            return None;
        }
        let repo = Repo::discover(tree.root()?).ok()?;
        // What is not here today may be here tomorrow.
        if repo.is_shallow() || repo.is_partial() {
            return None;
        }
        tree.pin().ok()?;
        let mut out = Writer::default();
        let texts = [
            format!("{:?}", self.cwd),
            format!("{:?}", tree.root()),
            format!("{:?}", repo.object_dir()),
            self.new.to_owned(),
            format!("{:?}", self.overrides),
            format!("{:?} {:?} {:?} {:?}", tree.name, tree.scope, tree.display, tree.notes),
        ];
        out.list(&texts);
        out.number(tree.entries.len());
        for (path, entry) in tree.entries() {
            out.bytes(path.as_bytes());
            out.bytes(entry.known()?.as_bytes());
        }
        out.list(&repo.names().ok()?);
        out.number(states.len());
        for state in states {
            out.bytes(format!("{state:?}").as_bytes());
            out.bytes(self.revision(&repo, &state.source)?.as_bytes());
        }
        Some(sha256(&out.0))
    }

    /// What a state is, beside the references that the repository has.
    fn revision(&self, repo: &Repo, source: &str) -> Option<String> {
        let SourceSpec::Revision { rev: Rev::Named(name), .. } =
            SourceSpec::parse(source, self.cwd, Side::Old).ok()?
        else {
            return None;
        };
        let is_reference = |name: &str| {
            name.starts_with("refs/tags/") && !name.contains(['@', '^', '~', ':', '{', ' ', '\\'])
        };
        // A short name can be that of several things.
        if is_reference(&name) { Some(name) } else { Some(format!("{:?}", repo.resolve(&name).ok()?)) }
    }
}

impl Shared {
    /// Whether all that was read is in the imprint: nothing was looked for elsewhere, and the bytes that were read of the new
    /// side are those that it was recognized by.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        let as_known = |loaded: &Loaded| loaded.tree().is_some_and(Tree::is_as_known);
        !self.is_in_doubt() && self.new.get().is_some_and(|new| as_known(new))
    }
}
