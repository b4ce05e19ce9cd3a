//! The binary encoding.
//!
//! Sources: the encoding guide (<https://protobuf.dev/programming-guides/encoding/>), the updating guide
//! (<https://protobuf.dev/programming-guides/proto3/#updating>), the enum guide
//! (<https://protobuf.dev/programming-guides/enum/>).

use super::facts::{Facts, removal};
use super::reader::{Reader, cardinality};
use super::{Cells, Loss, past};
use crate::diff::{Change, Cx, Kind, NameChange, Otherwise, Was, beside, wording};
use crate::schema::{Cardinality, Element, Field, FieldId, MessageId, Schema, Utf8Validation};
use crate::text::few;
use crate::words::{Effect, Lens};

pub(super) fn judge(change: &Change, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    match &change.kind {
        Kind::PackageRemoved { package } => package_removed(package, cx, facts, cells),
        Kind::FileRemoved => {
            if let Some(Element::File(id)) = change.old {
                cells.backward(Lens::Wire, facts.removed.file(cx, id));
            }
        }
        Kind::TypeRemoved(_) => type_removed(change, cx, facts, cells),
        Kind::TypeRenamed(_) => type_renamed(change, cx, facts, cells),
        Kind::FieldAdded { .. } => field_added(change, cx, facts, cells),
        Kind::FieldRemoved { number_reserved, renumbered, .. } => {
            field_removed(change, cx, facts, *number_reserved, *renumbered, cells);
        }
        Kind::FieldNameChanged(how) => name_changed(how, change, cx, facts, cells),
        Kind::FieldTypeChanged(_) => type_changed(change, cx, facts, cells),
        Kind::FieldCardinalityChanged => cardinality_changed(change, cx, facts, cells),
        Kind::FieldDefaultChanged { old, new } => default_changed(change, cx, old, new, cells),
        Kind::FieldOneofChanged(_) => oneof_changed(change, cx, cells),
        Kind::FieldUtf8ValidationChanged => utf8_changed(change, cx, cells),
        Kind::FieldJavaUtf8Changed => java_utf8_changed(change, cx, cells),
        Kind::FieldJavaEnumTypeChanged => java_enum_type_changed(change, cx, cells),
        Kind::ReservedRangeRemoved { .. } | Kind::ReservedNameRemoved { .. } => cells.backward(
            Lens::Wire,
            Loss::unknown("what was retired may now come back with another meaning, while old data still has the old one"),
        ),
        Kind::ExtensionRangeRemoved { in_use, .. } => extension_range_removed(in_use, cx, cells),
        Kind::MessageSetChanged => cells.both(
            Lens::Wire,
            Loss::corrupt("the message set format writes every field as an item of a group: the other side reads other fields"),
        ),
        Kind::EnumClosednessChanged => closedness_changed(change, cx, cells),
        Kind::EnumValueAdded { .. } => enum_value_added(change, cx, facts, cells),
        Kind::EnumValueRemoved { number_reserved, .. } => {
            enum_value_removed(change, cx, *number_reserved, cells);
        }
        Kind::EnumValueNameChanged { how, old_names, new_names } => {
            enum_value_renamed(how, old_names, new_names, cells);
        }
        beside!(wire) => {}
    }
    for otherwise in &change.otherwise {
        came_otherwise(otherwise, cx, facts, cells);
    }
}

/// A name that an earlier published version had for something else.
fn came_otherwise(otherwise: &Otherwise, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    let published = wording::was(otherwise);
    match &otherwise.was {
        // A service is in no data.
        Was::Kind { noun: "service" } | Was::Call { .. } => {}
        Was::Kind { .. } => cells.backward(
            Lens::Wire,
            Loss::unknown("what is kept of it, and who still reads it, nobody can tell").within(&published),
        ),
        Was::Holder { now: Element::Field(id), past, .. } => {
            let field = cx.new.field(*id);
            match past::as_it_was(past, field) {
                Some(was) => retyped_past(&published, &was, field, cx, facts, cells),
                None => cells.both(
                    Lens::Wire,
                    Loss::corrupt("what data from then holds is read as this field").within(&published),
                ),
            }
        }
        Was::Holder { .. } => cells.both(
            Lens::Wire,
            Loss::corrupt("what data from then holds is read as this value").within(&published),
        ),
        Was::At { number } => cells.both(
            Lens::Wire,
            Loss::lossy(format!(
                "what is under {number} the one drops, and what is under the new one the other"
            ))
            .within(&published),
        ),
    }
}

/// Of a field that had another scalar type, the one form read as the other.
fn retyped_past(published: &str, was: &Field, field: &Field, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    let (backward, forward) = (Reader::backward(cx, facts), Reader::forward(cx, facts));
    let loss = backward.field_type(was, field).or_worse(cardinality(was, field));
    cells.backward(Lens::Wire, loss.within(published));
    let loss = forward.field_type(field, was).or_worse(cardinality(field, was));
    cells.forward(Lens::Wire, loss.within(published));
}

/// A removed message matters to whoever kept what was written as it, or packed it into an `Any`.
fn type_removed(change: &Change, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    if let Some(Element::Field(id)) = change.old {
        let field = cx.old.field(id);
        let taken = field.extendee.as_deref().and_then(|e| cx.new.extension(e, field.number));
        if let Some(new) = cx.field_for_extension(id) {
            retyped(field, cx.new.field(new), cx, facts, cells);
            return;
        }
        // Another extension at the number is compared with this one as a field.
        if taken.is_none() && !field.is_deprecated() {
            cells.backward(Lens::Wire, Loss::lossy("what old writers send of the extension is dropped"));
        }
        return;
    }
    match change.old {
        Some(Element::Enum(id)) => {
            cells.backward(Lens::Wire, facts.removed.enum_(id).unwrap_or_else(Loss::none))
        }
        Some(Element::Message(id)) if !cx.old.message(id).map_entry => {
            if let Some(now) = cx.successor(change) {
                cells.backward(Lens::Wire, Reader::backward(cx, facts).messages(id, now));
                cells.forward(Lens::Wire, Reader::forward(cx, facts).messages(now, id));
            }
            let told_elsewhere = || {
                if facts.old_uses_any {
                    Loss::unknown(
                        "the contract uses google.protobuf.Any: a packed one can no longer be unpacked",
                    )
                } else {
                    Loss::none()
                }
            };
            cells.backward(Lens::Wire, facts.removed.message(id).unwrap_or_else(told_elsewhere));
        }
        _ => {}
    }
}

/// A package that is gone: its calls are the rpc lens's, and what other packages used of it shows there.
fn package_removed(package: &str, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    let files = cx.old.package(package).unwrap_or_default();
    cells.backward(Lens::Wire, facts.removed.of_files(cx, files));
    if facts.old_uses_any {
        cells.backward(
            Lens::Wire,
            Loss::unknown(
                "the contract uses google.protobuf.Any: what is packed of this package can no longer be unpacked",
            ),
        );
    }
}

/// The bytes do not name the type, an `Any` does (`type_url`).
fn type_renamed(change: &Change, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    let Some(Element::Message(id)) = change.old else { return };
    if facts.old_uses_any && !cx.old.message(id).map_entry {
        cells.both(
            Lens::Wire,
            Loss::unknown("the contract uses google.protobuf.Any, whose type URL names the message: packed under one name, it does not unpack under the other"),
        );
    }
}

fn field_added(change: &Change, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    let (Kind::FieldAdded { number_was_reserved, ever, .. }, Some(Element::Field(id))) =
        (&change.kind, change.new)
    else {
        return;
    };
    let field = cx.new.field(id);
    used_before(change, cx, facts, field, cells);
    if field.cardinality == Cardinality::Required {
        cells.backward(
            Lens::Wire,
            Loss::rejects("old writers never send it, and without it a message does not parse"),
        );
    }
    // Who remembers every version knows what the number was used for, if it ever was.
    if *number_was_reserved && ever.is_none() {
        cells.both(
            Lens::Wire,
            Loss::corrupt("the number was retired: what older data holds under it is read as this field"),
        );
    }
    if let Some(oneof) = field.oneof {
        let siblings = cx.new.oneof(oneof).fields.iter().any(|f| *f != id);
        let known = field.parent.and_then(|p| cx.old.message_by_name(&cx.new.message(p).full_name));
        let old_sibling = siblings
            && known.is_some_and(|m| {
                cx.new
                    .oneof(oneof)
                    .fields
                    .iter()
                    .any(|f| cx.old.field_by_number(m, cx.new.field(*f).number).is_some())
            });
        if old_sibling {
            cells.forward(
                Lens::Wire,
                Loss::unknown("an old reader sees none of the oneof's fields set when the new one is"),
            );
        }
    }
}

/// A number that an earlier published version used for something else: data from then, and readers from then,
/// are still there (<https://protobuf.dev/best-practices/dos-donts/#reuse-number>).
fn used_before(change: &Change, cx: &Cx<'_>, facts: &Facts, field: &Field, cells: &mut Cells) {
    let Some(past) = change.reused() else { return };
    let published = past::published(past);
    // Under the same name it is the same thing in another form, and the forms can be compared.
    if let Some((_, was)) = past::retyped(change, field) {
        retyped_past(&published, &was, field, cx, facts, cells);
    } else {
        let loss = Loss::corrupt("what data from then holds is read as this field");
        cells.both(Lens::Wire, loss.within(&published));
    }
}

fn field_removed(
    change: &Change,
    cx: &Cx<'_>,
    facts: &Facts,
    reserved: bool,
    renumbered: Option<FieldId>,
    cells: &mut Cells,
) {
    let Some(Element::Field(id)) = change.old else { return };
    let field = cx.old.field(id);
    if let Some(extension) = cx.extension_for_field(id) {
        retyped(field, cx.new.field(extension), cx, facts, cells);
        return;
    }
    let loss = match renumbered {
        Some(new) => Loss::lossy(format!(
            "old writers send it as {}, the new side looks for it at {}: the value is dropped",
            field.number,
            cx.new.field(new).number
        )),
        None if reserved => Loss::lossy("what old writers send of it is dropped"),
        None => Loss::lossy(
            "what old writers send of it is dropped, and the number is free to be used for something else",
        ),
    };
    let loss = if renumbered.is_some() { loss } else { removal(loss, field.is_deprecated(), reserved) };
    cells.backward(Lens::Wire, loss);
    if field.cardinality == Cardinality::Required {
        cells.forward(Lens::Wire, Loss::rejects("it was required: old readers refuse a message without it"));
    } else if let Some(new) = renumbered {
        let new = cx.new.field(new);
        let taken = field.parent.and_then(|m| cx.old.field_by_number(m, new.number)).map(|f| cx.old.field(f));
        cells.forward(
            Lens::Wire,
            match taken {
                None => Loss::lossy(format!(
                    "new writers send it as {}, which old readers do not know",
                    new.number
                )),
                Some(other) => {
                    let part =
                        format!("new writers send it as {}, `{}` to old readers", new.number, other.name);
                    let misread = "the value is read under the wrong name";
                    as_another(&Reader::forward(cx, facts), new, other, misread).within(&part)
                }
            },
        );
    }
}

fn name_changed(how: &NameChange<FieldId>, change: &Change, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    let Some((old, new)) = change.fields() else { return };
    let (old, new) = (cx.old.field(old), cx.new.field(new));
    let misread = match how {
        // One key in JSON is one meaning: only the spelling changed.
        NameChange::Renamed if !old.is_extension() && old.json_name == new.json_name => return,
        NameChange::Renamed => {
            cells.both(
                Lens::Wire,
                Loss::unknown(
                    "the bytes have no names: a rename keeps the meaning, a reuse of the number does not, and the schemas cannot tell which it is",
                ),
            );
            return;
        }
        NameChange::Swapped(_) => "two fields exchanged their numbers: each is read as the other",
        NameChange::Reused { .. } => {
            "the number now means another field: the value is read under the wrong name"
        }
    };
    let (backward, forward) = (Reader::backward(cx, facts), Reader::forward(cx, facts));
    cells.backward(Lens::Wire, as_another(&backward, old, new, misread));
    cells.forward(Lens::Wire, as_another(&forward, new, old, misread));
}

/// One field read as another: as far as the types let it.
fn as_another(reader: &Reader<'_>, written: &Field, read: &Field, misread: &'static str) -> Loss {
    let types = reader.field_type(written, read).or_worse(cardinality(written, read));
    if types.effect == Effect::Rejects { types } else { Loss::corrupt(misread) }
}

fn type_changed(change: &Change, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    let Some((old, new)) = change.fields() else { return };
    // Maps of one name at two numbers never meet.
    if let (Some(a), Some(b)) = (map_of(cx.old, old), map_of(cx.new, new))
        && a != b
    {
        return;
    }
    let (old, new) = (cx.old.field(old), cx.new.field(new));
    retyped(old, new, cx, facts, cells);
}

/// The type and whether it is a list: each of the two may speak for both.
fn retyped(old: &Field, new: &Field, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    let entry = |schema: &Schema, f: &Field| f.parent.is_some_and(|m| schema.message(m).map_entry);
    let counted = |w, r| {
        if entry(cx.old, old) && entry(cx.new, new) { Loss::none() } else { cardinality(w, r) }
    };
    let loss = Reader::backward(cx, facts).field_type(old, new).or_worse(counted(old, new));
    cells.backward(Lens::Wire, loss);
    let loss = Reader::forward(cx, facts).field_type(new, old).or_worse(counted(new, old));
    cells.forward(Lens::Wire, loss);
}

/// The number of the map field that a key or a value of a map belongs to.
fn map_of(schema: &Schema, id: FieldId) -> Option<i32> {
    let entry = schema.field(id).parent.filter(|m| schema.message(*m).map_entry)?;
    let fields = schema.message(schema.message(entry).parent?).fields.iter().map(|f| schema.field(*f));
    fields.into_iter().find(|f| schema.field_message(f) == Some(entry)).map(|f| f.number)
}

fn cardinality_changed(change: &Change, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    let Some((old, new)) = change.fields() else { return };
    retyped(cx.old.field(old), cx.new.field(new), cx, facts, cells);
}

fn default_changed(change: &Change, cx: &Cx<'_>, old: &str, new: &str, cells: &mut Cells) {
    // A required field is always written; where it is not, the message is refused.
    let required = change.fields().is_some_and(|(o, n)| {
        cx.old.field(o).cardinality == Cardinality::Required
            || cx.new.field(n).cardinality == Cardinality::Required
    });
    if !required {
        cells.backward(
            Lens::Wire,
            Loss::corrupt(format!("an absent value was written to mean {old} and is read as {new}")),
        );
        cells.forward(
            Lens::Wire,
            Loss::corrupt(format!("an absent value is written to mean {new} and is read as {old}")),
        );
    }
}

/// Moving fields in and out of a oneof (<https://protobuf.dev/programming-guides/proto3/#oneof>, backwards
/// compatibility issues).
fn oneof_changed(change: &Change, cx: &Cx<'_>, cells: &mut Cells) {
    let Some((old, new)) = change.fields() else { return };
    let cleared = || {
        Loss::lossy(
            "a message may hold several of the fields; the reader keeps the last one and clears the others",
        )
    };
    let same = |schema: &Schema, message, other: &Field| schema.field_by_number(message, other.number);
    if excludes((cx.old, old), (cx.new, new), same) {
        cells.backward(Lens::Wire, cleared());
    }
    if excludes((cx.new, new), (cx.old, old), same) {
        cells.forward(Lens::Wire, cleared());
    }
}

/// Whether the reader's oneof holds a field that the writer may set beside this one. `same` finds the writer's field
/// for one of the reader's.
pub(super) fn excludes(
    (write, w): (&Schema, FieldId),
    (read, r): (&Schema, FieldId),
    same: impl Fn(&Schema, MessageId, &Field) -> Option<FieldId>,
) -> bool {
    let (Some(oneof), Some(parent)) = (read.field(r).oneof, write.field(w).parent) else { return false };
    let own = write.field(w).oneof;
    read.oneof(oneof).fields.iter().filter(|f| **f != r).any(|f| {
        let beside = same(write, parent, read.field(*f)).filter(|g| *g != w);
        beside.is_some_and(|g| own.is_none() || write.field(g).oneof != own)
    })
}

fn utf8_changed(change: &Change, cx: &Cx<'_>, cells: &mut Cells) {
    let Some((old, new)) = change.fields() else { return };
    // Entries that have another number now are not read as each other.
    if map_of(cx.old, old) != map_of(cx.new, new) {
        return;
    }
    let loss = || {
        Loss::rejects("bytes that are not UTF-8 could be written on one side and are refused on the other")
    };
    if cx.new.field(new).features.utf8_validation == Utf8Validation::Verify {
        cells.backward(Lens::Wire, loss());
    } else {
        cells.forward(Lens::Wire, loss());
    }
}

fn java_utf8_changed(change: &Change, cx: &Cx<'_>, cells: &mut Cells) {
    use crate::schema::JavaUtf8;
    let Some((old, new)) = change.fields() else { return };
    // Entries that have another number now are not read as each other.
    if map_of(cx.old, old) != map_of(cx.new, new) {
        return;
    }
    let loss = || Loss::rejects("Java refuses bytes that are not UTF-8 on one side only");
    if cx.new.field(new).java_utf8 == JavaUtf8::Verify {
        cells.backward(Lens::Wire, loss());
    } else {
        cells.forward(Lens::Wire, loss());
    }
}

fn java_enum_type_changed(change: &Change, cx: &Cx<'_>, cells: &mut Cells) {
    let Some((old, new)) = change.fields() else { return };
    // Entries that have another number now are not read as each other.
    if map_of(cx.old, old) != map_of(cx.new, new) {
        return;
    }
    let (was, now) = (cx.old.field(old), cx.new.field(new));
    let loss = |closing: &Field| match closing.cardinality {
        Cardinality::Required => Loss::rejects(
            "a number that is not listed is kept on one side; Java refuses the message on the other, where the field is required",
        ),
        _ => Loss::lossy(
            "a number that is not listed is kept on one side and reads as absent in Java on the other",
        ),
    };
    if now.java_closes_enums {
        cells.backward(Lens::Wire, loss(now));
    } else {
        cells.forward(Lens::Wire, loss(was));
    }
}

fn extension_range_removed(in_use: &[Box<str>], cx: &Cx<'_>, cells: &mut Cells) {
    // What became a field is read as one.
    let lost: Vec<&str> = in_use
        .iter()
        .map(|name| &**name)
        .filter(|name| match cx.old.by_name(name) {
            Some(Element::Field(id)) => cx.field_for_extension(id).is_none(),
            _ => true,
        })
        .collect();
    if lost.is_empty() && !in_use.is_empty() {
        return;
    }
    cells.backward(
        Lens::Wire,
        if in_use.is_empty() {
            Loss::unknown("no extension of this contract used the numbers; one outside it may")
        } else {
            Loss::lossy(format!(
                "{} used the numbers: what old writers send of them is dropped",
                few(&lost, ", ")
            ))
        },
    );
}

/// A closed enum keeps numbers it does not list out of the field
/// (<https://protobuf.dev/programming-guides/enum/#behavior>).
fn closedness_changed(change: &Change, cx: &Cx<'_>, cells: &mut Cells) {
    let Some(Element::Enum(id)) = change.new else { return };
    let loss =
        || Loss::lossy("a number that is not listed is kept on one side and reads as absent on the other");
    if cx.new.enum_(id).is_closed() {
        cells.backward(Lens::Wire, loss());
    } else {
        cells.forward(Lens::Wire, loss());
    }
}

fn enum_value_added(change: &Change, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    let (Kind::EnumValueAdded { alias, was_reserved, ever, .. }, Some(Element::EnumValue(id))) =
        (&change.kind, change.new)
    else {
        return;
    };
    if *alias {
        return;
    }
    if let Some(past) = change.reused() {
        let loss = Loss::corrupt("what data from then holds is read as this value");
        cells.both(Lens::Wire, loss.within(&past::published(past)));
    }
    if *was_reserved && ever.is_none() {
        cells.backward(
            Lens::Wire,
            Loss::corrupt("the number was retired: what older data holds under it is read as this value"),
        );
    }
    let enum_ = cx.new.enum_(cx.new.value(id).parent);
    let Some(old_enum) = cx.old.enum_by_name(&enum_.full_name) else { return };
    if !cx.old.enum_(old_enum).is_closed() {
        // Java may take it for closed all the same, for the field that holds it.
        if let Some((field, required)) = facts.old_closed_in_java.get(&old_enum) {
            cells.forward(
                Lens::Wire,
                if *required {
                    Loss::rejects(format!(
                        "Java takes the enum for closed in `{field}`: an old reader does not see the value, and refuses the message, where the field is required"
                    ))
                } else {
                    Loss::lossy(format!(
                        "Java takes the enum for closed in `{field}`: an old reader sees the field as absent"
                    ))
                },
            );
        }
        return;
    }
    // An old reader keeps the number out of the field; a required field then is missing.
    let in_required = facts.old_required.get(&old_enum);
    cells.forward(
        Lens::Wire,
        match in_required {
            Some(field) => Loss::rejects(format!(
                "the enum is closed: an old reader does not see the value, and refuses the message where `{field}` is required"
            )),
            None => Loss::lossy("the enum is closed: an old reader sees the field as absent"),
        },
    );
}

fn enum_value_removed(change: &Change, cx: &Cx<'_>, reserved: bool, cells: &mut Cells) {
    let Some(Element::EnumValue(id)) = change.old else { return };
    let enum_ = cx.old.enum_(cx.old.value(id).parent);
    let closed = cx.new.enum_by_name(&enum_.full_name).is_some_and(|e| cx.new.enum_(e).is_closed());
    let mut reason = if closed {
        "the enum is closed: where old writers send the value the field reads as absent".to_owned()
    } else {
        "the number is read as one without a name".to_owned()
    };
    if !reserved {
        reason.push_str(", and is free to be used for something else");
    }
    let loss = removal(Loss::lossy(reason), cx.old.is_deprecated(Element::EnumValue(id)), reserved);
    cells.backward(Lens::Wire, loss);
}

fn enum_value_renamed(how: &NameChange<i32>, old: &[Box<str>], new: &[Box<str>], cells: &mut Cells) {
    let kept = old.iter().any(|n| new.binary_search(n).is_ok());
    let loss = match how {
        NameChange::Swapped(_) => {
            Loss::corrupt("two values exchanged their numbers: each is read as the other")
        }
        NameChange::Reused { .. } => {
            Loss::corrupt("the number now means another value: it is read as something else")
        }
        NameChange::Renamed if kept => Loss::none(),
        NameChange::Renamed => Loss::unknown(
            "the bytes have no names: a rename keeps the meaning, a reuse of the number does not, and the schemas cannot tell which it is",
        ),
    };
    cells.both(Lens::Wire, loss);
}
