//! The runtimes of the languages, as far as they read messages differently. What older releases of them do otherwise is
//! in the table of [`runtimes`](super::runtimes).
//!
//! Sources: the enum guide for what each language does with closed enums
//! (<https://protobuf.dev/programming-guides/enum/#history>), and what the runtimes do, which the tests hold this against.

use super::value::Value;
use crate::schema::{Field, Schema};
use crate::words::Age;

/// Who reads: what runtimes decide differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// The name in reports.
    pub name: &'static str,
    /// The release, where it is not the newest one.
    pub age: Option<Age>,
    /// A known field with another wire type is an error; else it becomes an unknown field.
    pub strict_wire_types: bool,
    /// Unknown fields are kept, and written again.
    pub keeps_unknown: bool,
    /// Numbers that a closed enum does not list become unknown fields; else they are kept as numbers.
    pub closes_enums: bool,
    /// So do numbers that an open enum does not list, in a field of a file that closes all enums, as proto2 does.
    pub closes_by_file: bool,
    /// A message without a required field is an error.
    pub checks_required: bool,
    /// An entry of a map whose value a closed enum does not list is kept with zero, which is written again; else the
    /// entry becomes an unknown field.
    pub zeroes_entries: bool,
    /// Of a number that a closed enum does not list the lower 32 bits are kept; else all of it.
    pub cuts_unlisted: bool,
    /// A number that a closed enum does not list takes away what the oneof held.
    pub clears_for_unlisted: bool,
    /// -0 in a field without presence is taken for its absence.
    pub drops_minus_zero: bool,
    /// Which strings have to be UTF-8.
    pub utf8: Utf8,
    /// A map entry with a part that is not known, or has another wire type, becomes an unknown field as a whole; else
    /// only the part is left out.
    pub whole_entries: bool,
    /// A map field is taken for length-delimited whatever its wire type is: prost passes no wire type on.
    pub blind_maps: bool,
    /// Extensions are read as fields; else they are unknown.
    pub knows_extensions: bool,
    /// A varint of more than 64 bits is cut off; else it is an error.
    pub cuts_varints: bool,
    /// The same for tags, at 32 bits.
    pub cuts_tags: bool,
    /// A tag takes five bytes at most, the size of the largest; else it may be filled up to ten, as other numbers may.
    pub short_tags: bool,
    /// What its JSON parser takes beyond the guide.
    pub json: JsonStyle,
    /// Text is a whole number also with an exponent or a fraction of zero (`"1e3"`, `"1.0"`).
    pub json_takes_exponents: bool,
    /// Of text that is to be a number only what stands before a space, a comma or the like is read (`"12,34"`).
    pub json_cuts_numbers: bool,
    /// Where an Empty in an Any is.
    pub json_empty: EmptyInAny,
    /// Of the number of an enum the lower 32 bits count, where they are listed.
    pub json_cuts_enums: bool,
    /// Told to pass over what is not known, its JSON parser passes over names of enums as well as over keys.
    pub json_skips_enums: bool,
}

/// How a JSON parser reads values of another form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonStyle {
    /// As the guide says.
    Strict,
    /// Java's: numbers and booleans are text to a string, a string is a boolean or the number of an enum, and an
    /// array of one is a single value (its JSON library reads all of them as strings). Of a key that is there twice the last
    /// value counts, where others refuse it; of a field under both of its keys the second, where the first left it empty.
    Java,
    /// Python's: a string or boolean is the number of an enum; a boolean is a floating
    /// point number; and nothing in quotes is an empty message. A field that is there under both of its keys is read twice, and
    /// messages are put together, where others refuse it.
    Python,
}

impl Reader {
    /// Language and release, as reports name them: `Python 4.25`; the language alone for the newest.
    #[must_use]
    pub fn title(&self) -> String {
        match self.age {
            Some(age) => format!("{} {}", self.name, age.short()),
            None => self.name.to_owned(),
        }
    }

    /// Whether a value, in a field without presence, is as good as none to this reader though it is not zero.
    pub(super) fn takes_for_nothing(&self, value: &Value) -> bool {
        self.drops_minus_zero
            && match value {
                Value::Double(n) => *n == 0.0,
                Value::Float(n) => *n == 0.0,
                _ => false,
            }
    }

    /// What is left of the value of a map's entry, which is written as a field without presence is.
    pub(super) fn in_entry(&self, value: Value) -> Value {
        match value {
            Value::Double(_) if self.takes_for_nothing(&value) => Value::Double(0.0),
            Value::Float(_) if self.takes_for_nothing(&value) => Value::Float(0.0),
            value => value,
        }
    }
}

/// Where a JSON parser looks for an Empty in an Any. The guide gives it no form of its own; Go took it for a type that has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmptyInAny {
    /// There is nothing beside the `@type`.
    Nowhere,
    /// It is the `value` of the Any.
    Value,
    /// As either of them.
    Either,
}

/// Which strings have to be UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Utf8 {
    /// Those whose features say so.
    Declared,
    /// The same, but for extensions in a file with an edition, of which none has to.
    Go,
    /// Those of which Java's own switch says so.
    Java,
    /// All.
    Always,
}

impl Reader {
    /// Whether numbers that its enum does not list are kept out of a field.
    pub(crate) fn closes(&self, schema: &Schema, field: &Field) -> bool {
        let closed =
            |enum_| schema.enum_(enum_).is_closed() || self.closes_by_file && field.java_closes_enums;
        self.closes_enums && schema.field_enum(field).is_some_and(closed)
    }

    /// What the encoding guide asks for.
    pub const SPEC: Reader = Reader {
        name: "protobuf",
        age: None,
        strict_wire_types: false,
        keeps_unknown: true,
        closes_enums: true,
        closes_by_file: false,
        checks_required: true,
        zeroes_entries: false,
        cuts_unlisted: false,
        clears_for_unlisted: false,
        drops_minus_zero: false,
        utf8: Utf8::Declared,
        whole_entries: false,
        blind_maps: false,
        knows_extensions: true,
        cuts_varints: false,
        cuts_tags: false,
        short_tags: true,
        json: JsonStyle::Strict,
        json_takes_exponents: true,
        json_cuts_numbers: false,
        json_empty: EmptyInAny::Nowhere,
        json_cuts_enums: false,
        json_skips_enums: true,
    };
    /// google.golang.org/protobuf: every enum is open.
    pub const GO: Reader = Reader {
        name: "Go",
        closes_enums: false,
        short_tags: false,
        utf8: Utf8::Go,
        json_empty: EmptyInAny::Either,
        ..Reader::SPEC
    };
    /// com.google.protobuf.
    pub const JAVA: Reader = Reader {
        name: "Java",
        closes_by_file: true,
        utf8: Utf8::Java,
        cuts_varints: true,
        cuts_tags: true,
        short_tags: false,
        json: JsonStyle::Java,
        ..Reader::SPEC
    };
    /// Python's protobuf, on upb: parsing does not ask for required fields, writing does.
    pub const PYTHON: Reader = Reader {
        name: "Python",
        checks_required: false,
        whole_entries: true,
        cuts_varints: true,
        json: JsonStyle::Python,
        json_cuts_enums: true,
        ..Reader::SPEC
    };
    /// prost.
    pub const RUST: Reader = Reader {
        name: "Rust",
        strict_wire_types: true,
        keeps_unknown: false,
        closes_enums: false,
        checks_required: false,
        utf8: Utf8::Always,
        whole_entries: false,
        blind_maps: true,
        short_tags: false,
        knows_extensions: false,
        ..Reader::SPEC
    };
    /// The four languages in report order.
    pub const ALL: [Reader; 4] = [Reader::GO, Reader::JAVA, Reader::PYTHON, Reader::RUST];
}
