//! Rust with prost and tonic, after <https://docs.rs/prost/latest/prost/#generated-output>.

use super::{Question, optional, renamed, retyped, was_there};
use crate::diff::{Change, Cx};
use crate::schema::{Cardinality, Element, Field, Kind as Type};
use crate::surface::rust::snake;
use crate::verdict::Loss;

pub(super) fn say(question: &Question<'_>, change: &Change, cx: &Cx<'_>) -> Loss {
    match *question {
        // Modules follow packages; files do not show.
        Question::FilePackageChanged => Loss::rejects("the generated module follows the package"),
        Question::TypeRenamed => {
            Loss::rejects("the generated type has another name, or is in another module")
        }
        Question::FieldRenamed => {
            renamed(change, cx, snake, |now| format!("the struct field is now called `{now}`"))
        }
        Question::FieldRetyped(old, new) => {
            // An enum field is an i32 with accessors on top.
            if class(old.kind) == "i32" && new.kind == Type::Enum {
                return Loss::none();
            }
            retyped(old, new, class, "the struct field has another type")
        }
        Question::Presence(old, new) => {
            if is_option(old) == is_option(new) {
                Loss::none()
            } else {
                Loss::rejects("a struct field with presence is an Option, one without is a plain value")
            }
        }
        Question::Oneof(..) => Loss::rejects("members of a oneof are variants of an enum, not struct fields"),
        Question::FieldAdded | Question::OneofAdded | Question::EnumValueAdded
            if was_there(change, cx, snake) =>
        {
            Loss::none()
        }
        Question::FieldAdded => match change.new {
            Some(Element::Field(id)) if cx.new.field(id).oneof.is_some() => {
                Loss::unknown("an exhaustive match on the oneof lacks the new variant")
            }
            _ => Loss::unknown("a struct literal without `..Default::default()` lacks the new field"),
        },
        Question::OneofAdded => {
            Loss::unknown("a struct literal without `..Default::default()` lacks the new field")
        }
        Question::EnumValueAdded => Loss::unknown("an exhaustive match on the enum lacks the new variant"),
        Question::MethodTakes => Loss::rejects("the generated method takes another type"),
        Question::MethodAdded => {
            Loss::rejects("servers have to implement the new method of the generated trait")
        }
        Question::FileRemoved
        | Question::FileOption(_)
        | Question::PublicImportRemoved
        | Question::TypeMoved
        | Question::EnumClosedness
        | Question::EnumValueFirst => Loss::none(),
    }
}

fn is_option(field: &Field) -> bool {
    field.kind.is_message() && field.cardinality != Cardinality::Required || optional(field)
}

fn class(kind: Type) -> &'static str {
    match kind {
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => "i32",
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => "i64",
        Type::Uint32 | Type::Fixed32 => "u32",
        Type::Uint64 | Type::Fixed64 => "u64",
        other => other.as_str(),
    }
}
