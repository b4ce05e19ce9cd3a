//! A parsed file. Names borrow from the source; elements sit in one list a kind, so that an index names them.

use std::borrow::Cow;

use super::Span;

/// Which dialect a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Syntax {
    #[default]
    Proto2,
    Proto3,
}

#[derive(Debug, Default)]
pub(crate) struct File<'s> {
    pub(crate) syntax: Syntax,
    pub(crate) package: Cow<'s, str>,
    pub(crate) package_span: Span,
    pub(crate) imports: Vec<Import<'s>>,
    pub(crate) messages: Vec<Message<'s>>,
    pub(crate) enums: Vec<Enum<'s>>,
    pub(crate) services: Vec<Service<'s>>,
    /// Fields and extensions of the whole file.
    pub(crate) fields: Vec<Field<'s>>,
    pub(crate) top_messages: Vec<u32>,
    pub(crate) top_enums: Vec<u32>,
    pub(crate) top_extensions: Vec<u32>,
    pub(crate) options: Vec<Opt<'s>>,
    /// How many options the file has in all; each has a number below this.
    pub(crate) option_count: u32,
}

#[derive(Debug)]
pub(crate) struct Import<'s> {
    pub(crate) path: Cow<'s, str>,
    pub(crate) public: bool,
    pub(crate) weak: bool,
    /// The path.
    pub(crate) span: Span,
    /// The whole statement, up to the path.
    pub(crate) statement: Span,
}

#[derive(Debug, Default)]
pub(crate) struct Message<'s> {
    pub(crate) name: Cow<'s, str>,
    pub(crate) name_span: Span,
    pub(crate) parent: Option<u32>,
    pub(crate) fields: Vec<u32>,
    pub(crate) oneofs: Vec<Oneof<'s>>,
    pub(crate) messages: Vec<u32>,
    pub(crate) enums: Vec<u32>,
    pub(crate) extensions: Vec<u32>,
    pub(crate) extension_ranges: Vec<ExtensionRange<'s>>,
    pub(crate) reserved_ranges: Vec<Range>,
    pub(crate) reserved_names: Vec<(Cow<'s, str>, Span)>,
    pub(crate) options: Vec<Opt<'s>>,
    pub(crate) map_entry: bool,
}

/// A range as descriptors write it: the end of a message's range is behind it, of an enum's range in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    pub(crate) start: i32,
    pub(crate) end: i32,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct ExtensionRange<'s> {
    pub(crate) range: Range,
    /// Index in the same list of the range that holds the options of the statement.
    pub(crate) options_of: u32,
    pub(crate) options: Vec<Opt<'s>>,
}

#[derive(Debug)]
pub(crate) struct Oneof<'s> {
    pub(crate) name: Cow<'s, str>,
    pub(crate) name_span: Span,
    pub(crate) options: Vec<Opt<'s>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    Optional = 1,
    Required = 2,
    Repeated = 3,
}

/// A field type as `FieldDescriptorProto.Type` numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Double = 1,
    Float = 2,
    Int64 = 3,
    Uint64 = 4,
    Int32 = 5,
    Fixed64 = 6,
    Fixed32 = 7,
    Bool = 8,
    String = 9,
    Group = 10,
    Message = 11,
    Bytes = 12,
    Uint32 = 13,
    Enum = 14,
    Sfixed32 = 15,
    Sfixed64 = 16,
    Sint32 = 17,
    Sint64 = 18,
}

impl Type {
    /// The scalar type or `group` of this name.
    pub(crate) fn of_keyword(word: &str) -> Option<Type> {
        Some(match word {
            "double" => Type::Double,
            "float" => Type::Float,
            "int64" => Type::Int64,
            "uint64" => Type::Uint64,
            "int32" => Type::Int32,
            "fixed64" => Type::Fixed64,
            "fixed32" => Type::Fixed32,
            "bool" => Type::Bool,
            "string" => Type::String,
            "group" => Type::Group,
            "bytes" => Type::Bytes,
            "uint32" => Type::Uint32,
            "sfixed32" => Type::Sfixed32,
            "sfixed64" => Type::Sfixed64,
            "sint32" => Type::Sint32,
            "sint64" => Type::Sint64,
            _ => return None,
        })
    }

    /// The word for messages to people.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Type::Double => "double",
            Type::Float => "float",
            Type::Int64 => "int64",
            Type::Uint64 => "uint64",
            Type::Int32 => "int32",
            Type::Fixed64 => "fixed64",
            Type::Fixed32 => "fixed32",
            Type::Bool => "bool",
            Type::String => "string",
            Type::Group => "group",
            Type::Message => "message",
            Type::Bytes => "bytes",
            Type::Uint32 => "uint32",
            Type::Enum => "enum",
            Type::Sfixed32 => "sfixed32",
            Type::Sfixed64 => "sfixed64",
            Type::Sint32 => "sint32",
            Type::Sint64 => "sint64",
        }
    }

    /// Whether repeated values may share one tag.
    pub(crate) fn packable(self) -> bool {
        !matches!(self, Type::String | Type::Bytes | Type::Message | Type::Group)
    }
}

#[derive(Debug)]
pub(crate) struct Field<'s> {
    pub(crate) name: Cow<'s, str>,
    pub(crate) name_span: Span,
    /// The message that declares it; for an extension the message it is written in, if any.
    pub(crate) parent: Option<u32>,
    pub(crate) number: i32,
    pub(crate) number_span: Span,
    pub(crate) label: Label,
    /// `None` for a named type.
    pub(crate) ty: Option<Type>,
    pub(crate) type_name: Cow<'s, str>,
    pub(crate) type_span: Span,
    pub(crate) oneof: Option<u32>,
    pub(crate) proto3_optional: bool,
    pub(crate) options: Vec<Opt<'s>>,
    pub(crate) extra: Option<Box<Extra<'s>>>,
}

/// What few fields have.
#[derive(Debug, Default)]
pub(crate) struct Extra<'s> {
    pub(crate) extendee: Option<(Cow<'s, str>, Span)>,
    pub(crate) default: Option<(Default, Span)>,
    pub(crate) json_name: Option<(String, Span)>,
}

impl<'s> Field<'s> {
    pub(crate) fn extendee(&self) -> Option<&(Cow<'s, str>, Span)> {
        self.extra.as_ref()?.extendee.as_ref()
    }

    pub(crate) fn default(&self) -> Option<&(Default, Span)> {
        self.extra.as_ref()?.default.as_ref()
    }

    pub(crate) fn json_name(&self) -> Option<&(String, Span)> {
        self.extra.as_ref()?.json_name.as_ref()
    }
}

/// A default value as written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Default {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
    Bytes(Vec<u8>),
    /// The field has a named type: this must turn out to be a value of an enum.
    Name(String),
}

#[derive(Debug)]
pub(crate) struct Enum<'s> {
    pub(crate) name: &'s str,
    pub(crate) name_span: Span,
    pub(crate) parent: Option<u32>,
    pub(crate) values: Vec<EnumValue<'s>>,
    pub(crate) reserved_ranges: Vec<Range>,
    pub(crate) reserved_names: Vec<(Cow<'s, str>, Span)>,
    pub(crate) options: Vec<Opt<'s>>,
}

#[derive(Debug)]
pub(crate) struct EnumValue<'s> {
    pub(crate) name: &'s str,
    pub(crate) name_span: Span,
    pub(crate) number: i32,
    pub(crate) number_span: Span,
    pub(crate) options: Vec<Opt<'s>>,
}

#[derive(Debug)]
pub(crate) struct Service<'s> {
    pub(crate) name: &'s str,
    pub(crate) name_span: Span,
    pub(crate) methods: Vec<Method<'s>>,
    pub(crate) options: Vec<Opt<'s>>,
}

#[derive(Debug)]
pub(crate) struct Method<'s> {
    pub(crate) name: &'s str,
    pub(crate) name_span: Span,
    pub(crate) input: (Cow<'s, str>, Span),
    pub(crate) output: (Cow<'s, str>, Span),
    pub(crate) client_streaming: bool,
    pub(crate) server_streaming: bool,
    pub(crate) options: Vec<Opt<'s>>,
    /// Whether the method has a body in braces: protoc then writes options, even if there are none.
    pub(crate) body: bool,
}

/// One option as written.
#[derive(Debug)]
pub(crate) struct Opt<'s> {
    /// Unique in the file.
    pub(crate) id: u32,
    pub(crate) name: Vec<NamePart<'s>>,
    pub(crate) value: Value<'s>,
    pub(crate) name_span: Span,
    pub(crate) value_span: Span,
}

#[derive(Debug)]
pub(crate) struct NamePart<'s> {
    pub(crate) name: Cow<'s, str>,
    /// In parentheses.
    pub(crate) extension: bool,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum Value<'s> {
    Ident(&'s str),
    Positive(u64),
    Negative(i64),
    Float(f64),
    Bytes(Vec<u8>),
    /// What stands between the braces.
    Aggregate(Span),
}
