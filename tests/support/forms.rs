//! Every sort of type that a field can have, and contracts with all of them: what a text of one type is to another.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::fmt::Write as _;

use super::Files;

/// Every sort of type that a field can have.
pub(crate) const TYPES: [&str; 53] = [
    "int32",
    "int64",
    "uint32",
    "uint64",
    "sint32",
    "sint64",
    "fixed32",
    "fixed64",
    "sfixed32",
    "sfixed64",
    "bool",
    "float",
    "double",
    "string",
    "bytes",
    "Open",
    "Other",
    "Closed",
    "google.protobuf.DoubleValue",
    "google.protobuf.FloatValue",
    "google.protobuf.Int64Value",
    "google.protobuf.UInt64Value",
    "google.protobuf.Int32Value",
    "google.protobuf.UInt32Value",
    "google.protobuf.BoolValue",
    "google.protobuf.StringValue",
    "google.protobuf.BytesValue",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "google.protobuf.FieldMask",
    "google.protobuf.Struct",
    "google.protobuf.Value",
    "google.protobuf.ListValue",
    "google.protobuf.Any",
    "google.protobuf.Empty",
    "google.protobuf.NullValue",
    "One",
    "Two",
    "Nil",
    "repeated int32",
    "repeated int64",
    "repeated string",
    "repeated Open",
    "repeated One",
    "repeated google.protobuf.Value",
    "repeated google.protobuf.Int32Value",
    "repeated google.protobuf.Struct",
    "map<string, int32>",
    "map<string, string>",
    "map<int32, string>",
    "map<string, One>",
    "map<string, google.protobuf.Value>",
    "map<string, google.protobuf.Int64Value>",
];

/// What the types need beside them.
fn head() -> String {
    let mut text = String::from("edition = \"2023\";\npackage t;\n");
    for file in ["any", "duration", "empty", "field_mask", "struct", "timestamp", "wrappers"] {
        let _ = writeln!(text, "import \"google/protobuf/{file}.proto\";");
    }
    text.push_str(
        "enum Open { OPEN_ZERO = 0; OPEN_ONE = 1; }\nenum Other { OTHER_ZERO = 0; OTHER_ONE = 1; }\n\
         enum Closed { option features.enum_type = CLOSED; CLOSED_ZERO = 0; CLOSED_ONE = 1; }\n\
         message One { int32 a = 1; }\nmessage Two { int32 a = 1; string b = 2; }\nmessage Nil {}\n",
    );
    text
}

/// A message for every ordered pair of types, `PWxR`: a field of the type that was written, or of the one that reads.
pub(crate) fn pairs(side: impl Fn(usize, usize) -> usize) -> Files {
    let mut text = head();
    for w in 0..TYPES.len() {
        for r in 0..TYPES.len() {
            let _ = writeln!(text, "message P{w}x{r} {{ {} a = 1; }}", TYPES[side(w, r)]);
        }
    }
    vec![("a.proto".to_owned(), text)]
}

/// A message for every type, `Rn`, with the same field: a text of one of them is a text for any other.
pub(crate) fn each() -> Files {
    let mut text = head();
    for (n, of) in TYPES.iter().enumerate() {
        let _ = writeln!(text, "message R{n} {{ {of} a = 1; }}");
    }
    vec![("a.proto".to_owned(), text)]
}
