//! What the lenses need to know about the schemas as a whole.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Loss;
use super::http::Routes;
use super::removed::Removed;
use super::validation::DefinedOnly;
use super::walk::Memory;
use crate::diff::{Change, Cx, Kind};
use crate::schema::{Cardinality, Element, EnumId, Field, MessageId, Reach, Schema};

/// Facts about a pair of schemas, found once.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) old_reach: Reach,
    pub(super) new_reach: Reach,
    pub(super) old_routes: Routes,
    pub(super) new_routes: Routes,
    pub(super) old_defined_only: DefinedOnly,
    pub(super) new_defined_only: DefinedOnly,
    /// Some message of the old contract holds a `google.protobuf.Any`.
    pub(super) old_uses_any: bool,
    /// For enums of the old contract that a required field holds: the first such field by name.
    pub(super) old_required: FxHashMap<EnumId, String>,
    /// For open enums of the old contract that Java takes for closed in a field: the first such field by name, and whether
    /// it is required, which come before others.
    pub(super) old_closed_in_java: FxHashMap<EnumId, (String, bool)>,
    /// The enums that some field holds on both sides.
    held: FxHashSet<Box<str>>,
    /// What is gone without a successor.
    pub(super) removed: Removed,
    /// What comparing messages found out: bytes and JSON, old to new and new to old.
    pub(super) wire: [Memory; 2],
    pub(super) json: [Memory; 2],
}

impl Facts {
    pub(super) fn new(cx: &Cx<'_>, changes: &[Change]) -> Facts {
        Facts {
            old_reach: Reach::new(cx.old),
            new_reach: Reach::new(cx.new),
            old_routes: Routes::default(),
            new_routes: Routes::default(),
            old_defined_only: DefinedOnly::default(),
            new_defined_only: DefinedOnly::default(),
            old_uses_any: uses_any(cx.old),
            old_required: required(cx.old),
            old_closed_in_java: closed_in_java(cx.old),
            held: held(cx, changes),
            removed: Removed::new(changes, cx),
            wire: [Memory::new(), Memory::new()],
            json: [Memory::new(), Memory::new()],
        }
    }
}

impl Facts {
    /// Whether a change is about an enum that no field of either side holds: then neither bytes nor JSON of the contract
    /// have it.
    pub(super) fn is_of_unheld_enum(&self, change: &Change, cx: &Cx<'_>) -> bool {
        let enum_of = |schema: &Schema, element: Option<Element>| match element? {
            Element::Enum(id) => Some(id),
            Element::EnumValue(id) => Some(schema.value(id).parent),
            _ => None,
        };
        let (old, new) = (enum_of(cx.old, change.old), enum_of(cx.new, change.new));
        let name = match (old, new) {
            (Some(id), _) => &cx.old.enum_(id).full_name,
            (None, Some(id)) => &cx.new.enum_(id).full_name,
            (None, None) => return false,
        };
        !self.held.contains(&**name)
    }
}

/// The names of the enums that some field holds on both sides, in one message or in one that was renamed. A field that
/// holds another type now says so itself.
fn held(cx: &Cx<'_>, changes: &[Change]) -> FxHashSet<Box<str>> {
    let renamed: FxHashMap<MessageId, MessageId> = changes
        .iter()
        .filter_map(|change| match (&change.kind, change.old, change.new) {
            (Kind::TypeRenamed(_), Some(Element::Message(old)), Some(Element::Message(new))) => {
                Some((old, new))
            }
            _ => None,
        })
        .collect();
    let holder = |schema: &Schema, field: &Field| {
        let id = match &field.extendee {
            Some(extendee) => schema.message_by_name(extendee),
            None => field.parent,
        }?;
        Some(id)
    };
    let name_of = |schema: &Schema, field: &Field| {
        schema.field_enum(field).map(|id| schema.enum_(id).full_name.clone())
    };
    let mut held = FxHashSet::default();
    for (_, field) in cx.old.fields() {
        let (Some(name), Some(message)) = (name_of(cx.old, field), holder(cx.old, field)) else { continue };
        let partner = cx.new.message_by_name(&cx.old.message(message).full_name);
        let Some(partner) = partner.or_else(|| renamed.get(&message).copied()) else { continue };
        let other = match &field.extendee {
            Some(_) => cx.new.extension(&cx.new.message(partner).full_name, field.number),
            None => cx.new.field_by_number(partner, field.number),
        };
        if other.and_then(|id| name_of(cx.new, cx.new.field(id))).is_some_and(|other| other == name) {
            held.insert(name);
        }
    }
    held
}

fn required(schema: &Schema) -> FxHashMap<EnumId, String> {
    let mut found: FxHashMap<EnumId, String> = FxHashMap::default();
    for (id, field) in schema.fields().filter(|(_, f)| f.cardinality == Cardinality::Required) {
        let Some(enum_) = schema.field_enum(field) else { continue };
        let name = schema.full_name(Element::Field(id));
        found.entry(enum_).and_modify(|first| *first = name.clone().min(first.clone())).or_insert(name);
    }
    found
}

fn closed_in_java(schema: &Schema) -> FxHashMap<EnumId, (String, bool)> {
    let mut found: FxHashMap<EnumId, (String, bool)> = FxHashMap::default();
    for (id, field) in schema.fields().filter(|(_, f)| f.java_closes_enums) {
        let Some(enum_) = schema.field_enum(field).filter(|e| !schema.enum_(*e).is_closed()) else {
            continue;
        };
        let this = (schema.full_name(Element::Field(id)), field.cardinality == Cardinality::Required);
        let before = |a: &(String, bool), b: &(String, bool)| (!a.1, &a.0) < (!b.1, &b.0);
        match found.get_mut(&enum_) {
            Some(first) if before(&this, first) => *first = this,
            Some(_) => {}
            None => drop(found.insert(enum_, this)),
        }
    }
    found
}

fn uses_any(schema: &Schema) -> bool {
    let is_any = |f: &Field| f.type_name.as_deref() == Some("google.protobuf.Any");
    schema.fields().any(|(_, f)| is_any(f) && schema.file(f.file).target) || schema.left_out().any
}

/// What taking something away does once its retirement is taken into account: deprecated before and reserved
/// now is the retirement the protobuf guide describes; reserved alone keeps the number safe but gave nobody
/// notice (<https://protobuf.dev/programming-guides/proto3/#deleting>).
pub(super) fn removal(loss: Loss, was_deprecated: bool, reserved: bool) -> Loss {
    match (was_deprecated, reserved) {
        (true, true) => Loss::none(),
        (false, true) => Loss::unknown(format!(
            "{}; it was not deprecated before, so nothing says that nobody sends it any more",
            loss.reason
        )),
        (_, false) => loss,
    }
}
