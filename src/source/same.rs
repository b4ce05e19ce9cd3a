//! Two sides with the same files: nothing is looked into, and nothing compiled.
//!
//! Whether two trees hold the same is told by the ids of their files. What has to be known of the files besides is little
//! (their import roots, and that nothing about them asks for more than a look), and is kept in the cache for the next
//! run, by a digest of all paths and ids and of what the configuration says of roots.

use rayon::prelude::*;

use super::shelf::Shelf;
use super::tree::Scope;
use super::{ContentId, Layout, LayoutError, Loaded, PathSelection, Places, Plan, Tree, layout};
use crate::config::{Root, Settings};
use crate::machine::sha256;

/// How many files of a tree may have to be read to learn their ids: beyond that a scan is as good.
const UNREAD: usize = 64;

/// A side as far as it matters here.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) settings: &'a Settings,
    pub(super) places: &'a Places,
}

/// What is known of two sides with the same files.
pub(super) struct Same<'a> {
    sides: [(Known<'a>, &'a Tree); 2],
    digest: String,
}

impl<'a> Same<'a> {
    /// Whether two sides are the same contract; `None` where they are not, or where telling costs more than it is worth.
    pub(super) fn of(sides: [Known<'a>; 2], selection: &PathSelection) -> Option<Same<'a>> {
        let [old, new] = sides;
        let [was, is] = alike(sides, selection)?;
        if !differing(was, is)?.is_empty() {
            return None;
        }
        let digest = digest(is, new.settings)?;
        Some(Same { sides: [(old, was), (new, is)], digest })
    }

    /// The layouts of both sides, old and new, without their files, where an earlier run laid the same files out.
    ///
    /// # Errors
    ///
    /// As [`layout::plan`].
    pub(super) fn kept(&self) -> Result<Option<[Layout; 2]>, LayoutError> {
        let kept = self.shelf().and_then(|shelf| shelf.roots(&self.digest));
        kept.map(|roots| self.outlined(&roots)).transpose()
    }

    /// The same after the new side was laid out, which is kept for the next run. `None` where the files have to be looked
    /// at.
    ///
    /// # Errors
    ///
    /// As [`layout::plan`].
    pub(super) fn learned(&self, plan: &Plan<'_>) -> Result<Option<[Layout; 2]>, LayoutError> {
        if !plan.asks_for_nothing() {
            return Ok(None);
        }
        let roots = plan.layout.roots();
        if plan.layout.files.len() >= super::scans::MANY
            && let Some(shelf) = self.shelf()
        {
            shelf.keep_roots(&self.digest, &roots);
        }
        self.outlined(&roots).map(Some)
    }

    fn shelf(&self) -> Option<Shelf> {
        self.sides[1].0.places.scans.shelf()
    }

    fn outlined(&self, roots: &[Root]) -> Result<[Layout; 2], LayoutError> {
        let [(old, was), (new, is)] = self.sides;
        let new = layout::outline(is, new.settings, None, new.places, roots)?;
        let old = layout::outline(was, old.settings, Some(&new), old.places, roots)?;
        Ok([old, new])
    }
}

/// The trees of two sides that are made up alike, whatever is in their files: nothing is left out of them, nothing added to
/// them, and the same is configured.
pub(super) fn alike<'t>(sides: [Known<'t>; 2], selection: &PathSelection) -> Option<[&'t Tree; 2]> {
    let [old, new] = sides;
    let trees = [old.loaded.tree()?, new.loaded.tree()?];
    let plain =
        |tree: &Tree| *tree.scope() == Scope::All && tree.problems.is_empty() && tree.descriptors.is_empty();
    let [was, is] = trees;
    let alike = old.settings.modules.are_as(&new.settings.modules)
        && old.places.listed.is_empty()
        && new.places.listed.is_empty()
        && old.places.locks_the_same(new.places)
        && was.submodules == is.submodules
        && was.linked == is.linked;
    (*selection == PathSelection::default() && alike && trees.into_iter().all(plain)).then_some(trees)
}

/// The paths at which two trees of the same paths have other bytes; `None` where a path is in one of them only, a file cannot be
/// read, or telling costs more than it is worth.
pub(super) fn differing<'t>(old: &'t Tree, new: &Tree) -> Option<Vec<&'t str>> {
    if old.entries.len() != new.entries.len() {
        return None;
    }
    let (mut open, mut differing): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for ((path, was), (other, is)) in old.entries.iter().zip(&new.entries) {
        if path != other {
            return None;
        }
        match (was.known(), is.known()) {
            (Some(was), Some(is)) if was == is => {}
            (Some(_), Some(_)) => differing.push(path),
            _ => open.push(path),
        }
    }
    if open.len() > UNREAD {
        return None;
    }
    let id = |tree: &Tree, path: &str| -> Option<ContentId> { tree.id(path).ok() };
    let ids: Vec<_> = open.par_iter().map(|path| Some((id(old, path)?, id(new, path)?))).collect();
    for (path, ids) in open.into_iter().zip(ids) {
        let (was, is) = ids?;
        differing.extend((was != is).then_some(path));
    }
    Some(differing)
}

/// A digest of what decides how a tree is laid out.
fn digest(tree: &Tree, settings: &Settings) -> Option<String> {
    let mut text = format!("{:?}\n{:?}\n{:?}\n", settings.modules, tree.submodules, tree.linked).into_bytes();
    for (path, entry) in &tree.entries {
        text.extend_from_slice(path.as_bytes());
        text.push(0);
        text.extend_from_slice(entry.known()?.as_bytes());
    }
    Some(sha256(&text))
}

impl Plan<'_> {
    /// Whether all that the files of this side need is among them, and none of them asks for more than what a look tells.
    pub(super) fn asks_for_nothing(&self) -> bool {
        let layout = &self.layout;
        self.reached.is_some()
            && layout.aliases.is_empty()
            && layout.missing.is_empty()
            && layout.unmatched.is_empty()
            && self.mounts.len() == layout.modules.len()
            && self.scans.values().all(|scan| !scan.unreadable && !scan.edition && !scan.allows)
    }
}
