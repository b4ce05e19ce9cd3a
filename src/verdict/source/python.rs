//! Python, after <https://protobuf.dev/reference/python/python-generated/>.
//!
//! Python finds out at run time: `rejects` means an AttributeError, ImportError, TypeError or ValueError where
//! the code used to work.

use rustc_hash::FxHashMap;

use super::pairs::of_map;
use super::{Question, renamed, retyped};
use crate::diff::{Change, Cx, FileOption, OneofChange};
use crate::schema::{
    Cardinality, Element, Field, FieldId, FileId, Kind as Type, MessageId, Schema, ServiceId,
};
use crate::surface;
use crate::surface::python::is_keyword;
use crate::verdict::Loss;
use crate::words::Language;

const TYPE_OF_NUMBERS: &str = "type checkers tell numbers and enums apart; at run time both are numbers";
const MEMBER_OF_ONEOF: &str = "WhichOneof no longer names the field";
const TYPE_OF_REQUEST: &str =
    "type checkers refuse what the method took; at run time it is sent as what it is, unasked";

pub(super) fn say(question: &Question<'_>, change: &Change, cx: &Cx<'_>) -> Loss {
    match *question {
        Question::FileRemoved => Loss::rejects("the generated module is gone"),
        Question::FileOption(FileOption::PyGenericServices) => {
            Loss::rejects("the generic service classes come or go")
        }
        Question::TypeMoved => Loss::rejects("the generated class is in the module of another file"),
        Question::TypeRenamed => {
            let (Some(old), Some(new)) = (change.old, change.new) else { return Loss::none() };
            let file = |s: &Schema, e| s.file(s.file_of(e)).name.clone();
            if file(cx.old, old) == file(cx.new, new) && cx.old.nested_name(old) == cx.new.nested_name(new) {
                Loss::none() // modules follow files, not packages
            } else {
                Loss::rejects("the generated class has another name, or is in the module of another file")
            }
        }
        // The module stays, and with it every class of the same name, whatever became of the message.
        Question::FilePackageChanged => match (change.old, change.new) {
            (Some(Element::File(old)), Some(Element::File(new))) => fields_change(cx, old, new)
                .or_else(|| calls_change(cx, old, new).then_some(TYPE_OF_REQUEST))
                .map_or_else(Loss::none, Loss::unknown),
            _ => Loss::none(),
        },
        Question::FieldRenamed => {
            renamed(change, cx, str::to_owned, |now| format!("the attribute is now called `{now}`"))
        }
        Question::FieldRetyped(old, new) => {
            // Enum values are plain integers.
            if integer(old.kind) && integer(new.kind) {
                let field = change.old.map(|old| of_map(cx.old, old));
                let unseen = |id| is_keyword(&cx.old.field(id).name);
                let unseen = matches!(field, Some(Element::Field(id)) if unseen(id));
                let same = unseen || enum_of(cx.old, old) == enum_of(cx.new, new);
                return if same { Loss::none() } else { Loss::unknown(TYPE_OF_NUMBERS) };
            }
            retyped(old, new, class, "the attribute takes and returns another type")
        }
        Question::Presence(_, new) => {
            if new.cardinality == Cardinality::Implicit {
                Loss::rejects("HasField raises ValueError for a field without presence")
            } else {
                Loss::none()
            }
        }
        Question::Oneof(OneofChange::Left(_), new) => {
            if new.cardinality == Cardinality::Implicit {
                Loss::rejects("HasField raises ValueError, and WhichOneof no longer names the field")
            } else {
                Loss::unknown(MEMBER_OF_ONEOF)
            }
        }
        Question::Oneof(OneofChange::Switched { .. }, _) => {
            Loss::unknown("WhichOneof names the field for another oneof")
        }
        Question::MethodTakes => {
            let (Some(Element::Method(old)), Some(Element::Method(new))) = (change.old, change.new) else {
                return Loss::none();
            };
            if place(cx.old, &cx.old.method(old).input) == place(cx.new, &cx.new.method(new).input) {
                Loss::none()
            } else {
                // Every message is written by the same method.
                Loss::unknown(TYPE_OF_REQUEST)
            }
        }
        Question::PublicImportRemoved => {
            Loss::rejects("the names that a public import re-exports are gone from the module")
        }
        Question::FileOption(_)
        | Question::FieldAdded
        | Question::Oneof(OneofChange::JoinedAlone(_) | OneofChange::JoinedOthers(_), _)
        | Question::OneofAdded
        | Question::EnumClosedness
        | Question::EnumValueAdded
        | Question::EnumValueFirst
        | Question::MethodAdded => Loss::none(),
    }
}

/// The module and the name in it of a type.
fn place(schema: &Schema, name: &str) -> Option<(String, String)> {
    let element = schema.by_name(name)?;
    Some((surface::container(Language::Python, schema, element), schema.nested_name(element)))
}

fn integer(kind: Type) -> bool {
    class(kind) == "int" || kind == Type::Enum
}

/// The enum that the stub of a field names.
fn enum_of(schema: &Schema, field: &Field) -> Option<(String, String)> {
    field.type_name.as_deref().filter(|_| field.kind == Type::Enum).and_then(|name| place(schema, name))
}

/// What no name tells of the fields of a file's messages: one, or the value of a map, is a number and was an enum, or
/// another enum, or the other way round; or it is a member of its oneof no longer.
fn fields_change(cx: &Cx<'_>, old: FileId, new: FileId) -> Option<&'static str> {
    let value = |schema: &Schema, field: FieldId| match schema.map_entry(schema.field(field)) {
        Some((_, value)) => value,
        None => field,
    };
    let oneof = |schema: &'_ Schema, field: FieldId| -> Option<Box<str>> {
        schema.field(field).oneof.map(|oneof| schema.oneof(oneof).name.clone())
    };
    let change = |was: FieldId, message: MessageId| {
        let now = cx.new.field_by_name(message, &cx.old.field(was).name)?;
        if oneof(cx.old, was).is_some_and(|was| oneof(cx.new, now) != Some(was)) {
            return Some(MEMBER_OF_ONEOF);
        }
        if is_keyword(&cx.old.field(was).name) {
            return None;
        }
        let (was, now) = (cx.old.field(value(cx.old, was)), cx.new.field(value(cx.new, now)));
        let numbers = integer(was.kind) && integer(now.kind) && enum_of(cx.old, was) != enum_of(cx.new, now);
        numbers.then_some(TYPE_OF_NUMBERS)
    };
    let messages = |schema: &'_ Schema, file: FileId| -> FxHashMap<String, MessageId> {
        let own = schema.messages().filter(|(_, m)| m.file == file && !m.map_entry);
        own.map(|(id, _)| (schema.nested_name(Element::Message(id)), id)).collect()
    };
    let now = messages(cx.new, new);
    let mut changes = messages(cx.old, old).into_iter().filter_map(|(name, was)| {
        let now = *now.get(&name)?;
        cx.old.message(was).fields.iter().find_map(|field| change(*field, now))
    });
    // The first by what it says: the messages are in no order.
    let first = changes.next()?;
    Some(changes.fold(first, |first, other| first.min(other)))
}

/// Whether a call of a service in a file takes another message; in another package none of them is compared by itself.
fn calls_change(cx: &Cx<'_>, old: FileId, new: FileId) -> bool {
    let now: FxHashMap<&str, ServiceId> =
        cx.new.file(new).services.iter().map(|id| (&*cx.new.service(*id).name, *id)).collect();
    cx.old.file(old).services.iter().map(|id| cx.old.service(*id)).any(|was| {
        let Some(now) = now.get(&*was.name) else { return false };
        was.methods.iter().map(|id| cx.old.method(*id)).any(|was| {
            let now = cx.new.method_by_name(*now, &was.name).map(|id| cx.new.method(id));
            now.is_some_and(|now| place(cx.old, &was.input) != place(cx.new, &now.input))
        })
    })
}

fn class(kind: Type) -> &'static str {
    match kind {
        Type::Int32
        | Type::Uint32
        | Type::Sint32
        | Type::Fixed32
        | Type::Sfixed32
        | Type::Int64
        | Type::Uint64
        | Type::Sint64
        | Type::Fixed64
        | Type::Sfixed64 => "int",
        Type::Float | Type::Double => "float",
        other => other.as_str(),
    }
}
