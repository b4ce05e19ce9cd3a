//! Which files a contract is made of: import paths, modules, targets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;
use thiserror::Error;

use super::elsewhere;
use super::open::below_root;
use super::tree::{ReadError, Scope, is_proto};
use super::{Loaded, Mount, Plan, Problem, Side, Tree, roots, scan};
use crate::compile::Input;
use crate::config::{Modules, Policy, Settings, is_under, normalize};
use crate::text::near;

/// The `--path` and `--exclude-path` of a run, as paths from the root of the new side's tree.
///
/// A path names the file or folder at that place, or of that import path, so that it means the same on both
/// sides and for compiled inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathSelection {
    /// Only these; empty for all.
    pub paths: Vec<String>,
    /// Never these.
    pub exclude: Vec<String>,
    /// What was typed and lies outside the contract, for a message.
    pub outside: Vec<String>,
}

impl PathSelection {
    /// Reads flags, which are relative to the working directory, and adds the configured paths: those to keep where no
    /// flag names any, those to leave out always.
    #[must_use]
    pub fn new(
        new: &Loaded,
        configured: (&[String], &[String]),
        cwd: &Path,
        paths: &[String],
        exclude: &[String],
    ) -> PathSelection {
        let mut selection = PathSelection::default();
        let mut read = |typed: &String| {
            let path = match new.tree().and_then(Tree::root) {
                Some(root) => below_root(root, cwd, typed),
                None => normalize(typed).ok().map(|path| match new {
                    // A revision shows paths from the repository's root, and takes them that way too.
                    Loaded::Tree(tree) => {
                        let at = tree.display.typed.as_str();
                        path.strip_prefix(at).map(|p| p.trim_start_matches('/').to_owned()).unwrap_or(path)
                    }
                    Loaded::Image(_) => path,
                }),
            };
            if path.is_none() {
                selection.outside.push(typed.clone());
            }
            path
        };
        let typed_paths: Vec<String> = paths.iter().filter_map(&mut read).collect();
        let typed_exclude: Vec<String> = exclude.iter().filter_map(&mut read).collect();
        selection.paths = if paths.is_empty() { configured.0.to_vec() } else { typed_paths };
        selection.exclude = configured.1.iter().cloned().chain(typed_exclude).collect();
        selection
    }

    /// Whether a file is selected, by its path in the tree and its import path (for compiled inputs, twice the
    /// import path).
    #[must_use]
    pub fn selects(&self, path: &str, import: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|p| is_under(path, p) || is_under(import, p));
        (self.paths.is_empty() && self.outside.is_empty() || named(&self.paths)) && !named(&self.exclude)
    }
}

/// One module of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// The import root, from the root of the tree; empty for the tree's own folder.
    pub root: String,
    /// The folder of the module it belongs to; differs from the root in buf v1beta1 only.
    pub folder: String,
    /// The module's full name, when it has one.
    pub name: Option<String>,
    /// Only these folders belong to it; empty for all. From the root of the tree.
    pub includes: Vec<String>,
    /// These do not.
    pub excludes: Vec<String>,
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
    /// Index into [`Layout::modules`] and [`Plan::mounts`].
    pub module: usize,
    /// Whether it is to be judged, and not only there to be imported.
    pub target: bool,
}

/// Which files a contract is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The modules, as configured.
    pub modules: Vec<Module>,
    /// The files by import path.
    pub files: BTreeMap<Box<str>, LayoutFile>,
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
            LayoutError::NoFiles { .. } => Some("name the directory that holds the .proto files".into()),
            LayoutError::EmptyRoot { near, .. } => match near.first() {
                Some(best) => Some(format!("did you mean `{best}`?")),
                None => Some("roots are relative to the folder of the configuration file".into()),
            },
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
) -> Result<Resolved, LayoutError> {
    let plan = plan(tree, settings, selection, side, like)?;
    let input = plan.input()?;
    Ok(Resolved { layout: plan.layout, input })
}

/// Lays a tree out: which file belongs to which module under which import path. Reads file contents only when
/// the roots must be found from the imports.
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
) -> Result<Plan<'t>, LayoutError> {
    let mut layout = Layout { policy: settings.policy.clone(), ..Layout::default() };
    layout.choose_modules(tree, settings, like)?;
    let mounts: Vec<Mount<'t>> = layout.modules.iter().map(|m| Mount::own(tree, &m.root)).collect();
    layout.assign(&mounts)?;
    if layout.files.is_empty() && side == Side::New {
        return Err(LayoutError::NoFiles { label: tree.name().told(), elsewhere: elsewhere::contract(tree) });
    }
    layout.mark_targets(tree, &mounts, selection, side)?;
    layout.check_problems(tree)?;
    layout.take_notes(tree);
    Ok(Plan { layout, mounts, tree })
}

/// One module for every root, judged alike.
fn modules_of(roots: &[String], policy: &Policy) -> Vec<Module> {
    let module = |root: &String| Module {
        root: root.clone(),
        folder: root.clone(),
        name: None,
        includes: Vec::new(),
        excludes: Vec::new(),
        policy: policy.clone(),
    };
    roots.iter().map(module).collect()
}

impl Layout {
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
        let own = self.files.get(import).map(|file| &self.modules[file.module]);
        let module = own.or_else(|| {
            let old = old?;
            let before = &old.modules[old.files.get(import)?.module];
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
                let paths = roots::Paths::new(tree.protos());
                let imports = imports_of(tree);
                let found = roots::find(&paths, &imports);
                if let Some(like) = like.filter(|l| !l.modules.is_empty()) {
                    let theirs: Vec<String> = like.modules.iter().map(|m| m.root.clone()).collect();
                    let fits = roots::unresolved(&paths, &imports, &theirs)
                        <= roots::unresolved(&paths, &imports, &found);
                    if fits
                        && (tree.protos().next().is_none() || theirs.iter().any(|root| tree.has_folder(root)))
                    {
                        self.modules.clone_from(&like.modules);
                        return Ok(());
                    }
                }
                self.modules = modules_of(&found, &settings.policy);
                self.found_roots = true;
                let shown: Vec<String> = found.iter().map(|r| format!("`{}`", shown_root(tree, r))).collect();
                let plural = if found.len() == 1 { "root" } else { "roots" };
                self.notes.push(format!(
                    "import {plural} found from the imports of {}: {}",
                    tree.name().told(),
                    shown.join(", ")
                ));
            }
        }
        Ok(())
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

    /// Gives every .proto file to the mount of its tree with the deepest root around it.
    fn assign(&mut self, mounts: &[Mount<'_>]) -> Result<(), LayoutError> {
        let is_first = |i: usize| !mounts[..i].iter().any(|m| std::ptr::eq(m.tree, mounts[i].tree));
        let trees = (0..mounts.len()).filter(|i| is_first(*i)).map(|i| mounts[i].tree);
        for (tree, path) in trees.flat_map(|tree| tree.protos().map(move |path| (tree, path))) {
            let around =
                mounts.iter().enumerate().filter(|(_, m)| std::ptr::eq(m.tree, tree) && m.holds(path));
            let Some((index, mount)) = around.max_by_key(|(_, m)| m.root.len()) else { continue };
            let module = &self.modules[index];
            let listed = |folders: &[String]| folders.iter().any(|folder| is_under(path, folder));
            if listed(&module.excludes) || !(module.includes.is_empty() || listed(&module.includes)) {
                continue;
            }
            let import = mount.import(path);
            let file = LayoutFile {
                path: path.to_owned(),
                display: tree.display(path),
                module: index,
                target: false,
            };
            if let Some(other) = self.files.insert(import.as_str().into(), file) {
                return Err(LayoutError::Conflict {
                    import,
                    first: other.display,
                    second: tree.display(path),
                    found_roots: self.found_roots,
                });
            }
        }
        Ok(())
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
                    return Err(LayoutError::NotInContract { path: tree.display(path) });
                }
                let package = || tree.read(path).ok().and_then(|bytes| scan(&bytes).package);
                package_files.then(package).flatten()
            }
            _ => None,
        };
        let same_package: BTreeSet<String> = match &wanted_package {
            Some(package) => {
                let paths: Vec<&str> = self.files.values().map(|f| f.path.as_str()).collect();
                let texts = tree.read_all_kept(&paths);
                let of =
                    |text: &Result<bytes::Bytes, ReadError>| text.as_ref().ok().and_then(|t| scan(t).package);
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
        let hit = |wanted: &String| {
            self.files.iter().any(|(import, f)| is_under(&f.path, wanted) || is_under(import, wanted))
        };
        self.unmatched = selection.paths.iter().filter(|p| !hit(p)).cloned().collect();
        Ok(())
    }

    /// Refuses a contract whose own files could not be taken in.
    fn check_problems(&self, tree: &Tree) -> Result<(), LayoutError> {
        let concerns = |problem: &&Problem| {
            let scope = match tree.scope() {
                Scope::All => true,
                Scope::Folder(folder) => is_under(&problem.path, folder),
                Scope::File { path, .. } => *path == problem.path,
            };
            let excluded = |m: &Module| m.excludes.iter().any(|e| is_under(&problem.path, e));
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

fn imports_of(tree: &Tree) -> Vec<(&str, Vec<String>)> {
    let paths: Vec<&str> = tree.protos().filter(|p| is_proto(p)).collect();
    let texts = tree.read_all_kept(&paths);
    let scanned: Vec<Vec<String>> =
        texts.par_iter().map(|text| text.as_ref().map(|t| scan(t).imports).unwrap_or_default()).collect();
    paths.into_iter().zip(scanned).collect()
}
