//! Python, after <https://protobuf.dev/reference/python/python-generated/>.
//!
//! Python finds out at run time: `rejects` means an AttributeError, ImportError, TypeError or ValueError where
//! the code used to work.

use super::{Question, renamed, retyped};
use crate::diff::{Change, Cx, FileOption, OneofChange};
use crate::schema::{Cardinality, Element, Kind as Type, Schema};
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
            let file = |s: &crate::schema::Schema, e| s.file(s.file_of(e)).name.clone();
            if file(cx.old, old) == file(cx.new, new) && cx.old.nested_name(old) == cx.new.nested_name(new) {
                Loss::none() // modules follow files, not packages
            } else {
                Loss::rejects("the generated class has another name, or is in the module of another file")
            }
        }
        Question::FieldRenamed => {
            renamed(change, cx, str::to_owned, |now| format!("the attribute is now called `{now}`"))
        }
        Question::FieldRetyped(old, new) => {
            // Enum values are plain integers.
            let integer = |kind| class(kind) == "int" || kind == Type::Enum;
            if integer(old.kind) && integer(new.kind) {
                let same = old.type_name == new.type_name;
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
            let class = |schema: &Schema, name: &str| {
                let element = schema.by_name(name)?;
                let module = surface::container(Language::Python, schema, element);
                Some((module, schema.nested_name(element)))
            };
            if class(cx.old, &cx.old.method(old).input) == class(cx.new, &cx.new.method(new).input) {
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
        Question::FilePackageChanged
        | Question::FileOption(_)
        | Question::FieldAdded
        | Question::Oneof(OneofChange::JoinedAlone(_) | OneofChange::JoinedOthers(_), _)
        | Question::OneofAdded
        | Question::EnumClosedness
        | Question::EnumValueAdded
        | Question::MethodAdded => Loss::none(),
    }
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
