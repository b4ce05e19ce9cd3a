//! What a change between two sides can reach: the files that are worth compiling.
//!
//! A file whose bytes are the same on both sides, and all of whose imports are, means the same on both. It takes part
//! all the same where the verdict on a change looks at it: the rule is to take in a file too many, never to leave out one
//! that would have added a word. What is taken in:
//!
//! - files that came, went, have other bytes, or belong to the contract on one side only, unless only their comments are
//!   other ones;
//! - files that import one of them, directly or not: they hold its types, their calls carry them, and names in them
//!   may mean something else now. What extends a message is an importer of the file that declares it too: whatever holds
//!   the message holds the extension;
//! - files that share a package, or a container of generated names, with one of them;
//! - files with HTTP calls that match every URL of a call that one of them has;
//! - files that extend messages of others, and files with comments that accept a break;
//! - what all of these import, and of what is only there to be imported a way that leads to it.
//!
//! A file of the set is compiled on both sides wherever it is there, so that it never seems to come or to go.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{ContentId, Layout, Plan, Scan};
use crate::compile::{Diagnostic, well_known_text};
use crate::text::templates::{Templates, covers, shape};

/// The files of one side: targets and what they import, by import path.
#[derive(Debug, Default)]
pub(super) struct Graph<'p>(BTreeMap<&'p str, Node<'p>>);

/// A file as it matters here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'p> {
    id: ContentId,
    target: bool,
    scan: &'p Scan,
    /// Of what is only there to be imported: a file that leads to it.
    above: Option<&'p str>,
}

/// What a change can reach, by import path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affected {
    /// What has to be compiled.
    pub files: BTreeSet<Box<str>>,
    /// Those that do not say the same on both sides.
    pub changed: BTreeSet<Box<str>>,
    /// These, and what can mean something else because of them.
    pub reached: BTreeSet<Box<str>>,
}

impl Affected {
    /// Leaves out warnings of files that the change does not reach, whether they were compiled or not.
    pub fn keep_warnings(&self, warnings: &mut Vec<Diagnostic>, layout: &Layout) {
        let reached = self.reached.iter().filter_map(|name| layout.files.get(name));
        let shown: FxHashSet<&str> = reached.map(|file| file.display.as_str()).collect();
        warnings.retain(|warning| shown.contains(&*warning.file));
    }
}

impl<'p> Graph<'p> {
    /// The graph of a side; `None` where something about it is not certain enough to leave a file out.
    pub(super) fn of(plan: &'p Plan<'_>) -> Option<Graph<'p>> {
        let given = plan.mounts.iter().any(|mount| !mount.tree.descriptors.is_empty());
        if plan.reached.is_none() || given || !plan.layout.aliases.is_empty() {
            return None;
        }
        let mut nodes = Vec::with_capacity(plan.scans.len());
        for (import, scan) in &plan.scans {
            // protoc takes over a whole side where one file declares an edition.
            if scan.unreadable || scan.edition {
                return None;
            }
            let above = plan.above.get(import).map(|above| &**above);
            let (id, target) = match plan.layout.files.get(import) {
                Some(file) => (plan.mounts[file.module].tree.known_id(&file.path)?, file.target),
                None => (ContentId::of(well_known_text(import)?.as_bytes()), false),
            };
            nodes.push((&**import, Node { id, target, scan, above }));
        }
        // They are sorted, and a map of what is sorted is made at once.
        Some(Graph(nodes.into_iter().collect()))
    }

    fn imports(&self, name: &str) -> impl Iterator<Item = &'p str> {
        self.0.get(name).into_iter().flat_map(|node| node.scan.imports.iter().map(String::as_str))
    }

    /// The files whose types a file sees: those it imports, and what these import publicly.
    fn visible(&self, name: &str) -> Vec<&'p str> {
        let mut seen: Vec<&'p str> = Vec::new();
        let mut open: Vec<&'p str> = self.imports(name).collect();
        while let Some(next) = open.pop() {
            if !seen.contains(&next) {
                seen.push(next);
                let public = self.0.get(next).into_iter().flat_map(|node| &node.scan.public);
                open.extend(public.map(String::as_str));
            }
        }
        seen
    }
}

impl Node<'_> {
    fn package(&self) -> &str {
        self.scan.look.package()
    }

    /// A package that an option says, or else its own.
    fn said<'s>(&'s self, said: &'s Option<String>) -> &'s str {
        said.as_deref().filter(|said| !said.is_empty()).unwrap_or(self.package())
    }

    fn go_package(&self) -> &str {
        self.said(&self.scan.go_package).split(';').next().unwrap_or_default()
    }

    /// Whether it declares the options of descriptor.proto: they describe those of every file.
    fn describes_options(&self) -> bool {
        self.package() == "google.protobuf" && self.scan.look.types.iter().any(|name| name == "FileOptions")
    }
}

/// What files share with others whose generated names stand beside their own: the packages of the languages.
#[derive(Debug, Default)]
struct Containers {
    /// Packages and modules by their letters, digits and points, where upper and lower case are the same.
    packages: FxHashSet<String>,
    modules: FxHashSet<String>,
    go: FxHashSet<String>,
    java: FxHashSet<String>,
}

impl Containers {
    fn of(files: &[(&str, Node<'_>)]) -> Containers {
        let mut out = Containers::default();
        for (name, node) in files {
            out.packages.insert(plain(node.package()).collect());
            out.modules.insert(module(name).collect());
            out.go.insert(node.go_package().to_owned());
            out.java.insert(node.said(&node.scan.java_package).to_owned());
        }
        out
    }

    /// Whether a file shares one of them; `text` is room to write in.
    fn hold(&self, name: &str, node: &Node<'_>, text: &mut String) -> bool {
        let mut is_in = |known: &FxHashSet<String>, letters: &mut dyn Iterator<Item = char>| {
            text.clear();
            text.extend(letters);
            known.contains(text.as_str())
        };
        self.go.contains(node.go_package())
            || self.java.contains(node.said(&node.scan.java_package))
            || is_in(&self.packages, &mut plain(node.package()))
            || is_in(&self.modules, &mut module(name))
    }
}

/// The HTTP calls of some files: another file may have one that serves them too.
#[derive(Debug, Default)]
struct Calls {
    shapes: Vec<String>,
    templates: Templates,
}

impl Calls {
    /// All that some files may have; `None` where one is not spelled out.
    fn of(files: &[(&str, Node<'_>)]) -> Option<Calls> {
        let mut shapes = FxHashSet::default();
        for (_, node) in files {
            shapes.extend(node.scan.paths.as_deref()?.lines().map(|path| shape(path).0));
        }
        let mut calls = Calls { shapes: shapes.into_iter().collect(), ..Calls::default() };
        for (number, shape) in calls.shapes.iter().enumerate() {
            calls.templates.add(shape, number);
        }
        Some(calls)
    }

    /// Whether a file may have a call that matches every URL of one of these.
    fn may_be_served(&self, by: &Scan) -> bool {
        let serves = |path: &str| {
            let wide = shape(path).0;
            self.templates.overlapping(&wide).iter().any(|number| covers(&wide, &self.shapes[*number]))
        };
        !self.shapes.is_empty() && by.paths.as_deref().is_none_or(|paths| paths.lines().any(serves))
    }
}

fn plain(text: &str) -> impl Iterator<Item = char> {
    let letters = text.chars().filter(|c| c.is_alphanumeric() || *c == '.');
    letters.map(|c| c.to_ascii_lowercase())
}

/// The Python module of a file, by its import path.
fn module(name: &str) -> impl Iterator<Item = char> {
    let letters = name.chars().map(|c| if c == '/' { '.' } else { c });
    letters.filter(|c| c.is_alphanumeric() || *c == '.').map(|c| c.to_ascii_lowercase())
}

/// The nodes of both sides by their names, in the order of these.
fn pairs<'p>(old: &Graph<'p>, new: &Graph<'p>) -> Vec<(&'p str, [Option<Node<'p>>; 2])> {
    let (mut old, mut new) = (old.0.iter().peekable(), new.0.iter().peekable());
    let mut pairs = Vec::with_capacity(old.len().max(new.len()));
    loop {
        let order = match (old.peek(), new.peek()) {
            (Some((was, _)), Some((is, _))) => was.cmp(is),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return pairs,
        };
        let was = if order.is_gt() { None } else { old.next() };
        let is = if order.is_lt() { None } else { new.next() };
        let name = was.or(is).map(|(name, _)| *name);
        pairs.extend(name.map(|name| (name, [was, is].map(|side| side.map(|(_, node)| *node)))));
    }
}

/// Whether a file is the same on both sides.
fn is_same(sides: &[Option<Node<'_>>; 2]) -> bool {
    matches!(sides, [Some(old), Some(new)] if old.id == new.id && old.target == new.target)
}

/// What has to be compiled for the whole report; `None` where that is everything, or so much that leaving out the rest
/// saves nothing.
///
/// `alike` says of files with other bytes which of them say the same to the compiler all the same, in their order.
pub(super) fn affected(
    old: &Graph<'_>,
    new: &Graph<'_>,
    alike: &dyn Fn(&[&str]) -> Vec<bool>,
) -> Option<Affected> {
    let pairs = pairs(old, new);
    let sides = [old, new];
    let nodes =
        |name: &str| sides.into_iter().filter_map(|side| side.0.get(name).copied()).collect::<Vec<_>>();
    let changed = pairs.iter().filter(|(_, sides)| !is_same(sides)).map(|(name, _)| *name);
    let changed: BTreeSet<&str> = changed.collect();
    // Where only comments are other ones, nobody else notices.
    let kept = |name: &&str| match (old.0.get(name), new.0.get(name)) {
        (Some(a), Some(b)) => a.target == b.target,
        _ => false,
    };
    let edited: Vec<&str> = changed.iter().copied().filter(kept).collect();
    let alike: FxHashSet<&str> =
        edited.iter().zip(alike(&edited)).filter(|(_, alike)| *alike).map(|(name, _)| *name).collect();
    let meant: BTreeSet<&str> = changed.iter().copied().filter(|name| !alike.contains(name)).collect();
    let reached = closed(&meant, &importers(sides, &pairs));
    let of_changed: Vec<(&str, Node<'_>)> =
        meant.iter().flat_map(|name| nodes(name).into_iter().map(|node| (*name, node))).collect();
    if of_changed.iter().any(|(name, node)| node.describes_options() && well_known_text(name).is_none()) {
        return None;
    }
    let containers = (!of_changed.is_empty()).then(|| Containers::of(&of_changed));
    let extends = of_changed.iter().any(|(_, node)| node.scan.look.declares.extensions);
    let outer = new_packages(sides, &meant, &of_changed);
    let calls = Calls::of(&of_changed)?;
    let mut text = String::new();
    let mut wanted = |name: &str, node: &Node<'_>| {
        node.scan.allows
            || node.scan.extends
            || extends && node.scan.look.declares.extensions
            || node.describes_options() && node.target
            || outer.contains(node.package())
            || calls.may_be_served(node.scan)
            || containers.as_ref().is_some_and(|containers| containers.hold(name, node, &mut text))
    };
    let mut open: Vec<&str> = reached.iter().copied().collect();
    for (name, sides) in &pairs {
        // What is the same on both sides is looked at once.
        let looked = if is_same(sides) { &sides[1..] } else { &sides[..] };
        if looked.iter().flatten().any(|node| wanted(name, node)) {
            open.push(name);
        }
    }
    let mut files: BTreeSet<&str> = BTreeSet::new();
    while let Some(name) = open.pop() {
        if sides.iter().all(|side| !side.0.contains_key(name)) || !files.insert(name) {
            continue;
        }
        for side in sides {
            open.extend(side.imports(name));
            open.extend(side.0.get(name).filter(|node| !node.target).and_then(|node| node.above));
        }
    }
    // Of what is left out the heads are still read, and a part that does not tell all is compiled in vain.
    if files.len() * 2 > pairs.len() {
        return None;
    }
    let kept = |names: BTreeSet<&str>| names.into_iter().map(Into::into).collect();
    Some(Affected { files: kept(files), changed: kept(meant), reached: kept(reached) })
}

/// By file, those that mean something else when it does.
fn importers<'p>(
    graphs: [&Graph<'p>; 2],
    pairs: &[(&'p str, [Option<Node<'p>>; 2])],
) -> FxHashMap<&'p str, Vec<&'p str>> {
    let mut importers: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
    for (name, sides) in pairs {
        let once = is_same(sides);
        for (side, (graph, node)) in graphs.iter().zip(sides).enumerate() {
            let Some(node) = node else { continue };
            // The same bytes import the same.
            for import in node.scan.imports.iter().filter(|_| side == 1 || !once) {
                importers.entry(import).or_default().push(name);
            }
            // But what is imported publicly is said by others.
            if node.scan.extends {
                importers.entry(name).or_default().extend(graph.visible(name));
            }
        }
    }
    importers
}

/// Some files and all that edges lead to from them.
fn closed<'p>(from: &BTreeSet<&'p str>, edges: &FxHashMap<&'p str, Vec<&'p str>>) -> BTreeSet<&'p str> {
    let mut open: Vec<&str> = from.iter().copied().collect();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    while let Some(name) = open.pop() {
        if seen.insert(name) {
            open.extend(edges.get(name).into_iter().flatten());
        }
    }
    seen
}

/// Of packages that only changed files are in, or in packages below: those around them. A type of one of these can have
/// the name of the package.
fn new_packages<'n>(
    sides: [&Graph<'_>; 2],
    changed: &BTreeSet<&str>,
    of_changed: &'n [(&str, Node<'_>)],
) -> FxHashSet<&'n str> {
    let mut known: FxHashSet<&str> = FxHashSet::default();
    for side in sides {
        for (_, node) in side.0.iter().filter(|(name, _)| !changed.contains(*name)) {
            known.extend(around(node.package()).chain([node.package()]));
        }
    }
    let new = of_changed.iter().map(|(_, node)| node.package()).filter(|package| !known.contains(package));
    new.flat_map(around).collect()
}

/// The packages around one, the nameless one too.
fn around(package: &str) -> impl Iterator<Item = &str> {
    let outer = package.match_indices('.').map(|(at, _)| &package[..at]);
    outer.chain((!package.is_empty()).then_some(""))
}
