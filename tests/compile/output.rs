//! Descriptor sets and images: written, read back, nothing lost.

use crate::files;
use protopact::compile::Compiled;
use protopact::compile::image::{Format, ImageError, read};
use protopact::compile::output::{SetOptions, descriptor_set, descriptor_set_json};

const ALL: SetOptions = SetOptions { include_imports: true, include_source_info: true };
const BARE: SetOptions = SetOptions { include_imports: true, include_source_info: false };

/// The fixtures below a folder; `targets` says which of them the contract owns.
fn fixtures(folders: &[&str], targets: impl Fn(&str) -> bool) -> Compiled {
    let root = files::project().join("fixtures/compile");
    let mut all = files::input("", &files::read(&root));
    all.files.retain(|f| folders.iter().any(|folder| f.name.starts_with(&format!("{folder}/"))));
    all.files.iter_mut().for_each(|f| f.target = targets(&f.name));
    files::compiled(&all)
}

fn everything() -> Compiled {
    fixtures(&["options", "proto2", "proto3", "comments", "scopes", "retention", "imports"], |_| true)
}

fn content(compiled: &Compiled) -> Vec<(&str, &[u8])> {
    compiled.files.iter().map(|f| (&*f.name, &*f.descriptor)).collect()
}

/// A length-delimited field.
fn field(number: u32, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    prost::encoding::encode_key(number, prost::encoding::WireType::LengthDelimited, &mut out);
    prost::encoding::encode_varint(content.len() as u64, &mut out);
    out.extend_from_slice(content);
    out
}

#[test]
fn a_set_is_read_back_as_it_was() {
    let compiled = everything();
    let back = read(&descriptor_set(&compiled, ALL), Format::Binary).expect("it is a set");
    assert_eq!(content(&back), content(&compiled));
    assert!(back.files.iter().all(|f| f.target));
}

#[test]
fn leaving_out_source_info_leaves_out_nothing_else() {
    use prost::Message as _;
    let compiled = everything();
    let back = read(&descriptor_set(&compiled, BARE), Format::Binary).expect("it is a set");
    for (bare, full) in back.files.iter().zip(&compiled.files) {
        let mut expected = prost_types::FileDescriptorProto::decode(&*full.descriptor).expect("a descriptor");
        expected.source_code_info = None;
        assert_eq!(prost_types::FileDescriptorProto::decode(&*bare.descriptor), Ok(expected));
        // prost drops what it does not know; counting bytes does not.
        let info: usize = prost_types::FileDescriptorProto::decode(&*full.descriptor)
            .expect("a descriptor")
            .source_code_info
            .map_or(0, |i| field(9, &i.encode_to_vec()).len());
        assert_eq!(bare.descriptor.len() + info, full.descriptor.len(), "{}", bare.name);
    }
}

#[test]
fn leaving_out_imports_keeps_the_targets() {
    let compiled = fixtures(&["imports"], |name| name.ends_with("z.proto"));
    let set = descriptor_set(&compiled, SetOptions { include_imports: false, include_source_info: true });
    let target = compiled.files.iter().find(|f| f.target).expect("there is one");
    assert_eq!(set, field(1, &target.descriptor));
}

#[test]
fn json_is_read_back_as_it_was() {
    let compiled = everything();
    for options in [ALL, BARE] {
        let json = descriptor_set_json(&compiled, options).expect("everything has a JSON form");
        let back = read(json.as_bytes(), Format::Json).expect("it is a set");
        let expected = read(&descriptor_set(&compiled, options), Format::Binary).expect("it is a set");
        for ((name, back), (_, expected)) in content(&back).into_iter().zip(content(&expected)) {
            assert!(back == expected, "{name} differs");
        }
    }
}

#[test]
fn json_of_edition_files_is_read_back_as_it_was() {
    let compiled = fixtures(&["editions"], |_| true);
    let json = descriptor_set_json(&compiled, ALL).expect("everything has a JSON form");
    assert!(json.contains("\"edition\":\"EDITION_2024\""));
    let back = read(json.as_bytes(), Format::Json).expect("it is a set");
    assert!(content(&back) == content(&compiled));
}

#[test]
fn json_names_custom_options() {
    let compiled = fixtures(&["options"], |name| name == "options/options.proto");
    let options = SetOptions { include_imports: false, include_source_info: false };
    let json = descriptor_set_json(&compiled, options).expect("everything has a JSON form");
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let file = &json["file"][0];
    assert_eq!(file["options"]["javaPackage"], "com.example");
    assert_eq!(file["options"]["[test.options.all]"]["i64"], "-9223372036854775808");
    assert_eq!(file["options"]["[test.options.all]"]["[test.options.values.ext_in_all]"], "extension");
    assert_eq!(
        file["options"]["[test.options.all]"]["any"]["@type"],
        "type.googleapis.com/test.options.values.Nested"
    );
    assert_eq!(file["messageType"][0]["options"]["[test.options.rep]"], serde_json::json!([1, 2, 3]));
}

#[test]
fn buf_marks_say_what_is_only_imported() {
    let compiled = fixtures(&["imports"], |_| true);
    let mut image = Vec::new();
    for file in &compiled.files {
        let mut descriptor = file.descriptor.to_vec();
        // `buf_extension { is_import: … }`
        descriptor.extend(field(8042, &[8, u8::from(&*file.name != "imports/z.proto")]));
        image.extend(field(1, &descriptor));
    }
    let back = read(&image, Format::Binary).expect("it is an image");
    let targets: Vec<&str> = back.files.iter().filter(|f| f.target).map(|f| &*f.name).collect();
    assert_eq!(targets, ["imports/z.proto"]);
    // The mark is still there.
    assert_eq!(descriptor_set(&back, ALL), image);

    let json = r#"{"file": [
        {"name": "a.proto", "syntax": "proto3", "bufExtension": {"isImport": true, "moduleInfo": {}}},
        {"name": "b.proto", "syntax": "proto3", "dependency": ["a.proto"], "bufExtension": {}}
    ]}"#;
    let back = read(json.as_bytes(), Format::Json).expect("it is an image");
    let list: Vec<(&str, bool)> = back.files.iter().map(|f| (&*f.name, f.target)).collect();
    assert_eq!(list, [("a.proto", false), ("b.proto", true)]);
}

#[test]
fn files_of_a_set_are_put_in_order_and_well_known_ones_added() {
    let compiled = fixtures(&["imports"], |_| true);
    let mut set = Vec::new();
    for file in compiled.files.iter().rev().filter(|f| f.name.starts_with("imports/")) {
        set.extend(field(1, &file.descriptor));
    }
    let back = read(&set, Format::Binary).expect("it is a set");
    let position = |name: &str| back.files.iter().position(|f| &*f.name == name).expect(name);
    assert!(position("google/protobuf/descriptor.proto") < position("google/protobuf/compiler/plugin.proto"));
    assert!(position("google/protobuf/compiler/plugin.proto") < position("imports/z.proto"));
    assert!(position("imports/a.proto") < position("imports/m.proto"));
    assert!(back.files.iter().all(|f| f.target == f.name.starts_with("imports/")));
}

#[test]
fn compressed_images_are_read() {
    use std::io::Write as _;
    let compiled = everything();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&descriptor_set(&compiled, ALL)).expect("memory takes everything");
    let bytes = gzip.finish().expect("memory takes everything");
    let back = read(&bytes, Format::Binary).expect("it is a set");
    assert_eq!(content(&back), content(&compiled));
    assert!(matches!(read(&bytes[..bytes.len() / 2], Format::Binary), Err(ImageError::Inflate(_))));
}

#[test]
fn what_is_no_image_is_refused() {
    let error = |bytes: &[u8], format| read(bytes, format).expect_err("it is no image").to_string();
    assert_eq!(
        error(b"syntax = \"proto3\";", Format::Binary),
        "the bytes are no descriptor set: the set ends early, or is none"
    );
    assert_eq!(error(b"[]", Format::Json), "cannot read the image");
    assert_eq!(error(b"{\"file\": [{\"nmae\": 1}]}", Format::Json), "cannot read the image");
    assert_eq!(error(b"\xff\xfe", Format::Json).split(':').next(), Some("the bytes are no descriptor set"));
    let named = |name: &str| field(1, name.as_bytes());
    let twice = [field(1, &named("a.proto")), field(1, &named("a.proto"))].concat();
    assert_eq!(error(&twice, Format::Binary), "the image has `a.proto` twice");
    let lacking = field(1, &[named("a.proto"), field(3, b"b.proto")].concat());
    assert_eq!(error(&lacking, Format::Binary), "the image lacks `b.proto`, which `a.proto` imports");
    let circle = field(1, &[named("a.proto"), field(3, b"a.proto")].concat());
    assert_eq!(error(&circle, Format::Binary), "imports in the image go in a circle through `a.proto`");
    assert!(read(&[], Format::Binary).expect("an empty set is a set").files.is_empty());
    // Groups that never end, thousands deep.
    assert!(read(&[0x0b; 100_000], Format::Binary).is_err());
}
