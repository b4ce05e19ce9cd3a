//! ProtoJSON to trees: what parsers take at their default settings.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::known::{self, Known};
use super::{Json, JsonError, unbase64, unbase64_loosely};
use crate::schema::{Cardinality, Element, EnumId, Field, FieldId, Kind, MessageId, OneofId, Schema};
use crate::wire::decode::MAX_DEPTH;
use crate::wire::reader::{JsonStyle, Reader};
use crate::wire::value::{Key, Slot, Tree, Value, is_zero};

type Outcome<T> = Result<T, JsonError>;

/// The message that JSON is.
///
/// Of the reader it counts whether it asks for required fields and whether its closed enums take numbers that
/// they do not list.
///
/// # Errors
///
/// The first thing that a parser refuses: a key it does not know, a value of another form, two members of one
/// oneof.
pub fn read(schema: &Schema, message: MessageId, json: &Json, reader: Reader) -> Outcome<Tree> {
    Parser { schema, reader, lenient: false }.document(message, json)
}

/// The same of a parser that was told to pass over what it does not know: keys, and, where the reader does, names of
/// enum values.
///
/// # Errors
///
/// As of [`read`], but for those.
pub fn read_lenient(schema: &Schema, message: MessageId, json: &Json, reader: Reader) -> Outcome<Tree> {
    Parser { schema, reader, lenient: true }.document(message, json)
}

/// Whether an object of the document has a key twice.
fn has_twice(json: &Json) -> bool {
    match json {
        Json::List(items) => items.iter().any(has_twice),
        Json::Object(members) => {
            let mut keys = BTreeSet::new();
            members.iter().any(|(key, value)| !keys.insert(key) || has_twice(value))
        }
        _ => false,
    }
}

/// The document as Gson keeps it: of a key that is there twice the last value, at the place of the first.
fn by_last_key(json: &Json) -> Json {
    match json {
        Json::List(items) => Json::List(items.iter().map(by_last_key).collect()),
        Json::Object(members) => {
            let mut kept: Vec<(String, Json)> = Vec::with_capacity(members.len());
            for (key, value) in members {
                let value = by_last_key(value);
                match kept.iter_mut().find(|(known, _)| known == key) {
                    Some((_, known)) => *known = value,
                    None => kept.push((key.clone(), value)),
                }
            }
            Json::Object(kept)
        }
        json => json.clone(),
    }
}

/// A parser over one schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parser<'s> {
    pub(super) schema: &'s Schema,
    pub(super) reader: Reader,
    /// Whether it passes over what it does not know.
    pub(super) lenient: bool,
}

impl Parser<'_> {
    fn document(self, message: MessageId, json: &Json) -> Outcome<Tree> {
        let java = self.reader.json == JsonStyle::Java;
        let json = if java && has_twice(json) { Cow::Owned(by_last_key(json)) } else { Cow::Borrowed(json) };
        self.message(message, &json, 0)
    }

    pub(super) fn message(self, message: MessageId, json: &Json, depth: usize) -> Outcome<Tree> {
        if depth > MAX_DEPTH {
            return Err(JsonError::new(format!("messages are nested more than {MAX_DEPTH} deep")));
        }
        if let Some(known) = Known::of(&self.schema.message(message).full_name) {
            return known::read(self, message, json, known, depth);
        }
        self.members(message, self.object(json)?, depth)
    }

    /// The members of what is read as an object.
    fn object(self, json: &Json) -> Outcome<&[(String, Json)]> {
        match json {
            Json::Object(members) => Ok(members),
            // Python looks for names in it, and finds none.
            Json::String(text) if text.is_empty() && self.reader.json == JsonStyle::Python => Ok(&[]),
            Json::List(items) if items.is_empty() && self.reader.json == JsonStyle::Python => Ok(&[]),
            _ => Err(JsonError::new(format!("{} is not an object", json.noun()))),
        }
    }

    /// The message that the members of an object are.
    pub(super) fn members(
        self,
        message: MessageId,
        members: &[(String, Json)],
        depth: usize,
    ) -> Outcome<Tree> {
        self.put_into(Tree::new(message), members, depth)
    }

    /// Puts the members of an object into a message. There is something in it only where Python reads a field again.
    fn put_into(self, mut tree: Tree, members: &[(String, Json)], depth: usize) -> Outcome<Tree> {
        let (schema, message) = (self.schema, tree.message);
        let mut seen: BTreeMap<i32, &str> = BTreeMap::new();
        let mut oneofs: BTreeMap<OneofId, &str> = BTreeMap::new();
        for (key, json) in members {
            let Some(id) = self.field(message, key) else {
                if self.lenient {
                    continue;
                }
                return Err(JsonError::new("the key is not known").under(key));
            };
            let field = schema.field(id);
            let again = seen.insert(field.number, key);
            let before = tree.fields.remove(&field.number);
            // A field has two keys. Java looks whether it holds something; Python compares keys, but for members of a oneof,
            // which it knows by the oneof, and that is what `optional` is to it.
            let twice = again.is_some_and(|first| match self.reader.json {
                JsonStyle::Strict => true,
                JsonStyle::Java => before.is_some(),
                JsonStyle::Python => {
                    first == key || field.proto3_optional && before.is_some() && *json != Json::Null
                }
            });
            if twice {
                return Err(JsonError::new("the field is there twice").under(key));
            }
            let Some(slot) = self.again(field, before, json, depth).map_err(|e| e.under(key))? else {
                continue;
            };
            if let Some(oneof) = field.oneof {
                if let Some(other) = oneofs.insert(oneof, &field.json_name) {
                    return Err(
                        JsonError::new(format!("`{other}` of the same oneof is there too")).under(key)
                    );
                }
                for other in &schema.oneof(oneof).fields {
                    tree.fields.remove(&schema.field(*other).number);
                }
            }
            match &slot {
                Slot::One(value)
                    if field.cardinality == Cardinality::Implicit
                        && (is_zero(value) || self.reader.takes_for_nothing(value)) => {}
                Slot::List(values) if values.is_empty() => {}
                Slot::Map(entries) if entries.is_empty() => {}
                _ => {
                    tree.fields.insert(field.number, slot);
                }
            }
        }
        if self.reader.checks_required {
            for field in schema.fields_by_number(message) {
                if field.cardinality == Cardinality::Required && !tree.fields.contains_key(&field.number) {
                    return Err(JsonError::new("it is required and not there").under(&field.json_name));
                }
            }
        }
        Ok(tree)
    }

    /// What a member is, after another of the same field: messages are put together, and anything else counts alone.
    fn again(self, field: &Field, before: Option<Slot>, json: &Json, depth: usize) -> Outcome<Option<Slot>> {
        match before {
            Some(Slot::One(Value::Message(inner)))
                if *json != Json::Null
                    && Known::of(&self.schema.message(inner.message).full_name).is_none() =>
            {
                let inner = self.put_into(inner, self.object(json)?, depth + 1)?;
                Ok(Some(Slot::One(Value::Message(inner))))
            }
            _ => self.slot(field, json, depth),
        }
    }

    /// The field that a key is of. Where two have one JSON name it is the last one's in Python, the first one's
    /// elsewhere.
    fn field(self, message: MessageId, key: &str) -> Option<FieldId> {
        let first = field_of_key(self.schema, message, key)?;
        let other = self.schema.json_namesake(first).filter(|_| self.reader.json == JsonStyle::Python);
        Some(other.filter(|o| *o > first && &*self.schema.field(*o).json_name == key).unwrap_or(first))
    }

    /// What a member is; `None` for null, which is as good as nothing.
    fn slot(self, field: &Field, json: &Json, depth: usize) -> Outcome<Option<Slot>> {
        if *json == Json::Null && !takes_null(field) {
            // Null is a Value, so Go and Python do not take it for nothing where a list of them is read.
            if is_value(field)
                && field.cardinality == Cardinality::Repeated
                && self.reader.json != JsonStyle::Java
            {
                return Err(JsonError::new("null is not an array"));
            }
            return Ok(None);
        }
        match field.cardinality {
            Cardinality::Map => self.map(field, json, depth).map(Some),
            Cardinality::Repeated => {
                let Json::List(items) = json else {
                    return Err(JsonError::new(format!("{} is not an array", json.noun())));
                };
                let mut values = Vec::new();
                for item in items {
                    if *item == Json::Null && !takes_null_inside(field, self.reader) {
                        return Err(JsonError::new("null stands in an array"));
                    }
                    if !self.passes_over(field, item) {
                        values.push(self.value(field, item, depth)?);
                    }
                }
                Ok(Some(Slot::List(values)))
            }
            _ if self.passes_over(field, json) => Ok(None),
            _ => Ok(Some(Slot::One(self.value(field, json, depth)?))),
        }
    }

    /// Whether it is the name of an enum's value that is not known, and nobody minds.
    fn passes_over(self, field: &Field, json: &Json) -> bool {
        let (Json::String(name), Some(id)) = (json, self.schema.field_enum(field)) else { return false };
        self.lenient
            && self.reader.json_skips_enums
            && self.schema.value_by_json(id, name).is_none()
            && (self.reader.json == JsonStyle::Strict || integer::<i64>(json, true).is_err())
    }

    fn map(self, field: &Field, json: &Json, depth: usize) -> Outcome<Slot> {
        let Json::Object(members) = json else {
            return Err(JsonError::new(format!("{} is not an object", json.noun())));
        };
        let Some((key, value)) = self.schema.map_entry(field) else {
            return Err(JsonError::new("the map has no types"));
        };
        let (key_field, value_field) = (self.schema.field(key), self.schema.field(value));
        // Keys are read as a whole by all of them.
        let of_keys = Parser { reader: Reader { json_cuts_numbers: false, ..self.reader }, ..self };
        let mut entries = BTreeMap::new();
        let mut texts = BTreeSet::new();
        for (text, json) in members {
            if !texts.insert(text) {
                return Err(JsonError::new("the key is there twice").under(text));
            }
            let as_json = match (key_field.kind, text.as_str()) {
                (Kind::Bool, "true") => Json::Bool(true),
                (Kind::Bool, "false") => Json::Bool(false),
                _ => Json::String(text.clone()),
            };
            let key = of_keys.value(key_field, &as_json, depth).map_err(|e| e.under(text))?;
            let Some(key) = Key::of(&key) else { continue };
            if *json == Json::Null && !is_value(value_field) && !is_null_value(value_field) {
                return Err(JsonError::new("null is the value of a key").under(text));
            }
            if self.passes_over(value_field, json) {
                continue;
            }
            let value = self.value(value_field, json, depth).map_err(|e| e.under(text))?;
            entries.insert(key, self.reader.in_entry(value));
        }
        Ok(Slot::Map(entries))
    }

    fn value(self, field: &Field, json: &Json, depth: usize) -> Outcome<Value> {
        let (style, exponents) = (self.reader.json, self.reader.json_takes_exponents);
        let json = match json {
            Json::List(items) if style == JsonStyle::Java && !field.kind.is_message() => {
                match items.as_slice() {
                    [one] if *one != Json::Null => one,
                    _ => json,
                }
            }
            _ => json,
        };
        let as_text;
        let json = match (json, field.kind) {
            (Json::Number(text), Kind::String | Kind::Bytes) if style == JsonStyle::Java => {
                as_text = Json::String(text.clone());
                &as_text
            }
            (Json::Bool(b), Kind::String | Kind::Bytes) if style == JsonStyle::Java => {
                as_text = Json::String(b.to_string());
                &as_text
            }
            (Json::String(text), Kind::Bool) if style == JsonStyle::Java => match text.as_str() {
                "true" => &Json::Bool(true),
                "false" => &Json::Bool(false),
                _ => json,
            },
            (Json::Bool(b), Kind::Double | Kind::Float) if style == JsonStyle::Python => {
                as_text = Json::Number(u8::from(*b).to_string());
                &as_text
            }
            (Json::String(text), kind) if self.reader.json_cuts_numbers && is_number(kind) => {
                as_text = Json::String(first_number(text).to_owned());
                &as_text
            }
            _ => json,
        };
        Ok(match field.kind {
            Kind::Double => Value::Double(double(json, style)?),
            Kind::Float => Value::Float(float(json, style)?),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::Int32(integer(json, exponents)?),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::Int64(integer(json, exponents)?),
            Kind::Uint32 | Kind::Fixed32 => Value::Uint32(integer(json, exponents)?),
            Kind::Uint64 | Kind::Fixed64 => Value::Uint64(integer(json, exponents)?),
            Kind::Bool => match json {
                Json::Bool(b) => Value::Bool(*b),
                _ => return Err(JsonError::new(format!("{} is not a boolean", json.noun()))),
            },
            Kind::String => match json {
                Json::String(text) => Value::String(text.as_bytes().to_vec()),
                _ => return Err(JsonError::new(format!("{} is not a string", json.noun()))),
            },
            Kind::Bytes => match json {
                Json::String(text) => Value::Bytes(
                    (if style == JsonStyle::Python { unbase64_loosely(text) } else { unbase64(text) })
                        .ok_or_else(|| JsonError::new(format!("`{text}` is not base64")))?,
                ),
                _ => return Err(JsonError::new(format!("{} is not a string", json.noun()))),
            },
            Kind::Enum => self.enum_(field, json)?,
            Kind::Message | Kind::Group => match self.schema.field_message(field) {
                Some(inner) => Value::Message(self.message(inner, json, depth + 1)?),
                None => return Err(JsonError::new("the message is not part of the contract")),
            },
        })
    }

    fn enum_(self, field: &Field, json: &Json) -> Outcome<Value> {
        let Some(id) = self.schema.field_enum(field) else {
            return Err(JsonError::new("the enum is not part of the contract"));
        };
        match json {
            Json::Null => Ok(Value::Enum(0)),
            Json::String(name) => match self.schema.value_by_json(id, name) {
                Some(value) => Ok(Value::Enum(self.schema.value(value).number)),
                None if self.reader.json != JsonStyle::Strict && integer::<i64>(json, true).is_ok() => {
                    self.number_of(field, id, json)
                }
                None => Err(JsonError::new(format!("the value `{name}` is not known"))),
            },
            Json::Bool(b) if self.reader.json == JsonStyle::Python => {
                self.number_of(field, id, &Json::Number(u8::from(*b).to_string()))
            }
            Json::Number(_) => self.number_of(field, id, json),
            _ => Err(JsonError::new(format!("{} is not an enum value", json.noun()))),
        }
    }

    /// A number of an enum.
    fn number_of(self, field: &Field, id: EnumId, json: &Json) -> Outcome<Value> {
        let fraction = match json {
            Json::Number(text) if self.reader.json == JsonStyle::Python => text.parse::<f64>().ok(),
            _ => None,
        };
        let cut = fraction.map(|n| Json::Number(format!("{:.0}", n.trunc())));
        let json = cut.as_ref().filter(|_| fraction.is_some_and(|n| n.fract() != 0.0)).unwrap_or(json);
        let whole: i64 = integer(json, true)?;
        let listed = |number: i32| self.schema.value_by_number(id, number).is_some();
        if self.reader.json_cuts_enums && listed(whole as i32) {
            return Ok(Value::Enum(whole as i32));
        }
        let number = i32::try_from(whole).map_err(|_| JsonError::new(format!("{whole} is out of range")))?;
        // Java puts any number into the entries of a map of an open enum.
        let in_map = field.parent.is_some_and(|message| self.schema.message(message).map_entry);
        let closes_by_file = self.reader.closes_by_file && !in_map;
        if (Reader { closes_by_file, ..self.reader }).closes(self.schema, field) && !listed(number) {
            return Err(JsonError::new(format!("the number {number} is not listed")));
        }
        Ok(Value::Enum(number))
    }
}

/// The field that a parser takes a key for; an extension is named in full, in brackets.
pub(crate) fn field_of_key(schema: &Schema, message: MessageId, key: &str) -> Option<FieldId> {
    if let Some(name) = key.strip_prefix('[').and_then(|k| k.strip_suffix(']')) {
        let Some(Element::Field(id)) = schema.by_name(name) else { return None };
        let extendee = schema.field(id).extendee.as_deref();
        return (extendee == Some(&*schema.message(message).full_name)).then_some(id);
    }
    schema.field_by_key(message, key)
}

fn is_value(field: &Field) -> bool {
    field.type_name.as_deref() == Some("google.protobuf.Value")
}

fn is_null_value(field: &Field) -> bool {
    field.type_name.as_deref() == Some("google.protobuf.NullValue")
}

/// Whether null is a value of the field.
fn takes_null(field: &Field) -> bool {
    field.cardinality.is_singular() && (is_value(field) || is_null_value(field))
}

/// Whether null is an element of a list of the type.
fn takes_null_inside(field: &Field, reader: Reader) -> bool {
    match field.type_name.as_deref() {
        Some("google.protobuf.Value") => true,
        Some("google.protobuf.NullValue") => reader.json != JsonStyle::Python,
        _ => false,
    }
}

fn is_number(kind: Kind) -> bool {
    !matches!(kind, Kind::String | Kind::Bytes | Kind::Bool | Kind::Enum | Kind::Message | Kind::Group)
}

/// What a tokenizer reads of text that begins with a number: all up to what ends one.
fn first_number(text: &str) -> &str {
    let begins = text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
    let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.' | '_'));
    // Space around it is seen before.
    let whole = !begins || text.trim() != text;
    text.find(ends).filter(|_| !whole).map_or(text, |end| &text[..end])
}

/// A whole number: as a number or a string, also with an exponent or a zero fraction; in a string only with `exponents`.
fn integer<T: TryFrom<i128>>(json: &Json, exponents: bool) -> Outcome<T> {
    let text = match json {
        Json::Number(text) | Json::String(text) => text,
        _ => return Err(JsonError::new(format!("{} is not a number", json.noun()))),
    };
    let digits = !exponents && matches!(json, Json::String(_));
    let whole = text.parse::<i128>().ok().or_else(|| {
        if digits {
            return None;
        }
        let n: f64 = text.parse().ok()?;
        (n.is_finite() && n.fract() == 0.0 && n.abs() < 1e30).then_some(n as i128)
    });
    let Some(whole) = whole else {
        return Err(JsonError::new(format!("`{text}` is not a whole number")));
    };
    T::try_from(whole).map_err(|_| JsonError::new(format!("{text} is out of range")))
}

fn double(json: &Json, style: JsonStyle) -> Outcome<f64> {
    let text = match json {
        Json::Number(text) => text,
        Json::String(text) => match text.as_str() {
            "NaN" => return Ok(f64::NAN),
            "Infinity" => return Ok(f64::INFINITY),
            "-Infinity" => return Ok(f64::NEG_INFINITY),
            // What Rust reads beyond JSON's numbers.
            text if !text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) || text.contains("in") => {
                return Err(JsonError::new(format!("`{text}` is not a number")));
            }
            _ => text,
        },
        _ => return Err(JsonError::new(format!("{} is not a number", json.noun()))),
    };
    let number: f64 = text.parse().map_err(|_| JsonError::new(format!("`{text}` is not a number")))?;
    // Java goes by way of a decimal number, Python of a whole one where it looks like it: neither has a -0.
    let whole = matches!(json, Json::Number(_)) && !text.contains(['.', 'e', 'E']);
    let unsigned = style == JsonStyle::Java || style == JsonStyle::Python && whole;
    match number {
        0.0 if unsigned => Ok(0.0),
        n if n.is_finite() => Ok(n),
        _ => Err(JsonError::new(format!("{text} is out of range"))),
    }
}

fn float(json: &Json, style: JsonStyle) -> Outcome<f32> {
    // Java takes a float by itself, with its sign.
    let number = double(json, if style == JsonStyle::Java { JsonStyle::Strict } else { style })?;
    let narrow = number as f32;
    // Python compares before it rounds, and refuses the shortest digits of the largest float.
    let beyond = style == JsonStyle::Python && number.abs() > f64::from(f32::MAX);
    if number.is_finite() && (beyond || !narrow.is_finite()) {
        return Err(JsonError::new(format!("{number:?} is out of range")));
    }
    Ok(narrow)
}
