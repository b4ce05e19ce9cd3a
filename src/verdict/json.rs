//! ProtoJSON.
//!
//! Source: the ProtoJSON format (<https://protobuf.dev/programming-guides/json/>): keys are JSON names, parsers
//! also take the field's own name; enum values are written by name; 64-bit integers are strings; bytes are
//! base64; parsers reject keys and enum names they do not know, unless told otherwise. An effect is what a
//! parser with the default settings does.

use super::facts::Facts;
use super::walk::{Memory, Walk};
use super::wire::excludes;
use super::{Cells, Loss, past};
use crate::diff::{Change, Cx, Kind, NameChange, beside};
use crate::schema::{Cardinality, Element, EnumId, Field, FieldId, Kind as Type, MessageId, Schema};
use crate::text::few;
use crate::words::Lens;

pub(super) fn judge(change: &Change, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    match &change.kind {
        Kind::FieldAdded { name_was_reserved, .. } => {
            let Some(Element::Field(id)) = change.new else { return };
            let field = cx.new.field(id);
            if *name_was_reserved {
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
                let parser = Parser { write: cx.old, read: cx.new };
                let loss = parser.types(&was, field, &mut Walk::new(&facts.json[0]));
                let loss = loss.or_worse(cardinality(was.cardinality, field.cardinality));
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
            if renumbered.is_none() {
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
        Kind::FieldTypeChanged(_) => {
            let Some((old, new)) = change.fields() else { return };
            let (there, back) = linked(cx, old, new);
            let (old, new) = (cx.old.field(old), cx.new.field(new));
            let backward = Parser { write: cx.old, read: cx.new };
            let forward = Parser { write: cx.new, read: cx.old };
            let is_key = |schema: &Schema, f: &Field| {
                f.number == 1 && f.parent.is_some_and(|m| schema.message(m).map_entry)
            };
            if is_key(cx.old, old) && is_key(cx.new, new) {
                cells.backward(Lens::Json, backward.keys(old, new));
                cells.forward(Lens::Json, forward.keys(new, old));
                return;
            }
            if there {
                cells.backward(Lens::Json, backward.types(old, new, &mut Walk::new(&facts.json[0])));
            }
            if back {
                cells.forward(Lens::Json, forward.types(new, old, &mut Walk::new(&facts.json[1])));
            }
        }
        Kind::FieldCardinalityChanged => {
            let Some((old, new)) = change.fields() else { return };
            let (there, back) = linked(cx, old, new);
            let (old, new) = (cx.old.field(old), cx.new.field(new));
            if there {
                cells.backward(Lens::Json, cardinality(old.cardinality, new.cardinality));
            }
            if back {
                cells.forward(Lens::Json, cardinality(new.cardinality, old.cardinality));
            }
        }
        Kind::FieldDefaultChanged { old, new } => {
            cells.backward(
                Lens::Json,
                Loss::corrupt(format!("an absent key was written to mean {old} and is read as {new}")),
            );
            cells.forward(
                Lens::Json,
                Loss::corrupt(format!("an absent key is written to mean {new} and is read as {old}")),
            );
        }
        Kind::FieldOneofChanged(_) => {
            let Some((old, new)) = change.fields() else { return };
            let refused = || Loss::rejects("a parser refuses two keys of one oneof");
            let same =
                |schema: &Schema, message, other: &Field| schema.field_by_key(message, &other.json_name);
            if excludes((cx.old, old), (cx.new, new), same) {
                cells.backward(Lens::Json, refused());
            }
            if excludes((cx.new, new), (cx.old, old), same) {
                cells.forward(Lens::Json, refused());
            }
        }
        Kind::JsonFormatChanged => cells.both(
            Lens::Json,
            Loss::unknown("the type no longer promises a JSON form: keys may collide and nothing checks it"),
        ),
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
            let known = known.is_some_and(|e| cx.old.value_by_name(e, &value.name).is_some());
            if !known && (!alias || first == Some(id)) {
                cells.forward(
                    Lens::Json,
                    Loss::rejects(format!("an old parser does not know the value `{}`", value.name)),
                );
            }
        }
        Kind::EnumValueRemoved { names, names_reserved, .. } => {
            let Some(old) = change.old else { return };
            let now = match old {
                Element::EnumValue(id) => {
                    cx.new.enum_by_name(&cx.old.enum_(cx.old.value(id).parent).full_name)
                }
                _ => None,
            };
            let is_gone = |name: &&str| now.is_none_or(|e| cx.new.value_by_name(e, name).is_none());
            let gone: Vec<&str> = names.iter().map(|n| &**n).filter(is_gone).collect();
            if gone.is_empty() {
                return;
            }
            let loss =
                Loss::rejects(format!("a new parser does not know the value `{}`", few(&gone, "`, `")));
            if !(cx.old.is_deprecated(old) && *names_reserved) {
                cells.backward(Lens::Json, loss);
            }
        }
        Kind::EnumValueNameChanged { how, old_names, new_names } => {
            enum_value_renamed(how, old_names, new_names, cells);
        }
        Kind::TypeRemoved(_) => {
            let Some(Element::Field(id)) = change.old else { return };
            let field = cx.old.field(id);
            let taken = field.extendee.as_deref().and_then(|e| cx.new.extension(e, field.number));
            if taken.is_none() && !field.is_deprecated() {
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
    let backward = Parser { write: cx.old, read: cx.new };
    let forward = Parser { write: cx.new, read: cx.old };
    let loss = backward.types(old, new, &mut Walk::new(&facts.json[0]));
    cells.backward(Lens::Json, loss.or_worse(cardinality(old.cardinality, new.cardinality)));
    let loss = forward.types(new, old, &mut Walk::new(&facts.json[1]));
    cells.forward(Lens::Json, loss.or_worse(cardinality(new.cardinality, old.cardinality)));
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
        let parser = Parser { write: cx.old, read: cx.new };
        let namesake = cx.new.field(namesake);
        let loss = parser.types(old, namesake, &mut Walk::new(&facts.json[0]));
        cells.backward(Lens::Json, loss.or_worse(cardinality(old.cardinality, namesake.cardinality)));
    }
    if let Some(namesake) = old.parent.and_then(|p| cx.old.field_by_key(p, &new.json_name)) {
        let parser = Parser { write: cx.new, read: cx.old };
        let namesake = cx.old.field(namesake);
        let loss = parser.types(new, namesake, &mut Walk::new(&facts.json[1]));
        cells.forward(Lens::Json, loss.or_worse(cardinality(new.cardinality, namesake.cardinality)));
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

fn enum_value_renamed(how: &NameChange<i32>, old: &[Box<str>], new: &[Box<str>], cells: &mut Cells) {
    let (gone, came): (Vec<&str>, Vec<&str>) = (
        old.iter().filter(|n| new.binary_search(n).is_err()).map(|n| &**n).collect(),
        new.iter().filter(|n| old.binary_search(n).is_err()).map(|n| &**n).collect(),
    );
    let (keeps_old, knew_new) = match how {
        NameChange::Renamed => (false, false),
        NameChange::Swapped(_) => (true, true),
        NameChange::Reused { was, now } => (now.is_some(), was.is_some()),
    };
    if !keeps_old && !gone.is_empty() {
        cells.backward(
            Lens::Json,
            Loss::rejects(format!("a new parser does not know the value `{}`", few(&gone, "`, `"))),
        );
    }
    if !knew_new && !came.is_empty() {
        cells.forward(
            Lens::Json,
            Loss::rejects(format!("an old parser does not know the value `{}`", few(&came, "`, `"))),
        );
    }
}

fn cardinality(written: Cardinality, read: Cardinality) -> Loss {
    use Cardinality::{Explicit, Implicit, Map, Repeated, Required};
    match (written, read) {
        (Explicit | Implicit, Required) => {
            Loss::rejects("a writer may leave it out, and without it a message does not parse")
        }
        (Explicit | Implicit | Required, Explicit | Implicit | Required) => Loss::none(),
        (Repeated, Repeated) | (Map, Map) => Loss::none(),
        (Repeated, _) => Loss::rejects("a list is written as an array, which only a list reads"),
        (Map, _) => Loss::rejects("a map is written as an object of its keys, which only a map reads"),
        (_, Repeated) => Loss::rejects("a single value is not an array"),
        (_, Map) => Loss::rejects("a single value is not an object of keys"),
    }
}

#[derive(Clone, Copy, Debug)]
struct Parser<'a> {
    write: &'a Schema,
    read: &'a Schema,
}

/// The JSON forms of scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Integer { bits: u8, signed: bool },
    Float { bits: u8 },
    Bool,
    String,
    Base64,
    Enum,
    Object,
}

fn form(kind: Type) -> Form {
    match kind {
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => Form::Integer { bits: 32, signed: true },
        Type::Uint32 | Type::Fixed32 => Form::Integer { bits: 32, signed: false },
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => Form::Integer { bits: 64, signed: true },
        Type::Uint64 | Type::Fixed64 => Form::Integer { bits: 64, signed: false },
        Type::Float => Form::Float { bits: 32 },
        Type::Double => Form::Float { bits: 64 },
        Type::Bool => Form::Bool,
        Type::String => Form::String,
        Type::Bytes => Form::Base64,
        Type::Enum => Form::Enum,
        Type::Message | Type::Group => Form::Object,
    }
}

impl Parser<'_> {
    fn types(&self, w: &Field, r: &Field, walk: &mut Walk<'_>) -> Loss {
        let out_of_range = || {
            Loss::rejects(format!(
                "{} numbers beyond the range of {} are refused",
                w.kind.as_str(),
                r.kind.as_str()
            ))
        };
        match (form(w.kind), form(r.kind)) {
            (Form::Object, Form::Object) => match (self.write.field_message(w), self.read.field_message(r)) {
                _ if w.type_name == r.type_name => Loss::none(),
                (Some(a), Some(b)) => self.message(a, b, walk),
                _ => Loss::unknown("the message is not part of the contract"),
            },
            (Form::Enum, Form::Enum) => match (self.write.field_enum(w), self.read.field_enum(r)) {
                _ if w.type_name == r.type_name => Loss::none(),
                (Some(a), Some(b)) => self.enums(a, b),
                _ => Loss::unknown("the enum is not part of the contract"),
            },
            (a, b) if a == b => Loss::none(),
            (Form::Integer { bits: a, signed: s }, Form::Integer { bits: b, signed: t }) => {
                if (b > a && (t || !s)) || (a == b && s == t) { Loss::none() } else { out_of_range() }
            }
            (Form::Integer { bits: 32, .. }, Form::Float { bits: 64 }) => Loss::none(),
            (Form::Integer { .. }, Form::Float { .. }) => Loss::lossy("a large integer is rounded"),
            (Form::Float { bits: 32 }, Form::Float { bits: 64 }) => Loss::none(),
            (Form::Float { .. }, Form::Float { .. }) => {
                Loss::lossy("the value is rounded, or refused when too large")
            }
            (Form::Float { .. }, Form::Integer { .. }) => {
                Loss::rejects("a number with a fraction, NaN or an infinity is not an integer")
            }
            (Form::Integer { bits: 64, .. }, Form::String) => {
                Loss::corrupt("a 64-bit integer is written as a string, which is read as text")
            }
            (Form::Enum, Form::String) => {
                Loss::corrupt("enum values are written by name, which is read as text")
            }
            (Form::Enum, _) => Loss::rejects("enum values are written by name, which only an enum reads"),
            (Form::Integer { .. }, Form::Enum) => {
                let open = self.read.field_enum(r).is_some_and(|e| !self.read.enum_(e).is_closed());
                if open && matches!(w.kind, Type::Int32 | Type::Sint32 | Type::Sfixed32) {
                    Loss::none()
                } else {
                    Loss::rejects("a number the enum does not list, or beyond its range, is refused")
                }
            }
            (Form::String, Form::Base64) => {
                Loss::corrupt("text that happens to be base64 is read as other bytes, the rest is refused")
            }
            (Form::Base64, Form::String) => {
                Loss::corrupt("bytes are written as base64, which is read as the text itself")
            }
            _ => {
                // In one order, whatever the direction: equal reasons are told once.
                let (a, b) = (w.type_text().min(r.type_text()), w.type_text().max(r.type_text()));
                Loss::rejects(format!("{a} and {b} have different forms in JSON"))
            }
        }
    }

    /// Keys of maps: all of them are written as strings.
    fn keys(&self, w: &Field, r: &Field) -> Loss {
        match (form(w.kind), form(r.kind)) {
            (a, b) if a == b => Loss::none(),
            (_, Form::String) => Loss::corrupt("a key is written as a string, which is read as text"),
            (Form::Integer { .. }, Form::Integer { .. }) => self.types(w, r, &mut Walk::new(&Memory::new())),
            _ => Loss::rejects("a key that is no number, or no boolean, is refused"),
        }
    }

    fn enums(&self, w: EnumId, r: EnumId) -> Loss {
        let mut written: Vec<_> = self
            .write
            .enum_(w)
            .values
            .iter()
            .map(|v| self.write.value(*v))
            .map(|v| (&v.name, v.number))
            .collect();
        written.sort();
        for (name, number) in written {
            match self.read.value_by_name(r, name).map(|v| self.read.value(v).number) {
                None => return Loss::rejects(format!("the reader does not know the value `{name}`")),
                Some(other) if other != number => {
                    return Loss::corrupt(format!(
                        "`{name}` is {number} to the writer and {other} to the reader"
                    ));
                }
                Some(_) => {}
            }
        }
        if !self.write.enum_(w).is_closed() && self.read.enum_(r).is_closed() {
            return Loss::rejects("a number that is not listed is refused where the enum is closed");
        }
        Loss::none()
    }

    fn message(&self, w: MessageId, r: MessageId, walk: &mut Walk<'_>) -> Loss {
        let fields = self.write.message(w).fields.len() + self.read.message(r).fields.len();
        walk.pair((w, r), fields, |walk| self.message_inside(w, r, walk))
    }

    fn message_inside(&self, w: MessageId, r: MessageId, walk: &mut Walk<'_>) -> Loss {
        let (a, b) = (self.write.message(w), self.read.message(r));
        let special = |name: &str| name.starts_with("google.protobuf.");
        if special(&a.full_name) != special(&b.full_name)
            || (special(&a.full_name) && a.full_name != b.full_name)
        {
            return Loss::rejects("a well-known type has a JSON form of its own");
        }
        let mut worst = Loss::none();
        for field in self.write.fields_by_number(w) {
            let other = self.read.field_by_key(r, &field.json_name).map(|id| self.read.field(id));
            let loss = match other {
                None => Loss::rejects("the reader does not know the key"),
                Some(other) => {
                    let c = if a.map_entry {
                        Loss::none()
                    } else {
                        cardinality(field.cardinality, other.cardinality)
                    };
                    let t = if a.map_entry && field.number == 1 {
                        self.keys(field, other)
                    } else {
                        self.types(field, other, walk)
                    };
                    t.or_worse(c)
                }
            };
            worst = worst.or_worse(loss.within(&format!("key `{}`", field.json_name)));
        }
        worst
    }
}
