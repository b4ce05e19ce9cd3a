//! Python, after <https://protobuf.dev/reference/python/python-generated/>.
//!
//! Python finds out at run time: `rejects` means an AttributeError, ImportError, TypeError or ValueError where
//! the code used to work.

use super::{common, renamed, retyped};
use crate::diff::{Change, Cx, FileOption, Kind, OneofChange};
use crate::schema::{Cardinality, Kind as Type};
use crate::verdict::Loss;

pub(super) fn judge(change: &Change, cx: &Cx<'_>) -> Loss {
    if let Some(loss) = common(change, cx) {
        return loss;
    }
    match &change.kind {
        Kind::FileRemoved => Loss::rejects("the generated module is gone"),
        Kind::FileOptionChanged(FileOption::PyGenericServices) => {
            Loss::rejects("the generic service classes come or go")
        }
        Kind::TypeMoved(_) => Loss::rejects("the generated class is in the module of another file"),
        Kind::TypeRenamed(_) => {
            let (Some(old), Some(new)) = (change.old, change.new) else { return Loss::none() };
            let file = |s: &crate::schema::Schema, e| s.file(s.file_of(e)).name.clone();
            if file(cx.old, old) == file(cx.new, new) && cx.old.nested_name(old) == cx.new.nested_name(new) {
                Loss::none() // modules follow files, not packages
            } else {
                Loss::rejects("the generated class has another name, or is in the module of another file")
            }
        }
        Kind::FieldNameChanged(_) => {
            renamed(change, cx, str::to_owned, |now| format!("the attribute is now called `{now}`"))
        }
        Kind::FieldTypeChanged(_) => {
            let Some((old, new)) = change.fields() else { return Loss::none() };
            // Enum values are plain integers.
            let integer = |kind| class(kind) == "int" || kind == Type::Enum;
            if integer(cx.old.field(old).kind) && integer(cx.new.field(new).kind) {
                return Loss::none();
            }
            retyped(change, cx, class, "the attribute takes and returns another type")
        }
        Kind::FieldCardinalityChanged => {
            let Some((_, new)) = change.fields() else { return Loss::none() };
            if cx.new.field(new).cardinality == Cardinality::Implicit {
                Loss::rejects("HasField raises ValueError for a field without presence")
            } else {
                Loss::none()
            }
        }
        Kind::FieldOneofChanged(OneofChange::Left(_)) => {
            let Some((_, new)) = change.fields() else { return Loss::none() };
            if cx.new.field(new).cardinality == Cardinality::Implicit {
                Loss::rejects("HasField raises ValueError, and WhichOneof no longer names the field")
            } else {
                Loss::unknown("WhichOneof no longer names the field")
            }
        }
        Kind::FieldOneofChanged(OneofChange::Switched { renamed: false, .. }) => {
            Loss::unknown("WhichOneof names the field for another oneof")
        }
        Kind::ImportRemoved { public: true, .. } => {
            Loss::rejects("the names that a public import re-exports are gone from the module")
        }
        _ => Loss::none(),
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
