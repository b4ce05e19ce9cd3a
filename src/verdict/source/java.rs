//! Java, after <https://protobuf.dev/reference/java/java-generated/> and protoc-gen-grpc-java.

use super::{camel, common, option, renamed, retyped, same_place};
use crate::diff::{Change, Cx, FileOption, Kind, OneofChange};
use crate::schema::{Cardinality, FileId, Kind as Type, Schema};
use crate::verdict::Loss;

pub(super) fn judge(change: &Change, cx: &Cx<'_>) -> Loss {
    if let Some(loss) = common(change, cx) {
        return loss;
    }
    match &change.kind {
        Kind::FileOptionChanged(FileOption::JavaPackage) => {
            Loss::rejects("the generated classes are in another package")
        }
        Kind::FileOptionChanged(FileOption::JavaMultipleFiles) => {
            Loss::rejects("the generated classes move into or out of the outer class")
        }
        Kind::FileOptionChanged(FileOption::JavaOuterClassname) => {
            Loss::rejects("the outer class has another name")
        }
        Kind::FileOptionChanged(FileOption::JavaGenericServices) => {
            Loss::rejects("the generic service classes come or go")
        }
        Kind::FileOptionChanged(FileOption::OptimizeFor) => {
            let (Some(old), Some(new)) = (change.old, change.new) else { return Loss::none() };
            let lite =
                |schema: &Schema, file: FileId| FileOption::OptimizeFor.value(schema, file) == "LITE_RUNTIME";
            if lite(cx.old, cx.old.file_of(old)) == lite(cx.new, cx.new.file_of(new)) {
                Loss::none()
            } else {
                Loss::rejects("lite classes have another base class, without descriptors")
            }
        }
        Kind::FilePackageChanged => {
            let (Some(old), Some(new)) = (change.old, change.new) else { return Loss::none() };
            if package(cx.old, cx.old.file_of(old)) == package(cx.new, cx.new.file_of(new)) {
                Loss::none()
            } else {
                Loss::rejects("without java_package the generated classes follow the proto package")
            }
        }
        Kind::TypeMoved(_) | Kind::TypeRenamed(_) => {
            let multiple = |schema: &Schema, file: FileId| {
                if FileOption::JavaMultipleFiles.value(schema, file) == "true" {
                    String::new()
                } else {
                    schema.file(file).name.to_string() // inside the outer class of its file
                }
            };
            if same_place(change, cx, package) && same_place(change, cx, multiple) {
                Loss::none()
            } else {
                Loss::rejects("the generated class has another name, or is in another package or outer class")
            }
        }
        Kind::FieldNameChanged(_) => {
            renamed(change, cx, camel, |now| format!("the accessors are now called get{now}, set{now}"))
        }
        Kind::FieldTypeChanged(_) => retyped(change, cx, class, "the accessors have another type"),
        Kind::FieldCardinalityChanged => {
            let Some((_, new)) = change.fields() else { return Loss::none() };
            if cx.new.field(new).cardinality == Cardinality::Implicit {
                Loss::rejects("the has accessor is gone")
            } else {
                Loss::none()
            }
        }
        Kind::FieldOneofChanged(OneofChange::Left(_)) => {
            let Some((_, new)) = change.fields() else { return Loss::none() };
            if cx.new.field(new).cardinality == Cardinality::Implicit {
                Loss::rejects("the has accessor and the case constant are gone")
            } else {
                Loss::rejects("the case constant is gone")
            }
        }
        Kind::FieldOneofChanged(OneofChange::Switched { renamed: false, .. }) => {
            Loss::rejects("the case constant is in another enum")
        }
        Kind::EnumClosednessChanged => {
            Loss::unknown("UNRECOGNIZED and the number accessors come or go with an open enum")
        }
        _ => Loss::none(),
    }
}

/// The Java package: as set, or the proto package.
fn package(schema: &Schema, file: FileId) -> String {
    match option(FileOption::JavaPackage)(schema, file) {
        set if !set.is_empty() => set,
        _ => schema.file(file).package.to_string(),
    }
}

fn class(kind: Type) -> &'static str {
    match kind {
        Type::Int32 | Type::Uint32 | Type::Sint32 | Type::Fixed32 | Type::Sfixed32 => "int",
        Type::Int64 | Type::Uint64 | Type::Sint64 | Type::Fixed64 | Type::Sfixed64 => "long",
        other => other.as_str(),
    }
}
