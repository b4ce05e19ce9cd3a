//! What a reader makes of the values of another type, on the wire: the table behind changed types, reused numbers and
//! messages that took each other's place.

use rustc_hash::FxHashMap;

use super::Loss;
use super::facts::Facts;
use super::walk::{Memory, Walk};
use crate::diff::{Cx, default_change};
use crate::schema::{
    Cardinality, Enum, EnumId, EnumValueId, Field, Kind as Type, MessageId, OneofId, Schema,
};
use crate::words::{Direction, Effect};

/// Why a field of an open enum does not keep every number.
const JAVA_CLOSES: &str = "Java takes the enum for closed here";

/// One side reads what the other wrote.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    /// The schema of the writer.
    write: &'a Schema,
    /// The schema of the reader.
    read: &'a Schema,
    /// Backward: the old side wrote. What only a new writer knows is no loss to an old reader, it never had it.
    from: Direction,
    memory: &'a Memory,
}

impl<'a> Reader<'a> {
    /// The new side reads what the old side wrote.
    pub(super) fn backward(cx: &Cx<'a>, facts: &'a Facts) -> Reader<'a> {
        Reader { write: cx.old, read: cx.new, from: Direction::Backward, memory: &facts.wire[0] }
    }

    /// The old side reads what the new side wrote.
    pub(super) fn forward(cx: &Cx<'a>, facts: &'a Facts) -> Reader<'a> {
        Reader { write: cx.new, read: cx.old, from: Direction::Forward, memory: &facts.wire[1] }
    }

    /// The type at one number; cardinality apart.
    pub(super) fn field_type(&self, w: &Field, r: &Field) -> Loss {
        self.types(w, r, &mut Walk::new(self.memory))
    }

    /// Two messages of different names where one took the other's place.
    pub(super) fn messages(&self, w: MessageId, r: MessageId) -> Loss {
        self.message(w, r, &mut Walk::new(self.memory))
    }

    /// Whether each value is one byte, and a character as text: booleans, and closed enums of small numbers.
    fn is_small(&self, field: &Field) -> bool {
        match self.write.field_enum(field).map(|id| self.write.enum_(id)) {
            Some(enum_) => {
                let small = |value: &EnumValueId| (0..128).contains(&self.write.value(*value).number);
                enum_.is_closed() && enum_.values.iter().all(small)
            }
            None => field.kind == Type::Bool,
        }
    }

    /// How long a message gets whose bytes are all characters as text; `None` for one that may have others: a tag or a
    /// length of more than one byte, a large number.
    fn plain(&self, message: MessageId, depth: usize) -> Option<u32> {
        /// A length that takes more than one byte.
        const LONG: u32 = 128;
        let mut length = 0_u32;
        for field in self.write.fields_by_number(message) {
            let list = matches!(field.cardinality, Cardinality::Repeated | Cardinality::Map);
            let one = match self.write.field_message(field) {
                Some(inner) if field.kind == Type::Message && depth < 3 => {
                    2 + self.plain(inner, depth + 1).filter(|n| *n < LONG)?
                }
                None if self.is_small(field) && !field.packed => 2,
                _ => return None,
            };
            if field.number > 15 {
                return None;
            }
            length = length.saturating_add(if list { LONG } else { one });
        }
        Some(length)
    }

    fn types(&self, w: &Field, r: &Field, walk: &mut Walk<'_>) -> Loss {
        use Type::{Bytes, Enum, Group, Message, String};
        match (w.kind, r.kind) {
            (Message, Message) | (Group, Group) => {
                match (self.write.field_message(w), self.read.field_message(r)) {
                    _ if w.type_name == r.type_name => Loss::none(),
                    (Some(a), Some(b)) => self.message(a, b, walk),
                    _ => Loss::unknown("the message is not part of the contract"),
                }
            }
            (Enum, Enum) => match (self.write.field_enum(w), self.read.field_enum(r)) {
                _ if w.type_name == r.type_name => Loss::none(),
                (Some(a), Some(b)) => self.enums(a, b, [w.java_closes_enums, r.java_closes_enums]),
                _ => Loss::unknown("the enum is not part of the contract"),
            },
            (a, b) if a == b => Loss::none(),
            // A packed list has the wire type of text, bytes and messages, and a list takes it packed.
            (_, Bytes) if w.packed => Loss::corrupt("a packed list of numbers is read as bytes"),
            (_, String) if w.packed && self.is_small(w) => {
                Loss::corrupt("a packed list of small numbers is read as text")
            }
            (_, String) if w.packed => {
                Loss::rejects("a packed list of numbers is read as text, or refused where it is not UTF-8")
            }
            (_, Message) if w.packed => {
                Loss::rejects("only a packed list that happens to be an encoded message parses as one")
            }
            // Tags, lengths and numbers are varints all of them.
            (Message, b)
                if r.cardinality == Cardinality::Repeated
                    && b.is_packable()
                    && b.wire_type() == 0
                    && self.write.field_message(w).is_some_and(|m| self.only_varints(m)) =>
            {
                Loss::corrupt("the tags and values of the message are read as a packed list of numbers")
            }
            (String | Bytes | Message, b) if r.cardinality == Cardinality::Repeated && b.is_packable() => {
                Loss::rejects(
                    "the bytes are read as a packed list of numbers, or refused where they are none",
                )
            }
            (a, b)
                if w.packed && r.cardinality == Cardinality::Repeated && a.wire_type() != b.wire_type() =>
            {
                // Two numbers of 32 bits are in every one of 64.
                if (a.wire_type(), b.wire_type()) == (1, 5) {
                    Loss::corrupt("each number of a packed list is read as two others")
                } else {
                    Loss::rejects(
                        "a packed list is read as one of other numbers, or refused where it does not end with one",
                    )
                }
            }
            (a, b) if a.wire_type() != b.wire_type() => {
                // In one order, whatever the direction: equal reasons are told once.
                let (a, b) = (a.as_str().min(b.as_str()), a.as_str().max(b.as_str()));
                let entry =
                    |schema: &Schema, f: &Field| f.parent.is_some_and(|m| schema.message(m).map_entry);
                let dropped = match w.number {
                    _ if !entry(self.write, w) || !entry(self.read, r) => {
                        "Go, Java and Python drop the value as an unknown field"
                    }
                    1 => {
                        "Go and Java read the entry under the empty key, Python keeps it aside as an unknown field"
                    }
                    _ => "Go and Java read an empty value, Python keeps the entry aside as an unknown field",
                };
                Loss::rejects(format!(
                    "{a} and {b} have different wire types: {dropped}, prost refuses the message"
                ))
            }
            (String, Bytes) | (Message, Bytes) => Loss::none(),
            (Bytes, String) => Loss::rejects("bytes that are not UTF-8 are refused in a string field"),
            (Message, String) if self.write.field_message(w).is_some_and(|m| self.plain(m, 0).is_some()) => {
                Loss::corrupt(
                    "a message of nothing but small numbers is read as text, tags and lengths among it",
                )
            }
            (Message, String) => Loss::rejects(
                "a short message of plain text is read as text, tags and lengths among it; one that is not UTF-8, such as any with a length over 127, is refused",
            ),
            (String | Bytes, Message) => {
                Loss::rejects("only bytes that happen to be an encoded message parse as one")
            }
            (a, b) => self.numbers(w, a, r, b),
        }
    }

    /// Whether a message is nothing but varints, in what it holds as well.
    fn only_varints(&self, message: MessageId) -> bool {
        let mut seen = rustc_hash::FxHashSet::default();
        let mut open = vec![message];
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            for field in self.write.message(id).fields.iter().map(|f| self.write.field(*f)) {
                match (field.kind, self.write.field_message(field)) {
                    (Type::Message, Some(inner)) => open.push(inner),
                    (kind, _) if kind.wire_type() == 0 => {}
                    _ => return false,
                }
            }
        }
        true
    }

    /// Two kinds of numbers with one wire type.
    fn numbers(&self, w: &Field, a: Type, r: &Field, b: Type) -> Loss {
        use Type::{
            Bool, Double, Enum, Fixed32, Fixed64, Float, Int32, Int64, Sfixed32, Sfixed64, Sint32, Sint64,
            Uint32, Uint64,
        };
        let truncated = || {
            Loss::lossy(format!(
                "{} numbers beyond the range of {} are silently cut off",
                a.as_str(),
                b.as_str()
            ))
        };
        let sign =
            || Loss::corrupt(format!("negative or very large {} numbers are read as others", a.as_str()));
        let zigzag = || {
            Loss::corrupt("only one of the two is zigzag encoded: almost every number is read as another one")
        };
        match (a, b) {
            (Fixed32 | Sfixed32, Fixed32 | Sfixed32) | (Fixed64 | Sfixed64, Fixed64 | Sfixed64) => sign(),
            (Fixed32 | Sfixed32 | Float, _) | (Fixed64 | Sfixed64 | Double, _) => {
                Loss::corrupt("an integer's bits are read as a floating point number, or the other way round")
            }
            (Sint32, Sint64) => Loss::none(),
            (Sint64, Sint32) => truncated(),
            (Sint32 | Sint64, Bool) => Loss::lossy("every number but zero is read as true"),
            (Sint32 | Sint64, _) | (_, Sint32 | Sint64) => zigzag(),
            (Bool, Enum) => self.enum_from_number(r, &[0, 1], "true or false"),
            (Bool, _) => Loss::none(),
            (Enum, Bool) => {
                let listed = self.write.field_enum(w).map(|e| numbers(self.write, e)).unwrap_or_default();
                let closed = self.write.field_enum(w).is_some_and(|e| self.write.enum_(e).is_closed());
                if closed && listed.iter().all(|n| matches!(n, 0 | 1)) {
                    held_by_some("is read as true")
                } else {
                    Loss::lossy("every value but the zero one is read as true")
                }
            }
            (_, Bool) => Loss::lossy("every number but zero is read as true"),
            (Int32, Int64) | (Uint32, Uint64 | Int64) => Loss::none(),
            (Enum, Int32 | Int64) => Loss::none(),
            (Enum, Uint32 | Uint64) => {
                let id = self.write.field_enum(w);
                let negative = id.is_some_and(|e| numbers(self.write, e).iter().any(|n| *n < 0));
                if negative {
                    sign()
                } else if id.is_some_and(|e| self.write.enum_(e).is_closed()) {
                    held_by_some("is read as another number where it is negative")
                } else {
                    Loss::unknown("the enum is open: a negative number in it is read as another number")
                }
            }
            (Int32, Enum) => self.enum_from_number(r, &[], "a number"),
            (Uint32, Enum) => sign().or_worse(self.enum_from_number(r, &[], "a number")),
            (Int64 | Uint64, Enum) => truncated(),
            (Int64 | Uint64, Int32 | Uint32) => truncated(),
            (Int32 | Int64, Uint32 | Uint64) | (Uint32, Int32) | (Uint64, Int64) => sign(),
            _ => Loss::unknown("no rule of the encoding speaks of this pair of types"),
        }
    }

    /// Reading numbers into an enum: an open one keeps them all, a closed one only those it lists.
    fn enum_from_number(&self, r: &Field, certain: &[i32], what: &str) -> Loss {
        let Some(id) = self.read.field_enum(r) else {
            return Loss::unknown("the enum is not part of the contract");
        };
        if !self.read.enum_(id).is_closed() && !r.java_closes_enums {
            return Loss::none();
        }
        let listed = numbers(self.read, id);
        if !certain.is_empty() && certain.iter().all(|n| listed.contains(n)) {
            return Loss::none();
        }
        let closed = if self.read.enum_(id).is_closed() { "the enum is closed" } else { JAVA_CLOSES };
        Loss::lossy(format!("{closed}: {what} it does not list reads as absent"))
    }

    /// Two enums of different names, in fields that Java closes or not.
    fn enums(&self, w: EnumId, r: EnumId, closes: [bool; 2]) -> Loss {
        let (a, b) = (self.write.enum_(w), self.read.enum_(r));
        let written = values(self.write, a);
        let is_listed = |number: i32| self.read.value_by_number(r, number).is_some();
        if let Some((number, name)) = written.iter().find(|(n, _)| !is_listed(*n)) {
            if self.from == Direction::Forward && !b.is_closed() && !closes[1] {
                // An old reader meets a value it does not know, as after any addition.
            } else if b.is_closed() || closes[1] {
                let closed = if b.is_closed() { "the enum is closed" } else { JAVA_CLOSES };
                let loss = Loss::lossy(format!(
                    "{closed} and does not list `{name}` ({number}): it reads as absent"
                ));
                return if self.from == Direction::Forward { loss.growing() } else { loss };
            } else {
                return Loss::lossy(format!("`{name}` ({number}) is read as a number without a name"));
            }
        }
        if let Some((number, name)) = written.iter().find(|(n, name)| {
            let namesake = self.read.value_by_name(r, name).map(|v| self.read.value(v).number);
            is_listed(*n) && namesake != Some(*n)
        }) {
            return Loss::unknown(format!(
                "`{name}` ({number}) has another name, and may have another meaning"
            ));
        }
        if !a.is_closed() && b.is_closed() {
            return Loss::lossy(
                "a number that is not listed is kept on one side and reads as absent on the other",
            );
        }
        if !b.is_closed() && closes == [false, true] {
            return Loss::lossy(
                "a number that is not listed is kept on one side and reads as absent in Java on the other",
            );
        }
        Loss::none()
    }

    /// Fields that may be set together by the writer and exclude each other for the reader.
    fn oneofs(&self, w: MessageId, r: MessageId) -> Loss {
        let fields = self.write.fields_by_number(w);
        let reads_into =
            |f: &Field| self.read.field_by_number(r, f.number).and_then(|id| self.read.field(id).oneof);
        match set_together(&fields, reads_into) {
            Some((a, b)) => Loss::lossy(format!(
                "`{}` and `{}` may be set together; the reader keeps one of them",
                a.name, b.name
            )),
            None => Loss::none(),
        }
    }

    /// A value that is not there, where the reader has another default for it. A required field is always there.
    fn absent(&self, w: &Field, r: &Field) -> Loss {
        if [w, r].iter().any(|f| f.cardinality == Cardinality::Required) {
            return Loss::none();
        }
        match default_change(self.write, w, self.read, r) {
            Some((meant, read)) => {
                Loss::corrupt(format!("an absent value is written to mean {meant} and is read as {read}"))
            }
            None => Loss::none(),
        }
    }

    fn message(&self, w: MessageId, r: MessageId, walk: &mut Walk<'_>) -> Loss {
        let fields = self.write.message(w).fields.len() + self.read.message(r).fields.len();
        walk.pair((w, r), fields, |walk| self.message_inside(w, r, walk))
    }

    fn message_inside(&self, w: MessageId, r: MessageId, walk: &mut Walk<'_>) -> Loss {
        let mut worst = Loss::none();
        for field in self.write.fields_by_number(w) {
            let loss = match self.read.field_by_number(r, field.number).map(|id| self.read.field(id)) {
                None if self.from == Direction::Backward => {
                    Loss::lossy("the reader does not know it and drops it")
                }
                None => Loss::none(),
                Some(other) => {
                    let entry = self.write.message(w).map_entry;
                    let of_cardinality = if entry { Loss::none() } else { cardinality(field, other) };
                    let named = if field.name == other.name {
                        Loss::none()
                    } else {
                        Loss::unknown(format!(
                            "it is read as `{}`, which may mean something else",
                            other.name
                        ))
                    };
                    let absent = if entry { Loss::none() } else { self.absent(field, other) };
                    self.types(field, other, walk).or_worse(of_cardinality).or_worse(named).or_worse(absent)
                }
            };
            worst = worst.or_worse(loss.within(&format!("field {} `{}`", field.number, field.name)));
            if worst.effect == Effect::Rejects {
                return worst;
            }
        }
        worst = worst.or_worse(self.oneofs(w, r));
        for field in self.read.fields_by_number(r) {
            if field.cardinality == Cardinality::Required
                && self.write.field_by_number(w, field.number).is_none()
            {
                return Loss::rejects(format!(
                    "field {} `{}` is required and never sent",
                    field.number, field.name
                ));
            }
        }
        worst
    }
}

/// Two fields that a writer may set together and that its reader has in one oneof: `reads_into` says in which.
pub(super) fn set_together<'f>(
    fields: &[&'f Field],
    reads_into: impl Fn(&Field) -> Option<OneofId>,
) -> Option<(&'f Field, &'f Field)> {
    // Of each oneof of the reader the first field. Those that exclude each other for the writer all share its oneof.
    let mut first: FxHashMap<OneofId, &Field> = FxHashMap::default();
    fields.iter().find_map(|b| {
        let a = *first.entry(reads_into(b)?).or_insert(b);
        (a.number != b.number && (a.oneof.is_none() || a.oneof != b.oneof)).then_some((a, *b))
    })
}

/// Reading with one cardinality what was written with another
/// (<https://protobuf.dev/programming-guides/proto3/#updating>: singular and repeated).
pub(super) fn cardinality(written: &Field, read: &Field) -> Loss {
    use Cardinality::{Explicit, Implicit, Map, Repeated, Required};
    match (written.cardinality, read.cardinality) {
        (Explicit | Implicit | Repeated | Map, Required) => {
            Loss::rejects("a writer may leave it out, and without it a message does not parse")
        }
        (Explicit | Implicit | Required, Explicit | Implicit | Required) => Loss::none(),
        (Explicit | Implicit | Required, Repeated) => Loss::none(),
        // What is no message is another type, which is told as such.
        (Explicit | Implicit | Required | Repeated, Map) if written.kind != Type::Message => Loss::none(),
        (Explicit | Implicit | Required, Map) => Loss::corrupt(
            "a message without a key or value of a map entry is read as the entry of an empty key",
        ),
        (Repeated | Map, Explicit | Implicit) => {
            if written.packed && !read.kind.is_packable() {
                // It has the wire type of the other: the types are compared, and that says it.
                Loss::none()
            } else if written.packed {
                Loss::rejects(
                    "a packed list has the length-delimited wire type: Go, Java and Python drop it as an unknown field, prost refuses the message",
                )
            } else if written.kind.is_message() && read.kind.is_message() {
                Loss::corrupt("the elements of the list are merged into one message")
            } else {
                Loss::lossy("of a list only the last element is read")
            }
        }
        (Map, Repeated) => Loss::none(),
        (Repeated, Map) => Loss::lossy("of two elements with the same key only the last is kept"),
        (Repeated, Repeated) | (Map, Map) => Loss::none(),
    }
}

/// A number that a closed enum does not list: Go and prost take it for a value like any other (docs/design/wire.md), which
/// the enum forbids.
fn held_by_some(how: &str) -> Loss {
    Loss::unknown(format!(
        "a number that the closed enum does not list, which Go and Rust hold as a value, {how}"
    ))
}

fn numbers(schema: &Schema, id: EnumId) -> Vec<i32> {
    schema.enum_(id).values.iter().map(|v| schema.value(*v).number).collect()
}

fn values<'a>(schema: &'a Schema, enum_: &'a Enum) -> Vec<(i32, &'a str)> {
    let mut values: Vec<_> =
        enum_.values.iter().map(|v| schema.value(*v)).map(|v| (v.number, &*v.name)).collect();
    values.sort_unstable();
    values
}
