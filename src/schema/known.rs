//! The well-known types.

/// A type with a JSON form of its own (<https://protobuf.dev/programming-guides/json/#field-representation>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// `Any`.
    Any,
    /// `Timestamp`.
    Timestamp,
    /// `Duration`.
    Duration,
    /// `FieldMask`.
    FieldMask,
    /// `Struct`.
    Struct,
    /// `Value`.
    Value,
    /// `ListValue`.
    ListValue,
    /// `Int32Value` and the other messages around one scalar.
    Wrapper,
}

impl Known {
    /// The type of a full name, if it is one of them.
    #[must_use]
    pub fn of(full_name: &str) -> Option<Known> {
        Some(match full_name.strip_prefix("google.protobuf.")? {
            "Any" => Known::Any,
            "Timestamp" => Known::Timestamp,
            "Duration" => Known::Duration,
            "FieldMask" => Known::FieldMask,
            "Struct" => Known::Struct,
            "Value" => Known::Value,
            "ListValue" => Known::ListValue,
            "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value" | "UInt32Value"
            | "BoolValue" | "StringValue" | "BytesValue" => Known::Wrapper,
            _ => return None,
        })
    }
}
