//! What a side needs besides its own files: every import is followed, and what no root has is looked for in the places
//! of [`Places`], wave by wave, before anything is compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::layout::{LayoutFile, Missing};
use super::places::{Place, likely};
use super::roots::{Paths, below_prefix};
use super::why::explain;
use super::{LayoutError, Mount, Places, Plan, Scan, Side, Tree, scan};
use crate::compile::{is_well_known, well_known_text};
use crate::config::{is_under, join};

/// A file that an import leads to.
struct Hit<'t> {
    tree: &'t Tree,
    /// The folder that the import path begins in.
    root: String,
    prefix: String,
    path: String,
    /// Whether nobody wrote the place down.
    guessed: bool,
}

/// Takes in all that the targets need, directly or not, and says what is not there.
pub(super) fn complete<'t>(plan: &mut Plan<'t>, side: Side, places: &'t Places) -> Result<(), LayoutError> {
    let mut reach = Reach { by_file: None, guesses: BTreeMap::new(), indexes: BTreeMap::new(), side, places };
    let targets = plan.layout.files.iter().filter(|(_, file)| file.target);
    let mut wave: Vec<Box<str>> = targets.map(|(import, _)| import.clone()).collect();
    let mut reached: FxHashSet<Box<str>> = wave.iter().cloned().collect();
    let mut unclear = false;
    while !wave.is_empty() {
        let mut next = Vec::new();
        let found = scanned(plan, &wave, places);
        for (file, scan) in wave.iter().zip(&found) {
            unclear |= scan.unclear;
            // What was reached is a file of the side, which is all that there is to be known of it.
            for written in &scan.imports {
                if reached.contains(written.as_str()) {
                    continue;
                }
                let import = reach.follow(plan, file, written)?;
                if import.is_none() && is_well_known(written) {
                    plan.take_built_in(written, file);
                }
                if let Some(import) = import.filter(|import| !reached.contains(import)) {
                    plan.above.insert(import.clone(), file.clone());
                    reached.insert(import.clone());
                    next.push(import);
                }
            }
        }
        let scanned = std::mem::replace(&mut wave, next).into_iter().zip(found);
        // A map of what is sorted already is made at once.
        if plan.scans.is_empty() {
            plan.scans = scanned.collect();
        } else {
            plan.scans.extend(scanned);
        }
    }
    plan.layout.scans = BTreeMap::new();
    reach.tell(plan);
    explain(&mut plan.layout, plan.tree, places);
    plan.reached = (!unclear).then(|| reached.into_iter().collect());
    Ok(())
}

/// What files hold, in their order; what was looked at already is not read again.
fn scanned(plan: &Plan<'_>, wave: &[Box<str>], places: &Places) -> Vec<Arc<Scan>> {
    let mut found: Vec<Option<Arc<Scan>>> = Vec::with_capacity(wave.len());
    for import in wave {
        let file = &plan.layout.files[import];
        let own = std::ptr::eq(plan.mounts[file.module].tree, plan.tree);
        found.push(if own { plan.layout.scans.get(file.path.as_str()).cloned() } else { None });
    }
    plan.by_tree(wave, |tree, paths, places_of| {
        let open = places_of.iter().zip(paths).filter(|(at, _)| found[**at].is_none());
        let (at, open): (Vec<usize>, Vec<&str>) = open.map(|(at, path)| (*at, *path)).unzip();
        let scans = places.scans.of(tree, &open);
        at.into_iter().zip(scans).for_each(|(at, scan)| found[at] = Some(scan));
    });
    found.into_iter().flatten().collect()
}

impl Plan<'_> {
    /// Takes in a file that is built in, and what it imports.
    fn take_built_in(&mut self, import: &str, file: &str) {
        let mut open: Vec<(Box<str>, Box<str>)> = vec![(import.into(), file.into())];
        while let Some((import, file)) = open.pop() {
            let known = self.scans.contains_key(&import) || self.layout.files.contains_key(&import);
            let Some(text) = well_known_text(&import).filter(|_| !known) else { continue };
            let scan = scan(text.as_bytes());
            open.extend(scan.imports.iter().map(|next| (next.as_str().into(), import.clone())));
            self.above.insert(import.clone(), file);
            self.scans.insert(import, Arc::new(scan));
        }
    }
}

/// What tells files of all trees apart.
fn identity(tree: &Tree, path: &str) -> (usize, String) {
    (std::ptr::from_ref(tree) as usize, tree.identity(path).to_owned())
}

struct Reach<'t> {
    /// The import path of every file that has one, once it is asked for.
    by_file: Option<FxHashMap<(usize, String), Box<str>>>,
    /// Guessed folders, by how they are shown: what is taken from each.
    guesses: BTreeMap<String, usize>,
    /// The files of trees that were searched, by the tree.
    indexes: BTreeMap<usize, Paths<'t>>,
    side: Side,
    places: &'t Places,
}

impl<'t> Reach<'t> {
    /// The import path of every file that has one.
    fn by_file(&mut self, plan: &Plan<'t>) -> &mut FxHashMap<(usize, String), Box<str>> {
        self.by_file.get_or_insert_with(|| {
            let files = plan.layout.files.iter();
            files.map(|(import, f)| (identity(plan.mounts[f.module].tree, &f.path), import.clone())).collect()
        })
    }

    /// The import path of the file that an import leads to, after taking it in where that is needed.
    fn follow(
        &mut self,
        plan: &mut Plan<'t>,
        file: &str,
        import: &str,
    ) -> Result<Option<Box<str>>, LayoutError> {
        if let Some((known, _)) = plan.layout.files.get_key_value(import) {
            return Ok(Some(known.clone()));
        }
        if let Some(known) = plan.layout.aliases.get(import) {
            return Ok(Some(known.clone()));
        }
        if is_well_known(import) {
            return Ok(None);
        }
        let display = plan.layout.files[file].display.clone();
        if let Some(missing) = plan.layout.missing.get_mut(import) {
            missing.wanted_by.push(display);
            return Ok(None);
        }
        let hit = match self.own(plan, import) {
            Some(hit) => Some(hit),
            None => self.placed(plan, import)?,
        };
        let Some(hit) = hit else {
            let missing = Missing { wanted_by: vec![display], why: Vec::new() };
            plan.layout.missing.insert(import.into(), missing);
            return Ok(None);
        };
        let identity = identity(hit.tree, &hit.path);
        if let Some(known) = self.by_file(plan).get(&identity) {
            // The same file under another name.
            plan.layout.aliases.insert(import.into(), known.clone());
            return Ok(Some(known.clone()));
        }
        let (tree, root, prefix) = (hit.tree, hit.root, hit.prefix);
        if hit.guessed {
            *self.guesses.entry(super::layout::shown_root(tree, &root)).or_default() += 1;
        }
        let same =
            |m: &Mount<'_>| std::ptr::eq(m.tree, tree) && m.root == root && m.prefix == prefix && !m.target;
        let module = plan.mounts.iter().position(same).unwrap_or_else(|| {
            plan.mounts.push(Mount { tree, root, prefix, target: false });
            plan.mounts.len() - 1
        });
        let file = LayoutFile { display: tree.display(&hit.path), path: hit.path, module, target: false };
        plan.layout.files.insert(import.into(), file);
        self.by_file(plan).insert(identity, import.into());
        Ok(Some(import.into()))
    }

    /// A file that has another import path already, because roots lie in each other or a link leads to it.
    fn own(&mut self, plan: &Plan<'t>, import: &str) -> Option<Hit<'t>> {
        let by_file = self.by_file(plan);
        let own = plan.layout.modules.iter().filter_map(|m| {
            let rest = below_prefix(import, &m.prefix)?;
            let path = join(&m.root, rest);
            let known = by_file.contains_key(&identity(plan.tree, &path));
            known.then(|| Hit {
                tree: plan.tree,
                root: m.root.clone(),
                prefix: m.prefix.clone(),
                path,
                guessed: false,
            })
        });
        own.into_iter().next()
    }

    /// A file of a place.
    fn placed(&mut self, plan: &Plan<'t>, import: &str) -> Result<Option<Hit<'t>>, LayoutError> {
        let serves = |place: &&Place| {
            place.include.is_empty() || place.include.iter().any(|prefix| is_under(import, prefix))
        };
        let listed = self.places.all().filter(serves).filter_map(|place| {
            let inside = place.inside.as_ref().filter(|folder| plan.tree.has_folder(folder));
            let (tree, folder) = match inside {
                Some(folder) => (plan.tree, folder.as_str()),
                None => (&place.tree, ""),
            };
            place.roots.iter().find_map(|root| {
                let rest = below_prefix(import, &root.prefix)?;
                let (prefix, root) = (root.prefix.clone(), join(folder, &root.path));
                let path = join(&root, rest);
                let there = tree.contains(&path);
                let hit = Hit { tree, root, prefix, path, guessed: false };
                there.then_some(hit)
            })
        });
        if let Some(hit) = agreed(listed.collect(), import)? {
            return Ok(Some(hit));
        }
        if let Some(hit) = agreed(self.guessed(plan, plan.tree, import), import)? {
            return Ok(Some(hit));
        }
        if plan.tree.is_on_disk() && self.side == Side::New {
            return Ok(None);
        }
        // What an old version imports may be where the newest one has it.
        let Some(newest) = self.places.newest() else { return Ok(None) };
        agreed(self.guessed(plan, newest, import), import)
    }

    /// Files that an import may mean, of the folders that are most likely to hold what others wrote.
    fn guessed(&mut self, plan: &Plan<'t>, tree: &'t Tree, import: &str) -> Vec<Hit<'t>> {
        let key = std::ptr::from_ref(tree) as usize;
        let paths = self.indexes.entry(key).or_insert_with(|| Paths::new(tree.protos()));
        let folders = paths.folders_for(import).into_iter();
        let hidden = |folder: &str| hides(plan, folder, import);
        let folders: Vec<(u8, &str)> =
            folders.filter_map(|folder| Some((likely(folder, tree, &hidden)?, folder))).collect();
        let best = folders.iter().map(|(rank, _)| *rank).max();
        let hit = |folder: &str| Hit {
            tree,
            root: folder.to_owned(),
            prefix: String::new(),
            path: join(folder, import),
            guessed: true,
        };
        folders.iter().filter(|(rank, _)| Some(*rank) == best).map(|(_, folder)| hit(folder)).collect()
    }

    /// Says where files were found that nobody said the place of.
    fn tell(&self, plan: &mut Plan<'t>) {
        if self.guesses.is_empty() {
            return;
        }
        let folders: Vec<String> = self
            .guesses
            .iter()
            .map(|(folder, files)| format!("`{folder}` ({})", crate::text::plural(*files, "file")))
            .collect();
        let label = plan.tree.name().told();
        plan.layout
            .notes
            .push(format!("imports of {label} found outside of its roots: {}", folders.join(", ")));
    }
}

/// Whether the configuration leaves a file out that an import would lead to.
fn hides(plan: &Plan<'_>, folder: &str, import: &str) -> bool {
    let path = join(folder, import);
    plan.layout.modules.iter().any(|m| {
        is_under(&path, &m.root)
            && (m.excludes.iter().any(|e| is_under(&path, &e.path))
                || !m.includes.is_empty() && !m.includes.iter().any(|i| is_under(&path, i)))
    })
}

/// The first of several, which must have the same text.
fn agreed<'t>(hits: Vec<Hit<'t>>, import: &str) -> Result<Option<Hit<'t>>, LayoutError> {
    let mut hits = hits.into_iter();
    let Some(first) = hits.next() else { return Ok(None) };
    for other in hits {
        let same = match (first.tree.read(&first.path), other.tree.read(&other.path)) {
            (Ok(a), Ok(b)) => a == b,
            _ => true,
        };
        if !same {
            return Err(LayoutError::TwoPlaces {
                import: import.to_owned(),
                first: first.tree.display(&first.path),
                second: other.tree.display(&other.path),
                guessed: first.guessed,
            });
        }
    }
    Ok(Some(first))
}
