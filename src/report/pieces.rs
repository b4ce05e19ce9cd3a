//! What the formats that are JSON share: values in which nothing acts on whoever shows them, and lists with one value a
//! line, so that a large report costs no second copy in memory and `grep` and `diff` work on it.

use std::io;

use serde::Serialize;
use serde_json::ser::Serializer;

use crate::text::JsonEscapes;

/// Writes one value, without an end of line.
pub(super) fn value(out: &mut dyn io::Write, value: &impl Serialize) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(out, JsonEscapes))?)
}

/// Writes a key of an object that has keys already, and the list that is its value.
pub(super) fn list<T: Serialize>(
    out: &mut dyn io::Write,
    key: &str,
    items: impl Iterator<Item = T>,
) -> io::Result<()> {
    write!(out, ",\n\"{key}\":[")?;
    for (n, item) in items.enumerate() {
        out.write_all(if n == 0 { b"\n" } else { b",\n" })?;
        value(out, &item)?;
    }
    out.write_all(b"]")
}
