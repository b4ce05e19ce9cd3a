//! Two fields of one number, and extensions of one extendee and number.

use super::{Cx, Differ, Kind, NameChange, OneofChange};
use crate::schema::{Element, Field, FieldId, Kind as Type, Label, OneofId, Schema};

/// Pairs extensions by extendee and number: their own names may change.
pub(super) fn extensions(differ: &mut Differ<'_>) {
    let cx = differ.cx;
    let old: Vec<_> = cx.old.all_extensions().map(|(id, f)| (id, f.extendee.clone(), f.number)).collect();
    for (id, extendee, number) in old {
        if let Some(new) = extendee.and_then(|e| cx.new.extension(&e, number)) {
            pair(differ, id, new);
        }
    }
}

pub(super) fn pair(differ: &mut Differ<'_>, old_id: FieldId, new_id: FieldId) {
    let cx = differ.cx;
    let (old, new) = (cx.old.field(old_id), cx.new.field(new_id));
    let (old_element, new_element) = (Element::Field(old_id), Element::Field(new_id));
    let in_entry = |schema: &Schema, f: &Field| {
        !f.is_extension() && f.parent.is_some_and(|p| schema.message(p).map_entry)
    };
    let both_entries = in_entry(cx.old, old) && in_entry(cx.new, new);

    let mut found = Vec::new();
    if let Some(change) = name_change(differ, old_id, new_id) {
        found.push(Kind::FieldNameChanged(change));
    }
    if old.kind != new.kind || old.type_name != new.type_name {
        found.push(Kind::FieldTypeChanged(differ.shapes.fields(old, new)));
    }
    if old.cardinality != new.cardinality && !both_entries {
        found.push(Kind::FieldCardinalityChanged);
    } else if (old.label == Label::Required) != (new.label == Label::Required)
        && let Some(message) = new.parent
    {
        found.push(Kind::FieldRequiredRespelled { message });
    }
    if !old.is_extension() && old.json_name != new.json_name {
        found.push(Kind::FieldJsonNameChanged);
    }
    if let Some((before, after)) = default_change(cx.old, old, cx.new, new) {
        found.push(Kind::FieldDefaultChanged { old: before.into(), new: after.into() });
    }
    if !old.is_extension()
        && let Some(change) = oneof_change(differ, old_id, new_id)
    {
        found.push(Kind::FieldOneofChanged(change));
    }
    if old.packed != new.packed && old.label == Label::Repeated && new.label == Label::Repeated {
        found.push(Kind::FieldPackedChanged);
    }
    let both = |kinds: &[Type]| kinds.contains(&old.kind) && kinds.contains(&new.kind);
    if both(&[Type::String]) {
        if old.features.utf8_validation != new.features.utf8_validation {
            found.push(Kind::FieldUtf8ValidationChanged);
        }
        if old.java_utf8 != new.java_utf8 {
            found.push(Kind::FieldJavaUtf8Changed);
        }
    }
    if both(&[Type::String, Type::Bytes]) && !both_entries && old.cpp_string_type != new.cpp_string_type {
        found.push(Kind::FieldCppStringTypeChanged);
    }
    if both(&[Type::Enum])
        && old.type_name == new.type_name
        && old.java_closes_enums != new.java_closes_enums
        && is_open(cx.old, old)
        && is_open(cx.new, new)
    {
        found.push(Kind::FieldJavaEnumTypeChanged);
    }
    let jstype = |f: &Field| f.options.as_deref().and_then(|o| o.jstype).map_or(0, |j| j as i32);
    if both(&[Type::Int64, Type::Uint64, Type::Sint64, Type::Fixed64, Type::Sfixed64])
        && jstype(old) != jstype(new)
    {
        found.push(Kind::FieldJsTypeChanged);
    }
    for kind in found {
        differ.push(kind, Some(old_element), Some(new_element));
    }
    differ.options(old_element, new_element);
}

/// Whether the enum of a field is open, and to whom a field makes a difference that closes all.
fn is_open(schema: &Schema, field: &Field) -> bool {
    schema.field_enum(field).is_some_and(|id| !schema.enum_(id).is_closed())
}

/// What a changed name at one number means. Extensions are known by their full name.
fn name_change(differ: &Differ<'_>, old_id: FieldId, new_id: FieldId) -> Option<NameChange<FieldId>> {
    let cx = differ.cx;
    let (old, new) = (cx.old.field(old_id), cx.new.field(new_id));
    if old.is_extension() {
        let same = cx.old.full_name(Element::Field(old_id)) == cx.new.full_name(Element::Field(new_id));
        return if same { None } else { Some(NameChange::Renamed) };
    }
    if old.name == new.name {
        return None;
    }
    let (Some(old_message), Some(new_message)) = (old.parent, new.parent) else {
        return Some(NameChange::Renamed);
    };
    let was = cx.old.field_by_name(old_message, &new.name);
    let now = cx.new.field_by_name(new_message, &old.name);
    if let (Some(was_id), Some(now_id)) = (was, now)
        && cx.old.field(was_id).number == cx.new.field(now_id).number
    {
        return Some(NameChange::Swapped(was_id));
    }
    if was.is_some() || now.is_some() {
        return Some(NameChange::Reused { was, now });
    }
    // A name that was retired is not a name that was changed.
    if cx.new.is_name_reserved(Element::Message(new_message), &old.name) {
        return Some(NameChange::Reused { was: None, now: None });
    }
    Some(NameChange::Renamed)
}

fn oneof_change(differ: &Differ<'_>, old_id: FieldId, new_id: FieldId) -> Option<OneofChange> {
    let cx = differ.cx;
    let (old, new) = (cx.old.field(old_id), cx.new.field(new_id));
    match (old.oneof, new.oneof) {
        (None, None) => None,
        (None, Some(to)) => {
            // Fields that are new too cannot have been set beside this one.
            let others = cx.new.oneof(to).fields.iter().any(|f| {
                let number = cx.new.field(*f).number;
                *f != new_id && old.parent.is_some_and(|p| cx.old.field_by_number(p, number).is_some())
            });
            Some(if others { OneofChange::JoinedOthers(to) } else { OneofChange::JoinedAlone(to) })
        }
        (Some(from), None) => Some(OneofChange::Left(from)),
        (Some(from), Some(to)) => {
            if cx.old.oneof(from).name == cx.new.oneof(to).name {
                return None;
            }
            Some(OneofChange::Switched { from, to, renamed: is_renamed(&cx, from, to) })
        }
    }
}

/// Whether only the name of a oneof changed: its old fields are those of the other, and neither name is on both sides.
/// Where one of them is, it is another oneof that code goes on to use.
fn is_renamed(cx: &Cx<'_>, from: OneofId, to: OneofId) -> bool {
    let (old, new) = (cx.old.oneof(from), cx.new.oneof(to));
    let lives_on = cx.new.oneof_by_name(new.parent, &old.name).is_some();
    let existed = cx.old.oneof_by_name(old.parent, &new.name).is_some();
    let stayed = old.fields.iter().all(|f| {
        let number = cx.old.field(*f).number;
        cx.new.field_by_number(new.parent, number).is_none_or(|g| cx.new.field(g).oneof == Some(to))
    });
    let joined = new.fields.iter().all(|f| {
        let number = cx.new.field(*f).number;
        cx.old.field_by_number(old.parent, number).is_none_or(|g| cx.old.field(g).oneof == Some(from))
    });
    !lives_on && !existed && stayed && joined
}

/// The value an absent field is read as, comparable across types.
#[derive(Debug)]
enum Default {
    Text(Vec<u8>),
    Integer(i128),
    Float(f64),
    /// An enum value: its number, and its name for messages.
    Named(i128, String),
}

/// The defaults of two fields as text, if they differ. A change of type alone is not a change of default: all
/// zeros are equal, and numbers compare by value whatever their type.
pub(crate) fn default_change(
    old_schema: &Schema,
    old: &Field,
    new_schema: &Schema,
    new: &Field,
) -> Option<(String, String)> {
    let before = default(old_schema, old)?;
    let after = default(new_schema, new)?;
    let differ = match (&before, &after) {
        (a, b) if a.is_zero() && b.is_zero() => false,
        (Default::Text(a), Default::Text(b)) => a != b,
        (Default::Text(_), _) | (_, Default::Text(_)) => true,
        (Default::Float(a), Default::Float(b)) if old.kind != new.kind => {
            !(a.is_nan() && b.is_nan()) && *a as f32 != *b as f32
        }
        (a, b) => match (a.integer(), b.integer()) {
            (Some(x), Some(y)) => x != y,
            _ => {
                let (x, y) = (a.float(), b.float());
                x != y && !(x.is_nan() && y.is_nan())
            }
        },
    };
    differ.then(|| (before.text(), after.text()))
}

fn default(schema: &Schema, field: &Field) -> Option<Default> {
    if !field.cardinality.is_singular() || field.kind.is_message() {
        return None;
    }
    let written = field.default.as_deref();
    Some(match field.kind {
        Type::String => Default::Text(written.unwrap_or_default().as_bytes().to_vec()),
        Type::Bytes => Default::Text(unescape(written.unwrap_or_default())),
        Type::Float | Type::Double => Default::Float(match written {
            None => 0.0,
            Some("inf") => f64::INFINITY,
            Some("-inf") => f64::NEG_INFINITY,
            Some("nan" | "-nan") => f64::NAN,
            Some(text) => text.parse().unwrap_or(0.0),
        }),
        Type::Bool => Default::Integer((written == Some("true")).into()),
        Type::Enum => {
            let id = schema.field_enum(field)?;
            let values = &schema.enum_(id).values;
            let value = match written {
                Some(name) => schema.value_by_name(id, name)?,
                // Open enums read as their zero; the first value of an open enum is zero.
                None => *values.first()?,
            };
            let value = schema.value(value);
            Default::Named(value.number.into(), value.name.to_string())
        }
        _ => Default::Integer(written.and_then(|t| t.parse().ok()).unwrap_or(0)),
    })
}

impl Default {
    fn is_zero(&self) -> bool {
        match self {
            Default::Text(bytes) => bytes.is_empty(),
            Default::Integer(n) | Default::Named(n, _) => *n == 0,
            Default::Float(n) => *n == 0.0,
        }
    }

    fn integer(&self) -> Option<i128> {
        match self {
            Default::Integer(n) | Default::Named(n, _) => Some(*n),
            _ => None,
        }
    }

    fn float(&self) -> f64 {
        match self {
            Default::Float(n) => *n,
            Default::Integer(n) | Default::Named(n, _) => *n as f64,
            Default::Text(_) => f64::NAN,
        }
    }

    fn text(&self) -> String {
        match self {
            Default::Text(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
            Default::Integer(n) => n.to_string(),
            Default::Float(n) => n.to_string(),
            Default::Named(_, name) => name.clone(),
        }
    }
}

/// Undoes the C escapes that descriptors use for the default of a bytes field.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' || at + 1 == bytes.len() {
            out.push(bytes[at]);
            at += 1;
            continue;
        }
        at += 1;
        let simple = match bytes[at] {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'a' => Some(7),
            b'b' => Some(8),
            b'f' => Some(12),
            b'v' => Some(11),
            b'x' | b'X' | b'0'..=b'7' => None,
            other => Some(other),
        };
        if let Some(byte) = simple {
            out.push(byte);
            at += 1;
            continue;
        }
        let (radix, most) = if bytes[at] | 0x20 == b'x' {
            at += 1;
            (16, 2)
        } else {
            (8, 3)
        };
        let digits = bytes[at..].iter().take(most).take_while(|b| (**b as char).is_digit(radix)).count();
        let value = bytes[at..at + digits]
            .iter()
            .fold(0u32, |n, b| n * radix + (*b as char).to_digit(radix).unwrap_or(0));
        out.push(value as u8);
        at += digits;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn c_escapes_become_bytes() {
        assert_eq!(unescape(r"a\001\377\n\x41\\z"), b"a\x01\xff\nA\\z");
        assert_eq!(unescape("\\"), b"\\");
        assert_eq!(unescape(r"\8"), b"8");
    }
}
