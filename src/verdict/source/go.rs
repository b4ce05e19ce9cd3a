//! Go, after <https://protobuf.dev/reference/go/go-generated/> and protoc-gen-go-grpc.

use super::{Question, camel, option, optional, renamed, retyped, same_place};
use crate::diff::{Change, Cx, FileOption, Kind};
use crate::schema::{Element, Kind as Type};
use crate::surface;
use crate::verdict::Loss;
use crate::words::Language;

pub(super) fn say(question: &Question<'_>, change: &Change, cx: &Cx<'_>) -> Loss {
    match *question {
        Question::FileOption(FileOption::GoPackage) => {
            Loss::rejects("the generated code is in another package: imports of the old one fail")
        }
        Question::TypeMoved | Question::TypeRenamed => {
            if same_place(change, cx, option(FileOption::GoPackage)) {
                Loss::none()
            } else {
                Loss::rejects("the generated type has another name, or is in another package")
            }
        }
        Question::FieldRenamed => {
            renamed(change, cx, camel, |now| format!("the struct field and getter are now called `{now}`"))
        }
        Question::FieldRetyped(old, new) => {
            retyped(old, new, class, "the struct field and getter have another type")
        }
        Question::Presence(old, new) => {
            // Optional and required scalars are pointers, fields with implicit presence are plain values.
            let pointer = |f: &crate::schema::Field| {
                optional(f) || f.cardinality == crate::schema::Cardinality::Required
            };
            if pointer(old) == pointer(new) || matches!(old.kind, Type::Bytes | Type::Message | Type::Group) {
                Loss::none()
            } else {
                Loss::rejects("a struct field with presence is a pointer, one without is a plain value")
            }
        }
        Question::Oneof(..) => {
            Loss::rejects("members of a oneof are set through a wrapper type, not as a struct field")
        }
        Question::PublicImportRemoved => {
            // Aliases are for other packages.
            let container = |file| surface::container(Language::Go, cx.old, Element::File(file));
            let imported = match &change.kind {
                Kind::ImportRemoved { path, .. } => cx.old.file_by_name(path),
                _ => None,
            };
            match (change.old, imported) {
                (Some(Element::File(file)), Some(imported)) if container(file) == container(imported) => {
                    Loss::none()
                }
                _ => Loss::rejects("the aliases that a public import makes are gone"),
            }
        }
        Question::FileRemoved => match change.old {
            Some(Element::File(file)) => Loss::unknown(format!(
                "code that names `{}`, the variable with the descriptor of the file, does not compile",
                surface::go::descriptor(&cx.old.file(file).name)
            )),
            _ => Loss::none(),
        },
        Question::MethodAdded => Loss::unknown(
            "servers that do not embed the generated Unimplemented type no longer satisfy the interface",
        ),
        Question::FilePackageChanged => {
            Loss::rejects("without go_package the generated package follows the proto package")
        }
        Question::MethodTakes => Loss::rejects("the generated method takes another type"),
        Question::FileOption(_)
        | Question::FieldAdded
        | Question::OneofAdded
        | Question::EnumClosedness
        | Question::EnumValueAdded
        | Question::EnumValueFirst => Loss::none(),
    }
}

fn class(kind: Type) -> &'static str {
    match kind {
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => "int32",
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => "int64",
        Type::Uint32 | Type::Fixed32 => "uint32",
        Type::Uint64 | Type::Fixed64 => "uint64",
        other => other.as_str(),
    }
}
