//! A number that an earlier published version used, as far as judging goes.

use crate::diff::{Change, Comeback, Past};
use crate::schema::{Cardinality, Field, Label};

/// What was published: ``v1.0.0 published it as `phone` (string)``.
pub(super) fn published(past: &Past) -> String {
    let Past { version, name, type_text, .. } = past;
    match &**type_text {
        "" => format!("{version} published it as `{name}`"),
        type_text => format!("{version} published it as `{name}` ({type_text})"),
    }
}

/// The field as it was, where it came back under its name with another type and both types are scalars. Named
/// types are not remembered with what is in them.
pub(super) fn retyped<'a>(change: &'a Change, new: &Field) -> Option<(&'a Past, Field)> {
    let past = change.reused()?;
    Some((past, as_it_was(past, new)?))
}

/// The same of a field that came back with the whole message.
pub(super) fn as_it_was(past: &Past, new: &Field) -> Option<Field> {
    let past = Some(past).filter(|past| past.comeback == Comeback::OtherType)?;
    let kind = past.scalar.filter(|_| !new.kind.is_named())?;
    let cardinality = match past.label {
        Label::Repeated => Cardinality::Repeated,
        // Presence does not change what a value is.
        _ if new.cardinality.is_singular() => new.cardinality,
        _ => Cardinality::Explicit,
    };
    Some(Field {
        name: past.name.clone(),
        number: new.number,
        kind,
        type_name: None,
        label: past.label,
        cardinality,
        json_name: new.json_name.clone(),
        default: None,
        oneof: None,
        proto3_optional: new.proto3_optional,
        // Not remembered; the worse of the two.
        packed: past.label == Label::Repeated && kind.is_packable(),
        file: new.file,
        // The side that it is read by may not have the message, or has it in another place; it is no part of a map.
        parent: None,
        extendee: None,
        index: new.index,
        options: None,
        features: new.features,
        cpp_string_type: new.cpp_string_type,
        java_utf8: new.java_utf8,
        java_closes_enums: new.java_closes_enums,
    })
}
