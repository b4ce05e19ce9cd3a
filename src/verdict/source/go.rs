//! Go, after <https://protobuf.dev/reference/go/go-generated/> and protoc-gen-go-grpc.

use super::{camel, common, option, optional, renamed, retyped, same_place};
use crate::diff::{Change, Cx, FileOption, Kind, OneofChange};
use crate::schema::{Element, Kind as Type};
use crate::verdict::Loss;

pub(super) fn judge(change: &Change, cx: &Cx<'_>) -> Loss {
    if let Some(loss) = common(change, cx) {
        return loss;
    }
    match &change.kind {
        Kind::FileOptionChanged(FileOption::GoPackage) => {
            Loss::rejects("the generated code is in another package: imports of the old one fail")
        }
        Kind::TypeMoved(_) | Kind::TypeRenamed(_) => {
            if same_place(change, cx, option(FileOption::GoPackage)) {
                Loss::none()
            } else {
                Loss::rejects("the generated type has another name, or is in another package")
            }
        }
        Kind::FieldNameChanged(_) => {
            renamed(change, cx, camel, |now| format!("the struct field and getter are now called `{now}`"))
        }
        Kind::FieldTypeChanged(_) => {
            retyped(change, cx, class, "the struct field and getter have another type")
        }
        Kind::FieldCardinalityChanged => {
            let Some((old, new)) = change.fields() else { return Loss::none() };
            let (old, new) = (cx.old.field(old), cx.new.field(new));
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
        Kind::FieldOneofChanged(how) => match how {
            OneofChange::Switched { renamed: true, .. } => Loss::none(),
            _ => Loss::rejects("members of a oneof are set through a wrapper type, not as a struct field"),
        },
        Kind::ImportRemoved { public: true, .. } => {
            Loss::rejects("the aliases that a public import makes are gone")
        }
        Kind::FieldAdded { .. } | Kind::TypeAdded => Loss::none(),
        Kind::MethodAdded => match change.new {
            Some(Element::Method(_)) => Loss::unknown(
                "servers that do not embed the generated Unimplemented type no longer satisfy the interface",
            ),
            _ => Loss::none(),
        },
        _ => Loss::none(),
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
