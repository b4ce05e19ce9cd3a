//! What would make messages cheaper, and can be seen without timing anything: from what the contract declares, and from what
//! is in the messages that are measured.
//!
//! It says how many bytes of the measured message are at stake. Most of it is for the next message or the next version: a
//! number or a type that was published stays what it is.

use std::collections::BTreeMap;

use crate::schema::{Cardinality, Element, Field, FieldId, Kind, MessageId, Reach, Schema};
use crate::verify::side::Side;
use crate::wire::value::field_at;
use crate::wire::{Key, Slot, Tree, Value};

use super::subject::Subject;

/// What kind of advice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// A list of numbers with a tag before each.
    UnpackedList,
    /// A field number above 15 where calls carry the field.
    HighNumber,
    /// A map whose keys say nothing that a list would not.
    MapForList,
    /// Text that spells bytes.
    TextOfBytes,
    /// A negative number in ten bytes.
    NegativeVarint,
    /// A message beyond a megabyte.
    LargeMessage,
}

impl Code {
    /// The name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Code::UnpackedList => "unpacked-list",
            Code::HighNumber => "high-number",
            Code::MapForList => "map-for-list",
            Code::TextOfBytes => "text-of-bytes",
            Code::NegativeVarint => "negative-varint",
            Code::LargeMessage => "large-message",
        }
    }

    /// The way out, in one sentence.
    #[must_use]
    pub fn fix(self) -> &'static str {
        match self {
            Code::UnpackedList => {
                "declare it packed (`[packed = true]`; in editions `features.repeated_field_encoding = PACKED`): \
                 parsers read both forms"
            }
            Code::HighNumber => {
                "give what every message has the numbers up to 15; a published number stays, so this is for the next \
                 message"
            }
            Code::MapForList => "make it a list of the values in the next version of the message",
            Code::TextOfBytes => {
                "carry the bytes themselves in a field of type `bytes`, in a field of its own"
            }
            Code::NegativeVarint => {
                "use `sint32` or `sint64` where values are often negative, in a field of its own"
            }
            Code::LargeMessage => {
                "send it in parts, as a stream, or send where it is to be had: gRPC refuses more than 4 MiB where nothing \
                 else is said"
            }
        }
    }
}

/// One piece of advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What kind.
    pub code: Code,
    /// The full name of the field or message that it is about.
    pub symbol: String,
    /// Where that is declared: `proto/a.proto:3:5`; `None` where nobody knows.
    pub place: Option<String>,
    /// What it is, in one sentence.
    pub what: String,
    /// How many bytes of a measured message it would save; 0 where the message does not show it.
    pub saves: usize,
    /// The measured message that would save so many.
    pub message: String,
}

/// A mebibyte.
const LARGE: usize = 1 << 20;
/// The highest field number whose tag is one byte
/// (<https://protobuf.dev/programming-guides/proto3/#assigning>).
const SHORT: i32 = 15;

/// Words in the name of a text that say that it spells bytes.
const BYTES_WORDS: [&str; 15] = [
    "base64",
    "checksum",
    "ciphertext",
    "crc32",
    "digest",
    "guid",
    "hash",
    "hex",
    "md5",
    "sha1",
    "sha256",
    "sha512",
    "signature",
    "thumbprint",
    "uuid",
];

/// All there is, by kind and name, each field once: as the message says it that would save most.
#[must_use]
pub fn advice(side: &Side, subjects: &[Subject]) -> Vec<Advice> {
    let schema = &side.schema;
    let mut finder =
        Finder { schema, reach: Reach::new(schema), found: BTreeMap::new(), of: "", given: false };
    for subject in subjects {
        (finder.of, finder.given) = (&subject.message, subject.given);
        let id = subject.tree.message;
        let size = subject.bytes.len();
        if size > LARGE {
            let what = format!("{size} bytes in one message");
            finder.found(Code::LargeMessage, Element::Message(id), what, 0);
        }
        finder.declared(id);
        finder.message(&subject.tree);
    }
    finder.found.into_values().collect()
}

struct Finder<'a> {
    schema: &'a Schema,
    reach: Reach,
    found: BTreeMap<(Code, String), Advice>,
    /// The message that is looked at.
    of: &'a str,
    /// Whether what is in it was given; a sample says nothing about values.
    given: bool,
}

impl Finder<'_> {
    fn found(&mut self, code: Code, element: Element, what: String, saves: usize) {
        let symbol = self.schema.full_name(element);
        let key = (code, symbol.clone());
        if self.found.get(&key).is_some_and(|known| known.saves >= saves) {
            return;
        }
        let place = self.place(element);
        self.found.insert(key, Advice { code, symbol, place, what, saves, message: self.of.to_owned() });
    }

    fn place(&self, element: Element) -> Option<String> {
        let file = self.schema.file_of(element);
        let span = self.schema.span(file, &self.schema.path(element))?;
        let display = &self.schema.file(file).display;
        Some(format!("{display}:{}:{}", span.start_line, span.start_column))
    }

    /// What a declaration says by itself, of a message of the contract.
    fn declared(&mut self, message: MessageId) {
        let fields: Vec<FieldId> = self.schema.message(message).fields.clone();
        for id in fields {
            let field = self.schema.field(id);
            if is_unpacked(field) {
                let what = format!("a list of `{}` with a tag before each number", field.kind.as_str());
                self.found(Code::UnpackedList, Element::Field(id), what, 0);
            }
            if let Some(what) = self.holds_its_key(field) {
                self.found(Code::MapForList, Element::Field(id), what, 0);
            }
            if field.kind == Kind::String
                && field.cardinality != Cardinality::Map
                && spells_bytes(&field.name)
            {
                let what = "a text, by its name one that spells bytes".to_owned();
                self.found(Code::TextOfBytes, Element::Field(id), what, 0);
            }
        }
    }

    /// A map whose values have the key in a field of their own.
    fn holds_its_key(&self, field: &Field) -> Option<String> {
        let (key, value) = self.schema.map_entry(field)?;
        let (key, value) = (self.schema.field(key), self.schema.field(value));
        let held = self.schema.field_message(value)?;
        let own = ["id", "key", "name", "uid", "uuid"];
        let same = self.schema.fields_by_number(held).into_iter().find(|inner| {
            let called = own.contains(&&*inner.name)
                || self.schema.message(held).name.to_ascii_lowercase() + "_id" == *inner.name;
            called && inner.kind == key.kind && inner.cardinality.is_singular()
        })?;
        let name = &self.schema.message(held).full_name;
        Some(format!("a map to `{name}`, which has a key of its own in `{}`", same.name))
    }

    /// What is in a message.
    fn message(&mut self, tree: &Tree) {
        for (number, slot) in &tree.fields {
            let Some(id) = field_at(self.schema, tree.message, *number) else { continue };
            self.field(tree.message, id, slot);
            let inner: Vec<&Value> = match slot {
                Slot::One(value) => vec![value],
                Slot::List(values) => values.iter().collect(),
                Slot::Map(entries) => entries.values().collect(),
            };
            for value in inner {
                if let Value::Message(tree) = value {
                    self.message(tree);
                }
            }
        }
    }

    fn field(&mut self, message: MessageId, id: FieldId, slot: &Slot) {
        let field = self.schema.field(id);
        let of = Element::Field(id);
        let tag = varint_length(i64::from(field.number) << 3);
        match slot {
            Slot::List(values) if is_unpacked(field) => {
                let content: usize = values.iter().map(|value| scalar_length(field.kind, value)).sum();
                let saves = (values.len() * tag).saturating_sub(tag + varint_length(content as i64));
                let what = format!("a list of `{}` with a tag before each number", field.kind.as_str());
                self.found(Code::UnpackedList, of, what, saves);
            }
            Slot::Map(entries) if self.given && entries.len() > 2 && are_places(entries.keys()) => {
                let what = "a map from 0, 1, 2 … to values, which is a list".to_owned();
                // Of each entry its length and two tags, and the key.
                let saves = entries.keys().map(|key| 2 + key_length(key)).sum();
                self.found(Code::MapForList, of, what, saves);
            }
            _ => {}
        }
        self.number(message, id, slot, tag);
        if self.given {
            self.values(field, of, slot);
        }
    }

    /// What single values and those of lists show.
    fn values(&mut self, field: &Field, of: Element, slot: &Slot) {
        let texts: Vec<&Value> = match slot {
            Slot::One(value) => vec![value],
            Slot::List(values) => values.iter().collect(),
            Slot::Map(_) => Vec::new(),
        };
        let spelt: Vec<Spelt> = texts.iter().filter_map(|value| Spelt::of(value)).collect();
        // One that looks like it may be chance; the field's name, or all of its values, are none.
        if let Some(first) = spelt.first().filter(|_| spelt.len() == texts.len()) {
            let what = format!("a text that spells bytes in {}", first.form);
            self.found(Code::TextOfBytes, of, what, spelt.iter().map(|spelt| spelt.saves).sum());
        }
        let plain = matches!(field.kind, Kind::Int32 | Kind::Int64);
        let negative: usize = texts.iter().filter_map(|value| plain.then(|| negative(value)).flatten()).sum();
        if negative > 0 {
            let what = format!("a negative number as `{}`, which takes ten bytes", field.kind.as_str());
            self.found(Code::NegativeVarint, of, what, negative);
        }
    }

    /// A number with a longer tag than others have, in a message that calls carry, where there are shorter ones left or where
    /// the tag is there for each element.
    fn number(&mut self, message: MessageId, id: FieldId, slot: &Slot, tag: usize) {
        let field = self.schema.field(id);
        if field.number <= SHORT || field.is_extension() {
            return;
        }
        let carried = !self.schema.has_services()
            || !self.reach.uses(self.schema, Element::Message(message)).is_empty();
        let tags = match slot {
            Slot::One(_) => 1,
            Slot::List(_) if field.packed => 1,
            Slot::List(values) => values.len(),
            Slot::Map(entries) => entries.len(),
        };
        let fields = self.schema.fields_by_number(message);
        let free = (1..=SHORT).filter(|number| {
            fields.iter().all(|field| field.number != *number)
                && !self.schema.is_number_reserved(Element::Message(message), *number)
        });
        let free = free.count();
        let repeats = !field.cardinality.is_singular() && !field.packed;
        if !carried || (free == 0 && !repeats) {
            return;
        }
        let each = if repeats { " before each element" } else { "" };
        let left = if free > 0 {
            format!(", and {free} of the numbers up to {SHORT} are free")
        } else {
            String::new()
        };
        let what = format!("number {} takes {tag} bytes{each}{left}", field.number);
        self.found(Code::HighNumber, Element::Field(id), what, tags * (tag - 1));
    }
}

fn is_unpacked(field: &Field) -> bool {
    field.cardinality == Cardinality::Repeated && field.kind.is_packable() && !field.packed
}

/// Whether a name says that its text spells bytes: `content_sha256`, `requestUuid`.
fn spells_bytes(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let words = || lower.split('_');
    // Written together only where the word stands at the end.
    BYTES_WORDS
        .iter()
        .any(|word| words().any(|part| part == *word) || (lower.ends_with(word) && has_hump(name, word)))
}

/// Whether a word begins with a capital at the end of a name.
fn has_hump(name: &str, word: &str) -> bool {
    name.len() > word.len() && name.as_bytes()[name.len() - word.len()].is_ascii_uppercase()
}

/// Text that spells bytes.
struct Spelt {
    form: &'static str,
    saves: usize,
}

impl Spelt {
    /// The fewest characters that are taken for it: shorter ones are words as well.
    const LEAST: usize = 16;

    fn of(value: &Value) -> Option<Spelt> {
        let Value::String(text) = value else { return None };
        let hexadecimal = |bytes: &[u8]| bytes.iter().all(u8::is_ascii_hexdigit);
        if text.len() == 36 && [8, 13, 18, 23].iter().all(|at| text[*at] == b'-') {
            let digits: Vec<u8> = text.iter().copied().filter(|b| *b != b'-').collect();
            return (digits.len() == 32 && hexadecimal(&digits))
                .then_some(Spelt { form: "a UUID", saves: 20 });
        }
        if text.len() < Spelt::LEAST {
            return None;
        }
        let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
        // Nothing but digits is a number, and nothing but letters a word.
        if text.len().is_multiple_of(2) && hexadecimal(text) && digits > 0 && digits < text.len() {
            return Some(Spelt { form: "hexadecimal", saves: text.len() / 2 });
        }
        let padded = text.len().is_multiple_of(4) && text.ends_with(b"=");
        let decoded = padded.then(|| data_encoding::BASE64.decode(text).ok()).flatten()?;
        Some(Spelt { form: "base64", saves: text.len() - decoded.len() })
    }
}

/// How many bytes a negative number takes beyond those of its zigzag form.
fn negative(value: &Value) -> Option<usize> {
    let number = match value {
        Value::Int32(number) => i64::from(*number),
        Value::Int64(number) => *number,
        _ => return None,
    };
    // The zigzag form (<https://protobuf.dev/programming-guides/encoding/#signed-ints>).
    (number < 0).then(|| 10 - varint_length((number << 1) ^ (number >> 63)))
}

/// Whether keys are the places of a list.
fn are_places<'k>(keys: impl Iterator<Item = &'k Key>) -> bool {
    keys.enumerate().all(|(place, key)| match key {
        Key::Int(number) => usize::try_from(*number) == Ok(place),
        Key::Uint(number) => usize::try_from(*number) == Ok(place),
        Key::Bool(_) | Key::String(_) => false,
    })
}

fn key_length(key: &Key) -> usize {
    match key {
        Key::Bool(_) => 1,
        Key::Int(number) => varint_length(*number),
        Key::Uint(number) => varint_length(*number as i64),
        Key::String(text) => text.len() + varint_length(text.len() as i64),
    }
}

/// How many bytes a number is as a varint, its bits taken as they are.
fn varint_length(number: i64) -> usize {
    let bits = 64 - (number as u64 | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}

/// How many bytes a number of a list is, its tag aside.
fn scalar_length(kind: Kind, value: &Value) -> usize {
    let zigzag = |number: i64| varint_length((number << 1) ^ (number >> 63));
    match (kind, value) {
        (Kind::Fixed32 | Kind::Sfixed32 | Kind::Float, _) => 4,
        (Kind::Fixed64 | Kind::Sfixed64 | Kind::Double, _) => 8,
        (Kind::Sint32, Value::Int32(number)) => zigzag(i64::from(*number)),
        (Kind::Sint64, Value::Int64(number)) => zigzag(*number),
        (_, Value::Int32(number) | Value::Enum(number)) => varint_length(i64::from(*number)),
        (_, Value::Int64(number)) => varint_length(*number),
        (_, Value::Uint32(number)) => varint_length(i64::from(*number)),
        (_, Value::Uint64(number)) => varint_length(*number as i64),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_long_as_they_are_written() {
        for (number, length) in
            [(0, 1), (1, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (-1, 10), (i64::MAX, 9)]
        {
            assert_eq!(varint_length(number), length, "{number}");
        }
        assert_eq!(negative(&Value::Int32(-1)), Some(9));
        assert_eq!(negative(&Value::Int64(i64::MIN)), Some(0));
        assert_eq!(negative(&Value::Int32(1)), None);
    }

    #[test]
    fn names_and_texts_that_spell_bytes_are_told_from_words() {
        for (name, is) in [
            ("content_sha256", true),
            ("uuid", true),
            ("requestUuid", true),
            ("hashtag", false),
            ("rehash", false),
            ("note", false),
            ("hexagon", false),
        ] {
            assert_eq!(spells_bytes(name), is, "{name}");
        }
        let form = |text: &str| {
            Spelt::of(&Value::String(text.as_bytes().to_vec())).map(|spelt| (spelt.form, spelt.saves))
        };
        assert_eq!(form("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), Some(("a UUID", 20)));
        assert_eq!(form("d41d8cd98f00b204e9800998ecf8427e"), Some(("hexadecimal", 16)));
        assert_eq!(form("aGVsbG8gd29ybGQgaGVsbG8="), Some(("base64", 7)));
        assert_eq!(form("1234567890123456"), None);
        assert_eq!(form("deadbeefdeadbeef"), None);
        assert_eq!(form("a text of a few words"), None);
        assert_eq!(Spelt::of(&Value::Int32(1)).map(|s| s.form), None);
    }

    #[test]
    fn keys_that_count_are_a_list() {
        let ints = |all: &[i64]| all.iter().map(|n| Key::Int(*n)).collect::<Vec<_>>();
        assert!(are_places(ints(&[0, 1, 2]).iter()));
        assert!(!are_places(ints(&[1, 2, 3]).iter()));
        assert!(!are_places([Key::Bool(false), Key::Bool(true)].iter()));
    }
}
