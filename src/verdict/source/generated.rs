//! The tables of generated names of both sides, compared: which names a change takes away or alters.
//!
//! Every lost name is laid to the change that caused it: to what happened to its own element, to what its file or its
//! features say now, or to what is new beside it and made the generator call it otherwise.

use std::cell::RefCell;
use std::rc::Rc;

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

/// The names that one element of a package had and has no more.
type Lost = Rc<Vec<Name>>;
/// Which elements claim a name, below one container.
type Claims = Rc<FxHashMap<String, Vec<Element>>>;

/// The tables of a comparison, made where something asks.
#[derive(Debug, Default)]
pub(in crate::verdict) struct Generated {
    lost: RefCell<FxHashMap<(Language, Element, Element), Lost>>,
    claims: RefCell<FxHashMap<(Language, String), Claims>>,
    containers: RefCell<FxHashMap<Language, Rc<FxHashMap<String, Vec<FileId>>>>>,
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

    /// What became of the names of a part of a message or an enum.
    fn part(&self, language: Language, cx: &Cx<'_>, part: Element, new_owner: Option<Element>) -> Says {
        let old_owner = surface::owner(cx.old, part);
        let Some(new_owner) = new_owner.or_else(|| counterpart(cx, old_owner)) else { return Says::Nothing };
        let lost = self.lost(language, cx, old_owner, new_owner);
        // A number of an enum has all its names.
        let same = |of: Element| match (of, part) {
            (Element::EnumValue(a), Element::EnumValue(b)) => {
                cx.old.value(a).number == cx.old.value(b).number
            }
            (a, b) => a == b,
        };
        match lost.iter().find(|name| same(name.of)) {
            Some(name) => Says::Lost(format!("`{}` is gone, or has another type", name.path)),
            None => Says::Kept,
        }
    }

    /// Whether a type has another name or place.
    fn place(&self, language: Language, cx: &Cx<'_>, old: Element, new: Element) -> Says {
        let place = |schema: &Schema, element| {
            let first = surface::names(language, schema, element).into_iter().find(|n| n.of == element);
            (surface::container(language, schema, element), first.map(|n| n.path).unwrap_or_default())
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
                && let Some(name) = self.lost(language, cx, was, now).first()
            {
                return Says::Lost(format!("`{}` is gone, or has another type", name.path));
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
        lost.iter().filter(|name| name.shape == "impl").find_map(|name| {
            let (path, traits) = name.path.split_once(": ")?;
            let derived = if traits == "Copy" { Derived::Copy } else { Derived::Eq };
            (!surface::rust::allows(cx.new, cx.new.field(id), derived)).then(|| {
                format!(
                    "`{path}` no longer derives `{}`: code that counts on it does not compile",
                    traits.replace(" + ", "` and `")
                )
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
        let was = counterpart(cx, back(cx, scope)?).and_then(|_| back(cx, scope))?;
        let lost = self.lost(language, cx, was, scope);
        if lost.is_empty() {
            return None;
        }
        let mine: FxHashSet<Element> = surface::inside(cx.new, new).into_iter().collect();
        let now = surface::names(language, cx.new, scope);
        lost.iter().filter(|name| Some(name.of) != change.old).find_map(|name| {
            let before = surface::names(language, cx.old, was);
            let of = counterpart(cx, name.of)?;
            let here = |names: &[Name], of: Element| -> Vec<Name> {
                names.iter().filter(|n| n.of == of).cloned().collect()
            };
            let (before, after) = (here(&before, name.of), here(&now, of));
            let at = before.iter().position(|n| n == name)?;
            let called = after.get(at).filter(|n| n.beside.is_some_and(|b| mine.contains(&b)))?;
            (called.path != name.path)
                .then(|| format!("beside it `{}` is now called `{}`", name.path, called.path))
        })
    }

    /// The first name that something new shares with something else.
    fn clashes(&self, language: Language, new: Element, cx: &Cx<'_>) -> Option<String> {
        let owner = surface::owner(cx.new, new);
        let mine: FxHashSet<Element> = surface::inside(cx.new, new).into_iter().collect();
        let owners = if owner == new { surface::inside(cx.new, new) } else { vec![owner] };
        let is_mine = |of: Element| mine.contains(&of) || mine.contains(&surface::owner(cx.new, of));
        for owner in owners {
            let claims = self.claims(language, cx.new, owner);
            for name in surface::names(language, cx.new, owner).iter().filter(|n| is_mine(n.of)) {
                let key = surface::key(language, &name.path);
                let all = claims.get(key.as_str()).map(Vec::as_slice).unwrap_or_default();
                if let Some(other) = all.iter().find(|other| **other != name.of && !is_mine(**other)) {
                    return Some(format!(
                        "the generated code does not compile: {} `{}` and {} `{}` are both called `{}`",
                        cx.new.noun(*other),
                        cx.new.full_name(*other),
                        cx.new.noun(name.of),
                        cx.new.full_name(name.of),
                        name.path
                    ));
                }
            }
        }
        None
    }

    /// Who claims which name below the container of an element.
    fn claims(&self, language: Language, schema: &Schema, element: Element) -> Claims {
        let container = surface::container(language, schema, element);
        let known = self.claims.borrow().get(&(language, container.clone())).cloned();
        if let Some(known) = known {
            return known;
        }
        let mut claims: FxHashMap<String, Vec<Element>> = FxHashMap::default();
        let containers = self.containers(language, schema);
        for file in containers.get(&container).into_iter().flatten() {
            for inner in surface::inside(schema, Element::File(*file)) {
                if surface::container(language, schema, inner) != container {
                    continue;
                }
                for name in surface::names(language, schema, inner) {
                    claims.entry(surface::key(language, &name.path)).or_default().push(name.of);
                }
            }
        }
        let claims = Rc::new(claims);
        self.claims.borrow_mut().insert((language, container), claims.clone());
        claims
    }

    /// The files that have something below each container.
    fn containers(&self, language: Language, schema: &Schema) -> Rc<FxHashMap<String, Vec<FileId>>> {
        let known = self.containers.borrow().get(&language).cloned();
        if let Some(known) = known {
            return known;
        }
        let mut all: FxHashMap<String, Vec<FileId>> = FxHashMap::default();
        for (id, file) in schema.files() {
            let tops = file.messages.iter().map(|m| Element::Message(*m));
            let tops = tops.chain(file.enums.iter().map(|e| Element::Enum(*e)));
            let tops = tops.chain(file.services.iter().map(|s| Element::Service(*s)));
            let tops = tops.chain(file.extensions.iter().map(|f| Element::Field(*f)));
            let mut here: Vec<String> =
                tops.map(|element| surface::container(language, schema, element)).collect();
            here.push(surface::container(language, schema, Element::File(id)));
            here.sort_unstable();
            here.dedup();
            here.into_iter().for_each(|container| all.entry(container).or_default().push(id));
        }
        let all = Rc::new(all);
        self.containers.borrow_mut().insert(language, all.clone());
        all
    }

    /// The names of an old element that its new side does not have with the same shape.
    fn lost(&self, language: Language, cx: &Cx<'_>, old: Element, new: Element) -> Lost {
        let known = self.lost.borrow().get(&(language, old, new)).cloned();
        if let Some(known) = known {
            return known;
        }
        let table = |schema: &Schema, element| {
            let container = surface::container(language, schema, element);
            let front = if container.is_empty() { container } else { format!("{container}.") };
            let names = surface::names(language, schema, element).into_iter();
            names.map(move |name| {
                // Where everything goes elsewhere, whatever sent it there says so.
                let bare = |text: &str| {
                    if front.is_empty() { text.to_owned() } else { text.replace(&front, "") }
                };
                ((bare(&name.path), bare(&name.shape)), name)
            })
        };
        let now: FxHashSet<(String, String)> = table(cx.new, new).map(|(key, _)| key).collect();
        let lost: Vec<Name> =
            table(cx.old, old).filter(|(key, _)| !now.contains(key)).map(|(_, name)| name).collect();
        let lost = Rc::new(lost);
        self.lost.borrow_mut().insert((language, old, new), lost.clone());
        lost
    }
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
