//! What a change between two sides can reach: the files that are worth compiling.
//!
//! A file whose bytes are the same on both sides, and all of whose imports are, means the same on both. It takes part
//! all the same where the verdict on a change looks at it: the rule is to take in a file too many, never to leave out one
//! that would have added a word. What is taken in:
//!
//! - files that came, went, have other bytes, or belong to the contract on one side only;
//! - files that import one of them, directly or not, unless only its comments are other ones: they hold its types, their calls carry them, and names in them
//!   may mean something else now. What extends a message is an importer of the file that declares it too: whatever holds
//!   the message holds the extension;
//! - files that share a package, or a container of generated names, with a file of which more than comments has changed;
//! - files that extend messages of others, and files with comments that accept a break;
//! - what all of these import, and of what is only there to be imported a way that leads to it.
//!
//! A file of the set is compiled on both sides wherever it is there, so that it never seems to come or to go.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{ContentId, Layout, Plan, Scan};
use crate::compile::{Diagnostic, well_known_text};

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
    /// Those that are not the same on both sides.
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
        let mut nodes = BTreeMap::new();
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
            nodes.insert(&**import, Node { id, target, scan, above });
        }
        Some(Graph(nodes))
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
        self.scan.package.as_deref().unwrap_or_default()
    }

    /// What a file shares with others whose generated names stand beside its own: the packages of the languages.
    fn containers(&self, name: &str) -> [(char, String); 4] {
        let own = |said: &Option<String>| {
            said.as_deref().filter(|said| !said.is_empty()).unwrap_or(self.package()).to_owned()
        };
        let go = own(&self.scan.go_package);
        let plain = |text: &str| -> String {
            let letters = text.chars().filter(|c| c.is_alphanumeric() || *c == '.');
            letters.map(|c| c.to_ascii_lowercase()).collect()
        };
        [
            ('p', plain(self.package())),
            ('g', go.split(';').next().unwrap_or_default().to_owned()),
            ('j', own(&self.scan.java_package)),
            ('m', plain(&name.replace('/', "."))),
        ]
    }

    /// Whether it declares the options of descriptor.proto: they describe those of every file.
    fn describes_options(&self) -> bool {
        self.package() == "google.protobuf" && self.scan.types.iter().any(|name| name == "FileOptions")
    }
}

/// From how many files on a part has to be a quarter of them at most, and not a half.
const MANY: usize = 2_000;

/// What has to be compiled for the whole report; `None` where that is everything, or so much that leaving out the rest
/// saves nothing.
///
/// `alike` says of files with other bytes which of them say the same to the compiler all the same, in their order.
pub(super) fn affected(
    old: &Graph<'_>,
    new: &Graph<'_>,
    alike: &dyn Fn(&[&str]) -> Vec<bool>,
) -> Option<Affected> {
    let names: BTreeSet<&str> = old.0.keys().chain(new.0.keys()).copied().collect();
    let sides = [old, new];
    let nodes =
        |name: &str| sides.into_iter().filter_map(|side| side.0.get(name).copied()).collect::<Vec<_>>();
    let same = |name: &str| match (old.0.get(name), new.0.get(name)) {
        (Some(a), Some(b)) => a.id == b.id && a.target == b.target,
        _ => false,
    };
    let changed: BTreeSet<&str> = names.iter().copied().filter(|name| !same(name)).collect();
    // Where only comments are other ones, nobody else notices.
    let kept = |name: &&str| match (old.0.get(name), new.0.get(name)) {
        (Some(a), Some(b)) => a.target == b.target,
        _ => false,
    };
    let edited: Vec<&str> = changed.iter().copied().filter(kept).collect();
    let alike: FxHashSet<&str> =
        edited.iter().zip(alike(&edited)).filter(|(_, alike)| *alike).map(|(name, _)| *name).collect();
    let meant: BTreeSet<&str> = changed.iter().copied().filter(|name| !alike.contains(name)).collect();
    let mut reached = closed(&meant, &importers(sides));
    reached.extend(&changed);
    let of_changed: Vec<(&str, Node<'_>)> =
        meant.iter().flat_map(|name| nodes(name).into_iter().map(|node| (*name, node))).collect();
    if of_changed.iter().any(|(name, node)| node.describes_options() && well_known_text(name).is_none()) {
        return None;
    }
    let containers: FxHashSet<(char, String)> =
        of_changed.iter().flat_map(|(name, node)| node.containers(name)).collect();
    let extends = of_changed.iter().any(|(_, node)| node.scan.declares.extensions);
    let outer = new_packages(sides, &meant, &of_changed);
    let wanted = |name: &str, node: &Node<'_>| {
        node.scan.allows
            || node.scan.extends
            || extends && node.scan.declares.extensions
            || node.describes_options() && node.target
            || outer.contains(node.package())
            || !containers.is_empty()
                && node.containers(name).iter().any(|container| containers.contains(container))
    };
    let mut open: Vec<&str> = reached.iter().copied().collect();
    // What is the same on both sides is looked at once.
    let looked = |name: &str| nodes(name).into_iter().take(if same(name) { 1 } else { 2 });
    let asked = |name: &&str| looked(name).any(|node| wanted(name, &node));
    open.extend(names.iter().copied().filter(asked));
    let mut files: BTreeSet<&str> = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !names.contains(name) || !files.insert(name) {
            continue;
        }
        for side in sides {
            open.extend(side.imports(name));
            open.extend(side.0.get(name).filter(|node| !node.target).and_then(|node| node.above));
        }
    }
    // Of what is left out the heads are still read, and a part that does not tell all is compiled in vain: the larger the
    // part, the likelier that is. Where there are few files, neither is felt.
    let share = if names.len() > MANY { 4 } else { 2 };
    if files.len() * share > names.len() {
        return None;
    }
    let kept = |names: BTreeSet<&str>| names.into_iter().map(Into::into).collect();
    Some(Affected { files: kept(files), changed: kept(changed), reached: kept(reached) })
}

/// By file, those that mean something else when it does.
fn importers<'p>(sides: [&Graph<'p>; 2]) -> FxHashMap<&'p str, Vec<&'p str>> {
    let mut importers: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
    for side in sides {
        for (name, node) in &side.0 {
            for import in side.imports(name) {
                importers.entry(import).or_default().push(name);
            }
            if node.scan.extends {
                importers.entry(name).or_default().extend(side.visible(name));
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
