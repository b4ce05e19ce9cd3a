//! What a generator makes of a schema: every public name, its shape, and the element it comes from.
//!
//! One file a language, after what the generators of the SDK packages do ([`Language`]): protoc for Java and Python with
//! their gRPC plugins, protoc-gen-go and protoc-gen-go-grpc, prost and tonic. The rules by which a generator keeps
//! names apart are part of it, so a name says too beside which element it could not keep its usual form.
//!
//! Names are those that come from the contract: what every message has by itself (`toString`, `Reset`, `parseFrom`) is
//! left out. They stand below a [`container`], which is a Java package or the class of a file, a Go package, a Python
//! module or a Rust module.

pub(crate) mod go;
pub(crate) mod java;
pub(crate) mod kin;
pub(crate) mod python;
pub(crate) mod rust;

use rustc_hash::FxHashSet;

use crate::schema::{Element, EnumId, Field, FileId, MessageId, Schema};
use crate::words::Language;

/// One public name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The name below its container: `Pay.getStage()`, `Pay_Card`.
    pub path: String,
    /// What can be done with it: its type, for a function what it returns.
    pub shape: String,
    /// The element that it comes from.
    pub of: Element,
    /// The element beside which it has another name than it would have alone.
    pub beside: Option<Element>,
}

/// What stands for the languages' tables.
trait Surface: Sync {
    /// See [`container`].
    fn container(&self, schema: &Schema, element: Element) -> String;

    /// Whether an element stands in a class that is its file's own.
    fn in_file_class(&self, schema: &Schema, element: Element) -> bool {
        let _ = (schema, element);
        false
    }

    /// Those names of an element that stand right below its container, where others of the same package could too.
    fn tops(&self, schema: &Schema, element: Element, out: &mut Names<'_>);

    /// Whether what is in a message or a file can be called otherwise beside something else in it.
    fn keeps_apart(&self, owner: Element) -> bool;

    /// What a file makes beside its types, extensions and services.
    fn file(&self, schema: &Schema, id: FileId, out: &mut Names<'_>);

    /// What a message makes, without the types and extensions inside.
    fn message(&self, schema: &Schema, id: MessageId, out: &mut Names<'_>);

    /// What an enum makes.
    fn enum_(&self, schema: &Schema, id: EnumId, out: &mut Names<'_>);

    /// What an extension makes.
    fn extension(&self, schema: &Schema, id: crate::schema::FieldId, out: &mut Names<'_>);

    /// What a service makes.
    fn service(&self, schema: &Schema, id: crate::schema::ServiceId, out: &mut Names<'_>);
}

/// Who speaks for a language.
fn of(language: Language) -> &'static dyn Surface {
    match language {
        Language::Go => &go::Go,
        Language::Java => &java::Java,
        Language::Python => &python::Python,
        Language::Rust => &rust::Rust,
    }
}

/// The parts of a message or an enum that somebody asks about.
#[derive(Debug, Default)]
pub(crate) struct View {
    /// Whose names are wanted.
    pub(crate) wanted: FxHashSet<Element>,
    /// These, and all beside which one of them could be called otherwise.
    pub(crate) seen: FxHashSet<Element>,
}

/// Collects the names of one element, or those of some of its parts.
#[derive(Debug, Default)]
pub(crate) struct Names<'v>(Vec<Name>, Option<&'v View>);

impl Names<'_> {
    fn add(&mut self, of: Element, beside: Option<Element>, path: String, shape: impl Into<String>) {
        self.0.push(Name { path, shape: shape.into(), of, beside });
    }

    /// Whether the names of a part are wanted.
    fn wants(&self, part: Element) -> bool {
        self.1.is_none_or(|view| view.wanted.contains(&part))
    }

    /// Whether a part matters to what others are called.
    fn sees(&self, part: Element) -> bool {
        self.1.is_none_or(|view| view.seen.contains(&part))
    }
}

/// Where the names of an element stand.
pub fn container(language: Language, schema: &Schema, element: Element) -> String {
    of(language).container(schema, element)
}

/// Whether an element stands in a class that is its file's own, and shares its container with the file alone.
pub(crate) fn in_file_class(language: Language, schema: &Schema, element: Element) -> bool {
    of(language).in_file_class(schema, element)
}

/// Whether [`Name::beside`] can be something in the names of an owner.
pub(crate) fn keeps_apart(language: Language, owner: Element) -> bool {
    of(language).keeps_apart(owner)
}

/// Those [`names`] that stand right below the container; of some parts, if these are named.
pub(crate) fn tops(language: Language, schema: &Schema, element: Element, parts: Option<&View>) -> Vec<Name> {
    let mut out = Names(Vec::new(), parts);
    of(language).tops(schema, element, &mut out);
    out.0
}

/// The names that a file, a message, an enum, an extension or a service makes by itself: types inside have their own.
pub fn names(language: Language, schema: &Schema, owner: Element) -> Vec<Name> {
    names_of(language, schema, owner, None)
}

/// Those [`names`] that some parts of a message or an enum have, beside those of none of its parts.
pub(crate) fn names_of(
    language: Language,
    schema: &Schema,
    owner: Element,
    parts: Option<&View>,
) -> Vec<Name> {
    let mut out = Names(Vec::new(), parts);
    let surface = of(language);
    match owner {
        Element::File(id) => surface.file(schema, id, &mut out),
        Element::Message(id) if schema.message(id).map_entry => {}
        Element::Message(id) => surface.message(schema, id, &mut out),
        Element::Enum(id) => surface.enum_(schema, id, &mut out),
        Element::Field(id) if schema.field(id).is_extension() => surface.extension(schema, id, &mut out),
        Element::Service(id) => surface.service(schema, id, &mut out),
        Element::Field(_) | Element::Oneof(_) | Element::EnumValue(_) | Element::Method(_) => {}
    }
    out.0
}

/// What two names must not have in common below one container: Go has one space for fields and methods, Java tells
/// functions apart by what they take.
pub fn key(language: Language, path: &str) -> &str {
    match language {
        Language::Java => path,
        Language::Go | Language::Python | Language::Rust => path.trim_end_matches("()"),
    }
}

/// The element whose [`names`] hold those of `element`.
pub fn owner(schema: &Schema, element: Element) -> Element {
    match element {
        Element::Field(id) => match schema.field(id) {
            Field { extendee: None, parent: Some(parent), .. } => Element::Message(*parent),
            _ => element,
        },
        Element::Oneof(id) => Element::Message(schema.oneof(id).parent),
        Element::EnumValue(id) => Element::Enum(schema.value(id).parent),
        Element::Method(id) => Element::Service(schema.method(id).parent),
        other => other,
    }
}

/// An element with everything declared inside, each of which has names of its own; map entries are left out.
pub fn inside(schema: &Schema, element: Element) -> Vec<Element> {
    let mut all = Vec::new();
    let mut todo = vec![element];
    while let Some(element) = todo.pop() {
        all.push(element);
        match element {
            Element::File(id) => {
                let file = schema.file(id);
                todo.extend(file.services.iter().rev().map(|s| Element::Service(*s)));
                todo.extend(file.extensions.iter().rev().map(|f| Element::Field(*f)));
                todo.extend(file.enums.iter().rev().map(|e| Element::Enum(*e)));
                todo.extend(file.messages.iter().rev().map(|m| Element::Message(*m)));
            }
            Element::Message(id) => {
                let message = schema.message(id);
                let real = message.messages.iter().rev().filter(|m| !schema.message(**m).map_entry);
                todo.extend(message.extensions.iter().rev().map(|f| Element::Field(*f)));
                todo.extend(message.enums.iter().rev().map(|e| Element::Enum(*e)));
                todo.extend(real.map(|m| Element::Message(*m)));
            }
            _ => {}
        }
    }
    all
}

/// Every name that generated code of a file has.
pub fn whole(language: Language, schema: &Schema, file: FileId) -> Vec<Name> {
    inside(schema, Element::File(file)).into_iter().flat_map(|e| names(language, schema, e)).collect()
}

/// The key and the value of a map field.
fn entry<'s>(schema: &'s Schema, field: &Field) -> Option<(&'s Field, &'s Field)> {
    let entry = schema.message(schema.message_by_name(field.type_name.as_deref()?)?);
    let [key, value] = entry.fields[..] else { return None };
    Some((schema.field(key), schema.field(value)))
}
