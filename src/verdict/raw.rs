//! Options whose messages this crate has no types for, read by field number.

use buffa::UnknownFieldData as Data;
use buffa::unknown_fields::UnknownFields;

use crate::schema::{Element, Schema, options};

/// A message in wire form. Where a field stands several times the last one counts, parts of a message are put
/// together, as a parser does (<https://protobuf.dev/programming-guides/encoding/#last-one-wins>).
#[derive(Clone, Debug, Default)]
pub(super) struct Raw(UnknownFields);

impl Raw {
    /// An option of an element: the field of this number, if it is also called this, or has no name because
    /// nothing declares it.
    pub(super) fn option(schema: &Schema, element: Element, number: u32, name: &str) -> Option<Raw> {
        let option = options::options(schema, element).into_iter().find(|o| o.number == number)?;
        let named = option.name.strip_prefix('(').and_then(|n| n.strip_suffix(')'));
        named.is_none_or(|n| n == name).then(|| Raw::decode(&option.encoded))
    }

    /// Bytes that are no message are an empty one: the compiler made them, it does not happen.
    pub(super) fn decode(bytes: &[u8]) -> Raw {
        Raw(UnknownFields::decode_from_slice(bytes).unwrap_or_default())
    }

    /// Every occurrence of a field.
    pub(super) fn all(&self, number: u32) -> impl DoubleEndedIterator<Item = &Data> {
        self.0.iter().filter(move |f| f.number == number).map(|f| &f.data)
    }

    /// The numbers of all fields that are set, each once, in order.
    pub(super) fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.0.iter().map(|f| f.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    pub(super) fn varint(&self, number: u32) -> Option<u64> {
        self.all(number).rev().find_map(|d| if let Data::Varint(n) = d { Some(*n) } else { None })
    }

    pub(super) fn flag(&self, number: u32) -> bool {
        self.varint(number).is_some_and(|n| n != 0)
    }

    pub(super) fn blobs(&self, number: u32) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.all(number)
            .filter_map(|d| if let Data::LengthDelimited(b) = d { Some(b.as_slice()) } else { None })
    }

    pub(super) fn blob(&self, number: u32) -> Option<&[u8]> {
        self.blobs(number).next_back()
    }

    pub(super) fn text(&self, number: u32) -> Option<String> {
        self.blob(number).map(|b| String::from_utf8_lossy(b).into_owned())
    }

    /// A message field.
    pub(super) fn message(&self, number: u32) -> Option<Raw> {
        let parts: Vec<&[u8]> = self.blobs(number).collect();
        (!parts.is_empty()).then(|| Raw::decode(&parts.concat()))
    }

    /// A repeated message field.
    pub(super) fn messages(&self, number: u32) -> Vec<Raw> {
        self.blobs(number).map(Raw::decode).collect()
    }

    /// One field in wire form, to compare with.
    pub(super) fn encoded(&self, number: u32) -> Vec<u8> {
        let mut one = UnknownFields::new();
        for data in self.all(number) {
            one.push(buffa::UnknownField { number, data: data.clone() });
        }
        let mut bytes = Vec::new();
        one.write_to(&mut bytes);
        bytes
    }
}
