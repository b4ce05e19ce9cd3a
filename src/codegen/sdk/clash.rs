//! Names that become one: those of the tables of names ([`crate::surface`]) against each other, and against what the
//! languages' base classes have.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{PackageError, shared};
use crate::schema::{Cardinality, Element, FileId, MessageId, Schema};
use crate::surface;
use crate::words::Language;

/// Who has a name already.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Owner {
    Element(Element),
    /// Every class of the kind has it, whatever the contract says.
    Everybody,
}

/// Whether nobody refuses two elements that want one name.
pub(super) type Spared = fn(&Schema, &str, [Element; 2]) -> bool;

/// Whether a name of the table is not made in the form that is asked for.
pub(super) type Lacks = fn(&Schema, &surface::Name) -> bool;

/// Collects names, and a refusal for each two elements that want the same one.
pub(super) struct Claims<'s> {
    schema: &'s Schema,
    language: Language,
    /// Names that several files share, by the place in which they stand.
    shared: FxHashMap<(String, String), Owner>,
    /// Those below the types of one file.
    own: FxHashMap<String, Owner>,
    told: FxHashSet<(Owner, Owner)>,
    spared: Option<Spared>,
    lacks: Option<Lacks>,
    /// What was refused.
    pub(super) refused: Vec<PackageError>,
}

impl<'s> Claims<'s> {
    pub(super) fn new(schema: &'s Schema, language: Language) -> Claims<'s> {
        Claims {
            schema,
            language,
            shared: FxHashMap::default(),
            own: FxHashMap::default(),
            told: FxHashSet::default(),
            spared: None,
            lacks: None,
            refused: Vec::new(),
        }
    }

    /// Takes what is spared for no clash.
    pub(super) fn sparing(self, spared: Spared) -> Claims<'s> {
        Claims { spared: Some(spared), ..self }
    }

    /// Leaves out names that are not made.
    pub(super) fn without(self, lacks: Lacks) -> Claims<'s> {
        Claims { lacks: Some(lacks), ..self }
    }

    /// Claims all names of a file. Those at the top stand in `place`, which files may share.
    pub(super) fn file(&mut self, place: &str, id: FileId) {
        self.own.clear();
        for element in surface::inside(self.schema, Element::File(id)) {
            // Which files are in one Go package is said by who generates them, and with it what a file has of others.
            if self.language == Language::Go && matches!(element, Element::File(_)) {
                continue;
            }
            for name in surface::names(self.language, self.schema, element) {
                let key = self.key(&name);
                // Refused for itself, or not there.
                if key.is_empty() || self.lacks.is_some_and(|lacks| lacks(self.schema, &name)) {
                    continue;
                }
                let top = !name.path.split('(').next().unwrap_or_default().contains('.');
                // Python has a module of its own for services.
                let services = matches!(element, Element::Service(_)) && self.language == Language::Python;
                let place = if services { "services" } else { place };
                // Java's classes of files and services are not beside the types, and checked with all files.
                if top
                    && self.language == Language::Java
                    && matches!(element, Element::File(_) | Element::Service(_))
                {
                    continue;
                }
                self.claim(top.then_some(place), key, name.of);
            }
        }
    }

    /// What two names must not have in common. Java has one space for types, one for fields and one for functions.
    fn key(&self, name: &surface::Name) -> String {
        let key = surface::key(self.language, &name.path);
        match (self.language, &*name.shape) {
            (Language::Java, "class" | "interface" | "enum" | "large enum") => format!("{key} {{}}"),
            _ => key.to_owned(),
        }
    }

    /// Claims one name: at the top of a place, or inside the file that is being claimed.
    pub(super) fn claim(&mut self, place: Option<&str>, key: String, of: Element) {
        let first = match place {
            Some(place) => self.shared.get(&(place.to_owned(), key.clone())).copied(),
            None => self.own.get(&key).copied(),
        };
        match first {
            Some(first) => self.clash(&key, of, first),
            None => self.keep(place, key, Owner::Element(of)),
        }
    }

    /// A name inside the file that is being claimed which is there whatever the contract says. Told before the names of
    /// the file are claimed, it is kept; told after, it meets what is there.
    pub(super) fn fixed(&mut self, key: String) {
        match self.own.get(&key).copied() {
            Some(Owner::Element(of)) => self.clash(&key, of, Owner::Everybody),
            Some(Owner::Everybody) => {}
            None => self.keep(None, key, Owner::Everybody),
        }
    }

    fn keep(&mut self, place: Option<&str>, key: String, owner: Owner) {
        match place {
            Some(place) => self.shared.insert((place.to_owned(), key), owner),
            None => self.own.insert(key, owner),
        };
    }

    fn clash(&mut self, key: &str, of: Element, first: Owner) {
        if first == Owner::Element(of) || !self.told.insert((Owner::Element(of), first)) {
            return;
        }
        if let Owner::Element(first) = first
            && self.spared.is_some_and(|spared| spared(self.schema, key, [of, first]))
        {
            return;
        }
        let (schema, language) = (self.schema, self.language.title());
        let name = key.trim_end_matches(" {}");
        let who = |e: Element| format!("{} `{}`", schema.noun(e), schema.full_name(e));
        let (what, hint) = match first {
            Owner::Element(first) => (
                format!("{} and {} are both called `{name}` in {language}", who(of), who(first)),
                "rename one of them",
            ),
            Owner::Everybody => (
                format!(
                    "{} would be called `{name}` in {language}, which is there already in generated code",
                    who(of)
                ),
                "rename it",
            ),
        };
        self.refuse(of, what, hint);
    }

    /// Refuses maps of a message of which the entries have no name: those of a map `_1` are called `1Entry`, which protoc takes
    /// and neither Go's and Python's descriptors nor the names that Java makes of it do.
    pub(super) fn entries(&mut self, message: MessageId) {
        for field in &self.schema.message(message).fields {
            let of = self.schema.field(*field);
            if of.cardinality != Cardinality::Map {
                continue;
            }
            let entry = of.type_name.as_deref().and_then(|name| self.schema.message_by_name(name));
            let Some(name) = entry.map(|entry| &self.schema.message(entry).name) else { continue };
            if name.starts_with(|c: char| c.is_ascii_digit()) {
                let language = self.language.title();
                let what =
                    format!("the entries of the map are called `{name}`, which {language} takes for no name");
                self.refuse(Element::Field(*field), what, "rename it so that it begins with a letter");
            }
        }
    }

    /// No file that is claimed from now on shares a place with those before.
    pub(super) fn end_of_place(&mut self, place: &str) {
        self.shared.retain(|(one, _), _| one != place);
    }

    /// A refusal for another reason.
    pub(super) fn refuse(&mut self, of: Element, what: String, hint: &str) {
        self.refused.push(shared::refuse(self.schema, self.language, of, &[], what, hint));
    }
}
