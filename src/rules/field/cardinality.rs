//! Cardinalities that may stand for each other.

use crate::diff::{Change, Cx, Kind};
use crate::rules::describe;
use crate::schema::Cardinality;

/// The cardinalities of a change of cardinality. The key and value of a map are left out: nobody wrote them.
pub(super) fn changed(change: &Change, cx: &Cx<'_>) -> Option<(Cardinality, Cardinality)> {
    let (old, new) = describe::fields(change, cx)?;
    let made_up = describe::in_map_entry(cx.old, old) || describe::in_map_entry(cx.new, new);
    (change.kind == Kind::FieldCardinalityChanged && !made_up).then_some((old.cardinality, new.cardinality))
}

/// Cardinalities with the same number are read from the same bytes.
pub(super) fn wire_group(cardinality: Cardinality) -> u8 {
    match cardinality {
        Cardinality::Explicit | Cardinality::Implicit => 0,
        Cardinality::Required => 1,
        Cardinality::Repeated | Cardinality::Map => 2,
    }
}

/// Cardinalities with the same number are read from the same bytes and the same JSON.
pub(super) fn wire_json_group(cardinality: Cardinality) -> u8 {
    match cardinality {
        Cardinality::Map => 3,
        other => wire_group(other),
    }
}
