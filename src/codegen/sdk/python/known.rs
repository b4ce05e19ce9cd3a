//! What stubs say of the runtime's own types, put right for type checkers.
//!
//! protoc writes every enum as a class whose members are of that class. The stubs of the runtime itself (`types-protobuf`)
//! have their enums as numbers, so no list holds such a class, and no constant is of it. And protoc's stubs name Python's
//! `datetime` as it is called, which a field of that name hides in its class: there it gets another name. Other stubs
//! stay as protoc writes them.

use std::collections::BTreeSet;

/// Corrects a whole stub, as protoc writes it.
pub(super) fn of_runtime(text: &str) -> String {
    let enums = enums(text);
    let dates = text.lines().any(|line| line == DATES) && text.lines().any(hides_dates);
    if enums.is_empty() && !dates {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.split_inclusive('\n') {
        let mut line = line.to_owned();
        if dates {
            // Nothing but the arguments of unions names it.
            line = line.replace("[datetime.", "[_datetime.");
            if line.trim_end() == DATES {
                line = line.replace(DATES, "import datetime as _datetime");
            }
        }
        for name in &enums {
            line = replaced(&line, name, "int");
        }
        out.push_str(&line);
    }
    out
}

const DATES: &str = "import datetime";

/// Whether a line declares something of that name: a field or the value of an enum, or a class.
fn hides_dates(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("datetime:") || line.starts_with("class datetime(")
}

/// The enums of `google.protobuf` that a stub names, by the name that it has for them: what stands in a container of
/// numbers, or may be given as text.
fn enums(text: &str) -> BTreeSet<&str> {
    let alias = |line| {
        let (module, alias) = str::strip_prefix(line, "from google.protobuf import ")?.split_once(" as ")?;
        module.ends_with("_pb2").then_some(alias)
    };
    let aliases: BTreeSet<&str> = text.lines().filter_map(alias).collect();
    let mut found = BTreeSet::new();
    for (before, after) in
        [("RepeatedScalarFieldContainer[", "]"), ("_Union[", ", str]"), ("ScalarMap[", "]")]
    {
        for (at, _) in text.match_indices(before) {
            let rest = &text[at + before.len()..];
            let Some((inside, _)) = rest.split_once(after) else { continue };
            let name = inside.rsplit(", ").next().unwrap_or(inside);
            let of = name.split_once('.').map(|(alias, _)| alias);
            if of.is_some_and(|alias| aliases.contains(alias)) && !name.contains(['[', ' ']) {
                found.insert(name);
            }
        }
    }
    found
}

/// A text with another word for a name, where it stands alone.
fn replaced(text: &str, name: &str, word: &str) -> String {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let alone = !before.ends_with(part) && !after.starts_with(part);
        out.push_str(before);
        out.push_str(if alone { word } else { name });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::of_runtime;

    #[test]
    fn enums_of_the_runtime_are_numbers_and_dates_are_found() {
        let old = "import datetime\n\nfrom google.protobuf import struct_pb2 as _struct_pb2\n\
            from google.protobuf import timestamp_pb2 as _timestamp_pb2\nclass M(_message.Message):\n    \
            datetime: _timestamp_pb2.Timestamp\n    many: _containers.RepeatedScalarFieldContainer[_struct_pb2.NullValue]\n    \
            by: _containers.ScalarMap[str, _struct_pb2.NullValue]\n    one: _struct_pb2.NullValue\n    \
            any: _struct_pb2.Value\n    def __init__(self, datetime: _Optional[_Union[datetime.datetime, \
            _timestamp_pb2.Timestamp, _Mapping]] = ..., one: _Optional[_Union[_struct_pb2.NullValue, str]] = ..., \
            any: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ...) -> None: ...\n";
        let new = "import datetime as _datetime\n\nfrom google.protobuf import struct_pb2 as _struct_pb2\n\
            from google.protobuf import timestamp_pb2 as _timestamp_pb2\nclass M(_message.Message):\n    \
            datetime: _timestamp_pb2.Timestamp\n    many: _containers.RepeatedScalarFieldContainer[int]\n    \
            by: _containers.ScalarMap[str, int]\n    one: int\n    \
            any: _struct_pb2.Value\n    def __init__(self, datetime: _Optional[_Union[_datetime.datetime, \
            _timestamp_pb2.Timestamp, _Mapping]] = ..., one: _Optional[_Union[int, str]] = ..., \
            any: _Optional[_Union[_struct_pb2.Value, _Mapping]] = ...) -> None: ...\n";
        assert_eq!(of_runtime(old), new);
        // Enums of the contract are classes of their own.
        let own = "from acme import e_pb2 as _e_pb2\nclass M:\n    a: _containers.RepeatedScalarFieldContainer[_e_pb2.E]\n";
        assert_eq!(of_runtime(own), own);
        // What hides nothing stays as protoc writes it.
        let plain = old
            .replace("datetime: _timestamp_pb2", "at: _timestamp_pb2")
            .replace("_struct_pb2.NullValue", "int");
        assert_eq!(of_runtime(&plain), plain);
    }
}
