//! Java, after <https://protobuf.dev/reference/java/java-generated/> and protoc-gen-grpc-java.

use super::{Question, camel, oneof_was_there, option, renamed, retyped, same_place, was_there};
use crate::diff::{Change, Cx, FileOption, Kind, OneofChange};
use crate::schema::{Cardinality, Element, FileId, Kind as Type, Schema};
use crate::surface;
use crate::surface::java::{NoClass, no_class as no_class_of};
use crate::verdict::Loss;
use crate::words::{Effect, Language, Stages};

pub(super) fn say(question: &Question<'_>, change: &Change, cx: &Cx<'_>) -> Loss {
    match *question {
        Question::FileOption(FileOption::JavaPackage) => {
            Loss::rejects("the generated classes are in another package")
        }
        Question::FileOption(FileOption::JavaMultipleFiles) => {
            Loss::rejects("the generated classes move into or out of the outer class")
        }
        Question::FileOption(FileOption::JavaOuterClassname) => match change.old {
            Some(Element::File(file)) if !holds_types(cx.old, file) => file_class_gone(cx, file),
            _ => Loss::rejects("the outer class has another name"),
        },
        Question::FileOption(FileOption::JavaGenericServices) => {
            Loss::rejects("the generic service classes come or go")
        }
        Question::FileOption(FileOption::OptimizeFor) => {
            let (Some(old), Some(new)) = (change.old, change.new) else { return Loss::none() };
            let lite =
                |schema: &Schema, file: FileId| FileOption::OptimizeFor.value(schema, file) == "LITE_RUNTIME";
            if lite(cx.old, cx.old.file_of(old)) != lite(cx.new, cx.new.file_of(new)) {
                Loss::rejects("lite classes have another base class, without descriptors")
            } else if FileOption::OptimizeFor.value(cx.new, cx.new.file_of(new)) == "CODE_SIZE"
                && !cx.old.file(cx.old.file_of(old)).messages.is_empty()
            {
                Loss {
                    stages: Stages::Linking,
                    ..Loss::unknown(
                        "programs that merge messages and were compiled before miss `mergeFrom` until they are compiled \
                         again: such classes inherit it",
                    )
                }
            } else {
                Loss::none()
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
        Question::EnumClosedness => match change.new {
            Some(Element::Enum(id)) if cx.new.enum_(id).is_closed() => {
                Loss::rejects("`UNRECOGNIZED` and the accessors for numbers go with an open enum")
            }
            _ => Loss::unknown("a switch expression over the enum without `default` lacks `UNRECOGNIZED`")
                .compiling(),
        },
        Question::FieldAdded
        | Question::Oneof(OneofChange::JoinedAlone(_) | OneofChange::JoinedOthers(_), _)
            if !was_there(change, cx, camel) && joins(change, cx) =>
        {
            Loss::unknown(
                "a switch expression over the cases of the oneof without `default` lacks the new one",
            )
            .compiling()
        }
        Question::MethodTakes => Loss::rejects("the generated method takes another type"),
        Question::FileRemoved => match change.old {
            Some(Element::File(file)) => file_class_gone(cx, file),
            _ => Loss::none(),
        },
        Question::EnumValueAdded if was_there(change, cx, str::to_owned) || is_large(change, cx) => {
            Loss::none()
        }
        Question::EnumValueAdded => {
            Loss::unknown("a switch expression over the enum without `default` lacks the new constant")
                .compiling()
        }
        // The table says whether it was a constant.
        Question::EnumValueFirst => match change.old {
            Some(Element::EnumValue(id)) => {
                let name = &cx.old.value(id).name;
                Loss::rejects(format!(
                    "`{name}` is a field of the enum and no constant any more: no `case` takes it"
                ))
                .compiling()
            }
            _ => Loss::none(),
        },
        Question::FileOption(_)
        | Question::PublicImportRemoved
        | Question::FieldAdded
        | Question::Oneof(OneofChange::JoinedAlone(_) | OneofChange::JoinedOthers(_), _)
        | Question::OneofAdded
        | Question::MethodAdded => Loss::none(),
    }
}

/// Says too where only code that is compiled does not go on.
pub(super) fn told(loss: Loss, change: &Change) -> Loss {
    match (loss.effect, loss.stages) {
        // Nobody takes what is in a .proto file for a program.
        _ if matches!(change.kind, Kind::VisibilityChanged { .. }) => loss,
        (Effect::Rejects, Stages::Compiling) => {
            Loss { reason: format!("{}; what was compiled before still links", loss.reason).into(), ..loss }
        }
        _ => loss,
    }
}

/// A type that is new, or has a new name, and of which there can be no class.
pub(super) fn no_class(cx: &Cx<'_>, new: Element) -> Option<String> {
    if !matches!(new, Element::Message(_) | Element::Enum(_)) {
        return None;
    }
    let types = surface::inside(cx.new, new).into_iter();
    types.filter(|of| matches!(of, Element::Message(_) | Element::Enum(_))).find_map(|of| {
        let why = match no_class_of(cx.new, of)? {
            NoClass::Word => "has a name that no class can have",
            NoClass::Around => "has the name of a class around it",
            NoClass::Builder => "has the name of the class `Builder` that every message has in it",
        };
        let (noun, name) = (cx.new.noun(of), cx.new.full_name(of));
        Some(format!("the generated code does not compile: {noun} `{name}` {why}"))
    })
}

/// The class of a file that is gone: types that are not inside it are elsewhere, its descriptor and its registry of
/// extensions are not.
fn file_class_gone(cx: &Cx<'_>, file: FileId) -> Loss {
    let class =
        |schema: &Schema, file: FileId| (package(schema, file), surface::java::outer_class(schema, file).0);
    let was = class(cx.old, file);
    if cx.new.files().any(|(file, _)| class(cx.new, file) == was) {
        return Loss::none();
    }
    Loss::unknown(format!("code that names `{}`, the class of the file, does not compile", was.1))
}

/// Whether the class of a file has types or extensions inside.
pub(super) fn holds_types(schema: &Schema, file: FileId) -> bool {
    surface::inside(schema, Element::File(file)).into_iter().any(|element| {
        !matches!(element, Element::File(_)) && surface::in_file_class(Language::Java, schema, element)
    })
}

/// Whether the new side of a field is in a oneof whose cases were there.
fn joins(change: &Change, cx: &Cx<'_>) -> bool {
    let Some(Element::Field(id)) = change.new else { return false };
    cx.new.field(id).oneof.is_some_and(|oneof| oneof_was_there(cx, oneof, camel))
}

/// Whether the new value is one of an enum that is no enum in Java.
fn is_large(change: &Change, cx: &Cx<'_>) -> bool {
    match change.new {
        Some(Element::EnumValue(id)) => cx.new.enum_(cx.new.value(id).parent).generators.java_large_enum,
        _ => false,
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
