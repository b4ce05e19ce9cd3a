//! Names that were there and are not any more.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};

use super::pairs::{back, counterpart, key_of};
use crate::diff::Cx;
use crate::schema::{Element, Schema};
use crate::surface::kin::{self, Kin};
use crate::surface::{self, Name};
use crate::words::Language;

/// The names that an element had and has no more, or not with their shapes.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// The first of each part; of an enum value, of its number.
    pub(super) of: FxHashMap<Element, Name>,
    /// The first of all.
    pub(super) first: Option<Name>,
    /// The parts of which a compiled program misses something too (Java).
    pub(super) unlinked: FxHashSet<Element>,
    /// What is called otherwise for the sake of a new element: whose name it is, how it was called, how it is.
    pub(super) beside: FxHashMap<Element, (Element, String, String)>,
}

/// Parts of an element, old and new.
#[derive(Debug, Default)]
pub(super) struct Sides {
    pub(super) old: Vec<Element>,
    pub(super) new: Vec<Element>,
}

/// A path and a shape, by which names are compared.
type Key<'n> = (Cow<'n, str>, Cow<'n, str>);

/// How names of one side are compared with those of the other. Where everything goes elsewhere, whatever sent it there
/// says so: what it stands in is left out then.
struct Bare(Option<String>);

impl Bare {
    /// Of the old side and the new one.
    fn both(language: Language, cx: &Cx<'_>, old: Element, new: Element) -> [Bare; 2] {
        let containers =
            [surface::container(language, cx.old, old), surface::container(language, cx.new, new)];
        let stays = containers[0] == containers[1];
        containers.map(|c| Bare((!stays && !c.is_empty()).then(|| format!("{c}."))))
    }

    fn key<'n>(&self, name: &'n Name) -> Key<'n> {
        let bare = |text: &'n str| match &self.0 {
            Some(front) if text.contains(front.as_str()) => Cow::Owned(text.replace(front, "")),
            _ => Cow::Borrowed(text),
        };
        (bare(&name.path), bare(&name.shape))
    }
}

impl Lost {
    /// All of it.
    pub(super) fn between(language: Language, cx: &Cx<'_>, old: Element, new: Element) -> Lost {
        let was = surface::names(language, cx.old, old);
        let now = surface::names(language, cx.new, new);
        Lost::of(language, cx, &Bare::both(language, cx, old, new), &was, &now, |_| Vec::new())
    }

    /// What is to know about some parts: [`Lost::of`] has their own names, [`Lost::beside`] what is called otherwise
    /// beside them; of others there can be less than there is.
    pub(super) fn about(
        language: Language,
        cx: &Cx<'_>,
        (old, old_kin): (Element, &Kin),
        (new, new_kin): (Element, &Kin),
        parts: &Sides,
    ) -> Lost {
        let keys = parts.old.iter().flat_map(|part| kin::keys(cx.old, *part));
        // What can be called otherwise beside them, and what that was.
        let around = new_kin.around(cx.new, parts.new.iter().copied(), keys);
        let before = parts.old.iter().copied().chain(around.iter().filter_map(|part| back(cx, *part)));
        let before: FxHashSet<Element> = before.collect();
        let after = before.iter().filter_map(|part| counterpart(cx, *part)).chain(around).collect();
        let (before, after) = (old_kin.view(cx.old, before), new_kin.view(cx.new, after));

        let was = surface::names_of(language, cx.old, old, Some(&before));
        let now = surface::names_of(language, cx.new, new, Some(&after));
        Lost::of(language, cx, &Bare::both(language, cx, old, new), &was, &now, |missing| {
            // A name can be another part's now.
            let mut others = FxHashSet::default();
            missing.iter().for_each(|name| new_kin.named_in(&name.path, &mut others));
            others.retain(|part| !after.wanted.contains(part));
            if others.is_empty() {
                return Vec::new();
            }
            surface::names_of(language, cx.new, new, Some(&new_kin.view(cx.new, others)))
        })
    }

    fn of(
        language: Language,
        cx: &Cx<'_>,
        [old, new]: &[Bare; 2],
        was: &[Name],
        now: &[Name],
        elsewhere: impl FnOnce(&[&Name]) -> Vec<Name>,
    ) -> Lost {
        let mut there: FxHashSet<Key<'_>> = now.iter().map(|name| new.key(name)).collect();
        let missing: Vec<&Name> = was.iter().filter(|name| !there.contains(&old.key(name))).collect();
        let theirs = elsewhere(&missing);
        there.extend(theirs.iter().map(|name| new.key(name)));
        let mut lost = Lost::default();
        if missing.is_empty() {
            return lost;
        }
        // The names of an element come in one order on both sides.
        let mut after: FxHashMap<Element, Vec<&Name>> = FxHashMap::default();
        now.iter().for_each(|name| after.entry(name.of).or_default().push(name));
        let mut at: FxHashMap<Element, usize> = FxHashMap::default();
        for name in was {
            let index = at.entry(name.of).and_modify(|at| *at += 1).or_default();
            if there.contains(&old.key(name)) {
                continue;
            }
            let called = counterpart(cx, name.of).and_then(|of| after.get(&of)?.get(*index).copied());
            if let Some(called) = called.filter(|called| called.path != name.path)
                && let Some(beside) = called.beside
            {
                let names = (name.of, name.path.clone(), called.path.clone());
                lost.beside.entry(beside).or_insert(names);
            }
            lost.of.entry(key_of(cx.old, name.of)).or_insert_with(|| name.clone());
            lost.first.get_or_insert_with(|| name.clone());
        }
        if language == Language::Java {
            let linked = |bare: &Bare, schema: &Schema, name: &Name| {
                surface::java::linked(schema, name).map(|looked_for| {
                    let (path, shape) = bare.key(&looked_for);
                    (path.into_owned(), shape.into_owned())
                })
            };
            let there: FxHashSet<_> =
                now.iter().chain(&theirs).filter_map(|name| linked(new, cx.new, name)).collect();
            let gone =
                missing.iter().filter(|name| linked(old, cx.old, name).is_some_and(|l| !there.contains(&l)));
            lost.unlinked = gone.map(|name| key_of(cx.old, name.of)).collect();
        }
        lost
    }
}
