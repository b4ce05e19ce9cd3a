//! The bytes of a witness field by field, with what both sides call each field.

use serde::Serialize;

use crate::schema::options::spaced;
use crate::wire::{FieldName, Part};

/// How many fields of one message are shown before the rest is only counted.
const FIELDS_SHOWN: usize = 12;
/// The same for bytes of one field.
const BYTES_SHOWN: usize = 24;

/// Bytes that belong together: a field, or a rest that is none.
#[derive(Serialize, Debug, PartialEq, Eq)]
pub(super) struct Strip {
    /// The number and what the writer calls it: `3 amount`.
    what: String,
    /// The type for the writer.
    type_text: String,
    /// The tag and the length.
    head: String,
    /// What is in it, unless that is shown field by field.
    value: String,
    /// What the reader takes it for, where that is something else.
    read: Option<String>,
    inside: Vec<Strip>,
}

/// The strip of some bytes.
pub(super) fn strips(bytes: &[u8], parts: &[Part]) -> Vec<Strip> {
    let mut out: Vec<Strip> = parts.iter().take(FIELDS_SHOWN).map(|part| strip(bytes, part)).collect();
    let rest = match parts.get(FIELDS_SHOWN) {
        Some(next) => bytes.get(next.bytes.start..).unwrap_or_default(),
        // What follows a field is a field, or nothing that can be read.
        None => bytes.get(parts.last().map_or(0, |last| last.bytes.end)..).unwrap_or_default(),
    };
    if !rest.is_empty() {
        let more = parts.len().saturating_sub(FIELDS_SHOWN);
        let what = if more > 0 { format!("{more} more") } else { String::new() };
        let nothing = String::new;
        let value = cut(rest);
        out.push(Strip {
            what,
            type_text: nothing(),
            head: nothing(),
            value,
            read: None,
            inside: Vec::new(),
        });
    }
    out
}

fn strip(bytes: &[u8], part: &Part) -> Strip {
    let of = |range: std::ops::Range<usize>| bytes.get(range).unwrap_or_default();
    // Offsets count from the first byte of the data.
    let inside = match part.inside.is_empty() {
        true => Vec::new(),
        false => strips(of(0..part.bytes.end), &part.inside),
    };
    let value = if inside.is_empty() { cut(of(part.value..part.bytes.end)) } else { String::new() };
    let (name, type_text) = match &part.written {
        Some(FieldName { name, type_text }) => (name.as_str(), type_text.clone()),
        None => ("unknown", String::new()),
    };
    let read = match (&part.written, &part.read) {
        (written, read) if written == read => None,
        (_, None) => Some("unknown to the reader".to_owned()),
        (Some(written), Some(read)) if written.name == read.name => {
            Some(format!("read as {}", read.type_text))
        }
        (_, Some(read)) => Some(format!("read as {}, {}", read.name, read.type_text)),
    };
    Strip {
        what: format!("{} {name}", part.number),
        type_text,
        head: spaced(of(part.bytes.start..part.value)),
        value,
        read,
        inside,
    }
}

fn cut(bytes: &[u8]) -> String {
    match bytes.len() {
        n if n > BYTES_SHOWN => format!("{} … {n} bytes", spaced(&bytes[..BYTES_SHOWN])),
        _ => spaced(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(number: i32, bytes: std::ops::Range<usize>, name: &str, read: Option<(&str, &str)>) -> Part {
        let named = |(name, type_text): (&str, &str)| FieldName {
            name: name.to_owned(),
            type_text: type_text.to_owned(),
        };
        let value = bytes.start + 1;
        Part {
            number,
            bytes,
            value,
            written: Some(named((name, "int64"))),
            read: read.map(named),
            inside: vec![],
        }
    }

    #[test]
    fn a_field_has_the_names_of_both_sides() {
        let parts = [
            part(3, 0..2, "amount", Some(("amount", "sint64"))),
            part(4, 2..4, "note", None),
            part(5, 4..6, "same", Some(("same", "int64"))),
            part(6, 6..8, "was", Some(("is", "int64"))),
        ];
        let strips = strips(&[0x18, 1, 0x20, 2, 0x28, 3, 0x30, 4, 0xff], &parts);
        let read: Vec<_> = strips.iter().map(|s| (s.what.as_str(), s.read.as_deref())).collect();
        let expected = [
            ("3 amount", Some("read as sint64")),
            ("4 note", Some("unknown to the reader")),
            ("5 same", None),
            ("6 was", Some("read as is, int64")),
            ("", None),
        ];
        assert_eq!(read, expected);
        assert_eq!((strips[0].head.as_str(), strips[0].value.as_str()), ("18", "01"));
        assert_eq!(strips[4].value, "ff");
    }

    #[test]
    fn a_message_in_a_message_is_taken_apart() {
        let mut outer = part(1, 0..4, "charge", None);
        outer.value = 2;
        outer.inside = vec![part(3, 2..4, "amount", None)];
        let strips = strips(&[0x0a, 2, 0x18, 1], &[outer]);
        assert_eq!((strips[0].head.as_str(), strips[0].value.as_str()), ("0a 02", ""));
        assert_eq!((strips[0].inside[0].head.as_str(), strips[0].inside[0].value.as_str()), ("18", "01"));
    }
}
