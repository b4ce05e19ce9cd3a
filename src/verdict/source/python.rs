//! Python, after <https://protobuf.dev/reference/python/python-generated/>.
//!
//! Python finds out at run time: `rejects` means an AttributeError, ImportError, TypeError or ValueError where
//! the code used to work.

use rustc_hash::FxHashMap;

use super::{Question, renamed, retyped};
use crate::diff::{Change, Cx, FileOption, OneofChange};
use crate::schema::{Cardinality, Element, Field, FieldId, FileId, Kind as Type, MessageId, Schema};
use crate::surface;
use crate::verdict::Loss;
use crate::words::Language;

const TYPE_OF_NUMBERS: &str = "type checkers tell numbers and enums apart; at run time both are numbers";

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
            (Some(Element::File(old)), Some(Element::File(new))) if numbers_change(cx, old, new) => {
                Loss::unknown(TYPE_OF_NUMBERS)
            }
            _ => Loss::none(),
        },
        Question::FieldRenamed => {
            renamed(change, cx, str::to_owned, |now| format!("the attribute is now called `{now}`"))
        }
        Question::FieldRetyped(old, new) => {
            // Enum values are plain integers.
            if integer(old.kind) && integer(new.kind) {
                let same = enum_of(cx.old, old) == enum_of(cx.new, new);
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
                Loss::unknown("WhichOneof no longer names the field")
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
                Loss::unknown(
                    "type checkers refuse what the method took; at run time it is sent as what it is, unasked",
                )
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

/// Whether in some message of a file a field, or the value of a map, is a number and was an enum, or another enum, or the
/// other way round.
fn numbers_change(cx: &Cx<'_>, old: FileId, new: FileId) -> bool {
    let value = |schema: &Schema, field: FieldId| match schema.map_entry(schema.field(field)) {
        Some((_, value)) => value,
        None => field,
    };
    let changed = |was: FieldId, message: MessageId| {
        let Some(now) = cx.new.field_by_name(message, &cx.old.field(was).name) else { return false };
        let (was, now) = (cx.old.field(value(cx.old, was)), cx.new.field(value(cx.new, now)));
        integer(was.kind) && integer(now.kind) && enum_of(cx.old, was) != enum_of(cx.new, now)
    };
    let messages = |schema: &'_ Schema, file: FileId| -> FxHashMap<String, MessageId> {
        let own = schema.messages().filter(|(_, m)| m.file == file && !m.map_entry);
        own.map(|(id, _)| (schema.nested_name(Element::Message(id)), id)).collect()
    };
    let now = messages(cx.new, new);
    messages(cx.old, old).iter().any(|(name, was)| {
        now.get(name).is_some_and(|now| cx.old.message(*was).fields.iter().any(|f| changed(*f, *now)))
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
