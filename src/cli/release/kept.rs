//! The files of versions that were made on this machine before. Places are asked with them what they have, which takes no
//! compiler and no plugin then. What is published is always made anew: a cache is not what it has to come from.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::cli::pipeline;
use crate::cli::plugins::Machine;
use crate::cli::{CliError, Ctx};
use crate::machine::prune::{self, Kind};
use crate::machine::{Cache, FileTree, Space, files_below, sha256, this_program};
use crate::release::Entry;
use crate::release::artefacts::fits_its_sums;

/// The file that says that a version is whole, and was used when it was written.
const MARK: &str = "whole";
const KINDS: [Kind; 1] = [Kind { mark: MARK, keep: 8, ours: |name| name.len() == 64 }];

/// Where the files of a version are kept.
pub(super) struct Kept {
    cache: Cache,
    place: PathBuf,
}

impl Kept {
    /// The place of a version; `None` without a cache, and where a compiler makes them that is not this program's.
    pub(super) fn of(entry: &Entry, notes: &str, ctx: &mut Ctx<'_>) -> Result<Option<Kept>, CliError> {
        let (settings, folder) = pipeline::settings_here(&pipeline::overrides(ctx), ctx)?;
        let machine = Machine::of(ctx, &settings, &folder);
        let Some(program) = this_program() else { return Ok(None) };
        let cache = machine.cache.filter(|_| !ctx.global.no_cache && settings.compile.protoc.is_none());
        let Some(cache) = cache else { return Ok(None) };
        let lock = fs::read(&machine.lock_path).unwrap_or_default();
        // Everything that decides what they are; that nothing else does is the rule for the files of a version.
        let all = format!(
            "{program}\n{}\n{}\n{:?}\n{}\n{}\n{}\n{settings:?}\n{}",
            entry.contract,
            entry.version,
            entry.previous,
            entry.draft.commit,
            sha256(notes.as_bytes()),
            sha256(&lock),
            folder.display(),
        );
        let place = cache.space(Space::Releases).join(sha256(all.as_bytes()));
        Ok(Some(Kept { cache, place }))
    }

    /// The files, if all of them are there as they were made.
    pub(super) fn read(&self) -> Option<FileTree> {
        let _used = prune::hold(&self.place.join(MARK))?;
        let mut files = FileTree::new();
        for (name, path) in files_below(&self.place.join("files")).ok()? {
            files.add(&name, fs::read(path).ok()?).ok()?;
        }
        fits_its_sums(&files).then_some(files)
    }

    /// Keeps them. That they cannot be kept is nobody's error.
    pub(super) fn keep(&self, files: &FileTree) {
        let write = || -> Option<()> {
            let made = self.cache.scratch().ok()?;
            files.write(&made.path().join("files")).ok()?;
            fs::write(made.path().join(MARK), "").ok()?;
            // What was made now is right, whatever is there.
            let whole = |_: &Path| self.read().as_ref() == Some(files);
            self.cache.keep(made.path(), &self.place, whole).ok()?;
            let base = self.cache.space(Space::Releases);
            let held =
                fs::File::create(base.join("lock")).and_then(|file| file.lock().map(|()| file)).ok()?;
            prune::prune(&base, &KINDS, SystemTime::now());
            drop(held);
            Some(())
        };
        let _ = write();
    }
}
