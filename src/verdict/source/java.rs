//! Java, after <https://protobuf.dev/reference/java/java-generated/> and protoc-gen-grpc-java.

use super::{Question, camel, option, renamed, retyped, same_place};
use crate::diff::{Change, Cx, FileOption, OneofChange};
use crate::schema::{Cardinality, FileId, Kind as Type, Schema};
use crate::verdict::Loss;

pub(super) fn say(question: &Question<'_>, change: &Change, cx: &Cx<'_>) -> Loss {
    match *question {
        Question::FileOption(FileOption::JavaPackage) => {
            Loss::rejects("the generated classes are in another package")
        }
        Question::FileOption(FileOption::JavaMultipleFiles) => {
            Loss::rejects("the generated classes move into or out of the outer class")
        }
        Question::FileOption(FileOption::JavaOuterClassname) => {
            Loss::rejects("the outer class has another name")
        }
        Question::FileOption(FileOption::JavaGenericServices) => {
            Loss::rejects("the generic service classes come or go")
        }
        Question::FileOption(FileOption::OptimizeFor) => {
            let (Some(old), Some(new)) = (change.old, change.new) else { return Loss::none() };
            let lite =
                |schema: &Schema, file: FileId| FileOption::OptimizeFor.value(schema, file) == "LITE_RUNTIME";
            if lite(cx.old, cx.old.file_of(old)) == lite(cx.new, cx.new.file_of(new)) {
                Loss::none()
            } else {
                Loss::rejects("lite classes have another base class, without descriptors")
            }
        }
        Question::FilePackageChanged => {
            let (Some(old), Some(new)) = (change.old, change.new) else { return Loss::none() };
            if package(cx.old, cx.old.file_of(old)) == package(cx.new, cx.new.file_of(new)) {
                Loss::none()
            } else {
                Loss::rejects("without java_package the generated classes follow the proto package")
            }
        }
        Question::TypeMoved | Question::TypeRenamed => {
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
        Question::FieldRenamed => {
            renamed(change, cx, camel, |now| format!("the accessors are now called get{now}, set{now}"))
        }
        Question::FieldRetyped(old, new) => retyped(old, new, class, "the accessors have another type"),
        Question::Presence(_, new) => {
            if new.cardinality == Cardinality::Implicit {
                Loss::rejects("the has accessor is gone")
            } else {
                Loss::none()
            }
        }
        Question::Oneof(OneofChange::Left(_), new) => {
            if new.cardinality == Cardinality::Implicit {
                Loss::rejects("the has accessor and the case constant are gone")
            } else {
                Loss::rejects("the case constant is gone")
            }
        }
        Question::Oneof(OneofChange::Switched { .. }, _) => {
            Loss::rejects("the case constant is in another enum")
        }
        Question::EnumClosedness => {
            Loss::unknown("UNRECOGNIZED and the number accessors come or go with an open enum")
        }
        Question::FileRemoved
        | Question::FileOption(_)
        | Question::PublicImportRemoved
        | Question::FieldAdded
        | Question::Oneof(OneofChange::JoinedAlone(_) | OneofChange::JoinedOthers(_), _)
        | Question::OneofAdded
        | Question::EnumValueAdded
        | Question::MethodAdded => Loss::none(),
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
