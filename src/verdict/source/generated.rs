//! The tables of generated names of both sides, compared: which names a change takes away or alters.
//!
//! Every lost name is laid to the change that caused it: to what happened to its own element, to what its file or its
//! features say now, or to what is new beside it and made the generator call it otherwise.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use super::java;
use super::lost::{Lost, Sides};
use super::pairs::{back, counterpart, key_of, nested_counterpart, of_map, parent, with_parts};
use super::shared::{Shared, within};
use crate::diff::{Change, Cx, FileOption, Kind, OneofChange};
use crate::schema::{Element, FileId, GeneratorFeatures, JavaNesting, Schema};
use crate::surface::kin::{self, Kin};
use crate::surface::rust::{self, Derived};
use crate::surface::{self, Name};
use crate::words::{Language, Stages};

/// What the tables say of a change.
#[derive(Debug)]
pub(super) enum Says {
    /// Nothing: the change is not about names, or the language has no table.
    Nothing,
    /// Every name that its elements had is there, with its shape.
    Kept,
    /// Names of its own elements are gone or have another shape; and for whom.
    Lost(String, Stages),
    /// Names of others are gone or have another shape, or the code does not compile; and what is said of its own.
    Hurts(String, Box<Says>),
}

/// A container: the language, that of its files, and the file where it is a class of the file's own.
type Container = (Language, String, Option<FileId>);
/// Elements by their containers, their names there, and what kind they are of.
type Places = FxHashMap<((String, String), std::mem::Discriminant<Element>), Element>;
/// The files below each container.
type Groups = FxHashMap<String, Vec<FileId>>;

/// The names of a message, an enum or a service, and of what stands among them.
#[derive(Debug)]
struct Members {
    /// Those that two have.
    shared: Shared,
    /// Whether something is called otherwise beside something else.
    beside: bool,
}

/// The tables of a comparison, made where something asks.
#[derive(Debug)]
pub(in crate::verdict) struct Generated {
    /// How many changes are about an element or something in it, of the old side and of the new one.
    asked: [FxHashMap<Element, usize>; 2],
    lost: Memo<(Language, Element, Element), Lost>,
    /// The first of each kind that is lost, with what there is to say of it.
    traits: Memo<Element, Vec<(Derived, String)>>,
    tops: Memo<Container, Shared>,
    members: Memo<(Language, Element), Members>,
    groups: Memo<Language, Groups>,
    /// What stands in a file of the new side, by where its names are.
    places: Memo<(Language, Element), Places>,
    /// What of a new element has names right below its container.
    below: Memo<(Language, Element), FxHashSet<Element>>,
    /// Of the old side and of the new one.
    kin: [Memo<Element, Kin>; 2],
}

/// What is made once for each key, by whichever thread is first: what is made depends on nothing but the key.
#[derive(Debug)]
struct Memo<K, V>(Mutex<FxHashMap<K, Arc<V>>>);

impl<K, V> Default for Memo<K, V> {
    fn default() -> Memo<K, V> {
        Memo(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Memo<K, V> {
    fn get(&self, key: K, make: impl FnOnce() -> V) -> Arc<V> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known().get(&key) {
            return known.clone();
        }
        let made = Arc::new(make());
        known().entry(key).or_insert(made).clone()
    }
}

/// Up to so many parts the names of all are made at once.
const SMALL: usize = 512;
/// Of a larger element they are made too where this part of its parts changed.
const MANY: usize = 16;

impl Generated {
    pub(in crate::verdict) fn new(cx: &Cx<'_>, changes: &[Change]) -> Generated {
        let count = |schema: &Schema, of: fn(&Change) -> Option<Element>| {
            let mut asked = FxHashMap::default();
            for element in changes.iter().filter_map(of) {
                let owner = surface::owner(schema, element);
                *asked.entry(owner).or_default() += 1;
                if owner == element
                    && let Some(outer @ Element::Message(_)) = parent(schema, element)
                {
                    *asked.entry(outer).or_default() += 1;
                }
            }
            asked
        };
        Generated {
            asked: [count(cx.old, |change| change.old), count(cx.new, |change| change.new)],
            lost: Memo::default(),
            traits: Memo::default(),
            tops: Memo::default(),
            members: Memo::default(),
            groups: Memo::default(),
            places: Memo::default(),
            below: Memo::default(),
            kin: [Memo::default(), Memo::default()],
        }
    }

    /// Whether so few parts of a large element changed that it is cheaper to make the names of these alone.
    fn is_about_few(&self, cx: &Cx<'_>, old: Option<Element>, new: Element) -> bool {
        let size = kin::size(cx.new, new).max(old.map_or(0, |old| kin::size(cx.old, old)));
        let asked = |side: usize, element| self.asked[side].get(&element).copied().unwrap_or_default();
        let changes = asked(1, new) + old.map_or(0, |old| asked(0, old));
        size > SMALL && changes * MANY < size
    }

    fn kin(&self, side: usize, schema: &Schema, owner: Element) -> Arc<Kin> {
        self.kin[side].get(owner, || Kin::new(schema, owner))
    }

    pub(super) fn says(&self, language: Language, change: &Change, cx: &Cx<'_>) -> Says {
        let own = self.own(language, change, cx);
        if matches!(own, Says::Lost(..)) && !of_type(change) {
            return own;
        }
        match self.without(language, change, cx).or_else(|| self.beside(language, change, cx)) {
            Some(reason) => Says::Hurts(reason, Box::new(own)),
            None => own,
        }
    }

    /// What became of the names of the change's own elements.
    fn own(&self, language: Language, change: &Change, cx: &Cx<'_>) -> Says {
        match &change.kind {
            // The renamed oneof speaks for its members.
            Kind::FieldOneofChanged(OneofChange::Switched { renamed: true, .. }) => Says::Nothing,
            Kind::FieldNameChanged(_)
            | Kind::FieldTypeChanged(_)
            | Kind::FieldCardinalityChanged
            | Kind::FieldOneofChanged(_)
            | Kind::FieldJavaEnumTypeChanged
            | Kind::FieldDefaultChanged { .. } => match (change.old, change.new) {
                (Some(old), Some(new)) => {
                    let (old, new) = (of_map(cx.old, old), of_map(cx.new, new));
                    self.part(language, cx, old, Some(surface::owner(cx.new, new)))
                }
                _ => Says::Nothing,
            },
            Kind::FieldRemoved { message, .. } | Kind::OneofRemoved { message, .. } => match change.old {
                Some(old) if !cx.new.message(*message).map_entry => {
                    self.part(language, cx, old, Some(Element::Message(*message)))
                }
                _ => Says::Nothing,
            },
            Kind::EnumValueRemoved { .. }
            | Kind::EnumValueNameChanged { .. }
            | Kind::EnumValueFirstNameChanged => match change.old {
                Some(old) => self.part(language, cx, old, None),
                None => Says::Nothing,
            },
            Kind::MethodRemoved => match change.old {
                Some(old) => self.part(language, cx, old, None),
                None => Says::Nothing,
            },
            Kind::MethodClientStreamingChanged
            | Kind::MethodServerStreamingChanged
            | Kind::MethodRequestTypeChanged(_)
            | Kind::MethodResponseTypeChanged(_) => match (change.old, change.new) {
                (Some(old), Some(new)) => self.part(language, cx, old, Some(surface::owner(cx.new, new))),
                _ => Says::Nothing,
            },
            Kind::TypeRemoved(_) => match change.old {
                // What a generator leaves out nobody can miss.
                Some(old) if surface::names(language, cx.old, old).is_empty() => Says::Kept,
                Some(old) if self.another_has_its_names(language, cx, old) => Says::Kept,
                _ => Says::Nothing,
            },
            // Where names do not follow packages, what became of the types in it is all there is to say.
            Kind::PackageRemoved { package } => {
                let stays = |file: &FileId| {
                    let was = Element::File(*file);
                    counterpart(cx, was).is_some_and(|now| {
                        surface::container(language, cx.old, was) == surface::container(language, cx.new, now)
                    })
                };
                if cx.old.package(package).is_some_and(|files| files.iter().all(stays)) {
                    Says::Kept
                } else {
                    Says::Nothing
                }
            }
            Kind::MessageFieldsReordered => match (change.old, change.new) {
                (Some(old), Some(new)) => self.order(language, cx, old, new),
                _ => Says::Nothing,
            },
            Kind::TypeMoved(_) | Kind::TypeRenamed(_) => match (change.old, change.new) {
                (Some(old), Some(new)) if language == Language::Python && forwards(cx, old, new) => {
                    Says::Kept
                }
                (Some(old), Some(new)) => match self.place(language, cx, old, new) {
                    Says::Kept => self.calls(language, cx, old, new),
                    moved => moved,
                },
                _ => Says::Nothing,
            },
            Kind::FileOptionChanged(FileOption::JavaOuterClassname) if matches!(change.old, Some(Element::File(file)) if !java::holds_types(cx.old, file)) => {
                Says::Nothing
            }
            Kind::FileOptionChanged(option) => match (change.old, change.new, decides(*option)) {
                (Some(old), Some(new), Some((of, whole))) if of == language => {
                    self.scope(language, cx, old, new, whole)
                }
                _ => Says::Nothing,
            },
            Kind::FilePackageChanged | Kind::FileSyntaxChanged | Kind::GeneratorFeaturesChanged => {
                match (change.old, change.new) {
                    (Some(old), Some(new)) => self.scope(language, cx, old, new, true),
                    _ => Says::Nothing,
                }
            }
            _ => Says::Nothing,
        }
    }

    /// What another order of fields did to their names: one is called otherwise beside another that was there before.
    fn order(&self, language: Language, cx: &Cx<'_>, old: Element, new: Element) -> Says {
        let lost = self.lost(language, cx, old, new);
        let mut there = lost.beside.iter().filter(|(beside, _)| {
            let name = |schema: &Schema, element: Element| schema.full_name(element);
            back(cx, **beside).is_some_and(|was| name(cx.old, was) == name(cx.new, **beside))
        });
        match there.next() {
            Some((_, (_, was, now))) => {
                lost_to_all(format!("in another order of the fields `{was}` is called `{now}`"))
            }
            None => Says::Kept,
        }
    }

    /// What became of the names of a part of a message or an enum.
    fn part(&self, language: Language, cx: &Cx<'_>, part: Element, new_owner: Option<Element>) -> Says {
        let old_owner = surface::owner(cx.old, part);
        let Some(new_owner) = new_owner.or_else(|| counterpart(cx, old_owner)) else { return Says::Nothing };
        // A number of an enum has all its names.
        let alike = |part: &Element| match *part {
            Element::EnumValue(id) => {
                let all = cx.old.enum_(cx.old.value(id).parent).values.iter();
                let number = cx.old.value(id).number;
                all.filter(|v| cx.old.value(**v).number == number).map(|v| Element::EnumValue(*v)).collect()
            }
            other => vec![other],
        };
        let parts = || Sides { old: alike(&part), new: Vec::new() };
        let lost = self.lost_about(language, cx, old_owner, new_owner, parts);
        let key = key_of(cx.old, part);
        match lost.of.get(&key) {
            Some(name) if lost.unlinked.contains(&key) => lost_to_all(gone(name)),
            // Languages without compiled programs have nothing there, and nobody asks.
            Some(name) => Says::Lost(gone(name), Stages::Compiling),
            None => Says::Kept,
        }
    }

    /// Whether something else in the file is called now as a type that is gone was, with all that was in it: the file
    /// is in another package, or the type is spelled otherwise, and its generator does not tell these apart.
    fn another_has_its_names(&self, language: Language, cx: &Cx<'_>, old: Element) -> bool {
        let Some(file) = counterpart(cx, Element::File(cx.old.file_of(old))) else { return false };
        let places = self.places.get((language, file), || {
            let all = surface::inside(cx.new, file).into_iter();
            all.filter(|new| !matches!(new, Element::File(_)))
                .map(|new| ((place(language, cx.new, new), std::mem::discriminant(&new)), new))
                .collect()
        });
        let was = (place(language, cx.old, old), std::mem::discriminant(&old));
        places.get(&was).is_some_and(|new| self.lost(language, cx, old, *new).first.is_none())
    }

    /// Whether a type has another name or place.
    fn place(&self, language: Language, cx: &Cx<'_>, old: Element, new: Element) -> Says {
        let (was, now) = (place(language, cx.old, old), place(language, cx.new, new));
        if was == now { Says::Kept } else { lost_to_all(moved(&was, &now)) }
    }

    /// What became of the calls of a service in another package that is called as it was: it is the same one by the names
    /// of its methods alone.
    fn calls(&self, language: Language, cx: &Cx<'_>, old: Element, new: Element) -> Says {
        if !matches!(old, Element::Service(_)) {
            return Says::Kept;
        }
        let lost = self.lost(language, cx, old, new);
        match &lost.first {
            Some(name) if language == Language::Java && lost.unlinked.is_empty() => {
                Says::Lost(gone(name), Stages::Compiling)
            }
            Some(name) => lost_to_all(gone(name)),
            None => Says::Kept,
        }
    }

    /// What became of everything in a file, or in a type, as far as options and features decide it; `whole` where they
    /// decide over what a file has beside its types too.
    fn scope(&self, language: Language, cx: &Cx<'_>, old: Element, new: Element, whole: bool) -> Says {
        if let Element::EnumValue(_) = old {
            return self.part(language, cx, old, None);
        }
        // The first by name, for the order of declarations means nothing.
        let mut first: Option<String> = None;
        for was in surface::inside(cx.old, old) {
            let now = if was == old { Some(new) } else { nested_counterpart(cx, was, old, new) };
            let Some(now) = now else { continue };
            let place = |schema: &Schema, element| surface::container(language, schema, element);
            let (place_was, place_now) = (place(cx.old, was), place(cx.new, now));
            if place_was != place_now {
                let name = cx.old.nested_name(was);
                let called = match was {
                    Element::File(_) => String::new(),
                    _ => name,
                };
                return lost_to_all(moved(&(place_was, called.clone()), &(place_now, called)));
            }
            let features = |schema: &Schema, element| features(language, schema, element);
            let (before, after) = (features(cx.old, was), features(cx.new, now));
            if (before != after || whole && matches!(was, Element::File(_)))
                && let Some(name) = &self.lost(language, cx, was, now).first
            {
                let reason = gone(name);
                if first.as_ref().is_none_or(|first| reason < *first) {
                    first = Some(reason);
                }
            }
        }
        first.map_or(Says::Kept, lost_to_all)
    }

    /// What is called otherwise where a type is no more: the class of its file.
    fn without(&self, language: Language, change: &Change, cx: &Cx<'_>) -> Option<String> {
        let old = change.old.filter(|_| of_type(change))?;
        let file = Element::File(cx.old.file_of(old));
        if !surface::keeps_apart(language, file) {
            return None;
        }
        let of_file = |schema: &Schema, file| surface::names(language, schema, file).into_iter();
        let gone = surface::inside(cx.old, old);
        let was = of_file(cx.old, file).find(|name| name.beside.is_some_and(|b| gone.contains(&b)))?;
        let now = of_file(cx.new, counterpart(cx, file)?).next()?;
        (was.path != now.path).then(|| format!("without it `{}` is now called `{}`", was.path, now.path))
    }

    /// What a change does to the names of others.
    fn beside(&self, language: Language, change: &Change, cx: &Cx<'_>) -> Option<String> {
        let new = change.new?;
        match change.kind {
            Kind::FieldAdded { .. }
            | Kind::FieldNameChanged(_)
            | Kind::FieldTypeChanged(_)
            | Kind::FieldCardinalityChanged
            | Kind::FieldOneofChanged(_)
            | Kind::FieldJavaEnumTypeChanged
            | Kind::OneofAdded
            | Kind::OneofRemoved { .. }
            | Kind::EnumValueAdded { .. }
            | Kind::EnumValueNameChanged { .. }
            | Kind::MethodAdded
            | Kind::TypeAdded
            | Kind::TypeRenamed(_)
            | Kind::TypeMoved(_)
            | Kind::GeneratorFeaturesChanged => {}
            _ => return None,
        }
        self.renames(language, change, new, cx)
            .or_else(|| self.traits(language, new, cx))
            .or_else(|| self.clashes(language, new, cx))
            .or_else(|| if language == Language::Java { java::no_class(cx, new) } else { None })
    }

    /// A trait that a message, or a oneof in it, no longer derives because of a field.
    fn traits(&self, language: Language, new: Element, cx: &Cx<'_>) -> Option<String> {
        let (Language::Rust, Element::Field(id)) = (language, new) else { return None };
        let Element::Message(owner) = surface::owner(cx.new, new) else { return None };
        let allows = |derived| rust::allows(cx.new, cx.new.field(id), derived);
        if allows(Derived::Copy) && allows(Derived::Eq) {
            return None;
        }
        let Some(Element::Message(was)) = back(cx, Element::Message(owner)) else { return None };
        let lost = self.traits.get(Element::Message(owner), || {
            let now: FxHashSet<String> = rust::traits(cx.new, owner).into_iter().collect();
            let mut first: Vec<(Derived, String)> = Vec::new();
            for name in rust::traits(cx.old, was).into_iter().filter(|name| !now.contains(name)) {
                let Some((path, traits)) = name.split_once(": ") else { continue };
                let derived = if traits == "Copy" { Derived::Copy } else { Derived::Eq };
                // A message may have very many oneofs: one that is named is enough.
                if first.iter().all(|(known, _)| *known != derived) {
                    let traits = traits.replace(" + ", "` and `");
                    let says = "code that counts on it does not compile";
                    first.push((derived, format!("`{path}` no longer derives `{traits}`: {says}")));
                }
            }
            first
        });
        lost.iter().find(|(derived, _)| !allows(*derived)).map(|(_, reason)| reason.clone())
    }

    /// The first name of something that was there and is called otherwise beside `new`.
    fn renames(&self, language: Language, change: &Change, new: Element, cx: &Cx<'_>) -> Option<String> {
        let scope = match surface::owner(cx.new, new) {
            // Types stand in a message or in a file.
            same if same == new => parent(cx.new, new)?,
            owner => owner,
        };
        // The class of a file is not called as any type in it, however deep.
        let file = (surface::owner(cx.new, new) == new).then(|| Element::File(cx.new.file_of(new)));
        let scopes = std::iter::once(scope).chain(file).filter(|s| surface::keeps_apart(language, *s));
        scopes.into_iter().find_map(|scope| {
            let was = back(cx, scope)?;
            if let Element::Message(_) = scope
                && !self.is_about_few(cx, Some(was), scope)
                && !self.members(language, cx.new, scope).beside
            {
                return None;
            }
            let old = change.old.filter(|old| surface::owner(cx.old, *old) == was);
            let parts = || Sides { old: old.into_iter().collect(), new: vec![new] };
            let lost = self.lost_about(language, cx, was, scope, parts);
            let all = surface::inside(cx.new, new).into_iter();
            all.filter_map(|mine| lost.beside.get(&mine))
                .find(|(of, ..)| Some(*of) != change.old)
                .map(|(_, was, now)| format!("beside it `{was}` is now called `{now}`"))
        })
    }

    /// The first name that something new shares with something else: right below its container, or in its message.
    fn clashes(&self, language: Language, new: Element, cx: &Cx<'_>) -> Option<String> {
        let owner = surface::owner(cx.new, new);
        let mine: FxHashSet<Element> = surface::inside(cx.new, new).into_iter().collect();
        // A type inside of a message stands among its names.
        let scope = match parent(cx.new, owner) {
            Some(outer @ Element::Message(_)) if owner == new => outer,
            _ => owner,
        };
        let is_mine = |of: Element| mine.contains(&of) || mine.contains(&surface::owner(cx.new, of));
        let parts: Vec<Element> = if owner == new {
            surface::inside(cx.new, new).iter().flat_map(|owner| with_parts(cx.new, *owner)).collect()
        } else {
            vec![new]
        };
        let first = |shared: &Shared| {
            let mut names = parts.iter().filter_map(|of| shared.of.get(of)).flatten();
            names.find_map(|name| {
                let others = shared.claims.get(surface::key(language, &name.path))?;
                let other = others.iter().find(|other| **other != name.of && !is_mine(**other))?;
                Some(format!(
                    "the generated code does not compile: {} `{}` and {} `{}` are both called `{}`",
                    cx.new.noun(*other),
                    cx.new.full_name(*other),
                    cx.new.noun(name.of),
                    cx.new.full_name(name.of),
                    name.path
                ))
            })
        };
        let few = self.is_about_few(cx, back(cx, scope), scope);
        let right_below = || {
            // A field is rarely there.
            if few {
                let kin = self.kin(1, cx.new, scope);
                let view = kin.view(cx.new, parts.iter().copied().collect());
                return surface::tops(language, cx.new, owner, Some(&view)).iter().any(|name| name.of == new);
            }
            let all = self.below.get((language, owner), || {
                surface::tops(language, cx.new, owner, None).into_iter().map(|name| name.of).collect()
            });
            all.contains(&new)
        };
        let here =
            if owner == new || right_below() { first(&self.tops(language, cx.new, owner)) } else { None };
        here.or_else(|| {
            match scope {
                // All in it is its own.
                scope if scope == new => None,
                Element::Message(_) if few => {
                    let kin = self.kin(1, cx.new, scope);
                    first(&Shared::about(language, cx.new, scope, &kin, &parts))
                }
                Element::Message(_) | Element::Enum(_) | Element::Service(_) => {
                    first(&self.members(language, cx.new, scope).shared)
                }
                _ => None,
            }
        })
    }

    /// The names in a message, an enum or a service.
    fn members(&self, language: Language, schema: &Schema, owner: Element) -> Arc<Members> {
        self.members.get((language, owner), || {
            let names = within(language, schema, owner, None);
            let beside = names.iter().any(|name| name.beside.is_some());
            Members { shared: Shared::of(language, names), beside }
        })
    }

    /// What is called alike right below the container of an element.
    fn tops(&self, language: Language, schema: &Schema, element: Element) -> Arc<Shared> {
        let file = schema.file_of(element);
        let in_class = surface::in_file_class(language, schema, element);
        let group = surface::container(language, schema, Element::File(file));
        let groups = self.groups(language, schema);
        let files = if in_class { &[file][..] } else { groups.get(&group).map_or(&[][..], Vec::as_slice) };
        self.tops.get((language, group.clone(), in_class.then_some(file)), || {
            let all = files.iter().flat_map(|file| surface::inside(schema, Element::File(*file)));
            let here = all.filter(|inner| surface::in_file_class(language, schema, *inner) == in_class);
            Shared::of(
                language,
                here.flat_map(|inner| surface::tops(language, schema, inner, None)).collect(),
            )
        })
    }

    /// The files below each container of files.
    fn groups(&self, language: Language, schema: &Schema) -> Arc<Groups> {
        self.groups.get(language, || {
            let mut all = Groups::default();
            for (id, _) in schema.files() {
                let group = surface::container(language, schema, Element::File(id));
                all.entry(group).or_default().push(id);
            }
            all
        })
    }

    /// What of the names of an old element its new side does not have with the same shape.
    fn lost(&self, language: Language, cx: &Cx<'_>, old: Element, new: Element) -> Arc<Lost> {
        self.lost.get((language, old, new), || Lost::between(language, cx, old, new))
    }

    /// What of that is to know about some parts.
    fn lost_about(
        &self,
        language: Language,
        cx: &Cx<'_>,
        old: Element,
        new: Element,
        parts: impl FnOnce() -> Sides,
    ) -> Arc<Lost> {
        if !self.is_about_few(cx, Some(old), new) {
            return self.lost(language, cx, old, new);
        }
        let kin = [self.kin(0, cx.old, old), self.kin(1, cx.new, new)];
        Arc::new(Lost::about(language, cx, (old, &kin[0]), (new, &kin[1]), &parts()))
    }
}

/// The container of a type and its name there.
fn place(language: Language, schema: &Schema, element: Element) -> (String, String) {
    // What stands right below a container is a shorter list.
    let first = |names: Vec<Name>| names.into_iter().find(|name| name.of == element);
    let name = first(surface::tops(language, schema, element, None))
        .or_else(|| first(surface::names(language, schema, element)));
    (surface::container(language, schema, element), name.map(|name| name.path).unwrap_or_default())
}

/// Whether a module has all names of another one, because its file imports that one's publicly: then what moves from
/// the one to the other is still found. The modules of services have no such names.
fn forwards(cx: &Cx<'_>, old: Element, new: Element) -> bool {
    let target = cx.new.file_of(new);
    if matches!(old, Element::Service(_)) || cx.old.nested_name(old) != cx.new.nested_name(new) {
        return false;
    }
    let Some(Element::File(from)) = counterpart(cx, Element::File(cx.old.file_of(old))) else { return false };
    let (mut seen, mut todo) = (FxHashSet::default(), vec![from]);
    while let Some(file) = todo.pop() {
        if file == target {
            return true;
        }
        if seen.insert(file) {
            let public = cx.new.file(file).imports.iter().filter(|import| import.public);
            todo.extend(public.filter_map(|import| cx.new.file_by_name(&import.path)));
        }
    }
    false
}

/// Whether a type is gone, or is elsewhere now: what that does to others is not what it does to the type.
pub(super) fn of_type(change: &Change) -> bool {
    matches!(change.kind, Kind::TypeRemoved(_) | Kind::TypeMoved(_) | Kind::TypeRenamed(_))
}

fn lost_to_all(reason: String) -> Says {
    Says::Lost(reason, Stages::Both)
}

fn gone(name: &Name) -> String {
    format!("`{}` is gone, or has another type", name.path)
}

/// `X` is now `Y`.
fn moved(was: &(String, String), now: &(String, String)) -> String {
    let whole = |(container, name): &(String, String)| match (container.as_str(), name.as_str()) {
        ("", name) => name.to_owned(),
        (container, "") => container.to_owned(),
        (container, name) => format!("{container}.{name}"),
    };
    format!("`{}` is now `{}`", whole(was), whole(now))
}

/// The language that an option of a file is for whose names it decides, and whether they are also those of what the file
/// has beside its types.
fn decides(option: FileOption) -> Option<(Language, bool)> {
    match option {
        FileOption::GoPackage => Some((Language::Go, true)),
        FileOption::JavaPackage | FileOption::JavaOuterClassname => Some((Language::Java, true)),
        FileOption::JavaMultipleFiles => Some((Language::Java, false)),
        _ => None,
    }
}

/// What features say at an element, but for where its class is, which shows in its place, and the one method of Go's
/// that goes with the syntax too.
fn features(language: Language, schema: &Schema, element: Element) -> GeneratorFeatures {
    let (all, json) = match element {
        Element::Message(id) => (schema.message(id).generators, false),
        Element::Enum(id) => (
            schema.enum_(id).generators,
            language == Language::Go && surface::go::unmarshals_json(schema, id),
        ),
        _ => (GeneratorFeatures::default(), false),
    };
    GeneratorFeatures { java_nesting: JavaNesting::default(), go_enum_json: json, ..all }
}
