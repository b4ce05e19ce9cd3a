//! What a side consists of, known before anything of it is read for the compiler.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use rayon::prelude::*;

use super::affected::{Affected, Graph, affected};
use super::layout::{LayoutFile, told_root};
use super::{ContentId, Layout, LayoutError, Problem, ReadError, Scan, Tree};
use crate::compile::{Input, InputFile, LeftOut, same_tokens};
use crate::config::{Root, is_under};

/// A folder of a tree whose files belong to a side.
#[derive(Clone, Debug)]
pub struct Mount<'t> {
    /// Where the files are.
    pub tree: &'t Tree,
    /// The folder, from the root of the tree; empty for all of it.
    pub root: String,
    /// What the import paths of its files begin with; empty where they begin in the folder.
    pub prefix: String,
    /// Whether its files can be judged; those of others are only there to be imported.
    pub target: bool,
}

impl<'t> Mount<'t> {
    /// A folder of the contract itself, where import paths begin.
    #[must_use]
    pub fn own(tree: &'t Tree, root: &str) -> Mount<'t> {
        Mount { tree, root: root.to_owned(), prefix: String::new(), target: true }
    }

    /// Whether a file of the tree lies in the folder.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        is_under(path, &self.root)
    }

    /// The import path of a file of the folder, by its path in the tree.
    #[must_use]
    pub fn import(&self, path: &str) -> String {
        let below = path[self.root.len()..].trim_start_matches('/');
        if self.prefix.is_empty() { below.to_owned() } else { format!("{}/{below}", self.prefix) }
    }
}

/// A file of a version.
#[derive(Clone, Debug)]
pub struct Text {
    /// What tells its bytes from others.
    pub id: ContentId,
    /// The bytes, where they were not seen before.
    pub content: Option<Bytes>,
}

/// A side laid out: which files it has, and where each of them is. Nothing was read for the compiler yet.
#[derive(Clone, Debug)]
pub struct Plan<'t> {
    /// The files by import path, and how they are judged.
    pub layout: Layout,
    /// Where they are, by [`super::layout::LayoutFile::module`]: those of the contract itself, then places where
    /// imports were found.
    pub mounts: Vec<Mount<'t>>,
    /// The tree of the contract itself.
    pub tree: &'t Tree,
    /// The targets and all that they import, by import path; `None` where an import can only be read by the compiler.
    pub(super) reached: Option<BTreeSet<Box<str>>>,
    /// What is in the targets and all that they import, built-in files too, by import path.
    pub(super) scans: BTreeMap<Box<str>, Arc<Scan>>,
    /// Of what is only there to be imported: the file that led to it first.
    pub(super) above: BTreeMap<Box<str>, Box<str>>,
}

impl<'t> Plan<'t> {
    /// What a change from this side to another can reach; `None` where that is everything, or not certain.
    #[must_use]
    pub fn affected(&self, new: &Plan<'_>) -> Option<Affected> {
        let found = |layout: &Layout| -> Vec<(String, String)> {
            layout.modules.iter().map(|m| (m.root.clone(), m.prefix.clone())).collect()
        };
        let guessed = self.layout.found_roots || new.layout.found_roots;
        if guessed && found(&self.layout) != found(&new.layout) {
            return None;
        }
        let alike = |imports: &[&str]| -> Vec<bool> {
            let (old, new) = (self.kept(imports), new.kept(imports));
            let same = |(old, new): (&Option<Bytes>, &Option<Bytes>)| {
                old.as_ref().zip(new.as_ref()).is_some_and(|(old, new)| same_tokens(old, new))
            };
            old.par_iter().zip(&new).map(same).collect()
        };
        let (old, new) = rayon::join(|| Graph::of(self), || Graph::of(new));
        affected(&old?, &new?, &alike)
    }

    /// The bytes of files by import path, in the order given, which are kept for the compiler; nothing of those that
    /// cannot be read, or are built in.
    fn kept(&self, imports: &[&str]) -> Vec<Option<Bytes>> {
        let mut texts: Vec<Option<Bytes>> = vec![None; imports.len()];
        let own: Vec<usize> =
            (0..imports.len()).filter(|at| self.layout.files.contains_key(imports[*at])).collect();
        let names: Vec<&str> = own.iter().map(|at| imports[*at]).collect();
        self.by_tree(&names, |tree, paths, at| {
            let found = tree.read_all_kept(paths);
            at.iter().zip(found).for_each(|(at, text)| texts[own[*at]] = text.ok());
        });
        texts
    }

    /// What the compiler reads: the targets and all that they can need.
    ///
    /// # Errors
    ///
    /// As [`Plan::read`].
    pub fn input(&self) -> Result<Input, LayoutError> {
        let taken = |import: &str| self.reached.as_ref().is_none_or(|needed| needed.contains(import));
        Ok(Input { files: self.read(&taken)?, ..self.rest() })
    }

    /// The same for a part of the files: those that `taken` accepts by import path are read, of the others little is
    /// known. What the compiled ones import has to be among them.
    ///
    /// # Errors
    ///
    /// As [`Plan::read`].
    pub fn input_of(&self, taken: &(dyn Fn(&str) -> bool + Sync)) -> Result<Input, LayoutError> {
        let left_out = self.left_out(taken).into();
        Ok(Input { files: self.read(taken)?, left_out, ..self.rest() })
    }

    /// The bytes of the files that `taken` accepts by import path, in the order of their import paths.
    ///
    /// # Errors
    ///
    /// Files that are to be judged cannot be read; all of them are named. A file that is only there to be
    /// imported is left out instead.
    pub fn read(&self, taken: &dyn Fn(&str) -> bool) -> Result<Vec<InputFile>, LayoutError> {
        let wanted: Vec<_> = self.layout.files.iter().filter(|(import, _)| taken(import)).collect();
        let imports: Vec<&str> = wanted.iter().map(|(import, _)| &***import).collect();
        let mut files = Vec::with_capacity(wanted.len());
        let mut problems = Vec::new();
        for ((import, file), content) in wanted.into_iter().zip(self.texts(&imports)) {
            match content {
                Ok(content) => files.push(InputFile {
                    name: import.clone(),
                    display: file.display.as_str().into(),
                    content,
                    target: file.target,
                }),
                Err(error) if file.target || matches!(error, ReadError::NotAsLocked) => {
                    problems.push(Problem {
                        path: file.display.clone(),
                        message: error.to_string(),
                        fatal: true,
                        hint: error.hint(&file.display),
                    })
                }
                Err(_) => {}
            }
        }
        if !problems.is_empty() {
            return Err(LayoutError::Problems { label: self.tree.name().told(), problems });
        }
        Ok(files)
    }

    /// The files that can be judged, in the order of their import paths, with the bytes of those that nobody has seen.
    ///
    /// # Errors
    ///
    /// As [`Plan::read`].
    pub(super) fn own(&self, seen: &dyn Fn(ContentId) -> bool) -> Result<Vec<Text>, LayoutError> {
        let tree = |file: &LayoutFile| self.mounts[file.module].tree;
        let unseen = |import: &str| {
            let file = &self.layout.files[import];
            file.target && tree(file).known_id(&file.path).is_none_or(|id| !seen(id))
        };
        let mut read = self.read(&unseen)?.into_iter().peekable();
        let own = self.layout.files.iter().filter(|(_, file)| file.target);
        let texts = own.filter_map(|(import, file)| {
            let content = read.next_if(|read| read.name == *import).map(|read| read.content);
            let id = match &content {
                Some(content) => tree(file).identify(&file.path, content),
                None => tree(file).known_id(&file.path),
            };
            Some(Text { id: id?, content })
        });
        Ok(texts.collect())
    }

    /// What is known of the files that `taken` does not accept by import path: of targets and of what they import.
    fn left_out(&self, taken: &dyn Fn(&str) -> bool) -> LeftOut {
        let mut all = LeftOut::default();
        for (import, scan) in self.scans.iter().filter(|(import, scan)| !scan.unreadable && !taken(import)) {
            let look = &scan.look;
            match all.packages.get_mut(look.package()) {
                Some(known) => *known = known.or(look.declares),
                None => {
                    all.packages.insert(look.package().into(), look.declares);
                }
            }
            all.files.push((import.clone(), look.clone()));
            all.any = all.any || look.any && self.layout.files.get(import).is_some_and(|file| file.target);
        }
        all
    }

    /// What the compiler knows besides files.
    fn rest(&self) -> Input {
        let told =
            |m: &Mount<'_>| told_root(m.tree, &Root { path: m.root.clone(), prefix: m.prefix.clone() });
        let mut roots: Vec<String> = Vec::new();
        for root in self.mounts.iter().map(told) {
            if !roots.contains(&root) {
                roots.push(root);
            }
        }
        let aliases = self.layout.aliases.iter().map(|(name, known)| (name.clone(), known.clone()));
        let absent =
            self.layout.missing.iter().map(|(import, missing)| (import.clone(), missing.why.clone()));
        let given = self.layout.files.iter().filter_map(|(import, file)| {
            let tree = self.mounts[file.module].tree;
            Some((import.clone(), tree.descriptors.get(&file.path)?.clone()))
        });
        Input {
            given: given.collect(),
            roots,
            aliases: aliases.collect(),
            absent: absent.collect(),
            found_roots: self.layout.found_roots,
            ..Input::default()
        }
    }

    /// The bytes of files by import path, in the order given.
    fn texts(&self, imports: &[&str]) -> Vec<Result<bytes::Bytes, ReadError>> {
        let mut texts: Vec<_> = imports.iter().map(|_| None).collect();
        self.by_tree(imports, |tree, paths, at| {
            at.iter().zip(tree.read_all(paths)).for_each(|(at, text)| texts[*at] = Some(text));
        });
        texts.into_iter().flatten().collect()
    }

    /// Asks each tree once: gives the paths of files by import path, with their places in the list.
    pub(super) fn by_tree<N: AsRef<str>>(
        &self,
        imports: &[N],
        mut ask: impl FnMut(&'t Tree, &[&str], &[usize]),
    ) {
        let files: Vec<_> = imports.iter().map(|import| &self.layout.files[import.as_ref()]).collect();
        let tree = |at: usize| self.mounts[files[at].module].tree;
        let mut rest: Vec<usize> = (0..files.len()).collect();
        while let Some(first) = rest.first() {
            let from = tree(*first);
            let (theirs, others): (Vec<usize>, Vec<usize>) =
                rest.into_iter().partition(|at| std::ptr::eq(tree(*at), from));
            let paths: Vec<&str> = theirs.iter().map(|at| files[*at].path.as_str()).collect();
            ask(from, &paths, &theirs);
            rest = others;
        }
    }
}
