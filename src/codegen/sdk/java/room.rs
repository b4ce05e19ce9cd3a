//! Whether the methods of messages and services have room in a class file: 64 KiB of code each (JVMS 4.7.3).
//!
//! Most of what protoc writes for a message is split, or short for every field. Four methods are not, and which one is full
//! first depends on what the fields are; in the older line `getSerializedSize` is a fifth. What a field costs in each was
//! measured on classes of protobuf-java 4.36 and 3.25 (how much code their methods have, of two sizes of a message of each
//! kind); where a method jumps over all of its fields jumps are longer, and javac was asked for the largest message that it
//! takes, so that lists of numbers and members of oneofs are known to within a few of a hundred. How many constants the classes of
//! the lite runtime have was counted in those of both lines, of two sizes each.

use std::collections::BTreeSet;

use super::super::lines::line;
use super::super::{PackageError, shared};
use crate::codegen::Target;
use crate::schema::{Cardinality, Element, Field, FieldId, FileId, Kind, Schema};
use crate::surface::java;
use crate::words::Language;

const LANGUAGE: Language = Language::Java;

/// How many bytes of code a method has room for.
const METHOD: u32 = 65_535;

/// What stands in a method beside what is there for fields, in bytes, at most.
const BESIDE: u32 = 100;

/// The methods, in the order of [`costs`].
const METHODS: [&str; 5] = ["mergeFrom", "mergeFrom", "equals", "hashCode", "getSerializedSize"];

/// The line in which the last of them is not split.
pub(super) const OLDER: &str = "3.25";

/// Refuses messages whose Java class has a method that is too large.
pub(super) fn check(schema: &Schema, files: &[FileId], target: &Target, out: &mut Vec<PackageError>) {
    let is_older = line(target).name == OLDER;
    for (id, message) in schema.messages().filter(|(_, m)| files.contains(&m.file) && !m.map_entry) {
        let mut sums = [0; METHODS.len()];
        for field in &message.fields {
            let (is_closed, field) = (is_closed(schema, *field), schema.field(*field));
            let size = if is_older { size(field) } else { 0 };
            let costs = costs(field, is_closed, is_older);
            for (sum, cost) in sums.iter_mut().zip(costs.into_iter().chain([size])) {
                *sum += cost;
            }
        }
        let needs = sums.map(|tenths: u32| tenths / 10 + BESIDE).into_iter().zip(METHODS);
        let Some((most, method)) = needs.max_by_key(|(bytes, _)| *bytes).filter(|(bytes, _)| *bytes > METHOD)
        else {
            continue;
        };
        let what = format!(
            "the message `{}` has {} fields, for which `{method}` of its Java class needs {most} bytes of code, and a method \
             has room for {METHOD}",
            message.full_name,
            message.fields.len()
        );
        let hint = "put fields that belong together into messages of their own";
        out.push(shared::refuse(schema, LANGUAGE, Element::Message(id), &[], what, hint));
    }
}

/// Refuses services whose Java class has a method that is too large: what sorts calls by their number, and what gives a
/// server all of them. (javac takes 2,844 methods without a stream from the client and 3,275 with one.)
pub(super) fn services(schema: &Schema, files: &[FileId], out: &mut Vec<PackageError>) {
    for (id, service) in schema.services().filter(|(_, s)| files.contains(&s.file)) {
        let all = service.methods.len();
        let sorted = service.methods.iter().filter(|id| !schema.method(**id).client_streaming).count();
        let needs = [("invoke", sorted * INVOKED), ("bindService", all * BOUND)];
        let most = needs.into_iter().max_by_key(|(_, bytes)| *bytes);
        let Some((method, most)) = most.filter(|(_, bytes)| bytes + BESIDE as usize > METHOD as usize) else {
            continue;
        };
        let what = format!(
            "the service `{}` has {all} methods, for which `{method}` of its Java class needs {most} bytes of code, and a \
             method has room for {METHOD}",
            service.full_name
        );
        let hint = "put methods that belong together into services of their own";
        out.push(shared::refuse(schema, LANGUAGE, Element::Service(id), &[], what, hint));
    }
}

/// How many constants a class has room for (JVMS 4.1), and how many of them there are beside what is there for fields, at most.
const CONSTANTS: u32 = 65_535;
const OTHERS: u32 = 300;

/// Refuses messages whose class, or whose builder's, has more constants than a class file has room for: in the lite runtime
/// methods are short, and that is what is full first.
pub(super) fn constants(schema: &Schema, files: &[FileId], out: &mut Vec<PackageError>) {
    for (id, message) in schema.messages().filter(|(_, m)| files.contains(&m.file) && !m.map_entry) {
        let mut types = BTreeSet::new();
        let mut sums = [OTHERS * 10; 2];
        for id in &message.fields {
            let value = schema.map_entry(schema.field(*id)).map_or(*id, |(_, value)| value);
            types.extend(schema.field(value).type_name.as_deref());
            let costs = constants_of(schema.field(*id), schema.field(value), is_closed(schema, *id));
            sums.iter_mut().zip(costs).for_each(|(sum, cost)| *sum += cost);
        }
        let types = u32::try_from(types.len()).unwrap_or(u32::MAX).saturating_mul(OF_TYPES);
        let needs = sums.map(|tenths| (tenths / 10).saturating_add(types)).into_iter().max().unwrap_or(0);
        if needs > CONSTANTS {
            let what = format!(
                "the message `{}` has {} fields, for which its Java class needs {needs} constants, and a class has room for \
                 {CONSTANTS}",
                message.full_name,
                message.fields.len()
            );
            let hint = "put fields that belong together into messages of their own";
            out.push(shared::refuse(schema, LANGUAGE, Element::Message(id), &[], what, hint));
        }
    }
}

/// How many constants each type is of which a message has fields.
const OF_TYPES: u32 = 14;

/// How many constants a field is in its message and in the builder, in tenths; `value` is the field, or what its map holds.
fn constants_of(field: &Field, value: &Field, is_closed: bool) -> [u32; 2] {
    use Kind::{Bytes, Enum, Group, Message, String};
    let kind = match value.kind {
        Enum if is_closed => Kind::Int32,
        Group => Message,
        kind => kind,
    };
    match (field.cardinality, kind) {
        (Cardinality::Map, Enum) => [350, 280],
        (Cardinality::Map, _) => [250, 160],
        (Cardinality::Repeated, String) => [180, 270],
        (Cardinality::Repeated, Bytes) => [160, 210],
        (Cardinality::Repeated, Enum) => [280, 360],
        (Cardinality::Repeated, Message) => [190, 260],
        (Cardinality::Repeated, _) if value.kind == Enum => [220, 210],
        (Cardinality::Repeated, _) => [190, 210],
        (_, String | Enum) if field.oneof.is_some() => [80, 180],
        (_, Message) if field.oneof.is_some() => [70, 150],
        _ if field.oneof.is_some() => [60, 120],
        (Cardinality::Implicit, String) => [130, 150],
        (Cardinality::Implicit, Bytes) => [110, 90],
        (Cardinality::Implicit, Enum) => [110, 150],
        (Cardinality::Implicit, _) => [90, 90],
        (_, String) => [142, 180],
        (_, Bytes) => [122, 120],
        (_, Enum) => [122, 180],
        (_, Message) => [112, 150],
        _ => [102, 120],
    }
}

/// What a method costs where calls are sorted, and where a server is given it, in bytes.
const INVOKED: usize = 23;
const BOUND: usize = 20;

/// Whether numbers that its enum does not list are kept out of a field, or of the values of a map.
fn is_closed(schema: &Schema, id: FieldId) -> bool {
    let field = schema.map_entry(schema.field(id)).map_or(id, |(_, value)| value);
    let field = schema.field(field);
    schema.field_enum(field).is_some() && !java::is_open(schema, field)
}

/// What a field costs in `getSerializedSize` where that is in one piece, in tenths of a byte.
fn size(field: &Field) -> u32 {
    use Kind::{
        Bool, Bytes, Double, Enum, Fixed32, Fixed64, Float, Group, Message, Sfixed32, Sfixed64, String,
    };
    match (field.cardinality, field.kind) {
        (Cardinality::Map, _) => 860,
        (Cardinality::Repeated, Message | Group) => 430,
        (Cardinality::Repeated, String) => 530,
        (Cardinality::Repeated, Bytes) => 600,
        (Cardinality::Repeated, Bool | Float | Double | Fixed32 | Fixed64 | Sfixed32 | Sfixed64) => 460,
        (Cardinality::Repeated, Enum) => 760,
        (Cardinality::Repeated, _) => 700,
        _ if field.oneof.is_some() => 290,
        _ => 240,
    }
}

/// What a field costs in `mergeFrom` of a message, `mergeFrom` of a stream, `equals` and `hashCode`, in tenths of a byte.
/// What an enum does not list is kept aside by the second of them, where the enum `is_closed`.
fn costs(field: &Field, is_closed: bool, is_older: bool) -> [u32; 4] {
    use Kind::{Bool, Bytes, Double, Enum, Fixed32, Fixed64, Float, Group, Int64, Message};
    use Kind::{Sfixed32, Sfixed64, Sint64, String, Uint64};
    let kind = field.kind;
    match (field.cardinality, kind) {
        (Cardinality::Map, _) if is_closed => [227, 1137, 160, 420],
        (Cardinality::Map, _) => [227, 697, 160, 420],
        (Cardinality::Repeated, Message | Group) => [1656, 690, 160, 340],
        (Cardinality::Repeated, String) => [627, 290, 160, 340],
        (Cardinality::Repeated, Bytes) => [777, 350, 160, 360],
        // How many there are is known from how long they are, and room is made for them.
        (Cardinality::Repeated, Bool | Float | Double | Fixed32 | Fixed64 | Sfixed32 | Sfixed64) => {
            [777, 1520, 160, 360]
        }
        (Cardinality::Repeated, _) if is_closed => [777, 1910, 160, 340],
        (Cardinality::Repeated, Enum) if is_older => [777, 1290, 160, 340],
        (Cardinality::Repeated, _) => [777, 1200, 160, 340],
        _ if field.oneof.is_some() => match kind {
            Double | Float => [160, 350, 448, 498],
            String => [280, 280, 408, 468],
            Message | Group | Bytes | Bool | Int64 | Uint64 | Sint64 | Fixed64 | Sfixed64 => {
                [160, 320, 408, 468]
            }
            _ if is_closed => [160, 660, 378, 438],
            _ => [160, 350, 378, 438],
        },
        (Cardinality::Implicit, _) => match kind {
            String => [337, 327, 160, 220],
            Bytes => [190, 327, 160, 220],
            Double => [210, 327, 200, 250],
            Float => [190, 327, 190, 220],
            Int64 | Uint64 | Sint64 | Fixed64 | Sfixed64 => [180, 327, 140, 220],
            Enum => [160, 327, 130, 190],
            _ => [160, 327, 130, 220],
        },
        (Cardinality::Explicit | Cardinality::Required, _) => match kind {
            Message | Group => [240, 367, 360, 290],
            String => [307, 327, 360, 290],
            Bytes => [240, 327, 360, 290],
            Double | Float => [190, 327, 400, 320],
            _ if is_closed => [190, 677, 330, 260],
            _ => [190, 327, 330, 260],
        },
    }
}
