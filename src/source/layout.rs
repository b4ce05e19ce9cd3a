//! Which files a contract is made of: import paths, modules, targets.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;
use thiserror::Error;

use super::elsewhere;
use super::scans::Scans;
use super::tree::{ReadError, Scope, is_proto};
use super::{
    Mount, Name, PathSelection, Places, Plan, Problem, Scan, Side, Tree, places, reach, roots, scan,
};
use crate::compile::Input;
use crate::config::buf::Exclude;
use crate::config::{Modules, Place, Policy, Root, Settings, is_under, join};
use crate::text::near;

/// One module of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// The import root, from the root of the tree; empty for the tree's own folder.
    pub root: String,
    /// What the import paths of its files begin with, besides.
    pub prefix: String,
    /// The folder of the module it belongs to; differs from the root in buf v1beta1 only.
    pub folder: String,
    /// The module's full name, when it has one.
    pub name: Option<String>,
    /// Only these folders belong to it; empty for all. From the root of the tree.
    pub includes: Vec<String>,
    /// These do not.
    pub excludes: Vec<Exclude>,
    /// How its files are judged.
    pub policy: Policy,
}

/// One file of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutFile {
    /// Its path from the root of the tree.
    pub path: String,
    /// Its path as shown to a person.
    pub display: String,
    /// Index into [`Plan::mounts`], and into [`Layout::modules`] where the file is the contract's own.
    pub module: usize,
    /// Whether it is to be judged, and not only there to be imported.
    pub target: bool,
}

/// What is imported and not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// The files that import it, as shown to a person.
    pub wanted_by: Vec<String>,
    /// Sentences that may explain it.
    pub why: Vec<String>,
}

/// Which files a contract is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The modules, as configured.
    pub modules: Vec<Module>,
    /// The files by import path.
    pub files: BTreeMap<Box<str>, LayoutFile>,
    /// Other import paths of these files.
    pub aliases: BTreeMap<Box<str>, Box<str>>,
    /// What is imported and not there, by import path.
    pub missing: BTreeMap<Box<str>, Missing>,
    /// Folders of the tree whose files are only there to be imported.
    pub hidden: Vec<String>,
    /// What files of the tree import, where that was looked at already and is of use still: by path.
    pub scans: BTreeMap<String, Arc<Scan>>,
    /// Sentences for people: which roots were found, what was left out.
    pub notes: Vec<String>,
    /// Selected paths that select nothing on this side.
    pub unmatched: Vec<String>,
    /// Whether the roots were found from the imports, and not configured.
    pub found_roots: bool,
    /// The policy of files that belong to no module.
    pub policy: Policy,
}

/// A layout and what the compiler reads.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// The layout.
    pub layout: Layout,
    /// The files with their bytes.
    pub input: Input,
}

/// Why a tree is no contract.
#[derive(Debug, Error)]
pub enum LayoutError {
    /// Two files have the same import path.
    #[error("import path `{import}` names two files: `{first}` and `{second}`")]
    Conflict {
        /// The import path.
        import: String,
        /// One file, as shown to a person.
        first: String,
        /// The other.
        second: String,
        /// Whether the roots were found, and not configured.
        found_roots: bool,
    },
    /// Two places hold different files for one import.
    #[error("import path `{import}` names two different files: `{first}` and `{second}`")]
    TwoPlaces {
        /// The import path.
        import: String,
        /// One file, as shown to a person.
        first: String,
        /// The other.
        second: String,
        /// Whether nobody wrote the places down.
        guessed: bool,
    },
    /// There is nothing to check.
    #[error("{label} holds no .proto files")]
    NoFiles {
        /// The source, in words.
        label: String,
        /// The folder of the repository that holds some.
        elsewhere: Option<String>,
    },
    /// A configured root holds no files.
    #[error("root `{root}` holds no .proto files in {label}")]
    EmptyRoot {
        /// The root, as shown to a person.
        root: String,
        /// The source, in words.
        label: String,
        /// Folders of a similar name.
        near: Vec<String>,
    },
    /// The named file is not part of the contract.
    #[error("file `{path}` does not belong to the contract")]
    NotInContract {
        /// The file, as shown to a person.
        path: String,
        /// What excludes it, where something does.
        excluded: Option<Place>,
    },
    /// Files that cannot be taken in, each with its path as shown to a person.
    #[error("{} of {label} cannot be read: {}", count(.problems.len()), told(.problems))]
    Problems {
        /// The source, in words.
        label: String,
        /// Every problem, sorted by path.
        problems: Vec<Problem>,
    },
}

fn count(files: usize) -> String {
    if files == 1 { "1 file".to_owned() } else { format!("{files} files") }
}

fn told(problems: &[Problem]) -> String {
    const MOST: usize = 10;
    let mut shown: Vec<String> =
        problems.iter().take(MOST).map(|p| format!("`{}`: {}", p.path, p.message)).collect();
    if problems.len() > MOST {
        shown.push(format!("and {} more", problems.len() - MOST));
    }
    shown.join("; ")
}

impl LayoutError {
    /// What to do, in the imperative.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            LayoutError::Conflict { found_roots: true, .. } => Some(
                "set `roots` under `[contract]` in protopact.toml, or name the directory of one contract"
                    .into(),
            ),
            LayoutError::Conflict { .. } => {
                Some("import paths must be unique over all roots: rename one file".into())
            }
            LayoutError::NoFiles { elsewhere: Some(folder), .. } => Some(format!(
                "this repository has its .proto files in `{folder}`: name that, or run there with `-C`"
            )),
            LayoutError::TwoPlaces { guessed: true, .. } => Some(
                "say which one is meant: `imports = [\"FOLDER\"]` under `[contract]`, or `--imports FOLDER`"
                    .into(),
            ),
            LayoutError::TwoPlaces { .. } => Some("take one of the places out of `imports`".into()),
            LayoutError::NoFiles { .. } => Some("name the directory that holds the .proto files".into()),
            LayoutError::EmptyRoot { near, .. } => match near.first() {
                Some(best) => Some(format!("did you mean `{best}`?")),
                None => Some("roots are relative to the folder of the configuration file".into()),
            },
            LayoutError::NotInContract { excluded: Some(place), .. } => Some(format!("{place} excludes it")),
            LayoutError::NotInContract { .. } => {
                Some("its folder is outside the roots, or excluded, by the configuration".into())
            }
            LayoutError::Problems { problems, .. } => problems.iter().find_map(|p| p.hint.clone()),
        }
    }
}

/// Lays a tree out and reads its files.
///
/// `like` is the new side's layout when the old side is laid out: without a configuration of its own, the old
/// side has the new side's roots.
///
/// # Errors
///
/// As [`plan`] and [`Plan::input`].
pub fn resolve(
    tree: &Tree,
    settings: &Settings,
    selection: &PathSelection,
    side: Side,
    like: Option<&Layout>,
    places: &Places,
) -> Result<Resolved, LayoutError> {
    let plan = plan(tree, settings, selection, side, like, places)?;
    let input = plan.input()?;
    Ok(Resolved { layout: plan.layout, input })
}

/// Lays a tree out: which file belongs to which module under which import path, and where what they import is.
///
/// # Errors
///
/// Two files share an import path, a configured root is empty, the new side has no files, the named file is
/// not part of the contract, or something under a root cannot be taken in.
pub fn plan<'t>(
    tree: &'t Tree,
    settings: &Settings,
    selection: &PathSelection,
    side: Side,
    like: Option<&Layout>,
    places: &'t Places,
) -> Result<Plan<'t>, LayoutError> {
    let mut layout = Layout::begun(tree, settings, places);
    layout.choose_modules(tree, settings, like, &places.scans)?;
    layout.notes.extend_from_slice(&settings.notes);
    let own = |m: &Module| Mount { prefix: m.prefix.clone(), ..Mount::own(tree, &m.root) };
    let mounts: Vec<Mount<'t>> = layout.modules.iter().map(own).collect();
    layout.assign(tree, like, &places.scans)?;
    if layout.files.is_empty() && side == Side::New {
        return Err(LayoutError::NoFiles { label: tree.name().told(), elsewhere: elsewhere::contract(tree) });
    }
    if side == Side::Old {
        holds_files(tree)?;
    }
    layout.mark_targets(tree, &mounts, selection, side)?;
    layout.check_problems(tree)?;
    layout.take_notes(tree);
    let mut plan =
        Plan { layout, mounts, tree, reached: None, scans: BTreeMap::new(), above: BTreeMap::new() };
    reach::complete(&mut plan, side, places)?;
    Ok(plan)
}

/// The layout of a side without its files: as [`plan`] makes it where the roots are known that would be found, all
/// imports lead to files of the side, and nothing was selected.
///
/// # Errors
///
/// As [`plan`].
pub(super) fn outline(
    tree: &Tree,
    settings: &Settings,
    like: Option<&Layout>,
    places: &Places,
    found: &[Root],
) -> Result<Layout, LayoutError> {
    let mut layout = Layout::begun(tree, settings, places);
    match like.filter(|like| !like.modules.is_empty()) {
        _ if settings.modules != Modules::Detect => {
            layout.choose_modules(tree, settings, like, &places.scans)?;
        }
        // What is found on one side leaves as much open on a side with the same files.
        Some(like)
            if tree.protos().next().is_none() || like.modules.iter().any(|m| tree.has_folder(&m.root)) =>
        {
            layout.modules.clone_from(&like.modules);
        }
        _ => layout.take_found(tree, settings, found),
    }
    layout.notes.extend_from_slice(&settings.notes);
    if like.is_some() {
        holds_files(tree)?;
    }
    layout.check_problems(tree)?;
    layout.take_notes(tree);
    Ok(layout)
}

/// Whether a folder that somebody named holds any .proto file: a revision from before the contract may hold none.
fn holds_files(tree: &Tree) -> Result<(), LayoutError> {
    let folder = match tree.scope() {
        Scope::Folder(folder) => folder,
        _ => "",
    };
    if matches!(tree.name(), Name::Folder(_)) && !tree.protos().any(|path| is_under(path, folder)) {
        return Err(LayoutError::NoFiles { label: tree.name().told(), elsewhere: elsewhere::contract(tree) });
    }
    Ok(())
}

/// The roots that a side is configured with, as another side that has no configuration tries them; `None` where they were
/// found, or are not there.
pub(super) fn configured(tree: &Tree, settings: &Settings) -> Option<Layout> {
    let mut layout = Layout { policy: settings.policy.clone(), ..Layout::default() };
    let given = settings.modules != Modules::Detect
        && layout.choose_modules(tree, settings, None, &Scans::default()).is_ok();
    given.then_some(layout)
}

/// One module for every root, judged alike.
fn modules_of(roots: &[Root], policy: &Policy) -> Vec<Module> {
    let module = |root: &Root| Module {
        root: root.path.clone(),
        prefix: root.prefix.clone(),
        folder: root.path.clone(),
        name: None,
        includes: Vec::new(),
        excludes: Vec::new(),
        policy: policy.clone(),
    };
    roots.iter().map(module).collect()
}

impl Layout {
    /// A layout with nothing in it but what is hidden.
    fn begun(tree: &Tree, settings: &Settings, places: &Places) -> Layout {
        let inside = places.listed.iter().filter_map(|place| place.inside.clone());
        let mut hidden: Vec<String> = inside.filter(|p| !p.is_empty()).collect();
        if settings.modules == Modules::Detect {
            hidden.extend(places::foreign(tree));
        }
        Layout { policy: settings.policy.clone(), hidden, ..Layout::default() }
    }

    /// Where the import paths of each module begin.
    pub(super) fn roots(&self) -> Vec<Root> {
        self.modules.iter().map(|m| Root { path: m.root.clone(), prefix: m.prefix.clone() }).collect()
    }

    /// The layout of a compiled input: no modules, every file judged by the policy for the whole contract.
    #[must_use]
    pub fn of_image(settings: &Settings) -> Layout {
        Layout { policy: settings.policy.clone(), ..Layout::default() }
    }

    /// How a file is judged, named by its import path, and the root its ignore paths are relative to (for
    /// [`Policy::ignores`]).
    ///
    /// A file that only the old side has is judged by the module that took the place of its old module: the one
    /// of the same name, else of the same root.
    #[must_use]
    pub fn policy_of(&self, import: &str, old: Option<&Layout>) -> (&Policy, &str) {
        let own = self.files.get(import).and_then(|file| self.modules.get(file.module));
        let module = own.or_else(|| {
            let old = old?;
            let before = old.modules.get(old.files.get(import)?.module)?;
            let same_name = |m: &&Module| before.name.is_some() && m.name == before.name;
            let same_root = |m: &&Module| m.root == before.root;
            self.modules.iter().find(same_name).or_else(|| self.modules.iter().find(same_root))
        });
        // With one module there is no question whose file it was.
        match module.or_else(|| self.modules.first().filter(|_| self.modules.len() == 1)) {
            Some(module) => (&module.policy, &module.root),
            None => (&self.policy, ""),
        }
    }

    /// Makes everything that targets import a target too, directly or through other files.
    ///
    /// buf judges what the named files import as well, unless `--exclude-imports` is given; this matters when a
    /// single file, a folder or `--path` was named.
    pub fn judge_imports(&mut self, input: &mut Input) {
        let scans: Vec<Vec<String>> = input.files.par_iter().map(|f| scan(&f.content).imports).collect();
        let index: BTreeMap<&str, usize> =
            input.files.iter().enumerate().map(|(i, f)| (&*f.name, i)).collect();
        let mut reached: Vec<bool> = input.files.iter().map(|f| f.target).collect();
        let mut todo: Vec<usize> = (0..reached.len()).filter(|i| reached[*i]).collect();
        while let Some(file) = todo.pop() {
            for import in scans[file].iter().filter_map(|import| index.get(import.as_str())) {
                if !std::mem::replace(&mut reached[*import], true) {
                    todo.push(*import);
                }
            }
        }
        for (file, reached) in input.files.iter_mut().zip(reached) {
            file.target = reached;
            if let Some(known) = self.files.get_mut(&*file.name) {
                known.target = reached;
            }
        }
    }

    fn choose_modules(
        &mut self,
        tree: &Tree,
        settings: &Settings,
        like: Option<&Layout>,
        scans: &Scans,
    ) -> Result<(), LayoutError> {
        match &settings.modules {
            Modules::Roots(roots) => {
                self.modules = modules_of(roots, &settings.policy);
                self.refuse_empty_roots(tree)?;
            }
            Modules::Buf(workspace) => {
                for module in &workspace.modules {
                    self.modules.extend(module.roots.iter().map(|root| Module {
                        root: root.clone(),
                        prefix: String::new(),
                        folder: module.folder.clone(),
                        name: module.name.clone(),
                        includes: module.includes.clone(),
                        excludes: module.excludes.clone(),
                        policy: module.policy.clone(),
                    }));
                }
                self.refuse_empty_roots(tree)?;
            }
            Modules::Detect => {
                let hidden = |path: &str| self.hides(path);
                let paths = roots::Paths::new(tree.protos().filter(|path| !hidden(path)));
                let elsewhere = roots::Paths::new(tree.protos().filter(|path| hidden(path)));
                let scans = scans_of(tree, scans, &hidden);
                let imports: Vec<(&str, &[String])> =
                    scans.iter().map(|(path, scan)| (path.as_str(), scan.imports.as_slice())).collect();
                let found = || {
                    let found = roots::find(&paths, &imports);
                    let module = go_module(tree);
                    roots::with_prefixes(found, &paths, &imports, &elsewhere, module.as_deref())
                };
                let mut own: Option<Vec<Root>> = None;
                if let Some(like) = like.filter(|l| !l.modules.is_empty()) {
                    let theirs = like.roots();
                    // What leaves nothing open fits, whatever else would.
                    let open = roots::unresolved(&paths, &imports, &theirs);
                    let fits = open == 0
                        || open <= roots::unresolved(&paths, &imports, own.get_or_insert_with(found));
                    if fits
                        && (tree.protos().next().is_none()
                            || theirs.iter().any(|root| tree.has_folder(&root.path)))
                    {
                        self.modules.clone_from(&like.modules);
                        self.scans = scans;
                        return Ok(());
                    }
                }
                let found = own.unwrap_or_else(found);
                self.scans = scans;
                self.take_found(tree, settings, &found);
            }
        }
        Ok(())
    }

    /// Takes roots that were found from the imports, and says so.
    fn take_found(&mut self, tree: &Tree, settings: &Settings, found: &[Root]) {
        self.modules = modules_of(found, &settings.policy);
        self.found_roots = true;
        let shown: Vec<String> = found.iter().map(|r| told_root(tree, r)).collect();
        let plural = if found.len() == 1 { "root" } else { "roots" };
        self.notes.push(format!(
            "import {plural} found from the imports of {}: {}",
            tree.name().told(),
            shown.join(", ")
        ));
    }

    fn refuse_empty_roots(&self, tree: &Tree) -> Result<(), LayoutError> {
        for module in &self.modules {
            let has_any = tree.protos().any(|path| is_under(path, &module.root));
            if !has_any
                && !module.root.is_empty()
                && self.modules.iter().filter(|m| m.folder == module.folder).count() == 1
            {
                let folders: BTreeSet<&str> = tree
                    .protos()
                    .flat_map(|path| path.match_indices('/').map(move |(i, _)| &path[..i]))
                    .collect();
                return Err(LayoutError::EmptyRoot {
                    root: shown_root(tree, &module.root),
                    label: tree.name().told(),
                    near: near(&module.root, folders),
                });
            }
        }
        Ok(())
    }

    /// What excludes a path of the tree.
    pub(super) fn excluded(&self, path: &str) -> Option<&Place> {
        let all = self.modules.iter().filter(|m| is_under(path, &m.root)).flat_map(|m| &m.excludes);
        all.into_iter().find(|exclude| is_under(path, &exclude.path)).map(|exclude| &exclude.place)
    }

    /// Whether files of a folder of the tree are only there to be imported.
    fn hides(&self, path: &str) -> bool {
        self.hidden.iter().any(|folder| is_under(path, folder))
    }

    /// Gives every .proto file to the module with the deepest root around it. Where several roots give it a name, it is
    /// known by the one that others import it by.
    fn assign(&mut self, tree: &Tree, like: Option<&Layout>, scans: &Scans) -> Result<(), LayoutError> {
        let mut several: Vec<(&str, usize, Vec<String>)> = Vec::new();
        for path in tree.protos() {
            if self.hides(path) {
                continue;
            }
            let holds = |m: &&Module| is_under(path, &m.root);
            let Some(deepest) = self.modules.iter().filter(holds).map(|m| m.root.len()).max() else {
                continue;
            };
            let takes = |m: &Module| {
                !m.excludes.iter().any(|e| is_under(path, &e.path))
                    && (m.includes.is_empty() || m.includes.iter().any(|folder| is_under(path, folder)))
                    && is_under(path, &m.root)
            };
            // Of two modules with one folder, a file is in the one that takes it.
            let module = self.modules.iter().position(|m| m.root.len() == deepest && takes(m));
            let Some(module) = module else { continue };
            let mut around: Vec<&Module> = self.modules.iter().filter(|m| takes(m)).collect();
            around.sort_by_key(|m| std::cmp::Reverse((m.root.len(), m.prefix.len())));
            let mut names: Vec<String> = Vec::new();
            for m in around {
                let below = path[m.root.len()..].trim_start_matches('/');
                let name = join(&m.prefix, below);
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            match names.len() {
                1 => self.insert(tree, path, module, &names, None)?,
                _ => several.push((path, module, names)),
            }
        }
        if several.is_empty() {
            return Ok(());
        }
        let mut imported: BTreeMap<String, usize> = BTreeMap::new();
        if self.scans.is_empty() {
            self.scans = scans_of(tree, scans, &|path| self.hides(path));
        }
        for import in self.scans.values().flat_map(|scan| &scan.imports) {
            *imported.entry(import.clone()).or_default() += 1;
        }
        let theirs: BTreeMap<&str, &str> = like.map_or_else(BTreeMap::new, |like| {
            like.files.iter().map(|(import, file)| (file.path.as_str(), &**import)).collect()
        });
        for (path, module, mut names) in several {
            // The order is kept where nothing else tells.
            names.sort_by_key(|name| {
                let other_side = theirs.get(path) == Some(&name.as_str());
                std::cmp::Reverse((imported.get(name).copied().unwrap_or_default(), other_side))
            });
            self.insert(tree, path, module, &names, Some(&imported))?;
        }
        Ok(())
    }

    /// Enters a file under the first of its names that is free.
    fn insert(
        &mut self,
        tree: &Tree,
        path: &str,
        module: usize,
        names: &[String],
        imported: Option<&BTreeMap<String, usize>>,
    ) -> Result<(), LayoutError> {
        if let ([name], None) = (names, imported)
            && let Entry::Vacant(free) = self.files.entry(name.as_str().into())
        {
            let (path, display) = (path.to_owned(), tree.display(path));
            free.insert(LayoutFile { path, display, module, target: false });
            return Ok(());
        }
        let wanted = |name: &&String| imported.is_none_or(|i| i.contains_key(*name)) || *name == &names[0];
        let free =
            names.iter().filter(wanted).chain(names).find(|name| !self.files.contains_key(name.as_str()));
        let file = LayoutFile { path: path.to_owned(), display: tree.display(path), module, target: false };
        match free {
            Some(name) => {
                self.files.insert(name.as_str().into(), file);
                Ok(())
            }
            None => Err(LayoutError::Conflict {
                import: names[0].clone(),
                first: self.files[names[0].as_str()].display.clone(),
                second: file.display,
                found_roots: self.found_roots,
            }),
        }
    }

    fn mark_targets(
        &mut self,
        tree: &Tree,
        mounts: &[Mount<'_>],
        selection: &PathSelection,
        side: Side,
    ) -> Result<(), LayoutError> {
        let wanted_package = match tree.scope() {
            Scope::File { path, package_files } => {
                let known = self.files.values().any(|file| file.path == *path);
                if !known && side == Side::New {
                    let excluded = self.excluded(path).cloned();
                    return Err(LayoutError::NotInContract { path: tree.display(path), excluded });
                }
                let package = || tree.read(path).ok().and_then(|bytes| scan(&bytes).look.package.clone());
                package_files.then(package).flatten()
            }
            _ => None,
        };
        let same_package: BTreeSet<String> = match &wanted_package {
            Some(package) => {
                let paths: Vec<&str> = self.files.values().map(|f| f.path.as_str()).collect();
                let texts = tree.read_all_kept(&paths);
                let of = |text: &Result<bytes::Bytes, ReadError>| {
                    text.as_ref().ok().and_then(|t| scan(t).look.package.clone())
                };
                let hits = paths.iter().zip(&texts).filter(|(_, t)| of(t).as_ref() == Some(package));
                hits.map(|(path, _)| (*path).to_owned()).collect()
            }
            None => BTreeSet::new(),
        };
        for (import, file) in &mut self.files {
            let in_scope = match tree.scope() {
                Scope::All => true,
                Scope::Folder(folder) => is_under(&file.path, folder),
                Scope::File { path, .. } => file.path == *path || same_package.contains(&file.path),
            };
            file.target = mounts[file.module].target && in_scope && selection.selects(&file.path, import);
        }
        self.judge_once(tree);
        let hit = |wanted: &String| {
            self.files.iter().any(|(import, f)| is_under(&f.path, wanted) || is_under(import, wanted))
        };
        self.unmatched = selection.paths.iter().filter(|p| !hit(p)).cloned().collect();
        Ok(())
    }

    /// A file that links make several of is judged once, under the first of its paths; the others are names of it.
    fn judge_once(&mut self, tree: &Tree) {
        if tree.linked.is_empty() {
            return;
        }
        let mut first: BTreeMap<(bool, &str), (&str, Box<str>)> = BTreeMap::new();
        for (import, file) in &self.files {
            let path = tree.entries.get_key_value(file.path.as_str()).map_or("", |(path, _)| &**path);
            let best = first.entry((file.target, tree.identity(path))).or_insert((path, import.clone()));
            if path < best.0 {
                *best = (path, import.clone());
            }
        }
        let mut others = Vec::new();
        for (import, file) in &self.files {
            let identity = tree.identity(&file.path);
            let best = first.get(&(true, identity)).or_else(|| first.get(&(false, identity)));
            let Some((_, best)) = best.filter(|(_, best)| best != import) else { continue };
            others.push((import.clone(), best.clone()));
        }
        for (import, best) in others {
            self.files.remove(&import);
            self.aliases.insert(import, best);
        }
    }

    /// Refuses a contract whose own files could not be taken in.
    fn check_problems(&self, tree: &Tree) -> Result<(), LayoutError> {
        let concerns = |problem: &&Problem| {
            let scope = match tree.scope() {
                Scope::All => true,
                Scope::Folder(folder) => is_under(&problem.path, folder),
                Scope::File { path, .. } => *path == problem.path,
            };
            let excluded = |m: &Module| m.excludes.iter().any(|e| is_under(&problem.path, &e.path));
            let module = self.modules.iter().any(|m| is_under(&problem.path, &m.root) && !excluded(m));
            problem.fatal && scope && module
        };
        let problems: Vec<Problem> =
            tree.problems().iter().filter(concerns).map(|p| shown(p, tree)).collect();
        if problems.is_empty() {
            return Ok(());
        }
        Err(LayoutError::Problems { label: tree.name().told(), problems })
    }

    fn take_notes(&mut self, tree: &Tree) {
        self.notes.extend_from_slice(&tree.notes);
        if self.found_roots {
            let name = crate::config::FILE_NAME;
            let nested =
                tree.entries().map(|(path, _)| path).filter(|path| super::tree::name_of(path) == name);
            for folder in nested.filter_map(|path| path.rsplit_once('/').map(|(folder, _)| folder)) {
                let folder = tree.display(folder);
                self.notes.push(format!(
                    "`{folder}/{name}` is not used here; name `{folder}` to check that contract"
                ));
            }
        }
        let minor = tree.problems().iter().filter(|p| !p.fatal);
        let under_root = |p: &&Problem| self.modules.iter().any(|m| is_under(&p.path, &m.root));
        let notes: Vec<String> = minor
            .filter(under_root)
            .map(|p| {
                let hint = p.hint.as_ref().map(|h| format!("; {h}")).unwrap_or_default();
                format!("`{}` {}{hint}", tree.display(&p.path), p.message)
            })
            .collect();
        self.notes.extend(notes);
    }
}

fn shown(problem: &Problem, tree: &Tree) -> Problem {
    Problem { path: tree.display(&problem.path), ..problem.clone() }
}

pub(super) fn shown_root(tree: &Tree, root: &str) -> String {
    let shown = tree.display(root);
    if shown.is_empty() { ".".to_owned() } else { shown }
}

/// The module that a `go.mod` names.
fn go_module(tree: &Tree) -> Option<String> {
    let text = tree.read("go.mod").ok()?;
    let text = String::from_utf8_lossy(&text);
    let name = text.lines().find_map(|line| line.trim().strip_prefix("module "))?;
    Some(name.split("//").next()?.trim().trim_matches('"').to_owned())
}

/// A root as a person knows it.
pub(super) fn told_root(tree: &Tree, root: &Root) -> String {
    let shown = shown_root(tree, &root.path);
    if root.prefix.is_empty() { format!("`{shown}`") } else { format!("`{shown}` as `{}`", root.prefix) }
}

/// What the files of a tree hold, but for those that are hidden: by path.
fn scans_of(tree: &Tree, scans: &Scans, hidden: &dyn Fn(&str) -> bool) -> BTreeMap<String, Arc<Scan>> {
    let paths: Vec<&str> = tree.protos().filter(|p| is_proto(p) && !hidden(p)).collect();
    let found = scans.of(tree, &paths);
    paths.into_iter().map(str::to_owned).zip(found).collect()
}
