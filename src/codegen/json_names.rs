//! JSON names that nobody wrote.
//!
//! A descriptor set names the JSON name of every field; the parser of protoc only those that are written. Generators
//! that protoc has built in can tell the difference (Java's comments quote options), so that what they write is what a
//! plain call of protoc writes, names that were not written are taken out again.

use std::collections::BTreeSet;

use crate::compile::{encode, json_name, wire};

/// Field numbers of descriptor.proto.
const FILE_MESSAGE: u32 = 4;
const FILE_EXTENSION: u32 = 7;
const MESSAGE_FIELD: u32 = 2;
const MESSAGE_NESTED: u32 = 3;
const MESSAGE_EXTENSION: u32 = 6;
const FIELD_NAME: u32 = 1;
const FIELD_JSON_NAME: u32 = 10;
const LOCATION: u32 = 1;
const LOCATION_PATH: u32 = 1;

/// Takes JSON names out of an encoded `FileDescriptorProto` where they are the default and the source has none.
pub(super) fn without_implied(file: &[u8], out: &mut Vec<u8>) {
    let written = written(file);
    let mut path = Vec::new();
    declarations(file, out, &mut path, &[(FILE_MESSAGE, true), (FILE_EXTENSION, false)], &written);
}

/// Copies a file or message; `inner` are the fields that hold messages (`true`) or fields.
fn declarations(
    bytes: &[u8],
    out: &mut Vec<u8>,
    path: &mut Vec<u32>,
    inner: &[(u32, bool)],
    written: &BTreeSet<Vec<u32>>,
) {
    let mut counts = [0_u32; 8];
    for field in wire::fields(bytes).flatten() {
        let kind = inner.iter().find(|(number, _)| *number == field.number);
        let (Some((number, is_message)), Some(content)) = (kind, field.bytes()) else {
            out.extend_from_slice(field.whole);
            continue;
        };
        let count = &mut counts[*number as usize];
        path.extend([*number, *count]);
        *count += 1;
        encode::nested(out, *number, |out| {
            if *is_message {
                let inner = [(MESSAGE_FIELD, false), (MESSAGE_NESTED, true), (MESSAGE_EXTENSION, false)];
                declarations(content, out, path, &inner, written);
            } else {
                one(content, out, path, written);
            }
        });
        path.truncate(path.len() - 2);
    }
}

fn one(field: &[u8], out: &mut Vec<u8>, path: &mut Vec<u32>, written: &BTreeSet<Vec<u32>>) {
    let text = |number| wire::fields(field).flatten().find(|f| f.number == number).and_then(|f| f.bytes());
    let name = std::str::from_utf8(text(FIELD_NAME).unwrap_or_default()).unwrap_or_default();
    path.push(FIELD_JSON_NAME);
    let implied = text(FIELD_JSON_NAME) == Some(json_name(name).as_bytes()) && !written.contains(path);
    path.pop();
    for part in wire::fields(field).flatten() {
        if !(implied && part.number == FIELD_JSON_NAME) {
            out.extend_from_slice(part.whole);
        }
    }
}

/// The paths of JSON names in the source.
fn written(file: &[u8]) -> BTreeSet<Vec<u32>> {
    let info = wire::fields(file).flatten().filter(|f| f.number == wire::SOURCE_INFO);
    let locations = info.filter_map(|f| f.bytes()).flat_map(|info| wire::fields(info).flatten());
    let paths = locations.filter(|f| f.number == LOCATION).filter_map(|f| f.bytes()).filter_map(|location| {
        let path = wire::fields(location).flatten().find(|f| f.number == LOCATION_PATH)?.bytes()?;
        // Every number in a path to a JSON name is small but for the indexes.
        numbers(path)
    });
    paths.filter(|path| path.len() % 2 == 1 && path.last() == Some(&FIELD_JSON_NAME)).collect()
}

fn numbers(mut packed: &[u8]) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    while !packed.is_empty() {
        numbers.push(u32::try_from(prost::encoding::decode_varint(&mut packed).ok()?).ok()?);
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::FileDescriptorProto;

    use super::*;
    use crate::compile::{Input, InputFile, Options, compile};

    #[test]
    fn only_names_that_nobody_wrote_go() {
        let text = "syntax = \"proto3\";\nmessage A {\n  int32 a_b = 1;\n  int32 c_d = 2 [json_name = \"cD\"];\n  \
                    int32 e = 3 [json_name = \"x\"];\n  message B { int32 f_g = 1; int32 h_i = 2 [json_name = \"hI\"]; }\n}\n";
        let name = "a.proto";
        let file = InputFile { name: name.into(), display: name.into(), content: text.into(), target: true };
        let input = Input { files: vec![file], ..Input::default() };
        let compiled = compile(&input, &Options::default()).unwrap();
        let mut out = Vec::new();
        without_implied(&compiled.files[0].descriptor, &mut out);
        let stripped = FileDescriptorProto::decode(&*out).unwrap();
        let a = &stripped.message_type[0];
        let names = |m: &prost_types::DescriptorProto| {
            m.field.iter().map(|f| f.json_name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(a), [None, Some("cD".to_owned()), Some("x".to_owned())]);
        assert_eq!(names(&a.nested_type[0]), [None, Some("hI".to_owned())]);
        let mut whole = FileDescriptorProto::decode(compiled.files[0].descriptor.clone()).unwrap();
        whole.message_type[0].field[0].json_name = None;
        whole.message_type[0].nested_type[0].field[0].json_name = None;
        assert_eq!(stripped, whole, "nothing else is lost");
    }
}
