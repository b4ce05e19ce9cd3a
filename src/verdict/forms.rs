//! The forms that values have in JSON: what a parser makes of the form of another type.
//!
//! Source: the table of the ProtoJSON format (<https://protobuf.dev/programming-guides/json/#field-representation>).
//! Wrappers have the form of what they wrap, `Struct` is a map of `Value`, `ListValue` a list of them, and a `Value`
//! takes everything.

use super::Loss;
use super::reader::set_together;
use super::walk::Walk;
use crate::diff::{Cx, default_change};
use crate::schema::{Cardinality, EnumId, Field, Kind as Type, Known, MessageId, Schema};
use crate::words::Direction;

/// One side parses what the other wrote.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parser<'a> {
    write: &'a Schema,
    read: &'a Schema,
    /// Backward: the old side wrote. What a new writer knows more of is an addition, also in a type of another name.
    from: Direction,
}

/// The form of a single value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Integer {
        bits: u8,
        signed: bool,
    },
    Float {
        bits: u8,
    },
    Bool,
    String,
    Base64,
    Enum,
    /// `NullValue`, which is written as null.
    Null,
    /// A string with a grammar: `Timestamp`, `Duration`, `FieldMask`.
    Text(&'static str),
    /// An object of the fields of a message.
    Object(Option<MessageId>),
    /// An object with the type in it.
    Any,
    Value,
    /// A map of values, and a list of them: seen as such before anything is compared.
    Struct,
    ListValue,
}

/// What a field holds: how many of which form, with the field that says more about it.
#[derive(Clone, Copy, Debug)]
enum Shape<'a> {
    One(Item<'a>),
    List(Item<'a>),
    /// The form of the keys, and the values.
    Map(Form, Item<'a>),
}

#[derive(Clone, Copy, Debug)]
struct Item<'a> {
    form: Form,
    field: &'a Field,
}

fn scalar(kind: Type) -> Form {
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
        Type::Message | Type::Group => Form::Object(None),
    }
}

fn known(field: &Field) -> Option<Known> {
    field.type_name.as_deref().and_then(Known::of)
}

fn item<'a>(schema: &'a Schema, field: &'a Field) -> Item<'a> {
    let form = match known(field).filter(|_| field.kind.is_message()) {
        Some(Known::Wrapper) => {
            let value = schema.field_message(field).and_then(|m| schema.field_by_number(m, 1));
            value.map_or(Form::Value, |id| scalar(schema.field(id).kind))
        }
        Some(Known::Timestamp) => Form::Text("timestamp"),
        Some(Known::Duration) => Form::Text("duration"),
        Some(Known::FieldMask) => Form::Text("field mask"),
        Some(Known::Any) => Form::Any,
        Some(Known::Value) => Form::Value,
        Some(Known::Struct) => Form::Struct,
        Some(Known::ListValue) => Form::ListValue,
        None if field.kind.is_message() => Form::Object(schema.field_message(field)),
        None if field.type_name.as_deref() == Some("google.protobuf.NullValue") => Form::Null,
        None => scalar(field.kind),
    };
    Item { form, field }
}

fn shape<'a>(schema: &'a Schema, field: &'a Field) -> Shape<'a> {
    let of = item(schema, field);
    match field.cardinality {
        Cardinality::Map => match schema.map_entry(field) {
            Some((key, value)) => {
                Shape::Map(scalar(schema.field(key).kind), item(schema, schema.field(value)))
            }
            None => Shape::Map(Form::String, Item { form: Form::Value, field }),
        },
        Cardinality::Repeated => Shape::List(of),
        _ => single(of),
    }
}

/// A single value, where that may be a list or an object of any keys.
fn single(of: Item<'_>) -> Shape<'_> {
    let value = Item { form: Form::Value, field: of.field };
    match of.form {
        Form::Struct => Shape::Map(Form::String, value),
        Form::ListValue => Shape::List(value),
        _ => Shape::One(of),
    }
}

impl<'a> Parser<'a> {
    /// The new side reads what the old side wrote.
    pub(super) fn backward(cx: &Cx<'a>) -> Parser<'a> {
        Parser { write: cx.old, read: cx.new, from: Direction::Backward }
    }

    /// The old side reads what the new side wrote.
    pub(super) fn forward(cx: &Cx<'a>) -> Parser<'a> {
        Parser { write: cx.new, read: cx.old, from: Direction::Forward }
    }

    /// What the reader does not know: an addition where the new side wrote it.
    fn not_known(&self, reason: String) -> Loss {
        match self.from {
            Direction::Backward => Loss::rejects(reason),
            Direction::Forward => Loss::rejects(reason).growing(),
        }
    }

    /// What is written under one key, as the reader's field of that key: type and cardinality.
    pub(super) fn fields(&self, w: &Field, r: &Field, walk: &mut Walk<'_>) -> Loss {
        use Cardinality::{Explicit, Implicit, Required};
        let required = match (w.cardinality, r.cardinality) {
            (Explicit | Implicit, Required) => {
                Loss::rejects("a writer may leave it out, and without it a message does not parse")
            }
            _ => Loss::none(),
        };
        self.shapes(shape(self.write, w), shape(self.read, r), walk).or_worse(required)
    }

    /// The types alone, for the values of maps.
    pub(super) fn types(&self, w: &Field, r: &Field, walk: &mut Walk<'_>) -> Loss {
        self.shapes(single(item(self.write, w)), single(item(self.read, r)), walk)
    }

    fn shapes(&self, w: Shape<'_>, r: Shape<'_>, walk: &mut Walk<'_>) -> Loss {
        match (w, r) {
            (Shape::One(a), Shape::One(b)) => self.items(a, b, walk),
            // A value takes lists and objects as they are.
            (Shape::List(a), Shape::One(b)) if b.form == Form::Value => self.inner(a, b, walk),
            (Shape::Map(key, a), Shape::One(b)) if b.form == Form::Value => {
                self.key(key, Form::String).or_worse(self.inner(a, b, walk))
            }
            (Shape::List(a), Shape::List(b)) => self.inner(a, b, walk),
            (Shape::Map(k, a), Shape::Map(l, b)) => self.key(k, l).or_worse(self.inner(a, b, walk)),
            (Shape::One(a), Shape::Map(key, b)) => match a.form {
                Form::Object(Some(id)) => self.object(id, key, b, walk),
                // It is written as null, which is nothing.
                Form::Null => Loss::none(),
                Form::Any if key == Form::String && matches!(b.form, Form::Value | Form::String) => {
                    any_taken_apart()
                }
                _ => Loss::rejects("a single value is not an object of keys"),
            },
            (Shape::List(_), _) => Loss::rejects("a list is written as an array, which only a list reads"),
            (Shape::Map(..), _) => {
                Loss::rejects("a map is written as an object of its keys, which only a map reads")
            }
            (Shape::One(a), Shape::List(b)) if a.form == Form::Null => {
                if b.form == Form::Value && b.field.cardinality == Cardinality::Repeated {
                    Loss::rejects("null is a Value and no list of them: Go and Python refuse it")
                } else {
                    Loss::none()
                }
            }
            (_, Shape::List(_)) => Loss::rejects("a single value is not an array"),
        }
    }

    /// Values of lists and maps, which may be lists and maps themselves.
    fn inner(&self, w: Item<'_>, r: Item<'_>, walk: &mut Walk<'_>) -> Loss {
        if w.form == Form::Null && !matches!(r.form, Form::Null | Form::Value) {
            return Loss::rejects("null is refused as an element");
        }
        self.shapes(single(w), single(r), walk)
    }

    /// A message as a map: its keys are names, each value has a form of its own.
    fn object(&self, w: MessageId, key: Form, value: Item<'_>, walk: &mut Walk<'_>) -> Loss {
        let fields = self.write.fields_by_number(w);
        if !fields.is_empty() && key != Form::String {
            return Loss::rejects("a key that is no number, or no boolean, is refused");
        }
        if value.form == Form::Value {
            return self.apart(w, value, walk);
        }
        let mut worst = Loss::none();
        for field in fields {
            let loss = self.shapes(shape(self.write, field), Shape::One(value), walk);
            worst = worst.or_worse(loss.within(&format!("key `{}`", field.json_name)));
        }
        worst
    }

    /// A message as an object of any keys.
    fn apart(&self, w: MessageId, value: Item<'_>, walk: &mut Walk<'_>) -> Loss {
        let fields = self.write.fields_by_number(w);
        let to = Item { form: Form::Value, ..value };
        walk.apart(w, fields.len(), |walk| {
            let mut worst = Loss::none();
            for field in fields {
                let loss = self.shapes(shape(self.write, field), Shape::One(to), walk);
                worst = worst.or_worse(loss.within(&format!("key `{}`", field.json_name)));
            }
            worst
        })
    }

    fn items(&self, w: Item<'_>, r: Item<'_>, walk: &mut Walk<'_>) -> Loss {
        if w.field.kind.is_named() && w.field.kind == r.field.kind && w.field.type_name == r.field.type_name {
            // A type that kept its name speaks for itself.
            if w.form == r.form || matches!((w.form, r.form), (Form::Object(_), Form::Object(_))) {
                return Loss::none();
            }
        }
        let out_of_range = || {
            let (a, b) = (w.field.type_text(), r.field.type_text());
            Loss::rejects(format!("{a} numbers beyond the range of {b} are refused"))
        };
        match (w.form, r.form) {
            (Form::Object(a), Form::Object(b)) => match (a, b) {
                (Some(a), Some(b)) => self.message(a, b, walk),
                _ => Loss::unknown("the message is not part of the contract"),
            },
            (Form::Enum, Form::Enum) => {
                match (self.write.field_enum(w.field), self.read.field_enum(r.field)) {
                    (Some(a), Some(b)) => self.enums(w.field, a, b),
                    _ => Loss::unknown("the enum is not part of the contract"),
                }
            }
            (a, b) if a == b => Loss::none(),
            (a, Form::Value) => self.as_value(a, r, walk),
            (Form::Value, _) => Loss::rejects("a Value may have any form, of which the reader takes one"),
            // As if nothing were there.
            (Form::Null, _) => Loss::none(),
            (Form::Integer { bits: a, signed: s }, Form::Integer { bits: b, signed: t }) => {
                if (b > a && (t || !s)) || (a == b && s == t) { Loss::none() } else { out_of_range() }
            }
            (Form::Integer { bits: 32, .. }, Form::Float { bits: 64 }) => Loss::none(),
            (Form::Integer { .. }, Form::Float { .. }) => Loss::lossy("a large integer is rounded"),
            (Form::Float { bits: 32 }, Form::Float { bits: 64 }) => Loss::none(),
            (Form::Float { .. }, Form::Float { .. }) => {
                Loss::rejects("a number too large for the reader is refused, others are rounded")
            }
            (Form::Float { .. }, Form::Integer { .. }) => {
                Loss::rejects("a number with a fraction, NaN or an infinity is not an integer")
            }
            (Form::Integer { bits: 64, .. }, Form::String) => {
                Loss::corrupt("a 64-bit integer is written as a string, which is read as text")
            }
            (Form::Enum, Form::String) if self.is_closed(w.field) => {
                Loss::corrupt("enum values are written by name, which is read as text")
            }
            (Form::Enum, Form::String) => Loss::rejects(
                "enum values are written by name, which is read as text; a number without a name is refused",
            ),
            (Form::Text(what), Form::String) => {
                Loss::corrupt(format!("a {what} is written as a string, which is read as text"))
            }
            (Form::Enum, Form::Integer { .. } | Form::Float { .. }) if !self.writes_names(w.field) => {
                let number = Form::Integer { bits: 32, signed: true };
                if self.is_closed(w.field) {
                    Loss::none()
                } else {
                    self.items(Item { form: number, ..w }, r, walk)
                }
            }
            (Form::Enum, Form::Base64) if self.is_base64(w.field) => {
                Loss::corrupt("enum values are written by name, which is read as base64")
            }
            (Form::Enum, _) => Loss::rejects("enum values are written by name, which only an enum reads"),
            (Form::Integer { .. }, Form::Enum | Form::Null) => {
                let open = self.read.field_enum(r.field).is_some_and(|e| !self.read.enum_(e).is_closed());
                if open && w.form == (Form::Integer { bits: 32, signed: true }) {
                    Loss::none()
                } else {
                    Loss::rejects("a number the enum does not list, or beyond its range, is refused")
                }
            }
            (Form::String, Form::Base64) => Loss::rejects(
                "text that is no base64 is refused, and what happens to be some is read as other bytes",
            ),
            (Form::Base64, Form::String) => {
                Loss::corrupt("bytes are written as base64, which is read as the text itself")
            }
            (Form::Object(Some(id)), Form::Any) if self.write.message(id).fields.is_empty() => Loss::none(),
            _ => {
                // In one order, whatever the direction: equal reasons are told once.
                let (a, b) = (w.field.type_text(), r.field.type_text());
                Loss::rejects(format!("{} and {} have different forms in JSON", a.min(b), a.max(b)))
            }
        }
    }

    /// Whether only what its enum lists is written.
    fn is_closed(&self, field: &Field) -> bool {
        self.write.field_enum(field).is_some_and(|id| self.write.enum_(id).is_closed())
    }

    /// Whether any name of an enum is written: zero without presence is not, unless it is the value of a map.
    fn writes_names(&self, field: &Field) -> bool {
        let in_map = field.parent.is_some_and(|parent| self.write.message(parent).map_entry);
        let writes_zero = in_map || field.cardinality != Cardinality::Implicit;
        self.write.field_enum(field).is_some_and(|id| {
            let mut numbers = self.write.enum_(id).values.iter().map(|v| self.write.value(*v).number);
            numbers.any(|number| writes_zero || number != 0)
        })
    }

    /// Whether all that is written of an enum decodes as base64: names do but for those with one letter too many, numbers
    /// do not.
    fn is_base64(&self, field: &Field) -> bool {
        self.write.field_enum(field).map(|id| self.write.enum_(id)).is_some_and(|enum_| {
            let names = enum_.values.iter().map(|v| &self.write.value(*v).name);
            enum_.is_closed() && names.into_iter().all(|name| name.len() % 4 != 1)
        })
    }

    /// What a `Value` makes of a form: it keeps what is written, which is not always what was meant.
    fn as_value(&self, form: Form, r: Item<'_>, walk: &mut Walk<'_>) -> Loss {
        match form {
            Form::Bool | Form::String | Form::Null | Form::Value => Loss::none(),
            Form::Integer { bits: 32, .. } => Loss::none(),
            Form::Integer { .. } => {
                Loss::corrupt("a 64-bit integer is written as a string, which is read as text")
            }
            Form::Float { .. } => {
                Loss::corrupt("NaN and the infinities are written as strings, which are read as text")
            }
            Form::Base64 => Loss::corrupt("bytes are written as base64, which is read as the text itself"),
            Form::Enum => Loss::corrupt("enum values are written by name, which is read as text"),
            Form::Text(what) => {
                Loss::corrupt(format!("a {what} is written as a string, which is read as text"))
            }
            Form::Any => any_taken_apart(),
            Form::Object(Some(id)) => self.apart(id, r, walk),
            Form::Struct | Form::ListValue => Loss::none(),
            Form::Object(None) => Loss::unknown("the message is not part of the contract"),
        }
    }

    /// Keys of maps: all of them are written as strings.
    pub(super) fn keys(&self, w: &Field, r: &Field) -> Loss {
        self.key(scalar(w.kind), scalar(r.kind))
    }

    fn key(&self, w: Form, r: Form) -> Loss {
        match (w, r) {
            (a, b) if a == b => Loss::none(),
            (_, Form::String) => Loss::corrupt("a key is written as a string, which is read as text"),
            (Form::Integer { bits: a, signed: s }, Form::Integer { bits: b, signed: t }) => {
                if b > a && (t || !s) {
                    Loss::none()
                } else {
                    Loss::rejects("keys beyond the range of the reader are refused")
                }
            }
            _ => Loss::rejects("a key that is no number, or no boolean, is refused"),
        }
    }

    fn enums(&self, field: &Field, w: EnumId, r: EnumId) -> Loss {
        let mut written: Vec<_> = self
            .write
            .enum_(w)
            .values
            .iter()
            .map(|v| self.write.value(*v))
            .map(|v| (v.json_key(), v.number))
            // Zero without presence is not written.
            .filter(|(_, number)| *number != 0 || field.cardinality != Cardinality::Implicit)
            .collect();
        written.sort();
        let mut worst = Loss::none();
        for (name, number) in written {
            let loss = match self.read.value_by_json(r, name).map(|v| self.read.value(v).number) {
                // A number that the reader has another name for is no addition.
                None if self.read.value_by_number(r, number).is_some() => {
                    Loss::rejects(format!("the reader does not know the value `{name}`"))
                }
                None => self.not_known(format!("the reader does not know the value `{name}`")),
                Some(other) if other != number => {
                    Loss::corrupt(format!("`{name}` is {number} to the writer and {other} to the reader"))
                }
                Some(_) => Loss::none(),
            };
            worst = worst.or_worse(loss);
        }
        if !worst.is_ok() {
            return worst;
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
        let a = self.write.message(w);
        let mut worst = Loss::none();
        for field in self.write.fields_by_number(w) {
            let other = self.read.field_by_key(r, &field.json_name).map(|id| self.read.field(id));
            let loss = match other {
                None => self.not_known("the reader does not know the key".to_owned()),
                Some(other) => {
                    if a.map_entry && field.number == 1 {
                        self.keys(field, other)
                    } else if a.map_entry {
                        self.types(field, other, walk)
                    } else {
                        let absent = absent((self.write, field), (self.read, other), "is");
                        self.fields(field, other, walk).or_worse(absent)
                    }
                }
            };
            worst = worst.or_worse(loss.within(&format!("key `{}`", field.json_name)));
        }
        let unsent = |f: &&Field| {
            f.cardinality == Cardinality::Required && self.write.field_by_key(w, &f.json_name).is_none()
        };
        if let Some(field) = self.read.fields_by_number(r).into_iter().find(unsent) {
            worst = worst.or_worse(Loss::rejects(format!(
                "key `{}` is never sent, and without it a message does not parse",
                field.json_name
            )));
        }
        worst.or_worse(self.oneofs(w, r))
    }

    /// Keys that the writer may set together and of which the reader takes one.
    fn oneofs(&self, w: MessageId, r: MessageId) -> Loss {
        let fields = self.write.fields_by_number(w);
        let reads_into =
            |f: &Field| self.read.field_by_key(r, &f.json_name).and_then(|id| self.read.field(id).oneof);
        match set_together(&fields, reads_into) {
            Some((a, b)) => Loss::rejects(format!(
                "keys `{}` and `{}` may be set together; a parser refuses two keys of one oneof",
                a.json_name, b.json_name
            )),
            None => Loss::none(),
        }
    }
}

/// What a key that is not there means to a reader whose field has another default. A required field is always there.
pub(super) fn absent((write, w): (&Schema, &Field), (read, r): (&Schema, &Field), was: &str) -> Loss {
    if [w, r].iter().any(|f| f.cardinality == Cardinality::Required) {
        return Loss::none();
    }
    match default_change(write, w, read, r) {
        Some((meant, read)) => {
            Loss::corrupt(format!("an absent key {was} written to mean {meant} and is read as {read}"))
        }
        None => Loss::none(),
    }
}

/// An `Any` where an object of any keys is read.
fn any_taken_apart() -> Loss {
    Loss::corrupt("the fields of an Any are read beside its type, as an object of any keys")
}
