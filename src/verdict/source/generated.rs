//! The tables of generated names of both sides, compared: which names a change takes away or alters.
//!
//! Every lost name is laid to the change that caused it: to what happened to its own element, to what its file or its
//! features say now, or to what is new beside it and made the generator call it otherwise.

use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diff::{Change, Cx, FileOption, Kind, OneofChange};
use crate::schema::{Element, FileId, GeneratorFeatures, MessageId, Schema};
use crate::surface::rust::Derived;
use crate::surface::{self, Name};
use crate::words::Language;

/// What the tables say of a change.
#[derive(Debug)]
pub(super) enum Says {
    /// Nothing: the change is not about names, or the language has no table.
    Nothing,
    /// Every name that its elements had is there, with its shape.
    Kept,
    /// Names of its own elements are gone or have another shape.
    Lost(String),
    /// Names of others are gone or have another shape, or the code does not compile.
    Hurts(String),
}

/// The names that an element had and has no more, or not with their shapes.
#[derive(Debug, Default)]
struct Lost {
    /// The first of each part; of an enum value, of its number.
    of: FxHashMap<Element, Name>,
    /// The first of all.
    first: Option<Name>,
    /// What is called otherwise for the sake of a new element: whose name it is, how it was called, how it is.
    beside: FxHashMap<Element, (Element, String, String)>,
    /// Traits that are gone, with the type in front.
    traits: Vec<String>,
}

/// The names that more than one element has, in one scope.
#[derive(Debug, Default)]
struct Shared {
    /// Those of an element, in the order of the table.
    of: FxHashMap<Element, Vec<Name>>,
    /// Who has a name.
    claims: FxHashMap<String, Vec<Element>>,
}

impl Shared {
    fn of(language: Language, names: impl IntoIterator<Item = Name>) -> Shared {
        let mut shared = Shared::default();
        let mut alone: FxHashMap<String, Name> = FxHashMap::default();
        for name in names {
            let key = surface::key(language, &name.path);
            match alone.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(name);
                }
                Entry::Occupied(entry) if entry.get().of == name.of => {}
                Entry::Occupied(entry) => {
                    let first = entry.get();
                    let claims = shared.claims.entry(entry.key().clone()).or_insert_with(|| {
                        shared.of.entry(first.of).or_default().push(first.clone());
                        vec![first.of]
                    });
                    claims.push(name.of);
                    shared.of.entry(name.of).or_default().push(name);
                }
            }
        }
        shared
    }
}

/// A container: the language, that of its files, and the file where it is a class of the file's own.
type Container = (Language, String, Option<FileId>);
/// The files below each container.
type Groups = FxHashMap<String, Vec<FileId>>;

/// The tables of a comparison, made where something asks.
#[derive(Debug, Default)]
pub(in crate::verdict) struct Generated {
    lost: Memo<(Language, Element, Element), Lost>,
    tops: Memo<Container, Shared>,
    members: Memo<(Language, Element), Shared>,
    groups: Memo<Language, Groups>,
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

impl Generated {
    pub(super) fn says(&self, language: Language, change: &Change, cx: &Cx<'_>) -> Says {
        let own = self.own(language, change, cx);
        if matches!(own, Says::Lost(_)) {
            return own;
        }
        match self.beside(language, change, cx) {
            Some(reason) => Says::Hurts(reason),
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
            Kind::EnumValueRemoved { .. } | Kind::EnumValueNameChanged { .. } => match change.old {
                Some(old) => self.part(language, cx, old, None),
                None => Says::Nothing,
            },
            Kind::MessageFieldsReordered => match (change.old, change.new) {
                (Some(old), Some(new)) => self.order(language, cx, old, new),
                _ => Says::Nothing,
            },
            Kind::TypeMoved(_) | Kind::TypeRenamed(_) => match (change.old, change.new) {
                (Some(old), Some(new)) => self.place(language, cx, old, new),
                _ => Says::Nothing,
            },
            Kind::FileOptionChanged(
                FileOption::GoPackage
                | FileOption::JavaPackage
                | FileOption::JavaMultipleFiles
                | FileOption::JavaOuterClassname,
            )
            | Kind::FilePackageChanged
            | Kind::FileSyntaxChanged
            | Kind::GeneratorFeaturesChanged => match (change.old, change.new) {
                (Some(old), Some(new)) => self.scope(language, cx, old, new),
                _ => Says::Nothing,
            },
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
                Says::Lost(format!("in another order of the fields `{was}` is called `{now}`"))
            }
            None => Says::Kept,
        }
    }

    /// What became of the names of a part of a message or an enum.
    fn part(&self, language: Language, cx: &Cx<'_>, part: Element, new_owner: Option<Element>) -> Says {
        let old_owner = surface::owner(cx.old, part);
        let Some(new_owner) = new_owner.or_else(|| counterpart(cx, old_owner)) else { return Says::Nothing };
        match self.lost(language, cx, old_owner, new_owner).of.get(&key_of(cx.old, part)) {
            Some(name) => Says::Lost(gone(name)),
            None => Says::Kept,
        }
    }

    /// Whether a type has another name or place.
    fn place(&self, language: Language, cx: &Cx<'_>, old: Element, new: Element) -> Says {
        let place = |schema: &Schema, element| {
            // What stands right below a container is a shorter list.
            let first = |names: Vec<Name>| names.into_iter().find(|name| name.of == element);
            let name = first(surface::tops(language, schema, element))
                .or_else(|| first(surface::names(language, schema, element)));
            (surface::container(language, schema, element), name.map(|name| name.path).unwrap_or_default())
        };
        let (was, now) = (place(cx.old, old), place(cx.new, new));
        if was == now { Says::Kept } else { Says::Lost(moved(&was, &now)) }
    }

    /// What became of everything in a file, or in a type, as far as options and features decide it.
    fn scope(&self, language: Language, cx: &Cx<'_>, old: Element, new: Element) -> Says {
        if let Element::EnumValue(_) = old {
            return self.part(language, cx, old, None);
        }
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
                return Says::Lost(moved(&(place_was, called.clone()), &(place_now, called)));
            }
            let features = |schema: &Schema, element| features(schema, element);
            let (before, after) = (features(cx.old, was), features(cx.new, now));
            if (before != after || matches!(was, Element::File(_)))
                && let Some(name) = &self.lost(language, cx, was, now).first
            {
                return Says::Lost(gone(name));
            }
        }
        Says::Kept
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
    }

    /// A trait that a message, or a oneof in it, no longer derives because of a field.
    fn traits(&self, language: Language, new: Element, cx: &Cx<'_>) -> Option<String> {
        let (Language::Rust, Element::Field(id)) = (language, new) else { return None };
        let owner = surface::owner(cx.new, new);
        let lost = self.lost(language, cx, back(cx, owner)?, owner);
        lost.traits.iter().find_map(|name| {
            let (path, traits) = name.split_once(": ")?;
            let derived = if traits == "Copy" { Derived::Copy } else { Derived::Eq };
            let traits = traits.replace(" + ", "` and `");
            (!surface::rust::allows(cx.new, cx.new.field(id), derived)).then(|| {
                format!("`{path}` no longer derives `{traits}`: code that counts on it does not compile")
            })
        })
    }

    /// The first name of something that was there and is called otherwise beside `new`.
    fn renames(&self, language: Language, change: &Change, new: Element, cx: &Cx<'_>) -> Option<String> {
        let scope = match surface::owner(cx.new, new) {
            // Types stand in a message or in a file.
            same if same == new => parent(cx.new, new)?,
            owner => owner,
        };
        // The class of a file is not called as any type in it, however deep.
        let scopes = [scope, Element::File(cx.new.file_of(new))];
        scopes.into_iter().find_map(|scope| {
            let lost = self.lost(language, cx, back(cx, scope)?, scope);
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
                let others = shared.claims.get(&surface::key(language, &name.path))?;
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
        first(&self.tops(language, cx.new, owner)).or_else(|| {
            let Element::Message(_) = scope else { return None };
            let within = || Shared::of(language, within(language, cx.new, scope));
            first(&self.members.get((language, scope), within))
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
            Shared::of(language, here.flat_map(|inner| surface::tops(language, schema, inner)))
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
}

impl Lost {
    fn between(language: Language, cx: &Cx<'_>, old: Element, new: Element) -> Lost {
        let stays = surface::container(language, cx.old, old) == surface::container(language, cx.new, new);
        let table = |schema: &Schema, element| -> Vec<((String, String), Name)> {
            let container = surface::container(language, schema, element);
            let front = format!("{container}.");
            // Where everything goes elsewhere, whatever sent it there says so.
            let bare = |text: &str| {
                if stays || container.is_empty() { text.to_owned() } else { text.replace(&front, "") }
            };
            let names = surface::names(language, schema, element).into_iter();
            names.map(|name| ((bare(&name.path), bare(&name.shape)), name)).collect()
        };
        let (was, now) = (table(cx.old, old), table(cx.new, new));
        let there: FxHashSet<&(String, String)> = now.iter().map(|(key, _)| key).collect();
        let mut lost = Lost::default();
        // The names of an element come in one order on both sides.
        let mut after: FxHashMap<Element, Vec<&Name>> = FxHashMap::default();
        now.iter().for_each(|(_, name)| after.entry(name.of).or_default().push(name));
        let mut at: FxHashMap<Element, usize> = FxHashMap::default();
        for (key, name) in &was {
            let index = at.entry(name.of).and_modify(|at| *at += 1).or_default();
            if there.contains(key) {
                continue;
            }
            if name.shape == "impl" {
                lost.traits.push(name.path.clone());
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
        lost
    }
}

/// A number of an enum has all its names, any other element its own.
fn key_of(schema: &Schema, element: Element) -> Element {
    let Element::EnumValue(id) = element else { return element };
    let value = schema.value(id);
    schema.value_by_number(value.parent, value.number).map_or(element, Element::EnumValue)
}

/// A type or a service with what stands in it and has names there.
fn with_parts(schema: &Schema, element: Element) -> Vec<Element> {
    let mut all = vec![element];
    match element {
        Element::Message(id) => {
            all.extend(schema.message(id).fields.iter().map(|f| Element::Field(*f)));
            all.extend(schema.message(id).oneofs.iter().map(|o| Element::Oneof(*o)));
        }
        Element::Enum(id) => all.extend(schema.enum_(id).values.iter().map(|v| Element::EnumValue(*v))),
        Element::Service(id) => all.extend(schema.service(id).methods.iter().map(|m| Element::Method(*m))),
        _ => {}
    }
    all
}

fn gone(name: &Name) -> String {
    format!("`{}` is gone, or has another type", name.path)
}

/// The names of a message, and of the types inside as far as they stand beside those.
fn within(language: Language, schema: &Schema, message: Element) -> Vec<Name> {
    let mut all = surface::names(language, schema, message);
    if let Element::Message(id) = message {
        let message = schema.message(id);
        let types = message.messages.iter().map(|m| Element::Message(*m));
        for inner in types.chain(message.enums.iter().map(|e| Element::Enum(*e))) {
            let theirs = surface::names(language, schema, inner).into_iter();
            all.extend(theirs.filter(|name| name.of == inner || matches!(name.of, Element::EnumValue(_))));
        }
    }
    all
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

/// What features say at an element.
fn features(schema: &Schema, element: Element) -> GeneratorFeatures {
    match element {
        Element::Message(id) => schema.message(id).generators,
        Element::Enum(id) => schema.enum_(id).generators,
        _ => GeneratorFeatures::default(),
    }
}

/// The map field for a part of its entry message; any other element itself.
fn of_map(schema: &Schema, element: Element) -> Element {
    let Element::Field(id) = element else { return element };
    let field = schema.field(id);
    let Some(entry) = field.parent.filter(|p| !field.is_extension() && schema.message(*p).map_entry) else {
        return element;
    };
    let Some(holder) = schema.message(entry).parent else { return element };
    let name = &schema.message(entry).full_name;
    schema.field_by_type(holder, name).map_or(element, Element::Field)
}

/// What an element stands in: a message or a file.
fn parent(schema: &Schema, element: Element) -> Option<Element> {
    let message = match element {
        Element::Message(id) => schema.message(id).parent,
        Element::Enum(id) => schema.enum_(id).parent,
        Element::Field(id) => schema.field(id).parent,
        Element::Service(_) => None,
        _ => return None,
    };
    Some(message.map_or_else(|| Element::File(schema.file_of(element)), Element::Message))
}

/// The element of the new side that is called as one of the old side.
fn counterpart(cx: &Cx<'_>, old: Element) -> Option<Element> {
    same(cx.old, old, cx.new)
}

/// The other way round.
fn back(cx: &Cx<'_>, new: Element) -> Option<Element> {
    same(cx.new, new, cx.old)
}

fn same(from: &Schema, element: Element, to: &Schema) -> Option<Element> {
    let message = |id: MessageId| to.message_by_name(&from.message(id).full_name);
    match element {
        Element::File(id) => to.file_by_name(&from.file(id).name).map(Element::File),
        Element::Field(id) if !from.field(id).is_extension() => {
            let field = from.field(id);
            to.field_by_number(message(field.parent?)?, field.number).map(Element::Field)
        }
        Element::Oneof(id) => {
            let oneof = from.oneof(id);
            to.oneof_by_name(message(oneof.parent)?, &oneof.name).map(Element::Oneof)
        }
        Element::EnumValue(id) => {
            let value = from.value(id);
            let enum_ = to.enum_by_name(&from.enum_(value.parent).full_name)?;
            to.value_by_name(enum_, &value.name).map(Element::EnumValue)
        }
        Element::Method(id) => {
            let method = from.method(id);
            let service = to.service_by_name(&from.service(method.parent).full_name)?;
            to.method_by_name(service, &method.name).map(Element::Method)
        }
        _ => {
            let found = to.by_name(&from.full_name(element))?;
            (std::mem::discriminant(&found) == std::mem::discriminant(&element)).then_some(found)
        }
    }
}

/// The new side of something inside `old`, which is now `new`: a file in another package keeps what is in it.
fn nested_counterpart(cx: &Cx<'_>, inner: Element, old: Element, new: Element) -> Option<Element> {
    counterpart(cx, inner).or_else(|| {
        let (Element::File(_), Element::File(file)) = (old, new) else { return None };
        let name = crate::schema::qualify(&cx.new.file(file).package, &cx.old.nested_name(inner));
        cx.new.by_name(&name).filter(|e| std::mem::discriminant(e) == std::mem::discriminant(&inner))
    })
}
