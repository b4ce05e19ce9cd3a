//! What a field holds, and how many.

/// What a field holds, with the resolved message encoding: a message field with the delimited encoding is a
/// [`Kind::Group`] whatever syntax wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the protobuf scalar type names")]
pub enum Kind {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    Enum,
    Message,
    Group,
}

impl Kind {
    /// The name as written in a .proto file.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Double => "double",
            Kind::Float => "float",
            Kind::Int32 => "int32",
            Kind::Int64 => "int64",
            Kind::Uint32 => "uint32",
            Kind::Uint64 => "uint64",
            Kind::Sint32 => "sint32",
            Kind::Sint64 => "sint64",
            Kind::Fixed32 => "fixed32",
            Kind::Fixed64 => "fixed64",
            Kind::Sfixed32 => "sfixed32",
            Kind::Sfixed64 => "sfixed64",
            Kind::Bool => "bool",
            Kind::String => "string",
            Kind::Bytes => "bytes",
            Kind::Enum => "enum",
            Kind::Message => "message",
            Kind::Group => "group",
        }
    }

    /// The wire type of a single value (<https://protobuf.dev/programming-guides/encoding/#structure>); a packed list
    /// is a matter of cardinality.
    pub fn wire_type(self) -> u8 {
        match self {
            Kind::Int32
            | Kind::Int64
            | Kind::Uint32
            | Kind::Uint64
            | Kind::Sint32
            | Kind::Sint64
            | Kind::Bool
            | Kind::Enum => 0,
            Kind::Fixed64 | Kind::Sfixed64 | Kind::Double => 1,
            Kind::String | Kind::Bytes | Kind::Message => 2,
            Kind::Group => 3,
            Kind::Fixed32 | Kind::Sfixed32 | Kind::Float => 5,
        }
    }

    /// Whether the field names a type (message, group or enum).
    pub fn is_named(self) -> bool {
        matches!(self, Kind::Enum | Kind::Message | Kind::Group)
    }

    /// Whether the field holds a message, in either encoding.
    pub fn is_message(self) -> bool {
        matches!(self, Kind::Message | Kind::Group)
    }

    /// Whether a repeated field of this kind may be packed
    /// (<https://protobuf.dev/programming-guides/encoding/#packed>).
    pub fn is_packable(self) -> bool {
        !matches!(self, Kind::String | Kind::Bytes | Kind::Message | Kind::Group)
    }
}

/// The label as declared, before presence is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the descriptor's")]
pub enum Label {
    Optional,
    Required,
    Repeated,
}

/// How many values a field holds and whether absence is visible
/// (<https://protobuf.dev/programming-guides/field_presence/>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cardinality {
    /// At most one value, absence is visible: proto2 `optional`, proto3 `optional`, oneof members, messages.
    Explicit,
    /// One value, the default is not sent and not told apart from absence.
    Implicit,
    /// Exactly one value; a message without it does not parse.
    Required,
    /// A list.
    Repeated,
    /// A map.
    Map,
}

impl Cardinality {
    /// As used in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Cardinality::Explicit => "optional with explicit presence",
            Cardinality::Implicit => "optional with implicit presence",
            Cardinality::Required => "required",
            Cardinality::Repeated => "repeated",
            Cardinality::Map => "map",
        }
    }

    /// Whether the field holds a single value.
    pub fn is_singular(self) -> bool {
        matches!(self, Cardinality::Explicit | Cardinality::Implicit | Cardinality::Required)
    }
}
