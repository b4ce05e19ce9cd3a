//! Code that uses the generated package: does it still compile, and still find what it names?
//!
//! One file a language, after what its generators document, and a line in [`speaker`]; what is lost of names and
//! types is for the tables of [`Generated`] to say. Directions do not apply: the
//! question is always old code with the new package, [`Direction::Backward`].

mod generated;
mod go;
mod java;
mod lost;
mod pairs;
mod python;
mod rust;
mod shared;

use super::{Cells, Loss};
use crate::diff::{Change, Cx, FileOption, Kind, OneofChange, beside};
use crate::schema::{Cardinality, Element, Field, FileId, Kind as Type, OneofId, Schema};
use crate::text::few;
use crate::words::{Direction, Effect, Language, Lens};
pub(super) use generated::Generated;
use generated::Says;

/// What a language says to a question.
type Say = fn(&Question<'_>, &Change, &Cx<'_>) -> Loss;

/// Who speaks for a language.
fn speaker(language: Language) -> Say {
    match language {
        Language::Go => go::say,
        Language::Java => java::say,
        Language::Python => python::say,
        Language::Rust => rust::say,
    }
}

/// The changes on which languages differ: each says what it makes of every one of them.
#[derive(Clone, Copy, Debug)]
enum Question<'a> {
    /// A file is gone.
    FileRemoved,
    /// A file is of another package.
    FilePackageChanged,
    /// A file option has another value.
    FileOption(FileOption),
    /// A public import is gone.
    PublicImportRemoved,
    /// A type is in another file.
    TypeMoved,
    /// A type has another name, or is in another package.
    TypeRenamed,
    /// A field, an extension excepted, is new.
    FieldAdded,
    /// A field has another name.
    FieldRenamed,
    /// A field has another type: the old field and the new one.
    FieldRetyped(&'a Field, &'a Field),
    /// A field with one value has it with presence or without, or requires it: the old field and the new one.
    Presence(&'a Field, &'a Field),
    /// A field went into or out of a oneof: the new field.
    Oneof(OneofChange, &'a Field),
    /// A oneof is new.
    OneofAdded,
    /// An enum is open or closed now.
    EnumClosedness,
    /// An enum value is new.
    EnumValueAdded,
    /// Of the names of a number another one stands first.
    EnumValueFirst,
    /// A method is new.
    MethodAdded,
    /// A method takes another type.
    MethodTakes,
}

pub(super) fn judge(change: &Change, cx: &Cx<'_>, generated: &Generated, cells: &mut Cells) {
    let answer = if in_map_entry(change, cx) { map_entry(change, cx) } else { common(change, cx) };
    for language in Language::ALL {
        let loss = match &answer {
            Answer::Same(loss) => loss.clone(),
            Answer::Ask(question) => speaker(language)(question, change, cx),
            Answer::AskOfMap(question) => match speaker(language)(question, change, cx) {
                loss if loss.effect == Effect::Rejects => {
                    Loss::rejects("the key or value type of the map is another one")
                }
                loss => loss,
            },
        };
        let loss = heard(generated.says(language, change, cx), loss, change);
        let loss = if language == Language::Java { java::told(loss, change) } else { loss };
        cells.add(Lens::Source(language), Direction::Backward, loss);
    }
}

/// The tables decide whether something is lost, the language has the better words for it.
fn heard(says: Says, loss: Loss, change: &Change) -> Loss {
    match says {
        Says::Nothing => loss,
        Says::Kept if loss.effect == Effect::Rejects => Loss::none(),
        Says::Kept => loss,
        Says::Lost(reason, stages) => Loss { stages, ..loss.or_worse(Loss::rejects(reason)) },
        Says::Hurts(reason, own) if generated::of_type(change) => {
            let own = heard(*own, loss, change);
            if own.effect == Effect::Rejects {
                Loss::rejects(format!("{}; {reason}", own.reason))
            } else {
                Loss::rejects(reason)
            }
        }
        Says::Hurts(reason, _) => loss.or_worse(Loss::rejects(reason)),
    }
}

/// What languages make of a change.
#[derive(Debug)]
enum Answer<'a> {
    /// All of them this.
    Same(Loss),
    /// Each something of its own.
    Ask(Question<'a>),
    /// The same, of the key or the value of a map.
    AskOfMap(Question<'a>),
}

/// The generated code has no entry type: the map field is what code names.
fn map_entry<'a>(change: &Change, cx: &Cx<'a>) -> Answer<'a> {
    match (&change.kind, change.fields()) {
        (Kind::FieldTypeChanged(_), Some((old, new))) => {
            Answer::AskOfMap(Question::FieldRetyped(cx.old.field(old), cx.new.field(new)))
        }
        _ => Answer::Same(Loss::none()),
    }
}

fn in_map_entry(change: &Change, cx: &Cx<'_>) -> bool {
    match change.old {
        Some(Element::Field(id)) => {
            let field = cx.old.field(id);
            !field.is_extension() && field.parent.is_some_and(|p| cx.old.message(p).map_entry)
        }
        Some(Element::Message(id)) => cx.old.message(id).map_entry,
        _ => false,
    }
}

/// What every language makes of a change, or what to ask each.
fn common<'a>(change: &Change, cx: &Cx<'a>) -> Answer<'a> {
    let fields = change.fields().map(|(old, new)| (cx.old.field(old), cx.new.field(new)));
    Answer::Same(match &change.kind {
        Kind::FileRemoved => return Answer::Ask(Question::FileRemoved),
        Kind::FilePackageChanged => return Answer::Ask(Question::FilePackageChanged),
        Kind::FileOptionChanged(option) => return Answer::Ask(Question::FileOption(*option)),
        Kind::ImportRemoved { public: true, .. } => return Answer::Ask(Question::PublicImportRemoved),
        Kind::ImportRemoved { public: false, .. } => Loss::none(),
        Kind::PackageRemoved { .. } => Loss::rejects("everything generated from the package is gone"),
        Kind::TypeRemoved(_) => Loss::rejects(format!("the generated {} is gone", change.noun(cx))),
        Kind::TypeMoved(_) => return Answer::Ask(Question::TypeMoved),
        Kind::TypeRenamed(_) => return Answer::Ask(Question::TypeRenamed),

        Kind::FieldAdded { .. } => match change.new {
            Some(Element::Field(id)) if cx.new.field(id).is_extension() => Loss::none(),
            _ => return Answer::Ask(Question::FieldAdded),
        },
        Kind::FieldRemoved { renumbered: Some(_), .. } => Loss::none(),
        Kind::FieldRemoved { renumbered: None, .. } => {
            Loss::rejects("the generated field and its accessors are gone")
        }
        Kind::FieldNameChanged(_) => return Answer::Ask(Question::FieldRenamed),
        Kind::FieldTypeChanged(_) => match fields {
            Some((old, new)) => return Answer::Ask(Question::FieldRetyped(old, new)),
            None => Loss::none(),
        },
        Kind::FieldCardinalityChanged => match fields {
            Some((old, new)) if old.cardinality.is_singular() && new.cardinality.is_singular() => {
                return Answer::Ask(Question::Presence(old, new));
            }
            Some(_) => {
                Loss::rejects("a single value, a list and a map are different types in the generated code")
            }
            None => Loss::none(),
        },
        Kind::FieldOneofChanged(OneofChange::Switched { renamed: true, .. }) => Loss::none(),
        Kind::FieldOneofChanged(how) => match fields {
            Some((_, new)) => return Answer::Ask(Question::Oneof(*how, new)),
            None => Loss::none(),
        },
        Kind::OneofAdded => return Answer::Ask(Question::OneofAdded),
        Kind::OneofRemoved { renamed: Some(_), .. } => Loss::rejects("the generated oneof has another name"),
        Kind::OneofRemoved { renamed: None, .. } => Loss::rejects("the generated oneof is gone"),

        // Java's accessors for numbers are compared by their names.
        Kind::FieldJavaEnumTypeChanged => Loss::none(),
        Kind::EnumClosednessChanged => return Answer::Ask(Question::EnumClosedness),
        Kind::EnumValueAdded { alias: false, .. } => return Answer::Ask(Question::EnumValueAdded),
        Kind::EnumValueAdded { alias: true, .. } => Loss::none(),
        // What the generators make of the first name is in their tables.
        Kind::EnumValueFirstNameChanged => return Answer::Ask(Question::EnumValueFirst),
        Kind::EnumValueRemoved { .. } => Loss::rejects("the generated constant is gone"),
        Kind::EnumValueNameChanged { old_names, new_names, .. } => {
            if old_names.iter().all(|n| still_there(change, cx, n)) {
                Loss::none()
            } else {
                let gone: Vec<&str> =
                    old_names.iter().filter(|n| new_names.binary_search(n).is_err()).map(|n| &**n).collect();
                Loss::rejects(format!("the generated constant `{}` is gone", few(&gone, "`, `")))
            }
        }

        Kind::VisibilityChanged { hidden, .. } if hidden.is_empty() => Loss::none(),
        Kind::VisibilityChanged { hidden, .. } => {
            let hidden: Vec<&str> = hidden.iter().map(|n| &**n).collect();
            Loss::rejects(format!(
                "a .proto file of another contract that uses `{}` does not compile any more",
                few(&hidden, "`, `")
            ))
            .compiling()
        }

        Kind::MethodAdded => return Answer::Ask(Question::MethodAdded),
        Kind::MethodRemoved => Loss::rejects("the generated client method is gone"),
        Kind::MethodRequestTypeChanged(_) => return Answer::Ask(Question::MethodTakes),
        Kind::MethodResponseTypeChanged(_) => Loss::rejects("the generated method returns another type"),
        Kind::MethodClientStreamingChanged | Kind::MethodServerStreamingChanged => {
            Loss::rejects("the generated method has another shape when it streams")
        }
        beside!(source) => Loss::none(),
    })
}

/// Whether a new part of a message or an enum is called as one that was there: it is the same part to code, whatever its
/// number is now.
fn was_there(change: &Change, cx: &Cx<'_>, spell: fn(&str) -> String) -> bool {
    let message = |id| match pairs::back(cx, Element::Message(id)) {
        Some(Element::Message(was)) => Some(cx.old.message(was)),
        _ => None,
    };
    match change.new {
        Some(Element::Field(id)) => {
            let field = cx.new.field(id);
            let in_oneof = |schema: &Schema, field: &Field| field.oneof.map(|o| spell(&schema.oneof(o).name));
            let same =
                |was: &Field| was.name == field.name && in_oneof(cx.old, was) == in_oneof(cx.new, field);
            field.parent.and_then(message).is_some_and(|m| m.fields.iter().any(|f| same(cx.old.field(*f))))
        }
        Some(Element::Oneof(id)) => oneof_was_there(cx, id, spell),
        Some(Element::EnumValue(id)) => {
            let value = cx.new.value(id);
            match pairs::back(cx, Element::Enum(value.parent)) {
                Some(Element::Enum(was)) => cx.old.value_by_name(was, &value.name).is_some(),
                _ => false,
            }
        }
        _ => false,
    }
}

/// Whether the message of a oneof had one that is spelled alike, be it the same or not.
fn oneof_was_there(cx: &Cx<'_>, id: OneofId, spell: fn(&str) -> String) -> bool {
    let oneof = cx.new.oneof(id);
    let Some(Element::Message(was)) = pairs::back(cx, Element::Message(oneof.parent)) else { return false };
    let mut before = cx.old.message(was).oneofs.iter();
    before.any(|before| spell(&cx.old.oneof(*before).name) == spell(&oneof.name))
}

/// Whether a value name is still declared somewhere in the new enum.
fn still_there(change: &Change, cx: &Cx<'_>, name: &str) -> bool {
    match change.new {
        Some(Element::EnumValue(id)) => {
            let parent = cx.new.value(id).parent;
            cx.new.value_by_name(parent, name).is_some()
        }
        _ => false,
    }
}

/// Whether the old name of a renamed field is still declared in the new message, at another number.
fn name_lives_on(change: &Change, cx: &Cx<'_>) -> bool {
    let Some((old, new)) = change.fields() else { return false };
    let name = &cx.old.field(old).name;
    cx.new.field(new).parent.is_some_and(|p| cx.new.field_by_name(p, name).is_some())
}

/// Whether a moved or renamed type keeps its nested name, and the value of a file option in both files.
fn same_place(change: &Change, cx: &Cx<'_>, of: impl Fn(&Schema, FileId) -> String) -> bool {
    let (Some(old), Some(new)) = (change.old, change.new) else { return false };
    cx.old.nested_name(old) == cx.new.nested_name(new)
        && of(cx.old, cx.old.file_of(old)) == of(cx.new, cx.new.file_of(new))
}

fn option(option: FileOption) -> impl Fn(&Schema, FileId) -> String {
    move |schema, file| option.value(schema, file)
}

/// `foo_bar` as `FooBar`: what the generators of Go, Java and Rust share for a plain name.
fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = true;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else if upper {
            out.push(c.to_ascii_uppercase());
            upper = false;
        } else {
            out.push(c);
            upper = c.is_ascii_digit();
        }
    }
    out
}

/// A renamed field, in a language that spells names its own way: nothing happens where both spell the same, or
/// where the old name lives on at another number.
fn renamed(change: &Change, cx: &Cx<'_>, spell: fn(&str) -> String, say: fn(&str) -> String) -> Loss {
    let Some((old, new)) = change.fields() else { return Loss::none() };
    let (was, now) = (spell(&cx.old.field(old).name), spell(&cx.new.field(new).name));
    if was == now || name_lives_on(change, cx) { Loss::none() } else { Loss::rejects(say(&now)) }
}

/// A field of another type, in a language that has one type for each class of scalars.
fn retyped(old: &Field, new: &Field, class: fn(Type) -> &'static str, reason: &'static str) -> Loss {
    let same_message = old.kind.is_message() && new.kind.is_message() && old.type_name == new.type_name;
    if same_class(old, new, class) || same_message { Loss::none() } else { Loss::rejects(reason) }
}

/// The scalar types a language tells apart, as one name a class.
fn same_class(old: &Field, new: &Field, class: impl Fn(Type) -> &'static str) -> bool {
    !old.kind.is_named() && !new.kind.is_named() && class(old.kind) == class(new.kind)
}

/// Whether a field has a value that can be absent.
fn optional(field: &Field) -> bool {
    field.cardinality == Cardinality::Explicit
}
