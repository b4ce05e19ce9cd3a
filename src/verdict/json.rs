//! ProtoJSON.
//!
//! Source: the ProtoJSON format (<https://protobuf.dev/programming-guides/json/>): keys are JSON names, parsers
//! also take the field's own name; enum values are written by name; 64-bit integers are strings; bytes are
//! base64; parsers reject keys and enum names they do not know, unless told otherwise. An effect is what a
//! parser with the default settings does.

use super::facts::Facts;
use super::forms::{Parser, absent};
use super::walk::Walk;
use super::wire::excludes;
use super::{Cells, Loss, past};
use crate::diff::{Change, Comeback, Cx, Kind, NameChange, beside};
use crate::schema::{Cardinality, Element, EnumId, EnumValueId, Field, FieldId, MessageId, Schema};
use crate::text::few;
use crate::words::Lens;

pub(super) fn judge(change: &Change, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    match &change.kind {
        Kind::FieldAdded { name_was_reserved, ever, .. } => {
            let Some(Element::Field(id)) = change.new else { return };
            let field = cx.new.field(id);
            // Who remembers every version knows whether anybody ever wrote the name, and whether it is back as it was.
            let back = change.published().is_some_and(|past| past.comeback == Comeback::Same);
            if *name_was_reserved && !back && ever.is_none_or(|ever| ever.name) {
                cells.backward(
                    Lens::Json,
                    Loss::corrupt(
                        "the name was retired: what older JSON holds under it is read as this field",
                    ),
                );
            }
            if field.cardinality == Cardinality::Required {
                cells.backward(
                    Lens::Json,
                    Loss::rejects("old writers never send it, and without it a message does not parse"),
                );
            }
            if let Some((past, was)) = past::retyped(change, field) {
                let parser = Parser::backward(cx);
                let loss = parser.fields(&was, field, &mut Walk::new(&facts.json[0]));
                cells.backward(Lens::Json, loss.within(&past::published(past)));
            }
            let namesake = field.parent.and_then(|p| {
                let message = cx.old.message_by_name(&cx.new.message(p).full_name)?;
                cx.old.field_by_key(message, &field.json_name)
            });
            match namesake.map(|id| cx.old.field(id)) {
                // JSON does not see that it has another number now.
                Some(old) => same_key(old, field, cx, facts, cells),
                None => cells.forward(
                    Lens::Json,
                    Loss::rejects(format!("an old parser does not know the key `{}`", field.json_name)),
                ),
            }
        }
        Kind::FieldRemoved { name_reserved, renumbered, .. } => {
            let Some(Element::Field(id)) = change.old else { return };
            let field = cx.old.field(id);
            // JSON does not see that it has another number now.
            if let Some(new) =
                renumbered.map(|id| cx.new.field(id)).filter(|f| f.json_name == field.json_name)
            {
                same_key(field, new, cx, facts, cells);
            } else {
                let loss = Loss::rejects(format!("a new parser does not know the key `{}`", field.json_name));
                // A reserved name keeps the key from coming back, it does not make a parser accept it; the
                // notice that a deprecation gives does.
                if !(field.is_deprecated() && *name_reserved) {
                    cells.backward(Lens::Json, loss);
                }
            }
            if field.cardinality == Cardinality::Required {
                cells.forward(
                    Lens::Json,
                    Loss::rejects("it was required: old parsers refuse a message without it"),
                );
            }
        }
        Kind::FieldNameChanged(how) => name_changed(change, cx, facts, how, cells),
        Kind::FieldJsonNameChanged => json_name_changed(change, cx, cells),
        // Each of the two may speak for both.
        Kind::FieldTypeChanged(_) | Kind::FieldCardinalityChanged => {
            let Some((old, new)) = change.fields() else { return };
            let (there, back) = linked(cx, old, new);
            let (old, new) = (cx.old.field(old), cx.new.field(new));
            let backward = Parser::backward(cx);
            let forward = Parser::forward(cx);
            let is_key = |schema: &Schema, f: &Field| {
                f.number == 1 && f.parent.is_some_and(|m| schema.message(m).map_entry)
            };
            if is_key(cx.old, old) && is_key(cx.new, new) {
                cells.backward(Lens::Json, backward.keys(old, new));
                cells.forward(Lens::Json, forward.keys(new, old));
                return;
            }
            let entry = |schema: &Schema, f: &Field| f.parent.is_some_and(|m| schema.message(m).map_entry);
            let entries = entry(cx.old, old) && entry(cx.new, new);
            if there {
                let mut walk = Walk::new(&facts.json[0]);
                let loss = if entries {
                    backward.types(old, new, &mut walk)
                } else {
                    backward.fields(old, new, &mut walk)
                };
                cells.backward(Lens::Json, loss);
            }
            if back {
                let mut walk = Walk::new(&facts.json[1]);
                let loss = if entries {
                    forward.types(new, old, &mut walk)
                } else {
                    forward.fields(new, old, &mut walk)
                };
                cells.forward(Lens::Json, loss);
            }
        }
        Kind::FieldDefaultChanged { .. } => {
            let Some((old, new)) = change.fields() else { return };
            let (there, back) = linked(cx, old, new);
            let (old, new) = (cx.old.field(old), cx.new.field(new));
            if there {
                cells.backward(Lens::Json, absent((cx.old, old), (cx.new, new), "was"));
            }
            if back {
                cells.forward(Lens::Json, absent((cx.new, new), (cx.old, old), "is"));
            }
        }
        Kind::FieldOneofChanged(_) => {
            let Some((old, new)) = change.fields() else { return };
            let refused = || Loss::rejects("a parser refuses two keys of one oneof");
            let same =
                |schema: &Schema, message, other: &Field| schema.field_by_key(message, &other.json_name);
            // What has the key on the other side may have another number.
            let other = |(write, w): (&Schema, FieldId), (read, r): (&Schema, FieldId)| {
                same(read, read.field(r).parent?, write.field(w))
            };
            if other((cx.old, old), (cx.new, new))
                .is_some_and(|new| excludes((cx.old, old), (cx.new, new), same))
            {
                cells.backward(Lens::Json, refused());
            }
            if other((cx.new, new), (cx.old, old))
                .is_some_and(|old| excludes((cx.new, new), (cx.old, old), same))
            {
                cells.forward(Lens::Json, refused());
            }
        }
        Kind::JsonFormatChanged => cells.both(
            Lens::Json,
            Loss::unknown("the type no longer promises a JSON form: keys may collide and nothing checks it"),
        ),
        Kind::FieldJavaEnumTypeChanged => {
            let Some((_, new)) = change.fields() else { return };
            let now = cx.new.field(new);
            // Into the entries of a map Java puts any number.
            if now.parent.is_some_and(|message| cx.new.message(message).map_entry) {
                return;
            }
            let loss = || {
                Loss::rejects(
                    "a number that is not listed is written by one side, and refused by Java on the other",
                )
            };
            if now.java_closes_enums {
                cells.backward(Lens::Json, loss());
            } else {
                cells.forward(Lens::Json, loss());
            }
        }
        Kind::EnumClosednessChanged => {
            let Some(Element::Enum(id)) = change.new else { return };
            let loss = || {
                Loss::rejects(
                    "a number that is not listed is written by one side, and refused by the closed other",
                )
            };
            if cx.new.enum_(id).is_closed() {
                cells.backward(Lens::Json, loss());
            } else {
                cells.forward(Lens::Json, loss());
            }
        }
        Kind::EnumValueAdded { alias, .. } => {
            let Some(Element::EnumValue(id)) = change.new else { return };
            let value = cx.new.value(id);
            // Of several names for one number the first one is written.
            let first = cx.new.value_by_number(value.parent, value.number);
            let known = cx.old.enum_by_name(&cx.new.enum_(value.parent).full_name);
            // A name that had another number is no news to JSON.
            let known = known.is_some_and(|e| cx.old.value_by_json(e, value.json_key()).is_some());
            if !known && (!alias || first == Some(id)) {
                cells.forward(
                    Lens::Json,
                    Loss::rejects(format!("an old parser does not know the value `{}`", value.json_key())),
                );
            }
        }
        Kind::EnumValueRemoved { names, names_reserved, .. } => {
            let Some(old @ Element::EnumValue(id)) = change.old else { return };
            let holder = cx.old.value(id).parent;
            let now = cx.new.enum_by_name(&cx.old.enum_(holder).full_name);
            let gone = unread((cx.old, holder), names, (cx.new, now));
            if gone.is_empty() {
                return;
            }
            let loss =
                Loss::rejects(format!("a new parser does not know the value `{}`", few(&gone, "`, `")));
            if !(cx.old.is_deprecated(old) && *names_reserved) {
                cells.backward(Lens::Json, loss);
            }
        }
        Kind::EnumValueNameChanged { old_names, new_names, .. } => {
            enum_value_renamed(change, cx, (old_names, new_names), cells);
        }
        Kind::EnumValueJsonNameChanged => {
            let (Some(Element::EnumValue(old)), Some(Element::EnumValue(new))) = (change.old, change.new)
            else {
                return;
            };
            cells.backward(Lens::Json, value_read((cx.old, old), (cx.new, new), "a new"));
            cells.forward(Lens::Json, value_read((cx.new, new), (cx.old, old), "an old"));
        }
        Kind::FileRemoved => {
            if let Some(Element::File(id)) = change.old {
                cells.backward(Lens::Json, facts.removed.file(cx, id));
            }
        }
        Kind::PackageRemoved { package } => {
            let files = cx.old.package(package).unwrap_or_default();
            cells.backward(Lens::Json, facts.removed.of_files(cx, files));
        }
        Kind::TypeRemoved(_) => {
            let id = match change.old {
                Some(Element::Message(id)) => {
                    cells.backward(Lens::Json, facts.removed.message(id).unwrap_or_else(Loss::none));
                    return;
                }
                Some(Element::Enum(id)) => {
                    cells.backward(Lens::Json, facts.removed.enum_(id).unwrap_or_else(Loss::none));
                    return;
                }
                Some(Element::Field(id)) => id,
                _ => return,
            };
            let field = cx.old.field(id);
            let taken = field.extendee.as_deref().and_then(|e| cx.new.extension(e, field.number));
            let now = cx.field_for_extension(id).map(|id| cx.new.field(id));
            if let Some(now) = now {
                cells.forward(
                    Lens::Json,
                    Loss::rejects(format!("an old parser does not know the key `{}`", now.json_name)),
                );
            }
            if taken.is_none() && (now.is_some() || !field.is_deprecated()) {
                let name = cx.old.full_name(Element::Field(id));
                cells.backward(
                    Lens::Json,
                    Loss::rejects(format!("a new parser does not know the key `[{name}]`")),
                );
            }
        }
        Kind::TypeAdded => {
            let Some(Element::Field(id)) = change.new else { return };
            let name = cx.new.full_name(Element::Field(id));
            cells.forward(
                Lens::Json,
                Loss::rejects(format!("an old parser does not know the key `[{name}]`")),
            );
        }
        Kind::ReservedNameRemoved { .. } => cells.backward(
            Lens::Json,
            Loss::unknown(
                "the name may now come back with another meaning, while old data still has the old one",
            ),
        ),
        beside!(json) => {}
    }
}

/// Fields of one key on both sides.
fn same_key(old: &Field, new: &Field, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    let backward = Parser::backward(cx);
    let forward = Parser::forward(cx);
    cells.backward(Lens::Json, backward.fields(old, new, &mut Walk::new(&facts.json[0])));
    cells.forward(Lens::Json, forward.fields(new, old, &mut Walk::new(&facts.json[1])));
    cells.backward(Lens::Json, absent((cx.old, old), (cx.new, new), "was"));
    cells.forward(Lens::Json, absent((cx.new, new), (cx.old, old), "is"));
}

/// Whether JSON that has a field of the old side at a number leads to the field of the new side at that number, and
/// the other way round: keys do not follow numbers.
fn linked(cx: &Cx<'_>, old: FieldId, new: FieldId) -> (bool, bool) {
    let (a, b) = (cx.old.field(old), cx.new.field(new));
    let (Some(x), Some(y)) = (a.parent.filter(|_| !a.is_extension()), b.parent.filter(|_| !b.is_extension()))
    else {
        let same = cx.old.full_name(Element::Field(old)) == cx.new.full_name(Element::Field(new));
        return (same, same);
    };
    let there = cx.new.field_by_key(y, &a.json_name) == Some(new);
    let back = cx.old.field_by_key(x, &b.json_name) == Some(old);
    (there, back)
}

fn name_changed(change: &Change, cx: &Cx<'_>, facts: &Facts, how: &NameChange<FieldId>, cells: &mut Cells) {
    let Some((old, new)) = change.fields() else { return };
    let (old, new) = (cx.old.field(old), cx.new.field(new));
    if old.is_extension() {
        let (a, b) = (change.old.map(|e| cx.old.full_name(e)), change.new.map(|e| cx.new.full_name(e)));
        if let (Some(a), Some(b)) = (a, b) {
            cells.backward(Lens::Json, Loss::rejects(format!("a new parser does not know the key `[{a}]`")));
            cells.forward(Lens::Json, Loss::rejects(format!("an old parser does not know the key `[{b}]`")));
        }
        return;
    }
    if old.json_name == new.json_name {
        return;
    }
    // A name that lives on at another number is still understood: JSON does not see numbers.
    let (keeps_old, knew_new) = match how {
        NameChange::Renamed => (false, false),
        NameChange::Swapped(_) => (true, true),
        NameChange::Reused { was, now } => (now.is_some(), was.is_some()),
    };
    let old_key_taken = keeps_old || accepts(cx.new, new.parent, &old.json_name);
    let new_key_taken = knew_new || accepts(cx.old, old.parent, &new.json_name);
    // Where the key lives on it is another field's, of another type perhaps.
    if let Some(namesake) = new.parent.and_then(|p| cx.new.field_by_key(p, &old.json_name)) {
        let parser = Parser::backward(cx);
        let namesake = cx.new.field(namesake);
        cells.backward(Lens::Json, parser.fields(old, namesake, &mut Walk::new(&facts.json[0])));
        cells.backward(Lens::Json, absent((cx.old, old), (cx.new, namesake), "was"));
    }
    if let Some(namesake) = old.parent.and_then(|p| cx.old.field_by_key(p, &new.json_name)) {
        let parser = Parser::forward(cx);
        let namesake = cx.old.field(namesake);
        cells.forward(Lens::Json, parser.fields(new, namesake, &mut Walk::new(&facts.json[1])));
        cells.forward(Lens::Json, absent((cx.new, new), (cx.old, namesake), "is"));
    }
    if !old_key_taken {
        cells.backward(
            Lens::Json,
            Loss::rejects(format!(
                "a new parser does not know the key `{}` that old writers use",
                old.json_name
            )),
        );
    }
    if !new_key_taken {
        cells.forward(
            Lens::Json,
            Loss::rejects(format!(
                "an old parser does not know the key `{}` that new writers use",
                new.json_name
            )),
        );
    }
}

fn json_name_changed(change: &Change, cx: &Cx<'_>, cells: &mut Cells) {
    let Some((old, new)) = change.fields() else { return };
    let (old, new) = (cx.old.field(old), cx.new.field(new));
    if !accepts(cx.new, new.parent, &old.json_name) {
        cells.backward(
            Lens::Json,
            Loss::rejects(format!(
                "a new parser does not know the key `{}` that old writers use",
                old.json_name
            )),
        );
    }
    if !accepts(cx.old, old.parent, &new.json_name) {
        cells.forward(
            Lens::Json,
            Loss::rejects(format!(
                "an old parser does not know the key `{}` that new writers use",
                new.json_name
            )),
        );
    }
}

/// Whether a parser of this message takes a key: as a JSON name or as a field's own name.
fn accepts(schema: &Schema, message: Option<MessageId>, key: &str) -> bool {
    message.is_some_and(|m| schema.field_by_key(m, key).is_some())
}

/// What is written for some names of an enum, as far as the reader has no value for it.
fn unread<'a>(
    (write, from): (&'a Schema, EnumId),
    names: &'a [Box<str>],
    (read, into): (&Schema, Option<EnumId>),
) -> Vec<&'a str> {
    let keys = names.iter().filter_map(|n| write.value_by_name(from, n)).map(|v| write.value(v).json_key());
    keys.filter(|key| into.is_none_or(|e| read.value_by_json(e, key).is_none())).collect()
}

fn enum_value_renamed(
    change: &Change,
    cx: &Cx<'_>,
    (before, after): (&[Box<str>], &[Box<str>]),
    cells: &mut Cells,
) {
    let (Some(Element::EnumValue(old)), Some(Element::EnumValue(new))) = (change.old, change.new) else {
        return;
    };
    let (old, new) = (cx.old.value(old).parent, cx.new.value(new).parent);
    let only = |these: &[Box<str>], others: &[Box<str>]| -> Vec<Box<str>> {
        these.iter().filter(|n| others.binary_search(n).is_err()).cloned().collect()
    };
    // A name that lives on at another number is still understood: JSON does not see numbers.
    let (lost, gained) = (only(before, after), only(after, before));
    let (gone, came) = (
        unread((cx.old, old), &lost, (cx.new, Some(new))),
        unread((cx.new, new), &gained, (cx.old, Some(old))),
    );
    if !gone.is_empty() {
        cells.backward(
            Lens::Json,
            Loss::rejects(format!("a new parser does not know the value `{}`", few(&gone, "`, `"))),
        );
    }
    if !came.is_empty() {
        cells.forward(
            Lens::Json,
            Loss::rejects(format!("an old parser does not know the value `{}`", few(&came, "`, `"))),
        );
    }
}

/// What a parser makes of what is written for a value that has the same name and number on both sides.
fn value_read(
    (write, from): (&Schema, EnumValueId),
    (read, into): (&Schema, EnumValueId),
    reader: &str,
) -> Loss {
    let (written, known) = (write.value(from), read.value(into));
    // Of several names for one number the first one is written.
    if write.value_by_number(written.parent, written.number) != Some(from) {
        return Loss::none();
    }
    let key = written.json_key();
    match read.value_by_json(known.parent, key).map(|id| read.value(id)) {
        None => Loss::rejects(format!("{reader} parser does not know the value `{key}`")),
        Some(found) if found.number != known.number => {
            Loss::corrupt(format!("{reader} parser reads `{key}` as `{}`", found.name))
        }
        Some(_) => Loss::none(),
    }
}
