//! Types that may stand for each other in the category rules.
//!
//! The groups are those of buf, coarser than what the protobuf updating guide allows (an enum is no int32 here)
//! and than what is harmless (int64 read as bool is here). The lenses are exact; these rules keep the field's
//! common language.

use crate::diff::{Change, Cx, Kind};
use crate::rules::describe;
use crate::schema::{EnumId, Field, Kind as Type};

/// The fields of a change of type.
pub(super) fn changed<'a>(change: &Change, cx: &Cx<'a>) -> Option<(&'a Field, &'a Field)> {
    if !matches!(change.kind, Kind::FieldTypeChanged(_)) {
        return None;
    }
    describe::fields(change, cx)
}

/// Whether two fields hold types of one group. Messages must have the same name; enums the same simple name, and
/// every old value.
pub(super) fn compatible(cx: &Cx<'_>, old: &Field, new: &Field, group: fn(Type) -> u8) -> bool {
    if group(old.kind) != group(new.kind) {
        return false;
    }
    if !new.kind.is_named() || old.type_name == new.type_name {
        return true;
    }
    match (cx.old.field_enum(old), cx.new.field_enum(new)) {
        (Some(a), Some(b)) => cx.old.enum_(a).name == cx.new.enum_(b).name && covers(cx, a, b),
        _ => false,
    }
}

/// Types with the same number are read from the same bytes
/// (<https://protobuf.dev/programming-guides/proto3/#updating>).
pub(super) fn wire_group(kind: Type) -> u8 {
    match kind {
        Type::Int32 | Type::Int64 | Type::Uint32 | Type::Uint64 | Type::Bool => 0,
        Type::Sint32 | Type::Sint64 => 1,
        Type::Fixed32 | Type::Sfixed32 => 2,
        Type::Fixed64 | Type::Sfixed64 => 3,
        Type::Double
        | Type::Float
        | Type::String
        | Type::Bytes
        | Type::Enum
        | Type::Message
        | Type::Group => alone(kind),
    }
}

/// Types with the same number are read from the same bytes and the same JSON
/// (<https://protobuf.dev/programming-guides/json/>).
pub(super) fn wire_json_group(kind: Type) -> u8 {
    match kind {
        Type::Int32 | Type::Uint32 => 0,
        Type::Int64 | Type::Uint64 => 1,
        Type::Fixed32 | Type::Sfixed32 => 2,
        Type::Fixed64 | Type::Sfixed64 => 3,
        Type::Double
        | Type::Float
        | Type::Sint32
        | Type::Sint64
        | Type::Bool
        | Type::String
        | Type::Bytes
        | Type::Enum
        | Type::Message
        | Type::Group => alone(kind),
    }
}

/// A group of one.
fn alone(kind: Type) -> u8 {
    100 + kind as u8
}

/// Whether the new enum has every value of the old one, number and name.
fn covers(cx: &Cx<'_>, old: EnumId, new: EnumId) -> bool {
    cx.old.enum_(old).values.iter().map(|v| cx.old.value(*v)).all(|was| {
        // A name is there once in a scope.
        cx.new.value_by_name(new, &was.name).is_some_and(|v| cx.new.value(v).number == was.number)
    })
}
